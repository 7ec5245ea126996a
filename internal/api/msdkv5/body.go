package msdkv5

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

var bodies = &msdk.Bodies{
	Empty: retcode.V5BodyEmpty, Malformed: retcode.V5BodyMalformed, WrongType: retcode.V5FieldInvalid, Wrong: "the wrong type",
}

// memberCodes are the codes of every body.
var memberCodes = []retcode.Code{retcode.V5FieldMissing, retcode.V5FieldInvalid}

// playerBody is the part that nearly every body has: the player, and the token that proves it (msdk-v5.md, 3 to 8).
type playerBody struct {
	playerID
	Token stringOrNumber `json:"token"`
}

func (b *playerBody) Check(*access.Call) error {
	switch {
	case b.missing():
		return missing("openid")
	case b.Token == "":
		return missing("token")
	}
	return b.check()
}

// request returns the check of the body's token.
func (b *playerBody) request(c *access.Call) wire.CheckRequest {
	return wire.CheckRequest{AppID: c.App.AppID, MSDKOpenID: b.OpenID.id, Token: string(b.Token), PC: c.Query.Get("os") == osPC}
}

// playerID is the member that names a player.
type playerID struct {
	OpenID msdkOpenID `json:"openid"`
}

func (p *playerID) missing() bool { return p.OpenID.text == "" }

func (p *playerID) check() error {
	if p.OpenID.id == 0 {
		return retcode.V5FieldInvalid.Errorf("body member \"openid\" is not an MSDK openid, a decimal number of 64 bits")
	}
	return nil
}

func (p *playerID) player() platform.MSDKOpenID { return p.OpenID.id }
func (p *playerID) User() string                { return string(p.OpenID.text) }
func (*playerID) Codes() []retcode.Code         { return memberCodes }

// msdkOpenID is an MSDK openid as received; id is 0 if it is invalid.
type msdkOpenID struct {
	text stringOrNumber
	id   platform.MSDKOpenID
}

func (m *msdkOpenID) set(text stringOrNumber) {
	m.text = text
	m.id, _ = platform.ParseMSDKOpenID(string(text))
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (m *msdkOpenID) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	var text stringOrNumber
	err := text.UnmarshalJSONFrom(dec)
	m.set(text)
	return err
}

// stringOrNumber is a string member that some callers send as a number (msdk-v5.md, 14).
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
			text, _ = jsontext.AppendUnquote(nil, value) // the decoder has validated it
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
