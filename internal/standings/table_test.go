package standings

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/rookeryhq/rookery/internal/platform"
)

type subject struct {
	app    platform.AppID
	openid platform.OpenID
}

// standingOf returns a standing in which every field follows from one number.
func standingOf(n uint32) platform.Standing {
	return platform.Standing{
		UIN: platform.UIN(n) << 20, PasswordEpoch: n, TokenEpoch: n + 1, PayEpoch: n + 2, EndedEpoch: n + 3, Scopes: platform.ScopeSet(n),
		EndedBy: platform.EndedBy(n % 3), OpenIDState: platform.OpenIDState(n % 2), AccountState: platform.AccountState(n % 5), AccountClass: platform.AccountClass(n % 5),
	}
}

// random returns the openid of a number, spread as openids are.
func random(n uint64) (openid platform.OpenID) {
	r := rand.New(rand.NewPCG(n, 1))
	binary.BigEndian.PutUint64(openid[:8], r.Uint64())
	binary.BigEndian.PutUint64(openid[8:], r.Uint64())
	return openid
}

// crowded returns an openid from few shards and homes, including the last of a shard, so that entries with one home push
// each other far away.
func crowded(n uint64) (openid platform.OpenID) {
	binary.BigEndian.PutUint64(openid[:8], n%3<<56|n)
	binary.BigEndian.PutUint64(openid[8:], -(n % 2))
	return openid
}

func get(t *testing.T, table *Table, s subject) platform.Standing {
	t.Helper()
	st, err := table.Get(t.Context(), s.app, s.openid)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// TestATableAnswersWhatTheStoreHas makes callers' operations in random order and compares the table with a map that stands
// for the store.
func TestATableAnswersWhatTheStoreHas(t *testing.T) {
	const openids, steps = 500, 20_000
	for name, openid := range map[string]func(uint64) platform.OpenID{"random": random, "crowded": crowded} {
		for _, most := range []int{10 * openids, openids / 2, 10, 0} {
			stored := make(map[subject]uint32)
			reads := 0
			table := New(most, nil, func(_ context.Context, app platform.AppID, openid platform.OpenID) (platform.Standing, error) {
				reads++
				return standingOf(stored[subject{app, openid}]), nil
			})
			kept := make(map[subject]bool) // if nothing is ever evicted
			r := rand.New(rand.NewPCG(1, 2))
			for step := range steps {
				s := subject{platform.AppID(1 + r.IntN(3)), openid(r.Uint64N(openids))}
				switch r.IntN(10) {
				case 0:
					stored[s]++
					table.Drop(s.app, s.openid)
					delete(kept, s)
				case 1:
					if r.IntN(200) == 0 {
						table.Forget()
						clear(kept)
					}
				default:
					before := reads
					if got, want := get(t, table, s), standingOf(stored[s]); got != want {
						t.Fatalf("%s, at most %d, step %d: got %+v, want %+v", name, most, step, got, want)
					}
					if most >= 3*openids && (reads == before) != kept[s] {
						t.Fatalf("%s, step %d: read: %t, kept before: %t", name, step, reads != before, kept[s])
					}
					kept[s] = true
				}
				if most >= 3*openids && table.Kept() != len(kept) || table.Kept() > most {
					t.Fatalf("%s, at most %d, step %d: %d kept, want %d", name, most, step, table.Kept(), len(kept))
				}
			}
			if table.Reads() != reads {
				t.Errorf("%d reads are counted, want %d", table.Reads(), reads)
			}
		}
	}
}

func TestAFullTableKeepsAsManyAsItMay(t *testing.T) {
	const most, openids = 5000, 20_000
	table := New(most, nil, func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error) {
		return standingOf(1), nil
	})
	for round := range 3 {
		for n := range uint64(openids) {
			get(t, table, subject{1, random(n)})
		}
		if table.Kept() != most {
			t.Errorf("round %d: %d kept, want %d", round, table.Kept(), most)
		}
	}
	found := 0
	for n := range uint64(openids) {
		k := newKey(random(n))
		if _, ok := table.shards[k.shard()].get(&table.apps, 1, k); ok {
			found++
		}
	}
	if found != most {
		t.Errorf("%d of %d can be found", found, most)
	}
}

