package msdkv3

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/groups"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// groups are the interfaces of guild groups, in both generations (msdk-v3.md, 5.10 and 5.11). Whether the app may use them is
// one of the service's checks.
func (d *door) groups(k checks) []access.Endpoint {
	all := []access.Endpoint{
		access.API("POST", "/relation/createbind_groupv2", msdk.Action(bodies, d.createBindGroup), k.guild).Calls(uses(groups.CreateBind)),
		access.API("POST", "/relation/bind_existing_groupv2", msdk.Action(bodies, d.bindExistingGroup), k.guild).Calls(uses(groups.BindExisting)),
		access.API("POST", "/relation/get_group_listv2", msdk.Action(bodies, d.groupList), k.guild).Calls(uses(groups.ListCreated)),
		access.API("POST", "/relation/get_groupcode", msdk.Action(bodies, d.groupCode), k.guild).Calls(uses(groups.Show)),
		access.API("POST", "/relation/get_groupinfov2", msdk.Action(bodies, d.groupRelation), k.guild).Calls(uses(groups.Relation)),
		access.API("POST", "/relation/join_groupv2", msdk.Action(bodies, d.joinGroup), k.guild).Calls(uses(groups.Join)),
		access.API("POST", "/relation/unlink_groupv2", msdk.Action(bodies, d.unlinkGroup), k.guild).Calls(uses(groups.Unbind)),
		access.API("POST", "/relation/send_groupmsg", msdk.Action(bodies, d.sendGroupMessage), k.guild).Calls(uses(groups.Send)),

		access.API("POST", "/relation/get_groupopenid", msdk.Action(bodies, d.groupOpenID), k.guild).Calls(uses(groups.Show)).
			Answers(retcode.V2GroupNotBound, retcode.V2GroupNotMember, retcode.V2GroupNotBoundHere).Refuses(v2Query),
		access.API("POST", "/relation/get_groupinfo", msdk.Action(bodies, d.oldGroupInfo), k.guild).Calls(uses(groups.Show)).
			Answers(retcode.V2GroupOpenIDForeign, retcode.V2GroupNotMember).Refuses(v2Query),
		access.API("POST", "/relation/get_group_detail", msdk.Action(bodies, d.groupDetail), k.guild).Calls(uses(groups.Show)).
			Answers(retcode.V2GroupNotBound, retcode.V2GroupNotMember, retcode.V2GroupNotBoundHere).Refuses(v2Query),
		access.API("POST", "/relation/get_group_key", msdk.Action(bodies, d.groupKey), k.guild).Calls(uses(groups.Show)).
			Answers(retcode.V2GroupOpenIDForeign).Refuses(v2Query),
		access.API("POST", "/relation/unbind_group", msdk.Action(bodies, d.unbindGroup), k.guild).Calls(uses(groups.Unbind)).Refuses(v2Unbind),
	}
	for i := range all {
		all[i].Permission = platform.GroupPermission
	}
	return all
}

func uses[Req, Rsp any](command *oidb.Command[Req, Rsp]) access.Use {
	return access.Uses(&command.Declaration)
}

// groupCodes are the codes of the bodies of group interfaces, where a member that is missing or cannot be right has a number of
// the groups' own.
var groupCodes = []retcode.Code{retcode.V3FieldInvalid, retcode.GroupOpenIDInvalid, retcode.GroupParameterInvalid}

// groupCaller is the part that every body of a group interface has.
type groupCaller struct {
	AppID       appID  `json:"appid"`
	OpenID      string `json:"openid"`
	AccessToken string `json:"accessToken"`

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
	return required("accessToken", b.AccessToken)
}

// required refuses empty members, given as name and value in turn.
func required(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			return retcode.GroupParameterInvalid.Errorf("body member %q is missing or empty", pairs[i])
		}
	}
	return nil
}

