package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const vectorKey = "0123456789abcdef0123456789abcdef"

// The vectors of msdk-v5.md, 2.3 and 2.4, and the string that 2.3 prints with the digest computed for it.
var v5Vectors = []struct {
	name, method, url, body, key, source, sig string
	client                                    bool
}{
	{
		name: "A verify_login", url: "/v2/auth/verify_login?version=&channelid=2&gameid=11&os=4&source=0&ts=1700000000",
		body: `{"openid":"10000000000000000001","token":"T0KEN"}`, key: vectorKey,
		source: `/v2/auth/verify_login?channelid=2&gameid=11&os=4&source=0&ts=1700000000&version={"openid":"10000000000000000001","token":"T0KEN"}`,
		sig:    "e4d3455b93b8b703594ed2537da74ffd",
	}, {
		name: "B create_bind_group", url: "/v2/group/create_bind_group?channelid=2&conn=&gameid=11&os=4&seq=req-7&source=0&ts=1700000001&version=5.30.000",
		body: `{"openid":"10000000000000000001","token":"T0KEN","guild_id":"2134","guild_name":"测试公会","zone_id":"1","roleid":"2"}`, key: vectorKey,
		source: `/v2/group/create_bind_group?channelid=2&conn=&gameid=11&os=4&seq=req-7&source=0&ts=1700000001&version=5.30.000` +
			`{"openid":"10000000000000000001","token":"T0KEN","guild_id":"2134","guild_name":"测试公会","zone_id":"1","roleid":"2"}`,
		sig: "35fd425a21a692463c298a52d4a7e167",
	}, {
		name: "C decrypt with its parameter", method: "GET", url: "/v2/auth/decrypt?channelid=2&gameid=11&itopencodeparam=d9b48147c3b809a2&os=4&source=0&ts=1700000002",
		key: vectorKey, source: "/v2/auth/decrypt?channelid=2&gameid=11&itopencodeparam=d9b48147c3b809a2&os=4&source=0&ts=1700000002",
		sig: "59b2da0cb898f3e3e4f3ac8938971f4f",
	}, {
		name: "C decrypt without its parameter", method: "GET", url: "/v2/auth/decrypt?ts=1700000002&channelid=2&gameid=11&os=4&source=0",
		key: vectorKey, source: "/v2/auth/decrypt?channelid=2&gameid=11&os=4&source=0&ts=1700000002",
		sig: "f74fd9eda04336cf5956a2fd7a27351b",
	}, {
		name: "D get_group_rela_info", url: "/v2/group/get_group_rela_info?channelid=2&gameid=11&os=4&seq=rel-1&source=0&ts=1700000003&version=",
		body: `{"openid":"10000000000000000001","token":"T0KEN","groupid":"700000001"}`, key: vectorKey,
		source: `/v2/group/get_group_rela_info?channelid=2&gameid=11&os=4&seq=rel-1&source=0&ts=1700000003&version={"openid":"10000000000000000001","token":"T0KEN","groupid":"700000001"}`,
		sig:    "f18d293b53af6e04e55a6516180f162b",
	}, {
		name: "E query_qq_vip", url: "/v2/profile/query_qq_vip?seq=&channelid=2&gameid=11&os=4&source=0&ts=1700000004",
		body: `{"openid":"10000000000000000001","token":"T0KEN","vip":5}`, key: vectorKey,
		source: `/v2/profile/query_qq_vip?channelid=2&gameid=11&os=4&seq=&source=0&ts=1700000004{"openid":"10000000000000000001","token":"T0KEN","vip":5}`,
		sig:    "5e99fc768d4808d0ff3b82786c28ca61",
	}, {
		name: "the printed string", url: "/v2/auth/verify_login?channelid=2&conn=&gameid=12&os=1&seq=&source=1&ts=1642490127",
		body: `{"openid":"16862533134614867973","token":"0AFC2484F0B48C9D70D501662B828F4A"}`, key: "itopsigkey123456",
		source: `/v2/auth/verify_login?channelid=2&conn=&gameid=12&os=1&seq=&source=1&ts=1642490127{"openid":"16862533134614867973","token":"0AFC2484F0B48C9D70D501662B828F4A"}`,
		sig:    "60fe90fdc71729f1cd4c124ed0028d7f",
	}, {
		name: "the client SDK", url: "/v2/auth/login?channelid=1&from=msdkpix&gameid=27819&lang=&os=1&seq=seq1&store_channel=0&ts=1234567890&version=5.42.102.7425",
		body: `{"channel_info":{"code":"abc"}}`, key: "test-key", client: true,
		source: `/v2/auth/login?channelid=1&from=msdkpix&gameid=27819&lang=&os=1&seq=seq1&store_channel=0&ts=1234567890&version=5.42.102.7425{"channel_info":{"code":"abc"}}`,
		sig:    "e90119dc76d91a6d5acbcf0a739354be1",
	},
}

