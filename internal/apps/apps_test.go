package apps

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
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
	f.clock.Advance(FormerKeyLife)
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
