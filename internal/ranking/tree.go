package ranking

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/rookeryhq/rookery/internal/platform"
)

// mark is a score and when it was reached. It has no pointers, so that the garbage collector skips a board's millions.
type mark struct {
	head uint64 // the first bytes of the score's key, in the order of numbers
	at   uint64 // epoch milliseconds, shifted to make room for whether the key is long
}

// item is a player on a board.
type item struct {
	mark
	uin platform.UIN
}

const headBytes = 8

// long reports whether the score's key has more bytes than fit into the head.
func (m *mark) long() bool { return m.at&1 != 0 }

func (m *mark) reachedMS() int64 { return int64(m.at >> 1) }

// tree is a B-tree of items in the order of ranks whose nodes know how many items are below their children, so that both an item's
// rank and the item at a rank are found in one descent. All items are in the leaves.
type tree struct {
	root *node
	size int
	// rests has the further bytes of the keys that are longer than a head. An account is in the tree once, so its number is the key.
	rests map[platform.UIN]string
}

// The numbers of items in a leaf, and of children of another node. A board of a million has three levels.
const (
	maxItems    = 128
	maxChildren = 128
)

// node is a leaf with items, or has children with the first item and the number of items below each.
type node struct {
	items    []item
	children []*node
	lows     []item
	sizes    []int
}

func newTree() *tree {
	return &tree{root: newLeaf(), rests: make(map[platform.UIN]string)}
}

// newLeaf makes room for all items at once: a slice that grows would end above its bound.
func newLeaf() *node { return &node{items: make([]item, 0, maxItems)} }

func (n *node) leaf() bool { return n.children == nil }

// length returns the number of items of a leaf, or of children.
func (n *node) length() int { return max(len(n.items), len(n.children)) }

func (n *node) full() bool {
	if n.leaf() {
		return len(n.items) == maxItems
	}
	return len(n.children) == maxChildren
}

// newItem returns the item of a score's key, whose last byte is not zero. Its rest, if it is long, must be in the tree before it is
// compared.
func newItem(key []byte, reachedMS int64, uin platform.UIN) (x item, rest string) {
	var head [headBytes]byte
	n := copy(head[:], key)
	x = item{mark{binary.BigEndian.Uint64(head[:]), uint64(reachedMS) << 1}, uin}
	if rest = string(key[n:]); rest != "" {
		x.at |= 1
	}
	return x, rest
}

// appendKey appends the key of an item's score.
func (t *tree) appendKey(b []byte, x *item) []byte {
	b = binary.BigEndian.AppendUint64(b, x.head)
	if !x.long() {
		return bytes.TrimRight(b, "\x00")
	}
	return append(b, t.rests[x.uin]...)
}

// best returns the n best of the items in order; the others are lost.
func (t *tree) best(items []item, n int) []item {
	if n > maxItems {
		slices.SortFunc(items, func(x, y item) int { return t.compare(&x, &y) })
		return items[:n]
	}
	for i, x := range items { // those before it are in order, the first n of them
		at := min(i, n)
		if at == n && (n == 0 || t.compare(&items[n-1], &x) < 0) {
			continue
		}
		if at == n {
			at-- // the last one goes
		}
		for ; at > 0 && t.compare(&x, &items[at-1]) < 0; at-- {
			items[at] = items[at-1]
		}
		items[at] = x
	}
	return items[:n]
}

// compare is negative if x ranks before y: by the greater score, then by the earlier time, then by the lower account number.
func (t *tree) compare(x, y *item) int {
	if x.head != y.head {
		return cmp.Compare(y.head, x.head)
	}
	if x.long() || y.long() {
		if by := cmp.Compare(t.rest(y), t.rest(x)); by != 0 {
			return by
		}
	}
	return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.uin, y.uin))
}

// rest returns what the key of an item's score has after its head.
func (t *tree) rest(x *item) string {
	if !x.long() {
		return ""
	}
	return t.rests[x.uin]
}

