// Package social is what players of a game do with their friends in the Game Center: they tell each other things in feeds,
// challenge each other, and see by red dots where something is new. It runs on the bus as the commands 0xf06.
package social

import (
	"context"
	"log/slog"
	"time"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/wordfilter"
	"github.com/rookeryhq/rookery/retcode"
)

// Bounds on what players send, in bytes.
const (
	maxTitle = 100
	maxText  = 1000
)

// MaxPage bounds a list.
const MaxPage = 50

// Options are what a service works with.
type Options struct {
	Store    store.Store
	Clock    *platform.Clock
	Bus      *oidb.Bus
	Apps     *apps.Registry
	Profiles *profile.Service
	Calendar platform.Calendar  // of the weeks
	Words    *wordfilter.Filter // that are hidden in what players write; nil for none
	Log      *slog.Logger
}

// Service is the service. It is safe for concurrent use.
type Service struct{ Options }

// New returns a service.
func New(o Options) *Service { return &Service{o} }

const needs = "what players have played and posted, and the platform's apps, accounts and openids"

// Register puts the service's commands on the bus.
func (s *Service) Register() {
	oidb.Handle(s.Bus, PostFeedCommand, s.postFeed)
	oidb.Handle(s.Bus, ListFeedsCommand, s.listFeeds)
	oidb.Handle(s.Bus, PullFeedsCommand, s.pullFeeds)
	oidb.Handle(s.Bus, DeleteFeedCommand, s.deleteFeed)
	oidb.Handle(s.Bus, RedDotsCommand, s.redDots)
	oidb.Handle(s.Bus, BeginChallengeCommand, s.beginChallenge)
	oidb.Handle(s.Bus, ReportChallengeCommand, s.reportChallenge)
	oidb.Handle(s.Bus, ListChallengesCommand, s.listChallenges)
	oidb.Handle(s.Bus, ShowCardCommand, s.showCard)
	oidb.Handle(s.Bus, RecentGamesCommand, s.recentGames)
}

// workEvery is how often what is due is done, and atOnce how much of it in one write.
const (
	workEvery = time.Minute
	atOnce    = 500
)

// Run counts the results of challenges that have ended, and removes what is no longer kept, by the platform's clock and until
// ctx ends. Nobody has to wait for it: what is read does not depend on it.
func (s *Service) Run(ctx context.Context) {
	for {
		if err := s.work(ctx); err != nil && ctx.Err() == nil {
			s.Log.Error("challenges could not be settled, or old feeds and challenges not be removed", "error", err.Error())
		}
		if s.Clock.Wait(ctx, workEvery) != nil {
			return
		}
	}
}

func (s *Service) work(ctx context.Context) error {
	now := s.Clock.NowMS()
	for {
		settled, err := s.Store.SettleChallenges(ctx, now, atOnce)
		if err != nil {
			return err
		}
		feeds, err := s.Store.SweepFeeds(ctx, now-platform.FeedKeptMS, atOnce)
		if err != nil {
			return err
		}
		challenges, err := s.Store.SweepChallenges(ctx, now-platform.ChallengeKeptMS, atOnce)
		if err != nil || settled == 0 && feeds == 0 && challenges == 0 {
			return err
		}
	}
}

// circle are the people whose feeds a player sees: the player and the friends who use the app.
type circle struct {
	own     friends.Friend
	friends []friends.Friend
}

// circle returns a player's circle, or only the player. openid is the player's own.
func (s *Service) circle(ctx context.Context, app platform.AppID, uin platform.UIN, openid []byte, all bool) (*circle, error) {
	c := &circle{own: friends.Friend{UIN: uin}}
	copy(c.own.OpenID[:], openid)
	p, err := s.Profiles.Get(ctx, uin)
	if err != nil {
		return nil, err
	}
	c.own.Profile = *p
	if all {
		c.friends, _, err = friends.List(ctx, s.Bus, app, uin)
	}
	return c, err
}

// all yields everybody in the circle.
func (c *circle) all(yield func(*friends.Friend) bool) {
	if !yield(&c.own) {
		return
	}
	for i := range c.friends {
		if !yield(&c.friends[i]) {
			return
		}
	}
}

// friend returns the account of a player's friend who uses the app under an openid. Error: platform.ErrNotFound for anybody else.
func (s *Service) friend(ctx context.Context, app platform.AppID, uin platform.UIN, openid []byte) (platform.UIN, error) {
	if len(openid) != len(platform.OpenID{}) {
		return 0, platform.ErrNotFound
	}
	users, err := s.Store.AppUsers(ctx, app, []platform.OpenID{platform.OpenID(openid)})
	switch {
	case err != nil:
		return 0, err
	case len(users) == 0:
		return 0, platform.ErrNotFound
	}
	switch are, err := friends.AreFriends(ctx, s.Bus, uin, users[0].UIN); {
	case err != nil:
		return 0, err
	case !are:
		return 0, platform.ErrNotFound
	}
	return users[0].UIN, nil
}

// invalid turns an error of a check into the answer to it.
func invalid(err error) error { return retcode.GameCenterParameterInvalid.Errorf("%s", err) }

// hide replaces forbidden words.
func (s *Service) hide(text string) string {
	hidden, _ := s.Words.Hide(text)
	return hidden
}
