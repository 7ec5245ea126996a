package doctor

import (
	"context"
	"maps"
	"net/netip"
	"slices"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func (e *examination) keys(context.Context) error {
	e.fine = "the keys are present, long enough and secret"
	type key struct{ name, value string }
	keys := []key{{"appkey", e.app.AppKey}, {"msdkkey", e.app.MSDKKey}}
	if e.app.GameID != 0 {
		keys = append(keys, key{"client_sigkey", e.app.ClientSigKey})
	}
	for _, source := range slices.Sorted(maps.Keys(e.app.SigKeys)) {
		keys = append(keys, key{"sigkey:" + source, e.app.SigKeys[source]})
	}
	rotate := "rookery app rotate-key " + e.app.AppID.String() + " "
	for i, k := range keys {
		same := slices.IndexFunc(keys[:i], func(other key) bool { return other.value == k.value })
		switch {
		case !e.Dev && slices.Contains(e.DemoKeys, k.value):
			e.problem(0, rotate+k.name, "%s is a key of rookery dev's demo world, which everybody knows: anybody can call as this app", k.name)
		case same >= 0:
			e.warn(0, rotate+k.name, "%s is the same key as %s: whoever learns the one has the other, too", k.name, keys[same].name)
		}
	}
	if left := e.app.FormerAppKey.UntilMS - e.now.UnixMilli(); e.app.FormerAppKey.Key != "" && left > 0 {
		e.warn(retcode.QQAppKeyRotating, "", "the appkey was replaced: calls that are signed with the former one are refused")
	}
	return nil
}

func (e *examination) addresses(context.Context) error {
	e.fine = "calls come from listed addresses only"
	lists := []struct {
		flag, of string
		list     []netip.Prefix
		refusal  func(netip.Addr) retcode.Code
	}{
		{"--allow", "ordinary", e.app.AllowOrdinary, func(netip.Addr) retcode.Code { return retcode.QQAddressNotAllowed }},
		{"--allow-sensitive", "sensitive", e.app.AllowSensitive, access.SensitiveRefusal},
	}
	for _, l := range lists {
		whole := slices.IndexFunc(l.list, func(p netip.Prefix) bool { return p.Bits() == 0 })
		switch {
		case len(l.list) > 0 && whole < 0:
		case e.Dev:
			e.fine = "calls may come from any address, as is usual on a rookery dev"
		default:
			e.warn(0, e.update+" "+l.flag+" ADDRESS", "calls of %s APIs may come from any address, so a key that leaks can be used by anybody", l.of)
		}
		for _, from := range e.question.From {
			if from = from.Unmap(); !platform.Allows(l.list, from) {
				add := append(slices.Clone(l.list), netip.PrefixFrom(from, from.BitLen()))
				e.problem(l.refusal(from), e.update+flags(l.flag, add), "%s is not on the app's allow list of %s APIs", from, l.of)
			}
		}
	}
	return nil
}

func (e *examination) permissions(context.Context) error {
	e.fine = "the app may call what it was granted"
	if len(e.app.APIs) == 0 {
		e.problem(retcode.QQAPINotGranted, e.update+" --grant API", "the app was granted no API")
	}
	for _, name := range e.app.Restricted {
		e.problem(retcode.QQAuditRestricted, e.update+" --unrestrict "+quote(name), "a security audit closed the API %s", name)
	}
	lists := slices.DeleteFunc(access.Permissions(e.Doors, access.Relation), func(name string) bool { return !slices.Contains(e.app.APIs, name) })
	if len(lists) > 0 && !e.app.Granted(platform.RelationPermission) {
		e.warn(retcode.QQFriendPermissionMissing, e.update+" --grant "+platform.RelationPermission, "the app was granted %s, but not the permission for whole friend lists, which they need too", listed(lists))
	}
	for _, path := range e.question.APIs {
		if err := e.permission(path); err != nil {
			return err
		}
	}
	return nil
}

// permission checks that the app may call an interface.
func (e *examination) permission(path string) error {
	for _, door := range e.Doors {
		i := slices.IndexFunc(door.Endpoints, func(of access.Endpoint) bool { return of.Path == path })
		if i < 0 {
			continue
		}
		name := door.Endpoints[i].Permission
		if name != "" && !e.app.Granted(name) {
			e.problem(refusal(door, name), e.update+" --grant "+name, "the app was not granted %s, which %s needs", name, path)
		}
		return nil
	}
	return platform.Invalidf("apis", "there is no interface %.80q", path)
}

// refusal returns the code with which a door refuses an app without a permission.
func refusal(door *access.Door, name string) retcode.Code {
	switch name {
	case platform.GroupPermission: // which the service checks
		return retcode.GroupPermissionMissing
	case platform.GameCenterPermission:
		return retcode.GameCenterAppNotConfigured
	}
	return door.Code(retcode.QQAPINotGranted)
}

func (e *examination) rates(context.Context) error {
	e.fine = "no rate of an API is lower than one of its users' rates"
	for _, name := range slices.Sorted(maps.Keys(e.app.Rates)) {
		if rate := e.app.Rates[name]; perSecond(rate.App) > 0 && perSecond(rate.App) < perSecond(rate.User) {
			e.warn(retcode.QQAppRateExceeded, e.update+" --rate "+name+"=app:RATE,user:"+rate.User.String(),
				"all calls of %s together may be %s, fewer than those of one user, %s: a single user can use up the app's rate", name, rate.App, rate.User)
		}
	}
	return nil
}

// perSecond returns a rate's calls in a second; 0 for no limit.
func perSecond(r platform.Rate) float64 {
	if r.Per == 0 {
		return 0
	}
	return float64(r.Count) / r.Per.Seconds()
}
