// Package apps is the registry of apps: who may call, and with which keys.
package apps

import (
	"cmp"
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
	"github.com/rookeryhq/rookery/internal/sign/mistake"
	"github.com/rookeryhq/rookery/internal/store"
)

// Registry holds the registered apps in memory for the doors. Callers must not change the apps that it returns. It is safe
// for concurrent use.
type Registry struct {
	store store.Apps // nil if the apps never change
	clock *platform.Clock

	create  sync.Mutex // held while an appid is chosen and stored
	index   atomic.Pointer[index]
	mu      sync.Mutex                    // held while the index is replaced
	changes int                           // reported by the store
	former  atomic.Pointer[[]mistake.Key] // nil unless KeepFormerKeys was called
	rereads *limit.Keyed
}

// index is one state of the registry; it never changes.
type index struct {
	byID   map[platform.AppID]*platform.App
	byGame map[platform.GameID]*platform.App
	list   []*platform.App // in the order of their appids
}

// New returns an empty registry that follows the store's reports of changed apps.
func New(st store.Store, clock *platform.Clock) *Registry {
	r := &Registry{store: st, clock: clock, rereads: limit.NewKeyed()}
	r.index.Store(newIndex(nil))
	st.OnChange(func(c store.Change) {
		if c, ok := c.(store.AppChange); ok {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.changes++
			r.put(c.App)
		}
	})
	return r
}

// Of returns a registry of these apps, which never change.
func Of(clock *platform.Clock, list ...*platform.App) *Registry {
	r := &Registry{clock: clock, rereads: limit.NewKeyed()}
	r.index.Store(newIndex(list))
	return r
}

func newIndex(list []*platform.App) *index {
	i := &index{
		byID:   make(map[platform.AppID]*platform.App, len(list)),
		byGame: make(map[platform.GameID]*platform.App, len(list)),
		list:   list,
	}
	for _, app := range list {
		i.byID[app.AppID] = app
		if app.GameID != 0 {
			i.byGame[app.GameID] = app
		}
	}
	return i
}

// Load reads the apps from the store. It must be called before the first change.
func (r *Registry) Load(ctx context.Context) error {
	list, err := r.store.Apps(ctx)
	if err == nil {
		r.index.Store(newIndex(list))
	}
	return err
}

// put puts an app into the index. r.mu is held.
func (r *Registry) put(app *platform.App) {
	list := slices.Clone(r.index.Load().list)
	i, known := slices.BinarySearchFunc(list, app.AppID, func(a *platform.App, id platform.AppID) int { return cmp.Compare(a.AppID, id) })
	if known {
		if former := r.former.Load(); former != nil {
			r.former.Store(withReplaced(former, list[i], app))
		}
		list[i] = app
	} else {
		list = slices.Insert(list, i, app)
	}
	r.index.Store(newIndex(list))
}

// read reads an app from the store and puts it into the index, unless a change may have overtaken the read.
func (r *Registry) read(ctx context.Context, id platform.AppID) (*platform.App, error) {
	r.mu.Lock()
	changes := r.changes
	r.mu.Unlock()
	app, err := r.store.App(ctx, id)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changes == changes {
		r.put(app)
	}
	return app, nil
}

// ByID returns an app, or nil.
func (r *Registry) ByID(id platform.AppID) *platform.App { return r.index.Load().byID[id] }

// Find returns an app. An app that this process has not seen yet, because another process made it, is read from the store.
// Errors: platform.ErrNotFound, or the storage's.
func (r *Registry) Find(ctx context.Context, id platform.AppID) (*platform.App, error) {
	if app := r.ByID(id); app != nil {
		return app, nil
	}
	return r.read(ctx, id)
}

// ByGame returns the app of a V5 game, or nil.
func (r *Registry) ByGame(id platform.GameID) *platform.App { return r.index.Load().byGame[id] }

// List returns all apps in the order of their appids.
func (r *Registry) List() []*platform.App { return slices.Clone(r.index.Load().list) }

