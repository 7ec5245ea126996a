// Package sign makes and checks the request signatures of the wire families, and finds the usual mistake behind a wrong
// signature.
package sign

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxParams bounds the parameters of one URL.
const MaxParams = 64

// Param is one URL parameter, as sent and decoded.
type Param struct {
	RawName, RawValue string
	Name, Value       string

	Repeated bool // the name occurred before; this is the last
}

// Query is the parameters of a URL in the order in which they were sent, each name once.
type Query []Param

// Rules say how a query or a form is read. The zero value refuses what a signature would cover ambiguously: a repeated or
// empty name, an invalid escape, text that is not UTF-8.
type Rules struct {
	Repeats bool // of a repeated name the last value counts
	AnyText bool // names and values may be in any character set
	Lenient bool // unreadable parameters are left out, and the first error is returned after the rest was read
}

// ParseQuery reads a URL's query into dst[:0] by the strictest rules.
func ParseQuery(dst Query, raw string) (Query, error) { return dst[:0].Add(raw, Rules{}) }

// AddForm adds a query or a form. Of a repeated name the last value counts; values may be in any character set.
func (q Query) AddForm(raw string) (Query, error) {
	return q.Add(raw, Rules{Repeats: true, AnyText: true})
}

// Add adds a query or a form, up to MaxParams parameters in all. The error is one sentence that names the parameter.
func (q Query) Add(raw string, rules Rules) (_ Query, first error) {
	for raw != "" {
		if raw[0] == '&' {
			raw = raw[1:]
			continue
		}
		var (
			p     Param
			plain bool
			err   error
		)
		if p, plain, raw = cutParam(raw); !plain {
			err = p.decode(rules)
		}
		switch {
		case err != nil:
		case p.Name == "" && rules.Lenient:
			continue
		default:
			q, err = q.set(p, rules)
		}
		switch {
		case err == nil:
		case !rules.Lenient:
			return q, err
		case first == nil:
			first = err
		}
	}
	return q, first
}

// Set replaces the parameter of the same name, or appends p. It refuses a parameter without a name and more than MaxParams,
// with one sentence.
func (q Query) Set(p Param) (Query, error) { return q.set(p, Rules{Repeats: true}) }

func (q Query) set(p Param, rules Rules) (Query, error) {
	if p.Name == "" {
		return q, fmt.Errorf("a %s has no name", rules.noun())
	}
	for i := range q {
		if q[i].Name != p.Name {
			continue
		}
		if !rules.Repeats {
			return q, fmt.Errorf("%s %.40q occurs twice", rules.noun(), p.Name)
		}
		p.Repeated = true
		q[i] = p
		return q, nil
	}
	if len(q) == MaxParams {
		return q, fmt.Errorf("there are more than %d %ss", MaxParams, rules.noun())
	}
	return append(q, p), nil
}

// noun returns the name of a parameter in errors.
func (r Rules) noun() string {
	if r.Repeats {
		return "parameter" // of the URL or of a form
	}
	return "URL parameter"
}

// decode sets the decoded name and value.
func (p *Param) decode(rules Rules) (err error) {
	if p.Name, err = url.QueryUnescape(p.RawName); err == nil {
		p.Value, err = url.QueryUnescape(p.RawValue)
	}
	switch {
	case rules.AnyText && err != nil:
		return fmt.Errorf("%s %.40q is not percent-encoded", rules.noun(), p.RawName)
	case !rules.AnyText && (err != nil || !utf8.ValidString(p.Name) || !utf8.ValidString(p.Value)):
		return fmt.Errorf("%s %.40q is not percent-encoded UTF-8", rules.noun(), p.RawName)
	}
	return nil
}

// cutParam takes the first pair off a query. plain means that nothing in it needs decoding.
func cutParam(raw string) (p Param, plain bool, rest string) {
	end, equals := 0, -1
	plain = true
	for ; end < len(raw) && raw[end] != '&'; end++ {
		switch c := raw[end]; {
		case c == '=' && equals < 0:
			equals = end
		case c == '%' || c == '+' || c >= utf8.RuneSelf:
			plain = false
		}
	}
	p.RawName = raw[:end]
	if equals >= 0 {
		p.RawName, p.RawValue = raw[:equals], raw[equals+1:end]
	}
	p.Name, p.Value = p.RawName, p.RawValue
	return p, plain, raw[min(end+1, len(raw)):]
}

// Get returns the decoded value of a parameter; "" when it is missing.
func (q Query) Get(name string) string {
	for i := range q {
		if q[i].Name == name {
			return q[i].Value
		}
	}
	return ""
}

// Has reports whether a parameter was sent, empty or not.
func (q Query) Has(name string) bool {
	for i := range q {
		if q[i].Name == name {
			return true
		}
	}
	return false
}

// Repeats reports whether a parameter was sent more than once.
func (q Query) Repeats(name string) bool {
	return slices.ContainsFunc(q, func(p Param) bool { return p.Name == name && p.Repeated })
}

// TellsApart returns nil if a signed string that joins the parameters, before and a name and between and a value each, is that of no other
// call that differs in the named parameters. Otherwise the error is one sentence: a name has one of the separators, or a value reads as its
// own end and a named parameter that the call lacks.
func (q Query) TellsApart(before, between byte, names []string) error {
	for i := range q {
		p := &q[i]
		if strings.IndexByte(p.Name, before) >= 0 || strings.IndexByte(p.Name, between) >= 0 {
			return fmt.Errorf("the parameter name %.40q has a character that separates parameters where they are signed", p.Name)
		}
		for rest, found := p.Value, true; found; {
			if _, rest, found = strings.Cut(rest, string(before)); !found {
				break
			}
			name, _, ends := strings.Cut(rest, string(between))
			if ends && slices.Contains(names, name) && !q.Has(name) {
				return fmt.Errorf("the value of %.40q has a part that is signed like the parameter %q", p.Name, name)
			}
		}
	}
	return nil
}
