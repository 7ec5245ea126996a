// Package ark is the door of Ark messages, /share/ark: a form or a JSON object, signed like a call of OpenAPI V3, and the
// result in ret, with HTTP 200 but for a failure of the platform (causes.md, messages).
package ark

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/appkey"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

type door struct {
	apps     *apps.Registry
	identity *identity.Service
	bus      *oidb.Bus
}

// New returns the door.
func New(registry *apps.Registry, id *identity.Service, bus *oidb.Bus) *access.Door {
	d := &door{apps: registry, identity: id, bus: bus}
	return &access.Door{
		Name:  "ark",
		Guide: guide,
		Endpoints: []access.Endpoint{
			access.API("POST", "/share/ark", access.With(d.send),
				access.Step("ark-params", params, append(emptyCodes(), retcode.QQParameterInvalid)...),
				access.Check("ark-app", d.app, retcode.QQAppNotFound),
				access.Check("ark-signature", d.signature, retcode.QQSignatureWrong).ChecksSignature(),
				access.Check("ark-nonce", d.nonce, appkey.NonceMissing).Calls(appkey.ReplayCheck),
				// Whether the app is online is a matter of the message.
				access.Granted, access.OrdinaryAddress, access.TLS, access.AppRate, access.Audit,
				access.Check("ark-test-number", d.testNumber, retcode.QQTestNumberRequired),
				access.Check("ark-openid", openIDForm, retcode.QQOpenIDIllegal),
				access.Check("ark-key-rotation", keyRotation, retcode.QQAppKeyRotating),
				access.Check("ark-token", d.token).Calls(access.Uses(&oidb.CheckAccess.Declaration, refuse.OpenkeyResults...)),
				access.UserRate,
			).Calls(access.Uses(&messages.SendArkCommand.Declaration)).Refuses(refuseArk).
				Does("Sends an Ark message, a card of a mini program, to a friend who uses the app.").Takes(fields{}).Returns(sentFields{}),
		},
		Code: refusals.Code, Encode: encode,
	}
}

// guide describes what calls of the door have in common.
var guide = access.Guide{
	Title:     "Ark messages",
	About:     "A form or a JSON object. `ret` is 0 or a code; the answer is HTTP 200 unless the platform fails. A call is signed as one of OpenAPI V3, with all of its parameters.",
	Signature: "openapi", Form: true, Result: common{},
}

// fields are the parameters, in the URL or in the body.
type fields struct {
	AppID     string          `json:"appid" required:"true" doc:"the app's number"`
	OpenID    platform.OpenID `json:"openid" required:"true" doc:"the sender's openid at the app"`
	Friend    platform.OpenID `json:"fopenid" required:"true" doc:"the friend's openid at the app"`
	Token     string          `json:"accesstoken" required:"true" doc:"the sender's access token"`
	ExtraJSON string          `json:"extraJSON" required:"true" doc:"the card's content, in JSON: it has to fit the scene's template"`
	Scene     string          `json:"scene" required:"true" doc:"the scene, one of the app's"`
	Program   string          `json:"app" doc:"the mini program that the card opens"`
	Sig       string          `json:"sig" required:"true" doc:"the signature: Base64"`
	Timestamp int64           `json:"timestamp" min:"1" doc:"the time, in Unix seconds: at most ten minutes off the platform's clock"`
	Nonce     string          `json:"nonce" max:"64" doc:"a text of which no two calls have the same: a repeated call is refused"`
	RequestID string          `json:"request_id" max:"64" doc:"the sender's name for the message: repeated within seven days, it sends nothing and gets the same answer"`
}

// common are the members of every answer.
type common struct {
	Ret int    `json:"ret" doc:"0, or a code"`
	Msg string `json:"msg" doc:"what happened, in a sentence"`
}

// sentFields is what a success has in addition.
type sentFields struct {
	MessageID string `json:"message_id" doc:"the message's number"`
}

// request holds a call's parameters, and the results of the stages.
type request struct {
	app         platform.AppID
	openid      platform.OpenID
	openIDSound bool
	friend      platform.OpenID
	token       string
	timestamp   uint64 // Unix seconds; 0 for none
	ark         messages.Ark
	requestID   string

	rotating bool // signed with another key than the app's current one
	login    wire.CheckResponse
}

