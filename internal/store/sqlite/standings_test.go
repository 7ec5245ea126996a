package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/platform"
)

// TestStandingsAreReadTogether: those who wait at the same time each get their own answer, also from more than one query.
func TestStandingsAreReadTogether(t *testing.T) {
	s := openUntilEnd(t)
	const accounts = 50
	openid := func(i int) platform.OpenID { return platform.OpenID{0: byte(i), 15: byte(i)} }
	err := s.writer.write(t.Context(), func(t *tx) error {
		for i := range accounts {
			_, err := t.Exec("INSERT INTO accounts (uin, profile, state, class, password_hash, password_epoch, created_ms, signed_out_ms) VALUES (?, '{}', 0, 0, '', ?, 0, 0)", 10001+i, i+1)
			if err != nil {
				return err
			}
			id := openid(i)
			if _, err = t.Exec("INSERT INTO openids (appid, openid, uin, state, token_epoch, scopes, changed_ms) VALUES (?, ?, ?, 0, ?, 'login', 0)", 7+i%2, id[:], 10001+i, i+2); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range cap(s.lookups.turns) { // nobody reads
		s.lookups.turns <- struct{}{}
	}
	var all sync.WaitGroup
	ask := func(app platform.AppID, i int, want platform.Standing, wrong error) {
		all.Go(func() {
			got, err := s.Standing(t.Context(), app, openid(i))
			if diff := cmp.Diff(want, got); diff != "" || !errors.Is(err, wrong) {
				t.Errorf("%d at app %d: error %v, -want +got:\n%s", i, app, err, diff)
			}
		})
	}
	for i := range accounts {
		app, other := platform.AppID(7+i%2), platform.AppID(8-i%2)
		ask(app, i, platform.Standing{
			UIN: platform.UIN(10001 + i), PasswordEpoch: uint32(i + 1), TokenEpoch: uint32(i + 2), Scopes: platform.ScopesOf("login"),
		}, nil)
		ask(other, i, platform.Standing{}, platform.ErrNotFound)
	}
	impatient, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := s.Standing(impatient, 7, openid(0))
		left <- err
	}()
	for waiting := 0; waiting < 2*accounts+1; runtime.Gosched() {
		s.lookups.mu.Lock()
		waiting = len(s.lookups.waiting)
		s.lookups.mu.Unlock()
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left: got %v, want %v", err, context.Canceled)
	}
	for range cap(s.lookups.turns) {
		<-s.lookups.turns
	}
	all.Wait()
}

// TestAFailedReadFailsAllWhoWaitForIt and leaves nobody waiting.
func TestAFailedReadFailsAllWhoWaitForIt(t *testing.T) {
	s := openUntilEnd(t)
	if _, err := s.Standing(t.Context(), 7, platform.OpenID{}); !errors.Is(err, platform.ErrNotFound) {
		t.Fatal(err)
	}
	if err := s.readers.Close(); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if _, err := s.Standing(t.Context(), 7, platform.OpenID{}); err == nil || errors.Is(err, platform.ErrNotFound) {
				t.Error(fmt.Errorf("%d: %w", i, err))
			}
		})
	}
	all.Wait()
}
