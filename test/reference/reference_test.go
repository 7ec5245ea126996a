// Package reference_test makes the examples of docs/api on a running platform, and checks that the reference is whole and true.
package reference_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/reference"
	"github.com/rookeryhq/rookery/internal/server"
	"github.com/rookeryhq/rookery/retcode"
)

var update = flag.Bool("update", false, "write docs/api/examples.json; run go generate ./internal/server afterwards")

const (
	folder   = "../../docs/api/"
	examples = folder + "examples.json"
)

// declared is the reference as it is declared, with the recorded examples.
func declared(t *testing.T) (*reference.Reference, map[string]*reference.Interface) {
	t.Helper()
	recorded, err := os.ReadFile(examples)
	if err != nil {
		t.Fatal(err)
	}
	all, err := reference.New(server.Doors(), recorded)
	if err != nil {
		t.Fatal(err)
	}
	byName := make(map[string]*reference.Interface)
	for _, door := range all.Doors {
		for _, one := range door.Interfaces {
			byName[one.Name()] = one
		}
	}
	return all, byName
}

// withoutExamples are the doors whose answers are not for programs.
var withoutExamples = []string{"pages", "picture"}

// TestExamplesAreTrue makes every example of docs/api again. A success answers what is declared and nothing else, and a refusal its
// code.
func TestExamplesAreTrue(t *testing.T) {
	all, byName := declared(t)
	w := newWorld(t)
	made := make(map[string]reference.Examples)
	for _, x := range w.exchanges() {
		var e reference.Examples
		one := byName[x.at]
		if one == nil {
			t.Errorf("there is no interface %s", x.at)
			continue
		}
		if x.success != nil {
			before := w.newestEntry(t)
			e.Success = w.send(t, x.success)
			if after := w.newestEntry(t); (after.ID > before.ID) != leavesEntry(x.at) || after.ID > before.ID && (after.Action != x.at || after.Object == "") {
				t.Errorf("%s: the newest entry of the audit log is %+v", x.at, after)
			}
			if code, ok := refused(e.Success); ok {
				t.Errorf("%s: its success is refused with %d: %s", x.at, code, e.Success.Answer)
				continue
			}
			for _, problem := range undeclared(one, e.Success.Answer) {
				t.Errorf("%s: %s in %s", x.at, problem, e.Success.Answer)
			}
		}
		refusal := x.refusal
		if x.code == 401 {
			refusal = refusal.replacing("ADMIN_TOKEN", "wrong")
		}
		e.Refusal = w.send(t, refusal)
		if code, _ := refused(e.Refusal); code != x.code {
			t.Errorf("%s: its refusal has %d, not %d: %s", x.at, code, x.code, e.Refusal.Answer)
		}
		made[x.at] = e
	}
	for _, door := range all.Doors {
		for _, one := range door.Interfaces {
			if made[one.Name()].Refusal == nil && !slices.Contains(withoutExamples, door.Name) {
				t.Errorf("%s has no example", one.Name())
			}
		}
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	if err := encoder.Encode(made); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(examples, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	recorded, err := os.ReadFile(examples)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(recorded), b.String()); diff != "" {
		t.Errorf("docs/api/examples.json is not what the platform answers; go test ./test/reference -update, then go generate ./internal/server (-recorded +made):\n%s", diff)
	}
}

// auditEntry is an entry of the audit log.
type auditEntry struct {
	ID             int64
	Action, Object string
}

func (w *world) newestEntry(t *testing.T) (newest auditEntry) {
	t.Helper()
	var list []auditEntry
	w.Admin(t, "GET", "/admin/v1/audit?limit=1", nil, &list)
	for _, newest = range list {
	}
	return newest
}

// leavesEntry reports whether a call leaves an entry in the audit log: those that change something for good, and those that show
// keys.
func leavesEntry(at string) bool {
	switch at {
	case "POST /admin/v1/apps/{appid}/doctor", "POST /admin/v1/apps/{appid}/idip":
		return false
	case "GET /admin/v1/apps/{appid}/keys":
		return true
	}
	method, path, _ := strings.Cut(at, " ")
	return method != "GET" && strings.HasPrefix(path, "/admin/v1/")
}

var numberOf = regexp.MustCompile(`"(?:ret|error)":(-?\d+)`)

// refused returns the code of an answer, or its status if it is not 200 or 201.
func refused(e *reference.Example) (code int, is bool) {
	if m := numberOf.FindStringSubmatch(e.Answer); m != nil {
		code, _ = strconv.Atoi(m[1])
		return code, code != 0
	}
	return e.Status, e.Status != 200 && e.Status != 201
}

// undeclared compares an answer in JSON with its declaration.
func undeclared(one *reference.Interface, answer string) []string {
	answer = strings.TrimSuffix(strings.TrimPrefix(answer, "callback( "), " );\n")
	var value any
	if !strings.HasPrefix(answer, "{") && !strings.HasPrefix(answer, "[") {
		return nil
	}
	if err := json.Unmarshal([]byte(answer), &value); err != nil {
		return []string{err.Error()}
	}
	return one.Answer().Faults(value)
}

// TestRequiredMembersAreRequired leaves out of each example's body one member that it requires: it is refused.
func TestRequiredMembersAreRequired(t *testing.T) {
	_, byName := declared(t)
	w := newWorld(t)
	tried := 0
	for _, x := range w.exchanges() {
		if x.success == nil || byName[x.at] == nil {
			continue
		}
		for _, p := range byName[x.at].Body.Properties {
			if !p.Required {
				continue
			}
			without := func(fill func(string) string) reference.Example {
				return x.success(func(text string) string {
					var members map[string]json.RawMessage
					if json.Unmarshal([]byte(text), &members) != nil {
						return fill(text)
					}
					delete(members, p.Name)
					rest, _ := json.Marshal(members)
					return fill(string(rest))
				})
			}
			tried++
			if e := w.send(t, without); !isRefused(e) {
				t.Errorf("%s: without %q it is not refused: %s", x.at, p.Name, e.Answer)
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d members are required", tried)
	}
}

func isRefused(e *reference.Example) bool { _, is := refused(e); return is }

// TestEveryRouteHasASection: the pages have exactly the interfaces of docs/routes.md, and every code on them is in the catalogue.
func TestEveryRouteHasASection(t *testing.T) {
	routes, err := os.ReadFile("../../docs/routes.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^### (.*)$`).FindAllStringSubmatch(string(routes), -1) {
		want = append(want, strings.TrimSuffix(m[1], "{$}"))
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	codes := 0
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".md") {
			continue
		}
		page, err := os.ReadFile(folder + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^## ([A-Z, ]+ /.*)$`).FindAllStringSubmatch(string(page), -1) {
			got = append(got, m[1])
		}
		for _, m := range regexp.MustCompile(`(?m)^\| <a id="[^"]*"></a>(-?\d+) (\w+) \|`).FindAllStringSubmatch(string(page), -1) {
			n, _ := strconv.Atoi(m[1])
			domain, err := retcode.ParseDomain(m[2])
			if _, known := retcode.Lookup(domain, n); err != nil || !known {
				t.Errorf("%s: %s %s is not in the catalogue", file.Name(), m[2], m[1])
			}
			codes++
		}
		for _, m := range regexp.MustCompile(`\]\(#(\w+?-?\d+)\)`).FindAllStringSubmatch(string(page), -1) {
			if !strings.Contains(string(page), fmt.Sprintf("id=%q", m[1])) {
				t.Errorf("%s: it has no code %s", file.Name(), m[1])
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-routes +pages)\n%s", diff)
	}
	if codes < 200 {
		t.Errorf("the pages have %d codes", codes)
	}
}
