package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/logging"
	"github.com/rookeryhq/rookery/internal/server"
)

func newServeCommand(s *streams) *cobra.Command {
	var (
		from   settings
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the platform",
		Long: `Run the platform with its configuration: a YAML file, environment variables and flags, of which the later ones win.
docs/config.md describes every setting; 'rookery config print' shows the values and where each came from.

It serves until SIGTERM or an interrupt, then fails its readiness for stop.notice, and finishes requests under way.`,
		Example: `  rookery serve --config /etc/rookery.yaml
  rookery serve --data ./platform --http-listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := from.load(cmd)
			if err != nil {
				return err
			}
			return runServe(cmd.Context(), s, loaded, asJSON)
		},
	}
	from.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the addresses as one line of JSON once it is ready")
	return cmd
}

func runServe(ctx context.Context, s *streams, loaded *config.Loaded, asJSON bool) error {
	log, flush := logging.New(s.err, loaded.Log)
	defer flush()
	platform, err := server.Open(ctx, server.Options{Config: loaded.Config, Log: log, Version: thisVersion().Version})
	if err != nil {
		return err
	}
	warn(log, loaded.Warnings())
	at := platform.Addresses()
	defer announce("serve", at, loaded.Data, log)()
	bus := busAt(at)
	if bus != "" {
		bus = ", and the OIDB bus at " + bus
	}
	return serveUntil(ctx, s, log, platform, asJSON, fmt.Sprintf("Rookery serves games at %s and operators at %s%s", at.HTTP, at.Admin, bus))
}

// busAt lists the addresses of the bus; "" when it does not listen.
func busAt(at server.Addresses) string {
	return strings.Join(slices.DeleteFunc([]string{at.OIDB, at.OIDBConnect}, func(a string) bool { return a == "" }), " and ")
}

func warn(log *slog.Logger, warnings []config.Warning) {
	for _, w := range warnings {
		log.Warn("insecure setting", "setting", w.Setting, "advice", w.Text)
	}
}

// serveUntil serves until ctx ends. It prints the addresses: in a sentence, or as JSON.
func serveUntil(ctx context.Context, s *streams, log *slog.Logger, platform *server.Server, asJSON bool, sentence string) error {
	at := platform.Addresses()
	ended := make(chan error, 1)
	go func() { ended <- platform.Serve(ctx) }()
	log.Info("serving", "http", at.HTTP, "admin", at.Admin, "oidb", at.OIDB, "oidb_connect", at.OIDBConnect)
	var err error
	if asJSON {
		err = json.NewEncoder(s.out).Encode(at)
	} else {
		_, err = fmt.Fprintln(s.out, sentence)
	}
	if err != nil {
		log.Error("the addresses could not be printed", "error", err.Error())
	}
	err = <-ended
	log.Info("stopped")
	return err
}