// empties are the parameters whose absence has a number of its own, in their order.
var empties = [...]struct {
	name string
	code retcode.Code
}{
	{"appid", retcode.QQArkAppIDEmpty},
	{"openid", retcode.QQArkOpenIDEmpty},
	{"fopenid", retcode.QQArkFriendOpenIDEmpty},
	{"accesstoken", retcode.QQArkAccessTokenEmpty},
	{extraJSON, retcode.QQArkExtraJSONEmpty},
}

func emptyCodes() (codes []retcode.Code) {
	for _, empty := range empties {
		codes = append(codes, empty.code)
	}
	return codes
}

const extraJSON = "extraJSON"

// params reads the parameters of the URL and of the body; where both have one the body's counts.
func params(c *access.Call) (err error) {
	if c.Query, err = c.Query[:0].AddForm(c.Request.URL.RawQuery); err == nil {
		c.Query, err = addBody(c)
	}
	if err != nil {
		return retcode.QQParameterInvalid.Errorf("%v", err)
	}
	for _, empty := range empties {
		if c.Query.Get(empty.name) == "" {
			return empty.code
		}
	}
	for _, name := range [...]string{"scene", "sig"} {
		if c.Query.Get(name) == "" {
			return retcode.QQParameterInvalid.Errorf("parameter %q is missing or empty", name)
		}
	}
	for i := range c.Query {
		if p := &c.Query[i]; !utf8.ValidString(p.Name) || !utf8.ValidString(p.Value) {
			return retcode.QQParameterInvalid.Errorf("the parameters are not UTF-8")
		}
	}
	in := &request{
		token: c.Query.Get("accesstoken"), requestID: c.Query.Get("request_id"),
		ark: messages.Ark{Program: c.Query.Get("app"), Scene: c.Query.Get("scene"), ExtraJSON: c.Query.Get(extraJSON)},
	}
	if in.app, err = platform.ParseAppID(c.Query.Get("appid")); err != nil {
		return invalid("appid", "a number above 0 without leading zeros")
	}
	if in.friend, err = platform.ParseOpenID(c.Query.Get("fopenid")); err != nil {
		return invalid("fopenid", "32 hex digits")
	}
	if ts := c.Query.Get("timestamp"); ts != "" {
		if in.timestamp, err = strconv.ParseUint(ts, 10, 63); err != nil || in.timestamp == 0 {
			return invalid("timestamp", "a Unix time in seconds")
		}
	}
	if len(c.Query.Get("nonce")) > oidb.MaxNonce {
		return invalid("nonce", "of at most "+strconv.Itoa(oidb.MaxNonce)+" bytes")
	}
	if platform.CheckText("request_id", in.requestID, platform.MaxRequest) != nil {
		return invalid("request_id", "at most "+strconv.Itoa(platform.MaxRequest)+" bytes without control characters")
	}
	in.openid, err = platform.ParseOpenID(c.Query.Get("openid"))
	if in.openIDSound = err == nil; in.openIDSound {
		c.User = in.openid.String()
	}
	c.Input = in
	return nil
}

func invalid(name, want string) error {
	return retcode.QQParameterInvalid.Errorf("parameter %q is not %s", name, want)
}

// addBody adds the parameters of a form, or the members of a JSON object.
func addBody(c *access.Call) (sign.Query, error) {
	switch is := c.Content(); {
	case is == access.ContentJSON:
		return addMembers(c.Query, c.Body)
	case is == access.ContentEmpty, is.IsForm():
		return c.Query.AddForm(string(c.Body))
	case is == access.ContentUnknown:
		return c.Query, errors.New("the body is neither a form nor a JSON object")
	default:
		return c.Query, errors.New("the body is " + string(is) + ", neither a form nor a JSON object")
	}
}

var errMembers = errors.New("the body is not one JSON object in UTF-8 with each member once")

