package gamecenter

import (
	"context"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/achievements"
	"github.com/rookeryhq/rookery/internal/api/items"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/retcode"
)

// achieving are the commands of what players achieve.
var achieving = []*command{
	{
		name: "gc_achieve_report", ways: []way{byToken}, missing: retcode.GameCenterRequiredFieldMissing, read: readReport, serve: report,
		calls:   []access.Use{access.Uses(&achievements.ReportCommand.Declaration)},
		answers: append([]retcode.Code{retcode.GameCenterParamMissing}, items.Codes...),
	},
	{
		name: "gc_achieve_get", ways: []way{byToken, bySkey, bySid}, missing: retcode.GameCenterRequiredFieldMissing, serve: achieved,
		calls:  []access.Use{access.Uses(&achievements.GetCommand.Declaration)},
		failed: retcode.GameCenterAchievementReadFailed,
	},
}

// readReport reads param: {"total":1,"list":[{"type":12,"data":"1","bcover":0,"expires":0}]} (msdk-v3.md, 9.2).
func readReport(in *request) error {
	text := jsontext.Value(in.text("param"))
	if len(text) == 0 {
		return retcode.GameCenterParamMissing
	}
	var param struct {
		Total jsontext.Value `json:"total"`
		List  *items.List    `json:"list"`
	}
	if err := json.Unmarshal(text, &param); err != nil {
		if text.IsValid() { // it is not an object
			return retcode.GameCenterListMissing.Errorf("param is not an object with the member list")
		}
		return retcode.GameCenterParamNotJSON.Errorf("param is not one JSON document in UTF-8 with each member once")
	}
	if param.List == nil {
		return retcode.GameCenterListMissing.Errorf("param has no member list")
	}
	list, err := param.List.Items()
	if err != nil {
		return err
	}
	if param.Total != nil && string(param.Total) != strconv.Itoa(len(list)) {
		return retcode.GameCenterParameterInvalid.Errorf("total is not %d, the number of items in the list", len(list))
	}
	in.input = list
	return nil
}

func report(ctx context.Context, bus *oidb.Bus, in *request) (any, error) {
	return nil, achievements.Report(ctx, bus, in.app.AppID, in.uin, in.input.([]*wire.AchievementItem))
}

// achievedData is the members of gc_achieve_get's data.
type achievedData struct {
	List []achievement `json:"list"`
}

// achievement is a value in the form in which it is reported.
type achievement struct {
	Type    int    `json:"type"`
	Data    string `json:"data"`
	Expires int64  `json:"expires"` // Unix seconds; 0 for never
}

func achieved(ctx context.Context, bus *oidb.Bus, in *request) (any, error) {
	list, err := achievements.Get(ctx, bus, in.app.AppID, in.uin)
	data := &achievedData{List: make([]achievement, len(list))}
	for i, a := range list {
		data.List[i] = achievement{Type: a.Type, Data: a.Data, Expires: a.ExpiresMS / 1000}
	}
	return data, err
}
