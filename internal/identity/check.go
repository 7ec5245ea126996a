package identity

import (
	"context"
	"errors"
	"math"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

// verdict is the result of a check of a token, before the command translates it to its own number.
type verdict int

const (
	appMissing    verdict = iota
	appMalformed          // a number that no app can have
	appNotCallers         // the head of the call names another app
	appUnknown
	appUnreadable // the storage failed
	openIDMissing
	openIDLengthWrong
	openIDUnknown      // never issued for this app
	openIDReclaimed    // the openid was taken back
	openIDUnreadable   // the storage failed
	relationMissing    // the openid that the token was issued for names no account
	openIDKaixin       // of an account family that 0x711 does not accept
	tokenMissing       //
	keyringUnreadable  // the keys could not be used
	tokenUndecodable   // not a token of ours, or of another kind
	sealBroken         // a token of ours that was altered
	foreignApp         // issued for another app
	foreignOpenID      // issued for another openid of this app
	foreignDevice      // a PC-SDK login used as a mobile one, or the reverse
	lapsed             //
	grantUnreadable    // the storage failed
	notLive            // never authorized, or ended by the operator
	withdrawn          // ended by the person, or the account was closed
	superseded         // a newer one was issued
	passwordChanged    //
	accountGone        // frozen
	openkeyLengthWrong // a value sent as an openkey has the wrong length
	openkeyUnknown     // the session does not exist, or a value sent as an openkey is not one
	openkeyForeign     // the session is another openid's
	openkeyLapsed      //
	openkeyUnreadable  // the storage failed
	openkeyUnrenewable // the storage failed
	verdicts           // the number of verdicts
)

// accessCodes are 0x711's numbers (causes.md, accesstoken).
var accessCodes = [verdicts]retcode.Code{
	appMissing:         retcode.AccessTokenAppIDMissing,
	appMalformed:       retcode.AccessTokenAppIDInvalid10,
	appNotCallers:      retcode.AccessTokenAppIDInconsistent,
	appUnknown:         retcode.AccessTokenAppIDInvalid11,
	appUnreadable:      retcode.AccessTokenAppReadFailed,
	openIDMissing:      retcode.AccessTokenOpenIDMissing,
	openIDLengthWrong:  retcode.AccessTokenOpenIDInvalid,
	openIDUnknown:      retcode.AccessTokenOpenIDInvalid,
	openIDReclaimed:    retcode.AccessTokenOpenIDReclaimed,
	openIDUnreadable:   retcode.AccessTokenOpenIDReadFailed,
	relationMissing:    retcode.AccessTokenOpenIDRelationMissing,
	openIDKaixin:       retcode.AccessTokenOpenIDKaixin,
	tokenMissing:       retcode.AccessTokenOpenKeyMissing,
	keyringUnreadable:  retcode.AccessTokenGrantCheckFailed13,
	tokenUndecodable:   retcode.AccessTokenUndecodable,
	sealBroken:         retcode.AccessTokenSealInvalid,
	foreignApp:         retcode.AccessTokenAppIDMismatch,
	foreignOpenID:      retcode.AccessTokenOpenIDMismatch,
	foreignDevice:      retcode.AccessTokenNotLive,
	lapsed:             retcode.AccessTokenExpired,
	grantUnreadable:    retcode.AccessTokenGrantCheckFailed14,
	notLive:            retcode.AccessTokenNotLive,
	withdrawn:          retcode.AccessTokenFrozen,
	superseded:         retcode.AccessTokenSuperseded,
	passwordChanged:    retcode.AccessTokenPasswordChanged,
	accountGone:        retcode.AccessTokenAccountGone,
	openkeyLengthWrong: retcode.AccessTokenSessionKeyLengthWrong,
	openkeyUnknown:     retcode.AccessTokenOpenKeyInvalid,
	openkeyForeign:     retcode.AccessTokenOpenKeyMismatch,
	openkeyLapsed:      retcode.AccessTokenOpenKeyExpired,
	openkeyUnreadable:  retcode.AccessTokenSessionFailed24,
	openkeyUnrenewable: retcode.AccessTokenSessionFailed25,
}

// payCodes are 0x73a's numbers (causes.md, paytoken). It never checks an openkey.
var payCodes = [verdicts]retcode.Code{
	appMissing:        retcode.PayTokenAppIDInvalid,
	appMalformed:      retcode.PayTokenAppIDInvalid,
	appNotCallers:     retcode.PayTokenAppIDInvalid,
	appUnknown:        retcode.PayTokenAppIDInvalid,
	appUnreadable:     retcode.PayTokenOpenIDCheckFailed,
	openIDMissing:     retcode.PayTokenOpenIDLengthWrong,
	openIDLengthWrong: retcode.PayTokenOpenIDLengthWrong,
	openIDUnknown:     retcode.PayTokenOpenIDInvalid,
	openIDReclaimed:   retcode.PayTokenOpenIDReclaimed,
	openIDUnreadable:  retcode.PayTokenOpenIDCheckFailed,
	relationMissing:   retcode.PayTokenOpenIDInvalid,
	tokenMissing:      retcode.PayTokenUndecryptable,
	keyringUnreadable: retcode.PayTokenOpenIDCheckFailed,
	tokenUndecodable:  retcode.PayTokenUndecryptable,
	sealBroken:        retcode.PayTokenUndecryptable,
	foreignApp:        retcode.PayTokenAppIDMismatch,
	foreignOpenID:     retcode.PayTokenOpenIDMismatch,
	lapsed:            retcode.PayTokenExpired,
	grantUnreadable:   retcode.PayTokenOpenIDCheckFailed,
	notLive:           retcode.PayTokenRevoked,
	withdrawn:         retcode.PayTokenRevoked,
	superseded:        retcode.PayTokenSuperseded,
	passwordChanged:   retcode.PayTokenPasswordChanged,
	accountGone:       retcode.PayTokenOpenIDCheckFailed,
}

// refusal is a failed check: the verdict and, if the storage failed, its error.
type refusal struct {
	verdict verdict
	cause   error
}

// err returns the command's number for the refusal.
func (r *refusal) err(codes *[verdicts]retcode.Code) error {
	code := codes[r.verdict]
	if r.cause == nil {
		return code
	}
	return code.WithCause(r.cause)
}

// checkAccess is command 0x711 of service type 1.
func (s *Service) checkAccess(ctx context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
	want := token.Access
	if req.Guest {
		want = token.Guest
	}
	rsp, refused := s.check(ctx, &req, want)
	if refused != nil {
		return wire.CheckResponse{}, refused.err(&accessCodes)
	}
	return rsp, nil
}

// checkPay is command 0x73a.
func (s *Service) checkPay(ctx context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
	if req.Openkey { // 0x73a has no such field
		req.Token, req.Openkey = "", false
	}
	rsp, refused := s.check(ctx, &req, token.Pay)
	if refused != nil {
		return wire.CheckResponse{}, refused.err(&payCodes)
	}
	return rsp, nil
}

// check opens the token's seal, compares its content with the request, and reads one standing. want is Access, which stands
// for every proof of a login, Pay or Guest.
func (s *Service) check(ctx context.Context, req *wire.CheckRequest, want token.Kind) (rsp wire.CheckResponse, r *refusal) {
	if req.Bearer && want == token.Access {
		return s.checkBearer(ctx, req)
	}
	if caller := oidb.Caller(ctx); caller != 0 && req.AppID != 0 && req.AppID != caller {
		return rsp, &refusal{verdict: appNotCallers}
	}
	if r := s.checkApp(ctx, req.AppID); r != nil {
		return rsp, r
	}
	switch {
	case len(req.OpenID) == 0 && req.MSDKOpenID == 0:
		return rsp, &refusal{verdict: openIDMissing}
	case len(req.OpenID) != 0 && len(req.OpenID) != len(platform.OpenID{}):
		return rsp, &refusal{verdict: openIDLengthWrong}
	case req.Token == "":
		return rsp, &refusal{verdict: tokenMissing}
	case req.Openkey && len(req.Token) != token.OpenkeyLength:
		return rsp, &refusal{verdict: openkeyLengthWrong}
	}
	t, r := s.openFor(ctx, req, want)
	if r != nil {
		return rsp, r
	}
	if t.AppID != req.AppID {
		return rsp, &refusal{verdict: foreignApp}
	}
	if r := s.checkSubject(ctx, req, &t); r != nil {
		return rsp, r
	}
	if req.MSDKOpenID != 0 && len(req.OpenID) != 0 && platform.OpenID(req.OpenID) != t.OpenID {
		return rsp, &refusal{verdict: foreignOpenID} // the caller named two players
	}
	if t.Kind == token.MSDK && t.PC != req.PC {
		return rsp, &refusal{verdict: foreignDevice}
	}
	return s.checkLogin(ctx, &t, want)
}

// checkBearer checks an access token that came alone: the token itself names its app and openid.
func (s *Service) checkBearer(ctx context.Context, req *wire.CheckRequest) (rsp wire.CheckResponse, r *refusal) {
	if req.Token == "" {
		return rsp, &refusal{verdict: tokenMissing}
	}
	t, r := s.openFor(ctx, req, token.Access)
	if r != nil {
		return rsp, r
	}
	if t.Kind != token.Access {
		return rsp, &refusal{verdict: tokenUndecodable}
	}
	if caller := oidb.Caller(ctx); caller != 0 && t.AppID != caller {
		return rsp, &refusal{verdict: appNotCallers}
	}
	if r := s.checkApp(ctx, t.AppID); r != nil {
		return rsp, r
	}
	return s.checkLogin(ctx, &t, token.Access)
}

// openFor opens the request's token, which must be of a suitable kind.
func (s *Service) openFor(ctx context.Context, req *wire.CheckRequest, want token.Kind) (t token.Token, r *refusal) {
	if err := s.keyring.Usable(ctx); err != nil {
		return t, &refusal{verdict: keyringUnreadable, cause: err}
	}
	t, err := s.keyring.Open(req.Token)
	switch {
	case req.Openkey && (errors.Is(err, token.ErrUnknown) || err == nil && t.Kind != token.Openkey):
		return t, &refusal{verdict: openkeyUnknown}
	case errors.Is(err, token.ErrUnknown):
		return t, &refusal{verdict: tokenUndecodable}
	case errors.Is(err, token.ErrAltered):
		return t, &refusal{verdict: sealBroken}
	case err != nil:
		return t, &refusal{verdict: keyringUnreadable, cause: err}
	case !serves(t.Kind, want, req):
		return t, &refusal{verdict: tokenUndecodable}
	}
	return t, nil
}

// checkLogin checks whether the login that a token was issued for is still in force.
func (s *Service) checkLogin(ctx context.Context, t *token.Token, want token.Kind) (rsp wire.CheckResponse, r *refusal) {
	now := s.clock.NowMS()
	if t.Kind != token.Openkey && now >= t.ExpiresMS {
		return rsp, &refusal{verdict: lapsed}
	}
	st, err := s.standing(ctx, t)
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return rsp, &refusal{verdict: relationMissing}
	case err != nil:
		return rsp, &refusal{verdict: grantUnreadable, cause: err}
	}
	if v, bad := checkStanding(t, &st); bad {
		return rsp, &refusal{verdict: v}
	}
	if st.AccountClass == platform.ClassKaixin && want != token.Pay {
		return rsp, &refusal{verdict: openIDKaixin}
	}
	if t.Kind == token.Openkey {
		if t.ExpiresMS, r = s.renewOpenkey(ctx, t, now); r != nil {
			return rsp, r
		}
	}
	return wire.CheckResponse{
		UIN:           st.UIN,
		OpenID:        t.OpenID,
		MSDKOpenID:    t.MSDKOpenID,
		IssuedMS:      t.IssuedMS,
		ExpiresMS:     t.ExpiresMS,
		PC:            t.PC,
		PasswordEpoch: t.PasswordEpoch,
		TokenEpoch:    t.TokenEpoch,
		AppID:         t.AppID,
		Scopes:        st.Scopes,
	}, nil
}

