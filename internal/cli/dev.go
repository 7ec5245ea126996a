package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/logging"
	"github.com/rookeryhq/rookery/internal/server"
)

func newDevCommand(s *streams) *cobra.Command {
	var (
		addr, bus string
		data      string
		asJSON    bool
		tsWindow  time.Duration // of V5
		v3Window  time.Duration
		words     string
		seedFile  string
		from      = devSettings()
	)
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a complete platform with a demo world, to develop and test against",
		Long: `Run a complete platform with a demo world: two games with guilds, eight accounts with friendships and a group, a
season's results, and tokens of every kind. It prints addresses, keys and curl commands that work when they are pasted,
and serves until it is interrupted. A browser shows the same at its address, signs in to the demo accounts with one
click, and explains return codes.

The world's keys and passwords are public: keep it on this machine. Without --data everything is deleted at the end.
With --seed the world is that of a file, which docs/seed.md describes: apps, accounts, friendships and tokens.
The log goes to standard error, one event per request. For a refused signature it says, when it can tell, which mistake
produced it; rookery dev requests shows the string that the platform signed.`,
		Example: `  rookery dev
  rookery dev --addr 127.0.0.1:0 --json      # for a test harness: one line of JSON once it is ready
  rookery dev --data ./platform              # keep the data
  rookery dev --seed world.yaml              # a world of your own, such as 'rookery dev export' writes`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if tsWindow < 0 || v3Window < 0 {
				return usageErrorf("--v5-ts-window and --v3-ts-window cannot be negative")
			}
			loaded, err := from.load(cmd)
			if err != nil {
				return err
			}
			log, flush := logging.New(s.err, loaded.Log)
			defer flush()
			options := devOptions(loaded, log)
			options.HTTP.Listen, options.Data, options.MSDKV5.TSWindow = addr, data, tsWindow
			options.MSDKV3.TSWindow = v3Window
			options.OpenAPI.Words = words
			options.OIDB.Listen = bus
			if options.Seed, err = readSeed(seedFile); err != nil {
				return err
			}
			return runDev(cmd.Context(), s, options, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&addr, "addr", "127.0.0.1:8700", "`HOST:PORT` to listen on; port 0 takes any free one")
	flags.StringVar(&bus, "oidb-addr", "", "`HOST:PORT` that the OIDB bus listens on (default: 127.0.0.1:8701, or any free port if that is taken or --addr has port 0)")
	flags.StringVar(&data, "data", "", "`folder` to store the data in (default: a temporary one)")
	flags.BoolVar(&asJSON, "json", false, "print the world as one line of JSON once it is ready, and nothing else")
	cmd.AddCommand(newClockCommand(s), newFaultCommand(s), newAnswerCommand(s), newRequestsCommand(s), newGuildCommand(s), newListCommand(s), newExportCommand(s), newResetCommand(s), newExecCommand(s))
	addWordsFlag(cmd, &words)
	addSeedFlag(cmd, &seedFile)
	flags.DurationVar(&tsWindow, "v5-ts-window", 0, "how far ts of an MSDK V5 call may be off the clock; 0 disables the check")
	flags.DurationVar(&v3Window, "v3-ts-window", 0, "how far timestamp of an MSDK V3 call may be off the clock; 0 disables the check")
	from.addFlags(cmd)
	return cmd
}

// devSettings are the settings of rookery serve that rookery dev takes too, with the same flags and variables.
func devSettings() settings {
	return settings{alone: true, only: []string{
		"database", "http.public_url", "http.trusted_proxies", "connect.token_media_type", "messages.time_zone", "messages.scene_delay", "events.file", "events.webhook", "events.webhook_secret", "groups.owned", "groups.created_per_hour", "oidb.connect", "oidb.tls.certificate", "oidb.tls.key", "oidb.tls.client_ca",
		"oidb.routes", "oidb.routes_tls.certificate", "oidb.routes_tls.key", "oidb.routes_tls.ca",
		"tracing.endpoint", "tracing.headers", "tracing.sample", "tracing.callers", "tracing.service",
	}}
}

func addWordsFlag(cmd *cobra.Command, words *string) {
	cmd.Flags().StringVar(words, "words", "", "`file` with the words that /v3/csec/word_filter hides, one per line")
}

