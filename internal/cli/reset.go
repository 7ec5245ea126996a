package cli

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/dev"
)

func newResetCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(&cobra.Command{
		Use:   "reset",
		Short: "Bring a running rookery dev back to its first state",
		Long: `Bring a running rookery dev back to its first state: the demo world, or that of --seed, with the system's time, and
nothing of what was done since, neither data nor faults, forced answers or requests. Addresses and keys stay the same,
and so do the demo world's tokens. A folder that --data names is cleared too. When the command ends, the platform is
ready.`,
		Example: "  rookery dev reset",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			answer, err := c.call(ctx, http.MethodPost, "/dev/v1/reset", nil)
			if err != nil {
				return err
			}
			if _, err := c.call(ctx, http.MethodGet, "/dev/v1/clock", nil); err != nil { // once the new platform is ready
				return err
			}
			return display(c, answer, func(dev.Reset) error {
				_, err := fmt.Fprintln(c.out, "The platform is as at its start.")
				return err
			})
		},
	})
}
