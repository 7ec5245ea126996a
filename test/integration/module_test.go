package integration

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// aGame is a program that uses what a game's back end needs of this module.
const aGame = `package main

import (
	"fmt"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/share"
	"github.com/rookeryhq/rookery/retcode"
)

func main() {
	_, err := client.New("http://127.0.0.1:8700", client.App{})
	fmt.Println(retcode.AccessTokenExpired.Symbol(), err, share.TypeNames()[0])
}
`

// TestAGameNeedsNoOtherModule builds a game with a module proxy that has this module alone: what it imports of it needs no other, not even
// the checksum of one.
func TestAGameNeedsNoOtherModule(t *testing.T) {
	const module, version = "github.com/rookeryhq/rookery", "v0.0.1"
	proxy, game := t.TempDir(), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	requirements, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	published := filepath.Join(proxy, filepath.FromSlash(module), "@v", version)
	write(published+".info", `{"Version":"`+version+`"}`)
	write(published+".mod", string(requirements))
	archive, err := os.Create(published + ".zip")
	if err != nil {
		t.Fatal(err)
	}
	packed := zip.NewWriter(archive)
	err = filepath.WalkDir("../..", func(name string, entry os.DirEntry, err error) error {
		if entry != nil && entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".." || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".go" && entry.Name() != "go.mod" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		within, err := filepath.Rel("../..", name)
		if err != nil {
			return err
		}
		w, err := packed.Create(module + "@" + version + "/" + filepath.ToSlash(within))
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(game, "go.mod"), "module game\n\ngo 1.26.0\n\nrequire "+module+" "+version+"\n")
	write(filepath.Join(game, "main.go"), aGame)
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = game
		cmd.Env = append(os.Environ(), "GOPROXY=file://"+proxy, "GOSUMDB=off", "GOFLAGS=-modcacherw", "GOWORK=off", "GOMODCACHE="+filepath.Join(proxy, "cache"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("mod", "tidy")
	if out := run("run", "."); !strings.HasPrefix(out, "AccessTokenExpired <nil> ") {
		t.Errorf("the game says %q", out)
	}
	sums, err := os.ReadFile(filepath.Join(game, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(sums)) {
		if !strings.HasPrefix(line, module+" ") {
			t.Errorf("go.sum has %s", line)
		}
	}
	for line := range strings.Lines(run("list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".")) {
		if name := strings.TrimSpace(line); name != "" && name != module && name != "game" {
			t.Errorf("the game links a package of %s", name)
		}
	}
}
