// Package catalogue reads the return codes that Rookery keeps as data: a YAML file for each domain, with a glossary beside them.
// README.md describes their form. The files are accepted only as a whole; catalogue/gen turns them into Go, so that
// package retcode is not imported here.
package catalogue

//go:generate go run ./gen

import (
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Names of files in the catalogue's directory besides those of the domains.
const (
	GlossaryFile = "glossary.yaml"
	// AnsweredFile lists the codes that this version answers, one a line as domain/number: those that have a scenario. It is made
	// by a test of test/scenarios, which also keeps it current.
	AnsweredFile = "answered.txt"
	// ExamplesFile holds an answer with each code that can be brought about, by domain/number of the row. It is made by the test
	// that brings them about, test/bringabout, which also keeps it current.
	ExamplesFile = "examples.json"
)

// A Domain is a space of numbers: the same number may occur in several domains, but only once in each.
type Domain struct {
	Name   string // as the files spell it; its rows are in Name.yaml
	Ident  string // the Go constant of package retcode
	Prefix string // what the symbols of its rows begin with
	Door   bool   // of one door alone, and no part of the contract
}

// File returns the name of the file with the domain's rows.
func (d Domain) File() string { return d.Name + ".yaml" }

// Domains are all domains, those of the contract first.
var Domains = []Domain{
	{Name: "qq", Ident: "QQ", Prefix: "QQ"},
	{Name: "group", Ident: "Group", Prefix: "Group"},
	{Name: "gamecenter", Ident: "GameCenter", Prefix: "GameCenter"},
	{Name: "oidb", Ident: "OIDB", Prefix: "OIDB"},
	{Name: "paytoken", Ident: "PayToken", Prefix: "PayToken"},
	{Name: "accesstoken", Ident: "AccessToken", Prefix: "AccessToken"},
	{Name: "msdkv5", Ident: "MSDKv5", Prefix: "V5", Door: true},
	{Name: "msdkv3", Ident: "MSDKv3", Prefix: "V3", Door: true},
	{Name: "connect", Ident: "Connect", Prefix: "Connect", Door: true},
	{Name: "openapi", Ident: "OpenAPI", Prefix: "OpenAPI", Door: true},
	{Name: "share", Ident: "Share", Prefix: "Share", Door: true},
	{Name: "v2group", Ident: "V2Group", Prefix: "V2Group", Door: true},
	{Name: "v2unbind", Ident: "V2Unbind", Prefix: "V2Unbind", Door: true},
}

// Classes maps the class names that the files may use to the Go constants of package retcode.
var Classes = map[string]string{
	"ok":                "ClassOK",
	"retry":             "ClassRetry",
	"slow-down":         "ClassSlowDown",
	"reauthorize":       "ClassReauthorize",
	"fix-request":       "ClassFixRequest",
	"fix-configuration": "ClassFixConfiguration",
	"ask-user":          "ClassAskUser",
	"contact-platform":  "ClassContactPlatform",
	"internal":          "ClassInternal",
}

// answerers are the parts of the platform that may answer a code.
var answerers = []string{"device", "gateway", "service", "bus", "back-end"}

// maxRange bounds the numbers of one row, so that a typing error does not become thousands of constants.
const maxRange = 16

// A Row is one row of a domain's file: a number, or a range of numbers with one meaning.
type Row struct {
	Domain     string   `yaml:"-"`
	Number     string   `yaml:"number"` // -5, or for a range 16 to 17
	Low        int      `yaml:"-"`
	High       int      `yaml:"-"` // equal to Low unless the row is a range
	Hex        string   `yaml:"hex"`
	Signed     string   `yaml:"signed"`
	Unsigned   string   `yaml:"unsigned"`
	Symbol     string   `yaml:"symbol"`
	Class      string   `yaml:"class"`
	HTTPStatus int      `yaml:"http"`
	AnsweredBy string   `yaml:"from"`
	English    Text     `yaml:"en"`
	Chinese    Text     `yaml:"zh"`
	BringAbout []string `yaml:"bring_about"`
	Related    []string `yaml:"related"`
	Terms      []string `yaml:"terms"`
	Answered   bool     `yaml:"-"` // by this version
	Example    string   `yaml:"-"` // an answer with the code, from ExamplesFile
}

// A Text is what a row says in one language.
type Text struct {
	Summary   string `yaml:"summary"`
	Cause     string `yaml:"cause"`
	Remedy    string `yaml:"remedy"`
	OnRookery string `yaml:"on_rookery"`
	OnQQ      string `yaml:"on_qq"`
	Note      string `yaml:"note"`
}

// Members returns the text's members by their names in the file, in order.
func (t Text) Members() []Member {
	return []Member{
		{"summary", t.Summary}, {"cause", t.Cause}, {"remedy", t.Remedy}, {"on_rookery", t.OnRookery}, {"on_qq", t.OnQQ}, {"note", t.Note},
	}
}

// A Member is a member of a text.
type Member struct{ Name, Text string }

// Constant returns the Go constant of one of the row's numbers: the symbol, followed in a range by the number, in two hex
// digits if the row has a hex form or else in decimal without its sign.
func (r Row) Constant(number int) string {
	switch {
	case r.Low == r.High:
		return r.Symbol
	case r.Hex != "":
		return fmt.Sprintf("%s%02X", r.Symbol, number)
	default:
		return r.Symbol + strconv.Itoa(max(number, -number))
	}
}

// Code returns the row's name in lists, and in Related of other rows: the domain and the lowest number, as in qq/-5.
func (r Row) Code() string { return r.Domain + "/" + strconv.Itoa(r.Low) }

// Lacks returns what the row has to have and has not: members of its texts, zh, and bring_about if the code is answered.
func (r Row) Lacks() (missing []string) {
	lack := func(name string, is bool) {
		if is {
			missing = append(missing, name)
		}
	}
	fails := r.Class != "ok"
	lack("on_rookery", fails && r.English.OnRookery == "")
	lack("on_qq", fails && r.English.OnQQ == "")
	lack("zh", r.Chinese == Text{})
	lack("bring_about", r.Answered && r.BringAbout == nil)
	return missing
}

// A Term is a word of the glossary.
type Term struct {
	Term    string  `yaml:"term"` // what rows call it
	English Meaning `yaml:"en"`
	Chinese Meaning `yaml:"zh"`
}

// A Meaning is a term's name and meaning in one language.
type Meaning struct {
	Name    string `yaml:"name"`
	Meaning string `yaml:"meaning"`
}

// A Catalogue holds all rows and terms in the order of the files.
type Catalogue struct {
	Codes []Row // the contract
	Doors []Row
	Terms []Term
}

// Rows returns all rows, those of the contract first.
func (c *Catalogue) Rows() []Row { return slices.Concat(c.Codes, c.Doors) }

// Load reads and checks the files in dir. Its error is one line that begins with the file, the line and the member at fault.
func Load(dir string) (*Catalogue, error) {
	folder := os.DirFS(dir)
	terms, err := fs.ReadFile(folder, GlossaryFile)
	if err != nil {
		return nil, err
	}
	p := newParser()
	var c Catalogue
	if c.Terms, err = p.glossary(terms); err != nil {
		return nil, err
	}
	for _, domain := range Domains {
		text, err := fs.ReadFile(folder, domain.File())
		if err != nil {
			return nil, err
		}
		rows, err := p.domain(domain, text)
		if err != nil {
			return nil, err
		}
		if domain.Door {
			c.Doors = append(c.Doors, rows...)
		} else {
			c.Codes = append(c.Codes, rows...)
		}
	}
	if err := p.checkReferences(); err != nil {
		return nil, err
	}
	answered, err := fs.ReadFile(folder, AnsweredFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // without it nothing is answered
		return nil, err
	}
	if err := c.mark(strings.Fields(string(answered))); err != nil {
		return nil, err
	}
	examples, err := ReadExamples(filepath.Join(dir, ExamplesFile))
	if err != nil {
		return nil, err
	}
	return &c, c.addExamples(examples)
}

// mark sets Answered of the rows whose codes are listed. A row is answered as a whole or not at all.
func (c *Catalogue) mark(answered []string) error {
	listed := make(map[string]bool)
	for _, code := range answered {
		listed[code] = true
	}
	for _, rows := range [][]Row{c.Codes, c.Doors} {
		for i := range rows {
			row := &rows[i]
			count := 0
			for n := row.Low; n <= row.High; n++ {
				if code := fmt.Sprintf("%s/%d", row.Domain, n); listed[code] {
					delete(listed, code)
					count++
				}
			}
			row.Answered = count > 0
			if row.Answered && count <= row.High-row.Low {
				return fmt.Errorf("%s: only %d of the codes %s %d to %d", AnsweredFile, count, row.Domain, row.Low, row.High)
			}
		}
	}
	for code := range listed {
		return fmt.Errorf("%s: no row has the code %s", AnsweredFile, code)
	}
	return nil
}

// parser remembers what must be unique over all files, by where it stands.
type parser struct {
	symbols    map[string]string
	rows       map[string]string // by domain/number
	references []reference
	terms      map[string]Term
}

func newParser() *parser {
	return &parser{symbols: make(map[string]string), rows: make(map[string]string), terms: make(map[string]Term)}
}

// reference is a code that a row names as related.
type reference struct{ from, code string }

// domain parses the file of a domain.
func (p *parser) domain(domain Domain, text []byte) ([]Row, error) {
	rows, nodes, err := decode[Row](domain.File(), text)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		row := &rows[i]
		row.Domain = domain.Name
		row.Chinese.join()
		err := row.check(domain)
		if err == nil {
			err = p.claim(domain, row, fmt.Sprintf("%s:%d", domain.File(), line(nodes[i], "number")))
		}
		if err == nil {
			err = p.checkTerms(row)
		}
		if err != nil {
			return nil, locate(domain.File(), nodes[i], err)
		}
		for _, code := range row.Related {
			p.references = append(p.references, reference{fmt.Sprintf("%s:%d", domain.File(), line(nodes[i], "related")), code})
		}
	}
	return rows, nil
}