// Reading ahead may fill the table with the first openids alone. The others must get into it all the same.
func TestAFullTableKeepsWhatIsUsed(t *testing.T) {
	const most, openids = 2000, 20_000
	w := newWorld(most, openids)
	if err := w.readAhead(); err != nil || w.table.Kept() != most {
		t.Fatalf("%d kept, %v", w.table.Kept(), err)
	}
	used := slices.Clone(w.subjects[most:]) // none of those that were read ahead
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(used), func(i, j int) { used[i], used[j] = used[j], used[i] })
	used = used[:most/4]
	for range 50 {
		for _, s := range used {
			get(t, w.table, s)
		}
	}
	before := w.table.Reads()
	for _, s := range used {
		get(t, w.table, s)
	}
	if reads := w.table.Reads() - before; reads > len(used)/10 || w.table.Kept() != most {
		t.Errorf("%d of %d had to be read again, %d kept", reads, len(used), w.table.Kept())
	}
}

// The room of standings that were driven out is used by those of other shards.
func TestAFullTableDoesNotGrow(t *testing.T) {
	const most, openids = 10_000, 40_000
	w := newWorld(most, openids)
	if err := w.readAhead(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 5 * openids / 2 {
		get(t, w.table, w.subjects[r.IntN(openids)])
		if n%most == 0 && w.table.Bytes() > 50*most {
			t.Errorf("%d standings cost %d bytes after %d checks", most, w.table.Bytes(), n)
		}
	}
}

func TestAStandingCostsAtMost48Bytes(t *testing.T) {
	table := New(1<<30, nil, func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error) {
		return standingOf(1), nil
	})
	for n := 1; n <= 100_000; n++ {
		get(t, table, subject{1, random(uint64(n))})
		if n < 10_000 || n%1000 != 0 {
			continue
		}
		size := table.Bytes() + int(unsafe.Sizeof(*table)) + len(table.shards)*int(unsafe.Sizeof(slots{}))
		if each := float64(size) / float64(n); each > 48 {
			t.Errorf("%d standings cost %.1f bytes each", n, each)
		}
	}
}

func TestAReadThatADropOvertookIsNotKept(t *testing.T) {
	var table *Table
	n := uint32(1)
	table = New(10, nil, func(_ context.Context, app platform.AppID, openid platform.OpenID) (platform.Standing, error) {
		read := standingOf(n)
		if n == 1 { // the change comes between this read and its storing
			n = 2
			table.Drop(app, openid)
		}
		return read, nil
	})
	for _, want := range []uint32{1, 2, 2} {
		if got := get(t, table, subject{app: 1}); got != standingOf(want) {
			t.Errorf("got %+v, want that of %d", got, want)
		}
	}
	if table.Reads() != 2 {
		t.Errorf("%d reads, want 2", table.Reads())
	}
}

func TestFailedReadsAreNotKept(t *testing.T) {
	failure := errors.New("no")
	table := New(10, nil, func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error) {
		return platform.Standing{}, failure
	})
	for range 2 {
		if _, err := table.Get(t.Context(), 1, platform.OpenID{}); !errors.Is(err, failure) {
			t.Errorf("got %v, want %v", err, failure)
		}
	}
	if table.Kept() != 0 {
		t.Errorf("%d kept", table.Kept())
	}
}

// A standing with more bits than a slot has is read each time, and returned whole.
func TestAStandingThatDoesNotFitIsReadEachTime(t *testing.T) {
	for _, c := range []struct {
		st   platform.Standing
		fits bool
	}{
		{platform.Standing{UIN: 1<<48 - 1}, true},
		{platform.Standing{UIN: 1 << 48}, false},
		{platform.Standing{PasswordEpoch: 1<<21 - 1, TokenEpoch: 1<<21 - 1, PayEpoch: 1<<21 - 1, EndedEpoch: 1<<21 - 1}, true},
		{platform.Standing{PasswordEpoch: 1 << 21}, false},
		{platform.Standing{TokenEpoch: 1 << 21}, false},
		{platform.Standing{PayEpoch: 1 << 21}, false},
		{platform.Standing{EndedEpoch: 1 << 21}, false},
		{platform.Standing{Scopes: 1<<27 - 1, EndedBy: 15, OpenIDState: 15, AccountState: 15, AccountClass: 15}, true},
		{platform.Standing{Scopes: 1 << 27}, false},
		{platform.Standing{AccountClass: 16}, false},
	} {
		table := New(10, nil, func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error) { return c.st, nil })
		for range 2 {
			if got := get(t, table, subject{1, random(1)}); got != c.st {
				t.Errorf("got %+v, want %+v", got, c.st)
			}
		}
		if fits := table.Reads() == 1; fits != c.fits {
			t.Errorf("%+v: kept: %t, want %t", c.st, fits, c.fits)
		}
	}
}

