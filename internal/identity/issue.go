package identity

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

// IssueRequest asks for a token as if the person had just logged in.
type IssueRequest struct {
	AppID    platform.AppID
	UIN      platform.UIN
	Kind     token.Kind
	Lifetime *time.Duration // from 0, which gives a token that has lapsed already, to the kind's; nil for the kind's
	PC       bool           // MSDK tokens: the PC SDK makes the authorization
}

// Issued is a new token and whom it is for.
type Issued struct {
	Token      string              `json:"token"`
	Kind       string              `json:"kind"`
	AppID      platform.AppID      `json:"appid"`
	UIN        platform.UIN        `json:"uin"`
	OpenID     platform.OpenID     `json:"openid"`
	MSDKOpenID platform.MSDKOpenID `json:"msdk_openid,omitzero"`
	GuestID    string              `json:"guestid,omitzero"` // of a guest token
	IssuedMS   int64               `json:"issued_ms"`
	ExpiresMS  int64               `json:"expires_ms"`
}

// Issue makes a token. An access token supersedes the older ones of the same person at the same app, and so does a
// pay token; the other kinds stand beside each other. Where the kind needs an authorization and there is none, it is
// given. Errors: ErrInvalid, platform.ErrNotFound.
func (s *Service) Issue(ctx context.Context, req IssueRequest) (*Issued, error) {
	lifetime := req.Kind.Lifetime()
	if req.Lifetime != nil {
		if *req.Lifetime < 0 || *req.Lifetime > lifetime {
			return nil, platform.Invalidf("lifetime", "a token of kind %s lives from 0s to %s, not %s", req.Kind, lifetime, *req.Lifetime)
		}
		lifetime = *req.Lifetime
	}
	account, err := s.Account(ctx, req.UIN)
	if err != nil {
		return nil, err
	}
	if account.State == platform.AccountFrozen || account.State == platform.AccountClosed {
		return nil, platform.Invalidf("uin", "account %s is %s and cannot log in", req.UIN, account.State)
	}
	app := s.Apps.ByID(req.AppID)
	openid, err := s.EnsureOpenID(ctx, req.AppID, req.UIN)
	if err != nil {
		return nil, err
	}
	if (req.Kind == token.MSDK || req.Kind == token.Link) && app.GameID == 0 {
		return nil, platform.Invalidf("appid", "app %s has no gameid, so it has no V5 players", req.AppID)
	}
	grant, err := s.grantFor(ctx, req, openid)
	if err != nil {
		return nil, err
	}
	now := s.clock.NowMS()
	t := token.Token{
		Kind:          req.Kind,
		PC:            req.PC,
		AppID:         req.AppID,
		OpenID:        openid,
		IssuedMS:      now,
		ExpiresMS:     now + lifetime.Milliseconds(),
		PasswordEpoch: account.PasswordEpoch,
		TokenEpoch:    grant.TokenEpoch,
		PayEpoch:      grant.PayEpoch,
	}
	switch req.Kind {
	case token.Openkey:
		t.Session, err = s.newSession(ctx, &t)
	case token.MSDK, token.Link:
		t.MSDKOpenID, _, err = s.player(ctx, req.AppID, openid)
	}
	if err != nil {
		return nil, err
	}
	text, err := s.keyring.Seal(&t)
	if err != nil {
		return nil, err
	}
	issued := &Issued{
		Token:      text,
		Kind:       req.Kind.String(),
		AppID:      req.AppID,
		UIN:        req.UIN,
		OpenID:     openid,
		MSDKOpenID: t.MSDKOpenID,
		IssuedMS:   t.IssuedMS,
		ExpiresMS:  t.ExpiresMS,
	}
	if req.Kind == token.Guest {
		issued.GuestID = GuestID(openid)
	}
	return issued, nil
}

