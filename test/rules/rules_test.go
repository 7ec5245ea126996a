// Package rules checks that the repository keeps what CONTRIBUTING.md promises.
package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/api/gamecenter"
	"github.com/rookeryhq/rookery/internal/docs"
	"github.com/rookeryhq/rookery/internal/server"
	"github.com/rookeryhq/rookery/retcode"
)

const module = "github.com/rookeryhq/rookery/"

// layers are the rooms of the house from the outside in. A package may import those further in and, where the layer says so,
// its neighbours in the same layer.
var layers = []struct {
	prefixes   []string
	neighbours bool
}{
	{[]string{"cmd/rookery", "bench", "test", "client/rookerytest", "client/examples", "internal/child", "internal/oidb/bustest"}, true},
	{[]string{"internal/cli"}, false},
	{[]string{"internal/server/gen"}, false},
	{[]string{"internal/server"}, false},
	{[]string{"internal/api/dev"}, false},
	{[]string{"internal/api"}, false},
	{[]string{"internal/api/appkey", "internal/api/picture"}, false},
	{[]string{"internal/api/refuse", "internal/api/msdk"}, false},
	{[]string{"internal/api/items"}, false},
	{[]string{"internal/doctor", "internal/proxy", "internal/reference", "internal/explain", "internal/docs"}, false},
	{[]string{"internal/access"}, false},
	{[]string{"internal/outbox"}, false},
	{[]string{"internal/groups"}, false},
	{[]string{"internal/social"}, false},
	{[]string{"internal/messages"}, false},
	{[]string{"internal/ranking", "internal/achievements"}, false},
	{[]string{"internal/friends"}, false},
	{[]string{"internal/qqgroups"}, false},
	{[]string{"internal/idip", "internal/roster"}, false},
	{[]string{"internal/wordfilter"}, false},
	{[]string{"internal/identity"}, false},
	{[]string{"internal/backup", "internal/transfer"}, false},
	{[]string{"internal/apps", "internal/profile", "internal/token", "internal/gamecmd", "internal/operators"}, false},
	{[]string{"internal/fault"}, false},
	{[]string{"internal/oidb/route"}, false},
	{[]string{"internal/oidb/tcp", "internal/oidb/connect", "internal/oidb/oidbtest"}, false},
	{[]string{"internal/oidb"}, false},
	{[]string{"internal/oidb/wire"}, false},
	{[]string{"internal/store/sqlite", "internal/store/postgres", "internal/store/storetest"}, true},
	{[]string{"internal/store/tables"}, false},
	{[]string{"internal/store"}, false},
	{[]string{"internal/logging"}, false},
	{[]string{"internal/config"}, true},
	{[]string{"client/share"}, false},
	{[]string{"client"}, false},
	{[]string{"internal/sign/mistake", "internal/redact"}, false},
	{[]string{"internal/limit/redis"}, false},
	{[]string{"internal/sign", "internal/seed", "internal/idip/wire", "internal/limit", "internal/flatjson", "internal/secretfile", "internal/cache", "internal/standings", "internal/oidb/frame", "internal/har", "internal/tracing"}, false},
	{[]string{"internal/oidb/field"}, false},
	{[]string{"internal/platform", "internal/disk", "internal/codebook"}, false},
	{[]string{"retcode", "catalogue", "docs/api"}, true},
}

