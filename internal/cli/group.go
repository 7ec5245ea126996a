package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/qqgroups"
)

func newGroupCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("group", "List, make and change QQ groups, and show which guilds they serve", "",
		newGroupListCommand(c),
		newGroupShowCommand(c),
		newGroupCreateCommand(c),
		newGroupUpdateCommand(c),
		newGroupSealCommand(c),
		newGroupDisbandCommand(c),
		newGroupBindingsCommand(c),
		newGroupUnbindCommand(c),
	))
}

const groupsPath = "/admin/v1/groups"

// groupPath returns the admin API's path of the group that a command's argument names.
func groupPath(arg string) (string, error) {
	gc, err := platform.ParseGC(arg)
	if err != nil {
		return "", usageErrorf("%w", err)
	}
	return groupsPath + "/" + gc.String(), nil
}

func newGroupListCommand(c *client) *cobra.Command {
	var (
		after platform.GC
		uin   platform.UIN
		limit uint
	)
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List groups by number, a page at a time",
		Example: `  rookery group list
  rookery group list --uin 10001
  rookery group list --after 700000100 --limit 1000 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query := pageQuery(after, limit)
			if uin != 0 {
				query.Set("uin", uin.String())
			}
			return ask(cmd.Context(), c, http.MethodGet, groupsPath+"?"+query.Encode(), nil, func(page []platform.Group) error {
				return c.showGroups(page, limit)
			})
		},
	}
	cmd.Flags().TextVar(&after, "after", platform.GC(0), "only groups above this `number`")
	cmd.Flags().TextVar(&uin, "uin", platform.UIN(0), "only groups that this `account` is in")
	cmd.Flags().UintVar(&limit, "limit", 100, "at most this `many`, up to 1000")
	return cmd
}

// pageQuery returns the URL parameters of a page.
func pageQuery(after fmt.Stringer, limit uint) url.Values {
	return url.Values{"limit": {strconv.FormatUint(uint64(limit), 10)}, "after": {after.String()}}
}

func (c *client) showGroups(page []platform.Group, limit uint) error {
	t := newTable(c.out)
	t.row("NUMBER", "OWNER", "MEMBERS", "KIND", "STATE", "CREATED", "NAME")
	for _, g := range page {
		t.row(g.GC, g.Owner, fmt.Sprintf("%d/%d", g.Members, g.Capacity), groupKind(&g), groupState(&g), when(g.CreatedMS), g.Name)
	}
	if err := t.flush(); err != nil {
		return err
	}
	if len(page) > 0 && uint(len(page)) == limit {
		fmt.Fprintf(c.err, "There may be more: --after %s\n", page[len(page)-1].GC)
	}
	return nil
}

func groupKind(g *platform.Group) string {
	kind := "game"
	if !g.Game {
		kind = "ordinary"
	}
	if g.Fee {
		kind += ", fee"
	}
	return kind
}

func groupState(g *platform.Group) string {
	switch {
	case g.Disbanded:
		return "disbanded"
	case g.Sealed && g.ReadOnly:
		return "sealed, maintenance"
	case g.Sealed:
		return "sealed"
	case g.ReadOnly:
		return "maintenance"
	}
	return "open"
}

func newGroupShowCommand(c *client) *cobra.Command {
	var (
		after platform.UIN
		limit uint
	)
	cmd := &cobra.Command{
		Use:   "show NUMBER",
		Short: "Show a group with its guilds, newest messages and members",
		Example: `  rookery group show 700000001
  rookery group show 700000001 --after 10100 --limit 1000 --json`,
		Args: exactArgs("NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := groupPath(args[0])
			if err != nil {
				return err
			}
			return ask(cmd.Context(), c, http.MethodGet, path+"?"+pageQuery(after, limit).Encode(), nil, func(g admin.GroupDetails) error {
				return c.showGroupDetails(g, limit)
			})
		},
	}
	cmd.Flags().TextVar(&after, "after", platform.UIN(0), "only members above this `account`")
	cmd.Flags().UintVar(&limit, "limit", 100, "at most this `many` members, up to 1000")
	return cmd
}

func (c *client) showGroup(g platform.Group) error {
	t := newTable(c.out)
	t.row("Number", g.GC)
	t.row("Name", g.Name)
	t.row("Owner", g.Owner)
	t.row("Administrators", listed(g.Admins))
	t.row("Members", fmt.Sprintf("%d of at most %d", g.Members, g.Capacity))
	t.row("Kind", groupKind(&g))
	t.row("State", groupState(&g))
	t.row("Created", when(g.CreatedMS))
	return t.flush()
}

func (c *client) showGroupDetails(g admin.GroupDetails, limit uint) error {
	if err := c.showGroup(g.Group); err != nil {
		return err
	}
	if len(g.Guilds) > 0 {
		fmt.Fprintln(c.out)
		t := newTable(c.out)
		t.row("APPID", "ZONE", "GUILD")
		for _, guild := range g.Guilds {
			t.row(guild.AppID, guild.Zone, guild.ID)
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	if len(g.Messages) > 0 {
		fmt.Fprintln(c.out)
		t := newTable(c.out)
		t.row("MESSAGE", "SENT", "BY", "TITLE", "TEXT", "URL")
		for _, m := range g.Messages {
			t.row(m.ID, when(m.SentMS), m.UIN, m.Title, m.Text, m.URL)
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	if len(g.MemberList) == 0 {
		return nil
	}
	fmt.Fprintln(c.out)
	t := newTable(c.out)
	t.row("UIN", "ROLE", "SINCE", "CARD")
	for _, m := range g.MemberList {
		t.row(m.UIN, m.Role, when(m.SinceMS), m.Card)
	}
	if err := t.flush(); err != nil {
		return err
	}
	if uint(len(g.MemberList)) == limit {
		fmt.Fprintf(c.err, "There may be more: --after %s\n", g.MemberList[len(g.MemberList)-1].UIN)
	}
	return nil
}

func newGroupCreateCommand(c *client) *cobra.Command {
	var g admin.NewGroup
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a group, whatever the limits of its owner",
		Example: `  rookery group create --owner 10001 --name Lanterns
  rookery group create --owner 10001 --name Choir --game=false --fee --capacity 500 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), c, http.MethodPost, groupsPath, g, c.showGroup)
		},
	}
	flags := cmd.Flags()
	flags.TextVar(&g.Owner, "owner", platform.UIN(0), "`account` that owns it")
	flags.StringVar(&g.Name, "name", "", "`name` of the group")
	flags.IntVar(&g.Capacity, "capacity", 0, fmt.Sprintf("`number` of members that it takes, up to %d (default: %d)", qqgroups.MaxCapacity, qqgroups.Capacity))
	flags.BoolFunc("game", "it is a game group, which a guild can have; --game=false for an ordinary one (default: game)", into(&g.Game, strconv.ParseBool))
	flags.BoolVar(&g.Fee, "fee", false, "its members pay")
	_, _ = cmd.MarkFlagRequired("owner"), cmd.MarkFlagRequired("name") // they fail only without such a flag
	return cmd
}

