package retcode

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Neighbour is a number that stands where return codes stand, but is not in the catalogue: another system's, or nobody's that is known
// here.
type Neighbour struct {
	Number int
	Of     string // whose it is, in English; "" if that is not known
	Exact  bool   // the number itself is known, not only its range

	row *aNeighbour
}

// In returns one line in the language: whose the number is and what it means there, or that it is in no list that is known here, with
// what its range suggests.
func (n Neighbour) In(lang Language) string {
	r := n.row
	switch chinese := lang == Chinese; {
	case n.Exact && chinese:
		return fmt.Sprintf("%d 是%s的返回码：%s", n.Number, ownersInChinese[r.of], r.chinese)
	case n.Exact:
		return fmt.Sprintf("%d is a number of %s: %s", n.Number, r.of, r.meaning)
	case r == nil && chinese:
		return fmt.Sprintf("%d 不在这里已知的任何返回码列表中", n.Number)
	case r == nil:
		return fmt.Sprintf("%d is in no list that is known here", n.Number)
	case chinese:
		return fmt.Sprintf("%d 不在这里已知的任何返回码列表中；%s", n.Number, r.chinese)
	default:
		return fmt.Sprintf("%d is in no list that is known here; %s", n.Number, r.meaning)
	}
}

// MarshalJSON writes the number, whose it is, and the line in English.
func (n Neighbour) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Number  int    `json:"number"`
		Of      string `json:"of"`
		Exact   bool   `json:"exact"`
		Meaning string `json:"meaning"`
	}{n.Number, n.Of, n.Exact, n.In(English)})
}

// aNeighbour is a row of the second catalogue: one number or a range.
type aNeighbour struct {
	of       string
	low      int
	high     int
	keys     string // the keys that the number must have, by name; "" for any
	says     string // words of that system next to it; "" if none are known
	meaning  string
	chinese  string
	suggests bool // the range is wider than what is known of it
}

const (
	qqConnect   = "QQ Connect"
	qqLoginPage = "QQ Connect's login page"
	mobileQQ    = "mobile QQ"
	msdkClient  = "the client's MSDK"
	ofWeChat    = "WeChat"
	ofWebQQ     = "web QQ"
	ofOneBot    = "OneBot"
	ofBots      = "QQ's bot platform"
	ofAMS       = "AMS"
)

var ownersInChinese = map[string]string{
	qqConnect: " QQ 互联", qqLoginPage: " QQ 互联登录页", mobileQQ: "手机 QQ ", msdkClient: "客户端 MSDK ", ofWeChat: "微信", ofWebQQ: " WebQQ ",
	ofOneBot: " OneBot ", ofBots: " QQ 机器人平台", ofAMS: "活动平台 AMS ",
}

// clientKeys are the members of the client's SDK.
const clientKeys = "retCode imsdkRetCode flag"

