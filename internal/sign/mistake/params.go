package mistake

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/internal/sign"
)

// params are parameters as a signer puts them together.
type params struct {
	query        sign.Query
	written      func(raw, decoded string) string // how a name or a value is written
	equals, pair string
	before, end  string // text before the first and after the last
	doubled      int    // before which parameter pair stands twice, from 1
	missing      int    // before which parameter pair is missing, from 1
	omitsEquals  bool   // where the value is empty
	omitsNames   bool
	verbatim     string // instead of all of this
}

// rightParams are those of a request in the right order, as in a URL.
func rightParams(r *Request, written func(raw, decoded string) string) params {
	return params{query: without(sorted(r.Query), r.parameter()), written: written, equals: "=", pair: "&"}
}

func asSent(raw, _ string) string      { return raw }
func asDecoded(_, value string) string { return value }

func (s *params) append(b []byte) []byte {
	if s.verbatim != "" {
		return append(b, s.verbatim...)
	}
	for i := range s.query {
		p := &s.query[i]
		if i == 0 {
			b = append(b, s.before...)
		}
		if i > 0 && i != s.missing {
			b = append(b, s.pair...)
		}
		if i > 0 && i == s.doubled {
			b = append(b, s.pair...)
		}
		if !s.omitsNames {
			b = append(b, s.written(p.RawName, p.Name)...)
			if p.Value != "" || !s.omitsEquals {
				b = append(b, s.equals...)
			}
		}
		b = append(b, s.written(p.RawValue, p.Value)...)
	}
	return append(b, s.end...)
}

func sorted(q sign.Query) sign.Query {
	return slices.SortedStableFunc(slices.Values(q), func(a, b sign.Param) int { return cmp.Compare(a.Name, b.Name) })
}

func without(q sign.Query, names ...string) sign.Query {
	return slices.DeleteFunc(slices.Clone(q), func(p sign.Param) bool { return slices.Contains(names, p.Name) })
}

// put inserts a parameter at its place by name.
func (s *params) put(name, value string) {
	at := slices.IndexFunc(s.query, func(p sign.Param) bool { return p.Name > name })
	if at < 0 {
		at = len(s.query)
	}
	s.query = slices.Insert(slices.Clone(s.query), at, sign.Param{RawName: name, RawValue: value, Name: name, Value: value})
}

// paramSlips are the slips with the parameters of a request that a signer joins as in a URL, however they are written. usual are
// parameters, name and value, that callers often sign without sending them. of finds the parameters of a signing.
func paramSlips[S any](r *Request, usual [][2]string, of func(*S) *params) []slip[S] {
	return append(chosenSlips(r, usual, of), joinedSlips(r, of)...)
}

func paramSlip[S any](of func(*S) *params, part, what string, common bool, change func(*params)) slip[S] {
	return slip[S]{part: part, what: what, common: common, apply: func(s *S) { change(of(s)) }}
}

