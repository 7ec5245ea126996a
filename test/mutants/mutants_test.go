package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The list rots unless something looks at it: each text must be in its file, exactly once.
func TestEveryMutantCanBeMade(t *testing.T) {
	for _, m := range mutants {
		source, err := os.ReadFile(filepath.Join("../..", m.file))
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
			continue
		}
		if n := bytes.Count(source, []byte(m.old)); n != 1 || m.old == m.new {
			t.Errorf("%s: its text is in %s %d times, want once", m.name, m.file, n)
		}
	}
}

func TestOutcomes(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles four programs")
	}
	t.Chdir("../..")
	const file, old = "internal/limit/limit.go", "next, wait := advance(old, interval"
	for _, test := range []struct {
		name string
		m    mutant
		want outcome
		why  string
	}{
		{"a fault that a test notices", mutant{file: file, old: old, new: "next, wait := advance(0, interval", in: "./internal/limit", run: "."}, noticed, ""},
		{"no fault at all", mutant{file: file, old: old, new: "next, wait := advance(+old, interval", in: "./internal/limit", run: "."}, survived, "passes"},
		{"a text that is not there", mutant{file: file, old: "package unlimited", new: "package limit", in: "./internal/limit", run: "."}, unusable, "0 times"},
		{"a fault that does not compile", mutant{file: file, old: old, new: "next, wait := advance(\"\", interval", in: "./internal/limit", run: "."}, unusable, "does not compile"},
		{"no such test", mutant{file: file, old: old, new: "next, wait := advance(+old, interval", in: "./internal/limit", run: "^TestNothing$"}, unusable, "no such test"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, why := test.m.try(t.Context())
			if got != test.want || !strings.Contains(why, test.why) {
				t.Errorf("got %d, %q, want %d, %q", got, why, test.want, test.why)
			}
		})
	}
}
