package msdkv3

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

// groups are the newer interfaces of guild groups (msdk-v3.md, 5.11).
func (d *door) groups(k checks) []access.Endpoint {
	return []access.Endpoint{
		msdk.GroupAPI("/relation/createbind_groupv2", msdk.Action(bodies, d.createBindGroup), k.guild, groups.CreateBind).
			Does("Creates a QQ group for a guild. The player leads the guild and owns the group.").Returns(numberedAnswer{}),
		msdk.GroupAPI("/relation/bind_existing_groupv2", msdk.Action(bodies, d.bindExistingGroup), k.guild, groups.BindExisting).
			Does("Binds a group that the player owns to a guild that the player leads.").Returns(numberedAnswer{}),
		msdk.GroupAPI("/relation/get_group_listv2", msdk.Action(bodies, d.groupList), k.guild, groups.ListCreated).
			Does("Lists the groups that the player owns.").Returns(listAnswer{}),
		msdk.GroupAPI("/relation/get_groupcode", msdk.Action(bodies, d.groupCode), k.guild, groups.Show).
			Does("Shows the number of a guild's group.").Returns(numberedAnswer{}),
		msdk.GroupAPI("/relation/get_groupinfov2", msdk.Action(bodies, d.groupRelation), k.guild, groups.Relation).
			Does("Shows what the player is in a group.").Returns(relationAnswer{}),
		msdk.GroupAPI("/relation/join_groupv2", msdk.Action(bodies, d.joinGroup), k.guild, groups.Join).
			Does("Makes a player who is in the guild a member of its group."),
		msdk.GroupAPI("/relation/unlink_groupv2", msdk.Action(bodies, d.unlinkGroup), k.guild, groups.Unbind).
			Does("Ends the binding of a guild's group. The group stays.").Returns(numberedAnswer{}),
		msdk.GroupAPI("/relation/send_groupmsg", msdk.Action(bodies, d.sendGroupMessage), k.guild, groups.Send).
			Does("Sends a message to a guild's group: a link, if it redirects anywhere. The openid may be in the URL instead of the body."),
	}
}

// groupCodes are the codes of the bodies of group interfaces, where a member that is missing or cannot be right has a number of
// the groups' own.
var groupCodes = []retcode.Code{retcode.V3FieldInvalid, retcode.GroupOpenIDInvalid, retcode.GroupParameterInvalid}

// groupCaller is the part that every body of a group interface has.
type groupCaller struct {
	AppID       appID  `json:"appid" required:"true" doc:"the URL's appid"`
	OpenID      string `json:"openid" required:"true" doc:"the player's openid at the app: 32 hex digits"`
	AccessToken string `json:"accessToken" required:"true" doc:"the player's access token"`

	id platform.OpenID
}

func (b *groupCaller) User() string        { return canonical(b.OpenID) }
func (b *groupCaller) openid() []byte      { return b.id[:] }
func (*groupCaller) Codes() []retcode.Code { return groupCodes }

func (b *groupCaller) Check(c *access.Call) (err error) {
	switch {
	case platform.AppID(b.AppID) != c.App.AppID:
		return retcode.GroupParameterInvalid.Errorf("body member \"appid\" is missing, or is not the URL's")
	case sameUser(c, b.OpenID) != nil:
		return retcode.GroupOpenIDInvalid.Errorf("the body is for an openid other than the URL's")
	}
	if b.id, err = platform.ParseOpenID(b.OpenID); err != nil {
		return retcode.GroupOpenIDInvalid.Errorf("body member \"openid\" is not 32 hex digits")
	}
	return msdk.GroupMembers("accessToken", b.AccessToken)
}

// inGuild is the part that names a guild and the caller's role in the game. platid and partition change nothing.
type inGuild struct {
	GuildID   string `json:"guild_id" required:"true" doc:"the guild's id in the game: 1 to 20 digits"`
	ZoneID    string `json:"zone_id" required:"true" doc:"the game's server on which the guild is: 1 to 20 digits"`
	GuildName string `json:"guild_name" max:"100" doc:"the guild's name"`
	RoleID    string `json:"roleid" doc:"the player's role in the game"`

	guild platform.Guild
}