// checkReferences checks that the codes that rows name as related are there.
func (p *parser) checkReferences() error {
	for _, r := range p.references {
		if p.rows[r.code] == "" {
			return fmt.Errorf("%s: related: %s is not in the catalogue", r.from, r.code)
		}
	}
	return nil
}

// claim takes the row's numbers and constants, each of which may occur only once.
func (p *parser) claim(domain Domain, row *Row, at string) error {
	for n := row.Low; n <= row.High; n++ {
		code := fmt.Sprintf("%s/%d", row.Domain, n)
		if first := p.rows[code]; first != "" {
			return refuse("number", "%s is in %s already", code, first)
		}
		p.rows[code] = at
		name := row.Constant(n)
		if first := p.symbols[name]; first != "" {
			return refuse("symbol", "%s is in %s already", name, first)
		}
		p.symbols[name] = at
	}
	return nil
}

// checkTerms checks that the row's terms are in the glossary and occur in its texts, in each language by its name there.
func (p *parser) checkTerms(row *Row) error {
	for _, name := range row.Terms {
		term, known := p.terms[name]
		switch {
		case !known:
			return refuse("terms", "%s is not in %s", name, GlossaryFile)
		case !row.English.names(term.English.Name):
			return refuse("terms", "no English text has the words %q", term.English.Name)
		case row.Chinese != Text{} && !row.Chinese.names(term.Chinese.Name):
			return refuse("terms", "no Chinese text has the words %q", term.Chinese.Name)
		}
	}
	return nil
}

