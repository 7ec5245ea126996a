package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

const grantColumns = "appid, openid, scopes, token_epoch, pay_epoch, ended_epoch, ended_by"

// Authorize implements store.Grants.
func (s *Store) Authorize(ctx context.Context, app platform.AppID, openid platform.OpenID, scopes []string, pay bool, nowMS int64) (platform.Grant, error) {
	return returning(ctx, s.writer, func(t *tx) (platform.Grant, error) {
		return t.authorize(app, openid, scopes, pay, nowMS)
	})
}

func (t *tx) authorize(app platform.AppID, openid platform.OpenID, scopes []string, pay bool, nowMS int64) (platform.Grant, error) {
	t.changed(store.StandingChange{AppID: app, OpenID: openid})
	grant := platform.Grant{AppID: app, OpenID: openid, Scopes: scopes}
	words, raise := strings.Join(scopes, " "), 0
	if pay {
		raise = 1
	}
	// Nearly always the grant exists, and looking for it first costs a third of an upsert.
	err := t.queryRow(`
		UPDATE grants SET scopes = ?1, token_epoch = token_epoch + 1, pay_epoch = pay_epoch + ?2, changed_ms = ?3,
		       since_ms = iif(token_epoch > ended_epoch, since_ms, ?3)
		WHERE appid = ?4 AND openid = ?5 AND EXISTS (SELECT 1 FROM openids o WHERE o.appid = ?4 AND o.openid = ?5 AND o.`+active+`)
		RETURNING token_epoch, pay_epoch, ended_epoch, ended_by`,
		words, raise, nowMS, int64(app), openid[:]).
		Scan(&grant.TokenEpoch, &grant.PayEpoch, &grant.EndedEpoch, &grant.EndedBy)
	if !errors.Is(err, sql.ErrNoRows) {
		return grant, err
	}
	// The SELECT makes the openid's own row the condition.
	grant.TokenEpoch, grant.PayEpoch = 1, uint32(raise)
	return grant, wantRow(t.exec(`
		INSERT INTO grants (`+grantColumns+`, changed_ms, since_ms)
		SELECT appid, openid, ?, 1, ?, 0, ?, ?, ? FROM openids WHERE appid = ? AND openid = ? AND `+active,
		words, raise, int64(platform.NotEnded), nowMS, nowMS, int64(app), openid[:]))
}

// RaisePayEpoch implements store.Grants.
func (s *Store) RaisePayEpoch(ctx context.Context, app platform.AppID, openid platform.OpenID, nowMS int64) (platform.Grant, error) {
	return s.grant(ctx, app, openid, `
		UPDATE grants SET pay_epoch = pay_epoch + 1, changed_ms = ?
		WHERE appid = ? AND openid = ? AND token_epoch > ended_epoch
		RETURNING `+grantColumns, nowMS, int64(app), openid[:])
}

// grant runs a statement that changes one grant and returns it.
func (s *Store) grant(ctx context.Context, app platform.AppID, openid platform.OpenID, statement string, args ...any) (platform.Grant, error) {
	return returning(ctx, s.writer, func(t *tx) (platform.Grant, error) {
		t.changed(store.StandingChange{AppID: app, OpenID: openid})
		return scanGrant(t.queryRow(statement, args...))
	})
}

// EndGrant implements store.Grants.
func (s *Store) EndGrant(ctx context.Context, app platform.AppID, openid platform.OpenID, by platform.EndedBy, nowMS int64) error {
	return s.writer.write(ctx, func(t *tx) error {
		t.changed(store.StandingChange{AppID: app, OpenID: openid})
		return wantRow(t.exec("UPDATE grants SET ended_epoch = token_epoch, ended_by = ?, changed_ms = ? WHERE appid = ? AND openid = ? AND token_epoch > ended_epoch",
			int64(by), nowMS, int64(app), openid[:]))
	})
}

// Grant implements store.Grants.
func (s *Store) Grant(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.Grant, error) {
	return scanGrant(s.queryRow(ctx, "SELECT "+grantColumns+" FROM grants WHERE appid = ? AND openid = ?", int64(app), openid[:]))
}

// LiveGrants implements store.Grants.
func (s *Store) LiveGrants(ctx context.Context, uin platform.UIN) ([]platform.LiveGrant, error) {
	rows, err := s.query(ctx, `
		SELECT g.appid, g.openid, g.scopes, g.token_epoch, g.pay_epoch, g.ended_epoch, g.ended_by, g.since_ms
		FROM openids o
		JOIN grants g ON g.appid = o.appid AND g.openid = o.openid
		WHERE o.uin = ? AND o.`+active+` AND g.token_epoch > g.ended_epoch
		ORDER BY g.since_ms DESC, g.appid`, int64(uin))
	return collect(rows, err, func(r row) (g platform.LiveGrant, err error) {
		g.Grant, err = scanGrant(r, &g.SinceMS)
		return g, err
	})
}

// scanGrant reads grantColumns, and any further columns of the query into more.
func scanGrant(r row, more ...any) (g platform.Grant, err error) {
	var (
		raw    []byte
		scopes string
	)
	columns := append([]any{&g.AppID, &raw, &scopes, &g.TokenEpoch, &g.PayEpoch, &g.EndedEpoch, &g.EndedBy}, more...)
	if err := r.Scan(columns...); err != nil {
		return g, sentinel(err)
	}
	g.Scopes = strings.Fields(scopes)
	g.OpenID, err = openIDFrom(raw)
	return g, err
}

// CreateOpenkey implements store.Openkeys.
func (s *Store) CreateOpenkey(ctx context.Context, key platform.Openkey) error {
	return s.writer.write(ctx, func(t *tx) error { return t.createOpenkey(key) })
}

// createOpenkey also deletes a few long-expired sessions, so that the table stays as large as the sessions in use.
func (t *tx) createOpenkey(key platform.Openkey) error {
	if _, err := t.exec("DELETE FROM openkeys WHERE (appid, session) IN (SELECT appid, session FROM openkeys WHERE expires_ms < ? LIMIT 2)",
		key.ExpiresMS-store.OpenkeyKeptMS); err != nil {
		return err
	}
	_, err := t.exec("INSERT INTO openkeys (appid, session, openid, expires_ms) VALUES (?, ?, ?, ?)",
		int64(key.AppID), int64(key.Session), key.OpenID[:], key.ExpiresMS)
	return sentinel(err)
}

// Openkey implements store.Openkeys.
func (s *Store) Openkey(ctx context.Context, app platform.AppID, session uint64) (platform.Openkey, error) {
	key := platform.Openkey{AppID: app, Session: session}
	var raw []byte
	err := s.queryRow(ctx, "SELECT openid, expires_ms FROM openkeys WHERE appid = ? AND session = ?", int64(app), int64(session)).
		Scan(&raw, &key.ExpiresMS)
	if err != nil {
		return platform.Openkey{}, sentinel(err)
	}
	key.OpenID, err = openIDFrom(raw)
	return key, err
}

// RenewOpenkey implements store.Openkeys.
func (s *Store) RenewOpenkey(ctx context.Context, app platform.AppID, session uint64, nowMS, expiresMS int64) error {
	return s.writer.write(ctx, func(t *tx) error {
		return wantRow(t.exec("UPDATE openkeys SET expires_ms = max(expires_ms, ?) WHERE appid = ? AND session = ? AND expires_ms > ?",
			expiresMS, int64(app), int64(session), nowMS))
	})
}
