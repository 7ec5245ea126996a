package postgres

import (
	"context"
	"time"

	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/tables"
)

// OpenLooking is Open with another time between two looks at the log of changes.
func OpenLooking(ctx context.Context, address string, every time.Duration) (*Store, error) {
	return open(ctx, address, every, sweepEvery)
}

// OpenSweeping is Open with another time between two sweeps.
func OpenSweeping(ctx context.Context, address string, every time.Duration) (*Store, error) {
	return open(ctx, address, lookEvery, every)
}

// Step makes a step of any statements.
func (s *Store) Step(ctx context.Context, do func(tables.Conn) ([]store.Change, error)) error {
	return s.write(ctx, do)
}

// GroupTurns is how many groups of steps may be under way.
const GroupTurns = groupTurns

// WaitingSteps returns how many steps wait for a group.
func (s *Store) WaitingSteps() int { return s.groups.size() }

// GroupedStep makes a step that may be one of a group.
func (s *Store) GroupedStep(ctx context.Context, do func(tables.Conn) ([]store.Change, error)) error {
	return s.writeGrouped(ctx, do)
}

// Look reads the log of changes once. Nothing else may read it.
func (s *Store) Look(ctx context.Context) error { return s.look(ctx) }

// WasElsewhere makes the last look one at another server, which had given out numbers that this one has not.
func (s *Store) WasElsewhere(noticed bool) {
	s.feed.horizon += 1 << 20
	for id := range int64(100) {
		s.feed.seen[id] = s.feed.horizon
	}
	if noticed {
		s.feed.server = "another"
	}
}

// LookedAgo makes the last look at the log so long ago, by the database's clock.
func (s *Store) LookedAgo(ago time.Duration) {
	s.feed.lookMS.Add(-ago.Milliseconds())
}

// HeardAgo makes the last look at the log that succeeded one of so long ago, or of so much later if it is negative.
func (s *Store) HeardAgo(ago time.Duration) {
	s.feed.heard.Store(int64(time.Since(s.feed.begun) - ago))
}

// OldChanges removes old changes from the log, $1 seconds old.
var OldChanges = oldChanges

// Sweep removes once what is old.
func (s *Store) Sweep(ctx context.Context) { s.sweep(ctx) }
