package achievements

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/retcode"
)

// fixture is the service on a real store, whose calls may be made to fail. The clock shows a Wednesday noon in Shanghai.
type fixture struct {
	*Service
	t      testing.TB
	bus    *oidb.Bus
	faults *fault.Set
	app    *platform.App
	now    time.Time
}

var shanghai = time.FixedZone("Shanghai", 8*3600)

const player = platform.FirstUIN

func newFixture(t testing.TB, companions ...int) *fixture {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	f := &fixture{t: t, bus: oidb.NewBus(), faults: new(fault.Set)}
	st, clock := f.faults.Store(db), new(platform.Clock)
	registry := apps.New(st, clock)
	f.Service = New(st, clock, registry, Options{Calendar: platform.Calendar{Zone: shanghai}})
	f.Register(f.bus)
	f.app, err = registry.Create(t.Context(), platform.App{
		Name: "a game", Online: true, APIs: []string{"gamecenter"}, Companions: append([]int{}, companions...),
		AchievementTypes: []platform.AchievementType{{Type: 1001, Name: "stars"}, {Type: 1002, Name: "title", Text: true}},
	})
	must(t, err)
	f.at(time.Date(2025, 6, 11, 12, 0, 0, 0, shanghai))
	return f
}

// at moves the clock, which runs on from there: a test within a second sees the same second.
func (f *fixture) at(now time.Time) {
	f.now = now
	f.clock.Set(now)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants fails unless an error has the number, 0 for no error, and says the text.
func wants(t testing.TB, err error, number int, say string) {
	t.Helper()
	said, failure := "", (*oidb.Failure)(nil)
	if errors.As(err, &failure) {
		said = failure.Said()
	}
	code, _ := retcode.From(err)
	if (err == nil) != (number == 0) || err != nil && code.Number() != number || !strings.Contains(said, say) {
		t.Fatalf("got %v (%q), want %d with %q", err, said, number, say)
	}
}

func item(kind uint64, data string) *wire.AchievementItem {
	return &wire.AchievementItem{Type: kind, Data: data}
}

func (f *fixture) reports(items ...*wire.AchievementItem) error {
	return Report(f.t.Context(), f.bus, f.app.AppID, player, items)
}

func (f *fixture) values() map[int]string {
	f.t.Helper()
	list, err := Get(f.t.Context(), f.bus, f.app.AppID, player)
	must(f.t, err)
	of := map[int]string{}
	for _, a := range list {
		of[a.Type] = a.Data
	}
	return of
}

func (f *fixture) shows(want map[int]string) {
	f.t.Helper()
	if diff := cmp.Diff(want, f.values()); diff != "" {
		f.t.Fatalf("-want +got:\n%s", diff)
	}
}

// TestReportsThatAreRefused: each condition alone, and pairs of which the first decides whichever item it is in.
func TestReportsThatAreRefused(t *testing.T) {
	f := newFixture(t, 12)
	platformItem := &wire.AchievementItem{Type: 12, Data: "1", Overwrite: true}
	must(t, f.reports(platformItem, item(4, "5"), item(3, "9")))
	before := f.values()
	seconds := func(d time.Duration) string { return strconv.FormatInt(f.now.Add(d).Unix(), 10) }
	with := func(kind uint64, data, expires string, overwrite bool) *wire.AchievementItem {
		return &wire.AchievementItem{Type: kind, Data: data, Expires: expires, Overwrite: overwrite}
	}
	noType, noData, odd, late, low := item(0, "1"), item(4, ""), item(4, "x"), with(4, "6", seconds(-time.Hour), false), item(4, "5")
	for _, test := range []struct {
		name   string
		items  []*wire.AchievementItem
		number int
		say    string
	}{
		{"nothing", nil, -4034, "empty"},
		{"no type", []*wire.AchievementItem{platformItem, noType}, -4035, "item 2 has no type"},
		{"no data", []*wire.AchievementItem{platformItem, noData}, -4035, "item 2 has no data"},
		{"an unknown type", []*wire.AchievementItem{platformItem, item(1003, "1")}, -4022, "item 2 (type 1003): the app does not have this type"},
		{"best score", []*wire.AchievementItem{platformItem, with(5, "1", "", true)}, -4022, "computes the best score of all time itself"},
		{"settled rank", []*wire.AchievementItem{platformItem, with(6, "1", "", true)}, -4022, "computes"},
		{"rounds of the day", []*wire.AchievementItem{platformItem, with(9, "1", "", true)}, -4022, "computes"},
		{"rounds of the week", []*wire.AchievementItem{platformItem, with(10, "1", "", true)}, -4022, "computes"},
		{"best of the day", []*wire.AchievementItem{platformItem, with(11, "1", "", true)}, -4022, "computes"},
		{"best of the week", []*wire.AchievementItem{platformItem, with(15, "1", "", true)}, -4022, "computes"},
		{"rank of the week", []*wire.AchievementItem{platformItem, with(16, "1", "", true)}, -4022, "computes"},
		{"not a number", []*wire.AchievementItem{platformItem, with(4, "12a", "", true)}, -4022, "data is not a number"},
		{"a text without order", []*wire.AchievementItem{platformItem, item(29, "raven")}, -4022, "bcover must be 1"},
		{"a control character", []*wire.AchievementItem{platformItem, with(29, "a\x00", "", true)}, -4022, "control character"},
		{"too long", []*wire.AchievementItem{platformItem, with(29, strings.Repeat("a", 1025), "", true)}, -4022, "1025 bytes"},
		{"too many", slices.Repeat([]*wire.AchievementItem{platformItem}, 101), -4022, "101 items"},
		{"expired", []*wire.AchievementItem{platformItem, late}, -4037, "item 2 (type 4): expires " + late.Expires + " has passed"},
		{"expires now", []*wire.AchievementItem{platformItem, with(4, "6", seconds(0), false)}, -4037, "has passed"},
		{"a length of time", []*wire.AchievementItem{platformItem, with(4, "6", "86400", false)}, -4037, "has passed"},
		{"milliseconds", []*wire.AchievementItem{platformItem, with(4, "6", seconds(time.Hour)+"000", false)}, -4037, "not an absolute time"},
		{"not a time", []*wire.AchievementItem{platformItem, with(4, "6", "tomorrow", false)}, -4037, "not an absolute time"},
		{"a negative time", []*wire.AchievementItem{platformItem, with(4, "6", "-1", false)}, -4037, "not an absolute time"},
		{"no companion", []*wire.AchievementItem{item(4, "6")}, -4006, "no item of type 12"},
		{"lower", []*wire.AchievementItem{platformItem, item(4, "4")}, -4012, "item 2 (type 4)"},
		{"equal", []*wire.AchievementItem{item(2, "7"), platformItem, low}, -4012, "item 3 (type 4)"},
		{"twice", []*wire.AchievementItem{platformItem, item(2, "7"), item(2, "7")}, -4012, "item 3 (type 2)"},

		{"-4035 before -4022", []*wire.AchievementItem{odd, noData}, -4035, ""},
		{"-4022 before -4037", []*wire.AchievementItem{late, odd}, -4022, ""},
		{"-4037 before -4006", []*wire.AchievementItem{late}, -4037, ""},
		{"-4006 before -4012", []*wire.AchievementItem{low}, -4006, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			wants(t, f.reports(test.items...), test.number, test.say)
			f.shows(before)
		})
	}
	_, err := f.apps.Update(t.Context(), f.app.AppID, func(a *platform.App) error { a.APIs = nil; return nil })
	must(t, err)
	wants(t, f.reports(noType), -4026, "not configured")
}

