package admin

import (
	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
)

// bindingFields are the parameters of listBindings.
type bindingFields struct {
	Zone  string `json:"zone" doc:"with guild: lists the bindings after this guild's"`
	Guild string `json:"guild" doc:"the guild on that server"`
	Limit int    `json:"limit" min:"0" max:"1000" def:"100" doc:"how many to list at most"`
}

// listBindings lists which groups serve the guilds of an app, by zone and guild, after the guild that the URL parameters zone
// and guild name.
func (d *door) listBindings(c *access.Call, app platform.AppID) (any, error) {
	if d.registry.ByID(app) == nil {
		return nil, platform.NoApp(app)
	}
	_, limit, err := page(c)
	if err != nil {
		return nil, err
	}
	return d.bindings.Bindings(c.Context(), platform.Guild{AppID: app, Zone: c.Query.Get("zone"), ID: c.Query.Get("guild")}, limit)
}

// unbind ends the service of a guild's group, whoever owns the group and leads the guild.
func (d *door) unbind(c *access.Call, app platform.AppID) (any, error) {
	guild := platform.Guild{AppID: app, Zone: c.Request.PathValue("zone"), ID: c.Request.PathValue("guild")}
	if err := guild.Validate(); err != nil {
		return nil, err
	}
	return d.bindings.Unbind(c.Context(), guild)
}
