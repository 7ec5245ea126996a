package integration

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rookeryhq/rookery/test/pg"
	"github.com/rookeryhq/rookery/test/rookery"
)

// special says what an example needs, or how it ends if not by itself with status 0.
type special struct {
	as     string // run in its place, on a free port
	before string // run first
	serves bool   // interrupted once it has printed something
	status int
	says   string // part of its output or error
	needs  string // a program that not every machine has
}

// specials are examples by their text without the comment at the end.
var specials = map[string]special{
	// It asks on a terminal, which the test does not have.
	"rookery account close 10001":                      {status: 2, says: "--yes"},
	"rookery group disband 700000001":                  {status: 2, says: "--yes"},
	"rookery group unbind 3/77 --app 100700001":        {status: 2, says: "--yes"},
	"rookery account reclaim 10001 --app 100700001":    {status: 2, says: "--yes"},
	"rookery token revoke --app 100700001 --uin 10001": {status: 2, says: "--yes"},

	"rookery group unbind 3/77 --app 100700001 --yes --json": {status: 1, says: "no group serves guild 77 of zone 3"},

	"rookery dev":                                       {as: "rookery dev --addr 127.0.0.1:0", serves: true},
	"rookery dev --addr 127.0.0.1:0 --json":             {serves: true},
	"rookery dev --data ./platform":                     {as: "rookery dev --addr 127.0.0.1:0 --data ./platform", serves: true},
	"rookery backup ./backups/monday --data ./platform": {before: aFolder},
	"rookery backup /var/backups/rookery --config /etc/rookery.yaml --force": {
		before: aFolder + " && rookery backup ./last --data ./platform", as: "rookery backup ./last --config rookery.yaml --force",
	},
	"rookery restore ./backups/monday --data ./restored": {before: aFolder + " && rookery backup ./backups/monday --data ./platform"},
	"rookery restore /var/backups/rookery --config /etc/rookery.yaml --force": {
		before: aFolder, as: "rookery restore ./backups/monday --config rookery.yaml --force",
	},

	"rookery migrate status --database 'postgres://rookery@db.example/rookery?sslmode=verify-full'":           {says: "0001_platform.sql"},
	"rookery migrate status --config /etc/rookery.yaml --json":                                                {as: `ROOKERY_DATABASE="$DATABASE" rookery migrate status --config rookery.yaml --json`, says: `"applied":`},
	"rookery migrate up --database 'postgres://rookery@db.example/rookery?sslmode=verify-full'":               {says: "0001_platform.sql"},
	"PGPASSFILE=/etc/rookery/pgpass rookery migrate up --config /etc/rookery.yaml":                            {as: `ROOKERY_DATABASE="$DATABASE" rookery migrate up --config rookery.yaml`, says: "up to date"},
	"rookery import --data ./platform --database 'postgres://rookery@db.example/rookery?sslmode=verify-full'": {before: aFolder + " && " + aDatabase, says: "Imported: "},
	"PGPASSFILE=/etc/rookery/pgpass rookery import --config /etc/rookery.yaml --json": {
		as: `ROOKERY_DATABASE="$DATABASE" rookery import --config rookery.yaml --json`, status: 1, says: "has a platform already",
	},
	"rookery export --database 'postgres://rookery@db.example/rookery?sslmode=verify-full' --data ./platform": {
		before: aDatabase, as: `rookery export --database "$DATABASE" --data ./platform`, says: "Exported: ",
	},
	"PGPASSFILE=/etc/rookery/pgpass rookery export --config /etc/rookery.yaml --json": {
		as: `ROOKERY_DATABASE="$DATABASE" rookery export --config rookery.yaml --json`, status: 1, says: "has a database already",
	},

	"rookery dev --seed world.yaml":            {as: "rookery dev --addr 127.0.0.1:0 --seed world.yaml", serves: true},
	"rookery dev export > world.yaml":          {as: "rookery dev export > world.yaml; head -2 world.yaml", says: "version: 1"},
	"rookery dev requests --follow":            {serves: true, before: aRefusal},
	"rookery serve --config /etc/rookery.yaml": {serves: true},
	"rookery serve --data ./platform --http-listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --json": {serves: true},

	"rookery backend serve --commands 0xf02 --config /etc/rookery-groups.yaml": {
		as: "rookery backend serve --commands 0xf02 --config /etc/rookery.yaml --oidb-listen 127.0.0.1:0", serves: true,
	},
	"rookery backend serve --commands 0xf02 --data ./groups --oidb-listen 127.0.0.1:0 --admin-listen 127.0.0.1:0 --json": {serves: true},

	"printf '\\n\\0042134' | rookery oidb call 0xe10_1 --body-file -": {status: 1, says: "0x05"}, // nobody routes it

	"rookery operator update mara --role owner":              {before: "rookery operator add mara"},
	"rookery operator update mara --new-token > mara.token":  {as: "rookery operator update mara --new-token > mara.token; wc -c < mara.token", says: "65"},
	"rookery operator add mara --role operator > mara.token": {as: "rookery operator add mara --role operator > mara.token; wc -c < mara.token", says: "65"},
	"rookery operator add mara --json":                       {before: "rookery operator remove mara"},
	"rookery operator remove mara":                           {before: "rookery operator add mara"},

	"rookery scene remove --app 100700001 --scene gift": {before: "rookery scene set --app 100700001 --scene gift --json"},

	"rookery oidb call 0xf02_2 --field gc=700000001 --addr bus.example:8701 --ca ca.pem --certificate own.pem --key own.key": {
		status: 1, says: "--ca: open ca.pem: no such file",
	},

	"rookery proxy --to http://127.0.0.1:8700 --app 100700001": {
		as: "rookery proxy --listen 127.0.0.1:0 --to $ROOKERY_SERVER --app 100700001 2>&1", serves: true,
	},
	"rookery proxy --to https://openapi.tencentyun.com --app 1100001234 --keys keys.json --record session.har": {
		before: "rookery app show 100700001 --keys --json > keys.json",
		as:     "rookery proxy --listen 127.0.0.1:0 --to https://openapi.tencentyun.com --app 100700001 --keys keys.json --record new.har 2>&1", serves: true,
	},
	"rookery proxy --to http://127.0.0.1:8700 --app 100700001 --json | jq 'select(.class == \"fix-request\")'": {
		before: aRefusal, as: "rookery dev requests --json | jq 'select(.class == \"fix-request\")'", says: "fix-request", needs: "jq", // the same records, which end
	},

	"rookery explain session.har": {says: "accesstoken 65"},
	"rookery explain --request 19839997e346eada": {
		before: aRefusal, says: "v5-",
		as: `rookery explain --request "$(rookery dev requests --limit 1 --json | grep -o '"request_id":"[^"]*"' | cut -d '"' -f 4)"`,
	},
	"rookery explain 1795331631-8044181240-106510-0891360754": {
		says: "v5-", as: `rookery explain "$(` + aRefusal + ` | grep -o '[0-9]*-[0-9]*-[0-9]*-[0-9]*')"`,
	},
	"rookery doctor --app 100700001 --redirect-uri https://magpie.example/callback": {status: 1, says: "qq/100010"},
	"rookery dev answer clear 3": {before: "for n in 1 2 3; do rookery dev answer --api /v2/group/join_group --code group/221012; done"},

	"rookery dev fault clear 3": {before: "for n in 1 2 3; do rookery dev fault add store.read:grants; done"},
	"rookery dev requests --json | jq 'select(.stage == \"v5-signature\") | .signed, .mistake'": {before: aRefusal, says: "/v2/auth/verify_login?", needs: "jq"},

	"rookery share --appid 100700001 --target qzone --type text --text 'I won'":            {status: 1, says: "qq 10000 "},
	"rookery share --appid 100700001 --target group --type link --title Hi --link ftp://x": {status: 1, says: "qq 5 "},
	"rookery share --appid 1 --target group --type text --text Hi":                         {status: 1, says: "qq 6 "},

	"rookery sign v5 '/v2/auth/decrypt?gameid=11&channelid=2' --method GET --key-file sigkey.txt --check 146b465a49aa41b56535054225f0c457": {
		status: 1, says: "the parameters are not sorted by name",
	},
	"printf demoAppKey01 | rookery sign v3 '/auth/verify_login?timestamp=1700000000&encode=1' --key-file - --check 2D8C85C188C1019E48FEC2AB8880EA5A": {
		status: 1, says: "the hex digits are upper-case",
	},
	"rookery sign openapi '/v3/user/is_login?appid=1&x=a%20b' --key-file appkey.txt --check ppXSGDE622k6n8nmfxZoDz9O0aI=": {
		status: 1, says: "a blank is +",
	},
}

