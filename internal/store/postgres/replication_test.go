package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/postgres"
	"github.com/rookeryhq/rookery/internal/store/tables"
	"github.com/rookeryhq/rookery/test/pg"
)

// TestWhatNoStandbyHasIsNotAcknowledged: a commit whose synchronous standby does not answer in time has failed for its caller, although
// PostgreSQL says that it succeeded. Once a standby answers, commits on the same connections succeed again.
func TestWhatNoStandbyHasIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	address := pg.Own(t, "fsync=off").Address("postgres")
	if _, err := postgres.Migrate(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	s, uin := open(t, address), platform.UIN(10000)
	create := func() error {
		uin++
		return s.CreateAccount(t.Context(), &platform.Account{UIN: uin}, 0)
	}
	if err := errors.Join(create(), s.Befriend(t.Context(), 7, 8, 9, now)); err != nil {
		t.Fatal(err)
	}
	exec(t, address, "ALTER SYSTEM SET synchronous_standby_names = 'absent'")
	exec(t, address, "SELECT pg_reload_conf()")
	until(t, "a commit fails", func() bool { return create() != nil })
	var group sync.WaitGroup
	for what, do := range map[string]func(context.Context) error{
		"a step of one statement": func(ctx context.Context) error { return s.SetRemark(ctx, 7, 8, "鸦") },
		"a nonce":                 func(ctx context.Context) error { return s.TakeNonce(ctx, game, []byte("n"), now, now) },
		"a turn":                  func(ctx context.Context) error { _, err := s.Turn(ctx, "g"); return err },
		"an attempt": func(ctx context.Context) error {
			_, err := s.TakeAttempt(ctx, "k", platform.Rate{Count: 1, Per: time.Minute}, time.UnixMilli(now))
			return err
		},
	} {
		group.Go(func() {
			if do(t.Context()) == nil {
				t.Errorf("%s is acknowledged", what)
			}
		})
	}
	group.Wait()
	if _, err := s.Account(t.Context(), uin); err != nil {
		t.Errorf("the account was not made: %v; then this test shows nothing", err)
	}
	// Nor is it when it is repeated, and others read that it is there.
	message := platform.Message{UIN: first, From: first + 1, AppID: game, Request: "r", SentMS: now}
	if _, _, err := s.StoreMessage(t.Context(), message, nil); err == nil {
		t.Error("a message is acknowledged")
	}
	if _, again, err := s.StoreMessage(t.Context(), message, nil); err == nil {
		t.Errorf("a message that is stored again is acknowledged: %t", again)
	}
	if _, err := s.MessageOfRequest(t.Context(), game, first+1, "r", 0); err == nil || errors.Is(err, platform.ErrNotFound) {
		t.Errorf("the message of a request: %v", err)
	}
	exec(t, address, "ALTER SYSTEM RESET synchronous_standby_names")
	exec(t, address, "SELECT pg_reload_conf()")
	until(t, "a commit succeeds", func() bool { return create() == nil })
	for range 20 { // on whichever connection
		if err := create(); err != nil {
			t.Error(err)
		}
	}
}

