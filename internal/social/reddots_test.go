package social

import (
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/retcode"
)

// dot returns an entry of a person after noting that it was seen until a time, 0 for nothing.
func (f *fixture) dot(p person, entry string, seenMS int64) *wire.RedDot {
	f.t.Helper()
	rsp, err := call(f, RedDotsCommand, &wire.RedDotsRequest{Appid: uint64(f.app.AppID), Uin: uint64(p.uin), Entry: []string{entry}, SeenMs: seenMS})
	must(f.t, err)
	return rsp.Dot[0]
}

func TestADotLightsForWhatIsNew(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	ben := f.friend("Ben", ann)
	now := f.Clock.NowMS()
	if d := f.dot(ann, "feeds", 0); d.NewestMs != 0 || d.SeenMs != 0 {
		t.Errorf("at first: %v", d)
	}
	f.post(ann, "her own")
	if d := f.dot(ann, "feeds", 0); d.NewestMs != 0 {
		t.Errorf("after her own: %v", d)
	}
	f.post(ben, "his")
	d := f.dot(ann, "feeds", 0)
	if d.NewestMs < now || d.SeenMs != 0 {
		t.Errorf("after his: %v", d)
	}
	if d := f.dot(ann, "feeds", d.NewestMs); d.SeenMs != d.NewestMs {
		t.Errorf("once it is seen: %v", d)
	}
	if again := f.dot(ann, "feeds", 1); again.SeenMs != d.NewestMs {
		t.Errorf("what was seen is new again: %v", again)
	}
	f.Clock.Advance(time.Second)
	f.post(ben, "his next")
	if d := f.dot(ann, "feeds", 0); d.SeenMs >= d.NewestMs {
		t.Errorf("after his next: %v", d)
	}

	f.begin(ben, ann, "r")
	if d := f.dot(ann, "challenges", 0); d.NewestMs == 0 || d.SeenMs != 0 {
		t.Errorf("when Ben begins a challenge: %v", d)
	}
	if d := f.dot(ben, "challenges", 0); d.NewestMs != 0 {
		t.Errorf("Ben's, when he begins it: %v", d)
	}
	f.Clock.Advance(time.Hour)
	if d := f.dot(ben, "challenges", 0); d.NewestMs != f.challenges(ben)[0].EndMs {
		t.Errorf("when it ends: %v", d)
	}
}

func TestTheRankingIsNewOnMondays(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	for now, want := range map[string]string{
		"2025-06-11 12:00": "2025-06-09",
		"2025-06-15 23:59": "2025-06-09",
		"2025-06-16 00:00": "2025-06-16",
		"2025-03-02 12:00": "2025-02-24",
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", now, shanghai)
		must(t, err)
		monday, err := time.ParseInLocation("2006-01-02", want, shanghai)
		must(t, err)
		f.Clock.Set(at)
		if got := f.dot(ann, "rank", 0).NewestMs; got != monday.UnixMilli() {
			t.Errorf("at %s it is new since %v, want %s", now, time.UnixMilli(got).In(shanghai), want)
		}
	}
}

func TestDotsThatCannotBeAskedFor(t *testing.T) {
	f := newFixture(t)
	ann := f.person("Ann")
	for _, test := range []struct {
		name  string
		entry []string
		seen  int64
		want  retcode.Code
	}{
		{"all", []string{"feeds", "challenges", "rank"}, 1, 0},
		{"none", nil, 0, retcode.GameCenterParameterInvalid},
		{"another", []string{"feeds", "shop"}, 0, retcode.GameCenterParameterInvalid},
		{"many", []string{"rank", "rank", "rank", "rank"}, 0, retcode.GameCenterParameterInvalid},
		{"seen in the future", []string{"feeds"}, f.Clock.NowMS() + 60_000, retcode.GameCenterParameterInvalid},
		{"seen before all times", []string{"feeds"}, -1, retcode.GameCenterParameterInvalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := call(f, RedDotsCommand, &wire.RedDotsRequest{Appid: uint64(f.app.AppID), Uin: uint64(ann.uin), Entry: test.entry, SeenMs: test.seen})
			wants(t, err, test.want)
		})
	}
}
