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
	{"message type error", QQMessageTypeWrong, "", false},
	{"message content is empty", QQMessageEmpty, "", false},
	{"message content is illegal", QQMessageIllegal, "", false},
	{"app is not registered", QQAppNotRegistered, "", false},
	{"sharing doesn't support text", QQQzoneTextOnly, "", false},
	{"frequency of interaction", QQPairQuotaExceeded, "", false},
	{"不支持纯文本", QQQzoneTextOnly, "", false},
	{"number is limited", QQTestNumberRequired, "", false},
	{"group-creating upper limit", GroupOwnedLimitReached, "", false},
	{"send data to the back-end", OIDBConnectFailed, "", false},
	{"timeout due to network", OIDBDeadlineExceeded, "", false},
	{"发包到后端", OIDBConnectFailed, "", false},
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
