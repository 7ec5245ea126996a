package identity

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// find returns what an openid of an app stands for. It fails only if that cannot be found out, or if the openid was never
// issued at the app.
func (s *Service) find(ctx context.Context, app platform.AppID, openid []byte) (platform.Standing, *refusal) {
	if len(openid) != len(platform.OpenID{}) {
		return platform.Standing{}, &refusal{verdict: openIDLengthWrong}
	}
	st, err := s.Standings.Get(ctx, app, platform.OpenID(openid))
	return st, unknownOpenID(err)
}

// needsOpenIDs is what the commands about openids need.
const needsOpenIDs = "the platform's apps, accounts and openids"

// ConvertOpenIDs is command 0x711 of service type 23.
var ConvertOpenIDs = oidb.Declare[*wire.ConvertOpenIDsRequest, *wire.ConvertOpenIDsResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0x711, ServiceType: 23}, Name: "convert_openids", Summary: "Turns many openids into account numbers.",
	Results: retcode.AccessToken,
	Codes: slices.Concat(oidb.AppCodes, []retcode.Code{
		retcode.AccessTokenBatchTooLarge, retcode.AccessTokenBatchCountMismatch, retcode.AccessTokenBatchOpenIDInvalid,
		retcode.AccessTokenBatchOpenIDReclaimed, retcode.AccessTokenOpenIDReadFailed,
	}),
	Fallback: retcode.AccessTokenInternal, Repeatable: true, Inline: true, Needs: needsOpenIDs,
})

func (s *Service) convertOpenIDs(ctx context.Context, req *wire.ConvertOpenIDsRequest) (*wire.ConvertOpenIDsResponse, error) {
	switch {
	case len(req.Openid) > oidb.MaxBatch || req.Count > oidb.MaxBatch:
		return nil, retcode.AccessTokenBatchTooLarge
	case int(req.Count) != len(req.Openid):
		return nil, retcode.AccessTokenBatchCountMismatch
	}
	app := platform.AppID(req.Appid)
	if r := s.checkApp(ctx, app); r != nil {
		return nil, r.err(&accessCodes)
	}
	uins := make([]uint64, len(req.Openid))
	for i, openid := range req.Openid {
		fault := &wire.ConvertOpenIDsResponse{Fault: uint32(i + 1)}
		st, r := s.find(ctx, app, openid)
		switch {
		case r != nil && r.cause != nil:
			return fault, r.err(&accessCodes)
		case r != nil:
			return fault, retcode.AccessTokenBatchOpenIDInvalid
		case st.OpenIDState == platform.OpenIDReclaimed:
			return fault, retcode.AccessTokenBatchOpenIDReclaimed
		}
		uins[i] = uint64(st.UIN)
	}
	return &wire.ConvertOpenIDsResponse{Uin: uins}, nil
}

// CheckText is command 0x711 of service type 127.
var CheckText = oidb.Declare[*wire.CheckTextRequest, *wire.CheckTextResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0x711, ServiceType: 127}, Name: "check_text", Summary: "Checks an openid in text form.",
	Results: retcode.AccessToken,
	Codes: slices.Concat(oidb.AppCodes, []retcode.Code{
		retcode.AccessTokenType127OpenIDInvalid32, retcode.AccessTokenType127OpenIDInvalid33,
		retcode.AccessTokenType127OpenIDInvalid34, retcode.AccessTokenType127OpenIDInvalid35,
		retcode.AccessTokenType127OpenIDInvalid36, retcode.AccessTokenType127OpenIDReclaimed37,
		retcode.AccessTokenType127OpenIDReclaimed38, retcode.AccessTokenOpenIDReadFailed,
	}),
	Fallback: retcode.AccessTokenInternal, Repeatable: true, Needs: needsOpenIDs,
})

// The list does not explain its numbers one by one; causes.md does.
func (s *Service) checkText(ctx context.Context, req *wire.CheckTextRequest) (*wire.CheckTextResponse, error) {
	app := platform.AppID(req.Appid)
	if r := s.checkApp(ctx, app); r != nil {
		return nil, r.err(&accessCodes)
	}
	switch {
	case req.Openid == "":
		return nil, retcode.AccessTokenType127OpenIDInvalid32
	case len(req.Openid) != hex.EncodedLen(len(platform.OpenID{})):
		return nil, retcode.AccessTokenType127OpenIDInvalid33
	}
	openid, err := platform.ParseOpenID(req.Openid)
	if err != nil {
		return nil, retcode.AccessTokenType127OpenIDInvalid34
	}
	st, r := s.find(ctx, app, openid[:])
	switch {
	case r != nil && r.cause != nil:
		return nil, r.err(&accessCodes)
	case r != nil:
		return nil, s.elsewhere(ctx, openid)
	case st.AccountState == platform.AccountClosed:
		return nil, retcode.AccessTokenType127OpenIDReclaimed37
	case st.OpenIDState == platform.OpenIDReclaimed:
		return nil, retcode.AccessTokenType127OpenIDReclaimed38
	}
	return &wire.CheckTextResponse{Uin: uint64(st.UIN), Openid: openid[:]}, nil
}