// neighbours are numbers that people meet next to those of the catalogue, narrower rows before wider ones.
var neighbours = []aNeighbour{
	{of: qqConnect, low: 100017, meaning: "the appid could not be read", chinese: "获取 appid 失败"},
	{of: qqConnect, low: 100018, meaning: "the authorization code could not be made", chinese: "获取 code 失败"},
	{of: qqConnect, low: 100021, says: "get access token error", meaning: "the access token could not be made; a refresh token works only once", chinese: "获取 access token 失败；refresh token 只能使用一次"},
	{of: qqConnect, low: 100022, meaning: "the refresh token could not be made", chinese: "获取 refresh token 失败"},
	{of: qqConnect, low: 100023, meaning: "the app's permissions could not be read", chinese: "读取应用的权限列表失败"},
	{of: qqConnect, low: 100024, meaning: "what the user allowed the app could not be read", chinese: "读取用户对该应用的授权列表失败"},
	{of: qqConnect, low: 100025, meaning: "the list of interfaces could not be read", chinese: "读取接口列表失败"},
	{of: qqConnect, low: 100026, high: 100027, meaning: "what the user allowed could not be stored", chinese: "保存用户授权失败"},
	{of: qqConnect, low: 100028, meaning: "the parameter which is missing", chinese: "缺少参数 which"},
	{of: qqConnect, low: 100030, says: "without user authorization", meaning: "the user has not allowed this interface, or took it back: have the user log in with that scope", chinese: "用户没有授权该接口，或已取消授权：请带上对应 scope 重新登录"},
	{of: qqConnect, low: 100031, meaning: "the app may not call this interface: apply for it at connect.qq.com", chinese: "应用没有调用该接口的权限：请在 connect.qq.com 申请"},
	{of: qqConnect, low: 100044, high: 100047, meaning: "the app that asks is not the registered one: its package name or signing certificate differs", chinese: "发起登录的应用与登记的不一致：包名或签名证书不同"},
	{of: qqLoginPage, low: 110201, meaning: "the user is not logged in to QQ", chinese: "用户未登录 QQ"},
	{of: qqLoginPage, low: 110401, meaning: "the app does not exist", chinese: "应用不存在"},
	{of: qqLoginPage, low: 110404, meaning: "the request has no appid, or a wrong one: an Android manifest has the number alone after tencent", chinese: "请求没有带 appid 或 appid 不正确"},
	{of: qqLoginPage, low: 110405, meaning: "the app's logins are limited", chinese: "应用的登录受限"},
	{of: qqLoginPage, low: 110406, meaning: "the app is not approved yet: only its developer's accounts can log in", chinese: "应用未通过审核：只有开发者账号可以登录"},
	{of: qqLoginPage, low: 110407, meaning: "the app was taken down", chinese: "应用已下架"},
	{of: qqLoginPage, low: 110500, high: 110503, meaning: "the page could not read or store a grant", chinese: "读取或保存授权失败"},
	{of: qqLoginPage, low: 110100, high: 110699, meaning: "numbers from 110100 to 110699 are those of the login page", chinese: "110100 到 110699 是登录页面的错误码", suggests: true},
	{of: mobileQQ, low: 25101, meaning: "the app that shares is not authorized: compare its bundle and appid with the registered ones", chinese: "分享的应用未正确授权：请核对包名和 appid"},
	{of: mobileQQ, low: 25105, meaning: "the device's app is not authorized: its universal link is not verified", chinese: "设备未授权：Universal Link 未通过校验"},
	{of: mobileQQ, low: 25201, meaning: "the app that shares is not the official one: its signing certificate differs", chinese: "非官方应用：签名证书与登记的不一致"},
	{of: mobileQQ, low: 25000, high: 25999, meaning: "numbers from 25000 to 25999 mean that QQ does not trust the app that shares: its package, certificate or universal link", chinese: "25000 到 25999 表示 QQ 不信任发起分享的应用：检查包名、签名证书和 Universal Link", suggests: true},
	{of: mobileQQ, low: 900101, meaning: "a parameter of the share is wrong", chinese: "分享的参数错误"},
	{of: mobileQQ, low: 900100, high: 900199, meaning: "numbers from 900100 to 900199 mean that a share was refused", chinese: "900100 到 900199 表示分享被拒绝", suggests: true},

	{of: msdkClient, low: 1000, keys: "flag", meaning: "QQ gave no access token", chinese: "没有取得手Q的 access token"},
	{of: msdkClient, low: 1001, keys: "flag", meaning: "the player cancelled the login with QQ", chinese: "玩家取消了手Q登录"},
	{of: msdkClient, low: 1002, keys: "flag", meaning: "the login with QQ failed", chinese: "手Q登录失败"},
	{of: msdkClient, low: 1003, keys: "flag", meaning: "the network failed during the login with QQ", chinese: "手Q登录时网络出错"},
	{of: msdkClient, low: 1004, keys: "flag", meaning: "QQ is not installed", chinese: "设备没有安装手Q"},
	{of: msdkClient, low: 1005, keys: "flag", meaning: "the installed QQ is too old", chinese: "手Q版本过低"},
	{of: msdkClient, low: 2000, high: 2008, keys: "flag", meaning: "a failure of the login with WeChat", chinese: "微信登录失败"},
	{of: msdkClient, low: 2, keys: clientKeys, meaning: "the player cancelled", chinese: "玩家取消"},
	{of: msdkClient, low: 3, keys: clientKeys, meaning: "an error of the system", chinese: "系统错误"},
	{of: msdkClient, low: 4, keys: clientKeys, meaning: "an error of the network", chinese: "网络错误"},
	{of: msdkClient, low: 5, keys: clientKeys, meaning: "the back end refused: thirdCode says why", chinese: "后台返回错误：原因见 thirdCode"},
	{of: msdkClient, low: 6, keys: clientKeys, meaning: "the back end did not answer in time", chinese: "后台超时"},
	{of: msdkClient, low: 9, keys: clientKeys, meaning: "the channel refused: thirdCode says why", chinese: "渠道返回错误：原因见 thirdCode"},
	{of: msdkClient, low: -10, high: 1499, keys: clientKeys, meaning: "a number of the SDK itself", chinese: "SDK 自身的返回码", suggests: true},

	{of: ofWeChat, low: -1, high: -1, says: "system error", meaning: "WeChat is busy: try again", chinese: "微信系统繁忙：请重试"},
	{of: ofWeChat, low: 40001, says: "invalid credential", meaning: "the credential is not valid: a wrong secret or an expired access token", chinese: "凭证无效：secret 错误或 access_token 已过期"},
	{of: ofWeChat, low: 40003, says: "invalid openid", meaning: "the openid is not valid", chinese: "openid 无效"},
	{of: ofWeChat, low: 40013, says: "invalid appid", meaning: "the appid is not valid", chinese: "appid 无效"},
	{of: ofWeChat, low: 40029, says: "invalid code", meaning: "the code is not valid: it was used, expired or another app's", chinese: "code 无效：已使用、已过期或属于其他应用"},
	{of: ofWeChat, low: 40030, says: "invalid refresh_token", meaning: "the refresh token is not valid", chinese: "refresh_token 无效"},
	{of: ofWeChat, low: 40125, says: "invalid appsecret", meaning: "the app's secret is not valid", chinese: "appsecret 无效"},
	{of: ofWeChat, low: 40163, says: "code been used", meaning: "the code was used before", chinese: "code 已被使用"},
	{of: ofWeChat, low: 41001, high: 41009, meaning: "a parameter is missing", chinese: "缺少参数"},
	{of: ofWeChat, low: 42001, high: 42007, meaning: "a token or a code has expired", chinese: "token 或 code 已过期"},
	{of: ofWeChat, low: 45009, high: 45011, meaning: "called too often", chinese: "调用过于频繁"},
	{of: ofWeChat, low: 48001, says: "api unauthorized", meaning: "the app may not call this interface", chinese: "应用没有该接口的权限"},
	{of: ofWeChat, low: 50001, meaning: "the user has not allowed this interface", chinese: "用户未授权该接口"},
	{of: ofWeChat, low: 40000, high: 48999, meaning: "five digits from 40000 are WeChat's, mostly next to errcode", chinese: "40000 起的五位数是微信的错误码，一般在 errcode 中", suggests: true},

	{of: ofBots, low: 100001, says: "too many requests", meaning: "the bot asks for tokens too often", chinese: "获取凭证过于频繁"},
	{of: ofBots, low: 100002, says: "internal err", meaning: "the bot's request for a token is not JSON, or its appid is no string", chinese: "获取凭证的请求不是 JSON，或 appId 不是字符串"},
	{of: ofBots, low: 100007, says: "appid invalid", meaning: "the bot's appid is not valid, or the bot is banned or deleted; its request has to be JSON", chinese: "机器人的 AppID 无效，或机器人被封禁、已删除；请求必须是 JSON"},
	{of: ofBots, low: 100016, says: "invalid appid or secret", meaning: "the bot's appid or secret is wrong", chinese: "机器人的 AppID 或 ClientSecret 不正确"},
	{of: ofBots, low: 11241, high: 11245, meaning: "the bot's token is missing, expired, of the old kind or another bot's", chinese: "机器人的 token 缺失、过期、是旧的固定 token 或不属于该机器人"},

	{of: ofWebQQ, low: 100000, high: 100001, keys: "retcode", meaning: "web QQ's login has lapsed, or its request is not whole", chinese: "WebQQ 登录失效或请求不完整"},
	{of: ofWebQQ, low: 100003, keys: "retcode", meaning: "web QQ's interfaces are switched off for the account", chinese: "该账号的 WebQQ 接口不可用"},
	{of: ofWebQQ, low: 100006, keys: "retcode", meaning: "a parameter of web QQ's request is missing", chinese: "WebQQ 请求缺少参数"},
	{of: ofWebQQ, low: 100012, keys: "retcode", meaning: "web QQ's login has lapsed", chinese: "WebQQ 登录失效"},
	{of: ofWebQQ, low: 103, keys: "retcode", meaning: "web QQ's login has lapsed", chinese: "WebQQ 登录失效"},
	{of: ofWebQQ, low: 121, keys: "retcode", meaning: "web QQ's login was replaced", chinese: "WebQQ 在别处登录"},
	{of: ofOneBot, low: 100, high: 201, keys: "retcode", meaning: "a bot's interface refused the call", chinese: "机器人接口调用失败"},
	{of: ofOneBot, low: 1200, high: 1499, keys: "retcode", meaning: "a bot's interface refused the call", chinese: "机器人接口调用失败"},
	{low: 100000, high: 100099, meaning: "numbers from 100000 are those of QQ Connect's OAuth", chinese: "100000 起的是 QQ 互联 OAuth 的返回码", suggests: true},
	{low: 221000, high: 221099, meaning: "numbers from 221001 are those of guild groups", chinese: "221001 起的是公会群的返回码", suggests: true},
	{low: 225000, high: 225099, meaning: "numbers from 225001 are those of Ark messages", chinese: "225001 起的是 Ark 消息的返回码", suggests: true},
	{low: 251000, high: 251099, meaning: "numbers from 251001 are those of the friend interfaces", chinese: "251001 起的是好友接口的返回码", suggests: true},
	{low: 901200, high: 901299, meaning: "numbers from 901203 are limits of messages", chinese: "901203 起的是消息频率限制", suggests: true},
	{low: -4099, high: -4000, meaning: "numbers below -4000 are those of the Game Center", chinese: "-4000 以下的是游戏中心的返回码", suggests: true},
	{low: -182099, high: -182000, meaning: "numbers below -182000 are those of guild groups", chinese: "-182000 以下的是公会群的返回码", suggests: true},
	{of: ofAMS, low: 101, keys: "iRet", meaning: "the player is not logged in to the activity's page", chinese: "活动页面未登录"},
}

