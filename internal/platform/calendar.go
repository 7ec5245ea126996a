package platform

import "time"

// Calendar numbers days in the platform's time zone, whatever their lengths: 1 January 1970 is day 0. Weeks begin on Monday, and
// are known by the numbers of their Mondays.
type Calendar struct{ Zone *time.Location } // nil for UTC

func (c Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// Day returns the day of a time.
func (c Calendar) Day(at time.Time) int64 {
	year, month, day := at.In(c.zone()).Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 3600)
}

// Week returns the week of a time.
func (c Calendar) Week(at time.Time) int64 { return WeekOf(c.Day(at)) }

// Begin returns when a day begins.
func (c Calendar) Begin(day int64) time.Time {
	return time.Date(1970, time.January, 1+int(day), 0, 0, 0, 0, c.zone())
}

// UntilTomorrow returns how long the day of a time still lasts.
func (c Calendar) UntilTomorrow(at time.Time) time.Duration { return c.Begin(c.Day(at) + 1).Sub(at) }

// UntilMonday returns how long the week of a time still lasts.
func (c Calendar) UntilMonday(at time.Time) time.Duration { return c.Begin(c.Week(at) + 7).Sub(at) }

// WeekOf returns the week of a day.
func WeekOf(day int64) int64 { return day - (day+3)%7 }

// FormatDay writes a day as a date, such as 2026-11-23.
func FormatDay(day int64) string { return Calendar{}.Begin(day).Format(time.DateOnly) }

// ParseDay reads a date as FormatDay writes it.
func ParseDay(date string) (day int64, err error) {
	at, err := time.Parse(time.DateOnly, date)
	return Calendar{}.Day(at), err
}