// elsewhere distinguishes an openid of another app from one that nobody has.
func (s *Service) elsewhere(ctx context.Context, openid platform.OpenID) error {
	_, err := s.store.OpenIDAnywhere(ctx, openid)
	switch {
	case err == nil:
		return retcode.AccessTokenType127OpenIDInvalid36
	case errors.Is(err, platform.ErrNotFound):
		return retcode.AccessTokenType127OpenIDInvalid35
	default:
		return retcode.AccessTokenOpenIDReadFailed.WithCause(err)
	}
}

// TimestampWindow is how far a call's timestamp may be from now, in either direction (oidb.md, 1.7).
const TimestampWindow = 10 * time.Minute

// ConvertOpenID is command 0x71f. It reveals the account that its caller is going to act on, so it refuses protected ones. 0x5a and
// 0x5b are numbers that its callers know as codes of the platform (oidb.md, 1.7).
var ConvertOpenID = oidb.Declare[*wire.ConvertOpenIDRequest, *wire.ConvertOpenIDResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0x71f, ServiceType: 1}, Name: "convert_openid", Summary: "Turns an openid into an account number.",
	Results: retcode.AccessToken,
	Aliases: map[retcode.Code]uint32{retcode.QQNonceReused: 0x5a, retcode.QQTimestampOutOfRange: 0x5b},
	Codes: slices.Concat(oidb.AppCodes, []retcode.Code{
		retcode.OIDBUnpackFailed, retcode.QQTimestampOutOfRange, retcode.QQNonceReused, retcode.AccessTokenOpenIDMissing,
		retcode.AccessTokenOpenIDInvalid, retcode.AccessTokenOpenIDReadFailed, retcode.AccessTokenOpenIDReclaimed,
	}),
	Fallback: retcode.AccessTokenInternal, Inline: true, Encoded: true, Needs: needsOpenIDs,
	RefusedStates: []platform.AccountState{platform.AccountFrozen, platform.AccountStaffProtected, platform.AccountSpeciallyProtected},
})

func (s *Service) convertOpenID(ctx context.Context, req *wire.ConvertOpenIDRequest) (*wire.ConvertOpenIDResponse, error) {
	app := platform.AppID(req.Appid)
	if r := s.checkApp(ctx, app); r != nil {
		return nil, r.err(&accessCodes)
	}
	now, nonces := s.clock.Now(), s.nonces.of(app)
	switch {
	case len(req.Nonce) > oidb.MaxNonce:
		return nil, retcode.OIDBUnpackFailed.WithCause(fmt.Errorf("a nonce of %d bytes", len(req.Nonce)))
	case len(req.Openid) == 0:
		return nil, retcode.AccessTokenOpenIDMissing
	case req.Timestamp != 0 && !within(now, req.Timestamp, TimestampWindow):
		return nil, retcode.QQTimestampOutOfRange
	case len(req.Nonce) > 0 && nonces.known(req.Nonce, now):
		return nil, retcode.QQNonceReused
	case len(req.Nonce) > 0 && req.Timestamp != 0 && !nonces.remembers(time.Unix(int64(req.Timestamp), 0), now):
		return nil, retcode.QQTimestampOutOfRange.Errorf("the platform does not know any more whether the nonce was used when the call was signed")
	}
	st, r := s.find(ctx, app, req.Openid)
	switch {
	case r != nil:
		return nil, r.err(&accessCodes)
	case st.OpenIDState == platform.OpenIDReclaimed:
		return nil, retcode.AccessTokenOpenIDReclaimed
	// The nonce is taken last: a call that fails before may be repeated unchanged.
	case len(req.Nonce) > 0 && !nonces.take(req.Nonce, now):
		return nil, retcode.QQNonceReused
	}
	if len(req.Nonce) > 0 {
		switch err := s.store.TakeNonce(oidb.Wait(ctx), app, req.Nonce, now.UnixMilli(), now.Add(-nonceMemory).UnixMilli()); {
		case errors.Is(err, platform.ErrSpent):
			return nil, retcode.QQNonceReused
		case err != nil:
			return nil, retcode.AccessTokenInternal.WithCause(err)
		}
	}
	return &wire.ConvertOpenIDResponse{Uin: uint64(st.UIN)}, nil
}

// within reports whether a Unix time is within window of now.
func within(now time.Time, seconds uint64, window time.Duration) bool {
	if seconds > 1<<40 { // beyond what a duration can hold
		return false
	}
	return now.Sub(time.Unix(int64(seconds), 0)).Abs() <= window
}
