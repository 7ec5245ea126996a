package main

import (
	"bytes"
	"fmt"
	"iter"
	"strings"

	"github.com/rookeryhq/rookery/internal/codebook"
	"github.com/rookeryhq/rookery/internal/server"
	"github.com/rookeryhq/rookery/retcode"
)

// wording is the text around the catalogue's in the readable list, in one language.
type wording struct {
	title, other                    string // other is a link to the same page in the other language
	opening, answers, notYet        string
	texts                           string // the name of the link to a domain's page
	header                          string // of a domain's table
	remedy, onRookery, onQQ, note   string
	answeredBy, related, terms, try string
	glossary, separator             string
	introductions                   map[retcode.Domain]string
}

var wordings = map[retcode.Language]wording{
	retcode.English: {
		title: "Return codes", other: "[中文](%s)",
		opening: "A number means something only together with its domain. `rookery explain` finds the domain from an answer or a log line; `rookery codes show` prints one " +
			"code with everything below, and the pages `/codes` of a running platform have it too, as `/codes/qq/-5`.\n\n" +
			"The class tells the calling program what to do: **retry** with backoff, **slow-down**, **reauthorize** " +
			"(get a new login or token, also where a player's client brought a wrong one), **fix-request**, **fix-configuration**, **ask-user** (a person must act), " +
			"**contact-platform** (only the operator can mend it), **internal** (report it).\n\n",
		answers: "This version answers %d of the %d numbers of the contract: each has a scenario in test/scenarios that provokes it. Of numbers " +
			"that documents have besides, those that nothing answers here are marked *not yet*.\n\n" +
			"Answered by names the doors and their interfaces, the commands of the bus (oidb), and what a game's client checks (device). [coverage.md](coverage.md) says where " +
			"a test saw each code answered, and [api/](api/README.md) has each interface with its codes. The commands that bring a code about are for a shell of `rookery dev exec -- sh`.\n",
		notYet: "*not yet*", texts: "What to do about each", header: "| Number | What is wrong | Class | HTTP | Go constant |",
		remedy: "What to do", onRookery: "On Rookery", onQQ: "On QQ", note: "Note", answeredBy: "Answered by", related: "Related", terms: "Terms", try: "To bring it about",
		glossary: "Glossary", separator: ": ",
		introductions: map[retcode.Domain]string{
			retcode.QQ: "Answered by the share calls on a player's device, by the gateway (OpenAPI, Connect), by OAuth and by the " +
				"friend and message interfaces.",
			retcode.Group:      "Answered by the guild group interfaces.",
			retcode.GameCenter: "Answered by the Game Center's CGI and by the achievement interfaces of the MSDK doors.",
			retcode.OIDB: "Answered by the bus for every command. A number is one byte: logs print it unsigned, signed (the number " +
				"minus 256) or in hex.",
			retcode.PayToken:    "Answered by command 0x73a, the check of a pay token.",
			retcode.AccessToken: "Answered by command 0x711, the check of an access token, which prints its results in hex.",
			retcode.MSDKv5:      "Answered by the MSDK V5 doors before a request reaches the platform. They are not part of the contract.",
			retcode.MSDKv3: "Answered by the MSDK V3 doors before a request reaches the platform, or for a failure behind them that has " +
				"no number of the platform. They are not part of the contract.",
			retcode.Connect:  "Answered by the OAuth 2.0 interfaces in addition to the numbers of qq. They are not part of the contract.",
			retcode.OpenAPI:  "Answered by OpenAPI V3 in addition to the numbers of qq. They are not part of the contract.",
			retcode.Share:    "Answered by MSDK V3's /share/qq. They are not part of the contract.",
			retcode.V2Group:  "Answered as platCode by MSDK V2's queries of guild groups. They are not part of the contract.",
			retcode.V2Unbind: "Answered as platCode by MSDK V2's unbind_group. They are not part of the contract.",
		},
	},
	retcode.Chinese: {
		title: "返回码", other: "[English](%s)",
		opening: "同一个数字在不同的域里含义不同。`rookery explain` 能从应答或日志里判断它属于哪个域；`rookery codes show` 显示一个返回码的全部说明，正在运行的平台的 `/codes` 页面（例如 `/codes/qq/-5`）也有同样的内容。\n\n" +
			"类别告诉调用方程序该怎么做：**retry** 逐次延长间隔后重试，**slow-down** 降低调用频率，**reauthorize** 重新登录或换取新的令牌（包括客户端带来了错误令牌的情况），" +
			"**fix-request** 修正请求，**fix-configuration** 修改应用的登记信息、权限或绑定，**ask-user** 由用户本人操作，**contact-platform** 只有平台运营方能处理，**internal** 反馈给平台。\n\n",
		answers: "当前版本会返回列表中 %d 个返回码（共 %d 个）：每一个都有 test/scenarios 里的场景触发它。其他文档里另有而这里不会返回的，标为*暂不返回*。\n\n" +
			"“返回处”列出接口、总线命令（oidb）以及游戏客户端的检查（device）。[coverage.md](coverage.md) 记录测试在哪里见到了每个返回码，[api/](api/README.md) 列出每个接口的返回码。" +
			"重现返回码的命令请在 `rookery dev exec -- sh` 启动的 shell 里运行。\n",
		notYet: "*暂不返回*", texts: "处理办法", header: "| 返回码 | 含义 | 类别 | HTTP | Go 常量 |",
		remedy: "处理办法", onRookery: "在 Rookery 上", onQQ: "在 QQ 上", note: "备注", answeredBy: "返回处", related: "相关", terms: "术语", try: "如何重现",
		glossary: "术语表", separator: "：",
		introductions: map[retcode.Domain]string{
			retcode.QQ:          "由玩家设备上的分享调用、网关（OpenAPI、Connect）、OAuth 以及好友和消息接口返回。",
			retcode.Group:       "由公会群接口返回。",
			retcode.GameCenter:  "由游戏中心的 CGI 以及 MSDK 的成就接口返回。",
			retcode.OIDB:        "由总线返回，所有命令通用。它只有一个字节：日志里可能写成无符号数、有符号数（减去 256）或十六进制。",
			retcode.PayToken:    "由校验支付令牌的命令 0x73a 返回。",
			retcode.AccessToken: "由校验访问令牌的命令 0x711 返回，日志里写成十六进制。",
			retcode.MSDKv5:      "由 MSDK V5 的接口在请求到达平台之前返回，不属于上述列表。",
			retcode.MSDKv3:      "由 MSDK V3 的接口在请求到达平台之前返回，或者用于后端没有自己返回码的故障，不属于上述列表。",
			retcode.Connect:     "由 OAuth 2.0 接口在 qq 域之外返回，不属于上述列表。",
			retcode.OpenAPI:     "由 OpenAPI V3 在 qq 域之外返回，不属于上述列表。",
			retcode.Share:       "由 MSDK V3 的 /share/qq 返回，不属于上述列表。",
			retcode.V2Group:     "由 MSDK V2 的公会群查询作为 platCode 返回，不属于上述列表。",
			retcode.V2Unbind:    "由 MSDK V2 的 unbind_group 作为 platCode 返回，不属于上述列表。",
		},
	},
}

