package scenarios

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// The scenarios of commands that other processes carry out, and of third parties and tests at the bus.
var routeScenarios = []scenario{
	{"oidb/236", "the command's route has no back end", routed(236, func(*testing.T) string { return "0x711_1: none" })},
	{"oidb/155", "nothing listens at the back end's address", routed(155, func(*testing.T) string { return "0x711_1: oidb+tcp://127.0.0.1:1" })},
	{"oidb/154", "the back end takes the call and never answers", routed(154, func(t *testing.T) string { return "0x711_1: oidb+tcp://" + silent(t) })},
	{"oidb/193", "the operator's own command is not marked as protobuf", func(t *testing.T, _ *rookery.Platform) {
		there := rookery.Start(t)
		c := newRouted(t)
		c.call.Command, c.call.ServiceType, c.call.Body = 0xe10, 1, nil
		c.expect(5)
		c.route("0xe10_1: oidb+tcp://"+there.OIDB, 193)
		c.route("0xe10_1: {backend: oidb+tcp://"+there.OIDB+", protobuf: true}", 155) // there, nobody knows the command
	}},
	{"oidb/249", "the command has no back end for the test environment", func(t *testing.T, _ *rookery.Platform) {
		c := newRouted(t)
		c.p.SetApp(t, rookery.App{AppID: c.app}, rookery.Settings{"environment": "test", "test_numbers": []string{c.uin}})
		c.granted()
		c.call.Head = caller(c.app)
		c.route("0x711_1: {test: none}", 249)
		c.p.SetApp(t, rookery.App{AppID: c.app}, rookery.Settings{"environment": "formal"})
		c.expect(0)
		c.p.SetApp(t, rookery.App{AppID: c.app}, rookery.Settings{"environment": "test"})
		c.expect(249)
		c.route("0x711_1: inproc", 0)
	}},
	{"oidb/205", "the rate of the test environment is used up", onBus(205, func(c *busCase) {
		c.p.SetApp(c.t, rookery.App{AppID: c.app}, rookery.Settings{"environment": "test", "test_numbers": []string{c.uin}})
		c.policy(rookery.Settings{"commands": rookery.Settings{"0x711_1": rookery.Settings{"all_apps": true, "test_rate": "1/h"}}})
		other := c.p.NewApp(c.t).AppID // of the formal environment, so it does not count
		formal := c.call
		formal.Body = check(4711, c.openid, c.access)
		formal.Head = caller(other)
		c.call.Head = caller(c.app)
		c.expect(0)
		for range 2 {
			if answer := c.p.Bus(c.t, formal); answer.Result == 205 {
				c.t.Error("the rate of the test environment holds for a game of the formal one")
			}
		}
	})},
	{"oidb/146", "a third party calls what is granted to games alone", onBus(146, func(c *busCase) {
		c.granted()
		c.p.SetApp(c.t, rookery.App{AppID: c.app}, rookery.Settings{"open": true})
		c.call.Head = caller(c.app)
		c.expect(146) // what games are granted is not for third parties
		c.policy(rookery.Settings{"commands": rookery.Settings{"0x711_1": rookery.Settings{"open_apps": []string{c.app}}}})
		c.expect(0)
		c.policy(rookery.Settings{"commands": rookery.Settings{"0x711_1": rookery.Settings{"open_apps": []string{}}}})
	})},
}

// routed runs a scenario on a platform of its own: with the routes the call gets the result at the bus and at a door, and without
// them it succeeds again.
func routed(result int, routes func(*testing.T) string) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, _ *rookery.Platform) {
		c := newRouted(t)
		player := newPlayer(t, c.p)
		c.expect(0)
		c.call.Head = budget(500 * time.Millisecond)
		c.route(routes(t), uint64(result))
		if answer := c.p.Call(t, player.verifyLogin()); answer.Msg != access(result) {
			t.Errorf("a door answers %d, %q, want %q", answer.Ret, answer.Msg, access(result))
		}
		c.route("", 0)
		if answer := c.p.Call(t, player.verifyLogin()); answer.Ret != 0 {
			t.Errorf("without the route a door answers %d, %q", answer.Ret, answer.Msg)
		}
	}
}

// routedCase is a call at a platform whose routes can be changed.
type routedCase struct {
	*busCase
	file string
}

func newRouted(t *testing.T) *routedCase {
	t.Helper()
	file := routesFile(t)
	p := rookery.Start(t, "--oidb-routes", file)
	return &routedCase{newBusCase(t, p, p.NewAccount(t)), file}
}

func routesFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "routes.yaml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// route changes the routes, and then the result must be this.
func (c *routedCase) route(text string, result uint64) {
	c.t.Helper()
	changes := func() int { return strings.Count(c.p.Log(), `"the routes of the bus have changed"`) }
	before := changes()
	// As an operator's editor does it: a reader sees the old file or the new one.
	next := c.file + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Rename(next, c.file); err != nil {
		c.t.Fatal(err)
	}
	rookery.Until(c.t, "the routes have changed", func() bool { return changes() > before })
	if got := c.p.Bus(c.t, c.call).Result; got != result {
		c.t.Fatalf("with the routes %q the result is %d, want %d", text, got, result)
	}
}

// budget is a head whose caller waits no longer than d.
func budget(d time.Duration) rookery.Message {
	return rookery.Message(nil).Bytes(18, string(rookery.Message(nil).Number(1, uint64(d.Milliseconds()))))
}

// silent is the address of a process that takes calls and answers none.
func silent(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(io.Discard, c)
				c.Close()
			}()
		}
	}()
	return listener.Addr().String()
}
