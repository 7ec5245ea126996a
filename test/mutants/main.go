// Command mutants tries whether the tests can fail: it makes one small fault after another in the platform and runs the tests
// that have to notice it. Some faults are written out; others switch off what leads to a return code, whose scenario has to notice. It prints the survivors, the faults that no test noticed, and exits with 1 when there are any. A fault
// whose text is no longer in its file, or that does not compile, is a mistake of the list and exits with 2.
//
// The source stays as it is: the go command reads the changed file through an overlay, also where a test builds the platform's
// binary by itself.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// mutant is one fault and the tests that have to notice it.
type mutant struct {
	name string // what the fault is
	file string // below the module's root
	old  string // must be in the file exactly once
	new  string
	in   string // the package of the tests
	run  string // which of them, as go test's -run takes it
}

// trial returns the trial of a mutant.
func (m mutant) trial() trial {
	return trial{name: m.name, file: m.file, in: m.in, run: m.run, change: func() (map[string][]byte, error) {
		source, err := os.ReadFile(m.file)
		if err != nil {
			return nil, err
		}
		if n := bytes.Count(source, []byte(m.old)); n != 1 {
			return nil, fmt.Errorf("its text is in the file %d times", n)
		}
		return map[string][]byte{m.file: bytes.Replace(source, []byte(m.old), []byte(m.new), 1)}, nil
	}}
}

// trial is a fault that can be made, and the tests that have to notice it.
type trial struct {
	name, file string
	change     func() (map[string][]byte, error) // returns the changed files, by their path below the module's root
	parts      []part                            // what a switchboard switches off, in place of a change
	in, run    string                            // as those of a mutant

	by *switchboard // with a switch for the fault; nil if the program with it has to be built
}

// outcome is what became of a mutant.
type outcome int

const (
	noticed outcome = iota
	survived
	unusable // it cannot be made, or does not compile
)

func main() {
	pattern := flag.String("run", "", "try only the mutants whose name or file matches this `regexp`; \"^oidb/5 \" is a code's")
	parallel := flag.Int("parallel", 2, "try so many at the same `time`")
	flag.Parse()
	only, err := regexp.Compile(*pattern)
	if err != nil || flag.NArg() > 0 || *parallel < 1 {
		fmt.Fprintln(os.Stderr, "mutants: usage: mutants [-run REGEXP] [-parallel N], run from the module's root")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	chosen, _, err := conditionTrials(".")
	if err != nil {
		fmt.Fprintf(os.Stderr, "mutants: %v\n", err)
		os.Exit(2)
	}
	for _, m := range mutants {
		chosen = append(chosen, m.trial())
	}
	chosen = slices.DeleteFunc(chosen, func(t trial) bool { return !only.MatchString(t.name) && !only.MatchString(t.file) })
	os.Exit(tryAll(ctx, chosen, *parallel, os.Stdout))
}

// tryAll tries the mutants, with a switchboard for those that can share one, and returns the exit status.
func tryAll(ctx context.Context, chosen []trial, parallel int, out io.Writer) int {
	folder, err := os.MkdirTemp("", "mutants-")
	if err == nil {
		defer os.RemoveAll(folder)
		err = install(ctx, folder, chosen)
	}
	if err != nil {
		fmt.Fprintf(out, "mutants: %v\n", err)
		return 2
	}
	return try(ctx, chosen, parallel, out)
}

// try makes the mutants, prints what became of each, and returns the exit status.
func try(ctx context.Context, chosen []trial, parallel int, out io.Writer) int {
	var (
		mu     sync.Mutex
		counts = make(map[outcome]int)
		bad    []string
		slots  = make(chan struct{}, parallel)
		all    sync.WaitGroup
	)
	for _, m := range chosen {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		all.Go(func() {
			defer func() { <-slots }()
			begin := time.Now()
			o, why := m.try(ctx)
			mu.Lock()
			defer mu.Unlock()
			counts[o]++
			word := [...]string{"noticed ", "SURVIVED", "UNUSABLE"}[o]
			fmt.Fprintf(out, "%s %5.1fs  %s: %s\n", word, time.Since(begin).Seconds(), m.file, m.name)
			if o != noticed {
				bad = append(bad, fmt.Sprintf("%s: %s (%s)", m.file, m.name, why))
			}
		})
	}
	all.Wait()
	for _, line := range bad {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintf(out, "%d mutants: %d noticed, %d survived, %d unusable\n", len(chosen), counts[noticed], counts[survived], counts[unusable])
	switch {
	case counts[unusable] > 0 || ctx.Err() != nil:
		return 2
	case counts[survived] > 0:
		return 1
	default:
		return 0
	}
}

// try makes the fault and runs its tests.
func (m *trial) try(ctx context.Context) (outcome, string) {
	if m.by != nil {
		text, err := m.by.test(ctx, m)
		return m.judge(ctx, text, err)
	}
	files, err := m.change()
	if err != nil {
		return unusable, err.Error()
	}
	folder, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return unusable, err.Error()
	}
	defer os.RemoveAll(folder)
	overlay, err := writeOverlay(folder, files)
	if err != nil {
		return unusable, err.Error()
	}
	build := []string{"build"}
	for file := range files {
		build = append(build, "./"+filepath.Dir(file))
	}
	if text, err := goCommand(ctx, overlay, build...); err != nil {
		return unusable, "it does not compile: " + firstLine(text)
	}
	text, err := goCommand(ctx, overlay, "test", "-count=1", "-vet=off", "-timeout=10m", "-run", m.run, m.in)
	return m.judge(ctx, text, err)
}

// judge says what the tests' output and error mean.
func (m *trial) judge(ctx context.Context, text string, err error) (outcome, string) {
	switch {
	case ctx.Err() != nil:
		return unusable, "interrupted"
	case strings.Contains(text, "no tests to run") || strings.Contains(text, "[no test files]"):
		return unusable, "there is no such test"
	case strings.Contains(text, "[build failed]") || strings.Contains(text, "[setup failed]"):
		return unusable, "its tests do not compile: " + firstLine(text)
	case err == nil:
		return survived, m.in + " " + m.run + " passes"
	case strings.HasPrefix(m.run, "^TestScenarios$/") && !strings.Contains(text, "--- FAIL: TestScenarios/"):
		return unusable, "no scenario began: " + firstLine(text) // the platform does not start, for instance
	}
	return noticed, ""
}

// writeOverlay writes the files with the fault and the description by which the go command reads them in place of the originals.
func writeOverlay(folder string, files map[string][]byte) (string, error) {
	replace := make(map[string]string)
	for file, source := range files {
		original, err := filepath.Abs(file)
		if err != nil {
			return "", err
		}
		replace[original] = filepath.Join(folder, fmt.Sprintf("%d-%s", len(replace), filepath.Base(file)))
		if err := os.WriteFile(replace[original], source, 0o600); err != nil {
			return "", err
		}
	}
	description, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(folder, "overlay.json")
	return overlay, os.WriteFile(overlay, description, 0o600)
}

// goCommand runs the go command with the overlay in the environment, where the go commands that it starts find it too. Tests build the platform by
// themselves, whatever binary others are given.
func goCommand(ctx context.Context, overlay string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), "GOFLAGS="+strings.TrimSpace(os.Getenv("GOFLAGS")+" -overlay="+overlay), "ROOKERY_BINARY=", "COMMANDS=")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func firstLine(text string) string {
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			return strings.TrimSpace(line)
		}
	}
	return text
}
