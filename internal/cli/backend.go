package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/logging"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/server"
)

func newBackendCommand(s *streams) *cobra.Command {
	return newGroup("backend", "Carry out commands of the bus for platforms in other processes", "", newBackendServeCommand(s))
}

// backendSettings are the settings that a back end needs.
var backendSettings = []string{"data", "admin", "oidb.listen", "oidb.connect", "oidb.tls", "groups", "tracing", "stop", "log"}

func newBackendServeCommand(s *streams) *cobra.Command {
	var (
		from     = settings{only: backendSettings}
		commands []string
		asJSON   bool
	)
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a back end of the bus",
		Long: `Run a back end: it carries out commands of the bus for the platforms that route them here with oidb.routes, and
stores their data in a folder of its own. It listens to platforms at oidb.listen, oidb.connect or both, and to operators
at admin.listen, and has no doors for games.

These commands can be carried out elsewhere:

` + standAlone() + `
All others need what only the platform's data folder has; 'rookery oidb commands --json' tells what.

The file may be that of 'rookery serve': a back end uses the settings that its flags name. It believes a platform on
another machine once 'rookery oidb policy set --internal-networks', at the back end, names that machine's network. It
stops as 'rookery serve' does.`,
		Example: `  rookery backend serve --commands 0xf02 --config /etc/rookery-groups.yaml
  rookery backend serve --commands 0xf02 --data ./groups --oidb-listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ids, err := server.BackendCommands(commands)
			if err != nil {
				return usageErrorf("--commands: %w", err)
			}
			loaded, err := from.load(cmd)
			if err != nil {
				return err
			}
			warnings := slices.DeleteFunc(loaded.Warnings(), func(w config.Warning) bool { return w.Setting != "--config" && !from.takes(w.Setting) })
			return runBackend(cmd.Context(), s, loaded, warnings, ids, asJSON)
		},
	}
	from.addFlags(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&commands, "commands", nil, "`COMMAND,...` to carry out; a number such as 0xf02 stands for all its service types")
	flags.BoolVar(&asJSON, "json", false, "print the addresses as one line of JSON once it is ready")
	_ = cmd.MarkFlagRequired("commands") // fails only without such a flag
	return cmd
}

// standAlone lists the commands that a back end can carry out, one per line.
func standAlone() string {
	var list strings.Builder
	for _, d := range oidb.Declarations() {
		if d.Needs == "" {
			fmt.Fprintf(&list, "  %-10s %s\n", d.ID, d.Summary)
		}
	}
	return list.String()
}

func runBackend(ctx context.Context, s *streams, loaded *config.Loaded, warnings []config.Warning, commands []oidb.ID, asJSON bool) error {
	log, flush := logging.New(s.err, loaded.Log)
	defer flush()
	backend, err := server.OpenBackend(ctx, server.Options{Config: loaded.Config, Log: log}, commands)
	if err != nil {
		return err
	}
	warn(log, warnings)
	at := backend.Addresses()
	return serveUntil(ctx, s, log, backend, asJSON, fmt.Sprintf("Rookery carries out %d commands of the bus at %s and serves operators at %s", len(commands), busAt(at), at.Admin))
}