const made = "<!-- Made by go generate from the catalogue, and from what doors and commands declare. -->\n\n"

// languages are the ends of the pages' names.
var languages = map[retcode.Language]string{retcode.English: ".md", retcode.Chinese: ".zh.md"}

// list writes the pages of one language.
type list struct {
	wording
	lang, others retcode.Language
}

// codes returns the pages below docs: codes.md in both languages with all codes and the glossary, and a page for each domain. A code has its
// anchor in both, so that an address with one stays right.
func codes() map[string][]byte {
	pages := make(map[string][]byte)
	for lang, others := range map[retcode.Language]retcode.Language{retcode.English: retcode.Chinese, retcode.Chinese: retcode.English} {
		l := list{wordings[lang], lang, others}
		index := l.index()
		for _, rows := range domains(lang) {
			l.table(index, rows)
			pages["codes/"+l.page(rows[0].Domain.String())] = l.domain(rows)
		}
		l.glossaryTo(index)
		pages[l.page("codes")] = index.Bytes()
	}
	return pages
}

// domains returns the rows of each domain, those of the contract first.
func domains(lang retcode.Language) (all [][]retcode.Entry) {
	for _, rows := range []iter.Seq[retcode.Entry]{retcode.Entries(), retcode.DoorEntries()} {
		for row := range rows {
			if n := len(all); n == 0 || all[n-1][0].Domain != row.Domain {
				all = append(all, nil)
			}
			all[len(all)-1] = append(all[len(all)-1], row.In(lang))
		}
	}
	return all
}

// page returns the name of a page in the language.
func (l list) page(name string) string { return name + languages[l.lang] }

// open begins a page of that name.
func (l list) open(title, name string) *bytes.Buffer {
	return bytes.NewBufferString(fmt.Sprintf("%s# %s\n\n"+l.other+"\n\n", made, title, name+languages[l.others]))
}

// index begins codes.md.
func (l list) index() *bytes.Buffer {
	b := l.open(l.title, "codes")
	answered, all := 0, 0
	for row := range retcode.Entries() {
		all += row.High - row.Low + 1
		if row.Answered {
			answered += row.High - row.Low + 1
		}
	}
	fmt.Fprintf(b, l.opening+l.answers, answered, all)
	return b
}

