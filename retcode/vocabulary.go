package retcode

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// key is what a word announces.
type key uint8

const (
	noKey         key = iota
	keyRet            // the code, in a name that hardly ever means anything else
	keyCode           // the code, in a name that other numbers have too
	keyErrCode        // the code, in a name that programs give it but no door
	keyResult         // like keyCode, but used by the bus rather than by a door
	keyError          // OAuth's name for the code, and a word of prose
	keyPlatform       // the platform's own code, next to a ret
	keyThird          // the code that a client's SDK received, next to its own
	keyClient         // a number of a client's SDK, which is seldom the platform's
	keyBusResult      // a result of the bus
	keyMessage        // a text that may open with a code
	keyCommand        // a command number of the bus, or a command of the Game Center
	keyGameCenter     // a command of the Game Center
	keyDomain         // a domain's name
	keyBus            // a mention of the bus
	keyHTTP           // a mention of HTTP
	keyV3             // a member that only MSDK V3 has, or its name
	keyWording        // a word of a message that is known to be the platform's
)

// wordy reports whether the key is a word of prose too, and of other programs, so that only unusual numbers after it count.
func (k key) wordy() bool { return k >= keyCode && k <= keyError || k == keyClient }

// topics are what a message speaks of. They tell whether a message and a code can belong together.
type topics uint32

const (
	ofCredential topics = 1 << iota
	ofSignature
	ofApp
	ofOpenID
	ofParameter
	ofPermission
	ofFrequency
	ofAddress
	ofRedirect
	ofSecret
	ofExpiry
	ofRevocation
	ofPassword
	ofFriends
	ofGroup
	ofNetwork
	ofJSON
	ofAvailability
	ofTime
	ofRepetition
	ofContent
	ofInstallation
	ofAccount
	ofTest
	ofPacket
	ofAchievement
	ofProtocol
	ofAPI
	ofAudit
	ofScene
	ofElse // what no code of the catalogue is about
)

// signs are what a word tells of the text around it.
type signs uint16

const (
	saysFailure   signs = 1 << iota // the text speaks of a failure
	asks                            // the text asks about a number
	namesPlatform                   // the text names QQ, its SDK or its sites
	hasMsg                          // a member that is next to a code in a door's answer
	hasDoorMember                   // a member that only doors answer
	hasOtherKeys                    // a member that no door answers
	counts                          // a number after the word is an identity or an amount
	announces                       // a number after the word is what somebody was told
	isSource                        // source code, which compares and returns numbers
	canBeSource                     // a word of source code that is one of English too
	ofCommands                      // a number after the word is a result only where a command of the bus is named
)

// system is a system whose numbers are not the platform's; 0 for none.
type system uint8

const (
	weChat system = iota + 1
	webQQ
	qzone
	ams
	bilibili
	exchange
	database
	cache
	libC
	mobileOS
	httpServer
	messageQueue
	tlsLibrary
	otherVendor
)

var systemNames = [...]struct{ english, chinese string }{
	weChat: {"WeChat", "微信"}, webQQ: {"web QQ or a bot of it", "WebQQ 或 QQ 机器人"}, qzone: {"Qzone's own interfaces", "QQ 空间自己的接口"},
	ams: {"the activity platform AMS", "活动平台 AMS"}, bilibili: {"Bilibili", "哔哩哔哩"}, exchange: {"an exchange", "交易所"}, database: {"a database", "数据库"},
	cache: {"Redis", "Redis"}, libC: {"the operating system", "操作系统"}, mobileOS: {"a mobile system's own interfaces", "手机系统自己的接口"},
	httpServer: {"HTTP's status", "HTTP 状态码"}, messageQueue: {"a message queue", "消息队列"}, tlsLibrary: {"TLS", "TLS"}, otherVendor: {"another vendor", "其他厂商"},
}

// aWord is what a word says.
type aWord struct {
	key    key
	domain Domain // that it names
	topics topics
	signs  signs
	system system
}

