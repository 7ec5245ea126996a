package integration

import (
	"database/sql"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// bindingWorld is guild 77 of a game, whose leader is logged in and owns one group that serves nobody.
type bindingWorld struct {
	*rookery.Platform
	app    rookery.App
	leader rookery.Token
	uin    string
	gc     string
}

// call calls an interface of MSDK V5 as the guild's leader; it may be cut off.
func (w *bindingWorld) call(name string) (rookery.Answer, error) {
	return w.TryCall(rookery.NewCall(w.app, "/v2/group/"+name, fmt.Sprintf(
		`{"openid":"%s","token":"%s","guild_id":"77","zone_id":"3","guild_name":"Ravens","roleid":"1","groupid":"%s"}`,
		w.leader.MSDKOpenID, w.leader.Token, w.gc)))
}

func (w *bindingWorld) must(t *testing.T, name string) rookery.Answer {
	t.Helper()
	answer, err := w.call(name)
	if err != nil || answer.Ret != 0 {
		t.Fatalf("%s is answered %s, %v", name, answer.Body, err)
	}
	return answer
}

// count counts rows of the platform's database.
func (w *bindingWorld) count(t *testing.T, db *sql.DB, of string, args ...any) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+of, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

const (
	underWay  = "bindings WHERE bound = 0"
	inForce   = "bindings WHERE bound = 1"
	liveOwned = "qqgroups WHERE disbanded = 0 AND owner = ?"
	noted     = "qqgroup_guilds WHERE guild = '77'"
)

// TestABindingIsWholeOrGoneAfterAKill kills the platform at each step of binding and unbinding, which a fault point holds still.
// The next process leaves no binding and no group of it, or all of it.
func TestABindingIsWholeOrGoneAfterAKill(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		bound  bool // the guild has the group before
		call   string
		points []string
		// When the platform is killed; all of these must hold.
		underWay, inForce, groups, noted int
		// What there is to be afterwards.
		bindingAfter, groupsAfter int
	}{
		{name: "create, reserved", call: "create_bind_group", points: []string{"bus.delay:0xf02_1=30s"}, underWay: 1, groups: 1, groupsAfter: 1},
		{name: "create, created", call: "create_bind_group", points: []string{"bus.delay:0xf02_11=30s"}, underWay: 1, groups: 2, groupsAfter: 1},
		{name: "create, noted", call: "create_bind_group", points: []string{"events.write", "bus.delay:0xf02_12=30s"}, underWay: 1, groups: 2, noted: 1, groupsAfter: 1},
		{name: "create, done", call: "create_bind_group", inForce: 1, groups: 2, noted: 1, bindingAfter: 1, groupsAfter: 2},
		{name: "bind, reserved", call: "bind_existing_group", points: []string{"bus.delay:0xf02_11=30s"}, underWay: 1, groups: 1, groupsAfter: 1},
		{name: "bind, noted", call: "bind_existing_group", points: []string{"events.write", "bus.delay:0xf02_12=30s"}, underWay: 1, groups: 1, noted: 1, groupsAfter: 1},
		{name: "bind, done", call: "bind_existing_group", inForce: 1, groups: 1, noted: 1, bindingAfter: 1, groupsAfter: 1},
		{name: "unbind, before", bound: true, call: "unbind_group", points: []string{"bus.delay:0xf02_2=30s"}, inForce: 1, groups: 1, noted: 1, bindingAfter: 1, groupsAfter: 1},
		{name: "unbind, released", bound: true, call: "unbind_group", points: []string{"bus.delay:0xf02_12=30s"}, underWay: 1, groups: 1, noted: 1, groupsAfter: 1},
		{name: "unbind, done", bound: true, call: "unbind_group", groups: 1, groupsAfter: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			data := t.TempDir()
			w := &bindingWorld{Platform: rookery.StartIn(t, data)}
			w.app, w.uin = w.NewApp(t), w.NewAccount(t)
			w.SetApp(t, w.app, rookery.Settings{"grant": []string{"group"}, "idip": w.IDIP})
			w.leader = w.Issue(t, rookery.TokenRequest{AppID: w.app.AppID, UIN: w.uin, Kind: "msdk"})
			w.SetGuild(t, rookery.Guild{AppID: w.app.AppID, Zone: "3", ID: "77", Name: "Ravens", Leader: w.uin, Members: []string{w.uin}})
			var made struct{ GC string }
			w.Admin(t, "POST", "/admin/v1/groups", map[string]any{"owner": w.uin, "name": "Rooks"}, &made)
			w.gc = made.GC
			if test.bound {
				w.must(t, "bind_existing_group")
			}
			for _, point := range test.points {
				w.AddFault(t, rookery.Fault{Point: point})
			}
			db := w.DB(t)
			ended := make(chan error, 1)
			go func() {
				_, err := w.call(test.call)
				ended <- err
			}()
			rookery.Until(t, "the step", func() bool {
				return w.count(t, db, underWay) == test.underWay && w.count(t, db, inForce) == test.inForce &&
					w.count(t, db, liveOwned, w.uin) == test.groups && w.count(t, db, noted) == test.noted
			})
			w.Signal(t, syscall.SIGKILL)
			w.WaitFor(t, -1)
			<-ended
			db.Close()

			w.Platform = rookery.StartIn(t, data)
			db = w.DB(t)
			rookery.Until(t, "nothing is under way", func() bool { return w.count(t, db, underWay) == 0 })
			for what, want := range map[string]int{inForce: test.bindingAfter, noted: test.bindingAfter} {
				if n := w.count(t, db, what); n != want {
					t.Errorf("%d of %s, want %d", n, what, want)
				}
			}
			if n := w.count(t, db, liveOwned, w.uin); n != test.groupsAfter {
				t.Errorf("the leader owns %d groups, want %d", n, test.groupsAfter)
			}
			shown := w.must(t, "get_group_info").Text("groupid")
			if (shown != "") != (test.bindingAfter == 1) {
				t.Errorf("get_group_info answers the group %q", shown)
			}
			w.SetApp(t, w.app, rookery.Settings{"idip": w.IDIP})
			w.SetGuild(t, rookery.Guild{AppID: w.app.AppID, Zone: "3", ID: "77", Name: "Ravens", Leader: w.uin, Members: []string{w.uin}})
			if test.bindingAfter == 1 {
				w.must(t, "unbind_group")
			}
			w.must(t, "bind_existing_group") // nothing stands in its way
		})
	}
}

