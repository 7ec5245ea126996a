package postgres_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/postgres"
	"github.com/rookeryhq/rookery/test/pg"
)

const (
	game  platform.AppID = 1101
	first                = platform.FirstUIN
	now   int64          = 1_700_000_000_123

	patience = 2 * time.Minute
)

// open opens a store that is closed with the test.
func open(t testing.TB, address string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), address+"&pool_max_conns=8")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for begin := time.Now(); !holds(); <-tick.C {
		if time.Since(begin) > patience {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// ears keep what a store tells.
type ears struct {
	mu    sync.Mutex
	heard []store.Change
}

func listen(s *postgres.Store) *ears {
	e := new(ears)
	s.OnChange(func(c store.Change) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.heard = append(e.heard, c)
	})
	return e
}

func (e *ears) all() []store.Change {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

// TestEveryKindOfChangeIsHeardElsewhere: another gateway hears of each kind, with what is stored now.
func TestEveryKindOfChangeIsHeardElsewhere(t *testing.T) {
	t.Parallel()
	ctx, address := t.Context(), pg.Database(t)
	here, there := open(t, address), open(t, address)
	openid := platform.OpenID{15: 1}
	value, err := platform.ParseDecimal("7")
	if err != nil {
		t.Fatal(err)
	}
	scene := platform.SceneKey{AppID: game, Scene: "rescue"}
	guild := platform.Guild{AppID: game, Zone: "1", ID: "7"}
	bound := platform.Binding{Guild: guild, GC: 5, OpenID: openid, UIN: first, Request: "r", SinceMS: now}
	var group platform.Group
	heard := listen(there)
	for _, change := range []struct {
		name string
		make func() error
		want []store.Change
	}{
		{"an app", func() error { return here.CreateApp(ctx, &platform.App{AppID: game, Name: "one"}, now) },
			[]store.Change{store.AppChange{App: &platform.App{AppID: game, Name: "one"}}}},
		{"an account", func() error {
			for _, uin := range []platform.UIN{first, first + 1} {
				if err := here.CreateAccount(ctx, &platform.Account{UIN: uin, PasswordEpoch: 1, CreatedMS: now}, first); err != nil {
					return err
				}
			}
			_, err := here.UpdateAccount(ctx, first, func(a *platform.Account) error { a.Profile.Nickname = "Ann"; return nil })
			return err
		}, []store.Change{store.AccountChange{UIN: first}}},
		{"a standing", func() error {
			if _, err := here.EnsureOpenID(ctx, game, first, openid, now); err != nil {
				return err
			}
			_, err := here.Authorize(ctx, game, openid, nil, false, now)
			return err
		}, []store.Change{store.StandingChange{AppID: game, OpenID: openid}}},
		{"friends", func() error { return here.Befriend(ctx, first, first+1, 9, now) },
			[]store.Change{store.FriendshipChange{UIN: first}, store.FriendshipChange{UIN: first + 1}}},
		{"a message", func() error {
			_, _, err := here.StoreMessage(ctx, platform.Message{UIN: first, From: first + 1, AppID: game, SentMS: now}, nil)
			return err
		}, []store.Change{store.MessageChange{AppID: game, UIN: first}}},
		{"a score", func() error {
			_, err := here.ReportAchievements(ctx, platform.AchievementReport{AppID: game, UIN: first, NowMS: now, Day: 19725,
				Items: []platform.Achievement{{Type: platform.AchievementScore, Data: "7", Number: value}}})
			return err
		}, []store.Change{
			store.ScoreChange{AppID: game, UIN: first, Week: 19723, Score: value, ReachedMS: now}, store.ScoreChange{AppID: game, UIN: first, Score: value, ReachedMS: now},
		}},
		{"a binding, and its events", func() error {
			if err := here.BeginBinding(ctx, bound); err != nil {
				return err
			}
			return here.FinishBinding(ctx, bound, []platform.Event{{TimeMS: now}})
		}, []store.Change{store.BindingChange{Guild: guild, GC: 5}, store.EventsChange{}}},
		{"a group", func() (err error) {
			group, err = here.CreateGroup(ctx, platform.Group{Owner: first, Name: "n", Capacity: 9, CreatedMS: now}, "", platform.GroupLimits{})
			return err
		}, []store.Change{store.MembershipChange{GC: 700000001, UIN: first}}},
		{"the end of a group", func() error {
			return here.DisbandGroup(ctx, group.GC, "", func(*platform.Group) error { return nil })
		}, []store.Change{store.MembershipChange{GC: 700000001}}},
		{"a scene", func() error {
			_, err := here.EditScene(ctx, scene, 9, func(s *platform.Scene) error { s.Online, s.Template = true, []byte(`{}`); return nil })
			return err
		}, []store.Change{store.SceneChange{Key: scene, Scene: &platform.Scene{AppID: game, Scene: "rescue", Online: true, Template: []byte(`{}`)}}}},
		{"the end of a scene", func() error { return here.RemoveScene(ctx, scene) }, []store.Change{store.SceneChange{Key: scene}}},
		{"a game command", func() error {
			_, err := here.EditGameCommand(ctx, "a", func(*platform.GameCommand) error { return nil })
			return err
		}, []store.Change{store.GameCommandChange{Command: platform.GameCommand{Name: "a"}}}},
		{"an operator", func() error { return here.CreateOperator(ctx, platform.Operator{Name: "mara", CreatedMS: now}, 9) },
			[]store.Change{store.OperatorChange{Operator: platform.Operator{Name: "mara", CreatedMS: now}}}},
		{"the end of an operator", func() error { return here.RemoveOperator(ctx, "mara") },
			[]store.Change{store.OperatorChange{Operator: platform.Operator{Name: "mara"}, Removed: true}}},
		{"the policy", func() error { return here.StoreOIDBPolicy(ctx, 1, []byte(`{"a":1}`), now) },
			[]store.Change{store.PolicyChange{Version: 1, Record: []byte(`{"a":1}`)}}},
	} {
		before := len(heard.all())
		if err := change.make(); err != nil {
			t.Fatalf("%s: %v", change.name, err)
		}
		until(t, change.name+" is heard of", func() bool { return len(heard.all()) >= before+len(change.want) })
		if diff := cmp.Diff(change.want, heard.all()[before:], cmpopts.EquateEmpty(), cmpopts.EquateComparable(platform.Decimal{})); diff != "" {
			t.Errorf("%s (-want +heard):\n%s", change.name, diff)
		}
	}
}

// TestAChangeThatIsCommittedLateIsHeard: its number is below those of changes that were heard before.
func TestAChangeThatIsCommittedLateIsHeard(t *testing.T) {
	t.Parallel()
	ctx, address := t.Context(), pg.Database(t)
	here, there := open(t, address), open(t, address)
	heard := listen(there)
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	late, err := conn.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	const record = `[{"kind":"account","uin":"10042"}]`
	if _, err := late.Exec(ctx, "INSERT INTO changes (gateway, step, record) VALUES (1, 1, $1)", record); err != nil {
		t.Fatal(err)
	}
	for i := range 3 { // with looks between them
		if err := here.CreateApp(ctx, &platform.App{AppID: game + platform.AppID(i)}, now); err != nil {
			t.Fatal(err)
		}
		until(t, "an app is heard of", func() bool { return len(heard.all()) == i+1 })
	}
	if err := late.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	until(t, "the late change is heard of", func() bool { return len(heard.all()) == 4 })
	if diff := cmp.Diff(store.AccountChange{UIN: 10042}, heard.all()[3]); diff != "" {
		t.Errorf("-want +heard:\n%s", diff)
	}
	if err := here.CreateApp(ctx, &platform.App{AppID: game + 9}, now); err != nil {
		t.Fatal(err)
	}
	until(t, "another app is heard of", func() bool { return len(heard.all()) >= 5 })
	if n := len(heard.all()); n != 5 {
		t.Errorf("%d changes were heard of, want 5: each once", n)
	}
}

// TestAFailoverHidesNoChange: the server that a standby replaced had given out higher numbers, for what it lost.
func TestAFailoverHidesNoChange(t *testing.T) {
	t.Parallel()
	for name, noticed := range map[string]bool{"another server answers": true, "a look failed": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, address := t.Context(), pg.Database(t)
			here := open(t, address)
			there, err := postgres.OpenLooking(ctx, address+"&pool_max_conns=2", time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			defer there.Close()
			heard := listen(there)
			there.WasElsewhere(noticed)
			if !noticed {
				gone, cancel := context.WithCancel(ctx)
				cancel()
				if err := there.Look(gone); err == nil {
					t.Fatal("the look did not fail")
				}
			}
			for n := 1; n <= 2; n++ {
				if err := here.CreateApp(ctx, &platform.App{AppID: game + platform.AppID(n)}, now); err != nil {
					t.Fatal(err)
				}
				for range 2 { // the second one tells nothing again
					if err := there.Look(ctx); err != nil {
						t.Fatal(err)
					}
				}
				if got := len(heard.all()); got != n {
					t.Errorf("%d changes were heard of, want %d", got, n)
				}
			}
		})
	}
}

// TestAGatewayThatMissedChangesKnows: the log may be older than it is kept.
func TestAGatewayThatMissedChangesKnows(t *testing.T) {
	t.Parallel()
	for ago, lost := range map[time.Duration]bool{4 * time.Minute: false, 6 * time.Minute: true} {
		s := open(t, pg.Database(t))
		s.LookedAgo(ago)
		isLost := func() bool {
			select {
			case <-s.Lost():
				return true
			default:
				return false
			}
		}
		if lost {
			until(t, "it is lost", func() bool {
				s.LookedAgo(ago) // again, since a look that was under way has set it anew
				return isLost()
			})
			continue
		}
		before := time.Now()
		until(t, "it looks again", func() bool { return s.Lag() < time.Since(before) })
		if isLost() {
			t.Errorf("after %s: %v", ago, postgres.ErrLost)
		}
	}
}

// TestOneLeads: of two gateways one does what is done once, and the other goes on with it.
func TestOneLeads(t *testing.T) {
	t.Parallel()
	address := pg.Database(t)
	var (
		mu      sync.Mutex
		working []string
	)
	work := func(name string) func(context.Context) {
		return func(ctx context.Context) {
			mu.Lock()
			working = append(working, name)
			mu.Unlock()
			<-ctx.Done()
			mu.Lock()
			defer mu.Unlock()
			working = slices.DeleteFunc(working, func(w string) bool { return w == name })
		}
	}
	is := func(want string) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			if len(working) > 1 {
				t.Errorf("%s work at the same time", strings.Join(working, " and "))
			}
			return strings.Join(working, " ") == want
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var leading sync.WaitGroup
	a := open(t, address)
	ofA, endA := context.WithCancel(ctx)
	leading.Go(func() { a.Lead(ofA, work("a")) })
	until(t, "the first leads", is("a"))
	b := open(t, address)
	leading.Go(func() { b.Lead(ctx, work("b")) })
	endA()
	until(t, "the first has ended", is(""))
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, "the second leads", is("b"))
	cancel()
	leading.Wait()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	exec(t, address, "DO $$ BEGIN ASSERT (SELECT until <= clock_timestamp() FROM leader); END $$") // the next one need not wait
}

