package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/sign"
)

func newDevCommand(s *streams) *cobra.Command {
	var (
		addr, bus string
		data      string
		asJSON    bool
		tsWindow  time.Duration
		words     string
	)
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a complete platform with a demo world, to develop and test against",
		Long: `Run a complete platform with a demo world: two games, eight accounts with friendships, and tokens of every kind.
It prints addresses, keys and curl commands that work when they are pasted, and serves until it is interrupted.

The world's keys and passwords are public: keep it on this machine. Without --data everything is gone at the end.
The log goes to standard error, one event a request. Of a refused signature it says, when it can tell, which mistake
made the signature that came; rookery dev requests shows the string that the platform signed.`,
		Example: `  rookery dev
  rookery dev --addr 127.0.0.1:0 --json      # for a test harness: one line of JSON once it is ready
  rookery dev --data ./platform              # keep the data`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if tsWindow < 0 {
				return usageErrorf("--v5-ts-window cannot be negative")
			}
			log, flush := newLog(s.err)
			defer flush()
			cfg := devConfig(log)
			cfg.HTTP.Listen, cfg.Data, cfg.MSDKV5.TSWindow = addr, data, tsWindow
			cfg.OpenAPI.Words = words
			cfg.OIDB.Listen = cmp.Or(bus, cfg.OIDB.Listen)
			return runDev(cmd.Context(), s, log, asJSON, cfg)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&addr, "addr", "127.0.0.1:8700", "`HOST:PORT` to listen on; port 0 takes any free one")
	flags.StringVar(&bus, "oidb-addr", "", "`HOST:PORT` that the OIDB bus listens on (default: 127.0.0.1:8701, or any free port if that is taken or --addr has port 0)")
	flags.StringVar(&data, "data", "", "`folder` to keep the data in (default: a temporary one)")
	flags.BoolVar(&asJSON, "json", false, "print the world as one line of JSON once it is ready, and nothing else")
	cmd.AddCommand(newClockCommand(s), newFaultCommand(s), newRequestsCommand(s), newExecCommand(s))
	flags.StringVar(&words, "words", "", "`file` with the words that /v3/csec/word_filter hides, one a line")
	flags.DurationVar(&tsWindow, "v5-ts-window", 0, "how far ts of an MSDK V5 call may be off the clock; 0 does not look")
	return cmd
}

// devConfig is the configuration that rookery dev begins with.
func devConfig(log *slog.Logger) serverConfig {
	cfg := serverConfig{
		Config: config.Default().Config,
		log:    log,
		dev:    &devParts{inspector: access.NewInspector()},
		named:  map[string]string{"http.listen": "--addr", "data": "--data", "oidb.listen": "--oidb-addr", "openapi.words": "--words"},
	}
	cfg.OIDB.Listen = anyBus
	return cfg
}

