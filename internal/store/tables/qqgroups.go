package tables

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

const groupColumns = "gc, name, owner, members, capacity, game, fee, sealed, read_only, disbanded, created_ms"

func scanGroup(r Row) (g platform.Group, err error) {
	err = r.Scan(&g.GC, &g.Name, &g.Owner, &g.Members, &g.Capacity, &g.Game, &g.Fee, &g.Sealed, &g.ReadOnly, &g.Disbanded, &g.CreatedMS)
	return g, sentinel(err)
}

// CreateGroup implements store.QQGroups.
func (s *Store) CreateGroup(ctx context.Context, g platform.Group, request string, most platform.GroupLimits) (platform.Group, error) {
	return returning(ctx, s.write, func(t *tx) (platform.Group, error) {
		if err := t.lock(of(groupNumbers, 0), of(groupsOf, g.Owner)); err != nil {
			return g, err
		}
		if request != "" {
			made, err := scanGroup(t.QueryRow("SELECT "+groupColumns+" FROM qqgroups WHERE creator = ? AND request = ?", int64(g.Owner), request))
			if !errors.Is(err, platform.ErrNotFound) {
				return made, err
			}
		}
		owned, created := noLimit(most.Owned), noLimit(most.Created)
		made, err := scanGroup(t.QueryRow(`
			INSERT INTO qqgroups (gc, name, owner, members, capacity, game, fee, sealed, read_only, disbanded, messages, creator, request, created_ms)
			SELECT (SELECT max(gc) FROM (SELECT max(gc) + 1 AS gc FROM qqgroups UNION ALL SELECT ?1) numbers), ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, 0, 0, ?3, ?9, ?10
			WHERE (SELECT count(*) FROM qqgroups WHERE owner = ?3 AND disbanded = 0) < ?11
			AND (SELECT count(*) FROM qqgroups WHERE creator = ?3 AND created_ms > ?12 AND request <> '') < ?13
			RETURNING `+groupColumns,
			int64(platform.FirstGC), g.Name, int64(g.Owner), g.Capacity, g.Game, g.Fee, g.Sealed, g.ReadOnly, request, g.CreatedMS,
			owned, g.CreatedMS-store.GroupsCreatedMS, created))
		if errors.Is(err, platform.ErrNotFound) {
			return g, t.whyNoGroup(g.Owner, owned)
		}
		if err != nil {
			return g, err
		}
		err = t.Later("INSERT INTO qqgroup_members (uin, gc, role, card, since_ms) VALUES (?, ?, ?, '', ?)",
			int64(g.Owner), int64(made.GC), int64(platform.GroupOwner), g.CreatedMS)
		t.creates(made.GC)
		t.changed(store.MembershipChange{GC: made.GC, UIN: g.Owner})
		return made, err
	})
}

// noLimit returns a limit for a comparison: one of 0 does not apply.
func noLimit(most int) int64 {
	if most == 0 {
		return math.MaxInt64
	}
	return int64(most)
}

// whyNoGroup returns the limit that kept an account from making a group.
func (t *tx) whyNoGroup(owner platform.UIN, owned int64) error {
	var full bool
	err := t.QueryRow("SELECT count(*) >= ? FROM qqgroups WHERE owner = ? AND disbanded = 0", owned, int64(owner)).Scan(&full)
	switch {
	case err != nil:
		return err
	case full:
		return platform.ErrFull
	default:
		return platform.ErrTooOften
	}
}

// Group implements store.QQGroups.
func (s *Store) Group(ctx context.Context, gc platform.GC) (g platform.Group, err error) {
	var admins string
	g, err = scanGroup(also{s.queryRow(ctx, "SELECT "+groupColumns+`,
		(SELECT coalesce(string_agg(CAST(uin AS TEXT), ' ' ORDER BY uin), '') FROM qqgroup_members m WHERE m.gc = qqgroups.gc AND role = 2)
		FROM qqgroups WHERE gc = ?`, signed(gc)), &admins})
	if err != nil {
		return g, missing(err, platform.NoGroup, gc)
	}
	for _, admin := range strings.Fields(admins) {
		uin, err := strconv.ParseUint(admin, 10, 64)
		if err != nil {
			return g, err
		}
		g.Admins = append(g.Admins, platform.UIN(uin))
	}
	return g, nil
}

