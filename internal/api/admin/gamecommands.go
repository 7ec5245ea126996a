package admin

import (
	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/gamecmd"
)

func (d *door) listGameCommands(*access.Call) (any, error) { return d.gameCommands.All(), nil }

// decideGameCommand changes one command of the Game Center's door, named by the path.
func (d *door) decideGameCommand(c *access.Call, to gamecmd.Decision) (any, error) {
	return d.gameCommands.Decide(c.Context(), c.Request.PathValue("cmd"), to)
}