// grantFor returns the live grant that a token of the kind hangs on, with its epochs raised as the kind wants. A person
// who logs in by the operator's hand allows everything.
func (s *Service) grantFor(ctx context.Context, req IssueRequest, openid platform.OpenID) (platform.Grant, error) {
	now := s.clock.NowMS()
	switch req.Kind {
	case token.Access:
		return s.store.Authorize(ctx, req.AppID, openid, platform.Scopes, false, now)
	case token.Pay:
		grant, err := s.store.RaisePayEpoch(ctx, req.AppID, openid, now)
		if errors.Is(err, platform.ErrNotFound) {
			return s.store.Authorize(ctx, req.AppID, openid, platform.Scopes, true, now)
		}
		return grant, err
	default:
		grant, err := s.store.Grant(ctx, req.AppID, openid)
		if errors.Is(err, platform.ErrNotFound) || err == nil && !grant.Live() {
			return s.store.Authorize(ctx, req.AppID, openid, platform.Scopes, false, now)
		}
		return grant, err
	}
}

func (s *Service) newSession(ctx context.Context, t *token.Token) (session uint64, err error) {
	session = newSessionNumber()
	return session, s.store.CreateOpenkey(ctx, platform.Openkey{
		AppID: t.AppID, Session: session, OpenID: t.OpenID, ExpiresMS: t.ExpiresMS,
	})
}

func newSessionNumber() uint64 {
	var random [8]byte
	rand.Read(random[:])
	return binary.BigEndian.Uint64(random[:])
}

// player returns the MSDK openid of an openid and makes one when it has none.
func (s *Service) player(ctx context.Context, app platform.AppID, openid platform.OpenID) (id platform.MSDKOpenID, created bool, err error) {
	for range 3 { // a candidate that is taken is a matter of chance, next to none
		var p platform.Player
		p, created, err = s.store.EnsurePlayer(ctx, platform.Player{
			AppID: app, Channel: platform.ChannelQQ, OpenID: openid, MSDKOpenID: newMSDKOpenID(),
		}, s.clock.NowMS())
		if !errors.Is(err, platform.ErrExists) {
			return p.MSDKOpenID, created, err
		}
	}
	return 0, false, err
}

// newMSDKOpenID returns a random number of 20 digits, the length that games know.
func newMSDKOpenID() platform.MSDKOpenID {
	const lowest, span = 10_000_000_000_000_000_000, 8_000_000_000_000_000_000
	var random [8]byte
	rand.Read(random[:])
	return platform.MSDKOpenID(lowest + binary.BigEndian.Uint64(random[:])%span)
}

// PlayerLogin is what a game's client gets for a QQ access token.
type PlayerLogin struct {
	MSDKOpenID platform.MSDKOpenID
	Token      string
	ExpiresMS  int64
	First      bool // the player is new to the game
	Profile    platform.Profile
}

// LogInPlayer makes an MSDK token of a login that 0x711 has just confirmed. It ends with the access token it comes from.
func (s *Service) LogInPlayer(ctx context.Context, app platform.AppID, login *oidb.CheckResponse, pc bool) (*PlayerLogin, error) {
	shown, err := s.Profiles.Get(ctx, login.UIN)
	if err != nil {
		return nil, err
	}
	id, created, err := s.player(ctx, app, login.OpenID)
	if err != nil {
		return nil, err
	}
	text, err := s.keyring.Seal(&token.Token{
		Kind:          token.MSDK,
		PC:            pc,
		AppID:         app,
		OpenID:        login.OpenID,
		MSDKOpenID:    id,
		IssuedMS:      s.clock.NowMS(),
		ExpiresMS:     login.ExpiresMS,
		PasswordEpoch: login.PasswordEpoch,
		TokenEpoch:    login.TokenEpoch,
	})
	if err != nil {
		return nil, err
	}
	return &PlayerLogin{MSDKOpenID: id, Token: text, ExpiresMS: login.ExpiresMS, First: created, Profile: *shown}, nil
}

// Link is the identity that a link parameter carried.
type Link struct {
	MSDKOpenID platform.MSDKOpenID
	Token      string // MSDK token for the page's own checks
}

