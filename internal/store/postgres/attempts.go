package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rookeryhq/rookery/internal/limit"
	"github.com/rookeryhq/rookery/internal/platform"
)

// What an attempt does to the arrival of a key, with $2 for now, $3 for the interval, $4 for the period and $5 for the slack: limit.Bucket's
// GCRA in one statement.
const (
	arrival = "(greatest(CASE WHEN attempts.arrival - $2::bigint > $4::bigint + $5::bigint THEN $2::bigint + $4::bigint - $3::bigint ELSE attempts.arrival END, $2::bigint) + $3::bigint)"
	spend   = "INSERT INTO attempts (key, arrival) VALUES ($1::text, $2::bigint + $3::bigint) ON CONFLICT (key) DO UPDATE SET arrival = " + arrival +
		" WHERE " + arrival + " - $2::bigint <= $4::bigint"
	ahead = "SELECT " + arrival + " - $2::bigint - $4::bigint FROM attempts WHERE key = $1::text"
)

// TakeAttempt implements store.Attempts.
func (s *Store) TakeAttempt(ctx context.Context, key string, rate platform.Rate, now time.Time) (wait time.Duration, err error) {
	args := []any{key, now.UnixNano(), int64(limit.Interval(rate)), int64(rate.Per), int64(limit.Slack)}
	taken, err := exec(ctx, s.writeGrouped, spend, args...)
	if err != nil || taken {
		return 0, err
	}
	var left int64
	if err := s.pool.QueryRow(ctx, ahead, args...).Scan(&left); err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, err
	}
	return max(time.Duration(left), 1), nil // it may have been cleared since: then it is soon
}

// GiveBackAttempt implements store.Attempts.
func (s *Store) GiveBackAttempt(ctx context.Context, key string, rate platform.Rate) error {
	_, err := exec(ctx, s.writeGrouped, "UPDATE attempts SET arrival = arrival - $2::bigint WHERE key = $1::text", key, int64(limit.Interval(rate)))
	return err
}

// ClearAttempts implements store.Attempts.
func (s *Store) ClearAttempts(ctx context.Context, key string) error {
	_, err := exec(ctx, s.writeGrouped, "DELETE FROM attempts WHERE key = $1::text", key)
	return err
}

// TakeNonce implements store.Nonces.
func (s *Store) TakeNonce(ctx context.Context, app platform.AppID, nonce []byte, nowMS, sinceMS int64) error {
	taken, err := exec(ctx, s.writeGrouped, `INSERT INTO nonces (appid, nonce, at_ms) VALUES ($1::bigint, $2::bytea, $3::bigint)
		ON CONFLICT (appid, nonce) DO UPDATE SET at_ms = excluded.at_ms WHERE nonces.at_ms < $4::bigint`, int64(app), nonce, nowMS, sinceMS)
	if err == nil && !taken {
		return platform.ErrSpent
	}
	return err
}