// chosenSlips are the slips with which parameters are signed and in which order.
func chosenSlips[S any](r *Request, usual [][2]string, of func(*S) *params) (slips []slip[S]) {
	common := func(part, what string, change func(*params)) {
		slips = append(slips, paramSlip(of, part, what, true, change))
	}
	rare := func(part, what string, change func(*params)) {
		slips = append(slips, paramSlip(of, part, what, false, change))
	}
	signature := r.parameter()
	unsorted := without(r.Query, signature)
	common("order", "the parameters are not sorted by name", func(p *params) { p.query = unsorted })
	order := func(what string, q sign.Query) {
		q = without(q, signature)
		rare("order", what, func(p *params) { p.query = q })
	}
	order("the parameters are sorted without regard to case", slices.SortedStableFunc(slices.Values(r.Query), func(a, b sign.Param) int {
		return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	}))
	order("the parameters are sorted as name=value, not by name alone", slices.SortedStableFunc(slices.Values(r.Query), func(a, b sign.Param) int {
		return cmp.Compare(a.Name+"="+a.Value, b.Name+"="+b.Value)
	}))
	order("the parameters are sorted by value", slices.SortedStableFunc(slices.Values(r.Query), func(a, b sign.Param) int { return cmp.Compare(a.Value, b.Value) }))
	backwards := sorted(r.Query)
	slices.Reverse(backwards)
	order("the parameters are sorted backwards", backwards)
	inURL := namesOf(inURL(r))
	inBody := namesOf(without(r.Query, inURL...))

	if r.Query.Has(r.Optional) {
		common("optional", "", func(p *params) { p.query = without(p.query, r.Optional) })
	}
	common("left out", "an empty parameter was left out of the signed string", func(p *params) {
		p.query = slices.DeleteFunc(slices.Clone(p.query), func(p sign.Param) bool { return p.Value == "" })
	})
	rare("left out", "no parameters were signed", func(p *params) { p.query = nil })
	rare("left out", "the parameters of the URL were left out of the signed string", func(p *params) { p.query = without(p.query, inURL...) })
	rare("left out", "the parameters of the body were left out of the signed string", func(p *params) { p.query = without(p.query, inBody...) })
	for _, p := range r.Query {
		if p.Name != signature && p.Name != r.Optional {
			name := p.Name
			common("left out", fmt.Sprintf("the parameter %s was left out of the signed string", clipped(name)), func(p *params) { p.query = without(p.query, name) })
		}
	}

	common("added", "the parameter "+signature+" itself was signed, in its place", func(p *params) { p.put(signature, "") })
	common("added", "the parameter "+signature+" itself was signed, at the end", func(p *params) {
		p.query = append(slices.Clone(p.query), sign.Param{RawName: signature, Name: signature})
	})
	for _, pair := range usual {
		if !r.Query.Has(pair[0]) {
			rare("added", fmt.Sprintf("the parameter %s=%s was signed and not sent", pair[0], pair[1]), func(p *params) { p.put(pair[0], pair[1]) })
		}
	}
	return slips
}

// inURL returns the parameters of the URL, as much of it as can be read.
func inURL(r *Request) sign.Query {
	q, _ := sign.Query(nil).AddForm(r.URL.RawQuery)
	return q
}

// joinedSlips are the slips with what stands between parameters as in a URL, and around them.
func joinedSlips[S any](r *Request, of func(*S) *params) (slips []slip[S]) {
	common := func(part, what string, change func(*params)) {
		slips = append(slips, paramSlip(of, part, what, true, change))
	}
	rare := func(part, what string, change func(*params)) {
		slips = append(slips, paramSlip(of, part, what, false, change))
	}
	if verbatim := withoutParam(r.URL.RawQuery, r.parameter()); len(without(r.Query, namesOf(inURL(r))...)) == 0 {
		common("order", "the parameters were signed as they stand in the URL", func(p *params) { p.verbatim = verbatim })
	}

	common("&", "an extra & after the parameters was signed", func(p *params) { p.end = "&" })
	common("&", "an extra & before the parameters was signed", func(p *params) { p.before = "&" })
	rare("&", "an extra & before and one after the parameters were signed", func(p *params) { p.before, p.end = "&", "&" })
	common("&", "a line feed after the parameters was signed", func(p *params) { p.end = "\n" })
	rare("&", "a blank after the parameters was signed", func(p *params) { p.end = " " })
	rare("&", "an extra ? after the parameters was signed", func(p *params) { p.end = "?" })
	for _, mark := range []struct{ what, text string }{{"there is no &", ""}, {"there is &amp; instead of &", "&amp;"}, {"there is && instead of &", "&&"},
		{"there is a comma instead of &", ","}, {"there is ; instead of &", ";"}, {"there is a line feed instead of &", "\n"}, {"there is | instead of &", "|"}} {
		rare("&", mark.what+" between the parameters", func(p *params) { p.pair = mark.text })
	}
	right := without(sorted(r.Query), r.parameter())
	for i := 1; i < len(right); i++ {
		name := clipped(right[i].Name)
		rare("&", "an extra & before the parameter "+name+" was signed", func(p *params) { p.doubled = i })
		rare("&", "the & before the parameter "+name+" is missing", func(p *params) { p.missing = i })
	}
	rare("=", "there is no = between name and value", func(p *params) { p.equals = "" })
	rare("=", "there is : instead of = between name and value", func(p *params) { p.equals = ":" })
	rare("=", "there is neither & between the parameters nor = in them", func(p *params) { p.pair, p.equals = "", "" })
	rare("=", "the = of an empty parameter was left out", func(p *params) { p.omitsEquals = true })
	rare("=", "the values alone were signed, without their names", func(p *params) { p.omitsNames = true })
	rare("=", "the values alone were signed, without their names and any &", func(p *params) { p.omitsNames, p.pair = true, "" })
	return slips
}

