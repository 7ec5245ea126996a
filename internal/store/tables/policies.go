package tables

import (
	"context"
	"errors"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// OIDBPolicy implements store.Policies.
func (s *Store) OIDBPolicy(ctx context.Context) (version int64, record []byte, err error) {
	var text string
	err = sentinel(s.queryRow(ctx, "SELECT version, record FROM oidb_policy ORDER BY version DESC LIMIT 1").Scan(&version, &text))
	if errors.Is(err, platform.ErrNotFound) {
		return 0, nil, nil
	}
	return version, []byte(text), err
}

// StoreOIDBPolicy implements store.Policies.
func (s *Store) StoreOIDBPolicy(ctx context.Context, version int64, record []byte, nowMS int64) error {
	return s.write(ctx, func(t *tx) error {
		err := t.Later("INSERT INTO oidb_policy (version, record, created_ms) VALUES (?, ?, ?)", version, string(record), nowMS)
		t.changed(store.PolicyChange{Version: version, Record: record})
		return err
	})
}
