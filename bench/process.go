//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	rookery "github.com/rookeryhq/rookery/internal/platform"
)

// process is a server under measurement.
type process struct {
	cmd  *exec.Cmd
	line []byte // the one line that it prints when it is ready
	took time.Duration

	addr    string // the address to load
	metrics string // URL of the server with /metrics
}

// patience bounds every wait for a process and its answers.
const patience = 2 * time.Minute

// startProcess starts a program and waits for the line that says that it is ready.
func startProcess(ctx context.Context, cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // in case the bench is killed
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	p := &process{cmd: cmd}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	late := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	defer stop()
	defer late.Stop()
	if p.line, err = bufio.NewReaderSize(out, 1<<20).ReadSlice('\n'); err != nil {
		cmd.Process.Kill()
		return nil, fmt.Errorf("%s did not become ready (%w): %w", cmd, err, cmd.Wait())
	}
	p.took = time.Since(begin)
	return p, nil
}

// stop ends the process as an operator would, so that it finishes its writes.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	late := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("%s: %w", p.cmd, err)
	}
	return nil
}

// platform is a running rookery.
type platform struct {
	*process
	admin     string // URL
	tokenFile string
	bus       string // HOST:PORT of the bus
	connect   string // HOST:PORT of its Connect and gRPC
	log       string // file
}

// world is the part of the output of `rookery dev --json` that the bench needs.
type world struct {
	HTTP           string `json:"http"`
	AdminTokenFile string `json:"admin_token_file"`
	Apps           []game `json:"apps"`
}

type game struct {
	AppID   rookery.AppID     `json:"appid"`
	GameID  rookery.GameID    `json:"gameid"`
	AppKey  string            `json:"appkey"`
	MSDKKey string            `json:"msdkkey"`
	SigKeys map[string]string `json:"sigkeys"`
}

// startDev starts `rookery dev`, which creates the demo world with its games.
func startDev(ctx context.Context, binary, folder string) (p *platform, w *world, err error) {
	if p, err = startRookery(ctx, binary, folder, "dev", "--addr", "127.0.0.1:0"); err != nil {
		return nil, nil, err
	}
	w = new(world)
	if err := json.Unmarshal(p.line, w); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("the line of rookery dev: %w", err), p.stop())
	}
	p.addr, p.admin, p.tokenFile = strings.TrimPrefix(w.HTTP, "http://"), w.HTTP, w.AdminTokenFile
	p.metrics = p.admin
	return p, w, nil
}

// startServe starts `rookery serve` with its default settings and the bus.
func startServe(ctx context.Context, binary, folder string, more ...string) (*platform, error) {
	args := []string{"--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--oidb-listen", "127.0.0.1:0"}
	p, err := startRookery(ctx, binary, folder, "serve", append(args, more...)...)
	if err != nil {
		return nil, err
	}
	var at struct {
		HTTP           string `json:"http"`
		Admin          string `json:"admin"`
		OIDB           string `json:"oidb"`
		Connect        string `json:"oidb_connect"`
		AdminTokenFile string `json:"admin_token_file"`
	}
	if err := json.Unmarshal(p.line, &at); err != nil {
		return nil, errors.Join(fmt.Errorf("the line of rookery serve: %w", err), p.stop())
	}
	p.addr, p.admin, p.bus, p.tokenFile = strings.TrimPrefix(at.HTTP, "http://"), at.Admin, at.OIDB, at.AdminTokenFile
	p.metrics, p.connect = p.admin, strings.TrimPrefix(at.Connect, "http://")
	return p, nil
}

// makeGames puts the demo world into a folder for `rookery serve`, which has no games of its own.
func makeGames(ctx context.Context, binary, folder string) ([]game, error) {
	p, w, err := startDev(ctx, binary, folder)
	if err != nil {
		return nil, err
	}
	if err := p.stop(); err != nil {
		return nil, err
	}
	// It refuses the demo world's keys, which everybody knows, and makes its own.
	return w.Apps, os.Remove(filepath.Join(folder, "data", "keyring.json"))
}

// startRookery starts a platform on the data in folder, and logs to a file there.
func startRookery(ctx context.Context, binary, folder, command string, args ...string) (p *platform, err error) {
	p = &platform{log: filepath.Join(folder, "log")}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(binary, append([]string{command, "--json", "--data", filepath.Join(folder, "data")}, args...)...)
	// Settings of the caller's own platform must not reach this one.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "ROOKERY_") })
	cmd.Env = append(cmd.Env, "XDG_CACHE_HOME="+filepath.Join(folder, "cache"))
	cmd.Stderr = log
	p.process, err = startProcess(ctx, cmd)
	return p, err
}

// tick is the unit of CPU times in /proc (USER_HZ, 100 on every Linux that Go runs on).
const tick = 10 * time.Millisecond

// cpu returns the user and system time that the process has used.
func (p *process) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in parentheses and may hold spaces, so count from its end.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/PID/stat has %d fields", len(fields))
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, errors.Join(err1, err2)
}

// ownCPU returns the same for the bench, which is also the load generator.
func ownCPU() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // cannot fail with a valid pointer
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// memory is the memory that a process uses, in MB of 1000 kB as /proc counts them.
type memory struct {
	resident, proportional, peak float64
}

func (p *process) memory() (m memory, err error) {
	var errs [3]error
	m.resident, errs[0] = p.megabytes("status", "VmRSS:")
	m.peak, errs[1] = p.megabytes("status", "VmHWM:")
	m.proportional, errs[2] = p.megabytes("smaps_rollup", "Pss:")
	return m, errors.Join(errs[:]...)
}

func (p *process) megabytes(file, name string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, file))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == name {
			kB, err := strconv.ParseFloat(fields[1], 64)
			return kB / 1000, err
		}
	}
	return 0, fmt.Errorf("/proc/PID/%s has no %s", file, name)
}

// allocations counts what a Go process has allocated since it started.
type allocations struct{ objects, bytes float64 }

// allocated reads the counters.
func (p *process) allocated() (a allocations, err error) {
	values, err := p.metric("go_memstats_mallocs_total", "go_memstats_alloc_bytes_total")
	if err != nil {
		return a, err
	}
	return allocations{values[0], values[1]}, nil
}

// metric reads numbers by their names from a page in Prometheus' form.
func (p *process) metric(names ...string) (values []float64, err error) {
	rsp, err := http.Get(p.metrics + "/metrics")
	if err != nil {
		return nil, err
	}
	defer rsp.Body.Close()
	page, err := io.ReadAll(rsp.Body)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		_, rest, found := strings.Cut("\n"+string(page), "\n"+name+" ")
		text, _, _ := strings.Cut(rest, "\n")
		value, err := strconv.ParseFloat(text, 64)
		if !found || err != nil {
			return nil, fmt.Errorf("%s/metrics has no number %s", p.metrics, name)
		}
		values = append(values, value)
	}
	return values, nil
}
