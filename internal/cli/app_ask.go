package cli

import (
	"errors"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
)

func newAppAskCommand(c *client) *cobra.Command {
	var question admin.GuildQuestion
	cmd := &cobra.Command{
		Use:   "ask APPID GUILD",
		Short: "Ask a game's server about a guild, as the group interfaces do",
		Long: `Ask a game's server about a guild and one of its players, by IDIP, as the group interfaces do before they answer 221009,
-182008 or -500008. It shows what the server answers, or why there is no answer; then the exit status is 1.`,
		Example: `  rookery app ask 100700001 2134 --zone 1 --openid 10000000000000000001
  rookery app ask 100700001 2134 --zone 1 --openid 10000000000000000001 --json`,
		Args: exactArgs("APPID", "GUILD"),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := appPath(args[0])
			if err != nil {
				return err
			}
			question.Guild = args[1]
			return ask(cmd.Context(), c, http.MethodPost, path+"/idip", question, c.showGuildAnswer)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&question.Zone, "zone", "0", "`zone` of the guild; 0 at a game without zones")
	flags.StringVar(&question.OpenID, "openid", "", "`openid` of the player, as the game knows it: at a game with MSDK V5 the MSDK openid")
	flags.StringVar(&question.RoleID, "role", "", "`id` of the player's role")
	_ = cmd.MarkFlagRequired("openid") // fails only without such a flag
	return cmd
}

func (c *client) showGuildAnswer(a admin.GuildAnswer) error {
	if a.Problem != "" {
		return &exitError{status: ExitFailure, err: errors.New(a.Problem)}
	}
	t := newTable(c.out)
	t.row("Guild", a.Name)
	t.row("Leader", a.LeaderOpenID)
	t.row("Member", yesNo(a.Member))
	t.row("Leads", yesNo(a.Leader))
	return t.flush()
}
