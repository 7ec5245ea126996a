package tables

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// StoreMessage implements store.Messages.
func (s *Store) StoreMessage(ctx context.Context, m platform.Message, quota *platform.MessageQuota) (stored platform.Message, again bool, err error) {
	content, err := json.Marshal(m.MessageContent)
	if err != nil {
		return platform.Message{}, false, err
	}
	keys := []lockKey{of(inboxOf, m.UIN), of(outboxOf, m.From)}
	if quota == nil { // the official account's messages do not wait for each other
		keys[1] = named(aRequest, fmt.Sprint(m.AppID, m.From, m.Request))
	}
	err = s.writeGrouped(ctx, func(t *tx) error {
		if err := t.lock(keys...); err != nil {
			return err
		}
		again = false
		if m.Request != "" {
			switch stored, err = t.recall(&m); {
			case err == nil:
				again = true
				return nil
			case !errors.Is(err, platform.ErrNotFound):
				return err
			}
		}
		var day sql.NullInt64
		if quota != nil {
			if err := t.countMessage(&m, quota); err != nil {
				return err
			}
			day = sql.NullInt64{Int64: quota.Day, Valid: true}
		}
		t.changed(store.MessageChange{AppID: m.AppID, UIN: m.UIN})
		stored = m
		id, least := t.MessageID(firstID(m.SentMS))
		err := t.last("INSERT INTO messages (id, uin, sender, appid, kind, request, content, sent_ms, read_ms, day) VALUES ("+id+", ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9) RETURNING id",
			least, int64(m.UIN), int64(m.From), int64(m.AppID), string(m.Kind), m.Request, string(content), m.SentMS, day).Scan(&stored.ID)
		if err != nil {
			t.Counts().Forget()
		}
		return err
	})
	if err != nil {
		return platform.Message{}, false, err
	}
	return stored, again, nil
}

// messageIDBits is the number of a message ID's bits below its milliseconds. An ID has 53 bits, which no reader of JSON rounds.
const messageIDBits = 12

// firstID returns the lowest ID of a message from a time on.
func firstID(ms int64) int64 { return ms << messageIDBits }

// recall returns the message that was stored with m's request. A request that has been kept long enough is forgotten.
func (t *tx) recall(m *platform.Message) (platform.Message, error) {
	stored, err := scanMessage(t.QueryRow("SELECT "+messageColumns+" FROM messages WHERE appid = ? AND sender = ? AND request = ? AND request <> ''",
		int64(m.AppID), int64(m.From), m.Request))
	if err != nil || stored.SentMS >= m.SentMS-platform.RequestKeptMS {
		return stored, err
	}
	if err := t.Later("UPDATE messages SET request = '' WHERE uin = ? AND id = ?", int64(stored.UIN), stored.ID); err != nil {
		return platform.Message{}, err
	}
	return platform.Message{}, platform.ErrNotFound
}

const messageColumns = "uin, id, sender, appid, kind, request, content, sent_ms, read_ms"

func scanMessage(r Row) (m platform.Message, err error) {
	var content []byte
	if err := r.Scan(&m.UIN, &m.ID, &m.From, &m.AppID, &m.Kind, &m.Request, &content, &m.SentMS, &m.ReadMS); err != nil {
		return platform.Message{}, sentinel(err)
	}
	return m, json.Unmarshal(content, &m.MessageContent)
}

// MessageOfRequest implements store.Messages.
func (s *Store) MessageOfRequest(ctx context.Context, app platform.AppID, from platform.UIN, request string, sinceMS int64) (platform.Message, error) {
	return scanMessage(s.queryRow(ctx, "SELECT "+messageColumns+" FROM messages WHERE appid = ? AND sender = ? AND request = ? AND request <> '' AND sent_ms >= ?",
		int64(app), int64(from), request, sinceMS))
}

// MessagesAfter implements store.Messages.
func (s *Store) MessagesAfter(ctx context.Context, uin platform.UIN, app platform.AppID, after, sinceMS int64, limit int) ([]platform.Message, error) {
	rows, err := s.query(ctx, "SELECT "+messageColumns+" FROM messages WHERE uin = ?1 AND id > ?2 AND sent_ms >= ?3 AND ?4 IN (0, appid) ORDER BY id LIMIT ?5",
		int64(uin), after, sinceMS, int64(app), limit)
	return Collect(rows, err, scanMessage)
}

// MessagesBefore implements store.Messages.
func (s *Store) MessagesBefore(ctx context.Context, uin platform.UIN, before, sinceMS int64, limit int) ([]platform.Message, error) {
	rows, err := s.query(ctx, "SELECT "+messageColumns+" FROM messages WHERE uin = ? AND id < ? AND sent_ms >= ? ORDER BY id DESC LIMIT ?",
		int64(uin), before, sinceMS, limit)
	return Collect(rows, err, scanMessage)
}

// ReadMessages implements store.Messages.
func (s *Store) ReadMessages(ctx context.Context, uin platform.UIN, upTo, nowMS int64) error {
	return s.writeGrouped(ctx, func(t *tx) error {
		return t.Later("UPDATE messages SET read_ms = ? WHERE uin = ? AND id <= ? AND read_ms = 0", nowMS, int64(uin), upTo)
	})
}

// SweepMessages implements store.Messages.
func (s *Store) SweepMessages(ctx context.Context, beforeMS, beforeDay int64, limit int) (int64, error) {
	return returning(ctx, s.write, func(t *tx) (int64, error) {
		messages, err := t.Exec(s.sweepMessages, limit, beforeMS)
		if err != nil {
			return 0, err
		}
		counts, err := t.Exec("DELETE FROM messages_sent WHERE (appid, uin, day) IN (SELECT appid, uin, day FROM messages_sent WHERE day < ? LIMIT ?)", beforeDay, limit)
		if messages+counts > 0 {
			t.Counts().Forget()
		}
		return messages + counts, err
	})
}
