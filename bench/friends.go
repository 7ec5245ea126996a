//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

const manyFriends = 3000

// measureFriends measures how fast the store reads the friends of a person who use an app, 3,000 of them with their
// profiles, next to what the engine alone takes for the same rows through database/sql.
func measureFriends(ctx context.Context, s settings, folder string, report *report) (err error) {
	file := filepath.Join(folder, "rookery.db")
	st, err := sqlite.Open(ctx, file) // creates the tables
	if err != nil {
		return err
	}
	if err := errors.Join(st.Close(), seed(ctx, file, storeApp, manyFriends+1), befriend(ctx, file)); err != nil {
		return err
	}
	if st, err = sqlite.Open(ctx, file); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: "mode=ro&_pragma=cache_size(-4096)"}).String())
	if err != nil {
		return err
	}
	defer db.Close()
	bare, err := db.PrepareContext(ctx, `SELECT o.openid, p.msdk_openid, f.remark, a.profile FROM friendships f
		JOIN openids o ON o.appid = ? AND o.uin = f.friend AND o.token_epoch > o.ended_epoch
		JOIN accounts a ON a.uin = o.uin
		LEFT JOIN players p ON p.appid = o.appid AND p.channel = 2 AND p.openid = o.openid
		WHERE f.uin = ?`)
	if err != nil {
		return err
	}
	defer bare.Close()
	enough := func(n int, err error) error {
		if err == nil && n != manyFriends {
			err = fmt.Errorf("friends: %d of %d", n, manyFriends)
		}
		return err
	}
	readRows := func() error {
		rows, err := bare.QueryContext(ctx, int64(storeApp), firstSeeded)
		if err != nil {
			return err
		}
		defer rows.Close()
		var (
			n                             int
			openid, msdk, remark, profile sql.RawBytes
		)
		for ; rows.Next(); n++ {
			if err := rows.Scan(&openid, &msdk, &remark, &profile); err != nil {
				return err
			}
		}
		return enough(n, rows.Err())
	}
	readList := func() error {
		list, err := st.AppFriends(ctx, storeApp, firstSeeded, 0, manyFriends)
		return enough(len(list), err)
	}
	var bares, lists []float64
	for round := range s.rounds {
		for _, turn := range []struct {
			do    func() error
			rates *[]float64
		}{{readRows, &bares}, {readList, &lists}} {
			rate, err := repeatedly(ctx, 1, min(s.duration, 2*time.Second), turn.do)
			if err != nil {
				return err
			}
			*turn.rates = append(*turn.rates, rate)
		}
		progress("round %d of %d: %.0f bare reads, %.0f friend lists a second", round+1, s.rounds, bares[round], lists[round])
	}
	report.add(fmt.Sprintf("store: bare read of %d friends, 1 caller", manyFriends), median(bares), "/s")
	report.add(fmt.Sprintf("store: list of %d friends with profiles, 1 caller", manyFriends), median(lists), "/s").beside(lists, bares)
	return nil
}

// befriend makes all other seeded accounts friends of the first.
func befriend(ctx context.Context, file string) (err error) {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: "mode=rw"}).String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, `INSERT INTO friendships (uin, friend, remark, since_ms)
		SELECT ?1, uin, '', 0 FROM accounts WHERE uin > ?1 UNION ALL SELECT uin, ?1, '', 0 FROM accounts WHERE uin > ?1`, firstSeeded)
	if err != nil {
		return err
	}
	// MSDK openids have 20 digits: unsigned 64-bit numbers, stored as signed ones.
	_, err = db.ExecContext(ctx, `INSERT INTO players (appid, msdk_openid, channel, openid, created_ms)
		SELECT appid, -8446744073709551616 + abs(random() % 8000000000000000000), 2, openid, 0 FROM openids`)
	return err
}