// neighbourOf returns the row that has a number next to a key, or nil. A number under a key of its own comes first.
func neighbourOf(number int, key string) *aNeighbour {
	for i := range neighbours {
		n := &neighbours[i]
		if number >= n.low && number <= max(n.low, n.high) && (n.keys == "" || key != "" && strings.Contains(" "+n.keys+" ", " "+key+" ")) {
			return n
		}
	}
	return nil
}

// foreign reports whether a text has another system's words for a number of the catalogue, or its key.
func foreign(f finding, text string) bool {
	for i := range neighbours {
		n := &neighbours[i]
		if f.value < n.low || f.value > max(n.low, n.high) {
			continue
		}
		if n.says != "" && holds(text, n.says) || n.of == ofWebQQ && f.name == n.keys {
			return true
		}
	}
	return false
}

// neighbours returns what is known of the numbers that other systems have, and those that are in no list.
func (s *scanner) neighbours() (list []Neighbour) {
	for _, f := range s.findings() {
		if f.command != noCommand || f.place == constant || f.place == byName || f.value == 0 || f.value == weChatEnvelope {
			continue
		}
		if slices.ContainsFunc(list, func(n Neighbour) bool { return n.Number == f.value }) {
			continue
		}
		row := neighbourOf(f.value, f.name)
		exact := row != nil && !row.suggests
		switch {
		case f.place == loose && !(exact && (s.wordBefore(f.start).signs&announces != 0 || row.says != "" && holds(s.text, row.says))): // 提示100044
		case exact && f.known() && row.keys == "" && !(row.says != "" && holds(s.text, row.says)) && !(f.place == alone && f.value > 0):
			// The catalogue has the number, and nothing says that it is not the catalogue's.
		case exact:
			list = append(list, Neighbour{f.value, row.of, true, row})
		case (f.place == alone && !f.hex() || f.rare()) && !f.known():
			n := Neighbour{Number: f.value, row: row}
			if row != nil {
				n.Of = row.of
			}
			list = append(list, n)
		}
	}
	return list
}
