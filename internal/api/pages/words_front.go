package pages

// frontWords holds the texts of the front page and of what only rookery dev shows, in one language.
type frontWords struct {
	Front, FrontText, ReadyAt                             string
	AccountText, GamesText, CodesText, Docs, DocsText     string
	Accounts, AccountsNote, GamesOfDemo, Keys, SignInTo   string
	Requests, RequestsNote                                string
	Callback, CallbackText, CallbackNone, CallbackRefused string
	Code, State, ExchangeNote, Exchange, NotExchanged     string
	Exchanged, AccessToken, RefreshToken, ValidFor        string
	WhoseToken, WhatProfile, NotAllowed, SignInAgain      string
}

var frontInEnglish = frontWords{
	Front: "Welcome", FrontText: "This is a game platform. Here you see and change what games may know of you, and how you and your friends do in them.",
	ReadyAt:     "The platform with its demo world is ready at",
	AccountText: "What games may know of you, your messages and your password", GamesText: "Your games, rankings, challenges and what friends post",
	CodesText: "What a number means and what to do about it", Docs: "Interfaces", DocsText: "Every interface, to read and to try",
	Accounts: "Demo accounts", AccountsNote: "Press one to sign in. Every password is",
	GamesOfDemo: "Demo games", Keys: "Keys", SignInTo: "Sign in to it",
	Requests: "Requests that work", RequestsNote: "Paste them into a shell. rookery dev requests says of each why it was refused.",

	Callback:        "The login came back",
	CallbackText:    "A real game has a callback of its own, and its server goes on with the code. This page stands in for that server.",
	CallbackNone:    "Logins to this demo game return here. None has: the address has no code.",
	CallbackRefused: "The game is told that it was not allowed:",
	Code:            "Code", State: "State", ExchangeNote: "The game's server exchanges the code for tokens, once and within ten minutes:",
	Exchange: "Exchange it", NotExchanged: "The code was not exchanged",
	Exchanged: "The game's server got", AccessToken: "Access token", RefreshToken: "Refresh token", ValidFor: "valid for %d days",
	WhoseToken: "Whose token is it?", WhatProfile: "What is the person's profile?",
	NotAllowed:  "The profile was not allowed, so get_user_info is refused.",
	SignInAgain: "Sign in again",
}

var frontInChinese = frontWords{
	Front: "欢迎", FrontText: "这是一个游戏平台。您可以在这里查看和管理游戏能获取的资料，以及您和好友的游戏成绩。",
	ReadyAt:     "平台及其演示数据已就绪，地址为",
	AccountText: "授权、消息和密码", GamesText: "游戏、排行、挑战和好友动态",
	CodesText: "查询返回码的含义和处理办法", Docs: "接口文档", DocsText: "查看和调试所有接口",
	Accounts: "演示账号", AccountsNote: "点击即可登录。所有账号的密码都是",
	GamesOfDemo: "演示游戏", Keys: "密钥", SignInTo: "登录该游戏",
	Requests: "可以直接运行的请求", RequestsNote: "复制到终端运行即可。运行 rookery dev requests 可查看每个请求被拒绝的原因。",

	Callback:        "登录已返回",
	CallbackText:    "实际的游戏有自己的回调地址，由游戏服务器处理授权码。本页代替游戏服务器完成后面的步骤。",
	CallbackNone:    "登录该演示游戏后会返回这里。当前地址中没有授权码。",
	CallbackRefused: "游戏得到的结果是未获授权：",
	Code:            "授权码", State: "state", ExchangeNote: "游戏服务器用授权码换取令牌，只能换取一次，十分钟内有效：",
	Exchange: "换取令牌", NotExchanged: "换取失败",
	Exchanged: "游戏服务器得到", AccessToken: "访问令牌", RefreshToken: "刷新令牌", ValidFor: "有效期 %d 天",
	WhoseToken: "这个令牌属于谁？", WhatProfile: "这个人的资料是什么？",
	NotAllowed:  "未授权获取资料，因此 get_user_info 会被拒绝。",
	SignInAgain: "重新登录",
}

// requestsInChinese says what the demo world's requests show, by its English text.
var requestsInChinese = map[string]string{
	"Ann's login is valid: ret 0": "Ann 的登录有效：ret 0",
	"the signature covers the body: ret 1008, and rookery dev requests shows what was signed": "签名覆盖请求体：ret 1008，用 rookery dev requests 可查看参与签名的内容",
	"an expired token: ret 100014, oidb 0x711 says 65 (0x41)":                                 "令牌已过期：ret 100014，oidb 0x711 返回 65 (0x41)",
	"a token of the other game: ret 100016, oidb 0x711 says 68 (0x44)":                        "另一款游戏的令牌：ret 100016，oidb 0x711 返回 68 (0x44)",
	"the same login in MSDK V3, with the QQ openid and access token: ret 0":                   "通过 MSDK V3 验证同一登录，使用 QQ 的 openid 和访问令牌：ret 0",
	"her profile from OpenAPI V3: ret 0":                                                      "通过 OpenAPI V3 获取她的资料：ret 0",
}

// request says what a request of the demo world shows.
func (t *words) request(about string) string {
	if text, ok := requestsInChinese[about]; ok && t == chinese {
		return text
	}
	return about
}
