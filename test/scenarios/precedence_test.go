package scenarios

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// stageFault makes a call of a door fail at one stage, through the app's settings, the call, or both.
type stageFault[C any] struct {
	ret      int
	settings rookery.Settings
	change   func(C) C
}

// failing adds faults, one after the other, to an app's settings and to a call of that API. The rates are one setting, so
// those of all faults are merged.
func failing[C any](api string, settings rookery.Settings, call C, faults ...stageFault[C]) C {
	rates := make(map[string]string)
	for _, fault := range faults {
		maps.Copy(settings, fault.settings)
		if rate, ok := fault.settings["rates"].(map[string]any); ok {
			maps.Copy(rates, rate[api].(map[string]string))
			settings["rates"] = map[string]any{api: rates}
		}
		if fault.change != nil {
			call = fault.change(call)
		}
	}
	return call
}

// interfaceOrder is an interface with the API that it needs, and its checks in their order.
type interfaceOrder struct{ path, api, checks string }

// v5Order are the checks of each interface of MSDK V5 in their order. The token, or the link, is checked after all stages.
var v5Order = []interfaceOrder{
	{verifyLoginPath, "verify_login", "v5-params v5-game v5-signature online granted ordinary-address tls app-rate audit v5-body v5-test-number user-rate token"},
	{pfvalPath, "get_pfval", "v5-params v5-game v5-signature online granted sensitive-address tls app-rate audit v5-body v5-test-number user-rate token"},
	{decryptPath, "decrypt", "v5-params v5-game v5-signature online granted ordinary-address tls app-rate audit token"},
	{loginPath, "login", "v5-params v5-game v5-client-signature online granted tls app-rate audit v5-body user-rate token"},
	{userinfoPath, "userinfo", "v5-params v5-game v5-signature online granted ordinary-address tls app-rate audit v5-body v5-test-number user-rate token"},
	{queryVIPPath, "query_qq_vip", "v5-params v5-game v5-signature online granted ordinary-address tls app-rate audit v5-body v5-test-number user-rate token"},
	{vipRichInfoPath, "query_qq_vip_richinfo", "v5-params v5-game v5-signature online granted ordinary-address tls app-rate audit v5-body v5-test-number user-rate token"},
	{friendListPath, "friend_list", "v5-params v5-game v5-signature online granted ordinary-address tls app-rate audit v5-body v5-test-number user-rate relation sub-channel token"},
	{"/v2/friend/share", "share", "v5-params v5-game v5-signature granted ordinary-address tls app-rate audit v5-body v5-test-number user-rate v5-share-token"},
	{"/v2/friend/inbox", "inbox", "v5-params v5-game v5-signature online granted ordinary-address tls app-rate audit v5-inbox-params v5-test-number user-rate token"},
	{reportPath, "gamecenter", "v5-params v5-game v5-signature gamecenter-configured online ordinary-address tls gamecenter-app-rate audit v5-body v5-test-number gamecenter-user-rate token report-list"},
}

