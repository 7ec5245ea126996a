package apps

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// fixture is a registry on a real store, with one app.
type fixture struct {
	*Registry
	backing store.Store
	app     *platform.App
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	f := &fixture{Registry: New(st, new(platform.Clock)), backing: st}
	f.app, err = f.Create(t.Context(), platform.App{Name: "a game", GameID: 11, Online: true})
	must(t, err)
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// deafStore reports no changes, like the store of a gateway whose feed lags, and counts the reads of single apps.
type deafStore struct {
	store.Store
	reads int
}

func (d *deafStore) OnChange(func(store.Change)) {}

func (d *deafStore) App(ctx context.Context, id platform.AppID) (*platform.App, error) {
	d.reads++
	return d.Store.App(ctx, id)
}

func TestWhatTheStoreReportsHolds(t *testing.T) {
	f := newFixture(t)
	edit := func(edit func(*platform.App)) {
		_, err := f.backing.UpdateApp(t.Context(), f.app.AppID, 1, func(app *platform.App) error { edit(app); return nil })
		must(t, err)
	}
	edit(func(app *platform.App) { app.Online, app.GameID = false, 12 })
	if f.ByID(f.app.AppID).Online || f.ByGame(11) != nil || f.ByGame(12) == nil || f.List()[0].Online {
		t.Error("the app is as it was before the change")
	}
	must(t, f.backing.CreateApp(t.Context(), &platform.App{AppID: 1, Name: "first"}, 1))
	if list := f.List(); len(list) != 2 || list[0].AppID != 1 || f.ByID(1) == nil {
		t.Errorf("the new app is not the first of %d", len(list))
	}
}

func TestAKeyThatIsBeingChanged(t *testing.T) {
	f := newFixture(t)
	id := f.app.AppID
	changing := func(key string) bool {
		return f.KeyIsChanging(t.Context(), f.ByID(id), func(held string) bool { return held == key })
	}
	old := f.app.AppKey
	made, err := f.RotateKey(t.Context(), id, "appkey", "")
	must(t, err)
	if !changing(old) || changing("neither1") {
		t.Error("only the former key should count as changing")
	}
	if _, err := f.RotateKey(t.Context(), id, "appkey", made); err != nil || !changing(old) {
		t.Error("the former key is lost after a change to the same key: ", err)
	}
	f.clock.Advance(9 * time.Minute)
	if !changing(old) {
		t.Error("the former key is forgotten before ten minutes are over")
	}
	f.clock.Advance(time.Minute)
	if changing(old) {
		t.Error("the former key is not forgotten")
	}

	deaf := &deafStore{Store: f.backing}
	f.Registry = New(deaf, f.clock)
	must(t, f.Load(t.Context()))
	_, err = f.backing.UpdateApp(t.Context(), id, 1, func(app *platform.App) error { app.AppKey = "another1gateway"; return nil })
	must(t, err)
	f.clock.Advance(time.Second)
	before := deaf.reads
	for range 100 {
		changing("neither1")
	}
	if read := deaf.reads - before; read != 1 {
		t.Errorf("a hundred wrong signatures read the store %d times", read)
	}
	if f.ByID(id).AppKey != "another1gateway" {
		t.Error("the newer key was not taken over")
	}
}

// TestKeys: the keys that a wrong signature may have been made with are the app's own, its former ones, and other apps',
// the same developer's first.
func TestKeys(t *testing.T) {
	f := newFixture(t)
	f.KeepFormerKeys([]platform.App{{AppID: f.app.AppID, AppKey: "firstappkey00000", MSDKKey: f.app.MSDKKey}, {AppID: 99, AppKey: "nobodyskey000000"}})
	for _, app := range []platform.App{
		{AppID: 100700002, Name: "another's", Developer: "someone", AppKey: "otherappkey00000", MSDKKey: "othermsdkkey0000"},
		{AppID: 100700003, Name: "a second game", AppKey: "secondappkey0000", MSDKKey: "secondmsdkkey000"},
	} {
		_, err := f.Create(t.Context(), app)
		must(t, err)
	}
	for name, key := range map[string]string{"appkey": "newappkey0000000", "msdkkey": "newmsdkkey000000", "client_sigkey": "newclientkey0000", "sigkey:0": "newsigkey0000000"} {
		_, err := f.RotateKey(t.Context(), f.app.AppID, name, key)
		must(t, err)
	}
	var got []mistake.Key
	former := make(map[mistake.Key]bool)
	for _, key := range f.Keys(f.ByID(f.app.AppID)) {
		if strings.HasPrefix(key.Name, "former ") && key.Name != "former appkey" {
			former[key] = true
		} else {
			got = append(got, key)
		}
	}
	want := []mistake.Key{
		{Name: "appkey", Value: "newappkey0000000"}, {Name: "msdkkey", Value: "newmsdkkey000000"}, {Name: "client_sigkey", Value: "newclientkey0000"},
		{Name: "sigkey of source 0", Value: "newsigkey0000000"}, {Name: "former appkey", Value: f.app.AppKey},
		{Name: "appid, which is not a key", Value: "100700001"}, {Name: "gameid, which is not a key", Value: "11"},
		{Name: "appkey of app 100700003 (a second game)", Value: "secondappkey0000"}, {Name: "msdkkey of app 100700003 (a second game)", Value: "secondmsdkkey000"},
		{Name: "appkey of app 100700002 (another's)", Value: "otherappkey00000"}, {Name: "msdkkey of app 100700002 (another's)", Value: "othermsdkkey0000"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, key := range []mistake.Key{
		{Name: "former appkey of app 100700001 (a game)", Value: "firstappkey00000"},
		{Name: "former msdkkey of app 100700001 (a game)", Value: f.app.MSDKKey},
		{Name: "former client_sigkey of app 100700001 (a game)", Value: f.app.ClientSigKey},
		{Name: "former sigkey of source 0 of app 100700001 (a game)", Value: f.app.SigKeys["0"]},
	} {
		if !former[key] {
			t.Errorf("%s is not among the former keys %v", key.Name, former)
		}
	}
	if len(former) != 4 {
		t.Errorf("the former keys are %v", former)
	}

	// Without a developer who inspects, nothing is remembered.
	f = newFixture(t)
	_, err := f.RotateKey(t.Context(), f.app.AppID, "msdkkey", "newmsdkkey000000")
	must(t, err)
	if keys := f.Keys(f.ByID(f.app.AppID)); len(keys) != 6 {
		t.Errorf("the keys are %v", keys)
	}
}