func (b *inGuild) check(c *access.Call) (err error) {
	b.guild, err = msdk.ReadGuild(c, b.ZoneID, b.GuildID)
	return err
}

// ofGroup is the part that names a group.
type ofGroup struct {
	GC string `json:"gc" required:"true" doc:"the group's number"`

	gc platform.GC
}

func (b *ofGroup) check() (err error) {
	b.gc, err = msdk.ReadGC("gc", b.GC)
	return err
}

// groupAnswer is the answer of the newer interfaces, which wrap what they answer.
type groupAnswer[T any] struct {
	Data T `json:"data" doc:"what the interface answers"`
}

type (
	numberedAnswer = groupAnswer[numbered]
	listAnswer     = groupAnswer[listed]
	relationAnswer = groupAnswer[relation]
)

// numbered is a group in the newer interfaces' answers.
type numbered struct {
	GC        string `json:"gc" doc:"the group's number; empty for no group"`
	GroupName string `json:"group_name,omitempty" doc:"the group's name"`
}

// listed are groups in an answer.
type listed struct {
	GroupList []numbered `json:"group_list" doc:"the groups"`
}

// relation is what a player is in a group.
type relation struct {
	Relation uint32 `json:"relation" doc:"1 owner, 2 administrator, 3 member, 4 not in it"`
}

func newNumbered(gc uint64, name string) numbered { return numbered{platform.GC(gc).String(), name} }

type createGroupBody struct {
	groupCaller
	inGuild
}

func (b *createGroupBody) Check(c *access.Call) error {
	return cmp.Or(b.groupCaller.Check(c), b.inGuild.check(c), msdk.GroupMembers("guild_name", b.GuildName, "roleid", b.RoleID))
}

// createBindGroup creates a group for a guild.
func (d *door) createBindGroup(c *access.Call, in *createGroupBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.CreateBind, &wire.CreateBindGroupRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken,
		Zone: in.guild.Zone, Guild: in.guild.ID, Role: in.RoleID, GuildName: in.GuildName,
	})
	if err != nil {
		return nil, err
	}
	return &numberedAnswer{newNumbered(rsp.Gc, rsp.Name)}, nil
}

type bindGroupBody struct {
	groupCaller
	inGuild
	ofGroup
}

func (b *bindGroupBody) Check(c *access.Call) error {
	return cmp.Or(b.groupCaller.Check(c), b.inGuild.check(c), b.ofGroup.check(), msdk.GroupMembers("roleid", b.RoleID))
}

// bindExistingGroup binds a group of the caller to a guild.
func (d *door) bindExistingGroup(c *access.Call, in *bindGroupBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.BindExisting, &wire.BindExistingGroupRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken,
		Zone: in.guild.Zone, Guild: in.guild.ID, Role: in.RoleID, GuildName: in.GuildName, Gc: uint64(in.gc),
	})
	if err != nil {
		return nil, err
	}
	return &numberedAnswer{newNumbered(rsp.Gc, rsp.Name)}, nil
}

// groupList answers the groups that the caller owns.
func (d *door) groupList(c *access.Call, in *groupCaller) (any, error) {
	list, err := groups.List(c.Context(), d.bus, &wire.ListCreatedGroupsRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken,
	})
	if err != nil {
		return nil, err
	}
	answer := &listAnswer{listed{make([]numbered, len(list))}}
	for i, group := range list {
		answer.Data.GroupList[i] = newNumbered(group.Gc, group.Name)
	}
	return answer, nil
}

type guildBody struct {
	groupCaller
	inGuild
}

func (b *guildBody) Check(c *access.Call) error {
	return cmp.Or(b.groupCaller.Check(c), b.inGuild.check(c))
}

