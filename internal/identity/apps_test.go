package identity

import (
	"context"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

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
	f.Apps.store = leavingApps{f.store, leave}
	_, err := f.Apps.Update(ctx, f.app.AppID, func(app *platform.App) error { app.Online = false; return nil })
	if ctx.Err() == nil || err != nil || f.Apps.ByID(f.app.AppID).Online {
		t.Errorf("%v, and the app is still online here: %v", err, f.Apps.ByID(f.app.AppID).Online)
	}
}
