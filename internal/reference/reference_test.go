package reference

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/access"
)

// TestADeclarationIsWhole: what lacks a guide, a summary or a doc is an error that names it.
func TestADeclarationIsWhole(t *testing.T) {
	type documented struct {
		Name string `json:"name" doc:"the name"`
	}
	type undocumented struct {
		Name string `json:"name"`
	}
	door := func(e access.Endpoint) []*access.Door {
		e.Method, e.Path = "GET", "/x"
		return []*access.Door{{Name: "d", Guide: access.Guide{Title: "D", About: "A door."}, Endpoints: []access.Endpoint{e}}}
	}
	for _, test := range []struct {
		name     string
		doors    []*access.Door
		examples string
		want     string // in the error; "" for no error
	}{
		{"whole", door(access.Endpoint{Summary: "Does.", Result: documented{}}), `{}`, ""},
		{"no summary", door(access.Endpoint{Result: documented{}}), `{}`, "GET /x has no summary"},
		{"an answer's member", door(access.Endpoint{Summary: "Does.", Result: undocumented{}}), `{}`, "undocumented.Name has no doc"},
		{"a parameter", door(access.Endpoint{Summary: "Does.", Params: undocumented{}}), `{}`, "undocumented.Name has no doc"},
		{"a body's member", door(access.Endpoint{Summary: "Does.", Action: access.Action{Body: undocumented{}}}), `{}`, "undocumented.Name has no doc"},
		{"no guide", []*access.Door{{Name: "d"}}, `{}`, "the door d has no guide"},
		{"an example of nothing", door(access.Endpoint{Summary: "Does."}), `{"GET /y":{}}`, "GET /y, which is no interface"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(test.doors, []byte(test.examples))
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestTagsAreBounds(t *testing.T) {
	type declared struct {
		Text  string   `json:"text" required:"true" min:"1" max:"45" doc:"a text"`
		Count int      `json:"count" min:"1" max:"100" def:"20" doc:"a number"`
		Kind  string   `json:"kind" oneof:"a b" doc:"a word"`
		List  []string `json:"list,omitzero" max:"50" doc:"texts"`
	}
	s, err := schemaOf(declared{}, taken)
	if err != nil {
		t.Fatal(err)
	}
	var bounds []string
	for _, p := range s.Properties {
		bounds = append(bounds, p.kind()+": "+p.bounds())
	}
	want := []string{"string: 1 to 45 bytes", "integer: 1 to 100; `20` if it is missing", "string: `a` or `b`", "list of strings: at most 50 items"}
	if !slices.Equal(bounds, want) || !slices.Equal(s.Required, []string{"text"}) {
		t.Errorf("got %q, required %q", bounds, s.Required)
	}
	s, err = schemaOf(declared{}, answered)
	if err != nil || !slices.Equal(s.Required, []string{"text", "count", "kind"}) {
		t.Errorf("an answer always has %q, %v", s.Required, err)
	}
}

func TestFaults(t *testing.T) {
	type inner struct {
		Name string `json:"name" doc:"the name"`
	}
	type declared struct {
		Ret  int     `json:"ret" doc:"the result"`
		List []inner `json:"list,omitzero" doc:"the items"`
	}
	s, err := schemaOf(declared{}, answered)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{"ret":0}`:                       "",
		`{"ret":0,"list":[{"name":"x"}]}`: "",
		`{}`:                              "/ret is missing",
		`{"ret":0,"more":1}`:              "/more is not declared",
		`{"ret":"0"}`:                     "/ret is a text, not of the type integer",
		`{"ret":0,"list":[{}]}`:           "/list/0/name is missing",
		`{"ret":0,"list":{}}`:             "/list is an object, not of the type array",
		`{"ret":[]}`:                      "/ret is a list, not of the type integer",
	} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(s.Faults(value), "; "); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}
