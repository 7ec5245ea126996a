package social

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// MaxUnderWay bounds the challenges under way at an app that a player has begun, and those that friends have begun with the
// player.
const MaxUnderWay = 20

// Bounds on a challenge.
const (
	MaxChallenge = 31 * 24 * time.Hour // from its start to its end, and from now to its start
	maxScore     = 100                 // bytes
)

// BeginChallengeCommand is command 0xf06_6.
var BeginChallengeCommand = oidb.Declare[*wire.BeginChallengeRequest, *wire.BeginChallengeResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf06, ServiceType: 6}, Name: "begin_challenge", Summary: "Begins a challenge between a player and a friend.",
	Results: retcode.GameCenter,
	Codes: []retcode.Code{
		retcode.GameCenterParameterInvalid, retcode.GameCenterChallengePeriodInvalid, retcode.GameCenterRateExceeded,
		retcode.GameCenterChallengeMemberBeginFailed, retcode.GameCenterChallengeGameBeginFailed,
	},
	Fallback: retcode.GameCenterChallengeGameBeginFailed,
	Needs:    needs,
})

// beginChallenge answers -4029 to a page, and -4030 to the game, when the beginning could not be recorded.
func (s *Service) beginChallenge(ctx context.Context, req *wire.BeginChallengeRequest) (*wire.BeginChallengeResponse, error) {
	now := s.Clock.Now()
	if err := checkChallenge(req, now); err != nil {
		return nil, err
	}
	failed := retcode.GameCenterChallengeGameBeginFailed
	if req.Member {
		failed = retcode.GameCenterChallengeMemberBeginFailed
	}
	app, uin := platform.AppID(req.Appid), platform.UIN(req.Uin)
	opponent, err := s.friend(ctx, app, uin, req.OpponentOpenid)
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return nil, retcode.GameCenterParameterInvalid.Errorf("opponent is not the openid of a friend who uses the app")
	case err != nil:
		return nil, failed.WithCause(err)
	}
	c := platform.Challenge{
		AppID: app, Request: req.Request, Title: s.hide(req.Title), StartMS: req.StartMs, EndMS: req.EndMs,
		Challenger: platform.ChallengeSide{UIN: uin},
		Opponent:   platform.ChallengeSide{UIN: opponent},
	}
	copy(c.Challenger.OpenID[:], req.Openid)
	copy(c.Opponent.OpenID[:], req.OpponentOpenid)
	if req.Member {
		c.MemberMS = now.UnixMilli()
	} else {
		c.GameMS = now.UnixMilli()
	}
	begun, err := s.Store.BeginChallenge(ctx, c, MaxUnderWay)
	switch {
	case errors.Is(err, platform.ErrFull):
		return nil, retcode.GameCenterRateExceeded.Errorf("%d challenges of one of the players are under way, and more have to wait for their end", MaxUnderWay)
	case err != nil:
		return nil, failed.WithCause(err)
	}
	return &wire.BeginChallengeResponse{Uin: req.Uin, Challenge: shown(&begun, now.UnixMilli())}, nil
}

// checkChallenge checks everything about a challenge but its opponent.
func checkChallenge(req *wire.BeginChallengeRequest, now time.Time) error {
	if req.Request == "" {
		return retcode.GameCenterParameterInvalid.Errorf("request is empty")
	}
	if err := platform.CheckText("request", req.Request, platform.MaxRequest); err != nil {
		return invalid(err)
	}
	if err := platform.CheckText("title", req.Title, maxTitle); err != nil {
		return invalid(err)
	}
	nowMS, most := now.UnixMilli(), MaxChallenge.Milliseconds()
	switch {
	case req.StartMs < 0 || req.StartMs > nowMS+most:
		return retcode.GameCenterParameterInvalid.Errorf("start is %d, not a time within %d days", req.StartMs/1000, most/(24*3600*1000))
	case req.EndMs <= nowMS || req.EndMs > nowMS+2*most:
		return retcode.GameCenterParameterInvalid.Errorf("end is %d, not a time to come within %d days", req.EndMs/1000, 2*most/(24*3600*1000))
	case req.StartMs >= req.EndMs:
		return retcode.GameCenterChallengePeriodInvalid
	case req.EndMs-req.StartMs > most:
		return retcode.GameCenterParameterInvalid.Errorf("the challenge is longer than %d days", most/(24*3600*1000))
	}
	return nil
}

