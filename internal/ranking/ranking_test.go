package ranking

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store"
)

// fixture is the service on a real store, east of Greenwich, on Wednesday 25 November 2026 at noon.
type fixture struct {
	*Service
	t      testing.TB
	index  *Index
	faults *fault.Set
}

var beijing = time.FixedZone("Beijing", 8*3600)

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{t: t, faults: new(fault.Set)}
	st := f.faults.Store(openStore(t, filepath.Join(t.TempDir(), "rookery.db")))
	clock, bus := new(platform.Clock), oidb.NewBus()
	clock.Set(time.Date(2026, 11, 25, 12, 0, 0, 0, beijing))
	f.index = NewIndex(st)
	t.Cleanup(f.index.Close)
	people := profile.New(st, clock, "http://pictures.example/")
	f.Service = New(Options{Store: st, Clock: clock, Bus: bus, People: people, Index: f.index, Calendar: platform.Calendar{Zone: beijing}})
	f.Register()
	friends.New(st, clock, bus, people).Register()
	must(t, st.CreateApp(t.Context(), &platform.App{AppID: game, Name: "a game", GameID: 11, Online: true}, 1))
	return f
}

// players creates accounts with an openid that use the game.
func (f *fixture) players(n int) (uins []platform.UIN) {
	f.t.Helper()
	for i := range n {
		a := &platform.Account{Profile: platform.Profile{Nickname: fmt.Sprintf("player %d", i+1)}, PasswordEpoch: 1}
		must(f.t, f.Store.CreateAccount(f.t.Context(), a, platform.FirstUIN))
		openid, err := f.Store.EnsureOpenID(f.t.Context(), game, a.UIN, openIDOf(a.UIN), 1)
		must(f.t, err)
		_, err = f.Store.Authorize(f.t.Context(), game, openid, []string{"login"}, false, 1)
		must(f.t, err)
		uins = append(uins, a.UIN)
	}
	return uins
}

func openIDOf(uin platform.UIN) platform.OpenID {
	return platform.OpenID{14: byte(uin >> 8), 15: byte(uin)}
}

// score reports a score at the platform's time.
func (f *fixture) score(uin platform.UIN, score string) {
	f.t.Helper()
	now := f.Clock.Now()
	_, err := report(f.t.Context(), f.Store, uin, score, platform.Calendar{Zone: beijing}.Day(now), now.UnixMilli(), 0)
	must(f.t, err)
}

// ranks returns "number score" for each place.
func ranks(list []*wire.RankedPlayer) string {
	var all []string
	for _, p := range list {
		all = append(all, fmt.Sprintf("%d:%d=%s", p.Rank, p.Uin, p.Score))
	}
	return strings.Join(all, " ")
}

func codeOf(err error) int {
	var failure *oidb.Failure
	if errors.As(err, &failure) {
		return failure.Code.Number()
	}
	return 0
}

