// Package cli is the rookery command tree. A command reads its flags, then starts a platform of internal/server or calls a
// running one.
//
// Results go to standard output, everything else to standard error. With --json a result is JSON whose fields are
// stable; prose is not.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Exit statuses of every rookery command.
const (
	ExitOK          = 0 // done
	ExitFailure     = 1 // the command ran and the answer is no: an unknown code, a refused request, a failed start
	ExitUsage       = 2 // the command line itself is wrong
	ExitUnreachable = 3 // no running platform could be reached
)

// streams are the standard streams of a command; tests pass their own.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// exitError carries an unusual exit status up to Main.
type exitError struct {
	status int
	err    error // nil when everything has been said already
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usageErrorf returns an error about the command line, for which Main exits with ExitUsage.
func usageErrorf(format string, args ...any) error {
	return &exitError{status: ExitUsage, err: fmt.Errorf(format, args...)}
}

// Main runs one rookery command line, without the program's name, and returns its exit status.
func Main(ctx context.Context, args []string, in io.Reader, out, err io.Writer) int {
	s := &streams{in: in, out: out, err: err}
	root := newRootCommand(s)
	root.SetArgs(args)
	cmd, runErr := root.ExecuteContextC(ctx)
	if runErr == nil {
		return ExitOK
	}
	var exit *exitError
	if !errors.As(runErr, &exit) {
		exit = &exitError{status: ExitFailure, err: runErr}
	}
	if exit.err != nil {
		fmt.Fprintf(err, "rookery: %v\n", exit.err)
		if exit.status == ExitUsage {
			fmt.Fprintf(err, "Run '%s --help' for its usage.\n", cmd.CommandPath())
		}
	}
	return exit.status
}

func newRootCommand(s *streams) *cobra.Command {
	root := newGroup("rookery", "A self-hosted game platform that speaks the QQ channel's server interfaces", `A self-hosted game platform that speaks the QQ channel's server interfaces. 'rookery dev' starts one to try.

The exit status is 0 when the command is done, 1 when the answer is no, 2 when the command line is wrong, and 3 when no
running platform could be reached.`,
		newDevCommand(s),
		newServeCommand(s),
		newBackendCommand(s),
		newProxyCommand(s),
		newConfigCommand(s),
		newBackupCommand(s),
		newRestoreCommand(s),
		newMigrateCommand(s),
		newImportCommand(s),
		newStoreExportCommand(s),
		newAppCommand(s),
		newSceneCommand(s),
		newAchievementCommand(s),
		newRankCommand(s),
		newAccountCommand(s),
		newGroupCommand(s),
		newGameCenterCommand(s),
		newEventsCommand(s),
		newTokenCommand(s),
		newKeysCommand(s),
		newStatusCommand(s),
		newOperatorCommand(s),
		newAuditCommand(s),
		newDoctorCommand(s),
		newSignCommand(s),
		newShareCommand(s),
		newOIDBCommand(s),
		newCodesCommand(s),
		newExplainCommand(s),
		newVersionCommand(s),
	)
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.Version = thisVersion().String()
	root.SetVersionTemplate("{{.Version}}\n")
	addCompletion(root)
	complete(root)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageErrorf("%w", err) })
	// Cobra checks these after this hook, but its errors would not be usage errors here.
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := cmp.Or(cmd.ValidateRequiredFlags(), cmd.ValidateFlagGroups()); err != nil {
			return usageErrorf("%w", err)
		}
		return nil
	}
	return root
}

// newGroup returns a command that only holds others; alone it shows its help.
func newGroup(use, short, long string, children ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Long:  long,
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(children...)
	return cmd
}

// noArgs refuses positional arguments; for a command with children it names the unknown child.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		hint := ""
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			hint = fmt.Sprintf(": did you mean %s?", strings.Join(near, " or "))
		}
		return usageErrorf("%q has no command %q%s", cmd.CommandPath(), args[0], hint)
	}
	return usageErrorf("%q takes no arguments, got %q", cmd.CommandPath(), args[0])
}

// exactArgs requires one argument for each of the names, which its error lists.
func exactArgs(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			plural := "s"
			if len(names) == 1 {
				plural = ""
			}
			return usageErrorf("%q takes %d argument%s %v, got %d", cmd.CommandPath(), len(names), plural, names, len(args))
		}
		return nil
	}
}
