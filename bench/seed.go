//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	rookery "github.com/rookeryhq/rookery/internal/platform"
)

// firstSeeded is the lowest seeded account number, above those of the demo world.
const firstSeeded = 100_001

// seed puts accounts into a platform's file, each with an openid, a V5 player and a grant at one app. The platform must not
// be running. Everything is on the disk when seed returns, so that no write of it disturbs later measurements. Openids are
// random like the platform's own, so their order is unrelated to that of the accounts.
func seed(ctx context.Context, file string, app rookery.AppID, accounts int) (err error) {
	query := url.Values{"mode": {"rw"}, "_pragma": {"synchronous(OFF)", "cache_size(-524288)", "temp_store(MEMORY)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: query.Encode()}).String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(), flush(file)) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // fails harmlessly after the commit
	now := time.Now().UnixMilli()
	// Rows are inserted in the order of their keys, which is quick and leaves full pages. MSDK openids have 20 digits:
	// unsigned 64-bit numbers, stored as signed ones.
	for _, step := range []struct {
		query string
		args  []any
	}{
		{`WITH RECURSIVE n(uin) AS (SELECT ?1 UNION ALL SELECT uin + 1 FROM n WHERE uin < ?2)
			INSERT INTO accounts (uin, profile, state, class, password_hash, password_epoch, created_ms)
			SELECT uin, '{"nickname":"player ' || uin || '"}', 0, 0, ?3, 1, ?4 FROM n`,
			[]any{firstSeeded, firstSeeded + accounts - 1, noPassword, now}},
		{`INSERT INTO openids (appid, openid, uin, state, changed_ms)
			SELECT ?1, randomblob(16) AS openid, uin, 0, ?2 FROM accounts WHERE uin >= ?3 ORDER BY openid`,
			[]any{int64(app), now, firstSeeded}},
		{`INSERT INTO players (appid, msdk_openid, channel, openid, created_ms)
			SELECT appid, -8446744073709551616 + abs(random() % 8000000000000000000) AS id, 2, openid, ?1
			FROM openids WHERE appid = ?2 AND uin >= ?3 ORDER BY id`,
			[]any{now, int64(app), firstSeeded}},
		{`INSERT INTO grants (appid, openid, scopes, token_epoch, pay_epoch, ended_epoch, ended_by, changed_ms)
			SELECT appid, openid, 'get_user_info', 1, 0, 0, 0, ?1 FROM openids WHERE appid = ?2 AND uin >= ?3`,
			[]any{now, int64(app), firstSeeded}},
	} {
		result, err := tx.ExecContext(ctx, step.query, step.args...)
		if err != nil {
			return fmt.Errorf("seeding: %w", err)
		}
		if rows, _ := result.RowsAffected(); rows != int64(accounts) {
			return fmt.Errorf("seeding: %d rows instead of %d", rows, accounts)
		}
	}
	return tx.Commit()
}

func flush(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// noPassword has the form and length of a password hash and matches no password.
const noPassword = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// seededAccount is an account that seed made.
type seededAccount struct {
	uin    rookery.UIN
	openid rookery.OpenID
}

// readSeeded returns the seeded accounts in the order of their numbers.
func readSeeded(ctx context.Context, file string, app rookery.AppID) (all []seededAccount, err error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: "mode=ro"}).String())
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT uin, openid FROM openids WHERE appid = ? AND uin >= ? AND state = 0 ORDER BY uin", int64(app), firstSeeded)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			one seededAccount
			raw sql.RawBytes
		)
		if err := rows.Scan(&one.uin, &raw); err != nil {
			return nil, err
		}
		copy(one.openid[:], raw)
		all = append(all, one)
	}
	return all, rows.Err()
}