// table adds the rows of a domain to codes.md.
func (l list) table(b *bytes.Buffer, rows []retcode.Entry) {
	domain := rows[0].Domain
	page := "codes/" + l.page(domain.String())
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n[%s](%s)\n\n%s\n|---|---|---|---|---|\n", domain, l.introductions[domain], l.texts, page, l.header)
	for _, row := range rows {
		summary := escape(row.Summary)
		if !row.Answered {
			summary += ", " + l.notYet
		}
		fmt.Fprintf(b, "| %s[%s](%s#%s) | %s | %s | %d | `%s` |\n", anchors(row), forms(row), page, anchor(codebook.Code(row)), summary, row.Class, row.HTTPStatus, symbol(row))
	}
}

func (l list) glossaryTo(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## %s\n\n", l.glossary)
	for _, t := range codebook.Glossary(l.lang) {
		fmt.Fprintf(b, "- <a id=\"term-%s\"></a>**%s**%s%s\n", t.Term, t.Name, l.separator, escape(t.Meaning))
	}
}

// domain returns the page with the texts of a domain's rows.
func (l list) domain(rows []retcode.Entry) []byte {
	domain := rows[0].Domain
	b := l.open(domain.String(), domain.String())
	fmt.Fprintf(b, "%s\n\n[%s](../%s)\n", l.introductions[domain], l.title, l.page("codes"))
	for _, row := range rows {
		l.row(b, row)
	}
	return b.Bytes()
}

// row writes the texts of a row.
func (l list) row(b *bytes.Buffer, row retcode.Entry) {
	about := codebook.Of(row)
	fmt.Fprintf(b, "\n## %s%v %s\n\n**%s**%s%s\n", anchors(row), row.Domain, numbers(row), escape(row.Summary), l.separator, escape(row.Cause))
	paragraph := func(label, text string) {
		if text != "" {
			fmt.Fprintf(b, "\n**%s**%s%s\n", label, l.separator, text)
		}
	}
	paragraph(l.remedy, escape(row.Remedy))
	paragraph(l.onRookery, escape(row.OnRookery))
	paragraph(l.onQQ, escape(row.OnQQ))
	paragraph(l.note, escape(row.Note))
	var places, related, terms []string
	for _, place := range server.AnsweredAt(row) {
		places = append(places, escape(place.In(l.lang)))
	}
	for _, code := range about.Related {
		domain, number, _ := strings.Cut(code, "/")
		page := l.page(domain)
		if domain == row.Domain.String() {
			page = ""
		}
		related = append(related, fmt.Sprintf("[%s %s](%s#%s)", domain, number, page, anchor(code)))
	}
	for _, t := range codebook.Terms(about.Terms, l.lang) {
		terms = append(terms, fmt.Sprintf("[%s](../%s#term-%s)", t.Name, l.page("codes"), t.Term))
	}
	if row.Answered {
		paragraph(l.answeredBy, strings.Join(places, "; "))
	}
	paragraph(l.related, strings.Join(related, ", "))
	paragraph(l.terms, strings.Join(terms, ", "))
	if len(about.BringAbout) > 0 {
		fmt.Fprintf(b, "\n**%s**\n\n```sh\n%s\n```\n", l.try, strings.Join(about.BringAbout, "\n"))
	}
	if about.Example != "" {
		fmt.Fprintf(b, "```text\n%s\n```\n", about.Example)
	}
}

// anchors returns an anchor for each number of a row.
func anchors(row retcode.Entry) string {
	var b strings.Builder
	for n := row.Low; n <= row.High; n++ {
		fmt.Fprintf(&b, "<a id=%q></a>", anchor(fmt.Sprintf("%v/%d", row.Domain, n)))
	}
	return b.String()
}

// symbol returns the Go constants of a row.
func symbol(row retcode.Entry) string {
	if row.Low == row.High {
		return row.Symbol
	}
	low, _ := retcode.Lookup(row.Domain, row.Low)
	high, _ := retcode.Lookup(row.Domain, row.High)
	return low.Symbol() + "` to `" + high.Symbol()
}

// anchor returns the anchor of a code such as qq/-5.
func anchor(code string) string { return strings.Replace(code, "/", "-", 1) }

// numbers returns the number or the range of a row.
func numbers(row retcode.Entry) string {
	if row.Low == row.High {
		return fmt.Sprint(row.Low)
	}
	return fmt.Sprintf("%d ~ %d", row.Low, row.High)
}

// forms lists the number's printed forms, the code itself first.
func forms(row retcode.Entry) string {
	s := numbers(row)
	for _, form := range []string{row.Signed, row.Hex} {
		if form != "" && form != s {
			s += ", " + form
		}
	}
	return s
}

// escape keeps a text from being read as markup.
func escape(s string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", "&lt;").Replace(s)
}
