//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"time"

	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

const (
	exchangePath    = "/oauth2.0/token"
	exchangesTarget = 0.5
	codesPerSecond  = 20_000 // that are made ready, more than can be exchanged
	gave            = "access_token="
	returnTo        = "https://game.example/back"
)

// measureToken compares the exchange of codes for tokens over HTTP, each of which is durable before its answer, with the
// store's own commits of one row by as many callers.
func measureToken(ctx context.Context, s settings, folder string, report *report) (err error) {
	games, err := makeGames(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	alone := filepath.Join(folder, "alone.db")
	st, err := sqlite.Open(ctx, alone)
	if err != nil {
		return err
	}
	if err := st.Close(); err != nil {
		return err
	}
	game, file := games[0], filepath.Join(folder, "data", "rookery.db")
	for _, f := range []string{alone, file} {
		if err := seed(ctx, f, game.AppID, storeAccounts); err != nil {
			return err
		}
	}
	accounts, err := readSeeded(ctx, alone, game.AppID)
	if err != nil {
		return err
	}
	count := int((s.duration + s.warmUp).Seconds() * float64(s.rounds*codesPerSecond))
	progress("%d codes", count)
	codes, err := seedCodes(ctx, file, game.AppID, count)
	if err != nil {
		return err
	}
	if st, err = sqlite.Open(ctx, alone); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	p, err := startServe(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()

	var (
		next               atomic.Int64
		commits, exchanges []float64
	)
	exchange := &load{addr: p.addr, sound: gave, requests: func(int) requests {
		return func() []byte {
			n := int(next.Add(1)) - 1
			if n >= len(codes) {
				return nil
			}
			body := fmt.Sprintf("grant_type=authorization_code&client_id=%s&client_secret=%s&code=%s&redirect_uri=%s",
				game.AppID, game.AppKey, codes[n], url.QueryEscape(returnTo))
			return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
				exchangePath, len(body), body)
		}
	}}
	for round := range s.rounds {
		rate, err := repeatedly(ctx, connections, s.duration, func() error {
			_, err := st.RaisePayEpoch(ctx, game.AppID, accounts[mathrand.IntN(len(accounts))].openid, 1)
			return err
		})
		if err != nil {
			return fmt.Errorf("store: %w", err)
		}
		var got *outcome
		for _, limit := range []time.Duration{s.warmUp, s.duration} {
			exchange.limit = limit
			if got, err = exchange.run(ctx); err != nil {
				return err
			}
			if got.faults > 0 {
				return fmt.Errorf("%d answers were not sound, such as %q", got.faults, got.fault)
			}
		}
		commits, exchanges = append(commits, rate), append(exchanges, got.perSecond())
		progress("round %d of %d: %.0f commits, %.0f exchanges a second", round+1, s.rounds, rate, got.perSecond())
	}
	report.add(fmt.Sprintf("store: durable commits of one row, %d callers", connections), median(commits), "/s")
	report.add(fmt.Sprintf("OAuth code to tokens, serve, %d connections", connections), median(exchanges), "/s").
		beside(exchanges, commits).atLeast(exchangesTarget)
	return nil
}

// seedCodes puts codes of the seeded accounts into a platform's file. The platform must not be running.
func seedCodes(ctx context.Context, file string, app rookery.AppID, count int) (codes []string, err error) {
	accounts, err := readSeeded(ctx, file, app)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: "mode=rw&_pragma=synchronous(OFF)"}).String())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close(), flush(file)) }()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() // fails harmlessly after the commit
	insert, err := tx.PrepareContext(ctx, `INSERT INTO login_codes (appid, hash, openid, redirect_uri, scopes, challenge, password_epoch, expires_ms)
		VALUES (?, ?, ?, ?, 'get_user_info', '', 1, ?)`)
	if err != nil {
		return nil, err
	}
	expires := time.Now().Add(time.Hour).UnixMilli()
	for i := range count {
		var random [16]byte
		rand.Read(random[:])
		code := fmt.Sprintf("%X", random[:])
		hash, openid := rookery.HashTicket(code), accounts[i%len(accounts)].openid
		if _, err := insert.ExecContext(ctx, int64(app), hash[:], openid[:], returnTo, expires); err != nil {
			return nil, err
		}
		codes = append(codes, code)
	}
	return codes, tx.Commit()
}
