package retcode

import "strings"

// key is what a word of a text announces.
type key uint8

const (
	noKey        key = iota
	keyRet           // the code, in a name that hardly ever means anything else
	keyCode          // the code, in a name that other things have too
	keyResult        // like keyCode, but used by the bus rather than by a door
	keyError         // OAuth's name for the code
	keyPlatform      // the platform's own code, next to a ret
	keyThird         // the code that a client's SDK received, next to its own
	keyBusResult     // a result of the bus
	keyMessage       // a text that may open with a code
	keyCommand       // a command number of the bus, or a command of the Game Center
	keyDomain        // a domain's name
	keyBus           // a mention of the bus
	keyHTTP          // a mention of HTTP
	keyV3            // a member that only MSDK V3 has, or its name
)

// maxKey is the length of the longest key.
const maxKey = 16

// lookupKey returns what a word announces, and the domain that it names. Case and underscores do not matter.
func lookupKey(w string) (key, Domain) {
	if len(w) < 2 {
		return noKey, 0
	}
	switch w {
	case "HTTP", "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD":
		return keyHTTP, 0
	}
	var buf [maxKey]byte
	n := 0
	for i := range len(w) {
		c := w[i]
		if c == '_' {
			continue
		}
		if n == maxKey {
			return noKey, 0
		}
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		buf[n] = c
		n++
	}
	switch string(buf[:n]) {
	case "ret", "iret", "retcode", "returncode", "errcode", "errorcode", "resultcode":
		return keyRet, 0
	case "code":
		return keyCode, 0
	case "result":
		return keyResult, 0
	case "error", "err":
		return keyError, 0
	case "platcode":
		return keyPlatform, 0
	case "thirdcode", "thirdret":
		return keyThird, 0
	case "uint32result", "oidbret", "oidbresult", "oidbcode":
		return keyBusResult, 0
	case "msg", "message", "errmsg", "errormsg", "retmsg", "thirdmsg", "errordescription":
		return keyMessage, 0
	case "cmd", "command", "uint32command", "oidbcmd":
		return keyCommand, 0
	case "domain":
		return keyDomain, 0
	case "method":
		return keyHTTP, 0
	case "oidb":
		return keyBus, OIDB
	case "oidbsvc", "oidbsvctrpctcp":
		return keyBus, 0
	case "qq":
		return noKey, QQ
	case "group":
		return noKey, Group
	case "gamecenter":
		return noKey, GameCenter
	case "paytoken":
		return noKey, PayToken
	case "accesstoken":
		return noKey, AccessToken
	case "msdkv5":
		return noKey, MSDKv5
	case "msdkv3":
		return keyV3, MSDKv3
	case "connect":
		return noKey, Connect
	case "openapi":
		return noKey, OpenAPI
	case "share":
		return noKey, Share
	case "errtype", "msdkextinfo":
		return keyV3, 0
	}
	return noKey, 0
}

// chineseKeys are the Chinese words for a return code, longer words before their own prefixes.
var chineseKeys = []struct {
	word string
	key  key
}{
	{"错误码", keyRet}, {"错误代码", keyRet}, {"错误号", keyRet}, {"返回码", keyRet}, {"返回值", keyRet},
	{"错误", keyError}, {"返回", keyResult},
}

// chineseKey returns what a Chinese word that begins at i announces, and where it ends.
func chineseKey(t string, i int) (k key, end int) {
	for _, c := range chineseKeys {
		if strings.HasPrefix(t[i:], c.word) {
			return c.key, i + len(c.word)
		}
	}
	return noKey, i
}
