package platform

import (
	"testing"
	"time"
)

func TestDaysAndWeeks(t *testing.T) {
	for day, want := range map[int64]int64{0: -3, 3: -3, 4: 4, 10: 4, 11: 11, 19723: 19723, 19729: 19723, 19730: 19730} {
		if got := WeekOf(day); got != want {
			t.Errorf("day %d is in the week of %d, want %d", day, got, want)
		}
	}
	shanghai := Calendar{time.FixedZone("CST", 8*3600)}
	for _, test := range []struct {
		Calendar
		at               string
		day, week        int64
		tomorrow, monday time.Duration
	}{
		{Calendar{}, "2025-06-15T15:59:59Z", 20254, 20248, 8*time.Hour + time.Second, 8*time.Hour + time.Second},
		{shanghai, "2025-06-15T15:59:59Z", 20254, 20248, time.Second, time.Second},
		{shanghai, "2025-06-15T16:00:00Z", 20255, 20255, 24 * time.Hour, 7 * 24 * time.Hour},
		{Calendar{}, "2025-06-15T23:00:00-02:00", 20255, 20255, 23 * time.Hour, 6*24*time.Hour + 23*time.Hour},
		{shanghai, "2024-12-31T12:00:00+08:00", 20088, 20087, 12 * time.Hour, 5*24*time.Hour + 12*time.Hour}, // the week goes over the year's end
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		if day, week := test.Day(at), test.Week(at); day != test.day || week != test.week {
			t.Errorf("%s in %v: day %d, week %d; want %d, %d", test.at, test.Zone, day, week, test.day, test.week)
		}
		if tomorrow, monday := test.UntilTomorrow(at), test.UntilMonday(at); tomorrow != test.tomorrow || monday != test.monday {
			t.Errorf("%s in %v: tomorrow in %v, Monday in %v; want %v, %v", test.at, test.Zone, tomorrow, monday, test.tomorrow, test.monday)
		}
	}
}

// TestDaysOfOtherLengths: in New York 9 March 2025 had 23 hours and 2 November 25.
func TestDaysOfOtherLengths(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for date, want := range map[string]time.Duration{"2025-03-09": 23 * time.Hour, "2025-03-10": 24 * time.Hour, "2025-11-02": 25 * time.Hour} {
		day, err := ParseDay(date)
		if err != nil {
			t.Fatal(err)
		}
		c := Calendar{zone}
		begin := c.Begin(day)
		if got := c.UntilTomorrow(begin); got != want || c.Day(begin) != day || c.Day(begin.Add(-1)) != day-1 || FormatDay(day) != date {
			t.Errorf("%s is day %d, %s, begins at %s and lasts for %v, want %v", date, day, FormatDay(day), begin, got, want)
		}
	}
	if _, err := ParseDay("2025-02-30"); err == nil {
		t.Error("2025-02-30 is a day")
	}
}
