package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/logging"
	"github.com/rookeryhq/rookery/internal/secretfile"
	"github.com/rookeryhq/rookery/internal/seed"
	"github.com/rookeryhq/rookery/internal/server"
)

// Exit statuses of rookery dev exec for commands that did not run, as in shells.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
	exitSignal        = 128 // plus the signal's number
)

// execVariables are the variables that rookery dev exec gives its command in addition to ROOKERY_ADMIN_TOKEN_FILE, which is
// a setting too.
var execVariables = []string{
	"ROOKERY_HTTP", "ROOKERY_OIDB", "ROOKERY_APPID", "ROOKERY_APPKEY", "ROOKERY_MSDKKEY", "ROOKERY_GAMEID", "ROOKERY_SIGKEY", "ROOKERY_UIN",
	"ROOKERY_OPENID", "ROOKERY_ACCESS_TOKEN", "ROOKERY_PAY_TOKEN", "ROOKERY_OPENKEY", "ROOKERY_MSDK_OPENID", "ROOKERY_MSDK_TOKEN",
	"ROOKERY_FRIEND_UIN", "ROOKERY_FRIEND_OPENID", "ROOKERY_FRIEND_MSDK_OPENID", "ROOKERY_FRIEND_MSDK_TOKEN",
	"ROOKERY_GUILD_ID", "ROOKERY_ZONE_ID", "ROOKERY_GC", "ROOKERY_WORLD",
}

