package catalogue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A fault is what is wrong with a member of a row or term; en.cause is the member cause of the member en.
type fault struct{ member, problem string }

func (f *fault) Error() string { return f.member + ": " + f.problem }

func refuse(member, format string, args ...any) error {
	return &fault{member, fmt.Sprintf(format, args...)}
}

// decode reads a file that is a list. The nodes are those of its entries, which know their lines.
func decode[T any](name string, text []byte) (list []T, nodes []*yaml.Node, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var document yaml.Node
	if err := cmp.Or(decoder.Decode(&list), yaml.Unmarshal(text, &document)); err != nil {
		if several, ok := errors.AsType[*yaml.TypeError](err); ok { // one line for each
			return nil, nil, fmt.Errorf("%s: %s", name, several.Errors[0])
		}
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(list) == 0 {
		return nil, nil, fmt.Errorf("%s: an empty list", name)
	}
	return list, document.Content[0].Content, nil
}

// locate puts the file and the line of the member at fault before an error about an entry.
func locate(file string, entry *yaml.Node, err error) error {
	at := entry.Line
	if f, ok := errors.AsType[*fault](err); ok {
		at = line(entry, f.member)
	}
	return fmt.Errorf("%s:%d: %w", file, at, err)
}

// line returns the line of a member, or of what holds it if it is not there.
func line(node *yaml.Node, path string) int {
	name, rest, _ := strings.Cut(path, ".")
	for i := 0; i+1 < len(node.Content); i += 2 {
		if key := node.Content[i]; key.Value == name {
			return cmp.Or(line(node.Content[i+1], rest), key.Line)
		}
	}
	return node.Line
}

// ReadExamples reads the file of the answers, by domain/number of their rows. It is empty if there is no file.
func ReadExamples(name string) (map[string]string, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var examples map[string]string
	if err := json.Unmarshal(text, &examples); err != nil {
		return nil, fmt.Errorf("%s: %w", ExamplesFile, err)
	}
	return examples, nil
}

// addExamples gives each row its answer.
func (c *Catalogue) addExamples(examples map[string]string) error {
	for code := range examples {
		if c.row(code) == nil {
			return fmt.Errorf("%s: no row is %s", ExamplesFile, code)
		}
	}
	for code, answer := range examples {
		c.row(code).Example = answer
	}
	return nil
}

// row returns the row with that code, as in qq/-5, or nil.
func (c *Catalogue) row(code string) *Row {
	for _, rows := range [][]Row{c.Codes, c.Doors} {
		for i := range rows {
			if rows[i].Code() == code {
				return &rows[i]
			}
		}
	}
	return nil
}
