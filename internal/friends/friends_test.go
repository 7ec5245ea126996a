package friends

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

// fixture is the service on a real store; calls of the store and the cache may be made to fail.
type fixture struct {
	*Service
	t      testing.TB
	id     *identity.Service
	bus    *oidb.Bus
	clock  *platform.Clock
	faults *fault.Set
	app    *platform.App
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	f := &fixture{t: t, clock: new(platform.Clock), bus: oidb.NewBus(), faults: new(fault.Set)}
	keyring, err := token.OpenKeyring(filepath.Join(t.TempDir(), "keyring.json"), f.clock.Now())
	must(t, err)
	keyring.Guard(f.faults.Keyring)
	st := f.faults.Store(db)
	registry, profiles := apps.New(st, f.clock), profile.New(st, f.clock, "")
	f.id = identity.New(st, f.clock, keyring, registry, profiles, 1000)
	f.id.Register(f.bus)
	f.Service = New(st, f.clock, f.bus, profiles)
	f.Guard(f.faults.FriendCache)
	f.Register()
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

// user creates an account that uses the app.
func (f *fixture) user(profile platform.Profile) *identity.Issued {
	f.t.Helper()
	uin := f.account(profile)
	issued, err := f.id.Issue(f.t.Context(), identity.IssueRequest{AppID: f.app.AppID, UIN: uin, Kind: token.Access})
	must(f.t, err)
	return issued
}

func (f *fixture) account(profile platform.Profile) platform.UIN {
	f.t.Helper()
	a := &platform.Account{Profile: profile, PasswordEpoch: 1}
	must(f.t, f.store.CreateAccount(f.t.Context(), a, platform.FirstUIN))
	return a.UIN
}

// fail arms fault points as rookery dev does.
func (f *fixture) fail(points ...string) {
	f.t.Helper()
	f.id.Forget()
	for _, point := range points {
		_, err := f.faults.Add(fault.Rule{Point: point})
		must(f.t, err)
	}
}

// names lists an account's friends by the names in its list.
func (f *fixture) names(uin platform.UIN) (names string, lost bool, err error) {
	list, lost, err := List(f.t.Context(), f.bus, f.app.AppID, uin)
	var all []string
	for _, friend := range list {
		all = append(all, friend.Remark+"="+friend.Profile.Nickname)
	}
	return strings.Join(all, " "), lost, err
}

func (f *fixture) wantNames(what string, uin platform.UIN, want string, wantLost bool, wantErr error) {
	f.t.Helper()
	names, lost, err := f.names(uin)
	if names != want || lost != wantLost || !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) {
		f.t.Fatalf("%s: got %q, lost %v, %v; want %q, lost %v, %v", what, names, lost, err, want, wantLost, wantErr)
	}
}

func TestListWhileTheStoreOrTheCacheFails(t *testing.T) {
	const store, read, write = "store.read:friendships", "cache.read:friends", "cache.write:friends"
	for _, test := range []struct {
		name     string
		cached   bool // the list was read before
		fail     []string
		want     string
		wantLost bool
		wantErr  error
	}{
		{"all works", false, nil, "=Ben", false, nil},
		{"the cache cannot be read, which nobody needs", false, []string{read}, "=Ben", false, nil},
		{"the cache cannot be written", false, []string{write}, "=Ben", true, nil},
		{"no store, a list in the cache", true, []string{store}, "=Ben", true, nil},
		{"no store, an empty cache", false, []string{store}, "", false, retcode.QQFriendCacheReadFailed},
		{"no store, the cache cannot be read", true, []string{store, read}, "", false, retcode.QQFriendCacheReadFailed},
		{"no store, the cache cannot be written", true, []string{store, write}, "", false, retcode.QQFriendCacheWriteFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFixture(t)
			ann, ben := f.user(platform.Profile{Nickname: "Ann"}), f.user(platform.Profile{Nickname: "Ben"})
			must(t, f.Befriend(t.Context(), ann.UIN, ben.UIN))
			if test.cached {
				f.wantNames("before", ann.UIN, "=Ben", false, nil)
			}
			f.fail(test.fail...)
			f.wantNames("with the fault", ann.UIN, test.want, test.wantLost, test.wantErr)
			f.faults.Clear(0)
			f.wantNames("after it", ann.UIN, "=Ben", false, nil)
		})
	}
}