// inGuild is the part that names a guild and the caller's role in the game. platid and partition change nothing.
type inGuild struct {
	GuildID   string `json:"guild_id"`
	ZoneID    string `json:"zone_id"`
	GuildName string `json:"guild_name"`
	RoleID    string `json:"roleid"`

	guild platform.Guild
}

func (b *inGuild) check(c *access.Call) error {
	b.guild = platform.Guild{AppID: c.App.AppID, Zone: b.ZoneID, ID: b.GuildID}
	if err := b.guild.Validate(); err != nil {
		return retcode.GroupParameterInvalid.Errorf("%v", err)
	}
	return nil
}

// ofGroup is the part that names a group.
type ofGroup struct {
	GC string `json:"gc"`

	gc platform.GC
}

func (b *ofGroup) check() (err error) {
	if b.gc, err = platform.ParseGC(b.GC); err != nil {
		return retcode.GroupParameterInvalid.Errorf("body member \"gc\" is not the number of a group")
	}
	return nil
}

// groupAnswer is the answer of the newer interfaces, which wrap what they answer.
type groupAnswer struct {
	Data any `json:"data"`
}

// numbered is a group in the newer interfaces' answers.
type numbered struct {
	GC        string `json:"gc"`
	GroupName string `json:"group_name,omitempty"`
}

func newNumbered(gc uint64, name string) numbered { return numbered{platform.GC(gc).String(), name} }

type createGroupBody struct {
	groupCaller
	inGuild
}

func (b *createGroupBody) Check(c *access.Call) error {
	return cmp.Or(b.groupCaller.Check(c), b.inGuild.check(c), required("guild_name", b.GuildName, "roleid", b.RoleID))
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
	return &groupAnswer{newNumbered(rsp.Gc, rsp.Name)}, nil
}

type bindGroupBody struct {
	groupCaller
	inGuild
	ofGroup
}

func (b *bindGroupBody) Check(c *access.Call) error {
	return cmp.Or(b.groupCaller.Check(c), b.inGuild.check(c), b.ofGroup.check(), required("roleid", b.RoleID))
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
	return &groupAnswer{newNumbered(rsp.Gc, rsp.Name)}, nil
}

// groupList answers the groups that the caller owns.
func (d *door) groupList(c *access.Call, in *groupCaller) (any, error) {
	list, err := groups.List(c.Context(), d.bus, &wire.ListCreatedGroupsRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken,
	})
	if err != nil {
		return nil, err
	}
	answer := struct {
		GroupList []numbered `json:"group_list"`
	}{make([]numbered, len(list))}
	for i, group := range list {
		answer.GroupList[i] = newNumbered(group.Gc, group.Name)
	}
	return &groupAnswer{answer}, nil
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
		return &groupAnswer{numbered{}}, nil
	}
	return &groupAnswer{newNumbered(rsp.Gc, rsp.Name)}, nil
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
	return &groupAnswer{struct {
		Relation uint32 `json:"relation"`
	}{rsp.Relation}}, nil
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
	return &groupAnswer{newNumbered(rsp.Gc, "")}, nil
}

// groupMessageBody has no openid, which the URL gives.
type groupMessageBody struct {
	groupCaller
	PF          string `json:"pf"`
	GroupOpenID string `json:"group_openid"`
	Title       string `json:"title"`
	Desc        string `json:"desc"`
	RedirectURL string `json:"redirect_url"`
	ImageURL    string `json:"image_url"`

	group platform.OpenID
}

// pfGroup is the only pf of messages to groups.
const pfGroup = "qqqun"

