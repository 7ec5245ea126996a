package identity

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

func TestStandingsAreReadOnceAndAgainAfterADrop(t *testing.T) {
	reads := 0
	s := newStandings(64, 64, func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error) {
		reads++
		return platform.Standing{TokenEpoch: uint32(reads)}, nil
	})
	get := func() uint32 {
		st, err := s.get(t.Context(), 1, platform.OpenID{1})
		must(t, err)
		return st.TokenEpoch
	}
	if first, second := get(), get(); first != 1 || second != 1 {
		t.Errorf("got epochs %d and %d, want 1 and 1", first, second)
	}
	s.drop(2, platform.OpenID{1}) // another app's openid
	if got := get(); got != 1 {
		t.Errorf("after another's drop: got %d, want 1", got)
	}
	s.drop(1, platform.OpenID{1})
	if got := get(); got != 2 {
		t.Errorf("after its drop: got %d, want 2", got)
	}
}

func TestAReadThatADropOvertookIsNotKept(t *testing.T) {
	var s *standings
	epoch := uint32(1)
	s = newStandings(64, 64, func(_ context.Context, app platform.AppID, openid platform.OpenID) (platform.Standing, error) {
		read := platform.Standing{TokenEpoch: epoch}
		if epoch == 1 { // the change comes between this read and its keeping
			epoch = 2
			s.drop(app, openid)
		}
		return read, nil
	})
	for _, want := range []uint32{1, 2} {
		if st, err := s.get(t.Context(), 1, platform.OpenID{}); err != nil || st.TokenEpoch != want {
			t.Errorf("got epoch %d, %v; want %d", st.TokenEpoch, err, want)
		}
	}
}

func TestFailedReadsAreNotKept(t *testing.T) {
	failure := errors.New("no")
	s := newStandings(64, 64, func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error) {
		return platform.Standing{}, failure
	})
	for range 2 {
		if _, err := s.get(t.Context(), 1, platform.OpenID{}); !errors.Is(err, failure) {
			t.Errorf("got %v, want %v", err, failure)
		}
	}
}

// TestNoStaleStandingAfterAChange has a writer that raises an epoch and drops, beside readers: what a reader gets after a
// drop returned is never older than it.
func TestNoStaleStandingAfterAChange(t *testing.T) {
	var stored, acknowledged atomic.Uint32
	s := newStandings(8, 8, func(context.Context, platform.AppID, platform.OpenID) (platform.Standing, error) {
		return platform.Standing{TokenEpoch: stored.Load()}, nil
	})
	openid := platform.OpenID{7}
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				least := acknowledged.Load()
				if st, _ := s.get(context.Background(), 1, openid); st.TokenEpoch < least {
					t.Errorf("read epoch %d after %d was acknowledged", st.TokenEpoch, least)
					return
				}
			}
		})
	}
	for epoch := uint32(1); epoch <= 20_000; epoch++ {
		stored.Store(epoch)
		s.drop(1, openid)
		acknowledged.Store(epoch)
	}
	close(done)
	readers.Wait()
}

// TestAStandingIsReadWholeWhileOthersAreWritten has more openids share a bucket than it has slots, so that every one is
// driven out again and again: a standing is its own, all of it, or not there.
func TestAStandingIsReadWholeWhileOthersAreWritten(t *testing.T) {
	const openids = 6
	want := func(openid platform.OpenID) platform.Standing {
		n := uint32(openid[15])
		return platform.Standing{UIN: platform.UIN(n), PasswordEpoch: n, TokenEpoch: n, PayEpoch: n, EndedEpoch: n, EndedBy: platform.EndedBy(n),
			OpenIDState: platform.OpenIDState(n), AccountState: platform.AccountState(n), AccountClass: platform.AccountClass(n)}
	}
	s := newStandings(4, 4, func(_ context.Context, _ platform.AppID, openid platform.OpenID) (platform.Standing, error) {
		return want(openid), nil
	})
	var readers sync.WaitGroup
	for reader := range 4 {
		readers.Go(func() {
			for i := range 50_000 {
				openid := platform.OpenID{15: byte(1 + (i*(reader+1))%openids)}
				if got, err := s.get(context.Background(), 1, openid); err != nil || got != want(openid) {
					t.Errorf("openid %d: got %+v, %v", openid[15], got, err)
					return
				}
			}
		})
	}
	readers.Wait()
}

func TestTheTableGrowsWithWhatIsAskedFor(t *testing.T) {
	const most, openids = 1 << 10, 1 << 9
	reads := 0
	s := newStandings(16, most, func(_ context.Context, _ platform.AppID, openid platform.OpenID) (platform.Standing, error) {
		reads++
		return platform.Standing{UIN: platform.UIN(binary.BigEndian.Uint64(openid[:]))}, nil
	})
	ask := func() {
		for i := range uint64(openids) {
			var openid platform.OpenID
			binary.BigEndian.PutUint64(openid[:], i*0x9e3779b97f4a7c15) // spread as random ones are
			if st, err := s.get(t.Context(), 1, openid); err != nil || uint64(st.UIN) != binary.BigEndian.Uint64(openid[:]) {
				t.Fatalf("got %+v, %v", st, err)
			}
		}
	}
	for range 20 {
		ask()
	}
	if got := s.table.Load().slots(); got < openids || got > most {
		t.Errorf("the table has %d slots for %d openids, at most %d", got, openids, most)
	}
	before := reads
	ask()
	if again := reads - before; again > openids/4 {
		t.Errorf("%d of %d were read again from a table that has room for them", again, openids)
	}
}
