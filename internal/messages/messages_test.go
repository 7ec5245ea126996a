package messages

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/internal/wordfilter"
	"github.com/rookeryhq/rookery/retcode"
)

// fixture is the service on a real store, whose calls may be made to fail. The clock shows a Wednesday noon in Shanghai.
type fixture struct {
	*Service
	t        testing.TB
	faults   *fault.Set
	identity *identity.Service
	friends  *friends.Service
	app      *platform.App
}

var wednesday = time.Date(2025, 6, 11, 12, 0, 0, 0, shanghai)

var shanghai = func() *time.Location {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err)
	}
	return zone
}()

func newFixture(t testing.TB) *fixture {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	f := &fixture{t: t, faults: new(fault.Set)}
	st, clock, bus := f.faults.Store(db), new(platform.Clock), oidb.NewBus()
	clock.Set(wednesday)
	bus.Guard(f.faults.Bus)
	registry, profiles := apps.New(st, clock), profile.New(st, clock, "")
	words, err := wordfilter.Read(strings.NewReader("magpie\n"))
	must(t, err)
	f.friends = friends.New(st, clock, bus, profiles)
	f.friends.Register()
	keyring, err := token.OpenKeyring(filepath.Join(t.TempDir(), "keyring.json"), clock.Now())
	must(t, err)
	f.identity = identity.New(st, clock, keyring, registry, profiles, 1000)
	f.identity.Register(bus)
	f.Service = New(st, clock, bus, registry, Options{Calendar: platform.Calendar{Zone: shanghai}, SceneDelay: 10 * time.Minute, Words: words})
	f.Register()
	must(t, f.Load(t.Context()))
	f.app, err = registry.Create(t.Context(), platform.App{Name: "a game", GameID: 11, Online: true})
	must(t, err)
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

// fail makes a point fail, and empties the caches that would hide it.
func (f *fixture) fail(point string) {
	f.t.Helper()
	_, err := f.faults.Add(fault.Rule{Point: point})
	must(f.t, err)
	f.identity.Forget()
	f.friends.Forget()
}

// account creates an account.
func (f *fixture) account() platform.UIN {
	f.t.Helper()
	a := &platform.Account{PasswordEpoch: 1}
	must(f.t, f.store.CreateAccount(f.t.Context(), a, platform.FirstUIN))
	return a.UIN
}

// person is an account with an openid at the app.
type person struct {
	uin    platform.UIN
	openid platform.OpenID
}

var lastOpenID byte

func (f *fixture) person() person {
	f.t.Helper()
	p := person{uin: f.account()}
	lastOpenID++
	var err error
	p.openid, err = f.store.EnsureOpenID(f.t.Context(), f.app.AppID, p.uin, platform.OpenID{1, 15: lastOpenID}, f.clock.NowMS())
	must(f.t, err)
	return p
}

func (f *fixture) befriend(a, b person) {
	f.t.Helper()
	must(f.t, f.friends.Befriend(f.t.Context(), a.uin, b.uin))
}

// letter is a message from one person to another.
func (f *fixture) letter(from, to person) Letter {
	return Letter{AppID: f.app.AppID, From: from.uin, FromOpenID: from.openid, To: to.openid}
}

// share sends a message from one person to another.
func (f *fixture) share(from, to person) error {
	_, err := SendShare(f.t.Context(), f.bus, f.letter(from, to), Share{Title: "a title", Text: "a text"})
	return err
}

// scene sets a scene that is in effect.
func (f *fixture) scene(name, template string) {
	f.t.Helper()
	_, err := f.SetScene(f.t.Context(), platform.SceneKey{AppID: f.app.AppID, Scene: name}, SceneSettings{Template: []byte(template)})
	must(f.t, err)
	f.clock.Advance(10 * time.Minute)
}

// edit changes the app.
func (f *fixture) edit(edit func(*platform.App)) {
	f.t.Helper()
	_, err := f.apps.Update(f.t.Context(), f.app.AppID, func(a *platform.App) error { edit(a); return nil })
	must(f.t, err)
}

// inbox returns all messages of an account.
func (f *fixture) inbox(uin platform.UIN) []platform.Message {
	f.t.Helper()
	list, err := f.store.MessagesAfter(f.t.Context(), uin, 0, 0, 0, 1000)
	must(f.t, err)
	return list
}

// failureOf returns the failure of a command.
func failureOf(err error) (failure *oidb.Failure) {
	errors.As(err, &failure)
	return failure
}
