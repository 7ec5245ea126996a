// Package apps is the registry of apps: who may call, with which keys.
package apps

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// Registry keeps the registered apps in memory for the doors. What a lookup returns must not be changed. It is safe for
// concurrent use.
type Registry struct {
	store store.Apps
	clock *platform.Clock

	create  sync.Mutex // held while an appid is chosen and taken
	reload  sync.Mutex // orders changes of index
	index   atomic.Pointer[appIndex]
	rereads *limit.Keyed
}

type appIndex struct {
	byID   map[platform.AppID]*platform.App
	byGame map[platform.GameID]*platform.App
	list   []*platform.App
}

// New returns a registry that has read nothing yet.
func New(st store.Apps, clock *platform.Clock) *Registry {
	a := &Registry{store: st, clock: clock, rereads: limit.NewKeyed()}
	a.index.Store(&appIndex{})
	return a
}

// Load reads the apps from the store.
func (a *Registry) Load(ctx context.Context) error {
	a.reload.Lock()
	defer a.reload.Unlock()
	list, err := a.store.Apps(ctx)
	if err != nil {
		return err
	}
	index := &appIndex{
		byID:   make(map[platform.AppID]*platform.App, len(list)),
		byGame: make(map[platform.GameID]*platform.App, len(list)),
		list:   list,
	}
	for _, app := range list {
		index.byID[app.AppID] = app
		if app.GameID != 0 {
			index.byGame[app.GameID] = app
		}
	}
	a.index.Store(index)
	return nil
}

// ByID returns an app, or nil.
func (a *Registry) ByID(id platform.AppID) *platform.App { return a.index.Load().byID[id] }

// Find returns an app. One that this process has not seen yet, because another made it, is read from the store.
// Errors: store.ErrNotFound, or the storage's.
func (a *Registry) Find(ctx context.Context, id platform.AppID) (*platform.App, error) {
	if app := a.ByID(id); app != nil {
		return app, nil
	}
	app, err := a.store.App(ctx, id)
	if err != nil {
		return nil, err
	}
	return app, a.Load(ctx)
}

// ByGame returns the app of a V5 game, or nil.
func (a *Registry) ByGame(id platform.GameID) *platform.App { return a.index.Load().byGame[id] }

// List returns all apps in the order of their appids.
func (a *Registry) List() []*platform.App { return slices.Clone(a.index.Load().list) }

// Create registers an app and gives it the keys that it comes without. Without an appid it gets the next free one.
// Errors: ErrInvalid, store.ErrExists.
func (a *Registry) Create(ctx context.Context, app platform.App) (*platform.App, error) {
	a.create.Lock()
	defer a.create.Unlock()
	if app.AppID == 0 {
		app.AppID = firstAppID
		if list := a.index.Load().list; len(list) > 0 {
			app.AppID = max(app.AppID, list[len(list)-1].AppID+1)
		}
		if app.AppID > math.MaxInt64 {
			return nil, platform.Invalidf("there is no number above the highest app's: give the new one an appid")
		}
	}
	for _, key := range []*string{&app.AppKey, &app.MSDKKey} {
		if *key == "" {
			*key = newKey()
		}
	}
	if app.Environment == "" {
		app.Environment = platform.Formal
	}
	if app.APIs == nil {
		app.APIs = platform.DefaultAPIs
	}
	fillV5Keys(&app)
	if err := app.Validate(); err != nil {
		return nil, platform.Invalidf("%w", err)
	}
	if err := a.store.CreateApp(ctx, &app, a.clock.NowMS()); err != nil {
		return nil, a.taken(&app, err)
	}
	return &app, a.Load(context.WithoutCancel(ctx)) // see Update
}

// firstAppID is the number that the first app gets by itself.
const firstAppID platform.AppID = 100700001