// also is a row with a further column at its end.
type also struct {
	Row
	last any
}

func (r also) Scan(dest ...any) error { return r.Row.Scan(append(dest, r.last)...) }

// Groups implements store.QQGroups.
func (s *Store) Groups(ctx context.Context, after platform.GC, limit int) ([]platform.Group, error) {
	rows, err := s.query(ctx, "SELECT "+groupColumns+" FROM qqgroups WHERE gc > ? ORDER BY gc LIMIT ?", signed(after), limit)
	return Collect(rows, err, scanGroup)
}

// signed returns a number as the engine compares it; no group has one above.
func signed(gc platform.GC) int64 { return int64(min(gc, math.MaxInt64)) }

// GroupsOf implements store.QQGroups.
func (s *Store) GroupsOf(ctx context.Context, uin platform.UIN, owned bool, after platform.GC, limit int) ([]platform.Group, error) {
	query := "SELECT " + groupColumns + " FROM qqgroup_members JOIN qqgroups USING (gc) WHERE uin = ? AND gc > ? ORDER BY gc LIMIT ?"
	if owned {
		query = "SELECT " + groupColumns + " FROM qqgroups WHERE owner = ? AND disbanded = 0 AND gc > ? ORDER BY gc LIMIT ?"
	}
	rows, err := s.query(ctx, query, int64(uin), signed(after), limit)
	return Collect(rows, err, scanGroup)
}

// UpdateGroup implements store.QQGroups.
func (s *Store) UpdateGroup(ctx context.Context, gc platform.GC, edit func(*platform.Group) error) (platform.Group, error) {
	return returning(ctx, s.write, func(t *tx) (platform.Group, error) {
		if err := t.lock(of(aGroup, gc)); err != nil {
			return platform.Group{}, err
		}
		before, err := t.group(gc)
		if err == nil {
			before.Admins, err = t.admins(gc)
		}
		if err != nil {
			return before, err
		}
		g := before
		g.Admins = slices.Clone(before.Admins)
		if err := edit(&g); err != nil {
			return g, err
		}
		g.GC, g.Members, g.Disbanded, g.CreatedMS = gc, before.Members, before.Disbanded, before.CreatedMS
		if err := t.Later("UPDATE qqgroups SET name = ?, capacity = ?, game = ?, fee = ?, sealed = ?, read_only = ? WHERE gc = ?",
			g.Name, g.Capacity, g.Game, g.Fee, g.Sealed, g.ReadOnly, int64(gc)); err != nil {
			return g, err
		}
		if err := t.setAdmins(gc, before.Admins, g.Admins); err != nil || g.Owner == before.Owner {
			return g, err
		}
		_, err = t.setOwner(gc, before.Owner, g.Owner, math.MaxInt64)
		return g, err
	})
}

func (t *tx) group(gc platform.GC) (platform.Group, error) {
	g, err := scanGroup(t.QueryRow("SELECT "+groupColumns+" FROM qqgroups WHERE gc = ?", signed(gc)))
	return g, missing(err, platform.NoGroup, gc)
}

func (t *tx) admins(gc platform.GC) ([]platform.UIN, error) {
	rows, err := t.Query("SELECT uin FROM qqgroup_members WHERE gc = ? AND role = 2 ORDER BY uin", int64(gc))
	return Collect(rows, err, func(r Row) (uin platform.UIN, err error) {
		err = r.Scan(&uin)
		return uin, err
	})
}

// setAdmins gives members of a group, who were administrators before or not, their new roles.
func (t *tx) setAdmins(gc platform.GC, before, after []platform.UIN) error {
	for _, change := range []struct {
		uins, kept []platform.UIN
		from, to   platform.GroupRole
	}{{before, after, platform.GroupAdmin, platform.GroupMember}, {after, before, platform.GroupMember, platform.GroupAdmin}} {
		for _, uin := range change.uins {
			if slices.Contains(change.kept, uin) {
				continue
			}
			t.changed(store.MembershipChange{GC: gc, UIN: uin})
			err := wantRow(t.Exec("UPDATE qqgroup_members SET role = ? WHERE uin = ? AND gc = ? AND role = ?", int64(change.to), int64(uin), int64(gc), int64(change.from)))
			if err != nil {
				return missing(err, func(uin platform.UIN) error {
					return platform.ErrNotFound.Errorf("account %s is not a member of group %s who could become an administrator", uin, gc)
				}, uin)
			}
		}
	}
	return nil
}

