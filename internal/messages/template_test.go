package messages

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// explosion is a template whose parts refer to the next one twice: 2 to the power of its length when it is followed.
func explosion(length int) string {
	var b strings.Builder
	b.WriteString(`{"$ref":"#/$defs/a0","$defs":{`)
	for i := range length {
		fmt.Fprintf(&b, `"a%d":{"allOf":[{"$ref":"#/$defs/a%d"},{"$ref":"#/$defs/a%d"}]},`, i, i+1, i+1)
	}
	fmt.Fprintf(&b, `"a%d":{"type":"object"}}}`, length)
	return b.String()
}

func nested(open, inner, closing string, n int) string {
	return strings.Repeat(open, n) + inner + strings.Repeat(closing, n)
}

func TestTemplatesThatCannotBeUsed(t *testing.T) {
	for name, test := range map[string]struct{ template, say string }{
		"any object":                  {`{"type":"object"}`, ""},
		"parts of its own":            {`{"$ref":"#/$defs/a","$defs":{"a":{"type":"object","properties":{"b":{"$ref":"#/$defs/b"}}},"b":{"type":"string"}}}`, ""},
		"a card":                      {`{"x-card":{"title":"{{title}}"}}`, ""},
		"an older draft":              {`{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalItems":false}`, ""},
		"as large as may be":          {`{"title":"` + strings.Repeat("x", MaxTemplate-12) + `"}`, ""},
		"too large":                   {`{"title":"` + strings.Repeat("x", MaxTemplate-11) + `"}`, "more than 16384"},
		"not JSON":                    {`{`, "not JSON in UTF-8 at byte 1"},
		"a member twice":              {`{"type":"object","type":"string"}`, "occurs twice"},
		"no object":                   {`true`, "not a JSON object"},
		"no schema":                   {`{"type":"objekt"}`, "/type: "},
		"a card that is no object":    {`{"x-card":"{{title}}"}`, "x-card is not a JSON object"},
		"an unknown part":             {`{"$ref":"#/$defs/a"}`, "not a JSON Schema"},
		"another document":            {`{"$ref":"https://evil.example/schema.json"}`, "is another document"},
		"a file":                      {`{"$ref":"file:///etc/passwd"}`, "is another document"},
		"another language":            {`{"$schema":"https://evil.example/schema.json"}`, "is another document"},
		"refers to itself":            {`{"$ref":"#"}`, "refers to itself"},
		"refers to itself below":      {`{"properties":{"child":{"$ref":"#"}}}`, "refers to itself"},
		"refers to itself by name":    {`{"$dynamicAnchor":"a","properties":{"child":{"$dynamicRef":"#a"}}}`, "$dynamicRef"},
		"explodes":                    {explosion(100), "too complex"},
		"explodes a little":           {explosion(8), "too complex"},
		"does not explode":            {explosion(6), ""},
		"nested deeply":               {nested(`{"not":`, `{}`, `}`, 31), ""},
		"nested too deeply":           {nested(`{"not":`, `{}`, `}`, 33), "more than 32 deep"},
		"a number out of range":       {`{"minimum":1e999999999}`, "number out of range"},
		"a pattern":                   {`{"pattern":"^[a-z]{1,50}$"}`, ""},
		"a pattern that breaks off":   {`{"pattern":"("}`, "not a JSON Schema"},
		"a pattern too large":         {`{"pattern":"(a{500}){2}"}`, "not a JSON Schema"},
		"large patterns together":     {`{"allOf":[{"pattern":"a{400}"},{"pattern":"b{400}"},{"pattern":"c{400}"}]}`, "too complex"},
		"large patterns of names":     {`{"patternProperties":{"a{400}":true,"b{400}":true,"c{400}":true}}`, "too complex"},
		"a backtracker's nightmare":   {`{"pattern":"^(a+)+$"}`, ""},
		"many values":                 {`{"enum":[` + strings.Repeat("1,", 1000) + `0]}`, "too complex"},
		"many fields in a card":       {`{"x-card":{"a":"` + strings.Repeat("{{a}}", 101) + `"}}`, "refers to 101 fields, more than 100"},
		"fields in disguise":          {`{"x-card":{"a":"` + strings.Repeat(`\u007b{a}}`, 101) + `"}}`, "refers to 101 fields, more than 100"},
		"fields outside the card":     {`{"description":"` + strings.Repeat("{{a}}", 101) + `"}`, ""},
		"keywords of later languages": {`{"x-order":7,"unknown":{"$ref":"nowhere"}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := newTemplate([]byte(test.template))
			switch {
			case test.say == "" && err != nil:
				t.Errorf("got %v", err)
			case test.say != "" && (!errors.Is(err, platform.ErrInvalid) || !strings.Contains(err.Error(), test.say)):
				t.Errorf("got %v, want %q", err, test.say)
			}
		})
	}
}

func TestExtraJSONSaysWhereItIsWrong(t *testing.T) {
	compiled, err := newTemplate([]byte(`{"type":"object","required":["title"],"additionalProperties":false,"properties":{
		"title":{"type":"string","maxLength":5},"gift":{"type":"array","items":{"type":"object","properties":{"id":{"type":"integer"}}}},"kind":{"enum":["a","b"]}}}`))
	must(t, err)
	for value, say := range map[string]string{
		`{"title":"x"}`:                      "",
		`{"title":"小乌鸦"}`:                    "", // characters, not bytes
		`{"title":"x","gift":[{"id":1},{}]}`: "",
		`[]`:                                 "the whole value: got array, want object",
		`{}`:                                 "the whole value: missing property 'title'",
		`{"title":"123456"}`:                 "/title: maxLength: got 6, want 5",
		`{"title":"x","gift":[{"id":1.5}]}`:  "/gift/0/id: got number, want integer",
		`{"title":"x","kind":"c"}`:           "/kind: value must be one of 'a', 'b'",
		`{"title":"x","more":1}`:             "the whole value: additional properties 'more' not allowed",
		`{"title":"x"} {}`:                   "is not JSON in UTF-8 at byte 14",
		"{\"title\":\"\xff\"}":               "is not JSON in UTF-8 at byte",
		`{"title":1e999}`:                    "has a number out of range",
		nested(`{"title":`, `0`, `}`, 40):    "is nested more than 32 deep",
		strings.Repeat("[", 20_000):          "is not JSON",
		"":                                   "is not JSON",
		`{"title":"x","` + strings.Repeat("n", 5000) + `":1}`: "additional properties 'nnn",
	} {
		_, err := compiled.check(value)
		code, _ := retcode.From(err)
		if (err == nil) != (say == "") || say != "" && (code != retcode.QQArkExtraJSONInvalid || !strings.Contains(err.Error(), say) || len(err.Error()) > 500) {
			t.Errorf("%.60s: got %v, want %q", value, err, say)
		}
	}
}

// TestTheFirstFaultIsTheSameEachTime: of several members that are wrong, and of several faults of a template.
func TestTheFirstFaultIsTheSameEachTime(t *testing.T) {
	compiled, err := newTemplate([]byte(`{"properties":{"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"}}}`))
	must(t, err)
	closed, err := newTemplate([]byte(`{"additionalProperties":false}`))
	must(t, err)
	for range 50 { // the members of a map come in any order
		if _, err := compiled.check(`{"c":1,"b":1,"a":1}`); err == nil || !strings.HasSuffix(err.Error(), "/a: got number, want string") {
			t.Fatalf("members: %v", err)
		}
		if _, err := closed.check(`{"c":1,"b":1,"a":1}`); err == nil || !strings.HasSuffix(err.Error(), "additional properties 'a', 'b', 'c' not allowed") {
			t.Fatalf("further members: %v", err)
		}
		if _, err := newTemplate([]byte(`{"properties":{"a":{"type":1},"b":{"type":2}}}`)); err == nil || !strings.Contains(err.Error(), "/properties/a/type: ") {
			t.Fatalf("a template: %v", err)
		}
	}
}

func TestCardsAreFilled(t *testing.T) {
	for _, test := range []struct{ name, card, extra, want string }{
		{"a text", `{"a":"{{b}}"}`, `{"b":"x"}`, `{"a":"x"}`},
		{"a whole value", `{"a":"{{ b }}"}`, `{"b":{"c":[1,null]}}`, `{"a":{"c":[1,null]}}`},
		{"parts of a text", `{"a":"{{b}}, {{c.d}}!"}`, `{"b":"x","c":{"d":2.5}}`, `{"a":"x, 2.5!"}`},
		{"a truth value", `{"a":"is {{b}}"}`, `{"b":true}`, `{"a":"is true"}`},
		{"in a list", `{"a":[1,"{{b}}",{"c":"{{b}}"}]}`, `{"b":"x"}`, `{"a":[1,"x",{"c":"x"}]}`},
		{"what is in a field is no placeholder", `{"a":"{{b}}{{b}}"}`, `{"b":"{{c}}"}`, `{"a":"{{c}}{{c}}"}`},
		{"no placeholder", `{"a":"{b} {{}} {{ }}"}`, `{}`, `{"a":"{b} {{}} {{ }}"}`},
		{"absent", `{"a":"{{b}}"}`, `{}`, ""},
		{"absent below", `{"a":"x {{b.c}}"}`, `{"b":"x"}`, ""},
		{"an object in a text", `{"a":"x {{b}}"}`, `{"b":{}}`, ""},
		{"null in a text", `{"a":"x {{b}}"}`, `{"b":null}`, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			compiled, err := newTemplate([]byte(`{"x-card":` + test.card + `}`))
			must(t, err)
			value, err := compiled.check(test.extra)
			must(t, err)
			card, _, err := compiled.pack(test.extra, value)
			if test.want == "" {
				wants(t, err, retcode.QQArkPackFailed)
			} else if err != nil || string(card) != test.want {
				t.Errorf("got %s, %v; want %s", card, err, test.want)
			}
		})
	}
}

func TestCardsHave16KiB(t *testing.T) {
	for name, test := range map[string]struct {
		template string
		size     int // of the only text
		want     retcode.Code
	}{
		"itself":                  {`{}`, 16<<10 - 8, 0},
		"itself, a byte more":     {`{}`, 16<<10 - 7, retcode.QQArkPackFailed},
		"as a text":               {`{"x-card":{"a":"{{a}}"}}`, 16<<10 - 8, 0},
		"as a text, a byte more":  {`{"x-card":{"a":"{{a}}"}}`, 16<<10 - 7, retcode.QQArkPackFailed},
		"a hundred times, in one": {`{"x-card":{"a":"` + strings.Repeat("{{a}}", 100) + `"}}`, 60_000, retcode.QQArkPackFailed},
		"a hundred times":         {`{"x-card":{"a":[` + strings.Repeat(`"{{a}}",`, 99) + `"{{a}}"]}}`, 60_000, retcode.QQArkPackFailed},
	} {
		t.Run(name, func(t *testing.T) {
			compiled, err := newTemplate([]byte(test.template))
			must(t, err)
			extra := `{"a":"` + strings.Repeat("x", test.size) + `"}`
			value, err := compiled.check(extra)
			must(t, err)
			_, _, err = compiled.pack(extra, value)
			wants(t, err, test.want)
		})
	}
}

// TestALargeValueNeedsASimpleTemplate: what would take seconds to check is refused at once.
func TestALargeValueNeedsASimpleTemplate(t *testing.T) {
	list := func(n int) string { return "[" + strings.Repeat("1,", n) + "1]" }
	text := func(n int) string { return `"` + strings.Repeat("a", n) + `"` }
	anyOf := `{"items":{"anyOf":[` + strings.Repeat(`{"type":"string"},`, 300) + `{"type":"number"}]}}`
	contains := `{"allOf":[` + strings.Repeat(`{"contains":{"const":7}},`, 150) + `true]}`
	const pattern = `{"pattern":"^(.*a){150}a*$"}`
	for name, test := range map[string]struct {
		template, value string
		refused         bool
	}{
		"many parts, a simple template":     {`{"items":{"type":"number"}}`, list(30_000), false},
		"few parts, many alternatives":      {anyOf, list(200), false},
		"many parts, many alternatives":     {anyOf, list(30_000), true},
		"many parts, many conditions":       {contains, list(30_000), true},
		"a long text, a simple template":    {`{"type":"string","pattern":"^a*$"}`, text(60_000), false},
		"a short text, a costly pattern":    {pattern, text(1_000), false},
		"a long text, a costly pattern":     {pattern, text(60_000), true},
		"a long text, a pattern of a name":  {`{"patternProperties":{"^(.*a){150}x$":true}}`, `{` + text(60_000) + `:1}`, true},
		"many parts that have to differ":    {`{"uniqueItems":true}`, "[[0]" + strings.Repeat(",[1]", 1) + "]", false},
		"a template as complex as possible": {explosion(6), `{"a":1}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			compiled, err := newTemplate([]byte(test.template))
			must(t, err)
			_, err = compiled.check(test.value)
			if refused := err != nil && strings.Contains(err.Error(), "too large to be held to a template as complex"); refused != test.refused || !test.refused && err != nil {
				t.Errorf("got %v, want it refused: %t", err, test.refused)
			}
		})
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add(`{"type":"object"}`, `{}`)
	f.Add(explosion(6), `{"a":[1,{"b":"c"}]}`)
	f.Add(`{"$ref":"#/properties/a","properties":{"a":{"pattern":"^(a+)+$"}},"x-card":{"t":"{{a}} {{b.c}}"}}`, `{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaab","b":{"c":1e308}}`)
	f.Add(`{"if":{"minimum":1e300},"then":{"multipleOf":1e-300},"uniqueItems":true}`, `[1,1.0,1e0,[],[[]]]`)
	f.Add(`{"$schema":"http://json-schema.org/draft-04/schema#","id":"x","enum":[null]}`, `null`)
	f.Fuzz(func(t *testing.T, text, extra string) {
		compiled, err := newTemplate([]byte(text))
		if err != nil {
			if !errors.Is(err, platform.ErrInvalid) {
				t.Fatalf("got %v", err)
			}
			return
		}
		value, err := compiled.check(extra)
		if err != nil {
			wants(t, err, retcode.QQArkExtraJSONInvalid)
			return
		}
		card, _, err := compiled.pack(extra, value)
		if err != nil {
			wants(t, err, retcode.QQArkPackFailed)
			return
		}
		if !json.Valid(card) || len(card) > maxCard {
			t.Errorf("the card is %.100s", card)
		}
	})
}
