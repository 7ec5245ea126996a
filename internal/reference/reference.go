// Package reference makes the reference of the platform's interfaces from what the doors declare: pages in Markdown, a page a door, and one
// OpenAPI 3.1 document. What it lacks in a declaration is an error, so that no interface can be without.
package reference

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/retcode"
)

// Reference is everything that is declared about the doors.
type Reference struct{ Doors []*Door }

// Door is a door's interfaces.
type Door struct {
	*access.Door
	Params, Result *Schema // of all interfaces
	Interfaces     []*Interface
}

// Interface is one endpoint. Its schemas are of what it has in addition to its door's.
type Interface struct {
	*access.Endpoint
	door                 *Door
	Params, Body, Result *Schema
	Codes                []retcode.Code
	Examples             Examples
}

// Examples are an exchange that succeeded and one that was refused; nil for none.
type Examples struct {
	Success *Example `json:"success"`
	Refusal *Example `json:"refusal,omitempty"`
}

// Example is a request that was made, and its answer.
type Example struct {
	Method string `json:"method"`
	Target string `json:"target"` // path and query, with the signature
	Media  string `json:"media,omitempty"`
	Auth   string `json:"auth,omitempty"` // the header Authorization
	Body   string `json:"body,omitempty"`
	Status int    `json:"status"`
	Answer string `json:"answer"`
}

// New reads what the doors declare. recorded has examples in JSON, by Interface.Name. The error joins everything that is missing.
func New(doors []*access.Door, recorded []byte) (*Reference, error) {
	var (
		examples map[string]Examples
		all      = new(Reference)
		errs     []error
	)
	if err := json.Unmarshal(recorded, &examples); err != nil {
		return nil, fmt.Errorf("examples: %w", err)
	}
	read := func(where string, declared any, d direction) *Schema {
		s, err := schemaOf(declared, d)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", where, err))
		}
		return s
	}
	for _, door := range doors {
		of := &Door{Door: door, Params: read(door.Name, door.Guide.Params, taken), Result: read(door.Name, door.Guide.Result, answered)}
		if door.Guide.Title == "" || door.Guide.About == "" {
			errs = append(errs, fmt.Errorf("the door %s has no guide", door.Name))
		}
		for i := range door.Endpoints {
			e := &door.Endpoints[i]
			one := &Interface{Endpoint: e, door: of, Codes: door.Codes(e)}
			where := one.Name()
			if e.Summary == "" {
				errs = append(errs, fmt.Errorf("%s has no summary", where))
			}
			one.Params, one.Body, one.Result = read(where, e.Params, taken), read(where, e.Body, taken), read(where, e.Result, answered)
			one.Result.without(of.Result)
			one.Examples = examples[where]
			delete(examples, where)
			of.Interfaces = append(of.Interfaces, one)
		}
		all.Doors = append(all.Doors, of)
	}
	for name := range examples {
		errs = append(errs, fmt.Errorf("there are examples of %s, which is no interface", name))
	}
	return all, errors.Join(errs...)
}

// Name is the methods and the path: "GET POST /v3/user/get_info".
func (i *Interface) Name() string { return i.Method + " " + i.ShownPath() }

// signature says how a call is signed, as `rookery sign` names it; "" if it is not.
func (i *Interface) signature() string { return cmp.Or(i.Endpoint.Signature, i.door.Guide.Signature) }

// Answer is the whole answer of a success.
func (i *Interface) Answer() *Schema {
	if len(i.door.Result.Properties) == 0 {
		return i.Result
	}
	all := &Schema{Type: "object"}
	for _, p := range append(slices.Clone(i.door.Result.Properties), i.Result.Properties...) {
		all.add(p)
	}
	return all
}

// ShownPath is the path without what only net/http's mux reads.
func (i *Interface) ShownPath() string { return strings.TrimSuffix(i.Path, "{$}") }

// wildcard is a part of a path that callers fill in.
var wildcard = regexp.MustCompile(`\{([a-z]+)\}`)

// inPath returns the parameters in the path.
func (i *Interface) inPath() (names []string) {
	for _, m := range wildcard.FindAllStringSubmatch(i.ShownPath(), -1) {
		names = append(names, m[1])
	}
	return names
}

// pathDocs says what the parameters in paths are.
var pathDocs = map[string]string{
	"appid": "the app's number", "uin": "the account's number", "friend": "the friend's account", "gc": "the group's number",
	"zone": "the game's server on which the guild is", "guild": "the guild's id in the game", "scene": "the scene's name", "cmd": "the command", "name": "the operator's name",
	"id": "the number of the fault or the answer", "size": "the size wanted, in pixels a side; 0 for the largest", "first": "a size, which does not count",
}

// steps are the names of the checks in their order, with those of sequences.
func steps(stages []access.Stage) (names []string) {
	for _, stage := range stages {
		if inner := stage.Steps(); inner != nil {
			names = append(names, steps(inner)...)
		} else {
			names = append(names, stage.Name)
		}
	}
	return names
}

// Curl returns the example as a command for a shell.
func (e *Example) Curl() string {
	var b bytes.Buffer
	b.WriteString("curl -s")
	if e.Method != "GET" && (e.Method != "POST" || e.Body == "") {
		b.WriteString(" -X " + e.Method)
	}
	b.WriteString(" " + quote("http://127.0.0.1:8700"+e.Target))
	if e.Auth != "" {
		b.WriteString(" -H " + quote("Authorization: "+e.Auth))
	}
	if e.Body != "" {
		if e.Media != "" && e.Media != "application/x-www-form-urlencoded" {
			b.WriteString(" -H " + quote("Content-Type: "+e.Media))
		}
		b.WriteString(" -d " + quote(e.Body))
	}
	return b.String()
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// codes are the codes of all interfaces of a door, by domain and number.
func (d *Door) codes() (all []retcode.Code) {
	for _, one := range d.Interfaces {
		all = append(all, one.Codes...)
	}
	slices.SortFunc(all, compare)
	return slices.Compact(all)
}

// common are the codes that every interface of a door may answer, if it has several.
func (d *Door) common() (codes []retcode.Code) {
	if len(d.Interfaces) < 2 {
		return nil
	}
	for _, code := range d.codes() {
		if !slices.ContainsFunc(d.Interfaces, func(i *Interface) bool { return !slices.Contains(i.Codes, code) }) {
			codes = append(codes, code)
		}
	}
	return codes
}

func compare(a, b retcode.Code) int {
	if a.Domain() != b.Domain() {
		return int(a.Domain()) - int(b.Domain())
	}
	return a.Number() - b.Number()
}
