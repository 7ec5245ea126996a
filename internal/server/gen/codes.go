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
	opening, answers, notYet        string
	header                          string // of a domain's table
	remedy, onRookery, onQQ, note   string
	answeredBy, related, terms, try string
	glossary, separator             string
	introductions                   map[retcode.Domain]string
}

var wordings = map[retcode.Language]wording{
	retcode.English: {
		opening: "# Return codes\n\n[中文](codes.zh.md)\n\n" +
			"A number means something only together with its domain. `rookery explain` finds the domain from an answer or a log line; `rookery codes show` prints one " +
			"code with everything below, and the pages `/codes` of a running platform have it too, as `/codes/qq/-5`.\n\n" +
			"The class tells the calling program what to do: **retry** with backoff, **slow-down**, **reauthorize** " +
			"(get a new login or token, also where a player's client brought a wrong one), **fix-request**, **fix-configuration**, **ask-user** (a person must act), " +
			"**contact-platform** (only the operator can mend it), **internal** (report it).\n\n",
		answers: "This version answers %d of the %d numbers of the contract: each has a scenario in test/scenarios that provokes it. Of numbers " +
			"that documents have besides, those that nothing answers here are marked *not yet*.\n\n" +
			"Answered by names the doors and their interfaces, the commands of the bus (oidb), and what a game's client checks (device). [coverage.md](coverage.md) says where " +
			"a test saw each code answered, and [api/](api/README.md) has each interface with its codes. The commands that bring a code about are for a shell of `rookery dev exec -- sh`.\n",
		notYet: "*not yet*", header: "| Number | What is wrong | Class | HTTP | Go constant |",
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
		opening: "# 返回码\n\n[English](codes.md)\n\n" +
			"同一个数字在不同的域里含义不同。`rookery explain` 能从应答或日志里判断它属于哪个域；`rookery codes show` 显示一个返回码的全部说明，正在运行的平台的 `/codes` 页面（例如 `/codes/qq/-5`）也有同样的内容。\n\n" +
			"类别告诉调用方程序该怎么做：**retry** 逐次延长间隔后重试，**slow-down** 降低调用频率，**reauthorize** 重新登录或换取新的令牌（包括客户端带来了错误令牌的情况），" +
			"**fix-request** 修正请求，**fix-configuration** 修改应用的登记信息、权限或绑定，**ask-user** 由用户本人操作，**contact-platform** 只有平台运营方能处理，**internal** 反馈给平台。\n\n",
		answers: "当前版本会返回列表中 %d 个返回码（共 %d 个）：每一个都有 test/scenarios 里的场景触发它。其他文档里另有而这里不会返回的，标为*暂不返回*。\n\n" +
			"“返回处”列出接口、总线命令（oidb）以及游戏客户端的检查（device）。[coverage.md](coverage.md) 记录测试在哪里见到了每个返回码，[api/](api/README.md) 列出每个接口的返回码。" +
			"重现返回码的命令请在 `rookery dev exec -- sh` 启动的 shell 里运行。\n",
		notYet: "*暂不返回*", header: "| 返回码 | 含义 | 类别 | HTTP | Go 常量 |",
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

// codes returns docs/codes.md in a language.
func codes(lang retcode.Language) []byte {
	w := wordings[lang]
	b := bytes.NewBufferString("<!-- Made by go generate from the catalogue, and from what doors and commands declare. -->\n\n" + w.opening)
	answered, all := 0, 0
	for row := range retcode.Entries() {
		all += row.High - row.Low + 1
		if row.Answered {
			answered += row.High - row.Low + 1
		}
	}
	fmt.Fprintf(b, w.answers, answered, all)
	var rows []retcode.Entry // of one domain
	for _, list := range []iter.Seq[retcode.Entry]{retcode.Entries(), retcode.DoorEntries()} {
		for row := range list {
			if len(rows) > 0 && rows[0].Domain != row.Domain {
				w.domain(b, lang, rows)
				rows = rows[:0]
			}
			rows = append(rows, row.In(lang))
		}
	}
	w.domain(b, lang, rows)
	fmt.Fprintf(b, "\n## %s\n\n", w.glossary)
	for _, t := range codebook.Glossary(lang) {
		fmt.Fprintf(b, "- <a id=\"term-%s\"></a>**%s**%s%s\n", t.Term, t.Name, w.separator, escape(t.Meaning))
	}
	return b.Bytes()
}

// domain writes a domain's rows: a table of all, then each with its texts.
func (w wording) domain(b *bytes.Buffer, lang retcode.Language, rows []retcode.Entry) {
	domain := rows[0].Domain
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n%s\n|---|---|---|---|---|\n", domain, w.introductions[domain], w.header)
	for _, row := range rows {
		summary := escape(row.Summary)
		if !row.Answered {
			summary += ", " + w.notYet
		}
		fmt.Fprintf(b, "| [%s](#%s) | %s | %s | %d | `%s` |\n", forms(row), anchor(codebook.Code(row)), summary, row.Class, row.HTTPStatus, symbol(row))
	}
	for _, row := range rows {
		w.row(b, lang, row)
	}
}

// row writes the texts of a row. Each of its numbers has an anchor.
func (w wording) row(b *bytes.Buffer, lang retcode.Language, row retcode.Entry) {
	page := codebook.Of(row)
	b.WriteString("\n### ")
	for n := row.Low; n <= row.High; n++ {
		fmt.Fprintf(b, "<a id=%q></a>", anchor(fmt.Sprintf("%v/%d", row.Domain, n)))
	}
	fmt.Fprintf(b, "%v %s\n\n**%s**%s%s\n", row.Domain, numbers(row), escape(row.Summary), w.separator, escape(row.Cause))
	paragraph := func(label, text string) {
		if text != "" {
			fmt.Fprintf(b, "\n**%s**%s%s\n", label, w.separator, text)
		}
	}
	paragraph(w.remedy, escape(row.Remedy))
	paragraph(w.onRookery, escape(row.OnRookery))
	paragraph(w.onQQ, escape(row.OnQQ))
	paragraph(w.note, escape(row.Note))
	var places, related, terms []string
	for _, place := range server.AnsweredAt(row) {
		places = append(places, escape(place.In(lang)))
	}
	for _, code := range page.Related {
		related = append(related, fmt.Sprintf("[%s](#%s)", strings.Replace(code, "/", " ", 1), anchor(code)))
	}
	for _, t := range codebook.Terms(page.Terms, lang) {
		terms = append(terms, fmt.Sprintf("[%s](#term-%s)", t.Name, t.Term))
	}
	if row.Answered {
		paragraph(w.answeredBy, strings.Join(places, "; "))
	}
	paragraph(w.related, strings.Join(related, ", "))
	paragraph(w.terms, strings.Join(terms, ", "))
	if len(page.BringAbout) > 0 {
		fmt.Fprintf(b, "\n**%s**\n\n```sh\n%s\n```\n", w.try, strings.Join(page.BringAbout, "\n"))
	}
	if page.Example != "" {
		fmt.Fprintf(b, "```text\n%s\n```\n", page.Example)
	}
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
