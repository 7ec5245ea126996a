// Package bringabout runs what the catalogue says of how its codes are brought about, and keeps the examples that it prints.
package bringabout

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/catalogue"
	"github.com/rookeryhq/rookery/retcode"
	"github.com/rookeryhq/rookery/test/rookery"
)

var update = flag.Bool("update", false, "write the examples of the rows that run")

const folder = "../../catalogue"

// platforms is how many platforms share the rows, at the same time.
const platforms = 2

// TestEachCodeIsBroughtAbout runs the lines of each row against a platform, which must answer one of the row's codes meanwhile. What the
// lines print is the row's example. The rows of a platform run one after another.
func TestEachCodeIsBroughtAbout(t *testing.T) {
	c, err := catalogue.Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, catalogue.ExamplesFile)
	examples, err := catalogue.ReadExamples(file)
	if err != nil {
		t.Fatal(err)
	}
	rows := slices.DeleteFunc(c.Rows(), func(row catalogue.Row) bool { return row.BringAbout == nil })
	if examples == nil {
		examples = make(map[string]string)
	}
	ran := make([]map[string]string, platforms)
	var running sync.WaitGroup
	for i := range platforms {
		p := start(t)
		ran[i] = make(map[string]string)
		running.Go(func() {
			for j := i; j < len(rows); j += platforms {
				t.Run(rows[j].Code(), func(t *testing.T) {
					ran[i][rows[j].Code()] = p.bringAbout(t, rows[j], examples[rows[j].Code()])
				})
			}
		})
	}
	running.Wait()

	left := maps.Clone(examples)
	for _, row := range rows {
		delete(left, row.Code())
	}
	if !*update {
		for code := range left {
			t.Errorf("%s has an example and no lines that print it: run go test ./test/bringabout -update", code)
		}
		return
	}
	maps.DeleteFunc(examples, func(code, _ string) bool { _, lost := left[code]; return lost })
	for _, printed := range ran {
		maps.Copy(examples, printed)
	}
	if err := writeExamples(file, examples); err != nil {
		t.Fatal(err)
	}
}

// bringAbout runs the lines of a row, and returns what they print as an example: the known one if they fail.
func (p *platform) bringAbout(t *testing.T, row catalogue.Row, known string) string {
	lines := strings.Join(row.BringAbout, "\n")
	answered, out := p.run(t, lines)
	switch {
	case row.AnsweredBy == "device": // which asks no platform
		answered = append(answered, deviceCode(out))
	case strings.Contains(lines, "rookery dev exec "): // with settings of its own
		answered = append(answered, printedCode(row, out))
	}
	if !slices.ContainsFunc(answered, func(code string) bool { return isOf(row, code) }) {
		t.Errorf("%s was not answered, but %q; printed was\n%s", row.Code(), answered, out)
		return known
	}
	example := masked(row, out)
	if example == "" {
		t.Error("nothing is printed")
	}
	if diff := cmp.Diff(known, example); diff != "" && !*update {
		t.Errorf("the example is another: run go test ./test/bringabout -update (-catalogue +printed)\n%s", diff)
	}
	return example
}

// platform is a rookery dev exec that waits.
type platform struct {
	environment []string
	folder      string
	seen        uint64 // the number of the last request that it has told of
}

