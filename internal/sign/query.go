// Package sign makes and checks the request signatures of the wire families, and finds the usual mistake behind a wrong
// signature.
package sign

import (
	"fmt"
	"net/url"
	"unicode/utf8"
)

// MaxParams bounds the parameters of one URL.
const MaxParams = 64

// Param is one URL parameter, as sent and decoded.
type Param struct {
	RawName, RawValue string
	Name, Value       string
}

// Query is the parameters of a URL in the order in which they were sent, each name once.
type Query []Param

// ParseQuery reads a URL's query into dst[:0]. It refuses what a signature would cover ambiguously: a repeated or empty
// name, an invalid escape, text that is not UTF-8, more than MaxParams parameters. The error is one sentence that names the
// parameter.
func ParseQuery(dst Query, raw string) (Query, error) {
	q := dst[:0]
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
			if p.Name, err = decode(p.RawName); err == nil {
				p.Value, err = decode(p.RawValue)
			}
		}
		switch {
		case err != nil:
			return q, fmt.Errorf("URL parameter %.40q is not percent-encoded UTF-8", p.RawName)
		case p.Name == "":
			return q, fmt.Errorf("a URL parameter has no name")
		case q.Has(p.Name):
			return q, fmt.Errorf("URL parameter %.40q comes twice", p.Name)
		case len(q) == MaxParams:
			return q, fmt.Errorf("the URL has more than %d parameters", MaxParams)
		}
		q = append(q, p)
	}
	return q, nil
}

// AddForm reads a query or a form into q. Of a repeated name the last value counts; values may be in any character set. The
// error is one sentence that names the parameter.
func (q Query) AddForm(raw string) (Query, error) {
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
			if p.Name, err = url.QueryUnescape(p.RawName); err == nil {
				p.Value, err = url.QueryUnescape(p.RawValue)
			}
		}
		if err != nil {
			return q, fmt.Errorf("parameter %.40q is not percent-encoded", p.RawName)
		}
		if q, err = q.Set(p); err != nil {
			return q, err
		}
	}
	return q, nil
}

// Set replaces the parameter of the same name, or appends p. It refuses a parameter without a name and more than MaxParams,
// with one sentence.
func (q Query) Set(p Param) (Query, error) {
	if p.Name == "" {
		return q, fmt.Errorf("a parameter has no name")
	}
	for i := range q {
		if q[i].Name == p.Name {
			q[i] = p
			return q, nil
		}
	}
	if len(q) == MaxParams {
		return q, fmt.Errorf("there are more than %d parameters", MaxParams)
	}
	return append(q, p), nil
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

func decode(raw string) (string, error) {
	text, err := url.QueryUnescape(raw)
	if err != nil {
		return "", err
	}
	if !utf8.ValidString(text) {
		return "", fmt.Errorf("not UTF-8")
	}
	return text, nil
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