type goPackage struct {
	ImportPath string
	Dir        string
	Imports    []string
	Deps       []string
	GoFiles    []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,Deps,GoFiles", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// layer is the index of the layer whose longest prefix fits; -1 when none does.
func layer(path string) int {
	path = strings.TrimPrefix(path, module)
	found, length := -1, 0
	for i, l := range layers {
		for _, prefix := range l.prefixes {
			if (path == prefix || strings.HasPrefix(path, prefix+"/")) && len(prefix) > length {
				found, length = i, len(prefix)
			}
		}
	}
	return found
}

func TestImportsPointInward(t *testing.T) {
	checked := 0
	for _, p := range packages(t) {
		from := layer(p.ImportPath)
		if from < 0 {
			t.Errorf("%s is in no layer", p.ImportPath)
			continue
		}
		for _, imported := range p.Imports {
			if !strings.HasPrefix(imported, module) {
				continue
			}
			checked++
			if to := layer(imported); to < from || to == from && !layers[from].neighbours {
				t.Errorf("%s imports %s, which is not further in", p.ImportPath, imported)
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d imports were looked at", checked)
	}
}

// unwanted are imports that the layers would allow, with the reason against each.
var unwanted = []struct{ importer, imported, because string }{
	{"internal/server", "github.com/spf13/", "a platform starts without a command line"},
	{"test/rookery", module + "internal/sign", "tests sign with code of their own, so that a wrong signature is not compared with itself"},
	{"test/rookery", module + "client", "tests sign with code of their own, so that a wrong signature is not compared with itself"},
}

func TestUnwantedImports(t *testing.T) {
	checked := make(map[string]bool)
	for _, p := range packages(t) {
		for _, rule := range unwanted {
			if p.ImportPath != module+rule.importer {
				continue
			}
			checked[rule.importer] = true
			for _, imported := range p.Imports {
				if strings.HasPrefix(imported, rule.imported) {
					t.Errorf("%s imports %s, but %s", rule.importer, imported, rule.because)
				}
			}
		}
	}
	for _, rule := range unwanted {
		if !checked[rule.importer] {
			t.Errorf("there is no package %s", rule.importer)
		}
	}
}

func TestRetcodeNeedsTheStandardLibraryOnly(t *testing.T) {
	for _, p := range packages(t) {
		if p.ImportPath != module+"retcode" {
			continue
		}
		for _, dep := range p.Deps {
			if first, _, _ := strings.Cut(dep, "/"); strings.Contains(first, ".") {
				t.Errorf("retcode depends on %s", dep)
			}
		}
		return
	}
	t.Error("there is no package retcode")
}

// The SDK is for other people's programs: of the platform it imports only what both sides of a wire share.
func TestTheSDKNeedsLittleOfThePlatform(t *testing.T) {
	shared := []string{"client", "retcode", "internal/sign", "internal/idip/wire", "internal/oidb/frame", "internal/oidb/field", "internal/platform"}
	checked := 0
	for _, p := range packages(t) {
		if p.ImportPath != module+"client" && p.ImportPath != module+"client/share" {
			continue
		}
		checked++
		for _, dep := range p.Deps {
			name := strings.TrimPrefix(dep, module)
			switch first, _, _ := strings.Cut(dep, "/"); {
			case name != dep && !slices.Contains(shared, name):
				t.Errorf("%s depends on %s", p.ImportPath, name)
			case name == dep && strings.Contains(first, ".") && !strings.HasPrefix(dep, "vendor/"):
				t.Errorf("%s depends on %s", p.ImportPath, dep)
			}
		}
	}
	if checked != 2 {
		t.Errorf("%d packages were looked at, want client and client/share", checked)
	}
}

func TestDoorsKnowNoStore(t *testing.T) {
	checked := 0
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module)
		if name != "internal/access" && !strings.HasPrefix(name, "internal/api/") {
			continue
		}
		checked++
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, module+"internal/store") {
				t.Errorf("%s imports %s", name, imported)
			}
		}
	}
	if checked < 8 {
		t.Errorf("only %d packages were looked at", checked)
	}
}

// A path is written where its interface is declared, and nowhere else in a door: nothing is looked up by it.
func TestPathsAreDeclaredOnce(t *testing.T) {
	doors := server.Doors()
	count := make(map[string]int)
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.ImportPath, module+"internal/api/") {
			continue
		}
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
					count[strings.Trim(literal.Value, "`\"")]++
				}
				return true
			})
		}
	}
	checked := 0
	for _, door := range doors {
		for _, endpoint := range door.Endpoints {
			if n := count[endpoint.Path]; n > 1 {
				t.Errorf("%s: %s is written %d times", door.Name, endpoint.Path, n)
			} else {
				checked += n
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d paths were found", checked)
	}
}

// The doors give services' results their wire form; only stored types have a form of their own.
func TestServicesHoldNoWireShapes(t *testing.T) {
	services := []string{"identity", "friends", "qqgroups", "messages", "groups", "social", "ranking", "achievements", "apps", "profile", "standings", "wordfilter"}
	checked := 0
	for _, p := range packages(t) {
		if name, internal := strings.CutPrefix(p.ImportPath, module+"internal/"); !internal || !slices.Contains(services, name) {
			continue
		}
		checked++
		for _, name := range p.GoFiles {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if field, ok := n.(*ast.Field); ok && field.Tag != nil && strings.Contains(field.Tag.Value, "json:") {
					t.Errorf("%s/%s: a field has the tag %s", p.ImportPath, name, field.Tag.Value)
				}
				return true
			})
		}
	}
	if checked != len(services) {
		t.Errorf("%d packages were looked at, want %v", checked, services)
	}
}

