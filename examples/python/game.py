"""A game's server. Players' clients log in with the openid and the token that the platform gave them; people with a browser sign in."""

import json
import os
import random
import secrets
import sys
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from codes import CodeClass
from rookery import Platform, Refused

# What to do about a refusal, by the class of its code. The other classes are the game's or the operator's to mend: the player cannot.
REACTIONS = {
    CodeClass.RETRY: (503, "The platform is busy. Try again in a moment."),
    CodeClass.SLOW_DOWN: (503, "Too many people are logging in. Try again in a minute."),
    CodeClass.REAUTHORIZE: (401, "Log in again."),
    CodeClass.ASK_USER: (403, "Your account needs your attention. Open QQ to see why."),
}
BROKEN = (500, "Something is wrong with the game. We have been told.")


def attempt(call, *args):
    """Makes a call, and once more if that may help."""
    try:
        return call(*args)
    except Refused as error:
        if error.code_class is not CodeClass.RETRY:
            raise
    time.sleep(random.uniform(0.05, 0.15))
    return call(*args)


class Game(ThreadingHTTPServer):
    """The server. report is told of what somebody has to mend."""

    def __init__(self, address, platform, report=lambda text: print(text, file=sys.stderr)):
        super().__init__(address, Handler)
        self.platform, self.report = platform, report


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(self.path)
        self.answer({"/sign-in": self.sign_in, "/callback": self.come_back}.get(url.path, self.nothing), parse_qs(url.query))

    def do_POST(self):
        self.answer(self.login if self.path == "/login" else self.nothing, None)

    def login(self, _):
        try:
            sent = json.loads(self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 10_000)))
            openid, token = sent["openid"], sent["token"]
        except (ValueError, KeyError, TypeError):
            return 400, "Send openid and token."
        attempt(self.server.platform.verify_login, openid, token)
        return 200, f"Welcome, player {openid}."

    def sign_in(self, _):
        state = secrets.token_hex(16)  # in the browser, so that nobody else's sign-in can end there
        return 303, "", {
            "Location": self.server.platform.sign_in_url(self.callback(), state),
            "Set-Cookie": f"state={state}; Path=/callback; Max-Age=600; HttpOnly; SameSite=Lax",
        }

    def come_back(self, query):
        state = SimpleCookie(self.headers.get("Cookie", "")).get("state")
        if state is None or query.get("state") != [state.value]:
            return 400, "This sign-in did not begin in this browser."
        if "code" not in query:
            return 200, "You did not allow it."
        person = self.server.platform.who_signed_in(query["code"][0], self.callback())
        return 200, f"Welcome, {person.nickname}."

    def nothing(self, _):
        return 404, "There is no such page."

    def callback(self):
        return f"http://{self.headers['Host']}/callback"

    def answer(self, handle, query):
        try:
            status, text, *more = handle(query)
        except Refused as error:
            status, text, *more = REACTIONS.get(error.code_class, BROKEN)
            if (status, text) == BROKEN:
                self.server.report(f"{error} ({error.code_class.value}: {error.summary})")
        body = f"{text}\n".encode()
        self.send_response(status)
        headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
        for name, value in {**headers, **(more[0] if more else {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def platform_of(env):
    return Platform(env["ROOKERY_HTTP"], env["ROOKERY_GAMEID"], env["ROOKERY_SIGKEY"], env["ROOKERY_APPID"], env["ROOKERY_APPKEY"])


if __name__ == "__main__":
    with Game(("127.0.0.1", int(os.environ.get("PORT", 8080))), platform_of(os.environ)) as game:
        at = f"http://127.0.0.1:{game.server_port}"
        login = json.dumps({"openid": os.environ["ROOKERY_MSDK_OPENID"], "token": os.environ["ROOKERY_MSDK_TOKEN"]})
        print(f"Sign in at {at}/sign-in, or log in as a player:\ncurl -s {at}/login -d '{login}'", flush=True)
        try:
            game.serve_forever()
        except KeyboardInterrupt:
            pass