func TestSignV5(t *testing.T) {
	ownFolders(t)
	for _, v := range v5Vectors {
		t.Run(v.name, func(t *testing.T) {
			args := []string{"sign", "v5", v.url, "--key-file", "-"}
			if v.method != "" {
				args = append(args, "--method", v.method)
			} else {
				args = append(args, "--body", v.body)
			}
			if v.client {
				args = append(args, "--client")
			}
			out := run(t, v.key+"\n", args...)
			want := "source  " + v.source + "\nsig     " + v.sig + "\nurl     " + v.url + "&sig=" + v.sig + "\n"
			if diff := cmp.Diff(want, out); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			got := decode[map[string]string](t, run(t, v.key, append(args, "--json")...))
			if diff := cmp.Diff(map[string]string{"source": v.source, "sig": v.sig, "url": v.url + "&sig=" + v.sig}, got); diff != "" {
				t.Errorf("JSON: (-want +got)\n%s", diff)
			}
			wantAll(t, run(t, v.key, append(args, "--check", v.sig)...), "the signature is right", v.source)
		})
	}
}

func TestSignV5Input(t *testing.T) {
	ownFolders(t)
	v := v5Vectors[0]
	key := secretFile(t, v.key+"\r\n")
	body := secretFile(t, v.body)
	tests := []struct {
		name, in string
		args     []string
		url      string
	}{
		{"body from a file", "", []string{v.url, "--body-file", body}, v.url},
		{"body from standard input", v.body, []string{v.url, "--body-file", "-"}, v.url},
		{"whole URL below a prefix", "", []string{"https://host:1/prefix" + v.url + "#top", "--body", v.body}, "https://host:1/prefix" + v.url},
		{"URL that is signed already", "", []string{"/v2/auth/verify_login?sig=0&version&channelid=2&gameid=11&os=4&source=0&ts=1700000000", "--body", v.body},
			"/v2/auth/verify_login?version=&channelid=2&gameid=11&os=4&source=0&ts=1700000000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := decode[map[string]string](t, run(t, tt.in, append([]string{"sign", "v5", "--json", "--key-file", key}, tt.args...)...))
			if diff := cmp.Diff(map[string]string{"source": v.source, "sig": v.sig, "url": tt.url + "&sig=" + v.sig}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	t.Run("the game's own path", func(t *testing.T) {
		wantAll(t, run(t, v.key, "sign", "v5", "/game/hook?b=2&a=1", "--key-file", "-"), "source  /game/hook?a=1&b=2\n")
	})
}

// TestSecretFiles: whatever editor, shell or tool wrote a key, it is read as the key alone, from a file and from standard
// input, by each command that signs.
func TestSecretFiles(t *testing.T) {
	ownFolders(t)
	commands := map[string]struct {
		args []string
		sig  string
	}{
		"v5":      {[]string{"sign", "v5", v5Vectors[0].url, "--body", v5Vectors[0].body}, "e4d3455b93b8b703594ed2537da74ffd"},
		"v3":      {[]string{"sign", "v3", "/auth/verify_login?timestamp=1700000000&encode=1"}, "224dd730e3a37f3a004dbf08aaaef729"},
		"openapi": {[]string{"sign", "openapi", "/v3/user/is_login?appid=1"}, "gWX4PsdN4gxBX8Pmx1QifpAF7XQ="},
	}
	for what, content := range map[string]string{
		"line feed":                         vectorKey + "\n",
		"carriage return and line feed":     vectorKey + "\r\n",
		"blanks":                            "  " + vectorKey + "\t \n",
		"byte order mark":                   "\ufeff" + vectorKey,
		"byte order mark and line end":      "\ufeff" + vectorKey + " \r\n",
		"more lines":                        vectorKey + "\nanother line\n",
		"UTF-16, the low byte first":        "\xff\xfe" + utf16Text(vectorKey+"\r\n", 0, 1),
		"UTF-16, the high byte first":       "\xfe\xff" + utf16Text(vectorKey+"\r\n", 1, 0),
		"byte order mark and blanks before": "\ufeff  " + vectorKey,
	} {
		for name, command := range commands {
			t.Run(what+" for "+name, func(t *testing.T) {
				for in, file := range map[string]string{"": secretFile(t, content), content: "-"} {
					args := append(slices.Clone(command.args), "--json", "--key-file", file)
					if got := decode[map[string]string](t, run(t, in, args...))["sig"]; got != command.sig {
						t.Errorf("with --key-file %s: got %s, want %s", file, got, command.sig)
					}
				}
			})
		}
	}
}

// utf16Text puts the two bytes of each ASCII character at these places.
func utf16Text(ascii string, char, zero int) string {
	text := make([]byte, 2*len(ascii))
	for i := range len(ascii) {
		text[2*i+char], text[2*i+zero] = ascii[i], 0
	}
	return string(text)
}

func TestSignV5Check(t *testing.T) {
	ownFolders(t)
	key := secretFile(t, vectorKey)
	const url = "/v2/auth/verify_login?ts=1&gameid=11&seq=&source=0"
	signature := func(args ...string) string {
		return decode[map[string]string](t, run(t, "", append([]string{"sign", "v5", "--json", "--key-file", key}, args...)...))["sig"]
	}
	right, client := signature(url, "--body", "{}"), signature(url, "--body", "{}", "--client")
	tests := []struct {
		name    string
		sig     string
		args    []string
		mistake string // "" when it is not a usual one
	}{
		{"upper case", strings.ToUpper(right), nil, "the hex digits are upper-case"},
		{"empty parameter left out", signature("/v2/auth/verify_login?ts=1&gameid=11&source=0", "--body", "{}"), nil, "an empty parameter was left out"},
		{"another body", signature(url), nil, "another body was signed than was sent: none at all"},
		{"client's form", client, nil, "client SDK's form"},
		{"backend's form", right, []string{"--client"}, "a backend's form"},
		{"no marker", client[:32], []string{"--client"}, "marker 1 is missing"},
		{"something else", strings.Repeat("0", 32), nil, ""},
		{"nothing", "", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"sign", "v5", url, "--body", "{}", "--key-file", key, "--check", tt.sig}, tt.args...)
			want := tt.mistake
			if want == "" {
				want = "none of the usual mistakes explains it"
			}
			status, out, errOut := runCommand(t, "", args...)
			if status != ExitFailure || !strings.Contains(errOut, want) || !strings.Contains(out, "gameid=11&seq=&source=0&ts=1{}") {
				t.Errorf("status %d, output %q, error %q, want %q", status, out, errOut, want)
			}
			status, out, _ = runCommand(t, "", append(args, "--json")...)
			got := decode[struct {
				Right   *bool  `json:"right"`
				Mistake string `json:"mistake"`
			}](t, out)
			if status != ExitFailure || got.Right == nil || *got.Right || !strings.Contains(got.Mistake, tt.mistake) || tt.mistake == "" && got.Mistake != "" {
				t.Errorf("status %d, JSON %s", status, out)
			}
			if strings.Contains(out+errOut, vectorKey) {
				t.Errorf("the key is shown: %q", out+errOut)
			}
		})
	}
	out := run(t, "", "sign", "v5", url, "--body", "{}", "--key-file", key, "--check", right, "--json")
	if got := decode[map[string]any](t, out); got["right"] != true || got["mistake"] != nil {
		t.Errorf("right signature: %s", out)
	}
}

