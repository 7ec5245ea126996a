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
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/groups"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// oldGroups are the older interfaces of guild groups. Their answers are strings all, and their numbers are V2's own (msdk-v3.md,
// 5.10).
func (d *door) oldGroups(k checks) []access.Endpoint {
	return []access.Endpoint{
		msdk.GroupAPI("/relation/get_groupopenid", msdk.Action(bodies, d.groupOpenID), k.guild, groups.Show).
			Answers(retcode.V2GroupNotBound, retcode.V2GroupNotMember, retcode.V2GroupNotBoundHere).Refuses(v2Query).
			Does("Shows the app's name for a group.").Returns(openIDAnswer{}),
		msdk.GroupAPI("/relation/get_groupinfo", msdk.Action(bodies, d.oldGroupInfo), k.guild, groups.Show).
			Answers(retcode.V2GroupOpenIDForeign, retcode.V2GroupNotMember).Refuses(v2Query).
			Does("Shows a group, named by its openid, to its members.").Returns(infoAnswer{}),
		msdk.GroupAPI("/relation/get_group_detail", msdk.Action(bodies, d.groupDetail), k.guild, groups.Show).
			Answers(retcode.V2GroupNotBound, retcode.V2GroupNotMember, retcode.V2GroupNotBoundHere).Refuses(v2Query).
			Does("Shows a guild's group.").Returns(detailAnswer{}),
		msdk.GroupAPI("/relation/get_group_key", msdk.Action(bodies, d.groupKey), k.guild, groups.Show).
			Answers(retcode.V2GroupOpenIDForeign).Refuses(v2Query).
			Does("Shows the key with which a client starts the dialogue for joining a group.").Returns(keyAnswer{}),
		msdk.GroupAPI("/relation/unbind_group", msdk.Action(bodies, d.unbindGroup), k.guild, groups.Unbind).Refuses(v2Unbind).
			Does("Ends the binding of a group.").Returns(oldAnswer{}),
	}
}

// oldAnswer holds the members of every answer of the older interfaces.
type oldAnswer struct {
	IsLost   string `json:"is_lost" doc:"0"`
	PlatCode string `json:"platCode" doc:"0, or the code"`
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

// said gives an error one of V2's numbers. Its words stay; a failure without any has those of its own number, which says more
// than V2's.
func said(as retcode.Code, err error) error {
	var failure *oidb.Failure
	if !errors.As(err, &failure) {
		return as.Errorf("%s", detail(err))
	}
	refused := refuse.As(as, failure)
	return as.Errorf("%s", cmp.Or(refused.Detail(), failure.Code.Entry().Summary)).WithCause(refused.Cause())
}

// detail returns the words of an error of a body.
func detail(err error) string {
	var coded *retcode.Error
	if errors.As(err, &coded) {
		return coded.Detail()
	}
	return err.Error()
}

// oldQuery names a group as the older queries do: by its guild, by its number, or by its openid.
type oldQuery struct {
	groupCaller
	Opt         string `json:"opt" oneof:"0 1" def:"0" doc:"how the group is named: 0 by its guild, 1 by its number"`
	UnionID     string `json:"unionid" doc:"the guild's id in the game: 1 to 20 digits; required with opt 0"`
	ZoneID      string `json:"zoneid" doc:"the guild's server: 1 to 20 digits; required with opt 0"`
	GroupCode   string `json:"groupCode" doc:"the group's number; required with opt 1"`
	GroupOpenID string `json:"groupOpenid" doc:"the game's name for the group: 32 hex digits; required where the group is named by it"`
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
// everybody; people are its owner and administrators.
func (d *door) byGuild(c *access.Call, in *byGuildBody, people bool) (*wire.ShowGuildGroupResponse, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.Show, &wire.ShowGuildGroupRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken,
		Zone: in.guild.Zone, Guild: in.guild.ID, Gc: uint64(in.gc), Relation: in.Opt != optNumber, People: people,
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

// byOpenID asks for a group by its openid, with its owner and administrators, or without them.
func (d *door) byOpenID(c *access.Call, in *byOpenIDBody, people bool) (*wire.ShowGuildGroupResponse, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, groups.Show, &wire.ShowGuildGroupRequest{
		Appid: uint64(c.App.AppID), Openid: in.openid(), AccessToken: in.AccessToken, GroupOpenid: in.group[:], Relation: people, People: people,
	})
	if err == nil && rsp.Gc == 0 {
		err = retcode.V2GroupOpenIDForeign.Errorf("no group with this groupOpenid serves a guild of this app")
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
	GroupOpenID string `json:"groupOpenid" doc:"the game's name for the group"`
}

// groupOpenID answers the app's name for a group.
func (d *door) groupOpenID(c *access.Call, in *byGuildBody) (any, error) {
	rsp, err := d.byGuild(c, in, false)
	if err != nil {
		return nil, err
	}
	return &openIDAnswer{oldDone, platform.OpenID(rsp.GroupOpenid).String()}, nil
}

// infoAnswer shows a group. fingerMemo is its introduction, which no group here has.
type infoAnswer struct {
	oldAnswer
	GroupName    string `json:"groupName" doc:"the group's name"`
	FingerMemo   string `json:"fingerMemo" doc:"always empty"`
	MemberNum    string `json:"memberNum" doc:"how many members it has"`
	MaxNum       string `json:"maxNum" doc:"how many members it may have"`
	OwnerOpenID  string `json:"ownerOpenid" doc:"the owner's openid; empty for one who never used the app"`
	AdminOpenIDs string `json:"adminOpenids" doc:"the administrators' openids, with commas between them"`
	UnionID      string `json:"unionid" doc:"the guild's id"`
	ZoneID       string `json:"zoneid" doc:"the guild's server"`
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
	GroupOpenID  string `json:"groupOpenid" doc:"the game's name for the group"`
	JoinGroupKey string `json:"joinGroupKey" doc:"the key with which a client starts the dialogue for joining the group"`
}

// groupDetail shows a guild's group.
func (d *door) groupDetail(c *access.Call, in *byGuildBody) (any, error) {
	rsp, err := d.byGuild(c, in, true)
	if err != nil {
		return nil, err
	}
	return &detailAnswer{newInfoAnswer(rsp), platform.OpenID(rsp.GroupOpenid).String(), joinKey(c.App, rsp.Gc)}, nil
}

type keyAnswer struct {
	oldAnswer
	JoinGroupKey string `json:"joinGroupKey" doc:"the key with which a client starts the dialogue for joining the group"`
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
	GroupOpenID string `json:"groupOpenid" required:"true" doc:"the game's name for the group: 32 hex digits"`
	UnionID     string `json:"unionid" required:"true" doc:"the guild's id in the game: 1 to 20 digits"`

	group platform.OpenID
}

func (*oldUnbindBody) Codes() []retcode.Code {
	return []retcode.Code{retcode.V3FieldInvalid, retcode.V2UnbindParameterInvalid}
}

func (b *oldUnbindBody) Check(c *access.Call) (err error) {
	if err := b.groupCaller.Check(c); err != nil {
		return said(retcode.V2UnbindParameterInvalid, err)
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
