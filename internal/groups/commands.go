package groups

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// Register puts the service's commands on the bus.
func (s *Service) Register() {
	oidb.Handle(s.Bus, CreateBind, s.createBind)
	oidb.Handle(s.Bus, BindExisting, s.bindExisting)
	oidb.Handle(s.Bus, Unbind, s.unbind)
	oidb.Handle(s.Bus, Join, s.join)
	oidb.Handle(s.Bus, ListCreated, s.listCreated)
	oidb.Handle(s.Bus, Show, s.show)
	oidb.Handle(s.Bus, Relation, s.relation)
	oidb.Handle(s.Bus, RemindLeader, s.remindLeader)
	oidb.Handle(s.Bus, Send, s.send)
}

// maxName bounds the names of a guild, a member and a role, in bytes.
const maxName = 100

// The codes of what commands have in common. A failure without a code of its own is 155.
var (
	ofCallers = []retcode.Code{
		retcode.GroupOpenIDInvalid, retcode.GroupParameterInvalid, retcode.GroupPermissionMissing, retcode.GroupTokenCheckFailed,
		retcode.GroupOpenIDToUINFailed, retcode.GroupAnswerUnparsable500007, retcode.GroupSessionUnavailable, retcode.OIDBConnectFailed,
	}
	ofBindings = []retcode.Code{retcode.GroupBindingReadFailed, retcode.GroupCacheFailed}
	ofGames    = []retcode.Code{retcode.GroupIDIPFailed, retcode.GroupAnswerUnparsable500008, retcode.GroupPlayerNotInGuild}
	ofPlatform = []retcode.Code{retcode.GroupPlatformUnreachable, retcode.GroupPlatformError}
	ofQueries  = append(slices.Clone(ofPlatform), querying.refused, querying.garbled)
	ofChanges  = []retcode.Code{retcode.GroupBindingWriteFailed, retcode.GroupEventReportFailed}
	ofBinds    = slices.Concat(ofBindings, ofGames, ofPlatform, ofChanges, []retcode.Code{
		retcode.GroupGuildAlreadyBound, retcode.GroupNotOwner, retcode.GroupBindAnswerInvalid, retcode.GroupBoundToOtherGuild,
	})
)

func declare[Req, Rsp proto.Message](serviceType uint32, name, summary string, codes ...[]retcode.Code) *oidb.Command[Req, Rsp] {
	return oidb.Declare[Req, Rsp](oidb.Declaration{
		ID: oidb.ID{Number: 0xf04, ServiceType: serviceType}, Name: name, Summary: summary, Results: retcode.Group,
		Codes: slices.Concat(append(codes, ofCallers)...), Fallback: retcode.OIDBConnectFailed,
		Needs: "the bindings, and the platform's apps, accounts and openids",
	})
}

// CreateBind is command 0xf04 of service type 1.
var CreateBind = declare[*wire.CreateBindGroupRequest, *wire.CreateBindGroupResponse](1, "create_bind_group", "Creates a group that serves a guild.",
	ofBinds, []retcode.Code{creating.refused, creating.garbled, retcode.GroupOwnedLimitReached, retcode.GroupCreateRateExceeded})