// stageFaults are by the check's name.
func stageFaults(api, path, lapsedBody, lapsedLink string) map[string]stageFault[rookery.Call] {
	type fault = stageFault[rookery.Call]
	signature := fault{ret: 1008, change: func(c rookery.Call) rookery.Call { c.Key += "x"; return c }}
	usedUp := func(whose string) rookery.Settings {
		return rookery.Settings{"rates": map[string]any{api: map[string]string{whose: "1/1h"}}}
	}
	token := fault{ret: 100014, change: func(c rookery.Call) rookery.Call { return c.WithBody(lapsedBody) }}
	switch path {
	case friendListPath:
		token.ret = 251002
	case queryVIPPath, vipRichInfoPath:
		token.ret = 116
	case reportPath:
		token.ret = -4008
	case decryptPath:
		token = fault{ret: 10006, change: func(c rookery.Call) rookery.Call { return c.With("itopencodeparam", lapsedLink) }}
	}
	return map[string]fault{
		"v5-params":           {ret: 1003, change: func(c rookery.Call) rookery.Call { return c.Without("os") }},
		"v5-game":             {ret: 1007, change: func(c rookery.Call) rookery.Call { return c.With("gameid", "999999") }},
		"v5-signature":        signature,
		"v5-client-signature": signature,
		"online":              {ret: 100011, settings: rookery.Settings{"online": false}},
		"granted":             {ret: -3, settings: rookery.Settings{"apis": []string{}}},
		"ordinary-address":    {ret: -4, settings: rookery.Settings{"allow_ordinary": []string{"192.0.2.0/24"}}},
		"sensitive-address":   {ret: -10, settings: rookery.Settings{"allow_sensitive": []string{"192.0.2.0/24"}}},
		"tls":                 {ret: -7, settings: rookery.Settings{"require_tls": true}},
		"app-rate":            {ret: -6, settings: usedUp("app")},
		"audit":               {ret: -8, settings: rookery.Settings{"restricted": []string{api}}},
		"v5-body":             {ret: 1005, change: func(c rookery.Call) rookery.Call { return c.WithBody("[]") }},
		"v5-test-number":      {ret: -12, settings: rookery.Settings{"environment": "test"}},
		"user-rate":           {ret: 220028, settings: usedUp("user")},
		"relation":            {ret: 251003, settings: rookery.Settings{"apis": []string{api}}},
		"sub-channel": {ret: 251001, change: func(c rookery.Call) rookery.Call {
			return c.WithBody(strings.Replace(c.Body, "{", `{"sub_channelid":1,`, 1))
		}},
		"gamecenter-configured": {ret: -4026, settings: rookery.Settings{"apis": []string{}}},
		"gamecenter-app-rate":   {ret: -4009, settings: usedUp("app")},
		"gamecenter-user-rate":  {ret: -4009, settings: usedUp("user")},
		"report-list": {ret: -4034, change: func(c rookery.Call) rookery.Call {
			return c.WithBody(strings.Replace(c.Body, `"achievements":[`, `"achievements":{},"x":[`, 1))
		}},
		"token":           token,
		"v5-share-token":  token,
		"v5-inbox-params": {ret: 1007, change: func(c rookery.Call) rookery.Call { return c.With("since", "x") }},
	}
}

// inPairs calls try with each check alone, and with each two of which the first has to be answered. Checks of one group exclude
// each other in a call. try pins a pair that was answered as it has to be.
func inPairs(checks []string, group map[string]string, try func(first, second string)) {
	for i, first := range checks {
		try(first, "nothing")
		for _, second := range checks[i+1:] {
			if group[first] == "" || group[first] != group[second] {
				try(first, second)
			}
		}
	}
}

// routesDocument is docs/routes.md; empty if it cannot be read.
var routesDocument = sync.OnceValue(func() string {
	text, _ := os.ReadFile("../../docs/routes.md")
	return string(text)
})

// inRow calls try with each check alone, and with the next.
func inRow(checks []string, try func(first, second string)) {
	for i, first := range checks {
		try(first, "nothing")
		if i+1 < len(checks) {
			try(first, checks[i+1])
		}
	}
}

// documentedDoors are the sections of docs/routes.md, one for each door.
func documentedDoors() (doors []string) {
	for _, section := range strings.Split(routesDocument(), "\n## ")[1:] {
		door, _, _ := strings.Cut(section, "\n")
		doors = append(doors, door)
	}
	return doors
}

// documented are the interfaces of a section of docs/routes.md, each as "METHODS /path: checks", with sequences written out.
func documented(section string) (interfaces []string) {
	_, text, _ := strings.Cut(routesDocument(), "\n## "+section+"\n")
	text, _, _ = strings.Cut(text, "\n## ")
	var (
		sequences = make(map[string]string)
		names     = strings.NewReplacer("`", "", ",", "")
		expand    func(checks string) string
	)
	expand = func(checks string) string {
		var all []string
		for _, name := range strings.Fields(names.Replace(checks)) {
			if steps, ok := sequences[name]; ok {
				name = expand(steps)
			}
			all = append(all, name)
		}
		return strings.Join(all, " ")
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if row, ok := strings.CutPrefix(line, "| `"); ok {
			name, steps, _ := strings.Cut(strings.Trim(row, "| "), "` | ")
			sequences[name] = steps
		} else if heading, ok := strings.CutPrefix(line, "### "); ok {
			interfaces = append(interfaces, heading+":")
		} else if checks, ok := strings.CutPrefix(line, "- checks: "); ok && checks != "none" {
			interfaces[len(interfaces)-1] += " " + expand(checks)
		}
	}
	return interfaces
}

