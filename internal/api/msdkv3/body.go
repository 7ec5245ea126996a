package msdkv3

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/flatjson"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// decoder reads a call's body.
type decoder func(c *access.Call) (request, error)

// request is a decoded body.
type request interface {
	// check returns what is missing or impossible in it.
	check(c *access.Call) error
	// user is the openid, or the guestid, that the call is for.
	user() string
	// openid are the bytes that it stands for, 16 if it is one; nil where nobody asks for them.
	openid() []byte
}

// fault is a body that is no request.
type fault struct{ err error }

// decode reads exactly one JSON object in UTF-8 whose members have the types of T, no member twice. Members that T does
// not have are ignored.
func decode[T any, P interface {
	*T
	request
}](c *access.Call) (request, error) {
	start := bytes.TrimLeft(c.Body, " \t\r\n")
	if len(start) == 0 {
		return nil, retcode.V3BodyEmpty
	}
	if start[0] != '{' {
		return nil, retcode.V3BodyNotJSON.Errorf("the body is not a JSON object")
	}
	in := P(new(T))
	if plain, ok := any(in).(flatjson.Object); !ok || !flatjson.Read(c.Body, plain) {
		in = P(new(T))
		if err := json.Unmarshal(c.Body, in); err != nil {
			return nil, bodyError(err)
		}
	}
	return in, in.check(c)
}

// bodyError says where the body is wrong, in our words: the library's show Go types.
func bodyError(err error) error {
	var typed *json.SemanticError
	if errors.As(err, &typed) {
		return retcode.V3FieldInvalid.Errorf("body member %.60q has a wrong type or value", typed.JSONPointer)
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return retcode.V3BodyNotJSON.Errorf("body member %.60q comes twice", syntax.JSONPointer)
		}
		return retcode.V3BodyNotJSON.Errorf("the body is not JSON in UTF-8 at byte %d", syntax.ByteOffset)
	}
	return retcode.V3BodyNotJSON
}

// appID is the one member that may be a number or a string (msdk-v3.md, 2.2).
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

// check wants the URL's app: its key has signed the call, and no other app's.
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

// player is who a call is for.
type player struct {
	OpenID string `json:"openid"`

	room   [16]byte
	packed []byte // the bytes that OpenID's digits stand for, not always 16
}

func (p *player) user() string   { return p.OpenID }
func (p *player) openid() []byte { return p.packed }

// check packs the openid for the bus. Whether the bytes are an openid is for the command behind it to say.
func (p *player) check(c *access.Call) (err error) {
	switch {
	case p.OpenID == "":
		return empty("openid")
	case len(p.OpenID) > maxText:
		return retcode.V3OpenIDInvalid.Errorf("body member \"openid\" has more than %d characters", maxText)
	}
	if p.packed, err = hex.AppendDecode(p.room[:0], []byte(p.OpenID)); err != nil {
		return retcode.V3OpenIDInvalid.Errorf("body member \"openid\" is not hex digits")
	}
	return sameUser(c, p.OpenID)
}

// sameUser compares the openid in the body with the one in the URL, where there is one.
func sameUser(c *access.Call, openid string) error {
	if url := c.Query.Get("openid"); url != "" && !strings.EqualFold(url, openid) {
		return retcode.V3FieldInvalid.Errorf("the body is for another openid than the URL")
	}
	return nil
}

func empty(name string) error {
	return retcode.V3FieldInvalid.Errorf("body member %q is missing or empty", name)
}

// anyBody is the body of an interface that has no command here.
type anyBody struct{}

func (*anyBody) check(*access.Call) error { return nil }
func (*anyBody) user() string             { return "" }
func (*anyBody) openid() []byte           { return nil }
