// Package network lets a test make networks and cut them, which root may on Linux, with ip of iproute2. Such a test runs again in a process
// with namespaces of its own, so that nothing of it is left in the machine's network, however it ends.
package network

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rookeryhq/rookery/test/rookery"
)

// own tells a test that its process has a network of its own.
const own = "IN_A_NETWORK_NAMESPACE"

// Own reports whether this process has a network of its own, which is then ready for namespaces of names.
func Own(t *testing.T) bool {
	t.Helper()
	if os.Getenv(own) == "" {
		return false
	}
	if err := ready(); err != nil {
		t.Fatal(err)
	}
	return true
}

// ready gives the process a loopback, and a folder of namespaces that ends with it.
var ready = sync.OnceValue(func() error {
	if err := errors.Join(os.MkdirAll(namespaces, 0o755), unix.Mount("namespaces", namespaces, "tmpfs", 0, "")); err != nil {
		return fmt.Errorf("a folder for network namespaces: %w", err)
	}
	return IP("link", "set", "lo", "up")
})

const namespaces = "/run/netns"

// Permitted fails where networks cannot be made, and says why.
func Permitted() error {
	if os.Geteuid() != 0 {
		return errors.New("network namespaces are made by root only")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		return errors.New("network namespaces are made by ip, of Debian's iproute2, which is not installed")
	}
	probe := exec.Command("true")
	probe.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS}
	if err := probe.Run(); err != nil {
		return fmt.Errorf("network namespaces are not permitted here: %w", err)
	}
	return nil
}

// Again runs this test, and no other, in a process with a network of its own, the same rookery and the same flags of the test's package.
func Again(t *testing.T) {
	t.Helper()
	args := []string{"-test.run=^" + t.Name() + "$", "-test.timeout=0", fmt.Sprint("-test.v=", testing.Verbose())}
	flag.Visit(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") {
			args = append(args, fmt.Sprintf("-%s=%s", f.Name, f.Value))
		}
	})
	again := exec.CommandContext(t.Context(), os.Args[0], args...)
	again.Env = append(os.Environ(), own+"=yes", "ROOKERY_BINARY="+rookery.Binary(t))
	again.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	var out bytes.Buffer
	again.Stdout, again.Stderr = &out, &out
	if testing.Verbose() { // by somebody who wants to see how it goes
		again.Stdout, again.Stderr = os.Stdout, os.Stderr
	}
	if err := again.Run(); err != nil {
		t.Errorf("in a network of its own: %v\n%s", err, out.Bytes())
	}
}

// IP runs iproute2's ip.
func IP(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %v: %w: %s", args, err, out)
	}
	return nil
}

// Within runs f in a namespace, and so the processes that it starts.
func Within(namespace string, f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	defer home.Close()
	there, err := os.Open(namespaces + "/" + namespace)
	if err != nil {
		return err
	}
	defer there.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("entering the network %s: %w", namespace, err)
	}
	defer func() {
		if err := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); err != nil {
			panic(err) // nothing may run on in the wrong network
		}
	}()
	return f()
}