// TestEveryInterfaceHasAnOrder: the checks of every interface of every door are those that the tests of the order write out.
func TestEveryInterfaceHasAnOrder(t *testing.T) {
	orders := make(map[string][]string)
	pin := func(door, methods, path, checks string) {
		line := methods + " " + path + ":"
		for _, check := range strings.Fields(checks) {
			if !ofHandler[check] {
				line += " " + check
			}
		}
		orders[door] = append(orders[door], line)
	}
	for _, order := range v5Order {
		methods := "POST"
		if order.path == decryptPath || order.path == "/v2/friend/inbox" {
			methods = "GET"
		}
		pin("msdkv5", methods, order.path, order.checks)
	}
	for _, order := range v5GroupOrder {
		pin("msdkv5", "POST", order.path, v5GroupStages)
	}
	for _, order := range v3Order {
		pin("msdkv3", "POST", order.path, order.checks)
	}
	for _, path := range v3GroupPaths {
		pin("msdkv3", "POST", path, v3GroupStages)
	}
	for _, path := range v3Unserved {
		checks := "v3-params v3-app v3-no-guest v3-signature v3-user v3-body"
		if path == "/profile/get_xinyue_super" { // whose body has no form
			checks = "v3-params v3-app v3-no-guest v3-signature"
		}
		pin("msdkv3", "POST", path, checks)
	}
	pin("ark", "POST", "/share/ark", arkOrder)
	pin("gamecenter", "GET, POST", "/cgi-bin/QQConnect.fcgi", "gc-params gc-command gc-required gc-app gc-sign gc-configured online ordinary-address tls "+
		"user-rate app-rate audit gc-identity gc-test-number gc-read")
	for _, order := range openAPIOrder {
		pin("openapi", "GET, POST", order.path, order.checks)
	}
	for _, order := range connectOrder {
		pin(order.door, order.methods, order.path, order.checks)
	}
	for _, order := range pagesOrder {
		pin("pages", order.method, order.path, order.checks)
	}
	for _, path := range []string{"/picture", "/picture/{$}", "/picture/{size}", "/picture/{first}/{size}"} {
		pin("picture", "GET", path, "")
	}
	for _, door := range []string{"msdkv5", "msdkv3", "ark", "openapi", "connect", "connect-user", "gamecenter", "pages", "picture"} {
		if diff := cmp.Diff(orders[door], documented(door)); diff != "" {
			t.Errorf("%s: (-pinned +documented)\n%s", door, diff)
		}
	}
	for _, door := range []string{"admin", "dev"} {
		for _, line := range documented(door) {
			if _, checks, _ := strings.Cut(line, ": "); checks != "bearer role" {
				t.Errorf("%s: %s", door, line)
			}
		}
	}
	for _, line := range documented("picture") {
		if _, checks, _ := strings.Cut(line, ":"); checks != "" {
			t.Errorf("picture: %s", line)
		}
	}
	if n := len(documentedDoors()); n != 11 { // those doors
		t.Errorf("docs/routes.md has %d sections: a door is not in this test", n)
	}
}

// TestOperatorsInterfacesNeedTheToken: each of the operators' and of rookery dev.
func TestOperatorsInterfacesNeedTheToken(t *testing.T) {
	p := rookery.Start(t)
	for _, line := range slices.Concat(documented("admin"), documented("dev")) {
		methods, rest, _ := strings.Cut(line, " ")
		path, _, _ := strings.Cut(rest, ":")
		path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, "42")
		if r := p.Send(t, methods, path, "application/json", "{}"); r.Status != http.StatusUnauthorized {
			t.Errorf("%s %s: status %d", methods, path, r.Status)
		}
	}
}