func (b *groupMessageBody) Check(c *access.Call) (err error) {
	b.OpenID = cmp.Or(b.OpenID, c.Query.Get("openid"))
	if err := cmp.Or(b.groupCaller.Check(c), required("group_openid", b.GroupOpenID, "title", b.Title)); err != nil {
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

// The older interfaces. Their answers are strings all, and their numbers are V2's own (msdk-v3.md, 5.10).

// oldAnswer holds the members of every answer of the older interfaces.
type oldAnswer struct {
	IsLost   string `json:"is_lost"`
	PlatCode string `json:"platCode"`
}

var oldDone = oldAnswer{IsLost: "0", PlatCode: "0"}

// relayed is an error of the older interfaces for which V2 has no number: its own stands where V2's does.
type relayed struct{ error }

func (r relayed) Unwrap() error { return r.error }

// v2Query gives the errors of the older queries V2's numbers.
func v2Query(err error) error {
	code, _ := retcode.From(err)
	switch {
	case code == retcode.GroupOpenIDInvalid, code == retcode.GroupParameterInvalid:
		return said(retcode.V2GroupParameterInvalid, err)
	case code == retcode.GroupDisbanded:
		return said(retcode.V2GroupDisbanded, err)
	case code.Domain() == retcode.Group && failed(code):
		return said(retcode.V2GroupFailed, err)
	case code.Domain() == retcode.Group:
		return relayed{err}
	}
	return err
}

// v2Unbind gives the errors of unbind_group V2's numbers, which mean something else than those of the queries.
func v2Unbind(err error) error {
	code, _ := retcode.From(err)
	switch {
	case code == retcode.GroupGuildNotBound:
		return said(retcode.V2UnbindNotBound, err)
	case code == retcode.GroupParameterInvalid: // what the body could tell was refused before
		return said(retcode.V2UnbindMismatch, err)
	case code == retcode.GroupTokenCheckFailed, code == retcode.GroupSessionUnavailable:
		return said(retcode.V2UnbindLoginInvalid, err)
	case code == retcode.GroupOpenIDInvalid:
		return said(retcode.V2UnbindParameterInvalid, err)
	case code.Domain() == retcode.Group && failed(code):
		return said(retcode.V2UnbindFailed, err)
	case code.Domain() == retcode.Group:
		return relayed{err}
	}
	return err
}

// failed reports whether a code says that a part of the platform, or the game's server, failed.
func failed(code retcode.Code) bool {
	switch code.Class() {
	case retcode.ClassRetry, retcode.ClassInternal, retcode.ClassContactPlatform:
		return true
	}
	return false
}

// said returns a code in place of that of a failed command, with the words that the command had for its caller.
func said(code retcode.Code, err error) error {
	var failure *oidb.Failure
	if errors.As(err, &failure) {
		if words := failure.Said(); words != "" {
			return code.Errorf("%s", words)
		}
	}
	return code
}

// oldQuery names a group as the older queries do: by its guild, by its number, or by its openid.
type oldQuery struct {
	groupCaller
	Opt         string `json:"opt"`
	UnionID     string `json:"unionid"`
	ZoneID      string `json:"zoneid"`
	GroupCode   string `json:"groupCode"`
	GroupOpenID string `json:"groupOpenid"`
}

func (*oldQuery) Codes() []retcode.Code {
	return []retcode.Code{retcode.V3FieldInvalid, retcode.V2GroupParameterInvalid}
}

// byGuildBody is for queries by guild, or by number with opt 1.
type byGuildBody struct {
	oldQuery
	guild platform.Guild
	gc    platform.GC
}

// oldNames are the older interfaces' names for the parts of a guild.
var oldNames = map[string]string{"guild_id": "unionid", "zone_id": "zoneid"}

// optNumber is the opt of queries by number.
const optNumber = "1"

func (b *byGuildBody) Check(c *access.Call) (err error) {
	if err := b.groupCaller.Check(c); err != nil {
		return v2Query(err)
	}
	wrong := retcode.V2GroupParameterInvalid
	switch b.Opt {
	case "", "0":
		b.guild = platform.Guild{AppID: c.App.AppID, Zone: b.ZoneID, ID: b.UnionID}
		var invalid *platform.InvalidError
		if errors.As(b.guild.Validate(), &invalid) {
			return wrong.Errorf("body member %q is not 1 to 20 digits", oldNames[invalid.Field])
		}
	case optNumber:
		if b.gc, err = platform.ParseGC(b.GroupCode); err != nil {
			return wrong.Errorf("body member \"groupCode\" is not the number of a group")
		}
	default:
		return wrong.Errorf("body member \"opt\" is neither 0 (by guild) nor 1 (by the group's number)")
	}
	return nil
}

// byOpenIDBody is for queries by the group's openid.
type byOpenIDBody struct {
	oldQuery
	group platform.OpenID
}

func (b *byOpenIDBody) Check(c *access.Call) (err error) {
	if err := b.groupCaller.Check(c); err != nil {
		return v2Query(err)
	}
	if b.group, err = platform.ParseOpenID(b.GroupOpenID); err != nil {
		return retcode.V2GroupParameterInvalid.Errorf("body member \"groupOpenid\" is not 32 hex digits")
	}
	return nil
}

// byGuild asks for a guild's group, which is shown to its members alone, or for a group by its number, which is shown to
// everybody.
func (d *door) byGuild(c *access.Call, in *byGuildBody) (*wire.ShowGuildGroupResponse, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.Show, &wire.ShowGuildGroupRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken,
		Zone: in.guild.Zone, Guild: in.guild.ID, Gc: uint64(in.gc), People: true,
	})
	switch {
	case err != nil:
		return nil, err
	case rsp.Gc == 0 && in.Opt == optNumber:
		return nil, retcode.V2GroupNotBoundHere.Errorf("group %s serves no guild of this app", in.gc)
	case rsp.Gc == 0:
		return nil, retcode.V2GroupNotBound.Errorf("no group serves guild %s of zone %s", in.guild.ID, in.guild.Zone)
	case in.Opt != optNumber:
		return rsp, mustBeIn(rsp)
	}
	return rsp, nil
}

