package identity

import (
	"context"
	"errors"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// TestPasswordsWaitInTurn: while nothing is hashed, so many wait and no more; who leaves makes room, and operators do not wait for people.
func TestPasswordsWaitInTurn(t *testing.T) {
	f := newFixture(t)
	f.people = newLane(1)
	f.people.slots <- struct{}{}
	at := func(n int) Origin { return Origin{Address: netip.AddrFrom4([4]byte{192, 0, 2, byte(n)})} }
	impatient, leave := context.WithCancel(t.Context())
	outcomes := make(chan error)
	ask := func(ctx context.Context, n int, password string) {
		who := []*platform.Account{f.ann, f.ben}[n%2] // each has its own bound on attempts
		go func() {
			_, err := f.LogIn(ctx, who.UIN, password, at(n))
			outcomes <- err
		}()
	}
	for n := range 31 {
		ask(t.Context(), n, password)
	}
	ask(impatient, 31, "a guess")
	for len(f.people.waiting) < 32 {
		runtime.Gosched()
	}
	waits, cancelWaits := context.WithTimeout(t.Context(), time.Minute) // of what should not wait
	defer cancelWaits()
	for range 100 { // none of which counts as failed
		_, err := f.LogIn(waits, f.ben.UIN, password, at(99))
		if busy, is := errors.AsType[*Busy](err); !is || busy.Wait != 2*time.Second {
			t.Fatalf("one more: got %v", err)
		}
	}
	leave()
	if err := <-outcomes; !errors.Is(err, context.Canceled) {
		t.Errorf("who left: got %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.LogIn(gone, f.ben.UIN, password, at(98)); !errors.Is(err, context.Canceled) {
		t.Errorf("who had left before: got %v", err)
	}
	if err := newLane(1).do(gone, func() { t.Error("a password is hashed for somebody who left") }); !errors.Is(err, context.Canceled) {
		t.Errorf("who had left before, with room: got %v", err)
	}
	cold := f.account("Cold")
	if _, err := f.SetPassword(waits, cold.UIN, "a password of hers"); err != nil {
		t.Errorf("an operator: %v", err)
	}
	<-f.people.slots
	for range 31 {
		if err := <-outcomes; err != nil {
			t.Errorf("who waited: %v", err)
		}
	}
	if _, err := f.LogIn(t.Context(), cold.UIN, "a password of hers", at(99)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
