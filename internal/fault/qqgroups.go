package fault

import (
	"context"

	"github.com/rookeryhq/rookery/internal/platform"
)

// The tables of the group platform fail together: they are one back end's.

func (s *faultyStore) failGroups(ctx context.Context, write bool, app platform.AppID) error {
	if write {
		return s.points.fail(ctx, "store.write:qqgroups", subject{app: app})
	}
	return s.points.fail(ctx, "store.read:qqgroups", subject{app: app})
}

func (s *faultyStore) CreateGroup(ctx context.Context, g platform.Group, request string, most platform.GroupLimits) (none platform.Group, err error) {
	if err := s.failGroups(ctx, true, 0); err != nil {
		return none, err
	}
	return s.Store.CreateGroup(ctx, g, request, most)
}

func (s *faultyStore) Group(ctx context.Context, gc platform.GC) (none platform.Group, err error) {
	if err := s.failGroups(ctx, false, 0); err != nil {
		return none, err
	}
	return s.Store.Group(ctx, gc)
}

func (s *faultyStore) Groups(ctx context.Context, after platform.GC, limit int) ([]platform.Group, error) {
	if err := s.failGroups(ctx, false, 0); err != nil {
		return nil, err
	}
	return s.Store.Groups(ctx, after, limit)
}

func (s *faultyStore) GroupsOf(ctx context.Context, uin platform.UIN, owned bool, after platform.GC, limit int) ([]platform.Group, error) {
	if err := s.failGroups(ctx, false, 0); err != nil {
		return nil, err
	}
	return s.Store.GroupsOf(ctx, uin, owned, after, limit)
}

func (s *faultyStore) UpdateGroup(ctx context.Context, gc platform.GC, edit func(*platform.Group) error) (none platform.Group, err error) {
	if err := s.failGroups(ctx, true, 0); err != nil {
		return none, err
	}
	return s.Store.UpdateGroup(ctx, gc, edit)
}

func (s *faultyStore) DisbandGroup(ctx context.Context, gc platform.GC, request string, may func(*platform.Group) error) error {
	if err := s.failGroups(ctx, true, 0); err != nil {
		return err
	}
	return s.Store.DisbandGroup(ctx, gc, request, may)
}

func (s *faultyStore) TransferGroup(ctx context.Context, gc platform.GC, to platform.UIN, owned int, may func(*platform.Group, platform.GroupRole) error) error {
	if err := s.failGroups(ctx, true, 0); err != nil {
		return err
	}
	return s.Store.TransferGroup(ctx, gc, to, owned, may)
}

func (s *faultyStore) JoinGroup(ctx context.Context, gc platform.GC, m platform.GroupMembership, joined int, may func(*platform.Group) error) error {
	if err := s.failGroups(ctx, true, 0); err != nil {
		return err
	}
	return s.Store.JoinGroup(ctx, gc, m, joined, may)
}

func (s *faultyStore) LeaveGroup(ctx context.Context, gc platform.GC, uin, by platform.UIN, may func(g *platform.Group, of, by platform.GroupRole) error) error {
	if err := s.failGroups(ctx, true, 0); err != nil {
		return err
	}
	return s.Store.LeaveGroup(ctx, gc, uin, by, may)
}

func (s *faultyStore) GroupRole(ctx context.Context, gc platform.GC, uin platform.UIN) (none platform.GroupRole, disbanded bool, err error) {
	if err := s.failGroups(ctx, false, 0); err != nil {
		return none, false, err
	}
	return s.Store.GroupRole(ctx, gc, uin)
}

func (s *faultyStore) GroupMembers(ctx context.Context, gc platform.GC, after platform.UIN, limit int) ([]platform.GroupMembership, error) {
	if err := s.failGroups(ctx, false, 0); err != nil {
		return nil, err
	}
	return s.Store.GroupMembers(ctx, gc, after, limit)
}

func (s *faultyStore) SendGroupMessage(ctx context.Context, gc platform.GC, m platform.GroupMessage, request string, kept int, sinceMS int64, may func(*platform.Group, platform.GroupRole) error) (uint64, error) {
	if err := s.failGroups(ctx, true, 0); err != nil {
		return 0, err
	}
	return s.Store.SendGroupMessage(ctx, gc, m, request, kept, sinceMS, may)
}

func (s *faultyStore) GroupMessages(ctx context.Context, gc platform.GC, before uint64, sinceMS int64, limit int) ([]platform.GroupMessage, error) {
	if err := s.failGroups(ctx, false, 0); err != nil {
		return nil, err
	}
	return s.Store.GroupMessages(ctx, gc, before, sinceMS, limit)
}

func (s *faultyStore) NoteGuild(ctx context.Context, gc platform.GC, guild platform.Guild, may func(*platform.Group) error) error {
	if err := s.failGroups(ctx, true, guild.AppID); err != nil {
		return err
	}
	return s.Store.NoteGuild(ctx, gc, guild, may)
}

func (s *faultyStore) ForgetGuild(ctx context.Context, gc platform.GC, guild platform.Guild, may func(*platform.Group) error) error {
	if err := s.failGroups(ctx, true, guild.AppID); err != nil {
		return err
	}
	return s.Store.ForgetGuild(ctx, gc, guild, may)
}

func (s *faultyStore) GroupGuilds(ctx context.Context, gc platform.GC) ([]platform.Guild, error) {
	if err := s.failGroups(ctx, false, 0); err != nil {
		return nil, err
	}
	return s.Store.GroupGuilds(ctx, gc)
}
