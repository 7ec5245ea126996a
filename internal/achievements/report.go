package achievements

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// MaxItems bounds the values in one report.
const MaxItems = 100

// maxExpires is the end of the year 9999 in Unix seconds. A time above it was not given in seconds.
const maxExpires = 253402300799

// ReportCommand is command 0xf05_1.
var ReportCommand = oidb.Declare[*wire.ReportAchievementsRequest, *wire.ReportAchievementsResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf05, ServiceType: 1}, Name: "report_achievements", Summary: "Stores what a game reports of a player, all of it or nothing.",
	Results: retcode.GameCenter,
	Codes: []retcode.Code{
		retcode.GameCenterAppNotConfigured, retcode.GameCenterListMissing, retcode.GameCenterItemIncomplete, retcode.GameCenterParameterInvalid,
		retcode.GameCenterExpiresInvalid, retcode.GameCenterRequiredFieldMissing, retcode.GameCenterValueNotGreater, retcode.GameCenterInternal,
	},
	Fallback: retcode.GameCenterInternal, Needs: needs,
})

func (s *Service) report(ctx context.Context, req *wire.ReportAchievementsRequest) (*wire.ReportAchievementsResponse, error) {
	app := s.apps.ByID(platform.AppID(req.Appid))
	if app == nil || !app.Granted(platform.GameCenterPermission) {
		return nil, retcode.GameCenterAppNotConfigured.Errorf("app %d is not configured for the Game Center", req.Appid)
	}
	now := s.clock.Now()
	items, err := check(app, req.Item, now.UnixMilli())
	if err != nil {
		return nil, err
	}
	if !req.Alone {
		for _, need := range app.RequiredCompanions() {
			if !slices.ContainsFunc(items, func(a platform.Achievement) bool { return a.Type == need }) {
				return nil, retcode.GameCenterRequiredFieldMissing.Errorf("there is no item of type %d, which every report of the app must have", need)
			}
		}
	}
	failed, err := s.store.ReportAchievements(ctx, platform.AchievementReport{
		AppID: app.AppID, UIN: platform.UIN(req.Uin), Items: items, NowMS: now.UnixMilli(), Day: s.Calendar.Day(now),
	})
	if errors.Is(err, platform.ErrNotGreater) {
		return nil, retcode.GameCenterValueNotGreater.Errorf("%s: its value is not greater than the stored one, which has not expired", place(failed, items[failed].Type))
	}
	return &wire.ReportAchievementsResponse{Uin: req.Uin}, err
}

// check returns a report's items. The error is the first of the conditions below that holds for any item.
func check(app *platform.App, list []*wire.AchievementItem, nowMS int64) ([]platform.Achievement, error) {
	if len(list) == 0 {
		return nil, retcode.GameCenterListMissing.Errorf("the list of achievements is empty")
	}
	for i, item := range list {
		switch {
		case item.Type == 0:
			return nil, retcode.GameCenterItemIncomplete.Errorf("item %d has no type", i+1)
		case item.Data == "":
			return nil, retcode.GameCenterItemIncomplete.Errorf("item %d has no data, or an empty one", i+1)
		}
	}
	if len(list) > MaxItems {
		return nil, retcode.GameCenterParameterInvalid.Errorf("the list of achievements has %d items, more than %d", len(list), MaxItems)
	}
	items := make([]platform.Achievement, len(list))
	for i, item := range list {
		a := &items[i]
		*a = platform.Achievement{Type: int(item.Type), Data: item.Data, Overwrite: item.Overwrite}
		if err := valued(app, a); err != nil {
			return nil, retcode.GameCenterParameterInvalid.Errorf("%s: %v", place(i, a.Type), err)
		}
	}
	for i, item := range list {
		seconds, err := strconv.ParseUint(item.Expires, 10, 64)
		ends := int64(seconds) * 1000
		switch {
		case item.Expires == "", err == nil && seconds == 0:
		case err != nil || seconds > maxExpires:
			return nil, retcode.GameCenterExpiresInvalid.Errorf("%s: expires %.40q is not an absolute time in Unix seconds", place(i, items[i].Type), item.Expires)
		case ends <= nowMS:
			return nil, retcode.GameCenterExpiresInvalid.Errorf("%s: expires %d has passed already", place(i, items[i].Type), seconds)
		default:
			items[i].ExpiresMS = ends
		}
	}
	return items, nil
}

// valued reads the number in an item's value. The error says why the app's type does not have the value.
func valued(app *platform.App, a *platform.Achievement) (err error) {
	t, known := TypeOf(app, a.Type)
	switch {
	case !known:
		return errors.New("the app does not have this type")
	case t.Derived:
		return errors.New("the platform computes the " + t.Name + " itself")
	}
	if err := platform.CheckText("data", a.Data, platform.MaxAchievementData); err != nil {
		return err
	}
	if a.Number, err = platform.ParseDecimal(a.Data); err != nil && !(t.Text && a.Overwrite) {
		if t.Text {
			return errors.New("data is not a number, so bcover must be 1")
		}
		return errors.New("data is not a number")
	}
	return nil
}

func place(i, kind int) string {
	return "item " + strconv.Itoa(i+1) + " (type " + strconv.Itoa(kind) + ")"
}

// Report stores what a game reports of a player. Errors are those of ReportCommand.
func Report(ctx context.Context, bus *oidb.Bus, app platform.AppID, uin platform.UIN, items []*wire.AchievementItem) error {
	_, err := oidb.Call(ctx, bus, ReportCommand, &wire.ReportAchievementsRequest{Appid: uint64(app), Uin: uint64(uin), Item: items})
	return err
}

// ReportAlone stores one value, which needs no companions. Errors are those of ReportCommand.
func ReportAlone(ctx context.Context, bus *oidb.Bus, app platform.AppID, uin platform.UIN, item *wire.AchievementItem) error {
	_, err := oidb.Call(ctx, bus, ReportCommand, &wire.ReportAchievementsRequest{
		Appid: uint64(app), Uin: uint64(uin), Item: []*wire.AchievementItem{item}, Alone: true,
	})
	return err
}
