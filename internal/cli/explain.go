package cli

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rookeryhq/rookery/internal/explain"
	"github.com/rookeryhq/rookery/retcode"
)

func newExplainCommand(s *streams) *cobra.Command {
	var domain codeFilter
	var lang retcode.Language
	var asJSON bool
	var request string
	c := &client{streams: s}
	cmd := &cobra.Command{
		Use:   "explain [TEXT... | FILE.har | --request ID]",
		Short: "Say what a return code means and what to do about it",
		Long: `Say what a return code means and what to do about it.

TEXT is a number in any printed form, a range or a list of them, an answer, a log line, a row of a table, a dump, a
symbol or the platform's own words. What stands around a number gives its domain and says how sure it is; when it does
not settle the domain, all readings are listed, the likeliest first.

Without TEXT, standard input is read as a stream: every line is printed unchanged, with a line below it for each code
that it holds, and at the end a table of how often each code occurred. Success (ret 0) is not marked in a stream.
With --json a stream becomes one object per line, and a last one with the counts. Each candidate has its confidence
(certain, likely or possible) and the evidence for and against it; numbers of other systems are its neighbours.

FILE.har is an HTTP archive, as browsers, Charles, Fiddler, mitmproxy and 'rookery proxy --record' write it. Each call
of an interface is shown as 'rookery dev requests' shows it, without its secrets, and at the end the table of the codes.

A seq or an X-Request-Id of a running rookery dev shows its request as 'rookery dev requests' does: the stage that
refused it, the code, the cause and the mistake. The X-Request-Id is also in the log and in the errors of package
client. --request takes a seq that the caller chose, too.

The exit status is 0 when a code was found and 1 when none was; of an archive, 0 when it holds a call of an interface.`,
		Example: `  rookery explain -5
  rookery explain 0x47 --lang zh
  rookery explain 100013-100016
  rookery explain '{"ret":100014,"msg":"oidb decode0x711 failed, ret: 65"}'
  rookery explain oidb decode0x73a failed, ret: 17
  tail -f gateway.log | rookery explain
  rookery explain --json < gateway.log
  rookery explain session.har
  rookery explain 1795331631-8044181240-106510-0891360754
  rookery explain --request 19839997e346eada`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if request != "" {
				if len(args) > 0 || domain.domain != 0 {
					return usageErrorf("--request names all that is explained: leave TEXT and --domain out")
				}
				c.asJSON = asJSON
				return c.explainRequest(cmd.Context(), request)
			}
			if len(args) == 1 && strings.EqualFold(filepath.Ext(args[0]), ".har") {
				if domain.domain != 0 {
					return usageErrorf("the calls of an archive name their domains: leave --domain out")
				}
				return explainArchive(s, args[0], lang, asJSON)
			}
			if len(args) == 1 && domain.domain == 0 && requestName.MatchString(args[0]) {
				c.asJSON = asJSON
				return c.explainRequest(cmd.Context(), args[0])
			}
			if len(args) > 0 {
				return explainText(s, strings.Join(args, " "), domain.domain, lang, asJSON)
			}
			if f, isFile := s.in.(*os.File); isFile && term.IsTerminal(int(f.Fd())) {
				return usageErrorf("nothing to explain: give a number or a text, or pipe a log into this command")
			}
			e := explainer{
				out:     bufio.NewWriterSize(s.out, 64<<10),
				options: append(explainOptions(domain.domain), retcode.ErrorsOnly()),
				lang:    lang,
				asJSON:  asJSON,
				colours: coloursFor(s.out),
				counts:  make(codeCounts),
			}
			return e.run(s.in)
		},
	}
	domain.addDomainFlag(cmd)
	addLanguageFlag(cmd, &lang)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&request, "request", "", "`ID` or seq of a request to a running rookery dev")
	c.addPlatformFlags(cmd.Flags())
	acceptNegativeNumbers(cmd)
	return cmd
}

func explainOptions(domain retcode.Domain) []retcode.Option {
	if domain == 0 {
		return nil
	}
	return []retcode.Option{retcode.WithDomain(domain)}
}

