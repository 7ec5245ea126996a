//go:build !linux && !windows

package child

import (
	"os"
	"os/exec"
)

const suffix = ""

// tie does nothing: only Linux ends a process with its parent.
func tie(*exec.Cmd) {}

func interrupt(p *os.Process) error { return p.Signal(os.Interrupt) }
