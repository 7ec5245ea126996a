package qqgroups

import (
	"context"
	"errors"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Register puts the service's commands on the bus.
func (s *Service) Register(bus *oidb.Bus) {
	oidb.Handle(bus, CreateGroup, s.createGroup)
	oidb.Handle(bus, QueryGroup, s.queryGroup)
	oidb.Handle(bus, JoinGroup, s.joinGroup)
	oidb.Handle(bus, LeaveGroup, s.leaveGroup)
	oidb.Handle(bus, KickMember, s.kickMember)
	oidb.Handle(bus, TransferGroup, s.transferGroup)
	oidb.Handle(bus, ListGroups, s.listGroups)
	oidb.Handle(bus, Relation, s.relation)
	oidb.Handle(bus, SendGroupMessage, s.sendGroupMessage)
	oidb.Handle(bus, DisbandGroup, s.disbandGroup)
	oidb.Handle(bus, BindGroup, s.bindGroup)
	oidb.Handle(bus, UnbindGroup, s.unbindGroup)
	oidb.Handle(bus, ListGroupMessages, s.listGroupMessages)
}

func (s *Service) createGroup(ctx context.Context, req *wire.CreateGroupRequest) (*wire.CreateGroupResponse, error) {
	if err := fields(account(req.Owner), request(req.Request)); err != nil {
		return nil, err
	}
	if err := checkName(req.Name); err != nil {
		return nil, retcode.GroupCreateRefused.Errorf("%v", err)
	}
	g, err := s.store.CreateGroup(ctx, platform.Group{
		Name: req.Name, Owner: platform.UIN(req.Owner), Capacity: Capacity, Game: true, CreatedMS: s.clock.NowMS(),
	}, req.Request, s.limits)
	switch {
	case errors.Is(err, platform.ErrFull):
		return nil, retcode.GroupOwnedLimitReached.Errorf("the account owns %d groups already", s.limits.Owned)
	case errors.Is(err, platform.ErrTooOften):
		return nil, retcode.GroupCreateRateExceeded.Errorf("the account has made %d groups within an hour", s.limits.Created)
	case err != nil:
		return nil, err
	}
	return &wire.CreateGroupResponse{Gc: uint64(g.GC), Name: g.Name}, nil
}

func (s *Service) queryGroup(ctx context.Context, req *wire.QueryGroupRequest) (*wire.QueryGroupResponse, error) {
	if err := fields(number(req.Gc)); err != nil {
		return nil, err
	}
	g, err := s.store.Group(ctx, platform.GC(req.Gc))
	if err != nil {
		return nil, refused(err)
	}
	return &wire.QueryGroupResponse{Group: message(&g)}, nil
}

func (s *Service) joinGroup(ctx context.Context, req *wire.JoinGroupRequest) (*wire.JoinGroupResponse, error) {
	if err := fields(number(req.Gc), account(req.Uin), platform.CheckText("card", req.Card, maxName)); err != nil {
		return nil, err
	}
	m := platform.GroupMembership{UIN: platform.UIN(req.Uin), Card: req.Card, SinceMS: s.clock.NowMS()}
	err := s.store.JoinGroup(ctx, platform.GC(req.Gc), m, maxJoined, changeable)
	if errors.Is(err, platform.ErrFull) {
		return nil, retcode.GroupJoinRefused.Errorf("group %d has no room, or the account is in %d groups", req.Gc, maxJoined)
	}
	if err != nil {
		return nil, refused(err)
	}
	return &wire.JoinGroupResponse{Gc: req.Gc}, nil
}

func (s *Service) leaveGroup(ctx context.Context, req *wire.LeaveGroupRequest) (*wire.LeaveGroupResponse, error) {
	if err := fields(number(req.Gc), account(req.Uin)); err != nil {
		return nil, err
	}
	uin := platform.UIN(req.Uin)
	err := s.store.LeaveGroup(ctx, platform.GC(req.Gc), uin, uin, func(g *platform.Group, of, _ platform.GroupRole) error {
		switch {
		case g.Disbanded:
			return retcode.GroupDisbanded
		case g.ReadOnly:
			return retcode.OIDBGroupReadOnly
		case of == platform.GroupOwner:
			return retcode.OIDBFieldOutOfRange.Errorf("the account owns group %s, so it cannot leave", g.GC)
		}
		return nil
	})
	if err != nil {
		return nil, refused(err)
	}
	return &wire.LeaveGroupResponse{Gc: req.Gc}, nil
}

func (s *Service) kickMember(ctx context.Context, req *wire.KickMemberRequest) (*wire.KickMemberResponse, error) {
	if err := fields(number(req.Gc), account(req.By), account(req.Uin)); err != nil {
		return nil, err
	}
	err := s.store.LeaveGroup(ctx, platform.GC(req.Gc), platform.UIN(req.Uin), platform.UIN(req.By), func(g *platform.Group, of, by platform.GroupRole) error {
		if err := changeable(g); err != nil {
			return err
		}
		if by > platform.GroupAdmin || of <= by { // only those above it remove a member
			return retcode.GroupNotOwner
		}
		return nil
	})
	if err != nil {
		return nil, refused(err)
	}
	return &wire.KickMemberResponse{Gc: req.Gc}, nil
}

func (s *Service) transferGroup(ctx context.Context, req *wire.TransferGroupRequest) (*wire.TransferGroupResponse, error) {
	if err := fields(number(req.Gc), account(req.Owner), account(req.To)); err != nil {
		return nil, err
	}
	err := s.store.TransferGroup(ctx, platform.GC(req.Gc), platform.UIN(req.To), s.limits.Owned, func(g *platform.Group, role platform.GroupRole) error {
		if err := changeable(g); err != nil {
			return err
		}
		if g.Owner != platform.UIN(req.Owner) {
			return retcode.GroupNotOwner
		}
		if role != platform.GroupAdmin && role != platform.GroupMember {
			return retcode.OIDBFieldOutOfRange.Errorf("the new owner is not another member of group %s", g.GC)
		}
		return nil
	})
	if errors.Is(err, platform.ErrFull) {
		return nil, retcode.GroupOwnedLimitReached.Errorf("the new owner owns %d groups already", s.limits.Owned)
	}
	if err != nil {
		return nil, refused(err)
	}
	return &wire.TransferGroupResponse{Gc: req.Gc}, nil
}

// listGroups answers at most MaxPage groups, which fit into any answer.
func (s *Service) listGroups(ctx context.Context, req *wire.ListGroupsRequest) (*wire.ListGroupsResponse, error) {
	if err := fields(account(req.Uin)); err != nil {
		return nil, err
	}
	limit := MaxPage
	if req.Limit > 0 {
		limit = int(min(req.Limit, MaxPage))
	}
	page, err := s.store.GroupsOf(ctx, platform.UIN(req.Uin), req.Owned, platform.GC(req.After), limit+1)
	if err != nil {
		return nil, err
	}
	rsp := &wire.ListGroupsResponse{Uin: req.Uin, More: len(page) > limit}
	for i := range page[:min(len(page), limit)] {
		rsp.Group = append(rsp.Group, message(&page[i]))
	}
	return rsp, nil
}

func (s *Service) relation(ctx context.Context, req *wire.RelationRequest) (*wire.RelationResponse, error) {
	if err := fields(number(req.Gc), account(req.Uin)); err != nil {
		return nil, err
	}
	role, err := s.role(ctx, platform.GC(req.Gc), platform.UIN(req.Uin))
	if err != nil {
		return nil, err
	}
	return &wire.RelationResponse{Uin: req.Uin, Relation: uint32(role)}, nil
}

func (s *Service) sendGroupMessage(ctx context.Context, req *wire.SendGroupMessageRequest) (*wire.SendGroupMessageResponse, error) {
	kind := req.GetMessage().GetKind()
	if kind != uint32(platform.GroupInvitation) && kind != uint32(platform.GroupLink) {
		return nil, retcode.OIDBPacketTypeUnknown.Errorf("the message is of kind %d, which does not exist", kind)
	}
	if err := fields(number(req.Gc), account(req.Uin), CheckMessage(req.Message), platform.CheckText("request", req.Request, platform.MaxRequest)); err != nil {
		return nil, err
	}
	m := platform.GroupMessage{
		UIN: platform.UIN(req.Uin), Kind: platform.GroupMessageKind(kind), Title: req.Message.Title, Text: req.Message.Text,
		URL: req.Message.Url, PictureURL: req.Message.PictureUrl, SentMS: s.clock.NowMS(),
	}
	id, err := s.store.SendGroupMessage(ctx, platform.GC(req.Gc), m, req.Request, messagesKept, s.oldest(), func(g *platform.Group, role platform.GroupRole) error {
		if err := changeable(g); err != nil {
			return err
		}
		if role == platform.NotInGroup {
			return notMember(g.GC)
		}
		return nil
	})
	if err != nil {
		return nil, refused(err)
	}
	return &wire.SendGroupMessageResponse{MessageId: id}, nil
}

// disbandGroup succeeds again once the group is disbanded, so that a caller without an answer can repeat it. A
// caller that undoes a creation does not know what others have done with the group since.
func (s *Service) disbandGroup(ctx context.Context, req *wire.DisbandGroupRequest) (*wire.DisbandGroupResponse, error) {
	if err := fields(number(req.Gc), account(req.Owner), platform.CheckText("request", req.Request, platform.MaxRequest)); err != nil {
		return nil, err
	}
	err := s.store.DisbandGroup(ctx, platform.GC(req.Gc), req.Request, func(g *platform.Group) error {
		switch {
		case g.ReadOnly:
			return retcode.OIDBGroupReadOnly
		case g.Owner != platform.UIN(req.Owner):
			return retcode.GroupNotOwner
		}
		return nil
	})
	if errors.Is(err, platform.ErrExists) {
		return nil, retcode.GroupBoundToOtherGuild.Errorf("group %d serves a guild", req.Gc)
	}
	if err != nil {
		return nil, refused(err)
	}
	return &wire.DisbandGroupResponse{Gc: req.Gc}, nil
}

func (s *Service) bindGroup(ctx context.Context, req *wire.BindGroupRequest) (*wire.BindGroupResponse, error) {
	guild, err := guild(req)
	if err := fields(number(req.Gc), err); err != nil {
		return nil, err
	}
	err = s.store.NoteGuild(ctx, platform.GC(req.Gc), guild, func(g *platform.Group) error {
		if err := changeable(g); err != nil {
			return err
		}
		switch {
		case req.Owner != 0 && g.Owner != platform.UIN(req.Owner):
			return retcode.GroupNotOwner
		case g.Fee:
			return retcode.GroupFeeCharging
		case !g.Game:
			return retcode.GroupNotGameGroup
		}
		return nil
	})
	if errors.Is(err, platform.ErrExists) {
		return nil, retcode.GroupBoundToOtherGuild
	}
	if err != nil {
		return nil, refused(err)
	}
	return &wire.BindGroupResponse{Gc: req.Gc}, nil
}

// unbindGroup lets a group go whatever has become of it, except during its maintenance.
func (s *Service) unbindGroup(ctx context.Context, req *wire.UnbindGroupRequest) (*wire.UnbindGroupResponse, error) {
	guild, err := guild(req)
	if err := fields(number(req.Gc), err); err != nil {
		return nil, err
	}
	err = s.store.ForgetGuild(ctx, platform.GC(req.Gc), guild, func(g *platform.Group) error {
		if g.ReadOnly {
			return retcode.OIDBGroupReadOnly
		}
		return nil
	})
	if err != nil {
		return nil, refused(err)
	}
	return &wire.UnbindGroupResponse{Gc: req.Gc}, nil
}

func (s *Service) listGroupMessages(ctx context.Context, req *wire.ListGroupMessagesRequest) (*wire.ListGroupMessagesResponse, error) {
	if err := fields(number(req.Gc), account(req.Uin)); err != nil {
		return nil, err
	}
	gc := platform.GC(req.Gc)
	role, err := s.role(ctx, gc, platform.UIN(req.Uin))
	switch {
	case err != nil:
		return nil, err
	case role == platform.NotInGroup:
		return nil, notMember(gc)
	}
	list, err := s.store.GroupMessages(ctx, gc, req.Before, s.oldest(), messagesShown+1)
	if err != nil {
		return nil, err
	}
	rsp := &wire.ListGroupMessagesResponse{More: len(list) > messagesShown}
	for _, m := range list[:min(len(list), messagesShown)] {
		rsp.Sent = append(rsp.Sent, &wire.SentGroupMessage{
			MessageId: m.ID, Uin: uint64(m.UIN), SentMs: m.SentMS,
			Message: &wire.GroupMessage{Kind: uint32(m.Kind), Title: m.Title, Text: m.Text, Url: m.URL, PictureUrl: m.PictureURL},
		})
	}
	return rsp, nil
}

func notMember(gc platform.GC) error {
	return retcode.OIDBFieldOutOfRange.Errorf("the account is not a member of group %s", gc)
}

// changeable refuses to change a group that is in no state for it: disbanded comes before sealed, and maintenance last.
func changeable(g *platform.Group) error {
	switch {
	case g.Disbanded:
		return retcode.GroupDisbanded
	case g.Sealed:
		return retcode.OIDBGroupSealed
	case g.ReadOnly:
		return retcode.OIDBGroupReadOnly
	}
	return nil
}

// fields returns 203 with the first of the faults.
func fields(faults ...error) error {
	for _, fault := range faults {
		if fault != nil {
			return retcode.OIDBFieldOutOfRange.Errorf("%v", fault)
		}
	}
	return nil
}

func number(gc uint64) error {
	if gc < uint64(platform.FirstGC) || gc > uint64(platform.LastGC) {
		return platform.Invalidf("gc", "%d is not a number of this server's groups, %s to %s", gc, platform.FirstGC, platform.LastGC)
	}
	return nil
}

func account(uin uint64) error {
	if !legal(platform.UIN(uin)) {
		return platform.Invalidf("uin", "uin is not an account number")
	}
	return nil
}

func request(name string) error {
	if name == "" {
		return platform.Invalidf("request", "the request has no name")
	}
	return platform.CheckText("request", name, platform.MaxRequest)
}

// guild returns the guild that a request names.
func guild(req interface {
	GetAppid() uint64
	GetZone() string
	GetGuild() string
}) (platform.Guild, error) {
	g := platform.Guild{AppID: platform.AppID(req.GetAppid()), Zone: req.GetZone(), ID: req.GetGuild()}
	return g, g.Validate()
}

// refused gives the code of a group that does not exist; other failures of the store have none.
func refused(err error) error {
	if errors.Is(err, platform.ErrNotFound) {
		return retcode.OIDBFieldOutOfRange.Errorf("%v", err)
	}
	return err
}

func message(g *platform.Group) *wire.Group {
	m := &wire.Group{
		Gc: uint64(g.GC), Name: g.Name, Owner: uint64(g.Owner), Members: uint32(g.Members), Capacity: uint32(g.Capacity),
		Game: g.Game, Fee: g.Fee, Sealed: g.Sealed, Disbanded: g.Disbanded, ReadOnly: g.ReadOnly, CreatedMs: g.CreatedMS,
	}
	for _, admin := range g.Admins {
		m.Admin = append(m.Admin, uint64(admin))
	}
	return m
}