func TestFriendsAreRankedAmongEachOther(t *testing.T) {
	f := newFixture(t)
	ann, ben, cid, dan := f.players(1)[0], f.players(1)[0], f.players(1)[0], f.players(1)[0] // 10001 to 10004
	for _, friend := range []platform.UIN{cid, dan} {
		must(t, f.Store.Befriend(t.Context(), ann, friend, 100, 1))
	}
	ask := func(uin platform.UIN, req *wire.ListFriendRanksRequest) *wire.ListRanksResponse {
		t.Helper()
		req.Appid, req.Uin = uint64(game), uint64(uin)
		rsp, err := oidb.Call(t.Context(), f.Bus, ListFriendRanks, req)
		must(t, err)
		return rsp
	}
	if rsp := ask(ann, &wire.ListFriendRanksRequest{}); len(rsp.Place) != 0 || rsp.Players != 0 || rsp.Own != nil || rsp.Board != "2026-11-23" {
		t.Errorf("without scores: %v", rsp)
	}
	f.score(cid, "50")
	f.Clock.Advance(time.Second)
	f.score(ann, "50")
	f.score(ben, "900") // a stranger
	f.score(dan, "12.5")
	rsp := ask(ann, &wire.ListFriendRanksRequest{})
	if got := ranks(rsp.Place); got != "1:10003=50 2:10001=50 3:10004=12.5" || rsp.Players != 3 || ranks([]*wire.RankedPlayer{rsp.Own}) != "2:10001=50" {
		t.Errorf("ranking of friends: %v", rsp)
	}
	if first := rsp.Place[0]; platform.OpenID(first.Openid) != openIDOf(cid) || first.Nickname != "player 1" || first.ReachedMs == 0 {
		t.Errorf("the first one: %v", first)
	}
	rsp = ask(ann, &wire.ListFriendRanksRequest{From: 3, Limit: 1})
	if got := ranks(rsp.Place); got != "3:10004=12.5" || rsp.Own.GetRank() != 2 || platform.OpenID(rsp.Own.GetOpenid()) != openIDOf(ann) {
		t.Errorf("a page without the caller: %v", rsp)
	}
	if got := ranks(ask(dan, &wire.ListFriendRanksRequest{}).Place); got != "1:10001=50 2:10004=12.5" {
		t.Errorf("of another's friends: %s", got)
	}
	must(t, f.Store.Unfriend(t.Context(), ann, cid))
	if got := ranks(ask(ann, &wire.ListFriendRanksRequest{}).Place); got != "1:10001=50 2:10004=12.5" {
		t.Errorf("without a friend: %s", got)
	}
	must(t, errOf(f.Store.ReclaimOpenID(t.Context(), game, dan, 2)))
	f.Clock.Advance(10 * time.Second)
	if got := ranks(ask(ann, &wire.ListFriendRanksRequest{}).Place); got != "1:10001=50" {
		t.Errorf("ten seconds after a friend gave up the game: %s", got)
	}
	f.Clock.Advance(5 * 24 * time.Hour)
	if rsp := ask(ann, &wire.ListFriendRanksRequest{}); rsp.Players != 0 || rsp.Board != "2026-11-30" {
		t.Errorf("on Monday: %v", rsp)
	}
	for _, board := range []string{"all", "2026-11-23", "2026-11-29"} {
		if rsp := ask(ann, &wire.ListFriendRanksRequest{Board: board}); rsp.Players != 1 {
			t.Errorf("board %s after the week: %v", board, rsp)
		}
	}
}

// TestFriendsOfAPastWeek: they are ranked as they were in their week, and nobody has to read the whole board.
func TestFriendsOfAPastWeek(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.players(1)[0], f.players(1)[0]
	must(t, f.Store.Befriend(t.Context(), ann, ben, 100, 1))
	for _, uin := range append(f.players(3), ben, ann) {
		f.score(uin, "50")
		f.Clock.Advance(time.Second)
	}
	want := "1:10002=50 2:10001=50"
	ask := func() (string, *wire.ListRanksResponse) {
		t.Helper()
		rsp, err := oidb.Call(t.Context(), f.Bus, ListFriendRanks, &wire.ListFriendRanksRequest{Appid: uint64(game), Uin: uint64(ann), Board: "2026-11-23"})
		must(t, err)
		return ranks(rsp.Place), rsp
	}
	if got, _ := ask(); got != want || f.index.Players() != 5 {
		t.Errorf("in the week: %s, with %d places in memory; want %s, 5", got, f.index.Players(), want)
	}
	f.Clock.Advance(7 * 24 * time.Hour)
	f.index.Forget()
	if got, rsp := ask(); got != want || rsp.Own.GetRank() != 2 || rsp.Players != 2 || f.index.Players() != 0 {
		t.Errorf("a week later: %s, own %v, with %d places in memory; want %s, 2, 0", got, rsp.Own, f.index.Players(), want)
	}
}

// TestPicturesOfRankedPlayers: whoever has no picture shows the platform's, and a picture that comes in sizes has one.
func TestPicturesOfRankedPlayers(t *testing.T) {
	f := newFixture(t)
	for picture, want := range map[string]string{
		"": "http://pictures.example/100", "http://ann.example/sizes/": "http://ann.example/sizes/100", "http://ann.example/own.png": "http://ann.example/own.png",
	} {
		ann := f.players(1)[0]
		_, err := f.People.Update(t.Context(), ann, func(p *platform.Profile) error { p.PictureURL = picture; return nil })
		must(t, err)
		f.score(ann, "50")
		req := &wire.ListFriendRanksRequest{Appid: uint64(game), Uin: uint64(ann)}
		if rsp, err := oidb.Call(t.Context(), f.Bus, ListFriendRanks, req); err != nil || len(rsp.Place) != 1 || rsp.Place[0].PictureUrl != want || rsp.Own.PictureUrl != want {
			t.Errorf("the picture %q: got %v, %v; want %q", picture, rsp, err, want)
		}
	}
}

