"""Writes vectors.json: requests, each with wrong signatures and their expected explanations.

It shares no code with the package that it tests: python3 vectors.py > vectors.json
"""

import base64, hashlib, hmac, json, sys
from urllib.parse import quote, quote_plus, unquote

BOM = "\ufeff"
OTHERS = {
    "appkey": "demoAppKey01",
    "msdkkey": "demoMsdkKey02",
    "client_sigkey": "abcdef0123456789abcdef0123456789",
    "sigkey of source 0": "0123456789abcdef0123456789abcdef",
    "sigkey of source 1": "fedcba9876543210fedcba9876543210",
    "former msdkkey of app 1 (Own)": "formerMsdkKey02",
    "appkey of app 2 (Other)": "otherAppKey00002",
    "sigkey of source 0 of app 2 (Other)": "00112233445566778899aabbccddeeff",
}
PRINTED = ["itopsigkey123456", "228bf094169a40a3bd188ba37ebe8723", "12345f9a47df4d1eaeb3bad9a7e54321"]
WORDS = "appkey app_key appKey msdkkey msdk_key msdkKey sigkey sig_key sigKey client_sigkey key secret".split()


def raw(text):
    return text if isinstance(text, bytes) else text.encode()


def md5(*texts):
    return hashlib.md5(b"".join(map(raw, texts))).hexdigest()


def b64(b):
    return base64.b64encode(raw(b)).decode()


def enc(text, keep="-_.", lower=False, plus=False):
    """Percent-encodes everything but letters, digits and keep."""
    out = ""
    for c in raw(text):
        if chr(c).isalnum() and c < 128 or chr(c) in keep:
            out += chr(c)
        else:
            out += "+" if plus and c == 32 else ("%%%02x" if lower else "%%%02X") % c
    return out


ENCODINGS = [
    ("a blank as %20", dict()),
    ("a blank as %20 and ~ as it is", dict(keep="-_.~")),
    ("a blank as +", dict(keep="-_.~", plus=True)),
    ("a blank as + and * as it is", dict(keep="-_.*", plus=True)),
    ("as JavaScript's encodeURIComponent does", dict(keep="-_.!~*'()")),
    ("as JavaScript's encodeURI does", dict(keep="-_.!~*'();/?:@&=+$,#")),
    ("as Python's quote does, with / as it is", dict(keep="-_.~/")),
    ("with lower-case hex digits", dict(keep="-_.~", lower=True)),
    ("with lower-case hex digits and a blank as +", dict(keep="-_.!*()", lower=True, plus=True)),
]
ENDS = [("a line feed", "\n"), ("a carriage return and a line feed", "\r\n"), ("a carriage return", "\r"), ("a blank", " "), ("a zero byte", "\0")]


def key_shapes(k):
    """Wrong texts that signers make of a key."""
    for what, before, after in [
        ("a line feed after the key was signed with it", "", "\n"),
        ("a carriage return and a line feed after the key were signed with it", "", "\r\n"),
        ("a carriage return after the key was signed with it", "", "\r"),
        ("a blank after the key was signed with it", "", " "),
        ("a blank before the key was signed with it", " ", ""),
        ("blanks around the key were signed with it", " ", " "),
        ("a tab after the key was signed with it", "", "\t"),
        ("a tab before the key was signed with it", "\t", ""),
        ("a line feed before the key was signed with it", "\n", ""),
        ("a blank and a line feed after the key were signed with it", "", " \n"),
        ("a blank, a carriage return and a line feed after the key were signed with it", "", " \r\n"),
        ("two line feeds after the key were signed with it", "", "\n\n"),
        ("a byte order mark before the key was signed with it", BOM, ""),
        ("a byte order mark before the key and a line feed after it were signed with it", BOM, "\n"),
        ("a byte order mark before the key and a carriage return and a line feed after it were signed with it", BOM, "\r\n"),
        ("a zero byte after the key was signed with it", "", "\0"),
        ("quotation marks around the key were signed with it", '"', '"'),
        ("quotation marks around the key were signed with it", "'", "'"),
        ("an extra & after the key was signed", "", "&"),
    ]:
        yield what, before + k + after
    hexed = k.encode().hex()
    yield "the key was signed in hex digits", hexed
    if hexed != hexed.upper():
        yield "the key was signed in upper-case hex digits", hexed.upper()
    yield "the key was signed in Base64", b64(k)
    if b64(k).endswith("="):
        yield "the key was signed in Base64 without padding", b64(k).rstrip("=")
    if set(k) <= set("0123456789abcdef"):
        yield "the key was taken for hex digits, and the bytes that they stand for were signed", bytes.fromhex(k)
    yield "the key was taken for Base64, and the bytes that it stands for were signed", base64.b64decode(k + "=" * (-len(k) % 4))
    yield "the MD5 of the key was signed in the place of the key", md5(k)
    yield "the MD5 of the key was signed in the place of the key, in upper-case hex digits", md5(k).upper()
    if k != k.lower():
        yield "the key was signed in lower case", k.lower()
    yield "the key was signed in upper case", k.upper()
    yield "the last character of the key is missing", k[:-1]
    yield "the first character of the key is missing", k[1:]
    if len(k) > 16:
        yield "only the first 16 characters of the key were signed", k[:16]
    yield "the key was signed twice", k + k
    yield "the key was signed with its characters 2 bytes each (UTF-16)", k.encode("utf-16-le")
    yield "it was signed without the key: with an empty one", ""


def keys(right, sig, sent):
    """The cases of wrong keys. sig makes a signature with a key; sent are the request's parameters."""
    for name, value in sent:
        if value:
            yield sig(value), f"the parameter {name} was signed in the place of the key"
    for what, k in key_shapes(right):
        yield sig(k), what
    for name, k in OTHERS.items():
        if k != right:
            yield sig(k), "it was signed with another key: the " + name
            # read from a file
            yield sig(k + "\n"), "a line feed after the key was signed with it; and it was signed with another key: the " + name
    for k in PRINTED:
        if k != right:
            yield sig(k), "it was signed with another key: the one that the documents print as an example"
    for word in WORDS:
        yield sig(word), f"the word {word} was signed in the place of the key"