// groupCode answers the number of a guild's group, which is empty when none is bound.
func (d *door) groupCode(c *access.Call, in *guildBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.Show, &wire.ShowGuildGroupRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken, Zone: in.guild.Zone, Guild: in.guild.ID,
	})
	switch {
	case err != nil:
		return nil, err
	case rsp.Gc == 0:
		return &numberedAnswer{}, nil
	}
	return &numberedAnswer{newNumbered(rsp.Gc, rsp.Name)}, nil
}

type groupBody struct {
	groupCaller
	ofGroup
}

func (b *groupBody) Check(c *access.Call) error {
	return cmp.Or(b.groupCaller.Check(c), b.ofGroup.check())
}

// groupRelation answers what the caller is in a group.
func (d *door) groupRelation(c *access.Call, in *groupBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.Relation, &wire.GuildGroupRelationRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken, Gc: uint64(in.gc),
	})
	if err != nil {
		return nil, err
	}
	return &relationAnswer{relation{rsp.Relation}}, nil
}

// groupDone is allocated once: every call that has nothing to add answers it.
var groupDone any = success("success")

// joinGroup makes the caller a member of the guild's group.
func (d *door) joinGroup(c *access.Call, in *bindGroupBody) (any, error) {
	_, err := oidb.Call(c.Context(), d.bus, groups.Join, &wire.JoinGuildGroupRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken,
		Zone: in.guild.Zone, Guild: in.guild.ID, Role: in.RoleID, Gc: uint64(in.gc),
	})
	return groupDone, err
}

// unlinkGroup ends the binding of a guild's group.
func (d *door) unlinkGroup(c *access.Call, in *guildBody) (any, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.Unbind, &wire.UnbindGuildGroupRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken, Zone: in.guild.Zone, Guild: in.guild.ID, Role: in.RoleID,
	})
	if err != nil {
		return nil, err
	}
	return &numberedAnswer{newNumbered(rsp.Gc, "")}, nil
}

// groupMessageBody has no openid, which the URL gives.
type groupMessageBody struct {
	groupCaller
	PF          string `json:"pf" required:"true" oneof:"qqqun" doc:"the place: a group"`
	GroupOpenID string `json:"group_openid" required:"true" doc:"the game's name for the group: 32 hex digits"`
	Title       string `json:"title" required:"true" doc:"the title"`
	Desc        string `json:"desc" doc:"the text"`
	RedirectURL string `json:"redirect_url" doc:"address that the message opens; without one it is an invitation to the app"`
	ImageURL    string `json:"image_url" doc:"address of its picture"`

	group platform.OpenID
}

// pfGroup is the only pf of messages to groups.
const pfGroup = "qqqun"

func (b *groupMessageBody) Check(c *access.Call) (err error) {
	b.OpenID = cmp.Or(b.OpenID, c.Query.Get("openid"))
	if err := cmp.Or(b.groupCaller.Check(c), msdk.GroupMembers("group_openid", b.GroupOpenID, "title", b.Title)); err != nil {
		return err
	}
	if b.PF != pfGroup {
		return retcode.GroupParameterInvalid.Errorf("body member \"pf\" is not %s", pfGroup)
	}
	if b.group, err = platform.ParseOpenID(b.GroupOpenID); err != nil {
		return retcode.GroupParameterInvalid.Errorf("body member \"group_openid\" is not 32 hex digits")
	}
	return nil
}

// sendGroupMessage sends a message of the caller to a guild's group: a link, if it redirects anywhere.
func (d *door) sendGroupMessage(c *access.Call, in *groupMessageBody) (any, error) {
	kind := platform.GroupInvitation
	if in.RedirectURL != "" {
		kind = platform.GroupLink
	}
	_, err := oidb.Call(c.Context(), d.bus, groups.Send, &wire.SendGuildMessageRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken, GroupOpenid: in.group[:],
		Message: &wire.GroupMessage{Kind: uint32(kind), Title: in.Title, Text: in.Desc, Url: in.RedirectURL, PictureUrl: in.ImageURL},
	})
	return groupDone, err
}
