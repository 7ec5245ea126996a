package cli

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// toCommands are the signals that rookery dev exec leaves to its command.
var toCommands = []os.Signal{syscall.SIGINT, syscall.SIGTERM}

// showsColours reports whether a file is a console that shows colours. An older one has to be told to.
func showsColours(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
