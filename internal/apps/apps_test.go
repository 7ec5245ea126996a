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
	app *platform.App
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	f := &fixture{Registry: New(st, new(platform.Clock))}
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

// appStore gives the embedded store.Apps a name that is not its method's.
type appStore = store.Apps

// countedApps counts the reads of single apps.
type countedApps struct {
	appStore
	reads int
}

func (c *countedApps) App(ctx context.Context, id platform.AppID) (*platform.App, error) {
	c.reads++
	return c.appStore.App(ctx, id)
}

func TestAKeyThatIsBeingChanged(t *testing.T) {
	f := newFixture(t)
	counted := &countedApps{appStore: f.store}
	f.store = counted
	id := f.app.AppID
	changing := func(key string) bool {
		return f.KeyIsChanging(t.Context(), f.ByID(id), func(held string) bool { return held == key })
	}
	old := f.app.AppKey
	made, err := f.RotateKey(t.Context(), id, "appkey", "")
	must(t, err)
	if !changing(old) || changing("neither1") {
		t.Error("the former key, and no other, is one that is being changed")
	}
	if _, err := f.RotateKey(t.Context(), id, "appkey", made); err != nil || !changing(old) {
		t.Error("a change to the same key is none:", err)
	}
	f.clock.Advance(FormerKeyLife)
	if changing(old) {
		t.Error("the former key is not forgotten")
	}

	// Another gateway changes the key behind this one's back.
	_, err = counted.UpdateApp(t.Context(), id, 1, func(app *platform.App) error { app.AppKey = "another1gateway"; return nil })
	must(t, err)
	f.clock.Advance(time.Second)
	before := counted.reads
	for range 100 {
		changing("neither1")
	}
	if read := counted.reads - before; read != 1 {
		t.Errorf("a hundred wrong signatures read the store %d times", read)
	}
	if f.ByID(id).AppKey != "another1gateway" {
		t.Error("the newer key was not taken over")
	}
}

// leavingApps has the caller leave as soon as a change is stored.
type leavingApps struct {
	appStore
	leave func()
}

func (l leavingApps) UpdateApp(ctx context.Context, id platform.AppID, nowMS int64, edit func(*platform.App) error) (*platform.App, error) {
	defer l.leave()
	return l.appStore.UpdateApp(ctx, id, nowMS, edit)
}

func TestAStoredChangeHoldsThoughTheCallerHasLeft(t *testing.T) {
	f := newFixture(t)
	ctx, leave := context.WithCancel(t.Context())
	f.store = leavingApps{f.store, leave}
	_, err := f.Update(ctx, f.app.AppID, func(app *platform.App) error { app.Online = false; return nil })
	if ctx.Err() == nil || err != nil || f.ByID(f.app.AppID).Online {
		t.Errorf("%v, and the app is still online here: %v", err, f.ByID(f.app.AppID).Online)
	}
}
