package cluster

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// stored is what the database has after a drill, as the reader needs it.
type stored struct {
	accounts map[string]bool
	messages []message
	members  map[[2]string]bool // account and group
	bindings map[string]string  // the group of each guild, by the platform's own table
	noted    map[string]string  // the guild of each group, by the group platform's
}

type message struct {
	id, request, from, to string
	sentMS                int64
}

// read reads the database of a game.
func read(ctx context.Context, conn *pgx.Conn, appid string) (s stored, err error) {
	s = stored{accounts: make(map[string]bool), members: make(map[[2]string]bool), bindings: make(map[string]string), noted: make(map[string]string)}
	var (
		a, b string
		m    message
	)
	for _, table := range []struct {
		query string
		into  []any
		each  func()
	}{
		{"SELECT uin::text FROM accounts", []any{&a}, func() { s.accounts[a] = true }},
		{"SELECT id::text, request, sender::text, uin::text, sent_ms FROM messages WHERE sender <> 0", []any{&m.id, &m.request, &m.from, &m.to, &m.sentMS}, func() { s.messages = append(s.messages, m) }},
		{"SELECT uin::text, gc::text FROM qqgroup_members", []any{&a, &b}, func() { s.members[[2]string{a, b}] = true }},
		{"SELECT guild, gc::text FROM bindings WHERE bound = 1 AND appid = " + appid, []any{&a, &b}, func() { s.bindings[a] = b }},
		{"SELECT guild, gc::text FROM qqgroup_guilds WHERE appid = " + appid, []any{&a, &b}, func() { s.noted[b] = a }},
	} {
		rows, err := conn.Query(ctx, table.query)
		if err != nil {
			return s, err
		}
		if _, err := pgx.ForEachRow(rows, table.into, func() error { table.each(); return nil }); err != nil {
			return s, fmt.Errorf("%s: %w", table.query, err)
		}
	}
	return s, nil
}

// faults returns what is wrong with a history and what is stored after it. It shares no code and no constant with the platform.
func faults(all []operation, s stored) (found []string) {
	wrong := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	byKind := make(map[string][]operation)
	for _, op := range all {
		byKind[op.Kind] = append(byKind[op.Kind], op)
		if op.Result == refused && !slices.Contains(refusals[op.Kind], op.Code) {
			wrong("%s was answered %s", op, op.Code)
		}
	}
	wrongAccounts(byKind[makeAccount], s, wrong)
	wrongChecks(byKind, wrong)
	wrongUses(byKind, wrong)
	wrongMessages(byKind[send], s, wrong)
	wrongGroups(all, s, wrong)
	wrongRates(byKind[metered], byKind[restart], wrong)
	return found
}

type complain func(format string, args ...any)

// wrongAccounts: an account that was given to somebody is there, and given to nobody else.
func wrongAccounts(made []operation, s stored, wrong complain) {
	given := make(map[string]bool)
	for _, op := range made {
		if op.Result != done {
			continue
		}
		if !s.accounts[op.Got] {
			wrong("account %s was acknowledged and is lost: %s", op.Got, op)
		}
		if given[op.Got] {
			wrong("account %s was given out twice: %s", op.Got, op)
		}
		given[op.Got] = true
	}
}

// A dead token may be accepted for this long after its end was acknowledged.
const lingers = time.Second

// wrongChecks: no token is accepted later than a second after its grant was ended, and none is refused whose grant was not.
func wrongChecks(byKind map[string][]operation, wrong complain) {
	issued := make(map[string]operation)
	for _, op := range byKind[issue] {
		issued[op.What] = op
	}
	ends := make(map[string][]operation) // by account
	for _, op := range byKind[revoke] {
		ends[op.Who] = append(ends[op.Who], op)
	}
	for _, op := range byKind[check] {
		token := issued[op.What]
		switch op.Result {
		case done:
			for _, end := range ends[op.Who] {
				if end.Result == done && end.Start > token.End && op.Start > end.End+lingers {
					wrong("a token was accepted %s after its end was acknowledged: %s, %s", op.Start-end.End, end, op)
					break
				}
			}
		case refused:
			if !slices.ContainsFunc(ends[op.Who], func(end operation) bool { return end.Result != refused && end.Start < op.End && end.End > token.Start }) {
				wrong("a token was refused that nobody had ended: %s, %s", token, op)
			}
		}
	}
}

// A refresh token is answered again for this long, if its answer was lost (docs/adr/0037).
const again = 10 * time.Second