// TestEachRoleDoesItsOwn: a reader changes nothing and sees no key; an operator neither names operators nor rotates keys; an owner may
// do everything.
func TestEachRoleDoesItsOwn(t *testing.T) {
	p := rookery.Start(t)
	tokens := make(map[string]string)
	for _, role := range []string{"reader", "operator", "owner"} {
		var added struct{ Token string }
		p.Admin(t, http.MethodPost, "/admin/v1/operators", map[string]string{"name": "an-" + role, "role": role}, &added)
		p.Secret(added.Token)
		tokens[role] = added.Token
	}
	looks := []string{"POST /admin/v1/apps/{appid}/doctor", "POST /admin/v1/apps/{appid}/idip"}
	shows := []string{"GET /admin/v1/apps/{appid}/keys", "GET /dev/v1/world"}
	owners := []string{"POST /admin/v1/keys", "POST /admin/v1/operators", "PATCH /admin/v1/operators/{name}", "DELETE /admin/v1/operators/{name}"}
	tried := 0
	for _, line := range slices.Concat(documented("admin"), documented("dev")) {
		at, _, _ := strings.Cut(line, ":")
		method, path, _ := strings.Cut(at, " ")
		path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, "42")
		may := map[string]bool{"reader": method == http.MethodGet && !slices.Contains(shows, at) || slices.Contains(looks, at), "operator": !slices.Contains(owners, at), "owner": true}
		for role, token := range tokens {
			if at == "POST /dev/v1/reset" && may[role] { // which ends the operators, too
				continue
			}
			req, err := http.NewRequest(method, p.URL+path, strings.NewReader(`{"x":1}`)) // refused after the role: nothing changes
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token)
			tried++
			if r := p.SendRequest(t, req); (r.Status != http.StatusForbidden) != may[role] {
				t.Errorf("%s by a %s: status %d: %s", at, role, r.Status, r.Body)
			}
		}
	}
	if tried < 150 {
		t.Errorf("only %d calls were tried", tried)
	}
}

// ofHandler are checks that interfaces make by themselves, after the stages.
var ofHandler = map[string]bool{"token": true, "flag": true, "count": true, "sub-channel": true, "report-list": true}

