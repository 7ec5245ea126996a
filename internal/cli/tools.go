package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/dev"
	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
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
	advance := move("advance DURATION", "Move the platform's clock on, so that tokens lapse", "  rookery dev clock advance 168h\n  rookery dev clock advance -- -30m",
		func(arg string) (dev.Move, error) {
			if _, err := time.ParseDuration(arg); err != nil {
				return dev.Move{}, usageErrorf("%q is not a duration such as 168h", arg)
			}
			return dev.Move{Advance: arg}, nil
		})
	advance.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return usageErrorf("%w; a duration that goes back comes after --: advance -- -30m", err)
	})
	return c.addFlags(newGroup("clock", "Look at and move the clock of a running rookery dev", "",
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

func newFaultCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("fault", "Make parts of a running rookery dev fail", "",
		newFaultAddCommand(c),
		&cobra.Command{
			Use: "list", Short: "List the faults that are switched on", Example: "  rookery dev fault list", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return ask(cmd.Context(), c, http.MethodGet, "/dev/v1/faults", nil, func(rules []fault.Rule) error { return c.showFaults(rules...) })
			},
		},
		&cobra.Command{
			Use: "clear [ID]", Short: "Switch one fault off, or all", Example: "  rookery dev fault clear\n  rookery dev fault clear 3",
			Args: func(cmd *cobra.Command, args []string) error {
				if len(args) > 1 {
					return usageErrorf("%q takes one fault's number at most, got %q", cmd.CommandPath(), args)
				}
				return nil
			},
			RunE: func(cmd *cobra.Command, args []string) error {
				path := "/dev/v1/faults"
				if len(args) == 1 {
					if _, err := strconv.ParseUint(args[0], 10, 31); err != nil {
						return usageErrorf("%q is not a fault's number", args[0])
					}
					path += "/" + args[0]
				}
				return ask(cmd.Context(), c, http.MethodDelete, path, nil, func(done dev.Cleared) error {
					_, err := fmt.Fprintf(c.out, "%d cleared\n", done.Cleared)
					return err
				})
			},
		},
	))
}

func newFaultAddCommand(c *client) *cobra.Command {
	var rule fault.Rule
	cmd := &cobra.Command{
		Use:   "add POINT",
		Short: "Switch a fault on",
		Long: `Switch a fault on. A point names a part and how it fails:

  store.read:TABLE, store.write:TABLE    the storage
  cache.read:CACHE, cache.write:CACHE    what is kept for when the storage fails
  keyring.read                           the keys that open tokens
  bus.connect:COMMAND                    the way to a command's back end
  bus.delay:COMMAND=DURATION             the same, slow; calls have ` + oidb.Deadline.String() + ` at most
  backend.answer:COMMAND=RESULT          the back end itself, which answers with this number

TABLE is ` + strings.Join(fault.Tables, ", ") + `;
CACHE is ` + strings.Join(fault.Caches, ", ") + `; COMMAND is ` + strings.Join(fault.Commands(), ", ") + `.

Without a condition every use of the part fails. A condition on whom it is about holds where the part is told: accounts
have no appid, an openkey's session and a friend list no openid. What the platform keeps in memory is forgotten, so that
it must be read.`,
		Example: `  rookery dev fault add store.read:grants
  rookery dev fault add store.write:openkeys --appid 100700001 --times 1
  rookery dev fault add bus.delay:0x711=2s --interface /v2/auth/verify_login --rate 0.1`,
		Args: exactArgs("POINT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			rule.Point = args[0]
			return ask(cmd.Context(), c, http.MethodPost, "/dev/v1/faults", rule, func(rule fault.Rule) error { return c.showFaults(rule) })
		},
	}
	flags := cmd.Flags()
	flags.TextVar(&rule.AppID, "appid", platform.AppID(0), "only for this `appid`")
	flags.StringVar(&rule.OpenID, "openid", "", "only for this `openid` or MSDK openid")
	flags.StringVar(&rule.Interface, "interface", "", "only for calls by this `path`")
	flags.IntVar(&rule.Times, "times", 0, "fail so often, then no more; 0 has no end")
	flags.Float64Var(&rule.Rate, "rate", 0, "fail this `share` of the calls, up to 1; 0 is all")
	flags.BoolVar(&rule.Panic, "panic", false, "panic, as a defect would, instead of failing (store, cache and keyring)")
	return cmd
}

