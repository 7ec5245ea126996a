package msdkv5

import (
	"cmp"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/groups"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// groups are the interfaces of guild groups (msdk-v5.md, 10).
func (d *door) groups(k checks) []access.Endpoint {
	return []access.Endpoint{
		msdk.GroupAPI("/v2/group/create_bind_group", msdk.Action(bodies, d.createBindGroup), k.guild, groups.CreateBind).
			Does("Creates a QQ group for a guild. The player leads the guild and owns the group.").Returns(groupResult{}),
		msdk.GroupAPI("/v2/group/bind_existing_group", msdk.Action(bodies, d.bindExistingGroup), k.guild, groups.BindExisting).
			Does("Binds a group that the player owns to a guild that the player leads.").Returns(groupResult{}),
		msdk.GroupAPI("/v2/group/unbind_group", msdk.Action(bodies, d.unbindGroup), k.guild, groups.Unbind).
			Does("Ends the binding of a guild's group. The group stays."),
		msdk.GroupAPI("/v2/group/join_group", msdk.Action(bodies, d.joinGroup), k.guild, groups.Join).
			Does("Makes a player who is in the guild a member of its group."),
		msdk.GroupAPI("/v2/group/get_group_list", msdk.Action(bodies, d.groupList), k.guild, groups.ListCreated).
			Does("Lists the groups that the player owns.").Returns(groupListResult{}),
		msdk.GroupAPI("/v2/group/get_group_info", msdk.Action(bodies, d.groupInfo), k.guild, groups.Show).
			Does("Shows the group of a guild.").Returns(groupResult{}),
		msdk.GroupAPI("/v2/group/get_group_rela_info", msdk.Action(bodies, d.groupRelation), k.guild, groups.Relation).
			Does("Shows what the player is in a group.").Returns(relationResult{}),
		msdk.GroupAPI("/v2/group/remind_leader_bind", msdk.Action(bodies, d.remindLeader), k.guild, groups.RemindLeader).
			Does("Sends the guild's leader a message that asks for a group."),
		msdk.GroupAPI("/v2/group/send_group_msg", msdk.Action(bodies, d.sendGroupMessage), k.guild, groups.Send).
			Does("Sends a message to a guild's group, which is named by the guild, by its number, or by both."),
	}
}

// groupCodes are the codes of the bodies of group interfaces, where a member that is missing or cannot be right has a number of
// the groups' own.
var groupCodes = []retcode.Code{retcode.V5FieldInvalid, retcode.GroupOpenIDInvalid, retcode.GroupParameterInvalid}

// groupCaller is the part that every body of a group interface has.
type groupCaller struct {
	playerID
	Token string `json:"token" required:"true" doc:"the player's MSDK token"`
}

func (*groupCaller) Codes() []retcode.Code { return groupCodes }

func (b *groupCaller) Check(*access.Call) (err error) {
	if b.id, err = platform.ParseMSDKOpenID(b.OpenID); err != nil {
		return retcode.GroupOpenIDInvalid.Errorf("body member \"openid\" is not an MSDK openid, a decimal number of 64 bits")
	}
	return msdk.GroupMembers("token", b.Token)
}

// inGuild is the part that names a guild and the caller's role in the game. The documents do not confirm the names of most
// members, so further ones that clients use are taken too; partition, areaid and user_zone_id change nothing.
type inGuild struct {
	GuildID string `json:"guild_id" required:"true" doc:"the guild's id in the game: 1 to 20 digits"`
	ZoneID  string `json:"zone_id" doc:"the game's server on which the guild is: 1 to 20 digits; required unless zoneid has it"`
	Zone    string `json:"zoneid" doc:"another name for zone_id"`
	RoleID  string `json:"roleid" doc:"the player's role in the game; required unless role_id has it, where the role matters"`
	Role    string `json:"role_id" doc:"another name for roleid"`
	Type    string `json:"type" oneof:"0" def:"0" doc:"the kind of the union: a guild"`

	guild platform.Guild
}

// guildType is the only value of type that is served: teams and matches have no groups here.
const guildType = "0"

func (b *inGuild) check(c *access.Call) (err error) {
	if b.Type != "" && b.Type != guildType {
		return retcode.GroupParameterInvalid.Errorf("body member \"type\" is not %s (a guild), the only type that this platform serves", guildType)
	}
	b.guild, err = msdk.ReadGuild(c, cmp.Or(b.ZoneID, b.Zone), b.GuildID)
	return err
}

func (b *inGuild) role() string { return cmp.Or(b.RoleID, b.Role) }

// ofGroup is the part that names a group.
type ofGroup struct {
	GroupID string `json:"groupid" doc:"the group's number; required unless group_id or gc has it"`
	Group   string `json:"group_id" doc:"another name for groupid"`
	GC      string `json:"gc" doc:"another name for groupid"`

	gc platform.GC
}

func (b *ofGroup) number() string { return cmp.Or(b.GroupID, b.Group, b.GC) }

func (b *ofGroup) check() (err error) {
	if err := msdk.GroupMembers("groupid", b.number()); err != nil {
		return err
	}
	b.gc, err = msdk.ReadGC("groupid", b.number())
	return err
}

// pc reports whether a call is about a login through the PC SDK.
func pc(c *access.Call) bool { return c.Query.Get("os") == osPC }

type createGroupBody struct {
	groupCaller
	inGuild
	GuildName string `json:"guild_name" required:"true" doc:"the guild's name, which the group gets"`
}

func (b *createGroupBody) Check(c *access.Call) error {
	return cmp.Or(b.groupCaller.Check(c), b.inGuild.check(c), msdk.GroupMembers("guild_name", b.GuildName, "roleid", b.role()))
}

// groupResult is the answer of interfaces that give a group.
type groupResult struct {
	result
	GroupID     string `json:"groupid" doc:"the group's number; empty for no group"`
	GroupName   string `json:"group_name" doc:"the group's name"`
	GroupOpenID string `json:"groupOpenID" doc:"the game's name for the group: 32 hex digits"`
}

func newGroupResult(gc uint64, name string, openid []byte) *groupResult {
	return &groupResult{GroupID: platform.GC(gc).String(), GroupName: name, GroupOpenID: platform.OpenID(openid).String()}
}

// createBindGroup creates a group for a guild (msdk-v5.md, 10.3).
func (d *door) createBindGroup(c *access.Call, in *createGroupBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.CreateBind, &wire.CreateBindGroupRequest{
		Appid: uint64(c.App.AppID), MsdkOpenid: uint64(in.id), AccessToken: in.Token, Pc: pc(c),
		Zone: in.guild.Zone, Guild: in.guild.ID, Role: in.role(), GuildName: in.GuildName,
	})
	if err != nil {
		return nil, err
	}
	return newGroupResult(rsp.Gc, rsp.Name, rsp.GroupOpenid), nil
}

