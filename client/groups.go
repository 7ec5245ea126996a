package client

import (
	"context"
	"strings"

	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// Guild names a guild of the game, and the caller's role there. Zone and ID are 1 to 20 digits; a game without zones has zone "0".
type Guild struct {
	Zone   string
	ID     string
	RoleID string // the caller's; may be empty where the game's server does not ask for it
}

// Group is a QQ group.
type Group struct {
	Number string // also called gc
	Name   string
	OpenID string // the app's name for the group, 32 hex digits; "" in lists and from MSDK V3
}

// GroupRelation says what a player is in a group.
type GroupRelation int

// The relations (msdk-v5.md, 10.4).
const (
	GroupOwner GroupRelation = iota + 1
	GroupAdministrator
	GroupMember
	NotInGroup
)

// GroupMessage is a message to a guild's group.
type GroupMessage struct {
	Title   string // at most 100 bytes
	Text    string // at most 1,000 bytes
	Link    string // what it opens; without one the message invites to the game
	Picture string // URL of its picture
}

// Reminder is a member's wish that the guild's leader binds a group.
type Reminder struct {
	RoleName     string // of the member's role
	LeaderOpenID string // the MSDK openid of the guild's leader
	LeaderRoleID string
}

// CreateGroup creates a group that serves a guild. The player leads the guild and owns the group. Refusals are those of
// retcode.Group at all interfaces of groups.
func (v *V5) CreateGroup(ctx context.Context, p Player, g Guild, guildName string) (*Group, error) {
	return v.group(ctx, "/v2/group/create_bind_group", p, g, map[string]any{"guild_name": guildName})
}

// BindGroup has a group that the player owns serve the guild that the player leads.
func (v *V5) BindGroup(ctx context.Context, p Player, g Guild, guildName, number string) (*Group, error) {
	return v.group(ctx, "/v2/group/bind_existing_group", p, g, map[string]any{"guild_name": guildName, "groupid": number})
}

func (v *V5) group(ctx context.Context, path string, p Player, g Guild, more map[string]any) (*Group, error) {
	var out groupV5
	if err := v.change(ctx, path, p, g.members(more), &out, &out.GroupID); err != nil {
		return nil, err
	}
	return &Group{out.GroupID, out.GroupName, out.GroupOpenID}, nil
}

// groupV5 are the members of answers that give a group.
type groupV5 struct {
	GroupID     string `json:"groupid"`
	GroupName   string `json:"group_name"`
	GroupOpenID string `json:"groupOpenID"`
}

// members adds the guild to the members of a body.
func (g Guild) members(more map[string]any) map[string]any {
	all := map[string]any{"guild_id": g.ID, "zone_id": g.Zone, "roleid": g.RoleID}
	for name, value := range more {
		all[name] = value
	}
	return all
}

// change is post for a call that must not be carried out twice. A success must have these members of out.
func (v *V5) change(ctx context.Context, path string, p Player, in map[string]any, out any, members ...*string) error {
	in["openid"], in["token"] = p.OpenID, p.Token
	return v.callOnce(ctx, path, p.os(), in, out, members...)
}

// UnbindGroup ends the service of the guild's group, which stays. The player leads the guild and owns the group, which may have
// been disbanded.
func (v *V5) UnbindGroup(ctx context.Context, p Player, g Guild, guildName string) error {
	return v.change(ctx, "/v2/group/unbind_group", p, g.members(map[string]any{"guild_name": guildName}), nil)
}

// JoinGroup makes a player of the guild a member of its group, under the name card; it may be empty.
func (v *V5) JoinGroup(ctx context.Context, p Player, g Guild, number, card string) error {
	return v.post(ctx, "/v2/group/join_group", p, g.members(map[string]any{"groupid": number, "user_name": card}), nil)
}

// Groups returns the groups that the player owns, bound or not.
func (v *V5) Groups(ctx context.Context, p Player) ([]Group, error) {
	var out struct {
		List []groupV5 `json:"group_list"`
	}
	if err := v.post(ctx, "/v2/group/get_group_list", p, nil, &out); err != nil {
		return nil, err
	}
	list := make([]Group, len(out.List))
	for i, g := range out.List {
		list[i] = Group{g.GroupID, g.GroupName, g.GroupOpenID}
	}
	return list, nil
}

// Group returns the guild's group; nil when none serves it.
func (v *V5) Group(ctx context.Context, p Player, g Guild) (*Group, error) {
	var out groupV5
	err := v.post(ctx, "/v2/group/get_group_info", p, g.members(nil), &out)
	if err != nil || out.GroupID == "" {
		return nil, err
	}
	return &Group{out.GroupID, out.GroupName, out.GroupOpenID}, nil
}

// GroupRelation returns what the player is in a group that serves a guild of the game.
func (v *V5) GroupRelation(ctx context.Context, p Player, number string) (GroupRelation, error) {
	var out struct {
		Relation GroupRelation `json:"relation"`
		Status   GroupRelation `json:"status"`
	}
	err := v.post(ctx, "/v2/group/get_group_rela_info", p, map[string]any{"groupid": number}, &out)
	if out.Relation == 0 {
		out.Relation = out.Status
	}
	return out.Relation, err
}

// RemindLeader has the official account remind the guild's leader to bind a group; once a day for each leader.
func (v *V5) RemindLeader(ctx context.Context, p Player, g Guild, r Reminder) error {
	return v.change(ctx, "/v2/group/remind_leader_bind", p, g.members(map[string]any{
		"role_name": r.RoleName, "leader_openid": r.LeaderOpenID, "leader_roleid": r.LeaderRoleID,
	}), nil)
}

// SendToGroup sends a message of a member to the guild's group.
func (v *V5) SendToGroup(ctx context.Context, p Player, g Guild, m GroupMessage) error {
	kind := 1
	if m.Link != "" {
		kind = 2
	}
	return v.change(ctx, "/v2/group/send_group_msg", p, g.members(map[string]any{
		"msg_type": kind, "title": m.Title, "desc": m.Text, "link": m.Link, "image_url": m.Picture,
	}), nil)
}

// os returns the system that a call about the player names.
func (p Player) os() OS {
	if p.PC {
		return Windows
	}
	return Linux
}

// CreateGroup creates a group that serves a guild. The user leads the guild and owns the group. Refusals are those of
// retcode.Group at all interfaces of groups.
func (v *V3) CreateGroup(ctx context.Context, u User, g Guild, guildName string) (*Group, error) {
	return v.group(ctx, "/relation/createbind_groupv2", u, g.members(map[string]any{"guild_name": guildName, "platid": "1"}))
}

// BindGroup has a group that the user owns serve the guild that the user leads.
func (v *V3) BindGroup(ctx context.Context, u User, g Guild, guildName, number string) (*Group, error) {
	return v.group(ctx, "/relation/bind_existing_groupv2", u, g.members(map[string]any{"guild_name": guildName, "gc": number, "platid": "1"}))
}

func (v *V3) group(ctx context.Context, path string, u User, more map[string]any) (*Group, error) {
	var out struct {
		Data groupV3 `json:"data"`
	}
	if err := v.change(ctx, path, u, more, &out, &out.Data.GC); err != nil {
		return nil, err
	}
	return &Group{Number: out.Data.GC, Name: out.Data.GroupName}, nil
}

// groupV3 is a group in an answer.
type groupV3 struct {
	GC        string `json:"gc"`
	GroupName string `json:"group_name"`
}

// groupDomains are the domains of the platform's codes at the interfaces of groups.
var groupDomains = []retcode.Domain{retcode.Group, retcode.QQ}

// change makes a call that must not be carried out twice.
func (v *V3) change(ctx context.Context, path string, u User, more map[string]any, out any, members ...*string) error {
	return v.send(ctx, &v3Call{path: path, appid: v.client.app.AppID, openid: u.OpenID, in: v.about(u, more), out: out, domains: groupDomains, once: true}, members...)
}

// ask makes a call that changes nothing, or the same thing when it is repeated.
func (v *V3) ask(ctx context.Context, path string, u User, more map[string]any, out any) error {
	return v.callIn(ctx, path, v.client.app.AppID, u.OpenID, v.about(u, more), out, groupDomains)
}

// about adds the user to the members of a body.
func (v *V3) about(u User, more map[string]any) map[string]any {
	in := map[string]any{"appid": v.client.app.AppID, "openid": u.OpenID, "accessToken": u.Token}
	for name, value := range more {
		in[name] = value
	}
	return in
}

// UnbindGroup ends the service of the guild's group, which stays.
func (v *V3) UnbindGroup(ctx context.Context, u User, g Guild, guildName string) error {
	return v.change(ctx, "/relation/unlink_groupv2", u, g.members(map[string]any{"guild_name": guildName}), nil)
}

// JoinGroup makes a user of the guild a member of its group.
func (v *V3) JoinGroup(ctx context.Context, u User, g Guild, number string) error {
	return v.ask(ctx, "/relation/join_groupv2", u, g.members(map[string]any{"gc": number, "platid": "1"}), nil)
}

// Groups returns the groups that the user owns, bound or not.
func (v *V3) Groups(ctx context.Context, u User) ([]Group, error) {
	var out struct {
		Data struct {
			List []groupV3 `json:"group_list"`
		} `json:"data"`
	}
	if err := v.ask(ctx, "/relation/get_group_listv2", u, nil, &out); err != nil {
		return nil, err
	}
	list := make([]Group, len(out.Data.List))
	for i, g := range out.Data.List {
		list[i] = Group{Number: g.GC, Name: g.GroupName}
	}
	return list, nil
}

// Group returns the guild's group; nil when none serves it.
func (v *V3) Group(ctx context.Context, u User, g Guild) (*Group, error) {
	var out struct {
		Data groupV3 `json:"data"`
	}
	err := v.ask(ctx, "/relation/get_groupcode", u, g.members(nil), &out)
	if err != nil || out.Data.GC == "" {
		return nil, err
	}
	return &Group{Number: out.Data.GC, Name: out.Data.GroupName}, nil
}

// GroupRelation returns what the user is in a group that serves a guild of the game.
func (v *V3) GroupRelation(ctx context.Context, u User, number string) (GroupRelation, error) {
	var out struct {
		Data struct {
			Relation GroupRelation `json:"relation"`
		} `json:"data"`
	}
	err := v.ask(ctx, "/relation/get_groupinfov2", u, map[string]any{"gc": number}, &out)
	return out.Data.Relation, err
}

// GroupDetail is a group as MSDK V2 shows it.
type GroupDetail struct {
	Name         string
	Members      int
	Capacity     int
	Owner        string   // an openid; "" for somebody who never used the app
	Admins       []string // openids
	Guild        Guild
	OpenID       string // the app's name for the group
	JoinGroupKey string // with which a client starts the dialogue for joining
}

// GroupDetail shows the guild's group to one of its members. It is an interface of MSDK V2, whose refusals are those of
// retcode.V2Group.
func (v *V3) GroupDetail(ctx context.Context, u User, g Guild) (*GroupDetail, error) {
	var out struct {
		Name     string `json:"groupName"`
		Members  number `json:"memberNum"`
		Capacity number `json:"maxNum"`
		Owner    string `json:"ownerOpenid"`
		Admins   string `json:"adminOpenids"`
		UnionID  string `json:"unionid"`
		ZoneID   string `json:"zoneid"`
		OpenID   string `json:"groupOpenid"`
		Key      string `json:"joinGroupKey"`
	}
	in := v.about(u, map[string]any{"opt": "0", "unionid": g.ID, "zoneid": g.Zone})
	err := v.callIn(ctx, "/relation/get_group_detail", v.client.app.AppID, u.OpenID, in, &out, []retcode.Domain{retcode.V2Group, retcode.Group, retcode.QQ})
	if err != nil {
		return nil, err
	}
	return &GroupDetail{
		out.Name, int(out.Members), int(out.Capacity), out.Owner, strings.FieldsFunc(out.Admins, func(r rune) bool { return r == ',' }), Guild{Zone: out.ZoneID, ID: out.UnionID}, out.OpenID, out.Key,
	}, nil
}

// BindSignature returns the signature with which the game's client binds a group for the user by itself (MSDK V2). It needs
// App.AppKey.
func (v *V3) BindSignature(u User, g Guild) string {
	return sign.V2Bind(u.OpenID, v.client.app.AppID, v.client.app.AppKey, g.ID, g.Zone)
}
