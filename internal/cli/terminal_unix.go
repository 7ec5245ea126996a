//go:build unix

package cli

import (
	"os"
	"syscall"

	"golang.org/x/term"
)

// toCommands are the signals that rookery dev exec leaves to its command.
var toCommands = []os.Signal{
	syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2,
}

// showsColours reports whether a file is a terminal that shows colours.
func showsColours(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }
