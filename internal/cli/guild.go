package cli

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/roster"
)

const guildsPath = "/dev/v1/guilds"

func newGuildCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("guild", "Show and change the guilds that answer IDIP in a running rookery dev",
		`Show and change the guilds that answer IDIP in a running rookery dev. They stand in for the server of a game: the
platform asks them who is in a guild and who leads it. The games of the demo world have the roster's address as their
IDIP address; rookery dev --json prints it, for other games.`,
		&cobra.Command{
			Use: "list", Short: "List the guilds", Example: "  rookery dev guild list\n  rookery dev guild list --json", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return ask(cmd.Context(), c, http.MethodGet, guildsPath, nil, func(guilds []roster.Guild) error { return c.showGuilds(guilds...) })
			},
		},
		newGuildSetCommand(c),
		newGuildRemoveCommand(c),
	))
}

// addGuildFlags adds the flags that name a guild in addition to its id.
func addGuildFlags(cmd *cobra.Command, guild *platform.Guild) {
	flags := cmd.Flags()
	flags.TextVar(&guild.AppID, "app", platform.AppID(0), "`appid` of the guild's game")
	flags.StringVar(&guild.Zone, "zone", "0", "`zone` of the guild; 0 at a game without zones")
	_ = cmd.MarkFlagRequired("app") // fails only without such a flag
}

func newGuildSetCommand(c *client) *cobra.Command {
	var guild roster.Guild
	cmd := &cobra.Command{
		Use:   "set GUILD",
		Short: "Make a guild, or change all of it",
		Long: `Make a guild, or change all of it: its name, its leader and its members, who are accounts. The leader is a member too.
The roster is in memory: a new rookery dev begins with the guilds of the demo world.`,
		Example: `  rookery dev guild set 2134 --app 100700001 --zone 1 --name 'Night Herons' --leader 10001 --member 10002 --member 10003
  rookery dev guild set 2134 --app 100700001 --zone 1 --leader 10002     # nobody else is in it now`,
		Args: exactArgs("GUILD"),
		RunE: func(cmd *cobra.Command, args []string) error {
			guild.ID = args[0]
			return ask(cmd.Context(), c, http.MethodPost, guildsPath, guild, func(guild roster.Guild) error { return c.showGuilds(guild) })
		},
	}
	addGuildFlags(cmd, &guild.Guild)
	flags := cmd.Flags()
	flags.StringVar(&guild.Name, "name", "", "`name` of the guild")
	flags.TextVar(&guild.Leader, "leader", platform.UIN(0), "`UIN` of its leader")
	flags.Func("member", "`UIN` of a member; repeatable", func(text string) error {
		uin, err := platform.ParseUIN(text)
		guild.Members = append(guild.Members, uin)
		return err
	})
	_ = cmd.MarkFlagRequired("leader")
	return cmd
}

func newGuildRemoveCommand(c *client) *cobra.Command {
	var guild platform.Guild
	cmd := &cobra.Command{
		Use:     "remove GUILD",
		Short:   "Disband a guild",
		Example: `  rookery dev guild remove 2134 --app 100700001 --zone 1`,
		Args:    exactArgs("GUILD"),
		RunE: func(cmd *cobra.Command, args []string) error {
			guild.ID = args[0]
			if err := guild.Validate(); err != nil {
				return usageErrorf("%w", err)
			}
			path := guildsPath + "/" + guild.AppID.String() + "/" + url.PathEscape(guild.Zone) + "/" + url.PathEscape(guild.ID)
			return ask(cmd.Context(), c, http.MethodDelete, path, nil, func(guild platform.Guild) error {
				_, err := fmt.Fprintf(c.out, "App %s has no guild %s in zone %s now.\n", guild.AppID, guild.ID, guild.Zone)
				return err
			})
		},
	}
	addGuildFlags(cmd, &guild)
	return cmd
}

func (c *client) showGuilds(guilds ...roster.Guild) error {
	t := newTable(c.out)
	t.row("APPID", "ZONE", "GUILD", "NAME", "LEADER", "MEMBERS")
	for _, g := range guilds {
		t.row(g.AppID, g.Zone, g.ID, g.Name, g.Leader, listed(g.Members))
	}
	return t.flush()
}
