package reference

import (
	"encoding"
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/rookeryhq/rookery/internal/platform"
)

// Schema is a JSON Schema (draft 2020-12) as OpenAPI 3.1 uses it, with the keywords that the doors' declarations need.
type Schema struct {
	Type        string     `yaml:"type,omitempty"`
	Format      string     `yaml:"format,omitempty"`
	Description string     `yaml:"description,omitempty"`
	Pattern     string     `yaml:"pattern,omitempty"`
	Enum        []any      `yaml:"enum,omitempty,flow"`
	Default     any        `yaml:"default,omitempty"`
	Minimum     *int64     `yaml:"minimum,omitempty"`
	Maximum     *int64     `yaml:"maximum,omitempty"`
	MinLength   *int64     `yaml:"minLength,omitempty"`
	MaxLength   *int64     `yaml:"maxLength,omitempty"` // in characters; the doors count bytes, which are never fewer
	MinItems    *int64     `yaml:"minItems,omitempty"`
	MaxItems    *int64     `yaml:"maxItems,omitempty"`
	Items       *Schema    `yaml:"items,omitempty"`
	Values      *Schema    `yaml:"additionalProperties,omitempty"` // of an object with names of the caller's choice
	Properties  Properties `yaml:"properties,omitempty"`
	Required    []string   `yaml:"required,omitempty,flow"`
}

// Properties are the members of an object, in their order.
type Properties []Property

// Property is a member of an object, or a parameter.
type Property struct {
	Name     string
	Required bool
	*Schema
}

// MarshalYAML implements yaml.Marshaler.
func (p Properties) MarshalYAML() (any, error) {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, one := range p {
		var name, value yaml.Node
		name.SetString(one.Name)
		if err := value.Encode(one.Schema); err != nil {
			return nil, err
		}
		node.Content = append(node.Content, &name, &value)
	}
	return node, nil
}

// find returns the member with a name.
func (p Properties) find(name string) (Property, bool) {
	i := slices.IndexFunc(p, func(one Property) bool { return one.Name == name })
	if i < 0 {
		return Property{}, false
	}
	return p[i], true
}

// direction says whose a struct is: what the platform writes always has the members that are not left out by omitzero.
type direction bool

const (
	taken    direction = false
	answered direction = true
)

// schemaOf returns the schema of a declaration, a struct whose exported fields have these tags:
//
//	json      the name
//	doc       what the member is
//	required  "true" if a request must have it
//	min, max  bounds: of a number, of the bytes of a text, of the items of a list
//	oneof     the only values, separated by blanks
//	def       the value that a missing member stands for
//
// The error names the first member without doc.
func schemaOf(declared any, d direction) (*Schema, error) {
	if declared == nil {
		return &Schema{Type: "object"}, nil
	}
	return (&reader{direction: d}).read(reflect.TypeOf(declared), "")
}

type reader struct {
	direction
	inside []reflect.Type // the structs that are being read
}

var (
	textType = reflect.TypeFor[encoding.TextMarshaler]()
	timeType = reflect.TypeFor[time.Time]()
)

// formats are the types that write themselves as a text of some form.
var formats = map[reflect.Type]Schema{
	timeType:                               {Type: "string", Format: "date-time"},
	reflect.TypeFor[platform.AppID]():      {Type: "string", Pattern: "^[0-9]+$"},
	reflect.TypeFor[platform.GameID]():     {Type: "string", Pattern: "^[0-9]+$"},
	reflect.TypeFor[platform.UIN]():        {Type: "string", Pattern: "^[0-9]+$"},
	reflect.TypeFor[platform.GC]():         {Type: "string", Pattern: "^[0-9]+$"},
	reflect.TypeFor[platform.MSDKOpenID](): {Type: "string", Pattern: "^[0-9]{1,20}$"},
	reflect.TypeFor[platform.OpenID]():     {Type: "string", Pattern: "^[0-9A-Fa-f]{32}$"},
	reflect.TypeFor[platform.Rate]():       {Type: "string", Pattern: "^[0-9]+/[0-9a-z.]+$"},
	reflect.TypeFor[netip.Prefix]():        {Type: "string"},
	reflect.TypeFor[netip.Addr]():          {Type: "string"},
}

