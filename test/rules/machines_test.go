package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	load "golang.org/x/tools/go/packages"
)

// TestTheProductIsForEveryMachine checks the types of what people install, and of all modules that it imports, for each of the Makefile's machines. make machines
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
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	// The standard library is right; there the bodies of functions are left out.
	ofGo := func(file string) bool {
		return strings.HasPrefix(file, filepath.Join(strings.TrimSpace(string(root)), "src")+string(filepath.Separator))
	}
	// Most files are those of several machines. The types do not change what is parsed.
	files := token.NewFileSet()
	var parsed sync.Map // func() (*ast.File, error) by name
	parse := func(_ *token.FileSet, name string, source []byte) (*ast.File, error) {
		once, _ := parsed.LoadOrStore(name, sync.OnceValues(func() (*ast.File, error) {
			file, err := parser.ParseFile(files, name, source, parser.AllErrors|parser.SkipObjectResolution)
			if err == nil && ofGo(name) {
				for _, declared := range file.Decls {
					if f, is := declared.(*ast.FuncDecl); is {
						f.Body = nil
					}
				}
			}
			return file, err
		}))
		return once.(func() (*ast.File, error))()
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
				Fset: files, ParseFile: parse,
			}, list("PRODUCT")...)
			if err != nil {
				t.Fatal(err)
			}
			if len(loaded) < 50 {
				t.Errorf("%d packages are found", len(loaded))
			}
			load.Visit(loaded, nil, func(p *load.Package) {
				if len(p.CompiledGoFiles) > 0 && ofGo(p.CompiledGoFiles[0]) {
					return // without its functions' bodies it does not use all that it imports
				}
				for _, err := range p.Errors {
					t.Errorf("%s: %v", p.PkgPath, err)
				}
			})
		})
	}
}
