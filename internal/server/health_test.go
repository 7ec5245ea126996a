package server

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rookeryhq/rookery/internal/limit"
)

// TestProbe: one question at a time, whose answer holds for a second; a question without an answer holds nobody up.
func TestProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := errors.New("the disk is full")
		var (
			asked  int
			answer error
			hangs  chan struct{}
		)
		p := &probe{ask: func(context.Context) error {
			asked++
			if hangs != nil {
				<-hangs
			}
			<-time.After(100 * time.Millisecond)
			return answer
		}}
		expect := func(err, want error, questions int) {
			t.Helper()
			synctest.Wait()
			if !errors.Is(err, want) || (err == nil) != (want == nil) || asked != questions {
				t.Errorf("got %v after %d questions, want %v after %d", err, asked, want, questions)
			}
		}
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				if err := p.check(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		expect(nil, nil, 1)
		answer = bad
		expect(p.check(t.Context()), nil, 1)
		<-time.After(time.Second)
		expect(p.check(t.Context()), bad, 2)
		expect(p.check(t.Context()), bad, 2)

		<-time.After(time.Second)
		hangs, answer = make(chan struct{}), nil
		begin := time.Now()
		expect(p.check(t.Context()), errNoAnswer, 3)
		expect(p.check(t.Context()), errNoAnswer, 3)
		if took := time.Since(begin); took != 4*time.Second {
			t.Errorf("two callers waited %s", took)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		expect(p.check(gone), context.Canceled, 3)
		close(hangs)
		expect(p.check(t.Context()), nil, 3)
	})
}

// TestSpareConnections: above the bounds some are admitted for health, and the oldest of those gives way to the next. They take no
// place of others.
func TestSpareConnections(t *testing.T) {
	s := newConnections(bounds{most: 2, each: 1, spare: 2})
	open := func(address string) *counted {
		at := netip.MustParseAddr(address)
		c := &counted{TCPConn: new(net.TCPConn), among: s, address: at, customer: limit.Customer(at)}
		if !s.admit(c) {
			t.Fatalf("a connection from %s is refused", address)
		}
		return c
	}
	usual := open("192.0.2.1")
	sameAddress, another := open("192.0.2.1"), open("192.0.2.2")
	aboveAll := open("192.0.2.3")
	for name, test := range map[string]struct {
		of    *counted
		spare bool
	}{"the first": {usual, false}, "a second of its address": {sameAddress, true}, "another's": {another, false}, "one above all": {aboveAll, true}} {
		if test.of.spare != test.spare {
			t.Errorf("%s is for health alone: %t", name, test.of.spare)
		}
	}
	if s.count() != 2 {
		t.Errorf("%d connections are open, want 2", s.count())
	}
	open("192.0.2.4")
	if len(s.spares) != 2 || s.spares[0] != aboveAll {
		t.Error("the oldest did not give way")
	}
	s.remove(aboveAll)
	s.remove(aboveAll)
	s.remove(usual)
	if len(s.spares) != 1 || s.count() != 1 || open("192.0.2.1").spare {
		t.Error("a connection that has ended still counts")
	}
}
