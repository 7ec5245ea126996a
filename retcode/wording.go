package retcode

// A wording is what the original platform, or its documents, say for a code. It speaks for the code where it stands next to a number, and
// finds the code where no number is.
type wording struct {
	text    string // in lower case, with single blanks
	code    Code
	trigger string // the word of a text that is a reason to look for the wording
	alone   bool   // whether nobody else says so; otherwise the text has to name the platform
}

// wordings are from captures and the documents (docs/protocol/connect.md, docs/protocol/openapi.md).
var wordings = []wording{
	{"client_id is wrong or lost", QQClientIDMissing, "lost", true},
	{"response_type is wrong or lost", QQResponseTypeInvalid, "", false},
	{"grant_type is wrong or lost", QQGrantTypeInvalid, "", false},
	{"refresh_token is wrong or lost", QQRefreshTokenMissing, "", false},
	{"client_secret is wrong", QQClientSecretMissing, "wrong", true},
	{"code is wrong or lost", QQCodeMissing, "lost", true},
	{"client secret is illegal", QQClientSecretWrong, "illegal", true},
	{"client_secret is illegal", QQClientSecretWrong, "illegal", true},
	{"redirect uri is illegal", QQRedirectURIIllegal, "illegal", true},
	{"redirect_uri is illegal", QQRedirectURIIllegal, "illegal", true},
	{"access token is illegal", QQAccessTokenUnreadable, "illegal", false},
	{"access token is expired", QQAccessTokenExpired, "expired", false},
	{"access token expired", QQAccessTokenExpired, "expired", false},
	{"access token is revoked", QQAccessTokenRevoked, "revoked", false},
	{"access token check failed", QQAccessTokenCheckFailed, "failed", false},
	{"code to access token error", ConnectCodeInvalid, "error", true},
	{"code is reused error", ConnectCodeReused, "reused", true},
	{"companyid not set", ConnectUnionIDNotGranted, "set", true},
	{"client request's parameters are invalid", QQParameterInvalid, "invalid", true},
	{"client's request parameters are invalid", QQParameterInvalid, "invalid", true},
	{"request's app is not existed", QQClientNotFound, "existed", true},
	{"request's app is not existed", QQAppNotFound, "", false},
	{"app is not privileged", QQAPINotGranted, "privileged", false},
	{"app ip is not allowed", QQAddressNotAllowed, "allowed", false},
	{"signature verification failed", QQSignatureWrong, "failed", false},
	{"signature verification fails", QQSignatureWrong, "fails", false},
	{"openid is invalid", QQOpenIDIllegal, "invalid", false},
	{"openkey is illegal", QQOpenKeyUnreadable, "illegal", false},
	{"token is invalid", QQOpenKeyUnreadable, "invalid", false},
	{"签名验证失败", QQSignatureWrong, "", false},
	{"回调地址不合法", QQRedirectURIIllegal, "", false},
	{"非post", QQPostRequired, "", false},
	{"non-post", QQPostRequired, "", false},
	{"改密失效", QQPasswordChanged, "", false},
	{"internal error", QQPasswordChanged, "", false},
	{"请求参数无效", QQParameterInvalid, "", false},
	{"应用未上线", QQMessageAppNotOnline, "", false},
	{"未安装qq", QQAppNotInstalled, "", false},
	{"未安装手q", QQAppNotInstalled, "", false},
	{"not install qq", QQAppNotInstalled, "", false},
	{"没有安装qq", QQAppNotInstalled, "", false},
	{"没装qq", QQAppNotInstalled, "", false},
	{"qq未安装", QQAppNotInstalled, "", false},
	{"qq not installed", QQAppNotInstalled, "", false},
	{"qq is not installed", QQAppNotInstalled, "", false},
	{"message type error", QQMessageTypeWrong, "", false},
	{"message content is empty", QQMessageEmpty, "", false},
	{"message content is illegal", QQMessageIllegal, "", false},
	{"app is not registered", QQAppNotRegistered, "", false},
	{"sharing doesn't support text", QQQzoneTextOnly, "", false},
	{"frequency of interaction", QQPairQuotaExceeded, "", false},
	{"不支持纯文本", QQQzoneTextOnly, "", false},
	{"number is limited", QQTestNumberRequired, "", false},
	{"group-creating upper limit", GroupOwnedLimitReached, "", false},
	{"addressing failure", OIDBNoInstance, "", false},
	{"oidb寻址失败", OIDBNoInstance, "", false},
	{"in maintenance status", OIDBShardInMaintenance, "", false},
	{"处于维护", OIDBShardInMaintenance, "", false},
	{"interactive number", OIDBInteractiveNumber, "", false},
	{"互动号", OIDBInteractiveNumber, "", false},
	{"type b user", OIDBClassBNotAllowed, "", false},
	{"b类用户", OIDBClassBNotAllowed, "", false},
	{"b类号码", OIDBClassBNotAllowed, "", false},
	{"type bc user", OIDBClassBCNotAllowed, "", false},
	{"bc类用户", OIDBClassBCNotAllowed, "", false},
	{"bc类号码", OIDBClassBCNotAllowed, "", false},
	{"命令未配置", OIDBProtobufNotConfigured, "", false},
	{"命令未配置", OIDBCommandNotConfigured, "", false},
	{"测试环境禁止", OIDBTestCommandForbidden, "", false},
	{"没有配置测试转包", OIDBTestForwardingMissing, "", false},
	{"address the back-end", OIDBRouteMissing, "", false},
	{"寻址后端", OIDBRouteMissing, "", false},
	{"后端寻址", OIDBRouteMissing, "", false},
	{"测试环境访问频率", OIDBTestRateExceeded, "", false},
	{"被安全中心封", OIDBGroupSealed, "", false},
	{"请求包字段错误", OIDBFieldOutOfRange, "", false},
	{"未知类型的包", OIDBPacketTypeUnknown, "", false},
	{"运维操作", OIDBGroupReadOnly, "", false},
	{"send data to the back-end", OIDBConnectFailed, "", false},
	{"发包到后端", OIDBConnectFailed, "", false},
	{"发送给后端", OIDBConnectFailed, "", false},
	{"timeout due to network", OIDBDeadlineExceeded, "", false},
	{"执行时间过长", OIDBDeadlineExceeded, "", false},
	{"超过申请的频率", OIDBRateExceeded, "", false},
	{"没有用测试号码", OIDBTestNumberRequired, "", false},
	{"login status verification", OIDBLoginSignatureInvalid, "", false},
	{"登录态校验失败", OIDBLoginSignatureInvalid, "", false},
	{"登录态验证失败", OIDBLoginSignatureInvalid, "", false},
	{"登陆态验证失败", OIDBLoginSignatureInvalid, "", false},
	{"没有申请权限", OIDBCommandNotGranted, "", false},
	{"uin blacklist", OIDBUINBlacklisted, "", false},
	{"uin黑名单", OIDBUINBlacklisted, "", false},
	{"ip blacklist", OIDBAddressBlacklisted, "", false},
	{"ip黑名单", OIDBAddressBlacklisted, "", false},
	{"packet is too large", OIDBPacketTooLarge, "", false},
	{"请求包过大", OIDBPacketTooLarge, "", false},
	{"open业务", OIDBOpenNotGranted, "", false},
	{"unpack error", OIDBUnpackFailed, "", false},
	{"解包错误", OIDBUnpackFailed, "", false},
	{"uin is frozen", OIDBAccountFrozen, "", false},
	{"uin被冻结", OIDBAccountFrozen, "", false},
	{"帐号保护系统", OIDBStaffProtected, "", false},
	{"高级保护系统", OIDBSpeciallyProtected, "", false},
	{"system's internal error", AccessTokenInternal, "", false},
	{"signature verification failure", AccessTokenSealInvalid, "", false},
	{"extrajson does not meet", QQArkExtraJSONInvalid, "", false},
	{"param missing", GameCenterParameterMissing, "", false},
	{"invalid sig", V5SignatureWrong, "", false},
	{"lack of param", V5ParameterMissing, "", false},
	{"sig error", V3SignatureWrong, "", false},
	{"is_friend is 0", ShareFriendRequired, "", false},
	{"request fields empty", V3BodyEmpty, "", false},
}