// TestStagePrecedence sends, for each route and each two of its stages, a call that is wrong at both: the answer must be
// that of the stage that comes first.
func TestStagePrecedence(t *testing.T) {
	p := rookery.Start(t)
	orders := slices.Clone(v5Order)
	for _, group := range v5GroupOrder {
		orders = append(orders, interfaceOrder{group.path, "group", v5GroupStages})
	}
	for _, order := range orders {
		path, api, stages := order.path, order.api, strings.Fields(order.checks)
		name, ofGroups := api, api == "group"
		if ofGroups {
			name = path[strings.LastIndexByte(path, '/')+1:]
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pl := newPlayer(t, p)
			lapsedLink := pl.lapsed(t, "link")
			var valid, lapsed rookery.Call
			switch path {
			case createBindPath, bindExistingPath, unbindGroupPath, joinGroupPath, groupListPath, groupInfoPath, relationPath, remindPath, sendGroupPath:
				g := newGuild(t, p)
				pl.app, valid = g.app, g.by(g.leader, path, ofGroup("799999999"))
			case verifyLoginPath:
				valid, lapsed = pl.verifyLogin(), verifyLogin(pl.app, pl.openid, pl.lapsed(t, "msdk"))
			case pfvalPath:
				lapsed = pfval(pl.app, pl.openid, pl.lapsed(t, "pay"))
				valid = pl.pay(t)
			case decryptPath:
				valid = decrypt(pl.app, pl.issue(t, "link").Token)
			case loginPath:
				openid := pl.issue(t, "access").OpenID
				lapsed = login(pl.app, openid, pl.lapsed(t, "access"))
				valid = login(pl.app, openid, pl.issue(t, "access").Token)
			case "/v2/friend/share":
				ben := logIn(t, p, pl.app, p.NewAccount(t))
				p.Befriend(t, pl.uin, ben.uin)
				g := &arkGame{on: p, app: pl.app}
				valid = g.v5Share(pl, ben)
				pl.token = pl.lapsed(t, "msdk")
				lapsed = g.v5Share(pl, ben)
			case reportPath:
				valid = pl.report(sound)
				pl.token = pl.lapsed(t, "msdk")
				lapsed = pl.report(sound)
			case "/v2/friend/inbox":
				valid = (&arkGame{app: pl.app}).inboxCall(pl, "0", 0)
				lapsed = valid.With("token", pl.lapsed(t, "msdk"))
			default: // for which a player's token and openid are enough
				valid, lapsed = pl.about(path, pl.token), pl.about(path, pl.lapsed(t, "msdk"))
			}
			faults := stageFaults(api, path, lapsed.Body, lapsedLink)
			if path == "/v2/friend/inbox" {
				faults["token"] = stageFault[rookery.Call]{ret: 100014, change: func(c rookery.Call) rookery.Call { return c.With("token", lapsed.Query["token"]) }}
			}
			// The one call that the rates allow.
			p.SetApp(t, pl.app, rookery.Settings{
				"apis": []string{api, "relation"}, "rates": map[string]any{api: map[string]string{"app": "1/1h", "user": "1/1h"}},
			})
			if answer := p.Call(t, valid); answer.Ret != 0 && !ofGroups { // a guild's group need not be there
				t.Fatalf("the valid call was answered %s", answer.Body)
			}
			try := func(first, second string) {
				if faults[first].ret == 0 {
					t.Errorf("there is no fault for stage %s yet", first)
				}
				settings := rookery.Settings{
					"online": true, "apis": []string{api, "relation"}, "allow_ordinary": []string{}, "allow_sensitive": []string{},
					"require_tls": false, "restricted": []string{}, "environment": "formal", "rates": map[string]any{api: nil},
				}
				call := failing(api, settings, valid, faults[second], faults[first])
				p.SetApp(t, pl.app, settings)
				if answer := p.Call(t, call); answer.Ret != faults[first].ret {
					t.Errorf("%s and %s: got %s, want ret %d", first, second, answer.Body, faults[first].ret)
					return
				}
				pin(path, first, second)
			}
			if ofGroups { // which have the same stages
				inRow(stages, try)
			} else {
				inPairs(stages, nil, try)
			}
		})
	}
}

// TestBeforeStages: faults of the request as HTTP come before all faults of the call.
func TestBeforeStages(t *testing.T) {
	p := rookery.Start(t)
	valid := verifyLogin(p.Apps[0], neverIssued, "T0KEN")
	tooLong := valid.WithBody(strings.Repeat(" ", 70_000)).Without("os")
	method := tooLong
	method.Method = "DELETE"
	path := method
	path.Path = "/v2/auth/nothing"
	for _, test := range []struct {
		name string
		call rookery.Call
		want int
	}{
		{"path, method, length and parameters", path, 1001},
		{"method, length and parameters", method, 1000},
		{"length and parameters", tooLong, 1010},
		{"parameters and body", valid.Without("os").WithBody("[]"), 1003},
	} {
		if answer := p.Call(t, test.call); answer.Ret != test.want {
			t.Errorf("%s: got %s, want ret %d", test.name, answer.Body, test.want)
		}
	}
}

// tokenFault makes a token fail one of its checks. Faults of one group exclude each other.
type tokenFault struct {
	name, group string
	access, pay int // answers of 0x711 and 0x73a; 0 where the check does not look for the fault
	ask         func(*tokenCall)
	do          func(*testing.T, player)
}

// tokenCall holds the values from which the call is made.
type tokenCall struct {
	app    rookery.App
	openid string
	token  string
	pc     bool

	otherApp    rookery.App
	otherOpenID string
}