// OpenLink reads a link parameter of an app and makes an MSDK token of it, which ends as one from a login would.
// Errors: V5LinkUndecryptable when it does not open, has lapsed, or is another app's.
func (s *Service) OpenLink(ctx context.Context, app platform.AppID, text string) (*Link, error) {
	if err := s.keyring.Usable(ctx); err != nil {
		return nil, err
	}
	t, err := s.keyring.Open(text)
	if err != nil || t.Kind != token.Link || t.AppID != app || s.clock.NowMS() >= t.ExpiresMS {
		return nil, retcode.V5LinkUndecryptable
	}
	st, err := s.Standings.Get(ctx, t.AppID, t.OpenID)
	if errors.Is(err, platform.ErrNotFound) {
		return nil, retcode.V5LinkUndecryptable // the openid names no account any more
	}
	if err != nil {
		return nil, err
	}
	if _, bad := checkStanding(&t, &st); bad {
		return nil, retcode.V5LinkUndecryptable
	}
	t.Kind = token.MSDK
	t.ExpiresMS = t.IssuedMS + token.AccessLifetime.Milliseconds()
	sealed, err := s.keyring.Seal(&t)
	if err != nil {
		return nil, err
	}
	return &Link{MSDKOpenID: t.MSDKOpenID, Token: sealed}, nil
}

// RevokeGrant ends every token that an account gave an app so far. Errors: platform.ErrNotFound when nothing is live.
func (s *Service) RevokeGrant(ctx context.Context, app platform.AppID, uin platform.UIN, by platform.EndedBy) error {
	bindings, err := s.store.OpenIDsOf(ctx, uin)
	if err != nil {
		return err
	}
	for _, b := range bindings {
		if b.AppID == app && b.State == platform.OpenIDActive {
			if err = s.store.EndGrant(ctx, app, b.OpenID, by, s.clock.NowMS()); !errors.Is(err, platform.ErrNotFound) {
				return err
			}
		}
	}
	return platform.ErrNotFound.Errorf("account %s has no live grant at app %s", uin, app)
}

// Inspection is what the platform can tell of a token.
type Inspection struct {
	Kind       string              `json:"kind"`
	AppID      platform.AppID      `json:"appid"`
	OpenID     platform.OpenID     `json:"openid"`
	MSDKOpenID platform.MSDKOpenID `json:"msdk_openid,omitzero"`
	IssuedMS   int64               `json:"issued_ms"`
	ExpiresMS  int64               `json:"expires_ms"`
	Sound      bool                `json:"sound"`
	Check      string              `json:"check"`  // the command that decides, such as 0x711
	Result     int                 `json:"result"` // what it answers
}

// InspectToken opens a token and asks the command that checks its kind what it thinks of it. ErrInvalid when the text is
// no token of this platform.
func (s *Service) InspectToken(ctx context.Context, bus *oidb.Bus, text string) (*Inspection, error) {
	t, err := s.keyring.Open(text)
	if err != nil {
		return nil, platform.Invalidf("token", "the text is no token that this platform sealed")
	}
	in := &Inspection{
		Kind: t.Kind.String(), AppID: t.AppID, OpenID: t.OpenID, MSDKOpenID: t.MSDKOpenID,
		IssuedMS: t.IssuedMS, ExpiresMS: t.ExpiresMS,
	}
	if t.Kind == token.Link {
		_, err := s.OpenLink(ctx, t.AppID, text)
		in.Sound = err == nil
		return in, nil
	}
	command, req := oidb.CheckAccess, oidb.CheckRequest{AppID: t.AppID, OpenID: t.OpenID[:], Token: text, PC: t.PC}
	switch t.Kind {
	case token.Pay:
		command = oidb.CheckPay
	case token.Guest:
		req.Guest = true
	case token.MSDK:
		req.OpenID, req.MSDKOpenID = nil, t.MSDKOpenID
	}
	rsp, err := oidb.Call(ctx, bus, command, req)
	in.Sound, in.Check = err == nil, fmt.Sprintf("0x%x", command.Number)
	if in.Sound {
		in.ExpiresMS = rsp.ExpiresMS
	}
	var failure *oidb.Failure
	if errors.As(err, &failure) {
		in.Result = failure.Code.Number()
	}
	return in, nil
}
