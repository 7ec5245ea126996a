package cli

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/platform"
)

func newAppCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("app", "Create, list and change apps", "",
		newAppCreateCommand(c),
		newAppListCommand(c),
		newAppShowCommand(c),
		newAppUpdateCommand(c),
		newAppRotateKeyCommand(c),
		newAppAskCommand(c),
	))
}

const appsPath = "/admin/v1/apps"

// appPath returns the admin API's path of the app that a command's argument names.
func appPath(arg string) (string, error) {
	id, err := platform.ParseAppID(arg)
	if err != nil {
		return "", usageErrorf("%w", err)
	}
	return appsPath + "/" + id.String(), nil
}

func newAppCreateCommand(c *client) *cobra.Command {
	var settings admin.AppSettings
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Register an app and show its new keys",
		Long: `Register an app and show its new keys. It is online, in the formal environment, and granted the APIs of a login,
unless the flags say otherwise. With a gameid it is an MSDK V5 game and gets V5's keys too.

` + appFlagsHelp,
		Example: `  rookery app create --name 'Magpie Arena' --gameid 21
  rookery app create --name Heron --environment test --test-number 10001 --test-number 10002
  rookery app create --name Wren --api login --api verify_login --allow 192.0.2.7 --allow 10.0.0.0/8 --json
  rookery app create --name Kite --rate verify_login=app:100/s,user:5/m
  rookery app create --name Lark --redirect-uri https://lark.example/callback --require-pkce --developer aviary --unionid`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.warnOfRedirects(settings.RedirectURIs)
			return ask(cmd.Context(), c, http.MethodPost, appsPath, settings, func(app platform.App) error {
				return c.showApp(app, true)
			})
		},
	}
	addAppFlags(cmd, &settings)
	flags := cmd.Flags()
	flags.Func("appid", "`number` of the app (default: the next free one)", into(&settings.AppID, platform.ParseAppID))
	_ = cmd.MarkFlagRequired("name") // fails only without such a flag
	return cmd
}

// warnOfRedirects says which redirect URIs make codes travel unencrypted; they may be lists with semicolons.
func (c *client) warnOfRedirects(uris *[]string) {
	if uris == nil {
		return
	}
	for _, uri := range strings.Split(strings.Join(*uris, ";"), ";") {
		if config.Unencrypted(strings.TrimSpace(uri)) {
			fmt.Fprintf(c.err, "warning: %s is plain HTTP, so whoever is between the browser and the game reads the codes of logins: use https\n", clean(strings.TrimSpace(uri)))
		}
	}
}

func newAppListCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the apps, without their keys",
		Example: `  rookery app list
  rookery app list --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), c, http.MethodGet, appsPath, nil, func(apps []platform.App) error {
				t := newTable(c.out)
				t.row("APPID", "GAMEID", "ENVIRONMENT", "ONLINE", "NAME")
				for _, app := range apps {
					t.row(app.AppID, game(app), app.Environment, yesNo(app.Online), app.Name)
				}
				return t.flush()
			})
		},
	}
}

func newAppShowCommand(c *client) *cobra.Command {
	var keys bool
	cmd := &cobra.Command{
		Use:   "show APPID",
		Short: "Show an app, with its keys only when asked",
		Example: `  rookery app show 100700001
  rookery app show 100700001 --keys
  rookery app show 100700001 --json`,
		Args: exactArgs("APPID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := appPath(args[0])
			if err != nil {
				return err
			}
			if keys {
				path += "/keys"
			}
			return ask(cmd.Context(), c, http.MethodGet, path, nil, func(app platform.App) error {
				return c.showApp(app, keys)
			})
		},
	}
	cmd.Flags().BoolVar(&keys, "keys", false, "show its keys too")
	return cmd
}

func newAppUpdateCommand(c *client) *cobra.Command {
	var settings admin.AppSettings
	cmd := &cobra.Command{
		Use:   "update APPID",
		Short: "Change an app; what no flag names stays as it is",
		Long: `Change an app. What no flag names stays as it is.

` + appFlagsHelp + `
The flags --grant, --withdraw, --restrict and --unrestrict change single APIs of a list, and --rate the rate of one API.`,
		Example: `  rookery app update 100700001 --offline
  rookery app update 100700001 --grant get_user_info --withdraw decrypt
  rookery app update 100700001 --restrict verify_login       # by a security audit
  rookery app update 100700001 --rate verify_login=user:5/m --rate decrypt=none
  rookery app update 100700001 --allow none --allow-sensitive 192.0.2.7
  rookery app update 100700001 --grant relation              # whole friend lists
  rookery app update 100700001 --message-limits sender_day=20,pair_day=2
  rookery app update 100700001 --grant gamecenter --achievement-type 1001=stars --companions 12
  rookery app update 100700001 --idip https://idip.magpie.example/idip
  rookery app update 100700001 --redirect-uri https://magpie.example/callback --require-pkce
  rookery app update 100700001 --require-nonce               # no call can be repeated`,
		Args: exactArgs("APPID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := appPath(args[0])
			if err != nil {
				return err
			}
			if reflect.ValueOf(settings).IsZero() {
				return usageErrorf("nothing to change: give at least one flag that names a setting")
			}
			c.warnOfRedirects(settings.RedirectURIs)
			return ask(cmd.Context(), c, http.MethodPatch, path, settings, func(app platform.App) error {
				return c.showApp(app, false)
			})
		},
	}
	addAppFlags(cmd, &settings)
	flags := cmd.Flags()
	flags.StringArrayVar(&settings.Grant, "grant", nil, "grant this `API` too")
	flags.StringArrayVar(&settings.Withdraw, "withdraw", nil, "withdraw this `API`")
	flags.StringArrayVar(&settings.Restrict, "restrict", nil, "close this `API` by a security audit")
	flags.StringArrayVar(&settings.Unrestrict, "unrestrict", nil, "open this `API` after a security audit")
	return cmd
}