// DisbandGroup implements store.QQGroups.
func (s *Store) DisbandGroup(ctx context.Context, gc platform.GC, request string, may func(*platform.Group) error) error {
	return s.onGroup(ctx, gc, func(t *tx, g *platform.Group) error {
		if err := may(g); err != nil {
			return err
		}
		if request != "" {
			if err := t.mayUndo(g, request); err != nil {
				return err
			}
		}
		if err := t.Later("UPDATE qqgroups SET disbanded = 1, members = 0 WHERE gc = ?", int64(gc)); err != nil {
			return err
		}
		t.changed(store.MembershipChange{GC: gc})
		return t.Later("DELETE FROM qqgroup_members WHERE gc = ?", int64(gc))
	})
}

// mayUndo refuses to undo the making of a group that was made otherwise, or that serves a guild.
func (t *tx) mayUndo(g *platform.Group, request string) error {
	var made, serves bool
	err := t.QueryRow(`SELECT EXISTS (SELECT 1 FROM qqgroups WHERE gc = ?1 AND creator = ?2 AND request = ?3),
		EXISTS (SELECT 1 FROM qqgroup_guilds WHERE gc = ?1)`, int64(g.GC), int64(g.Owner), request).Scan(&made, &serves)
	switch {
	case err != nil:
		return err
	case !made:
		return platform.ErrNotFound.Errorf("group %s was not made by this request", g.GC)
	case serves:
		return platform.ErrExists
	}
	return nil
}

// onGroup writes about a group as it is at the time of the write.
func (s *Store) onGroup(ctx context.Context, gc platform.GC, do func(*tx, *platform.Group) error) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.lock(of(aGroup, gc)); err != nil {
			return err
		}
		g, err := t.group(gc)
		if err != nil {
			return err
		}
		return do(t, &g)
	})
}

// onMember writes about a group and an account's role in it, as they are at the time of the write.
func (s *Store) onMember(ctx context.Context, gc platform.GC, uin platform.UIN, do func(*tx, *platform.Group, platform.GroupRole) error) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.lock(of(aGroup, gc), of(groupsOf, uin)); err != nil {
			return err
		}
		var role platform.GroupRole
		g, err := scanGroup(also{t.QueryRow("SELECT "+groupColumns+", coalesce((SELECT role FROM qqgroup_members m WHERE m.uin = ? AND m.gc = qqgroups.gc), 4) FROM qqgroups WHERE gc = ?",
			int64(uin), signed(gc)), &role})
		if err != nil {
			return missing(err, platform.NoGroup, gc)
		}
		return do(t, &g, role)
	})
}

// TransferGroup implements store.QQGroups.
func (s *Store) TransferGroup(ctx context.Context, gc platform.GC, to platform.UIN, owned int, may func(*platform.Group, platform.GroupRole) error) error {
	return s.onMember(ctx, gc, to, func(t *tx, g *platform.Group, role platform.GroupRole) error {
		if err := may(g, role); err != nil {
			return err
		}
		moved, err := t.setOwner(gc, g.Owner, to, noLimit(owned))
		if err == nil && !moved {
			return platform.ErrFull
		}
		return err
	})
}

// setOwner makes another member the owner, unless that account owns as many groups as it may.
func (t *tx) setOwner(gc platform.GC, from, to platform.UIN, owned int64) (moved bool, err error) {
	rows, err := t.Exec("UPDATE qqgroups SET owner = ?1 WHERE gc = ?2 AND (SELECT count(*) FROM qqgroups WHERE owner = ?1 AND disbanded = 0) < ?3",
		int64(to), int64(gc), owned)
	if rows == 0 || err != nil {
		return false, err
	}
	if err := wantRow(t.Exec("UPDATE qqgroup_members SET role = 1 WHERE uin = ? AND gc = ?", int64(to), int64(gc))); err != nil {
		return false, missing(err, func(to platform.UIN) error {
			return platform.ErrNotFound.Errorf("account %s is not a member of group %s, so it cannot become the owner", to, gc)
		}, to)
	}
	t.changed(store.MembershipChange{GC: gc, UIN: from}, store.MembershipChange{GC: gc, UIN: to})
	err = t.Later("UPDATE qqgroup_members SET role = 3 WHERE uin = ? AND gc = ?", int64(from), int64(gc))
	return true, err
}

