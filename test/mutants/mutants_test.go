package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// TestEveryCodeHasItsFault: for each code of the contract there is a fault that its scenario has to notice. For most of them it is
// found in the source.
func TestEveryCodeHasItsFault(t *testing.T) {
	made, without, err := conditionTrials("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(without) > 0 {
		t.Errorf("no condition is found of %v: list a mutant that the scenario has to notice", without)
	}
	if len(made) < 150 {
		t.Errorf("conditions of %d codes are found", len(made))
	}
}

// TestEveryCodeNeedsItsCondition: with the conditions of a code switched off its scenario fails, or else the code would be answered without
// its cause.
func TestEveryCodeNeedsItsCondition(t *testing.T) {
	if os.Getenv("EVERYTHING") == "" {
		t.Skip("make test runs the scenario of each code")
	}
	t.Chdir("../..")
	made, _, err := conditionTrials(".")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if status := tryAll(t.Context(), made, 4, &out); status != 0 {
		t.Errorf("status %d\n%s", status, &out)
	}
}

func TestConditionsAreSwitchedOff(t *testing.T) {
	root := t.TempDir()
	const source = `package p

var numbers = [n]retcode.Code{old: retcode.Expired}

var rows = [...]check{
	{retcode.TooLarge, fits},
	{retcode.Unread, unpacks},
}

func f(n int) error {
	if n > 1 {
		return retcode.Expired
	}
	switch {
	case n == 1, n < 0:
		return old
	}
	switch n {
	case zero, 0x0:
		return retcode.Unread.Errorf("zero")
	}
	return retcode.Last
}
`
	for _, folder := range answering {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "internal/p.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := conditions(root)
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]*strings.Replacer{
		"Expired": strings.NewReplacer("n > 1", `!faultIs("off") && (n > 1)`, "n == 1, n < 0", `!faultIs("off") && (n == 1), !faultIs("off") && (n < 0)`),
		"TooLarge": strings.NewReplacer("[...]check{", "faultRows([]check{", "{retcode.Unread, unpacks},\n}",
			"{retcode.Unread, unpacks},\n}, map[int][]string{0: {\"off\"}})"),
		"Unread": strings.NewReplacer("[...]check{", "faultRows([]check{", "{retcode.Unread, unpacks},\n}",
			"{retcode.Unread, unpacks},\n}, map[int][]string{1: {\"off\"}})", "case zero, 0x0:", `case faultLabel(zero, "off"), faultLabel(0x0, "off"):`),
	} {
		files, err := withSwitches(root, []*trial{{name: "off", parts: found[code]}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Replace(source), string(files["internal/p.go"])); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", code, diff)
		}
		if _, err := parser.ParseFile(token.NewFileSet(), "", files["internal/fault_switches.go"], 0); err != nil {
			t.Errorf("%s: the switches: %v", code, err)
		}
	}
	if len(found["Last"]) > 0 {
		t.Errorf("an answer without a condition has %v", found["Last"])
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
			trial := test.m.trial()
			got, why := trial.try(t.Context())
			if got != test.want || !strings.Contains(why, test.why) {
				t.Errorf("got %d, %q, want %d, %q", got, why, test.want, test.why)
			}
		})
	}
}