// aDatabase makes the tables in the database of the examples.
const aDatabase = `rookery migrate up --database "$DATABASE"`

// aFolder makes the data folder of a platform that does not run.
const aFolder = "rookery dev exec --data ./platform -- true"

const aRefusal = `curl -s "$ROOKERY_SERVER/v2/auth/verify_login?channelid=2&gameid=11&os=4&source=0&ts=1&sig=0" -d '{}'`

// exampleFiles are files that the examples expect in their folder.
var exampleFiles = map[string]string{
	"password.txt":         "a password from a file\n",
	"world.yaml":           "version: 1\napps:\n- appid: 500\n  name: Wren Racing\n",
	"gift.json":            `{"type":"object","x-card":{"title":"{{title}}"}}`,
	"duel.json":            `{"type":"object"}`,
	"key.txt":              "0123456789abcdef0123456789abcdef\n",
	"msdkkey.txt":          "demomsdkkey100700001magpiearena0\n",
	"gateway.log":          "verify_login: ret=100014 oidb decode0x711 failed, ret: 65\nget_info ret=-5\n",
	"integration-tests.sh": "#!/bin/sh\ntest -n \"$ROOKERY_HTTP\"\n",
	"after-ninety-days.sh": "#!/bin/sh\nrookery dev clock show | grep -q 'ahead *2161h'\n",
	"disbanded-group.sh":   "#!/bin/sh\nrookery dev answer list | grep -q group/221012\n",
	"session.har": `{"log":{"version":"1.2","creator":{"name":"a browser","version":"1"},"entries":[{"startedDateTime":"2026-11-29T12:00:00Z","time":1,
		"request":{"method":"POST","url":"https://msdk.example/v2/auth/verify_login?appid=1","httpVersion":"HTTP/1.1","headers":[],"queryString":[],"cookies":[],"headersSize":-1,"bodySize":0},
		"response":{"status":200,"statusText":"OK","httpVersion":"HTTP/1.1","headers":[],"cookies":[],
			"content":{"size":56,"mimeType":"application/json","text":"{\"ret\":100014,\"msg\":\"oidb decode0x711 failed, ret: 65\"}"},"redirectURL":"","headersSize":-1,"bodySize":56},
		"cache":{},"timings":{"send":0,"wait":1,"receive":0}}]}}`,
	"go.mod":       "module game\n",
	"game_test.go": "package game\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestPlatform(t *testing.T) {\n\tif os.Getenv(\"ROOKERY_HTTP\") == \"\" {\n\t\tt.Error(\"there is no platform\")\n\t}\n}\n",
}

