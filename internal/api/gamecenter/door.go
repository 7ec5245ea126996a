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
	"github.com/rookeryhq/rookery/internal/gamecmd"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
	"github.com/rookeryhq/rookery/retcode"
)

// Path is the path of all commands.
const Path = "/cgi-bin/QQConnect.fcgi"

type door struct {
	apps     *apps.Registry
	identity *identity.Service
	bus      *oidb.Bus
	table    *gamecmd.Table
	commands map[string]*command
}

// New returns the door. The table must have been made of Commands.
func New(registry *apps.Registry, id *identity.Service, bus *oidb.Bus, commands *gamecmd.Table) *access.Door {
	d := &door{apps: registry, identity: id, bus: bus, table: commands, commands: make(map[string]*command)}
	lacking := []retcode.Code{retcode.GameCenterParameterMissing}
	var (
		calls   []access.Use
		answers []retcode.Code
	)
	for _, cmd := range table {
		d.commands[cmd.name] = cmd
		lacking = append(lacking, cmd.missingCode())
		calls = append(calls, cmd.calls...)
		answers = append(append(answers, cmd.answers...), cmd.failedCode(byToken), cmd.failedCode(bySid))
	}
	return &access.Door{
		Name:    "gamecenter",
		Success: retcode.GameCenterOK,
		Guide:   guide,
		Endpoints: []access.Endpoint{{
			Method: "GET POST", Path: Path, Summary: "Carries out the command that cmd names. Each command has its own parameters and members.", Permission: platform.GameCenterPermission, Action: access.With(d.serve), Commands: calls, Codes: answers,
			Checks: []access.Stage{
				access.Step("gc-params", params, retcode.GameCenterParameterInvalid),
				access.Step("gc-command", d.command, retcode.GameCenterParameterMissing, retcode.GameCenterCommandUnknown, retcode.GameCenterCommandOff,
					retcode.GameCenterHandlerFailed, retcode.GameCenterIdentityCheckUnset),
				access.Check("gc-required", required, lacking...),
				access.Check("gc-app", d.app, retcode.GameCenterAppIDMismatch, retcode.GameCenterAppNotConfigured),
				access.Check("gc-sign", d.signature, retcode.GameCenterSignatureWrong),
				access.Check("gc-configured", configured, retcode.GameCenterAppNotConfigured),
				access.Online, unless(access.OrdinaryAddress, byBrowser), access.TLS,
				unless(access.UserRate, unproved), unless(access.AppRate, unproved), access.Audit,
				access.Check("gc-identity", d.identify, retcode.GameCenterAccessTokenInvalid, retcode.GameCenterOpenIDNotFound, retcode.GameCenterUINMismatch,
					retcode.GameCenterUINLookupFailed, retcode.GameCenterOpenIDLookupFailed, retcode.GameCenterSkeyInvalid, retcode.GameCenterSidInvalid,
					retcode.GameCenterInternal).ProvesCaller(),
				access.Check("gc-test-number", testNumber, retcode.QQTestNumberRequired),
				access.Check("gc-read", read, retcode.GameCenterParameterInvalid),
			},
		}},
		Code: refusals.Code, Encode: encode,
	}
}

// guide describes what all calls of the door have in common.
var guide = access.Guide{
	Title: "Game Center",
	About: "All commands have one address, and are described with their parameters and an example each in [gamecenter.md](../gamecenter.md). Parameters are in the URL or in a form. Every answer is HTTP 200, in JSON or JSONP. " +
		"A call with an access token is signed with `sign`, the MD5 of the appkey, all parameters and the appkey.",
	Signature: "gamecenter", Form: true, Params: fields{}, Result: answer{},
}

