// Package appkey checks what a call that is signed with an app's appkey has to prove (qq-connect-openapi.md, B.4 and B.9), for
// the doors that take such calls. Their stages find Call.App and Call.Query first.
package appkey

import (
	"errors"
	"slices"
	"sync"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
	"github.com/rookeryhq/rookery/retcode"
)

// verifiers reuses the buffers of signature checks.
var verifiers = sync.Pool{New: func() any { return new(sign.OpenAPIVerifier) }}

// Signature checks sig. rotating means that it was made with another key of the app because the key is being changed, which
// Current refuses later. Error: -5.
func Signature(c *access.Call, registry *apps.Registry) (rotating bool, err error) {
	verifier := verifiers.Get().(*sign.OpenAPIVerifier)
	defer verifiers.Put(verifier)
	sig, method, path := c.Query.Get("sig"), c.Request.Method, c.Endpoint.Path
	if verifier.Request(sig, method, path, c.Query, c.App.AppKey) {
		return false, tellsApart(c)
	}
	holds := func(key string) bool { return verifier.Request(sig, method, path, c.Query, key) }
	if registry.KeyIsChanging(c.Context(), c.App, holds) {
		return true, tellsApart(c)
	}
	refuse.Signature{
		Key:     c.App.AppKey,
		Signed:  func() string { return string(sign.OpenAPISource(method, path, c.Query)) },
		Mistake: mistake.OpenAPI,
	}.Explain(c, registry)
	return false, retcode.QQSignatureWrong
}

// common are the parameters that the doors share. Who could hide one of them in another's value could repeat a call without its
// nonce.
var common = []string{"accesstoken", "appid", "charset", "flag", "format", "nonce", "openid", "openkey", "pf", "seq", "timestamp", "userip"}

// tellsApart refuses a call whose parameters were perhaps not signed as they are read.
func tellsApart(c *access.Call) error {
	if err := c.Query.TellsApart('&', '=', common); err != nil {
		return retcode.QQSignatureWrong.Errorf("%v", err)
	}
	return nil
}

// Current refuses a call that was signed with another key than the app's current one. Error: -72.
func Current(c *access.Call, rotating bool) error {
	if rotating {
		return retcode.QQAppKeyRotating.Errorf("the signature was made with an appkey of app %s other than the one that is valid here now: the key is being changed", c.App.AppID)
	}
	return nil
}

// Fresh makes 0x71f check the timestamp, in Unix seconds, and the nonce of calls that carry them: 0 and "" for none. Only an app can
// require them. What is wrong with the openid is for later stages to answer. Errors: those of ReplayCheck, and NonceMissing.
func Fresh(c *access.Call, bus *oidb.Bus, openid []byte, timestamp uint64, nonce string) error {
	if c.App.RequireNonce && (timestamp == 0 || nonce == "") {
		return NonceMissing.Errorf("app %s requires a timestamp and a nonce in every call", c.App.AppID)
	}
	if timestamp == 0 && nonce == "" {
		return nil
	}
	_, err := oidb.Call(c.Context(), bus, identity.ConvertOpenID, &wire.ConvertOpenIDRequest{
		Appid: uint64(c.App.AppID), Openid: openid, Timestamp: timestamp, Nonce: []byte(nonce),
	})
	var failure *oidb.Failure
	if errors.As(err, &failure) && slices.Contains(aboutTheAccount, failure.Code) {
		return nil
	}
	return err
}

// NonceMissing is answered to a call without a timestamp or a nonce, of an app that requires both.
const NonceMissing = retcode.QQParameterInvalid

// ReplayCheck is the command as Fresh uses it.
var ReplayCheck = access.Uses(&identity.ConvertOpenID.Declaration, aboutTheAccount...)

// aboutTheAccount are the results of 0x71f that say nothing about timestamp and nonce. What is wrong with the openid or its
// account is for later stages to answer, as in a call without the two. 255, that nobody has the account's number, is not among them:
// it also means that no back end serves the command, which then has checked nothing.
var aboutTheAccount = []retcode.Code{
	retcode.AccessTokenOpenIDInvalid, retcode.AccessTokenOpenIDReclaimed,
	retcode.OIDBUINBlacklisted, retcode.OIDBShardInMaintenance,
	retcode.OIDBInteractiveNumber, retcode.OIDBClassBNotAllowed, retcode.OIDBClassBCNotAllowed,
	retcode.OIDBAccountFrozen, retcode.OIDBStaffProtected, retcode.OIDBSpeciallyProtected,
}
