//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/identity"
	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
)

// firstSeeded is the lowest seeded account number, above those of the demo world.
const firstSeeded = 100_001

// seed puts accounts into a platform's file, each with an openid and a grant at one app. The platform must not be running.
// Everything is on the disk when seed returns, so that no write of it disturbs later measurements. Openids are random like the
// platform's own, so their order is unrelated to that of the accounts.
func seed(ctx context.Context, file string, app rookery.AppID, accounts int) (err error) {
	// A seed that fails leaves a file that is of no use, so there is no journal; the platform goes back to its own.
	query := url.Values{"mode": {"rw"}, "_pragma": {"journal_mode(OFF)", "synchronous(OFF)", "cache_size(-524288)", "temp_store(MEMORY)"}}
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
	indexes, err := dropIndexes(tx, "openids")
	if err != nil {
		return err
	}
	now := time.Now().UnixMilli()
	// Rows are inserted in the order of their keys, and indexes are made of all rows at once: that is quick and leaves full
	// pages.
	for _, step := range []struct {
		query string
		args  []any
	}{
		{`WITH RECURSIVE n(uin) AS (SELECT ?1 UNION ALL SELECT uin + 1 FROM n WHERE uin < ?2)
			INSERT INTO accounts (uin, profile, state, class, password_hash, password_epoch, created_ms)
			SELECT uin, '{"nickname":"player ' || uin || '"}', 0, 0, ?3, 1, ?4 FROM n`,
			[]any{firstSeeded, firstSeeded + accounts - 1, noPassword, now}},
		{`INSERT INTO openids (appid, openid, uin, state, token_epoch, scopes, since_ms, changed_ms)
			SELECT ?1, randomblob(16) AS openid, uin, 0, 1, 'get_user_info', ?2, ?2 FROM accounts WHERE uin >= ?3 ORDER BY openid`,
			[]any{int64(app), now, firstSeeded}},
	} {
		result, err := tx.ExecContext(ctx, step.query, step.args...)
		if err != nil {
			return fmt.Errorf("seeding: %w", err)
		}
		if rows, _ := result.RowsAffected(); rows != int64(accounts) {
			return fmt.Errorf("seeding: %d rows instead of %d", rows, accounts)
		}
	}
	for _, index := range indexes {
		if _, err := tx.ExecContext(ctx, index); err != nil {
			return fmt.Errorf("seeding: %w", err)
		}
	}
	return tx.Commit()
}

// dropIndexes drops a table's indexes and returns the statements that make them again.
func dropIndexes(tx *sql.Tx, table string) (create []string, err error) {
	rows, err := tx.Query("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL", table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name, statement string
		if err := rows.Scan(&name, &statement); err != nil {
			return nil, err
		}
		names, create = append(names, name), append(create, statement)
	}
	for _, name := range names {
		if _, err := tx.Exec("DROP INDEX " + name); err != nil {
			return nil, err
		}
	}
	return create, rows.Err()
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

// readSeeded returns the seeded accounts by number, one of every so many.
func readSeeded(ctx context.Context, file string, app rookery.AppID, of int) (all []seededAccount, err error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: "mode=ro"}).String())
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT uin, openid FROM openids WHERE appid = ? AND uin >= ? AND state = 0 AND uin % ? = 0 ORDER BY uin", int64(app), firstSeeded, of)
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

// openIdentity opens the store and the keyring of a platform that is not running, as the platform would.
func openIdentity(ctx context.Context, data string) (service *identity.Service, release func() error, err error) {
	st, err := sqlite.Open(ctx, filepath.Join(data, "rookery.db"))
	if err != nil {
		return nil, nil, err
	}
	clock := new(rookery.Clock)
	keyring, err := token.OpenKeyring(filepath.Join(data, "keyring.json"), clock.Now())
	if err != nil {
		return nil, nil, errors.Join(err, st.Close())
	}
	return identity.New(st, clock, keyring, apps.New(st, clock), profile.New(st, clock, ""), 0), st.Close, nil
}