func TestReportsThatAreAccepted(t *testing.T) {
	f := newFixture(t, 12, 28)
	name := &wire.AchievementItem{Type: 29, Data: "渡鸦", Overwrite: true, Expires: "0"}
	role := &wire.AchievementItem{Type: 28, Data: "r-1", Overwrite: true, Expires: "253402300799"}
	must(t, f.reports(item(12, "2"), role, name, item(1001, "-3.50"), &wire.AchievementItem{Type: 1002, Data: "Dr.", Overwrite: true}))
	f.shows(map[int]string{12: "2", 28: "r-1", 29: "渡鸦", 1001: "-3.50", 1002: "Dr."})
	must(t, ReportAlone(t.Context(), f.bus, f.app.AppID, player, item(3, "7")))
	f.shows(map[int]string{3: "7", 5: "7", 9: "1", 10: "1", 11: "7", 12: "2", 15: "7", 28: "r-1", 29: "渡鸦", 1001: "-3.50", 1002: "Dr."})
}

func TestValuesVanishWhenTheyExpire(t *testing.T) {
	f := newFixture(t)
	ends := f.now.Add(time.Hour)
	must(t, f.reports(&wire.AchievementItem{Type: 4, Data: "5", Expires: strconv.FormatInt(ends.Unix(), 10)}))
	f.at(ends.Add(-time.Minute))
	f.shows(map[int]string{4: "5"})
	wants(t, f.reports(item(4, "1")), -4012, "")
	f.at(ends)
	f.shows(map[int]string{})
	must(t, f.reports(item(4, "1")))
	f.shows(map[int]string{4: "1"})
}

