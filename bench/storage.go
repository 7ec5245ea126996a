//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

const (
	storeApp      = rookery.AppID(1)
	storeAccounts = 100_000
	committers    = 256 // callers that commit at once
	rawPages      = 4096
)

// measureStore measures the store without HTTP: durable one-row commits next to raw flushes of one page, and the read of a
// token check next to the least that the engine can read through database/sql.
func measureStore(ctx context.Context, s settings, folder string, report *report) (err error) {
	progress("the store alone")
	file := filepath.Join(folder, "rookery.db")
	st, err := sqlite.Open(ctx, file) // creates the tables
	if err != nil {
		return err
	}
	if err := st.Close(); err != nil {
		return err
	}
	if err := seed(ctx, file, storeApp, storeAccounts); err != nil {
		return err
	}
	accounts, err := readSeeded(ctx, file, storeApp, 1)
	if err != nil {
		return err
	}
	if st, err = sqlite.Open(ctx, file); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	raw, err := os.Create(filepath.Join(folder, "raw"))
	if err != nil {
		return err
	}
	defer raw.Close()
	readers := max(2, runtime.GOMAXPROCS(0)) // as many as the store has
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: "mode=ro&_pragma=cache_size(-4096)"}).String())
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	bare, err := db.PrepareContext(ctx, "SELECT uin FROM openids WHERE appid = ? AND openid = ?")
	if err != nil {
		return err
	}
	defer bare.Close()

	random := func() rookery.OpenID { return accounts[rand.IntN(len(accounts))].openid }
	page := make([]byte, 4096)
	if _, err := raw.Write(make([]byte, rawPages*len(page))); err != nil { // so that a flush has only the page to write
		return err
	}
	if err := raw.Sync(); err != nil {
		return err
	}
	turns := []struct {
		callers int
		do      func() error
		rates   []float64
	}{
		{callers: 1, do: func() error {
			if _, err := raw.WriteAt(page, int64(rand.IntN(rawPages)*len(page))); err != nil {
				return err
			}
			return syscall.Fdatasync(int(raw.Fd()))
		}},
		{callers: committers, do: func() error {
			_, err := st.RaisePayEpoch(ctx, storeApp, random(), 1)
			return err
		}},
		{callers: readers, do: func() error {
			openid, uin := random(), int64(0)
			return bare.QueryRowContext(ctx, int64(storeApp), openid[:]).Scan(&uin)
		}},
		{callers: readers, do: func() error {
			_, err := st.Standing(ctx, storeApp, random())
			return err
		}},
	}
	for round := range s.rounds {
		for i := range turns {
			turn := &turns[i]
			rate, err := repeatedly(ctx, turn.callers, min(s.duration, 2*time.Second), turn.do)
			if err != nil {
				return fmt.Errorf("store: %w", err)
			}
			turn.rates = append(turn.rates, rate)
		}
		progress("round %d of %d: %.0f flushes, %.0f commits, %.0f bare reads, %.0f standings a second", round+1, s.rounds,
			turns[0].rates[round], turns[1].rates[round], turns[2].rates[round], turns[3].rates[round])
	}
	report.add("store: 4 KiB write and fdatasync, 1 caller", median(turns[0].rates), "/s")
	report.add(fmt.Sprintf("store: durable commits of one row, %d callers", committers), median(turns[1].rates), "/s").
		beside(turns[1].rates, turns[0].rates)
	report.add(fmt.Sprintf("store: bare read of one row, %d callers", readers), median(turns[2].rates), "/s")
	report.add(fmt.Sprintf("store: standings (a token check's read), %d callers", readers), median(turns[3].rates), "/s").
		beside(turns[3].rates, turns[2].rates)
	return nil
}

// committer opens a seeded file as the store. The returned function durably commits one row of a random account.
func committer(ctx context.Context, file string, app rookery.AppID) (*sqlite.Store, func(context.Context) error, error) {
	accounts, err := readSeeded(ctx, file, app, 1)
	if err != nil {
		return nil, nil, err
	}
	st, err := sqlite.Open(ctx, file)
	return st, func(ctx context.Context) error {
		_, err := st.RaisePayEpoch(ctx, app, accounts[rand.IntN(len(accounts))].openid, 1)
		return err
	}, err
}

// repeatedly runs do from several callers at once, each of them at least once, and returns the rate per second. A fifth as
// long before it is warm-up.
func repeatedly(ctx context.Context, callers int, duration time.Duration, do func() error) (float64, error) {
	errs := make([]error, callers)
	rate := func(duration time.Duration) float64 {
		var (
			group sync.WaitGroup
			count atomic.Int64
			begin = time.Now()
		)
		for i := range callers {
			group.Go(func() {
				for more := true; more; more = errs[i] == nil && ctx.Err() == nil && time.Since(begin) < duration {
					errs[i] = do()
					count.Add(1)
				}
			})
		}
		group.Wait()
		return float64(count.Load()) / time.Since(begin).Seconds()
	}
	rate(duration / 5)
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	measured := rate(duration)
	return measured, errors.Join(append(errs, ctx.Err())...)
}