// vocabulary is all that the engine understands. An English word stands in lower case without underscores, and is found in any case
// and with any; a word can stand in several rows.
var vocabulary = []struct {
	says    aWord
	english string
	chinese string
}{
	// Names of numbers.
	{aWord{key: keyRet}, "ret", "返回码 返回值 返回代码 结果码 返回碼 回傳碼"},
	{aWord{key: keyRet, signs: saysFailure}, "", "错误码 错误代码 错误编码 错误号 报错码 錯誤碼 錯誤代碼 エラーコード 에러코드"},
	{aWord{key: keyCode}, "code iret nret", ""},
	{aWord{key: keyErrCode}, "retcode returncode errcode errorcode resultcode rtcode errno", ""},
	{aWord{key: keyResult}, "result iresult cresult wresult dwresult returned returns unsuccessful", "返回 报 回 回了"},
	{aWord{key: keyResult, signs: ofCommands}, "return", "结果"},
	{aWord{key: keyError, signs: saysFailure}, "error err exception fail fails failed failure", "错误 报错 失败 异常"},
	{aWord{key: keyPlatform}, "platcode", ""},
	{aWord{key: keyThird}, "thirdcode thirdret thirdretcode", ""},
	{aWord{key: keyClient}, "imsdkretcode flag", ""},
	{aWord{key: keyBusResult}, "uint32result oidbret oidbresult oidbcode", ""},
	{aWord{key: keyMessage, signs: hasMsg}, "msg errordescription", ""},
	{aWord{key: keyMessage}, "thirdmsg retmsg", ""},
	{aWord{key: keyMessage, signs: hasOtherKeys}, "message errmsg errormsg errormessage", ""},
	{aWord{key: keyCommand}, "cmd command uint32command oidbcmd", ""},
	{aWord{key: keyGameCenter}, "gcachievereport gcachieveget gcfriendrank gcfeedpost gcfeedlist gcrecent gcreddot gcchallengebegin gcchallengereport gcprofile", ""},
	{aWord{key: keyDomain}, "domain", ""},
	{aWord{key: keyBus}, "oidbsvc oidbsvctrpctcp", ""},
	{aWord{key: keyHTTP}, "method", ""},
	{aWord{key: keyV3, signs: hasDoorMember}, "errtype msdkextinfo", ""},
	{aWord{signs: hasDoorMember}, "islost", ""},
	{aWord{signs: hasOtherKeys}, "subcode ttl errorstr errstr success baseresp", ""},

	// Names of domains.
	{aWord{domain: QQ}, "qq", ""},
	{aWord{domain: Group}, "group", ""},
	{aWord{domain: GameCenter}, "gamecenter", ""},
	{aWord{domain: OIDB, key: keyBus}, "oidb", ""},
	{aWord{domain: PayToken}, "paytoken", ""},
	{aWord{domain: AccessToken}, "accesstoken", ""},
	{aWord{domain: MSDKv5}, "msdkv5", ""},
	{aWord{domain: MSDKv3, key: keyV3}, "msdkv3", ""},
	{aWord{domain: Connect}, "connect", ""},
	{aWord{domain: OpenAPI}, "openapi", ""},
	{aWord{domain: Share}, "share", ""},
	{aWord{domain: V2Group}, "v2group", ""},
	{aWord{domain: V2Unbind}, "v2unbind", ""},

	// What messages speak of.
	{aWord{topics: ofCredential}, "token accesstoken paytoken openkey session sessionkey skey sid login logon signin ticket credential", "登录 登陆 票据 凭证 令牌"},
	{aWord{topics: ofSignature}, "sig sign signature", "签名 验签"},
	{aWord{topics: ofApp}, "app appid clientid", "应用"},
	{aWord{topics: ofOpenID}, "openid openids uin oin fopenid", ""},
	{aWord{topics: ofParameter}, "param params parameter parameters missing lost lack lacks absent empty field fields responsetype granttype refreshtoken", "参数 缺少 缺失 字段 不能为空"},
	{aWord{topics: ofPermission}, "permission permissions privilege privileged noprivi unauthorized authorized authorization granted grant scope", "权限 授权"},
	{aWord{topics: ofFrequency}, "freq frequency frequent frequently often fast limit limits limited rate exceed exceeds exceeded quota islimited", "频率 频繁 超限 上限 次数 超过 一天 每天"},
	{aWord{topics: ofAddress}, "ip address intranet extranet", "白名单 内网 外网"},
	{aWord{topics: ofRedirect}, "redirect redirecturi callback", "回调"},
	{aWord{topics: ofSecret}, "secret clientsecret appkey", "密钥"},
	{aWord{topics: ofExpiry}, "expired expire expires expiry", "过期 失效"},
	{aWord{topics: ofRevocation}, "revoked revoke revokes deprecated discard discarded abolished withdrew withdrawn superseded replaced reclaimed recycled", "废除 废弃 回收 解除授权 授权解除 取消授权 取消了授权"},
	{aWord{topics: ofPassword}, "password passwd", "密码 改密"},
	{aWord{topics: ofFriends}, "friend friends isfriend", "好友"},
	{aWord{topics: ofGroup}, "group groups guild guilds union", "公会 群 绑群 建群 加群 解绑 群主"},
	{aWord{topics: ofNetwork}, "network timeout timed connection unreachable ipport", "超时 网络 连接"},
	{aWord{topics: ofJSON}, "json parse parsed parsing unpack unpacked extrajson", "解析 解包"},
	{aWord{topics: ofAvailability}, "online offline maintenance launched", "上线 上架 维护"},
	{aWord{topics: ofTime}, "timestamp time minutes clock", "时间 时钟"},
	{aWord{topics: ofRepetition}, "nonce duplicate duplicated repeated reused twice already", "重复 已绑定"},
	{aWord{topics: ofContent}, "content title messages texts", "内容 标题"},
	{aWord{topics: ofInstallation}, "install installed uninstalled", "安装"},
	{aWord{topics: ofAccount}, "frozen freeze banned blacklist blacklisted black account", "冻结 封停 黑名单"},
	{aWord{topics: ofTest}, "test debugging", "测试"},
	{aWord{topics: ofPacket}, "packet package", ""},
	{aWord{topics: ofAchievement}, "achievement achievements reported feed feeds", "成就 上报"},
	{aWord{topics: ofProtocol}, "https protocol", "协议"},
	{aWord{topics: ofAPI}, "api apis uri", ""},
	{aWord{topics: ofAPI, signs: saysFailure}, "", "接口不存在"},
	{aWord{topics: ofAudit}, "audit security restricted sealed", "安全 请求受限 被限制"},
	{aWord{topics: ofScene}, "scene oasis", "场景"},
	{aWord{topics: ofElse}, "order captcha csrf symbol coin balance directory download upload picture certificate cookie video memory disk syscall payment stock cart coupon printer",
		"上传 下载 验证码 用户名 手机号 邮箱 短信 文件 订单 支付 余额 图片 证书 优惠券 库存 视频 目录 磁盘 内存"},

	{aWord{}, "", "重新授权 重新拉授权 重新拉起授权 温馨提示 友情提示"},              // what to do, which is no message
	{aWord{}, "", "退回 撤回 收回 召回 找回 来回 每回 退回了 撤回了 收回了 召回了 找回了"}, // no answers

	// What else words tell.
	{aWord{signs: saysFailure}, "illegal invalid denied refused rejected wrong unable cannot expired revoked bad not no missing lost exceed exceeds exceeded frequent frequently", "非法 无 无效 有误 不合法 不存在 过期 失效 拒绝 超限 上限 频繁 未 无法 没有 不能 不足 不是 不在 不符 缺少 为空 弹窗 提示 白屏 闪退 打不开 进不去 登不上 拉不到 发不出 不出去 崩溃"},
	{aWord{signs: asks}, "what meaning means mean why help", "什么 怎么 如何 为什么 求助 请问 吗 是不是 为啥 啥 求解"},
	{aWord{signs: namesPlatform}, "qq msdk itop gcloud tencent qqconnect openid qzone qqlogin mobileqq appsupport qconn apigw", "手Q 互联 游戏中心 开放平台"},
	{aWord{signs: counts}, "uid userid user users player players playerid roleid role id room roomid guild guildid groupid uin port pid tid thread key order orderid size count bytes line lines level coin score account total seq page zone server offset remaining",
		"用户 玩家 房间 账号 帐号 订单 人数 群聊 群 号 公会 编号 数量 总数 金币 分数 积分 第 共 端口 行 剩余 还剩"},
	{aWord{signs: announces}, "got get gets getting received receive receiving returning answers answered answering see saw throws gives gave says with is was", "提示 出现 收到 得到 拿到 弹 弹出 显示 就 一直 总是 变成 码 是"},
	{aWord{signs: isSource}, "int const static define enum var", ""},
	{aWord{signs: canBeSource}, "final return if case let", ""},

	// Names of other systems.
	{aWord{system: weChat}, "wechat weixin wx wxapi wxid wxerrcode minipay", "微信"},
	{aWord{system: webQQ}, "webqq smartqq ptlogin ptlogin2 qqbot onebot coolq cqhttp napcat lagrange mirai nonebot qqlib wording botpy getappaccesstoken", "酷Q 机器人"},
	{aWord{system: qzone}, "subcode emotioncgimsglist", "说说"},
	{aWord{system: ams}, "ams smsg ichartid sidetoken", ""},
	{aWord{system: bilibili}, "bilibili ttl buvid", "哔哩"},
	{aWord{system: exchange}, "binance bybit ccxt badrequest exchangeerror", ""},
	{aWord{system: database}, "ob oceanbase seekdb mysql mysqli postgres postgresql pq sqlite sqlstate insert select values mariadb mongodb mongo ora sql jdbc innodb", "数据库"},
	{aWord{system: cache}, "redis noauth jedis memcached lettuce", ""},
	{aWord{system: libC}, "errno enoent econnrefused econnreset eacces eperm etimedout syscall ioctl avcodecopen2 ffmpeg avcodec kernel segfault libuv npm", ""},
	{aWord{system: mobileOS}, "onactivityresult requestcode nsurlerrordomain nsurlconnection nserror wifiservice pid resultcanceled activitymanager", ""},
	{aWord{system: httpServer}, "nginx", "状态码"},
	{aWord{system: messageQueue}, "kafka rabbitmq amqp rocketmq pulsar", ""},
	{aWord{system: tlsLibrary}, "ssl openssl x509", ""},
	{aWord{system: otherVendor}, "alipay weibo douyin aliyun facebook google twitter stripe paypal apple huawei xiaomi oppo vivo baidu dingtalk feishu github grpc umeng steam epic taptap hms bugly", "支付宝 微博 抖音 阿里云 百度 钉钉 飞书 华为 小米"},
}

