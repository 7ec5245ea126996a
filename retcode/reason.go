package retcode

import "fmt"

// reason says why a number is read in a domain.
type reason uint8

const (
	noReason reason = iota
	domainWasAsked
	nameStands
	domainIsNamed
	printedInThreeForms
	opensShareMessage
	textIsV3
	doorIsNamed
	placeOfV2
	opensMSDKMessage
	memberHoldsIt
	oauthAnswers
	jsonAnswers
	interfaceOfQQ
	interfaceOfGroups
	interfaceOfGameCenter
	busAnswers
	resultOfAccessTokenCheck
	resultOfPayTokenCheck
	resultOfConversion
	originAccessTokenCheck
	originPayTokenCheck
	originBus
	isMisprint
	isByteAndV3
	isSignedByte
	isV3sOwn
	isTwoHexDigits
	isOfOneDomain
	isOfDevice
	isOfGateway
	isOfBus
	maybeAccessTokenCheck
	maybePayTokenCheck
	isOfPayTokenCheck
	isOfDoors
	saidInWords
)

// reasons has a sentence for each reason in each language.
var reasons = [...]struct{ english, chinese string }{
	domainWasAsked:           {"This is the domain that was asked for.", "这是指定的域。"},
	nameStands:               {"Its name stands in the text.", "文本中有它的名称。"},
	domainIsNamed:            {"The text names the domain.", "文本写明了所属的域。"},
	printedInThreeForms:      {"Only these numbers are printed in three forms.", "只有这类数字会同时写出三种形式。"},
	opensShareMessage:        {"It opens the message of /share/qq, which has numbers of its own.", "它在 /share/qq 的 msg 开头，该接口有自己的返回码。"},
	textIsV3:                 {"The text is of MSDK V3, whose doors answer the number for a failure of their own.", "文本来自 MSDK V3，它的接口用这个数字表示自身的失败。"},
	doorIsNamed:              {"The text names an interface of the door that has this number of its own.", "文本中有某个入口的接口，该入口有自己的这个返回码。"},
	placeOfV2:                {"It is where MSDK V2 puts the number of its group interfaces, of which unbind_group has its own.", "MSDK V2 的群接口把返回码放在这里，其中 unbind_group 有自己的一套。"},
	opensMSDKMessage:         {"It opens the message, which is where MSDK puts the platform's own code.", "它在 msg 开头，MSDK 把平台的返回码放在这里。"},
	memberHoldsIt:            {"This member holds the platform's own code, which is one of a door's.", "这个字段放的是平台的返回码，也就是接口的返回码。"},
	oauthAnswers:             {"OAuth answers its codes as error.", "OAuth 用 error 返回错误码。"},
	jsonAnswers:              {"A door's JSON answer holds the codes of this domain.", "接口的 JSON 应答中放的就是这个域的返回码。"},
	interfaceOfQQ:            {"The text names an interface that answers the codes of this domain.", "文本中有会返回这个域的接口。"},
	interfaceOfGroups:        {"The text names a guild group interface.", "文本中有公会群接口。"},
	interfaceOfGameCenter:    {"The text names a Game Center interface.", "文本中有游戏中心接口。"},
	busAnswers:               {"The bus answers this number, whatever the command.", "无论哪个命令，总线都可能返回这个数字。"},
	resultOfAccessTokenCheck: {"It is a result of command 0x711, the access token check.", "它是命令 0x711（access token 校验）的结果。"},
	resultOfPayTokenCheck:    {"It is a result of command 0x73a, the pay token check.", "它是命令 0x73a（pay token 校验）的结果。"},
	resultOfConversion:       {"It is a result of command 0x71f, the conversion of openids.", "它是命令 0x71f（openid 转换）的结果。"},
	originAccessTokenCheck: {"It is the origin of the code before it: what command 0x711, the access token check, answered to the door.",
		"它是前一个返回码的起因：命令 0x711（access token 校验）返回给接口的结果。"},
	originPayTokenCheck: {"It is the origin of the code before it: what command 0x73a, the pay token check, answered to the door.",
		"它是前一个返回码的起因：命令 0x73a（pay token 校验）返回给接口的结果。"},
	originBus:             {"It is the origin of the code before it: what the bus answered to the door.", "它是前一个返回码的起因：总线返回给接口的结果。"},
	isMisprint:            {"The published list prints this hex number for it, by mistake.", "原列表误把这个十六进制数印给了它。"},
	isByteAndV3:           {"As a signed byte it is this number of the bus; MSDK V3 has the number for a failure of its own too.", "按有符号字节看，它是总线的这个返回码；MSDK V3 也用这个数字表示自身的失败。"},
	isSignedByte:          {"The number of the bus is one byte, printed signed here.", "总线的返回码是 1 个字节，这里按有符号数写出。"},
	isV3sOwn:              {"The doors of MSDK V3 answer the number for a failure of their own.", "MSDK V3 的接口用这个数字表示自身的失败。"},
	isTwoHexDigits:        {"Command 0x711, the access token check, prints its results in two hex digits.", "命令 0x711（access token 校验）的结果按 2 位十六进制写出。"},
	isOfOneDomain:         {"No other domain has the number in this form.", "其他域没有这种写法的数字。"},
	isOfDevice:            {"A share call on the player's device gives the number as it stands.", "玩家设备上的分享调用会直接给出这个数字。"},
	isOfGateway:           {"The gateway answers the number as it stands.", "网关会直接返回这个数字。"},
	isOfBus:               {"The bus answers the number as it stands.", "总线会直接返回这个数字。"},
	maybeAccessTokenCheck: {"It is also a result of command 0x711, the access token check, which as a rule prints two hex digits.", "它也可能是命令 0x711（access token 校验）的结果，那里一般写成 2 位十六进制。"},
	maybePayTokenCheck:    {"It is also a result of command 0x73a, the pay token check, which is mostly printed in decimal.", "它也可能是命令 0x73a（pay token 校验）的结果，那里多写成十进制。"},
	isOfPayTokenCheck:     {"It is a result of command 0x73a, the pay token check.", "它是命令 0x73a（pay token 校验）的结果。"},
	isOfDoors:             {"The doors of this domain answer the number as it stands.", "这个域的接口会直接返回这个数字。"},
	saidInWords:           {"The text has the platform's own words for it, and no number.", "文本中没有数字，但有平台对它的原话。"},
}

// in returns the reason in the language. A number that was printed without its sign has the sign first; 0 stands for any other.
func (r reason) in(lang Language, unsigned int) string {
	says, before := reasons[r].english, "Without its sign %d is printed so. "
	if lang == Chinese {
		says, before = reasons[r].chinese, "%d 不带符号时就写成这样。"
	}
	if unsigned == 0 {
		return says
	}
	return fmt.Sprintf(before, unsigned) + says
}
