package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// machine is a program in a namespace of processes of its own, so that whatever it starts stops, goes on and dies with it.
type machine struct {
	place
	name   string
	folder string
	args   []string
	cmd    *exec.Cmd // nil while it is dead
	log    *os.File
}

// start starts the program anew.
func (m *machine) start() (err error) {
	if m.log == nil {
		if m.log, err = os.Create(filepath.Join(m.folder, m.name+".log")); err != nil {
			return err
		}
	}
	// PostgreSQL refuses to run as root. Without root a namespace of users is what permits the others.
	within := []string{"--user", "--map-current-user"}
	as := []string{"setpriv", "--pdeathsig", "KILL"} // in vain before the user changes
	if os.Geteuid() == 0 {
		within = nil
		as = append(as, "--reuid", "nobody", "--regid", "nogroup", "--clear-groups")
	}
	args := append(within, "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc")
	cmd := exec.Command("unshare", append(append(args, as...), m.args...)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = m.folder, m.log, m.log
	cmd.Env = append(os.Environ(), "HOME="+m.folder, "TMPDIR="+m.folder, "ETCDCTL_API=3")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := m.within(cmd.Start); err != nil {
		return fmt.Errorf("starting %s: %w", m.name, err)
	}
	m.cmd = cmd
	return nil
}

// processes returns the numbers of the processes of the machine, by what they run.
func (m *machine) processes() (map[int]string, error) {
	mine, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid_for_children", m.cmd.Process.Pid))
	if err != nil {
		return nil, err
	}
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	found := make(map[int]string)
	for _, folder := range all {
		if namespace, err := os.Readlink(filepath.Join(folder, "ns/pid")); err != nil || namespace != mine {
			continue // or it has ended
		}
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			return nil, err
		}
		if name, err := os.ReadFile(filepath.Join(folder, "comm")); err == nil {
			found[pid] = strings.TrimSpace(string(name))
		}
	}
	return found, nil
}

// signal sends a signal to the processes of the machine that run a program, "" for all.
func (m *machine) signal(signal syscall.Signal, program string) error {
	sent := make(map[int]bool)
	for { // those that begin meanwhile, too
		found, err := m.processes()
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		before := len(sent)
		for pid, name := range found {
			if sent[pid] || program != "" && name != program {
				continue
			}
			if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			sent[pid] = true
		}
		if len(sent) == before {
			return nil
		}
	}
}

// kill ends the machine as a loss of power does, but that the disk's cache stays. Once it returns, no process is left.
func (m *machine) kill() {
	if m.cmd == nil {
		return
	}
	_ = m.signal(syscall.SIGKILL, "") // unless it has ended by itself
	_ = m.cmd.Wait()
	m.cmd = nil
}

// end ends the machine; when the test failed, it shows the end of its log.
func (m *machine) end(t *testing.T) {
	m.kill()
	if m.log == nil {
		return
	}
	if size, err := m.log.Seek(0, io.SeekEnd); err == nil && t.Failed() {
		const shown = 12000
		text := make([]byte, min(size, shown))
		_, _ = m.log.ReadAt(text, max(0, size-shown))
		t.Logf("the end of the log of %s:\n%s", m.name, text)
	}
	m.log.Close()
}

// programs fails unless everything is installed that a cluster needs.
func programs() error {
	var missing []string
	for _, one := range []struct{ program, in string }{{"patroni", "patroni"}, {"etcd", "etcd-server"}, {"redis-server", "redis-server"}, {"unshare", "util-linux"}, {"setpriv", "util-linux"}} {
		if _, err := exec.LookPath(one.program); err != nil {
			missing = append(missing, one.in)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("a cluster needs Debian's %s", strings.Join(missing, ", "))
	}
	m := machine{name: "a probe", folder: os.TempDir(), args: []string{"true"}, log: os.Stderr}
	if err := m.start(); err != nil {
		return err
	}
	if err := m.cmd.Wait(); err != nil {
		return fmt.Errorf("namespaces of processes are not permitted here: %w", err)
	}
	return nil
}

// ports are below those that the system gives to connections, so that one is still free when its program is started again.
func freePort() (int, error) {
	var last error
	for range 100 {
		port := 20_000 + rand.IntN(12_000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
		last = cmp.Or(last, err)
	}
	return 0, last
}

// until waits for a condition, and says after a while what it waits for.
func until(t *testing.T, patience time.Duration, what string, holds func() error) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-tick.C {
		if err = holds(); err == nil {
			return
		}
	}
	t.Fatalf("not within %s: %s: %v", patience, what, err)
}
