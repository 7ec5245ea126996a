package explain

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/retcode"
)

// notCodes explains numbers that are printed where codes are but are not codes.
var notCodes = map[int]string{
	-10000: "it only says that the number at the start of msg is the platform's code: explain that one, or the whole answer",
	-20000: "it only says that the number at the start of msg is WeChat's code, which this catalogue does not have",
	0x711:  "it is a command of the bus, the access token check; its result is the number after ret",
	0x71f:  "it is a command of the bus, the conversion of openids; its result is the number after ret",
	0x73a:  "it is a command of the bus, the pay token check; its result is the number after ret",
	0x5e1:  "it is a command of the bus, the query of a profile; its result is the number after ret",
}

var numberInText = regexp.MustCompile(`-?\b(0[xX][0-9a-fA-F]+|[0-9]+)\b`)

// Hint returns a sentence that may help somebody whose text holds no known return code, of one domain unless that is 0; "" if
// nothing is known about the text. What it says of other systems' numbers is in the language, the rest in English.
func Hint(text string, domain retcode.Domain, lang retcode.Language) string {
	candidates, neighbours := retcode.ExplainAll(text)
	if len(candidates) > 0 { // of other domains
		return fmt.Sprintf("not of domain %v, but it can be %s", domain, listCodes(candidates))
	}
	for _, n := range numberInText.FindAllString(text, -1) {
		value, err := strconv.ParseInt(n, 0, 64)
		if says, ok := notCodes[int(value)]; err == nil && ok {
			if n == strings.TrimSpace(text) {
				return says
			}
			return n + " is not a code: " + says
		}
	}
	var says []string
	for _, n := range neighbours {
		line := n.In(lang)
		if !n.Exact {
			if near := nearestCodes(n.Number); len(near) > 0 {
				line += "; near it: " + listCodes(near)
			}
		}
		says = append(says, line)
	}
	return strings.Join(says, "; ")
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
func listCodes(candidates []retcode.Candidate) string {
	var list []string
	for _, c := range candidates {
		list = append(list, fmt.Sprintf("%v %d (%s)", c.Code.Domain(), c.Code.Number(), c.Entry.Summary))
	}
	return strings.Join(list, ", ")
}
