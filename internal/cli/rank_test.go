package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/platform"
)

func TestRank(t *testing.T) {
	startPlatform(t)
	run(t, "", "app", "create", "--name", "Ranked", "--appid", "100700077")
	run(t, "", "app", "update", "100700077", "--grant", "gamecenter")
	wantAll(t, run(t, "", "rank", "--app", "100700077"), "nobody has a score on board 20")
	for uin, score := range map[string]string{"10001": "1200", "10002": "99999999999999999999", "10003": "-0.5"} {
		run(t, "", "oidb", "call", "0xf05_1", "--app", "100700077", "--uin", uin, "--field", "alone=true", "--field", `item=[{"type":3,"data":"`+score+`"}]`)
	}
	ranking := func(args ...string) admin.Ranking {
		t.Helper()
		r := decode[admin.Ranking](t, run(t, "", append([]string{"rank", "--app", "100700077", "--json"}, args...)...))
		for i := range r.Places {
			if r.Places[i].ReachedMS == 0 {
				t.Errorf("%+v was reached at no time", r.Places[i])
			}
			r.Places[i].ReachedMS = 0
		}
		return r
	}
	number := func(text string) platform.Decimal {
		t.Helper()
		d, err := platform.ParseDecimal(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	ben := admin.RankedPlayer{Rank: 1, UIN: 10002, Nickname: "Ben", Score: number("99999999999999999999")}
	ann := admin.RankedPlayer{Rank: 2, UIN: 10001, Nickname: "Ann", Score: number("1200")}
	same := cmp.Comparer(func(a, b platform.Decimal) bool { return a == b })
	for _, test := range []struct {
		name string
		args []string
		want admin.Ranking
	}{
		{"the top", []string{"--board", "all", "--top", "2"}, admin.Ranking{Board: "all", Players: 3, Places: []admin.RankedPlayer{ben, ann}}},
		{"around a player", []string{"--board", "all", "--top", "1", "--around", "10001"}, admin.Ranking{Board: "all", Players: 3, Places: []admin.RankedPlayer{ann}}},
		{"around somebody without a score", []string{"--board", "all", "--around", "10004"}, admin.Ranking{Board: "all", Players: 3, Places: []admin.RankedPlayer{}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, ranking(test.args...), same); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
	if weekly := ranking(); weekly.Players != 3 || len(weekly.Board) != len("2026-11-23") {
		t.Errorf("this week: %+v", weekly)
	}
	wantAll(t, run(t, "", "rank", "--app", "100700077"), "RANK", "SCORE", "Ann", "1200", "-0.5", "3 of 3 players on board 20")
	wantAll(t, run(t, "", "rank", "--app", "100700077", "--around", "10004"), "account 10004 has no score on board 20")
	checkRefusals(t, []refusal{
		{"no app", "", []string{"rank"}, ExitUsage, "app"},
		{"no appid", "", []string{"rank", "--app", "x"}, ExitUsage, "--app"},
		{"an unknown app", "", []string{"rank", "--app", "1"}, ExitFailure, "app 1"},
		{"no account number", "", []string{"rank", "--app", "100700077", "--around", "ann"}, ExitUsage, "--around"},
		{"no such board", "", []string{"rank", "--app", "100700077", "--board", "monthly"}, ExitFailure, `board "monthly" is neither`},
		{"a week that is too long ago", "", []string{"rank", "--app", "100700077", "--board", "2020-01-01"}, ExitFailure, "is not of this week or one of the last 8"},
		{"too many places", "", []string{"rank", "--app", "100700077", "--top", "101"}, ExitFailure, "limit"},
	})
}
