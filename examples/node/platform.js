"use strict";
// The calls of a platform with which a game's server lets people in.

const { createHash } = require("node:crypto");

const codes = new Map(require("./codes.json").map((code) => [`${code.domain} ${code.number}`, code]));

/** A call that the platform refused, or that it did not answer. */
class Refused extends Error {
  constructor(path, number, message, domains) {
    super(`${path}: ${number}: ${message}`);
    const code = domains.map((domain) => codes.get(`${domain} ${number}`)).find(Boolean);
    this.number = number;
    this.summary = code?.summary ?? message;
    /** What to do: "retry", "reauthorize", ... */
    this.class = (resultOf(message) ?? code)?.class ?? "internal";
  }
}

/** The code of the check that a message names. It says more than the number: whether the token is at fault, or could not be checked. */
function resultOf(message) {
  const [, command, result] = /^oidb decode0x(711|73a) failed, ret: ?(\d+)/.exec(message) ?? [];
  const check = { "711": "accesstoken", "73a": "paytoken" }[command];
  return check && (codes.get(`${check} ${result}`) ?? codes.get(`oidb ${result}`));
}

class Platform {
  /** @param {{url: string, gameid: string, sigkey: string, appid: string, appkey: string}} game */
  constructor(game) {
    this.game = game;
  }

  /** Checks the login that a player's client hands over. Throws Refused if it is not valid. */
  async verifyLogin(openid, token) {
    const path = "/v2/auth/verify_login";
    const params = { channelid: "2", gameid: this.game.gameid, os: "4", source: "0", ts: String(Math.floor(Date.now() / 1000)) };
    const body = JSON.stringify({ openid, token });
    const joined = Object.keys(params).sort().map((name) => `${name}=${params[name]}`).join("&");
    const sig = createHash("md5").update(`${path}?${joined}${body}${this.game.sigkey}`).digest("hex");
    const answer = await this.#call(path, `${joined}&sig=${sig}`, { method: "POST", body });
    if (answer.ret !== 0) throw new Refused(path, answer.ret, answer.msg ?? "", ["msdkv5", "qq", "oidb"]);
  }

  /** Where a person's browser goes to sign in. */
  signInURL(redirectURI, state) {
    const query = new URLSearchParams({ response_type: "code", client_id: this.game.appid, redirect_uri: redirectURI, state });
    return `${this.game.url}/oauth2.0/authorize?${query}`;
  }

  /** Who signed in, by the code with which the browser came back. */
  async whoSignedIn(code, redirectURI) {
    const tokens = await this.#connect("/oauth2.0/token", {
      grant_type: "authorization_code", client_id: this.game.appid, client_secret: this.game.appkey,
      redirect_uri: redirectURI, code, need_openid: "1", fmt: "json",
    });
    const profile = await this.#connect("/user/get_user_info", {
      access_token: tokens.access_token, oauth_consumer_key: this.game.appid, openid: tokens.openid,
    });
    return { openid: tokens.openid, nickname: profile.nickname, picture: profile.figureurl_qq_2 };
  }

  async #connect(path, params) {
    const answer = await this.#call(path, "", { method: "POST", body: new URLSearchParams(params) });
    const number = answer.error ?? answer.ret ?? 0;
    if (number !== 0) throw new Refused(path, Number(number), answer.error_description ?? answer.msg ?? "", ["connect", "qq", "oidb"]);
    return answer;
  }

  async #call(path, query, options) {
    const url = `${this.game.url}${path}${query && "?"}${query}`;
    try {
      const response = await fetch(url, { ...options, signal: AbortSignal.timeout(3100) });
      return JSON.parse((await response.text()).replace(/^callback\(|\);\s*$/g, "")); // errors of OAuth come as JSONP
    } catch (error) {
      const failed = new Refused(path, 0, `no answer: ${error.message}`, []);
      failed.class = "retry";
      throw failed;
    }
  }
}

module.exports = { Platform, Refused };
