package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/tables"
)

const (
	// lookEvery is how often a gateway reads what others have changed.
	lookEvery = 100 * time.Millisecond
	// logKept is how long the log of changes is kept. A gateway that has not read it for half of that may have missed some.
	logKept = 10 * time.Minute
	// sweepEvery is how often a gateway removes what is older: often, so that there is never much, which would delay others.
	sweepEvery = 5 * time.Second
	// toldKept is how long a gateway waits until it reads in the log what it has told. Then it tells it again.
	toldKept = time.Minute
)

// ErrLost says that this gateway has not heard for so long of what others changed that it cannot know what it missed. It has to be
// started anew.
var ErrLost = errors.New("postgres: the log of changes was not read for more than 5 minutes, so some may have been missed: start this gateway anew")

// feed tells this gateway's caches what has changed.
type feed struct {
	steps atomic.Int64 // numbers this gateway's steps

	mu   sync.Mutex // held to tell
	hear []func(store.Change)
	told map[int64]time.Time // this gateway's steps whose changes were told, and when

	begun time.Time
	heard atomic.Int64 // when the last look that succeeded began, after begun
	lost  chan struct{}

	// Changes are visible once they are committed, which is not in the order of their numbers. So each look reads again all changes
	// of transactions that may have been under way at the last one, and leaves out those that it has seen.
	horizon uint64           // the oldest transaction that was under way at the last look
	seen    map[int64]uint64 // changes of this transaction and later ones, by number
	lookMS  atomic.Int64     // when the last look was, by the database's clock

	// A server that was promoted, or has crashed, gives out numbers again that another one gave to what it lost. Then a look reads again by
	// time what may have been committed since the last one.
	server string // at which the last look was: when it started
	unsure bool   // the last look failed, or was at another server

	end func() // ends the goroutines, and waits for them
}

// OnChange implements store.Store.
func (s *Store) OnChange(hear func(store.Change)) {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	s.feed.hear = append(s.feed.hear, hear)
}

// Lag implements store.Store.
func (s *Store) Lag() time.Duration {
	return time.Since(s.feed.begun) - time.Duration(s.feed.heard.Load())
}

// Lost is closed when ErrLost applies.
func (s *Store) Lost() <-chan struct{} { return s.feed.lost }

// announce tells the caches of this gateway what the steps of a transaction have changed. What cannot be told now, because something cannot be
// read, is told when the log is; so is a step that was committed although its caller got an error.
func (s *Store) announce(ctx context.Context, t *transaction) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	all := true
	for _, one := range t.steps {
		all = all && (one.err == nil && s.announceOne(ctx, one.changes) || len(one.changes) == 0)
	}
	if all {
		s.feed.told[t.number] = time.Now()
	}
}

// announceOne reports whether all changes of a step were told.
func (s *Store) announceOne(ctx context.Context, changes []store.Change) bool {
	for _, c := range changes {
		if note, err := noted(c); err != nil {
			return false // such a step is not committed
		} else if carries(note.Kind) {
			// Another step may have changed it since. What is told last has to be what is stored.
			if c, err = s.read(ctx, note); err != nil {
				return false
			}
		}
		s.feed.tell(c)
	}
	return true
}

func (f *feed) tell(c store.Change) {
	if c == nil {
		return
	}
	for _, hear := range f.hear {
		hear(c)
	}
}

// follow begins to read the log, from now on.
func (s *Store) follow(ctx context.Context) error {
	f := &s.feed
	f.begun, f.lost, f.seen, f.told = time.Now(), make(chan struct{}), make(map[int64]uint64), make(map[int64]time.Time)
	var (
		horizon string
		now     int64
	)
	err := s.pool.QueryRow(ctx, "SELECT pg_postmaster_start_time()::text, pg_snapshot_xmin(pg_current_snapshot())::text, "+nowMS).Scan(&f.server, &horizon, &now)
	f.lookMS.Store(now)
	if err == nil {
		f.horizon, err = strconv.ParseUint(horizon, 10, 64)
	}
	if err != nil {
		return fmt.Errorf("postgres: reading the log of changes: %w", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	f.end = sync.OnceFunc(func() { cancel(); working.Wait() })
	working.Go(func() { s.lookAgain(ctx) })
	working.Go(func() { s.sweepAgain(ctx) }) // which delays no look, however long it takes
	return nil
}

func (s *Store) lookAgain(ctx context.Context) {
	look := time.NewTicker(s.lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			begun := time.Since(s.feed.begun)
			switch err := s.look(ctx); {
			case errors.Is(err, ErrLost):
				close(s.feed.lost)
				return
			case err == nil:
				s.feed.heard.Store(int64(begun))
			}
		}
	}
}

func (s *Store) sweepAgain(ctx context.Context) {
	sweep := time.NewTicker(s.sweepEvery)
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-sweep.C:
			s.feed.forgetTold()
			s.sweep(ctx)
		}
	}
}

// sweep removes what nobody asks for any more. What cannot be removed now is the next time.
func (s *Store) sweep(ctx context.Context) {
	const day = 24 * time.Hour // longer than anything there is remembered for
	s.remove(ctx, oldChanges, logKept.Seconds())
	s.remove(ctx, removal("gateways", "id", "seen < now() - make_interval(secs => $1)"), logKept.Seconds())
	s.remove(ctx, removal("attempts", "key", "arrival < $1::bigint"), time.Now().Add(-day).UnixNano())
	s.remove(ctx, removal("nonces", "appid, nonce", "at_ms < $1::bigint"), time.Now().Add(-day).UnixMilli())
}