func newAppRotateKeyCommand(c *client) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "rotate-key APPID NAME",
		Short: "Give an app a new key and print it; the old one ends at once",
		Long: `Give an app a new key and print it; the old one ends at once. NAME is appkey, msdkkey, client_sigkey, or
sigkey:SOURCE for the MSDK V5 key of a source, new or not.`,
		Example: `  rookery app rotate-key 100700001 appkey
  rookery app rotate-key 100700001 sigkey:0 --key-file key.txt`,
		Args: exactArgs("APPID", "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := appPath(args[0])
			if err != nil {
				return err
			}
			key := admin.AppKey{Name: args[1]}
			if file != "" {
				if key.Key, err = c.secret(cmd.Context(), "key", file, true); err != nil {
					return err
				}
			}
			return ask(cmd.Context(), c, http.MethodPost, path+"/keys", key, func(key admin.AppKey) error {
				_, err := fmt.Fprintln(c.out, key.Key)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&file, "key-file", "", "`file` with the key on its first line; - is standard input (default: a random key)")
	return cmd
}

func game(app platform.App) string {
	if app.GameID == 0 {
		return ""
	}
	return app.GameID.String()
}

func (c *client) showApp(app platform.App, keys bool) error {
	t := newTable(c.out)
	t.row("AppID", app.AppID)
	t.row("Name", app.Name)
	t.row("GameID", game(app))
	t.row("Environment", app.Environment)
	t.row("Online", yesNo(app.Online))
	t.row("TLS required", yesNo(app.RequireTLS))
	t.row("APIs", listed(app.APIs))
	t.row("Restricted", listed(app.Restricted))
	t.row("Allowed", callers(app.AllowOrdinary))
	t.row("Allowed sensitive", callers(app.AllowSensitive))
	for _, api := range slices.Sorted(maps.Keys(app.Rates)) {
		t.row("Rate of "+api, rates(app.Rates[api]))
	}
	limits := app.Limits()
	t.row("Messages", limitsOf(&limits))
	if len(app.AchievementTypes) > 0 {
		t.row("Achievement types", listed(achievementTypes(app.AchievementTypes)))
	}
	t.row("Companions", listed(app.RequiredCompanions()))
	t.row("Redirect URIs", listed(app.RedirectURIs))
	t.row("PKCE required", yesNo(app.RequirePKCE))
	t.row("Implicit flow", yesNo(app.Implicit))
	t.row("Nonce required", yesNo(app.RequireNonce))
	t.row("Third party", yesNo(app.Open))
	t.row("IDIP", app.IDIP)
	t.row("Developer", app.Developer)
	t.row("Unionids", yesNo(app.UnionID))
	t.row("Test numbers", listed(app.TestNumbers))
	if keys {
		t.row("appkey", app.AppKey)
		t.row("msdkkey", app.MSDKKey)
		for _, source := range slices.Sorted(maps.Keys(app.SigKeys)) {
			t.row("sigkey:"+source, app.SigKeys[source])
		}
		if app.ClientSigKey != "" {
			t.row("client_sigkey", app.ClientSigKey)
		}
	}
	return t.flush()
}

// achievementTypes formats types as --achievement-type takes them.
func achievementTypes(list []platform.AchievementType) []string {
	texts := make([]string, len(list))
	for i, t := range list {
		texts[i] = fmt.Sprintf("%d=%s", t.Type, t.Name)
		if t.Text {
			texts[i] += ":text"
		}
	}
	return texts
}

func callers[T any](allowed []T) string {
	if len(allowed) == 0 {
		return "any address"
	}
	return listed(allowed)
}

// limitsOf formats limits of messages as --message-limits takes them.
func limitsOf(limits *platform.MessageLimits) string {
	parts := make([]string, len(platform.MessageLimitNames))
	for i, limit := range platform.MessageLimitNames {
		parts[i] = fmt.Sprintf("%s=%d", limit.Name, *limit.Of(limits))
	}
	return strings.Join(parts, ",")
}

// rates formats an API's rates as --rate takes them.
func rates(limit platform.RateLimit) string {
	var parts []string
	if limit.App != (platform.Rate{}) {
		parts = append(parts, "app:"+limit.App.String())
	}
	if limit.User != (platform.Rate{}) {
		parts = append(parts, "user:"+limit.User.String())
	}
	return strings.Join(parts, ",")
}
