//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

const (
	hotCallers  = 64
	hotCapacity = 1 << 30 // more than the bench can fill
)

// measureHotGroup measures how fast 64 callers at once join one group, next to as many who each commit a row of their own, and how
// long a join takes at most for 99 of 100. The joins go through the bus and the group platform.
func measureHotGroup(ctx context.Context, s settings, folder string, report *report) (err error) {
	file := filepath.Join(folder, "rookery.db")
	st, err := sqlite.Open(ctx, file) // creates the tables
	if err != nil {
		return err
	}
	if err := errors.Join(st.Close(), seed(ctx, file, storeApp, storeAccounts)); err != nil {
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
	bus := oidb.NewBus()
	qqgroups.New(st, new(rookery.Clock), rookery.GroupLimits{}).Register(bus)
	g, err := st.CreateGroup(ctx, rookery.Group{Owner: rookery.FirstUIN, Capacity: hotCapacity}, "", rookery.GroupLimits{})
	if err != nil {
		return err
	}
	commit := func() error {
		_, err := st.RaisePayEpoch(ctx, storeApp, accounts[rand.IntN(len(accounts))].openid, 1)
		return err
	}
	var joined atomic.Uint64
	join := func() error {
		uin := firstSeeded + joined.Add(1)*0x9E3779B97F4A7C15>>4 // in no order, as accounts that play a game come
		_, err := oidb.Call(ctx, bus, qqgroups.JoinGroup, &wire.JoinGroupRequest{Gc: uint64(g.GC), Uin: uin})
		return err
	}
	var commits, joins, slowCommits, slowJoins []float64
	for round := range s.rounds {
		for _, turn := range []struct {
			do          func() error
			rates, slow *[]float64
		}{{commit, &commits, &slowCommits}, {join, &joins, &slowJoins}} {
			var times timed
			rate, err := repeatedly(ctx, hotCallers, min(s.duration, 2*time.Second), times.of(turn.do))
			if err != nil {
				return err
			}
			*turn.rates, *turn.slow = append(*turn.rates, rate), append(*turn.slow, times.quantile(0.99))
		}
		progress("round %d of %d: %.0f commits, %.0f joins a second, p99 %.2f and %.2f ms", round+1, s.rounds, commits[round], joins[round],
			slowCommits[round], slowJoins[round])
	}
	report.add(fmt.Sprintf("hot group: durable commits of one row, %d callers", hotCallers), median(commits), "/s")
	report.add(fmt.Sprintf("hot group: joins of one group, %d callers", hotCallers), median(joins), "/s").beside(joins, commits)
	report.add(fmt.Sprintf("hot group: p99 of a commit, %d callers", hotCallers), median(slowCommits), "ms")
	report.add(fmt.Sprintf("hot group: p99 of a join, %d callers", hotCallers), median(slowJoins), "ms").beside(slowJoins, slowCommits).under(20)
	return nil
}

// timed collects how long calls take, in milliseconds. It is safe for concurrent use.
type timed struct {
	mu   sync.Mutex
	took []float64
}

// of returns a function that does the same and is timed.
func (t *timed) of(do func() error) func() error {
	return func() error {
		begin := time.Now()
		err := do()
		ms := float64(time.Since(begin).Microseconds()) / 1000
		t.mu.Lock()
		defer t.mu.Unlock()
		t.took = append(t.took, ms)
		return err
	}
}

func (t *timed) quantile(q float64) float64 {
	slices.Sort(t.took)
	return t.took[int(q*float64(len(t.took)-1))]
}