// byOpenID asks for a group by its openid.
func (d *door) byOpenID(c *access.Call, in *byOpenIDBody, people bool) (*wire.ShowGuildGroupResponse, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.Show, &wire.ShowGuildGroupRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken, GroupOpenid: in.group[:], People: people,
	})
	if err == nil && rsp.Gc == 0 {
		err = retcode.V2GroupOpenIDForeign
	}
	return rsp, err
}

// mustBeIn refuses a caller who is not in the group.
func mustBeIn(rsp *wire.ShowGuildGroupResponse) error {
	if rsp.Relation == uint32(platform.NotInGroup) {
		return retcode.V2GroupNotMember
	}
	return nil
}

type openIDAnswer struct {
	oldAnswer
	GroupOpenID string `json:"groupOpenid"`
}

// groupOpenID answers the app's name for a group.
func (d *door) groupOpenID(c *access.Call, in *byGuildBody) (any, error) {
	rsp, err := d.byGuild(c, in)
	if err != nil {
		return nil, err
	}
	return &openIDAnswer{oldDone, platform.OpenID(rsp.GroupOpenid).String()}, nil
}

// infoAnswer shows a group. fingerMemo is its introduction, which no group here has.
type infoAnswer struct {
	oldAnswer
	GroupName    string `json:"groupName"`
	FingerMemo   string `json:"fingerMemo"`
	MemberNum    string `json:"memberNum"`
	MaxNum       string `json:"maxNum"`
	OwnerOpenID  string `json:"ownerOpenid"`
	AdminOpenIDs string `json:"adminOpenids"`
	UnionID      string `json:"unionid"`
	ZoneID       string `json:"zoneid"`
}

