package postgres_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/postgres"
	"github.com/rookeryhq/rookery/internal/store/storetest"
	"github.com/rookeryhq/rookery/internal/store/tables"
	"github.com/rookeryhq/rookery/test/pg"
)

func TestMain(m *testing.M) { os.Exit(pg.Main(m)) }

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		// Without looks at the log, which may tell a change twice.
		s, err := postgres.OpenLooking(t.Context(), pg.Database(t)+"&pool_max_conns=8", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

// TestAttemptsCountAsInMemory compares the statement with limit.Keyed.
func TestAttemptsCountAsInMemory(t *testing.T) {
	t.Parallel()
	s, memory := open(t, pg.Database(t)), limit.NewKeyed()
	r := rand.New(rand.NewPCG(1, 2))
	at := time.UnixMilli(1_700_000_000_000)
	rates := []platform.Rate{{Count: 5, Per: 5 * time.Minute}, {Count: 1, Per: time.Second}, {Count: 30, Per: 2 * time.Minute}}
	for i := range 500 {
		key, rate := fmt.Sprint(r.IntN(3)), rates[r.IntN(len(rates))]
		switch r.IntN(10) {
		case 0:
			memory.GiveBack(key, rate)
			if err := s.GiveBackAttempt(t.Context(), key, rate); err != nil {
				t.Fatal(err)
			}
		case 1:
			memory.Clear(key)
			if err := s.ClearAttempts(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		default:
			want, _ := memory.Take(key, rate, at)
			got, err := s.TakeAttempt(t.Context(), key, rate, at)
			if err != nil || got != want {
				t.Fatalf("attempt %d has to wait %s, want %s: %v", i, got, want, err)
			}
		}
		at = at.Add(time.Duration(r.IntN(40)) * time.Second)
		if r.IntN(100) == 0 {
			at = at.Add(-time.Hour) // the clock is set back
		}
	}
}

func TestANonceIsSpentOnce(t *testing.T) {
	t.Parallel()
	s, nonce := open(t, pg.Database(t)), []byte("n-1")
	for i, try := range []struct {
		app     platform.AppID
		nowMS   int64
		sinceMS int64
		want    error
	}{
		{1, 100, 0, nil}, {1, 150, 50, platform.ErrSpent}, {2, 150, 50, nil}, {1, 200, 100, platform.ErrSpent}, {1, 201, 101, nil}, {1, 202, 102, platform.ErrSpent},
	} {
		if err := s.TakeNonce(t.Context(), try.app, nonce, try.nowMS, try.sinceMS); !errors.Is(err, try.want) {
			t.Errorf("try %d: got %v, want %v", i, err, try.want)
		}
	}
}

// TestAStepBeginsAgain when another one was in its way, and not when it failed otherwise.
func TestAStepBeginsAgain(t *testing.T) {
	t.Parallel()
	s := open(t, pg.Database(t))
	for code, want := range map[string]int{"40001": 3, "40P01": 3, "22012": 1} {
		tries := 0
		err := s.Step(t.Context(), func(c tables.Conn) ([]store.Change, error) {
			if tries++; tries < 3 {
				_, err := c.Exec("DO $$ BEGIN RAISE SQLSTATE '" + code + "'; END $$")
				return nil, err
			}
			return nil, nil
		})
		if tries != want || (err == nil) != (want == 3) {
			t.Errorf("after SQLSTATE %s: %d tries and %v, want %d", code, tries, err, want)
		}
	}
	err := s.Step(t.Context(), func(c tables.Conn) ([]store.Change, error) { panic("a bug") })
	if err == nil || !strings.Contains(err.Error(), "a bug") {
		t.Errorf("a step that panics: %v", err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	newer := pg.Database(t)
	exec(t, newer, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true); UPDATE compatibility SET least = 9998")
	for name, test := range map[string]struct{ address, want string }{
		"no address":                   {"nonsense://x", "the address cannot be read"},
		"no TLS":                       {"postgres://rookery@db.example/rookery", "add sslmode=verify-full"},
		"TLS without a check":          {"postgres://rookery@db.example/rookery?sslmode=require", "add sslmode=verify-full"},
		"no TLS at a second host":      {"postgres://rookery@127.0.0.1,db.example/rookery?sslmode=disable", "connections to db.example"},
		"nobody there":                 {"postgres://rookery@127.0.0.1:1/rookery?sslmode=disable", "127.0.0.1 cannot be reached"},
		"tables that are missing":      {pg.Empty(t), "the tables have version 0, and this rookery needs 1: run rookery migrate up"},
		"tables of a newer one":        {newer, "the tables have version 9999, which needs a rookery that knows 9998, and this one knows 1: run the newer rookery"},
		"a database that is not there": {strings.Replace(pg.Empty(t), "/test", "/other", 1), "the database refuses the connection"},
	} {
		s, err := postgres.Open(t.Context(), test.address)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

// TestVersionsWorkSideBySide: a gateway works on the tables of a newer version that only adds to them, and nobody copies what he does not know.
func TestVersionsWorkSideBySide(t *testing.T) {
	t.Parallel()
	address := pg.Database(t)
	exec(t, address, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (2, true)")
	exec(t, address, "ALTER TABLE accounts ADD COLUMN later BIGINT NOT NULL DEFAULT 7; CREATE TABLE later (one BIGINT)")
	s := open(t, address)
	if err := s.CreateAccount(t.Context(), &platform.Account{UIN: first}, 0); err != nil {
		t.Error(err)
	}
	if account, err := s.Account(t.Context(), first); err != nil || account.UIN != first {
		t.Errorf("the account is %+v, %v", account, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	conn, err := postgres.ConnectAlone(t.Context(), address)
	if err == nil {
		conn.Close(t.Context())
	}
	if err == nil || !strings.Contains(err.Error(), "the tables have version 2, and this rookery knows 1: run the newer rookery") {
		t.Errorf("who copies gets %v", err)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	address := pg.Empty(t)
	lacks, err := postgres.Migrations(t.Context(), address)
	if err != nil || len(lacks) != 1 || lacks[0].Applied {
		t.Fatalf("before: %+v, %v", lacks, err)
	}
	made, err := postgres.Migrate(t.Context(), address)
	if err != nil || len(made) != 1 || made[0].Version != 1 {
		t.Fatalf("got %+v, %v", made, err)
	}
	if again, err := postgres.Migrate(t.Context(), address); err != nil || len(again) != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
	if has, err := postgres.Migrations(t.Context(), address); err != nil || len(has) != 1 || !has[0].Applied {
		t.Errorf("afterwards: %+v, %v", has, err)
	}
	open(t, address)
}

// TestStepsDoNotWaitForEachOther: steps about the same things in another order. PostgreSQL would end one of two that wait for each other, but
// only after a second.
func TestStepsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	ctx, address := t.Context(), pg.Database(t)
	s, err := postgres.Open(ctx, address+"&pool_max_conns=8")
	if err != nil {
		t.Fatal(err)
	}
	value, err := platform.ParseDecimal("7")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for i := range 8 {
		order := func(n int) int { return n }
		if i%2 == 1 {
			order = func(n int) int { return 9 - n }
		}
		group.Go(func() {
			for range 20 {
				report := platform.AchievementReport{AppID: game, UIN: first, NowMS: now, Day: 19725}
				entries, uins, openids := make([]string, 10), make([]platform.UIN, 10), make([]platform.OpenID, 10)
				for n := range 10 {
					report.Items = append(report.Items, platform.Achievement{Type: 10 + order(n), Data: "7", Number: value, Overwrite: true})
					entries[n], uins[n] = fmt.Sprint(order(n)), first+platform.UIN(order(n))
					openids[n] = platform.OpenID{byte(i), byte(order(n) + 1)}
				}
				_, err1 := s.ReportAchievements(ctx, report)
				err2 := s.SeeEntries(ctx, game, first, entries, now)
				_, err3 := s.EnsureOpenIDs(ctx, game, uins, openids, now)
				err4 := s.Befriend(ctx, first+platform.UIN(order(0)), first+platform.UIN(order(9)), 9, now)
				if err := errors.Join(err1, err2, err3, err4); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if err := s.Close(); err != nil { // so that its connections count what happened to them
		t.Fatal(err)
	}
	exec(t, address, "DO $$ BEGIN ASSERT (SELECT deadlocks = 0 FROM pg_stat_database WHERE datname = current_database()); END $$")
}
