package cli

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/gamecmd"
)

func newGameCenterCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("gamecenter", "List and switch the commands of the Game Center's door", "",
		newGameCenterListCommand(c), newGameCenterSwitchCommand(c), newGameCenterIdentityCommand(c)))
}

const gameCommandsPath = "/admin/v1/gamecenter/commands"

func newGameCenterListCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the commands of /cgi-bin/QQConnect.fcgi",
		Example: `  rookery gamecenter list
  rookery gamecenter list --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), c, http.MethodGet, gameCommandsPath, nil, func(all []gamecmd.State) error { return c.showGameCommands(all...) })
		},
	}
}

func newGameCenterSwitchCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "switch CMD on|off",
		Short: "Switch a command on or off, for good",
		Long: `Switch a command of the Game Center's door on or off. Calls of one that is off are answered -4005. The decision stays
when the platform is started again.`,
		Example: `  rookery gamecenter switch gc_feed_post off
  rookery gamecenter switch gc_feed_post on`,
		Args: exactArgs("CMD", "on|off"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[1] != "on" && args[1] != "off" {
				return usageErrorf("%q is neither on nor off", args[1])
			}
			on := args[1] == "on"
			return c.decideGameCommand(cmd, args[0], gamecmd.Decision{On: &on})
		},
	}
}

func newGameCenterIdentityCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "identity CMD WAY,WAY...",
		Short: "Set the ways in which callers of a command may identify themselves",
		Long: `Set the ways in which callers of a command may identify themselves: some of those that it is declared with, which
'rookery gamecenter list' shows. access_token is for games; skey, with uin, and sid are for pages. With none, every
call of the command is answered -4014.`,
		Example: `  rookery gamecenter identity gc_achieve_get access_token,sid
  rookery gamecenter identity gc_achieve_get none`,
		Args: exactArgs("CMD", "WAY,WAY..."),
		RunE: func(cmd *cobra.Command, args []string) error {
			ways := []string{}
			if args[1] != "none" {
				ways = strings.Split(args[1], ",")
			}
			return c.decideGameCommand(cmd, args[0], gamecmd.Decision{Ways: &ways})
		},
	}
}

func (c *client) decideGameCommand(cmd *cobra.Command, name string, to gamecmd.Decision) error {
	return ask(cmd.Context(), c, http.MethodPatch, gameCommandsPath+"/"+url.PathEscape(name), to, func(s gamecmd.State) error { return c.showGameCommands(s) })
}

func (c *client) showGameCommands(all ...gamecmd.State) error {
	t := newTable(c.out)
	t.row("COMMAND", "ON", "IDENTITY", "COULD TAKE")
	for _, s := range all {
		ways := strings.Join(s.Ways, ", ")
		if ways == "" {
			ways = "none"
		}
		t.row(s.Name, yesNo(s.On), ways, strings.Join(s.Declared, ", "))
	}
	return t.flush()
}