func TestAppsBeyondThoseThatHaveNumbersAreReadEachTime(t *testing.T) {
	table := New(1<<20, nil, func(_ context.Context, app platform.AppID, _ platform.OpenID) (platform.Standing, error) {
		return standingOf(uint32(app)), nil
	})
	for app := platform.AppID(1); app <= 65_537; app++ {
		for range 2 {
			if got := get(t, table, subject{app, random(uint64(app))}); got != standingOf(uint32(app)) {
				t.Fatalf("app %d: got %+v", app, got)
			}
		}
	}
	if table.Kept() != 65_535 || table.Reads() != 65_535+2*2 {
		t.Errorf("%d kept, %d reads", table.Kept(), table.Reads())
	}
}

// world is a store of standings that change.
type world struct {
	table    *Table
	subjects []subject
	stored   map[subject]*atomic.Uint32
	known    map[subject]*atomic.Uint32 // the number of the last change that has returned
}

func newWorld(most, openids int) *world {
	w := &world{stored: make(map[subject]*atomic.Uint32), known: make(map[subject]*atomic.Uint32)}
	for n := range openids {
		s := subject{platform.AppID(1 + n%3), random(uint64(n))}
		w.stored[s], w.known[s] = new(atomic.Uint32), new(atomic.Uint32)
	}
	w.subjects = slices.SortedFunc(maps.Keys(w.stored), func(a, b subject) int { return bytes.Compare(a.openid[:], b.openid[:]) })
	w.table = New(most, nil, func(_ context.Context, app platform.AppID, openid platform.OpenID) (platform.Standing, error) {
		return standingOf(w.stored[subject{app, openid}].Load()), nil
	})
	return w
}

// readAhead reads everything, in the order of openids and from two goroutines.
func (w *world) readAhead() error {
	return w.table.ReadAhead(len(w.subjects), func(keep func(platform.AppID, platform.OpenID, platform.Standing) bool) error {
		var group sync.WaitGroup
		for part := range 2 {
			group.Go(func() {
				for i := part; i < len(w.subjects); i += 2 {
					if s := w.subjects[i]; !keep(s.app, s.openid, standingOf(w.stored[s].Load())) {
						return
					}
				}
			})
		}
		group.Wait()
		return nil
	})
}

func (w *world) change(s subject) {
	n := w.stored[s].Add(1)
	w.table.Drop(s.app, s.openid)
	w.known[s].Store(n)
}

// TestNobodySeesAnOlderStandingAfterAChange runs readers together with changes, growth, evictions, reading ahead and
// forgetting: what readers get is whole, the openid's own, and never older than a change that had returned when they asked.
func TestNobodySeesAnOlderStandingAfterAChange(t *testing.T) {
	const openids, changes = 3000, 20_000
	for _, most := range []int{2 * openids, openids / 3} {
		w := newWorld(most, openids)
		done := make(chan struct{})
		var group sync.WaitGroup
		beside := func(do func(r *rand.Rand)) {
			group.Go(func() {
				r := rand.New(rand.NewPCG(rand.Uint64(), 0))
				for {
					select {
					case <-done:
						return
					default:
						do(r)
					}
				}
			})
		}
		busy := func(r *rand.Rand) subject { return w.subjects[r.IntN(1+r.IntN(openids))] }
		for range 3 {
			beside(func(r *rand.Rand) {
				s := busy(r)
				least := w.known[s].Load()
				got := get(t, w.table, s)
				if n := got.PasswordEpoch; n < least || got != standingOf(n) {
					t.Errorf("got %+v after change %d was known", got, least)
				}
			})
		}
		beside(func(*rand.Rand) {
			if err := w.readAhead(); err != nil {
				t.Error(err)
			}
			w.table.Forget() // so that it grows again
		})
		var writers sync.WaitGroup
		for part := range 2 {
			writers.Go(func() {
				r := rand.New(rand.NewPCG(uint64(part), 3))
				for range changes / 2 {
					s := busy(r)
					if int(s.openid[15])%2 == part { // one writer per openid
						w.change(s)
					}
				}
			})
		}
		writers.Wait()
		close(done)
		group.Wait()
		if kept := w.table.Kept(); kept > most {
			t.Errorf("%d kept, at most %d", kept, most)
		}
	}
}