func newInfoAnswer(rsp *wire.ShowGuildGroupResponse) infoAnswer {
	admins := make([]string, len(rsp.Admin))
	for i, openid := range rsp.Admin {
		admins[i] = platform.OpenID(openid).String()
	}
	a := infoAnswer{
		oldAnswer: oldDone, GroupName: rsp.Name, MemberNum: strconv.FormatUint(uint64(rsp.Members), 10), MaxNum: strconv.FormatUint(uint64(rsp.Capacity), 10),
		AdminOpenIDs: strings.Join(admins, ","), UnionID: rsp.Guild, ZoneID: rsp.Zone,
	}
	if len(rsp.Owner) > 0 { // who may never have used the app
		a.OwnerOpenID = platform.OpenID(rsp.Owner).String()
	}
	return a
}

// oldGroupInfo shows a group to its members.
func (d *door) oldGroupInfo(c *access.Call, in *byOpenIDBody) (any, error) {
	rsp, err := d.byOpenID(c, in, true)
	if err == nil {
		err = mustBeIn(rsp)
	}
	if err != nil {
		return nil, err
	}
	answer := newInfoAnswer(rsp)
	return &answer, nil
}

type detailAnswer struct {
	infoAnswer
	GroupOpenID  string `json:"groupOpenid"`
	JoinGroupKey string `json:"joinGroupKey"`
}

// groupDetail shows a guild's group.
func (d *door) groupDetail(c *access.Call, in *byGuildBody) (any, error) {
	rsp, err := d.byGuild(c, in)
	if err != nil {
		return nil, err
	}
	return &detailAnswer{newInfoAnswer(rsp), platform.OpenID(rsp.GroupOpenid).String(), joinKey(c.App, rsp.Gc)}, nil
}

type keyAnswer struct {
	oldAnswer
	JoinGroupKey string `json:"joinGroupKey"`
}

// groupKey answers the key with which a client starts the dialogue for joining a group.
func (d *door) groupKey(c *access.Call, in *byOpenIDBody) (any, error) {
	rsp, err := d.byOpenID(c, in, false)
	if err != nil {
		return nil, err
	}
	return &keyAnswer{oldDone, joinKey(c.App, rsp.Gc)}, nil
}

// joinKey returns an app's key for joining a group: 32 hex digits, which nobody can make without the appkey.
func joinKey(app *platform.App, gc uint64) string {
	mac := hmac.New(sha256.New, []byte(app.AppKey))
	mac.Write([]byte("join_group " + platform.GC(gc).String()))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// oldUnbindBody is the body of unbind_group.
type oldUnbindBody struct {
	groupCaller
	GroupOpenID string `json:"groupOpenid"`
	UnionID     string `json:"unionid"`

	group platform.OpenID
}

func (*oldUnbindBody) Codes() []retcode.Code {
	return []retcode.Code{retcode.V3FieldInvalid, retcode.V2UnbindParameterInvalid}
}

func (b *oldUnbindBody) Check(c *access.Call) (err error) {
	if err := b.groupCaller.Check(c); err != nil {
		return retcode.V2UnbindParameterInvalid.Errorf("%s", detail(err))
	}
	if b.group, err = platform.ParseOpenID(b.GroupOpenID); err != nil {
		return retcode.V2UnbindParameterInvalid.Errorf("body member \"groupOpenid\" is not 32 hex digits")
	}
	guild := platform.Guild{AppID: c.App.AppID, Zone: "0", ID: b.UnionID} // the zone is the binding's
	if err := guild.Validate(); err != nil {
		return retcode.V2UnbindParameterInvalid.Errorf("body member \"unionid\" is not 1 to 20 digits")
	}
	return nil
}

// unbindGroup ends the binding of a group.
func (d *door) unbindGroup(c *access.Call, in *oldUnbindBody) (any, error) {
	_, err := oidb.Call(c.Context(), d.bus, groups.Unbind, &wire.UnbindGuildGroupRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken, GroupOpenid: in.group[:], Guild: in.UnionID,
	})
	return &oldDone, err
}

// detail returns the words of an error of a body.
func detail(err error) string {
	var coded *retcode.Error
	if errors.As(err, &coded) {
		return coded.Detail()
	}
	return err.Error()
}