// sweptAtOnce is how many rows a statement of a sweep removes at most, which takes a fraction of the time that it may take.
const sweptAtOnce = 5000

// removal is the statement that removes some old rows of a table.
func removal(table, key, old string) string {
	return fmt.Sprintf("DELETE FROM %[1]s WHERE (%[2]s) IN (SELECT %[2]s FROM %[1]s WHERE %[3]s LIMIT %[4]d) AND %[3]s", table, key, old, sweptAtOnce)
}

// oldChanges has now(), since an index does not find what is compared with clock_timestamp().
var oldChanges = removal("changes", "id", "at < now() - make_interval(secs => $1)")

// remove runs a removal until nothing is left to remove.
func (s *Store) remove(ctx context.Context, removal string, than any) {
	for more := true; more; {
		ctx, cancel := context.WithTimeout(ctx, stepTime)
		removed, err := s.pool.Exec(ctx, removal, than)
		cancel()
		more = err == nil && removed.RowsAffected() == sweptAtOnce
	}
}

// nowMS is the time by the clock of the database, in which the age of the log is measured.
const nowMS = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

// apart is how far the clocks of two servers may be apart, together with the time that a commit may take.
const apart = 30 * time.Second

// logged is a step in the log of changes. Its id is 0 where a look finds none.
type logged struct {
	id, gateway, step int64
	tx                uint64
	record            string
}

// look tells what others have changed since the last look. After an error, the next look tells the rest.
func (s *Store) look(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, stepTime)
	defer cancel()
	f := &s.feed
	defer func() { f.unsure = err != nil }()
	which, args := "c.tx >= ?::xid8", []any{strconv.FormatUint(f.horizon, 10)}
	if f.unsure {
		which, args = which+" OR c.at >= to_timestamp(? / 1000.0)", append(args, f.lookMS.Load()-apart.Milliseconds())
		clear(f.seen)
	}
	statement := `SELECT pg_postmaster_start_time()::text, pg_snapshot_xmin(s)::text, ` + nowMS + `, coalesce(c.id, 0), coalesce(c.tx::text, '0'), coalesce(c.gateway, 0), coalesce(c.step, 0), coalesce(c.record, '[]')
		FROM pg_current_snapshot() s LEFT JOIN changes c ON ` + which + " ORDER BY c.id"
	var (
		server  string
		horizon uint64
		now     int64
		found   []logged
	)
	read := func(rows tables.Rows, err error) error {
		if err != nil {
			return err
		}
		found = nil
		for rows.Next() {
			var (
				l          logged
				oldest, tx string
			)
			err := rows.Scan(&server, &oldest, &now, &l.id, &tx, &l.gateway, &l.step, &l.record)
			if err == nil {
				horizon, err = strconv.ParseUint(oldest, 10, 64)
			}
			if err == nil {
				l.tx, err = strconv.ParseUint(tx, 10, 64)
			}
			if err != nil {
				return errors.Join(err, rows.Close())
			}
			found = append(found, l)
		}
		return errors.Join(rows.Err(), rows.Close())
	}
	if f.unsure || s.Lag() > store.MostLag {
		err = s.confirmed(ctx, func(c tables.Conn) error { return read(c.Query(statement, args...)) })
	} else {
		err = read(s.query(ctx, statement, args...))
	}
	switch {
	case err != nil:
		return err
	case time.Duration(now-f.lookMS.Load())*time.Millisecond > logKept/2:
		return ErrLost
	case server != f.server && !f.unsure:
		f.unsure = true
		return s.look(ctx)
	}
	for _, l := range found {
		if _, seen := f.seen[l.id]; seen {
			continue
		}
		if l.gateway != s.gateway || !f.wasTold(l.step) {
			if err := s.tellRecord(ctx, l.record); err != nil {
				return err
			}
		}
		f.seen[l.id] = l.tx
	}
	maps.DeleteFunc(f.seen, func(_ int64, tx uint64) bool { return tx < horizon })
	f.horizon, f.server = horizon, server
	f.lookMS.Store(now)
	return nil
}

// wasTold reports whether a step of this gateway's own was told, which is asked once. It may have been committed and not be told yet: then it is
// told twice.
func (f *feed) wasTold(step int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, told := f.told[step]
	delete(f.told, step)
	return told
}

// forgetTold forgets steps that were told only after the log was read.
func (f *feed) forgetTold() {
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.told, func(_ int64, at time.Time) bool { return time.Since(at) > toldKept })
}

// tellRecord tells the changes of a step.
func (s *Store) tellRecord(ctx context.Context, record string) error {
	var changes []change
	if err := json.Unmarshal([]byte(record), &changes); err != nil {
		return fmt.Errorf("postgres: the log of changes: %w", err)
	}
	for _, c := range changes {
		if err := s.tellOne(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) tellOne(ctx context.Context, c change) error {
	s.feed.mu.Lock()
	defer s.feed.mu.Unlock()
	read, err := s.read(ctx, c)
	if err != nil {
		return err
	}
	s.feed.tell(read)
	return nil
}