// tokenFaults are in the order in which the checks look for them: what the token itself says, then the state of its openid,
// its account and its grant, and last a newer token.
var tokenFaults = []tokenFault{
	{name: "tampered with", access: 38, pay: 94, ask: func(c *tokenCall) { c.token = tampered(c.token) }},
	{name: "another app's", access: 68, pay: 19, ask: func(c *tokenCall) { c.app = c.otherApp }},
	{name: "openid never issued", group: "openid", access: 32, pay: 21, ask: func(c *tokenCall) { c.openid = neverIssued }},
	{name: "another openid's", group: "openid", access: 69, pay: 24, ask: func(c *tokenCall) { c.openid = c.otherOpenID }},
	{name: "another device's", access: 64, ask: func(c *tokenCall) { c.pc = true }},
	{name: "lapsed", access: 65, pay: 17},
	{name: "openid reclaimed", access: 39, pay: 22, do: func(t *testing.T, pl player) { pl.on.Reclaim(t, pl.app, pl.uin) }},
	{name: "account closed", group: "account", access: 67, pay: 16, do: func(t *testing.T, pl player) { pl.on.SetState(t, pl.uin, "closed") }},
	{name: "account frozen", group: "account", access: 75, pay: 23, do: func(t *testing.T, pl player) { pl.on.SetState(t, pl.uin, "frozen") }},
	{name: "withdrawn by the user", group: "end", access: 67, pay: 16, do: func(t *testing.T, pl player) { pl.on.Revoke(t, pl.app, pl.uin, "user") }},
	{name: "ended by the operator", group: "end", access: 64, pay: 16, do: func(t *testing.T, pl player) { pl.on.Revoke(t, pl.app, pl.uin, "operator") }},
	{name: "password changed", access: 71, pay: 101, do: func(t *testing.T, pl player) { pl.on.SetPassword(t, pl.uin) }},
	{name: "superseded", access: 66, pay: 18, do: func(t *testing.T, pl player) {
		pl.issue(t, "access")
		pl.issue(t, "pay")
	}},
}

// TestTokenPrecedence shows, for each pair of faults, an MSDK token and a pay token that have both.
func TestTokenPrecedence(t *testing.T) {
	p := rookery.Start(t)
	app, otherApp := p.NewApp(t), p.NewApp(t)
	other := logIn(t, p, app, p.NewAccount(t))
	for i, first := range tokenFaults {
		for _, second := range tokenFaults[i+1:] {
			if first.group != "" && first.group == second.group {
				continue
			}
			t.Run(fmt.Sprintf("%s and %s", first.name, second.name), func(t *testing.T) {
				t.Parallel()
				lifetime := ""
				if first.name == "lapsed" || second.name == "lapsed" {
					lifetime = "0s"
				}
				pl := player{on: p, app: app, uin: p.NewAccount(t)}
				payToken := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: pl.uin, Kind: "pay", Lifetime: lifetime})
				token := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: pl.uin, Kind: "msdk", Lifetime: lifetime})
				call := tokenCall{app: app, openid: token.MSDKOpenID, token: token.Token, otherApp: otherApp, otherOpenID: other.openid}
				payCall := call
				payCall.token = payToken.Token
				for _, fault := range []tokenFault{second, first} { // the later check's first: a closed account gets no newer token
					if fault.ask != nil {
						fault.ask(&call)
						fault.ask(&payCall)
					}
					if fault.do != nil {
						fault.do(t, pl)
					}
				}
				send := verifyLogin(call.app, call.openid, call.token)
				if call.pc {
					send = onPC(send)
				}
				if answer := p.Call(t, send); answer.Msg != access(first.access) {
					t.Errorf("got %s, want msg %q", answer.Body, access(first.access))
				}
				if first.pay == 0 || second.pay == 0 {
					return
				}
				if answer := p.Call(t, pfval(payCall.app, payCall.openid, payCall.token)); answer.Msg != pay(first.pay) {
					t.Errorf("got %s, want msg %q", answer.Body, pay(first.pay))
				}
			})
		}
	}
}