func TestReadingAheadKeepsAll(t *testing.T) {
	const openids = 30_000
	w := newWorld(openids, openids)
	for range 2 { // the second time changes nothing
		if err := w.readAhead(); err != nil {
			t.Fatal(err)
		}
		if w.table.Kept() != openids {
			t.Fatalf("%d kept, want %d", w.table.Kept(), openids)
		}
	}
	for _, s := range w.subjects {
		get(t, w.table, s)
	}
	if w.table.Reads() != 0 {
		t.Errorf("%d were read", w.table.Reads())
	}
}

// A standing that changes while standings are read ahead is left out, however long before it was read.
func TestReadingAheadDoesNotKeepWhatChangedMeanwhile(t *testing.T) {
	w := newWorld(10, 2)
	changing, other := w.subjects[0], w.subjects[1]
	w.change(changing) // before
	err := w.table.ReadAhead(len(w.subjects), func(keep func(platform.AppID, platform.OpenID, platform.Standing) bool) error {
		read := standingOf(1)
		w.change(changing)
		get(t, w.table, other) // between them, another is stored
		w.table.Drop(other.app, platform.OpenID{})
		if !keep(changing.app, changing.openid, read) || !keep(other.app, other.openid, standingOf(0)) {
			t.Error("nothing more is to be read")
		}
		return nil
	})
	if err != nil || w.table.Kept() != 1 {
		t.Errorf("%d kept, %v; want 1", w.table.Kept(), err)
	}
	if got := get(t, w.table, changing); got != standingOf(2) {
		t.Errorf("got %+v, want that of the second change", got)
	}
	if err := w.readAhead(); err != nil || w.table.Kept() != 2 {
		t.Errorf("the next time: %d kept, %v; want 2", w.table.Kept(), err)
	}
}

func TestReadingAheadEnds(t *testing.T) {
	const openids = 3000
	w := newWorld(100, openids)
	if err := w.readAhead(); err != nil || w.table.Kept() != 100 {
		t.Errorf("at its bound: %d kept, %v", w.table.Kept(), err)
	}

	w = newWorld(openids, openids)
	failure := errors.New("no")
	err := w.table.ReadAhead(len(w.subjects), func(keep func(platform.AppID, platform.OpenID, platform.Standing) bool) error {
		for i, s := range w.subjects {
			if i == openids/2 {
				w.table.Forget()
			}
			if more := keep(s.app, s.openid, standingOf(0)); more != (i < openids/2) {
				t.Fatalf("after %d: more: %t", i, more)
			}
		}
		return failure
	})
	if !errors.Is(err, failure) || w.table.Kept() != 0 {
		t.Errorf("after Forget: %d kept, %v; want 0, %v", w.table.Kept(), err, failure)
	}
}

// Room for standings that turn out not to be there, such as those of grants that have ended, is given back.
func TestRoomThatReadingAheadDoesNotNeedIsGivenBack(t *testing.T) {
	ids := make([]platform.OpenID, 300_000)
	for n := range ids {
		ids[n] = random(uint64(n))
	}
	for _, expected := range []int{len(ids), 2 * len(ids)} {
		table := New(10*len(ids), nil, nil)
		err := table.ReadAhead(expected, func(keep func(platform.AppID, platform.OpenID, platform.Standing) bool) error {
			for _, id := range ids {
				keep(1, id, standingOf(1))
			}
			return nil
		})
		if each := float64(table.Bytes()) / float64(len(ids)); err != nil || table.Kept() != len(ids) || each > 48 {
			t.Errorf("%d expected: %d kept, %.1f bytes each, %v", expected, table.Kept(), each, err)
		}
		found := 0
		for _, id := range ids {
			k := newKey(id)
			if _, ok := table.shards[k.shard()].get(&table.apps, 1, k); ok {
				found++
			}
		}
		if found != len(ids) {
			t.Errorf("%d expected: %d of %d can be found", expected, found, len(ids))
		}
	}
}

func BenchmarkGet(b *testing.B) {
	for _, openids := range []int{10_000, 1_000_000, 10_000_000} {
		table := New(openids, nil, func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error) {
			return standingOf(1), nil
		})
		for n := range uint64(openids) {
			table.Get(b.Context(), 1, random(n))
		}
		b.Run("", func(b *testing.B) {
			for b.Loop() {
				table.Get(b.Context(), 1, random(rand.Uint64N(uint64(openids))))
			}
		})
		b.Run("openid", func(b *testing.B) {
			for b.Loop() {
				random(rand.Uint64N(uint64(openids)))
			}
		})
	}
}