func runDev(ctx context.Context, s *streams, log *slog.Logger, asJSON bool, cfg serverConfig) (err error) {
	if cfg.Data == "" {
		if cfg.Data, err = os.MkdirTemp("", "rookery-dev-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(cfg.Data)) }()
	}
	server, err := openServer(ctx, cfg)
	if err != nil {
		return err
	}
	world, err := server.makeWorld(ctx)
	if err != nil {
		return errors.Join(err, server.close())
	}
	known := knownServer{HTTP: world.HTTP, URL: world.HTTP, OIDB: world.OIDB, TokenFile: world.AdminTokenFile}
	known.remember(log)
	defer known.forget()
	if host := server.public.Addr().(*net.TCPAddr).IP; !host.IsLoopback() {
		log.Warn("the demo world's keys and passwords are public, and other machines can reach it", "addr", host.String())
	}
	served := make(chan error, 1)
	go func() { served <- server.serve(ctx) }()
	if asJSON {
		err = json.NewEncoder(s.out).Encode(world)
	} else {
		err = server.introduce(ctx, s.out, world)
	}
	if err != nil {
		log.Error("the world could not be printed", "error", err.Error())
	}
	return <-served
}

// introduce tells a person what there is and what to try.
func (s *server) introduce(ctx context.Context, out io.Writer, w *world) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Rookery is ready at %s\nIts OIDB bus listens at %s\n\n", w.HTTP, w.OIDB)
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "GAME\tGAMEID\tAPPID\tSIGKEY OF SOURCE 0\tCLIENT SIGKEY")
	for _, app := range w.Apps {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", app.Name, app.GameID, app.AppID, app.SigKeys["0"], app.ClientSigKey)
	}
	table.Flush()
	game, other := w.Apps[0], w.Apps[1]
	fmt.Fprintf(&b, "\nACCOUNT  NICKNAME  MSDK OPENID IN GAME %s\n", game.GameID)
	for _, a := range w.Accounts {
		fmt.Fprintf(&b, "%-7s  %-8s  %s\n", a.UIN, a.Nickname, a.MSDKOpenIDs[game.GameID])
	}
	fmt.Fprintf(&b, "Every password is %s. Keys and tokens of all: rookery dev --json.\n", worldPassword)

	ann := w.Accounts[0]
	if ann.MSDKTokens[game.GameID] == "" {
		_, err := io.WriteString(out, b.String())
		return err
	}
	login := func(app worldApp, token string) (address, body string) {
		body = fmt.Sprintf(`{"openid":"%s","token":"%s"}`, ann.MSDKOpenIDs[app.GameID], token)
		query := fmt.Sprintf("channelid=2&gameid=%s&os=4&source=0&ts=%d", app.GameID, s.clock.Now().Unix())
		q, _ := sign.ParseQuery(nil, query) // ours
		return w.HTTP + "/v2/auth/verify_login?" + query + "&sig=" + sign.V5("/v2/auth/verify_login", q, []byte(body), app.SigKeys["0"]), body
	}
	try := func(title, address, body string) {
		fmt.Fprintf(&b, "\n# %s\ncurl -s '%s' -d '%s'\n", title, address, body)
	}
	fmt.Fprintln(&b, "\nTry it:")
	address, body := login(game, ann.MSDKTokens[game.GameID])
	try("Ann's login holds: ret 0", address, body)
	try("the signature covers the body: ret 1008, and rookery dev requests shows what was signed", address, strings.Replace(body, "{", "{ ", 1))
	lapsed := time.Duration(0)
	old, err := s.identity.Issue(ctx, identity.IssueRequest{AppID: game.AppID, UIN: ann.UIN, Kind: identity.MSDKToken, Lifetime: &lapsed})
	if err != nil {
		return err
	}
	address, body = login(game, old.Token)
	try("a token that has lapsed: ret 100014, oidb 0x711 says 65 (0x41)", address, body)
	address, body = login(other, ann.MSDKTokens[game.GameID])
	try("a token of the other game: ret 100016, oidb 0x711 says 68 (0x44)", address, body)
	now := fmt.Sprint(s.clock.Now().Unix())
	try("the same login in MSDK V3, by the QQ openid and access token: ret 0",
		fmt.Sprintf("%s/auth/verify_login?timestamp=%s&appid=%s&encode=2&sig=%s", w.HTTP, now, game.AppID, sign.V3(now, game.MSDKKey)),
		fmt.Sprintf(`{"appid":%s,"openid":"%s","openkey":"%s"}`, game.AppID, ann.OpenIDs[game.AppID], ann.AccessTokens[game.AppID]))
	openAPI := fmt.Sprintf("%s/v3/user/get_info?appid=%s&openid=%s&openkey=%s&pf=qzone", w.HTTP, game.AppID, ann.OpenIDs[game.AppID], ann.Openkeys[game.AppID])
	r, err := parseOpenAPIRequest(openAPI, "")
	if err != nil {
		return err
	}
	r.method, r.key = "GET", game.AppKey
	fmt.Fprintf(&b, "\n# her profile by OpenAPI V3: ret 0\ncurl -s '%s'\n", r.signed().URL)
	signIn := url.Values{"response_type": {"code"}, "client_id": {game.AppID.String()}, "redirect_uri": {worldRedirects[0]}, "state": {"hello"}}
	fmt.Fprintf(&b, "\n# a person signs in: open it in a browser, account %s\n%s/oauth2.0/authorize?%s\n", w.Accounts[1].UIN, w.HTTP, signIn.Encode())
	exchange := url.Values{"grant_type": {"authorization_code"}, "client_id": {game.AppID.String()}, "client_secret": {game.AppKey}, "redirect_uri": {worldRedirects[0]}}
	fmt.Fprintf(&b, "\n# the code that the browser comes back with, in the place of CODE, buys an access token\ncurl -s '%s/oauth2.0/token?%s&code=CODE'\n", w.HTTP, exchange.Encode())
	fmt.Fprintf(&b, "\n# what a number means and what to do\n%s explain 'oidb decode0x711 failed, ret: 65'\n\nInterrupt (Ctrl-C) to stop.\n", program())
	_, err = io.WriteString(out, b.String())
	return err
}

// program is how this program was called, so that a command pasted into the same folder's shell finds it too.
func program() string {
	if name := os.Args[0]; filepath.Base(name) == "rookery" && !strings.ContainsAny(name, " '\"\\$`") {
		return name
	}
	return "rookery"
}
