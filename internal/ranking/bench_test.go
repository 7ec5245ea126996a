package ranking

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
)

// boardOf returns a board of so many players whose scores have up to six digits.
func boardOf(tb testing.TB, players int) *board {
	b := &board{tree: newTree(), players: make(map[platform.UIN]mark)}
	r := rand.New(rand.NewPCG(5, 6))
	for i := range players {
		score, err := platform.ParseDecimal(fmt.Sprint(r.IntN(1_000_000)))
		must(tb, err)
		b.raise(platform.BoardScore{UIN: platform.FirstUIN + platform.UIN(i), Score: score, ReachedMS: int64(i)})
	}
	return b
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkRank(b *testing.B) {
	for _, players := range []int{10_000, 1_000_000} {
		board := boardOf(b, players)
		b.Run(fmt.Sprintf("place/%d", players), func(b *testing.B) {
			for b.Loop() {
				x, _ := board.player(platform.FirstUIN + platform.UIN(rand.IntN(players)))
				board.tree.rank(x)
			}
		})
		b.Run(fmt.Sprintf("page/%d", players), func(b *testing.B) {
			for b.Loop() {
				board.places(rand.IntN(players), 20)
			}
		})
	}
}

// TestMemoryPerPlayer holds a board of a million to the bound of docs/adr/0024.
func TestMemoryPerPlayer(t *testing.T) {
	if testing.Short() {
		t.Skip("it fills a board of a million")
	}
	const players = 1_000_000
	used := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := used()
	b := boardOf(t, players)
	per := float64(used()-before) / players
	t.Logf("%.1f bytes for each of %d players", per, b.tree.size)
	if per >= 120 {
		t.Errorf("a player takes %.1f bytes, want less than 120", per)
	}
	runtime.KeepAlive(b)
}

// BenchmarkFriends ranks a player and 200 friends, through the bus.
func BenchmarkFriends(b *testing.B) {
	f := newFixture(b)
	uins := f.players(201)
	for i, uin := range uins {
		f.score(uin, fmt.Sprint(1000+i*7919%1000))
		if i > 0 {
			must(b, f.Store.Befriend(b.Context(), uins[0], uin, 1000, 1))
		}
	}
	req := &wire.ListFriendRanksRequest{Appid: uint64(game), Uin: uint64(uins[0])}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := oidb.Call(b.Context(), f.Bus, ListFriendRanks, req); err != nil {
			b.Fatal(err)
		}
	}
}