func TestSignV5Refusals(t *testing.T) {
	ownFolders(t)
	sign := func(args ...string) []string { return append([]string{"sign", "v5"}, args...) }
	large := secretFile(t, "")
	if err := os.WriteFile(large, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	checkRefusals(t, []refusal{
		{"no URL", "k", sign("--key-file", "-"), ExitUsage, "URL"},
		{"no path", "k", sign("verify_login", "--key-file", "-"), ExitUsage, "neither a URL nor a path"},
		{"host without scheme", "k", sign("localhost:8700/v2/x", "--key-file", "-"), ExitUsage, "neither a URL nor a path"},
		{"no key file", "k", sign("/v2/x"), ExitUsage, `"key-file" not set`},
		{"empty key", "\n", sign("/v2/x", "--key-file", "-"), ExitUsage, "should be the key"},
		{"missing key file", "", sign("/v2/x", "--key-file", "/nowhere"), ExitFailure, "/nowhere"},
		{"missing body file", "k", sign("/v2/x", "--key-file", "-", "--body-file", "/nowhere"), ExitFailure, "/nowhere"},
		{"large body", "k", sign("/v2/x", "--key-file", "-", "--body-file", large), ExitFailure, "more than 65536 bytes"},
		{"two bodies", "k", sign("/v2/x", "--key-file", "-", "--body", "a", "--body-file", "b"), ExitUsage, "body"},
		{"key and body from standard input", "k", sign("/v2/x", "--key-file", "-", "--body-file", "-"), ExitUsage, "cannot both"},
		{"unknown method", "k", sign("/v2/x", "--key-file", "-", "--method", "PUT"), ExitUsage, "neither POST nor GET"},
		{"body of GET", "k", sign("/v2/x", "--key-file", "-", "--method", "GET", "--body", "{}"), ExitUsage, "no body"},
		{"parameter twice", "k", sign("/v2/x?a=1&a=2", "--key-file", "-"), ExitUsage, `"a" occurs twice`},
		{"key as an argument", "", sign("/v2/x", "--key", "k"), ExitUsage, "--key"},
	})
}

// TestInterruptedInput: a command that waits for standard input ends when it is interrupted.
func TestInterruptedInput(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(vectorKey), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"for a key":  {"sign", "v5", "/v2/x", "--key-file", "-"},
		"for a body": {"sign", "v5", "/v2/x", "--body-file", "-", "--key-file", key},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			interrupt()
			never, w := io.Pipe()
			defer w.Close()
			var out, errOut bytes.Buffer
			if status := Main(ctx, args, never, &out, &errOut); status != ExitFailure || errOut.String() != "rookery: interrupted\n" {
				t.Errorf("status %d, %q, %q", status, &out, &errOut)
			}
		})
	}
}

// TestSignNamesItsAlgorithm: whoever reads the help can write the signature.
func TestSignNamesItsAlgorithm(t *testing.T) {
	for door, algorithm := range map[string]string{"v5": "MD5", "v3": "MD5", "openapi": "HMAC-SHA1", "gamecenter": "MD5", "bind": "MD5"} {
		if help := run(t, "", "sign", door, "--help"); !strings.Contains(help, algorithm) {
			t.Errorf("the help of sign %s does not name %s:\n%s", door, algorithm, help)
		}
	}
}
