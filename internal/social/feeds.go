package social

import (
	"context"
	"errors"
	"math"

	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/retcode"
)

// MaxFeeds bounds how many of a player's feeds are kept at an app: the newest.
const MaxFeeds = 50

// MaxPull bounds how many feeds one call pulls.
const MaxPull = 20

// PostFeedCommand is command 0xf06_1.
var PostFeedCommand = oidb.Declare[*wire.PostFeedRequest, *wire.PostFeedResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf06, ServiceType: 1}, Name: "post_feed", Summary: "Tells a player's friends something.",
	Results: retcode.GameCenter,
	Codes:   []retcode.Code{retcode.GameCenterParameterInvalid, retcode.GameCenterFeedPostFailed}, Fallback: retcode.GameCenterFeedPostFailed,
	Needs: needs,
})

func (s *Service) postFeed(ctx context.Context, req *wire.PostFeedRequest) (*wire.PostFeedResponse, error) {
	if err := checkFeed(req); err != nil {
		return nil, invalid(err)
	}
	posted, err := s.Store.PostFeed(ctx, platform.Feed{
		AppID: platform.AppID(req.Appid), UIN: platform.UIN(req.Uin), Request: req.Request, PostedMS: s.Clock.NowMS(),
		FeedContent: platform.FeedContent{Title: s.hide(req.Title), Text: s.hide(req.Text), URL: req.Url, Picture: req.Picture},
	}, MaxFeeds)
	if err != nil {
		return nil, err
	}
	return &wire.PostFeedResponse{Uin: req.Uin, FeedId: uint64(posted.ID)}, nil
}

func checkFeed(req *wire.PostFeedRequest) error {
	for _, part := range []struct {
		name, text string
		most       int
	}{{"request", req.Request, platform.MaxRequest}, {"title", req.Title, maxTitle}, {"text", req.Text, maxText}} {
		if err := platform.CheckText(part.name, part.text, part.most); err != nil {
			return err
		}
	}
	if req.Title == "" {
		return platform.Invalidf("title", "title is empty")
	}
	if err := platform.CheckURL("url", req.Url); err != nil {
		return err
	}
	return platform.CheckURL("picture", req.Picture)
}

// ListFeedsCommand is command 0xf06_2.
var ListFeedsCommand = oidb.Declare[*wire.ListFeedsRequest, *wire.ListFeedsResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf06, ServiceType: 2}, Name: "list_feeds", Summary: "Lists what a player and the player's friends have told each other.",
	Results: retcode.GameCenter,
	Codes:   []retcode.Code{retcode.GameCenterFeedListFailed}, Fallback: retcode.GameCenterFeedListFailed,
	Repeatable: true, Needs: needs,
})

func (s *Service) listFeeds(ctx context.Context, req *wire.ListFeedsRequest) (*wire.ListFeedsResponse, error) {
	of, err := s.circle(ctx, platform.AppID(req.Appid), platform.UIN(req.Uin), req.Openid, req.Friends)
	if err != nil {
		return nil, retcode.GameCenterFeedListFailed.WithCause(err)
	}
	limit := page(req.Limit)
	list, err := s.Store.Feeds(ctx, platform.AppID(req.Appid), of.authors(), below(req.Before), s.feedsSince(), limit+1)
	if err != nil {
		return nil, err
	}
	rsp := &wire.ListFeedsResponse{Uin: req.Uin, More: len(list) > limit}
	rsp.Feed = s.show(of, list[:min(len(list), limit)])
	for _, feed := range rsp.Feed {
		feed.Text, feed.Url, feed.Picture = "", "", ""
	}
	return rsp, nil
}

// authors returns the accounts of a circle.
func (c *circle) authors() (uins []platform.UIN) {
	for one := range c.all {
		uins = append(uins, one.UIN)
	}
	return uins
}

