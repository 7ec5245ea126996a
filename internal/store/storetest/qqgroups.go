package storetest

import (
	"errors"
	"strconv"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// firstGC is the number of the first group of a store.
const firstGC platform.GC = 700000001

// errMay is a refusal by a function may.
var errMay = errors.New("it may not")

var (
	noLimits = platform.GroupLimits{}

	always    = func(*platform.Group) error { return nil }
	whoever   = func(*platform.Group, platform.GroupRole) error { return nil }
	byAnybody = func(*platform.Group, platform.GroupRole, platform.GroupRole) error { return nil }
)

// group stores a game group of the owner with room for five.
func group(t *testing.T, s store.Store, owner platform.UIN) platform.Group {
	t.Helper()
	return result(s.CreateGroup(t.Context(), platform.Group{Name: "鸦", Owner: owner, Capacity: 5, Game: true, CreatedMS: now}, "", noLimits))(t)
}

func join(t *testing.T, s store.Store, gc platform.GC, uins ...platform.UIN) {
	t.Helper()
	for _, uin := range uins {
		ok(t, s.JoinGroup(t.Context(), gc, platform.GroupMembership{UIN: uin, Card: "card", SinceMS: now}, many, always))
	}
}

// roles fails unless the group has exactly these members.
func roles(t *testing.T, s store.Store, gc platform.GC, want map[platform.UIN]platform.GroupRole) {
	t.Helper()
	got := map[platform.UIN]platform.GroupRole{}
	for _, m := range result(s.GroupMembers(t.Context(), gc, 0, many))(t) {
		got[m.UIN] = m.Role
		role, _, err := s.GroupRole(t.Context(), gc, m.UIN)
		ok(t, err)
		same(t, role, m.Role)
	}
	same(t, got, want)
	same(t, result(s.Group(t.Context(), gc))(t).Members, len(want))
}

var qqgroups = []test{
	{"create-group", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		g := platform.Group{Name: "小'鸦\"", Owner: first, Capacity: 5, Game: true, Fee: true, Sealed: true, ReadOnly: true, CreatedMS: now}
		made := result(s.CreateGroup(ctx, g, "", noLimits))(t)
		g.GC, g.Members = firstGC, 1
		same(t, made, g)
		same(t, result(s.Group(ctx, firstGC))(t), g)
		same(t, result(s.GroupMembers(ctx, firstGC, 0, many))(t), []platform.GroupMembership{{UIN: first, Role: platform.GroupOwner, SinceMS: now}})
		plain := result(s.CreateGroup(ctx, platform.Group{Owner: first, CreatedMS: now + 1}, "", noLimits))(t)
		same(t, plain, platform.Group{GC: firstGC + 1, Owner: first, Members: 1, CreatedMS: now + 1})
		same(t, result(s.Groups(ctx, 0, many))(t), []platform.Group{g, plain})
		same(t, result(s.Groups(ctx, firstGC, many))(t), []platform.Group{plain})
		same(t, result(s.Groups(ctx, 0, 1))(t), []platform.Group{g})
		same(t, result(s.Groups(ctx, 1<<64-1, many))(t), nil)
		for _, gc := range []platform.GC{0, firstGC + 2, 1<<64 - 1} {
			_, err := s.Group(ctx, gc)
			fails(t, err, platform.ErrNotFound)
		}
	}},
	{"create-group-again", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		create := func(owner platform.UIN, request string, limits platform.GroupLimits) platform.GC {
			t.Helper()
			return result(s.CreateGroup(ctx, platform.Group{Owner: owner, CreatedMS: now}, request, limits))(t).GC
		}
		gc := create(first, "r", noLimits)
		same(t, create(first, "r", platform.GroupLimits{Owned: 1, Created: 1}), gc)
		same(t, create(first, "", noLimits), gc+1)
		same(t, create(first, "", noLimits), gc+2)
		same(t, create(first, "R", noLimits), gc+3)
		same(t, create(first+1, "r", noLimits), gc+4)
	}},
	{"group-limits", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		made := 0
		create := func(owner platform.UIN, at int64, limits platform.GroupLimits) error {
			made++
			_, err := s.CreateGroup(ctx, platform.Group{Owner: owner, CreatedMS: at}, strconv.Itoa(made), limits)
			return err
		}
		both := platform.GroupLimits{Owned: 3, Created: 2}
		ok(t, create(first, now, both))
		ok(t, create(first, now+1, both))
		ok(t, create(first+1, now, both))
		fails(t, create(first, now+1, both), platform.ErrTooOften)
		fails(t, create(first, now+3_600_000-1, both), platform.ErrTooOften)
		ok(t, create(first, now+3_600_000, both))
		fails(t, create(first, now+3_600_000, both), platform.ErrFull) // before "too often"
		ok(t, create(first, now+3_600_000, platform.GroupLimits{Owned: 4}))
		fails(t, create(first, now+3_600_000, platform.GroupLimits{Created: 3}), platform.ErrTooOften)
		ok(t, s.DisbandGroup(ctx, firstGC, "", always))
		ok(t, s.DisbandGroup(ctx, firstGC+1, "", always))
		fails(t, create(first, now+3_600_000, both), platform.ErrTooOften) // those that were disbanded count
		ok(t, create(first, now+7_200_000, both))
		for range 3 { // without a request they do not count as created
			result(s.CreateGroup(ctx, platform.Group{Owner: first + 2, CreatedMS: now}, "", platform.GroupLimits{Created: 1}))(t)
		}
		ok(t, create(first+2, now, platform.GroupLimits{Created: 1}))
		fails(t, create(first+2, now, platform.GroupLimits{Owned: 4}), platform.ErrFull)
	}},
	{"group-limits-together", func(t *testing.T, s store.Store) {
		for _, limits := range []platform.GroupLimits{{Owned: 3}, {Created: 3}} {
			owner := first + platform.UIN(limits.Owned)
			made := together(t, func(i int) (bool, error) {
				_, err := s.CreateGroup(t.Context(), platform.Group{Owner: owner, CreatedMS: now}, strconv.Itoa(i), limits)
				if errors.Is(err, platform.ErrFull) || errors.Is(err, platform.ErrTooOften) {
					return false, nil
				}
				return true, err
			})
			same(t, count(made), 3)
			same(t, len(result(s.GroupsOf(t.Context(), owner, true, 0, many))(t)), 3)
		}
	}},
	{"a-group-is-updated-together", func(t *testing.T, s store.Store) {
		gc := group(t, s, first).GC
		together(t, func(int) (platform.Group, error) {
			return s.UpdateGroup(t.Context(), gc, func(g *platform.Group) error { g.Capacity++; return nil })
		})
		same(t, result(s.Group(t.Context(), gc))(t).Capacity, 5+callers)
	}},
	{"create-group-again-together", func(t *testing.T, s store.Store) {
		made := together(t, func(int) (platform.Group, error) {
			return s.CreateGroup(t.Context(), platform.Group{Owner: first, CreatedMS: now}, "r", platform.GroupLimits{Owned: 1, Created: 1})
		})
		for _, g := range made {
			same(t, g.GC, firstGC)
		}
	}},
	{"join-group", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		gc, next := group(t, s, first).GC, group(t, s, first).GC
		m := platform.GroupMembership{UIN: 1<<62 - 1, Card: "【鸦】", SinceMS: now + 1}
		ok(t, s.JoinGroup(ctx, gc, m, many, func(g *platform.Group) error {
			same(t, *g, platform.Group{GC: gc, Name: "鸦", Owner: first, Members: 1, Capacity: 5, Game: true, CreatedMS: now})
			return nil
		}))
		m.Role = platform.GroupMember
		ok(t, s.JoinGroup(ctx, gc, platform.GroupMembership{UIN: m.UIN, Card: "another", SinceMS: now + 2}, many, always)) // it stays
		ok(t, s.JoinGroup(ctx, gc, platform.GroupMembership{UIN: first, SinceMS: now + 2}, many, always))
		same(t, result(s.GroupMembers(ctx, gc, 0, many))(t), []platform.GroupMembership{{UIN: first, Role: platform.GroupOwner, SinceMS: now}, m})
		same(t, result(s.GroupMembers(ctx, gc, first, 1))(t), []platform.GroupMembership{m})
		same(t, result(s.GroupMembers(ctx, gc, 1<<64-1, 1))(t), nil)
		same(t, len(result(s.GroupMembers(ctx, gc, 0, 1))(t)), 1)
		fails(t, s.JoinGroup(ctx, gc, platform.GroupMembership{UIN: first + 1}, many, func(*platform.Group) error { return errMay }), errMay)
		fails(t, s.JoinGroup(ctx, gc+2, platform.GroupMembership{UIN: first + 1}, many, always), platform.ErrNotFound)
		same(t, result(s.Group(ctx, gc))(t).Members, 2)
		same(t, result(s.Group(ctx, next))(t).Members, 1)
	}},
	{"join-group-that-is-full", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		gc := group(t, s, first).GC
		join(t, s, gc, sequence(first+1, 4)...)
		fails(t, s.JoinGroup(ctx, gc, platform.GroupMembership{UIN: first + 9}, many, always), platform.ErrFull)
		join(t, s, gc, first+4) // a member already
		same(t, len(result(s.GroupMembers(ctx, gc, 0, many))(t)), 5)
		same(t, len(result(s.GroupsOf(ctx, first+9, false, 0, many))(t)), 0)
		ok(t, s.LeaveGroup(ctx, gc, first+1, first+1, byAnybody))
		join(t, s, gc, first+9)
		for range 2 {
			group(t, s, first+9)
		}
		other := group(t, s, first).GC
		fails(t, s.JoinGroup(ctx, other, platform.GroupMembership{UIN: first + 9}, 3, always), platform.ErrFull)
		ok(t, s.JoinGroup(ctx, other, platform.GroupMembership{UIN: first + 9}, 4, always))
		same(t, result(s.Group(ctx, other))(t).Members, 2)
	}},
	{"join-group-together", func(t *testing.T, s store.Store) {
		gc := group(t, s, first).GC
		joined := together(t, func(i int) (bool, error) {
			err := s.JoinGroup(t.Context(), gc, platform.GroupMembership{UIN: first + 1 + platform.UIN(i/2), SinceMS: now}, many, always)
			if errors.Is(err, platform.ErrFull) {
				return false, nil
			}
			return true, err
		})
		same(t, count(joined), 2*4) // the four who found room, twice each
		same(t, result(s.Group(t.Context(), gc))(t).Members, 5)
		same(t, len(result(s.GroupMembers(t.Context(), gc, 0, many))(t)), 5)
	}},
	{"leave-group", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		gc, other := group(t, s, first).GC, group(t, s, first).GC
		join(t, s, gc, first+1, first+2)
		join(t, s, other, first+1)
		ok(t, s.LeaveGroup(ctx, gc, first+1, first+1, func(g *platform.Group, of, by platform.GroupRole) error {
			same(t, [...]platform.GroupRole{of, by}, [...]platform.GroupRole{platform.GroupMember, platform.GroupMember})
			same(t, g.Members, 3)
			return nil
		}))
		ok(t, s.LeaveGroup(ctx, gc, first+9, first, func(_ *platform.Group, of, by platform.GroupRole) error {
			same(t, [...]platform.GroupRole{of, by}, [...]platform.GroupRole{platform.NotInGroup, platform.GroupOwner})
			return nil
		}))
		fails(t, s.LeaveGroup(ctx, gc, first+2, first+2, func(*platform.Group, platform.GroupRole, platform.GroupRole) error { return errMay }), errMay)
		fails(t, s.LeaveGroup(ctx, gc+9, first+2, first+2, byAnybody), platform.ErrNotFound)
		roles(t, s, gc, map[platform.UIN]platform.GroupRole{first: platform.GroupOwner, first + 2: platform.GroupMember})
		roles(t, s, other, map[platform.UIN]platform.GroupRole{first: platform.GroupOwner, first + 1: platform.GroupMember})
		ok(t, s.LeaveGroup(ctx, gc, first+2, first, byAnybody))
		roles(t, s, gc, map[platform.UIN]platform.GroupRole{first: platform.GroupOwner})
	}},
	{"groups-of-an-account", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		var all []platform.Group
		for n := range platform.UIN(4) {
			all = append(all, group(t, s, first+n%2))
		}
		join(t, s, all[1].GC, first)
		all[1].Members = 2
		same(t, result(s.GroupsOf(ctx, first, false, 0, many))(t), all[:3])
		same(t, result(s.GroupsOf(ctx, first, false, all[0].GC, 1))(t), all[1:2])
		same(t, result(s.GroupsOf(ctx, first, true, 0, many))(t), []platform.Group{all[0], all[2]})
		same(t, result(s.GroupsOf(ctx, first, true, all[0].GC, many))(t), all[2:3])
		same(t, result(s.GroupsOf(ctx, first, true, 0, 1))(t), all[:1])
		same(t, result(s.GroupsOf(ctx, first+7, false, 0, many))(t), nil)
		same(t, result(s.GroupsOf(ctx, first, true, 1<<64-1, many))(t), nil)
		ok(t, s.DisbandGroup(ctx, all[0].GC, "", always))
		same(t, result(s.GroupsOf(ctx, first, false, 0, many))(t), all[1:3])
		same(t, result(s.GroupsOf(ctx, first, true, 0, many))(t), all[2:3])
	}},
	{"roles", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		gc, other := group(t, s, first).GC, group(t, s, first).GC
		join(t, s, gc, sequence(first+1, 3)...)
		result(s.UpdateGroup(ctx, gc, func(g *platform.Group) error { g.Admins = []platform.UIN{first + 2}; return nil }))(t)
		ok(t, s.DisbandGroup(ctx, other, "", always))
		for _, want := range []struct {
			gc        platform.GC
			uin       platform.UIN
			role      platform.GroupRole
			disbanded bool
		}{
			{gc, first, platform.GroupOwner, false}, {gc, first + 2, platform.GroupAdmin, false}, {gc, first + 1, platform.GroupMember, false},
			{gc, first + 9, platform.NotInGroup, false}, {other, first, platform.NotInGroup, true},
		} {
			role, disbanded, err := s.GroupRole(ctx, want.gc, want.uin)
			ok(t, err)
			same(t, role, want.role)
			same(t, disbanded, want.disbanded)
		}
		for _, gc := range []platform.GC{0, other + 1, 1<<64 - 1} {
			_, _, err := s.GroupRole(ctx, gc, first)
			fails(t, err, platform.ErrNotFound)
		}
	}},
	{"update-group", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		gc, other := group(t, s, first).GC, group(t, s, first).GC
		join(t, s, gc, sequence(first+1, 3)...)
		want := platform.Group{
			GC: gc, Name: "n", Owner: first, Admins: sequence(first+1, 2), Members: 4, Capacity: 9, Fee: true, Sealed: true, ReadOnly: true, CreatedMS: now,
		}
		updated := result(s.UpdateGroup(ctx, gc, func(g *platform.Group) error {
			*g = want
			g.GC, g.Members, g.Disbanded, g.CreatedMS = 7, 100, true, 1 // these stay
			return nil
		}))(t)
		same(t, updated, want)
		same(t, result(s.Group(ctx, gc))(t), want)
		same(t, result(s.Group(ctx, other))(t).Name, "鸦")
		result(s.UpdateGroup(ctx, gc, func(g *platform.Group) error { g.Admins[0] = first + 3; return nil }))(t)
		roles(t, s, gc, map[platform.UIN]platform.GroupRole{
			first: platform.GroupOwner, first + 1: platform.GroupMember, first + 2: platform.GroupAdmin, first + 3: platform.GroupAdmin,
		})
		for _, uin := range []platform.UIN{first, first + 9} { // the owner, and one who is not a member
			_, err := s.UpdateGroup(ctx, gc, func(g *platform.Group) error { g.Name, g.Admins = "lost", []platform.UIN{uin}; return nil })
			fails(t, err, platform.ErrNotFound)
		}
		_, err := s.UpdateGroup(ctx, gc, func(g *platform.Group) error { g.Name, g.Owner = "lost", first+9; return nil })
		fails(t, err, platform.ErrNotFound)
		_, err = s.UpdateGroup(ctx, gc, func(g *platform.Group) error { g.Name = "lost"; return errMay })
		fails(t, err, errMay)
		_, err = s.UpdateGroup(ctx, gc+9, func(*platform.Group) error { return nil })
		fails(t, err, platform.ErrNotFound)
		want.Admins = sequence(first+2, 2)
		same(t, result(s.Group(ctx, gc))(t), want)
		result(s.UpdateGroup(ctx, gc, func(g *platform.Group) error { g.Owner, g.Admins = first+2, []platform.UIN{first + 1}; return nil }))(t)
		roles(t, s, gc, map[platform.UIN]platform.GroupRole{
			first: platform.GroupMember, first + 1: platform.GroupAdmin, first + 2: platform.GroupOwner, first + 3: platform.GroupMember,
		})
		want.Owner, want.Admins = first+2, []platform.UIN{first + 1}
		same(t, result(s.Group(ctx, gc))(t), want)
	}},
	{"disband-group", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		gc, other := group(t, s, first).GC, group(t, s, first).GC
		join(t, s, gc, first+1)
		join(t, s, other, first+1)
		fails(t, s.DisbandGroup(ctx, gc, "", func(*platform.Group) error { return errMay }), errMay)
		fails(t, s.DisbandGroup(ctx, gc+9, "", always), platform.ErrNotFound)
		same(t, result(s.Group(ctx, gc))(t).Disbanded, false)
		ok(t, s.DisbandGroup(ctx, gc, "", always))
		same(t, result(s.Group(ctx, gc))(t), platform.Group{GC: gc, Name: "鸦", Owner: first, Capacity: 5, Game: true, Disbanded: true, CreatedMS: now})
		same(t, result(s.GroupMembers(ctx, gc, 0, many))(t), nil)
		same(t, result(s.Group(ctx, other))(t).Members, 2)
		same(t, len(result(s.GroupMembers(ctx, other, 0, many))(t)), 2)
	}},
	{"a-creation-is-undone-while-nobody-uses-the-group", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		made := func(request string) platform.GC {
			t.Helper()
			return result(s.CreateGroup(ctx, platform.Group{Name: "鸦", Owner: first, Capacity: 5, Game: true, CreatedMS: now}, request, noLimits))(t).GC
		}
		gc, bound, handed := made("one"), made("two"), made("three")
		guild := platform.Guild{AppID: other, Zone: "1", ID: "7"}
		ok(t, s.NoteGuild(ctx, bound, guild, always))
		join(t, s, handed, first+1)
		ok(t, s.TransferGroup(ctx, handed, first+1, 0, whoever))
		for _, wrong := range []struct {
			gc      platform.GC
			request string
			want    error
		}{
			{gc, "two", platform.ErrNotFound}, {group(t, s, first).GC, "one", platform.ErrNotFound}, {gc + 99, "one", platform.ErrNotFound},
			{handed, "three", platform.ErrNotFound}, // its owner did not make it
			{bound, "two", platform.ErrExists}, {bound, "one", platform.ErrNotFound},
		} {
			fails(t, s.DisbandGroup(ctx, wrong.gc, wrong.request, always), wrong.want)
		}
		fails(t, s.DisbandGroup(ctx, gc, "one", func(*platform.Group) error { return errMay }), errMay)
		for _, gc := range []platform.GC{gc, bound, handed} {
			same(t, result(s.Group(ctx, gc))(t).Disbanded, false)
		}
		ok(t, s.DisbandGroup(ctx, gc, "one", always))
		ok(t, s.DisbandGroup(ctx, gc, "one", always))
		same(t, result(s.Group(ctx, gc))(t).Disbanded, true)
		ok(t, s.ForgetGuild(ctx, bound, guild, always))
		ok(t, s.DisbandGroup(ctx, bound, "two", always))
		same(t, result(s.Group(ctx, bound))(t).Disbanded, true)
	}},
	{"transfer-group", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		gc, other := group(t, s, first).GC, group(t, s, first).GC
		join(t, s, gc, first+1, first+2)
		join(t, s, other, first+1)
		result(s.UpdateGroup(ctx, gc, func(g *platform.Group) error { g.Admins = []platform.UIN{first + 1}; return nil }))(t)
		ok(t, s.TransferGroup(ctx, gc, first+1, 1, func(g *platform.Group, role platform.GroupRole) error {
			same(t, g.Owner, first)
			same(t, role, platform.GroupAdmin)
			return nil
		}))
		roles(t, s, gc, map[platform.UIN]platform.GroupRole{first: platform.GroupMember, first + 1: platform.GroupOwner, first + 2: platform.GroupMember})
		same(t, result(s.Group(ctx, gc))(t).Owner, first+1)
		roles(t, s, other, map[platform.UIN]platform.GroupRole{first: platform.GroupOwner, first + 1: platform.GroupMember})
		fails(t, s.TransferGroup(ctx, other, first+1, 1, whoever), platform.ErrFull)
		fails(t, s.TransferGroup(ctx, other, first+1, 0, func(*platform.Group, platform.GroupRole) error { return errMay }), errMay)
		fails(t, s.TransferGroup(ctx, gc+9, first+1, 0, whoever), platform.ErrNotFound)
		same(t, result(s.Group(ctx, other))(t).Owner, first)
		ok(t, s.TransferGroup(ctx, other, first+1, 0, whoever))
	}},
	{"group-messages", groupMessages},
	{"guilds-of-a-group", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		gc, next := group(t, s, first).GC, group(t, s, first).GC
		guild := platform.Guild{AppID: game, Zone: "0", ID: "12345678901234567890"}
		for range 2 {
			ok(t, s.NoteGuild(ctx, gc, guild, func(g *platform.Group) error { same(t, g.GC, gc); return nil }))
		}
		ok(t, s.NoteGuild(ctx, next, guild, always)) // whether a guild has two groups is not for the group platform to say
		ok(t, s.NoteGuild(ctx, gc, platform.Guild{AppID: other, Zone: "0", ID: "7"}, always))
		for _, another := range []platform.Guild{{AppID: game, Zone: "1", ID: guild.ID}, {AppID: game, Zone: "0", ID: "1"}} {
			fails(t, s.NoteGuild(ctx, gc, another, always), platform.ErrExists)
			ok(t, s.ForgetGuild(ctx, gc, another, always)) // which it does not serve
		}
		fails(t, s.NoteGuild(ctx, gc, guild, func(*platform.Group) error { return errMay }), errMay)
		fails(t, s.ForgetGuild(ctx, gc, guild, func(*platform.Group) error { return errMay }), errMay)
		fails(t, s.NoteGuild(ctx, gc+9, guild, always), platform.ErrNotFound)
		fails(t, s.ForgetGuild(ctx, gc+9, guild, always), platform.ErrNotFound)
		same(t, result(s.GroupGuilds(ctx, gc))(t), []platform.Guild{guild, {AppID: other, Zone: "0", ID: "7"}})
		ok(t, s.ForgetGuild(ctx, gc, guild, always))
		same(t, result(s.GroupGuilds(ctx, gc))(t), []platform.Guild{{AppID: other, Zone: "0", ID: "7"}})
		same(t, result(s.GroupGuilds(ctx, next))(t), []platform.Guild{guild})
		ok(t, s.NoteGuild(ctx, gc, platform.Guild{AppID: game, Zone: "1", ID: "1"}, always))
	}},
}

