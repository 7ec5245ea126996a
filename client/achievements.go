package client

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"time"

	"github.com/rookeryhq/rookery/retcode"
)

// AchievementType says what an achievement is (msdk-v3.md, 9.1). There are more than those that are named here, and the operator may
// give an app types of its own.
type AchievementType int

// Types of achievements. A batch must have the last four, unless the operator set other companions for the app.
const (
	AchievementLevel    AchievementType = 1
	AchievementScore    AchievementType = 3  // of one round; the rankings follow from it
	AchievementPlatform AchievementType = 12 // 1 is Android, 2 iOS
	AchievementZone     AchievementType = 26
	AchievementServer   AchievementType = 27
	AchievementRole     AchievementType = 28
)

// Types that the platform computes from scores. Achievements returns them; a report must not have them.
const (
	AchievementBest        AchievementType = 5  // score of all time
	AchievementSettledRank AchievementType = 6  // in the ranking of last week
	AchievementDayRounds   AchievementType = 9  // today
	AchievementWeekRounds  AchievementType = 10 // this week
	AchievementDayBest     AchievementType = 11 // score of today
	AchievementWeekBest    AchievementType = 15 // score of this week
	AchievementWeekRank    AchievementType = 16 // in the ranking of this week
)

// Achievement is something that a player has achieved in a game.
type Achievement struct {
	Type      AchievementType
	Data      string    // a decimal number, but for identifiers and names; at most 1,024 characters
	Overwrite bool      // it replaces what is stored; without, it must be greater. Rankings need scores without
	Expires   time.Time // cut to seconds; the zero time stands for never
}

// Companions returns what has to go with a batch: on which platform (1 is Android, 2 iOS), in which zone, on which server and
// in which role the player plays.
func Companions(platform int, zone, server, role string) []Achievement {
	return []Achievement{
		{Type: AchievementPlatform, Data: strconv.Itoa(platform), Overwrite: true},
		{Type: AchievementZone, Data: zone, Overwrite: true},
		{Type: AchievementServer, Data: server, Overwrite: true},
		{Type: AchievementRole, Data: role, Overwrite: true},
	}
}

// reported is an achievement as it is reported. Expires is a number at the Game Center, and a string at MSDK.
type reported struct {
	Type    AchievementType `json:"type"`
	Data    string          `json:"data"`
	BCover  int             `json:"bcover"`
	Expires any             `json:"expires"`
}

func (a Achievement) reported() reported {
	r := reported{Type: a.Type, Data: a.Data, Expires: strconv.FormatInt(seconds(a.Expires), 10)}
	if a.Overwrite {
		r.BCover = 1
	}
	return r
}

func reportedAll(batch []Achievement) []reported {
	all := make([]reported, len(batch))
	for i, a := range batch {
		all[i] = a.reported()
	}
	return all
}

// Report stores what a user has achieved: the whole batch or nothing. GameCenterValueNotGreater means that a value without Overwrite
// is not greater than the stored one, which for a best score is no fault; GameCenterItemIncomplete, GameCenterRequiredFieldMissing
// (a companion) and GameCenterExpiresInvalid say in their message which item is wrong.
//
// A report whose answer was lost is not repeated: its own values would refuse it, and its round would count twice. Achievements
// shows whether it was stored.
func (g *GameCenter) Report(ctx context.Context, u User, batch ...Achievement) error {
	var report struct {
		Total int        `json:"total"`
		List  []reported `json:"list"`
	}
	report.Total, report.List = len(batch), reportedAll(batch)
	for i := range batch {
		report.List[i].Expires = seconds(batch[i].Expires)
	}
	param, err := json.Marshal(report)
	if err != nil {
		return err
	}
	return g.call(ctx, u, gameCall{cmd: "gc_achieve_report", params: url.Values{"param": {string(param)}}, once: true})
}

// Report is GameCenter.Report for a player of MSDK V5. Its refusals are those of retcode.GameCenter.
func (v *V5) Report(ctx context.Context, p Player, batch ...Achievement) error {
	return v.change(ctx, "/v2/acvm/report", p, map[string]any{"achievements": reportedAll(batch)}, nil)
}

// Report is GameCenter.Report at MSDK V3. Its refusals are those of retcode.GameCenter.
func (v *V3) Report(ctx context.Context, u User, batch ...Achievement) error {
	return v.report(ctx, "/profile/qqscore_batch", u, map[string]any{"param": reportedAll(batch)})
}

// ReportScore stores one achievement, a level or a score, without companions. It is an older interface than Report.
func (v *V3) ReportScore(ctx context.Context, u User, a Achievement) error {
	r := a.reported()
	return v.report(ctx, "/profile/qqscore", u, map[string]any{"type": r.Type, "data": r.Data, "expires": r.Expires, "bcover": r.BCover})
}

func (v *V3) report(ctx context.Context, path string, u User, more map[string]any) error {
	return v.send(ctx, &v3Call{
		path: path, appid: v.client.app.AppID, openid: u.OpenID, in: v.about(u, more), domains: []retcode.Domain{retcode.GameCenter, retcode.QQ}, once: true,
	})
}

// Achievements returns what the caller has achieved, without what has expired, and with what the platform computes. While the store
// cannot be read it is refused with GameCenterAchievementReadFailed.
func (g *GameCenter) Achievements(ctx context.Context, by GameCaller) ([]Achievement, error) {
	var out struct {
		List []struct {
			Type    AchievementType `json:"type"`
			Data    string          `json:"data"`
			Expires int64           `json:"expires"`
		} `json:"list"`
	}
	if err := g.call(ctx, by, gameCall{cmd: "gc_achieve_get", out: &out}); err != nil {
		return nil, err
	}
	list := make([]Achievement, len(out.List))
	for i, a := range out.List {
		list[i] = Achievement{Type: a.Type, Data: a.Data}
		if a.Expires != 0 {
			list[i].Expires = time.Unix(a.Expires, 0)
		}
	}
	return list, nil
}
