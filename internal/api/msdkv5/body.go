package msdkv5

import (
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
	Token string `json:"token" required:"true" doc:"the player's MSDK token"`
}

func (b *playerBody) Check(*access.Call) error {
	switch {
	case b.OpenID == "":
		return missing("openid")
	case b.Token == "":
		return missing("token")
	}
	return b.check()
}

// request returns the check of the body's token.
func (b *playerBody) request(c *access.Call) wire.CheckRequest {
	return wire.CheckRequest{AppID: c.App.AppID, MSDKOpenID: b.id, Token: b.Token, PC: c.Query.Get("os") == osPC}
}

// playerID is the member that names a player.
type playerID struct {
	OpenID string `json:"openid" required:"true" doc:"the player's MSDK openid"`

	id platform.MSDKOpenID
}

func (p *playerID) check() (err error) {
	if p.id, err = platform.ParseMSDKOpenID(p.OpenID); err != nil {
		return retcode.V5FieldInvalid.Errorf("body member \"openid\" is not an MSDK openid, a decimal number of 64 bits")
	}
	return nil
}

func (p *playerID) player() platform.MSDKOpenID { return p.id }
func (p *playerID) User() string                { return p.OpenID }
func (*playerID) Codes() []retcode.Code         { return memberCodes }

func missing(name string) error {
	return retcode.V5FieldMissing.Errorf("body member %q is missing or empty", name)
}