// Update changes an app. Errors: ErrInvalid, store.ErrNotFound, store.ErrExists, or the one of edit.
func (a *Registry) Update(ctx context.Context, id platform.AppID, edit func(*platform.App) error) (*platform.App, error) {
	var edited *platform.App
	_, err := a.store.UpdateApp(ctx, id, a.clock.NowMS(), func(app *platform.App) error {
		edited = app
		if err := edit(app); err != nil {
			return err
		}
		if app.AppID != id {
			return platform.Invalidf("an app's appid cannot be changed")
		}
		fillV5Keys(app)
		if err := app.Validate(); err != nil {
			return platform.Invalidf("%w", err)
		}
		return nil
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, fmt.Errorf("%w: there is no app %s", store.ErrNotFound, id)
	case err != nil:
		return nil, a.taken(edited, err)
	}
	// What the store has must hold here too, even when the caller has left meanwhile.
	return edited, a.Load(context.WithoutCancel(ctx))
}

// FormerKeyLife is how long a replaced appkey is remembered, for its users to be told what happened.
const FormerKeyLife = 10 * time.Minute

// KeyIsChanging reports whether another appkey than the one in memory is what holds accepts: the one that it replaced a
// moment ago, or a newer one that the store has already. The latter is looked up, and then taken over, no more than once a
// second for an app, however many wrong signatures come.
func (a *Registry) KeyIsChanging(ctx context.Context, app *platform.App, holds func(key string) bool) bool {
	former := app.FormerAppKey
	if former.Key != "" && a.clock.NowMS() < former.UntilMS && holds(former.Key) {
		return true
	}
	if _, ok := a.rereads.Take(app.AppID.String(), platform.Rate{Count: 1, Per: time.Second}, a.clock.Now()); !ok {
		return false
	}
	stored, err := a.store.App(ctx, app.AppID)
	if err != nil || stored.AppKey == app.AppKey {
		return false // a store that fails is no reason to call the signature anything but wrong
	}
	_ = a.Load(ctx) // what it misses is found the next time
	return holds(stored.AppKey)
}

// RotateKey gives an app a key, a random one when key is empty, and returns it; the old one ends at once. The key is
// named appkey, msdkkey, client_sigkey, or sigkey:SOURCE for a new or existing source. Errors: ErrInvalid,
// store.ErrNotFound.
func (a *Registry) RotateKey(ctx context.Context, id platform.AppID, name, key string) (string, error) {
	if key == "" {
		key = newKey()
	}
	_, err := a.Update(ctx, id, func(app *platform.App) error {
		source, isSource := cutSource(name)
		switch {
		case name == "appkey":
			if key != app.AppKey {
				app.FormerAppKey = platform.FormerKey{Key: app.AppKey, UntilMS: a.clock.NowMS() + FormerKeyLife.Milliseconds()}
			}
			app.AppKey = key
		case name == "msdkkey":
			app.MSDKKey = key
		case app.GameID == 0 && (isSource || name == "client_sigkey"):
			return platform.Invalidf("app %s has no gameid, so it has no V5 keys", id)
		case name == "client_sigkey":
			app.ClientSigKey = key
		case isSource:
			app.SigKeys[source] = key
		default:
			return platform.Invalidf("key %q is none of appkey, msdkkey, client_sigkey and sigkey:SOURCE", name)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return key, nil
}

func cutSource(name string) (source string, ok bool) {
	const prefix = "sigkey:"
	if len(name) <= len(prefix) || name[:len(prefix)] != prefix {
		return "", false
	}
	return name[len(prefix):], true
}

// fillV5Keys gives a V5 game the keys that it cannot be without.
func fillV5Keys(app *platform.App) {
	if app.GameID == 0 {
		return
	}
	if len(app.SigKeys) == 0 {
		app.SigKeys = map[string]string{"0": newKey()}
	}
	if app.ClientSigKey == "" {
		app.ClientSigKey = newKey()
	}
}

// taken says which id of the app is the one that exists already.
func (a *Registry) taken(app *platform.App, err error) error {
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	if other := a.ByGame(app.GameID); other != nil && other.AppID != app.AppID {
		return fmt.Errorf("%w: gameid %s is app %s's", store.ErrExists, app.GameID, other.AppID)
	}
	return fmt.Errorf("%w: app %s", store.ErrExists, app.AppID)
}

// newKey returns a random key of 32 letters and digits, a good 165 bits.
func newKey() string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	key := make([]byte, 0, 32)
	var random [64]byte
	for len(key) < 32 {
		rand.Read(random[:])
		for _, b := range random {
			// Values past the last full round of the alphabet are left out, so that every letter is as likely.
			if int(b) < 256/len(letters)*len(letters) && len(key) < 32 {
				key = append(key, letters[int(b)%len(letters)])
			}
		}
	}
	return string(key)
}
