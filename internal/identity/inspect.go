package identity

import (
	"context"
	"errors"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

// Inspection is what the platform knows about a token.
type Inspection struct {
	token.Token // with the session's end if an openkey was renewed
	Valid       bool
	Check       oidb.ID      // the command that checks it; zero for a link
	Result      retcode.Code // the command's result, 0 when the token is valid
}

// InspectToken opens a token and checks it with the command for its kind. ErrInvalid: the text is not a token of this
// platform.
func (s *Service) InspectToken(ctx context.Context, bus *oidb.Bus, text string) (*Inspection, error) {
	t, err := s.keyring.Open(text)
	if err != nil {
		return nil, platform.Invalidf("token", "the text is not a token that this platform sealed")
	}
	in := &Inspection{Token: t}
	if t.Kind == token.Link {
		_, err := s.OpenLink(ctx, t.AppID, text)
		in.Valid = err == nil
		return in, nil
	}
	command, req := oidb.CheckAccess, wire.CheckRequest{AppID: t.AppID, OpenID: t.OpenID[:], Token: text, Either: true, PC: t.PC}
	switch t.Kind {
	case token.Pay:
		command = oidb.CheckPay
	case token.Guest:
		req.Guest = true
	case token.MSDK:
		req.OpenID, req.MSDKOpenID = nil, t.MSDKOpenID
	}
	rsp, err := oidb.Call(ctx, bus, command, req)
	in.Valid, in.Check = err == nil, command.ID
	if in.Valid {
		in.ExpiresMS = rsp.ExpiresMS
	}
	if failure, ok := errors.AsType[*oidb.Failure](err); ok {
		in.Result = failure.Code
	}
	return in, nil
}
