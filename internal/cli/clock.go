package cli

import (
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/dev"
)

func newClockCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	move := func(use, short, example string, read func(arg string) (dev.Move, error)) *cobra.Command {
		name := strings.Fields(use)[1]
		return &cobra.Command{
			Use: use, Short: short, Example: example,
			Args: exactArgs(name),
			RunE: func(cmd *cobra.Command, args []string) error {
				in, err := read(args[0])
				if err != nil {
					return err
				}
				return ask(cmd.Context(), c, http.MethodPost, "/dev/v1/clock", in, c.showClock)
			},
		}
	}
	advance := move("advance DURATION", "Move the platform's clock on, so that tokens expire", "  rookery dev clock advance 168h\n  rookery dev clock advance -- -30m",
		func(arg string) (dev.Move, error) {
			if _, err := time.ParseDuration(arg); err != nil {
				return dev.Move{}, usageErrorf("%q is not a duration such as 168h", arg)
			}
			return dev.Move{Advance: arg}, nil
		})
	advance.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return usageErrorf("%w; a duration that goes back comes after --: advance -- -30m", err)
	})
	return c.addFlags(newGroup("clock", "Show and move the clock of a running rookery dev", "",
		&cobra.Command{
			Use: "show", Short: "Show the platform's time", Example: "  rookery dev clock show --json", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return ask(cmd.Context(), c, http.MethodGet, "/dev/v1/clock", nil, c.showClock)
			},
		},
		move("set TIME", "Set the platform's clock to a time (RFC 3339) or to now", "  rookery dev clock set 2027-01-31T12:00:00Z\n  rookery dev clock set now",
			func(arg string) (dev.Move, error) {
				if arg == "now" {
					return dev.Move{Set: time.Now()}, nil
				}
				t, err := time.Parse(time.RFC3339, arg)
				if err != nil {
					return dev.Move{}, usageErrorf("%q is neither now nor a time such as 2027-01-31T12:00:00Z", arg)
				}
				return dev.Move{Set: t}, nil
			}),
		advance,
	))
}

func (c *client) showClock(clock dev.Clock) error {
	t := newTable(c.out)
	t.row("now", clock.Now.Format(time.RFC3339))
	t.row("ahead", clock.Ahead)
	return t.flush()
}