func TestWhatFollowsFromScores(t *testing.T) {
	f := newFixture(t)
	overwriting := func(data string) *wire.AchievementItem {
		return &wire.AchievementItem{Type: 3, Data: data, Overwrite: true}
	}
	must(t, f.reports(overwriting("100")))
	must(t, f.reports(overwriting("80")))
	f.shows(map[int]string{3: "80", 5: "100", 9: "2", 10: "2", 11: "100", 15: "100"})
	f.at(time.Date(2025, 6, 15, 23, 59, 59, 0, shanghai)) // Sunday
	must(t, f.reports(overwriting("90")))
	f.shows(map[int]string{3: "90", 5: "100", 9: "1", 10: "3", 11: "90", 15: "100"})
	f.at(time.Date(2025, 6, 16, 0, 0, 0, 0, shanghai))
	f.shows(map[int]string{3: "90", 5: "100"})
	must(t, f.reports(overwriting("70.5")))
	f.shows(map[int]string{3: "70.5", 5: "100", 9: "1", 10: "1", 11: "70.5", 15: "70.5"})

	f.Ranks = ranks{f.Calendar.Week(f.now): 3, f.Calendar.Week(f.now) - 7: 12}
	f.shows(map[int]string{3: "70.5", 5: "100", 6: "12", 9: "1", 10: "1", 11: "70.5", 15: "70.5", 16: "3"})
	f.Ranks = ranks{}
	f.shows(map[int]string{3: "70.5", 5: "100", 9: "1", 10: "1", 11: "70.5", 15: "70.5"})
}

// ranks are places by week.
type ranks map[int64]int64

func (r ranks) Rank(_ context.Context, board platform.Board, _ platform.UIN) (int64, error) {
	return r[board.Week], nil
}

func TestManyLongValuesAreReadInPages(t *testing.T) {
	f := newFixture(t)
	_, err := f.apps.Update(t.Context(), f.app.AppID, func(a *platform.App) error {
		for i := range 150 {
			a.AchievementTypes = append(a.AchievementTypes, platform.AchievementType{Type: 2000 + i, Name: "n", Text: true})
		}
		return nil
	})
	must(t, err)
	want := map[int]string{}
	for half := range 2 {
		var items []*wire.AchievementItem
		for i := range 75 {
			kind := 2000 + 75*half + i
			want[kind] = strings.Repeat("1", 1024)
			items = append(items, item(uint64(kind), want[kind]))
		}
		must(t, f.reports(items...))
	}
	f.shows(want)
	rsp, err := oidb.Call(t.Context(), f.bus, GetCommand, &wire.GetAchievementsRequest{Appid: uint64(f.app.AppID), Uin: uint64(player)})
	if err != nil || !rsp.More || proto.Size(rsp) > 60<<10 {
		t.Errorf("a page has %d values, %v", len(rsp.GetAchievement()), err)
	}
}

func TestStorageThatFails(t *testing.T) {
	f := newFixture(t)
	must(t, f.reports(item(4, "1")))
	_, err := f.faults.Add(fault.Rule{Point: "store.read:achievements"})
	must(t, err)
	_, err = Get(t.Context(), f.bus, f.app.AppID, player)
	wants(t, err, -4019, "")
	must(t, f.reports(item(4, "2")))
	_, err = f.faults.Add(fault.Rule{Point: "store.write:achievements"})
	must(t, err)
	wants(t, f.reports(item(4, "3")), -4018, "")
}