type bindGroupBody struct {
	groupCaller
	inGuild
	ofGroup
	GuildName string `json:"guild_name" doc:"the guild's name"`
}

func (b *bindGroupBody) Check(c *access.Call) error {
	return cmp.Or(b.groupCaller.Check(c), b.inGuild.check(c), b.ofGroup.check(), msdk.GroupMembers("roleid", b.role()))
}

// bindExistingGroup binds a group of the caller to a guild.
func (d *door) bindExistingGroup(c *access.Call, in *bindGroupBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.BindExisting, &wire.BindExistingGroupRequest{
		Appid: uint64(c.App.AppID), MsdkOpenid: uint64(in.id), AccessToken: in.Token, Pc: pc(c),
		Zone: in.guild.Zone, Guild: in.guild.ID, Role: in.role(), GuildName: in.GuildName, Gc: uint64(in.gc),
	})
	if err != nil {
		return nil, err
	}
	return newGroupResult(rsp.Gc, rsp.Name, rsp.GroupOpenid), nil
}

// guildBody is the body of interfaces that need only a guild.
type guildBody struct {
	groupCaller
	inGuild
}

func (b *guildBody) Check(c *access.Call) error {
	return cmp.Or(b.groupCaller.Check(c), b.inGuild.check(c))
}

// groupDone is allocated once: every call that has nothing to add answers it.
var groupDone any = success("success")

