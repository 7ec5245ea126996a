package outbox

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// These make the test binary a child to be killed: the folder that it works in, and the webhook that it posts to, if any.
const (
	crashFolder  = "ROOKERY_TEST_CRASH_FOLDER"
	crashWebhook = "ROOKERY_TEST_CRASH_WEBHOOK"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(crashFolder); folder != "" {
		reportUntilKilled(folder, os.Getenv(crashWebhook))
	}
	os.Exit(m.Run())
}

// crashStream returns a service on the folder's store whose stream goes to the webhook, or else to a small file there.
func crashStream(folder, webhook string) (*sqlite.Store, *Service, error) {
	clock := new(platform.Clock)
	st, err := sqlite.Open(context.Background(), filepath.Join(folder, "rookery.db"))
	if err != nil {
		return nil, nil, err
	}
	s := New(st, clock, slog.New(slog.DiscardHandler))
	if webhook != "" {
		s.Connect(platform.LaneStream, NewWebhook(webhook, secret, patience, clock))
		return st, s, nil
	}
	file, err := OpenFile(filepath.Join(folder, "events.jsonl"), int64(10*len(line)))
	if err == nil {
		s.Connect(platform.LaneStream, file)
	}
	return st, s, err
}

// reportUntilKilled reports events while they are delivered, and prints a line for each that the store has.
func reportUntilKilled(folder, webhook string) {
	st, s, err := crashStream(folder, webhook)
	if err == nil {
		go s.Run(context.Background())
	}
	for n := 0; err == nil; n++ {
		if err = st.Report(context.Background(), []platform.Event{bound(platform.GC(n))}); err == nil {
			_, err = fmt.Println("reported")
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// killed starts a child, kills it after some reports, and returns how many it reported.
func killed(t *testing.T, folder, webhook string) (reported int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashFolder+"="+folder, crashWebhook+"="+webhook)
	out, err := child.StdoutPipe()
	must(t, err)
	var trouble strings.Builder
	child.Stderr = &trouble
	must(t, child.Start())
	after := 1 + rand.IntN(60)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if reported++; reported == after {
			must(t, child.Process.Kill())
		}
	}
	_ = child.Wait() // it was killed
	if reported < after {
		t.Fatalf("the child ended by itself: %s", trouble.String())
	}
	return reported
}

// TestNothingIsLostWhenTheProcessIsKilled: whenever the process is killed, each event that the store has arrives, and for the
// first time after all events before it.
func TestNothingIsLostWhenTheProcessIsKilled(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 4
	}
	for _, to := range []string{"a file", "a webhook"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			var (
				folder  = t.TempDir()
				webhook string
				mu      sync.Mutex
				posted  []int64
			)
			if to == "a webhook" {
				server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					var e platform.Event
					if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
						return // the poster was killed
					}
					mu.Lock()
					defer mu.Unlock()
					posted = append(posted, e.ID)
				}))
				t.Cleanup(server.Close)
				webhook = server.URL
			}
			reported := 0
			for range rounds {
				reported += killed(t, folder, webhook)
			}
			drain(t, folder, webhook)
			arrived := posted
			if webhook == "" {
				arrived = inFiles(t, filepath.Join(folder, "events.jsonl"))
			}
			next := int64(1)
			for i, id := range arrived {
				if id > next {
					t.Fatalf("place %d has event %d before event %d ever came: %v", i, id, next, arrived)
				}
				if id == next {
					next++
				}
			}
			// A child may have been killed between its last commit and the line that says so.
			if last := int(next - 1); last < reported || last > reported+rounds {
				t.Errorf("%d events arrived, and %d were reported", last, reported)
			}
			t.Logf("%d events in %d deliveries", next-1, len(arrived))
		})
	}
}

// drain delivers what is left.
func drain(t *testing.T, folder, webhook string) {
	t.Helper()
	st, s, err := crashStream(folder, webhook)
	must(t, err)
	ctx, stop := context.WithCancel(t.Context())
	var run sync.WaitGroup
	run.Go(func() { s.Run(ctx) })
	for n := 1; n > 0; {
		n, _, err = st.CountUndelivered(t.Context(), platform.LaneStream)
		must(t, err)
	}
	stop()
	run.Wait()
	must(t, s.Close())
	must(t, st.Close())
}

// inFiles returns the numbers of the events in all files of a stream, in the order in which they were written.
func inFiles(t *testing.T, path string) (ids []int64) {
	t.Helper()
	names, err := filepath.Glob(path + ".*")
	must(t, err)
	// By the number of the first event; a second file with the same has a second number.
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	firsts := make(map[string]int64)
	for _, name := range names {
		var first int64
		_, err := fmt.Sscanf(strings.TrimPrefix(name, path), ".%d", &first)
		must(t, err)
		firsts[name] = first
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(firsts[a], firsts[b]) })
	for _, name := range append(names, path) {
		lines := json.NewDecoder(strings.NewReader(read(t, name)))
		for {
			var e platform.Event
			if err := lines.Decode(&e); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			ids = append(ids, e.ID)
		}
	}
	return ids
}
