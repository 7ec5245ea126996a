package cli

import (
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
)

const answersPath = "/dev/v1/answers"

func newAnswerCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	var (
		answer access.ForcedAnswer
		after  time.Duration
	)
	cmd := &cobra.Command{
		Use:   "answer --api PATH --code DOMAIN/NUMBER",
		Short: "Make an interface of a running rookery dev answer a code, to test what a game does then",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("retry-after") {
				answer.RetryAfter = after.String()
			}
			return ask(cmd.Context(), c, http.MethodPost, answersPath, answer, func(a access.ForcedAnswer) error { return c.showAnswers(a) })
		},
		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List the answers that are forced", Example: "  rookery dev answer list", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return ask(cmd.Context(), c, http.MethodGet, answersPath, nil, func(all []access.ForcedAnswer) error { return c.showAnswers(all...) })
			},
		},
		newClearCommand(c, "answer", "Stop forcing one answer, or all", answersPath),
	)
	c.addFlags(cmd)
	cmd.Long = `Make an interface of a running rookery dev answer a code, to test what a game does then. The answer has the form, the
text and the HTTP status that the interface gives the code, without details of a particular call. Where the code asks
the caller to slow down, Retry-After says for how long.

It takes the place of the interface's own work, after all of its checks, which docs/routes.md lists: a call with a wrong
signature is refused for that, and is not counted. The code must be one that the interface can answer. To see what a
failing part does to calls and data, use 'rookery dev fault'; to make a command of the bus answer a result, use
'rookery dev fault add backend.answer:COMMAND=RESULT'.

A forced answer has the header X-Rookery-Forced, and its event in the log the member forced. The metrics count it as
forced, and 'rookery dev requests' shows it as refused by the stage forced.` + operatorLong
	cmd.Example = `  rookery dev answer --api /v2/group/join_group --code group/221012 --times 1
  rookery dev answer --api /v2/auth/verify_login --code qq/-6 --app 100700001 --retry-after 30s
  rookery dev answer --api '/cgi-bin/QQConnect.fcgi?cmd=gc_rank' --code gamecenter/-4009
  rookery dev answer clear`
	flags := cmd.Flags()
	flags.StringVar(&answer.API, "api", "", "`path` of the interface and, after a ?, parameters that a call must have")
	flags.StringVar(&answer.Code, "code", "", "`code` by its domain and number, as in group/221012")
	flags.IntVar(&answer.Times, "times", 0, "answer this `many` calls; 0 for no limit")
	flags.TextVar(&answer.AppID, "app", platform.AppID(0), "only calls of this `appid`")
	flags.DurationVar(&after, "retry-after", time.Second, "what Retry-After says, as in `30s` (default: 1s with a code that asks to slow down, nothing with others)")
	flags.Lookup("retry-after").DefValue = "0s" // the text says it
	_ = cmd.MarkFlagRequired("api")             // fails only without such a flag
	_ = cmd.MarkFlagRequired("code")
	return cmd
}

func (c *client) showAnswers(answers ...access.ForcedAnswer) error {
	t := newTable(c.out)
	t.row("ID", "API", "CODE", "APPID", "TIMES LEFT", "RETRY-AFTER", "HITS")
	for _, a := range answers {
		t.row(a.ID, a.API, a.Code, orAll(a.AppID, a.AppID == 0), orAll(a.Times, a.Times == 0), a.RetryAfter, a.Hits)
	}
	return t.flush()
}
