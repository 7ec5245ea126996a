package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/postgres"
	"github.com/rookeryhq/rookery/internal/store/tables"
	"github.com/rookeryhq/rookery/test/pg"
)

// a step, as a caller of WriteGrouped makes it.
type step = func(tables.Conn) ([]store.Change, error)

// hold lets no group begin until it is let go.
func hold(t *testing.T, s *postgres.Store) (letGo func()) {
	t.Helper()
	var (
		held    sync.WaitGroup
		end     = make(chan struct{})
		entered = make(chan struct{})
	)
	for range postgres.GroupTurns {
		held.Go(func() {
			err := s.GroupedStep(context.Background(), func(tables.Conn) ([]store.Change, error) {
				entered <- struct{}{}
				<-end
				return nil, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-entered
	}
	letGo = sync.OnceFunc(func() { close(end); held.Wait() })
	t.Cleanup(letGo)
	return letGo
}

// together makes steps that arrive at the same time, and returns how each of them ended.
func together(t *testing.T, s *postgres.Store, steps ...step) []error {
	t.Helper()
	letGo := hold(t, s)
	var (
		all  sync.WaitGroup
		errs = make([]error, len(steps))
	)
	for i, do := range steps {
		all.Go(func() { errs[i] = s.GroupedStep(t.Context(), do) })
		until(t, "a step waits", func() bool { return s.WaitingSteps() == i+1 })
	}
	letGo()
	all.Wait()
	return errs
}

// inserts is a step that writes a row for an account, and notes its transaction.
func inserts(uin platform.UIN, transaction *string) step {
	return func(c tables.Conn) ([]store.Change, error) {
		err := c.Last(nil, "INSERT INTO recent_games (uin, appid, played_ms) VALUES (?, 1, 5) RETURNING pg_current_xact_id()::text", int64(uin)).Scan(transaction)
		return nil, err
	}
}

func connect(t *testing.T, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// rowsOf returns the accounts whose rows were written.
func rowsOf(t *testing.T, address string) []platform.UIN {
	t.Helper()
	return rowsBy(t, connect(t, address))
}

func rowsBy(t *testing.T, conn *pgx.Conn) (uins []platform.UIN) {
	t.Helper()
	rows, err := conn.Query(t.Context(), "SELECT uin FROM recent_games ORDER BY uin")
	if err == nil {
		uins, err = pgx.CollectRows(rows, pgx.RowTo[platform.UIN])
	}
	if err != nil {
		t.Fatal(err)
	}
	return uins
}

// TestStepsShareATransaction: those that arrive while others are under way, whatever each of them does.
func TestStepsShareATransaction(t *testing.T) {
	t.Parallel()
	address := pg.Database(t)
	s := open(t, address)
	in := make([]string, 3)
	var rounds int
	errs := together(t, s,
		inserts(1, &in[0]),
		inserts(2, &in[1]),
		func(c tables.Conn) ([]store.Change, error) { // more round trips
			if err := c.Lock(7, 8); err != nil {
				return nil, err
			}
			for range 3 {
				if err := c.QueryRow("SELECT 1").Scan(&rounds); err != nil {
					return nil, err
				}
			}
			if err := c.Later("INSERT INTO recent_games (uin, appid, played_ms) VALUES (3, 1, 5)"); err != nil {
				return nil, err
			}
			return nil, c.QueryRow("SELECT pg_current_xact_id()::text").Scan(&in[2])
		},
		func(c tables.Conn) ([]store.Change, error) { // a refusal, which undoes nothing
			var one int
			return nil, c.QueryRow("SELECT 1 WHERE false").Scan(&one)
		},
		func(tables.Conn) ([]store.Change, error) { return nil, nil },
	)
	if diff := cmp.Diff([]error{nil, nil, nil, sql.ErrNoRows, nil}, errs, cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) || errors.Is(b, a) })); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if in[0] == "" || in[1] != in[0] || in[2] != in[0] {
		t.Errorf("the steps are in the transactions %q, want one", in)
	}
	if got := rowsOf(t, address); !slices.Equal(got, []platform.UIN{1, 2, 3}) {
		t.Errorf("stored are %d, want 1, 2 and 3", got)
	}
}

// TestAStepOfAGroupHasItsOwnOutcome: whatever happens to one, the others are made once.
func TestAStepOfAGroupHasItsOwnOutcome(t *testing.T) {
	t.Parallel()
	errRefused := errors.New("refused")
	const (
		insert       = "INSERT INTO recent_games (uin, appid, played_ms) VALUES (1, 1, 5)"
		insertLocked = "INSERT INTO recent_games (uin, appid, played_ms) SELECT 1, 1, 5 WHERE EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid())"
	)
	for name, test := range map[string]struct {
		do   step
		want string // of its error; "" for none
		rows []platform.UIN
	}{
		"it fails after it wrote": {func(c tables.Conn) ([]store.Change, error) {
			if _, err := c.Exec(insert); err != nil {
				return nil, err
			}
			return nil, errRefused
		}, "refused", []platform.UIN{2, 3}},
		"it fails before it writes what waits": {func(c tables.Conn) ([]store.Change, error) {
			if err := c.Later(insert); err != nil {
				return nil, err
			}
			return nil, errRefused
		}, "refused", []platform.UIN{2, 3}},
		"it writes what is there": {func(c tables.Conn) ([]store.Change, error) {
			if err := c.Later(insert); err != nil {
				return nil, err
			}
			return nil, c.Later(insert)
		}, platform.ErrExists.Error(), []platform.UIN{2, 3}},
		"its statement is refused": {func(c tables.Conn) ([]store.Change, error) {
			_, err := c.Exec("SELECT 1/0")
			return nil, err
		}, "division by zero", []platform.UIN{2, 3}},
		"its last statement is refused": {func(c tables.Conn) ([]store.Change, error) {
			var one int
			return nil, c.Last(nil, "SELECT 1/0").Scan(&one)
		}, "division by zero", []platform.UIN{2, 3}},
		"it panics": {func(c tables.Conn) ([]store.Change, error) {
			if _, err := c.Exec(insert); err != nil {
				return nil, err
			}
			panic("a bug")
		}, "a bug", []platform.UIN{2, 3}},
		"it goes on after its last statement": {func(c tables.Conn) ([]store.Change, error) {
			var one int
			if err := c.Last(nil, insert+" RETURNING 1").Scan(&one); err != nil {
				return nil, err
			}
			return nil, c.Later("DELETE FROM recent_games")
		}, "a statement after the last one", []platform.UIN{1, 2, 3}},
		"it locks late": {func(c tables.Conn) ([]store.Change, error) {
			if _, err := c.Exec("SELECT 1"); err != nil {
				return nil, err
			}
			if err := c.Lock(7); err != nil {
				return nil, err
			}
			return nil, c.Later(insertLocked)
		}, "", []platform.UIN{1, 2, 3}},
		"it locks after what waits": {func(c tables.Conn) ([]store.Change, error) {
			if err := c.Later("SELECT 1"); err != nil {
				return nil, err
			}
			if err := c.Lock(7); err != nil {
				return nil, err
			}
			return nil, c.Later(insertLocked)
		}, "", []platform.UIN{1, 2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := pg.Database(t)
			var in [2]string
			errs := together(t, open(t, address), inserts(2, &in[0]), test.do, inserts(3, &in[1]))
			if errs[0] != nil || errs[2] != nil {
				t.Errorf("the others end with %v and %v", errs[0], errs[2])
			}
			if err := errs[1]; (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("it ends with %v, want %q", err, test.want)
			}
			if got := rowsOf(t, address); !slices.Equal(got, test.rows) {
				t.Errorf("stored are %d, want %d", got, test.rows)
			}
		})
	}
}

// TestStepsWithAKeyAreOneAfterTheOther in a group, in several, and alone.
func TestStepsWithAKeyAreOneAfterTheOther(t *testing.T) {
	t.Parallel()
	address := pg.Database(t)
	exec(t, address, "INSERT INTO recent_games (uin, appid, played_ms) VALUES (1, 1, 0)")
	s := open(t, address)
	counts := func(own int64) step {
		return func(c tables.Conn) ([]store.Change, error) {
			if err := c.Lock(7, own); err != nil {
				return nil, err
			}
			var n int64
			if err := c.QueryRow("SELECT played_ms FROM recent_games").Scan(&n); err != nil {
				return nil, err
			}
			return nil, c.Later("UPDATE recent_games SET played_ms = ?", n+1)
		}
	}
	other := func(c tables.Conn) ([]store.Change, error) { return nil, c.Later("SELECT 1") }
	if err := errors.Join(together(t, s, counts(100), other, counts(101), counts(102))...); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range int64(8) {
		all.Go(func() {
			for range 20 {
				if err := errors.Join(s.GroupedStep(t.Context(), counts(100+i)), s.Step(t.Context(), counts(200+i)), s.GroupedStep(t.Context(), other)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	exec(t, address, "DO $$ BEGIN ASSERT (SELECT played_ms = 3 + 8 * 40 FROM recent_games), (SELECT played_ms FROM recent_games); END $$")
}

// TestAGroupDoesNotWaitLong for what somebody else holds: its other steps are made meanwhile.
func TestAGroupDoesNotWaitLong(t *testing.T) {
	t.Parallel()
	address := pg.Database(t)
	exec(t, address, "INSERT INTO recent_games (uin, appid, played_ms) VALUES (1, 1, 0)")
	other, reader := connect(t, address), connect(t, address)
	if _, err := other.Exec(t.Context(), "BEGIN; UPDATE recent_games SET played_ms = 1 WHERE uin = 1"); err != nil {
		t.Fatal(err)
	}
	s := open(t, address)
	var (
		ended atomic.Bool
		codes []string // of the errors of the step in whose way it is
	)
	another := func(uin platform.UIN) step {
		return func(c tables.Conn) ([]store.Change, error) {
			var transaction string
			return inserts(uin, &transaction)(c)
		}
	}
	letGo := hold(t, s)
	var all sync.WaitGroup
	for i, do := range []step{another(2), func(c tables.Conn) ([]store.Change, error) {
		_, err := c.Exec("UPDATE recent_games SET played_ms = played_ms + 1 WHERE uin = 1")
		var refused *pgconn.PgError
		if errors.As(err, &refused) {
			codes = append(codes, refused.Code)
		}
		return nil, err
	}, another(3)} {
		all.Go(func() {
			if err := s.GroupedStep(t.Context(), do); err != nil {
				t.Errorf("step %d: %v", i, err)
			}
			if i == 1 {
				ended.Store(true)
			}
		})
		until(t, "a step waits", func() bool { return s.WaitingSteps() == i+1 })
	}
	letGo()
	until(t, "the other steps are made", func() bool { return slices.Equal(rowsBy(t, reader), []platform.UIN{1, 2, 3}) })
	if ended.Load() {
		t.Error("a step did not wait for the row that it changes")
	}
	if _, err := other.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if want := []string{"55P03"}; !slices.Equal(codes, want) { // lock_not_available: not after the time of a statement
		t.Errorf("it failed with %q, want %q", codes, want)
	}
	exec(t, address, "DO $$ BEGIN ASSERT (SELECT played_ms = 2 FROM recent_games WHERE uin = 1); END $$")
}

// TestAGroupIsBounded: so are the locks that it holds.
func TestAGroupIsBounded(t *testing.T) {
	t.Parallel()
	s := open(t, pg.Database(t))
	in, steps := make([]string, 150), make([]step, 150)
	for i := range steps {
		steps[i] = inserts(platform.UIN(i), &in[i])
	}
	if err := errors.Join(together(t, s, steps...)...); err != nil {
		t.Fatal(err)
	}
	of := make(map[string]int)
	for _, transaction := range in {
		of[transaction]++
	}
	if most := slices.Max(slices.Collect(maps.Values(of))); most != 64 {
		t.Errorf("the largest of %d transactions has %d steps, want 64", len(of), most)
	}
}

// TestACallerLeavesTheQueue: a step whose caller has left before it was under way is not made.
func TestACallerLeavesTheQueue(t *testing.T) {
	t.Parallel()
	address := pg.Database(t)
	s := open(t, address)
	letGo := hold(t, s)
	ctx, leave := context.WithCancel(t.Context())
	var transaction string
	left := make(chan error)
	go func() { left <- s.GroupedStep(ctx, inserts(1, &transaction)) }()
	until(t, "the step waits", func() bool { return s.WaitingSteps() == 1 })
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the caller left", err)
	}
	letGo()
	if err := s.GroupedStep(ctx, inserts(2, &transaction)); !errors.Is(err, context.Canceled) {
		t.Errorf("of a caller who had left before: %v", err)
	}
	if err := s.GroupedStep(t.Context(), inserts(3, &transaction)); err != nil {
		t.Error(err)
	}
	if got := rowsOf(t, address); !slices.Equal(got, []platform.UIN{3}) {
		t.Errorf("stored are %d, want 3", got)
	}
}

// TestTheLeadDoesNotWaitForGroups, which may be busy for longer than it lasts.
func TestTheLeadDoesNotWaitForGroups(t *testing.T) {
	t.Parallel()
	address := pg.Database(t)
	leads, s := open(t, address), open(t, address)
	hold(t, s)
	if err := leads.Close(); err != nil {
		t.Fatal(err)
	}
	led := make(chan struct{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go s.Lead(ctx, func(context.Context) { close(led); stop() })
	until(t, "another gateway leads", func() bool {
		select {
		case <-led:
			return true
		default:
			return false
		}
	})
}

// TestAGroupThatPanicsIsNotAcknowledged, and ends its turn: the next steps are made.
func TestAGroupThatPanicsIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	s := open(t, pg.Database(t))
	var broken atomic.Bool
	s.OnChange(func(c store.Change) {
		if _, is := c.(store.AccountChange); is && broken.Load() {
			panic("a bug")
		}
	})
	changes := func(c tables.Conn) ([]store.Change, error) {
		return []store.Change{store.AccountChange{UIN: first}}, c.Later("SELECT 1")
	}
	for range postgres.GroupTurns + 1 {
		broken.Store(true)
		err := s.GroupedStep(t.Context(), changes)
		broken.Store(false)
		if err == nil || !strings.Contains(err.Error(), "a bug") {
			t.Errorf("got %v, want that the group panicked", err)
		}
	}
	if err := s.GroupedStep(t.Context(), changes); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestAGroupWhoseConnectionBreaksIsNotMadeAgain: nobody knows what of it was done.
func TestAGroupWhoseConnectionBreaksIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	address := pg.Database(t)
	s := open(t, address)
	var made atomic.Int64
	ends := func(c tables.Conn) ([]store.Change, error) {
		made.Add(1)
		var ended bool
		return nil, c.Last(nil, "SELECT pg_terminate_backend(pg_backend_pid())").Scan(&ended)
	}
	var transaction string
	for i, err := range together(t, s, inserts(1, &transaction), ends, inserts(2, &transaction)) {
		if err == nil {
			t.Errorf("step %d is acknowledged", i)
		}
	}
	if made.Load() != 1 {
		t.Errorf("the step that ends the connection was made %d times, want once", made.Load())
	}
	if got := rowsOf(t, address); len(got) != 0 {
		t.Errorf("stored are %d, want none", got)
	}
	if err := s.GroupedStep(t.Context(), inserts(3, &transaction)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestEachChangeOfAGroupIsHeardOnce, here before its caller goes on, and elsewhere.
func TestEachChangeOfAGroupIsHeardOnce(t *testing.T) {
	t.Parallel()
	address := pg.Database(t)
	s, err := postgres.OpenLooking(t.Context(), address, time.Hour) // without looks at the log, which may tell a change twice
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	here, elsewhere := listen(s), listen(open(t, address))
	steps, want := make([]step, 5), make([]store.Change, 5)
	for i := range steps {
		change := store.AccountChange{UIN: first + platform.UIN(i)}
		want[i] = change
		steps[i] = func(c tables.Conn) ([]store.Change, error) {
			return []store.Change{change}, c.Later("INSERT INTO recent_games (uin, appid, played_ms) VALUES (?, 1, 5)", int64(change.UIN))
		}
	}
	refused := func(c tables.Conn) ([]store.Change, error) {
		var one int
		return []store.Change{store.AccountChange{UIN: first + 9}}, c.QueryRow("SELECT 1 WHERE false").Scan(&one)
	}
	if err := errors.Join(together(t, s, append(steps, refused)...)...); !errors.Is(err, sql.ErrNoRows) {
		t.Fatalf("got %v, want that one was refused", err)
	}
	if diff := cmp.Diff(want, here.all()); diff != "" {
		t.Errorf("here (-want +got):\n%s", diff)
	}
	until(t, "all are heard elsewhere", func() bool { return len(elsewhere.all()) >= len(want) })
	if diff := cmp.Diff(want, elsewhere.all()); diff != "" {
		t.Errorf("elsewhere (-want +got):\n%s", diff)
	}
}

// TestAnOpenIDIsFoundByItsKey also in a table that the planner knows nothing of: an index of an app's openids costs as much as there are.
func TestAnOpenIDIsFoundByItsKey(t *testing.T) {
	t.Parallel()
	address := pg.Database(t)
	exec(t, address, "INSERT INTO openids (appid, openid, uin, state, changed_ms) SELECT 1, decode(md5(n::text), 'hex'), n, 0, 0 FROM generate_series(1, 2000) n")
	rows, err := connect(t, address).Query(t.Context(), "EXPLAIN UPDATE openids SET token_epoch = token_epoch + 1 WHERE appid = 1 AND openid = decode(md5('7'), 'hex') AND state = 0")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if text := strings.Join(plan, "\n"); err != nil || !strings.Contains(text, "Index Scan using openids_pkey on openids") {
		t.Errorf("the plan is, with %v:\n%s", err, text)
	}
}
