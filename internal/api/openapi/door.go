// Package openapi is the door of OpenAPI V3: parameters in the URL, a form or both, HMAC-SHA1 signatures, JSON or XML under
// text/html, HTTP 200 whatever the answer, and the result in ret (qq-connect-openapi.md, B).
package openapi

import (
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/words"
	"github.com/rookeryhq/rookery/retcode"
)

// Options are the door's settings.
type Options struct {
	Words *words.List // that word_filter hides; nil hides none
	// ExplainSignatures adds to the log event of a refused signature which string was signed here and, where one of the
	// usual mistakes made the one that came, which. The string holds the parameters: for development only.
	ExplainSignatures bool
}

type door struct {
	Options
	identity   *identity.Service
	friends    *friends.Service
	bus        *oidb.Bus
	interfaces map[string]*callable // by path
}

// callable is one interface.
type callable struct {
	handler access.Handler
	private func(*request) error // reads its private parameters into the request; nil when it has none
	notOn   []string             // platforms (pf) that do not have it
	// tolerates are results of the session check that are no refusal here: the handler answers them.
	tolerates []retcode.Code
}

// New returns the door.
func New(id *identity.Service, fr *friends.Service, bus *oidb.Bus, options Options) *access.Door {
	d := &door{Options: options, identity: id, friends: fr, bus: bus}
	d.interfaces = map[string]*callable{
		"/v3/user/get_info":            {handler: d.getInfo},
		"/v3/user/is_login":            {handler: isLogin, tolerates: []retcode.Code{retcode.AccessTokenOpenKeyExpired}},
		"/v3/user/is_setup":            {handler: isSetup, tolerates: []retcode.Code{retcode.AccessTokenFrozen, retcode.AccessTokenNotLive}},
		"/v3/user/is_vip":              {handler: d.isVIP, notOn: []string{"qqgame", "3366"}}, // the yellow diamond is Qzone's
		"/v3/user/total_vip_info":      {handler: d.totalVIPInfo, private: wantedVIPs},
		"/v3/user/get_multi_info":      {handler: d.getMultiInfo, private: friendOpenIDs},
		"/v3/user/friends_vip_info":    {handler: d.friendsVIPInfo, private: friendOpenIDs},
		"/v3/relation/get_app_friends": {handler: d.getAppFriends},
		"/v3/relation/is_friend":       {handler: d.isFriend, private: friendOpenID},
		"/v3/csec/word_filter":         {handler: d.wordFilter, private: content},
	}
	handlers := make(map[string]access.Handler)
	for path, i := range d.interfaces {
		handlers["GET "+path] = i.handler
		handlers["POST "+path] = i.handler
	}
	stages := []access.Stage{
		{Name: "openapi-params", Run: d.params},          // -1
		{Name: "openapi-app", Run: d.app},                // -2
		{Name: "openapi-pf", Run: d.pf},                  // -9
		{Name: "openapi-signature", Run: d.signature},    // -5
		{Name: "openapi-nonce", Run: d.nonce},            // -25, -26
		{Name: "openapi-test-number", Run: d.testNumber}, // -12
		{Name: "openapi-openid", Run: openIDForm},        // -22
		{Name: "openapi-openkey", Run: d.openkey},        // -23, and -22 of an openid that was never issued
		{Name: "openapi-openkey-app", Run: d.openkeyApp}, // -70
		{Name: "openapi-key-rotation", Run: keyRotation}, // -72
		{Name: "openapi-session", Run: d.session},        // -24, -71, -73, -21
	}
	for _, name := range platform.Scopes {
		stages = append(stages, access.Stage{Name: "openapi-scope:" + name, Run: scope(name)}) // -20
	}
	return &access.Door{Name: "openapi", Prefixes: []string{"/v3/"}, Stages: stages, Handlers: handlers, Encode: encode}
}

func (d *door) app(c *access.Call) error {
	id := c.Input.(*request).app
	if c.App = d.identity.Apps.ByID(id); c.App == nil {
		return retcode.QQAppNotFound.Errorf("there is no app %s", id)
	}
	return nil
}

func (d *door) pf(c *access.Call) error {
	in := c.Input.(*request)
	switch {
	case in.platform == "":
		return retcode.QQAPINotFound.Errorf("pf %.40q names no platform", c.Query.Get("pf"))
	case slices.Contains(d.interfaces[c.Route.Path].notOn, in.platform):
		return retcode.QQAPINotFound.Errorf("pf %.40q names a platform that does not have this API", c.Query.Get("pf"))
	}
	return nil
}

// verifiers keeps the buffers of signature checks.
var verifiers = sync.Pool{New: func() any { return new(sign.OpenAPIVerifier) }}