func groupMessages(t *testing.T, s store.Store) {
	ctx := t.Context()
	gc, next := group(t, s, first).GC, group(t, s, first).GC
	join(t, s, gc, first+1)
	send := func(gc platform.GC, uin platform.UIN, request string, at int64) uint64 {
		t.Helper()
		m := platform.GroupMessage{UIN: uin, Kind: platform.GroupLink, Title: "<b>", Text: "鸦", URL: "https://a.example", PictureURL: "p", SentMS: at}
		return result(s.SendGroupMessage(ctx, gc, m, request, 3, now, whoever))(t)
	}
	same(t, send(gc, first, "", now), 1)
	same(t, send(gc, first, "r", now+1), 2)
	same(t, send(gc, first, "r", now+2), 2)
	same(t, send(gc, first+1, "r", now+3), 3)
	same(t, send(next, first, "r", now), 1)
	list := func(sinceMS int64, limit int) (ids []uint64) {
		t.Helper()
		for _, m := range result(s.GroupMessages(ctx, gc, 0, sinceMS, limit))(t) {
			ids = append(ids, m.ID)
		}
		return ids
	}
	same(t, list(now, many), []uint64{3, 2, 1})
	same(t, list(now, 2), []uint64{3, 2})
	same(t, list(now+1, many), []uint64{3, 2})
	same(t, result(s.GroupMessages(ctx, gc, 0, now, 1))(t), []platform.GroupMessage{
		{ID: 3, UIN: first + 1, Kind: platform.GroupLink, Title: "<b>", Text: "鸦", URL: "https://a.example", PictureURL: "p", SentMS: now + 3},
	})
	for before, want := range map[uint64]int{1: 0, 2: 1, 3: 2, 4: 3, 1<<64 - 1: 3} {
		same(t, len(result(s.GroupMessages(ctx, gc, before, now, many))(t)), want)
	}
	same(t, send(gc, first, "", now+4), 4) // in place of the first
	same(t, list(0, many), []uint64{4, 3, 2})
	id, err := s.SendGroupMessage(ctx, gc, platform.GroupMessage{UIN: first, SentMS: now + 5}, "r", 3, now+4, whoever)
	ok(t, err)
	same(t, id, 5) // the one with the same request has gone, as all before that time
	same(t, list(0, many), []uint64{5, 4})
	same(t, len(result(s.GroupMessages(ctx, next, 0, 0, many))(t)), 1)
	_, err = s.SendGroupMessage(ctx, gc, platform.GroupMessage{UIN: first + 9}, "", 3, now, func(g *platform.Group, role platform.GroupRole) error {
		same(t, g.GC, gc)
		same(t, role, platform.NotInGroup)
		return errMay
	})
	fails(t, err, errMay)
	_, err = s.SendGroupMessage(ctx, gc+9, platform.GroupMessage{UIN: first}, "", 3, now, whoever)
	fails(t, err, platform.ErrNotFound)
	same(t, list(0, many), []uint64{5, 4})
}
