package ranking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

const game platform.AppID = 100700001

func openStore(t testing.TB, file string) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), file)
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	return st
}

// report stores a score and reports whether it was above the player's unexpired one.
func report(ctx context.Context, st store.Store, uin platform.UIN, score string, day, nowMS, expiresMS int64) (bool, error) {
	number, err := platform.ParseDecimal(score)
	if err != nil {
		return false, err
	}
	_, err = st.ReportAchievements(ctx, platform.AchievementReport{AppID: game, UIN: uin, Day: day, NowMS: nowMS, Items: []platform.Achievement{
		{Type: 3, Data: score, Number: number, ExpiresMS: expiresMS},
	}})
	if errors.Is(err, platform.ErrNotGreater) {
		return false, nil
	}
	return err == nil, err
}

// scoreText returns numbers of any size, many of them equal and many with equal beginnings.
func scoreText(r *rand.Rand) string {
	switch r.IntN(5) {
	case 0:
		return fmt.Sprint(r.IntN(10))
	case 1:
		return fmt.Sprintf("-%d.%d", r.IntN(5), r.IntN(100))
	case 2:
		return fmt.Sprintf("12345678901234567890%d", r.IntN(50))
	case 3:
		return fmt.Sprintf("0.00000000000000000000%d", r.IntN(50))
	}
	return fmt.Sprint(r.IntN(1_000_000))
}

// fromScratch returns the places on a board as the store has them, ordered by the numbers themselves.
func fromScratch(t testing.TB, st store.Store, board platform.Board) (places []Place) {
	t.Helper()
	scores, err := st.BoardScores(t.Context(), board, 0, 1_000_000)
	must(t, err)
	slices.SortFunc(scores, func(a, b platform.BoardScore) int {
		return cmp.Or(b.Score.Compare(a.Score), cmp.Compare(a.ReachedMS, b.ReachedMS), cmp.Compare(a.UIN, b.UIN))
	})
	for i, score := range scores {
		places = append(places, Place{i + 1, score})
	}
	return places
}

// compare fails the test unless the index has these places, and each player's.
func compare(t testing.TB, index *Index, board platform.Board, want []Place) {
	t.Helper()
	got, players, err := index.Page(t.Context(), board, 1, len(want)+1)
	must(t, err)
	if players != len(want) || !slices.Equal(got, want) {
		t.Fatalf("board %v has %d players: %v\nwant %d: %v", board, players, got, len(want), want)
	}
	for _, place := range want {
		got, err := index.Place(t.Context(), board, place.UIN)
		if err != nil || got != place {
			t.Fatalf("place of %s: %v, %v, want %v", place.UIN, got, err, place)
		}
	}
}

// TestAnyInterleavingEndsInTheStoresRanking has players report at once while boards are read, given up and asked for.
func TestAnyInterleavingEndsInTheStoresRanking(t *testing.T) {
	const (
		players  = 40
		callers  = 8
		reported = 150
		monday   = 20_000 - (20_000+3)%7
	)
	for seed := range uint64(4) {
		st := openStore(t, filepath.Join(t.TempDir(), "rookery.db"))
		index := NewIndex(st)
		defer index.Close()
		boards := []platform.Board{{AppID: game}, {AppID: game, Week: monday}, {AppID: game, Week: monday + 7}}
		var work sync.WaitGroup
		best := make([]map[platform.UIN]string, callers)
		for caller := range callers {
			best[caller] = make(map[platform.UIN]string)
			work.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(caller)))
				for n := range reported {
					uin, score := platform.FirstUIN+platform.UIN(r.IntN(players)), scoreText(r)
					now := int64(1_000_000 + n/10)
					if _, err := report(t.Context(), st, uin, score, monday+int64(r.IntN(14)), now, now+1+int64(r.IntN(3))); err != nil {
						t.Error(err)
						return
					}
					switch board := boards[r.IntN(len(boards))]; r.IntN(8) {
					case 0:
						index.Drop(func(b platform.Board) bool { return b == board })
					case 1, 2, 3:
						if _, _, err := index.Page(t.Context(), board, 1, 10); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		work.Wait()
		for _, board := range boards {
			compare(t, index, board, fromScratch(t, st, board))
		}
	}
}

func TestTiesAreByTimeAndThenByAccount(t *testing.T) {
	st := openStore(t, filepath.Join(t.TempDir(), "rookery.db"))
	index := NewIndex(st)
	defer index.Close()
	for _, r := range []struct {
		uin   platform.UIN
		score string
		atMS  int64
	}{
		{10004, "70", 5}, {10003, "70", 4}, {10002, "70.0", 5}, {10005, "+0070", 5}, {10001, "69.99", 1}, {10006, "700", 9},
		{10007, "99999999999999999999", 9}, {10008, "99999999999999999998", 1}, {10009, "-1", 1},
	} {
		_, err := report(t.Context(), st, r.uin, r.score, 20_000, r.atMS, 0)
		must(t, err)
	}
	board := platform.Board{AppID: game}
	places, players, err := index.Page(t.Context(), board, 1, 10)
	must(t, err)
	var order []platform.UIN
	for i, place := range places {
		if order = append(order, place.UIN); place.Rank != i+1 {
			t.Errorf("%s has rank %d, want %d", place.UIN, place.Rank, i+1)
		}
	}
	if want := []platform.UIN{10007, 10008, 10006, 10003, 10002, 10004, 10005, 10001, 10009}; players != 9 || !slices.Equal(order, want) {
		t.Errorf("%d players in the order %v, want 9: %v", players, order, want)
	}
	for _, test := range []struct {
		name  string
		uin   platform.UIN
		limit int
		ranks []int
	}{
		{"the middle", 10002, 3, []int{4, 5, 6}},
		{"an even number", 10002, 4, []int{3, 4, 5, 6}},
		{"the beginning", 10007, 3, []int{1, 2, 3}},
		{"the end", 10009, 3, []int{8, 9}},
		{"alone", 10003, 1, []int{4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			places, _, err := index.Around(t.Context(), board, test.uin, test.limit)
			must(t, err)
			var ranks []int
			for _, place := range places {
				ranks = append(ranks, place.Rank)
			}
			if !slices.Equal(ranks, test.ranks) {
				t.Errorf("ranks %v, want %v", ranks, test.ranks)
			}
		})
	}
	if _, err := index.Place(t.Context(), board, 20_000); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("place of somebody without a score: %v", err)
	}
	among, first, players, err := index.Among(t.Context(), board, []platform.UIN{10009, 20_000, 10004, 10006, 10002}, 1, 10)
	must(t, err)
	order = nil
	for _, place := range among {
		order = append(order, place.UIN)
	}
	if want := []platform.UIN{10006, 10002, 10004, 10009}; !slices.Equal(order, want) || among[3].Rank != 4 || players != 4 || *first != among[3] {
		t.Errorf("places among each other: %v of %d, the first one's %v, want the order %v", among, players, first, want)
	}
}