def hex_spellings(sig, marker=""):
    b = bytes.fromhex(sig)
    pairs = [sig[i : i + 2] for i in range(0, len(sig), 2)]
    for what, text in [
        ("the hex digits are upper-case", sig.upper()),
        ("the hex digits are parted by -", "-".join(pairs)),
        ("the hex digits are upper-case; and the hex digits are parted by -", "-".join(pairs).upper()),
        ("the hex digits are parted by :", ":".join(pairs)),
        ("the hex digits are parted by blanks", " ".join(pairs)),
        ("0x stands before the hex digits", "0x" + sig),
        ("it is the middle 16 of the 32 hex digits", sig[8:24]),
        ("it is the first 16 of the hex digits", sig[:16]),
        ("it is in Base64, not in hex digits", b64(b)),
        ("it is in Base64, not in hex digits", b64(b).rstrip("=")),
        ("it is in Base64, not in hex digits", base64.urlsafe_b64encode(b).decode()),
        ("the hex digits were put into Base64", b64(sig)),
        ("the bytes of the sum were sent, not their hex digits", b),
        ("bytes from 128 up were taken for negative numbers", "".join("%x" % (c if c < 128 else c + 0xFFFFFF00) for c in b)),
    ]:
        yield raw(text) + raw(marker), what
    if any(c < 16 for c in b[1:]):
        yield "".join("%x" % c for c in b) + marker, "each byte below 16 lacks its zero"
    if sig.startswith("0"):
        yield sig.lstrip("0") + marker, "the zeros at the beginning are missing"
    if not marker:
        yield " " + sig + "\n", "there is white space around the signature"
        yield sig.upper() + "\r\n", "there is white space around the signature, and its hex digits are upper-case"
        yield '"' + sig + '"', "there are quotation marks around the signature"


HOST = "game.example.com"
PATHS = [
    (f"scheme and host were signed before the path: http://{HOST}:8700", f"http://{HOST}:8700%s"),
    (f"scheme and host were signed before the path: https://{HOST}:8700", f"https://{HOST}:8700%s"),
    (f"scheme and host were signed before the path: //{HOST}:8700", f"//{HOST}:8700%s"),
    (f"the host was signed before the path: {HOST}:8700", f"{HOST}:8700%s"),
    (f"scheme and host were signed before the path: http://{HOST}", f"http://{HOST}%s"),
    (f"scheme and host were signed before the path: https://{HOST}", f"https://{HOST}%s"),
    (f"scheme and host were signed before the path: //{HOST}", f"//{HOST}%s"),
    (f"the host was signed before the path: {HOST}", f"{HOST}%s"),
    ("the path was signed as it stands in the URL, with all that comes before %s", "/prefix%s"),
    ("a slash at the path's end was signed", "%s/"),
    ("a second slash at the path's beginning was signed", "/%s"),
]


def paths(path, sig):
    """The cases of wrong paths. sig makes a signature with a path."""
    for what, form in PATHS:
        yield sig(form % path), what % path if "%s" in what else what
    yield sig(path[1:]), "the slash at the path's beginning is missing"
    yield sig(enc(path)), "the path was percent-encoded"
    yield sig(enc(path, lower=True)), "the path was percent-encoded, with lower-case hex digits"
    yield sig(path.upper()), "the path was signed in upper case"
    parts = path[1:].split("/")
    for i in range(1, len(parts)):
        rest = "/".join(parts[i:])
        yield sig("/" + rest), f"only the end of the path was signed: /{rest}"
        yield sig(rest), f"only the end of the path was signed: {rest}"


def params(sent, pairs, usual, sig):
    """The cases of wrongly joined parameters: sent is as in the URL, pairs the right order. sig makes a
    signature with the text of the parameters."""
    join = lambda some: sig("&".join(some))
    name = lambda pair: pair.split("=")[0]
    yield join(sent), "the parameters are not sorted by name"
    yield join(pairs[::-1]), "the parameters are sorted backwards"
    yield join(sorted(pairs, key=lambda p: name(p).lower())), "the parameters are sorted without regard to case"
    yield join(sorted(pairs, key=lambda p: unquote(p))), "the parameters are sorted as name=value, not by name alone"
    yield join(sorted(pairs, key=lambda p: unquote(p.split("=")[1]))), "the parameters are sorted by value"
    yield join(p for p in pairs if not p.endswith("=")), "an empty parameter was left out of the signed string"
    yield join(p for p in sent if not p.endswith("=")), "the parameters are not sorted by name; and an empty parameter was left out of the signed string"
    for p in pairs:
        if not p.endswith("="):
            yield join(q for q in pairs if q != p), f"the parameter {name(p)} was left out of the signed string"
    yield sig(""), "no parameters were signed"
    yield join(sorted(pairs + ["sig="], key=name)), "the parameter sig itself was signed, in its place"
    yield join(pairs + ["sig="]), "the parameter sig itself was signed, at the end"
    for p in usual:
        yield join(sorted(pairs + [p], key=name)), f"the parameter {p} was signed and not sent"
    yield join(pairs + [""]), "an extra & after the parameters was signed"
    yield join([""] + pairs), "an extra & before the parameters was signed"
    yield join([""] + pairs + [""]), "an extra & before and one after the parameters were signed"
    text = "&".join(pairs)
    yield sig(text + "\n"), "a line feed after the parameters was signed"
    yield sig(text + " "), "a blank after the parameters was signed"
    yield sig(text + "?"), "an extra ? after the parameters was signed"
    for what, mark in [("no &", ""), ("&amp; instead of &", "&amp;"), ("&& instead of &", "&&"), ("a comma instead of &", ","), ("; instead of &", ";"), ("a line feed instead of &", "\n"), ("| instead of &", "|")]:
        yield sig(mark.join(pairs)), f"there is {what} between the parameters"
    for i in range(1, len(pairs)):
        yield sig("&".join(pairs[:i]) + "&&" + "&".join(pairs[i:])), f"an extra & before the parameter {name(pairs[i])} was signed"
        yield sig("&".join(pairs[:i]) + "&".join(pairs[i:])), f"the & before the parameter {name(pairs[i])} is missing"
    cut = [p.split("=", 1) for p in pairs]
    yield join(n + v for n, v in cut), "there is no = between name and value"
    yield join(n + ":" + v for n, v in cut), "there is : instead of = between name and value"
    yield sig("".join(n + v for n, v in cut)), "there is neither & between the parameters nor = in them"
    yield join(n + "=" + v if v else n for n, v in cut), "the = of an empty parameter was left out"
    yield join(v for n, v in cut), "the values alone were signed, without their names"
    yield sig("".join(v for n, v in cut)), "the values alone were signed, without their names and any &"


