//go:build linux

// Command bench measures what a platform costs and prints it next to something that bounds it: verify_login next to a bare
// net/http handler, the bus next to an echo of frames and next to HTTP, durable commits next to raw flushes, reads next to
// a bare read; and start-up, and what the number of grants costs.
//
// The load generator shares the machine with what it measures, so only ratios within one round and CPU per operation can be
// compared between machines. The two sides of a ratio get the same bytes from the same generator, turn by turn. The loop is
// closed (a connection sends its next request when the answer is in), so latencies say little beyond the rate.
//
// It is not a test: it exits 0 when a target is missed, and says so. It needs Linux, for /proc and epoll.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// settings are the flags.
type settings struct {
	quick    bool
	json     bool
	markdown bool
	only     string // names of parts
	binary   string
	scratch  string
	rounds   int
	duration time.Duration // of one side's turn in a round
	warmUp   time.Duration // before each turn
	grants   []int
	accounts int // number of accounts that log in and call, over and over
}

// part is a group of measurements that can run on its own.
type part struct {
	name    string
	measure func(context.Context, settings, string, *report) error
}

// parts are all parts, in the order in which they run.
var parts = []part{
	{"start", measureStart},
	{"v5", measureV5Login},
	{"v3", measureV3Login},
	{"where", measureWhere},
	{"me", measureMe},
	{"info", measureInfo},
	{"wrk", measureWrk},
	{"bus", measureBus},
	{"transports", measureTransports},
	{"store", measureStore},
	{"friends", measureFriends},
	{"messages", measureMessages},
	{"group-relation", measureGroupRelation},
	{"group-hot", measureHotGroup},
	{"ranks", measureRanks},
	{"reports", measureReports},
	{"token", measureToken},
	{"postgres", measurePostgres},
	{"scale", measureScale},
	{"scale-postgres", measurePostgresScale},
}

// serverToCompareWith returns the server that the program is started as; nil for the bench itself.
func serverToCompareWith() func() {
	if len(os.Args) != 2 {
		return nil
	}
	return map[string]func(){bareArg: serveBare, echoArg: serveEcho, grpcEchoArg: serveGRPCEcho}[os.Args[1]]
}

func main() {
	if serve := serverToCompareWith(); serve != nil {
		serve()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	if file := os.Getenv(profiledEnv); file != "" {
		os.Exit(runProfiled(ctx, file))
	}
	s := parseFlags()
	measured, err := run(ctx, s)
	if err == nil {
		switch {
		case s.json:
			err = json.NewEncoder(os.Stdout).Encode(measured)
		case s.markdown:
			err = measured.printMarkdown(os.Stdout, time.Now())
		default:
			err = measured.print(os.Stdout)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parseFlags() settings {
	var s settings
	flag.BoolVar(&s.quick, "quick", false, "short turns, and a tenth of the grants and accounts: to see that it works, not to quote")
	flag.BoolVar(&s.json, "json", false, "print one JSON object instead of the table")
	flag.BoolVar(&s.markdown, "markdown", false, "print the page that bench/RESULTS.md is")
	flag.StringVar(&s.only, "only", "", "measure only these `parts` of start,v5,v3,where,me,info,wrk,bus,transports,store,friends,messages,group-relation,group-hot,ranks,reports,token,postgres,scale,scale-postgres")
	flag.StringVar(&s.binary, "binary", "", "measure this rookery `program` instead of building one")
	flag.StringVar(&s.scratch, "scratch", "", "`folder` for data and logs, on the disk to be measured (default: the system's temporary one)")
	flag.IntVar(&s.rounds, "rounds", 5, "rounds of each comparison")
	flag.DurationVar(&s.duration, "duration", 4*time.Second, "length of one side's turn in a round of verify_login")
	grants := "10000,1000000"
	flag.StringVar(&grants, "grants", grants, "`numbers` of grants that the scale is measured with, rising; 10000000 takes some minutes")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "bench: it takes no arguments, got %q\n", flag.Args())
		os.Exit(2)
	}
	for name := range strings.SplitSeq(s.only, ",") {
		if name != "" && !slices.ContainsFunc(parts, func(p part) bool { return p.name == name }) {
			fmt.Fprintf(os.Stderr, "bench: -only: there is no part %q\n", name)
			os.Exit(2)
		}
	}
	s.warmUp, s.accounts = time.Second, 200
	if s.quick {
		s.duration, s.warmUp, s.accounts = time.Second, 300*time.Millisecond, 20
	}
	for number := range strings.SplitSeq(grants, ",") {
		n, err := strconv.Atoi(number)
		if err != nil || n < 100 || len(s.grants) > 0 && n <= s.grants[len(s.grants)-1] {
			fmt.Fprintf(os.Stderr, "bench: -grants: %q is not a number above 99 and above the one before it\n", number)
			os.Exit(2)
		}
		if s.quick {
			n /= 10
		}
		s.grants = append(s.grants, n)
	}
	if len(s.grants) < 2 {
		fmt.Fprintln(os.Stderr, "bench: -grants takes two numbers at least, to compare")
		os.Exit(2)
	}
	if s.rounds < 1 || s.duration <= 0 || s.duration > time.Minute {
		fmt.Fprintln(os.Stderr, "bench: -rounds is at least 1, -duration at most a minute")
		os.Exit(2)
	}
	return s
}

// run measures the parts that the settings name; all parts when they name none.
func run(ctx context.Context, s settings) (*report, error) {
	scratch, err := os.MkdirTemp(s.scratch, "rookery-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	if s.binary == "" {
		progress("building the platform")
		s.binary = filepath.Join(scratch, "rookery")
		build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", s.binary, "github.com/rookeryhq/rookery/cmd/rookery")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("go build: %w", err)
		}
	}
	measured := &report{Machine: machine()}
	for _, part := range parts {
		if s.only != "" && !slices.Contains(strings.Split(s.only, ","), part.name) {
			continue
		}
		folder, err := os.MkdirTemp(scratch, "")
		if err != nil {
			return nil, err
		}
		measured.part = part.name
		if err := part.measure(ctx, s, folder, measured); err != nil {
			return nil, err
		}
		if err := os.RemoveAll(folder); err != nil { // a part's files are large
			return nil, err
		}
	}
	return measured, nil
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}

func machine() string {
	var name syscall.Utsname
	_ = syscall.Uname(&name) // cannot fail with a valid pointer
	var release []byte
	for _, c := range name.Release {
		if c == 0 {
			break
		}
		release = append(release, byte(c))
	}
	return fmt.Sprintf("%d cores, %s %s/%s, Linux %s", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, release)
}
