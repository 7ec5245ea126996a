package child

import (
	"os/exec"
	"syscall"
)

// dieWithParent covers tests that end without their cleanups, for instance by a timeout's panic.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