var exampleComment = regexp.MustCompile(`\s+# .*$`)

// TestEveryExampleRuns runs the examples in the help of every command as a person would paste them, each command's examples
// with a platform and a folder of their own.
func TestEveryExampleRuns(t *testing.T) {
	// The platform's note is the test's own, but the go command's cache is shared: without it, building takes minutes.
	goCache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	environment := append(os.Environ(), "GOCACHE="+strings.TrimSpace(string(goCache)), "GORACE=atexit_sleep_ms=10")
	status, configuration, log := rookery.Run(t, "config", "print", "--data", "./platform", "--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
	if status != 0 {
		t.Fatalf("status %d: %s", status, log)
	}
	known := map[string]bool{}
	var visit func(command ...string)
	visit = func(command ...string) {
		status, help, _ := rookery.Run(t, append(command, "--help")...)
		if status != 0 {
			t.Fatalf("%v --help: status %d", command, status)
		}
		examples := exampleLines(section(help, "Examples:"))
		children := section(help, "Available Commands:")
		for _, line := range children {
			if child := strings.Fields(line)[0]; child != "help" { // help is Cobra's
				visit(append(command[:len(command):len(command)], child)...)
			}
		}
		if len(children) == 0 && len(examples) == 0 {
			t.Errorf("the help of %v has no example", command)
		}
		for _, example := range examples {
			known[example] = true
		}
		if len(examples) > 0 {
			t.Run(strings.Join(command, " "), func(t *testing.T) {
				t.Parallel()
				runExamples(t, examples, configuration, environment)
			})
		}
	}
	visit()
	for example := range specials {
		if !known[example] {
			t.Errorf("no help has the example %q", example)
		}
	}
}

// section returns the lines below a heading of a help text.
func section(help, heading string) (lines []string) {
	_, rest, found := strings.Cut(help, "\n"+heading+"\n")
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		if !found || line == "" {
			break
		}
		lines = append(lines, line)
	}
	return lines
}

