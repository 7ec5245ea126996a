// Package redact takes the secrets out of requests and answers that are to be kept or shown. What is a secret is decided by the name
// of its parameter, member or header, in one place; where a form is not understood, nothing of it is kept.
package redact

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/rookeryhq/rookery/internal/sign"
)

// Mask stands in the place of a secret.
const Mask = "(removed)"

// names are those of secrets, in lower case and without marks between words. A name that ends with one of them is a secret's too.
var names = []string{
	"key", "keys", "secret", "password", "passwd", "pwd", // of apps, and of people
	"token", "tokens", "ticket", "skey", "sid", "authorization", "cookie", "session", // of logins
	"codeverifier", "codechallenge", "codeparam", // the latter is itopencodeparam, a login in a link
	"sig", "sign", "signature", // a request with one can be sent again
}

// codes are names of what OAuth exchanges for a token. Return codes have some of them too.
var codes = []string{"code", "authcode", "authorizationcode"}

// number is what the value of a parameter code is if it is a return code.
var number = regexp.MustCompile(`^-?\d{1,9}$`)

// Secret reports whether a parameter, a member or a header of this name has a secret for its value.
func Secret(name, value string) bool {
	if value == "" {
		return false // which may be the very mistake
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
	name = strings.TrimRight(name, "0123456789") // password2, token[0]
	if slices.Contains(codes, name) {
		return !number.MatchString(value)
	}
	return slices.ContainsFunc(names, func(secret string) bool { return strings.HasSuffix(name, secret) })
}

// Redactor removes the secrets that it has met or was given wherever they occur. It serves one exchange of a request and its
// answer, and one goroutine.
type Redactor struct {
	secrets  map[string]bool
	replacer *strings.Replacer // of the secrets; nil if one was added since
}

// New returns a redactor that knows these secrets, such as the keys of an app.
func New(known ...string) *Redactor {
	r := &Redactor{secrets: make(map[string]bool)}
	for _, secret := range known {
		r.learn(secret)
	}
	return r
}

// most bounds the forms of secrets that are looked for by their value.
const most = 500

// shortest is the length of the shortest secret that is looked for by its value: shorter ones occur in other texts by chance.
const shortest = 5

// longest is how much of a secret is looked for, in bytes: without its beginning the rest is of no use.
const longest = 8 << 10

// learn adds a secret in the forms in which requests and signed texts have it.
func (r *Redactor) learn(secret string) {
	secret = secret[:min(len(secret), longest)]
	if len(secret) < shortest || secret == Mask || len(r.secrets) >= most {
		return
	}
	once := string(sign.StrictEncoder.Append(nil, secret))
	quoted, _ := json.Marshal(secret) // a text cannot fail
	for _, form := range []string{secret, once, string(sign.StrictEncoder.Append(nil, once)), url.QueryEscape(secret), string(quoted[1 : len(quoted)-1])} {
		if !r.secrets[form] {
			r.secrets[form], r.replacer = true, nil
		}
	}
}

// hide learns a secret as it was sent, and what it stands for, and returns the mask.
func (r *Redactor) hide(raw string) string {
	r.learn(raw)
	if decoded, err := url.QueryUnescape(raw); err == nil {
		r.learn(decoded)
	}
	return Mask
}

// known removes the secrets that were met so far.
func (r *Redactor) known(text string) string {
	if r.replacer == nil {
		forms := make([]string, 0, len(r.secrets))
		for form := range r.secrets {
			forms = append(forms, form)
		}
		// At one place the first of the list that fits is replaced: a secret comes before one with which it begins.
		slices.SortFunc(forms, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
		pairs := make([]string, 0, 2*len(forms))
		for _, form := range forms {
			pairs = append(pairs, form, Mask)
		}
		r.replacer = strings.NewReplacer(pairs...)
	}
	return r.replacer.Replace(text)
}

// shape is a form in which texts have names and values. Only names are searched for, and a value is read where the name of a
// secret was found, so the time is proportional to the text whatever is in it.
type shape struct {
	name  *regexp.Regexp // the name, and all that is before the value
	value *regexp.Regexp // at the beginning of what follows
}

func newShape(name, value string) shape {
	return shape{regexp.MustCompile(name), regexp.MustCompile("^" + value)}
}

// inForm is a value in a form. %26 ends it.
const inForm = `(?:[^&;,#\s"'<>%\\]|%[013-9A-Fa-f]|%2[0-57-9A-Fa-f])+`

// shapes are compiled when the first text is read: most commands read none.
var shapes = sync.OnceValue(func() []shape {
	return []shape{
		newShape(`["']([\w.-]+)["']\s*:\s*"`, `(?:[^"\\]|\\.)+`),               // "name":"value"
		newShape(`["']([\w.-]+)["']\s*:\s*'`, `(?:[^'\\]|\\.)+`),               // 'name':'value'
		newShape(`["']([\w.-]+)\\+["']\s*:\s*\\+["']`, `[^"'\\]+`),             // \"name\":\"value\"
		newShape(`["']([\w.-]+)\\*["']\s*:\s*`, `[^\s"',}\]\\]+`),              // "name":1
		newShape(`([\w.-]+)=\\*["']?`, inForm),                                 // name=value
		newShape(`(?:%[0-9A-Fa-f]{2})?([\w.-]+)%3[Dd](?:%2[27])?`, inForm),     // name%3Dvalue
		newShape(`<([\w.:-]+)(?:\s[^<>]*)?><!\[CDATA\[`, `(?:[^\]]|\][^\]])+`), // <name><![CDATA[value]]>
		newShape(`<([\w.:-]+)(?:\s[^<>]*)?>`, `[^<]+`),                         // <name>value</name>
	}
})

// hide replaces the values that have a secret's name by the mask.
func (s *shape) hide(r *Redactor, text string) string {
	var clean strings.Builder
	done := 0
	for _, at := range s.name.FindAllStringSubmatchIndex(text, -1) {
		name, begin := text[at[2]:at[3]], at[1]
		if begin < done || !Secret(name, "x") { // in a value that was hidden
			continue
		}
		value := s.value.FindString(text[begin:])
		if !Secret(name, value) {
			continue
		}
		clean.WriteString(text[done:begin] + r.hide(value))
		done = begin + len(value)
	}
	return clean.String() + text[done:]
}

// Text removes secrets from a text of any form: those that have a name in it, and those that were met so far.
func (r *Redactor) Text(text string) string {
	if strings.ContainsAny(text, ":=%<") { // between a name and a value
		for _, s := range shapes() {
			text = s.hide(r, text)
		}
	}
	return r.known(text)
}

// Query removes secrets from a query or a form. What is left is as it was sent.
func (r *Redactor) Query(raw string) string {
	all := strings.Split(raw, "&")
	for i, pair := range all {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			name = rawName
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			value = rawValue
		}
		switch {
		case rawValue != "" && Secret(name, value):
			all[i] = rawName + "=" + r.hide(rawValue)
		case value != "":
			if clean := r.value(value); clean != value {
				all[i] = rawName + "=" + url.QueryEscape(clean)
			}
		}
	}
	return r.known(strings.Join(all, "&"))
}

// value removes secrets from a value that may be JSON, a form or an address.
func (r *Redactor) value(text string) string {
	if text != "" && (text[0] == '{' || text[0] == '[') {
		if clean, ok := r.json([]byte(text)); ok {
			return string(clean)
		}
	}
	return r.Text(text)
}

// longestSegment is the longest segment of a path that is kept: a longer one may be a misplaced secret.
const longestSegment = 40

// host is the part of an address before its path: its scheme, what identifies a caller, and the host.
var host = regexp.MustCompile(`^(\w+://)(?:([^/]*)@)?([^/]*)`)

// URL removes secrets from an address, which may be without a host: those of its query, of its fragment, which OAuth uses, and of
// parameters that were put into the path.
func (r *Redactor) URL(address string) string {
	address, fragment, hasFragment := strings.Cut(address, "#")
	address, query, hasQuery := strings.Cut(address, "?")
	clean := ""
	if part := host.FindStringSubmatch(address); part != nil {
		address = address[len(part[0]):]
		clean = part[1]
		if part[2] != "" {
			clean += r.hide(part[2]) + "@"
		}
		clean += r.known(part[3])
	}
	if i := strings.IndexAny(address, "&;="); i >= 0 {
		address = address[:i] + r.Text(address[i:])
	}
	segments := strings.Split(address, "/")
	for i, segment := range segments {
		if len(segment) > longestSegment {
			segments[i] = Mask
		}
	}
	clean += r.known(strings.Join(segments, "/"))
	if hasQuery {
		clean += "?" + r.Query(query)
	}
	if hasFragment {
		clean += "#" + r.Query(fragment)
	}
	return clean
}

// Header removes secrets from a header's value. Of cookies the names are left.
func (r *Redactor) Header(name, value string) string {
	switch http.CanonicalHeaderKey(name) {
	case "Cookie":
		crumbs := strings.Split(value, ";")
		for i, crumb := range crumbs {
			crumbs[i] = r.cookie(crumb)
		}
		return strings.Join(crumbs, ";")
	case "Set-Cookie":
		crumb, attributes, found := strings.Cut(value, ";")
		crumb = r.cookie(crumb)
		if found {
			crumb += ";" + r.known(attributes)
		}
		return crumb
	case "Authorization", "Proxy-Authorization":
		scheme, credentials, found := strings.Cut(value, " ")
		if !found {
			return r.hide(value)
		}
		return r.known(scheme) + " " + r.hide(credentials)
	case "Location", "Referer", "Content-Location":
		return r.URL(value)
	}
	if Secret(name, value) {
		return r.hide(value)
	}
	return r.Text(value)
}

func (r *Redactor) cookie(crumb string) string {
	name, value, found := strings.Cut(crumb, "=")
	if !found {
		return r.hide(crumb)
	}
	return r.known(name) + "=" + r.hide(strings.Trim(value, `"`))
}

// Body removes secrets from a body in JSON, JSONP, XML or the form of a query. kept is false for any other body, such as a page or
// one that is cut off: nobody knows what is in it.
func (r *Redactor) Body(body []byte) (clean string, kept bool) {
	text := strings.TrimSpace(string(body))
	if !utf8.ValidString(text) {
		return "", false
	}
	if text == "" {
		return string(body), true
	}
	if before, inside, after, ok := jsonp(text); ok {
		value, isJSON := r.json([]byte(inside))
		return before + string(value) + after, isJSON
	}
	switch {
	case text[0] == '{' || text[0] == '[':
		value, isJSON := r.json([]byte(text))
		return string(value), isJSON
	case IsXML(text):
		value, isXML := r.xml([]byte(text))
		return string(value), isXML
	case form().MatchString(text):
		return r.Query(text), true
	}
	return "", false
}

// IsXML reports whether a text begins as the doors' answers in XML do; pages, too, begin with <.
func IsXML(text string) bool {
	return strings.HasPrefix(text, "<?xml") || strings.HasPrefix(text, "<data>")
}

// form is a body of names and values.
var form = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w.%\[\]-]{1,64}=[^\s<>"]*$`) })

// call is a call of a function with JSON.
var call = regexp.MustCompile(`(?s)^([\w$.\[\]]+\s*\(\s*)([{\[].*[}\]])(\s*\)\s*;?)$`)

// jsonp takes the JSON out of a call of a function.
func jsonp(text string) (before, inside, after string, ok bool) {
	part := call.FindStringSubmatch(text)
	if part == nil {
		return "", "", "", false
	}
	return part[1], part[2], part[3], true
}
