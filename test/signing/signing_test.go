// Package signing runs the functions of docs/signing.md, each in its language.
package signing

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

var update = flag.Bool("update", false, "record what ran")

const document = "../../docs/signing.md"

// ran lists what somebody ran: a language, and the SHA-256 of its functions.
const ran = "testdata/ran.txt"

// ranLogin is the SHA-256 of the program in C# that somebody ran.
const ranLogin = "testdata/ran-login.txt"

// vector is a signature of the references: of MSDK V5 (msdk-v5.md, 2.3), V3 (msdk-v3.md, 2.1) or OpenAPI V3 (qq-connect-openapi.md, B.5).
type vector struct {
	args   []string // v5 PATH BODY KEY NAME VALUE..., v3 TIMESTAMP KEY, openapi METHOD PATH KEY NAME VALUE...
	signed string
}

const (
	sigkey = "0123456789abcdef0123456789abcdef"
	appkey = "228bf094169a40a3bd188ba37ebe8723"
)

var vectors = []vector{
	{[]string{"v5", "/v2/auth/verify_login", `{"openid":"10000000000000000001","token":"T0KEN"}`, sigkey,
		"ts", "1700000000", "version", "", "channelid", "2", "gameid", "11", "os", "4", "source", "0"}, "e4d3455b93b8b703594ed2537da74ffd"},
	{[]string{"v5", "/v2/group/create_bind_group", `{"openid":"10000000000000000001","token":"T0KEN","guild_id":"2134","guild_name":"测试公会","zone_id":"1","roleid":"2"}`, sigkey,
		"seq", "req-7", "channelid", "2", "conn", "", "gameid", "11", "os", "4", "source", "0", "ts", "1700000001", "version", "5.30.000"}, "35fd425a21a692463c298a52d4a7e167"},
	{[]string{"v5", "/v2/auth/decrypt", "", sigkey,
		"channelid", "2", "gameid", "11", "os", "4", "source", "0", "ts", "1700000002", "itopencodeparam", "d9b48147c3b809a2"}, "59b2da0cb898f3e3e4f3ac8938971f4f"},
	{[]string{"v3", "1700000000", "demoAppKey01"}, "2d8c85c188c1019e48fec2ab8880ea5a"},
	{[]string{"v3", "1700000000", "demoMsdkKey02"}, "36187ce779aaac47abb44e5a447190f7"},
	{[]string{"openapi", "GET", "/v3/user/get_info", appkey,
		"openid", "11111111111111111", "openkey", "2222222222222222", "appid", "123456", "pf", "qzone", "format", "json", "userip", "112.90.139.30"}, "FdJkiDYwMj5Aj1UG2RUPc83iokk="},
	{[]string{"openapi", "POST", "/v3/user/get_info", appkey,
		"x", "a b*c~d-_.+/=&?%中!'()", "appid", "123456", "format", "json", "openid", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA1", "openkey", "2222", "pf", "qzone", "userip", "112.90.139.30"}, "IIaQzA7twSvtoda+YdZeKChZu0A="},
}

// language says how functions are run: with a driver in testdata, which reads a vector a line and prints its signature.
type language struct {
	heading, fence string
	tools          []string // that must be on the machine
	always         bool     // the tools are: the test fails without them in CI
	begin          string   // before the functions
	functions      string   // the file that they are in
	driver         string   // of testdata, in a file of its own; appended to the functions if that has no name
	apart          string   // the name of the driver's file
	run            string
}

var languages = []language{
	{heading: "Go", fence: "go", tools: []string{"go"}, always: true, begin: "package main\n\n", functions: "sign.go", driver: "driver.go.txt", apart: "main.go", run: "go run main.go sign.go"},
	{heading: "Node", fence: "js", tools: []string{"node"}, always: true, functions: "sign.js", driver: "driver.js", run: "node sign.js"},
	{heading: "Python", fence: "python", tools: []string{"python3"}, always: true, functions: "sign.py", driver: "driver.py", run: "python3 sign.py"},
	{heading: "C#", fence: "csharp", tools: []string{"mcs", "mono"}, functions: "Signature.cs", driver: "Driver.cs", apart: "Driver.cs", run: "mcs -out:sign.exe Signature.cs Driver.cs && mono sign.exe"},
	{heading: "PHP", fence: "php", tools: []string{"php"}, begin: "<?php\n", functions: "sign.php", driver: "driver.php", run: "php sign.php"},
	{heading: "Java", fence: "java", tools: []string{"java", "javac"}, functions: "Signature.java", driver: "Driver.java", apart: "Driver.java", run: "javac -encoding UTF-8 Signature.java Driver.java && java -Dfile.encoding=UTF-8 Driver"},
}

// TestSnippetsSign runs the functions of each language that is on this machine. Those of the others must be as somebody ran them.
func TestSnippetsSign(t *testing.T) {
	text := read(t, document)
	var input, want strings.Builder
	for _, v := range vectors {
		fmt.Fprintln(&input, strings.Join(v.args, "\t"))
		fmt.Fprintln(&want, v.signed)
		if !strings.Contains(text, "`"+v.signed+"`") {
			t.Errorf("%s does not have the vector %s", document, v.signed)
		}
	}
	recorded := strings.Split(strings.TrimSpace(read(t, ran)), "\n")
	for i, l := range languages {
		found := regexp.MustCompile("(?s)\n## " + regexp.QuoteMeta(l.heading) + "\n\n```" + l.fence + "\n(.*?)```\n").FindStringSubmatch(text)
		if found == nil {
			t.Errorf("%s has no functions in %s", document, l.heading)
			continue
		}
		sum := sha256.Sum256([]byte(found[1]))
		record := l.heading + " " + hex.EncodeToString(sum[:])
		missing := slices.IndexFunc(l.tools, func(tool string) bool { _, err := exec.LookPath(tool); return err != nil })
		t.Run(l.heading, func(t *testing.T) {
			switch {
			case missing < 0:
				if got := l.sign(t, found[1], input.String()); got != want.String() {
					t.Fatalf("got\n%swant\n%s", got, want.String())
				}
			case l.always && os.Getenv("CI") != "":
				t.Fatalf("there is no %s", l.tools[missing])
			}
			switch {
			case missing < 0 && *update:
				recorded[i] = record
			case recorded[i] != record && missing < 0:
				t.Errorf("they work, and have changed: go test ./test/signing -update records that they ran")
			case recorded[i] != record:
				t.Errorf("they have changed, and nobody has run them since: run this where there is %v", l.tools)
			}
		})
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(ran, []byte(strings.Join(recorded, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestALoginInCSharp runs the program that uses the functions in C#, against a platform.
func TestALoginInCSharp(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```csharp\n(.*?)```\n").FindAllStringSubmatch(read(t, document), -1)
	if len(blocks) != 2 {
		t.Fatalf("%s has %d parts in C#", document, len(blocks))
	}
	sum := sha256.Sum256([]byte(blocks[1][1]))
	record := hex.EncodeToString(sum[:]) + "\n"
	if http, _ := filepath.Glob("/usr/lib/mono/*/System.Net.Http.dll"); len(http) > 0 { // Debian has it apart from mcs
		folder := t.TempDir()
		for i, name := range []string{"Signature.cs", "Login.cs"} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(blocks[i][1]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.CommandContext(t.Context(), "mcs", "-r:System.Net.Http.dll", "-out:login.exe", "Signature.cs", "Login.cs")
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		status, out, stderr := rookery.Run(t, "dev", "exec", "--", "mono", filepath.Join(folder, "login.exe"))
		if status != 0 || !strings.HasPrefix(out, `{"ret":0,"msg":"user is logged in."`) {
			t.Fatalf("status %d: %s%s", status, out, stderr)
		}
		if *update {
			if err := os.WriteFile(ranLogin, []byte(record), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if read(t, ranLogin) != record {
		t.Error("it has changed: go test ./test/signing -update records that it ran, where there is mono with System.Net.Http")
	}
}

// sign runs functions on vectors and returns what they print.
func (l *language) sign(t *testing.T, functions, vectors string) string {
	t.Helper()
	folder := t.TempDir()
	driver := read(t, filepath.Join("testdata", l.driver))
	files := map[string]string{l.functions: l.begin + functions, l.apart: driver}
	if l.apart == "" {
		files = map[string]string{l.functions: l.begin + functions + "\n" + driver}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-ec", l.run)
	cmd.Dir, cmd.Stdin, cmd.Env = folder, strings.NewReader(vectors), append(os.Environ(), "LC_ALL=C.UTF-8", "GO111MODULE=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", l.run, err, stderr.String())
	}
	return strings.ReplaceAll(string(out), "\r\n", "\n")
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
