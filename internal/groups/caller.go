package groups

import (
	"cmp"
	"context"
	"errors"

	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/idip"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// login is the part that every request has: who calls, and the token that proves it.
type login interface {
	GetAppid() uint64
	GetOpenid() []byte
	GetMsdkOpenid() uint64
	GetAccessToken() string
	GetPc() bool
}

// caller is who calls, once the login is known to hold.
type caller struct {
	app    *platform.App
	uin    platform.UIN
	openid string // as the game knows the player at the door of the call
}

// admit finds out who calls: the app may use groups, the token holds, the account may be acted on, and it did not sign out
// everywhere since (causes.md, group).
func (s *Service) admit(ctx context.Context, req login) (*caller, error) {
	app := s.Apps.ByID(platform.AppID(req.GetAppid()))
	switch {
	case app == nil || !app.Granted(platform.GroupPermission):
		return nil, retcode.GroupPermissionMissing.Errorf("app %d was not granted the permission %q", req.GetAppid(), platform.GroupPermission)
	case app.IDIP == "":
		return nil, retcode.GroupPermissionMissing.Errorf("app %s has no IDIP address at which its guilds can be asked about", app.AppID)
	}
	login, err := oidb.Call(ctx, s.Bus, oidb.CheckAccess, wire.CheckRequest{
		AppID: app.AppID, OpenID: req.GetOpenid(), MSDKOpenID: platform.MSDKOpenID(req.GetMsdkOpenid()), Token: req.GetAccessToken(), PC: req.GetPc(),
	})
	if err != nil {
		return nil, loginRefused(err)
	}
	uin, err := s.account(ctx, app.AppID, login.OpenID)
	if err != nil {
		return nil, err
	}
	account, err := s.People.Account(ctx, uin)
	switch {
	case err != nil:
		return nil, err
	case login.IssuedMS < account.SignedOutMS:
		return nil, retcode.GroupSessionUnavailable
	}
	return &caller{app, uin, knownAs(login.OpenID, login.MSDKOpenID)}, nil
}

// knownAs returns a player's openid as the game knows it at the door of the call: at MSDK V5 it is the MSDK openid.
func knownAs(openid platform.OpenID, player platform.MSDKOpenID) string {
	if player != 0 {
		return player.String()
	}
	return openid.String()
}

// loginRefused has one code for what is wrong with an openid, one for everything else that 0x711 finds wrong, and 155 for a
// check that could not be made.
func loginRefused(err error) error {
	var failure *oidb.Failure
	if !errors.As(err, &failure) || failure.Code.Domain() != retcode.AccessToken {
		return err // the bus's own result
	}
	if failure.Undecided() {
		return retcode.OIDBConnectFailed.WithCause(err)
	}
	switch failure.Code {
	case retcode.AccessTokenOpenIDMissing, retcode.AccessTokenOpenIDInvalid, retcode.AccessTokenOpenIDReclaimed, retcode.AccessTokenOpenIDKaixin:
		return retcode.GroupOpenIDInvalid.Errorf("%v", failure).WithCause(err)
	}
	return retcode.GroupTokenCheckFailed.Errorf("%v", failure).WithCause(err)
}

// account turns an openid into an account number, for acting on the account: protected ones are refused.
func (s *Service) account(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.UIN, error) {
	rsp, err := oidb.Call(ctx, s.Bus, identity.ConvertOpenID, &wire.ConvertOpenIDRequest{Appid: uint64(app), Openid: openid[:]})
	switch {
	case errors.Is(err, oidb.ErrGarbled):
		return 0, retcode.GroupAnswerUnparsable500007.WithCause(err)
	case err != nil:
		return 0, retcode.GroupOpenIDToUINFailed.Errorf("%v", err).WithCause(err)
	}
	return platform.UIN(rsp.Uin), nil
}

// mustBeIn requires that a player is in a guild.
func (s *Service) mustBeIn(ctx context.Context, app *platform.App, guild platform.Guild, openid, role string) error {
	_, err := s.ask(ctx, app, guild, openid, role)
	return err
}

// mustLead requires that a player leads a guild, and returns the guild's name as the game knows it.
func (s *Service) mustLead(ctx context.Context, app *platform.App, guild platform.Guild, openid, role string) (name string, err error) {
	answer, err := s.ask(ctx, app, guild, openid, role)
	if err == nil && !answer.Leader {
		err = retcode.GroupNotOwner.Errorf("the game says that player %s does not lead %s", openid, named(guild))
	}
	return answer.GuildName, err
}

// ask asks the game's server about a player, who must be in the guild.
func (s *Service) ask(ctx context.Context, app *platform.App, guild platform.Guild, openid, role string) (idip.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, remaining(ctx)-answering)
	defer cancel()
	answer, err := s.Games.Guild(ctx, app, idip.Query{Zone: guild.Zone, Guild: guild.ID, OpenID: openid, RoleID: role})
	switch {
	case err != nil:
		return answer, NotAnswered(err)
	case !answer.Member:
		return answer, retcode.GroupPlayerNotInGuild.Errorf("the game says that player %s is not in %s", openid, named(guild))
	}
	return answer, nil
}

// NotAnswered gives the error of a question to a game's server its code: -500008 for an answer that cannot be read, -182008 for
// none.
func NotAnswered(err error) *retcode.Error {
	if errors.Is(err, idip.ErrGarbled) {
		return retcode.GroupAnswerUnparsable500008.WithCause(err)
	}
	return retcode.GroupIDIPFailed.WithCause(err)
}

// leader returns the account of the leader whom a request names.
func (s *Service) leader(ctx context.Context, req *wire.RemindLeaderBindRequest) (platform.UIN, error) {
	app, openid := platform.AppID(req.Appid), openIDFrom(req.LeaderOpenid)
	if req.LeaderMsdkOpenid != 0 {
		player, err := s.Store.Player(ctx, app, platform.MSDKOpenID(req.LeaderMsdkOpenid))
		if err != nil {
			return 0, retcode.GroupOpenIDToUINFailed.WithCause(err)
		}
		openid = player.OpenID
	}
	return s.account(ctx, app, openid)
}

// openIDFrom reads an openid that was checked to have its length, or none.
func openIDFrom(b []byte) (openid platform.OpenID) {
	copy(openid[:], b)
	return openid
}

// checkTexts refuses texts that are too long or have control characters. They are given as name and text in turn.
func checkTexts(most int, pairs ...string) (err error) {
	for i := 0; i+1 < len(pairs); i += 2 {
		err = cmp.Or(err, platform.CheckText(pairs[i], pairs[i+1], most))
	}
	if err != nil {
		return retcode.GroupParameterInvalid.Errorf("%v", err)
	}
	return nil
}