func start(t *testing.T) *platform {
	t.Helper()
	p := &platform{folder: t.TempDir()}
	child := rookery.Spawn(t, "dev", "exec", "--", "sh", "-c", "trap 'exit 0' INT; env; echo ready; while :; do sleep 1; done")
	for {
		line, ok := child.Line(t)
		if !ok {
			t.Fatal("the platform ended early")
		}
		if line == "ready" {
			break
		}
		p.environment = append(p.environment, line)
	}
	bin := filepath.Join(p.folder, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(rookery.Binary(t), filepath.Join(bin, "rookery")); err != nil {
		t.Fatal(err)
	}
	p.environment = append(p.environment, "PATH="+bin+":"+os.Getenv("PATH"), "LC_ALL=C")
	return p
}

// get returns a variable of the environment.
func (p *platform) get(name string) string {
	for _, variable := range slices.Backward(p.environment) {
		if value, ok := strings.CutPrefix(variable, name+"="); ok {
			return value
		}
	}
	return ""
}

// run runs lines in a shell, and returns the codes that were answered meanwhile, as in qq/-5, with those behind them, and what was printed.
func (p *platform) run(t *testing.T, lines string) (answered []string, out string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", lines)
	cmd.Dir, cmd.Env = p.folder, p.environment
	printed, err := cmd.Output()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return p.answered(t), string(printed)
}

// answered returns the codes of the requests since it was last asked.
func (p *platform) answered(t *testing.T) (codes []string) {
	t.Helper()
	token, err := os.ReadFile(p.get("ROOKERY_TOKEN_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	for {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("%s/dev/v1/requests?after=%d&limit=1000", p.get("ROOKERY_SERVER"), p.seen), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		var records []struct {
			Seq            uint64
			Domain, Origin string
			Code           int
		}
		err = json.NewDecoder(response.Body).Decode(&records)
		response.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			return codes
		}
		for _, r := range records {
			p.seen = r.Seq
			codes = append(codes, fmt.Sprintf("%s/%d", r.Domain, r.Code), strings.Replace(r.Origin, " ", "/", 1))
		}
	}
}

// isOf says whether a code is the row's. Success is recorded without a domain.
func isOf(row catalogue.Row, code string) bool {
	if row.Class == "ok" {
		return code == "/0"
	}
	for n := row.Low; n <= row.High; n++ {
		if code == fmt.Sprintf("%s/%d", row.Domain, n) {
			return true
		}
	}
	return false
}

// deviceCode returns the code that rookery share printed, as in qq/1.
func deviceCode(out string) string {
	name, _, _ := strings.Cut(out, "  ")
	return strings.Replace(name, " ", "/", 1)
}

// printedCode returns the code in an answer that was printed.
func printedCode(row catalogue.Row, out string) string {
	domain, err := retcode.ParseDomain(row.Domain)
	if err != nil {
		return ""
	}
	for _, c := range retcode.Explain(out, retcode.WithDomain(domain)) {
		return fmt.Sprintf("%v/%d", c.Code.Domain(), c.Code.Number())
	}
	return ""
}

// masks hide what differs from run to run.
var masks = []struct {
	form  *regexp.Regexp
	shown string
}{
	{regexp.MustCompile(`"seq":"\d{10}-\d{10}-\d{6}-\d{10}"`), `"seq":"..."`},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:8700"},
	{regexp.MustCompile(`AQAAAA[\w-]{40,}`), "..."},
	{regexp.MustCompile(`\b1[789]\d{8}(\d{3})?\b`), "..."},
	{regexp.MustCompile(`\b[0-9A-F]{32}\b`), "..."},
	{regexp.MustCompile(`\b1007000(0[3-9]|[1-9]\d)\b`), "..."}, // apps that rows create
	{regexp.MustCompile(`\b7000000(0[2-9]|[1-9]\d)\b`), "..."}, // groups that rows create
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "..."},
}

// What a caller sees of what rookery oidb call and rookery share print: the head of the answer, and the code with the reason.
var (
	ofTheBus    = regexp.MustCompile(`(?m)^(Result|Message) .*$`)
	ofTheDevice = regexp.MustCompile(`(?m)^(\w|  Why ).*$`)
)

// masked returns what was printed as an example.
func masked(row catalogue.Row, out string) string {
	switch {
	case strings.HasPrefix(out, "Command "):
		out = strings.Join(ofTheBus.FindAllString(out, -1), "\n")
	case row.AnsweredBy == "device":
		out = strings.Join(ofTheDevice.FindAllString(out, -1), "\n")
	}
	for _, mask := range masks {
		out = mask.form.ReplaceAllString(out, mask.shown)
	}
	return strings.TrimSpace(out)
}

func writeExamples(file string, examples map[string]string) error {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "\t")
	if err := enc.Encode(examples); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(b.String()), 0o644)
}
