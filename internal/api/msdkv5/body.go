package msdkv5

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/flatjson"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// decoder reads a call's body into c.Input and c.User.
type decoder func(c *access.Call) error

// request is a decoded body.
type request interface {
	// check returns what is missing or impossible in it.
	check() error
	// user is the openid that the call is for.
	user() string
}

// body decodes the body in the form of the call's route.
func (d *door) body(c *access.Call) error { return d.bodies[c.Route.Path](c) }

// decode reads exactly one JSON object in UTF-8 whose members have the types of T, no member twice. Members that T does
// not have are ignored.
func decode[T any, P interface {
	*T
	request
}](c *access.Call) error {
	start := bytes.TrimLeft(c.Body, " \t\r\n")
	if len(start) == 0 {
		return retcode.V5BodyEmpty
	}
	if start[0] != '{' {
		return retcode.V5BodyMalformed.Errorf("the body is not a JSON object")
	}
	in := P(new(T))
	if plain, ok := any(in).(flatjson.Object); !ok || !flatjson.Read(c.Body, plain) {
		in = P(new(T))
		if err := json.Unmarshal(c.Body, in); err != nil {
			return bodyError(err)
		}
	}
	if err := in.check(); err != nil {
		return err
	}
	c.Input, c.User = in, in.user()
	return nil
}

// bodyError says where the body is wrong, in our words: the library's show Go types.
func bodyError(err error) error {
	var typed *json.SemanticError
	if errors.As(err, &typed) {
		return retcode.V5FieldInvalid.Errorf("body member %.60q has the wrong type", typed.JSONPointer)
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return retcode.V5BodyMalformed.Errorf("body member %.60q comes twice", syntax.JSONPointer)
		}
		return retcode.V5BodyMalformed.Errorf("the body is not JSON in UTF-8 at byte %d", syntax.ByteOffset)
	}
	return retcode.V5BodyMalformed
}

// playerBody is what nearly every body has: whom the call is about, and the token that proves it (msdk-v5.md, 3 to 8).
type playerBody struct {
	OpenID stringOrNumber `json:"openid"`
	Token  stringOrNumber `json:"token"`
}

func (b *playerBody) user() string { return string(b.OpenID) }

func (b *playerBody) check() error {
	switch {
	case b.OpenID == "":
		return missing("openid")
	case b.Token == "":
		return missing("token")
	}
	return checkMSDKOpenID(b.OpenID)
}

func checkMSDKOpenID(text stringOrNumber) error {
	if _, err := platform.ParseMSDKOpenID(string(text)); err != nil {
		return retcode.V5FieldInvalid.Errorf("body member \"openid\" is not an MSDK openid, a decimal number of 64 bits")
	}
	return nil
}

// request is the check of the body's token.
func (b *playerBody) request(c *access.Call) oidb.CheckRequest {
	id, _ := platform.ParseMSDKOpenID(string(b.OpenID)) // check has read it
	return oidb.CheckRequest{AppID: c.App.AppID, MSDKOpenID: id, Token: string(b.Token), PC: c.Query.Get("os") == osPC}
}

// stringOrNumber is a member that is a string on the wire, but that some callers send as a number (msdk-v5.md, 14).
type stringOrNumber string

// UnmarshalJSONFrom implements json.UnmarshalerFrom. null is the same as empty.
func (s *stringOrNumber) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	value, err := dec.ReadValue()
	if err != nil {
		return err
	}
	switch value.Kind() {
	case '"':
		text := value[1 : len(value)-1]
		if bytes.IndexByte(text, '\\') >= 0 {
			text, _ = jsontext.AppendUnquote(nil, value) // the decoder has found it sound
		}
		*s = stringOrNumber(text)
	case '0':
		*s = stringOrNumber(value)
	case 'n':
		*s = ""
	default:
		return fmt.Errorf("neither string nor number")
	}
	return nil
}

func missing(name string) error {
	return retcode.V5FieldMissing.Errorf("body member %q is missing or empty", name)
}