// Create registers an app and generates the keys that it lacks. Without an appid it gets the next free one. Errors:
// ErrInvalid, platform.ErrExists.
func (r *Registry) Create(ctx context.Context, app platform.App) (*platform.App, error) {
	r.create.Lock()
	defer r.create.Unlock()
	if app.AppID == 0 {
		app.AppID = firstAppID
		if list := r.index.Load().list; len(list) > 0 {
			app.AppID = max(app.AppID, list[len(list)-1].AppID+1)
		}
		if app.AppID > math.MaxInt64 {
			return nil, platform.Invalidf("appid", "no appid is left above the highest app's: give the new app an appid")
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
	var err error
	if app.RedirectURIs, err = registerable(app.RedirectURIs, nil); err != nil {
		return nil, err
	}
	if err := app.Validate(); err != nil {
		return nil, err
	}
	if err := r.store.CreateApp(ctx, &app, r.clock.NowMS()); err != nil {
		return nil, r.taken(&app, err)
	}
	return &app, nil
}

// firstAppID is the appid that the first app gets by default.
const firstAppID platform.AppID = 100700001

// Update changes an app. Errors: ErrInvalid, platform.ErrNotFound, platform.ErrExists, or edit's.
func (r *Registry) Update(ctx context.Context, id platform.AppID, edit func(*platform.App) error) (*platform.App, error) {
	var edited *platform.App
	_, err := r.store.UpdateApp(ctx, id, r.clock.NowMS(), func(app *platform.App) error {
		edited = app
		known := app.RedirectURIs
		if err := edit(app); err != nil {
			return err
		}
		var err error
		if app.RedirectURIs, err = registerable(app.RedirectURIs, known); err != nil {
			return err
		}
		if app.AppID != id {
			return platform.Invalidf("appid", "an app's appid cannot be changed")
		}
		fillV5Keys(app)
		return app.Validate()
	})
	if err != nil {
		return nil, r.taken(edited, err)
	}
	return edited, nil
}

// FormerKeyLife is how long a replaced appkey is remembered, so that its users can be told what happened.
const FormerKeyLife = 10 * time.Minute

// KeyIsChanging reports whether holds accepts an appkey other than the one in memory: the one that it replaced a moment
// ago, or a newer one that is already in the store. The store is asked for the latter, which is then adopted, at most once
// a second per app, however many wrong signatures come.
func (r *Registry) KeyIsChanging(ctx context.Context, app *platform.App, holds func(key string) bool) bool {
	former := app.FormerAppKey
	if former.Key != "" && r.clock.NowMS() < former.UntilMS && holds(former.Key) {
		return true
	}
	if r.store == nil {
		return false
	}
	if _, ok := r.rereads.Take(app.AppID.String(), platform.Rate{Count: 1, Per: time.Second}, r.clock.Now()); !ok {
		return false
	}
	stored, err := r.read(ctx, app.AppID)
	// If the store fails, the signature still counts as simply wrong.
	return err == nil && stored.AppKey != app.AppKey && holds(stored.AppKey)
}

// RotateKey gives an app a key, a random one when key is empty, and returns it; the old one ends at once. The key is
// named appkey, msdkkey, client_sigkey, or sigkey:SOURCE for a new or existing source. Errors: ErrInvalid,
// platform.ErrNotFound.
func (r *Registry) RotateKey(ctx context.Context, id platform.AppID, name, key string) (string, error) {
	if key == "" {
		key = newKey()
	}
	_, err := r.Update(ctx, id, func(app *platform.App) error {
		source, isSource := cutSource(name)
		switch {
		case name == "appkey":
			if key != app.AppKey {
				app.FormerAppKey = platform.FormerKey{Key: app.AppKey, UntilMS: r.clock.NowMS() + FormerKeyLife.Milliseconds()}
			}
			app.AppKey = key
		case name == "msdkkey":
			app.MSDKKey = key
		case app.GameID == 0 && (isSource || name == "client_sigkey"):
			return platform.Invalidf("name", "app %s has no gameid, so it has no V5 keys", id)
		case name == "client_sigkey":
			app.ClientSigKey = key
		case isSource:
			app.SigKeys[source] = key
		default:
			return platform.Invalidf("name", "key %q is not appkey, msdkkey, client_sigkey or sigkey:SOURCE", name)
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

// fillV5Keys gives a V5 game the keys that it must have.
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

// taken says which id of the app already exists.
func (r *Registry) taken(app *platform.App, err error) error {
	if !errors.Is(err, platform.ErrExists) {
		return err
	}
	if other := r.ByGame(app.GameID); other != nil && other.AppID != app.AppID {
		return fmt.Errorf("%w: gameid %s belongs to app %s", platform.ErrExists, app.GameID, other.AppID)
	}
	return fmt.Errorf("%w: app %s", platform.ErrExists, app.AppID)
}

// newKey returns a random key of 32 letters and digits, which has 165 bits.
func newKey() string {
	const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	key := make([]byte, 0, 32)
	var random [64]byte
	for len(key) < 32 {
		rand.Read(random[:])
		for _, b := range random {
			// Bytes past the last full round of the alphabet are skipped, so that all letters are equally likely.
			if int(b) < 256/len(letters)*len(letters) && len(key) < 32 {
				key = append(key, letters[int(b)%len(letters)])
			}
		}
	}
	return string(key)
}