func (c *client) showFaults(rules ...fault.Rule) error {
	t := newTable(c.out)
	t.row("ID", "POINT", "APPID", "OPENID", "INTERFACE", "TIMES LEFT", "RATE", "HITS")
	orAll := func(n any, none bool) any {
		if none {
			return "all"
		}
		return n
	}
	for _, r := range rules {
		t.row(r.ID, r.Point, orAll(r.AppID, r.AppID == 0), orAll(r.OpenID, r.OpenID == ""), orAll(r.Interface, r.Interface == ""),
			orAll(r.Times, r.Times == 0), orAll(r.Rate, r.Rate == 0), r.Hits)
	}
	return t.flush()
}

func newRequestsCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	var (
		follow bool
		limit  int
	)
	cmd := c.addFlags(&cobra.Command{
		Use:   "requests",
		Short: "Show the last requests of a running rookery dev: which stage refused them, and why",
		Long: `Show the last requests of a running rookery dev: which stage refused them, and why. Calls of the bus by frames are among
them, with the method OIDB; the stage policy means the bus itself refused one, the stage command that the command did.`,
		Example: `  rookery dev requests --limit 5
  rookery dev requests --follow
  rookery dev requests --json | jq 'select(.stage == "v5-signature") | .signed, .mistake'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 || limit > access.InspectorKept {
				return usageErrorf("--limit %d is not from 1 to %d", limit, access.InspectorKept)
			}
			return c.showRequests(cmd.Context(), limit, follow)
		},
	})
	flags := cmd.Flags()
	flags.BoolVar(&follow, "follow", false, "go on with those that come, until it is interrupted")
	flags.IntVar(&limit, "limit", 20, "at most so `many`, the newest, to begin with")
	cmd.PersistentFlags().Lookup("json").Usage = "print each request as one line of JSON"
	return cmd
}

// showRequests prints the newest requests, and with follow those that come later.
func (c *client) showRequests(ctx context.Context, limit int, follow bool) error {
	seq, wait := uint64(0), 0
	for {
		answer, err := c.call(ctx, http.MethodGet, fmt.Sprintf("/dev/v1/requests?after=%d&limit=%d&wait=%d", seq, limit, wait), nil)
		if follow && errors.Is(err, errInterrupted) {
			return nil
		}
		if err != nil {
			return err
		}
		var records []access.Record
		if err := json.Unmarshal(answer, &records); err != nil {
			return fmt.Errorf("the platform's answer is not what this rookery understands: %w", err)
		}
		for i := range records {
			seq = records[i].Seq
			if err := c.showRequest(&records[i]); err != nil {
				return err
			}
		}
		if !follow {
			return nil
		}
		limit, wait = access.InspectorKept, 5
	}
}

func (c *client) showRequest(r *access.Record) error {
	if c.asJSON {
		line, err := json.Marshal(r, json.Deterministic(true))
		if err == nil {
			_, err = fmt.Fprintf(c.out, "%s\n", line)
		}
		return err
	}
	var b strings.Builder
	code := strconv.Itoa(r.Code)
	switch {
	case r.Domain != "":
		code = r.Domain + " " + code
	case r.Status >= 400: // of a door without codes
		code = fmt.Sprintf("HTTP %d", r.Status)
	}
	fmt.Fprintf(&b, "%d  %s  %s %s  %s  %dus  from %s", r.Seq, r.Time.Format(time.RFC3339), clean(r.Method), clean(r.Interface), code, r.DurationUS, r.Peer)
	if r.AppID != "" {
		fmt.Fprintf(&b, "  app %s", r.AppID)
	}
	if r.User != "" {
		fmt.Fprintf(&b, "  user %s", clean(r.User))
	}
	b.WriteByte('\n')
	for _, line := range []struct{ label, text string }{
		{"refused by", r.Stage}, {"origin", r.Origin}, {"error", r.Error}, {"cause", r.Cause}, {"mistake", r.Mistake}, {"signed", r.Signed},
	} {
		if line.text != "" {
			fmt.Fprintf(&b, "      %-10s  %s\n", line.label, clean(line.text))
		}
	}
	_, err := fmt.Fprint(c.out, b.String())
	return err
}