// Shaped is a type whose JSON differs from its Go form: it says by what it is described.
type Shaped interface{ Shape() any }

var shapedType = reflect.TypeFor[Shaped]()

func (r *reader) read(t reflect.Type, where string) (*Schema, error) {
	if form, ok := formats[t]; ok {
		return &form, nil
	}
	if t.Implements(shapedType) {
		return r.read(reflect.TypeOf(reflect.Zero(t).Interface().(Shaped).Shape()), where)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return r.read(t.Elem(), where)
	case reflect.Struct:
		if !t.Implements(textType) {
			return r.object(t, where)
		}
	case reflect.Map:
		values, err := r.read(t.Elem(), where)
		return &Schema{Type: "object", Values: values}, err
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 && !t.Elem().Implements(textType) {
			return &Schema{}, nil // any JSON value
		}
	case reflect.Interface:
		return &Schema{}, nil
	}
	if t.Implements(textType) {
		return &Schema{Type: "string"}, nil
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		items, err := r.read(t.Elem(), where)
		return &Schema{Type: "array", Items: items}, err
	case reflect.String:
		return &Schema{Type: "string"}, nil
	case reflect.Bool:
		return &Schema{Type: "boolean"}, nil
	case reflect.Float64:
		return &Schema{Type: "number"}, nil
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint, reflect.Uint32, reflect.Uint64, reflect.Uint8:
		return &Schema{Type: "integer"}, nil
	}
	return nil, fmt.Errorf("%s: no schema for the type %s", where, t)
}

func (r *reader) object(t reflect.Type, where string) (*Schema, error) {
	if slices.Contains(r.inside, t) {
		return nil, fmt.Errorf("%s: %s contains itself", where, t)
	}
	r.inside = append(r.inside, t)
	defer func() { r.inside = r.inside[:len(r.inside)-1] }()
	s := &Schema{Type: "object"}
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-", !field.IsExported() && !field.Anonymous:
			continue
		case field.Anonymous && name == "":
			inner, err := r.read(field.Type, where)
			if err != nil {
				return nil, err
			}
			for _, p := range inner.Properties {
				s.add(p)
			}
			continue
		case name == "":
			return nil, fmt.Errorf("%s: %s.%s has no name in JSON", where, t, field.Name)
		}
		at := where + "/" + name
		member, err := r.read(field.Type, at)
		if err != nil {
			return nil, err
		}
		if member.Description = field.Tag.Get("doc"); member.Description == "" {
			return nil, fmt.Errorf("%s: %s.%s has no doc", at, t, field.Name)
		}
		if strings.Contains(options, "string") {
			member.Type = "string"
		}
		if err := member.bound(field.Tag); err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		required := field.Tag.Get("required") == "true"
		if r.direction == answered {
			required = !strings.Contains(options, "omit")
		}
		s.add(Property{Name: name, Required: required, Schema: member})
	}
	return s, nil
}

// add adds a member. The first one with a name counts, as in Go.
func (s *Schema) add(p Property) {
	if _, has := s.Properties.find(p.Name); has {
		return
	}
	s.Properties = append(s.Properties, p)
	if p.Required {
		s.Required = append(s.Required, p.Name)
	}
}

// without removes the members that another object has too.
func (s *Schema) without(other *Schema) {
	if s == nil || other == nil {
		return
	}
	s.Properties = slices.DeleteFunc(s.Properties, func(p Property) bool {
		_, has := other.Properties.find(p.Name)
		return has
	})
	s.Required = slices.DeleteFunc(s.Required, func(name string) bool { return slices.Contains(other.Required, name) })
}

