"""Run it with: rookery dev exec -- python3 -m unittest"""

import json
import os
import re
import threading
import unittest
import urllib.error
import urllib.parse
import urllib.request

from game import Game, platform_of

ENV = os.environ


def send(url, body=None, headers={}):
    """Sends a request and returns the status, the headers and the text of its answer, whatever the status."""
    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None
    try:
        response = urllib.request.build_opener(NoRedirect).open(urllib.request.Request(url, body, headers), timeout=30)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return response.status, response.headers, response.read().decode()


def dev(path, body):
    """Calls the API of rookery dev."""
    with open(ENV["ROOKERY_TOKEN_FILE"]) as file:
        headers = {"Authorization": "Bearer " + file.read().strip(), "Content-Type": "application/json"}
    status, _, text = send(f"{ENV['ROOKERY_SERVER']}/dev/v1/{path}", json.dumps(body).encode(), headers)
    if status // 100 != 2:
        raise AssertionError(text)


def allow(url, account, password):
    """Does what a person does in a browser: signs in, allows the app, and is redirected."""
    def post(form, headers={}):
        return send(url, urllib.parse.urlencode(form).encode(), headers)
    _, headers, _ = post({"do": "sign-in", "account": account, "password": password})
    cookie = {"Cookie": "; ".join(one.split(";")[0] for one in headers.get_all("Set-Cookie"))}
    _, _, page = send(url, headers=cookie)
    token = re.search(r'name="token" value="([^"]*)"', page)[1]
    _, headers, _ = post({"do": "allow", "token": token, "scope": "get_user_info"}, cookie)
    return headers["Location"]


class GameTest(unittest.TestCase):
    def setUp(self):
        self.reports = []
        game = Game(("127.0.0.1", 0), platform_of(ENV), self.reports.append)
        self.at = f"http://127.0.0.1:{game.server_port}"
        serving = threading.Thread(target=game.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        self.addCleanup(game.server_close)
        self.addCleanup(serving.join)
        self.addCleanup(game.shutdown)

    def login(self, openid=ENV["ROOKERY_MSDK_OPENID"], token=ENV["ROOKERY_MSDK_TOKEN"]):
        status, _, text = send(f"{self.at}/login", json.dumps({"openid": openid, "token": token}).encode())
        return status, text

    def test_a_valid_login_is_let_in(self):
        self.assertEqual(self.login(), (200, f"Welcome, player {ENV['ROOKERY_MSDK_OPENID']}.\n"))

    def test_a_token_that_nobody_made_is_not_the_games_defect(self):
        self.assertEqual(self.login(token="nonsense")[0], 401)
        self.assertEqual(self.login(openid=ENV["ROOKERY_FRIEND_MSDK_OPENID"])[0], 401)
        self.assertEqual(self.reports, [])

    def test_each_class_has_its_reaction(self):
        for code, status, times, reported in [
            ("qq/100014", 401, 1, 0),  # reauthorize
            ("oidb/154", 503, 2, 0),  # retry: it is tried again
            ("qq/-6", 503, 1, 0),  # slow-down
            ("oidb/112", 403, 1, 0),  # ask-user
            ("msdkv5/1008", 500, 1, 1),  # fix-request
            ("qq/-3", 500, 1, 1),  # fix-configuration
            ("qq/-8", 500, 1, 1),  # contact-platform
            ("msdkv5/1199", 500, 1, 1),  # internal
        ]:
            with self.subTest(code):
                self.reports.clear()
                dev("answers", {"api": "/v2/auth/verify_login", "code": code, "times": times})
                self.assertEqual(self.login()[0], status)
                self.assertEqual(len(self.reports), reported)
                self.assertEqual(self.login()[0], 200)

    def test_a_failure_that_passes_is_not_noticed(self):
        dev("answers", {"api": "/v2/auth/verify_login", "code": "oidb/154", "times": 1})
        self.assertEqual(self.login()[0], 200)

    def test_a_person_signs_in(self):
        _, begun, _ = send(f"{self.at}/sign-in")
        back = allow(begun["Location"], ENV["ROOKERY_FRIEND_UIN"], "rookery-demo")
        self.assertEqual(send(back)[0], 400, "in another browser")
        cookie = {"Cookie": begun["Set-Cookie"].split(";")[0]}
        self.assertEqual(send(back, headers=cookie)[2], "Welcome, Ben.\n")