// search returns the number of items before x, and whether x is the next.
func (t *tree) search(items []item, x *item) (int, bool) {
	low, high := 0, len(items)
	for low < high {
		middle := int(uint(low+high) / 2)
		if t.compare(&items[middle], x) < 0 {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low, low < len(items) && t.compare(&items[low], x) == 0
}

// child returns the index of the child that x belongs to.
func (t *tree) child(n *node, x *item) int {
	i, found := t.search(n.lows, x)
	if found {
		return i
	}
	return max(i-1, 0)
}

// insert adds an item that the tree does not have.
func (t *tree) insert(x item) {
	if t.root.full() {
		t.root = &node{children: []*node{t.root}, lows: []item{t.root.low()}, sizes: []int{t.size}}
		t.root.split(0)
	}
	t.size++
	n := t.root
	for !n.leaf() {
		i := t.child(n, &x)
		if n.children[i].full() {
			n.split(i)
			i = t.child(n, &x)
		}
		if i == 0 && t.compare(&x, &n.lows[0]) < 0 {
			n.lows[0] = x
		}
		n.sizes[i]++
		n = n.children[i]
	}
	i, _ := t.search(n.items, &x)
	n.items = slices.Insert(n.items, i, x)
}

func (n *node) low() item {
	if n.leaf() {
		return n.items[0]
	}
	return n.lows[0]
}

// split divides child i, which is full, in two.
func (n *node) split(i int) {
	left, right, moved := n.children[i], &node{}, 0
	at := left.length() / 2
	if left.leaf() {
		right = newLeaf()
		right.items = append(right.items, left.items[at:]...)
		left.items, moved = left.items[:at], len(right.items)
	} else {
		right.children = append(right.children, left.children[at:]...)
		right.lows = append(right.lows, left.lows[at:]...)
		right.sizes = append(right.sizes, left.sizes[at:]...)
		clear(left.children[at:])
		left.children, left.lows, left.sizes = left.children[:at], left.lows[:at], left.sizes[:at]
		for _, size := range right.sizes {
			moved += size
		}
	}
	n.children = slices.Insert(n.children, i+1, right)
	n.lows = slices.Insert(n.lows, i+1, right.low())
	n.sizes = slices.Insert(n.sizes, i+1, moved)
	n.sizes[i] -= moved
}

// remove removes an item and reports whether the tree had it.
func (t *tree) remove(x item) bool {
	if !t.removeFrom(t.root, &x) {
		return false
	}
	t.size--
	for len(t.root.children) == 1 {
		t.root = t.root.children[0]
	}
	return true
}

func (t *tree) removeFrom(n *node, x *item) bool {
	if n.leaf() {
		i, found := t.search(n.items, x)
		if found {
			n.items = slices.Delete(n.items, i, i+1)
		}
		return found
	}
	i := t.child(n, x)
	if !t.removeFrom(n.children[i], x) {
		return false
	}
	n.sizes[i]--
	if n.children[i].length() == 0 {
		n.drop(i)
		return true
	}
	n.lows[i] = n.children[i].low() // x may have been it, and its rest goes
	if !n.join(i) && i > 0 {
		n.join(i - 1)
	}
	return true
}

// join moves what the child after i has to child i, and reports true, if both together are at most three quarters of a node, which
// leaves room for what comes.
func (n *node) join(i int) bool {
	if i+1 >= len(n.children) {
		return false
	}
	a, b := n.children[i], n.children[i+1]
	most := maxItems
	if !a.leaf() {
		most = maxChildren
	}
	if a.length()+b.length() > most*3/4 {
		return false
	}
	a.items = append(a.items, b.items...)
	a.children, a.lows, a.sizes = append(a.children, b.children...), append(a.lows, b.lows...), append(a.sizes, b.sizes...)
	n.sizes[i] += n.sizes[i+1]
	n.drop(i + 1)
	return true
}

func (n *node) drop(i int) {
	n.children, n.lows, n.sizes = slices.Delete(n.children, i, i+1), slices.Delete(n.lows, i, i+1), slices.Delete(n.sizes, i, i+1)
}

// rank returns the number of items before x, which need not be in the tree.
func (t *tree) rank(x item) int {
	n, before := t.root, 0
	for !n.leaf() {
		i := t.child(n, &x)
		for _, size := range n.sizes[:i] {
			before += size
		}
		n = n.children[i]
	}
	i, _ := t.search(n.items, &x)
	return before + i
}

// page appends at most limit items to list, from the one with skip items before it.
func (t *tree) page(list []item, skip, limit int) []item {
	if skip >= t.size || limit <= 0 {
		return list
	}
	return t.root.page(list, skip, len(list)+limit)
}

// page appends items from the one with skip items before it in n until the list has so many, or n ends.
func (n *node) page(list []item, skip, until int) []item {
	if n.leaf() {
		items := n.items[min(skip, len(n.items)):]
		return append(list, items[:min(len(items), until-len(list))]...)
	}
	for i, child := range n.children {
		if len(list) == until {
			break
		}
		if skip >= n.sizes[i] {
			skip -= n.sizes[i]
			continue
		}
		list, skip = child.page(list, skip, until), 0
	}
	return list
}