func newExecCommand(s *streams) *cobra.Command {
	var data, logFile, seedFile, words string
	var verbose bool
	from := devSettings()
	cmd := &cobra.Command{
		Use:   "exec [flags] -- COMMAND [ARGUMENT]...",
		Short: "Run a command, such as a game's tests, with a fresh platform of its own",
		Long: `Run a command with a fresh platform of its own on free ports, and stop the platform when the command ends. The command
gets the platform's addresses, and the keys and tokens of one game and one account, in its environment:

  ROOKERY_HTTP                   base URL of the doors that games call
  ROOKERY_ADMIN_TOKEN_FILE       file with the admin API's bearer token
  ROOKERY_APPID                  the game's appid
  ROOKERY_APPKEY                 its appkey: QQ Connect's client_secret
  ROOKERY_MSDKKEY                its key for MSDK V3
  ROOKERY_GAMEID                 its gameid in MSDK V5
  ROOKERY_SIGKEY                 its V5 key of source 0
  ROOKERY_UIN                    the account's number
  ROOKERY_OPENID                 its openid at the game
  ROOKERY_ACCESS_TOKEN           and its tokens there
  ROOKERY_PAY_TOKEN
  ROOKERY_OPENKEY
  ROOKERY_MSDK_OPENID            its MSDK openid in the game
  ROOKERY_MSDK_TOKEN             and the MSDK token to it
  ROOKERY_FRIEND_UIN             a friend of the account
  ROOKERY_FRIEND_OPENID          the friend's openid at the game
  ROOKERY_FRIEND_MSDK_OPENID     the friend's MSDK openid in the game
  ROOKERY_FRIEND_MSDK_TOKEN      and the MSDK token to it
  ROOKERY_GUILD_ID               a guild of the game, which the account leads
  ROOKERY_ZONE_ID                its zone
  ROOKERY_GC                     a QQ group that the account owns, for binding to the guild
  ROOKERY_OIDB                   HOST:PORT of the OIDB bus
  ROOKERY_WORLD                  file with all of the demo world, as 'rookery dev --json' prints it
  ROOKERY_SERVER, ROOKERY_TOKEN_FILE   so that the operator commands find this platform

They are of the first app and the first account, and the friend is the second account; what a world of --seed lacks is
not set. In it, 'rookery dev clock', 'fault' and 'answer' move the platform's time, make its parts fail, and make an
interface answer a code.

Signals are passed on to the command. The exit status is the command's; 128 plus the signal's number when a signal ended
it; 126 when it cannot be run and 127 when it does not exist.`,
		Example: `  rookery dev exec -- go test ./...
  rookery dev exec --log platform.log -- ./integration-tests.sh
  rookery dev exec -- sh -c 'rookery dev clock advance 2161h && ./after-ninety-days.sh'
  rookery dev exec -- sh -c 'rookery dev answer --api /v2/group/join_group --code group/221012 && ./disbanded-group.sh'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageErrorf("name the command to run after --")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if verbose && logFile != "" {
				return usageErrorf("the log goes either to --log or, with --verbose, to standard error")
			}
			loaded, err := from.load(cmd)
			if err != nil {
				return err
			}
			loaded.OpenAPI.Words = words
			world, err := readSeed(seedFile)
			if err != nil {
				return err
			}
			logTo := io.Discard
			switch {
			case verbose:
				logTo = s.err
			case logFile != "":
				file, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
				if err != nil {
					return fmt.Errorf("--log: %w", err)
				}
				defer file.Close()
				logTo = file
			}
			return runExec(cmd.Context(), s, loaded, world, logTo, data, args)
		},
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // everything after the command belongs to it
	flags.StringVar(&data, "data", "", "`folder` to store the platform's data in (default: a temporary one)")
	flags.StringVar(&logFile, "log", "", "append the platform's log to this `file` (default: nowhere)")
	addSeedFlag(cmd, &seedFile)
	addWordsFlag(cmd, &words)
	flags.BoolVar(&verbose, "verbose", false, "write the platform's log to standard error")
	from.addFlags(cmd)
	return cmd
}

func runExec(ctx context.Context, s *streams, loaded *config.Loaded, seeded *seed.World, logTo io.Writer, data string, command []string) (err error) {
	// From here on signals are for the command; the platform ends after it.
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, toCommands...)
	defer signal.Stop(signals)

	folder, err := os.MkdirTemp("", "rookery-exec-") // mode 0700
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	log, flush := logging.New(logTo, loaded.Log)
	defer flush()
	options := devOptions(loaded, log)
	options.HTTP.Listen, options.Data, options.Seed = "127.0.0.1:0", cmp.Or(data, filepath.Join(folder, "data")), seeded
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	served, ready := make(chan error, 1), make(chan *server.World)
	go func() {
		served <- server.ServeDemo(running, options, func(_ *server.Server, world *server.World) { ready <- world })
	}()
	var world *server.World
	select {
	case err := <-served:
		return err
	case world = <-ready:
	}
	defer func() {
		stop()
		if failed := <-served; failed != nil {
			fmt.Fprintf(s.err, "rookery: the platform failed: %v\n", failed)
		}
	}()
	worldFile := filepath.Join(folder, "world.json")
	text, err := json.Marshal(world)
	if err != nil {
		return err
	}
	if err := secretfile.Write(worldFile, append(text, '\n')); err != nil {
		return err
	}
	return supervise(s, signals, command, environment(os.Environ(), world, worldFile))
}

// environment returns the command's environment: outer without the variables of another platform, and with this one's.
func environment(outer []string, w *server.World, worldFile string) []string {
	var app server.WorldApp
	if len(w.Apps) > 0 {
		app = w.Apps[0]
	}
	var account, friend server.WorldAccount
	for i, a := range []*server.WorldAccount{&account, &friend} {
		if i < len(w.Accounts) {
			*a = w.Accounts[i]
		}
	}
	own := map[string]string{
		"ROOKERY_HTTP":               w.HTTP,
		"ROOKERY_OIDB":               w.OIDB,
		"ROOKERY_SERVER":             w.HTTP,
		"ROOKERY_ADMIN_TOKEN_FILE":   w.AdminTokenFile,
		"ROOKERY_TOKEN_FILE":         w.AdminTokenFile,
		"ROOKERY_APPID":              app.AppID.String(),
		"ROOKERY_APPKEY":             app.AppKey,
		"ROOKERY_MSDKKEY":            app.MSDKKey,
		"ROOKERY_GAMEID":             app.GameID.String(),
		"ROOKERY_SIGKEY":             app.SigKeys["0"],
		"ROOKERY_UIN":                account.UIN.String(),
		"ROOKERY_OPENID":             account.OpenIDs[app.AppID].String(),
		"ROOKERY_ACCESS_TOKEN":       account.AccessTokens[app.AppID],
		"ROOKERY_PAY_TOKEN":          account.PayTokens[app.AppID],
		"ROOKERY_OPENKEY":            account.Openkeys[app.AppID],
		"ROOKERY_MSDK_OPENID":        account.MSDKOpenIDs[app.GameID].String(),
		"ROOKERY_MSDK_TOKEN":         account.MSDKTokens[app.GameID],
		"ROOKERY_FRIEND_UIN":         friend.UIN.String(),
		"ROOKERY_FRIEND_OPENID":      friend.OpenIDs[app.AppID].String(),
		"ROOKERY_FRIEND_MSDK_OPENID": friend.MSDKOpenIDs[app.GameID].String(),
		"ROOKERY_FRIEND_MSDK_TOKEN":  friend.MSDKTokens[app.GameID],
		"ROOKERY_WORLD":              worldFile,
	}
	if len(w.Guilds) > 0 {
		own["ROOKERY_GUILD_ID"], own["ROOKERY_ZONE_ID"] = w.Guilds[0].ID, w.Guilds[0].Zone
	}
	if len(w.Groups) > 0 {
		own["ROOKERY_GC"] = w.Groups[0].GC.String()
	}
	maps.DeleteFunc(own, func(_, value string) bool { return strings.Trim(value, "0") == "" }) // what the world lacks: no text, number or openid
	all := slices.DeleteFunc(slices.Clone(outer), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		_, replaced := own[name]
		return replaced || slices.Contains(execVariables, name)
	})
	for name, value := range own {
		all = append(all, name+"="+value)
	}
	return all
}

// supervise runs the command to its end and makes its status this program's.
func supervise(s *streams, signals <-chan os.Signal, command, environ []string) error {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = s.in, s.out, s.err, environ
	if err := cmd.Start(); err != nil {
		status := exitNotExecutable
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			status = exitNotFound
		}
		return &exitError{status: status, err: err}
	}
	_, fromTerminal := s.terminal()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case sig := <-signals:
			// A terminal sends Ctrl-C and Ctrl-\ to the command itself, and the console of Windows everything.
			if !fromTerminal || sig != syscall.SIGINT && sig != syscall.SIGQUIT {
				_ = cmd.Process.Signal(sig) // fails once the command has ended, and on Windows
			}
		case err := <-ended:
			var exit *exec.ExitError
			switch {
			case err == nil:
				return nil
			case !errors.As(err, &exit):
				return err
			}
			if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
				return &exitError{status: exitSignal + int(status.Signal())}
			}
			return &exitError{status: exit.ExitCode()}
		}
	}
}