// TestOperatorsSeeAndEndBindings: rookery group bindings and unbind.
func TestOperatorsSeeAndEndBindings(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, leader := p.NewApp(t), p.NewAccount(t)
	p.SetApp(t, app, rookery.Settings{"grant": []string{"group"}, "idip": p.IDIP})
	token := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: leader, Kind: "msdk"})
	gcs := make(map[string]string)
	for _, id := range []string{"7", "70", "8"} {
		p.SetGuild(t, rookery.Guild{AppID: app.AppID, Zone: "3", ID: id, Name: "Ravens", Leader: leader, Members: []string{leader}})
		answer := p.Call(t, rookery.NewCall(app, "/v2/group/create_bind_group", fmt.Sprintf(
			`{"openid":"%s","token":"%s","guild_id":"%s","zone_id":"3","guild_name":"Ravens %s","roleid":"1"}`, token.MSDKOpenID, token.Token, id, id)))
		if gcs[id] = answer.Text("groupid"); gcs[id] == "" {
			t.Fatalf("created: %s", answer.Body)
		}
	}
	operator := func(status int, args ...string) (out, errs string) {
		t.Helper()
		got, out, errs := rookery.Run(t, append(append([]string{"group"}, args...), "--server", p.URL, "--token-file", p.AdminTokenFile)...)
		if got != status {
			t.Fatalf("%v: status %d, want %d: %s", args, got, status, errs)
		}
		return out, errs
	}
	out, errs := operator(0, "bindings", "--app", app.AppID, "--limit", "2")
	for _, want := range []string{"3     7      " + gcs["7"] + "  " + leader, "3     70     " + gcs["70"], "Ravens 70\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, gcs["8"]) || !strings.Contains(errs, "--after 3/70") {
		t.Errorf("two of three: %s, %s", out, errs)
	}
	if out, errs := operator(0, "bindings", "--app", app.AppID, "--after", "3/70"); !strings.Contains(out, gcs["8"]) || strings.Contains(out, gcs["70"]) || errs != "" {
		t.Errorf("the third: %s, %s", out, errs)
	}
	out, _ = operator(0, "unbind", "3/70", "--app", app.AppID, "--yes", "--json")
	if !strings.Contains(out, `"gc": "`+gcs["70"]+`"`) {
		t.Errorf("unbound: %s", out)
	}
	if _, errs := operator(1, "unbind", "3/70", "--app", app.AppID, "--yes"); !strings.Contains(errs, "no group serves guild 70 of zone 3") {
		t.Errorf("unbound again: %s", errs)
	}
	operator(2, "unbind", "3", "--app", app.AppID, "--yes")
	operator(1, "bindings", "--app", "424242")
	if out, _ := operator(0, "bindings", "--app", app.AppID); strings.Contains(out, gcs["70"]) || !strings.Contains(out, gcs["8"]) {
		t.Errorf("afterwards: %s", out)
	}
}
