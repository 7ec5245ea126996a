package tables

import (
	"context"

	"github.com/rookeryhq/rookery/internal/platform"
)

// EndSession implements store.Sessions.
func (s *Store) EndSession(ctx context.Context, uin platform.UIN, secret [16]byte, endsMS, nowMS int64) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.Later("DELETE FROM ended_sessions WHERE (uin, secret) IN (SELECT uin, secret FROM ended_sessions WHERE ends_ms <= ? LIMIT 2)", nowMS); err != nil {
			return err
		}
		return t.Later("INSERT INTO ended_sessions (uin, secret, ends_ms) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", int64(uin), secret[:], endsMS)
	})
}

// SessionEnded implements store.Sessions.
func (s *Store) SessionEnded(ctx context.Context, uin platform.UIN, secret [16]byte) (ended bool, err error) {
	err = s.queryRow(ctx, "SELECT EXISTS (SELECT 1 FROM ended_sessions WHERE uin = ? AND secret = ?)", int64(uin), secret[:]).Scan(&ended)
	return ended, err
}
