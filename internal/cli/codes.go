package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/codebook"
	"github.com/rookeryhq/rookery/internal/server"
	"github.com/rookeryhq/rookery/retcode"
)

func newCodesCommand(s *streams) *cobra.Command {
	return newGroup("codes", "The catalogue of return codes",
		"The catalogue of return codes: what each number means, when the platform answers it and what to do.\n"+
			"To find the code in an answer or a log line, use 'rookery explain'.",
		newCodesListCommand(s), newCodesShowCommand(s), newCodesGlossaryCommand(s), newCodesExportCommand(s))
}

// codeFilter is the part of the catalogue that a command's flags ask for.
type codeFilter struct {
	domain retcode.Domain // 0: the contract
	class  retcode.Class  // 0: all
	lang   retcode.Language
}

func (f *codeFilter) addDomainFlag(cmd *cobra.Command) {
	cmd.Flags().TextVar(&f.domain, "domain", retcode.Domain(0),
		"only this `domain`: qq, group, gamecenter, oidb, paytoken, accesstoken, msdkv5, msdkv3, connect, openapi, share, v2group or v2unbind")
}

// entries returns the catalogue's rows that pass, in its order. Those of a door are asked for by its domain.
func (f *codeFilter) entries() []retcode.Entry {
	rows := retcode.Entries()
	if f.domain >= retcode.MSDKv5 {
		rows = retcode.DoorEntries()
	}
	list := []retcode.Entry{}
	for e := range rows {
		if (f.domain == 0 || e.Domain == f.domain) && (f.class == 0 || e.Class == f.class) {
			list = append(list, e.In(f.lang))
		}
	}
	return list
}

func newCodesListCommand(s *streams) *cobra.Command {
	var filter codeFilter
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the return codes",
		Long: "List the return codes of the contract, one row a code or range. HERE says which doors of this platform answer it:\n" +
			"oidb is the bus, and device what a game's client checks. The numbers that single doors have of their own, which are\n" +
			"no part of the contract, are listed with --domain msdkv5, msdkv3, connect, openapi, share, v2group or v2unbind.",
		Example: "  rookery codes list --domain oidb\n" +
			"  rookery codes list --class retry --lang zh\n" +
			"  rookery codes list --json",
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			entries := filter.entries()
			if asJSON {
				return writeJSON(s.out, wholeRows(entries))
			}
			return writeEntryTable(s.out, entries)
		},
	}
	filter.addDomainFlag(cmd)
	cmd.Flags().TextVar(&filter.class, "class", retcode.Class(0), "only this `class`: ok, retry, slow-down, reauthorize, "+
		"fix-request, fix-configuration, ask-user, contact-platform or internal")
	addLanguageFlag(cmd, &filter.lang)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of the catalogue's rows")
	return cmd
}

func newCodesShowCommand(s *streams) *cobra.Command {
	var filter codeFilter
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show NUMBER",
		Short: "Show everything about a return code",
		Long: "Show everything about a return code: what it means and what to do, on Rookery and on the original platform; the\n" +
			"interfaces that answer it, an answer with it, and how to bring it about, in a shell of 'rookery dev exec -- sh'.\n\n" +
			"NUMBER may have any form in which it is printed: decimal, hex, or the bus's byte with or without its sign. A number\n" +
			"that several domains have shows a row of each.",
		Example: "  rookery codes show -5\n" +
			"  rookery codes show 0x47\n" +
			"  rookery codes show --domain oidb -140\n" +
			"  rookery codes show --lang zh qq/-5",
		Args: exactArgs("NUMBER"),
		RunE: func(_ *cobra.Command, args []string) error {
			entries := []retcode.Entry{}
			for _, c := range retcode.Explain(args[0], explainOptions(filter.domain)...) {
				if e := c.Entry.In(filter.lang); len(entries) == 0 || entries[len(entries)-1] != e {
					entries = append(entries, e)
				}
			}
			if asJSON {
				if err := writeJSON(s.out, wholeRows(entries)); err != nil {
					return err
				}
			}
			if len(entries) == 0 {
				text := args[0]
				return &exitError{status: ExitFailure, err: notFound(fmt.Sprintf(streamWordsIn[filter.lang].noSuchCode, text), text, filter.domain, filter.lang)}
			}
			if !asJSON {
				var b bytes.Buffer
				colours := coloursFor(s.out)
				for i, e := range entries {
					if i > 0 {
						b.WriteByte('\n')
					}
					w := rowWriter{&b, colours, filter.lang}
					w.row(e, numbers(e), e.Symbol, "")
					w.page(e)
				}
				_, err := b.WriteTo(s.out)
				return err
			}
			return nil
		},
	}
	filter.addDomainFlag(cmd)
	addLanguageFlag(cmd, &filter.lang)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of the catalogue's rows")
	acceptNegativeNumbers(cmd)
	return cmd
}

// wholeRow is a row of the catalogue, where its codes are answered, and its page of the codebook.
type wholeRow struct {
	retcode.Entry
	AnsweredAt []server.Place `json:"answered_at"`
	codebook.Page
}

