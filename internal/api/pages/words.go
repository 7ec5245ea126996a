package pages

import (
	"fmt"
	"time"
)

// words holds the pages' texts in one language.
type words struct {
	Lang, Name string // BCP 47, and as its speakers call it

	SignIn, GoesOn, Number, Password, SignedIn, Switch, SignOut                            string
	SignOutEverywhere, SignOutEverywhereNote                                               string
	WrongSignIn, WrongPassword, AccountFrozen, AccountClosed                               string
	TooMany                                                                                string // with the wait
	Busy                                                                                   string
	Seconds, Minutes                                                                       string // with their number
	Wants, May, Allow, Deny, BackTo, OtherSession                                          string
	YourAccount, Profile, Nickname, Gender, Male, Female, Place, Language                  string
	Apps, NoApps, Since, LoginOnly, Withdraw, WithdrawNow, WithdrawNote                    string
	Groups, NoGroups, MoreGroups, Members, GroupMessages, NoGroupMessages                  string
	OlderGroupMessages, LeaveGroup, LeaveNote, LeaveUnderstood, LeaveNotUnderstood         string
	OwnersCannotLeave, GroupReadOnly, NoGroupText                                          string
	Messages, NoMessages, Unread, MarkRead, OlderMessages, MessagesNote                    string
	OfficialAccount, Card                                                                  string
	ChangePassword, OldPassword, NewPassword, NewAgain, PasswordForm, PasswordNote         string
	NotTheSame                                                                             string
	CloseAccount, CloseNote, Understood, NotUnderstood, Closed, ClosedText                 string
	Failed, FailedText, NoPage, NoPageText, ShowNothingText, WrongMethod, WrongMethodText  string
	BadForm, BadFormText, ForeignForm, ForeignFormText, CannotSignIn, ForDevelopers, Error string
	RequestID, RefusedURI                                                                  string
	ShowPassword, HidePassword, Copy, Copied                                               string
	DemoAccounts, DemoAccountsNote, FormExpired, DemoPasswordChanged                       string

	gameWords
	frontWords
	codeWords

	Scopes   map[string]string // what each scope gives
	Done     map[string]string // what was just done on the person's own page
	Refusals map[int]refusal   // the errors of authorize that are not reported to the app
}

// refusal explains an error to the person, and to the app's developer.
type refusal struct{ Text, Hint string }

// scope says what a scope gives.
func (t *words) scope(name string) string {
	if text, ok := t.Scopes[name]; ok {
		return text
	}
	return name
}

// tooMany returns the text that says when the next attempt may be made.
func (t *words) tooMany(wait time.Duration) string {
	form, n := t.Seconds, int((wait+time.Second-1)/time.Second)
	if n > 90 {
		form, n = t.Minutes, (n+59)/60
	}
	return fmt.Sprintf(t.TooMany, fmt.Sprintf(form, n))
}