// fields are the parameters of every call.
type fields struct {
	Command  string `json:"cmd" required:"true" doc:"the command"`
	Consumer string `json:"oauth_consumer_key" required:"true" doc:"the appid"`
	AppID    string `json:"appid" doc:"the appid once more"`
	Format   string `json:"format" oneof:"json jsonp" def:"json" doc:"the form of the answer"`
	Callback string `json:"callback" max:"64" def:"callback" doc:"with jsonp, the function to call: letters, digits, _, $, and dots between names"`
	Token    string `json:"access_token" doc:"the person's access token, with openid and sign: the way of games"`
	OpenID   string `json:"openid" doc:"the person's openid at the app; required with access_token"`
	Sign     string `json:"sign" doc:"the signature, 32 hex digits; required with access_token"`
	Skey     string `json:"skey" doc:"a web ticket, with uin: a way of the Game Center's pages"`
	UIN      string `json:"uin" doc:"the account; required with skey"`
	Sid      string `json:"sid" doc:"a web ticket: another way of the Game Center's pages"`
}

// answer is every answer. Commands add their members to data.
type answer struct {
	Ret  int            `json:"ret" doc:"0, or a code"`
	Msg  string         `json:"msg" doc:"ok, or what happened in a sentence"`
	Data map[string]any `json:"data" doc:"ret and msg once more, and the members of the command"`
}

// unless returns a stage that passes some calls.
func unless(stage access.Stage, passes func(*request) bool) access.Stage {
	run := stage.Run
	stage.Run = func(c *access.Call) error {
		if passes(c.Input.(*request)) {
			return nil
		}
		return run(c)
	}
	return stage
}

// byBrowser reports whether a person's browser makes the call, whose address the app cannot know.
func byBrowser(in *request) bool { return in.way != byToken }

// unproved reports whether nothing shows yet that the call is made for the app or the person that it names: it must not use up
// their rate, and will be refused. A call with an access token is signed with the app's key. The person's rate comes before the
// app's, so that no person's calls beyond it use up the app's.
func unproved(in *request) bool { return in.way != byToken && !in.ticket.holds }

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
	ways, err := d.table.Enter(c.Context(), name)
	if err != nil {
		return err
	}
	c.Input = &request{command: d.commands[name], query: c.Query, now: ways}
	return nil
}

func missing(code retcode.Code, name string) error {
	return code.Errorf("parameter %q is missing or empty", name)
}

// required finds the way in which the caller identifies itself, and checks that nothing is missing.
func required(c *access.Call, in *request) error {
	need := []string{"oauth_consumer_key"}
	if !byCookies(c, in) {
		in.way = in.now[max(0, slices.IndexFunc(in.now, in.names))]
		in.ticket.text, in.ticket.uin = c.Query.Get(in.way), c.Query.Get("uin")
		need = append(append(need, in.way), beside[in.way]...)
	}
	for _, name := range append(need, in.command.required...) {
		if c.Query.Get(name) == "" {
			return missing(in.missingCode(), name)
		}
	}
	return nil
}

// app finds the app: the one for which the token or the ticket was made, which must be the app that the call names. If it was made
// for none it is the app that the call names.
func (d *door) app(c *access.Call, in *request) error {
	issued, err := d.issuedFor(c, in)
	if err != nil {
		return err
	}
	named := c.Query.Get("oauth_consumer_key")
	source := in.way
	if issued == 0 {
		source = "oauth_consumer_key"
	}
	for _, name := range [...]struct{ what, id string }{
		{"oauth_consumer_key", named}, {"appid", c.Query.Get("appid")}, {"the appid in param", appInParam(c.Query.Get("param"))},
	} {
		if name.id == "" {
			continue
		}
		id, _ := platform.ParseAppID(name.id)
		if issued == 0 && name.what == source {
			issued = id
		}
		if id != issued {
			return retcode.GameCenterAppIDMismatch.Errorf("%s is of another app than the %s", name.what, source)
		}
	}
	if c.App = d.apps.ByID(issued); c.App == nil {
		return retcode.GameCenterAppNotConfigured.Errorf("there is no app %.40q", named)
	}
	in.app = c.App
	return nil
}

