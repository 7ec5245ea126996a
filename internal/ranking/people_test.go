package ranking

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

func TestCirclesAreRemembered(t *testing.T) {
	c := newCircles(10)
	put := func(uin platform.UIN, friends int) bool {
		_, drops := c.get(game, uin, 0)
		c.put(uin, &circle{app: game, uins: make([]platform.UIN, 1+friends), untilMS: 100}, drops)
		known, _ := c.get(game, uin, 0)
		return known != nil && len(known.uins) == 1+friends
	}
	if !put(1, 3) || !put(2, 4) || c.size != 9 || !put(1, 4) || c.size != 10 {
		t.Errorf("%d accounts are remembered of circles of 5 and 5", c.size)
	}
	if known, _ := c.get(game+1, 1, 0); known != nil {
		t.Error("a circle is another app's")
	}
	if known, _ := c.get(game, 1, 100); known != nil {
		t.Error("a circle is known for ever")
	}
	if !put(3, 0) || c.size != 6 || len(c.of) != 2 { // one of the others made room
		t.Errorf("%d accounts of %d circles are remembered, want 6 of 2", c.size, len(c.of))
	}
	if put(4, 10) || c.size != 6 {
		t.Errorf("a circle that is too large drives %d others out", 6-c.size)
	}
	_, drops := c.get(game, 5, 0)
	c.drop(5) // between the read and the note of it
	c.put(5, &circle{app: game, uins: make([]platform.UIN, 1), untilMS: 100}, drops)
	if known, _ := c.get(game, 5, 0); known != nil {
		t.Error("a circle that changed while it was read is remembered")
	}
	c.drop(3)
	if known, _ := c.get(game, 3, 0); known != nil || c.size != 5 {
		t.Errorf("a circle that changed is remembered: %d accounts", c.size)
	}
	c.clear()
	if c.size != 0 || len(c.of) != 0 {
		t.Errorf("%d accounts are remembered after all", c.size)
	}
}

// TestBest compares the best of some items with those of a sorted slice.
func TestBest(t *testing.T) {
	tree := newTree()
	for range 2000 {
		items := make([]item, rand.IntN(300))
		for i := range items {
			items[i] = item{mark{uint64(rand.IntN(50)) << 56, uint64(rand.IntN(3)) << 1}, platform.UIN(i)}
		}
		rand.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		n := rand.IntN(len(items) + 1)
		want := slices.SortedFunc(slices.Values(items), func(x, y item) int { return tree.compare(&x, &y) })[:n]
		if got := tree.best(items, n); !slices.Equal(got, want) {
			t.Fatalf("the best %d of %d are %v, want %v", n, len(items), got, want)
		}
	}
}
