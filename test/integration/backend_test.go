package integration

import (
	"bytes"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// unreachable is the number of MSDK V5 for a group platform that cannot be reached or does not answer (causes.md, group).
const unreachable = -182001

// league is guilds of a game, with a leader each, on a platform whose group platform is a back end.
type league struct {
	*rookery.Platform
	app     rookery.App
	leaders []rookery.Token
	uins    []string
}

// newLeague starts a platform, with more arguments, that routes the commands of the group platform to an address.
func newLeague(t *testing.T, guilds int, address string, args ...string) *league {
	t.Helper()
	file := filepath.Join(t.TempDir(), "routes.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("# its own demo world is made inside\n")
	l := &league{Platform: rookery.Start(t, append(args, "--oidb-routes", file)...)}
	write("0xf02: oidb+tcp://" + address + "\n")
	rookery.Until(t, "the route applies", func() bool { return strings.Contains(l.Log(), "the routes of the bus have changed") })
	l.app = l.NewApp(t)
	l.SetApp(t, l.app, rookery.Settings{"grant": []string{"group"}, "idip": l.IDIP})
	for i := range guilds {
		uin := l.NewAccount(t)
		l.uins = append(l.uins, uin)
		l.leaders = append(l.leaders, l.Issue(t, rookery.TokenRequest{AppID: l.app.AppID, UIN: uin, Kind: "msdk"}))
		l.SetGuild(t, rookery.Guild{AppID: l.app.AppID, Zone: "3", ID: guildID(i), Name: "Ravens", Leader: uin, Members: []string{uin}})
	}
	return l
}

func guildID(i int) string { return fmt.Sprint(100 + i) }

// call calls an interface about a guild as the leader of one.
func (l *league) call(t *testing.T, name string, guild, leader int, groupid string) rookery.Answer {
	t.Helper()
	return l.Call(t, rookery.NewCall(l.app, "/v2/group/"+name, fmt.Sprintf(
		`{"openid":"%s","token":"%s","guild_id":"%s","zone_id":"3","guild_name":"Ravens","roleid":"1","groupid":"%s"}`,
		l.leaders[leader].MSDKOpenID, l.leaders[leader].Token, guildID(guild), groupid)))
}

// TestABackEnd: a group that is made, joined and shown by MSDK V5 is in the back end and nowhere else. While the back end is gone the doors say
// so, and the first call after it is back succeeds.
func TestABackEnd(t *testing.T) {
	t.Parallel()
	data, address := filepath.Join(t.TempDir(), "groups"), freeAddress(t)
	back := rookery.Backend(t, data, "0xf02", "--oidb-listen", address)
	l := newLeague(t, 2, address)
	l.SetGuild(t, rookery.Guild{AppID: l.app.AppID, Zone: "3", ID: guildID(0), Name: "Ravens", Leader: l.uins[0], Members: l.uins})

	made := l.call(t, "create_bind_group", 0, 0, "")
	gc := made.Text("groupid")
	if made.Ret != 0 || gc == "" {
		t.Fatalf("created: %s", made.Body)
	}
	if answer := l.call(t, "join_group", 0, 1, gc); answer.Ret != 0 {
		t.Errorf("joined: %s", answer.Body)
	}
	if answer := l.call(t, "get_group_info", 0, 1, ""); answer.Ret != 0 || answer.Text("groupid") != gc {
		t.Errorf("shown: %s", answer.Body)
	}
	var there struct {
		Owner   string `json:"owner"`
		Members int    `json:"members"`
		Guilds  []struct {
			ID string `json:"guild_id"`
		} `json:"guilds"`
	}
	back.Admin(t, "GET", "/admin/v1/groups/"+gc, nil, &there)
	if there.Owner != l.uins[0] || there.Members != 2 || len(there.Guilds) != 1 || there.Guilds[0].ID != guildID(0) {
		t.Errorf("the back end has %+v", there)
	}
	if own := rows(t, l.DB(t), "SELECT gc FROM qqgroups WHERE owner = "+l.uins[0]); own != nil {
		t.Errorf("the platform's own folder has the groups %v", own)
	}

	query := rookery.BusCall{Command: 0xf02, ServiceType: 2, Body: rookery.Message(nil).Decimal(1, gc)}
	back.Signal(t, syscall.SIGKILL)
	back.WaitFor(t, -1)
	if answer := l.Bus(t, query); answer.Result != 154 && answer.Result != 155 {
		t.Errorf("without the back end: result %d", answer.Result)
	}
	if answer := l.call(t, "join_group", 0, 1, gc); answer.Ret != unreachable {
		t.Errorf("without the back end: %s", answer.Body)
	}
	rookery.Backend(t, data, "0xf02", "--oidb-listen", address)
	if answer := l.call(t, "get_group_info", 0, 1, ""); answer.Ret != 0 || answer.Text("groupid") != gc {
		t.Errorf("after the kill: %s", answer.Body)
	}
}

// TestNoBindingIsHalfDoneAfterABackEndIsKilled: guilds get and lose groups while the back end is killed again and again. Afterwards both sides
// agree, and what calls began and did not finish is undone.
func TestNoBindingIsHalfDoneAfterABackEndIsKilled(t *testing.T) {
	t.Parallel()
	const guilds, kills = 4, 3
	data, address := filepath.Join(t.TempDir(), "groups"), freeAddress(t)
	start := func() *rookery.Platform {
		return rookery.Backend(t, data, "0xf02", "--oidb-listen", address, "--groups-owned", "5000", "--groups-created-per-hour", "5000")
	}
	back := start()
	l := newLeague(t, guilds, address)

	var (
		mu      sync.Mutex
		made    = make(map[string]bool) // the groups that a call was told of
		done    = make(chan struct{})
		failed  int
		succeed = make(chan struct{}, 1) // after each success
		calling sync.WaitGroup
	)
	for i := range guilds {
		calling.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				name := []string{"create_bind_group", "unbind_group"}[n%2]
				answer := l.call(t, name, i, i, "")
				mu.Lock()
				switch {
				case answer.Ret != 0:
					failed++
				case name == "create_bind_group":
					made[answer.Text("groupid")] = true
				}
				mu.Unlock()
				if answer.Ret == 0 {
					select {
					case succeed <- struct{}{}:
					default:
					}
				}
			}
		})
	}
	for range kills {
		for range 10 { // the calls are at any step by then
			<-succeed
		}
		back.Signal(t, syscall.SIGKILL)
		back.WaitFor(t, -1)
		back = start()
	}
	<-succeed
	close(done)
	calling.Wait()
	if failed == 0 {
		t.Error("no call has met a kill")
	}

	ours, theirs := l.DB(t), back.DB(t)
	rookery.Until(t, "nothing is under way", func() bool { return len(rows(t, ours, "SELECT guild FROM "+underWay)) == 0 })
	bound := rows(t, ours, "SELECT guild || ' ' || gc FROM bindings WHERE bound = 1 ORDER BY 1")
	noted := rows(t, theirs, "SELECT guild || ' ' || gc FROM qqgroup_guilds ORDER BY 1")
	if !slices.Equal(bound, noted) {
		t.Errorf("the platform has the bindings %v, the back end %v", bound, noted)
	}
	for _, gc := range rows(t, theirs, "SELECT gc FROM qqgroups WHERE disbanded = 0") {
		if !made[gc] {
			t.Errorf("group %s is left, of which no call was told", gc)
		}
	}
}