func TestTurns(t *testing.T) {
	t.Parallel()
	ctx, address := t.Context(), pg.Database(t)
	a, b := open(t, address), open(t, address)
	done, err := a.Turn(ctx, "guild")
	if err != nil {
		t.Fatal(err)
	}
	if free, err := b.Turn(ctx, "another guild"); err != nil {
		t.Fatal(err)
	} else {
		free()
	}
	short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
	defer cancel()
	if _, err := b.Turn(short, "guild"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a turn that another has: got %v, want %v", err, context.DeadlineExceeded)
	}
	done()
	again, err := b.Turn(ctx, "guild")
	if err != nil {
		t.Fatal(err)
	}
	defer again()
	// A gateway that is not heard of again loses its turn.
	exec(t, address, "UPDATE turns SET until = clock_timestamp()")
	if done, err = a.Turn(ctx, "guild"); err != nil {
		t.Fatal(err)
	}
	done()
}

// TestASweepDelaysNoLook: changes are heard while a sweep waits for what somebody else has locked.
func TestASweepDelaysNoLook(t *testing.T) {
	t.Parallel()
	ctx, address := t.Context(), pg.Database(t)
	here, err := postgres.OpenSweeping(ctx, address+"&pool_max_conns=8", time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	there, heard := open(t, address), listen(here)
	conn := connect(t, address)
	if _, err := conn.Exec(ctx, "BEGIN; LOCK TABLE attempts IN SHARE MODE"); err != nil {
		t.Fatal(err)
	}
	// waiting says since when a sweep has been waiting.
	waiting := func() (since string) {
		until(t, "a sweep waits", func() bool {
			return conn.QueryRow(ctx, "SELECT waitstart::text FROM pg_locks WHERE relation = 'attempts'::regclass AND waitstart IS NOT NULL").Scan(&since) == nil
		})
		return since
	}
	for begun := time.Now(); ; {
		before, known := waiting(), len(heard.all())
		if err := there.CreateApp(ctx, &platform.App{AppID: game + platform.AppID(known), Name: "one"}, now); err != nil {
			t.Fatal(err)
		}
		until(t, "a change is heard", func() bool { return len(heard.all()) > known })
		switch {
		case waiting() == before:
			return
		case time.Since(begun) > patience: // a sweep is given up after a few seconds, which a slow machine may need to hear of the change
			t.Fatal("no change is heard while a sweep waits")
		}
	}
}

// TestWhatIsOldIsSwept, and nothing else.
func TestWhatIsOldIsSwept(t *testing.T) {
	t.Parallel()
	ctx, address := t.Context(), pg.Database(t)
	here, err := postgres.OpenSweeping(ctx, address, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	conn := connect(t, address)
	const aDay = 24 * 60 * 60
	for _, test := range []struct {
		insert    string // with an age in seconds
		kept, old int64  // ages
		ages      string // those that are left
	}{
		{"INSERT INTO changes (gateway, step, record, at) VALUES (1, $1, '[]', clock_timestamp() - make_interval(secs => $1))", 540, 601, "SELECT step FROM changes"},
		{"INSERT INTO gateways (id, about, seen) VALUES ($1, '{}', clock_timestamp() - make_interval(secs => $1))", 540, 601, "SELECT id FROM gateways WHERE about = '{}'"},
		{"INSERT INTO attempts (key, arrival) VALUES ($1::text, (extract(epoch FROM clock_timestamp()) - $1::bigint)::bigint * 1000000000)", aDay - 600, aDay + 2, "SELECT key::bigint FROM attempts"},
		{"INSERT INTO nonces (appid, nonce, at_ms) VALUES ($1, '', (extract(epoch FROM clock_timestamp()) - $1)::bigint * 1000)", aDay - 600, aDay + 2, "SELECT appid FROM nonces"},
	} {
		for _, age := range []int64{test.kept, test.old} {
			if _, err := conn.Exec(ctx, strings.ReplaceAll(test.insert, "$1", strconv.FormatInt(age, 10))); err != nil {
				t.Fatal(err)
			}
		}
		here.Sweep(ctx)
		rows, err := conn.Query(ctx, test.ages)
		if err != nil {
			t.Fatal(err)
		}
		left, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(left, []int64{test.kept}) {
			t.Errorf("%s: got %d, want %d alone", test.ages, left, test.kept)
		}
	}
}

// TestASweepTakesAFewRowsAtATime: most are gone for good when it is held up by a transaction that has locked the youngest of them.
func TestASweepTakesAFewRowsAtATime(t *testing.T) {
	t.Parallel()
	ctx, address := t.Context(), pg.Database(t)
	here, err := postgres.OpenSweeping(ctx, address, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	exec(t, address, "INSERT INTO changes (gateway, step, record, at) SELECT 1, n, '[]', clock_timestamp() - make_interval(mins => 20) FROM generate_series(1, 12000) n")
	conn := connect(t, address)
	if _, err := conn.Exec(ctx, "BEGIN; SELECT 1 FROM changes WHERE step = 12000 FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	left := func() (n int) {
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM changes").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	here.Sweep(ctx) // which gives up in time
	if n := left(); n != 2000 {
		t.Errorf("%d rows are left, want 2000", n)
	}
	if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if here.Sweep(ctx); left() != 0 {
		t.Errorf("%d rows are left at last", left())
	}
}

// TestAnIndexFindsWhatIsSwept, so that a sweep does not read the whole log.
func TestAnIndexFindsWhatIsSwept(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	conn := connect(t, pg.Database(t))
	if _, err := conn.Exec(ctx, "SET enable_seqscan = off"); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(ctx, "EXPLAIN "+postgres.OldChanges, 600.0)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(plan, "\n"), "Index Cond: (at < (now() -") {
		t.Errorf("the plan is\n%s", strings.Join(plan, "\n"))
	}
}

func exec(t *testing.T, address, statement string) {
	t.Helper()
	if _, err := connect(t, address).Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}
