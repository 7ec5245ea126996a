package rules

import (
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	load "golang.org/x/tools/go/packages"
)

// TestTheProductIsForEveryMachine checks the types of what people install, and of all that it imports, for each of the Makefile's machines. make machines
// compiles it for them, which takes ten times as long.
func TestTheProductIsForEveryMachine(t *testing.T) {
	if os.Getenv("EVERYTHING") == "" {
		t.Skip("make test loads all packages for each machine")
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	list := func(name string) []string {
		found := regexp.MustCompile(`(?m)^` + name + ` \??:?= (.*)$`).FindSubmatch(makefile)
		if found == nil {
			t.Fatalf("the Makefile has no %s", name)
		}
		return strings.Fields(string(found[1]))
	}
	for _, machine := range list("MACHINES") {
		system, processor, _ := strings.Cut(machine, "/")
		if system == runtime.GOOS && processor == runtime.GOARCH {
			continue // which the other tests compile for
		}
		t.Run(machine, func(t *testing.T) {
			loaded, err := load.Load(&load.Config{
				Dir:  "../..",
				Mode: load.NeedName | load.NeedCompiledGoFiles | load.NeedImports | load.NeedDeps | load.NeedTypes | load.NeedTypesSizes | load.NeedSyntax,
				Env:  append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+processor),
			}, list("PRODUCT")...)
			if err != nil {
				t.Fatal(err)
			}
			if len(loaded) < 50 {
				t.Errorf("%d packages are found", len(loaded))
			}
			load.Visit(loaded, nil, func(p *load.Package) {
				for _, err := range p.Errors {
					t.Errorf("%s: %v", p.PkgPath, err)
				}
			})
		})
	}
}
