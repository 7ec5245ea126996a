"use strict";
// Run it with: rookery dev exec -- node --test

const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { after, before, test } = require("node:test");
const { createGame } = require("./game");
const { Platform } = require("./platform");

const env = process.env;
const platform = new Platform({
  url: env.ROOKERY_HTTP, gameid: env.ROOKERY_GAMEID, sigkey: env.ROOKERY_SIGKEY, appid: env.ROOKERY_APPID, appkey: env.ROOKERY_APPKEY,
});
const reports = [];
const game = createGame(platform, (report) => reports.push(report));
let at;

before(() => new Promise((listening) => game.listen(0, "127.0.0.1", () => {
  at = `http://127.0.0.1:${game.address().port}`;
  listening();
})));
after(() => game.close());

async function login(openid = env.ROOKERY_MSDK_OPENID, token = env.ROOKERY_MSDK_TOKEN) {
  const response = await fetch(`${at}/login`, { method: "POST", body: JSON.stringify({ openid, token }) });
  return { status: response.status, text: await response.text() };
}

/** Calls the API of rookery dev. */
async function dev(path, body) {
  const token = readFileSync(env.ROOKERY_TOKEN_FILE, "utf8").trim();
  const response = await fetch(`${env.ROOKERY_SERVER}/dev/v1/${path}`, {
    method: "POST", headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  assert.ok(response.ok, await response.text());
}

test("a valid login is let in", async () => {
  assert.deepEqual(await login(), { status: 200, text: `Welcome, player ${env.ROOKERY_MSDK_OPENID}.\n` });
});

test("a token that nobody made is the player's, not the game's defect", async () => {
  assert.equal((await login(env.ROOKERY_MSDK_OPENID, "nonsense")).status, 401);
  assert.equal((await login(env.ROOKERY_FRIEND_MSDK_OPENID)).status, 401);
  assert.deepEqual(reports, []);
});

for (const [code, status, reported] of [
  ["qq/100014", 401, 0], // reauthorize
  ["oidb/154", 503, 0], // retry
  ["qq/-6", 503, 0], // slow-down
  ["oidb/112", 403, 0], // ask-user
  ["msdkv5/1008", 500, 1], // fix-request
  ["qq/-3", 500, 1], // fix-configuration
  ["qq/-8", 500, 1], // contact-platform
  ["msdkv5/1199", 500, 1], // internal
]) {
  test(`${code} is answered with ${status}`, async () => {
    reports.length = 0;
    await dev("answers", { api: "/v2/auth/verify_login", code, times: status === 503 ? 2 : 1 });
    assert.equal((await login()).status, status);
    assert.equal(reports.length, reported);
    if (code === "qq/-6") assert.equal((await login()).status, 503); // it was not tried again
    assert.equal((await login()).status, 200);
  });
}

test("a failure that passes is not noticed", async () => {
  await dev("answers", { api: "/v2/auth/verify_login", code: "oidb/154", times: 1 });
  assert.equal((await login()).status, 200);
});

test("a person signs in", async () => {
  const begun = await fetch(`${at}/sign-in`, { redirect: "manual" });
  const back = await allow(begun.headers.get("location"), env.ROOKERY_FRIEND_UIN, "rookery-demo");
  assert.equal((await fetch(back)).status, 400, "in another browser");
  const [cookie] = begun.headers.getSetCookie()[0].split(";");
  const welcome = await fetch(back, { headers: { Cookie: cookie } });
  assert.equal(await welcome.text(), "Welcome, Ben.\n");
});

/** Does what a person does in a browser: signs in, allows the app, and is redirected. */
async function allow(url, account, password) {
  const post = (form, cookie = "") => fetch(url, { method: "POST", redirect: "manual", headers: { Cookie: cookie }, body: new URLSearchParams(form) });
  const signedIn = await post({ do: "sign-in", account, password });
  const cookie = signedIn.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
  const page = await (await fetch(url, { headers: { Cookie: cookie } })).text();
  const [, token] = /name="token" value="([^"]*)"/.exec(page);
  const allowed = await post({ do: "allow", token, scope: "get_user_info" }, cookie);
  return allowed.headers.get("location");
}
