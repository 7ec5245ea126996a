package pages

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/codebook"
	"github.com/rookeryhq/rookery/internal/explain"
	"github.com/rookeryhq/rookery/retcode"
)

// Bounds of what is explained and of what is found.
const (
	maxExplained = 8 << 10 // bytes
	maxFound     = 40      // rows
)

var errNoCode = errors.New("there is no such return code")

// codesPage is the data of the template codes.html.
type codesPage struct {
	Text    string // as typed
	Rows    []explain.Row
	Found   []retcode.Entry // that contain the words of a text without a code
	Problem string
	Hint    string // about a text without a code
	Lang    retcode.Language
	Domains []codeDomain
	Most    int // bytes of a text
}

// codeDomain is a domain with its rows.
type codeDomain struct {
	Domain retcode.Domain
	About  string
	Rows   []retcode.Entry
}

// showCodes shows all return codes, and a form for a text to explain.
func (d *door) showCodes(c *access.Call) (any, error) { return codesPageFor(c, codesPage{}, 0), nil }

// explainCode explains the text of the form. It comes as a form and not in the address because lines of a log hold tokens, which
// must not stay in a browser's history.
func (d *door) explainCode(c *access.Call) (any, error) {
	t, text := wordsFor(c), form(c).Get("text")
	data := codesPage{Text: text}
	if len(text) > maxExplained {
		data.Text, data.Problem = "", t.TextTooLong
		return codesPageFor(c, data, http.StatusRequestEntityTooLarge), nil
	}
	candidates := retcode.Explain(text)
	for i := range candidates {
		candidates[i] = candidates[i].In(t.catalogue())
	}
	if data.Rows = explain.Rows(candidates); data.Rows != nil {
		return codesPageFor(c, data, 0), nil
	}
	data.Hint, data.Found = explain.Hint(text, 0, t.catalogue()), explain.Search(text, maxFound)
	for i := range data.Found {
		data.Found[i] = t.entry(data.Found[i])
	}
	if data.Found == nil {
		data.Problem = t.NoCodeFound
	}
	return codesPageFor(c, data, 0), nil
}

func codesPageFor(c *access.Call, data codesPage, status int) page {
	t := wordsFor(c)
	data.Most, data.Lang = maxExplained, t.catalogue()
	for e := range explain.Entries {
		if n := len(data.Domains); n == 0 || data.Domains[n-1].Domain != e.Domain {
			data.Domains = append(data.Domains, codeDomain{Domain: e.Domain, About: t.Domains[e.Domain]})
		}
		last := &data.Domains[len(data.Domains)-1]
		last.Rows = append(last.Rows, t.entry(e))
	}
	return page{name: "codes", title: t.Codes, status: status, data: data}
}

// codePage is the data of the template code.html.
type codePage struct {
	Row    explain.Row
	Domain string // what it is
	Class  string // what a program does about it
	Places []string
	Page   codebook.Page
	Try    string // the lines of Page.BringAbout
	Terms  []codebook.Term
}

// showCode shows the code that the address names.
func (d *door) showCode(c *access.Call) (any, error) {
	domain, err := retcode.ParseDomain(c.Request.PathValue("domain"))
	if err != nil {
		return nil, errNoCode
	}
	number, err := strconv.Atoi(c.Request.PathValue("number"))
	if err != nil {
		return nil, errNoCode
	}
	code, ok := retcode.Lookup(domain, number)
	if !ok {
		return nil, errNoCode
	}
	t := wordsFor(c)
	entry := t.entry(code.Entry())
	about := codebook.Of(entry)
	row := explain.Row{Candidate: retcode.Candidate{Code: code, Entry: entry}, Number: strconv.Itoa(number), Symbol: code.Symbol()}
	return page{name: "code", title: domain.String() + " " + row.Number, data: codePage{
		row, t.Domains[domain], t.Classes[entry.Class], d.Answered(entry, t.catalogue()),
		about, strings.Join(about.BringAbout, "\n"), codebook.Terms(about.Terms, t.catalogue()),
	}}, nil
}

// showGlossary shows the words that the catalogue uses.
func (d *door) showGlossary(c *access.Call) (any, error) {
	t := wordsFor(c)
	return page{name: "glossary", title: t.Glossary, data: codebook.Glossary(t.catalogue())}, nil
}

// catalogue returns the language of the catalogue's texts.
func (t *words) catalogue() retcode.Language {
	if t == chinese {
		return retcode.Chinese
	}
	return retcode.English
}

// entry returns a row of the catalogue in the language.
func (t *words) entry(e retcode.Entry) retcode.Entry { return e.In(t.catalogue()) }