// The kind or type of an error says what it is; its text is for people.
func TestNobodyReadsTheTextOfAnError(t *testing.T) {
	reading := regexp.MustCompile(`(strings|regexp|bytes)\.\w+\([^)]*\b[eE]rr\w*\.Error\(\)`)
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			content, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if found := reading.Find(content); found != nil {
				t.Errorf("%s/%s: %s", p.ImportPath, name, found)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) == 0 {
			continue
		}
		documented := slices.ContainsFunc(p.GoFiles, func(name string) bool {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
			return err == nil && file.Doc != nil
		})
		if !documented {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

func TestTestsDoNotSleep(t *testing.T) {
	const sleeping = "time." + "Sleep("
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(sleeping)) {
			t.Errorf("%s sleeps", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestTextsNameNoMissingInterface: what the catalogue tells a developer to call is there.
func TestTextsNameNoMissingInterface(t *testing.T) {
	doors := server.Doors()
	there := map[string]bool{docs.Path: true, "/v2/module/interface": true, "/module/interface": true} // the last two stand for any
	names := map[string]bool{}                                                                         // of interfaces: whether they are there
	for _, door := range doors {
		for _, prefix := range door.Prefixes {
			there[prefix] = true
		}
		for _, path := range door.NotServed {
			names[path[strings.LastIndexByte(path, '/')+1:]] = false
		}
	}
	for _, door := range doors {
		for _, e := range door.Endpoints {
			served := e.Permission != "" || door.Name != "msdkv3" // which answers -311 at the rest
			there[e.Path] = there[e.Path] || served
			if name := e.Path[strings.LastIndexByte(e.Path, '/')+1:]; served || !names[name] {
				names[name] = served
			}
		}
	}
	for _, command := range gamecenter.Commands() {
		names[command.Name] = true
	}
	rows := slices.AppendSeq(slices.Collect(retcode.Entries()), retcode.DoorEntries())
	path, word := regexp.MustCompile(`(?:^|[ (])(/[A-Za-z0-9_./]*[A-Za-z0-9_/])`), regexp.MustCompile(`[a-z0-9]+(?:_[a-z0-9]+)+`)
	checked := 0
	for _, row := range slices.Clone(rows) {
		rows = append(rows, row.In(retcode.Chinese))
	}
	for _, row := range rows {
		for _, text := range []string{row.Summary, row.Cause, row.Remedy, row.OnRookery, row.OnQQ, row.Note} {
			for _, found := range path.FindAllStringSubmatch(text, -1) {
				checked++
				if !there[found[1]] {
					t.Errorf("%v %d names %s, which is not there: %s", row.Domain, row.Low, found[1], text)
				}
			}
			for _, name := range word.FindAllString(text, -1) {
				if served, known := names[name]; !served && (known || strings.HasPrefix(name, "gc_")) {
					t.Errorf("%v %d names the interface %s, which is not there: %s", row.Domain, row.Low, name, text)
				}
			}
		}
	}
	if checked < 10 || len(names) < 50 {
		t.Errorf("only %d paths of %d interfaces were looked at", checked, len(names))
	}
}

// TestScenariosForceNoAnswer: a code counts as answered because its condition held.
func TestScenariosForceNoAnswer(t *testing.T) {
	forcing := regexp.MustCompile(`/dev/v1/answers|AddAnswer|"answer", "--api"|dev answer|X-Rookery-Forced`)
	if !forcing.MatchString(`"dev", "answer", "--api"`) || !forcing.MatchString(`p.Admin(t, "POST", "/dev/v1/answers"`) {
		t.Error("the ways to force an answer are not recognized")
	}
	checked := 0
	for _, folder := range []string{"../scenarios", "../rookery"} {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
				return err
			}
			content, err := os.ReadFile(path)
			if found := forcing.Find(content); found != nil {
				t.Errorf("%s forces an answer: %s", path, found)
			}
			checked++
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if checked < 30 {
		t.Errorf("only %d files were looked at", checked)
	}
}