// otherTimes are slips with the time of a request, in the parameter of that name.
func otherTimes[S any](r *Request, name string, of func(*S) *params) (slips []slip[S]) {
	for _, other := range nearTimes(r.Query.Get(name)) {
		slips = append(slips, slip[S]{part: "time", what: "another " + name + " was signed than was sent: " + other.what, apply: func(s *S) {
			p := of(s)
			p.query = slices.Clone(p.query)
			for i := range p.query {
				if p.query[i].Name == name {
					p.query[i] = sign.Param{RawName: name, RawValue: other.text, Name: name, Value: other.text}
				}
			}
		}})
	}
	return slips
}

// nearTimes are the Unix times that a signer may have used instead: from a clock that was read twice, or in another unit.
func nearTimes(sent string) (others []struct{ what, text string }) {
	t, err := strconv.ParseInt(sent, 10, 64)
	if err != nil || t < 0 {
		return nil
	}
	add := func(text, why string) { others = append(others, struct{ what, text string }{text + why, text}) }
	for off := int64(1); off <= 5; off++ {
		add(strconv.FormatInt(t-off, 10), ", another second")
		add(strconv.FormatInt(t+off, 10), ", another second")
	}
	if n := len(sent); n > 3 {
		add(sent[:n-3], ", seconds instead of milliseconds")
	}
	for ms := range 1000 {
		add(sent+strconv.Itoa(1000 + ms)[1:], ", milliseconds instead of seconds")
	}
	return others
}

// withoutParam cuts a parameter out of a query as sent.
func withoutParam(raw, name string) string {
	pairs := slices.DeleteFunc(strings.Split(raw, "&"), func(pair string) bool { return pair == name || strings.HasPrefix(pair, name+"=") })
	return strings.Join(pairs, "&")
}

func namesOf(q sign.Query) (names []string) {
	for i := range q {
		names = append(names, q[i].Name)
	}
	return names
}

func clipped(name string) string {
	if len(name) > 40 {
		return name[:40] + "..."
	}
	return name
}

// pathSlips are the slips with the path. of finds the path of a signing.
func pathSlips[S any](r *Request, of func(*S) *string) (slips []slip[S]) {
	add := func(what, path string) {
		if path != r.Path {
			slips = append(slips, slip[S]{part: "path", what: what, apply: func(s *S) { *of(s) = path }, common: true})
		}
	}
	hosts := []string{r.Host}
	if name, _, err := net.SplitHostPort(r.Host); err == nil {
		hosts = append(hosts, name)
	}
	for _, host := range hosts {
		if host == "" {
			break
		}
		for _, scheme := range []string{"http://", "https://", "//"} {
			add(fmt.Sprintf("scheme and host were signed before the path: %s%.80s", scheme, host), scheme+host+r.Path)
		}
		add(fmt.Sprintf("the host was signed before the path: %.80s", host), host+r.Path)
	}
	add("the path was signed as it stands in the URL, with all that comes before "+r.Path, r.URL.EscapedPath())
	add("a slash at the path's end was signed", r.Path+"/")
	add("a second slash at the path's beginning was signed", "/"+r.Path)
	add("the slash at the path's beginning is missing", strings.TrimPrefix(r.Path, "/"))
	add("the path was percent-encoded", string(sign.StrictEncoder.Append(nil, r.Path)))
	add("the path was percent-encoded, with lower-case hex digits", string(lowerEncoder.Append(nil, r.Path)))
	add("the path was signed in upper case", strings.ToUpper(r.Path))
	add("the path was not signed", "")
	for rest := strings.TrimPrefix(r.Path, "/"); ; {
		var ok bool
		if _, rest, ok = strings.Cut(rest, "/"); !ok {
			break
		}
		add("only the end of the path was signed: /"+rest, "/"+rest)
		add("only the end of the path was signed: "+rest, rest)
	}
	return slips
}