// checkApp looks up a registered app. An app that is not in memory may have been registered elsewhere a moment ago, so the
// store is asked before it counts as unknown.
func (s *Service) checkApp(ctx context.Context, id platform.AppID) *refusal {
	switch {
	case id == 0:
		return &refusal{verdict: appMissing}
	case id > math.MaxInt64:
		return &refusal{verdict: appMalformed}
	case s.apps.ByID(id) != nil:
		return nil
	}
	switch _, err := s.apps.Find(oidb.Wait(ctx), id); {
	case errors.Is(err, platform.ErrNotFound):
		return &refusal{verdict: appUnknown}
	case err != nil:
		return &refusal{verdict: appUnreadable, cause: err}
	}
	return nil
}

// serves reports whether a token of this kind is suitable for want and the request. A V5 player proves a login with an MSDK token,
// everybody else with an access token or, where the caller takes one, an openkey.
func serves(kind, want token.Kind, req *wire.CheckRequest) bool {
	switch {
	case want == token.Pay, want == token.Guest:
		return kind == want
	case req.MSDKOpenID != 0:
		return kind == token.MSDK
	case kind == token.Openkey:
		return req.Openkey || req.Either
	default:
		return kind == token.Access
	}
}

// checkSubject compares the openid of the request with the token's. Only if they differ does it ask the store about the
// request's openid.
func (s *Service) checkSubject(ctx context.Context, req *wire.CheckRequest, t *token.Token) *refusal {
	var openid platform.OpenID
	switch {
	case req.MSDKOpenID != 0 && req.MSDKOpenID == t.MSDKOpenID:
		return nil
	case req.MSDKOpenID != 0:
		player, err := s.store.Player(oidb.Wait(ctx), req.AppID, req.MSDKOpenID)
		if r := unknownOpenID(err); r != nil {
			return r
		}
		openid = player.OpenID
	default:
		openid = platform.OpenID(req.OpenID)
	}
	if openid == t.OpenID && t.Kind != token.MSDK {
		return nil
	}
	binding, err := s.store.OpenID(oidb.Wait(ctx), req.AppID, openid)
	if r := unknownOpenID(err); r != nil {
		return r
	}
	switch {
	case binding.State == platform.OpenIDReclaimed:
		return &refusal{verdict: openIDReclaimed}
	case t.Kind == token.Openkey:
		return &refusal{verdict: openkeyForeign}
	default:
		return &refusal{verdict: foreignOpenID}
	}
}