// page returns how many of a list are wanted.
func page(limit uint32) int {
	if limit == 0 || limit > MaxPage {
		return MaxPage
	}
	return int(limit)
}

// below returns the ID below which a list begins.
func below(before uint64) int64 {
	if before == 0 || before > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(before)
}

// feedsSince returns the time of the oldest feeds that are still kept.
func (s *Service) feedsSince() int64 { return s.Clock.NowMS() - platform.FeedKeptMS }

// show returns those of the feeds whose authors are in the circle.
func (s *Service) show(of *circle, list []platform.Feed) (shown []*wire.Feed) {
	people := make(map[platform.UIN]*friends.Friend)
	for one := range of.all {
		people[one.UIN] = one
	}
	for _, feed := range list {
		author := people[feed.UIN]
		if author == nil {
			continue
		}
		shown = append(shown, &wire.Feed{
			FeedId: uint64(feed.ID), Author: uint64(feed.UIN), Openid: author.OpenID[:],
			Nickname: author.Profile.Nickname, PictureUrl: s.Profiles.Picture(&author.Profile, profile.PictureSize),
			Title: feed.Title, Text: feed.Text, Url: feed.URL, Picture: feed.Picture, PostedMs: feed.PostedMS,
		})
	}
	return shown
}

// PullFeedsCommand is command 0xf06_3.
var PullFeedsCommand = oidb.Declare[*wire.PullFeedsRequest, *wire.PullFeedsResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf06, ServiceType: 3}, Name: "pull_feeds", Summary: "Shows the whole of feeds.",
	Results: retcode.GameCenter,
	Codes:   []retcode.Code{retcode.GameCenterParameterInvalid, retcode.GameCenterFeedContentFailed}, Fallback: retcode.GameCenterFeedContentFailed,
	Repeatable: true, Needs: needs,
})

func (s *Service) pullFeeds(ctx context.Context, req *wire.PullFeedsRequest) (*wire.PullFeedsResponse, error) {
	if len(req.FeedId) == 0 || len(req.FeedId) > MaxPull {
		return nil, retcode.GameCenterParameterInvalid.Errorf("feeds names %d feeds, not 1 to %d", len(req.FeedId), MaxPull)
	}
	var ids []int64
	for _, id := range req.FeedId {
		ids = append(ids, int64(min(id, math.MaxInt64))) // no feed has the highest
	}
	of, err := s.circle(ctx, platform.AppID(req.Appid), platform.UIN(req.Uin), req.Openid, true)
	if err != nil {
		return nil, retcode.GameCenterFeedContentFailed.WithCause(err)
	}
	list, err := s.Store.FeedsByID(ctx, platform.AppID(req.Appid), ids, s.feedsSince())
	if err != nil {
		return nil, err
	}
	return &wire.PullFeedsResponse{Uin: req.Uin, Feed: s.show(of, list)}, nil
}

// DeleteFeedCommand is command 0xf06_4.
var DeleteFeedCommand = oidb.Declare[*wire.DeleteFeedRequest, *wire.DeleteFeedResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf06, ServiceType: 4}, Name: "delete_feed", Summary: "Deletes a feed of a player.",
	Results: retcode.GameCenter,
	Codes:   []retcode.Code{retcode.GameCenterParameterInvalid, retcode.GameCenterFeedPostFailed}, Fallback: retcode.GameCenterFeedPostFailed,
	Needs: needs,
})

func (s *Service) deleteFeed(ctx context.Context, req *wire.DeleteFeedRequest) (*wire.DeleteFeedResponse, error) {
	err := s.Store.DeleteFeed(ctx, platform.AppID(req.Appid), platform.UIN(req.Uin), int64(min(req.FeedId, math.MaxInt64)))
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return nil, retcode.GameCenterParameterInvalid.Errorf("the player has no feed %d", req.FeedId)
	case err != nil:
		return nil, err
	}
	return &wire.DeleteFeedResponse{Uin: req.Uin}, nil
}