// rows returns the only column of a query.
func rows(t *testing.T, db *sql.DB, query string) (all []string) {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var one string
		if err := found.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestABackEndHasOnlyItsCommands: neither other commands nor doors, and of the admin API only what is about its own.
func TestABackEndHasOnlyItsCommands(t *testing.T) {
	t.Parallel()
	back := rookery.Backend(t, filepath.Join(t.TempDir(), "groups"), "0xf02_2,0xf02_7", "--oidb-listen", "127.0.0.1:0")
	group := rookery.Message(nil).Number(1, 700000001)
	for _, test := range []struct{ command, serviceType, want uint64 }{
		{0xf02, 2, 203}, // there is no such group
		{0xf02, 7, 0},   // of an account that is in no group
		{0xf02, 3, 5}, {0xf02, 99, 5}, {0x711, 1, 5}, {0xf04, 1, 5},
	} {
		if answer := back.Bus(t, rookery.BusCall{Command: test.command, ServiceType: test.serviceType, Body: group}); answer.Result != test.want {
			t.Errorf("%#x_%d: result %d, want %d", test.command, test.serviceType, answer.Result, test.want)
		}
	}
	inTheNameOfAGame := rookery.Message(nil).Bytes(18, string(rookery.Message(nil).Number(3, 100700001)))
	if answer := back.Bus(t, rookery.BusCall{Command: 0xf02, ServiceType: 2, Head: inTheNameOfAGame, Body: group}); answer.Result != 150 {
		t.Errorf("a game: result %d, want 150", answer.Result)
	}
	for path, want := range map[string]int{
		"/readyz": 200, "/healthz": 200, "/metrics": 200, "/admin/v1/groups": 401, "/admin/v1/oidb/policy": 401,
		"/admin/v1/accounts": 404, "/admin/v1/keys": 404, "/v2/auth/verify_login": 404, "/dev/v1/clock": 404,
	} {
		if got := status(t, back.AdminURL+path); got != want {
			t.Errorf("%s: status %d, want %d", path, got, want)
		}
	}
	if exit, _, stderr := rookery.Run(t, "account", "list", "--server", back.AdminURL, "--token-file", back.AdminTokenFile); exit != 1 || !strings.Contains(stderr, "a back end has only") {
		t.Errorf("rookery account list: status %d, %s", exit, stderr)
	}
	if got := back.Metric(t, `rookery_oidb_calls_total{code="oidb 203",interface="0xf02_2"}`); got != 1 {
		t.Errorf("%v calls of 0xf02_2 are counted", got)
	}
}

// TestABackEndIsAlone: two processes on one folder would write to it over each other.
func TestABackEndIsAlone(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "groups")
	rookery.Backend(t, data, "0xf02", "--oidb-listen", "127.0.0.1:0")
	for _, args := range [][]string{
		{"backend", "serve", "--commands", "0xf02", "--oidb-listen", "127.0.0.1:0"},
		{"serve", "--http-listen", "127.0.0.1:0"},
	} {
		status, _, stderr := rookery.Run(t, append(args, "--admin-listen", "127.0.0.1:0", "--data", data)...)
		if status != 1 || !strings.Contains(stderr, data+" is in use by another rookery") {
			t.Errorf("%v: status %d, %s", args, status, stderr)
		}
	}
}