func unknownOpenID(err error) *refusal {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, platform.ErrNotFound):
		return &refusal{verdict: openIDUnknown}
	default:
		return &refusal{verdict: openIDUnreadable, cause: err}
	}
}

// standing returns the standing of a token's openid. One in memory that is older than the token counts as none: the token was issued at
// another gateway, of which this one has not heard yet.
func (s *Service) standing(ctx context.Context, t *token.Token) (platform.Standing, error) {
	st, err := s.Standings.Get(ctx, t.AppID, t.OpenID)
	if err == nil && (st.TokenEpoch < t.TokenEpoch || st.PayEpoch < t.PayEpoch || st.PasswordEpoch < t.PasswordEpoch) {
		s.Standings.Drop(t.AppID, t.OpenID)
		return s.Standings.Get(ctx, t.AppID, t.OpenID)
	}
	return st, err
}

// checkStanding compares the epochs that a token carries with the current ones. Faults that no new login of the same grant
// can cure come first.
func checkStanding(t *token.Token, st *platform.Standing) (v verdict, bad bool) {
	switch {
	case st.OpenIDState == platform.OpenIDReclaimed:
		return openIDReclaimed, true
	case st.AccountState == platform.AccountClosed:
		return withdrawn, true
	case st.AccountState == platform.AccountFrozen:
		return accountGone, true
	case t.TokenEpoch <= st.EndedEpoch && st.EndedBy == platform.EndedByUser:
		return withdrawn, true
	case t.TokenEpoch <= st.EndedEpoch || t.TokenEpoch > st.TokenEpoch || t.PayEpoch > st.PayEpoch:
		return notLive, true // ended, or newer than the grant: a restored store has an older grant, or none
	case t.PasswordEpoch != st.PasswordEpoch:
		return passwordChanged, true
	case t.Kind == token.Pay && t.PayEpoch < st.PayEpoch:
		return superseded, true
	case t.Kind != token.Pay && t.Kind != token.Openkey && t.TokenEpoch < st.TokenEpoch:
		return superseded, true // openkeys are valid side by side (qq-connect-openapi.md, B.2)
	}
	return 0, false
}

