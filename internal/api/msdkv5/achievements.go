package msdkv5

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/achievements"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/platform"
)

// achievements is the interface that reports achievements (msdk-v5.md, 9).
func (d *door) achievements(k checks) []access.Endpoint {
	report := access.API("POST", "/v2/acvm/report", msdk.Action(bodies, d.reportAchievements), k.known, msdk.GameCenterConfigured, access.Online,
		access.OrdinaryAddress, access.TLS, msdk.GameCenterAppRate, access.Audit, k.body, k.test, msdk.GameCenterUserRate).
		Calls(checkAccess, access.Uses(&achievements.ReportCommand.Declaration)).Answers(msdk.AchievementCodes...).Refuses(refuse.GameCenter).
		Does("Stores what a player has achieved: all items, or none.")
	report.Permission = platform.GameCenterPermission
	return []access.Endpoint{report}
}

type achievementsBody struct {
	playerBody
	Achievements jsontext.Value `json:"achievements" required:"true" doc:"the items, in a list or in a string that holds one: each has type, data (a text), bcover (1 to overwrite) and expires (Unix seconds, 0 for never)"`
}

// reportAchievements stores what a game reports of a player.
func (d *door) reportAchievements(c *access.Call, in *achievementsBody) (any, error) {
	login, err := d.checkPlayer(c, &in.playerBody)
	if err != nil {
		return nil, err
	}
	items, err := msdk.Achievements("achievements", in.Achievements)
	if err != nil {
		return nil, err
	}
	return nil, achievements.Report(c.Context(), d.bus, c.App.AppID, login.UIN, items)
}
