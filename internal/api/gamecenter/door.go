// Package gamecenter is the door of the Game Center's commands, /cgi-bin/QQConnect.fcgi: the parameter cmd names one of a table
// of commands, which says what each takes. Every answer is HTTP 200, in JSON or JSONP (msdk-v3.md, 9.2 and 9.3; causes.md,
// gamecenter).
package gamecenter

import (
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// Path is the path of all commands.
const Path = "/cgi-bin/QQConnect.fcgi"

type door struct {
	apps     *apps.Registry
	identity *identity.Service
	bus      *oidb.Bus
	commands map[string]*command
}

// New returns the door.
func New(registry *apps.Registry, id *identity.Service, bus *oidb.Bus) *access.Door {
	d := &door{apps: registry, identity: id, bus: bus, commands: make(map[string]*command)}
	missing := []retcode.Code{retcode.GameCenterParameterMissing}
	var (
		calls   []access.Use
		answers []retcode.Code
	)
	for _, cmd := range table {
		d.commands[cmd.name] = cmd
		missing = append(missing, cmd.missingCode())
		calls = append(calls, cmd.calls...)
		answers = append(append(answers, cmd.answers...), cmd.failedCode())
	}
	return &access.Door{
		Name: "gamecenter",
		Endpoints: []access.Endpoint{{
			Method: "GET POST", Path: Path, Permission: platform.GameCenterPermission, Action: access.With(d.serve), Commands: calls, Codes: answers,
			Checks: []access.Stage{
				access.Step("gc-params", params, retcode.GameCenterParameterInvalid),
				access.Step("gc-command", d.command, retcode.GameCenterParameterMissing, retcode.GameCenterCommandUnknown),
				access.Check("gc-required", d.required, missing...),
				access.Check("gc-app", d.app, retcode.GameCenterAppIDMismatch, retcode.GameCenterAppNotConfigured),
				access.Check("gc-sign", d.signature, retcode.GameCenterSignatureWrong),
				access.Check("gc-configured", configured, retcode.GameCenterAppNotConfigured),
				access.Online, access.OrdinaryAddress, access.TLS, access.AppRate, access.UserRate, access.Audit,
				access.Check("gc-token", d.token, retcode.GameCenterAccessTokenInvalid, retcode.GameCenterOpenIDNotFound,
					retcode.GameCenterUINMismatch, retcode.GameCenterUINLookupFailed, retcode.GameCenterInternal),
				access.Check("gc-test-number", d.testNumber, retcode.QQTestNumberRequired),
				access.Check("gc-read", read, retcode.GameCenterParamMissing, retcode.GameCenterParamNotJSON, retcode.GameCenterParameterInvalid),
			},
		}},
		Code: refusals.Code, Encode: encode,
	}
}

// params reads the parameters of the URL and of a form. Of a repeated one the last counts, and is what was signed.
func params(c *access.Call) (err error) {
	if c.Query, err = c.Query[:0].AddForm(c.Request.URL.RawQuery); err == nil && len(c.Body) > 0 {
		switch is := c.Content(); {
		case is == access.ContentEmpty, is.IsForm():
			c.Query, err = c.Query.AddForm(string(c.Body))
		case is == access.ContentUnknown:
			err = errors.New("the body is not a form")
		default:
			err = errors.New("the body is " + string(is) + ", not a form")
		}
	}
	if err != nil {
		return retcode.GameCenterParameterInvalid.Errorf("%v", err)
	}
	return nil
}

// command finds the command that the call names.
func (d *door) command(c *access.Call) error {
	name := c.Query.Get("cmd")
	if name == "" {
		return missing(retcode.GameCenterParameterMissing, "cmd")
	}
	cmd := d.commands[name]
	if cmd == nil {
		return retcode.GameCenterCommandUnknown.Errorf("there is no command %.40q", name)
	}
	c.Input = &request{command: cmd, query: c.Query}
	return nil
}

func missing(code retcode.Code, name string) error {
	return code.Errorf("parameter %q is missing or empty", name)
}

// required finds the way in which the caller identifies itself, and checks that nothing is missing.
func (d *door) required(c *access.Call, in *request) error {
	at := slices.IndexFunc(in.ways, func(w way) bool { return c.Query.Get(w.parameters()[0]) != "" })
	in.way = in.ways[max(at, 0)]
	need := append([]string{"oauth_consumer_key"}, in.way.parameters()...)
	if in.way == byToken {
		need = append(need, "sign")
	}
	for _, name := range append(need, in.command.required...) {
		if c.Query.Get(name) == "" {
			return missing(in.missingCode(), name)
		}
	}
	return nil
}

// app finds the app: the one for which the token was made, which must be the app that the call names. Without a token of this
// platform it is the app that the call names.
func (d *door) app(c *access.Call, in *request) error {
	issued, known := d.identity.LoginApp(c.Query.Get("access_token"))
	names := []struct{ what, id string }{
		{"oauth_consumer_key", c.Query.Get("oauth_consumer_key")}, {"appid", c.Query.Get("appid")}, {"the appid in param", appInParam(c.Query.Get("param"))},
	}
	if !known {
		issued, _ = platform.ParseAppID(names[0].id)
	}
	for _, name := range names {
		if id, err := platform.ParseAppID(name.id); name.id != "" && (err != nil || id != issued) && known {
			return retcode.GameCenterAppIDMismatch.Errorf("%s is not the app for which the token was issued", name.what)
		}
	}
	if c.App = d.apps.ByID(issued); c.App == nil {
		return retcode.GameCenterAppNotConfigured.Errorf("there is no app %.40q", names[0].id)
	}
	in.app = c.App
	if openid, err := platform.ParseOpenID(c.Query.Get("openid")); err == nil {
		c.User = openid.String()
	}
	return nil
}

// appInParam returns the member appid of param, without judging param.
func appInParam(param string) string {
	if !strings.Contains(param, `"appid"`) {
		return ""
	}
	var v struct {
		AppID jsontext.Value `json:"appid"` // a number or a text
	}
	_ = json.Unmarshal([]byte(param), &v)
	return strings.Trim(string(v.AppID), `"`)
}

// signature checks sign (msdk-v3.md, 9.2).
func (d *door) signature(c *access.Call, in *request) error {
	if in.way != byToken || sign.GameCenterVerify(c.Query.Get("sign"), c.Query, c.App.AppKey) {
		return nil
	}
	return retcode.GameCenterSignatureWrong
}

// configured requires the app's configuration for the Game Center.
func configured(c *access.Call, _ *request) error {
	if !c.App.Granted(platform.GameCenterPermission) {
		return retcode.GameCenterAppNotConfigured.Errorf("app %s is not configured for the Game Center", c.App.AppID)
	}
	return nil
}

// token checks the access token, and that openid and uin are the token's.
func (d *door) token(c *access.Call, in *request) error {
	if in.way != byToken {
		return nil
	}
	rsp, err := oidb.Call(c.Context(), d.bus, oidb.CheckAccess, wire.CheckRequest{Token: c.Query.Get("access_token"), Bearer: true})
	if err != nil {
		return refuseToken(err)
	}
	in.uin, in.openid = rsp.UIN, rsp.OpenID
	return nil
}

// refuseToken translates a result of 0x711.
func refuseToken(err error) error {
	var failure *oidb.Failure
	if !errors.As(err, &failure) {
		return err
	}
	code := retcode.GameCenterAccessTokenInvalid
	switch {
	case failure.Code == retcode.AccessTokenOpenIDRelationMissing, failure.Code == retcode.AccessTokenOpenIDReadFailed:
		code = retcode.GameCenterUINLookupFailed
	case failure.Undecided():
		code = retcode.GameCenterInternal
	}
	return code.Errorf("%v", failure).WithCause(failure.Cause)
}

// testNumber lets only test numbers use an app of the test environment.
func (d *door) testNumber(c *access.Call, in *request) error {
	return identity.CheckTestNumber(c.App, in.uin, in.openid)
}

// read reads what the command takes, and how it is answered.
func read(c *access.Call, in *request) error {
	if err := checkFormat(c.Query); err != nil {
		return err
	}
	if in.read == nil {
		return nil
	}
	return in.command.read(in)
}

// serve runs the command.
func (d *door) serve(c *access.Call, in *request) (any, error) {
	result, err := in.command.serve(c.Context(), d.bus, in)
	var failure *oidb.Failure
	if errors.As(err, &failure) && failure.Code.Domain() == retcode.OIDB {
		err = in.failedCode().WithCause(err)
	}
	return result, err
}

var refusals = &refuse.Door{
	NoRoute: retcode.GameCenterCommandUnknown, Method: retcode.GameCenterParameterInvalid, Unreadable: retcode.GameCenterParameterInvalid, Internal: retcode.GameCenterInternal,
	Own: map[retcode.Code]retcode.Code{
		retcode.QQAppRateExceeded:  retcode.GameCenterRateExceeded,
		retcode.QQUserRateExceeded: retcode.GameCenterRateExceeded,
	},
	Failed: func(f *oidb.Failure) (retcode.Code, string) {
		if f.Code.Domain() == retcode.OIDB {
			return retcode.GameCenterInternal, ""
		}
		return f.Code, f.Said()
	},
}