// TestABackEndDrains: it says that it is going to stop, and readiness fails, while calls are still taken.
func TestABackEndDrains(t *testing.T) {
	t.Parallel()
	back := rookery.Backend(t, filepath.Join(t.TempDir(), "groups"), "0xf02", "--oidb-listen", "127.0.0.1:0", "--stop-notice", "10m")
	conn, err := net.Dial("tcp", back.OIDB)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(rookery.BusCall{Command: 0xf02, ServiceType: 2, Body: rookery.Message(nil).Number(1, 700000001)}.Native()); err != nil {
		t.Fatal(err)
	}
	if answer, err := rookery.ReadFrame(conn); err != nil || len(answer) == 10 {
		t.Fatalf("before the stop: %x, %v", answer, err)
	}
	back.Signal(t, syscall.SIGTERM)
	if said, err := rookery.ReadFrame(conn); !bytes.Equal(said, []byte{0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0x29}) {
		t.Errorf("after the signal the connection of a call has %x, not the frame that says so: %v", said, err)
	}
	rookery.Until(t, "readiness fails", func() bool { return status(t, back.AdminURL+"/readyz") == http.StatusServiceUnavailable })
	if answer := back.Bus(t, rookery.BusCall{Command: 0xf02, ServiceType: 2, Body: rookery.Message(nil).Number(1, 700000001)}); answer.Result != 203 {
		t.Errorf("while draining: result %d", answer.Result)
	}
	back.Signal(t, syscall.SIGKILL)
	back.WaitFor(t, -1)
}
