package admin

import "github.com/rookeryhq/rookery/internal/access"

// showEvents shows how far each lane of the events is.
func (d *door) showEvents(c *access.Call) (any, error) { return d.events.Status(c.Context()) }

// testEvents sends an event through the stream, and shows the lanes.
func (d *door) testEvents(c *access.Call) (any, error) {
	if err := d.events.Test(c.Context()); err != nil {
		return nil, err
	}
	return d.showEvents(c)
}
