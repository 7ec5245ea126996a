package access

import (
	"net/netip"
	"sync"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Stage is one step on a call's way. The first stage that returns an error ends the call with it.
type Stage struct {
	Name string
	Run  func(*Call) error
}

// stages are those that all doors share, by the names that routes.tsv puts in order. They need Call.App, which a stage of
// the door's own finds; user-rate needs Call.User too.
func (g *Gateway) stages() []Stage {
	return []Stage{
		{"online", online},                      // qq 100011
		{"granted", granted},                    // qq -3
		{"ordinary-address", ordinaryAddress},   // qq -4
		{"sensitive-address", sensitiveAddress}, // qq -10, -11
		{"tls", requireTLS},                     // qq -7
		{"app-rate", g.appRate},                 // qq -6
		{"audit", audit},                        // qq -8
		{"user-rate", g.userRate},               // qq 220028
		{"relation", relation},                  // qq 251003
	}
}

func online(c *Call) error {
	if !c.App.Online {
		return retcode.QQAppNotOnline
	}
	return nil
}

func granted(c *Call) error {
	if !c.App.Granted(c.Route.Permission) {
		return retcode.QQAPINotGranted.Errorf("app %s was not granted the API %s", c.App.AppID, c.Route.Permission)
	}
	return nil
}

func ordinaryAddress(c *Call) error {
	if !addressAllowed(c, c.App.AllowOrdinary) {
		return retcode.QQAddressNotAllowed.Errorf("address %s is not on the app's allow list", c.Peer())
	}
	return nil
}

func sensitiveAddress(c *Call) error {
	if addressAllowed(c, c.App.AllowSensitive) {
		return nil
	}
	code := retcode.QQOuterAddressNotAllowed
	if a := c.Peer(); a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		code = retcode.QQInnerAddressNotAllowed
	}
	return code.Errorf("address %s is not on the app's allow list for sensitive APIs", c.Peer())
}

func addressAllowed(c *Call, list []netip.Prefix) bool {
	return len(list) == 0 || platform.Allows(list, c.Peer())
}

func requireTLS(c *Call) error {
	if c.App.RequireTLS && !c.Secure() {
		return retcode.QQHTTPSRequired
	}
	return nil
}

// relation wants the permission for whole friend lists, which apps apply for beside that for the API.
func relation(c *Call) error {
	if !c.App.Granted(platform.RelationPermission) {
		return retcode.QQFriendPermissionMissing.Errorf("app %s was not granted the permission %q, which friend lists need", c.App.AppID, platform.RelationPermission)
	}
	return nil
}

func audit(c *Call) error {
	if c.App.Closed(c.Route.Permission) {
		return retcode.QQAuditRestricted.Errorf("a security audit closed the API %s for app %s", c.Route.Permission, c.App.AppID)
	}
	return nil
}

// rates counts the calls of every route.
type rates struct {
	apps  sync.Map // appRateKey to *limit.Bucket
	users *limit.Keyed
}

type appRateKey struct {
	app        platform.AppID
	permission string
}

// rate is the app's own rate for the route's API, or the route's.
func rate(c *Call) platform.RateLimit {
	r := c.Route.Limit
	if own, ok := c.App.Rates[c.Route.Permission]; ok {
		if own.App != (platform.Rate{}) {
			r.App = own.App
		}
		if own.User != (platform.Rate{}) {
			r.User = own.User
		}
	}
	return r
}

func (g *Gateway) appRate(c *Call) error {
	allowed := rate(c).App
	if allowed == (platform.Rate{}) {
		return nil
	}
	key := appRateKey{c.App.AppID, c.Route.Permission}
	bucket, ok := g.rates.apps.Load(key)
	if !ok {
		bucket, _ = g.rates.apps.LoadOrStore(key, new(limit.Bucket))
	}
	if wait, ok := bucket.(*limit.Bucket).Take(allowed, c.Start); !ok {
		return retcode.QQAppRateExceeded.Errorf("app %s may call %s %s", c.App.AppID, c.Route.Permission, allowed).WithRetryAfter(wait)
	}
	return nil
}

func (g *Gateway) userRate(c *Call) error {
	allowed := rate(c).User
	if allowed == (platform.Rate{}) || c.User == "" {
		return nil
	}
	key := c.App.AppID.String() + " " + c.Route.Permission + " " + c.User
	if wait, ok := g.rates.users.Take(key, allowed, c.Start); !ok {
		return retcode.QQUserRateExceeded.Errorf("one user may call %s %s", c.Route.Permission, allowed).WithRetryAfter(wait)
	}
	return nil
}
