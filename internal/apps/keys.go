package apps

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
)

// Keys returns the keys, with their names, that an app's caller may have signed with instead of the right one: the app's own,
// former ones, and other apps', the same developer's first. The names say whose key it is, which only a developer's own
// platform may reveal.
func (r *Registry) Keys(app *platform.App) []mistake.Key {
	keys := append(keysOf(app), mistake.Key{Name: "appid, which is not a key", Value: app.AppID.String()})
	if app.GameID != 0 {
		keys = append(keys, mistake.Key{Name: "gameid, which is not a key", Value: app.GameID.String()})
	}
	if former := r.former.Load(); former != nil {
		keys = append(keys, *former...)
	}
	for _, sameDeveloper := range []bool{true, false} {
		for _, other := range r.index.Load().list {
			if other.AppID == app.AppID || (other.Developer == app.Developer) != sameDeveloper {
				continue
			}
			for _, key := range keysOf(other) {
				keys = append(keys, mistake.Key{Name: fmt.Sprintf("%s of app %s (%s)", key.Name, other.AppID, other.Name), Value: key.Value})
			}
			if len(keys) >= mistake.MaxKeys {
				return keys
			}
		}
	}
	return keys
}

// keysOf returns the keys of an app.
func keysOf(app *platform.App) []mistake.Key {
	keys := []mistake.Key{{Name: "appkey", Value: app.AppKey}, {Name: "msdkkey", Value: app.MSDKKey}}
	keys = append(keys, mistake.Key{Name: "client_sigkey", Value: app.ClientSigKey})
	for _, source := range slices.Sorted(maps.Keys(app.SigKeys)) {
		keys = append(keys, mistake.Key{Name: "sigkey of source " + source, Value: app.SigKeys[source]})
	}
	keys = append(keys, mistake.Key{Name: "former appkey", Value: app.FormerAppKey.Key})
	return slices.DeleteFunc(keys, func(k mistake.Key) bool { return k.Value == "" })
}

// KeepFormerKeys makes the registry remember, for Keys, the keys that are replaced from now on, and the keys of the given apps,
// in their first state, that have been replaced already. A platform that explains no signatures does not need them.
func (r *Registry) KeepFormerKeys(first []platform.App) {
	r.mu.Lock()
	defer r.mu.Unlock()
	former := new([]mistake.Key)
	for i := range first {
		if now := r.ByID(first[i].AppID); now != nil {
			former = withReplaced(former, &first[i], now)
		}
	}
	r.former.Store(former)
}

// maxFormer bounds the former keys that are remembered.
const maxFormer = 100

// withReplaced adds the keys that an app no longer has.
func withReplaced(former *[]mistake.Key, before, now *platform.App) *[]mistake.Key {
	keys, has := slices.Clone(*former), keysOf(now)
	for _, key := range keysOf(before) {
		if !slices.ContainsFunc(has, func(k mistake.Key) bool { return k.Value == key.Value }) {
			keys = append(keys, mistake.Key{Name: fmt.Sprintf("former %s of app %s (%s)", key.Name, now.AppID, now.Name), Value: key.Value})
		}
	}
	keys = keys[max(0, len(keys)-maxFormer):]
	return &keys
}
