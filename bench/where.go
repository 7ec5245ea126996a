//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"

	"github.com/google/pprof/profile"

	"github.com/rookeryhq/rookery/internal/cli"
)

// profiledEnv makes the program a platform that writes a profile of its CPU to the file that the variable names.
const profiledEnv = "BENCH_PROFILE"

func runProfiled(ctx context.Context, file string) int {
	out, err := os.Create(file)
	if err == nil {
		err = pprof.StartCPUProfile(out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: profile:", err)
		return 1
	}
	defer out.Close()
	defer pprof.StopCPUProfile()
	return cli.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
}

// module begins the names of the platform's functions.
const module = "github.com/rookeryhq/rookery/"

// stages are what a check's time goes into. A moment belongs to the first of them that a function on the stack, or what calls
// it, belongs to; each is named by what its functions' names begin with.
var stages = []struct {
	name  string
	begin []string
}{
	{"garbage collection", []string{"runtime.gcBgMarkWorker", "runtime.bgsweep", "runtime.bgscavenge", "runtime.gcAssistAlloc", "runtime.gcStart"}},
	{"log", []string{module + "internal/logging.", module + "internal/access.(*resource).logEvent"}},
	{"metrics", []string{module + "internal/access.(*meter)"}},
	{"signature (MD5)", []string{module + "internal/sign.(*V5Verifier)"}},
	{"parameters and body", []string{module + "internal/sign.", module + "internal/flatjson.", module + "internal/api/msdk.Decode", module + "internal/access.(*Call).readBody"}},
	{"seal of the token", []string{module + "internal/token."}},
	{"standing (the row)", []string{module + "internal/standings."}},
	{"answer", []string{module + "internal/access.(*resource).encode", module + "internal/access.(*Gateway).write"}},
	{"deadlines and connections", []string{module + "internal/server.(*counted)", module + "internal/server.(*listener)", module + "internal/server.(*deadlines)"}},
	{"rest of the platform", []string{module}},
	{"net/http: write of the answer", []string{"net/http.(*response).finishRequest", "net/http.checkConnErrorWriter"}},
	{"net/http: read of the request", []string{"net/http.(*conn).readRequest", "net/http.(*connReader)", "net/http.(*body)"}},
	{"net/http: rest", []string{"net/http."}},
	{"scheduler and the rest of the runtime", []string{""}},
}

// measureWhere measures where the time of a V5 check goes, by a profile of the platform under load, so that the next thing
// to make cheaper is known. The bare handler, next to it, has only what net/http and the runtime need.
func measureWhere(ctx context.Context, s settings, folder string, report *report) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	logins, err := seedLogins(ctx, s, folder, s.accounts)
	if err != nil {
		return err
	}
	file := filepath.Join(folder, "profile")
	if err := os.Setenv(profiledEnv, file); err != nil {
		return err
	}
	p, err := startServe(ctx, self, folder)
	os.Unsetenv(profiledEnv)
	if err != nil {
		return err
	}
	checks := &side{name: v5Door.name + " under the profiler", process: p.process, door: &v5Door, logins: logins}
	err = takeTurns(ctx, s, []*side{checks})
	if stopped := p.stop(); err == nil { // this also writes the profile
		err = stopped
	}
	if err != nil {
		return err
	}
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	measured, err := profile.Parse(in)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	var all int64
	times := make([]int64, len(stages))
	for _, sample := range measured.Sample {
		spent := sample.Value[len(sample.Value)-1] // nanoseconds
		times[stageOf(sample)] += spent
		all += spent
	}
	cpu := median(checks.cpu())
	report.add(checks.name+": requests", median(checks.each(result.perSecond)), "/s")
	report.add(checks.name+": CPU per check", cpu, "us")
	for i, stage := range stages {
		share := float64(times[i]) / float64(max(all, 1))
		report.add("... of it, "+stage.name, cpu*share, "us").share(share)
	}
	return nil
}

// stageOf returns the index of the stage that a sample belongs to.
func stageOf(sample *profile.Sample) int {
	for i, stage := range stages {
		for _, location := range sample.Location {
			for _, line := range location.Line {
				for _, begin := range stage.begin {
					if strings.HasPrefix(line.Function.Name, begin) {
						return i
					}
				}
			}
		}
	}
	return len(stages) - 1
}