// signature checks sig (qq-connect-openapi.md, B.4). Where another key holds because the app's is being changed, the call
// goes on as far as keyRotation.
func (d *door) signature(c *access.Call) error {
	verifier := verifiers.Get().(*sign.OpenAPIVerifier)
	defer verifiers.Put(verifier)
	sig, method, path := c.Query.Get("sig"), c.Request.Method, c.Route.Path
	if verifier.Request(sig, method, path, c.Query, c.App.AppKey) {
		return nil
	}
	holds := func(key string) bool { return verifier.Request(sig, method, path, c.Query, key) }
	if d.identity.Apps.KeyIsChanging(c.Context(), c.App, holds) {
		c.Input.(*request).rotating = true
		return nil
	}
	if d.ExplainSignatures {
		keys := sign.OpenAPIKeys{Right: c.App.AppKey, Others: map[string]string{"msdkkey": c.App.MSDKKey}}
		for source, key := range c.App.SigKeys {
			keys.Others["sigkey of source "+source] = key
		}
		c.NoteSigned(string(sign.OpenAPISource(method, path, c.Query)))
		c.Note(slog.String("mistake", sign.OpenAPIMistake(sig, method, path, c.Query, keys)))
	}
	return retcode.QQSignatureWrong
}

// nonce has 0x71f look at the timestamp and the nonce of calls that carry them. No call has to (qq-connect-openapi.md, B.9).
func (d *door) nonce(c *access.Call) error {
	in := c.Input.(*request)
	nonce := c.Query.Get("nonce")
	if in.timestamp == 0 && nonce == "" {
		return nil
	}
	openid := in.openid[:]
	if !in.openIDSound {
		openid = []byte(c.Query.Get("openid")) // the timestamp counts all the same
	}
	_, err := oidb.Call(c.Context(), d.bus, oidb.ConvertOpenID, oidb.OpenIDRequest{
		AppID: c.App.AppID, OpenID: openid, Timestamp: in.timestamp, Nonce: []byte(nonce),
	})
	var failure *oidb.Failure
	if errors.As(err, &failure) && (failure.Code == retcode.AccessTokenOpenIDInvalid || failure.Code == retcode.AccessTokenOpenIDReclaimed) {
		return nil // what the openid is worth is the session check's to say, and it will refuse the call
	}
	return err
}

// testNumber lets only test numbers use an app of the test environment. An openid that names nobody passes: the check of
// its openkey will say so.
func (d *door) testNumber(c *access.Call) error {
	in := c.Input.(*request)
	if c.App.Environment != platform.Test || !in.openIDSound {
		return nil
	}
	is, err := d.identity.IsTestOpenID(c.Context(), c.App, in.openid)
	if err != nil {
		return err
	}
	if !is {
		return retcode.QQTestNumberRequired.Errorf("app %s is in the test environment and openid %s is not one of its test numbers", c.App.AppID, in.openid)
	}
	return nil
}

func openIDForm(c *access.Call) error {
	if !c.Input.(*request).openIDSound {
		return retcode.QQOpenIDIllegal.Errorf("openid is not 32 hex digits")
	}
	return nil
}

// openkey has the bus check the pair. Of what it finds only the form of the two is answered here; the rest waits for the
// stages to which it belongs.
func (d *door) openkey(c *access.Call) (err error) {
	in := c.Input.(*request)
	in.login, err = oidb.Call(c.Context(), d.bus, oidb.CheckAccess, oidb.CheckRequest{
		AppID: c.App.AppID, OpenID: in.openid[:], Token: c.Query.Get("openkey"), Openkey: true,
	})
	if err == nil {
		return nil
	}
	if !errors.As(err, &in.refused) {
		return err
	}
	switch identity.OpenAPIMeaning(in.refused.Code) {
	case retcode.QQOpenIDIllegal, retcode.QQOpenKeyUnreadable:
		return in.refused
	}
	return nil
}

// openkeyApp refuses an openkey that is sound, but whose app is not valid now: it is not online, or not there any more.
func (d *door) openkeyApp(c *access.Call) error {
	in := c.Input.(*request)
	made := c.App
	if in.refused != nil {
		if in.refused.Code != retcode.AccessTokenAppIDMismatch {
			return nil
		}
		id, ok := d.identity.OpenkeyApp(c.Query.Get("openkey"))
		if !ok {
			return nil
		}
		made = d.identity.Apps.ByID(id)
	}
	if made == nil || !made.Online {
		return retcode.QQOpenKeyAppInvalid.Errorf("the app that the openkey was made for is not online")
	}
	return nil
}

func keyRotation(c *access.Call) error {
	if c.Input.(*request).rotating {
		return retcode.QQAppKeyRotating.Errorf("the signature is by another appkey of app %s than the one that holds here now: the key is being changed", c.App.AppID)
	}
	return nil
}

func (d *door) session(c *access.Call) error {
	in := c.Input.(*request)
	if in.refused == nil || slices.Contains(d.interfaces[c.Route.Path].tolerates, in.refused.Code) {
		return nil
	}
	return in.refused
}

// scope returns the stage of interfaces that need a scope.
func scope(name string) func(*access.Call) error {
	return func(c *access.Call) error {
		if !c.Input.(*request).login.Scopes.Has(name) {
			return retcode.QQScopeNotGranted.Errorf("the user did not allow app %s the scope %s", c.App.AppID, name)
		}
		return nil
	}
}

func invalid(name, want string) error {
	return retcode.QQParameterInvalid.Errorf("parameter %q is not %s", name, want)
}

func missing(name string) error {
	return retcode.QQParameterInvalid.Errorf("parameter %q is missing or empty", name)
}

// unixTime reads a Unix time in seconds above 0.
func unixTime(text string) (uint64, bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	return n, err == nil && n > 0
}
