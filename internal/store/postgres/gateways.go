package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/rookeryhq/rookery/internal/platform"
)

// Join implements store.Gateways.
func (s *Store) Join(ctx context.Context, g platform.Gateway, keys string) (shared string, err error) {
	about, err := json.Marshal(g)
	if err != nil {
		return "", err
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO gateways (id, about, seen) VALUES ($1::bigint, $2::text, clock_timestamp())
			ON CONFLICT (id) DO UPDATE SET about = excluded.about, seen = excluded.seen`, s.gateway, string(about)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO keys (one, fingerprint) VALUES (1, $1::text) ON CONFLICT (one) DO NOTHING", keys); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "SELECT fingerprint FROM keys").Scan(&shared)
	})
	return shared, err
}

// UseKeys implements store.Gateways.
func (s *Store) UseKeys(ctx context.Context, keys string) error {
	_, err := exec(ctx, s.write, "INSERT INTO keys (one, fingerprint) VALUES (1, $1::text) ON CONFLICT (one) DO UPDATE SET fingerprint = excluded.fingerprint", keys)
	return err
}

// Gateways implements store.Gateways.
func (s *Store) Gateways(ctx context.Context) ([]platform.Gateway, error) {
	rows, err := s.pool.Query(ctx, `SELECT g.about, (extract(epoch FROM g.seen) * 1000)::bigint, g.id = l.gateway AND l.until > clock_timestamp()
		FROM gateways g CROSS JOIN leader l WHERE g.seen > clock_timestamp() - make_interval(secs => $1) ORDER BY g.about`, leadFor.Seconds())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (g platform.Gateway, err error) {
		var (
			about  string
			seenMS int64
			leads  bool
		)
		if err := r.Scan(&about, &seenMS, &leads); err != nil {
			return g, err
		}
		if err := json.Unmarshal([]byte(about), &g); err != nil {
			return g, fmt.Errorf("postgres: what a gateway says of itself: %w", err)
		}
		g.SeenMS, g.Leads = seenMS, leads
		return g, nil
	})
}
