package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
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

// install builds a switchboard in a folder for the trials that only switch something off, if there are any.
func install(ctx context.Context, folder string, trials []trial) error {
	var switched []*trial
	for i := range trials {
		if trials[i].parts != nil {
			switched = append(switched, &trials[i])
		}
	}
	if switched == nil {
		return nil
	}
	files, err := withSwitches(".", switched)
	if err != nil {
		return err
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

// withSwitches returns the files with a switch at each part that a trial switches off, by their path below the root.
func withSwitches(root string, trials []*trial) (map[string][]byte, error) {
	on := make(map[part][]string) // the quoted names of the faults that switch it off
	for _, t := range trials {
		for _, p := range t.parts {
			on[p] = append(on[p], strconv.Quote(t.name))
		}
	}
	inserted := make(map[string]map[int]string) // by file and offset
	insert := func(file string, at int, text string) {
		if inserted[file] == nil {
			inserted[file] = make(map[int]string)
		}
		inserted[file][at] += text
	}
	lists := make(map[part][]string) // the entries of each list's rows
	for p, names := range on {
		faults := strings.Join(names, ", ")
		switch p.form {
		case condition:
			insert(p.file, p.from, "!faultIs("+faults+") && (")
			insert(p.file, p.to, ")")
		case label:
			insert(p.file, p.from, "faultLabel(")
			insert(p.file, p.to, ", "+faults+")")
		case row:
			list := part{file: p.file, from: p.from, to: p.to}
			lists[list] = append(lists[list], fmt.Sprintf("%d: {%s}", p.row, faults))
		}
	}
	for list, rows := range lists {
		slices.Sort(rows)
		insert(list.file, list.from, "faultRows(")
		insert(list.file, list.to, ", map[int][]string{"+strings.Join(rows, ", ")+"})")
	}
	files := make(map[string][]byte)
	for file, texts := range inserted {
		source, err := os.ReadFile(filepath.Join(root, file))
		if err != nil {
			return nil, err
		}
		var made []byte
		last := 0
		for _, at := range slices.Sorted(maps.Keys(texts)) {
			made = append(append(made, source[last:at]...), texts[at]...)
			last = at
			if strings.HasSuffix(texts[at], "faultRows(") { // which takes a slice
				if rest, array := bytes.CutPrefix(source[at:], []byte("[...]")); array {
					made = append(made, "[]"...)
					last = len(source) - len(rest)
				}
			}
		}
		files[file] = append(made, source[last:]...)
		files[filepath.Join(filepath.Dir(file), "fault_switches.go")] = fmt.Appendf(nil, switches, packageName(source), faultVariable)
	}
	return files, nil
}

// switches is a file of a package with faults.
const switches = `package %s

import (
	"os"
	"slices"
)

var faultOn = os.Getenv(%q)

func faultIs(names ...string) bool { return slices.Contains(names, faultOn) }

func faultLabel[T ~int64](label T, names ...string) T {
	if faultIs(names...) {
		return ^label // which nothing is
	}
	return label
}

func faultRows[T any](rows []T, names map[int][]string) (made []T) {
	for i, row := range rows {
		if !faultIs(names[i]...) {
			made = append(made, row)
		}
	}
	return made
}
`

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
