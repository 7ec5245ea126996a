package seed

import (
	"bytes"
	"io"
	"regexp"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"

	"github.com/rookeryhq/rookery/internal/platform"
)

// head begins every file in YAML.
const head = "# A world for rookery dev --seed. It has keys and passwords.\n"

// WriteYAML writes the world as Read reads it. What has its default is left out.
func (w *World) WriteYAML(out io.Writer) error {
	value, err := w.value()
	if err != nil {
		return err
	}
	root, err := toYAML(jsontext.NewDecoder(bytes.NewReader(value)))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString(head)
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(root); err != nil {
		return err
	}
	_, err = b.WriteTo(out)
	return err
}

// value returns the world in JSON.
func (w *World) value() (jsontext.Value, error) {
	return json.Marshal(w, json.Deterministic(true), json.WithMarshalers(writers))
}

// WriteJSON writes the world as Read reads it.
func (w *World) WriteJSON(out io.Writer) error {
	value, err := w.value()
	if err == nil {
		err = value.Indent(jsontext.WithIndent("  "))
	}
	if err == nil {
		_, err = out.Write(append(value, '\n'))
	}
	return err
}

// writers leave out what has its default. An app's APIs are always there, since the default ones change with the version.
var writers = json.JoinMarshalers(
	json.MarshalToFunc(func(e *jsontext.Encoder, a App) error { return writeChanges(e, a.App, defaultApp(), "apis") }),
	json.MarshalToFunc(func(e *jsontext.Encoder, p platform.Profile) error { return writeChanges(e, p, platform.Profile{}) }),
)

// writeChanges writes an object with the members that differ from those of another, and with those always.
func writeChanges(e *jsontext.Encoder, object, other any, always ...string) error {
	text, err := json.Marshal(other, json.Deterministic(true))
	if err != nil {
		return err
	}
	var others map[string]jsontext.Value
	if err := json.Unmarshal(text, &others); err != nil {
		return err
	}
	for _, name := range always {
		delete(others, name)
	}
	if text, err = json.Marshal(object, json.Deterministic(true)); err != nil {
		return err
	}
	d := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		if token.Kind() == '"' { // the name of a member
			name := token.String()
			value, err := d.ReadValue()
			if err != nil {
				return err
			}
			if bytes.Equal(value, others[name]) {
				continue
			}
			if err := e.WriteToken(jsontext.String(name)); err != nil {
				return err
			}
			if err := e.WriteValue(value); err != nil {
				return err
			}
			continue
		}
		if err := e.WriteToken(token); err != nil { // { or }
			return err
		}
		if token.Kind() == '}' {
			return nil
		}
	}
}

// most is how many texts or numbers a list has that is written in one line.
const most = 4

var digits = regexp.MustCompile(`^[0-9]+$`)

// toYAML reads a value in JSON. Digits get no quotes, as people write them.
func toYAML(d *jsontext.Decoder) (*yaml.Node, error) {
	token, err := d.ReadToken()
	if err != nil {
		return nil, err
	}
	node := new(yaml.Node)
	switch kind := token.Kind(); kind {
	case '"':
		node.Kind, node.Value = yaml.ScalarNode, token.String()
		if !digits.MatchString(node.Value) {
			node.Tag = "!!str"
		}
		return node, nil
	case '{', '[':
		node.Kind = map[jsontext.Kind]yaml.Kind{'{': yaml.MappingNode, '[': yaml.SequenceNode}[kind]
	default:
		node.Kind, node.Value = yaml.ScalarNode, token.String()
		return node, nil
	}
	short := node.Kind == yaml.SequenceNode
	for d.PeekKind() != '}' && d.PeekKind() != ']' {
		one, err := toYAML(d)
		if err != nil {
			return nil, err
		}
		short = short && one.Kind == yaml.ScalarNode
		node.Content = append(node.Content, one)
	}
	if short && len(node.Content) <= most {
		node.Style = yaml.FlowStyle
	}
	_, err = d.ReadToken()
	return node, err
}