func explainText(s *streams, text string, domain retcode.Domain, lang retcode.Language, asJSON bool) error {
	candidates, neighbours := retcode.ExplainAll(text, explainOptions(domain)...)
	candidates = in(lang, candidates)
	if asJSON {
		if err := writeJSON(s.out, orEmpty(candidates)); err != nil {
			return err
		}
	}
	if len(candidates) == 0 {
		return &exitError{status: ExitFailure, err: notFound(fmt.Sprintf(streamWordsIn[lang].noCode, text), text, domain, lang)}
	}
	if !asJSON {
		var b bytes.Buffer
		colours := coloursFor(s.out)
		for i, row := range explain.Rows(candidates) {
			if i > 0 {
				b.WriteByte('\n')
			}
			if row.Alternative {
				b.WriteString(streamWordsIn[lang].or)
			}
			rowWriter{&b, colours, lang}.row(row.Entry, row.Number, row.Symbol, row.Why(lang))
		}
		for _, n := range neighbours {
			fmt.Fprintf(&b, "\n%s\n", n.In(lang))
		}
		_, err := b.WriteTo(s.out)
		return err
	}
	return nil
}

// in gives candidates the texts of a language.
func in(lang retcode.Language, candidates []retcode.Candidate) []retcode.Candidate {
	for i := range candidates {
		candidates[i] = candidates[i].In(lang)
	}
	return candidates
}

// notFound returns the error for a text without a known return code.
func notFound(problem, text string, domain retcode.Domain, lang retcode.Language) error {
	if says := explain.Hint(text, domain, lang); says != "" {
		return errors.New(problem + streamWordsIn[lang].because + says)
	}
	return errors.New(problem)
}

// orEmpty turns no candidates into an empty array in JSON.
func orEmpty(candidates []retcode.Candidate) []retcode.Candidate {
	if candidates == nil {
		return []retcode.Candidate{}
	}
	return candidates
}

// maxExplained is how many bytes are explained at a time. Longer lines are explained in parts that overlap, so that no answer is cut.
const (
	maxExplained = 1 << 20
	overlap      = 4 << 10
)

// explainer annotates a stream.
type explainer struct {
	out     *bufio.Writer
	options []retcode.Option
	lang    retcode.Language
	asJSON  bool
	colours palette
	lines   int
	counts  codeCounts // lines
	open    bool       // the last printed line has no line end yet
	last    byte       // that was passed on
}

// foundLine is what was found in the parts of a line that were explained.
type foundLine struct {
	parts      int
	text       string // the first part
	candidates []retcode.Candidate
	neighbours []retcode.Neighbour
}

func (e *explainer) run(in io.Reader) error {
	r := bufio.NewReaderSize(in, 64<<10)
	var part []byte // of the current line, which is to be explained
	var found foundLine
	var readErr error
	for readErr == nil {
		var chunk []byte
		chunk, readErr = r.ReadSlice('\n')
		if !e.asJSON {
			e.pass(chunk)
			e.open = len(chunk) > 0 && chunk[len(chunk)-1] != '\n'
		}
		for len(part)+len(chunk) > maxExplained {
			n := maxExplained - len(part)
			part, chunk = append(part, chunk[:n]...), chunk[n:]
			e.part(string(part), &found)
			part = append(part[:0], part[len(part)-overlap:]...)
		}
		part = append(part, chunk...)
		if errors.Is(readErr, bufio.ErrBufferFull) {
			readErr = nil
			continue
		}
		if readErr == nil || len(part) > 0 {
			text := bytes.TrimSuffix(bytes.TrimSuffix(part, []byte("\n")), []byte("\r"))
			e.part(string(text), &found)
			if err := e.line(&found); err != nil {
				return err
			}
			part, found = part[:0], foundLine{}
		}
		if r.Buffered() == 0 { // the log's writer has paused: show what has come so far
			if err := e.out.Flush(); err != nil {
				return err
			}
		}
	}
	if !errors.Is(readErr, io.EOF) {
		e.out.Flush()
		return fmt.Errorf("read standard input: %w", readErr)
	}
	if err := e.summary(); err != nil {
		return err
	}
	if len(e.counts) == 0 {
		return &exitError{status: ExitFailure, err: fmt.Errorf(streamWordsIn[e.lang].noCodeInLines, e.lines)}
	}
	return nil
}

// pass prints a part of the stream without characters that would steer a terminal: a log may hold what anybody sent. A bell or an escape
// becomes U+FFFD, and a control character of two bytes, U+0080 to U+009F, an inverted question mark.
func (e *explainer) pass(chunk []byte) {
	start := 0
	for i, b := range chunk {
		if b >= ' ' && b < 0x7f {
			continue
		}
		last := e.last
		if i > 0 {
			last = chunk[i-1]
		}
		instead := ""
		switch {
		case b == '\r' && i+1 < len(chunk) && chunk[i+1] == '\n', b == '\n', b == '\t':
		case b < ' ', b == 0x7f:
			instead = "\ufffd"
		case last == 0xc2 && b >= 0x80 && b < 0xa0:
			instead = "\xbf"
		}
		if instead != "" {
			e.out.Write(chunk[start:i])
			e.out.WriteString(instead)
			start = i + 1
		}
	}
	if len(chunk) > 0 {
		e.last = chunk[len(chunk)-1]
	}
	e.out.Write(chunk[start:])
}