// slow is a store whose boards are read at once and handed over when that is allowed.
type slow struct {
	store.Store
	begun, handOver chan struct{}
}

func (s *slow) BoardScores(ctx context.Context, board platform.Board, after platform.UIN, limit int) ([]platform.BoardScore, error) {
	scores, err := s.Store.BoardScores(ctx, board, after, limit)
	close(s.begun)
	<-s.handOver
	return scores, err
}

// TestNobodyIsToldAWrongRankMeanwhile asks while a board is read: the caller waits until its deadline, and what is reported
// meanwhile counts, whether the score that was read comes before or after it.
func TestNobodyIsToldAWrongRankMeanwhile(t *testing.T) {
	st := &slow{openStore(t, filepath.Join(t.TempDir(), "rookery.db")), make(chan struct{}), make(chan struct{})}
	board := platform.Board{AppID: game}
	for uin, score := range map[platform.UIN]string{10001: "10", 10002: "20", 10003: "30"} {
		_, err := report(t.Context(), st, uin, score, 20_000, 1, 0)
		must(t, err)
	}
	index := NewIndex(st)
	defer index.Close()
	hurried, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := index.Place(hurried, board, 10001); !errors.Is(err, context.Canceled) {
		t.Fatalf("a caller who leaves: %v", err)
	}
	<-st.begun
	for uin, score := range map[platform.UIN]string{10002: "40", 10004: "15"} {
		_, err := report(t.Context(), st, uin, score, 20_000, 2, 0)
		must(t, err)
	}
	type answer struct {
		places []Place
		err    error
	}
	got := make(chan answer)
	go func() {
		places, _, err := index.Page(t.Context(), board, 1, 10)
		got <- answer{places, err}
	}()
	close(st.handOver)
	a := <-got
	must(t, a.err)
	var order []string
	for _, place := range a.places {
		order = append(order, fmt.Sprintf("%s:%s", place.UIN, place.Score))
	}
	if want := []string{"10002:40", "10003:30", "10004:15", "10001:10"}; !slices.Equal(order, want) {
		t.Errorf("places %v, want %v", order, want)
	}
}

func TestABoardThatCouldNotBeReadIsReadAgain(t *testing.T) {
	faults := new(fault.Set)
	st := faults.Store(openStore(t, filepath.Join(t.TempDir(), "rookery.db")))
	_, err := report(t.Context(), st, 10001, "10", 20_000, 1, 0)
	must(t, err)
	index := NewIndex(st)
	defer index.Close()
	board := platform.Board{AppID: game}
	for _, panics := range []bool{false, true} {
		_, err = faults.Add(fault.Rule{Point: "store.read:board_scores", Times: 1, Panic: panics})
		must(t, err)
		if _, err := index.Place(t.Context(), board, 10001); err == nil {
			t.Fatal("a place without a store")
		}
		place, err := index.Place(t.Context(), board, 10001)
		if err != nil || place.Rank != 1 {
			t.Errorf("after the fault: %v, %v", place, err)
		}
		index.Forget()
	}
}

func TestSettledBoardsAreGivenUp(t *testing.T) {
	st := openStore(t, filepath.Join(t.TempDir(), "rookery.db"))
	index := NewIndex(st)
	defer index.Close()
	const monday = 20_000 - (20_000+3)%7
	for week := range int64(4) {
		for uin := range platform.UIN(10) {
			_, err := report(t.Context(), st, platform.FirstUIN+uin, fmt.Sprint(week+1), monday+7*week, week, 0)
			must(t, err)
		}
		must(t, index.Read(t.Context(), platform.Board{AppID: game, Week: monday + 7*week}))
	}
	must(t, index.Read(t.Context(), platform.Board{AppID: game, Week: monday})) // again
	for _, step := range []struct{ most, players int }{{30, 40}, {29, 30}, {5, 20}} {
		index.dropSettled(monday+21, step.most)
		if got := index.Players(); got != step.players {
			t.Errorf("at most %d on settled boards: %d places in memory, want %d", step.most, got, step.players)
		}
	}
	if index.boards[platform.Board{AppID: game, Week: monday}] == nil {
		t.Error("the board that was asked for last is gone")
	}
}
