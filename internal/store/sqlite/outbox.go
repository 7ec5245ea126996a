package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// GuardEvents implements store.Outbox.
func (s *Store) GuardEvents(guard func(context.Context, *platform.Event) error) {
	s.writer.guardEvents = guard
}

// Report implements store.Outbox.
func (s *Store) Report(ctx context.Context, events []platform.Event) error {
	return s.writer.write(ctx, func(t *tx) error { return t.report(events) })
}

// report stores the events of a write with it.
func (t *tx) report(events []platform.Event) error {
	for i := range events {
		if err := t.reportOne(&events[i]); err != nil {
			return fmt.Errorf("%w (%w)", platform.ErrEvents, err)
		}
	}
	if len(events) > 0 {
		t.changed(store.EventsChange{})
	}
	return nil
}

func (t *tx) reportOne(event *platform.Event) error {
	if guard := t.writer.guardEvents; guard != nil {
		if err := guard(t.ctx, event); err != nil {
			return err
		}
	}
	record, err := json.Marshal(event)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO outbox (at_ms, record) VALUES (?, ?)", event.TimeMS, string(record))
	return err
}

// undelivered selects the events that a lane has not delivered.
const undelivered = " FROM outbox WHERE id > (SELECT delivered FROM outbox_lanes WHERE lane = ?)"

// Undelivered implements store.Outbox.
func (s *Store) Undelivered(ctx context.Context, lane platform.Lane, limit int) ([]platform.Event, error) {
	rows, err := s.query(ctx, "SELECT id, record"+undelivered+" ORDER BY id LIMIT ?", int64(lane), limit)
	return collect(rows, err, func(r row) (e platform.Event, err error) {
		var (
			id     int64
			record []byte
		)
		if err := r.Scan(&id, &record); err != nil {
			return e, err
		}
		if err := json.Unmarshal(record, &e); err != nil {
			return e, fmt.Errorf("sqlite: event %d: %w", id, err)
		}
		e.ID = id
		return e, nil
	})
}

// Delivered implements store.Outbox.
func (s *Store) Delivered(ctx context.Context, lane platform.Lane, last int64) error {
	return s.writer.write(ctx, func(t *tx) error {
		if _, err := t.exec("UPDATE outbox_lanes SET delivered = ?2 WHERE lane = ?1 AND delivered < ?2", int64(lane), last); err != nil {
			return err
		}
		_, err := t.exec("DELETE FROM outbox WHERE id <= (SELECT min(delivered) FROM outbox_lanes)")
		return err
	})
}

// CountUndelivered implements store.Outbox.
func (s *Store) CountUndelivered(ctx context.Context, lane platform.Lane) (n int, oldestMS int64, err error) {
	err = s.queryRow(ctx, "SELECT count(*), ifnull(min(at_ms), 0)"+undelivered, int64(lane)).Scan(&n, &oldestMS)
	return n, oldestMS, err
}
