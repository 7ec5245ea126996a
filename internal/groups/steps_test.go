package groups

import (
	"errors"
	"fmt"
	"testing"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/retcode"
)

// TestFinalRefusals: only these say that a step was not done and never will be. After any other, unknown ones too, it is undone.
func TestFinalRefusals(t *testing.T) {
	last := map[retcode.Code]bool{
		retcode.OIDBFieldOutOfRange: true, retcode.GroupCreateRefused: true, retcode.GroupOwnedLimitReached: true,
		retcode.GroupCreateRateExceeded: true, retcode.GroupNotOwner: true, retcode.GroupBoundToOtherGuild: true,
	}
	checked := 0
	for entry := range retcode.Entries() {
		for number := entry.Low; number <= entry.High; number++ {
			code, known := retcode.Lookup(entry.Domain, number)
			if !known {
				t.Fatalf("%v %d is no code", entry.Domain, number)
			}
			failure := &oidb.Failure{Command: &qqgroups.DisbandGroup.Declaration, Code: code}
			if got := final(fmt.Errorf("as a step: %w", failure)); got != last[code] {
				t.Errorf("%v: final %t", code, got)
			}
			checked++
		}
	}
	if checked < 200 {
		t.Errorf("%d codes were looked at", checked)
	}
	garbled := &oidb.Failure{Command: &qqgroups.DisbandGroup.Declaration, Code: retcode.OIDBFieldOutOfRange, Cause: oidb.ErrGarbled}
	if final(garbled) || final(errors.New("no failure of a command")) || final(nil) {
		t.Error("what is no refusal is final")
	}
}

// TestARefusalThatMayPass: the bus refuses a creation. Since that need not be the last word, the binding stays under way until it
// can be undone.
func TestARefusalThatMayPass(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	f.game.set("3", "77", ann)
	off := f.fail("backend.answer:0xf02_1=150")
	_, err := ann.create("3", "77")
	wantCode(t, "create", err, retcode.GroupCreateRefused)
	if n := f.underWay(); n != 1 {
		t.Errorf("%d bindings are under way, want 1", n)
	}
	off()
	f.settleLeft(t.Context())
	f.whole("after Run", "77", 0, ann)
}
