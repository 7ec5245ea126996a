package messages

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"

	strict "github.com/go-json-experiment/json" // refuses members that occur twice, and what is not UTF-8
	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Bounds on templates and values, so that a check takes a short time whatever they contain.
const (
	maxDepth  = 32       // of nested arrays and objects
	maxCost   = 1000     // of a template: its schemas, each as often as it is referred to, its enumerated values and its patterns' steps
	maxWork   = 4 << 20  // of a check: the template's cost times the value's bytes, and its parts as partBytes each
	partBytes = 40       // a part may be held to each schema, which takes as long as so many steps of a pattern
	maxFields = 100      // that a card refers to
	maxCard   = 16 << 10 // bytes, packed
)

// template is a scene's template, ready to check and pack extraJSON.
type template struct {
	schema *jsonschema.Schema
	cost   int
	card   any // decoded JSON with placeholders; nil for the content of extraJSON itself
}

// cardKeyword is the member of a template that is the card of its messages. JSON Schema skips members that it does not know.
const cardKeyword = "x-card"

// newTemplate reads a template: a JSON Schema, which may refer only to its own parts and not to itself, so that its cost is
// known. Error: platform.ErrInvalid.
func newTemplate(text []byte) (*template, error) {
	if len(text) > MaxTemplate {
		return nil, invalidTemplate("it has %d bytes, more than %d", len(text), MaxTemplate)
	}
	var document any
	if err := decode(text, &document); err != nil {
		return nil, invalidTemplate("it %v", err)
	}
	root, ok := document.(map[string]any)
	if !ok {
		return nil, invalidTemplate("it is not a JSON object")
	}
	t := &template{card: root[cardKeyword]}
	delete(root, cardKeyword) // its members are no schemas
	if _, ok := t.card.(map[string]any); !ok && t.card != nil {
		return nil, invalidTemplate("its %s is not a JSON object", cardKeyword)
	}
	if n := fields(t.card); n > maxFields {
		return nil, invalidTemplate("its %s refers to %d fields, more than %d", cardKeyword, n, maxFields)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.UseLoader(noLoader{})
	compiler.UseRegexpEngine(newPattern)
	const name = "template:scene"
	if err := compiler.AddResource(name, document); err != nil {
		return nil, invalidTemplate("it is not a JSON Schema: %.300v", err)
	}
	var err error
	if t.schema, err = compiler.Compile(name); err != nil {
		return nil, invalidTemplate("it is not a JSON Schema: %.300s", reason(err))
	}
	if t.cost, err = make(costs).of(t.schema); err != nil {
		return nil, err
	}
	return t, nil
}

func invalidTemplate(format string, args ...any) error {
	return platform.Invalidf("template", "the template cannot be used: "+format, args...)
}

// decode reads one JSON document in UTF-8. Its numbers become float64, whose comparison takes a short time.
func decode(text []byte, into *any) error {
	if err := strict.Unmarshal(text, into); err != nil {
		var syntactic *jsontext.SyntacticError
		switch {
		case errors.Is(err, jsontext.ErrDuplicateName):
			return errors.New("has a member that occurs twice")
		case errors.As(err, &syntactic):
			return fmt.Errorf("is not JSON in UTF-8 at byte %d", syntactic.ByteOffset)
		}
		return errors.New("has a number out of range")
	}
	if depth(*into, maxDepth) {
		return fmt.Errorf("is nested more than %d deep", maxDepth)
	}
	return nil
}

// depth reports whether a value is nested deeper than most.
func depth(v any, most int) bool {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if most == 0 || depth(item, most-1) {
				return true
			}
		}
	case map[string]any:
		for _, member := range v {
			if most == 0 || depth(member, most-1) {
				return true
			}
		}
	}
	return false
}

// parts counts a value and all that is in it.
func parts(v any) (n int) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			n += parts(item)
		}
	case map[string]any:
		for _, member := range v {
			n += parts(member)
		}
	}
	return n + 1
}

// noLoader refuses references to other documents. Those of JSON Schema's own drafts are in the library.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("%.80q is another document", url)
}