func (s *Service) createBind(ctx context.Context, req *wire.CreateBindGroupRequest) (*wire.CreateBindGroupResponse, error) {
	guild, err := guildOf(req)
	if err != nil {
		return nil, err
	}
	if req.GuildName == "" {
		return nil, retcode.GroupParameterInvalid.Errorf("guild_name is missing or empty")
	}
	if err := checkTexts(maxName, "guild_name", req.GuildName, "roleid", req.Role); err != nil {
		return nil, err
	}
	who, err := s.admit(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := s.mayBind(ctx, guild, 0); err != nil {
		return nil, err
	}
	if _, err := s.mustLead(ctx, who.app, guild, who.openid, req.Role); err != nil {
		return nil, err
	}
	b, err := s.bind(ctx, s.newBinding(guild, req.GuildName, 0, who))
	if err != nil {
		return nil, err
	}
	return &wire.CreateBindGroupResponse{Gc: uint64(b.GC), Name: b.GuildName, GroupOpenid: b.OpenID[:]}, nil
}

// mayBind refuses a guild that has a group, and a group that serves another guild of the game; gc is 0 for a new group.
func (s *Service) mayBind(ctx context.Context, guild platform.Guild, gc platform.GC) error {
	b, err := s.ofGuild(ctx, guild)
	switch {
	case err != nil:
		return err
	case b.GC != 0:
		return alreadyBound(guild)
	case gc == 0:
		return nil
	}
	switch b, err = s.ofGroup(ctx, guild.AppID, gc); {
	case err != nil:
		return err
	case b.GC != 0:
		return boundElsewhere(gc)
	}
	return nil
}

// BindExisting is command 0xf04 of service type 2.
var BindExisting = declare[*wire.BindExistingGroupRequest, *wire.BindExistingGroupResponse](2, "bind_existing_group",
	"Has a group of the caller serve a guild.",
	ofBinds, ofQueries, []retcode.Code{retcode.GroupDisbanded, retcode.GroupFeeCharging, retcode.GroupNotGameGroup})

// bindExisting looks at the group before it begins, so that what is wrong with the group leaves no trace.
func (s *Service) bindExisting(ctx context.Context, req *wire.BindExistingGroupRequest) (*wire.BindExistingGroupResponse, error) {
	guild, err := guildOf(req)
	if err != nil {
		return nil, err
	}
	if req.Gc == 0 {
		return nil, retcode.GroupParameterInvalid.Errorf("the group's number is missing")
	}
	if err := checkTexts(maxName, "guild_name", req.GuildName, "roleid", req.Role); err != nil {
		return nil, err
	}
	who, err := s.admit(ctx, req)
	if err != nil {
		return nil, err
	}
	gc := platform.GC(req.Gc)
	if err := s.mayBind(ctx, guild, gc); err != nil {
		return nil, err
	}
	known, err := s.mustLead(ctx, who.app, guild, who.openid, req.Role)
	if err != nil {
		return nil, err
	}
	group, err := s.group(ctx, gc)
	switch {
	case err != nil:
		return nil, err
	case group.Owner != uint64(who.uin):
		return nil, notOwner(gc)
	case group.Fee:
		return nil, retcode.GroupFeeCharging.Errorf("group %s charges its members a fee", gc)
	case !group.Game:
		return nil, retcode.GroupNotGameGroup.Errorf("group %s is not a game group", gc)
	}
	b, err := s.bind(ctx, s.newBinding(guild, cmp.Or(req.GuildName, known), gc, who))
	if err != nil {
		return nil, err
	}
	return &wire.BindExistingGroupResponse{Gc: uint64(b.GC), Name: group.Name, GroupOpenid: b.OpenID[:]}, nil
}

func notOwner(gc platform.GC) error {
	return retcode.GroupNotOwner.Errorf("the caller does not own group %s", gc)
}

// group asks the group platform about a group that was not disbanded.
func (s *Service) group(ctx context.Context, gc platform.GC) (*wire.Group, error) {
	rsp, err := at(ctx, s, querying, qqgroups.QueryGroup, &wire.QueryGroupRequest{Gc: uint64(gc)})
	switch {
	case err != nil:
		return nil, err
	case rsp.Group.GetGc() != uint64(gc):
		return nil, querying.garbled.Errorf("the group platform answers group %d for group %s", rsp.Group.GetGc(), gc)
	case rsp.Group.Disbanded:
		return nil, retcode.GroupDisbanded.Errorf("group %s was disbanded", gc)
	}
	return rsp.Group, nil
}

// Unbind is command 0xf04 of service type 3.
var Unbind = declare[*wire.UnbindGuildGroupRequest, *wire.UnbindGuildGroupResponse](3, "unbind_guild_group", "Ends the service of a guild's group.",
	ofBindings, ofGames, ofQueries, ofChanges, []retcode.Code{retcode.GroupGuildNotBound, retcode.GroupNotOwner})

// unbind takes a group that was disbanded too: that is how its guild gets free.
func (s *Service) unbind(ctx context.Context, req *wire.UnbindGuildGroupRequest) (*wire.UnbindGuildGroupResponse, error) {
	q := &wire.ShowGuildGroupRequest{Appid: req.Appid, Zone: req.Zone, Guild: req.Guild}
	if len(req.GroupOpenid) > 0 {
		q = &wire.ShowGuildGroupRequest{Appid: req.Appid, GroupOpenid: req.GroupOpenid}
	}
	b, who, err := s.bound(ctx, req, q)
	switch {
	case err != nil:
		return nil, err
	case req.Guild != "" && req.Guild != b.ID:
		return nil, otherGroup(platform.Guild{Zone: b.Zone, ID: req.Guild})
	}
	if _, err := s.mustLead(ctx, who.app, b.Guild, who.openid, req.Role); err != nil {
		return nil, err
	}
	rsp, err := at(ctx, s, querying, qqgroups.QueryGroup, &wire.QueryGroupRequest{Gc: uint64(b.GC)})
	switch {
	case err != nil:
		return nil, err
	case rsp.Group.GetOwner() != uint64(who.uin):
		return nil, notOwner(b.GC)
	}
	if err := s.release(ctx, b, who.uin); err != nil {
		return nil, err
	}
	return &wire.UnbindGuildGroupResponse{Gc: uint64(b.GC)}, nil
}

// bound returns the binding in force that a request names, and its caller.
func (s *Service) bound(ctx context.Context, req login, q query) (b platform.Binding, who *caller, err error) {
	if err := checkQuery(q); err != nil {
		return b, nil, err
	}
	if who, err = s.admit(ctx, req); err != nil {
		return b, nil, err
	}
	if b, err = s.find(ctx, q); err == nil && b.GC == 0 {
		err = notBound(q)
	}
	return b, who, err
}

// Join is command 0xf04 of service type 4.
var Join = declare[*wire.JoinGuildGroupRequest, *wire.JoinGuildGroupResponse](4, "join_guild_group", "Makes a member of a guild a member of its group.",
	ofBindings, ofGames, ofPlatform, []retcode.Code{retcode.GroupGuildNotBound, retcode.GroupDisbanded, joining.refused, joining.garbled})

func (s *Service) join(ctx context.Context, req *wire.JoinGuildGroupRequest) (*wire.JoinGuildGroupResponse, error) {
	switch {
	case req.Gc == 0:
		return nil, retcode.GroupParameterInvalid.Errorf("the group's number is missing")
	case req.Guild == "":
		return nil, retcode.GroupParameterInvalid.Errorf("guild_id is missing or empty")
	}
	if err := checkTexts(maxName, "roleid", req.Role, "user_name", req.Card); err != nil {
		return nil, err
	}
	b, who, err := s.bound(ctx, req, &wire.ShowGuildGroupRequest{Appid: req.Appid, Zone: req.Zone, Guild: req.Guild, Gc: req.Gc})
	if err != nil {
		return nil, err
	}
	if err := s.mustBeIn(ctx, who.app, b.Guild, who.openid, req.Role); err != nil {
		return nil, err
	}
	_, err = at(ctx, s, joining, qqgroups.JoinGroup, &wire.JoinGroupRequest{Gc: req.Gc, Uin: uint64(who.uin), Card: req.Card})
	if err != nil {
		return nil, err
	}
	return &wire.JoinGuildGroupResponse{Gc: req.Gc}, nil
}

// ListCreated is command 0xf04 of service type 5.
var ListCreated = declare[*wire.ListCreatedGroupsRequest, *wire.ListCreatedGroupsResponse](5, "list_created_groups",
	"Lists the groups that the caller owns.",
	ofPlatform, []retcode.Code{listing.refused, listing.garbled})

// maxPage is the number of groups on a page, so that it is within oidb.MaxBody whatever their names.
const maxPage = 200

func (s *Service) listCreated(ctx context.Context, req *wire.ListCreatedGroupsRequest) (*wire.ListCreatedGroupsResponse, error) {
	who, err := s.admit(ctx, req)
	if err != nil {
		return nil, err
	}
	page, err := at(ctx, s, listing, qqgroups.ListGroups, &wire.ListGroupsRequest{Uin: uint64(who.uin), Owned: true, After: req.After, Limit: maxPage})
	if err != nil {
		return nil, err
	}
	if len(page.Group) > maxPage {
		return nil, listing.garbled.Errorf("the group platform answers a page of %d groups, more than %d", len(page.Group), maxPage)
	}
	rsp, last := &wire.ListCreatedGroupsResponse{More: page.More && len(page.Group) > 0}, req.After
	for _, group := range page.Group {
		if group.Gc <= last { // a list without an end
			return nil, listing.garbled.Errorf("the group platform answers group %d after group %d", group.Gc, last)
		}
		last = group.Gc
		rsp.Group = append(rsp.Group, &wire.CreatedGroup{Gc: group.Gc, Name: group.Name})
	}
	return rsp, nil
}

// MaxCreated bounds what List returns.
const MaxCreated = 5000

// List returns the groups that the caller of req owns, by number: MaxCreated at most.
func List(ctx context.Context, bus *oidb.Bus, req *wire.ListCreatedGroupsRequest) (list []*wire.CreatedGroup, err error) {
	for {
		page, err := oidb.Call(ctx, bus, ListCreated, req)
		if err != nil {
			return nil, err
		}
		list = append(list, page.Group...)
		if !page.More || len(list) >= MaxCreated {
			return list[:min(len(list), MaxCreated)], nil
		}
		req.After = list[len(list)-1].Gc
	}
}

// Show is command 0xf04 of service type 6.
var Show = declare[*wire.ShowGuildGroupRequest, *wire.ShowGuildGroupResponse](6, "show_guild_group", "Shows the group of a guild.",
	ofBindings, ofQueries, []retcode.Code{retcode.GroupDisbanded})

func (s *Service) show(ctx context.Context, req *wire.ShowGuildGroupRequest) (*wire.ShowGuildGroupResponse, error) {
	b, who, err := s.bound(ctx, req, req)
	if errors.Is(err, retcode.GroupGuildNotBound) {
		return &wire.ShowGuildGroupResponse{}, nil
	}
	if err != nil {
		return nil, err
	}
	group, err := s.group(ctx, b.GC)
	if err != nil {
		return nil, err
	}
	rsp := &wire.ShowGuildGroupResponse{
		Gc: uint64(b.GC), Name: group.Name, GroupOpenid: b.OpenID[:], Zone: b.Zone, Guild: b.ID, Members: group.Members, Capacity: group.Capacity,
	}
	if req.Relation {
		if rsp.Relation, err = s.relationTo(ctx, b.GC, who.uin); err != nil {
			return nil, err
		}
	}
	if !req.People {
		return rsp, nil
	}
	if rsp.Owner, err = s.openidOf(ctx, b.AppID, platform.UIN(group.Owner)); err != nil {
		return nil, err
	}
	for _, uin := range group.Admin[:min(len(group.Admin), maxAdmins)] {
		openid, err := s.openidOf(ctx, b.AppID, platform.UIN(uin))
		if err != nil {
			return nil, err
		}
		if openid != nil {
			rsp.Admin = append(rsp.Admin, openid)
		}
	}
	return rsp, nil
}

// maxAdmins bounds the administrators whose openids are looked up.
const maxAdmins = 50

// openidOf returns an account's active openid at an app; nil without one.
func (s *Service) openidOf(ctx context.Context, app platform.AppID, uin platform.UIN) ([]byte, error) {
	openid, err := store.ActiveOpenID(ctx, s.Store, app, uin)
	switch {
	case errors.Is(err, platform.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return openid[:], nil
}

// Relation is command 0xf04 of service type 7.
var Relation = declare[*wire.GuildGroupRelationRequest, *wire.GuildGroupRelationResponse](7, "guild_group_relation",
	"Says what the caller is in a group that serves a guild.",
	ofBindings, ofQueries, []retcode.Code{retcode.GroupGuildNotBound, retcode.GroupDisbanded})

func (s *Service) relation(ctx context.Context, req *wire.GuildGroupRelationRequest) (*wire.GuildGroupRelationResponse, error) {
	if req.Gc == 0 {
		return nil, retcode.GroupParameterInvalid.Errorf("the group's number is missing")
	}
	b, who, err := s.bound(ctx, req, &wire.ShowGuildGroupRequest{Appid: req.Appid, Gc: req.Gc})
	if err != nil {
		return nil, err
	}
	relation, err := s.relationTo(ctx, b.GC, who.uin)
	return &wire.GuildGroupRelationResponse{Relation: relation}, err
}

// relationTo asks the group platform what an account is in a group.
func (s *Service) relationTo(ctx context.Context, gc platform.GC, uin platform.UIN) (uint32, error) {
	rsp, err := at(ctx, s, querying, qqgroups.Relation, &wire.RelationRequest{Gc: uint64(gc), Uin: uint64(uin)})
	if err != nil {
		return 0, err
	}
	if rsp.Relation < uint32(platform.GroupOwner) || rsp.Relation > uint32(platform.NotInGroup) {
		return 0, querying.garbled.Errorf("the group platform answers the relation %d", rsp.Relation)
	}
	return rsp.Relation, nil
}

// RemindLeader is command 0xf04 of service type 8.
var RemindLeader = declare[*wire.RemindLeaderBindRequest, *wire.RemindLeaderBindResponse](8, "remind_leader_bind",
	"Has the official account remind a guild's leader to bind a group.",
	ofBindings, ofGames, []retcode.Code{retcode.GroupGuildAlreadyBound, retcode.GroupNotOwner, retcode.GroupRemindRateExceeded, retcode.GroupNoticeFailed, retcode.GroupBindingWriteFailed})

// remindLeader asks the game about both: the caller is any member of the guild, the other one has to lead it. A guild that has a
// group needs no reminder.
func (s *Service) remindLeader(ctx context.Context, req *wire.RemindLeaderBindRequest) (*wire.RemindLeaderBindResponse, error) {
	guild, err := guildOf(req)
	if err != nil {
		return nil, err
	}
	if req.LeaderMsdkOpenid == 0 && len(req.LeaderOpenid) != len(platform.OpenID{}) {
		return nil, retcode.GroupParameterInvalid.Errorf("the leader's openid is missing or not 32 hex digits")
	}
	if err := checkTexts(maxName, "roleid", req.Role, "role_name", req.RoleName, "leader_roleid", req.LeaderRole); err != nil {
		return nil, err
	}
	who, err := s.admit(ctx, req)
	if err != nil {
		return nil, err
	}
	if err := s.mayBind(ctx, guild, 0); err != nil {
		return nil, err
	}
	leader := knownAs(openIDFrom(req.LeaderOpenid), platform.MSDKOpenID(req.LeaderMsdkOpenid))
	if err := s.mustBeIn(ctx, who.app, guild, who.openid, req.Role); err != nil {
		return nil, err
	}
	if _, err := s.mustLead(ctx, who.app, guild, leader, req.LeaderRole); err != nil {
		return nil, err
	}
	uin, err := s.leader(ctx, req)
	if err != nil {
		return nil, err
	}
	return &wire.RemindLeaderBindResponse{}, s.remind(ctx, who.app, guild, uin, req.RoleName)
}

// remind puts a notice into a leader's inbox, once a day. A notice that could not be sent does not count.
func (s *Service) remind(ctx context.Context, app *platform.App, guild platform.Guild, leader platform.UIN, by string) error {
	now := s.Clock.Now()
	today := s.Calendar.Day(now)
	switch err := s.Store.TakeReminder(ctx, app.AppID, leader, today); {
	case errors.Is(err, platform.ErrSpent):
		return retcode.GroupRemindRateExceeded.Errorf("the leader of %s was reminded today already", named(guild)).
			WithRetryAfter(s.Calendar.UntilTomorrow(now))
	case err != nil:
		return retcode.GroupBindingWriteFailed.WithCause(err)
	}
	if err := messages.Notify(ctx, s.Bus, leader, reminder(app, guild, by)); err != nil {
		return retcode.GroupNoticeFailed.WithCause(errors.Join(err, s.Store.ReturnReminder(context.WithoutCancel(ctx), app.AppID, leader, today)))
	}
	return nil
}

// reminder returns the notice to a leader.
func reminder(app *platform.App, guild platform.Guild, by string) messages.Notice {
	if by == "" {
		by = "A member"
	}
	return messages.Notice{
		AppID: app.AppID, Title: "A group for your guild",
		Text: by + " of your guild in " + app.Name + " would like to have a QQ group for it. You lead " + named(guild) + ": bind one in the game.",
	}
}

// Send is command 0xf04 of service type 9.
var Send = declare[*wire.SendGuildMessageRequest, *wire.SendGuildMessageResponse](9, "send_guild_message", "Sends a message to a guild's group.",
	ofBindings, ofPlatform, []retcode.Code{retcode.GroupGuildNotBound, retcode.GroupDisbanded, sending.garbled})

func (s *Service) send(ctx context.Context, req *wire.SendGuildMessageRequest) (*wire.SendGuildMessageResponse, error) {
	if err := checkMessage(req.Message); err != nil {
		return nil, err
	}
	b, who, err := s.bound(ctx, req, req)
	if err != nil {
		return nil, err
	}
	rsp, err := at(ctx, s, sending, qqgroups.SendGroupMessage, &wire.SendGroupMessageRequest{
		Gc: uint64(b.GC), Uin: uint64(who.uin), Message: req.Message,
	})
	if err != nil {
		return nil, err
	}
	return &wire.SendGuildMessageResponse{Gc: uint64(b.GC), MessageId: rsp.MessageId}, nil
}

// checkMessage refuses what no game may send, and what the group platform would refuse without a number of the groups' own.
func checkMessage(m *wire.GroupMessage) error {
	const invitation, link = uint32(platform.GroupInvitation), uint32(platform.GroupLink)
	switch {
	case m.GetKind() != invitation && m.GetKind() != link:
		return retcode.GroupParameterInvalid.Errorf("the message's type is neither %d (an invitation) nor %d (a link)", invitation, link)
	case m.Title == "":
		return retcode.GroupParameterInvalid.Errorf("title is missing or empty")
	}
	if err := qqgroups.CheckMessage(m); err != nil {
		return retcode.GroupParameterInvalid.Errorf("%v", err)
	}
	return nil
}
