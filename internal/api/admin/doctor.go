package admin

import (
	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/doctor"
	"github.com/rookeryhq/rookery/internal/platform"
)

func (d *door) examine(c *access.Call, id platform.AppID, in doctor.Question) (any, error) {
	app := d.registry.ByID(id)
	if app == nil {
		return nil, platform.NoApp(id)
	}
	return d.doctor.Examine(c.Context(), app, in)
}