// wrongUses: a code is exchanged once, a refresh token gives one next token and in time, and the latest one of a login whose code had one
// use is good.
func wrongUses(byKind map[string][]operation, wrong complain) {
	exchanged, codeUses := make(map[string]bool), make(map[string]int)
	for _, op := range byKind[exchange] {
		codeUses[op.Who]++
		if op.Result == done && exchanged[op.What] {
			wrong("a code was exchanged twice: %s", op)
		}
		exchanged[op.What] = exchanged[op.What] || op.Result == done
	}
	first, tried := make(map[string]operation), make(map[string]bool)
	for _, op := range byKind[refresh] {
		if op.Result == done {
			was, used := first[op.What]
			if !used {
				first[op.What] = op
			} else if was.Got != op.Got {
				wrong("a refresh token gave two next ones: %s, %s", was, op)
			} else if op.Start > was.End+again {
				wrong("a refresh token was used again after %s: %s, %s", op.Start-was.End, was, op)
			}
		}
		if op.Result == refused && !tried[op.What] && codeUses[op.Who] == 1 {
			wrong("a refresh token was acknowledged and is lost: %s", op)
		}
		tried[op.What] = true
	}
}

// wrongMessages: an acknowledged message is there, and no limit is broken (causes.md, messages). Days are those of Shanghai, which is
// eight hours ahead of Greenwich.
func wrongMessages(sent []operation, s stored, wrong complain) {
	limits := map[string]int{"sent": 10, "got": 5, "from one to one": 1}
	counts, by := make(map[string]map[string]int), make(map[message]bool)
	for limit := range limits {
		counts[limit] = make(map[string]int)
	}
	for _, m := range s.messages {
		const dayMS = 24 * 3600 * 1000
		day := fmt.Sprint(" on day ", (m.sentMS+8*3600*1000)/dayMS)
		counts["sent"][m.from+day]++
		counts["got"][m.to+day]++
		counts["from one to one"][m.from+" to "+m.to+day]++
		m.sentMS = 0
		by[m] = true
	}
	for limit, most := range limits {
		for account, n := range counts[limit] {
			if n > most {
				wrong("messages %s: %s: %d, more than %d", limit, account, n, most)
			}
		}
	}
	for _, op := range sent {
		if op.Result == done && !by[message{id: op.Got, request: op.What, from: op.Who, to: op.Whom}] {
			wrong("a message was acknowledged and is lost: %s", op)
		}
	}
}

// wrongGroups: who was told to be a member is one, guilds have the groups that their leaders were told of, and the two systems agree.
func wrongGroups(all []operation, s stored, wrong complain) {
	told := make(map[string]string) // by guild; none where the leader is in doubt
	for _, op := range all {
		switch {
		case op.Kind == join && op.Result == done:
			if !s.members[[2]string{op.Who, op.Got}] {
				wrong("a member was acknowledged and is lost: %s", op)
			}
		case op.Kind == bind && op.Result == done:
			told[op.What] = op.Got
		case op.Kind == unbind && op.Result == done: // a refusal may come from a gateway that has not heard of the group yet
			told[op.What] = ""
		case (op.Kind == bind || op.Kind == unbind) && op.Result == failed:
			delete(told, op.What)
		}
	}
	for guild, group := range told {
		if s.bindings[guild] != group {
			wrong("guild %s has group %q, its leader was told of %q", guild, s.bindings[guild], group)
		}
	}
	guilds := make(map[string]string)
	for _, guild := range slices.Sorted(maps.Keys(s.bindings)) {
		group := s.bindings[guild]
		if other, twice := guilds[group]; twice {
			wrong("group %s serves the guilds %s and %s", group, other, guild)
		}
		guilds[group] = guild
		if s.noted[group] != guild {
			wrong("guild %s has group %s, of which the group platform says guild %q", guild, group, s.noted[group])
		}
	}
	for group, guild := range s.noted {
		if guilds[group] == "" {
			wrong("the group platform says that group %s serves guild %s, which has none", group, guild)
		}
	}
}

// wrongRates: of an app with ten calls a second, no more are made in any time than one second's and those of the time, unless what counts them was
// started anew.
func wrongRates(made, restarts []operation, wrong complain) {
	slices.SortFunc(made, func(a, b operation) int { return cmp.Compare(a.Start, b.Start) })
	for i, first := range made {
		calls, end := 0, first.End
		for _, op := range made[i:] {
			if op.End > end {
				end = op.End
			}
			if slices.ContainsFunc(restarts, func(r operation) bool { return r.End > first.Start && r.Start < end }) {
				break
			}
			if op.Result == done {
				calls++
			}
			if most := 10 + 10*(end-first.Start).Seconds(); float64(calls) > most+1 {
				wrong("%d calls of an app with ten a second were made in %s, until %s", calls, end-first.Start, op)
				return
			}
		}
	}
}

