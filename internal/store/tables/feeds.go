package tables

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/rookeryhq/rookery/internal/platform"
)

const feedColumns = "id, appid, uin, request, content, posted_ms"

func scanFeed(r Row) (f platform.Feed, err error) {
	var content []byte
	if err := r.Scan(&f.ID, &f.AppID, &f.UIN, &f.Request, &content, &f.PostedMS); err != nil {
		return f, sentinel(err)
	}
	if len(content) == 0 { // it was deleted
		return f, nil
	}
	return f, json.Unmarshal(content, &f.FeedContent)
}

// PostFeed implements store.Feeds.
func (s *Store) PostFeed(ctx context.Context, f platform.Feed, most int) (platform.Feed, error) {
	content, err := json.Marshal(f.FeedContent)
	if err != nil {
		return platform.Feed{}, err
	}
	return returning(ctx, s.write, func(t *tx) (platform.Feed, error) {
		if err := t.lock(of(progressOf, f.UIN)); err != nil {
			return platform.Feed{}, err
		}
		if f.Request != "" {
			posted, err := scanFeed(t.QueryRow("SELECT "+feedColumns+" FROM feeds WHERE appid = ? AND uin = ? AND request = ? AND request <> ''",
				int64(f.AppID), int64(f.UIN), f.Request))
			if !errors.Is(err, platform.ErrNotFound) {
				return posted, err
			}
		}
		posted, err := scanFeed(t.QueryRow("INSERT INTO feeds (appid, uin, request, content, posted_ms) VALUES (?, ?, ?, ?, ?) RETURNING "+feedColumns,
			int64(f.AppID), int64(f.UIN), f.Request, string(content), f.PostedMS))
		if err != nil {
			return posted, err
		}
		err = t.Later(`DELETE FROM feeds WHERE id IN (
			SELECT * FROM (SELECT id FROM feeds WHERE appid = ?1 AND uin = ?2 AND content <> '' ORDER BY id DESC LIMIT 1000 OFFSET ?3) posted
			UNION ALL SELECT * FROM (SELECT id FROM feeds WHERE appid = ?1 AND uin = ?2 AND content = '' ORDER BY id DESC LIMIT 1000 OFFSET ?3) deleted)`,
			int64(f.AppID), int64(f.UIN), most)
		return posted, err
	})
}

// Feeds implements store.Feeds.
func (s *Store) Feeds(ctx context.Context, app platform.AppID, authors []platform.UIN, before, sinceMS int64, limit int) ([]platform.Feed, error) {
	list, err := listOf(authors)
	if err != nil {
		return nil, err
	}
	// The newest are found in the index alone; only they are read.
	rows, err := s.query(ctx, "SELECT "+feedColumns+` FROM feeds WHERE id IN
		(SELECT f.id FROM json_each(?2) a CROSS JOIN feeds f WHERE f.appid = ?1 AND f.uin = CAST(a.value AS BIGINT) AND f.content <> '' AND f.id < ?3 AND f.posted_ms >= ?4
		ORDER BY f.id DESC LIMIT ?5) ORDER BY id DESC`,
		int64(app), list, before, sinceMS, limit)
	return Collect(rows, err, scanFeed)
}

// listOf returns account numbers for json_each.
func listOf(uins []platform.UIN) (string, error) {
	list := make([]int64, len(uins))
	for i, uin := range uins {
		list[i] = int64(uin)
	}
	text, err := json.Marshal(list)
	return string(text), err
}

// FeedsByID implements store.Feeds.
func (s *Store) FeedsByID(ctx context.Context, app platform.AppID, ids []int64, sinceMS int64) ([]platform.Feed, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, "SELECT "+feedColumns+` FROM feeds
		WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(?) list) AND appid = ? AND content <> '' AND posted_ms >= ? ORDER BY id DESC`,
		string(list), int64(app), sinceMS)
	return Collect(rows, err, scanFeed)
}

// DeleteFeed implements store.Feeds.
func (s *Store) DeleteFeed(ctx context.Context, app platform.AppID, author platform.UIN, id int64) error {
	return s.write(ctx, func(t *tx) error {
		gone, err := t.Exec("DELETE FROM feeds WHERE id = ? AND appid = ? AND uin = ? AND request = ''", id, int64(app), int64(author))
		if err != nil || gone > 0 {
			return err
		}
		return t.affect("UPDATE feeds SET content = '' WHERE id = ? AND appid = ? AND uin = ? AND content <> ''", id, int64(app), int64(author))
	})
}

// SweepFeeds implements store.Feeds.
func (s *Store) SweepFeeds(ctx context.Context, beforeMS int64, limit int) (int64, error) {
	return returning(ctx, s.write, func(t *tx) (int64, error) {
		return t.Exec("DELETE FROM feeds WHERE id IN (SELECT id FROM feeds WHERE posted_ms < ? LIMIT ?)", beforeMS, limit)
	})
}

// SeenEntries implements store.RedDots.
func (s *Store) SeenEntries(ctx context.Context, app platform.AppID, uin platform.UIN) (map[string]int64, error) {
	type dot struct {
		entry  string
		seenMS int64
	}
	rows, err := s.query(ctx, "SELECT entry, seen_ms FROM red_dots WHERE appid = ? AND uin = ?", int64(app), int64(uin))
	list, err := Collect(rows, err, func(r Row) (d dot, err error) {
		err = r.Scan(&d.entry, &d.seenMS)
		return d, err
	})
	seen := make(map[string]int64, len(list))
	for _, d := range list {
		seen[d.entry] = d.seenMS
	}
	return seen, err
}

// SeeEntries implements store.RedDots.
func (s *Store) SeeEntries(ctx context.Context, app platform.AppID, uin platform.UIN, entries []string, seenMS int64) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.lock(of(progressOf, uin)); err != nil {
			return err
		}
		for _, entry := range entries {
			if err := t.Later(`INSERT INTO red_dots (appid, uin, entry, seen_ms) VALUES (?, ?, ?, ?)
				ON CONFLICT (appid, uin, entry) DO UPDATE SET seen_ms = excluded.seen_ms WHERE excluded.seen_ms > red_dots.seen_ms`, int64(app), int64(uin), entry, seenMS); err != nil {
				return err
			}
		}
		return nil
	})
}