// issuedFor opens the token or the ticket and returns the app for which it was made; 0 for no app in particular, or if it does not
// open. It also finds the subject of the call.
func (d *door) issuedFor(c *access.Call, in *request) (app platform.AppID, err error) {
	if in.way != byToken {
		err = d.openTicket(c, in)
		return in.ticket.content.AppID, err
	}
	if openid, err := platform.ParseOpenID(c.Query.Get("openid")); err == nil {
		c.User = openid.String()
	}
	app, _ = d.identity.LoginApp(c.Query.Get(byToken))
	return app, nil
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
	if in.way != byToken {
		return nil
	}
	if sign.GameCenterVerify(c.Query.Get("sign"), c.Query, c.App.AppKey) {
		if err := c.Query.TellsApart('$', '$', common); err != nil {
			return retcode.GameCenterSignatureWrong.Errorf("%v", err)
		}
		return nil
	}
	refuse.Signature{
		Key: c.App.AppKey, Parameter: "sign", Mistake: mistake.GameCenter,
		Signed: func() string { return sign.GameCenterSource(c.Query) },
	}.Explain(c, d.apps)
	return retcode.GameCenterSignatureWrong
}

// common are the parameters that commands share.
var common = []string{"access_token", "appid", "callback", "cmd", "format", "oauth_consumer_key", "openid", "param", "uin"}

// configured requires the app's configuration for the Game Center.
func configured(c *access.Call, _ *request) error {
	if !c.App.Granted(platform.GameCenterPermission) {
		return retcode.GameCenterAppNotConfigured.Errorf("app %s is not configured for the Game Center", c.App.AppID)
	}
	return nil
}

// identify checks who the caller is.
func (d *door) identify(c *access.Call, in *request) error {
	if in.way == byToken {
		return d.token(c, in)
	}
	return d.holder(c, in)
}

// token checks the access token, and that openid and uin are its person's.
func (d *door) token(c *access.Call, in *request) error {
	login, err := oidb.Call(c.Context(), d.bus, oidb.CheckAccess, wire.CheckRequest{Token: c.Query.Get(byToken), Bearer: true})
	if err != nil {
		return refuse.GameCenter(err)
	}
	in.uin, in.openid = login.UIN, login.OpenID
	openid, err := platform.ParseOpenID(c.Query.Get("openid"))
	if err != nil {
		return retcode.GameCenterOpenIDNotFound.Errorf("parameter \"openid\" is not 32 hex digits")
	}
	_, failed := oidb.Call(c.Context(), d.bus, identity.ConvertOpenIDs, &wire.ConvertOpenIDsRequest{
		Appid: uint64(c.App.AppID), Count: 1, Openid: [][]byte{openid[:]},
	})
	uin := c.Query.Get("uin")
	switch {
	case failed == nil && openid != login.OpenID:
		return retcode.GameCenterAccessTokenInvalid.Errorf("the token was issued for another openid")
	case errors.Is(failed, retcode.AccessTokenBatchOpenIDInvalid), errors.Is(failed, retcode.AccessTokenBatchOpenIDReclaimed):
		return retcode.GameCenterOpenIDNotFound
	case uin != "" && uin != login.UIN.String():
		return retcode.GameCenterUINMismatch.Errorf("parameter \"uin\" is not the account that the token was issued to")
	case failed != nil:
		return undone(retcode.GameCenterUINLookupFailed, failed)
	}
	return nil
}

// testNumber lets only test numbers use an app of the test environment.
func testNumber(c *access.Call, in *request) error {
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
		err = undone(in.failedCode(in.way), err)
	}
	return result, err
}

// undone is the code for something that a failed command left undone. Why it failed is for the log, as a text: a code in it must
// not count.
func undone(code retcode.Code, failed error) error {
	why := failed.Error()
	if failure, ok := errors.AsType[*oidb.Failure](failed); ok && failure.Cause != nil {
		why += ": " + failure.Cause.Error()
	}
	return code.WithCause(errors.New(why))
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