// unbindGroup ends the binding of a guild's group.
func (d *door) unbindGroup(c *access.Call, in *guildBody) (any, error) {
	_, err := oidb.Call(c.Context(), d.bus, groups.Unbind, &wire.UnbindGuildGroupRequest{
		Appid: uint64(c.App.AppID), MsdkOpenid: uint64(in.id), AccessToken: in.Token, Pc: pc(c),
		Zone: in.guild.Zone, Guild: in.guild.ID, Role: in.role(),
	})
	return groupDone, err
}

type joinGroupBody struct {
	groupCaller
	inGuild
	ofGroup
	UserName  string `json:"user_name" doc:"the player's name in the game, for the group's card"`
	UserLabel string `json:"user_label" doc:"the player's rank in the guild, which the card shows in front of the name"`
	Labels    string `json:"user_labels" doc:"another name for user_label"`
}

func (b *joinGroupBody) Check(c *access.Call) error {
	return cmp.Or(b.groupCaller.Check(c), b.inGuild.check(c), b.ofGroup.check(), msdk.GroupMembers("roleid", b.role()))
}

// card returns the name that a new member has in the group, in the form that clients know (msdk-v5.md, 10.5).
func (b *joinGroupBody) card() string {
	if label := cmp.Or(b.UserLabel, b.Labels); label != "" {
		return "【" + label + "】" + b.UserName
	}
	return b.UserName
}

// joinGroup makes the caller a member of the guild's group.
func (d *door) joinGroup(c *access.Call, in *joinGroupBody) (any, error) {
	_, err := oidb.Call(c.Context(), d.bus, groups.Join, &wire.JoinGuildGroupRequest{
		Appid: uint64(c.App.AppID), MsdkOpenid: uint64(in.id), AccessToken: in.Token, Pc: pc(c),
		Zone: in.guild.Zone, Guild: in.guild.ID, Role: in.role(), Gc: uint64(in.gc), Card: in.card(),
	})
	return groupDone, err
}

type groupListResult struct {
	result
	GroupList []listedGroup `json:"group_list" doc:"the groups that the player owns, bound or not"`
}

// listedGroup is one element of the list. An older mapping has another name for the number (msdk-v5.md, 10.5).
type listedGroup struct {
	GroupID   string `json:"groupid" doc:"the group's number"`
	GC        string `json:"gc" doc:"the same"`
	GroupName string `json:"group_name" doc:"the group's name"`
}

// groupList answers the groups that the caller owns, bound or not.
func (d *door) groupList(c *access.Call, in *groupCaller) (any, error) {
	list, err := groups.List(c.Context(), d.bus, &wire.ListCreatedGroupsRequest{
		Appid: uint64(c.App.AppID), MsdkOpenid: uint64(in.id), AccessToken: in.Token, Pc: pc(c),
	})
	if err != nil {
		return nil, err
	}
	answer := &groupListResult{GroupList: make([]listedGroup, len(list))}
	for i, group := range list {
		number := platform.GC(group.Gc).String()
		answer.GroupList[i] = listedGroup{number, number, group.Name}
	}
	return answer, nil
}

// groupInfo answers the group of a guild, with an empty number when none is bound.
func (d *door) groupInfo(c *access.Call, in *guildBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.Show, &wire.ShowGuildGroupRequest{
		Appid: uint64(c.App.AppID), MsdkOpenid: uint64(in.id), AccessToken: in.Token, Pc: pc(c),
		Zone: in.guild.Zone, Guild: in.guild.ID,
	})
	switch {
	case err != nil:
		return nil, err
	case rsp.Gc == 0:
		return &groupResult{}, nil
	}
	return newGroupResult(rsp.Gc, rsp.Name, rsp.GroupOpenid), nil
}

type groupBody struct {
	groupCaller
	ofGroup
}

func (b *groupBody) Check(c *access.Call) error {
	return cmp.Or(b.groupCaller.Check(c), b.ofGroup.check())
}

// relationResult has the relation under both names that clients read (msdk-v5.md, 10.4).
type relationResult struct {
	result
	Relation uint32 `json:"relation" doc:"what the player is in the group: 1 owner, 2 administrator, 3 member, 4 not in it"`
	Status   uint32 `json:"status" doc:"the same"`
}

