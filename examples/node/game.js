"use strict";
// A game's server. Players' clients log in with the openid and the token that the platform gave them; people with a browser sign in.

const { randomBytes } = require("node:crypto");
const { createServer } = require("node:http");
const { Refused } = require("./platform");

// What to do about a refusal, by the class of its code. The other classes are the game's or the operator's to mend: the player cannot.
const reactions = {
  "retry": { status: 503, says: "The platform is busy. Try again in a moment." },
  "slow-down": { status: 503, says: "Too many people are logging in. Try again in a minute." },
  "reauthorize": { status: 401, says: "Log in again." },
  "ask-user": { status: 403, says: "Your account needs your attention. Open QQ to see why." },
};
const broken = { status: 500, says: "Something is wrong with the game. We have been told." };

/** Returns a server. report is told of what somebody has to mend. */
function createGame(platform, report = console.error) {
  /** Runs a call, and once more if that may help. */
  async function attempt(call) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Refused) || error.class !== "retry") throw error;
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 100));
      return call();
    }
  }

  async function serve(request, url) {
    switch (`${request.method} ${url.pathname}`) {
      case "POST /login": {
        const { openid, token } = await readJSON(request);
        if (typeof openid !== "string" || typeof token !== "string") return { status: 400, says: "Send openid and token." };
        await attempt(() => platform.verifyLogin(openid, token));
        return { status: 200, says: `Welcome, player ${openid}.` };
      }
      case "GET /sign-in": {
        const state = randomBytes(16).toString("hex"); // in the browser, so that nobody else's sign-in can end there
        return {
          status: 303, says: "", Location: platform.signInURL(callback(request), state),
          "Set-Cookie": `state=${state}; Path=/callback; Max-Age=600; HttpOnly; SameSite=Lax`,
        };
      }
      case "GET /callback": {
        const [, state] = /(?:^|; )state=([0-9a-f]{32})/.exec(request.headers.cookie) ?? [];
        if (!state || state !== url.searchParams.get("state")) return { status: 400, says: "This sign-in did not begin in this browser." };
        if (!url.searchParams.has("code")) return { status: 200, says: "You did not allow it." };
        const person = await platform.whoSignedIn(url.searchParams.get("code"), callback(request));
        return { status: 200, says: `Welcome, ${person.nickname}.` };
      }
      default:
        return { status: 404, says: "There is no such page." };
    }
  }

  return createServer(async (request, response) => {
    let answer;
    try {
      answer = await serve(request, new URL(request.url, "http://game"));
    } catch (error) {
      answer = error instanceof Refused ? reactions[error.class] ?? broken : broken;
      if (answer === broken) report(error instanceof Refused ? `${error.message} (${error.class}: ${error.summary})` : error);
    }
    const { status, says, ...headers } = answer;
    response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", ...headers });
    response.end(says + "\n");
  });
}

const callback = (request) => `http://${request.headers.host}/callback`;

async function readJSON(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > 10_000) return {};
  }
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

module.exports = { createGame };

if (require.main === module) {
  const { Platform } = require("./platform");
  const env = process.env;
  const platform = new Platform({
    url: env.ROOKERY_HTTP, gameid: env.ROOKERY_GAMEID, sigkey: env.ROOKERY_SIGKEY, appid: env.ROOKERY_APPID, appkey: env.ROOKERY_APPKEY,
  });
  const game = createGame(platform).listen(Number(env.PORT ?? 8080), "127.0.0.1", () => {
    const at = `http://127.0.0.1:${game.address().port}`;
    console.log(`Sign in at ${at}/sign-in, or log in as a player:`);
    console.log(`curl -s ${at}/login -d '{"openid":"${env.ROOKERY_MSDK_OPENID}","token":"${env.ROOKERY_MSDK_TOKEN}"}'`);
  });
}