func TestBoardsOfAllPlayers(t *testing.T) {
	f := newFixture(t)
	for i, uin := range f.players(7) {
		if i < 6 {
			f.score(uin, fmt.Sprint(100-i))
		}
	}
	for _, test := range []struct {
		name string
		req  *wire.ListRanksRequest
		want string
		own  uint32
	}{
		{"the top", &wire.ListRanksRequest{Limit: 2}, "1:10001=100 2:10002=99", 0},
		{"a page", &wire.ListRanksRequest{From: 5, Limit: 3}, "5:10005=96 6:10006=95", 0},
		{"after the end", &wire.ListRanksRequest{From: 7}, "", 0},
		{"far after the end", &wire.ListRanksRequest{From: 1<<32 - 1}, "", 0},
		{"with the caller's place", &wire.ListRanksRequest{Uin: 10004, Limit: 1}, "1:10001=100", 4},
		{"around a player", &wire.ListRanksRequest{Around: 10004, Limit: 3}, "3:10003=98 4:10004=97 5:10005=96", 0},
		{"around an openid", &wire.ListRanksRequest{AroundOpenid: openIDBytes(10004), Limit: 1}, "4:10004=97", 0},
		{"around somebody without a score", &wire.ListRanksRequest{Uin: 10007, Around: 10007}, "", 0},
		{"of all time", &wire.ListRanksRequest{Board: "all", Limit: 1}, "1:10001=100", 0},
		{"as usual", &wire.ListRanksRequest{}, "1:10001=100 2:10002=99 3:10003=98 4:10004=97 5:10005=96 6:10006=95", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.req.Appid = uint64(game)
			rsp, err := oidb.Call(t.Context(), f.Bus, ListRanks, test.req)
			must(t, err)
			if got := ranks(rsp.Place); got != test.want || rsp.Own.GetRank() != test.own || rsp.Players != 6 {
				t.Errorf("%s, own rank %d of %d; want %s, %d of 6", got, rsp.Own.GetRank(), rsp.Players, test.want, test.own)
			}
		})
	}
	rank, err := oidb.Call(t.Context(), f.Bus, ShowRank, &wire.ShowRankRequest{Appid: uint64(game), Uin: 10003})
	if err != nil || rank.Rank != 3 || rank.Score != "98" || rank.Board != "2026-11-23" || rank.ReachedMs == 0 {
		t.Errorf("rank of 10003: %v, %v", rank, err)
	}
	rank, err = oidb.Call(t.Context(), f.Bus, ShowRank, &wire.ShowRankRequest{Appid: uint64(game), Uin: 10007})
	if err != nil || rank.Rank != 0 || rank.Score != "" {
		t.Errorf("rank of somebody without a score: %v, %v", rank, err)
	}
}

// lagging is a store whose changes by other gateways have not been heard of for a while.
type lagging struct {
	store.Store
	lag time.Duration
}

func (s *lagging) Lag() time.Duration { return s.lag }

// TestARankingThatMayBeLateSaysSo: at a gateway that has not heard of the others for longer than 750 ms.
func TestARankingThatMayBeLateSaysSo(t *testing.T) {
	f := newFixture(t)
	uin := f.players(1)[0]
	f.score(uin, "100")
	behind := &lagging{Store: f.Store}
	f.Store = behind
	for _, test := range []struct {
		lag  time.Duration
		late bool
	}{{0, false}, {750 * time.Millisecond, false}, {751 * time.Millisecond, true}, {0, false}} {
		behind.lag = test.lag
		list, err := oidb.Call(t.Context(), f.Bus, ListRanks, &wire.ListRanksRequest{Appid: uint64(game)})
		must(t, err)
		among, err := oidb.Call(t.Context(), f.Bus, ListFriendRanks, &wire.ListFriendRanksRequest{Appid: uint64(game), Uin: uint64(uin)})
		must(t, err)
		rank, err := oidb.Call(t.Context(), f.Bus, ShowRank, &wire.ShowRankRequest{Appid: uint64(game), Uin: uint64(uin)})
		must(t, err)
		if list.Lost != test.late || among.Lost != test.late || rank.Lost != test.late {
			t.Errorf("after %s: a list %v, among friends %v, a place %v, want %v", test.lag, list.Lost, among.Lost, rank.Lost, test.late)
		}
		if len(list.Place) != 1 || len(among.Place) != 1 || rank.Rank != 1 {
			t.Errorf("after %s: %v, %v, %v", test.lag, list, among, rank)
		}
	}
}

