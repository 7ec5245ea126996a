package cli

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/dev"
	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
)

const faultsPath = "/dev/v1/faults"

func newFaultCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("fault", "Make parts of a running rookery dev fail", "",
		newFaultAddCommand(c),
		&cobra.Command{
			Use: "list", Short: "List the faults that are switched on", Example: "  rookery dev fault list", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return ask(cmd.Context(), c, http.MethodGet, faultsPath, nil, func(rules []fault.Rule) error { return c.showFaults(rules...) })
			},
		},
		newClearCommand(c, "fault", "Switch one fault off, or all", faultsPath),
	))
}

// newClearCommand clears one of a list's members by its number, or all.
func newClearCommand(c *client, what, short, path string) *cobra.Command {
	return &cobra.Command{
		Use: "clear [ID]", Short: short, Example: fmt.Sprintf("  rookery dev %s clear\n  rookery dev %[1]s clear 3", what),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageErrorf("%q takes one number at most, got %q", cmd.CommandPath(), args)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			target := path
			if len(args) == 1 {
				if _, err := strconv.ParseUint(args[0], 10, 31); err != nil {
					return usageErrorf("%q is not a number from the list", args[0])
				}
				target += "/" + args[0]
			}
			return ask(cmd.Context(), c, http.MethodDelete, target, nil, func(done dev.Cleared) error {
				_, err := fmt.Fprintf(c.out, "%d cleared\n", done.Cleared)
				return err
			})
		},
	}
}

func newFaultAddCommand(c *client) *cobra.Command {
	var rule fault.Rule
	cmd := &cobra.Command{
		Use:   "add POINT",
		Short: "Switch a fault on",
		Long: `Switch a fault on. A point names a part and how it fails:

  store.read:TABLE, store.write:TABLE    the storage
  cache.read:CACHE, cache.write:CACHE    what is cached for when the storage fails
  keyring.read                           the keys that open tokens
  bus.route:COMMAND                      the way to a command's back end, of which no instance is known
  bus.connect:COMMAND                    the connection to a command's back end
  bus.delay:COMMAND=DURATION             the same, slow; calls may take ` + oidb.Deadline.String() + ` at most
  bus.garble:COMMAND                     its answer, which cannot be parsed
  backend.answer:COMMAND=RESULT          the back end itself, which answers with this number
  handler:COMMAND                        the back end's own code; CMD of the Game Center: its handler
  idip.connect, idip.garble              the way to the game's server, and its answer
  events.write                           the outbox of binding events, in the write that they report
  notice.send                            the official account's notices

TABLE is ` + strings.Join(fault.Tables[:9], ", ") + `,
` + strings.Join(fault.Tables[9:17], ", ") + `,
` + strings.Join(fault.Tables[17:], ", ") + `;
CACHE is ` + strings.Join(fault.Caches, ", ") + `; COMMAND is ` + strings.Join(fault.Commands(), ", ") + `.

Without a condition every use of the part fails. A condition on an appid or openid works where the part is given one:
accounts have no appid, an openkey's session and a friend list no openid. The platform's caches in memory are emptied,
so that it must read again.`,
		Example: `  rookery dev fault add store.read:grants
  rookery dev fault add store.write:openkeys --appid 100700001 --times 1
  rookery dev fault add bus.delay:0x711=2s --interface /v2/auth/verify_login --rate 0.1`,
		Args: exactArgs("POINT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			rule.Point = args[0]
			return ask(cmd.Context(), c, http.MethodPost, faultsPath, rule, func(rule fault.Rule) error { return c.showFaults(rule) })
		},
	}
	flags := cmd.Flags()
	flags.TextVar(&rule.AppID, "appid", platform.AppID(0), "only for this `appid`")
	flags.StringVar(&rule.OpenID, "openid", "", "only for this `openid` or MSDK openid")
	flags.StringVar(&rule.Interface, "interface", "", "only for calls to this `path`")
	flags.IntVar(&rule.Times, "times", 0, "fail this `many` times; 0 for no limit")
	flags.Float64Var(&rule.Rate, "rate", 0, "fail this `share` of the calls, up to 1; 0 for all")
	flags.BoolVar(&rule.Panic, "panic", false, "panic, as a defect would, instead of failing (store, cache, keyring, handler and events)")
	return cmd
}

func (c *client) showFaults(rules ...fault.Rule) error {
	t := newTable(c.out)
	t.row("ID", "POINT", "APPID", "OPENID", "INTERFACE", "TIMES LEFT", "RATE", "HITS")
	for _, r := range rules {
		t.row(r.ID, r.Point, orAll(r.AppID, r.AppID == 0), orAll(r.OpenID, r.OpenID == ""), orAll(r.Interface, r.Interface == ""),
			orAll(r.Times, r.Times == 0), orAll(r.Rate, r.Rate == 0), r.Hits)
	}
	return t.flush()
}

// orAll shows a condition; all stands for none.
func orAll(condition any, none bool) any {
	if none {
		return "all"
	}
	return condition
}
