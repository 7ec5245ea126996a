package tables

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

const loginColumns = "l.salt, l.serial, l.openid, l.redirect_uri, l.scopes, l.challenge, l.password_epoch, l.token_epoch, l.expires_ms"

// scanLogin reads loginColumns, and any further columns of the query into more, of the login with the id.
func scanLogin(r Row, id int64, app platform.AppID, more ...any) (platform.Login, error) {
	l := platform.Login{ID: id, AppID: app}
	var (
		openid []byte
		scopes string
	)
	err := r.Scan(append([]any{&l.Salt, &l.Serial, &openid, &l.RedirectURI, &scopes, &l.Challenge, &l.PasswordEpoch, &l.TokenEpoch, &l.ExpiresMS}, more...)...)
	if err != nil {
		return platform.Login{}, sentinel(err)
	}
	l.Scopes = strings.Fields(scopes)
	l.OpenID, err = OpenIDFrom(openid)
	return l, err
}

// CreateLogin implements store.Logins.
func (s *Store) CreateLogin(ctx context.Context, l platform.Login) error {
	return s.writeGrouped(ctx, func(t *tx) error {
		if err := t.Later("DELETE FROM logins WHERE id IN (SELECT id FROM logins WHERE id < ? LIMIT 2)", l.ID-store.LoginsKept); err != nil {
			return err
		}
		return t.Later("INSERT INTO logins (id, appid, salt, serial, openid, redirect_uri, scopes, challenge, password_epoch, token_epoch, expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			l.ID, int64(l.AppID), int64(l.Salt), int64(l.Serial), l.OpenID[:], l.RedirectURI, strings.Join(l.Scopes, " "), l.Challenge,
			int64(l.PasswordEpoch), int64(l.TokenEpoch), l.ExpiresMS)
	})
}

// mayLogIn is true for the account a of a login l that may still be used: the openid o is active, and the account is
// neither frozen nor closed and has the same password.
var mayLogIn = fmt.Sprintf("o.%s AND a.state NOT IN (%d, %d) AND a.password_epoch = l.password_epoch",
	active, platform.AccountFrozen, platform.AccountClosed)

// ExchangeCode implements store.Logins.
func (s *Store) ExchangeCode(ctx context.Context, app platform.AppID, code platform.Ticket, openkey *platform.Openkey, endsMS, nowMS int64, check func(*platform.Login) error) (l platform.Login, err error) {
	err = s.write(ctx, func(t *tx) (err error) {
		if err := t.lockLogin(app, code.Login); err != nil {
			return err
		}
		if l, _, err = t.useTicket(app, code, 0, nowMS, `
			SELECT `+loginColumns+`, `+mayLogIn+` AND l.id >> `+strconv.Itoa(store.LoginIDBits)+` > a.signed_out_ms, l.refreshed_ms
			FROM logins l
			JOIN openids o ON o.appid = l.appid AND o.openid = l.openid
			JOIN accounts a ON a.uin = o.uin
			WHERE l.id = ? AND l.appid = ?`); err != nil {
			return err
		}
		if err := check(&l); err != nil {
			return err
		}
		grant, err := t.authorize(t.QueryRow, app, l.OpenID, l.Scopes, false, nowMS)
		switch {
		case err != nil:
			return err
		case grant.EndedBy != platform.EndedByApp && grant.EndedEpoch > l.TokenEpoch: // since the code was issued
			return platform.ErrNotFound
		}
		l.Serial, l.TokenEpoch, l.ExpiresMS = l.Serial+1, grant.TokenEpoch, endsMS
		if err := t.Later("UPDATE logins SET serial = ?, token_epoch = ?, expires_ms = ? WHERE id = ?", int64(l.Serial), int64(l.TokenEpoch), l.ExpiresMS, l.ID); err != nil {
			return err
		}
		if err := t.playedBy(app, l.OpenID, nowMS); err != nil {
			return err
		}
		return t.openkeyOf(&l, openkey)
	})
	return l, err
}

