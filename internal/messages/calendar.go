package messages

import (
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// quota returns the limits of an app's messages on the day of a time, in the platform's time zone.
func (s *Service) quota(app *platform.App, at time.Time) *platform.MessageQuota {
	day := platform.DayNumber(s.local(at))
	return &platform.MessageQuota{MessageLimits: app.Limits(), Day: day, Monday: platform.WeekOf(day)}
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