// addMembers adds the members of a JSON object: texts as they are, and everything else as it was written. Only extraJSON may be
// an object.
func addMembers(q sign.Query, body []byte) (sign.Query, error) {
	members := make(map[string]jsontext.Value)
	if err := json.Unmarshal(body, &members); err != nil {
		return q, errMembers
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value, text := members[name], ""
		switch kind := value.Kind(); {
		case kind == '"':
			unquoted, err := jsontext.AppendUnquote(nil, value)
			if err != nil {
				return q, errMembers
			}
			text = string(unquoted)
		case (kind == '{' || kind == '[') && name != extraJSON:
			return q, errors.New("parameter " + strconv.Quote(name) + " is neither a text nor a number")
		case kind != 'n':
			text = string(value)
		}
		var err error
		if q, err = q.Set(sign.Param{RawName: name, RawValue: text, Name: name, Value: text}); err != nil {
			return q, err
		}
	}
	return q, nil
}

func (d *door) app(c *access.Call, in *request) error {
	if c.App = d.apps.ByID(in.app); c.App == nil {
		return retcode.QQAppNotFound.Errorf("there is no app %s", in.app)
	}
	return nil
}

// signature lets a call whose key is being changed continue to keyRotation.
func (d *door) signature(c *access.Call, in *request) (err error) {
	in.rotating, err = appkey.Signature(c, d.apps)
	return err
}

func (d *door) nonce(c *access.Call, in *request) error {
	return appkey.Fresh(c, d.bus, in.openid[:], in.timestamp, c.Query.Get("nonce"))
}

// testNumber lets only test numbers use an app of the test environment.
func (d *door) testNumber(c *access.Call, in *request) error {
	if !in.openIDSound {
		return nil // the next stage refuses it
	}
	return d.identity.CheckTestOpenID(c.Context(), c.App, in.openid)
}

func openIDForm(_ *access.Call, in *request) error {
	if !in.openIDSound {
		return retcode.QQOpenIDIllegal.Errorf("openid is not 32 hex digits")
	}
	return nil
}

func keyRotation(c *access.Call, in *request) error { return appkey.Current(c, in.rotating) }

// token checks the sender's access token.
func (d *door) token(c *access.Call, in *request) (err error) {
	in.login, err = oidb.Call(c.Context(), d.bus, oidb.CheckAccess, wire.CheckRequest{AppID: c.App.AppID, OpenID: in.openid[:], Token: in.token})
	return err
}

// sent is the number of a message that was sent.
type sent uint64

func (d *door) send(c *access.Call, in *request) (any, error) {
	id, err := messages.SendArk(c.Context(), d.bus, messages.Letter{
		AppID: c.App.AppID, From: in.login.UIN, FromOpenID: in.openid, To: in.friend, Request: in.requestID,
	}, in.ark)
	return sent(id), err
}

// refuseArk answers a failure of the bus as one of the platform.
func refuseArk(err error) error {
	return refuse.Message(err, map[retcode.Code]retcode.Code{
		retcode.OIDBConnectFailed: retcode.OpenAPIInternal, retcode.OIDBDeadlineExceeded: retcode.OpenAPIInternal,
	})
}

var refusals = &refuse.Door{
	NoRoute: retcode.QQAPINotFound, Method: retcode.QQParameterInvalid, Unreadable: retcode.QQParameterInvalid, Internal: retcode.OpenAPIInternal,
	Failed: func(f *oidb.Failure) (retcode.Code, string) {
		code := refuse.Meaning(f.Code)
		if code.Domain() != retcode.QQ { // the bus's own results: the token or the nonce could not be checked
			code = retcode.QQAccessTokenCheckFailed
		}
		return code, f.Error()
	},
}

func encode(c *access.Call, result any, err error) {
	a := &c.Answer
	a.Status = http.StatusOK
	ret, msg := 0, "success"
	if err != nil {
		refusal := refusals.Refusal(err)
		a.Code, a.RetryAfter = refusal.Code, refusal.RetryAfter
		ret, msg = refusal.Code.Number(), refusal.Text
		if refusal.Code == retcode.OpenAPIInternal {
			a.Status = http.StatusInternalServerError
		}
	}
	b := strconv.AppendInt(append(a.Body, `{"ret":`...), int64(ret), 10)
	b, _ = jsontext.AppendQuote(append(b, `,"msg":`...), msg)
	if id, ok := result.(sent); ok && err == nil {
		b = append(strconv.AppendUint(append(b, `,"message_id":"`...), uint64(id), 10), '"')
	}
	a.Body = append(b, '}')
}