// groupRelation answers what the caller is in a group.
func (d *door) groupRelation(c *access.Call, in *groupBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.Relation, &wire.GuildGroupRelationRequest{
		Appid: uint64(c.App.AppID), MsdkOpenid: uint64(in.id), AccessToken: in.Token, Pc: pc(c), Gc: uint64(in.gc),
	})
	if err != nil {
		return nil, err
	}
	return &relationResult{Relation: rsp.Relation, Status: rsp.Relation}, nil
}

type remindBody struct {
	groupCaller
	inGuild
	RoleName     string `json:"role_name" required:"true" doc:"the player's name in the game, which the leader sees"`
	LeaderOpenID string `json:"leader_openid" doc:"the leader's MSDK openid; required unless leaderid or leader_open_id has it"`
	LeaderID     string `json:"leaderid" doc:"another name for leader_openid"`
	Leader       string `json:"leader_open_id" doc:"another name for leader_openid"`
	LeaderRoleID string `json:"leader_roleid" required:"true" doc:"the leader's role in the game"`

	leader platform.MSDKOpenID
}

func (b *remindBody) Check(c *access.Call) (err error) {
	name := cmp.Or(b.LeaderOpenID, b.LeaderID, b.Leader)
	if err := cmp.Or(b.groupCaller.Check(c), b.inGuild.check(c),
		msdk.GroupMembers("roleid", b.role(), "role_name", b.RoleName, "leader_openid", name, "leader_roleid", b.LeaderRoleID)); err != nil {
		return err
	}
	if b.leader, err = platform.ParseMSDKOpenID(name); err != nil {
		return retcode.GroupParameterInvalid.Errorf("body member \"leader_openid\" is not an MSDK openid, a decimal number of 64 bits")
	}
	return nil
}

// remindLeader reminds a guild's leader to bind a group.
func (d *door) remindLeader(c *access.Call, in *remindBody) (any, error) {
	_, err := oidb.Call(c.Context(), d.bus, groups.RemindLeader, &wire.RemindLeaderBindRequest{
		Appid: uint64(c.App.AppID), MsdkOpenid: uint64(in.id), AccessToken: in.Token, Pc: pc(c),
		Zone: in.guild.Zone, Guild: in.guild.ID, Role: in.role(), RoleName: in.RoleName,
		LeaderMsdkOpenid: uint64(in.leader), LeaderRole: in.LeaderRoleID,
	})
	return groupDone, err
}

// groupMessageBody names the group by its guild, by its number, or by both.
type groupMessageBody struct {
	groupCaller
	inGuild
	ofGroup
	MsgType  uint32 `json:"msg_type" doc:"the kind of the message: 1 an invitation to the app, 2 a link"`
	Title    string `json:"title" doc:"the title"`
	Desc     string `json:"desc" doc:"the text"`
	Link     string `json:"link" doc:"address that the message opens"`
	ImageURL string `json:"image_url" doc:"address of its picture"`
}

func (b *groupMessageBody) Check(c *access.Call) error {
	if err := b.groupCaller.Check(c); err != nil {
		return err
	}
	guild, number := b.GuildID != "", b.number() != ""
	if guild || !number {
		if err := b.inGuild.check(c); err != nil {
			return err
		}
	}
	if number {
		return b.ofGroup.check()
	}
	return nil
}

// sendGroupMessage sends a message of the caller to a guild's group.
func (d *door) sendGroupMessage(c *access.Call, in *groupMessageBody) (any, error) {
	_, err := oidb.Call(c.Context(), d.bus, groups.Send, &wire.SendGuildMessageRequest{
		Appid: uint64(c.App.AppID), MsdkOpenid: uint64(in.id), AccessToken: in.Token, Pc: pc(c),
		Zone: in.guild.Zone, Guild: in.guild.ID, Gc: uint64(in.gc),
		Message: &wire.GroupMessage{Kind: in.MsgType, Title: in.Title, Text: in.Desc, Url: in.Link, PictureUrl: in.ImageURL},
	})
	return groupDone, err
}
