package tables

import (
	"context"
	"errors"
	"fmt"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

const (
	bindingColumns = "appid, zone, guild, coalesce(gc, 0), openid, guild_name, uin, request, since_ms"
	bindingOf      = "SELECT " + bindingColumns + " FROM bindings WHERE appid = ?"
	ofGuild        = " WHERE appid = ? AND zone = ? AND guild = ?"
)

// lockBinding locks a guild and a group, which other bindings may name too.
func (t *tx) lockBinding(b *platform.Binding) error {
	return t.lock(named(aGuild, fmt.Sprintf("%d/%q/%q", b.AppID, b.Zone, b.ID)), named(groupOfApp, fmt.Sprintf("%d/%d", b.AppID, b.GC)))
}

func guildKey(g platform.Guild) []any { return []any{int64(g.AppID), g.Zone, g.ID} }

// BeginBinding implements store.Bindings.
func (s *Store) BeginBinding(ctx context.Context, b platform.Binding) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.lockBinding(&b); err != nil {
			return err
		}
		rows, err := t.Exec(`INSERT INTO bindings (appid, zone, guild, gc, openid, guild_name, uin, request, since_ms, bound)
			VALUES (?, ?, ?, nullif(?, 0), ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING`,
			int64(b.AppID), b.Zone, b.ID, int64(b.GC), b.OpenID[:], b.GuildName, int64(b.UIN), b.Request, b.SinceMS)
		if rows > 0 || err != nil {
			return err
		}
		var guild, bound bool
		err = t.QueryRow(`SELECT 1, bound FROM bindings WHERE appid = ?1 AND zone = ?2 AND guild = ?3
			UNION ALL SELECT 0, bound FROM bindings WHERE appid = ?1 AND gc = ?4 ORDER BY 1 DESC LIMIT 1`,
			int64(b.AppID), b.Zone, b.ID, int64(b.GC)).Scan(&guild, &bound)
		switch {
		case err != nil:
			return err // no row: another binding has the openid
		case !bound:
			return platform.ErrUnderWay
		case guild:
			return platform.ErrGuildBound
		default:
			return platform.ErrGroupBound
		}
	})
}

// FinishBinding implements store.Bindings.
func (s *Store) FinishBinding(ctx context.Context, b platform.Binding, events []platform.Event) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.lockBinding(&b); err != nil {
			return err
		}
		rows, err := t.Exec("UPDATE bindings SET gc = ?, bound = 1"+ofGuild+" AND request = ? AND bound = 0",
			append(append([]any{int64(b.GC)}, guildKey(b.Guild)...), b.Request)...)
		if err = sentinel(err); errors.Is(err, platform.ErrExists) {
			return platform.ErrGroupBound
		}
		if err := wantRow(rows, err); err != nil {
			return err
		}
		t.changed(store.BindingChange{Guild: b.Guild, GC: b.GC})
		return t.report(events)
	})
}

// ReleaseBinding implements store.Bindings.
func (s *Store) ReleaseBinding(ctx context.Context, b platform.Binding, events []platform.Event) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.lockBinding(&b); err != nil {
			return err
		}
		rows, err := t.Exec("UPDATE bindings SET bound = 0"+ofGuild+" AND gc = ? AND request = ? AND bound = 1",
			append(guildKey(b.Guild), int64(b.GC), b.Request)...)
		if err := wantRow(rows, err); err != nil {
			return err
		}
		t.changed(store.BindingChange{Guild: b.Guild, GC: b.GC})
		return t.report(events)
	})
}

// EndBinding implements store.Bindings.
func (s *Store) EndBinding(ctx context.Context, b platform.Binding) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.lockBinding(&b); err != nil {
			return err
		}
		return t.Later("DELETE FROM bindings"+ofGuild+" AND request = ? AND bound = 0", append(guildKey(b.Guild), b.Request)...)
	})
}

// Binding implements store.Bindings.
func (s *Store) Binding(ctx context.Context, guild platform.Guild) (platform.Binding, error) {
	return scanGuildBinding(s.queryRow(ctx, bindingOf+" AND zone = ? AND guild = ? AND bound = 1", guildKey(guild)...))
}

// BindingOfGroup implements store.Bindings.
func (s *Store) BindingOfGroup(ctx context.Context, app platform.AppID, gc platform.GC) (platform.Binding, error) {
	return scanGuildBinding(s.queryRow(ctx, bindingOf+" AND gc = ? AND bound = 1", int64(app), int64(gc)))
}

// BindingOfOpenID implements store.Bindings.
func (s *Store) BindingOfOpenID(ctx context.Context, app platform.AppID, group platform.OpenID) (platform.Binding, error) {
	return scanGuildBinding(s.queryRow(ctx, bindingOf+" AND openid = ? AND bound = 1", int64(app), group[:]))
}

// Bindings implements store.Bindings.
func (s *Store) Bindings(ctx context.Context, after platform.Guild, limit int) ([]platform.Binding, error) {
	rows, err := s.query(ctx, bindingOf+" AND (zone, guild) > (?, ?) AND bound = 1 ORDER BY zone, guild LIMIT ?", append(guildKey(after), limit)...)
	return Collect(rows, err, scanGuildBinding)
}

// BindingsUnderWay implements store.Bindings.
func (s *Store) BindingsUnderWay(ctx context.Context, after platform.Binding, limit int) ([]platform.Binding, error) {
	rows, err := s.query(ctx, "SELECT "+bindingColumns+` FROM bindings WHERE bound = 0 AND (since_ms, appid, zone, guild) > (?, ?, ?, ?)
		ORDER BY since_ms, appid, zone, guild LIMIT ?`, append(append([]any{after.SinceMS}, guildKey(after.Guild)...), limit)...)
	return Collect(rows, err, scanGuildBinding)
}

// BindingsUnderWayWith implements store.Bindings.
func (s *Store) BindingsUnderWayWith(ctx context.Context, guild platform.Guild, gc platform.GC) ([]platform.Binding, error) {
	rows, err := s.query(ctx, bindingOf+" AND zone = ? AND guild = ? AND bound = 0 UNION "+bindingOf+" AND gc = ? AND bound = 0",
		append(guildKey(guild), int64(guild.AppID), int64(gc))...)
	return Collect(rows, err, scanGuildBinding)
}

func scanGuildBinding(r Row) (b platform.Binding, err error) {
	var raw []byte
	if err := r.Scan(&b.AppID, &b.Zone, &b.ID, &b.GC, &raw, &b.GuildName, &b.UIN, &b.Request, &b.SinceMS); err != nil {
		return b, sentinel(err)
	}
	b.OpenID, err = OpenIDFrom(raw)
	return b, err
}

// TakeReminder implements store.Bindings.
func (s *Store) TakeReminder(ctx context.Context, app platform.AppID, uin platform.UIN, day int64) error {
	return s.write(ctx, func(t *tx) error {
		rows, err := t.Exec("INSERT INTO reminders (appid, uin, day) VALUES (?, ?, ?) ON CONFLICT (appid, uin) DO UPDATE SET day = excluded.day WHERE reminders.day <> excluded.day",
			int64(app), int64(uin), day)
		if rows == 0 && err == nil {
			return platform.ErrSpent
		}
		return err
	})
}

// ReturnReminder implements store.Bindings.
func (s *Store) ReturnReminder(ctx context.Context, app platform.AppID, uin platform.UIN, day int64) error {
	return s.write(ctx, func(t *tx) error {
		return t.Later("DELETE FROM reminders WHERE appid = ? AND uin = ? AND day = ?", int64(app), int64(uin), day)
	})
}
