package cli

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/doctor"
)

func newDoctorCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	var (
		app      string
		question doctor.Question
	)
	cmd := c.addFlags(&cobra.Command{
		Use:   "doctor --app APPID",
		Short: "Check what the integration of a game trips over, and say how to mend it",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := appPath(app)
			if err != nil {
				return err
			}
			asked := time.Now()
			answer, err := c.call(cmd.Context(), http.MethodPost, path+"/doctor", question)
			answered := time.Now()
			if err != nil {
				return err
			}
			var report doctor.Report
			if err := json.Unmarshal(answer, &report); err != nil {
				return fmt.Errorf("this rookery does not understand the platform's answer: %w", err)
			}
			report.CheckClock(asked, answered)
			report.CheckCertificate(cmd.Context())
			return c.showReport(&report)
		},
	})
	cmd.Long = `Check an app's settings, and how its game, its game's server and the platform reach each other: what a new integration
trips over. Each finding has the code with which calls are refused, if there is one, the reason, and the command that
mends it. Run it where the game's back end runs: the clock and the certificate are looked at from this machine.

  state          the app is switched on
  environment    formal or test, and the test numbers
  keys           present, long enough, and not those of the demo world; a change of the appkey
  addresses      the allow lists; with --from, whether the game's servers are on them
  permissions    granted, closed by an audit; with --api, whether the game may call what it calls
  rates          of the app's APIs
  redirects      where a login may return to; with --redirect-uri, whether that is registered
  https          the platform's address, and whether the app requires HTTPS
  idip           whether the game's server answers the platform
  scenes         of Ark messages: online and in effect
  achievements   types that every report must have
  clock          the platform's against this machine's
  certificate    its names and its end, where the platform's address has https

The exit status is 0 when there is no problem, though there may be warnings, and 1 when there is one.` + operatorLong
	cmd.Example = `  rookery doctor --app 100700001
  rookery doctor --app 100700001 --from 192.0.2.7 --api /v2/group/join_group
  rookery doctor --app 100700001 --redirect-uri https://magpie.example/callback
  rookery doctor --app 100700001 --json | jq '.findings[] | select(.level != "ok")'`
	flags := cmd.Flags()
	flags.StringVar(&app, "app", "", "`appid` of the app")
	flags.Func("from", "`address` of a server of the game, as the platform sees it; repeatable", func(text string) error {
		addr, err := netip.ParseAddr(text)
		question.From = append(question.From, addr)
		return err
	})
	flags.StringArrayVar(&question.APIs, "api", nil, "`path` of an interface that the game calls; repeatable")
	flags.StringArrayVar(&question.RedirectURIs, "redirect-uri", nil, "`URI` that the game sends as redirect_uri; repeatable")
	_ = cmd.MarkFlagRequired("app") // fails only without such a flag
	cmd.PersistentFlags().Lookup("json").Usage = "print the report as JSON"
	return cmd
}

func (c *client) showReport(report *doctor.Report) (err error) {
	if c.asJSON {
		err = writeJSON(c.out, report)
	} else {
		err = c.tabulate(report.Findings)
	}
	if err == nil && slices.ContainsFunc(report.Findings, func(f doctor.Finding) bool { return f.Level == doctor.Problem }) {
		err = &exitError{status: ExitFailure}
	}
	return err
}

// tabulate shows a line for each finding, and below it the command that mends it.
func (c *client) tabulate(findings []doctor.Finding) error {
	t := newTable(c.out)
	t.row("CHECK", "RESULT", "CODE", "REASON")
	for _, f := range findings {
		t.row(f.Check, f.Level, f.Code, f.Reason)
		if f.Command != "" {
			t.row(" ", " ", " ", "mend it: "+f.Command)
		}
	}
	return t.flush()
}
