package ranking

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

const (
	crashFile    = "ROOKERY_TEST_CRASH_FILE" // makes the test binary the child to be killed
	crashPlayers = 8
	crashDay     = 20_000
)

func TestMain(m *testing.M) {
	if file := os.Getenv(crashFile); file != "" {
		reportUntilKilled(file)
		return
	}
	os.Exit(m.Run())
}

// reportUntilKilled prints a line for each report that was acknowledged, and for each rank that was read then.
func reportUntilKilled(file string) {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	st, err := sqlite.Open(ctx, file)
	check(err)
	index := NewIndex(st)
	board := platform.Board{AppID: game}
	var players sync.WaitGroup
	for i := range crashPlayers {
		players.Go(func() {
			uin := platform.FirstUIN + platform.UIN(i)
			score, now := int64(0), int64(1)
			if place, err := index.Place(ctx, board, uin); err == nil {
				_, err := fmt.Sscan(place.Score.String(), &score)
				check(err)
			}
			for ; ; now++ {
				score += 1 + rand.Int64N(1000)
				accepted, err := report(ctx, st, uin, fmt.Sprint(score), crashDay, now, 0)
				check(err)
				if !accepted {
					check(fmt.Errorf("%d of %s is not above the stored score", score, uin))
				}
				place, err := index.Place(ctx, board, uin)
				check(err)
				if place.Score.String() != fmt.Sprint(score) {
					check(fmt.Errorf("%s has %s in the index after %d was acknowledged", uin, place.Score, score))
				}
				_, err = fmt.Printf("%d %d\n", uin, score)
				check(err)
			}
		})
	}
	players.Wait()
}

// TestTheIndexAfterACrashIsTheStores kills a process amid reports again and again: no acknowledged score is lost, and a new index is
// what the store has.
func TestTheIndexAfterACrashIsTheStores(t *testing.T) {
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	file := filepath.Join(t.TempDir(), "rookery.db")
	acknowledged := make(map[platform.UIN]int64)
	for range rounds {
		for _, line := range killed(t, file) {
			var (
				uin   platform.UIN
				score int64
			)
			if _, err := fmt.Sscan(line, &uin, &score); err != nil {
				t.Fatalf("line %q: %v", line, err)
			}
			acknowledged[uin] = max(acknowledged[uin], score)
		}
		func() {
			st, err := sqlite.Open(t.Context(), file)
			must(t, err)
			defer func() { must(t, st.Close()) }()
			index := NewIndex(st)
			defer index.Close()
			for _, board := range []platform.Board{{AppID: game}, {AppID: game, Week: platform.WeekOf(crashDay)}} {
				compare(t, index, board, fromScratch(t, st, board))
				for uin, score := range acknowledged {
					least, err := platform.ParseDecimal(fmt.Sprint(score))
					must(t, err)
					if place, err := index.Place(t.Context(), board, uin); err != nil || place.Score.Compare(least) < 0 {
						t.Errorf("%s has %v, %v after %d was acknowledged", uin, place.Score, err, score)
					}
				}
			}
		}()
	}
	if len(acknowledged) == 0 {
		t.Error("nothing was acknowledged")
	}
}

// killed runs a child, kills it after a random number of lines, and returns those that it printed.
func killed(t *testing.T, file string) (lines []string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashFile+"="+file)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	enough := 1 + rand.N(300)
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			break // this line was cut off
		}
		if lines = append(lines, strings.TrimSuffix(line, "\n")); len(lines) == enough {
			must(t, child.Process.Kill())
		}
	}
	if child.Wait(); child.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child was not killed: %v", child.ProcessState)
	}
	return lines
}
