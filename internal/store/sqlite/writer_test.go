package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// hold keeps the writer busy until the returned function is called, which waits for the held write's end.
func hold(t *testing.T, s *Store) (release func()) {
	t.Helper()
	holding, held, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- s.writer.write(context.Background(), func(*tx) error {
			close(holding)
			<-held
			return nil
		})
	}()
	<-holding
	return func() {
		close(held)
		if err := <-done; err != nil {
			t.Errorf("the held write: %v", err)
		}
	}
}

// queued waits until that many writes are in the queue.
func queued(s *Store, n int) {
	for len(s.writer.queue) < n {
		runtime.Gosched()
	}
}

// insert writes one account without reading it first.
func insert(t *tx, uin platform.UIN) error {
	_, err := t.Exec("INSERT INTO accounts (uin, profile, state, class, password_hash, password_epoch, created_ms, signed_out_ms) VALUES (?, '{}', 0, 0, '', 0, 0, 0)", int64(uin))
	return err
}

// TestGroupCommit lets 256 writes queue behind one. They share a transaction, which the log's commit frames show, and
// yet each has its own outcome.
func TestGroupCommit(t *testing.T) {
	const first = platform.FirstUIN
	refused := errors.New("refused")
	kinds := []struct {
		do    func(*tx, platform.UIN) error
		want  error
		lasts bool
	}{
		{insert, nil, true},
		{func(t *tx, uin platform.UIN) error { return errors.Join(insert(t, uin), refused) }, refused, false},
		{func(t *tx, uin platform.UIN) error { return errors.Join(insert(t, uin), insert(t, first)) }, platform.ErrExists, false},
		{func(t *tx, uin platform.UIN) error { _ = insert(t, uin); panic("at the worst moment") }, nil, false},
	}

	file := tempFile(t)
	s := mustOpen(t, file)
	mustCreate(t, s, first)
	before := commits(t, file)
	release := hold(t, s)
	errs := make([]error, maxBatch)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			errs[i] = s.writer.write(t.Context(), func(t *tx) error {
				return kinds[i%len(kinds)].do(t, first+1+platform.UIN(i))
			})
		})
	}
	queued(s, maxBatch)
	release()
	wg.Wait()
	// The held write changed nothing, so its transaction left no trace.
	if got := commits(t, file) - before; got != 1 {
		t.Errorf("%d writes took %d transactions, want 1", maxBatch, got)
	}
	mustClose(t, s)

	want := []platform.UIN{first}
	for i, err := range errs {
		kind := kinds[i%len(kinds)]
		if kind.lasts {
			want = append(want, first+1+platform.UIN(i))
		}
		if kind.want != nil && !errors.Is(err, kind.want) || kind.want == nil && kind.lasts != (err == nil) {
			t.Errorf("write %d: got error %v, want %v", i, err, kind.want)
		}
	}
	s = mustOpen(t, file)
	defer mustClose(t, s)
	wantNumbers(t, s, want...)
}

