package tables

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// CreateApp implements store.Apps.
func (s *Store) CreateApp(ctx context.Context, app *platform.App, nowMS int64) error {
	if app.AppID > math.MaxInt64 {
		return fmt.Errorf("tables: appid %s has more than 63 bits", app.AppID)
	}
	record, err := json.Marshal(app)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		err := t.Later("INSERT INTO apps (appid, gameid, record, created_ms, updated_ms) VALUES (?, nullif(?, 0), ?, ?, ?)",
			int64(app.AppID), int64(app.GameID), string(record), nowMS, nowMS)
		t.creates(app.AppID)
		t.changed(store.AppChange{App: app})
		return err
	})
}

// UpdateApp implements store.Apps.
func (s *Store) UpdateApp(ctx context.Context, id platform.AppID, nowMS int64, edit func(*platform.App) error) (*platform.App, error) {
	return returning(ctx, s.write, func(t *tx) (*platform.App, error) {
		if err := t.lock(of(anApp, id)); err != nil {
			return nil, err
		}
		app, err := scanApp(t.QueryRow("SELECT record FROM apps WHERE appid = ?", int64(id)))
		if err != nil {
			return nil, missing(err, platform.NoApp, id)
		}
		if err := edit(app); err != nil {
			return nil, err
		}
		app.AppID = id
		record, err := json.Marshal(app)
		if err != nil {
			return nil, err
		}
		err = t.Later("UPDATE apps SET gameid = nullif(?, 0), record = ?, updated_ms = ? WHERE appid = ?",
			int64(app.GameID), string(record), nowMS, int64(id))
		t.changed(store.AppChange{App: app})
		return app, err
	})
}

// App implements store.Apps.
func (s *Store) App(ctx context.Context, id platform.AppID) (*platform.App, error) {
	if id > math.MaxInt64 {
		return nil, platform.NoApp(id)
	}
	app, err := scanApp(s.queryRow(ctx, "SELECT record FROM apps WHERE appid = ?", int64(id)))
	return app, missing(err, platform.NoApp, id)
}

// Apps implements store.Apps.
func (s *Store) Apps(ctx context.Context) ([]*platform.App, error) {
	rows, err := s.query(ctx, "SELECT record FROM apps ORDER BY appid")
	return Collect(rows, err, scanApp)
}

func scanApp(r Row) (*platform.App, error) {
	var record string
	if err := r.Scan(&record); err != nil {
		return nil, sentinel(err)
	}
	app := new(platform.App)
	if err := json.Unmarshal([]byte(record), app); err != nil {
		return nil, fmt.Errorf("tables: app record: %w", err)
	}
	return app, nil
}