// pattern is a regular expression with the number of its steps for each character of a text. Go's take no longer.
type pattern struct {
	*regexp.Regexp
	steps int
}

func newPattern(text string) (jsonschema.Regexp, error) {
	tree, err := syntax.Parse(text, syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	if len(program.Inst) > maxCost {
		return nil, errors.New("it has too many repetitions")
	}
	compiled, err := regexp.Compile(text)
	return &pattern{compiled, len(program.Inst)}, err
}

// costs are the costs of schemas that were looked at; 0 while one is being looked at.
type costs map[*jsonschema.Schema]int

// of returns how many schemas a value may have to meet by a schema, each as often as it is referred to.
func (c costs) of(s *jsonschema.Schema) (int, error) {
	cost, seen := c[s]
	switch {
	case seen && cost == 0:
		return 0, invalidTemplate("a part of it refers to itself, which may take any time to check")
	case seen:
		return cost, nil
	}
	c[s] = 0
	cost, err := c.within(reflect.ValueOf(s).Elem())
	if err == nil && cost > maxCost {
		err = invalidTemplate("it is too complex: with its parts counted as often as it refers to them it has more than %d", maxCost)
	}
	c[s] = cost
	return cost, err
}

// within returns the cost of a value of the library: all schemas, patterns and enumerated values in its exported fields.
func (c costs) within(v reflect.Value) (cost int, err error) {
	add := func(v reflect.Value) {
		if err == nil {
			var n int
			n, err = c.inside(v)
			cost = min(cost+n, maxCost+1)
		}
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() {
			add(v.Field(i))
		}
	}
	return cost + 1, err
}

func (c costs) inside(v reflect.Value) (cost int, err error) {
	add := func(v reflect.Value) {
		if err == nil {
			var n int
			n, err = c.inside(v)
			cost = min(cost+n, maxCost+1)
		}
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		switch held := v.Interface().(type) {
		case *jsonschema.Schema:
			if held != nil {
				return c.of(held)
			}
		case *pattern:
			return held.steps, nil
		case *jsonschema.Enum:
			if held != nil {
				return len(held.Values), nil
			}
		case *jsonschema.DynamicRef:
			if held != nil {
				return 0, invalidTemplate("it has a $dynamicRef, which is not taken here")
			}
		default:
			if v.Kind() == reflect.Interface && !v.IsNil() {
				return c.inside(v.Elem())
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			add(v.Index(i))
		}
	case reflect.Map:
		for of := v.MapRange(); of.Next(); {
			add(of.Key())
			add(of.Value())
		}
	}
	return cost, err
}

// check returns extraJSON as it was decoded. Error: 225006, which says where it is wrong.
func (t *template) check(extraJSON string) (any, error) {
	var value any
	if err := decode([]byte(extraJSON), &value); err != nil {
		return nil, retcode.QQArkExtraJSONInvalid.Errorf("extraJSON %v", err)
	}
	if t.cost*(len(extraJSON)+partBytes*parts(value)) > maxWork {
		return nil, retcode.QQArkExtraJSONInvalid.Errorf("extraJSON is too large to be held to a template as complex as the scene's")
	}
	if err := t.schema.Validate(value); err != nil {
		return nil, retcode.QQArkExtraJSONInvalid.Errorf("extraJSON does not fit the scene's template: %.300s", reason(err))
	}
	return value, nil
}

var english = message.NewPrinter(language.English)

// reason says where the first fault is, and what it is.
func reason(err error) string {
	var failure *jsonschema.SchemaValidationError
	if errors.As(err, &failure) {
		err = failure.Err
	}
	var wrong *jsonschema.ValidationError
	if !errors.As(err, &wrong) {
		return err.Error()
	}
	for len(wrong.Causes) > 0 { // in no order
		wrong = slices.MinFunc(wrong.Causes, func(a, b *jsonschema.ValidationError) int {
			return cmp.Or(slices.Compare(a.InstanceLocation, b.InstanceLocation), cmp.Compare(a.Error(), b.Error()))
		})
	}
	if further, ok := wrong.ErrorKind.(*kind.AdditionalProperties); ok {
		slices.Sort(further.Properties)
	}
	at := "the whole value"
	if len(wrong.InstanceLocation) > 0 {
		at = "/" + strings.Join(wrong.InstanceLocation, "/")
	}
	return at + ": " + wrong.ErrorKind.LocalizedString(english)
}

// pack makes the card of a message: the scene's own, with the fields that it refers to, or else extraJSON. Error: 225010.
func (t *template) pack(extraJSON string, value any) (card json.RawMessage, shown any, err error) {
	shown = value
	if t.card == nil {
		packed := jsontext.Value(extraJSON)
		if err := packed.Compact(); err != nil {
			return nil, nil, err
		}
		card = json.RawMessage(packed)
	} else {
		if shown, err = fill(t.card, value); err != nil {
			return nil, nil, err
		}
		if card, err = strict.Marshal(shown, strict.Deterministic(true)); err != nil {
			return nil, nil, err
		}
	}
	if len(card) > maxCard {
		return nil, nil, retcode.QQArkPackFailed.Errorf("the packed card has %d bytes, more than %d", len(card), maxCard)
	}
	return card, shown, nil
}

// placeholder is a field of extraJSON in a text of the card, {{player.name}}.
var placeholder = regexp.MustCompile(`\{\{\s*([^{}\s]{1,200})\s*\}\}`)

// fields counts the placeholders in a part of a card.
func fields(card any) (n int) {
	switch card := card.(type) {
	case map[string]any:
		for _, member := range card {
			n += fields(member)
		}
	case []any:
		for _, item := range card {
			n += fields(item)
		}
	case string:
		n = len(placeholder.FindAllStringIndex(card, -1))
	}
	return n
}

// fill returns a part of a card with its placeholders replaced by fields of extraJSON. A text that is nothing but a placeholder
// becomes the field, whatever its type.
func fill(card, value any) (any, error) {
	switch card := card.(type) {
	case map[string]any:
		filled := make(map[string]any, len(card))
		for name, member := range card {
			var err error
			if filled[name], err = fill(member, value); err != nil {
				return nil, err
			}
		}
		return filled, nil
	case []any:
		filled := make([]any, len(card))
		for i, item := range card {
			var err error
			if filled[i], err = fill(item, value); err != nil {
				return nil, err
			}
		}
		return filled, nil
	case string:
		return fillText(card, value)
	default:
		return card, nil
	}
}

func fillText(text string, value any) (any, error) {
	matches := placeholder.FindAllStringSubmatchIndex(text, -1)
	if len(matches) == 1 && matches[0][0] == 0 && matches[0][1] == len(text) {
		return field(value, text[matches[0][2]:matches[0][3]])
	}
	var b strings.Builder
	end := 0
	for _, match := range matches {
		path := text[match[2]:match[3]]
		found, err := field(value, path)
		if err != nil {
			return nil, err
		}
		b.WriteString(text[end:match[0]])
		switch found := found.(type) {
		case string:
			b.WriteString(found)
		case float64:
			b.WriteString(strconv.FormatFloat(found, 'f', -1, 64))
		case bool:
			b.WriteString(strconv.FormatBool(found))
		default:
			return nil, retcode.QQArkPackFailed.Errorf("the scene's card has the field %.80q in a text, but it is no text, number or truth value", path)
		}
		if end = match[1]; b.Len() > maxCard {
			return nil, retcode.QQArkPackFailed.Errorf("a text of the packed card has more than %d bytes", maxCard)
		}
	}
	b.WriteString(text[end:])
	return b.String(), nil
}

// field returns a field of extraJSON by its path.
func field(value any, path string) (any, error) {
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		member, ok := object[name]
		if !ok {
			return nil, retcode.QQArkPackFailed.Errorf("the scene's card refers to the field %.80q, which extraJSON lacks", path)
		}
		value = member
	}
	return value, nil
}