def bodies(body):
    """Other bodies than one that is compact JSON with its letters as they are."""
    yield "none at all", ""
    yield "with a byte order mark before it", BOM + body
    for what, end in ENDS:
        yield f"with {what} at the end", body + end
    for what, how in ENCODINGS:
        yield "percent-encoded, " + what, enc(body, **how)
    text = json.dumps(body, ensure_ascii=False)
    yield "as a JSON string, in quotation marks", text
    yield "as a JSON string, in quotation marks", text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    yield 'with its quotation marks as \' instead of "', body.replace('"', "'")
    yield "escaped for HTML", body.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
    yield "its MD5 in hex digits", md5(body)
    yield "its MD5 in upper-case hex digits", md5(body).upper()
    yield "in Base64", b64(body)
    yield "in hex digits", body.encode().hex()
    yield "with ? for each character past ASCII", body.encode("ascii", "replace")
    yield "with its UTF-8 bytes taken for Latin-1 and encoded again", body.encode().decode("latin-1")
    yield "in Latin-1", body.encode("latin-1")
    yield "in GBK", body.encode("gb18030")
    yield "in UTF-16, the low byte first", body.encode("utf-16-le")
    yield "in UTF-16, the high byte first", body.encode("utf-16-be")
    yield "cut to as many bytes as it has characters", body.encode()[: len(body)]

    yield from json_forms(body)


