package groups

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/idip"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// TestACallHasTimeForItsAnswer: however little time a call has, it says which system was too slow, not that itself was.
func TestACallHasTimeForItsAnswer(t *testing.T) {
	f := newFixture(t)
	ann := f.player()
	f.game.set("3", "77", ann)
	own, err := f.qq.Create(t.Context(), platform.Group{Name: "Rooks", Owner: ann.uin, Game: true})
	must(t, err)
	call := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := oidb.Call(ctx, f.Bus, BindExisting, &wire.BindExistingGroupRequest{
			Appid: uint64(f.app.AppID), Openid: ann.openid[:], AccessToken: ann.token, Zone: "3", Guild: "77", Gc: uint64(own.GC),
		})
		return err
	}
	for _, commands := range [][]string{{"0xf02_2"}, {"0xf02_11"}, {"0xf02_11", "0xf02_12"}} { // the last cannot be undone in time
		for _, command := range commands {
			f.fail("bus.delay:" + command + "=20s")
		}
		wantInTime(t, fmt.Sprint(commands), call, retcode.GroupPlatformUnreachable)
		f.faults.Clear(0)
		f.settleLeft(t.Context())
		f.whole(fmt.Sprint(commands), "77", 0, ann, own.GC)
	}
	f.game.mu.Lock()
	f.game.hangs = true
	f.game.mu.Unlock()
	wantInTime(t, "a game that hangs", call, retcode.GroupIDIPFailed)
}

// wantInTime calls until the code is the wanted one: a busy machine may stop the test for longer than a call is given for its answer.
func wantInTime(t *testing.T, what string, call func() error, want retcode.Code) {
	t.Helper()
	err := call()
	for range 9 {
		if errors.Is(err, want) {
			break
		}
		err = call()
	}
	wantCode(t, what, err, want)
}

// TestAGameLeavesTimeForTheGroup: a game that takes all its time leaves enough for a step, undoing it and the answer.
func TestAGameLeavesTimeForTheGroup(t *testing.T) {
	if left := oidb.Deadline - idip.Deadline - undoing - answering; left < 300*time.Millisecond {
		t.Errorf("%v are left for the steps", left)
	}
}
