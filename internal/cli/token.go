package cli

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

func newTokenCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("token", "Issue, inspect and revoke tokens", "",
		newTokenIssueCommand(c), newTokenInspectCommand(c), newTokenRevokeCommand(c)))
}

// addGrantFlags adds the flags that name an account's authorization at an app.
func addGrantFlags(cmd *cobra.Command, app *platform.AppID, uin *platform.UIN) {
	cmd.Flags().TextVar(app, "app", platform.AppID(0), "`appid` of the app")
	cmd.Flags().TextVar(uin, "uin", platform.UIN(0), "`uin` of the account")
	_ = cmd.MarkFlagRequired("app") // fails only without such a flag
	_ = cmd.MarkFlagRequired("uin")
}

func newTokenIssueCommand(c *client) *cobra.Command {
	var (
		req      admin.TokenRequest
		lifetime time.Duration
	)
	cmd := &cobra.Command{
		Use:   "issue",
		Short: "Issue a token as if the person had just logged in",
		Long: `Issue a token as if the person had just logged in. Standard output gets only the token, standard error
whose it is and when it expires.

An access token supersedes the older ones of the same person at the same app, and so does a pay token; the other kinds
do not affect each other.`,
		Example: `  rookery token issue --app 100700001 --uin 10001 --kind access
  rookery token issue --app 100700001 --uin 10001 --kind msdk --ttl 10m
  rookery token issue --app 100700001 --uin 10001 --kind pay --ttl 0s     # already expired
  rookery token issue --app 100700001 --uin 10001 --kind openkey --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := token.ParseKind(req.Kind); err != nil {
				return usageErrorf("--kind %q is not one of %s", req.Kind, strings.Join(token.Kinds(), ", "))
			}
			if cmd.Flags().Changed("ttl") {
				req.Lifetime = lifetime.String()
			}
			return ask(cmd.Context(), c, http.MethodPost, "/admin/v1/tokens", req, c.showIssued)
		},
	}
	addGrantFlags(cmd, &req.AppID, &req.UIN)
	flags := cmd.Flags()
	flags.StringVar(&req.Kind, "kind", "", "`kind` of token: "+strings.Join(token.Kinds(), ", "))
	_ = cmd.MarkFlagRequired("kind")
	flags.DurationVar(&lifetime, "ttl", 0, "`duration` of its life; the default and maximum depend on the kind")
	flags.BoolVar(&req.PC, "pc", false, "the authorization comes through the PC SDK")
	return cmd
}

func (c *client) showIssued(issued admin.IssuedToken) error {
	whom := fmt.Sprintf("openid %s", issued.OpenID)
	if issued.MSDKOpenID != 0 {
		whom += fmt.Sprintf(", MSDK openid %s", issued.MSDKOpenID)
	}
	if issued.GuestID != "" {
		whom += fmt.Sprintf(", guestid %s", issued.GuestID)
	}
	fmt.Fprintf(c.err, "%s, expires %s\n", whom, when(issued.ExpiresMS))
	_, err := fmt.Fprintln(c.out, issued.Token)
	return err
}

func newTokenInspectCommand(c *client) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "inspect",
		Short: "Show what a token says, and whether it is valid now",
		Long: "Show what a token says, and whether it is valid now. The platform's own check is asked, so a valid openkey is\n" +
			"renewed. The token is the first line of standard input or of --file.",
		Example: `  rookery token inspect < token.txt
  rookery token inspect --file token.txt --json
  rookery token issue --app 100700001 --uin 10001 --kind access | rookery token inspect`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			token, err := c.secret(cmd.Context(), "token", file, false)
			if err != nil {
				return err
			}
			return ask(cmd.Context(), c, http.MethodPost, "/admin/v1/tokens/inspect", admin.TokenText{Token: token}, c.showInspection)
		},
	}
	cmd.Flags().StringVar(&file, "file", "", "`file` with the token on its first line; - is standard input")
	return cmd
}

func (c *client) showInspection(in admin.Inspection) error {
	t := newTable(c.out)
	t.row("Kind", in.Kind)
	t.row("App", in.AppID)
	t.row("Openid", in.OpenID)
	if in.MSDKOpenID != 0 {
		t.row("MSDK openid", in.MSDKOpenID)
	}
	t.row("Issued", when(in.IssuedMS))
	t.row("Expires", when(in.ExpiresMS))
	t.row("Valid", yesNo(in.Sound))
	if in.Check != "" {
		t.row("Check", fmt.Sprintf("oidb %s answers %d", in.Check, in.Result))
	}
	domain := retcode.AccessToken
	if in.Kind == token.Pay {
		domain = retcode.PayToken
	}
	if code, ok := retcode.Lookup(domain, in.Result); ok && in.Result != 0 {
		entry := code.Entry()
		t.row("Meaning", entry.Summary)
		t.row("Remedy", entry.Remedy)
		if entry.OnRookery != "" {
			t.row("Rookery", entry.OnRookery)
		}
	}
	return t.flush()
}

func newTokenRevokeCommand(c *client) *cobra.Command {
	var (
		req admin.Revocation
		yes bool
	)
	cmd := &cobra.Command{
		Use:   "revoke",
		Short: "End every token that an account gave an app so far",
		Example: `  rookery token revoke --app 100700001 --uin 10001
  rookery token revoke --app 100700001 --uin 10001 --by user --yes`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if req.By != "operator" && req.By != "user" {
				return usageErrorf("--by %q is neither operator nor user", req.By)
			}
			what := fmt.Sprintf("end every token of account %s at app %s", req.UIN, req.AppID)
			if err := c.confirm(cmd.Context(), yes, what); err != nil {
				return err
			}
			return ask(cmd.Context(), c, http.MethodPost, "/admin/v1/tokens/revoke", req, func(done admin.Revocation) error {
				_, err := fmt.Fprintf(c.out, "Every token of account %s at app %s has ended.\n", done.UIN, done.AppID)
				return err
			})
		},
	}
	addGrantFlags(cmd, &req.AppID, &req.UIN)
	cmd.Flags().StringVar(&req.By, "by", "operator", "who ends them: `operator` or user; checks answer accordingly")
	addYesFlag(cmd, &yes)
	return cmd
}

func addYesFlag(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVar(yes, "yes", false, "do it without asking")
}