// shown returns a challenge as it is at that time.
func shown(c *platform.Challenge, nowMS int64) *wire.Challenge {
	side := func(s *platform.ChallengeSide) *wire.ChallengeSide {
		return &wire.ChallengeSide{Uin: uint64(s.UIN), Openid: s.OpenID[:], Score: s.Score.String(), ReachedMs: s.ReachedMS, Done: s.Done}
	}
	m := &wire.Challenge{
		ChallengeId: uint64(c.ID), Title: c.Title, StartMs: c.StartMS, EndMs: c.EndMS, BegunMs: c.BegunMS(),
		Challenger: side(&c.Challenger), Opponent: side(&c.Opponent),
	}
	if c.Over(nowMS) {
		m.OverMs = c.OverMS()
	}
	if leader := c.Leader(); leader != nil {
		m.Leader = uint64(leader.UIN)
	}
	return m
}

// ReportChallengeCommand is command 0xf06_7.
var ReportChallengeCommand = oidb.Declare[*wire.ReportChallengeRequest, *wire.ReportChallengeResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf06, ServiceType: 7}, Name: "report_challenge", Summary: "Reports the score of a player of a challenge.",
	Results: retcode.GameCenter,
	Codes:   []retcode.Code{retcode.GameCenterParameterInvalid, retcode.GameCenterInternal}, Fallback: retcode.GameCenterInternal,
	Repeatable: true, Needs: needs,
})

// errUnchanged ends an edit that would change nothing.
var errUnchanged = errors.New("nothing changes")

// reportChallenge keeps a player's greatest score. A report that changes nothing is answered like the one before it, even after
// the challenge is over.
func (s *Service) reportChallenge(ctx context.Context, req *wire.ReportChallengeRequest) (*wire.ReportChallengeResponse, error) {
	score, err := readScore(req.Score)
	if err != nil {
		return nil, invalid(err)
	}
	now := s.Clock.NowMS()
	var c platform.Challenge
	_, err = s.Store.EditChallenge(ctx, platform.AppID(req.Appid), int64(min(req.ChallengeId, math.MaxInt64)), func(edited *platform.Challenge) error {
		defer func() { c = *edited }()
		return report(edited, platform.UIN(req.Uin), score, req.Done, now)
	})
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return nil, retcode.GameCenterParameterInvalid.Errorf("the player has no challenge %d", req.ChallengeId)
	case err != nil && !errors.Is(err, errUnchanged):
		return nil, err
	}
	return &wire.ReportChallengeResponse{Uin: req.Uin, Challenge: shown(&c, now)}, nil
}

// readScore reads a score; "" gives the zero value.
func readScore(text string) (score platform.Decimal, err error) {
	if text == "" {
		return score, nil
	}
	if len(text) > maxScore {
		return score, platform.Invalidf("data", "data has %d bytes, more than %d", len(text), maxScore)
	}
	return platform.ParseDecimal(text)
}

// report changes a challenge by what was reported of a player. Once both players are done, the challenge is over.
func report(c *platform.Challenge, uin platform.UIN, score platform.Decimal, done bool, nowMS int64) error {
	side := c.Side(uin)
	greater := score != platform.Decimal{} && side != nil && score.Compare(side.Score) > 0
	switch {
	case side == nil:
		return platform.ErrNotFound
	case nowMS < c.StartMS:
		return retcode.GameCenterParameterInvalid.Errorf("challenge %d has not started", c.ID)
	case greater && c.Over(nowMS):
		return retcode.GameCenterParameterInvalid.Errorf("challenge %d is over", c.ID)
	case greater && side.Done:
		return retcode.GameCenterParameterInvalid.Errorf("the player has ended challenge %d for this side", c.ID)
	case c.Over(nowMS) || !greater && (side.Done || !done):
		return errUnchanged
	case greater:
		side.Score, side.ReachedMS = score, nowMS
	}
	side.Done = side.Done || done
	if c.Challenger.Done && c.Opponent.Done {
		c.SettledMS = nowMS
	}
	return nil
}

// ListChallengesCommand is command 0xf06_8.
var ListChallengesCommand = oidb.Declare[*wire.ListChallengesRequest, *wire.ListChallengesResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf06, ServiceType: 8}, Name: "list_challenges", Summary: "Lists the challenges of a player.",
	Results: retcode.GameCenter,
	Codes:   []retcode.Code{retcode.GameCenterInternal}, Fallback: retcode.GameCenterInternal,
	Repeatable: true, Needs: needs,
})

func (s *Service) listChallenges(ctx context.Context, req *wire.ListChallengesRequest) (*wire.ListChallengesResponse, error) {
	now, limit := s.Clock.NowMS(), page(req.Limit)
	list, err := s.Store.ChallengesOf(ctx, platform.AppID(req.Appid), platform.UIN(req.Uin), below(req.Before), now-platform.ChallengeKeptMS, limit+1)
	if err != nil {
		return nil, err
	}
	rsp := &wire.ListChallengesResponse{Uin: req.Uin, More: len(list) > limit}
	for i := range list[:min(len(list), limit)] {
		rsp.Challenge = append(rsp.Challenge, shown(&list[i], now))
	}
	return rsp, nil
}