// UseRefresh implements store.Logins.
func (s *Store) UseRefresh(ctx context.Context, app platform.AppID, refresh platform.Ticket, openkey *platform.Openkey, againMS, nowMS int64) (l platform.Login, err error) {
	err = s.write(ctx, func(t *tx) (err error) {
		if err := t.lockLogin(app, refresh.Login); err != nil {
			return err
		}
		var again bool
		if l, again, err = t.useTicket(app, refresh, againMS, nowMS, `
			SELECT `+loginColumns+`, `+mayLogIn+` AND o.token_epoch = l.token_epoch AND o.token_epoch > o.ended_epoch, l.refreshed_ms
			FROM logins l
			JOIN openids o ON o.appid = l.appid AND o.openid = l.openid
			JOIN accounts a ON a.uin = o.uin
			WHERE l.id = ? AND l.appid = ?`); err != nil {
			return err
		}
		if !again {
			l.Serial++
			if err := t.Later("UPDATE logins SET serial = ?, refreshed_ms = ? WHERE id = ?", int64(l.Serial), nowMS, l.ID); err != nil {
				return err
			}
		}
		return t.openkeyOf(&l, openkey)
	})
	return l, err
}

// openkeyOf stores the openkey of a login, if there is to be one.
func (t *tx) openkeyOf(l *platform.Login, openkey *platform.Openkey) error {
	if openkey == nil {
		return nil
	}
	openkey.OpenID = l.OpenID
	return t.createOpenkey(*openkey)
}

// lockLogin locks a login by its account, which it has to know for that. An openid never gets another one.
func (t *tx) lockLogin(app platform.AppID, id int64) error {
	if !t.Shared() {
		return nil
	}
	var uin platform.UIN
	err := t.QueryRow("SELECT o.uin FROM logins l JOIN openids o ON o.appid = l.appid AND o.openid = l.openid WHERE l.id = ? AND l.appid = ?", id, int64(app)).Scan(&uin)
	if err != nil {
		return sentinel(err)
	}
	return t.lock(of(anAccount, uin))
}

// useTicket reads the login of a currently valid ticket or, with again, of the refresh token before it, if that was used less than
// againMS ago. The query also says whether the login may continue, and when its last refresh token was used.
func (t *tx) useTicket(app platform.AppID, ticket platform.Ticket, againMS, nowMS int64, query string) (l platform.Login, again bool, err error) {
	var (
		may         bool
		refreshedMS int64
	)
	l, err = scanLogin(t.QueryRow(query, ticket.Login, int64(app)), ticket.Login, app, &may, &refreshedMS)
	again = ticket.Serial+1 == l.Serial && max(nowMS-refreshedMS, refreshedMS-nowMS) < againMS // it may have been at a gateway whose clock is ahead
	switch {
	case err != nil:
		return platform.Login{}, false, err
	case !l.Issued(ticket):
		return platform.Login{}, false, platform.ErrNotFound
	case ticket.Serial < l.Serial && !again:
		return l, false, platform.ErrSpent
	case l.ExpiresMS <= nowMS || !may:
		return platform.Login{}, false, platform.ErrNotFound
	}
	return l, again, nil
}

// Login implements store.Logins.
func (s *Store) Login(ctx context.Context, app platform.AppID, id int64) (platform.Login, error) {
	return scanLogin(s.queryRow(ctx, "SELECT "+loginColumns+" FROM logins l WHERE l.id = ? AND l.appid = ?", id, int64(app)), id, app)
}

// EndLogin implements store.Logins.
func (s *Store) EndLogin(ctx context.Context, app platform.AppID, openid platform.OpenID, tokenEpoch uint32, by platform.EndedBy, nowMS int64) error {
	return s.write(ctx, func(t *tx) error {
		t.changed(store.StandingChange{AppID: app, OpenID: openid})
		return t.affect("UPDATE openids SET ended_epoch = ?1, ended_by = ?2, changed_ms = ?3 WHERE appid = ?4 AND openid = ?5 AND token_epoch >= ?1 AND ended_epoch < ?1",
			int64(tokenEpoch), int64(by), nowMS, int64(app), openid[:])
	})
}
