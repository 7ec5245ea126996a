package main

import (
	"bytes"
	"fmt"
	"iter"
	"strings"

	"github.com/rookeryhq/rookery/internal/server"
	"github.com/rookeryhq/rookery/retcode"
)

// introductions open the sections of the readable list.
var introductions = map[retcode.Domain]string{
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
	retcode.Connect: "Answered by the OAuth 2.0 interfaces in addition to the numbers of qq. They are not part of the contract.",
	retcode.OpenAPI: "Answered by OpenAPI V3 in addition to the numbers of qq. They are not part of the contract.",
}

// codes returns docs/codes.md.
func codes() []byte {
	var b bytes.Buffer
	b.WriteString("<!-- Made by go generate from the catalogue, and from what doors and commands declare. -->\n\n# Return codes\n\n")
	b.WriteString("A number means something only together with its domain. `rookery explain` finds the domain from an answer " +
		"or a log line; `rookery codes show` prints one code with everything below.\n\n")
	b.WriteString("The class tells the calling program what to do: **retry** with backoff, **slow-down**, **reauthorize** " +
		"(get a new login or token, also where a player's client brought a wrong one), **fix-request**, **fix-configuration**, **ask-user** (a person must act), " +
		"**contact-platform** (only the operator can mend it), **internal** (report it).\n\n")
	answered, all := 0, 0
	for row := range retcode.Entries() {
		all += row.High - row.Low + 1
		if row.Answered {
			answered += row.High - row.Low + 1
		}
	}
	fmt.Fprintf(&b, "This version answers %d of the %d numbers of the contract: each has a scenario in test/scenarios that provokes it. Of numbers "+
		"that documents have besides, those that nothing answers here are marked *not yet*.\n\n"+
		"Answered by names the doors and their interfaces, the commands of the bus (oidb), and what a game's client checks (device). [coverage.md](coverage.md) says where "+
		"a test saw each code answered, and [api/](api/README.md) has each interface with its codes.\n", answered, all)
	var domain retcode.Domain
	for _, rows := range []iter.Seq[retcode.Entry]{retcode.Entries(), retcode.DoorEntries()} {
		for row := range rows {
			if row.Domain != domain {
				domain = row.Domain
				fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", domain, introductions[domain])
				b.WriteString("| Number | What is wrong | What to do | Class | HTTP | Answered by | Go constant |\n")
				b.WriteString("|---|---|---|---|---|---|---|\n")
			}
			writeRow(&b, row)
		}
	}
	return b.Bytes()
}

func writeRow(b *bytes.Buffer, row retcode.Entry) {
	meaning := fmt.Sprintf("**%s**: %s", escape(row.Summary), escape(row.Cause))
	if row.Note != "" {
		meaning += fmt.Sprintf(" *%s*", escape(row.Note))
	}
	symbol := row.Symbol
	if row.Low != row.High {
		low, _ := retcode.Lookup(row.Domain, row.Low)
		high, _ := retcode.Lookup(row.Domain, row.High)
		symbol = low.Symbol() + "` to `" + high.Symbol()
	}
	by := row.AnsweredBy + ", *not yet*"
	if row.Answered {
		var places []string
		for _, place := range server.AnsweredAt(row) {
			places = append(places, escape(place.String()))
		}
		by = strings.Join(places, "; ")
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s | %d | %s | `%s` |\n",
		forms(row), meaning, escape(row.Remedy), row.Class, row.HTTPStatus, by, symbol)
}

// forms lists the number's printed forms, the code itself first.
func forms(row retcode.Entry) string {
	s := fmt.Sprint(row.Low)
	if row.Low != row.High {
		s = fmt.Sprintf("%d to %d", row.Low, row.High)
	}
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