func TestAKeptListFollowsFriendships(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	ann, ben := f.user(platform.Profile{Nickname: "Ann"}).UIN, f.user(platform.Profile{Nickname: "Ben"}).UIN
	cat := f.user(platform.Profile{Nickname: "Cat"}).UIN
	for what, change := range map[string]func() error{
		"befriended": func() error { return f.Befriend(ctx, cat, ann) },
		"remarked":   func() error { return f.SetRemark(ctx, ann, ben, "B") },
		"unfriended": func() error { return f.Unfriend(ctx, ben, ann) },
	} {
		must(t, f.Befriend(ctx, ann, ben))
		if _, lost, err := f.names(ann); lost || err != nil {
			t.Fatalf("%s, before: lost %v, %v", what, lost, err)
		}
		must(t, change())
		f.fail("store.read:friendships")
		f.wantNames(what+", without the store", ann, "", false, retcode.QQFriendCacheReadFailed)
		f.faults.Clear(0)
	}
	must(t, f.Unfriend(ctx, ann, cat))
	must(t, f.Befriend(ctx, ann, ben))
	must(t, f.SetRemark(ctx, ann, ben, "B"))
	f.wantNames("at the end", ann, "B=Ben", false, nil)
	f.fail("store.read:friendships")
	f.clock.Advance(9*time.Minute + 30*time.Second) // of ten
	f.wantNames("shortly before its life ends", ann, "B=Ben", true, nil)
	f.clock.Advance(30 * time.Second)
	f.wantNames("after its life", ann, "", false, retcode.QQFriendCacheReadFailed)
}

func TestMembershipsExpire(t *testing.T) {
	f := newFixture(t)
	ann := f.user(platform.Profile{Nickname: "Ann"})
	until := f.clock.Now().Add(time.Hour).UnixMilli()
	ben := f.user(platform.Profile{Nickname: "Ben", VIP: platform.VIP{QQLevel: 9, Blue: platform.Membership{Level: 3, EndMS: until}, Red: platform.Membership{Level: 1}}})
	must(t, f.Befriend(t.Context(), ann.UIN, ben.UIN))
	see := func() (seen []platform.VIP) {
		profile, err := f.profiles.Get(t.Context(), ben.UIN)
		must(t, err)
		list, _, err := List(t.Context(), f.bus, f.app.AppID, ann.UIN)
		must(t, err)
		users, err := f.Users(t.Context(), f.app.AppID, []platform.OpenID{ben.OpenID, {}})
		must(t, err)
		return []platform.VIP{profile.VIP, list[0].Profile.VIP, users[ben.OpenID].Profile.VIP}
	}
	want := platform.VIP{QQLevel: 9, Blue: platform.Membership{Level: 3, EndMS: until}, Red: platform.Membership{Level: 1}}
	if diff := cmp.Diff([]platform.VIP{want, want, want}, see()); diff != "" {
		t.Errorf("before: (-want +got)\n%s", diff)
	}
	f.clock.Advance(time.Hour)
	want.Blue = platform.Membership{}
	if diff := cmp.Diff([]platform.VIP{want, want, want}, see()); diff != "" {
		t.Errorf("after: (-want +got)\n%s", diff)
	}
}