func wholeRows(entries []retcode.Entry) []wholeRow {
	list := make([]wholeRow, len(entries))
	for i, e := range entries {
		list[i] = wholeRow{e, server.AnsweredAt(e), codebook.Of(e)}
	}
	return list
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func writeEntryTable(w io.Writer, entries []retcode.Entry) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DOMAIN\tCODE\tSIGNED\tHEX\tCLASS\tHTTP\tHERE\tSYMBOL\tSUMMARY")
	for _, e := range entries {
		here := "not yet"
		if e.Answered {
			var doors []string
			for _, place := range server.AnsweredAt(e) {
				doors = append(doors, place.Door)
			}
			here = strings.Join(doors, ", ")
		}
		fmt.Fprintf(table, "%v\t%s\t%s\t%s\t%v\t%d\t%s\t%s\t%s\n",
			e.Domain, numbers(e), e.Signed, e.Hex, e.Class, e.HTTPStatus, here, e.Symbol, e.Summary)
	}
	return table.Flush()
}

// numbers returns the number or the range of a row.
func numbers(e retcode.Entry) string {
	if e.Low == e.High {
		return strconv.Itoa(e.Low)
	}
	return fmt.Sprintf("%d~%d", e.Low, e.High)
}

// rowWriter prints rows for reading.
type rowWriter struct {
	out     *bytes.Buffer
	colours palette
	lang    retcode.Language
}

// field prints a part of a row, a line for each of the texts that is not empty.
func (w rowWriter) field(label string, texts ...string) {
	for _, text := range texts {
		if text != "" {
			fmt.Fprintf(w.out, "  %s %s\n", padded(label), text)
			label = ""
		}
	}
}

// row prints a row in the writer's language. Number and symbol are those of the row or of one code in it; reason, if any, says why a text
// was read as this code.
func (w rowWriter) row(e retcode.Entry, number, symbol, reason string) {
	e, l := e.In(w.lang), rowLabelsIn[w.lang]
	fmt.Fprintf(w.out, "%s  %s\n", w.colours.paint(e.Class, fmt.Sprintf("%v %s", e.Domain, number)), symbol)
	w.field(l.meaning, e.Summary)
	w.field(l.cause, e.Cause)
	w.field(l.remedy, e.Remedy)
	w.field(l.onRookery, e.OnRookery)
	w.field(l.onQQ, e.OnQQ)
	w.field(l.class, w.colours.paint(e.Class, e.Class.String()))
	w.field(l.http, strconv.Itoa(e.HTTPStatus))
	w.field(l.from, e.AnsweredBy)
	if e.Answered {
		var places []string
		for _, place := range server.AnsweredAt(e) {
			places = append(places, place.In(w.lang))
		}
		w.field(l.here, places...)
	} else {
		w.field(l.here, l.notYet)
	}
	if e.Hex != "" {
		w.field(l.forms, otherForms(e))
	}
	w.field(l.note, e.Note)
	w.field(l.why, reason)
	w.field(l.related, strings.Join(codebook.Of(e).Related, ", "))
}

// page prints what else the codebook has for a row.
func (w rowWriter) page(e retcode.Entry) {
	l, page := rowLabelsIn[w.lang], codebook.Of(e)
	w.field(l.example, strings.Split(page.Example, "\n")...)
	w.field(l.try, page.BringAbout...)
	var terms []string
	for _, t := range codebook.Terms(page.Terms, w.lang) {
		terms = append(terms, t.Name+": "+t.Meaning)
	}
	w.field(l.terms, terms...)
}

// otherForms lists the other forms in which the number is printed.
func otherForms(e retcode.Entry) string {
	if e.Signed == "" || e.Signed == strconv.Itoa(e.Low) {
		return e.Hex
	}
	return e.Hex + ", " + e.Signed
}

// palette colours texts by class, or leaves them alone.
type palette bool

// coloursFor returns a palette that colours text for a terminal, unless NO_COLOR is set (no-color.org).
func coloursFor(w io.Writer) palette {
	f, isFile := w.(*os.File)
	return palette(isFile && os.Getenv("NO_COLOR") == "" && showsColours(f))
}

func (p palette) paint(class retcode.Class, text string) string {
	if !p {
		return text
	}
	colour := 31 // red
	switch class {
	case retcode.ClassOK:
		colour = 32 // green
	case retcode.ClassRetry, retcode.ClassSlowDown:
		colour = 33 // yellow
	case retcode.ClassFixRequest, retcode.ClassFixConfiguration:
		colour = 35 // magenta
	case retcode.ClassReauthorize, retcode.ClassAskUser:
		colour = 36 // cyan
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", colour, text)
}

// acceptNegativeNumbers lets a command take arguments such as -5, which would otherwise be read as flags. It must be called
// when the command is complete.
func acceptNegativeNumbers(cmd *cobra.Command) {
	// No argument of a process can contain this byte, so it can hide an argument's hyphen from the flag parser.
	const hidden = "\x00"
	check, run := cmd.Args, cmd.RunE
	cmd.DisableFlagParsing = true
	cmd.Args = nil
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		masked := make([]string, len(args))
		for i, arg := range args {
			if len(arg) > 1 && arg[0] == '-' && arg[1] >= '0' && arg[1] <= '9' {
				arg = hidden + arg
			}
			masked[i] = arg
		}
		cmd.DisableFlagParsing = false
		if err := cmd.ParseFlags(masked); err != nil {
			return cmd.FlagErrorFunc()(cmd, err)
		}
		if help, _ := cmd.Flags().GetBool("help"); help {
			return cmd.Help()
		}
		args = cmd.Flags().Args()
		for i, arg := range args {
			if len(arg) > 0 && arg[:1] == hidden {
				args[i] = arg[1:]
			}
		}
		if check != nil {
			if err := check(cmd, args); err != nil {
				return err
			}
		}
		return run(cmd, args)
	}
}