// TestConcurrentReportsEndInTheGreatestValue: reports race with each other and the clock passes the end of some values. What is
// left is the greatest of those that have not expired, and the best scores are the greatest that were accepted.
func TestConcurrentReportsEndInTheGreatestValue(t *testing.T) {
	f := newFixture(t)
	for round := range 20 {
		ends := f.now.Add(time.Minute)
		const early, late = 16, 16
		reportAll := func(n, from int, expires string) (greatest int64) {
			var wg sync.WaitGroup
			for _, i := range rand.Perm(n) {
				wg.Go(func() {
					err := f.reports(&wire.AchievementItem{Type: 4, Data: fmt.Sprint(from + i), Expires: expires}, item(3, fmt.Sprintf("%d.%03d", round, from+i)))
					if code, _ := retcode.From(err); err != nil && code != retcode.GameCenterValueNotGreater {
						t.Errorf("got %v", err)
					}
				})
			}
			wg.Wait()
			return int64(from + n - 1)
		}
		base := 100 * round
		greatest := reportAll(early, base+50, fmt.Sprint(ends.Unix()))
		if got := f.values()[4]; got != fmt.Sprint(greatest) {
			t.Fatalf("round %d: %s is left, want %d", round, got, greatest)
		}
		f.at(ends)
		if got, there := f.values()[4]; there {
			t.Fatalf("round %d: %s is left after its end", round, got)
		}
		reportAll(late, base+60, fmt.Sprint(ends.Add(time.Minute).Unix())) // some above and some below what has expired
		want := fmt.Sprint(base + 60 + late - 1)
		if got := f.values(); got[4] != want || got[5] != fmt.Sprintf("%d.%03d", round, base+60+late-1) {
			t.Fatalf("round %d: got %v, want %s", round, got, want)
		}
		f.at(ends.Add(time.Minute))
	}
}

// TestModel compares the service with a simple model while the clock moves over ends, midnights and Mondays.
func TestModel(t *testing.T) {
	f := newFixture(t)
	type stored struct {
		value float64
		ends  time.Time
	}
	var (
		kept                    *stored
		best, weekBest, dayBest *float64
		weekRounds, dayRounds   int
		day, week               int64
		greater                 = func(of **float64, v float64) {
			if *of == nil || v > **of {
				*of = &v
			}
		}
	)
	for step := range 400 {
		f.at(f.now.Add(time.Duration(1+rand.N(20*3600)) * time.Second))
		if today := f.Calendar.Day(f.now); today != day {
			day, dayRounds, dayBest = today, 0, nil
		}
		if monday := platform.WeekOf(day); monday != week {
			week, weekRounds, weekBest = monday, 0, nil
		}
		if kept != nil && !kept.ends.IsZero() && !f.now.Before(kept.ends) {
			kept = nil
		}
		value, overwrite, next := float64(rand.N(2000))/4-100, rand.N(4) == 0, stored{}
		report := &wire.AchievementItem{Type: 3, Data: strconv.FormatFloat(value, 'f', -1, 64), Overwrite: overwrite}
		if rand.N(3) > 0 {
			next.ends = f.now.Add(time.Duration(1+rand.N(60*3600)) * time.Second).Truncate(time.Second)
			report.Expires = fmt.Sprint(next.ends.Unix())
		}
		err := f.reports(report)
		if kept != nil && !overwrite && value <= kept.value {
			wants(t, err, -4012, "")
		} else {
			must(t, err)
			next.value = value
			kept = &next
			greater(&best, value)
			greater(&weekBest, value)
			greater(&dayBest, value)
			weekRounds++
			dayRounds++
		}
		want := map[int]string{}
		number := func(kind int, v *float64) {
			if v != nil {
				want[kind] = strconv.FormatFloat(*v, 'f', -1, 64)
			}
		}
		if kept != nil {
			number(3, &kept.value)
		}
		number(5, best)
		number(15, weekBest)
		number(11, dayBest)
		for kind, n := range map[int]int{9: dayRounds, 10: weekRounds} {
			if n > 0 {
				want[kind] = fmt.Sprint(n)
			}
		}
		if diff := cmp.Diff(want, f.values()); diff != "" {
			t.Fatalf("step %d, %s: -want +got:\n%s", step, f.now, diff)
		}
	}
}
