package postgres

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/tables"
)

const (
	// groupTurns is how many transactions of several steps may be under way. Those that arrive meanwhile go together.
	groupTurns = 2
	// mostGrouped bounds the steps of one of them.
	mostGrouped = 64
)

// groups are the steps that wait to share a transaction.
type groups struct {
	turns   chan struct{}
	mu      sync.Mutex
	waiting []*step
}

// writeGrouped makes a step in a transaction with others that arrive at about the same time, so that all share its round trips and its commit
// (group commit). One of the callers makes it for all.
func (s *Store) writeGrouped(ctx context.Context, do func(tables.Conn) ([]store.Change, error)) error {
	one := &step{do: do, done: make(chan struct{})}
	s.groups.add(one)
	for s.groups.has(one) {
		var err error
		select {
		case s.groups.turns <- struct{}{}:
			err = s.group(ctx)
		case <-ctx.Done():
			err = ctx.Err()
		case <-one.done:
		}
		if err != nil && s.groups.remove(one) {
			return err
		}
	}
	<-one.done
	if one.alone {
		return s.write(ctx, do)
	}
	return one.err
}

// group makes a transaction of the steps that wait once there is a connection. It ends the turn.
func (s *Store) group(ctx context.Context) error {
	defer func() { <-s.groups.turns }()
	conn, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	// Callers who are about to write come along, as in package sqlite. Nobody who is not ready is waited for.
	for waiting := -1; waiting < s.groups.size(); runtime.Gosched() {
		waiting = s.groups.size()
	}
	steps := s.groups.take()
	defer func() {
		p := recover() // nobody else may take a step for done
		for _, one := range steps {
			if p != nil {
				one.err = fmt.Errorf("postgres: a group panicked: %v", p)
			}
			close(one.done)
		}
	}()
	if len(steps) == 0 {
		conn.Release()
	} else {
		s.transact(ctx, conn, steps...)
	}
	return nil
}

func (g *groups) add(one *step) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, one)
}

func (g *groups) size() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// take removes the steps that have waited longest.
func (g *groups) take() []*step {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), mostGrouped)
	taken := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	return taken
}

// has reports whether a step waits.
func (g *groups) has(one *step) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Contains(g.waiting, one)
}

// remove takes back a step that waits; false if it is under way or done.
func (g *groups) remove(one *step) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.waiting, one)
	if i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
	}
	return i >= 0
}
