"""The calls of a platform with which a game's server lets people in."""

import hashlib
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from codes import CodeClass, find_code


class Refused(Exception):
    """A call that the platform refused, or that it did not answer. code_class says what to do."""

    def __init__(self, path, number, message, domains, code_class=CodeClass.INTERNAL):
        super().__init__(f"{path}: {number}: {message}")
        code = find_code(number, *domains)
        self.number = number
        self.summary = code.summary if code else message
        result = result_of(message) or code
        self.code_class = result.code_class if result else code_class


def result_of(message):
    """The code of the check that a message names. It says more than the number: whether the token is at fault, or could not be checked."""
    found = re.match(r"oidb decode0x(711|73a) failed, ret: ?(\d+)", message)
    if not found:
        return None
    return find_code(int(found[2]), {"711": "accesstoken", "73a": "paytoken"}[found[1]], "oidb")


@dataclass(frozen=True)
class Person:
    openid: str
    nickname: str
    picture: str


@dataclass(frozen=True)
class Platform:
    url: str
    gameid: str
    sigkey: str
    appid: str
    appkey: str

    def verify_login(self, openid, token):
        """Checks the login that a player's client hands over. Raises Refused if it is not valid."""
        path = "/v2/auth/verify_login"
        params = {"channelid": "2", "gameid": self.gameid, "os": "4", "source": "0", "ts": str(int(time.time()))}
        body = json.dumps({"openid": openid, "token": token})
        joined = "&".join(f"{name}={params[name]}" for name in sorted(params))
        sig = hashlib.md5(f"{path}?{joined}{body}{self.sigkey}".encode()).hexdigest()
        answer = self._call(path, f"{path}?{joined}&sig={sig}", body)
        if answer.get("ret") != 0:
            raise Refused(path, answer.get("ret", 0), answer.get("msg", ""), ["msdkv5", "qq", "oidb"])

    def sign_in_url(self, redirect_uri, state):
        """Where a person's browser goes to sign in."""
        return f"{self.url}/oauth2.0/authorize?" + urllib.parse.urlencode(
            {"response_type": "code", "client_id": self.appid, "redirect_uri": redirect_uri, "state": state})

    def who_signed_in(self, code, redirect_uri):
        """Who signed in, by the code with which the browser came back."""
        tokens = self._connect("/oauth2.0/token", {
            "grant_type": "authorization_code", "client_id": self.appid, "client_secret": self.appkey,
            "redirect_uri": redirect_uri, "code": code, "need_openid": "1", "fmt": "json"})
        profile = self._connect("/user/get_user_info", {
            "access_token": tokens["access_token"], "oauth_consumer_key": self.appid, "openid": tokens["openid"]})
        return Person(tokens["openid"], profile["nickname"], profile["figureurl_qq_2"])

    def _connect(self, path, params):
        answer = self._call(path, path, urllib.parse.urlencode(params))
        number = int(answer.get("error") or answer.get("ret") or 0)
        if number != 0:
            raise Refused(path, number, answer.get("error_description") or answer.get("msg", ""), ["connect", "qq", "oidb"])
        return answer

    def _call(self, path, at, body):
        try:
            try:
                response = urllib.request.urlopen(self.url + at, body.encode(), timeout=3.1)
            except urllib.error.HTTPError as error:  # some codes come with a status of their own
                response = error
            with response:
                text = response.read().decode()
            return json.loads(re.sub(r"^callback\(|\);\s*$", "", text))  # errors of OAuth come as JSONP
        except (OSError, ValueError) as error:
            raise Refused(path, 0, f"no answer: {error}", [], CodeClass.RETRY) from error
