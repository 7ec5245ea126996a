package cli

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/platform"
)

func newAchievementCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	cmd := &cobra.Command{Use: "achievement", Short: "Show what players have achieved"}
	cmd.AddCommand(newAchievementListCommand(c), newAchievementShowCommand(c))
	c.addFlags(cmd)
	return cmd
}

// achiever is a player of an app, as flags name them.
type achiever struct{ app, uin string }

func (a *achiever) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&a.app, "app", "", "`number` of the app")
	flags.StringVar(&a.uin, "uin", "", "`number` of the player's account")
	_ = cmd.MarkFlagRequired("app") // fails only without such a flag
	_ = cmd.MarkFlagRequired("uin")
}

// ask asks for the player's values; of one type only with a query.
func (a *achiever) ask(cmd *cobra.Command, c *client, query string, show func(*admin.Achievements) error) error {
	app, err := platform.ParseAppID(a.app)
	if err != nil {
		return usageErrorf("--app: %w", err)
	}
	uin, err := platform.ParseUIN(a.uin)
	if err != nil {
		return usageErrorf("--uin: %w", err)
	}
	return ask(cmd.Context(), c, http.MethodGet, appsPath+"/"+app.String()+"/achievements?uin="+uin.String()+query, nil, show)
}

func newAchievementListCommand(c *client) *cobra.Command {
	of := new(achiever)
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List a player's values that have not expired",
		Example: `  rookery achievement list --app 100700001 --uin 10001
  rookery achievement list --app 100700001 --uin 10001 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return of.ask(cmd, c, "", c.listAchievements) },
	}
	of.addFlags(cmd)
	return cmd
}

func newAchievementShowCommand(c *client) *cobra.Command {
	of := new(achiever)
	cmd := &cobra.Command{
		Use:     "show TYPE",
		Short:   "Show a player's value of one type",
		Example: `  rookery achievement show 3 --app 100700001 --uin 10001`,
		Args:    exactArgs("TYPE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := strconv.Atoi(args[0])
			if err != nil || kind < 1 {
				return usageErrorf("%q is not the number of a type", args[0])
			}
			return of.ask(cmd, c, "&type="+strconv.Itoa(kind), c.showAchievement)
		},
	}
	of.addFlags(cmd)
	return cmd
}

func (c *client) listAchievements(a *admin.Achievements) error {
	if len(a.Achievements) == 0 {
		_, err := fmt.Fprintf(c.out, "account %s has achieved nothing in this app\n", a.UIN)
		return err
	}
	t := newTable(c.out)
	t.row("TYPE", "NAME", "VALUE", "EXPIRES", "UPDATED")
	for _, one := range a.Achievements {
		t.row(strconv.Itoa(one.Type), one.Name, one.Data, expiry(one), updated(one))
	}
	return t.flush()
}

func (c *client) showAchievement(a *admin.Achievements) error {
	t := newTable(c.out)
	for _, one := range a.Achievements {
		t.row("Type", one.Type)
		t.row("Name", one.Name)
		t.row("Value", one.Data)
		t.row("Expires", expiry(one))
		t.row("Updated", updated(one))
	}
	return t.flush()
}

func expiry(a admin.Achieved) string {
	if a.ExpiresMS == 0 {
		return "never"
	}
	return when(a.ExpiresMS)
}

func updated(a admin.Achieved) string {
	if a.Derived {
		return "computed"
	}
	return when(a.UpdatedMS)
}
