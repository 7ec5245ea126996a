package child

import (
	"os"
	"os/exec"
	"syscall"
)

// suffix ends the name of a program's file.
const suffix = ""

// tie makes a process end with this one: for tests that end without their cleanups, for instance by a timeout's panic.
func tie(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// interrupt presses Ctrl-C.
func interrupt(p *os.Process) error { return p.Signal(os.Interrupt) }