// bound reads the tags min, max, oneof and def.
func (s *Schema) bound(tag reflect.StructTag) error {
	low, high := &s.Minimum, &s.Maximum
	switch s.Type {
	case "string":
		low, high = &s.MinLength, &s.MaxLength
	case "array":
		low, high = &s.MinItems, &s.MaxItems
	}
	for name, bound := range map[string]**int64{"min": low, "max": high} {
		text, ok := tag.Lookup(name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*bound = &n
	}
	for word := range strings.FieldsSeq(tag.Get("oneof")) {
		s.Enum = append(s.Enum, s.value(word))
	}
	if text, ok := tag.Lookup("def"); ok {
		s.Default = s.value(text)
	}
	return nil
}

// value returns a text of a tag as a value of the schema's type.
func (s *Schema) value(text string) any {
	var v any
	if s.Type != "string" && json.Unmarshal([]byte(text), &v) == nil {
		if n, ok := v.(float64); ok {
			return int64(n)
		}
		return v
	}
	return text
}

// kind is the type for eyes.
func (s *Schema) kind() string {
	switch {
	case s.Type == "array" && s.Items.Type != "":
		return "list of " + strings.TrimSuffix(s.Items.kind(), "s") + "s"
	case s.Type == "":
		return "any"
	}
	return s.Type
}

// bounds says what the tags say, for eyes: "at most 45 bytes".
func (s *Schema) bounds() string {
	var parts []string
	switch {
	case len(s.Enum) == 1:
		parts = append(parts, fmt.Sprintf("`%v`", s.Enum[0]))
	case len(s.Enum) > 1:
		var words []string
		for _, word := range s.Enum {
			words = append(words, fmt.Sprintf("`%v`", word))
		}
		parts = append(parts, strings.Join(words[:len(words)-1], ", ")+" or "+words[len(words)-1])
	}
	between := func(low, high *int64, unit string) {
		switch {
		case low != nil && high != nil:
			parts = append(parts, fmt.Sprintf("%d to %d%s", *low, *high, unit))
		case low != nil:
			parts = append(parts, fmt.Sprintf("at least %d%s", *low, unit))
		case high != nil:
			parts = append(parts, fmt.Sprintf("at most %d%s", *high, unit))
		}
	}
	between(s.Minimum, s.Maximum, "")
	between(s.MinLength, s.MaxLength, " bytes")
	between(s.MinItems, s.MaxItems, " items")
	if s.Default != nil {
		parts = append(parts, fmt.Sprintf("`%v` if it is missing", s.Default))
	}
	return strings.Join(parts, "; ")
}

// Faults compares a JSON value, as encoding/json decodes it into an any, with the schema: members that are not declared, that are
// missing, or that have another type.
func (s *Schema) Faults(value any) []string { return s.faults(value, "") }

func (s *Schema) faults(value any, at string) (all []string) {
	wrong := func(is string) []string { return []string{fmt.Sprintf("%s is %s, not of the type %s", at, is, s.Type)} }
	switch value := value.(type) {
	case nil:
		return nil // of a list or a pointer without a value
	case map[string]any:
		if s.Type != "object" && s.Type != "" {
			return wrong("an object")
		}
		for name, member := range value {
			p, known := s.Properties.find(name)
			switch {
			case known:
				all = append(all, p.faults(member, at+"/"+name)...)
			case s.Values != nil:
				all = append(all, s.Values.faults(member, at+"/"+name)...)
			case s.Type != "":
				all = append(all, fmt.Sprintf("%s/%s is not declared", at, name))
			}
		}
		for _, name := range s.Required {
			if _, has := value[name]; !has {
				all = append(all, fmt.Sprintf("%s/%s is missing", at, name))
			}
		}
	case []any:
		switch {
		case s.Type == "":
			return nil
		case s.Type != "array":
			return wrong("a list")
		}
		for _, item := range value {
			all = append(all, s.Items.faults(item, at+"/0")...)
		}
	case string:
		if s.Type != "string" && s.Type != "" {
			return wrong("a text")
		}
	case float64:
		if s.Type != "integer" && s.Type != "number" && s.Type != "" {
			return wrong("a number")
		}
	case bool:
		if s.Type != "boolean" && s.Type != "" {
			return wrong("a truth value")
		}
	}
	return all
}
