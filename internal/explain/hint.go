package explain

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/retcode"
)

// notCodes explains numbers that are printed where codes are but are not codes.
var notCodes = map[int]map[retcode.Language]string{
	-10000: {
		retcode.English: "it only says that the number at the start of msg is the platform's code: explain that one, or the whole answer",
		retcode.Chinese: "它只表示 msg 开头的数字是平台的返回码：请查询那个数字，或粘贴整个应答",
	},
	-20000: {
		retcode.English: "it only says that the number at the start of msg is WeChat's code, which this catalogue does not have",
		retcode.Chinese: "它只表示 msg 开头的数字是微信的错误码，这里没有收录",
	},
	0x711: {
		retcode.English: "it is a command of the bus, the access token check; its result is the number after ret",
		retcode.Chinese: "它是总线的命令（access token 校验），结果是 ret 后面的数字",
	},
	0x71f: {
		retcode.English: "it is a command of the bus, the conversion of openids; its result is the number after ret",
		retcode.Chinese: "它是总线的命令（openid 转换），结果是 ret 后面的数字",
	},
	0x73a: {
		retcode.English: "it is a command of the bus, the pay token check; its result is the number after ret",
		retcode.Chinese: "它是总线的命令（pay token 校验），结果是 ret 后面的数字",
	},
	0x5e1: {
		retcode.English: "it is a command of the bus, the query of a profile; its result is the number after ret",
		retcode.Chinese: "它是总线的命令（资料查询），结果是 ret 后面的数字",
	},
}

// phrases are what hints are made of.
type phrases struct {
	otherDomain, notCode, near string // formats
	code, and, then            string // a code with its summary, and what is between codes and between hints
}

var phrasesIn = map[retcode.Language]phrases{
	retcode.English: {"not of domain %v, but it can be %s", "%s is not a code: %s", "; near it: %s", "%v %d (%s)", ", ", "; "},
	retcode.Chinese: {"不属于 %v 域，但可能是 %s", "%s 不是返回码：%s", "；相近的有 %s", "%v %d（%s）", "、", "；"},
}

var numberInText = regexp.MustCompile(`-?\b(0[xX][0-9a-fA-F]+|[0-9]+)\b`)

// Hint returns a sentence that may help somebody whose text holds no known return code, of one domain unless that is 0; "" if
// nothing is known about the text.
func Hint(text string, domain retcode.Domain, lang retcode.Language) string {
	candidates, neighbours := retcode.ExplainAll(text)
	p := phrasesIn[lang]
	if len(candidates) > 0 { // of other domains
		return fmt.Sprintf(p.otherDomain, domain, listCodes(candidates, lang))
	}
	for _, n := range numberInText.FindAllString(text, -1) {
		value, err := strconv.ParseInt(n, 0, 64)
		if says, ok := notCodes[int(value)]; err == nil && ok {
			if n == strings.TrimSpace(text) {
				return says[lang]
			}
			return fmt.Sprintf(p.notCode, n, says[lang])
		}
	}
	var says []string
	for _, n := range neighbours {
		line := n.In(lang)
		if !n.Exact {
			if near := nearestCodes(n.Number); len(near) > 0 {
				line += fmt.Sprintf(p.near, listCodes(near, lang))
			}
		}
		says = append(says, line)
	}
	return strings.Join(says, p.then)
}

// nearestCodes returns the codes just below and above an unknown number, if they are close: a mistyped digit is mostly one
// of the last.
func nearestCodes(n int) (near []retcode.Candidate) {
	const reach = 10
	for _, step := range []int{-1, 1} {
		for i := 1; i <= reach; i++ {
			if found := retcode.Explain(strconv.Itoa(n + step*i)); len(found) > 0 {
				near = append(near, found[0])
				break
			}
		}
	}
	return near
}

// listCodes joins codes with their summaries.
func listCodes(candidates []retcode.Candidate, lang retcode.Language) string {
	var list []string
	for _, c := range candidates {
		list = append(list, fmt.Sprintf(phrasesIn[lang].code, c.Code.Domain(), c.Code.Number(), c.Entry.In(lang).Summary))
	}
	return strings.Join(list, phrasesIn[lang].and)
}
