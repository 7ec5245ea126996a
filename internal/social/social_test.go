package social

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/wordfilter"
	"github.com/rookeryhq/rookery/retcode"
)

// fixture is the service on a real store, whose calls may be made to fail. The clock stands at a Wednesday noon in Shanghai,
// as long as a test takes.
type fixture struct {
	*Service
	t       testing.TB
	faults  *fault.Set
	friends *friends.Service
	app     *platform.App
}

var (
	shanghai  = time.FixedZone("Shanghai", 8*3600)
	wednesday = time.Date(2025, 6, 11, 12, 0, 0, 0, shanghai)
)

func newFixture(t testing.TB) *fixture {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	f := &fixture{t: t, faults: new(fault.Set)}
	st, clock, bus := f.faults.Store(db), new(platform.Clock), oidb.NewBus()
	clock.Set(wednesday)
	bus.Guard(f.faults.Bus)
	registry, profiles := apps.New(st, clock), profile.New(st, clock, "http://pictures.example/")
	words, err := wordfilter.Read(strings.NewReader("magpie\n"))
	must(t, err)
	f.friends = friends.New(st, clock, bus, profiles)
	f.friends.Register()
	f.Service = New(Options{Store: st, Clock: clock, Bus: bus, Apps: registry, Profiles: profiles, Calendar: platform.Calendar{Zone: shanghai}, Words: words, Log: slog.New(slog.DiscardHandler)})
	f.Register()
	f.app = f.newApp("a game")
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants fails unless an error has the code, 0 for no error.
func wants(t testing.TB, err error, code retcode.Code) {
	t.Helper()
	got, _ := retcode.From(err)
	if got != code || (err == nil) != (code == 0) {
		t.Fatalf("got %v, want %v", err, code)
	}
}

// fail makes a point fail until the returned function is called.
func (f *fixture) fail(point string) (end func()) {
	f.t.Helper()
	_, err := f.faults.Add(fault.Rule{Point: point})
	must(f.t, err)
	return func() { f.faults.Clear(0) }
}

func (f *fixture) newApp(name string) *platform.App {
	f.t.Helper()
	app, err := f.Apps.Create(f.t.Context(), platform.App{Name: name, Online: true})
	must(f.t, err)
	return app
}

// person is an account that uses the app.
type person struct {
	uin    platform.UIN
	openid platform.OpenID
}

func (f *fixture) person(nickname string) person {
	f.t.Helper()
	a := &platform.Account{PasswordEpoch: 1, Profile: platform.Profile{Nickname: nickname}}
	must(f.t, f.Store.CreateAccount(f.t.Context(), a, platform.FirstUIN))
	p := person{uin: a.UIN}
	var err error
	p.openid, err = f.Store.EnsureOpenID(f.t.Context(), f.app.AppID, p.uin, platform.OpenID{1, 14: byte(a.UIN >> 8), 15: byte(a.UIN)}, f.Clock.NowMS())
	must(f.t, err)
	_, err = f.Store.Authorize(f.t.Context(), f.app.AppID, p.openid, []string{"login"}, false, f.Clock.NowMS())
	must(f.t, err)
	return p
}

// friend returns a new person who is a friend of others.
func (f *fixture) friend(nickname string, of ...person) person {
	f.t.Helper()
	p := f.person(nickname)
	for _, other := range of {
		must(f.t, f.friends.Befriend(f.t.Context(), p.uin, other.uin))
	}
	return p
}

// call makes a call of a command for a person.
func call[Req, Rsp proto.Message](f *fixture, c *oidb.Command[Req, Rsp], req Req) (Rsp, error) {
	f.t.Helper()
	return oidb.Call(f.t.Context(), f.Bus, c, req)
}

// post posts a feed of a person and returns its number.
func (f *fixture) post(by person, title string) uint64 {
	f.t.Helper()
	rsp, err := call(f, PostFeedCommand, &wire.PostFeedRequest{Appid: uint64(f.app.AppID), Uin: uint64(by.uin), Title: title, Text: "the text of " + title})
	must(f.t, err)
	return rsp.FeedId
}

// feeds returns the titles that a person sees.
func (f *fixture) feeds(p person, all bool) (titles []string) {
	f.t.Helper()
	rsp, err := call(f, ListFeedsCommand, &wire.ListFeedsRequest{Appid: uint64(f.app.AppID), Uin: uint64(p.uin), Openid: p.openid[:], Friends: all})
	must(f.t, err)
	for _, feed := range rsp.Feed {
		titles = append(titles, feed.Title)
	}
	return titles
}
