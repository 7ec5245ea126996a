package storetest

import (
	"testing"

	"github.com/rookeryhq/rookery/internal/store"
)

var sessions = []test{
	{"sessions-end", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		one, two := [16]byte{1, 0xff}, [16]byte{2, 0xff}
		for range 2 { // ending it again changes nothing
			ok(t, s.EndSession(ctx, first, one, now+1, now))
		}
		same(t, result(s.SessionEnded(ctx, first, one))(t), true)
		same(t, result(s.SessionEnded(ctx, first, two))(t), false)
		same(t, result(s.SessionEnded(ctx, first+1, one))(t), false)
	}},
	{"sessions-are-forgotten-after-their-time", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		ended := func(n byte) bool { return result(s.SessionEnded(ctx, first, [16]byte{n}))(t) }
		for n := range byte(3) {
			ok(t, s.EndSession(ctx, first, [16]byte{n}, now+int64(n), now-1))
		}
		ok(t, s.EndSession(ctx, first, [16]byte{9}, now+100, now+1)) // the first two are over
		same(t, []bool{ended(0), ended(1), ended(2), ended(9)}, []bool{false, false, true, true})
		ok(t, s.EndSession(ctx, first, [16]byte{10}, now+100, now+2))
		same(t, []bool{ended(2), ended(9), ended(10)}, []bool{false, true, true})
	}},
}
