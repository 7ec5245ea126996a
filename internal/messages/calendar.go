package messages

import (
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// quota returns the limits of an app's messages on the day of a time. Days are numbered from 1 January 1970 in the platform's
// time zone, whatever their lengths.
func (s *Service) quota(app *platform.App, at time.Time) *platform.MessageQuota {
	if s.Zone != nil {
		at = at.In(s.Zone)
	} else {
		at = at.UTC()
	}
	year, month, day := at.Date()
	number := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 3600)
	sinceMonday := (int64(at.Weekday()) + 6) % 7
	return &platform.MessageQuota{MessageLimits: app.Limits(), Day: number, Monday: number - sinceMonday}
}
