package msdkv3

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/achievements"
	"github.com/rookeryhq/rookery/internal/api/items"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// scores are the interfaces that report achievements (msdk-v3.md, 5.15).
func (d *door) scores(k checks) []access.Endpoint {
	checked := access.Sequence("v3-gamecenter", k.signed, msdk.GameCenterConfigured, k.user, msdk.GameCenterUserRate, k.body, access.Online,
		access.OrdinaryAddress, access.TLS, msdk.GameCenterAppRate, access.Audit, access.Check("v3-test-number", d.testNumber, retcode.QQTestNumberRequired))
	all := []access.Endpoint{
		access.API("POST", "/profile/qqscore_batch", msdk.Action(bodies, d.reportScores), checked).
			Calls(checkAccess, access.Uses(&achievements.ReportCommand.Declaration)).Answers(msdk.AchievementCodes...).Refuses(refuse.GameCenter).
			Does("Stores what a player has achieved: all items, or none.").Returns(scored{}),
		access.API("POST", "/profile/qqscore", msdk.Action(bodies, d.reportScore), checked).
			Calls(checkAccess, access.Uses(&achievements.ReportCommand.Declaration)).Answers(retcode.GameCenterItemIncomplete, retcode.GameCenterParameterInvalid).Refuses(refuse.GameCenter).
			Does("Stores a player's level (type 1) or score (type 3).").Returns(scored{}),
	}
	for i := range all {
		all[i].Permission = platform.GameCenterPermission
	}
	return all
}

// scorer is the part that the bodies of reports have in common.
type scorer struct {
	player
	AppID       appID  `json:"appid" required:"true" doc:"the URL's appid"`
	AccessToken string `json:"accessToken" required:"true" doc:"the player's access token"`
}

func (b *scorer) Check(c *access.Call) error {
	if err := b.AppID.check(c); err != nil {
		return err
	}
	if b.AccessToken == "" {
		return empty("accessToken")
	}
	return b.player.Check(c)
}

// login checks the body's token and returns the player's account.
func (d *door) login(c *access.Call, b *scorer) (platform.UIN, error) {
	rsp, err := oidb.Call(c.Context(), d.bus, oidb.CheckAccess, wire.CheckRequest{AppID: c.App.AppID, OpenID: b.packed, Token: b.AccessToken})
	return rsp.UIN, err
}

type scoresBody struct {
	scorer
	Param jsontext.Value `json:"param" required:"true" doc:"the items, in a list or in a string that holds one: each has type, data (a text), bcover (1 to overwrite) and expires (Unix seconds, 0 for never)"`
}

// scored is what the answer to a report has in addition to the common members.
type scored struct {
	Type uint64 `json:"type" doc:"the item's type; 0 for a list"`
}

// reportScores stores what a game reports of a player.
func (d *door) reportScores(c *access.Call, in *scoresBody) (any, error) {
	uin, err := d.login(c, &in.scorer)
	if err != nil {
		return nil, err
	}
	list, err := msdk.Achievements("param", in.Param)
	if err != nil {
		return nil, err
	}
	return &scored{}, achievements.Report(c.Context(), d.bus, c.App.AppID, uin, list)
}

type scoreBody struct {
	scorer
	items.Item
}

// reportScore stores a level or a score, and answers its type.
func (d *door) reportScore(c *access.Call, in *scoreBody) (any, error) {
	uin, err := d.login(c, &in.scorer)
	if err != nil {
		return nil, err
	}
	item, err := in.Item.Read()
	if err != nil {
		return nil, err
	}
	if item.Type != level && item.Type != platform.AchievementScore {
		return nil, retcode.GameCenterParameterInvalid.Errorf("body member \"type\" is neither %d (level) nor %d (score)", level, platform.AchievementScore)
	}
	return &scored{item.Type}, achievements.ReportAlone(c.Context(), d.bus, c.App.AppID, uin, item)
}

const level = 1 // the type of a player's level