// devOptions are the options of rookery dev with some settings.
func devOptions(loaded *config.Loaded, log *slog.Logger) server.Options {
	return server.Options{
		Config:  loaded.Config,
		Log:     log,
		Version: thisVersion().Version,
		Dev:     true,
		Names:   map[string]string{"http.listen": "--addr", "data": "--data", "oidb.listen": "--oidb-addr", "openapi.words": "--words"},
	}
}

func runDev(ctx context.Context, s *streams, options server.Options, asJSON bool) (err error) {
	if options.Data == "" {
		if options.Data, err = os.MkdirTemp("", "rookery-dev-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(options.Data)) }()
	}
	var withdraw func()
	defer func() {
		if withdraw != nil {
			withdraw()
		}
	}()
	return server.ServeDemo(ctx, options, func(platform *server.Server, world *server.World) {
		withdraw = announce("dev", platform.Addresses(), options.Data, options.Log)
		var err error
		switch {
		case asJSON:
			err = json.NewEncoder(s.out).Encode(world)
		case options.Seed != nil:
			err = introduceSeeded(s.out, world)
		default:
			err = introduce(s.out, world)
		}
		if err != nil {
			options.Log.Error("the world could not be printed", "error", err.Error())
		}
	})
}

// introduceSeeded tells a person what is in a world of their own.
func introduceSeeded(out io.Writer, w *server.World) error {
	var b strings.Builder
	introduceAddresses(&b, w)
	fmt.Fprintf(&b, "It has %d apps and %d accounts. rookery dev --json prints all keys and tokens.\n\nInterrupt (Ctrl-C) to stop.\n", len(w.Apps), len(w.Accounts))
	_, err := io.WriteString(out, b.String())
	return err
}

// introduceAddresses says where the platform is, and which games it has.
func introduceAddresses(b *strings.Builder, w *server.World) {
	fmt.Fprintf(b, "Rookery is ready at %s\nIts OIDB bus listens at %s\n", w.HTTP, w.OIDB)
	if w.OIDBConnect != "" {
		fmt.Fprintf(b, "and takes Connect and gRPC at %s\n", w.OIDBConnect)
	}
	b.WriteString("\n")
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "GAME\tGAMEID\tAPPID\tSIGKEY OF SOURCE 0\tCLIENT SIGKEY")
	for _, app := range w.Apps {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", app.Name, app.GameID, app.AppID, app.SigKeys["0"], app.ClientSigKey)
	}
	table.Flush()
}

// introduce tells a person what the demo world contains and what to try.
func introduce(out io.Writer, w *server.World) error {
	var b strings.Builder
	introduceAddresses(&b, w)
	game := w.Apps[0]
	fmt.Fprintf(&b, "\nACCOUNT  NICKNAME  MSDK OPENID IN GAME %s\n", game.GameID)
	for _, a := range w.Accounts {
		fmt.Fprintf(&b, "%-7s  %-8s  %s\n", a.UIN, a.Nickname, a.MSDKOpenIDs[game.GameID])
	}
	fmt.Fprintf(&b, "Every password is %s. rookery dev --json prints all keys and tokens.\n", server.DemoPassword)

	for _, g := range w.Groups {
		fmt.Fprintf(&b, "Group %s, %s, is owned by %s; its members are %s.\n", g.GC, g.Name, g.Owner, listed(g.Members))
	}

	requests := w.Requests(w.Made)
	if requests == nil {
		_, err := io.WriteString(out, b.String())
		return err
	}
	fmt.Fprintln(&b, "\nTry it:")
	for _, r := range requests {
		fmt.Fprintf(&b, "\n# %s\n%s\n", r.About, r.Command)
	}
	fmt.Fprintf(&b, "\n# a person signs in: open it in a browser, account %s\n%s\n", w.Accounts[1].UIN, w.SignIn(game.AppID))
	fmt.Fprintf(&b, "\n# her Game Center, with a season's results: open it in a browser, account %s\n%s/gamecenter/\n", w.Accounts[0].UIN, w.HTTP)
	fmt.Fprintf(&b, "\n# what a number means and what to do\n%s explain 'oidb decode0x711 failed, ret: 65'\n\nInterrupt (Ctrl-C) to stop.\n", program())
	_, err := io.WriteString(out, b.String())
	return err
}

// program returns the name by which this program was called, so that a command pasted into the same folder's shell finds it
// too.
func program() string {
	if name := os.Args[0]; filepath.Base(name) == "rookery" && !strings.ContainsAny(name, " '\"\\$`") {
		return name
	}
	return "rookery"
}