// renewOpenkey checks the session of an openkey and extends it to two hours from now. To spare the disk it does so only if
// that moves the end by a minute or more; until then the last reading of the session is enough, since its end never comes
// nearer.
func (s *Service) renewOpenkey(ctx context.Context, t *token.Token, now int64) (expiresMS int64, r *refusal) {
	set := s.sessions.SetOf(t.Session)
	renewed := now + token.OpenkeyLifetime.Milliseconds()
	if key := set.Get(t.Session); key != nil && key.AppID == t.AppID && key.OpenID == t.OpenID && renewed-key.ExpiresMS < openkeyRenewMS {
		return key.ExpiresMS, nil
	}
	ctx = oidb.Wait(ctx)
	drops := set.Drops()
	key, err := s.store.Openkey(ctx, t.AppID, t.Session)
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return 0, &refusal{verdict: openkeyUnknown}
	case err != nil:
		return 0, &refusal{verdict: openkeyUnreadable, cause: err}
	case key.OpenID != t.OpenID:
		return 0, &refusal{verdict: openkeyForeign}
	case now >= key.ExpiresMS:
		return 0, &refusal{verdict: openkeyLapsed}
	}
	if renewed-key.ExpiresMS >= openkeyRenewMS {
		switch err := s.store.RenewOpenkey(ctx, t.AppID, t.Session, now, renewed); {
		case errors.Is(err, platform.ErrNotFound):
			return 0, &refusal{verdict: openkeyLapsed}
		case err != nil:
			return 0, &refusal{verdict: openkeyUnrenewable, cause: err}
		}
		key.ExpiresMS = renewed
	}
	set.Put(t.Session, key, drops)
	return key.ExpiresMS, nil
}

// openkeyRenewMS is the least by which a session's end is moved.
const openkeyRenewMS = 60_000

// LoginApp returns the app for which an openkey or an access token was made, whatever the state of the login; false if the
// text is neither.
func (s *Service) LoginApp(text string) (platform.AppID, bool) {
	t, err := s.keyring.Open(text)
	return t.AppID, err == nil && (t.Kind == token.Openkey || t.Kind == token.Access)
}
