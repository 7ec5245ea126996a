package social

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func TestCardsOfFriendsAreShown(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	ben, carl := f.friend("Ben", ann), f.person("Carl")
	shows := func(friend []byte, want *wire.ShowCardResponse) {
		t.Helper()
		rsp, err := call(f, ShowCardCommand, &wire.ShowCardRequest{Appid: uint64(f.app.AppID), Uin: uint64(ann.uin), FriendOpenid: friend})
		must(t, err)
		if diff := cmp.Diff(want, rsp, protocmp.Transform()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	const picture = "http://pictures.example/100"
	shows(nil, &wire.ShowCardResponse{Uin: uint64(ann.uin), Of: uint64(ann.uin), Nickname: "Ann", PictureUrl: picture, Friends: 1})
	shows(ben.openid[:], &wire.ShowCardResponse{Uin: uint64(ann.uin), Of: uint64(ben.uin), Nickname: "Ben", PictureUrl: picture})
	for _, openid := range [][]byte{carl.openid[:], ann.openid[:], []byte("x")} {
		_, err := call(f, ShowCardCommand, &wire.ShowCardRequest{Appid: uint64(f.app.AppID), Uin: uint64(ann.uin), FriendOpenid: openid})
		wants(t, err, retcode.GameCenterParameterInvalid)
	}
}

func TestRecentGames(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	recent := func(limit uint32) (names []string, err error) {
		rsp, err := call(f, RecentGamesCommand, &wire.RecentGamesRequest{Uin: uint64(ann.uin), Limit: limit})
		for _, game := range rsp.GetGame() {
			names = append(names, game.Name)
		}
		return names, err
	}
	_, err := recent(0)
	wants(t, err, retcode.GameCenterNoRecentGame)
	for _, app := range []*platform.App{f.app, f.newApp("another"), f.newApp("a third")} {
		f.Clock.Advance(time.Second)
		must(t, f.Store.NotePlayed(t.Context(), app.AppID, ann.uin, f.Clock.NowMS()))
	}
	got, err := recent(2)
	must(t, err)
	if diff := cmp.Diff([]string{"a third", "another"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