var english = &words{
	Lang: "en", Name: "English",

	SignIn: "Sign in", GoesOn: "to continue to", Number: "Account number", Password: "Password",
	SignedIn: "Signed in as", Switch: "Use another account", SignOut: "Sign out",
	SignOutEverywhere:     "Sign out everywhere",
	SignOutEverywhereNote: "This ends every sign-in to these pages, here and elsewhere. Games have to sign you in again before they can use your groups.",
	WrongSignIn:           "The account number or the password is wrong.",
	WrongPassword:         "The password is wrong.",
	AccountFrozen:         "This account is frozen. The operator of this platform can unfreeze it.",
	AccountClosed:         "This account was closed by its owner and cannot be used again.",
	Busy:                  "Many people are signing in right now. Try again in a moment.",
	TooMany:               "Too many failed attempts. Try again in %s.", Seconds: "%d s", Minutes: "%d min",

	Wants: "asks for your permission", May: "It may:", Allow: "Allow", Deny: "Do not allow",
	BackTo:       "Either way you go back to",
	OtherSession: "Another account signed in since this page was opened. Check it again.",

	YourAccount: "Your account", Profile: "Profile", Nickname: "Name", Gender: "Gender", Male: "male", Female: "female",
	Place: "Place", Language: "Language",
	Apps: "Apps you allowed", NoApps: "No app may use this account.", Since: "since", LoginOnly: "know that it is you, and nothing else",
	Withdraw: "Withdraw", WithdrawNow: "Withdraw now", WithdrawNote: "An app that you withdraw from must ask you again. It may keep what it already knows.",
	Groups: "Your groups", NoGroups: "You are in no group.", MoreGroups: "More groups", Members: "members",
	GroupMessages: "Messages to the group", NoGroupMessages: "There is no message.", OlderGroupMessages: "Older messages",
	LeaveGroup: "Leave the group", LeaveNote: "You will no longer see the group or its messages. To come back you have to join it again.",
	LeaveUnderstood: "I want to leave", LeaveNotUnderstood: "Tick the box if you really want to leave the group.",
	OwnersCannotLeave: "The group is yours. To leave it, hand it on to another member first.",
	GroupReadOnly:     "The group cannot be changed during maintenance. Try again later.",
	NoGroupText:       "You are in no group with this number.",
	Messages:          "Messages", NoMessages: "There is no message.", Unread: "new", MarkRead: "Mark all as read", OlderMessages: "Older messages",
	MessagesNote: "Messages are kept for 30 days. Links in them lead to other sites.", OfficialAccount: "Official account", Card: "(a card of a game)",
	ChangePassword: "Change the password", OldPassword: "Current password", NewPassword: "New password", NewAgain: "New password again",
	PasswordForm: "A password has 8 to 128 characters; letters beyond ASCII count as several.",
	PasswordNote: "You will be signed out everywhere else, and every app has to ask you again.",
	NotTheSame:   "The two new passwords differ.",
	CloseAccount: "Close the account",
	CloseNote:    "This is final: every app loses access at once, nobody can sign in with the account again, and nobody else gets its number.",
	Understood:   "I understand that this cannot be undone", NotUnderstood: "Tick the box if you really want to close the account.",
	Closed: "The account is closed", ClosedText: "You are signed out, and no app can use the account.",

	Failed: "That did not work", FailedText: "Something went wrong on this platform. Try again later.",
	NoPage: "Page not found", NoPageText: "This platform has no page at this address.",
	ShowNothingText: "The address does not say what to show.",
	WrongMethod:     "This cannot be sent here", WrongMethodText: "The page does not accept requests of this kind.",
	BadForm: "The form could not be read", BadFormText: "Go back, reload the page and try again.",
	ForeignForm: "The form came from another site", ForeignFormText: "Nothing was done. Open the page here and use its own form.",
	CannotSignIn: "You cannot be signed in to this app", ForDevelopers: "For the developer of the app", Error: "Error",
	RequestID: "Request", RefusedURI: "The refused address (redirect_uri)",
	ShowPassword: "Show", HidePassword: "Hide", Copy: "Copy", Copied: "Copied",
	DemoAccounts:        "Or continue with a demo account",
	DemoAccountsNote:    "rookery dev has them, and the password of all of them is public.",
	FormExpired:         "The page was open for too long. Press the button again.",
	DemoPasswordChanged: "The password of this demo account was changed. Type in the new one.",

	gameWords: gamesInEnglish, frontWords: frontInEnglish, codeWords: codesInEnglish,

	Scopes: map[string]string{
		"get_user_info":       "see your name, picture, gender and where you live",
		"get_simple_userinfo": "see your name and picture",
		"get_vip_info":        "see your memberships and their levels",
		"get_app_friends":     "see which of your friends use it too",
	},
	Done: map[string]string{
		"withdraw": "The app may no longer use your account.",
		"password": "The password was changed.",
	},
	Refusals: map[int]refusal{
		100000: {"The app asked in a way that this platform does not support.", "response_type is missing or is neither code nor token."},
		100001: {"The app did not say which one it is.", "client_id is missing or not a number (param client_id is wrong or lost)."},
		100008: {"This platform does not know the app.", "There is no app with this client_id."},
		100010: {"The app wants to send you to an address that it did not register.", "redirect uri is illegal: scheme, host, port and path must equal a registered one. Send one of those, or have the operator register this one: rookery app update APPID --redirect-uri URI replaces the list, and rookery doctor --app APPID looks at it."},
		100011: {"The app is switched off at the moment.", "The app is not online."},
	},
}

