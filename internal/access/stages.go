package access

import (
	"net/netip"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/limit/redis"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// The stages that all doors share. They need Call.App, which a stage of the door finds; UserRate needs Call.User too.
var (
	Online           = Step("online", online, retcode.QQAppNotOnline)
	Granted          = Step("granted", granted, retcode.QQAPINotGranted)
	OrdinaryAddress  = Step("ordinary-address", ordinaryAddress, retcode.QQAddressNotAllowed)
	SensitiveAddress = Step("sensitive-address", sensitiveAddress, retcode.QQInnerAddressNotAllowed, retcode.QQOuterAddressNotAllowed)
	TLS              = Step("tls", requireTLS, retcode.QQHTTPSRequired)
	AppRate          = Step("app-rate", appRate, retcode.QQAppRateExceeded)
	Audit            = Step("audit", audit, retcode.QQAuditRestricted)
	UserRate         = Step("user-rate", userRate, retcode.QQUserRateExceeded)
	Relation         = Step("relation", relation, retcode.QQFriendPermissionMissing)
)

func online(c *Call) error {
	if !c.App.Online {
		return retcode.QQAppNotOnline
	}
	return nil
}

func granted(c *Call) error {
	if !c.App.Granted(c.Endpoint.Permission) {
		return retcode.QQAPINotGranted.Errorf("app %s was not granted the API %s", c.App.AppID, c.Endpoint.Permission)
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
	return SensitiveRefusal(c.Peer()).Errorf("address %s is not on the app's allow list for sensitive APIs", c.Peer())
}

// SensitiveRefusal returns the code for a caller that is not on the allow list for sensitive APIs.
func SensitiveRefusal(a netip.Addr) retcode.Code {
	if a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() {
		return retcode.QQInnerAddressNotAllowed
	}
	return retcode.QQOuterAddressNotAllowed
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

// relation requires the permission for whole friend lists, which apps apply for in addition to the API.
func relation(c *Call) error {
	if !c.App.Granted(platform.RelationPermission) {
		return retcode.QQFriendPermissionMissing.Errorf("app %s was not granted the permission %q, which friend lists need", c.App.AppID, platform.RelationPermission)
	}
	return nil
}

func audit(c *Call) error {
	if c.App.Closed(c.Endpoint.Permission) {
		return retcode.QQAuditRestricted.Errorf("a security audit closed the API %s for app %s", c.Endpoint.Permission, c.App.AppID)
	}
	return nil
}

// rates counts the calls of every interface.
type rates struct {
	apps  sync.Map // appRateKey to *limit.Bucket
	users *limit.Keyed

	sharedApps, sharedUsers *redis.Limit // nil if this gateway counts its own calls alone
}

type appRateKey struct {
	app        platform.AppID
	permission string
}

// rate returns the app's own rate for the interface, or the interface's default.
func rate(c *Call) platform.RateLimit {
	r := c.Endpoint.Limit
	if own, ok := c.App.Rates[c.Endpoint.Permission]; ok {
		if own.App != (platform.Rate{}) {
			r.App = own.App
		}
		if own.User != (platform.Rate{}) {
			r.User = own.User
		}
	}
	return r
}

func appRate(c *Call) error {
	allowed := rate(c).App
	if allowed == (platform.Rate{}) {
		return nil
	}
	wait, ok, err := c.gateway.rates.takeApp(c, allowed)
	if err == nil && !ok {
		err = retcode.QQAppRateExceeded.Errorf("app %s may call %s %s", c.App.AppID, c.Endpoint.Permission, allowed).WithRetryAfter(wait)
	}
	return err
}

func (r *rates) takeApp(c *Call, allowed platform.Rate) (wait time.Duration, ok bool, err error) {
	key := appRateKey{c.App.AppID, c.Endpoint.Permission}
	alone := func() (time.Duration, bool) {
		bucket, ok := r.apps.Load(key)
		if !ok {
			bucket, _ = r.apps.LoadOrStore(key, new(limit.Bucket))
		}
		return bucket.(*limit.Bucket).Take(allowed, c.Start)
	}
	if r.sharedApps != nil {
		return r.sharedApps.Take(c.Context(), key.app.String()+" "+key.permission, allowed, alone)
	}
	wait, ok = alone()
	return wait, ok, nil
}

func userRate(c *Call) error {
	allowed := rate(c).User
	if allowed == (platform.Rate{}) || c.User == "" {
		return nil
	}
	wait, ok, err := c.gateway.rates.takeUser(c, allowed)
	if err == nil && !ok {
		err = retcode.QQUserRateExceeded.Errorf("one user may call %s %s", c.Endpoint.Permission, allowed).WithRetryAfter(wait)
	}
	return err
}

func (r *rates) takeUser(c *Call, allowed platform.Rate) (wait time.Duration, ok bool, err error) {
	key := c.App.AppID.String() + " " + c.Endpoint.Permission + " " + c.User
	alone := func() (time.Duration, bool) { return r.users.Take(key, allowed, c.Start) }
	if r.sharedUsers != nil {
		return r.sharedUsers.Take(c.Context(), key, allowed, alone)
	}
	wait, ok = alone()
	return wait, ok, nil
}
