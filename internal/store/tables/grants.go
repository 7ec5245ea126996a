package tables

import (
	"context"
	"strings"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// Conditions of a grant, which is a part of its openid's row.
const (
	Granted = "token_epoch > 0"
	Live    = "token_epoch > ended_epoch"
)

const grantColumns = "appid, openid, scopes, token_epoch, pay_epoch, ended_epoch, ended_by"

// Authorize implements store.Grants.
func (s *Store) Authorize(ctx context.Context, app platform.AppID, openid platform.OpenID, scopes []string, pay bool, nowMS int64) (platform.Grant, error) {
	return returning(ctx, s.writeGrouped, func(t *tx) (platform.Grant, error) {
		return t.authorize(t.last, app, openid, scopes, pay, nowMS)
	})
}

// authorize runs its statement with run, which is t.last or t.QueryRow.
func (t *tx) authorize(run func(string, ...any) Row, app platform.AppID, openid platform.OpenID, scopes []string, pay bool, nowMS int64) (platform.Grant, error) {
	t.changed(store.StandingChange{AppID: app, OpenID: openid})
	grant := platform.Grant{AppID: app, OpenID: openid, Scopes: scopes}
	err := run(`
		UPDATE openids SET scopes = ?1, token_epoch = token_epoch + 1, pay_epoch = pay_epoch + ?2, changed_ms = ?3,
		       since_ms = CASE WHEN `+Live+` THEN since_ms ELSE ?3 END
		WHERE appid = ?4 AND openid = ?5 AND `+active+`
		RETURNING token_epoch, pay_epoch, ended_epoch, ended_by`,
		strings.Join(scopes, " "), pay, nowMS, int64(app), openid[:]).
		Scan(&grant.TokenEpoch, &grant.PayEpoch, &grant.EndedEpoch, &grant.EndedBy)
	return grant, sentinel(err)
}

// RaisePayEpoch implements store.Grants.
func (s *Store) RaisePayEpoch(ctx context.Context, app platform.AppID, openid platform.OpenID, nowMS int64) (platform.Grant, error) {
	return s.grant(ctx, app, openid, `
		UPDATE openids SET pay_epoch = pay_epoch + 1, changed_ms = ?
		WHERE appid = ? AND openid = ? AND `+Live+`
		RETURNING `+grantColumns, nowMS, int64(app), openid[:])
}

// grant runs a statement that changes one grant and returns it.
func (s *Store) grant(ctx context.Context, app platform.AppID, openid platform.OpenID, statement string, args ...any) (platform.Grant, error) {
	return returning(ctx, s.writeGrouped, func(t *tx) (platform.Grant, error) {
		t.changed(store.StandingChange{AppID: app, OpenID: openid})
		return scanGrant(t.last(statement, args...))
	})
}

// EndGrant implements store.Grants.
func (s *Store) EndGrant(ctx context.Context, app platform.AppID, openid platform.OpenID, by platform.EndedBy, nowMS int64) error {
	return s.write(ctx, func(t *tx) error {
		t.changed(store.StandingChange{AppID: app, OpenID: openid})
		return t.affect("UPDATE openids SET ended_epoch = token_epoch, ended_by = ?, changed_ms = ? WHERE appid = ? AND openid = ? AND "+Live,
			int64(by), nowMS, int64(app), openid[:])
	})
}

// Grant implements store.Grants.
func (s *Store) Grant(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.Grant, error) {
	return scanGrant(s.queryRow(ctx, "SELECT "+grantColumns+" FROM openids WHERE appid = ? AND openid = ? AND "+Granted, int64(app), openid[:]))
}

// LiveGrants implements store.Grants.
func (s *Store) LiveGrants(ctx context.Context, uin platform.UIN) ([]platform.LiveGrant, error) {
	rows, err := s.query(ctx, `
		SELECT `+grantColumns+`, since_ms FROM openids
		WHERE uin = ? AND `+active+` AND `+Live+` ORDER BY since_ms DESC, appid`, int64(uin))
	return Collect(rows, err, func(r Row) (g platform.LiveGrant, err error) {
		g.Grant, err = scanGrant(r, &g.SinceMS)
		return g, err
	})
}

// scanGrant reads grantColumns, and any further columns of the query into more.
func scanGrant(r Row, more ...any) (g platform.Grant, err error) {
	var (
		raw    []byte
		scopes string
	)
	columns := append([]any{&g.AppID, &raw, &scopes, &g.TokenEpoch, &g.PayEpoch, &g.EndedEpoch, &g.EndedBy}, more...)
	if err := r.Scan(columns...); err != nil {
		return g, sentinel(err)
	}
	g.Scopes = strings.Fields(scopes)
	g.OpenID, err = OpenIDFrom(raw)
	return g, err
}

// CreateOpenkey implements store.Openkeys.
func (s *Store) CreateOpenkey(ctx context.Context, key platform.Openkey) error {
	return s.writeGrouped(ctx, func(t *tx) error { return t.createOpenkey(key) })
}

// createOpenkey also deletes a few long-expired sessions, so that the table stays as large as the sessions in use.
func (t *tx) createOpenkey(key platform.Openkey) error {
	if err := t.Later("DELETE FROM openkeys WHERE (appid, session) IN (SELECT appid, session FROM openkeys WHERE expires_ms < ? LIMIT 2)",
		key.ExpiresMS-store.OpenkeyKeptMS); err != nil {
		return err
	}
	return t.Later("INSERT INTO openkeys (appid, session, openid, expires_ms) VALUES (?, ?, ?, ?)",
		int64(key.AppID), int64(key.Session), key.OpenID[:], key.ExpiresMS)
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
	key.OpenID, err = OpenIDFrom(raw)
	return key, err
}

// RenewOpenkey implements store.Openkeys.
func (s *Store) RenewOpenkey(ctx context.Context, app platform.AppID, session uint64, nowMS, expiresMS int64) error {
	return s.writeGrouped(ctx, func(t *tx) error {
		return t.affect("UPDATE openkeys SET expires_ms = CASE WHEN expires_ms < ?1 THEN ?1 ELSE expires_ms END WHERE appid = ?2 AND session = ?3 AND expires_ms > ?4",
			expiresMS, int64(app), int64(session), nowMS)
	})
}
