package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/platform"
)

// bindingsPath returns the admin API's path of the bindings of an app.
func bindingsPath(app platform.AppID) string { return "/admin/v1/apps/" + app.String() + "/bindings" }

func newGroupBindingsCommand(c *client) *cobra.Command {
	var (
		app   platform.AppID
		after string
		limit uint
	)
	cmd := &cobra.Command{
		Use:   "bindings",
		Short: "List which groups serve the guilds of an app, by zone and guild, a page at a time",
		Example: `  rookery group bindings --app 100700001
  rookery group bindings --app 100700001 --after 3/77 --limit 1000 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query := url.Values{"limit": {strconv.FormatUint(uint64(limit), 10)}}
			if after != "" {
				zone, guild, ok := strings.Cut(after, "/")
				if !ok {
					return usageErrorf("--after %q is not ZONE/GUILD such as 3/77", after)
				}
				query.Set("zone", zone)
				query.Set("guild", guild)
			}
			return ask(cmd.Context(), c, http.MethodGet, bindingsPath(app)+"?"+query.Encode(), nil, func(page []platform.Binding) error {
				return c.showBindings(page, limit)
			})
		},
	}
	addAppFlag(cmd, &app)
	cmd.Flags().StringVar(&after, "after", "", "only guilds after this one, `ZONE/GUILD`")
	cmd.Flags().UintVar(&limit, "limit", 100, "at most this `many`, up to 1000")
	return cmd
}

// addAppFlag adds a required --app.
func addAppFlag(cmd *cobra.Command, app *platform.AppID) {
	cmd.Flags().TextVar(app, "app", platform.AppID(0), "the game's `appid`")
	_ = cmd.MarkFlagRequired("app") // fails only without such a flag
}

func (c *client) showBindings(page []platform.Binding, limit uint) error {
	t := newTable(c.out)
	t.row("ZONE", "GUILD", "GROUP", "BOUND BY", "SINCE", "NAME")
	for _, b := range page {
		t.row(b.Zone, b.ID, b.GC, b.UIN, when(b.SinceMS), b.GuildName)
	}
	if err := t.flush(); err != nil {
		return err
	}
	if len(page) > 0 && uint(len(page)) == limit {
		last := page[len(page)-1]
		fmt.Fprintf(c.err, "There may be more: --after %s/%s\n", last.Zone, last.ID)
	}
	return nil
}

func newGroupUnbindCommand(c *client) *cobra.Command {
	var (
		app platform.AppID
		yes bool
	)
	cmd := &cobra.Command{
		Use:   "unbind ZONE/GUILD",
		Short: "End the service of a guild's group, whoever leads the guild and owns the group",
		Example: `  rookery group unbind 3/77 --app 100700001
  rookery group unbind 3/77 --app 100700001 --yes --json`,
		Args: exactArgs("ZONE/GUILD"),
		RunE: func(cmd *cobra.Command, args []string) error {
			zone, guild, _ := strings.Cut(args[0], "/")
			if err := (&platform.Guild{AppID: app, Zone: zone, ID: guild}).Validate(); err != nil {
				return usageErrorf("%q is not ZONE/GUILD such as 3/77: %w", args[0], err)
			}
			if err := c.confirm(cmd.Context(), yes, "unbind the group of guild "+args[0]); err != nil {
				return err
			}
			return ask(cmd.Context(), c, http.MethodDelete, bindingsPath(app)+"/"+args[0], nil, func(b platform.Binding) error {
				return c.showBindings([]platform.Binding{b}, 0)
			})
		},
	}
	addAppFlag(cmd, &app)
	addYesFlag(cmd, &yes)
	return cmd
}
