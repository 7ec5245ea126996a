package storetest

import (
	"math"
	"strconv"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// feedOf is a feed of an account at the game.
func feedOf(uin platform.UIN, request string) platform.Feed {
	return platform.Feed{AppID: game, UIN: uin, Request: request, PostedMS: now, FeedContent: platform.FeedContent{Title: "鸦's \"feed\""}}
}

// post posts a feed and returns it.
func post(t *testing.T, s store.Store, f platform.Feed) platform.Feed {
	t.Helper()
	return result(s.PostFeed(t.Context(), f, many))(t)
}

// feedIDs returns the IDs of all feeds of accounts at the game.
func feedIDs(t *testing.T, s store.Store, authors ...platform.UIN) (ids []int64) {
	t.Helper()
	for _, f := range result(s.Feeds(t.Context(), game, authors, math.MaxInt64, 0, many))(t) {
		ids = append(ids, f.ID)
	}
	return ids
}

var feeds = []test{
	{"a-feed-is-kept-whole", func(t *testing.T, s store.Store) {
		f := platform.Feed{
			AppID: game, UIN: 1 << 61, Request: "r", PostedMS: now,
			FeedContent: platform.FeedContent{Title: "小'鸦\"", Text: "<b>", URL: "https://game.example/?a=1&b=2", Picture: "https://game.example/p.png"},
		}
		posted := post(t, s, f)
		f.ID = posted.ID
		same(t, posted, f)
		same(t, result(s.Feeds(t.Context(), game, []platform.UIN{1 << 61}, math.MaxInt64, 0, 9))(t), []platform.Feed{f})
		same(t, result(s.FeedsByID(t.Context(), game, []int64{f.ID}, now))(t), []platform.Feed{f})
	}},
	{"feeds-are-listed-newest-first", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		var ids []int64
		for i := range 6 {
			f := feedOf(first+platform.UIN(i%3), "")
			f.PostedMS = now - int64(i) // a clock that is moved back does not change the order
			ids = append(ids, post(t, s, f).ID)
		}
		elsewhere := feedOf(first, "")
		elsewhere.AppID = other
		foreign := post(t, s, elsewhere).ID

		of := func(list []platform.Feed, err error) (got []int64) {
			t.Helper()
			ok(t, err)
			for _, f := range list {
				got = append(got, f.ID)
			}
			return got
		}
		two := []platform.UIN{first, first + 1}
		same(t, of(s.Feeds(ctx, game, two, math.MaxInt64, 0, 9)), []int64{ids[4], ids[3], ids[1], ids[0]})
		same(t, of(s.Feeds(ctx, game, two, math.MaxInt64, 0, 3)), []int64{ids[4], ids[3], ids[1]})
		same(t, of(s.Feeds(ctx, game, two, ids[3], 0, 9)), []int64{ids[1], ids[0]})
		same(t, of(s.Feeds(ctx, game, two, math.MaxInt64, now-3, 9)), []int64{ids[3], ids[1], ids[0]})
		same(t, of(s.Feeds(ctx, game, nil, math.MaxInt64, 0, 9)), nil)
		same(t, of(s.FeedsByID(ctx, game, []int64{ids[0], ids[5], foreign, ids[2], 1 << 60}, now-4)), []int64{ids[2], ids[0]})
	}},
	{"a-request-posts-once", func(t *testing.T, s store.Store) {
		for round := range platform.UIN(rounds) {
			author := first + 100*(1+round)
			together(t, func(int) (platform.Feed, error) { return s.PostFeed(t.Context(), feedOf(author, "r"), many) })
			same(t, len(feedIDs(t, s, author)), 1)
		}
		list := together(t, func(int) (platform.Feed, error) { return s.PostFeed(t.Context(), feedOf(first, "r"), many) })
		for _, posted := range list {
			same(t, posted, list[0])
		}
		same(t, feedIDs(t, s, first), []int64{list[0].ID})

		for i, change := range []func(*platform.Feed){
			func(f *platform.Feed) { f.AppID = other },
			func(f *platform.Feed) { f.UIN = first + 1 },
			func(f *platform.Feed) { f.Request = "s" },
			func(f *platform.Feed) { f.Request = "" },
			func(f *platform.Feed) { f.Request = "" },
		} {
			f := feedOf(first, "r")
			change(&f)
			if id := post(t, s, f).ID; id != list[0].ID+int64(i)+1 {
				t.Errorf("change %d did not post a feed of its own", i)
			}
		}
	}},
	{"a-feed-is-deleted-by-its-author", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		id := post(t, s, feedOf(first, "r")).ID
		fails(t, s.DeleteFeed(ctx, game, first+1, id), platform.ErrNotFound)
		fails(t, s.DeleteFeed(ctx, other, first, id), platform.ErrNotFound)
		fails(t, s.DeleteFeed(ctx, game, first, id+1), platform.ErrNotFound)
		same(t, feedIDs(t, s, first), []int64{id})
		ok(t, s.DeleteFeed(ctx, game, first, id))
		fails(t, s.DeleteFeed(ctx, game, first, id), platform.ErrNotFound)
		same(t, feedIDs(t, s, first), nil)
		same(t, len(result(s.FeedsByID(ctx, game, []int64{id}, 0))(t)), 0)
		same(t, post(t, s, feedOf(first, "r")).ID, id) // its request does not post it again
		same(t, feedIDs(t, s, first), nil)
	}},
	{"the-newest-feeds-are-kept", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		var ids []int64
		for range 5 {
			ids = append(ids, result(s.PostFeed(ctx, feedOf(first, ""), 3))(t).ID)
			post(t, s, feedOf(first+1, ""))
		}
		same(t, feedIDs(t, s, first), []int64{ids[4], ids[3], ids[2]})
		same(t, len(feedIDs(t, s, first+1)), 5)
	}},
	{"the-newest-deleted-feeds-are-remembered", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		stays := result(s.PostFeed(ctx, feedOf(first, "stays"), 3))(t).ID
		others := post(t, s, feedOf(first+1, "0")).ID
		ok(t, s.DeleteFeed(ctx, game, first+1, others))
		var ids []int64
		for i := range 6 {
			id := result(s.PostFeed(ctx, feedOf(first, strconv.Itoa(i)), 3))(t).ID
			ok(t, s.DeleteFeed(ctx, game, first, id))
			ids = append(ids, id)
		}
		last := result(s.PostFeed(ctx, feedOf(first, "last"), 3))(t).ID // forgets all but three
		for _, i := range []int{3, 4, 5} {
			same(t, post(t, s, feedOf(first, strconv.Itoa(i))).ID, ids[i])
		}
		again := post(t, s, feedOf(first, "2")).ID
		same(t, feedIDs(t, s, first), []int64{again, last, stays})
		same(t, post(t, s, feedOf(first+1, "0")).ID, others)
	}},
	{"old-feeds-are-swept", func(t *testing.T, s store.Store) {
		var ids []int64
		for i := range 5 {
			f := feedOf(first, "")
			f.PostedMS = now + int64(i)
			ids = append(ids, post(t, s, f).ID)
		}
		ok(t, s.DeleteFeed(t.Context(), game, first, ids[0]))
		same(t, result(s.SweepFeeds(t.Context(), now+4, 2))(t), 2)
		same(t, result(s.SweepFeeds(t.Context(), now+4, 2))(t), 1) // of the deleted one nothing was left
		same(t, result(s.SweepFeeds(t.Context(), now+4, 2))(t), 0)
		same(t, feedIDs(t, s, first), []int64{ids[4]})
		if id := post(t, s, feedOf(first, "")).ID; id <= ids[4] {
			t.Errorf("ID %d after %d", id, ids[4])
		}
	}},
	{"what-was-seen-stays-seen", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		same(t, result(s.SeenEntries(ctx, game, first))(t), nil)
		ok(t, s.SeeEntries(ctx, game, first, []string{"feeds", "rank"}, now))
		ok(t, s.SeeEntries(ctx, game, first, []string{"feeds"}, now+5))
		ok(t, s.SeeEntries(ctx, game, first, []string{"feeds"}, now+2))
		ok(t, s.SeeEntries(ctx, game, first+1, []string{"feeds"}, now+7))
		ok(t, s.SeeEntries(ctx, other, first, []string{"feeds"}, now+8))
		same(t, result(s.SeenEntries(ctx, game, first))(t), map[string]int64{"feeds": now + 5, "rank": now})
	}},
}