// A lexicon finds words.
type lexicon struct {
	slots   [4096]uint16 // one more than an index in english: a hash table, since most of the engine's time goes into looking up words
	english []lexeme
	chinese map[rune][]lexeme // by the first character, longer words before their own prefixes
}

type lexeme struct {
	word string
	aWord
}

// maxWord is the length of the longest English word.
const maxWord = 20

// theLexicon is made when the first text is explained, so that it costs nothing to a program that explains none.
var theLexicon struct {
	once sync.Once
	*lexicon
}

// words returns the lexicon of the vocabulary.
func words() *lexicon {
	theLexicon.once.Do(func() { theLexicon.lexicon = makeLexicon() })
	return theLexicon.lexicon
}

func makeLexicon() *lexicon {
	english, chinese := make(map[string]aWord), make(map[string]aWord)
	for _, row := range vocabulary {
		merge(english, row.english, row.says)
		merge(chinese, row.chinese, row.says)
	}
	for _, w := range wordings {
		merge(english, w.trigger, aWord{key: keyWording})
	}
	l := &lexicon{chinese: make(map[rune][]lexeme)}
	for w, says := range english {
		l.english = append(l.english, lexeme{w, says})
		slot := hashStart
		for i := range len(w) {
			slot = hash(slot, w[i])
		}
		for slot = l.slot(slot); l.slots[slot] != 0; slot = l.slot(slot + 1) {
		}
		l.slots[slot] = uint16(len(l.english))
	}
	for w, says := range chinese {
		first, _ := utf8.DecodeRuneInString(w)
		l.chinese[first] = append(l.chinese[first], lexeme{w, says})
	}
	for _, list := range l.chinese {
		slices.SortFunc(list, func(a, b lexeme) int { return len(b.word) - len(a.word) })
	}
	return l
}