var chinese = &words{
	Lang: "zh-Hans", Name: "中文",

	SignIn: "登录", GoesOn: "并继续前往", Number: "账号", Password: "密码",
	SignedIn: "当前账号", Switch: "换一个账号", SignOut: "退出登录",
	SignOutEverywhere:     "退出所有设备",
	SignOutEverywhereNote: "这将结束所有设备上对本站页面的登录。游戏需要您重新登录后才能使用您的群。",
	WrongSignIn:           "账号或密码不正确。",
	WrongPassword:         "密码不正确。",
	AccountFrozen:         "该账号已被冻结，请联系平台运营方解除。",
	AccountClosed:         "该账号已由本人注销，无法再使用。",
	Busy:                  "当前登录的人较多，请稍后再试。",
	TooMany:               "失败次数过多，请在 %s后重试。", Seconds: "%d 秒", Minutes: "%d 分钟",

	Wants: "请求您的授权", May: "它将可以：", Allow: "同意授权", Deny: "不同意",
	BackTo:       "无论是否同意，都将返回",
	OtherSession: "打开此页面后，有另一个账号登录，请重新确认。",

	YourAccount: "我的账号", Profile: "资料", Nickname: "昵称", Gender: "性别", Male: "男", Female: "女",
	Place: "地区", Language: "语言",
	Apps: "已授权的应用", NoApps: "目前没有应用可以使用该账号。", Since: "授权于", LoginOnly: "仅用于确认您的身份",
	Withdraw: "取消授权", WithdrawNow: "确认取消授权", WithdrawNote: "取消后，应用需要重新征得您的同意。它已经得到的资料可能仍被保留。",
	Groups: "我的群", NoGroups: "您没有加入任何群。", MoreGroups: "更多群", Members: "名成员",
	GroupMessages: "群消息", NoGroupMessages: "没有群消息。", OlderGroupMessages: "更早的群消息",
	LeaveGroup: "退出该群", LeaveNote: "退出后将看不到该群及其消息，如需返回须重新加入。",
	LeaveUnderstood: "我要退出", LeaveNotUnderstood: "如确实要退出该群，请先勾选确认。",
	OwnersCannotLeave: "您是群主。请先把群转让给其他成员，再退出。",
	GroupReadOnly:     "该群正在维护，暂时不能更改，请稍后再试。",
	NoGroupText:       "您不在该号码的群里。",
	Messages:          "消息", NoMessages: "没有消息。", Unread: "新", MarkRead: "全部标为已读", OlderMessages: "更早的消息",
	MessagesNote: "消息保留 30 天，其中的链接指向其他网站。", OfficialAccount: "官方账号", Card: "（游戏卡片）",
	ChangePassword: "修改密码", OldPassword: "当前密码", NewPassword: "新密码", NewAgain: "再次输入新密码",
	PasswordForm: "密码长度为 8 至 128 个字符，每个汉字按 3 个字符计算。",
	PasswordNote: "修改后，除此处外的登录都会失效，所有应用都需要您重新登录。",
	NotTheSame:   "两次输入的新密码不一致。",
	CloseAccount: "注销账号",
	CloseNote:    "注销不可恢复：所有应用立即失去授权，任何人都不能再登录，该号码也不会再分配给他人。",
	Understood:   "我明白此操作无法撤销", NotUnderstood: "如确实要注销账号，请先勾选确认。",
	Closed: "账号已注销", ClosedText: "您已退出登录，任何应用都不能再使用该账号。",

	Failed: "操作未成功", FailedText: "平台出现问题，请稍后再试。",
	NoPage: "页面不存在", NoPageText: "该地址在本平台上没有内容。",
	ShowNothingText: "该地址没有说明要显示什么。",
	WrongMethod:     "此页面不接受该请求", WrongMethodText: "请求方式不正确。",
	BadForm: "无法读取提交的内容", BadFormText: "请返回并刷新页面后再试。",
	ForeignForm: "提交来自其他网站", ForeignFormText: "没有执行任何操作。请在本站打开页面并填写。",
	CannotSignIn: "无法登录该应用", ForDevelopers: "致应用开发者", Error: "错误码",
	RequestID: "请求编号", RefusedURI: "被拒绝的地址 (redirect_uri)",
	ShowPassword: "显示", HidePassword: "隐藏", Copy: "复制", Copied: "已复制",
	DemoAccounts:        "或使用演示账号继续",
	DemoAccountsNote:    "这些账号由 rookery dev 提供，密码都是公开的。",
	FormExpired:         "页面打开时间过长，请再点一次。",
	DemoPasswordChanged: "该演示账号的密码已被修改，请输入新密码。",

	gameWords: gamesInChinese, frontWords: frontInChinese, codeWords: codesInChinese,

	Scopes: map[string]string{
		"get_user_info":       "获取您的昵称、头像、性别和所在地",
		"get_simple_userinfo": "获取您的昵称和头像",
		"get_vip_info":        "获取您的会员身份和等级",
		"get_app_friends":     "获取您的好友中也在使用它的人",
	},
	Done: map[string]string{
		"withdraw": "该应用已不能再使用您的账号。",
		"password": "密码已修改。",
	},
	Refusals: map[int]refusal{
		100000: {"应用的请求方式不被本平台支持。", "response_type 缺失，或既不是 code 也不是 token。"},
		100001: {"应用没有说明自己的身份。", "client_id 缺失或不是数字 (param client_id is wrong or lost)。"},
		100008: {"本平台没有这个应用。", "没有与该 client_id 对应的应用。"},
		100010: {"应用要把您带到一个未登记的地址。", "redirect uri is illegal：协议、主机、端口和路径必须与登记的地址一致。请改用已登记的地址，或请运营方登记该地址：rookery app update APPID --redirect-uri URI 会替换整个列表，rookery doctor --app APPID 可用于检查。"},
		100011: {"该应用目前已下线。", "应用未上线。"},
	},
}
