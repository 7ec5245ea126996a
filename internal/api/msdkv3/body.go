package msdkv3

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

var bodies = &msdk.Bodies{
	Empty: retcode.V3BodyEmpty, Malformed: retcode.V3BodyNotJSON, WrongType: retcode.V3FieldInvalid, Wrong: "a wrong type or value",
}

// fault is a body that was refused.
type fault struct{ err error }

// appID is the only member that may be a number or a string (msdk-v3.md, 2.2).
type appID platform.AppID

// UnmarshalJSONFrom implements json.UnmarshalerFrom. null is the same as missing.
func (id *appID) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	token, err := dec.ReadToken()
	if err != nil {
		return err
	}
	switch token.Kind() {
	case '"', '0':
		parsed, err := platform.ParseAppID(token.String())
		*id = appID(parsed)
		return err
	case 'n':
		*id = 0
		return nil
	default:
		return errors.New("neither string nor number")
	}
}

// Shape describes the member in docs/api as the text that the original's examples have.
func (appID) Shape() any { return "" }

// check requires the URL's app, whose key has signed the call.
func (id appID) check(c *access.Call) error {
	switch {
	case id == 0:
		return empty("appid")
	case platform.AppID(id) != c.App.AppID:
		return retcode.V3FieldInvalid.Errorf("body member \"appid\" is not the URL's")
	}
	return nil
}

// maxText bounds the short members: names, channels, openids.
const maxText = 64

// player is the subject of a call.
type player struct {
	OpenID string `json:"openid" required:"true" doc:"the person's openid at the app: 32 hex digits"`

	room   [16]byte
	packed []byte // the bytes that OpenID's digits stand for, not always 16
}

func (p *player) User() string   { return canonical(p.OpenID) }
func (p *player) openid() []byte { return p.packed }

func (*player) Codes() []retcode.Code { return playerCodes }

var playerCodes = []retcode.Code{retcode.V3FieldInvalid, retcode.V3OpenIDInvalid}

// Check packs the openid for the bus. The command decides whether the bytes are an openid.
func (p *player) Check(c *access.Call) (err error) {
	switch {
	case p.OpenID == "":
		return empty("openid")
	case len(p.OpenID) > maxText:
		return retcode.V3OpenIDInvalid.Errorf("body member \"openid\" has more than %d characters", maxText)
	}
	switch p.packed, err = hex.AppendDecode(p.room[:0], []byte(p.OpenID)); {
	case errors.Is(err, hex.ErrLength):
		return retcode.V3OpenIDInvalid.Errorf("the openid has %d hex digits, not %d", len(p.OpenID), openIDDigits)
	case err != nil:
		return retcode.V3OpenIDInvalid.Errorf("body member \"openid\" is not hex digits")
	}
	return sameUser(c, p.OpenID)
}

const openIDDigits = 2 * len(platform.OpenID{})

// wrongLength explains the failure of a command that was given an openid of another length; "" if it is of the right one.
func (p *player) wrongLength() string {
	if len(p.OpenID) == openIDDigits {
		return ""
	}
	return fmt.Sprintf(" (the openid has %d hex digits, not %d)", len(p.OpenID), openIDDigits)
}

// sameUser compares the openid in the body with the one in the URL, if any.
func sameUser(c *access.Call, openid string) error {
	if url := c.Query.Get("openid"); url != "" && !strings.EqualFold(url, openid) {
		return retcode.V3FieldInvalid.Errorf("the body is for an openid other than the URL's")
	}
	return nil
}

func empty(name string) error {
	return retcode.V3FieldInvalid.Errorf("body member %q is missing or empty", name)
}

// anyBody is the body of an interface that has no command here.
type anyBody struct{}

func (*anyBody) Check(*access.Call) error { return nil }
func (*anyBody) User() string             { return "" }
func (*anyBody) Codes() []retcode.Code    { return nil }
