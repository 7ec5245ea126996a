// Package catalogue reads the lists of return codes that Rookery keeps as data: codes.tsv, the contract, and doors.tsv, the
// doors' own numbers. A file is accepted only as a whole; catalogue/gen turns it into the tables of package retcode, which
// is therefore not imported here.
package catalogue

import (
	"cmp"
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

// Names of the files in the catalogue's directory. AnsweredFile lists the codes that this version answers, one a line as
// domain/number: those that have a scenario. It is made by a test of test/scenarios, which also keeps it current.
const (
	CodesFile    = "codes.tsv"
	DoorsFile    = "doors.tsv"
	AnsweredFile = "answered.txt"
)

// Columns are the columns of both files, in order. A file's first line holds exactly these names, and every other line one
// row, with fields separated by tabs.
var Columns = []string{
	"domain", "low", "high", "hex", "signed", "unsigned", "symbol",
	"summary", "cause", "remedy", "class", "http", "answered_by", "note",
}

// A Domain is a space of numbers: the same number may occur in several domains, but only once in each.
type Domain struct {
	Name   string // as the files spell it
	Ident  string // the Go constant of package retcode
	Prefix string // what the symbols of its rows begin with
	Door   bool   // belongs to DoorsFile, not to the contract
}

// Domains are the domains that the files may name.
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

// maxRange bounds the numbers of one row, so that a typing error in a column does not become thousands of constants.
const maxRange = 16

// A Row is one row of a file. Its JSON form is that of retcode.Entry.
type Row struct {
	Domain     string `json:"domain"`
	Low        int    `json:"low"`
	High       int    `json:"high"` // equal to Low unless the row stands for a range
	Hex        string `json:"hex"`
	Signed     string `json:"signed"`
	Unsigned   string `json:"unsigned"`
	Symbol     string `json:"symbol"`
	Summary    string `json:"summary"`
	Cause      string `json:"cause"`
	Remedy     string `json:"remedy"`
	Class      string `json:"class"`
	HTTPStatus int    `json:"http"`
	AnsweredBy string `json:"answered_by"`
	Note       string `json:"note"`
	Answered   bool   `json:"answered"` // by this version; not in the row's file
}

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

// A Catalogue holds the rows of both files in their order.
type Catalogue struct {
	Codes []Row // the contract
	Doors []Row
}

// Load reads and checks the files in dir.
func Load(dir string) (*Catalogue, error) {
	codes, err := os.ReadFile(filepath.Join(dir, CodesFile))
	if err != nil {
		return nil, err
	}
	doors, err := os.ReadFile(filepath.Join(dir, DoorsFile))
	if err != nil {
		return nil, err
	}
	answered, err := os.ReadFile(filepath.Join(dir, AnsweredFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // without it nothing is answered
		return nil, err
	}
	c, err := Parse(string(codes), string(doors))
	if err != nil {
		return nil, err
	}
	if err := c.mark(strings.Fields(string(answered))); err != nil {
		return nil, err
	}
	return c, nil
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

// Parse checks the texts of the two files. Its error is one line that begins with the file, the line and the column at
// fault.
func Parse(codes, doors string) (*Catalogue, error) {
	p := parser{
		numbers:   make(map[number]position),
		constants: make(map[string]position),
	}
	var c Catalogue
	var err error
	if c.Codes, err = p.file(CodesFile, codes, false); err != nil {
		return nil, err
	}
	if c.Doors, err = p.file(DoorsFile, doors, true); err != nil {
		return nil, err
	}
	return &c, nil
}

// position is where something was first seen, for the message about its second occurrence.
type position struct {
	file string
	line int
}

func (p position) String() string { return fmt.Sprintf("%s:%d", p.file, p.line) }

type number struct {
	domain string
	value  int
}

// parser remembers what must be unique over both files.
type parser struct {
	numbers   map[number]position
	constants map[string]position
}

func (p *parser) file(name, text string, doors bool) ([]Row, error) {
	header, body, _ := strings.Cut(text, "\n")
	if header != strings.Join(Columns, "\t") {
		return nil, fmt.Errorf("%s:1: the header must be the %d columns %s", name, len(Columns), strings.Join(Columns, " "))
	}
	if !strings.HasSuffix(text, "\n") {
		return nil, fmt.Errorf("%s: the last line has no line end", name)
	}
	var rows []Row
	line := 1
	for text := range strings.Lines(body) {
		line++
		at := position{name, line}
		fields := strings.Split(strings.TrimSuffix(text, "\n"), "\t")
		if len(fields) != len(Columns) {
			return nil, fmt.Errorf("%v: %d columns, want %d", at, len(fields), len(Columns))
		}
		row, err := parseRow(fields, doors)
		if err == nil {
			err = p.claim(row, at)
		}
		if err != nil {
			return nil, fmt.Errorf("%v:%w", at, err)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no rows", name)
	}
	return rows, nil
}

// claim takes the row's numbers and constants, each of which may occur only once.
func (p *parser) claim(row Row, at position) error {
	for value := row.Low; value <= row.High; value++ {
		n := number{row.Domain, value}
		if first, taken := p.numbers[n]; taken {
			return refuse("low", "%s %d is in %v already", row.Domain, value, first)
		}
		p.numbers[n] = at
		name := row.Constant(value)
		if first, taken := p.constants[name]; taken {
			return refuse("symbol", "%s is in %v already", name, first)
		}
		p.constants[name] = at
	}
	return nil
}

// parseRow reads one row and checks everything that does not depend on other rows.
func parseRow(fields []string, doors bool) (row Row, err error) {
	for i, field := range fields {
		if err := checkText(Columns[i], field); err != nil {
			return Row{}, err
		}
	}
	row = Row{
		Domain: fields[0], Hex: fields[3], Signed: fields[4], Unsigned: fields[5], Symbol: fields[6], Summary: fields[7],
		Cause: fields[8], Remedy: fields[9], Class: fields[10], AnsweredBy: fields[12], Note: fields[13],
	}
	domain := slices.IndexFunc(Domains, func(d Domain) bool { return d.Name == row.Domain && d.Door == doors })
	if domain < 0 {
		return Row{}, refuse("domain", "%q is not a domain of this file", row.Domain)
	}
	if row.Low, err = parseInt("low", fields[1], 32); err != nil {
		return Row{}, err
	}
	if row.High, err = parseInt("high", fields[2], 32); err != nil {
		return Row{}, err
	}
	if row.HTTPStatus, err = parseInt("http", fields[11], 16); err != nil {
		return Row{}, err
	}
	prefix := Domains[domain].Prefix
	switch {
	case row.Low > row.High:
		return Row{}, refuse("high", "%d is below low, which is %d", row.High, row.Low)
	case row.High-row.Low >= maxRange:
		return Row{}, refuse("high", "a row holds at most %d numbers", maxRange)
	case !token.IsIdentifier(row.Symbol) || !strings.HasPrefix(row.Symbol, prefix) || row.Symbol == prefix:
		return Row{}, refuse("symbol", "%q is not a Go name that begins with %s", row.Symbol, prefix)
	case strings.HasSuffix(row.Summary, "."):
		return Row{}, refuse("summary", "a phrase, without a full stop")
	case Classes[row.Class] == "":
		return Row{}, refuse("class", "%q is not a class", row.Class)
	case row.HTTPStatus < 200 || row.HTTPStatus > 599:
		return Row{}, refuse("http", "%d is not a final HTTP status", row.HTTPStatus)
	case !slices.Contains(answerers, row.AnsweredBy):
		return Row{}, refuse("answered_by", "%q is not one of %s", row.AnsweredBy, strings.Join(answerers, " "))
	}
	return row, row.checkForms()
}

// checkForms checks the printed forms against the numbers. A mistake of the published list stays as printed, with a note.
func (r Row) checkForms() error {
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
		if (int(lowest) != r.Low || int(highest) != r.High) && r.Note == "" {
			return refuse("hex", "%s is not %d, and no note says why", r.Hex, r.Low)
		}
	}
	return cmp.Or(r.checkByte("signed", r.Signed), r.checkByte("unsigned", r.Unsigned))
}

func (r Row) checkByte(column, field string) error {
	if field == "" {
		return nil
	}
	n, err := parseInt(column, field, 16)
	if err == nil && n != r.Low && n != r.Low-256 {
		err = refuse(column, "%d is not a form of the byte %d", n, r.Low)
	}
	return err
}

// checkText refuses text that would not survive being printed on one line of plain text.
func checkText(column, field string) error {
	switch column {
	case "hex", "signed", "unsigned", "note":
	default:
		if field == "" {
			return refuse(column, "empty")
		}
	}
	if field != strings.TrimSpace(field) {
		return refuse(column, "blanks at an end")
	}
	for _, r := range field {
		if r < ' ' || r > '~' || r == '"' {
			return refuse(column, "%q is not allowed in a field", r)
		}
	}
	return nil
}

func parseInt(column, field string, bits int) (int, error) {
	n, err := strconv.ParseInt(field, 10, bits)
	if err != nil || strconv.FormatInt(n, 10) != field {
		return 0, refuse(column, "%q is not a decimal number of %d bits", field, bits)
	}
	return int(n), nil
}

func refuse(column, format string, args ...any) error {
	return fmt.Errorf("%s: %s", column, fmt.Sprintf(format, args...))
}