func (t Text) names(term string) bool {
	return slices.ContainsFunc(t.Members(), func(m Member) bool { return strings.Contains(strings.ToLower(m.Text), strings.ToLower(term)) })
}

// glossary parses the glossary.
func (p *parser) glossary(text []byte) ([]Term, error) {
	terms, nodes, err := decode[Term](GlossaryFile, text)
	if err != nil {
		return nil, err
	}
	for i := range terms {
		terms[i].Chinese.Meaning = joined(terms[i].Chinese.Meaning)
		if err := terms[i].check(); err != nil {
			return nil, locate(GlossaryFile, nodes[i], err)
		}
		if _, known := p.terms[terms[i].Term]; known {
			return nil, locate(GlossaryFile, nodes[i], refuse("term", "%s is there twice", terms[i].Term))
		}
		p.terms[terms[i].Term] = terms[i]
	}
	return terms, nil
}

// check reads the numbers and checks everything that does not depend on other rows.
func (r *Row) check(domain Domain) error {
	low, high, isRange := strings.Cut(r.Number, " to ")
	var err error
	if r.Low, err = parseInt("number", low, 32); err != nil {
		return err
	}
	if r.High = r.Low; isRange {
		if r.High, err = parseInt("number", high, 32); err != nil {
			return err
		}
	}
	switch {
	case isRange && r.High <= r.Low:
		return refuse("number", "%s is not a range: the lower number is first", r.Number)
	case r.High-r.Low >= maxRange:
		return refuse("number", "a row holds at most %d numbers", maxRange)
	case !token.IsIdentifier(r.Symbol) || !strings.HasPrefix(r.Symbol, domain.Prefix) || r.Symbol == domain.Prefix:
		return refuse("symbol", "%q is not a Go name that begins with %s", r.Symbol, domain.Prefix)
	case Classes[r.Class] == "":
		return refuse("class", "%q is not a class", r.Class)
	case r.HTTPStatus < 200 || r.HTTPStatus > 599:
		return refuse("http", "%d is not a final HTTP status", r.HTTPStatus)
	case !slices.Contains(answerers, r.AnsweredBy):
		return refuse("from", "%q is not one of %s", r.AnsweredBy, strings.Join(answerers, " "))
	}
	if err := r.checkForms(); err != nil {
		return err
	}
	if err := r.checkTexts(); err != nil {
		return err
	}
	for _, line := range r.BringAbout {
		if strings.TrimSpace(line) == "" || strings.Contains(line, "dev answer") {
			return refuse("bring_about", "%q does not bring about a cause", line)
		}
	}
	return nil
}

