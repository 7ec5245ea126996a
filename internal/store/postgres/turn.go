package postgres

import (
	"context"
	"time"
)

const (
	// turnFor is how long the turn of a gateway lasts that is not heard of again: longer than any call.
	turnFor = 30 * time.Second
	// turnEvery is how often a gateway that waits for a turn asks for it.
	turnEvery = 20 * time.Millisecond
)

// Turn implements store.Store.
func (s *Store) Turn(ctx context.Context, key string) (done func(), err error) {
	ask := time.NewTicker(turnEvery)
	defer ask.Stop()
	for {
		taken, err := exec(ctx, s.write, `INSERT INTO turns (key, gateway, until) VALUES ($1::text, $2::bigint, clock_timestamp() + $3::bigint * interval '1 ms')
			ON CONFLICT (key) DO UPDATE SET gateway = excluded.gateway, until = excluded.until WHERE turns.until < clock_timestamp()`,
			key, s.gateway, turnFor.Milliseconds())
		if err != nil {
			return nil, err
		}
		if taken {
			return func() { s.endTurn(ctx, key) }, nil
		}
		select {
		case <-ask.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// endTurn lets the next one have the turn at once; if it cannot, that waits until it is over.
func (s *Store) endTurn(ctx context.Context, key string) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	_, _ = s.pool.Exec(ctx, "DELETE FROM turns WHERE key = $1::text AND gateway = $2::bigint", key, s.gateway)
}