func TestOthersGetAnOpenID(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	ann, ben := f.user(platform.Profile{Nickname: "Ann"}).UIN, f.user(platform.Profile{Nickname: "Ben"}).UIN
	must(t, f.Befriend(ctx, ann, ben))
	var uins []platform.UIN
	for i := range 3 {
		uins = append(uins, f.account(platform.Profile{Nickname: fmt.Sprint("Friend ", i)}))
		must(t, f.Befriend(ctx, ann, uins[i]))
	}
	f.fail("store.write:openids")
	if list, err := f.Unregistered(ctx, f.app.AppID, ann, 2); !errors.Is(err, retcode.QQFriendCacheReadFailed) {
		t.Errorf("no openids can be written: got %+v, %v", list, err)
	}
	f.faults.Clear(0)
	first, err := f.Unregistered(ctx, f.app.AppID, ann, 2)
	must(t, err)
	again, err := f.Unregistered(ctx, f.app.AppID, ann, 1000)
	must(t, err)
	if len(first) != 2 || len(again) != 3 || first[0].OpenID == (platform.OpenID{}) || first[0].OpenID != again[0].OpenID || again[2].UIN != uins[2] {
		t.Errorf("got %+v and then %+v", first, again)
	}
	if _, err := f.id.Issue(ctx, identity.IssueRequest{AppID: f.app.AppID, UIN: uins[0], Kind: token.Access}); err != nil {
		t.Fatal(err)
	}
	if rest, err := f.Unregistered(ctx, f.app.AppID, ann, 10); err != nil || len(rest) != 2 {
		t.Errorf("after one came: %+v, %v", rest, err)
	}
	f.wantNames("friends in the game", ann, "=Ben =Friend 0", false, nil)
}

func TestFriendshipsThatCannotBe(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	ann, ben := f.account(platform.Profile{}), f.account(platform.Profile{})
	for what, test := range map[string]struct{ got, want error }{
		"oneself":              {f.Befriend(ctx, ann, ann), platform.ErrInvalid},
		"nobody":               {f.Befriend(ctx, ann, 99_999), platform.ErrNotFound},
		"end of no friendship": {f.Unfriend(ctx, ann, ben), platform.ErrNotFound},
		"remark of a stranger": {f.SetRemark(ctx, ann, ben, "x"), platform.ErrNotFound},
		"a torn remark":        {f.SetRemark(ctx, ann, ben, "a\x00b"), platform.ErrInvalid},
		"an endless remark":    {f.SetRemark(ctx, ann, ben, strings.Repeat("x", maxRemark+1)), platform.ErrInvalid},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("%s: got %v, want %v", what, test.got, test.want)
		}
	}
	if are, err := AreFriends(ctx, f.bus, ann, ben); are || err != nil {
		t.Errorf("are they friends: %v, %v", are, err)
	}
	f.Forget()
	f.fail("store.read:friendships")
	if _, err := AreFriends(ctx, f.bus, ann, ben); !errors.Is(err, retcode.QQFriendCacheReadFailed) {
		t.Errorf("without the store: %v", err)
	}
	if _, err := f.Users(ctx, f.app.AppID, make([]platform.OpenID, 101)); !errors.Is(err, retcode.QQFriendParameterIllegal) {
		t.Errorf("too many openids: %v", err)
	}
	f.faults.Clear(0)
	if _, err := f.Users(ctx, f.app.AppID, make([]platform.OpenID, 100)); err != nil {
		t.Errorf("as many openids as may be: %v", err)
	}
}

func TestWhetherTwoAreFriendsFollowsTheStore(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	ann, ben := f.account(platform.Profile{}), f.account(platform.Profile{})
	wants := func(when string, want bool) {
		t.Helper()
		for _, two := range [][2]platform.UIN{{ann, ben}, {ben, ann}} {
			if are, err := AreFriends(ctx, f.bus, two[0], two[1]); are != want || err != nil {
				t.Errorf("%s: are %d and %d friends: %v, %v", when, two[0], two[1], are, err)
			}
		}
	}
	wants("at first", false)
	must(t, f.Befriend(ctx, ann, ben))
	wants("befriended", true)
	f.fail("store.read:friendships")
	wants("without the store", true)
	f.Forget()
	if _, err := AreFriends(ctx, f.bus, ann, ben); !errors.Is(err, retcode.QQFriendCacheReadFailed) {
		t.Errorf("without the store, forgotten: %v", err)
	}
	f.faults.Clear(0)
	wants("with the store again", true)
	must(t, f.Unfriend(ctx, ben, ann))
	wants("unfriended", false)
}

