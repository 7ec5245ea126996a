package pages

import "github.com/rookeryhq/rookery/retcode"

// codeWords holds the texts of the return codes' pages in one language.
type codeWords struct {
	Codes, CodesLead, TextToExplain, TextExample, Explain string
	TextTooLong, NoCodeFound, NoCodeText, Found, AllCodes string
	Or, CausedBy, Cause, Remedy, ForPrograms, HTTPStatus  string
	AnsweredBy, AnsweredHere, OtherForms, Note            string
	WhyThis, NotYet, OtherCodes, OnRookery, OnQQ          string
	Example, BringAbout, InAShell, Related, Glossary      string

	Domains map[retcode.Domain]string
	Classes map[retcode.Class]string // what a program does about a code
}

var codesInEnglish = codeWords{
	Codes: "Return codes", CodesLead: "Paste a number, an answer or a line of a log. Or search for words.",
	TextToExplain: "Text", TextExample: "oidb decode0x711 failed, ret: 65", Explain: "Explain",
	TextTooLong: "The text is longer than 8 KiB. Paste only the line with the code; rookery explain takes whole logs.",
	NoCodeFound: "There is no known return code in the text, and no code that is described with these words.",
	NoCodeText:  "There is no return code with this address.",
	Found:       "Codes described with these words", AllCodes: "All codes",
	Or: "or", CausedBy: "caused by", Cause: "Cause", Remedy: "Remedy", ForPrograms: "A program should", HTTPStatus: "HTTP status",
	AnsweredBy: "Comes from", AnsweredHere: "Answered here by", OtherForms: "Also printed as", Note: "Note", WhyThis: "Read so because", NotYet: "This version of the platform does not answer it yet.",
	OtherCodes: "All return codes", OnRookery: "On Rookery", OnQQ: "On QQ",
	Example: "An answer with it", BringAbout: "How to bring it about", InAShell: "In a shell with a platform of its own, which this starts:",
	Related: "Related", Glossary: "Glossary",

	Domains: map[retcode.Domain]string{
		retcode.QQ: "share calls, gateway, OAuth, friends and messages", retcode.Group: "guild groups", retcode.GameCenter: "Game Center",
		retcode.OIDB: "the OIDB bus, for every command", retcode.PayToken: "pay token check, command 0x73a", retcode.AccessToken: "access token check, command 0x711",
		retcode.MSDKv5: "MSDK V5's own", retcode.MSDKv3: "MSDK V3's own", retcode.Connect: "OAuth's own", retcode.OpenAPI: "OpenAPI V3's own",
		retcode.Share: "own numbers of /share/qq", retcode.V2Group: "platCode of MSDK V2's group queries", retcode.V2Unbind: "platCode of MSDK V2's unbind_group",
	},
	Classes: map[retcode.Class]string{
		retcode.ClassOK: "do nothing: the call succeeded", retcode.ClassRetry: "repeat the call after a moment, with growing pauses",
		retcode.ClassSlowDown: "wait before the next call", retcode.ClassReauthorize: "get a new login or token",
		retcode.ClassFixRequest: "send something else: the request is wrong", retcode.ClassFixConfiguration: "have the app's registration, permissions or binding changed",
		retcode.ClassAskUser: "let the person act", retcode.ClassContactPlatform: "have the platform's operator fix it", retcode.ClassInternal: "report it: the fault is the platform's own",
	},
}

var codesInChinese = codeWords{
	Codes: "返回码", CodesLead: "粘贴返回码、应答或一行日志，也可以用中文或英文关键词搜索。",
	TextToExplain: "内容", TextExample: "oidb decode0x711 failed, ret: 65", Explain: "查询",
	TextTooLong: "内容超过 8 KiB。请只粘贴含返回码的那一行；rookery explain 可以处理整份日志。",
	NoCodeFound: "其中没有已知的返回码，也没有描述中含有这些词的返回码。",
	NoCodeText:  "没有这个返回码。",
	Found:       "描述中含有这些词的返回码", AllCodes: "全部返回码",
	Or: "或", CausedBy: "起因", Cause: "原因", Remedy: "处理办法", ForPrograms: "程序应当", HTTPStatus: "HTTP 状态",
	AnsweredBy: "来自", AnsweredHere: "本平台的返回位置", OtherForms: "其他写法", Note: "备注", WhyThis: "判断依据", NotYet: "当前版本的平台还不会返回它。",
	OtherCodes: "全部返回码", OnRookery: "在 Rookery 上", OnQQ: "在 QQ 上",
	Example: "应答示例", BringAbout: "如何重现", InAShell: "先用下面的命令启动一个带独立平台的 shell：",
	Related: "相关返回码", Glossary: "术语表",

	Domains: map[retcode.Domain]string{
		retcode.QQ: "分享、网关、OAuth、好友和消息", retcode.Group: "公会群", retcode.GameCenter: "游戏中心",
		retcode.OIDB: "OIDB 总线，所有命令通用", retcode.PayToken: "支付令牌校验，命令 0x73a", retcode.AccessToken: "访问令牌校验，命令 0x711",
		retcode.MSDKv5: "MSDK V5 自有", retcode.MSDKv3: "MSDK V3 自有", retcode.Connect: "OAuth 自有", retcode.OpenAPI: "OpenAPI V3 自有",
		retcode.Share: "/share/qq 自有", retcode.V2Group: "MSDK V2 群查询的 platCode", retcode.V2Unbind: "MSDK V2 unbind_group 的 platCode",
	},
	Classes: map[retcode.Class]string{
		retcode.ClassOK: "无需处理，调用成功", retcode.ClassRetry: "稍后重试，并逐次延长间隔",
		retcode.ClassSlowDown: "等待一段时间再调用", retcode.ClassReauthorize: "重新登录或换取新的令牌",
		retcode.ClassFixRequest: "修正请求，发送的内容有误", retcode.ClassFixConfiguration: "修改应用的登记信息、权限或绑定",
		retcode.ClassAskUser: "由用户本人操作", retcode.ClassContactPlatform: "联系平台运营方处理", retcode.ClassInternal: "反馈给平台，这是平台自身的故障",
	},
}