func openIDBytes(uin platform.UIN) []byte {
	openid := openIDOf(uin)
	return openid[:]
}

// TestAPlayerWhoseOpenIDWasTakenBack: the player keeps its place, without the openid, which names nobody.
func TestAPlayerWhoseOpenIDWasTakenBack(t *testing.T) {
	f := newFixture(t)
	uin := f.players(1)[0]
	f.score(uin, "1")
	must(t, errOf(f.Store.ReclaimOpenID(t.Context(), game, uin, 2)))
	rsp, err := oidb.Call(t.Context(), f.Bus, ListRanks, &wire.ListRanksRequest{Appid: uint64(game)})
	if err != nil || ranks(rsp.Place) != "1:10001=1" || len(rsp.Place[0].Openid) > 0 {
		t.Errorf("%v, %v", rsp, err)
	}
	_, err = oidb.Call(t.Context(), f.Bus, ListRanks, &wire.ListRanksRequest{Appid: uint64(game), AroundOpenid: openIDBytes(uin)})
	if codeOf(err) != -4017 {
		t.Errorf("around its openid: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	f := newFixture(t)
	uin := uint64(f.players(1)[0])
	f.score(platform.UIN(uin), "1")
	for _, test := range []struct {
		name  string
		req   *wire.ListRanksRequest
		fault string
		want  int
	}{
		{"no board of that name", &wire.ListRanksRequest{Board: "Weekly"}, "", -4022},
		{"no such day", &wire.ListRanksRequest{Board: "2026-11-31"}, "", -4022},
		{"the first day that can be read", &wire.ListRanksRequest{Board: "2026-09-28"}, "", 0},
		{"the last day that cannot", &wire.ListRanksRequest{Board: "2026-09-27"}, "", -4022},
		{"the end of this week", &wire.ListRanksRequest{Board: "2026-11-29"}, "", 0},
		{"next week", &wire.ListRanksRequest{Board: "2026-11-30"}, "", -4022},
		{"the largest page", &wire.ListRanksRequest{Limit: 100}, "", 0},
		{"a larger one", &wire.ListRanksRequest{Limit: 101}, "", -4022},
		{"two places to begin at", &wire.ListRanksRequest{From: 1, Around: uin}, "", -4022},
		{"no openid", &wire.ListRanksRequest{AroundOpenid: []byte("short")}, "", -4022},
		{"an openid that was not issued", &wire.ListRanksRequest{AroundOpenid: make([]byte, 16)}, "", -4017},
		{"openids cannot be read", &wire.ListRanksRequest{AroundOpenid: make([]byte, 16)}, "store.read:openids", -4010},
		{"boards cannot be read", &wire.ListRanksRequest{Board: "2026-11-01"}, "store.read:board_scores", -4019},
		{"profiles cannot be read", &wire.ListRanksRequest{}, "store.read:accounts", -4021},
		{"openids of players cannot be read", &wire.ListRanksRequest{}, "store.read:openids", -4011},
	} {
		t.Run(test.name, func(t *testing.T) {
			f.People.Forget()
			f.Forget()
			if test.fault != "" {
				_, err := f.faults.Add(fault.Rule{Point: test.fault})
				must(t, err)
				defer f.faults.Clear(0)
			}
			test.req.Appid = uint64(game)
			if _, err := oidb.Call(t.Context(), f.Bus, ListRanks, test.req); codeOf(err) != test.want {
				t.Errorf("%v, want %d", err, test.want)
			}
		})
	}
	_, err := f.faults.Add(fault.Rule{Point: "store.read:friendships"})
	must(t, err)
	if _, err := oidb.Call(t.Context(), f.Bus, ListFriendRanks, &wire.ListFriendRanksRequest{Appid: uint64(game), Uin: uin}); codeOf(err) != -4007 {
		t.Errorf("friends cannot be read: %v", err)
	}
	if _, err := oidb.Call(t.Context(), f.Bus, ListFriendRanks, &wire.ListFriendRanksRequest{Appid: uint64(game), Uin: uin, Board: "?"}); codeOf(err) != -4022 {
		t.Errorf("friends cannot be read, and there is no such board: %v", err)
	}
	if _, err := oidb.Call(t.Context(), f.Bus, ShowRank, &wire.ShowRankRequest{Appid: uint64(game), Uin: uin, Board: "?"}); codeOf(err) != -4022 {
		t.Errorf("rank on no board: %v", err)
	}
}

// TestWeeksAreAsTheirModel moves the clock over expiries and Mondays, and compares all boards with a model that knows only what was
// reported when.
func TestWeeksAreAsTheirModel(t *testing.T) {
	f := newFixture(t)
	r := rand.New(rand.NewPCG(7, 8))
	type best struct {
		score int
		atMS  int64
	}
	boards := map[string]map[platform.UIN]best{"all": {}}
	current := map[platform.UIN]struct {
		score     int
		expiresMS int64
	}{}
	monday := func(at time.Time) time.Time {
		for at = at.In(beijing); at.Weekday() != time.Monday; {
			at = at.AddDate(0, 0, -1)
		}
		return at
	}
	uins := f.players(12)
	for step := range 1500 {
		f.Clock.Advance(time.Duration(r.IntN(7*3600)) * time.Second)
		now := f.Clock.Now()
		week := monday(now).Format(time.DateOnly)
		uin, score := uins[r.IntN(len(uins))], r.IntN(1000)
		expires := int64(0)
		if r.IntN(3) > 0 {
			expires = now.Add(time.Duration(1+r.IntN(48)) * time.Hour).UnixMilli()
		}
		accepted, err := report(t.Context(), f.Store, uin, fmt.Sprint(score), platform.Calendar{Zone: beijing}.Day(now), now.UnixMilli(), expires)
		must(t, err)
		had, has := current[uin]
		has = has && (had.expiresMS == 0 || had.expiresMS > now.UnixMilli())
		if accepted != (!has || score > had.score) {
			t.Fatalf("step %d: %d after %d is accepted: %v", step, score, had.score, accepted)
		}
		if accepted {
			current[uin] = struct {
				score     int
				expiresMS int64
			}{score, expires}
			for _, name := range []string{"all", week} {
				if boards[name] == nil {
					boards[name] = make(map[platform.UIN]best)
				}
				if b, ok := boards[name][uin]; !ok || score > b.score {
					boards[name][uin] = best{score, now.UnixMilli()}
				}
			}
		}
		switch r.IntN(40) {
		case 0:
			must(t, f.turn(t.Context(), f.week()))
		case 1:
			f.index.Forget()
		case 2:
			f.index.dropSettled(f.week(), 0)
		}
		name := "all"
		if r.IntN(3) > 0 {
			name = monday(now).AddDate(0, 0, -7*r.IntN(9)).Format(time.DateOnly)
		}
		got, err := f.List(t.Context(), game, Query{Board: name, Limit: 100})
		must(t, err)
		if got.Players != len(boards[name]) || len(got.Places) != len(boards[name]) || got.Board != name {
			t.Fatalf("step %d: board %s has %d players, want %d of %s", step, got.Board, got.Players, len(boards[name]), name)
		}
		for i, p := range got.Places {
			want := boards[name][p.UIN]
			if p.Rank != i+1 || p.Score.String() != fmt.Sprint(want.score) || p.ReachedMS != want.atMS {
				t.Fatalf("step %d: board %s, place %d: %+v, want %+v", step, name, i+1, p, want)
			}
			if i > 0 {
				if ahead := boards[name][got.Places[i-1].UIN]; ahead.score < want.score || ahead.score == want.score && ahead.atMS > want.atMS {
					t.Fatalf("step %d: board %s: %+v is ahead of %+v", step, name, ahead, want)
				}
			}
		}
	}
}

// TestBoardsAreReadAhead: the boards of the week and of all time are in memory before they are asked for, at the start and when
// a week begins, and what can no longer be read is removed.
func TestBoardsAreReadAhead(t *testing.T) {
	f := newFixture(t)
	uin := f.players(1)[0]
	f.score(uin, "1")
	f.Clock.Advance(7 * 24 * time.Hour)
	f.score(uin, "2")
	must(t, f.turn(t.Context(), f.week()))
	if got := f.index.Players(); got != 2 {
		t.Errorf("%d places in memory after the start, want 2: of the week and of all time", got)
	}
	f.Clock.Advance(7 * 24 * time.Hour)
	must(t, f.turn(t.Context(), f.week()))
	must(t, errOf(f.faults.Add(fault.Rule{Point: "store.read:board_scores"})))
	f.score(uin, "3") // the board of the new week is known without the store
	if place, err := f.Place(t.Context(), game, Weekly, uin); err != nil || place.Rank != 1 || place.Score.String() != "3" {
		t.Errorf("place in the new week: %v, %v", place, err)
	}
	f.faults.Clear(0)
	f.Clock.Advance(7 * 24 * time.Hour * 8)
	must(t, f.turn(t.Context(), f.week()))
	boards, err := f.Store.Boards(t.Context())
	must(t, err)
	if want := (platform.Board{AppID: game, Week: f.week() - 7*8}); len(boards) != 2 || boards[0].Week != 0 || boards[1] != want {
		t.Errorf("boards %v are stored after eight weeks, want those of all time and %v", boards, want)
	}
}

func errOf[T any](_ T, err error) error { return err }

// failingStore has no boards, and cannot even read that a few times.
type failingStore struct {
	store.Store
	failures, reads int
}

func (s *failingStore) OnChange(func(store.Change)) {}

func (s *failingStore) Boards(context.Context) ([]platform.Board, error) {
	s.reads++
	if s.reads <= s.failures {
		return nil, errors.New("no")
	}
	return nil, nil
}

func (s *failingStore) SweepBoards(context.Context, int64, int) (int64, error) { return 0, nil }

func TestATurnThatFailedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st, clock := &failingStore{failures: 2}, new(platform.Clock)
		clock.Set(time.Date(2026, 11, 25, 12, 0, 0, 0, beijing))
		index := NewIndex(st)
		defer index.Close()
		s := New(Options{Store: st, Clock: clock, Index: index, Calendar: platform.Calendar{Zone: beijing}})
		go s.Run(t.Context(), slog.New(slog.DiscardHandler))
		for _, step := range []struct {
			what  string
			after time.Duration
			reads int
		}{
			{"at the start", 0, 1},
			{"within a minute", 59 * time.Second, 1},
			{"after a minute", time.Second, 2},
			{"after two minutes", time.Minute, 3},
			{"after it succeeded", time.Minute, 3},
			{"a second before Monday", 4*24*time.Hour + 12*time.Hour - 3*time.Minute - time.Second, 3},
			{"on Monday", time.Second, 4},
			{"after that", time.Hour, 4},
		} {
			clock.Advance(step.after)
			synctest.Wait()
			if st.reads != step.reads {
				t.Errorf("%s: the boards were read %d times, want %d", step.what, st.reads, step.reads)
			}
		}
	})
}

// TestAWeekBeginsOnMonday: at midnight between Sunday and Monday.
func TestAWeekBeginsOnMonday(t *testing.T) {
	f := newFixture(t)
	f.Clock.Set(time.Date(2026, 11, 29, 23, 59, 59, 0, beijing))
	if got := name(platform.Board{AppID: game, Week: f.week()}); got != "2026-11-23" {
		t.Errorf("the week before midnight is %s", got)
	}
	f.Clock.Set(time.Date(2026, 11, 30, 0, 0, 0, 0, beijing))
	if got := name(platform.Board{AppID: game, Week: f.week()}); got != "2026-11-30" {
		t.Errorf("the week after midnight is %s", got)
	}
}
