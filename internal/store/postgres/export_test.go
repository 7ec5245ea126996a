package postgres

import (
	"context"
	"time"

	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/tables"
)

// OpenLooking is Open with another time between two looks at the log of changes.
var OpenLooking = open

// Step makes a step of any statements.
func (s *Store) Step(ctx context.Context, do func(tables.Conn) ([]store.Change, error)) error {
	return s.write(ctx, do)
}

// LookedAgo makes the last look at the log so long ago, by the database's clock.
func (s *Store) LookedAgo(ago time.Duration) {
	s.feed.lookMS.Add(-ago.Milliseconds())
}
