package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/ranking"
)

func newRankCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	var (
		app, around string
		board       = ranking.Weekly
		top         uint
	)
	cmd := &cobra.Command{
		Use:   "rank",
		Short: "Show the ranking of an app's players",
		Example: `  rookery rank --app 100700001
  rookery rank --app 100700001 --board all --top 100 --json
  rookery rank --app 100700001 --board 2026-11-23          # the week of that day
  rookery rank --app 100700001 --around 10001 --top 5      # the player's place, and two on each side`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			id, err := platform.ParseAppID(app)
			if err != nil {
				return usageErrorf("--app: %w", err)
			}
			query := url.Values{"board": {board}, "limit": {strconv.FormatUint(uint64(top), 10)}}
			if around != "" {
				uin, err := platform.ParseUIN(around)
				if err != nil {
					return usageErrorf("--around: %w", err)
				}
				query.Set("around", uin.String())
			}
			return ask(cmd.Context(), c, http.MethodGet, appsPath+"/"+id.String()+"/ranks?"+query.Encode(), nil, func(r *admin.Ranking) error {
				return c.showRanking(r, around)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&app, "app", "", "`number` of the app")
	_ = cmd.MarkFlagRequired("app") // fails only without such a flag
	flags.StringVar(&board, "board", board, "`name` of the board: weekly, all, or a date for the week of that day")
	flags.UintVar(&top, "top", ranking.DefaultPage, "`number` of places to show, at most "+strconv.Itoa(ranking.MaxPage))
	flags.StringVar(&around, "around", "", "`account` to show in the middle, in place of the first places")
	c.addFlags(cmd).Long = `Show the ranking of an app's players by their best scores, of a week or of all time.

Of equal scores the one that was reached earlier is ahead. A week is settled on Monday at 00:00 in the platform's time
zone; the boards of the last ` + strconv.Itoa(ranking.PastWeeks) + ` weeks can still be read.` + operatorLong
	return cmd
}

func (c *client) showRanking(r *admin.Ranking, around string) error {
	switch {
	case r.Players == 0:
		_, err := fmt.Fprintf(c.out, "nobody has a score on board %s\n", r.Board)
		return err
	case len(r.Places) == 0 && around != "":
		_, err := fmt.Fprintf(c.out, "account %s has no score on board %s\n", around, r.Board)
		return err
	}
	t := newTable(c.out)
	t.row("RANK", "SCORE", "ACCOUNT", "NICKNAME", "REACHED")
	for _, p := range r.Places {
		t.row(strconv.Itoa(p.Rank), p.Score.String(), p.UIN.String(), p.Nickname, when(p.ReachedMS))
	}
	if err := t.flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.out, "%d of %d players on board %s\n", len(r.Places), r.Players, r.Board)
	return err
}