def json_forms(body, letters=None):
    """Other texts of the same JSON. letters are the ways to write strings, by default those of what is sent with none escaped."""
    members = json.loads(body)
    same = "the same JSON "
    layouts = [
        ("", dict(separators=(",", ":"))),
        ("with a space after , and :", dict(separators=(", ", ": "))),
        ("with a space after :", dict(separators=(",", ": "))),
        ("with a space after ,", dict(separators=(", ", ":"))),
        ("indented by 2", dict(indent=2)),
        ("indented by 4", dict(indent=4)),
        ("indented by tabs", dict(indent="\t")),
    ]
    letters = letters or [
        ("", lambda t: t),
        ("non-ASCII letters escaped", lambda t: "".join(c if ord(c) < 128 else "\\u%04x" % ord(c) for c in t)),
        ("non-ASCII letters and / escaped, as PHP's json_encode does", lambda t: "".join(c if ord(c) < 128 else "\\u%04x" % ord(c) for c in t).replace("/", "\\/")),
        ("/ escaped", lambda t: t.replace("/", "\\/")),
        ("<, > and & escaped", lambda t: t.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")),
        ("<, >, &, = and ' escaped, as Gson does", lambda t: "".join("\\u%04x" % ord(c) if c in "<>&='" else c for c in t)),
    ]
    for order in [False, True]:
        for layout, how in layouts:
            text = json.dumps(members, ensure_ascii=False, sort_keys=order, **how)
            for what, escape in letters:
                changes = [c for c in ["with its members sorted" if order else "", layout, what] if c]
                if changes:
                    yield same + " and ".join(changes), escape(text)


REQUESTS = []


def request(name, scheme, method, target, path, key, cases, body="", optional=""):
    latin = lambda sig: raw(sig).decode("latin-1")
    REQUESTS.append(dict(name=name, scheme=scheme, method=method, host=HOST + ":8700", target=target, path=path, body=body, optional=optional,
                         key=key, others=list(OTHERS.items()), cases=[[latin(sig), mistake] for sig, mistake in cases]))


# MSDK V5 and its client SDK

PATH5 = "/v2/auth/verify_login"
SENT5 = "ts=1700000000&channelid=2&gameid=11&os=4&seq=&Note=a%2Fb%20c~*(:&ts2=0".split("&")
PAIRS5 = "Note=a%2Fb%20c~*(:&channelid=2&gameid=11&os=4&seq=&ts=1700000000&ts2=0".split("&")
TEXT5 = "&".join(PAIRS5)
BODY5 = '{"openid":"1","token":"a/b<c&>","name":"\u00e9\'=~ *(","A":[1,{"x":null}]}'
TIMES = [(str(1700000000 + off), f"{1700000000 + off}, another second") for off in (-5, -1, 1, 5)]


def v5(client):
    right = OTHERS["client_sigkey" if client else "sigkey of source 0"]
    marker = "1" if client else ""

    def signed(path=PATH5, mark="?", params=TEXT5, between="", body=BODY5, before="", key=right):
        k, b = raw(before) + raw(key), raw(between) + raw(body)
        return raw(path) + raw(mark) + raw(params) + (k + b if client else b + k)

    def sig(**changes):
        return md5(signed(**changes)) + marker

    yield sig(), ""
    yield sig(params=unquote(TEXT5)), ""
    yield "0" * 32 + marker, ""
    yield "", ""
    yield from hex_spellings(md5(signed()), marker)
    if not client:
        yield "%".join(["", *["%02X" % ord(c) for c in sig()]]), "the signature was percent-encoded twice"

    yield from params(SENT5, PAIRS5, ["source=0", "version=", "conn="], lambda text: sig(params=text))
    for what, how in ENCODINGS:
        again = "&".join("=".join(enc(unquote(x), **how) for x in p.split("=")) for p in PAIRS5)
        if again not in (TEXT5, unquote(TEXT5)):
            yield sig(params=again), "the values were signed percent-encoded in another way than they were sent: " + what
    yield sig(params=TEXT5.replace("%2F", "%252F").replace("%20", "%2520").replace("~*(:", "%7E%2A%28%3A")), "the values were signed percent-encoded once more than they were sent: a blank as %20"
    yield sig(params=TEXT5.replace("%2F", "%2f")), "the hex digits of the escapes were signed in lower case"
    yield sig(params=TEXT5.replace("%2F", "%252F").replace("%20", "%2520").replace("*(:", "%2A%28%3A")), "the values were signed percent-encoded once more than they were sent: a blank as %20 and ~ as it is"
    yield sig(path=enc(PATH5 + "?" + TEXT5), mark="", params=""), "path and parameters were percent-encoded as a whole: a blank as %20"
    yield sig(path=enc(PATH5 + "?" + TEXT5, keep="-_.~"), mark="", params=""), "path and parameters were percent-encoded as a whole: a blank as %20 and ~ as it is"
    yield sig(path=PATH5, params=TEXT5.lower()), "path and parameters were signed in lower case"
    yield sig(path=PATH5.upper(), params=TEXT5.upper()), "path and parameters were signed in upper case"
    for other, what in TIMES + [("1700000", "1700000, seconds instead of milliseconds"), ("1700000000123", "1700000000123, milliseconds instead of seconds")]:
        yield sig(params=TEXT5.replace("1700000000", other)), "another ts was signed than was sent: " + what

    yield from paths(PATH5, lambda path: sig(path=path))
    yield sig(path="POST" + PATH5), "the method was signed before the path"
    yield sig(path="POST&" + PATH5), "the method and & were signed before the path"
    yield sig(path=""), "the path was not signed"
    yield sig(path="", mark=""), "neither path nor ? were signed"
    yield sig(mark=""), "the ? between path and parameters is missing"
    yield sig(mark="&"), "there is & instead of ? between path and parameters"
    yield sig(mark="??"), "there is ?? instead of ? between path and parameters"
    yield sig(mark="\n"), "there is a line feed instead of ? between path and parameters"

    if client:
        yield sig(between="&"), "a & before the body was signed"
        yield sig(between="?"), "a ? before the body was signed"
        for what, body in bodies(BODY5):
            yield sig(body=body), "another body was signed than was sent: " + what
    else:
        for what, end in ENDS:
            yield sig(before=end), what + " before the key was signed: at the body's end, or as part of the key"
        for what, mark in [("a &", "&"), ("a ?", "?"), ("a +", "+"), ("a :", ":"), ("a |", "|"), ("a comma", ",")]:
            yield sig(before=mark), what + " before the key was signed"
            if mark not in "&?":
                yield sig(between=mark), what + " before the body was signed"
        for name in ["key", "sigkey", "appkey", "secret", "sig"]:
            yield sig(before="&" + name + "="), f"a name before the key was signed: &{name}="
            yield sig(before=name + "="), f"a name before the key was signed: {name}="
        for what, body in bodies(BODY5):
            if not what.endswith(" at the end"):
                yield sig(body=body), "another body was signed than was sent: " + what
    for name in ["body", "data", "postdata", "postBody", "json", "params"]:
        yield sig(between="&" + name + "="), f"a name before the body was signed: &{name}="

    head = PATH5 + "?" + TEXT5
    yield md5(right, head, BODY5) + marker, "the key was signed first, before the path"
    yield md5(right, head, BODY5, right) + marker, "the key was signed twice, before the path and after the body"
    yield md5(BODY5, head, right) + marker, "the body was signed before the path"
    for name in ["SHA1", "SHA256", "SHA512"]:
        yield hashlib.new(name, signed()).hexdigest() + marker, f"it is {name}, not MD5"
        yield hmac.new(raw(right), raw(head + BODY5), name).hexdigest() + marker, f"it is HMAC-{name}, not MD5"
    yield hmac.new(raw(right), raw(head + BODY5), "md5").hexdigest() + marker, "it is HMAC-MD5, not MD5"
    yield md5(md5(signed())) + marker, "it is the MD5 of the hex digits of the MD5"
    if client:
        backend = OTHERS["sigkey of source 0"]
        yield sig()[:-1], "the client SDK's marker 1 is missing at the end"
        yield sig(key=backend)[:-1], "the client SDK's marker 1 is missing at the end; and it was signed with another key: the sigkey of source 0"
        yield md5(head, BODY5, right), "it is a backend's form (key after body)"
        yield md5(head, BODY5, right) + "1", "it is a backend's form (key after body), with the client SDK's marker 1"
        yield md5(head, BODY5, backend), "it is a backend's form (key after body); and it was signed with another key: the sigkey of source 0"
    else:
        sdk = OTHERS["client_sigkey"]
        yield md5(head, right, BODY5) + "1", "it is the client SDK's form (key before body)"
        yield md5(head, sdk, BODY5) + "1", "it is the client SDK's form (key before body); and it was signed with another key: the client_sigkey"
        yield md5(head, right, BODY5), "it is the client SDK's form (key before body), without its marker 1"
        yield sig() + "1", "it carries the client SDK's marker 1"
        for k, what in [(right, "right key"), (OTHERS["msdkkey"], "msdkkey")]:
            yield md5(k, "1700000000"), "it is the form of MSDK V3, made with the " + what

        # Two slips in one signature.
        yield sig(path=f"https://{HOST}{PATH5}", key=right + "\n"), f"scheme and host were signed before the path: https://{HOST}; and a line feed after the key was signed with it"
        yield sig(mark="", body=BOM + BODY5), "the ? between path and parameters is missing; and another body was signed than was sent: with a byte order mark before it"
        yield sig(params="&".join(SENT5), body=enc(BODY5, keep="-_.~")), "the parameters are not sorted by name; and another body was signed than was sent: percent-encoded, a blank as %20 and ~ as it is"
        yield sig(params=unquote(TEXT5), key=OTHERS["msdkkey"]), "it was signed with another key: the msdkkey"
        yield sig(key=BOM + right).upper(), "a byte order mark before the key was signed with it; and the hex digits are upper-case"
        yield sig(params=TEXT5 + "&", key=""), "an extra & after the parameters was signed; and it was signed without the key: with an empty one"
    yield from ((s, m) for s, m in keys(right, lambda k: sig(key=k), [unquote(p).split("=") for p in PAIRS5]) if not m.startswith(("a blank before the key was", "a line feed before the key was") + ("an extra & after the key",) * client))


for client in [False, True]:
    request("v5client" if client else "v5", "v5client" if client else "v5", "POST", "/prefix" + PATH5 + "?" + "&".join(SENT5) + "&sig=", PATH5,
            OTHERS["client_sigkey" if client else "sigkey of source 0"], v5(client), BODY5)


def v5_body(name, sent, cases):
    key = OTHERS["sigkey of source 0"]
    cases = [("&".join(PAIRS5), "", sent)] + [(TEXT5, "another body was signed than was sent: " + what, body) for what, body in cases]
    request("v5 " + name, "v5", "POST", PATH5 + "?" + "&".join(SENT5), PATH5, key, [(md5(PATH5, "?", text, body, key), what) for text, what, body in cases], sent)


JSON5 = '{"a":"b c+d/\u00e9"}'
v5_body("with a byte order mark", BOM + JSON5, [("without the byte order mark", JSON5), ("the same JSON with a space after , and :", '{"a": "b c+d/\u00e9"}')])
v5_body("with a line feed", JSON5 + "\n", [("without the white space around it", JSON5)])
v5_body("with a byte order mark and a line feed", BOM + JSON5 + "\r\n", [("without the white space and the byte order mark around it", JSON5)])
v5_body("of Unix lines", '{\n"a":1\n}', [("with a carriage return and a line feed between its lines", '{\r\n"a":1\r\n}'), ("the same JSON without white space", '{"a":1}')])
v5_body("of Windows lines", '{\r\n"a":1\r\n}', [("with line feeds alone between its lines", '{\n"a":1\n}')])
v5_body("percent-encoded", quote(JSON5), [("percent-decoded", JSON5)])
v5_body("percent-encoded as a form", quote_plus(JSON5) + "=", [("percent-decoded and without the = at the end", JSON5), ("without the = at the end", quote_plus(JSON5))])
v5_body("in a form", "data=" + quote_plus(JSON5), [("without the name before its first =", quote_plus(JSON5)), ("percent-decoded and without the name before its first =", JSON5)])
v5_body("in a JSON string", json.dumps(JSON5), [("without the quotation marks of a JSON string", JSON5)])
v5_body("with escaped letters", json.dumps({"b": "\u00e9/", "a": [1, 2]}, indent=3), [
    ("the same JSON without white space", '{"b":"\\u00e9/","a":[1,2]}'),
    *json_forms('{"b":"\u00e9/","a":[1,2]}', [("no letter escaped", lambda t: t)]),
])

LINK = "channelid=2&gameid=11&itopencodeparam=d9b4&os=4&source=0&ts=1700000002"
BARE = LINK.replace("&itopencodeparam=d9b4", "")
DECRYPT = "/v2/auth/decrypt"


def v5_get():
    key = OTHERS["sigkey of source 0"]
    yield md5(DECRYPT, "?", LINK, key), ""
    yield md5(DECRYPT, "?", BARE, key), ""
    yield md5(DECRYPT, "?", BARE, OTHERS["sigkey of source 1"]), "it was signed with another key: the sigkey of source 1"
    yield md5(DECRYPT, "?", LINK, "{}", key), "another body was signed than was sent: {}, where none was sent"
    yield md5(DECRYPT, "?", LINK, "null", key), "another body was signed than was sent: null, where none was sent"
    yield md5(DECRYPT, "?", LINK, "&", key), "an extra & after the parameters was signed"
    yield md5(DECRYPT, LINK, key), "the ? between path and parameters is missing"
    mac = hmac.new(raw(key) + b"&", raw("GET&" + enc(DECRYPT) + "&" + enc(LINK)), "sha1").digest()
    yield md5(DECRYPT, "?", LINK, "11"), "the parameter gameid was signed in the place of the key"
    yield b64(mac), "it is the form of OpenAPI V3, made with the right key"


request("v5 GET", "v5", "GET", DECRYPT + "?" + LINK, DECRYPT, OTHERS["sigkey of source 0"], v5_get(), optional="itopencodeparam")

request("v5, two & in the URL", "v5", "POST", PATH5 + "?ts=1&&gameid=11&sig=0", PATH5, "k0", [
    (md5(PATH5, "?gameid=11&ts=1{}k0"), ""),
    (md5(PATH5, "?ts=1&&gameid=11{}k0"), "the parameters were signed as they stand in the URL"),
    (md5(PATH5, "?ts=1&gameid=11{}k0"), "the parameters are not sorted by name"),
], "{}")
request("v5, lower-case escapes", "v5", "POST", PATH5 + "?a=%2f:&ts=1&sig=0", PATH5, "k0", [
    (md5(PATH5, "?a=%2f:&ts=1{}k0"), ""),
    (md5(PATH5, "?a=%2F:&ts=1{}k0"), "the hex digits of the escapes were signed in upper case"),
], "{}")

# MSDK V3

PATH3 = "/auth/verify_login"
BODY3 = '{"appid":1}'
QUERY3 = "timestamp=1700000000&appid=100700001&openid=ABC&encode=1"


def v3():
    right, ts = OTHERS["appkey"], "1700000000"
    yield md5(right, ts), ""
    yield "0" * 32, ""
    yield "", ""
    yield from hex_spellings(md5(right, ts))
    yield md5(ts, right), "the key was signed after the timestamp"
    yield md5(ts), "the timestamp alone was signed, without the key"
    yield md5(right), "the key alone was signed, without the timestamp"
    yield md5(right, ts, right), "the key was signed before the timestamp and after it"
    for what, text in [("a +", "+"), ("a &", "&"), ("a blank", " "), ("a -", "-"), ("a _", "_"), ("a :", ":"), ("a |", "|"), ("a comma", ","), ("a ?", "?"), ("a =", "="), ("timestamp=", "timestamp="), ("&timestamp=", "&timestamp=")]:
        yield md5(right, text, ts), f"there is {what} between key and timestamp"
    for name in ["appkey=", "msdkkey=", "key="]:
        yield md5(name, right, ts), name + " before the key was signed"
    for what, end in ENDS:
        yield md5(right, ts, end), what + " after the timestamp was signed with it"
    yield md5(right, ts, "&"), "an extra & after the timestamp was signed"
    for name, value in [("appid", "100700001"), ("openid", "ABC"), ("encode", "1")]:
        yield md5(right, value), f"the parameter {name} was signed instead of the timestamp"
        yield md5(right, ts, value), f"the parameter {name} was signed too, after the timestamp"
        yield md5(value, right, ts), f"the parameter {name} was signed too, before the key"
        yield md5(right, value, ts), f"the parameter {name} was signed too, between key and timestamp"
    yield md5(PATH3, right, ts), "the path was signed too, before the key"
    yield md5(right, ts, BODY3), "the body was signed too, after the timestamp"
    for name in ["SHA1", "SHA256", "SHA512"]:
        yield hashlib.new(name, raw(right + ts)).hexdigest(), f"it is {name}, not MD5"
        yield hmac.new(raw(right), raw(ts), name).hexdigest(), f"it is HMAC-{name}, not MD5"
    yield hmac.new(raw(right), raw(ts), "md5").hexdigest(), "it is HMAC-MD5, not MD5"
    yield md5(md5(right, ts)), "it is the MD5 of the hex digits of the MD5"
    for other, what in TIMES + [("1700000", "1700000, seconds instead of milliseconds"), ("1700000000123", "1700000000123, milliseconds instead of seconds")]:
        yield md5(right, other), "another timestamp was signed than was sent: " + what
    text = "appid=100700001&encode=1&openid=ABC&timestamp=1700000000"
    yield md5(PATH3, "?", text, BODY3, right), "it is the form of MSDK V5, made with the right key"
    yield md5(PATH3, "?", text, BODY3, OTHERS["sigkey of source 0"]), "it is the form of MSDK V5, made with the sigkey of source 0"
    yield md5(ts, OTHERS["msdkkey"]), "the key was signed after the timestamp; and it was signed with another key: the msdkkey, which goes with encode=2"
    for sig, what in keys(right, lambda k: md5(k, ts), [p.split("=") for p in QUERY3.split("&")]):
        # Text between key and timestamp is reported as such.
        if what not in ("a blank after the key was signed with it", "an extra & after the key was signed") and "with an empty one" not in what:
            yield sig, what.replace("the msdkkey", "the msdkkey, which goes with encode=2") if what.endswith(": the msdkkey") else what


request("v3", "v3", "POST", PATH3 + "?" + QUERY3, PATH3, OTHERS["appkey"], v3(), BODY3)
request("v3 in milliseconds", "v3", "POST", PATH3 + "?" + QUERY3.replace("1700000000", "1700000000123"), PATH3, OTHERS["appkey"],
        [(md5(OTHERS["appkey"], "1700000000"), "another timestamp was signed than was sent: 1700000000, seconds instead of milliseconds")])

request("v3, a sum that begins with 0", "v3", "POST", PATH3 + "?" + QUERY3.replace("1700000000", "1700000093"), PATH3, OTHERS["appkey"],
        hex_spellings(md5(OTHERS["appkey"], "1700000093")))

# OpenAPI V3

PATHO = "/v3/user/get_info"
X = "a b*c~d-_.+/=&?%\u4e2d!'() "
VALUES = [("X", X), ("appid", "100700001"), ("empty", ""), ("openid", "ABC6"), ("openid2", "0"), ("pf", "qzone"), ("zoneid", "1")]
SENTO = "&".join(f"{n}={quote_plus(v)}" for n, v in [VALUES[i] for i in (6, 3, 1, 0, 2, 5, 4)])


def openapi():
    right = OTHERS["appkey"]
    text = "&".join(f"{n}={v}" for n, v in VALUES)

    def digest(source, key, name="sha1"):
        return hmac.new(raw(key), raw(source), name).digest()

    def sig(method="POST", path=PATHO, params=text, e=enc, m1="&", m2="&", epath=None, eparams=None, key=right, after="&", end=""):
        return b64(digest(raw(method + m1 + (epath or e)(path) + m2 + (eparams or e)(params)) + raw(end), raw(key) + raw(after)))

    plain = lambda t: t
    yield sig(), ""
    yield "A" * 27 + "=", ""
    yield "", ""
    good = sig()
    b = base64.b64decode(good)
    for what, spelled in [
        ("the signature was not percent-encoded: + came as a blank", good.replace("+", " ")),
        ("the signature was percent-encoded twice", quote(good, safe="")),
        ("the padding (=) at the end of sig is missing", good.rstrip("=")),
        ("sig is in the URL alphabet of Base64 (- and _), not in the usual one (+ and /)", base64.urlsafe_b64encode(b).decode()),
        ("sig is in hex digits, not in Base64", b.hex()),
        ("the hex digits are upper-case; and sig is in hex digits, not in Base64", b.hex().upper()),
        ("the hex digits were put into Base64, not the bytes", b64(b.hex())),
        ("the hex digits were put into Base64, not the bytes", b64(b.hex().upper())),
        ("sig is in hex digits, not in Base64, and they are parted by -", "-".join("%02x" % c for c in b)),
        ("sig was put into Base64 twice", b64(good)),
        ("the bytes of the sum were sent, not in Base64", b),
        ("there is white space around the signature", good + "\n"),
        ("there are quotation marks around the signature", '"' + good + '"'),
    ]:
        assert spelled != good, what
        yield spelled, what

    sent = ["%s=%s" % VALUES[i] for i in (6, 3, 1, 0, 2, 5, 4)]
    wrong = lambda t: sig(params=t)
    for s, what in params_decoded(sent, wrong):
        yield s, what

    yield sig(method="GET"), "another method was signed than was sent: GET"
    yield sig(method="post"), "the method is not in upper case"
    yield sig(method="", m1=""), "the method was not signed"
    yield sig(method=""), "the method was not signed, but the & after it"
    yield sig(m1=""), "the & between method and path is missing"
    yield sig(m2=""), "the & between path and parameters is missing"
    yield sig(m2="?"), "there is ? instead of & between path and parameters"
    for what, mark in [("&&", "&&"), ("a blank", " "), ("a line feed", "\n"), ("%26", "%26")]:
        yield sig(m1=mark), f"there is {what} instead of & between method and path"
        yield sig(m2=mark), f"there is {what} instead of & between path and parameters"
    yield from paths(PATHO, lambda path: sig(path=path))
    yield sig(path=""), "the path was not signed"
    yield sig(epath=plain), "the path is not encoded"

    each = lambda e: "&".join(f"{n}={e(v)}" for n, v in VALUES)
    yield sig(params=each(enc), eparams=plain), "the parameters are encoded before they are joined, and not after it"
    yield sig(eparams=plain), "the parameters are not encoded"
    yield sig(params=each(enc)), "the values were signed as they are sent, and not decoded"
    yield sig(params=each(quote_plus)), "the values were signed as they are sent, and not decoded"
    yield sig(params=each(lambda v: enc(v, keep="!*()"))), "the values are encoded as the platform's own callbacks have them"
    yield sig(params=each(lambda v: "".join(c if ord(c) < 128 else "?" for c in v))), "the values were signed with ? for each character past ASCII"
    yield sig(params=raw(text).decode("latin-1")), "the values were signed with its UTF-8 bytes taken for Latin-1 and encoded again"
    yield sig(params=text.encode("gb18030")), "the values were signed in GBK"
    yield sig(params=each(str.strip)), "the values were signed without the white space around them"
    source = "POST&" + enc(PATHO) + "&" + enc(text)
    mac = lambda s: b64(digest(s, right + "&"))
    yield mac(enc(source)), "all that is signed was percent-encoded once more"
    yield mac(source.lower()), "all that is signed is in lower case"
    yield mac(source.upper()), "all that is signed is in upper case"
    yield mac(BOM + source), "a byte order mark was signed before the method"
    for what, end in ENDS:
        yield mac(source + end), what + " at the end was signed"
    yield mac(source + "&"), "an extra & at the end was signed"
    yield sig(after=""), "the & after the key is missing"
    for what, mark in [("&&", "&&"), ("%26", "%26"), ("& and a line feed", "&\n"), ("& and a blank", "& "), ("?", "?")]:
        yield sig(after=mark), f"there is {what} after the key, not &"

    for what, how in [
        ("~ is left as it is (it must be %7E)", dict(keep="-_.~")),
        ("a blank is + (it must be %20)", dict(plus=True)),
        ("it is Go's url.QueryEscape (a blank must be %20, ~ must be %7E)", dict(keep="-_.~", plus=True)),
        ("it is JavaScript's encodeURIComponent (! ' ( ) * ~ must be encoded too)", dict(keep="-_.!~*'()")),
        (".NET's HttpUtility.UrlEncode writes lower-case hex digits (they must be upper-case)", dict(keep="-_.!*()", plus=True, lower=True)),
        ("the hex digits of the escapes are lower-case", dict(lower=True)),
        ("it is Java's URLEncoder (a blank must be %20, * must be %2A)", dict(keep="-_.*", plus=True)),
        ("it is Java's URLEncoder with + replaced (* must be %2A)", dict(keep="-_.*")),
        ("/ is left as it is (it must be %2F)", dict(keep="-_./")),
        ("it is Python's urllib.parse.quote (/ must be %2F, ~ must be %7E)", dict(keep="-_.~/")),
    ]:
        e = lambda t, how=how: enc(t, **how)
        yield sig(e=e), "the encoding is another one: " + what
        yield sig(e=e, key=right + "\n"), "the encoding is another one: " + what + "; and a line feed after the key was signed with it"

    for name in ["SHA256", "SHA512", "MD5"]:
        yield b64(digest(source, right + "&", name)), f"it is HMAC-{name}, not HMAC-SHA1"
    yield b64(digest(right + "&", source)), "HMAC-SHA1 was given the key as the text and the text as the key"
    for name in ["SHA1", "SHA256", "SHA512", "MD5"]:
        h = lambda t: b64(hashlib.new(name, raw(t)).digest())
        yield h(source + right + "&"), f"it is {name} with the key at the end, not HMAC-SHA1"
        yield h(right + "&" + source), f"it is {name} with the key at the beginning, not HMAC-SHA1"
        yield h(source), f"it is {name} without the key, not HMAC-SHA1"
    form = "&".join(f"{n}={quote_plus(v)}" for n, v in VALUES)
    yield md5(PATHO, "?", form, SENTO, OTHERS["sigkey of source 0"]), "it is the form of MSDK V5, made with the sigkey of source 0"
    yield sig(path=f"http://{HOST}:8700{PATHO}", after=""), f"scheme and host were signed before the path: http://{HOST}:8700; and the & after the key is missing"
    for s, what in keys(right, lambda k: sig(key=k), VALUES):
        yield s, "there is && after the key, not &" if what.startswith("an extra & after") else what


def params_decoded(sent, sig):
    pairs = [f"{n}={v}" for n, v in VALUES]
    for s, what in params(sent, pairs, ["format=json", "format=xml", "format=", "charset=utf-8", "userip="], sig):
        yield s, what


request("openapi", "openapi", "POST", "/prefix" + PATHO, PATHO, OTHERS["appkey"], openapi(), SENTO)
request("openapi, a key with - and _", "openapi", "GET", "/a?a=1", "/a", "k-_y", [
    ("anWgtVnX6PpmcOw45vUUtXYfojM=", ""),
    ("3mvEYyvQ1cPgD+rEaZX4Tl10P9s=", "- and _ in the key were replaced, as one of the official SDKs does: give the app a key of letters and digits"),
])

half = lambda source: b64(hmac.new(b"demoAppKey01&", raw(source), "sha1").digest())
request("openapi, URL and form", "openapi", "POST", "/v3/x?a=1&b=2", "/v3/x", "demoAppKey01", [
    (half("POST&%2Fv3%2Fx&a%3D1%26b%3D2%26c%3D3%26d%3D4"), ""),
    (half("POST&%2Fv3%2Fx&a%3D1%26b%3D2"), "the parameters of the body were left out of the signed string"),
    (half("POST&%2Fv3%2Fx&c%3D3%26d%3D4"), "the parameters of the URL were left out of the signed string"),
], body="c=3&d=4")

# The Game Center

PATHG = "/cgi-bin/QQConnect.fcgi"
VALUESG = [("Title", " a b*c~d-_.+/=&?%\u00e9!'()$"), ("access_token", "AT 0001"), ("appid", ""), ("cmd", "gc_feed_post"), ("oauth_consumer_key", "1100001234"), ("openid", "ABC6"), ("text", "4")]
SENTG = [VALUESG[i] for i in (3, 4, 5, 1, 0, 2, 6)]


def gamecenter():
    right = OTHERS["appkey"]

    def text(values=VALUESG, before="$", pair="$", equals="$", write=lambda v: v):
        parts = [n + equals + v if equals is not None else v for n, v in ((n, write(v)) for n, v in values)]
        return before + pair.join(parts)

    def sig(middle=None, key=right, ahead="", last="", after="", first=True, end=True, **how):
        middle = text(**how) if middle is None else middle
        return md5(ahead, key if first else "", middle, last, key if end else "", after)

    yield sig(), ""
    yield "0" * 32, ""
    yield "", ""
    yield from hex_spellings(sig())
    yield sig(first=False), "the key was not signed at the beginning"
    yield sig(end=False), "the key was not signed at the end"
    yield sig(first=False, after="\n"), "the key was not signed at the beginning; and a line feed at the end was signed"

    ranked = lambda by: sorted(VALUESG, key=by)
    yield sig(values=SENTG), "the parameters are not sorted by name"
    yield sig(values=VALUESG[::-1]), "the parameters are sorted backwards"
    yield sig(values=ranked(lambda p: p[0].lower())), "the parameters are sorted without regard to case"
    yield sig(values=ranked(lambda p: p[1])), "the parameters are sorted by value"
    yield sig(values=[p for p in VALUESG if p[1]]), "an empty parameter was left out of the signed string"
    for p in VALUESG:
        if p[1]:
            yield sig(values=[q for q in VALUESG if q != p]), f"the parameter {p[0]} was left out of the signed string"
    yield sig(values=[p for p in SENTG if p[0] != "cmd"]), "the parameters are not sorted by name; and the parameter cmd was left out of the signed string"
    yield sig(values=sorted(VALUESG + [("sign", "")])), "the parameter sign itself was signed, in its place"
    yield sig(values=VALUESG + [("sign", "")]), "the parameter sign itself was signed, at the end"
    yield sig(values=sorted(VALUESG + [("format", "json")])), "the parameter format=json was signed and not sent"

    for what, how in [
        ("the $ before the first name is missing", dict(before="")),
        ("a $ before the key at the end was signed", dict(last="$")),
        ("there is no $ between name and value", dict(equals="")),
        ("there is no $ before the names", dict(before="", pair="")),
        ("there is no $ anywhere", dict(before="", pair="", equals="")),
        ("there is = instead of $ between name and value", dict(equals="=")),
        ("there are & and = as in a URL instead of $", dict(before="", pair="&", equals="=")),
        ("there are & and = as in a URL, and a & at both ends, instead of $", dict(before="&", pair="&", equals="=", last="&")),
        ("the values alone were signed, without their names", dict(equals=None)),
        ("the values alone were signed, without their names and any $", dict(before="", pair="", equals=None)),
    ]:
        yield sig(**how), what
        if "alone" not in what:
            yield sig(key=right + "\n", **how), what + "; and a line feed after the key was signed with it"
            yield sig(values=SENTG, **how), "the parameters are not sorted by name; and " + what

    yield sig(write=quote_plus), "the values were signed as they are sent, and not decoded"
    for what, how in ENCODINGS:
        if what != "a blank as +":
            yield sig(write=lambda v: enc(v, **how)), "the values were signed percent-encoded: " + what
    yield sig(write=lambda v: "".join(c if ord(c) < 128 else "?" for c in v)), "the values were signed with ? for each character past ASCII"
    yield sig(write=lambda v: raw(v).decode("latin-1")), "the values were signed with its UTF-8 bytes taken for Latin-1 and encoded again"
    yield sig(middle=text().encode("gb18030")), "the values were signed in GBK"
    yield sig(write=str.strip), "the values were signed without the white space around them"
    yield sig(middle=text().lower()), "names and values were signed in lower case"
    yield sig(middle=text().replace("\u00e9", "\0").upper().replace("\0", "\u00c9")), "names and values were signed in upper case"
    yield sig(ahead=PATHG), "the path was signed too, before the key"
    yield sig(ahead=PATHG + "?"), "the path and ? were signed too, before the key"
    for what, end in ENDS:
        yield sig(after=end), what + " at the end was signed"
    source = right + text() + right
    for name in ["SHA1", "SHA256", "SHA512"]:
        yield hashlib.new(name, raw(source)).hexdigest(), f"it is {name}, not MD5"
        yield hmac.new(raw(right), raw(text()), name).hexdigest(), f"it is HMAC-{name}, not MD5"
    yield hmac.new(raw(right), raw(text()), "md5").hexdigest(), "it is HMAC-MD5, not MD5"
    yield md5(md5(source)), "it is the MD5 of the hex digits of the MD5"
    yield sig().upper(), "the hex digits are upper-case"
    mac = hmac.new(raw(right) + b"&", raw("GET&" + enc(PATHG) + "&" + enc("&".join(f"{n}={v}" for n, v in VALUESG))), "sha1").digest()
    yield b64(mac), "it is the form of OpenAPI V3, made with the right key"
    yield from keys(right, lambda k: sig(key=k), VALUESG)


request("gamecenter", "gamecenter", "GET", PATHG + "?" + "&".join(f"{n}={quote_plus(v)}" for n, v in SENTG) + "&sign=0", PATHG, OTHERS["appkey"], gamecenter())
FORMG = [("cmd", "gc_reddot"), ("entries", "feeds"), ("openid", "A"), ("sign", "0")]
TEXTG = "$cmd$gc_reddot$entries$feeds$openid$A"
request("gamecenter, URL and form", "gamecenter", "POST", PATHG + "?cmd=gc_reddot", PATHG, "k0", [
    (md5("k0", TEXTG, "k0"), ""),
    (md5("k0", "$cmd$gc_reddot", "k0"), "the parameters of the body were left out of the signed string"),
    (md5("k0", "$entries$feeds$openid$A", "k0"), "the parameters of the URL were left out of the signed string"),
    (md5("k0", TEXTG, "$sign$k0"), "the parameter sign itself was signed, in its place"),
    (md5("k0k0"), "no parameters were signed"),
    (md5("k0$k0"), ""),
], body="&".join(f"{n}={v}" for n, v in FORMG[1:]))

request("gamecenter, a blank as %20", "gamecenter", "GET", PATHG + "?cmd=gc_feed_post&title=a%20b&sign=0", PATHG, "k0", [
    (md5("k0$cmd$gc_feed_post$title$a b", "k0"), ""),
    (md5("k0$cmd$gc_feed_post$title$a%20b", "k0"), "the values were signed as they are sent, and not decoded"),
    (md5("k0$cmd$gc_feed_post$title$a+b", "k0"), "the values were signed percent-encoded: a blank as +"),
])

json.dump(REQUESTS, sys.stdout, indent=0, ensure_ascii=True)
print()