func TestAnAnswerReadBeforeAChangeIsNotKept(t *testing.T) {
	p := newPairs()
	for _, test := range []struct {
		name   string
		reads  func() (bool, error)
		before bool // what the read, which a change overtakes, says
		after  bool
	}{
		{"overtaken", func() (bool, error) { p.drop(1); return true, nil }, true, false},
		{"failed", func() (bool, error) { return true, errors.New("unreadable") }, true, false},
	} {
		if are, _ := p.are(2, 1, test.reads); are != test.before {
			t.Errorf("%s: the read's own answer is %v", test.name, are)
		}
		if are, err := p.are(1, 2, func() (bool, error) { return false, nil }); are != test.after || err != nil {
			t.Errorf("%s: afterwards %v, %v", test.name, are, err)
		}
		p.drop(1)
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache(10)
	key := func(n int) cacheKey { return cacheKey{platform.AppID(n), 1} }
	for n := range 5 {
		c.put(key(n), make([]Friend, 2), 0, 0) // three of them fill it
	}
	if c.used > c.size || len(c.lists) != 3 || c.order.Len() != 3 || len(c.byUIN[1]) != 3 {
		t.Errorf("used %d of %d by %d lists, %d by account", c.used, c.size, len(c.lists), len(c.byUIN[1]))
	}
	if _, ok := c.get(key(2), 1); !ok {
		t.Error("a list that was not driven out is gone")
	}
	c.put(key(9), make([]Friend, 2), 0, 0)
	if _, ok := c.get(key(3), 1); ok {
		t.Error("the list used last was kept too long")
	}
	c.put(key(8), make([]Friend, 10), 0, 0)
	if _, ok := c.get(key(8), 1); ok {
		t.Error("a list larger than the cache was kept")
	}
	c.put(key(7), nil, 0, c.changes(key(7))+1)
	if _, ok := c.get(key(7), 1); ok {
		t.Error("a list read before a change was kept")
	}
	c.drop(1)
	if c.used != 0 || len(c.lists)+len(c.byUIN)+c.order.Len() != 0 {
		t.Errorf("after the drop %d are used", c.used)
	}
}

// BenchmarkList reads the list of a person with 3,000 friends who use the app.
func BenchmarkList(b *testing.B) {
	f := newFixture(b)
	const count = 3000
	ann := f.user(platform.Profile{Nickname: "Ann"})
	var group sync.WaitGroup
	befriend := func() error {
		a := &platform.Account{Profile: platform.Profile{
			Nickname: "小乌鸦", PictureURL: "https://pic.example/u/1/", VIP: platform.VIP{QQLevel: 21, Yellow: platform.Membership{Level: 4, EndMS: 1 << 50}},
		}, PasswordEpoch: 1}
		if err := f.store.CreateAccount(b.Context(), a, platform.FirstUIN); err != nil {
			return err
		}
		if _, err := f.id.Issue(b.Context(), identity.IssueRequest{AppID: f.app.AppID, UIN: a.UIN, Kind: token.Access}); err != nil {
			return err
		}
		return f.Befriend(b.Context(), ann.UIN, a.UIN)
	}
	for range count { // all at once, so that the store's writer needs few commits
		group.Go(func() {
			if err := befriend(); err != nil {
				b.Error(err)
			}
		})
	}
	group.Wait()
	b.ReportAllocs()
	for b.Loop() {
		list, lost, err := List(b.Context(), f.bus, f.app.AppID, ann.UIN)
		if len(list) != count || lost || err != nil {
			b.Fatalf("%d friends, lost %v, %v", len(list), lost, err)
		}
	}
}