// commits counts the transactions in the file's write-ahead log: each ends with a frame that contains the size of the
// database, a field that is 0 in the other frames. See https://sqlite.org/fileformat2.html#walformat.
func commits(t *testing.T, file string) (n int) {
	t.Helper()
	log, err := os.ReadFile(file + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	const header, frameHeader = 32, 24
	if len(log) < header {
		return 0
	}
	salts := string(log[16:24]) // frames with other salts are left from before the last checkpoint
	frame := frameHeader + int(binary.BigEndian.Uint32(log[8:]))
	for log = log[header:]; len(log) >= frame; log = log[frame:] {
		if string(log[8:16]) == salts && binary.BigEndian.Uint32(log[4:]) != 0 {
			n++
		}
	}
	return n
}

// TestGroupCommitUnderLoad does not hold the writer: callers that overlap share transactions all the same.
func TestGroupCommitUnderLoad(t *testing.T) {
	const callers, writes = 256, 8
	file := tempFile(t)
	s := mustOpen(t, file)
	defer mustClose(t, s)
	before := commits(t, file)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range writes {
				if err := s.CreateAccount(t.Context(), new(platform.Account), platform.FirstUIN); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got := commits(t, file) - before
	t.Logf("%d writes took %d transactions", callers*writes, got)
	if got < callers*writes/maxBatch || got > callers*writes/4 {
		t.Errorf("%d writes of %d callers took %d transactions", callers*writes, callers, got)
	}
}

func TestPanicInEdit(t *testing.T) {
	s := openUntilEnd(t)
	mustCreate(t, s, platform.FirstUIN)
	_, err := s.UpdateAccount(t.Context(), platform.FirstUIN, func(a *platform.Account) error {
		a.PasswordEpoch = 9
		panic("in edit")
	})
	if err == nil || !strings.Contains(err.Error(), "in edit") {
		t.Errorf("got error %v, want one that reports the panic", err)
	}
	a, err := s.UpdateAccount(t.Context(), platform.FirstUIN, func(a *platform.Account) error { a.PasswordEpoch++; return nil })
	if err != nil || a.PasswordEpoch != 1 {
		t.Errorf("the next write: got %+v, %v", a, err)
	}
}

func TestCancelWhileQueued(t *testing.T) {
	s := openUntilEnd(t)
	release := hold(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.CreateAccount(ctx, &platform.Account{UIN: platform.FirstUIN}, platform.FirstUIN) }()
	queued(s, 1)
	cancel()
	release()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v, want %v", err, context.Canceled)
	}
	wantNumbers(t, s)
}

// TestCancelWhileWriting shows that a write that has begun is completed.
func TestCancelWhileWriting(t *testing.T) {
	s := openUntilEnd(t)
	mustCreate(t, s, platform.FirstUIN)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.UpdateAccount(ctx, platform.FirstUIN, func(a *platform.Account) error {
		cancel()
		a.PasswordEpoch = 9
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if a, err := s.Account(t.Context(), platform.FirstUIN); err != nil || a.PasswordEpoch != 9 {
		t.Errorf("got %+v, %v", a, err)
	}
}

// TestFullDisk makes the database reach its maximum size in the middle of a batch: SQLite ends the whole transaction, so
// every write in it has failed.
func TestFullDisk(t *testing.T) {
	s := openUntilEnd(t)
	told := 0
	s.OnChange(func(store.Change) { told++ })
	mustCreate(t, s, platform.FirstUIN)
	limit := func(pages int) {
		t.Helper()
		if err := s.writer.exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // SQLite uses the current size if that is larger

	release := hold(t, s)
	account := platform.Account{PasswordHash: strings.Repeat("x", 1<<16)}
	var wg sync.WaitGroup
	var small, large error
	wg.Go(func() {
		small = s.writer.write(t.Context(), func(t *tx) error {
			t.changed(store.AccountChange{UIN: platform.FirstUIN})
			return insert(t, platform.FirstUIN+1)
		})
	})
	queued(s, 1)
	wg.Go(func() { large = s.CreateAccount(t.Context(), &account, platform.FirstUIN) })
	queued(s, 2)
	release()
	wg.Wait()
	for name, err := range map[string]error{"small": small, "large": large} {
		if err == nil || !strings.Contains(err.Error(), "full") {
			t.Errorf("%s write: got error %v, want one about a full disk", name, err)
		}
	}
	if account.UIN != 0 {
		t.Errorf("the failed account was given number %s", account.UIN)
	}
	if told != 0 {
		t.Error("a failed write was reported as a change")
	}
	wantNumbers(t, s, platform.FirstUIN)

	limit(1 << 30)
	mustCreate(t, s, 0)
	wantNumbers(t, s, platform.FirstUIN, platform.FirstUIN+1)
}

// TestCloseDuringWrites checks that a write either succeeded and is in the file, or returned an error and is not.
func TestCloseDuringWrites(t *testing.T) {
	rounds := 10
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		file := tempFile(t)
		s := mustOpen(t, file)
		var (
			mu    sync.Mutex
			acked = map[platform.UIN]bool{}
			wg    sync.WaitGroup
			busy  = make(chan struct{}, 1_000_000)
		)
		for range 32 {
			wg.Go(func() {
				for {
					var a platform.Account
					if err := s.CreateAccount(t.Context(), &a, platform.FirstUIN); err != nil {
						if !errors.Is(err, errClosed) {
							t.Errorf("got error %v, want %v", err, errClosed)
						}
						return
					}
					mu.Lock()
					acked[a.UIN] = true
					mu.Unlock()
					busy <- struct{}{}
				}
			})
		}
		for range 10 * round {
			<-busy
		}
		mustClose(t, s)
		wg.Wait()

		s = mustOpen(t, file)
		stored := numbers(t, s)
		for _, uin := range stored {
			if !acked[uin] {
				t.Errorf("round %d: account %s is there, but its write had failed", round, uin)
			}
		}
		if len(stored) != len(acked) {
			t.Errorf("round %d: %d accounts are there, %d were acknowledged", round, len(stored), len(acked))
		}
		mustClose(t, s)
	}
}

// noticing is a context that says when somebody asks whether it has ended.
type noticing struct {
	context.Context
	asked func()
}

func (c noticing) Err() error {
	c.asked()
	return c.Context.Err()
}

// TestABusyDatabaseIsTriedAgain: another program writes for longer than SQLite waits. A caller who leaves does not wait for its end, even one who came later, and
// one who stays has the write.
func TestABusyDatabaseIsTriedAgain(t *testing.T) {
	file := tempFile(t)
	s := mustOpen(t, file)
	defer mustClose(t, s)
	if err := s.writer.exec("PRAGMA busy_timeout = 1"); err != nil {
		t.Fatal(err)
	}
	db, err := open(file, "rw")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	other, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	exec := func(query string) {
		t.Helper()
		if _, err := other.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	exec("BEGIN IMMEDIATE")
	// create makes an account and returns once the busy writer asks whether its caller has left.
	create := func(ctx context.Context, uin platform.UIN) <-chan error {
		t.Helper()
		asked, done := make(chan struct{}), make(chan error, 1)
		go func() {
			done <- s.CreateAccount(noticing{ctx, sync.OnceFunc(func() { close(asked) })}, &platform.Account{UIN: uin}, platform.FirstUIN)
		}()
		select {
		case <-asked:
		case err := <-done:
			t.Fatalf("account %d: %v", uin, err)
		case <-time.After(busyPatience / 2):
			t.Fatalf("the writer never looks at account %d", uin)
		}
		return done
	}
	stays := create(t.Context(), platform.FirstUIN+1)
	ctx, leave := context.WithCancel(t.Context())
	leaves := create(ctx, platform.FirstUIN)
	leave()
	if err := <-leaves; !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who leaves: %v", err)
	}
	exec("ROLLBACK")
	if err := <-stays; err != nil {
		t.Errorf("a caller who stays: %v", err)
	}
	wantNumbers(t, s, platform.FirstUIN+1)
}
