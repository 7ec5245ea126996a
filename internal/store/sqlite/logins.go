package sqlite

import (
	"context"
	"fmt"
	"strings"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// CreateCode implements store.Logins.
func (s *Store) CreateCode(ctx context.Context, code platform.LoginCode) error {
	return s.writer.write(ctx, func(t *tx) error {
		if _, err := t.exec("DELETE FROM login_codes WHERE (appid, hash) IN (SELECT appid, hash FROM login_codes WHERE expires_ms < ? LIMIT 2)",
			code.ExpiresMS-store.CodeKeptMS); err != nil {
			return err
		}
		_, err := t.exec("INSERT INTO login_codes (appid, hash, openid, redirect_uri, scopes, challenge, password_epoch, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			int64(code.AppID), code.Hash[:], code.OpenID[:], code.RedirectURI, strings.Join(code.Scopes, " "), code.Challenge, int64(code.PasswordEpoch), code.ExpiresMS)
		return sentinel(err)
	})
}

// mayLogIn holds for the account a of a login l that may still be used: the openid o is active, and the account neither
// frozen nor closed nor given another password.
var mayLogIn = fmt.Sprintf("o.state = %d AND a.state NOT IN (%d, %d) AND a.password_epoch = l.password_epoch",
	platform.OpenIDActive, platform.AccountFrozen, platform.AccountClosed)

// ExchangeCode implements store.Logins.
func (s *Store) ExchangeCode(ctx context.Context, app platform.AppID, hash, refresh platform.TicketHash, refreshEndsMS, nowMS int64, check func(*platform.LoginCode) error) (platform.LoginCode, error) {
	code := platform.LoginCode{AppID: app, Hash: hash}
	err := s.writer.write(ctx, func(t *tx) error {
		var (
			openid []byte
			scopes string
			may    bool
		)
		err := t.queryRow(`
			SELECT l.openid, l.redirect_uri, l.scopes, l.challenge, l.password_epoch, l.expires_ms, l.token_epoch, `+mayLogIn+`
			FROM login_codes l
			JOIN openids o ON o.appid = l.appid AND o.openid = l.openid
			JOIN accounts a ON a.uin = o.uin
			WHERE l.appid = ? AND l.hash = ?`, int64(app), hash[:]).
			Scan(&openid, &code.RedirectURI, &scopes, &code.Challenge, &code.PasswordEpoch, &code.ExpiresMS, &code.TokenEpoch, &may)
		if err != nil {
			return sentinel(err)
		}
		code.Scopes = strings.Fields(scopes)
		if code.OpenID, err = openIDFrom(openid); err != nil {
			return err
		}
		switch {
		case code.TokenEpoch != 0:
			return store.ErrSpent
		case code.ExpiresMS <= nowMS || !may:
			return store.ErrNotFound
		}
		if err := check(&code); err != nil {
			return err
		}
		grant, err := t.authorize(app, code.OpenID, code.Scopes, false, nowMS)
		if err != nil {
			return err
		}
		code.TokenEpoch = grant.TokenEpoch
		if _, err := t.exec("UPDATE login_codes SET token_epoch = ? WHERE appid = ? AND hash = ?", int64(grant.TokenEpoch), int64(app), hash[:]); err != nil {
			return err
		}
		return t.createRefresh(platform.RefreshToken{
			AppID: app, Hash: refresh, OpenID: code.OpenID, TokenEpoch: grant.TokenEpoch, PasswordEpoch: code.PasswordEpoch, ExpiresMS: refreshEndsMS,
		}, nowMS)
	})
	return code, err
}

// UseRefresh implements store.Logins.
func (s *Store) UseRefresh(ctx context.Context, app platform.AppID, hash, next platform.TicketHash, nowMS int64) (platform.RefreshToken, error) {
	token := platform.RefreshToken{AppID: app, Hash: hash}
	err := s.writer.write(ctx, func(t *tx) error {
		var (
			openid     []byte
			spent, may bool
		)
		err := t.queryRow(`
			SELECT l.openid, l.token_epoch, l.password_epoch, l.expires_ms, l.spent,
			       `+mayLogIn+` AND g.token_epoch = l.token_epoch AND g.token_epoch > g.ended_epoch
			FROM refresh_tokens l
			JOIN openids o ON o.appid = l.appid AND o.openid = l.openid
			JOIN accounts a ON a.uin = o.uin
			JOIN grants g ON g.appid = l.appid AND g.openid = l.openid
			WHERE l.appid = ? AND l.hash = ?`, int64(app), hash[:]).
			Scan(&openid, &token.TokenEpoch, &token.PasswordEpoch, &token.ExpiresMS, &spent, &may)
		if err != nil {
			return sentinel(err)
		}
		if token.OpenID, err = openIDFrom(openid); err != nil {
			return err
		}
		switch {
		case spent:
			return store.ErrSpent
		case token.ExpiresMS <= nowMS || !may:
			return store.ErrNotFound
		}
		if _, err := t.exec("UPDATE refresh_tokens SET spent = 1 WHERE appid = ? AND hash = ?", int64(app), hash[:]); err != nil {
			return err
		}
		successor := token
		successor.Hash = next
		return t.createRefresh(successor, nowMS)
	})
	return token, err
}

// createRefresh stores a refresh token and clears away a few whose logins have ended.
func (t *tx) createRefresh(token platform.RefreshToken, nowMS int64) error {
	if _, err := t.exec("DELETE FROM refresh_tokens WHERE (appid, hash) IN (SELECT appid, hash FROM refresh_tokens WHERE expires_ms <= ? LIMIT 2)", nowMS); err != nil {
		return err
	}
	_, err := t.exec("INSERT INTO refresh_tokens (appid, hash, openid, token_epoch, password_epoch, expires_ms) VALUES (?, ?, ?, ?, ?, ?)",
		int64(token.AppID), token.Hash[:], token.OpenID[:], int64(token.TokenEpoch), int64(token.PasswordEpoch), token.ExpiresMS)
	return sentinel(err)
}

// RefreshToken implements store.Logins.
func (s *Store) RefreshToken(ctx context.Context, app platform.AppID, hash platform.TicketHash) (token platform.RefreshToken, spent bool, err error) {
	token = platform.RefreshToken{AppID: app, Hash: hash}
	var openid []byte
	err = s.queryRow(ctx, "SELECT openid, token_epoch, password_epoch, expires_ms, spent FROM refresh_tokens WHERE appid = ? AND hash = ?", int64(app), hash[:]).
		Scan(&openid, &token.TokenEpoch, &token.PasswordEpoch, &token.ExpiresMS, &spent)
	if err != nil {
		return platform.RefreshToken{}, false, sentinel(err)
	}
	token.OpenID, err = openIDFrom(openid)
	return token, spent, err
}

// EndLogin implements store.Logins.
func (s *Store) EndLogin(ctx context.Context, app platform.AppID, openid platform.OpenID, tokenEpoch uint32, by platform.EndedBy, nowMS int64) error {
	return s.writer.write(ctx, func(t *tx) error {
		t.changed(app, openid)
		return wantRow(t.exec("UPDATE grants SET ended_epoch = token_epoch, ended_by = ?, changed_ms = ? WHERE appid = ? AND openid = ? AND token_epoch = ? AND token_epoch > ended_epoch",
			int64(by), nowMS, int64(app), openid[:], int64(tokenEpoch)))
	})
}