// TestFaults: the reader finds each thing that must not be, and nothing in a history in order.
func TestFaults(t *testing.T) {
	second := func(start, end float64) operation {
		return operation{Start: time.Duration(start * float64(time.Second)), End: time.Duration(end * float64(time.Second)), Result: done, Code: "0"}
	}
	op := func(start, end float64, kind, who, what, got string) operation {
		one := second(start, end)
		one.Kind, one.Who, one.What, one.Got = kind, who, what, got
		return one
	}
	with := func(one operation, result, code string) operation {
		one.Result, one.Code = result, code
		return one
	}
	sent := op(1, 2, send, "11", "r1", "m1")
	sent.Whom = "12"
	mail := func(n int) (all []message) {
		for i := range n {
			all = append(all, message{id: fmt.Sprint("m", i), request: fmt.Sprint("r", i), from: "11", to: fmt.Sprint(100 + i), sentMS: 1})
		}
		return all
	}
	metersAt := func(from, every float64, n int) (all []operation) {
		for i := range n {
			all = append(all, op(from+float64(i)*every, from+float64(i)*every+0.01, metered, "", "", ""))
		}
		return all
	}
	for name, test := range map[string]struct {
		all  []operation
		s    stored
		want string // in the one fault; "" for none
	}{
		"an app makes its calls":                       {all: slices.Concat(metersAt(5, 0.001, 10), metersAt(5.1, 0.1, 30))},
		"an app makes too many calls":                  {all: metersAt(5, 0.01, 14), want: "calls of an app with ten a second"},
		"an app makes too many calls for long":         {all: metersAt(5, 0.08, 80), want: "calls of an app with ten a second"},
		"calls are counted anew":                       {all: slices.Concat(metersAt(5, 0.001, 10), []operation{op(5.1, 5.2, restart, "", "", "")}, metersAt(5.3, 0.001, 10))},
		"calls are too many after a new start":         {all: append(metersAt(5.3, 0.01, 14), op(5.1, 5.2, restart, "", "", "")), want: "calls of an app with ten a second"},
		"refused calls do not count":                   {all: slices.Concat(metersAt(5, 0.001, 10), []operation{with(op(5.1, 5.2, metered, "", "", ""), refused, "-6"), with(op(5.1, 5.2, metered, "", "", ""), failed, "100016")})},
		"a metered call is answered by another's code": {all: []operation{with(op(5.1, 5.2, metered, "", "", ""), refused, "220028")}, want: "was answered 220028"},

		"an account is there":           {all: []operation{op(1, 2, makeAccount, "", "", "11")}, s: stored{accounts: map[string]bool{"11": true}}},
		"an account is lost":            {all: []operation{op(1, 2, makeAccount, "", "", "11")}, want: "account 11 was acknowledged and is lost"},
		"an account in doubt is lost":   {all: []operation{with(op(1, 2, makeAccount, "", "", ""), failed, none)}},
		"an account is given out twice": {all: []operation{op(1, 2, makeAccount, "", "", "11"), op(3, 4, makeAccount, "", "", "11")}, s: stored{accounts: map[string]bool{"11": true}}, want: "given out twice"},

		"a dead token is accepted within a second":            {all: []operation{op(1, 2, issue, "11", "1", ""), op(3, 4, revoke, "11", "", ""), op(4.9, 6, check, "11", "1", "")}},
		"a dead token is accepted later":                      {all: []operation{op(1, 2, issue, "11", "1", ""), op(3, 4, revoke, "11", "", ""), op(5.1, 6, check, "11", "1", "")}, want: "accepted 1.1s after its end"},
		"a token whose end is in doubt is accepted":           {all: []operation{op(1, 2, issue, "11", "1", ""), with(op(3, 4, revoke, "11", "", ""), failed, "500"), op(9, 9, check, "11", "1", "")}},
		"a token whose end is in doubt is refused":            {all: []operation{op(1, 2, issue, "11", "1", ""), with(op(3, 4, revoke, "11", "", ""), failed, "500"), with(op(9, 9, check, "11", "1", ""), refused, ended)}},
		"a token after the end of another":                    {all: []operation{op(1, 2, revoke, "11", "", ""), op(3, 4, issue, "11", "1", ""), op(6, 6, check, "11", "1", "")}},
		"a token that nobody ended is refused":                {all: []operation{op(1, 2, revoke, "11", "", ""), op(3, 4, issue, "11", "1", ""), with(op(6, 6, check, "11", "1", ""), refused, ended)}, want: "refused that nobody had ended"},
		"a check is answered by what it never is":             {all: []operation{with(op(6, 6, check, "11", "1", ""), refused, "100013")}, want: "was answered 100013"},
		"a check that failed":                                 {all: []operation{with(op(6, 6, check, "11", "1", ""), failed, "100016")}},
		"a code is exchanged twice":                           {all: []operation{op(1, 2, exchange, "l", "c", "t1"), op(1, 2, exchange, "l", "c", "t2")}, want: "a code was exchanged twice"},
		"a code is refused the second time":                   {all: []operation{op(1, 2, exchange, "l", "c", "t1"), with(op(1, 2, exchange, "l", "c", ""), refused, "100020"), with(op(3, 4, refresh, "l", "t1", ""), refused, "100050")}},
		"a refresh token gives the same again":                {all: []operation{op(1, 2, refresh, "l", "t1", "t2"), op(3, 4, refresh, "l", "t1", "t2")}},
		"a refresh token gives the same too late":             {all: []operation{op(1, 2, refresh, "l", "t1", "t2"), op(12.1, 13, refresh, "l", "t1", "t2")}, want: "used again after 10.1s"},
		"a refresh token gives two":                           {all: []operation{op(1, 2, refresh, "l", "t1", "t2"), op(3, 4, refresh, "l", "t1", "t3")}, want: "gave two next ones"},
		"a refresh token is lost":                             {all: []operation{op(1, 2, exchange, "l", "c", "t1"), with(op(3, 4, refresh, "l", "t1", ""), refused, "100050")}, want: "a refresh token was acknowledged and is lost"},
		"a message is there":                                  {all: []operation{sent}, s: stored{messages: []message{{"m1", "r1", "11", "12", 1}}}},
		"a message is lost":                                   {all: []operation{sent}, s: stored{messages: []message{{"m1", "r1", "11", "13", 1}}}, want: "a message was acknowledged and is lost"},
		"ten messages a day":                                  {s: stored{messages: mail(10)}},
		"eleven messages a day":                               {s: stored{messages: mail(11)}, want: "messages sent: 11 on day 0: 11, more than 10"},
		"two messages from one to one":                        {s: stored{messages: []message{{"m1", "r1", "11", "12", 1}, {"m2", "r2", "11", "12", 2}}}, want: "messages from one to one: 11 to 12 on day 0: 2, more than 1"},
		"two messages, before midnight and after":             {s: stored{messages: []message{{"m1", "r1", "11", "12", 57_599_999}, {"m2", "r2", "11", "12", 57_600_000}}}},
		"six messages got a day":                              {s: stored{messages: []message{{"1", "", "1", "9", 1}, {"2", "", "2", "9", 1}, {"3", "", "3", "9", 1}, {"4", "", "4", "9", 1}, {"5", "", "5", "9", 1}, {"6", "", "6", "9", 1}}}, want: "messages got: 9 on day 0: 6, more than 5"},
		"a member is lost":                                    {all: []operation{op(1, 2, join, "11", "1", "77")}, s: stored{members: map[[2]string]bool{{"12", "77"}: true}}, want: "a member was acknowledged and is lost"},
		"a guild has the group that its leader knows":         {all: []operation{op(1, 2, bind, "11", "1", "77")}, s: stored{bindings: map[string]string{"1": "77"}, noted: map[string]string{"77": "1"}}},
		"a guild has another group":                           {all: []operation{op(1, 2, bind, "11", "1", "78")}, s: stored{bindings: map[string]string{"1": "77"}, noted: map[string]string{"77": "1"}}, want: `guild 1 has group "77", its leader was told of "78"`},
		"a guild has a group of which its leader is in doubt": {all: []operation{op(1, 2, bind, "11", "1", "78"), with(op(3, 4, unbind, "11", "1", ""), failed, "155")}, s: stored{bindings: map[string]string{"1": "77"}, noted: map[string]string{"77": "1"}}},
		"a guild kept a group that was unbound":               {all: []operation{op(1, 2, bind, "11", "1", "77"), op(3, 4, unbind, "11", "1", "")}, s: stored{bindings: map[string]string{"1": "77"}, noted: map[string]string{"77": "1"}}, want: `its leader was told of ""`},
		"a group serves two guilds":                           {s: stored{bindings: map[string]string{"1": "77", "2": "77"}, noted: map[string]string{"77": "2"}}, want: "group 77 serves the guilds 1 and 2"},
		"the systems disagree about a guild":                  {s: stored{bindings: map[string]string{"1": "77"}}, want: `of which the group platform says guild ""`},
		"the systems disagree about a group":                  {s: stored{noted: map[string]string{"77": "1"}}, want: "which has none"},
	} {
		t.Run(name, func(t *testing.T) {
			found := faults(test.all, test.s)
			if test.want == "" && len(found) > 0 {
				t.Errorf("found %q", found)
			} else if test.want != "" && !slices.ContainsFunc(found, func(one string) bool { return strings.Contains(one, test.want) }) {
				t.Errorf("found %q, not %q", found, test.want)
			}
		})
	}
}