// JoinGroup implements store.QQGroups.
func (s *Store) JoinGroup(ctx context.Context, gc platform.GC, m platform.GroupMembership, joined int, may func(*platform.Group) error) error {
	return s.onMember(ctx, gc, m.UIN, func(t *tx, g *platform.Group, role platform.GroupRole) error {
		if err := may(g); err != nil || role != platform.NotInGroup {
			return err
		}
		rows, err := t.Exec(`INSERT INTO qqgroup_members (uin, gc, role, card, since_ms)
			SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT count(*) FROM qqgroup_members WHERE uin = ?1) < ?6`,
			int64(m.UIN), int64(gc), int64(platform.GroupMember), m.Card, m.SinceMS, noLimit(joined))
		if err != nil {
			return err
		}
		if rows > 0 {
			rows, err = t.Exec("UPDATE qqgroups SET members = members + 1 WHERE gc = ? AND members < capacity", int64(gc))
		}
		if err == nil && rows == 0 {
			return platform.ErrFull // which undoes the insert
		}
		t.changed(store.MembershipChange{GC: gc, UIN: m.UIN})
		return err
	})
}

// LeaveGroup implements store.QQGroups.
func (s *Store) LeaveGroup(ctx context.Context, gc platform.GC, uin, by platform.UIN, may func(g *platform.Group, of, by platform.GroupRole) error) error {
	return s.onMember(ctx, gc, uin, func(t *tx, g *platform.Group, of platform.GroupRole) error {
		byRole := of
		if by != uin {
			if err := t.QueryRow("SELECT coalesce((SELECT role FROM qqgroup_members WHERE uin = ? AND gc = ?), 4)", int64(by), int64(gc)).Scan(&byRole); err != nil {
				return err
			}
		}
		if err := may(g, of, byRole); err != nil {
			return err
		}
		rows, err := t.Exec("DELETE FROM qqgroup_members WHERE uin = ? AND gc = ?", int64(uin), int64(gc))
		if rows == 0 || err != nil {
			return err
		}
		t.changed(store.MembershipChange{GC: gc, UIN: uin})
		return t.Later("UPDATE qqgroups SET members = members - 1 WHERE gc = ?", int64(gc))
	})
}

// GroupRole implements store.QQGroups.
func (s *Store) GroupRole(ctx context.Context, gc platform.GC, uin platform.UIN) (role platform.GroupRole, disbanded bool, err error) {
	err = s.queryRow(ctx, "SELECT coalesce(m.role, 4), g.disbanded FROM qqgroups g LEFT JOIN qqgroup_members m ON m.uin = ? AND m.gc = g.gc WHERE g.gc = ?",
		int64(uin), signed(gc)).Scan(&role, &disbanded)
	return role, disbanded, missing(sentinel(err), platform.NoGroup, gc)
}

// GroupMembers implements store.QQGroups.
func (s *Store) GroupMembers(ctx context.Context, gc platform.GC, after platform.UIN, limit int) ([]platform.GroupMembership, error) {
	rows, err := s.query(ctx, "SELECT uin, role, card, since_ms FROM qqgroup_members WHERE gc = ? AND uin > ? ORDER BY uin LIMIT ?",
		signed(gc), int64(min(after, math.MaxInt64)), limit)
	return Collect(rows, err, func(r Row) (m platform.GroupMembership, err error) {
		err = r.Scan(&m.UIN, &m.Role, &m.Card, &m.SinceMS)
		return m, err
	})
}