// exampleLines joins continued lines and removes comments.
func exampleLines(lines []string) (examples []string) {
	joined := strings.ReplaceAll(strings.Join(lines, "\n"), "\\\n", "")
	for line := range strings.Lines(joined) {
		examples = append(examples, exampleComment.ReplaceAllString(strings.TrimSpace(line), ""))
	}
	return examples
}

func runExamples(t *testing.T, examples []string, configuration string, environment []string) {
	p, folder := rookery.Start(t), t.TempDir()
	const example = "postgres://rookery@db.example/rookery?sslmode=verify-full"
	database := example
	if strings.Contains(strings.Join(examples, "\n"), example) {
		database = pg.Empty(t)
	}
	files := maps.Clone(exampleFiles)
	files["rookery.yaml"] = configuration
	files["token.txt"] = p.Issue(t, rookery.TokenRequest{AppID: "100700001", UIN: "10001", Kind: "access"}).Token + "\n"
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(rookery.Binary(t), filepath.Join(folder, "bin", "rookery")); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*rookery.Patience)
	defer cancel()
	shell := func(command string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "sh", "-ec", command)
		cmd.Dir = folder
		cmd.Stdin = strings.NewReader("a password that is typed\n")
		cmd.Env = append(slices.Clip(environment),
			"PATH="+filepath.Join(folder, "bin")+":"+os.Getenv("PATH"), "XDG_CACHE_HOME="+t.TempDir(),
			"ROOKERY_SERVER="+p.URL, "ROOKERY_TOKEN_FILE="+p.AdminTokenFile, "ROOKERY_HTTP="+p.URL, "ROOKERY_OIDB="+p.OIDB, "DATABASE="+database,
		)
		return cmd
	}
	// The log must end, and the file is the test's own.
	here := strings.NewReplacer("tail -f ", "tail ", "/etc/rookery.yaml", "rookery.yaml", example, database)
	for _, example := range examples {
		want := specials[example]
		if _, err := exec.LookPath(want.needs); want.needs != "" && err != nil {
			t.Logf("skipped, as there is no %s here: %s", want.needs, example)
			continue
		}
		if want.before != "" {
			if out, err := shell(want.before).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", want.before, err, out)
			}
		}
		cmd := shell(here.Replace(cmp.Or(want.as, example)))
		output := new(bytes.Buffer)
		cmd.Stdout, cmd.Stderr = output, output
		var err error
		if want.serves {
			err = interrupted(cmd)
		} else {
			err = cmd.Run()
		}
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatalf("%s: %v\n%s", example, err, output)
		}
		if status := cmd.ProcessState.ExitCode(); status != want.status || !strings.Contains(output.String(), want.says) {
			t.Errorf("%s\nended with status %d, want %d and %q; it said\n%s", example, status, want.status, want.says, output)
		}
	}
}

// interrupted runs a command that does not end by itself, and presses Ctrl-C after the first bytes that it prints.
func interrupted(cmd *exec.Cmd) error {
	cmd.Args[2] = "exec " + cmd.Args[2] // or the shell would receive the signal
	cmd.Stdout = nil
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	_, readErr := stdout.Read(make([]byte, 1))
	return errors.Join(cmd.Process.Signal(syscall.SIGINT), readErr, cmd.Wait())
}
