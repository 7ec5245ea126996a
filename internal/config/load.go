package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxFile bounds a configuration file.
const maxFile = 1 << 20

// Sources are where settings come from. A flag takes precedence over a variable, a variable over the file, the file
// over the default.
type Sources struct {
	File    string            // path of the YAML file; "" for none
	Environ []string          // as os.Environ gives it
	Others  []string          // ROOKERY_ variables that are not settings and are allowed
	Flags   map[string]string // the values given, by flag name
}

// Loaded is a configuration and where each of its values came from.
type Loaded struct {
	Config
	File     string
	Settings []*Setting
}

// Default returns the configuration with every setting at its default.
func Default() *Loaded {
	l := new(Loaded)
	l.Settings, _ = settings(&l.Config)
	return l
}

// Load reads the configuration and checks it. The error names every fault: the setting, where it was set, and what
// would be valid.
func Load(sources Sources) (*Loaded, error) {
	l := Default()
	l.File = sources.File
	var errs []error
	if sources.File != "" {
		text, err := readFile(sources.File)
		if err != nil {
			return nil, err
		}
		errs = append(errs, l.readYAML(sources.File, text)...)
	}
	errs = append(errs, l.readEnviron(sources.Environ, sources.Others)...)
	for _, s := range l.Settings {
		errs = append(errs, s.fromFlags(sources.Flags))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return l, errors.Join(l.faults()...)
}

// LoadSome reads only the settings with the given keys, for a command that takes few, and of a file all. It ignores the
// variables of other settings. It does not check that required settings are set.
func LoadSome(sources Sources, keys ...string) (*Loaded, error) {
	l := Default()
	var errs []error
	if sources.File != "" {
		text, err := readFile(sources.File)
		if err != nil {
			return nil, err
		}
		errs = l.readYAML(sources.File, text)
	}
	for _, key := range keys {
		s := l.setting(key)
		for _, pair := range sources.Environ {
			if name, value, _ := strings.Cut(pair, "="); name == s.Env() {
				errs = append(errs, s.from("environment "+name, value))
			}
		}
		errs = append(errs, s.fromFlags(sources.Flags))
	}
	return l, errors.Join(errs...)
}

// FlagError says what is wrong with a flag's value.
type FlagError struct{ err error }

func (e *FlagError) Error() string { return e.err.Error() }

// from sets the value and records its source.
func (s *Setting) from(source, text string) error {
	if err := s.set(text); err != nil {
		return fmt.Errorf("%s (%s): %w", s.Key, source, err)
	}
	s.From = source
	return nil
}

// fromFlags sets the value if one of the flags is the setting's. The error is a *FlagError.
func (s *Setting) fromFlags(flags map[string]string) error {
	text, given := flags[s.Flag()]
	if !given {
		return nil
	}
	if err := s.from("flag --"+s.Flag(), text); err != nil {
		return &FlagError{err}
	}
	return nil
}

func readFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("configuration: %s has more than %d bytes", name, maxFile)
	}
	return text, nil
}

// readYAML applies the file's settings.
func (l *Loaded) readYAML(name string, text []byte) (errs []error) {
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil // an empty file sets nothing
	case err != nil:
		return []error{fmt.Errorf("%s is not YAML: %w", name, err)}
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return []error{fmt.Errorf("%s holds more than one document", name)}
	}
	f := &file{name: name, settings: make(map[string]*Setting), sections: map[string]bool{"": true}}
	for _, s := range l.Settings {
		f.settings[s.Key] = s
	}
	_, sections := settings(new(Config))
	for _, s := range sections {
		f.sections[s.key] = true
	}
	f.read("", document.Content[0])
	return f.errs
}

// file is a YAML file that is being read.
type file struct {
	name     string
	settings map[string]*Setting
	sections map[string]bool
	errs     []error
}

func (f *file) faultf(n *yaml.Node, format string, args ...any) {
	f.errs = append(f.errs, fmt.Errorf("%s:%d: %w", f.name, n.Line, fmt.Errorf(format, args...)))
}

// read reads the section under key.
func (f *file) read(key string, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // a section whose settings are all commented out
	}
	if n.Kind != yaml.MappingNode {
		f.faultf(n, "%s is not a mapping of settings to values", orDocument(key))
		return
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		full := name.Value
		if key != "" {
			full = key + "." + full
		}
		s := f.settings[full]
		switch {
		case seen[full]:
			f.faultf(name, "%s is set twice", full)
		case strings.Contains(name.Value, "."): // it could set again what its section sets
			f.faultf(name, "there is no setting %q: a section's settings go below it, each on a line of its own", full)
		case s != nil:
			f.setting(s, value)
		case f.sections[full]:
			f.read(full, value)
		default:
			f.faultf(name, "there is no setting %q%s", full, hint(full, slices.Collect(f.known())))
		}
		seen[full] = true
	}
}

func orDocument(key string) string {
	if key == "" {
		return "the file"
	}
	return key
}

func (f *file) known() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for key := range f.settings {
			if !yield(key) {
				return
			}
		}
		for key := range f.sections {
			if key != "" && !yield(key) {
				return
			}
		}
	}
}

func (f *file) setting(s *Setting, value *yaml.Node) {
	text := value.Value
	switch {
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
		f.faultf(value, "%s has no value: leave the line out for its default", s.Key)
		return
	case value.Kind == yaml.SequenceNode && s.isList():
		var items []string
		for _, item := range value.Content {
			if item.Kind != yaml.ScalarNode {
				f.faultf(item, "%s is not a %s", s.Key, s.Kind())
				return
			}
			items = append(items, item.Value)
		}
		text = strings.Join(items, ",")
	case value.Kind != yaml.ScalarNode:
		f.faultf(value, "%s is not a %s", s.Key, s.Kind())
		return
	}
	if err := s.set(text); err != nil {
		f.faultf(value, "%s: %w", s.Key, err)
		return
	}
	s.From = fmt.Sprintf("file %s:%d", f.name, value.Line)
}

// readEnviron applies the environment's settings.
func (l *Loaded) readEnviron(environ, others []string) (errs []error) {
	byName := make(map[string]*Setting, len(l.Settings))
	names := make([]string, 0, len(l.Settings))
	for _, s := range l.Settings {
		byName[s.Env()] = s
		names = append(names, s.Env())
	}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		switch s := byName[name]; {
		case !strings.HasPrefix(name, "ROOKERY_"), slices.Contains(others, name):
		case s == nil:
			errs = append(errs, fmt.Errorf("environment: there is no setting %s%s", name, hintAfter("ROOKERY_", name, names)))
		default:
			errs = append(errs, s.from("environment "+name, value))
		}
	}
	return errs
}

// hintAfter is hint for words with a common prefix, which must not make them near each other.
func hintAfter(prefix, word string, known []string) string {
	rest := func(s string) string { return strings.TrimPrefix(s, prefix) }
	var of []string
	for _, k := range known {
		of = append(of, rest(k))
	}
	best := nearest(rest(word), of)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %s%s?", prefix, best)
}

// hint suggests the known word nearest to an unknown one, unless all are far from it.
func hint(word string, known []string) string {
	best := nearest(word, known)
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %s?", best)
}

// nearest returns the known word nearest to an unknown one; "" when all are far from it.
func nearest(word string, known []string) string {
	slices.Sort(known)
	if len(word) > 100 {
		return "" // not a typing slip
	}
	best, distance := "", len(word)/2+1
	for _, k := range known {
		if d := editDistance(word, k); d < distance {
			best, distance = k, d
		}
	}
	return best
}

// editDistance returns how many bytes must be inserted, deleted or changed to turn a into b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
