package messages

import (
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// quota returns the limits of an app's messages on the day of a time. Days are numbered from 1 January 1970 in the platform's
// time zone, whatever their lengths.
func (s *Service) quota(app *platform.App, at time.Time) *platform.MessageQuota {
	at = s.local(at)
	year, month, day := at.Date()
	number := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 3600)
	sinceMonday := (int64(at.Weekday()) + 6) % 7
	return &platform.MessageQuota{MessageLimits: app.Limits(), Day: number, Monday: number - sinceMonday}
}

// local returns a time in the platform's time zone.
func (s *Service) local(at time.Time) time.Time {
	if s.Zone == nil {
		return at.UTC()
	}
	return at.In(s.Zone)
}

// untilTomorrow returns how long the day lasts: before its end, no limit that was reached allows more.
func (s *Service) untilTomorrow(at time.Time) time.Duration {
	at = s.local(at)
	return time.Date(at.Year(), at.Month(), at.Day()+1, 0, 0, 0, 0, at.Location()).Sub(at)
}
