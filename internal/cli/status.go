package cli

import (
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/platform"
)

func newStatusCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(&cobra.Command{
		Use:   "status",
		Short: "Show the gateways that share the platform's storage",
		Long: `Show the gateways that share the platform's storage: where they are, which version they run, since when, for how long
they may not have heard of what others changed, and which of them does what is done once for all. A platform in a
folder is the only one.`,
		Example: `  rookery status
  rookery status --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), c, http.MethodGet, "/admin/v1/gateways", nil, c.showGateways)
		},
	})
}

func (c *client) showGateways(all []platform.Gateway) error {
	t := newTable(c.out)
	t.row("GATEWAY", "VERSION", "UP", "LAG", "LEADS")
	for _, g := range all {
		t.row(g.Address, g.Version, time.Duration(g.SeenMS-g.StartedMS)*time.Millisecond/time.Second*time.Second, time.Duration(g.LagMS)*time.Millisecond, yesNo(g.Leads))
	}
	return t.flush()
}
