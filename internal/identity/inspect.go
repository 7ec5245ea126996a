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

// Inspection is what the platform can tell of a token.
type Inspection struct {
	token.Token // its end is the session's where an openkey was renewed
	Valid       bool
	Check       oidb.ID      // the command that decides; zero for a link
	Result      retcode.Code // what that answers, 0 when the token is valid
}

// InspectToken opens a token and asks the command that checks its kind what it thinks of it. ErrInvalid when the text is
// no token of this platform.
func (s *Service) InspectToken(ctx context.Context, bus *oidb.Bus, text string) (*Inspection, error) {
	t, err := s.keyring.Open(text)
	if err != nil {
		return nil, platform.Invalidf("token", "the text is no token that this platform sealed")
	}
	in := &Inspection{Token: t}
	if t.Kind == token.Link {
		_, err := s.OpenLink(ctx, t.AppID, text)
		in.Valid = err == nil
		return in, nil
	}
	command, req := oidb.CheckAccess, wire.CheckRequest{AppID: t.AppID, OpenID: t.OpenID[:], Token: text, PC: t.PC}
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
