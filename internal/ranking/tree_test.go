package ranking

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

// plain is what a tree is compared with: scores in a sorted slice, whose keys are compared as they are.
type plain struct {
	key     string
	reached int64
	uin     platform.UIN
}

func (p plain) compare(q plain) int {
	return cmp.Or(-strings.Compare(p.key, q.key), cmp.Compare(p.reached, q.reached), cmp.Compare(p.uin, q.uin))
}

// randomKey returns a key like those of platform.Decimal, which do not end with a zero byte. Many share their first eight bytes.
func randomKey(r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("3\x80\x01%c", 1+r.IntN(20))
	case 1:
		return "3\x80\x06aaaaa" + strings.Repeat("b", r.IntN(3)) + fmt.Sprint(r.IntN(30))
	case 2:
		return "3\x80\x06aaaaa"[:4+r.IntN(5)]
	}
	return fmt.Sprintf("3\x80\x03%c%c%c", 1+r.IntN(100), 1+r.IntN(100), 1+r.IntN(100))
}

func (t *tree) insertKey(p plain) item {
	x, rest := newItem([]byte(p.key), p.reached, p.uin)
	if rest != "" {
		t.rests[p.uin] = rest
	}
	t.insert(x)
	return x
}

func (t *tree) removeItem(x item) bool {
	removed := t.remove(x)
	delete(t.rests, x.uin)
	return removed
}

// TestATreeIsASortedSlice compares a tree with a sorted slice while it grows, changes and shrinks to nothing.
func TestATreeIsASortedSlice(t *testing.T) {
	for _, order := range []struct {
		name string
		key  func(r *rand.Rand, i int) string
	}{
		{"any order", func(r *rand.Rand, _ int) string { return randomKey(r) }},
		{"ascending", func(_ *rand.Rand, i int) string { return fmt.Sprintf("3\x80\x05%05d", i) }},
		{"descending", func(_ *rand.Rand, i int) string { return fmt.Sprintf("3\x80\x05%05d", 99_999-i) }},
		{"all equal", func(*rand.Rand, int) string { return "2" }},
	} {
		t.Run(order.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			tree, sorted, items := newTree(), []plain(nil), map[platform.UIN]item{}
			check := func() {
				t.Helper()
				tree.check(t)
				if tree.size != len(sorted) {
					t.Fatalf("the tree has %d items, want %d", tree.size, len(sorted))
				}
				skip, limit := r.IntN(len(sorted)+2), r.IntN(300)
				page := tree.page(nil, skip, limit)
				want := sorted[min(skip, len(sorted)):min(skip+limit, len(sorted))]
				if len(page) != len(want) {
					t.Fatalf("page of %d from %d of %d has %d items, want %d", limit, skip, len(sorted), len(page), len(want))
				}
				for i := range page {
					if got := (plain{string(tree.appendKey(nil, &page[i])), page[i].reachedMS(), page[i].uin}); got != want[i] {
						t.Fatalf("item %d of the page from %d is %v, want %v", i, skip, got, want[i])
					}
				}
				for range 5 {
					if len(sorted) > 0 {
						if i := r.IntN(len(sorted)); tree.rank(items[sorted[i].uin]) != i {
							t.Fatalf("rank of %v is %d, want %d", sorted[i], tree.rank(items[sorted[i].uin]), i)
						}
					}
				}
			}
			drop := func(i int) {
				x := items[sorted[i].uin]
				if !tree.removeItem(x) {
					t.Fatalf("%v is not in the tree", sorted[i])
				}
				if tree.remove(x) {
					t.Fatalf("%v was in the tree twice", sorted[i])
				}
				sorted = slices.Delete(sorted, i, i+1)
			}
			for i := range 20_000 {
				p := plain{order.key(r, i), int64(r.IntN(3)), platform.FirstUIN + platform.UIN(i)}
				at, _ := slices.BinarySearchFunc(sorted, p, plain.compare)
				sorted = slices.Insert(sorted, at, p)
				items[p.uin] = tree.insertKey(p)
				if i%3 == 2 && r.IntN(2) == 0 {
					drop(r.IntN(len(sorted)))
				}
				if i%500 == 0 {
					check()
				}
			}
			for len(sorted) > 0 {
				drop(r.IntN(len(sorted)))
				if len(sorted)%500 == 0 {
					check()
				}
			}
			if len(tree.rests) > 0 || !tree.root.leaf() {
				t.Fatalf("an empty tree has %d rests and children: %v", len(tree.rests), !tree.root.leaf())
			}
		})
	}
}

// check fails the test if a node breaks a rule of the tree.
func (t *tree) check(tb testing.TB) {
	tb.Helper()
	depth := -1
	var visit func(n *node, level int) int
	visit = func(n *node, level int) int {
		if n.leaf() {
			if depth >= 0 && level != depth {
				tb.Fatalf("leaves are %d and %d levels below the root", depth, level)
			}
			depth = level
			return len(n.items)
		}
		if len(n.children) != len(n.lows) || len(n.children) != len(n.sizes) || len(n.children) > maxChildren {
			tb.Fatalf("a node has %d children, %d lows and %d sizes", len(n.children), len(n.lows), len(n.sizes))
		}
		sum := 0
		for i, child := range n.children {
			size := visit(child, level+1)
			if size != n.sizes[i] {
				tb.Fatalf("a child has %d items and is said to have %d", size, n.sizes[i])
			}
			if low := child.low(); low != n.lows[i] {
				tb.Fatalf("a child's first item is %v and is said to be %v", low, n.lows[i])
			}
			sum += size
		}
		return sum
	}
	if size := visit(t.root, 0); size != t.size {
		tb.Fatalf("there are %d items in the leaves of a tree of %d", size, t.size)
	}
}

// TestNodesAreFilled bounds the memory of a board whose players come in order, and of one that most of them have left.
func TestNodesAreFilled(t *testing.T) {
	count := func(tree *tree) (leaves int) {
		var visit func(*node)
		visit = func(n *node) {
			if n.leaf() {
				leaves++
			}
			for _, child := range n.children {
				visit(child)
			}
		}
		visit(tree.root)
		return leaves
	}
	const players = 100_000
	inOrder, shuffled := newTree(), newTree()
	for i := range players {
		inOrder.insert(item{mark{head: uint64(players - i)}, platform.UIN(i)})
	}
	if got, most := count(inOrder), 2*players/maxItems; got > most {
		t.Errorf("items in order fill %d leaves, want at most %d", got, most)
	}
	order := rand.New(rand.NewPCG(3, 4)).Perm(players)
	for _, i := range order {
		shuffled.insert(item{mark{head: uint64(i)}, platform.UIN(i)})
	}
	for _, i := range order[players/10:] {
		shuffled.remove(item{mark{head: uint64(i)}, platform.UIN(i)})
	}
	if got, most := count(shuffled), players/10*8/3/maxItems; got > most {
		t.Errorf("what stays of a tree has %d leaves for %d items, want at most %d", got, players/10, most)
	}
}
