package ranking

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/oidbtest"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

// FuzzRequests: whatever bytes come as a request, the answer is one that the command declares.
func FuzzRequests(f *testing.F) {
	fix := newFixture(f)
	uins := fix.players(2)
	must(f, fix.Store.Befriend(f.Context(), uins[0], uins[1], 100, 1))
	for _, uin := range uins {
		fix.score(uin, "12")
	}
	openid := openIDOf(uins[1])
	oidbtest.FuzzRequests(f, fix.Bus, map[*oidb.Declaration]proto.Message{
		&ListFriendRanks.Declaration: &wire.ListFriendRanksRequest{Appid: uint64(game), Uin: uint64(uins[0]), Board: "2026-11-23", From: 1, Limit: 2},
		&ListRanks.Declaration:       &wire.ListRanksRequest{Appid: uint64(game), Uin: uint64(uins[0]), Board: AllTime, Limit: 1, AroundOpenid: openid[:]},
		&ShowRank.Declaration:        &wire.ShowRankRequest{Appid: uint64(game), Uin: uint64(uins[0]), Board: Weekly},
	}, nil)
}
