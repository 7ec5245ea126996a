package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// switchboard is the platform, and the tests of its scenarios, with the faults of many trials. The environment switches one of them on: to
// build the platform with each takes ten times as long as its test.
type switchboard struct{ platform, tests string }

// faultVariable names the fault that is on.
const faultVariable = "ROOKERY_FAULT"

// install builds a switchboard in a folder for the trials that only switch conditions off, if there are more than a few.
func install(ctx context.Context, folder string, trials []trial) error {
	on := make(map[edit][]string) // the numbers of the faults that make it
	var switched []*trial
	for i := range trials {
		t := &trials[i]
		if t.edits == nil || slices.ContainsFunc(t.edits, func(e edit) bool { return !strings.HasPrefix(e.by, off) }) {
			continue
		}
		switched = append(switched, t)
		for _, e := range t.edits {
			on[e] = append(on[e], strconv.Quote(t.name))
		}
	}
	if len(switched) < 3 {
		return nil
	}
	var edits []edit
	for e, faults := range on {
		e.by = "!faultIs(" + strings.Join(faults, ", ") + ")" + strings.TrimPrefix(e.by, off)
		edits = append(edits, e)
	}
	if err := apart(edits); err != nil {
		return err
	}
	files, err := changed(".", edits)
	if err != nil {
		return err
	}
	for _, e := range edits {
		name := filepath.Join(filepath.Dir(e.file), "fault_switches.go")
		if files[name] == nil {
			files[name] = fmt.Appendf(nil, switches, packageName(files[e.file]), faultVariable)
		}
	}
	overlay, err := writeOverlay(folder, files)
	if err != nil {
		return err
	}
	s := &switchboard{platform: filepath.Join(folder, "rookery"), tests: filepath.Join(folder, "scenarios.test")}
	for _, args := range [][]string{{"build", "-buildvcs=false", "-o", s.platform, "./cmd/rookery"}, {"test", "-c", "-vet=off", "-o", s.tests, scenarios}} {
		if text, err := goCommand(ctx, overlay, args...); err != nil {
			return fmt.Errorf("the platform with switches for %d faults does not compile: %s", len(switched), firstLine(text))
		}
	}
	for _, t := range switched {
		t.by = s
	}
	return nil
}

// switches is a file of a package with faults.
const switches = `package %s

import (
	"os"
	"slices"
)

var faultOn = os.Getenv(%q)

func faultIs(names ...string) bool { return slices.Contains(names, faultOn) }
`

// apart refuses edits that overlap.
func apart(edits []edit) error {
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Or(strings.Compare(a.file, b.file), a.from-b.from) })
	for i := 1; i < len(edits); i++ {
		if a, b := edits[i-1], edits[i]; a.file == b.file && b.from < a.to {
			return fmt.Errorf("%s: a condition at %d is part of one at %d", a.file, b.from, a.from)
		}
	}
	return nil
}

// packageName returns the name in a file's package clause.
func packageName(source []byte) string {
	for line := range strings.Lines(string(source)) {
		if name, is := strings.CutPrefix(line, "package "); is {
			return strings.TrimSpace(name)
		}
	}
	return ""
}

// test runs the tests of a trial with its fault on.
func (s *switchboard) test(ctx context.Context, m *trial) (string, error) {
	cmd := exec.CommandContext(ctx, s.tests, "-test.count=1", "-test.timeout=10m", "-test.run", m.run)
	cmd.Dir = m.in
	cmd.Env = append(os.Environ(), "ROOKERY_BINARY="+s.platform, faultVariable+"="+m.name)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
