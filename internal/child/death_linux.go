package child

import (
	"os/exec"
	"syscall"
)

// dieWithParent is the net for tests that end without their cleanups, by a timeout's panic for instance.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