// checkForms checks the printed forms against the numbers. A mistake of the published list stays as printed, with a note.
func (r *Row) checkForms() error {
	low, high, isRange := strings.Cut(r.Hex, "~")
	if r.Hex != "" {
		lowest, errLow := strconv.ParseInt(low, 0, 32)
		highest := lowest
		var errHigh error
		if isRange {
			highest, errHigh = strconv.ParseInt(high, 0, 32)
		}
		if errLow != nil || errHigh != nil || !strings.HasPrefix(low, "0x") || isRange && !strings.HasPrefix(high, "0x") {
			return refuse("hex", "%q is neither 0xNN nor 0xNN~0xNN", r.Hex)
		}
		if (int(lowest) != r.Low || int(highest) != r.High) && r.English.Note == "" {
			return refuse("hex", "%s is not %d, and no note says why", r.Hex, r.Low)
		}
	}
	if err := r.checkByte("signed", r.Signed); err != nil {
		return err
	}
	return r.checkByte("unsigned", r.Unsigned)
}

func (r *Row) checkByte(member, text string) error {
	if text == "" {
		return nil
	}
	n, err := parseInt(member, text, 16)
	if err == nil && n != r.Low && n != r.Low-256 {
		err = refuse(member, "%d is not a form of the byte %d", n, r.Low)
	}
	return err
}

func parseInt(member, text string, bits int) (int, error) {
	n, err := strconv.ParseInt(text, 10, bits)
	if err != nil || strconv.FormatInt(n, 10) != text {
		return 0, refuse(member, "%q is not a decimal number of %d bits", text, bits)
	}
	return int(n), nil
}
