package tables

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// GuardEvents implements store.Outbox.
func (s *Store) GuardEvents(guard func(context.Context, *platform.Event) error) {
	s.guardEvents = guard
}

// Report implements store.Outbox.
func (s *Store) Report(ctx context.Context, events []platform.Event) error {
	return s.write(ctx, func(t *tx) error { return t.report(events) })
}

// report stores the events of a write with it.
func (t *tx) report(events []platform.Event) error {
	if len(events) == 0 {
		return nil
	}
	// A number that is committed after a higher one would be taken for delivered.
	if err := t.lock(of(eventNumbers, 0)); err != nil {
		return err
	}
	for i := range events {
		if err := t.reportOne(&events[i]); err != nil {
			return fmt.Errorf("%w (%w)", platform.ErrEvents, err)
		}
	}
	t.changed(store.EventsChange{})
	return nil
}

func (t *tx) reportOne(event *platform.Event) error {
	if guard := t.store.guardEvents; guard != nil {
		if err := guard(t.ctx, event); err != nil {
			return err
		}
	}
	record, err := json.Marshal(event)
	if err != nil {
		return err
	}
	return t.Later("INSERT INTO outbox (at_ms, record) VALUES (?, ?)", event.TimeMS, string(record))
}

// undelivered selects the events that a lane has not delivered.
const undelivered = " FROM outbox WHERE id > (SELECT delivered FROM outbox_lanes WHERE lane = ?)"

// Undelivered implements store.Outbox.
func (s *Store) Undelivered(ctx context.Context, lane platform.Lane, limit int) ([]platform.Event, error) {
	rows, err := s.query(ctx, "SELECT id, record"+undelivered+" ORDER BY id LIMIT ?", int64(lane), limit)
	return Collect(rows, err, func(r Row) (e platform.Event, err error) {
		var (
			id     int64
			record []byte
		)
		if err := r.Scan(&id, &record); err != nil {
			return e, err
		}
		if err := json.Unmarshal(record, &e); err != nil {
			return e, fmt.Errorf("tables: event %d: %w", id, err)
		}
		e.ID = id
		return e, nil
	})
}

// Delivered implements store.Outbox.
func (s *Store) Delivered(ctx context.Context, lane platform.Lane, last int64) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.Later("UPDATE outbox_lanes SET delivered = ?2 WHERE lane = ?1 AND delivered < ?2", int64(lane), last); err != nil {
			return err
		}
		return t.Later("DELETE FROM outbox WHERE id <= (SELECT min(delivered) FROM outbox_lanes)")
	})
}

// CountUndelivered implements store.Outbox.
func (s *Store) CountUndelivered(ctx context.Context, lane platform.Lane) (n int, oldestMS int64, err error) {
	err = s.queryRow(ctx, "SELECT count(*), coalesce(min(at_ms), 0)"+undelivered, int64(lane)).Scan(&n, &oldestMS)
	return n, oldestMS, err
}