// SendGroupMessage implements store.QQGroups.
func (s *Store) SendGroupMessage(ctx context.Context, gc platform.GC, m platform.GroupMessage, request string, kept int, sinceMS int64, may func(*platform.Group, platform.GroupRole) error) (id uint64, err error) {
	err = s.onMember(ctx, gc, m.UIN, func(t *tx, g *platform.Group, role platform.GroupRole) error {
		if err := may(g, role); err != nil {
			return err
		}
		if request != "" {
			err := sentinel(t.QueryRow("SELECT id FROM qqgroup_messages WHERE gc = ? AND uin = ? AND request = ? AND sent_ms >= ?", int64(gc), int64(m.UIN), request, sinceMS).Scan(&id))
			if !errors.Is(err, platform.ErrNotFound) {
				return err
			}
		}
		if err := t.QueryRow("UPDATE qqgroups SET messages = messages + 1 WHERE gc = ? RETURNING messages", int64(gc)).Scan(&id); err != nil {
			return err
		}
		if err := t.Later("DELETE FROM qqgroup_messages WHERE gc = ? AND (id <= ? OR sent_ms < ?)", int64(gc), int64(id)-int64(kept), sinceMS); err != nil {
			return err
		}
		return t.Later("INSERT INTO qqgroup_messages (gc, id, uin, request, kind, title, text, url, picture_url, sent_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
			int64(gc), int64(id), int64(m.UIN), request, int64(m.Kind), m.Title, m.Text, m.URL, m.PictureURL, m.SentMS)
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

// GroupMessages implements store.QQGroups.
func (s *Store) GroupMessages(ctx context.Context, gc platform.GC, before uint64, sinceMS int64, limit int) ([]platform.GroupMessage, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := s.query(ctx, "SELECT id, uin, kind, title, text, url, picture_url, sent_ms FROM qqgroup_messages WHERE gc = ? AND id < ? AND sent_ms >= ? ORDER BY id DESC LIMIT ?",
		signed(gc), int64(min(before, math.MaxInt64)), sinceMS, limit)
	return Collect(rows, err, func(r Row) (m platform.GroupMessage, err error) {
		err = r.Scan(&m.ID, &m.UIN, &m.Kind, &m.Title, &m.Text, &m.URL, &m.PictureURL, &m.SentMS)
		return m, err
	})
}

// NoteGuild implements store.QQGroups.
func (s *Store) NoteGuild(ctx context.Context, gc platform.GC, guild platform.Guild, may func(*platform.Group) error) error {
	return s.onGroup(ctx, gc, func(t *tx, g *platform.Group) error {
		if err := may(g); err != nil {
			return err
		}
		// A row that is there counts as changed only if it is the same guild's.
		rows, err := t.Exec(`INSERT INTO qqgroup_guilds (appid, gc, zone, guild) VALUES (?, ?, ?, ?)
			ON CONFLICT (appid, gc) DO UPDATE SET guild = excluded.guild WHERE qqgroup_guilds.zone = excluded.zone AND qqgroup_guilds.guild = excluded.guild`,
			int64(guild.AppID), int64(gc), guild.Zone, guild.ID)
		if err == nil && rows == 0 {
			return platform.ErrExists
		}
		return err
	})
}

// ForgetGuild implements store.QQGroups.
func (s *Store) ForgetGuild(ctx context.Context, gc platform.GC, guild platform.Guild, may func(*platform.Group) error) error {
	return s.onGroup(ctx, gc, func(t *tx, g *platform.Group) error {
		if err := may(g); err != nil {
			return err
		}
		return t.Later("DELETE FROM qqgroup_guilds WHERE appid = ? AND gc = ? AND zone = ? AND guild = ?", int64(guild.AppID), int64(gc), guild.Zone, guild.ID)
	})
}

// GroupGuilds implements store.QQGroups.
func (s *Store) GroupGuilds(ctx context.Context, gc platform.GC) ([]platform.Guild, error) {
	rows, err := s.query(ctx, "SELECT appid, zone, guild FROM qqgroup_guilds WHERE gc = ? ORDER BY appid", signed(gc))
	return Collect(rows, err, func(r Row) (g platform.Guild, err error) {
		err = r.Scan(&g.AppID, &g.Zone, &g.ID)
		return g, err
	})
}
