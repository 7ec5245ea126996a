package achievements

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/oidbtest"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/retcode"
)

// FuzzRequests: whatever bytes come as a request, the answer is one that the command declares, and nothing that was reported cannot
// be read.
func FuzzRequests(f *testing.F) {
	fix := newFixture(f, 12)
	app := uint64(fix.app.AppID)
	oidbtest.FuzzRequests(f, fix.bus, map[*oidb.Declaration]proto.Message{
		&ReportCommand.Declaration: &wire.ReportAchievementsRequest{Appid: app, Uin: uint64(player), Item: []*wire.AchievementItem{
			{Type: 3, Data: "-0012.50"}, {Type: 12, Data: "1", Overwrite: true}, {Type: 1002, Data: "鸦", Overwrite: true, Expires: "4102444800"},
		}},
		&GetCommand.Declaration: &wire.GetAchievementsRequest{Appid: app, Uin: uint64(player), After: 3},
	}, func(t *testing.T, d *oidb.Declaration, code retcode.Code) {
		if code == d.Fallback {
			t.Errorf("%s fails: %v", d.Name, code)
		}
		if _, err := fix.Achievements(t.Context(), fix.app.AppID, player); err != nil {
			t.Error(err)
		}
	})
}
