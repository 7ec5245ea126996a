package tables

import (
	"context"
	"errors"
	"fmt"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

const (
	openIDsOf      = "SELECT appid, openid, uin, state FROM openids WHERE uin = ? ORDER BY appid, state DESC, changed_ms"
	playerByOpenID = "SELECT appid, channel, msdk_openid, openid FROM players WHERE appid = ? AND channel = ? AND openid = ?"
)

// Conditions with the platform's own numbers. They are part of the text, so that an index on them can be used.
var (
	active    = fmt.Sprintf("state = %d", platform.OpenIDActive)   // of an openid
	notClosed = fmt.Sprintf("state <> %d", platform.AccountClosed) // of an account
	onQQ      = fmt.Sprintf("channel = %d", platform.ChannelQQ)    // of a player

	activeOpenID = "SELECT openid FROM openids WHERE appid = ? AND uin = ? AND " + active
)

// EnsureOpenID implements store.OpenIDs.
func (s *Store) EnsureOpenID(ctx context.Context, app platform.AppID, uin platform.UIN, candidate platform.OpenID, nowMS int64) (platform.OpenID, error) {
	openid, err := scanOpenID(s.queryRow(ctx, activeOpenID, int64(app), int64(uin)))
	if !errors.Is(err, platform.ErrNotFound) {
		return openid, err
	}
	return returning(ctx, s.write, func(t *tx) (platform.OpenID, error) {
		if err := t.lock(of(anAccount, uin)); err != nil {
			return platform.OpenID{}, err
		}
		return t.ensureOpenID(app, uin, candidate, nowMS) // another caller may have been quicker
	})
}

// EnsureOpenIDs implements store.OpenIDs.
func (s *Store) EnsureOpenIDs(ctx context.Context, app platform.AppID, uins []platform.UIN, candidates []platform.OpenID, nowMS int64) ([]platform.OpenID, error) {
	return returning(ctx, s.write, func(t *tx) (openids []platform.OpenID, err error) {
		openids = make([]platform.OpenID, len(uins))
		keys := make([]lockKey, len(uins))
		for i, uin := range uins {
			keys[i] = of(anAccount, uin)
		}
		if err := t.lock(keys...); err != nil {
			return nil, err
		}
		for i, uin := range uins {
			if openids[i], err = t.ensureOpenID(app, uin, candidates[i], nowMS); err != nil {
				return nil, err
			}
		}
		return openids, nil
	})
}

func (t *tx) ensureOpenID(app platform.AppID, uin platform.UIN, candidate platform.OpenID, nowMS int64) (platform.OpenID, error) {
	openid, err := scanOpenID(t.QueryRow(activeOpenID, int64(app), int64(uin)))
	if !errors.Is(err, platform.ErrNotFound) {
		return openid, err
	}
	return candidate, t.Later("INSERT INTO openids (appid, openid, uin, state, changed_ms) VALUES (?, ?, ?, ?, ?)",
		int64(app), candidate[:], int64(uin), int64(platform.OpenIDActive), nowMS)
}

// OpenID implements store.OpenIDs.
func (s *Store) OpenID(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.OpenIDBinding, error) {
	return scanBinding(s.queryRow(ctx, "SELECT appid, openid, uin, state FROM openids WHERE appid = ? AND openid = ?", int64(app), openid[:]))
}

// OpenIDAnywhere implements store.OpenIDs. It searches the apps, which are few, instead of having a second index on the
// openids, which are many.
func (s *Store) OpenIDAnywhere(ctx context.Context, openid platform.OpenID) (platform.OpenIDBinding, error) {
	return scanBinding(s.queryRow(ctx, `SELECT o.appid, o.openid, o.uin, o.state
		FROM apps a CROSS JOIN openids o WHERE o.appid = a.appid AND o.openid = ? LIMIT 1`, openid[:]))
}

// OpenIDsOf implements store.OpenIDs.
func (s *Store) OpenIDsOf(ctx context.Context, uin platform.UIN) ([]platform.OpenIDBinding, error) {
	rows, err := s.query(ctx, openIDsOf, int64(uin))
	return Collect(rows, err, scanBinding)
}

// ReclaimOpenID implements store.OpenIDs.
func (s *Store) ReclaimOpenID(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) (platform.OpenID, error) {
	return returning(ctx, s.write, func(t *tx) (platform.OpenID, error) {
		openid, err := scanOpenID(t.QueryRow("UPDATE openids SET state = ?, changed_ms = ? WHERE appid = ? AND uin = ? AND "+active+" RETURNING openid",
			int64(platform.OpenIDReclaimed), nowMS, int64(app), int64(uin)))
		t.changed(store.StandingChange{AppID: app, OpenID: openid})
		return openid, err
	})
}

// EnsurePlayer implements store.OpenIDs.
func (s *Store) EnsurePlayer(ctx context.Context, player platform.Player, nowMS int64) (platform.Player, bool, error) {
	where := []any{int64(player.AppID), player.Channel, player.OpenID[:]}
	found, err := scanPlayer(s.queryRow(ctx, playerByOpenID, where...))
	if !errors.Is(err, platform.ErrNotFound) {
		return found, false, err
	}
	var created bool
	found, err = returning(ctx, s.write, func(t *tx) (platform.Player, error) {
		created = false
		if err := t.lock(named(aPlayer, string(player.OpenID[:]))); err != nil {
			return platform.Player{}, err
		}
		found, err := scanPlayer(t.QueryRow(playerByOpenID, where...))
		if !errors.Is(err, platform.ErrNotFound) {
			return found, err // another caller was quicker
		}
		created = true
		return player, t.Later("INSERT INTO players (appid, msdk_openid, channel, openid, created_ms) VALUES (?, ?, ?, ?, ?)",
			int64(player.AppID), int64(player.MSDKOpenID), player.Channel, player.OpenID[:], nowMS)
	})
	return found, created && err == nil, err
}

// Player implements store.OpenIDs.
func (s *Store) Player(ctx context.Context, app platform.AppID, id platform.MSDKOpenID) (platform.Player, error) {
	return scanPlayer(s.queryRow(ctx, "SELECT appid, channel, msdk_openid, openid FROM players WHERE appid = ? AND msdk_openid = ?", int64(app), int64(id)))
}

func scanOpenID(r Row) (openid platform.OpenID, err error) {
	var raw []byte
	if err := r.Scan(&raw); err != nil {
		return openid, sentinel(err)
	}
	return OpenIDFrom(raw)
}

func scanBinding(r Row) (b platform.OpenIDBinding, err error) {
	var raw []byte
	if err := r.Scan(&b.AppID, &raw, &b.UIN, &b.State); err != nil {
		return b, sentinel(err)
	}
	b.OpenID, err = OpenIDFrom(raw)
	return b, err
}

func scanPlayer(r Row) (p platform.Player, err error) {
	var (
		raw []byte
		id  int64
	)
	if err := r.Scan(&p.AppID, &p.Channel, &id, &raw); err != nil {
		return p, sentinel(err)
	}
	p.MSDKOpenID = platform.MSDKOpenID(id)
	p.OpenID, err = OpenIDFrom(raw)
	return p, err
}

// OpenIDFrom returns the openid with these bytes, of which there are 16.
func OpenIDFrom(raw []byte) (platform.OpenID, error) {
	if len(raw) != len(platform.OpenID{}) {
		return platform.OpenID{}, fmt.Errorf("tables: an openid of %d bytes", len(raw))
	}
	return platform.OpenID(raw), nil
}