// merge adds what each of some words says.
func merge(all map[string]aWord, list string, says aWord) {
	for w := range strings.FieldsSeq(list) {
		old := all[w]
		if says.key != noKey && (old.key == noKey || says.key != keyWording) {
			old.key = says.key
		}
		old.domain, old.system = max(old.domain, says.domain), max(old.system, says.system)
		old.topics |= says.topics
		old.signs |= says.signs
		all[w] = old
	}
}

const hashStart uint32 = 2166136261

func hash(h uint32, c byte) uint32 { return (h ^ uint32(c)) * 16777619 }

func (l *lexicon) slot(h uint32) uint32 { return (h ^ h>>16) % uint32(len(l.slots)) }

// look returns what an English word says.
func (l *lexicon) look(w string) aWord {
	if len(w) < 2 {
		return aWord{}
	}
	var buf [maxWord]byte
	n, h := 0, hashStart
	for i := range len(w) {
		c := w[i]
		if c == '_' {
			continue
		}
		if n == maxWord {
			return aWord{}
		}
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		buf[n] = c
		h = hash(h, c)
		n++
	}
	for slot := l.slot(h); l.slots[slot] != 0; slot = l.slot(slot + 1) {
		if found := &l.english[l.slots[slot]-1]; found.word == string(buf[:n]) {
			return found.aWord
		}
	}
	return aWord{}
}

// lookChinese returns what the Chinese word that begins at i says, and where it ends, which is i if no such word begins there.
func (l *lexicon) lookChinese(t string, i int) (aWord, int) {
	first, _ := utf8.DecodeRuneInString(t[i:])
	for _, w := range l.chinese[first] {
		if strings.HasPrefix(t[i:], w.word) {
			return w.aWord, i + len(w.word)
		}
	}
	return aWord{}, i
}

// parts yields the words that an identifier is made of: APIGW_RTCODE_SIG, thirdRetCode.
func parts(w string) func(func(string) bool) {
	return func(yield func(string) bool) {
		start := 0
		for i := 1; i <= len(w); i++ {
			end := i == len(w) || w[i] == '_' || isUpper(w[i]) && !isUpper(w[i-1])
			if !end {
				continue
			}
			if part := strings.Trim(w[start:i], "_"); part != "" && !yield(part) {
				return
			}
			start = i
		}
	}
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