// said returns the code of the first wording that a text holds, and whether it says so alone. A wording that others have too counts
// only if there is no other.
func said(text string) (code Code, alone bool) {
	for _, w := range wordings {
		if w.trigger == "" || !holds(text, w.text) {
			continue
		}
		if w.alone {
			return w.code, true
		}
		if code == 0 {
			code = w.code
		}
	}
	return code, false
}

// says reports whether a text holds a wording of the code.
func says(text string, code Code) bool {
	for _, w := range wordings {
		if w.code == code && holds(text, w.text) {
			return true
		}
	}
	return false
}

// holds reports whether a text holds some words, whatever the case and the blanks between them.
func holds(text, words string) bool {
	for i := 0; i+len(words) <= len(text); i++ {
		if lower(text[i]) == words[0] && begins(text[i:], words) {
			return true
		}
	}
	return false
}

func begins(text, words string) bool {
	i := 0
	for j := range len(words) {
		if words[j] == ' ' {
			start := i
			if i = skip(text, i, " \t\n"); i == start {
				return false
			}
			continue
		}
		if i == len(text) || lower(text[i]) != words[j] {
			return false
		}
		i++
	}
	return true
}

func lower(c byte) byte {
	if isUpper(c) {
		return c | 0x20
	}
	return c
}