// TestAGatewayThatIsBehindAsksWhetherItReadsFromThePrimary: until a standby confirms it, it knows nothing, and hears nothing.
func TestAGatewayThatIsBehindAsksWhetherItReadsFromThePrimary(t *testing.T) {
	t.Parallel()
	address := pg.Own(t, "fsync=off").Address("postgres")
	if _, err := postgres.Migrate(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.OpenLooking(t.Context(), address, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	openid := platform.OpenID{15: 1}
	if err := s.CreateAccount(t.Context(), &platform.Account{UIN: first}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := s.EnsureOpenID(t.Context(), game, first, openid, now); err != nil {
		t.Fatal(err)
	}
	standing := func() error {
		got, err := s.Standing(t.Context(), game, openid)
		if err == nil && got.UIN != first {
			t.Errorf("the standing is of %d, want %d", got.UIN, first)
		}
		return err
	}
	exec(t, address, "ALTER SYSTEM SET synchronous_standby_names = 'absent'")
	exec(t, address, "SELECT pg_reload_conf()")
	until(t, "a commit fails", func() bool { return s.Ping(t.Context()) != nil })

	s.HeardAgo(-time.Hour)
	if err := standing(); err != nil {
		t.Errorf("a gateway that has heard of changes: %v", err)
	}
	if err := s.Look(t.Context()); err != nil {
		t.Errorf("its look at the log: %v", err)
	}
	s.HeardAgo(2 * time.Second)
	if err := standing(); err == nil {
		t.Error("without a standby a gateway that is behind knows of a standing")
	}
	if err := s.Look(t.Context()); err == nil {
		t.Error("without a standby a gateway that is behind hears of changes")
	}
	s.HeardAgo(-time.Hour)
	if err := s.Look(t.Context()); err == nil { // after a look that failed
		t.Error("without a standby a gateway whose last look failed hears of changes")
	}

	exec(t, address, "ALTER SYSTEM RESET synchronous_standby_names")
	exec(t, address, "SELECT pg_reload_conf()")
	until(t, "a commit succeeds", func() bool { return s.Ping(t.Context()) == nil })
	s.HeardAgo(2 * time.Second)
	if err := errors.Join(standing(), s.Look(t.Context())); err != nil {
		t.Errorf("with a standby: %v", err)
	}
	if _, err := s.Standing(t.Context(), game, platform.OpenID{15: 2}); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("of an openid that nobody has: %v", err)
	}
}

// TestAServerThatWasThePrimaryIsLeft: once a gateway has a connection to the server that was promoted, it reads nothing from the other one,
// which may still be written, and makes no connection to it.
func TestAServerThatWasThePrimaryIsLeft(t *testing.T) {
	t.Parallel()
	before := pg.Own(t, "fsync=off")
	if _, err := postgres.Migrate(t.Context(), before.Address("postgres")); err != nil {
		t.Fatal(err)
	}
	after := before.Promoted(t, "fsync=off")
	exec(t, after.Address("postgres"), "CREATE TABLE promoted ()")
	s, err := postgres.OpenLooking(t.Context(), fmt.Sprintf("postgres://rookery@127.0.0.1:%d,127.0.0.1:%d/postgres?sslmode=disable&pool_max_conns=8", before.Port, after.Port), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	// at counts steps by the server that they read from, so many at the same time.
	at := func(steps int) (old, promoted int) {
		var (
			all, arrived sync.WaitGroup
			mu           sync.Mutex
		)
		arrived.Add(steps)
		for range steps {
			all.Go(func() {
				arrive := sync.OnceFunc(arrived.Done)
				defer arrive() // also if the step does not begin
				err := s.Step(t.Context(), func(c tables.Conn) (_ []store.Change, err error) {
					var is bool
					err = c.QueryRow("SELECT to_regclass('promoted') IS NOT NULL").Scan(&is)
					arrive()
					arrived.Wait()
					mu.Lock()
					defer mu.Unlock()
					if is {
						promoted++
					} else {
						old++
					}
					return nil, err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		return old, promoted
	}
	if old, promoted := at(3); old != 3 || promoted != 0 {
		t.Fatalf("%d steps at the first server, %d at the other", old, promoted)
	}
	exec(t, before.Address("postgres"), "ALTER SYSTEM SET default_transaction_read_only = on") // new connections are to the other
	exec(t, before.Address("postgres"), "SELECT pg_reload_conf()")
	until(t, "a connection to the other server", func() bool { _, promoted := at(4); return promoted > 0 })
	exec(t, before.Address("postgres"), "ALTER SYSTEM RESET default_transaction_read_only")
	exec(t, before.Address("postgres"), "SELECT pg_reload_conf()")
	if old, promoted := at(8); old != 0 || promoted != 8 {
		t.Errorf("once it is known, %d steps are at the server that was the primary before, and %d at the one that is", old, promoted)
	}
}

// TestASilentServerDelaysNoStart: another one can be written.
func TestASilentServerDelaysNoStart(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	s, err := postgres.Open(t.Context(), strings.Replace(pg.Database(t), "@", "@"+silent.Addr().String()+",", 1))
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}