func newGroupUpdateCommand(c *client) *cobra.Command {
	var change admin.GroupChange
	cmd := &cobra.Command{
		Use:   "update NUMBER",
		Short: "Change a group; what no flag names stays as it is",
		Long: `Change a group. What no flag names stays as it is. A new owner and administrators must be members. During maintenance
a group can be read and not changed, except by this command.`,
		Example: `  rookery group update 700000001 --owner 10002
  rookery group update 700000001 --admin 10002 --admin 10003 --capacity 500
  rookery group update 700000001 --maintenance
  rookery group update 700000001 --maintenance=false --fee=false --game --json`,
		Args: exactArgs("NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if change == (admin.GroupChange{}) {
				return usageErrorf("say what to change with a flag: %s --help lists them", cmd.CommandPath())
			}
			return c.changeGroup(cmd, args[0], change)
		},
	}
	flags := cmd.Flags()
	flags.Func("name", "`name` of the group", into(&change.Name, verbatim))
	flags.Func("owner", "`member` who owns it from now on", into(&change.Owner, platform.ParseUIN))
	flags.Func("admin", "`member` who is an administrator; repeatable: together they replace the list, none empties it", each(&change.Admins, platform.ParseUIN))
	flags.Func("capacity", "`number` of members that it takes", into(&change.Capacity, strconv.Atoi))
	flags.BoolFunc("game", "it is a game group; --game=false for an ordinary one", into(&change.Game, strconv.ParseBool))
	flags.BoolFunc("fee", "its members pay; --fee=false for a free one", into(&change.Fee, strconv.ParseBool))
	flags.BoolFunc("maintenance", "it is read-only; --maintenance=false ends that", into(&change.ReadOnly, strconv.ParseBool))
	return cmd
}

func (c *client) changeGroup(cmd *cobra.Command, arg string, change admin.GroupChange) error {
	path, err := groupPath(arg)
	if err != nil {
		return err
	}
	return ask(cmd.Context(), c, http.MethodPatch, path, change, c.showGroup)
}

func newGroupSealCommand(c *client) *cobra.Command {
	var lift bool
	cmd := &cobra.Command{
		Use:   "seal NUMBER",
		Short: "Seal a group, or lift the seal; members can still leave",
		Example: `  rookery group seal 700000001
  rookery group seal 700000001 --lift`,
		Args: exactArgs("NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			sealed := !lift
			return c.changeGroup(cmd, args[0], admin.GroupChange{Sealed: &sealed})
		},
	}
	cmd.Flags().BoolVar(&lift, "lift", false, "lift the seal")
	return cmd
}

func newGroupDisbandCommand(c *client) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "disband NUMBER",
		Short:   "End a group for ever; a guild's binding stays until it is unbound",
		Example: "  rookery group disband 700000001\n  rookery group disband 700000001 --yes --json",
		Args:    exactArgs("NUMBER"),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := groupPath(args[0])
			if err != nil {
				return err
			}
			if err := c.confirm(cmd.Context(), yes, "disband group "+args[0]); err != nil {
				return err
			}
			return ask(cmd.Context(), c, http.MethodPost, path+"/disband", nil, c.showGroup)
		},
	}
	addYesFlag(cmd, &yes)
	return cmd
}
