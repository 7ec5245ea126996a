package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// What a message from ?2 to ?3 through app ?1 may break on day ?4, in the week from ?5.
const (
	senderFull = `(SELECT coalesce(sum(sent) >= ?7 OR sum(sent) FILTER (WHERE day = ?4) >= ?6, false)
		FROM message_counts WHERE appid = ?1 AND uin = ?2 AND peer = 0 AND day BETWEEN ?5 AND ?5 + 6)`
	receiverFull = `(SELECT coalesce(sum(got) >= ?9 OR sum(got) FILTER (WHERE day = ?4) >= ?8, false)
		FROM message_counts WHERE appid = ?1 AND uin = ?3 AND peer = 0 AND day BETWEEN ?5 AND ?5 + 6)`
	pairFull = `EXISTS (SELECT 1 FROM message_counts WHERE appid = ?1 AND uin = ?2 AND peer = ?3 AND day = ?4 AND sent >= ?10)`
)

// StoreMessage implements store.Messages.
func (s *Store) StoreMessage(ctx context.Context, m platform.Message, quota *platform.MessageQuota) (stored platform.Message, again bool, err error) {
	content, err := json.Marshal(m.MessageContent)
	if err != nil {
		return platform.Message{}, false, err
	}
	err = s.writer.write(ctx, func(t *tx) error {
		if m.Request != "" {
			switch stored, err = t.recall(&m); {
			case err == nil:
				again = true
				return nil
			case !errors.Is(err, platform.ErrNotFound):
				return err
			}
		}
		if quota != nil {
			if err := t.count(&m, quota); err != nil {
				return err
			}
		}
		stored = m
		stored.ID = t.writer.messageID(m.SentMS)
		if _, err := t.exec("INSERT INTO messages ("+messageColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",
			int64(m.UIN), stored.ID, int64(m.From), int64(m.AppID), string(m.Kind), m.Request, string(content), m.SentMS); err != nil {
			return sentinel(err)
		}
		t.changed(store.MessageChange{AppID: m.AppID, UIN: m.UIN})
		return nil
	})
	if err != nil {
		return platform.Message{}, false, err
	}
	return stored, again, nil
}

// messageIDBits is the number of a message ID's bits below its milliseconds. An ID has 53 bits, which no reader of JSON rounds.
const messageIDBits = 12

// messageID returns the next message's ID. The IDs follow the time, but they rise even if the clock is moved back.
func (w *writer) messageID(nowMS int64) int64 {
	w.lastMessage = max(w.lastMessage+1, nowMS<<messageIDBits)
	return w.lastMessage
}

// newestMessage returns the ID of the newest message, which is the highest; 0 without messages.
func newestMessage(ctx context.Context, conn *sql.Conn) (id int64, err error) {
	err = conn.QueryRowContext(ctx, "SELECT id FROM messages ORDER BY rowid DESC LIMIT 1").Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// recall returns the message that was stored with m's request. A request that has been kept long enough is forgotten.
func (t *tx) recall(m *platform.Message) (platform.Message, error) {
	stored, err := scanMessage(t.queryRow("SELECT "+messageColumns+" FROM messages WHERE appid = ? AND sender = ? AND request = ? AND request <> ''",
		int64(m.AppID), int64(m.From), m.Request))
	if err != nil || stored.SentMS >= m.SentMS-platform.RequestKeptMS {
		return stored, err
	}
	if _, err := t.exec("UPDATE messages SET request = '' WHERE uin = ? AND id = ?", int64(stored.UIN), stored.ID); err != nil {
		return platform.Message{}, err
	}
	return platform.Message{}, platform.ErrNotFound
}

// count counts a message for its sender, its receiver and the two of them.
func (t *tx) count(m *platform.Message, quota *platform.MessageQuota) error {
	args := []any{
		int64(m.AppID), int64(m.From), int64(m.UIN), quota.Day, quota.Monday,
		quota.SenderDay, quota.SenderWeek, quota.ReceiverDay, quota.ReceiverWeek, quota.PairDay,
	}
	rows, err := t.exec(`INSERT INTO message_counts (appid, uin, peer, day, sent, got)
		SELECT ?1, column1, column2, ?4, column3, column4 FROM (VALUES (?2, 0, 1, 0), (?3, 0, 0, 1), (?2, ?3, 1, 0))
		WHERE NOT (`+senderFull+` OR `+receiverFull+` OR `+pairFull+`)
		ON CONFLICT DO UPDATE SET sent = sent + excluded.sent, got = got + excluded.got`, args...)
	if err != nil || rows > 0 {
		return err
	}
	var sender, receiver bool
	err = t.queryRow("SELECT "+senderFull+", "+receiverFull+" WHERE ?10 = ?10", args...).Scan(&sender, &receiver)
	switch {
	case err != nil:
		return err
	case sender:
		return platform.ErrSenderQuota
	case receiver:
		return platform.ErrReceiverQuota
	default:
		return platform.ErrPairQuota
	}
}

const messageColumns = "uin, id, sender, appid, kind, request, content, sent_ms, read_ms"

func scanMessage(r row) (m platform.Message, err error) {
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
	return collect(rows, err, scanMessage)
}

// MessagesBefore implements store.Messages.
func (s *Store) MessagesBefore(ctx context.Context, uin platform.UIN, before, sinceMS int64, limit int) ([]platform.Message, error) {
	rows, err := s.query(ctx, "SELECT "+messageColumns+" FROM messages WHERE uin = ? AND id < ? AND sent_ms >= ? ORDER BY id DESC LIMIT ?",
		int64(uin), before, sinceMS, limit)
	return collect(rows, err, scanMessage)
}

// ReadMessages implements store.Messages.
func (s *Store) ReadMessages(ctx context.Context, uin platform.UIN, upTo, nowMS int64) error {
	return s.writer.write(ctx, func(t *tx) error {
		_, err := t.exec("UPDATE messages SET read_ms = ? WHERE uin = ? AND id <= ? AND read_ms = 0", nowMS, int64(uin), upTo)
		return err
	})
}

// SweepMessages implements store.Messages.
func (s *Store) SweepMessages(ctx context.Context, beforeMS, beforeDay int64, limit int) (int64, error) {
	return returning(ctx, s.writer, func(t *tx) (int64, error) {
		messages, err := t.exec("DELETE FROM messages WHERE rowid IN (SELECT rowid FROM messages ORDER BY rowid LIMIT ?) AND sent_ms < ?", limit, beforeMS)
		if err != nil {
			return 0, err
		}
		counts, err := t.exec(`DELETE FROM message_counts WHERE (appid, uin, peer, day) IN
			(SELECT appid, uin, peer, day FROM message_counts WHERE day < ? LIMIT ?)`, beforeDay, limit)
		return messages + counts, err
	})
}