// part explains a part of a line, and adds it to what was found in those before it.
func (e *explainer) part(text string, line *foundLine) {
	candidates, neighbours := retcode.ExplainAll(text, e.options...)
	line.parts++
	if line.parts == 1 {
		line.text, line.candidates, line.neighbours = text, candidates, neighbours
		return
	}
	for _, c := range candidates {
		if !slices.ContainsFunc(line.candidates, func(other retcode.Candidate) bool { return other.Code == c.Code }) && len(line.candidates) < maxCandidates {
			line.candidates = append(line.candidates, c)
		}
	}
}

// maxCandidates bounds what is said of one line.
const maxCandidates = 64

// line shows what was found in a line, which was printed already unless the output is JSON.
func (e *explainer) line(found *foundLine) error {
	e.lines++
	candidates := in(e.lang, found.candidates)
	for _, c := range candidates {
		if !c.Alternative {
			e.counts[c.Code]++
		}
	}
	if e.asJSON {
		return e.object(struct {
			Line       int                 `json:"line"`
			Text       string              `json:"text"`
			Cut        bool                `json:"cut,omitempty"`
			Candidates []retcode.Candidate `json:"candidates"`
			Neighbours []retcode.Neighbour `json:"neighbours,omitempty"`
		}{e.lines, found.text, found.parts > 1, orEmpty(candidates), found.neighbours})
	}
	for _, c := range candidates {
		e.annotate(c)
	}
	for _, n := range found.neighbours {
		if n.Exact && len(candidates) == 0 {
			e.endLine()
			fmt.Fprintf(e.out, "    %s\n", n.In(e.lang))
		}
	}
	return nil
}

func (e *explainer) annotate(c retcode.Candidate) {
	e.endLine()
	e.out.WriteString("    ")
	words := streamWordsIn[e.lang]
	switch {
	case c.Alternative:
		e.out.WriteString(words.or)
	case c.Origin:
		e.out.WriteString(words.causedBy)
	case c.Confidence == retcode.Possible:
		e.out.WriteString(words.possibly)
	}
	name := c.Code.Domain().String() + " " + strconv.Itoa(c.Code.Number())
	fmt.Fprintf(e.out, words.code, e.colours.paint(c.Entry.Class, name), c.Entry.Class, c.Entry.Summary)
	if !c.Alternative {
		e.out.WriteString(words.then + c.Entry.Remedy)
	}
	e.out.WriteByte('\n')
}

// endLine ends a last line that has no line end, so that more can follow.
func (e *explainer) endLine() {
	if e.open {
		e.out.WriteByte('\n')
		e.open = false
	}
}

func (e *explainer) object(v any) error {
	enc := json.NewEncoder(e.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// summary ends the stream with the number of lines that hold each code, the most frequent first.
func (e *explainer) summary() error {
	if e.asJSON {
		type count struct {
			Domain retcode.Domain `json:"domain"`
			Code   int            `json:"code"`
			Symbol string         `json:"symbol"`
			Class  retcode.Class  `json:"class"`
			Count  int            `json:"count"`
		}
		counts := []count{}
		for _, c := range e.counts.sorted() {
			counts = append(counts, count{c.Domain(), c.Number(), c.Symbol(), c.Class(), e.counts[c]})
		}
		err := e.object(struct {
			Lines  int     `json:"lines"`
			Counts []count `json:"counts"`
		}{e.lines, counts})
		return cmp.Or(err, e.out.Flush())
	}
	if len(e.counts) > 0 {
		e.endLine()
	}
	return cmp.Or(e.counts.write(e.out, "LINES", e.lang), e.out.Flush())
}

// codeCounts are how many lines or calls hold a code.
type codeCounts map[retcode.Code]int

// sorted returns the codes, the most frequent first.
func (counts codeCounts) sorted() []retcode.Code {
	return slices.SortedFunc(maps.Keys(counts), func(a, b retcode.Code) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
}

// write writes a table after an empty line; nothing if there are no codes.
func (counts codeCounts) write(out io.Writer, what string, lang retcode.Language) error {
	if len(counts) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "\n%s\tCODE\tCLASS\tSUMMARY\n", what)
	for _, c := range counts.sorted() {
		fmt.Fprintf(table, "%d\t%v %d\t%v\t%s\n", counts[c], c.Domain(), c.Number(), c.Class(), c.Entry().In(lang).Summary)
	}
	return table.Flush()
}
