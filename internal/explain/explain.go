// Package explain is what `rookery explain` and the page of the return codes have in common: how the findings of retcode.Explain are
// put together, what is said of a text without any, and the search for words.
package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/retcode"
)

// Row is a candidate, or several that follow each other and are of one row of the catalogue.
type Row struct {
	retcode.Candidate        // the first of them
	Number            string // as it is shown: one number, or the first and the last
	Symbol            string // of the code, or of the row
}

// Rows joins candidates that follow each other and are of one row.
func Rows(candidates []retcode.Candidate) (rows []Row) {
	for _, c := range candidates {
		if n := len(rows); n > 0 && rows[n-1].Entry == c.Entry {
			rows[n-1].Number, rows[n-1].Symbol = fmt.Sprintf("%d ~ %d", rows[n-1].Code.Number(), c.Code.Number()), c.Entry.Symbol
			continue
		}
		rows = append(rows, Row{Candidate: c, Number: strconv.Itoa(c.Code.Number()), Symbol: c.Code.Symbol()})
	}
	return rows
}

// Why says in the language how sure the candidate is, why it is read so, and what speaks against it.
func (r Row) Why(lang retcode.Language) string {
	c := r.Candidate.In(lang)
	mark, but, and, stop := ": ", " But ", ", and ", "."
	if lang == retcode.Chinese {
		mark, but, and, stop = "：", "但是，", "，而且", "。"
	}
	text := c.Confidence.In(lang) + mark + c.Reason
	if against := c.Evidence.Against(); len(against) > 0 {
		text += but + strings.Join(against, and) + stop
	}
	return text
}

// Codes yields every code of the catalogue.
func Codes(yield func(retcode.Code) bool) {
	for e := range Entries {
		for n := e.Low; n <= e.High; n++ {
			if c, ok := retcode.Lookup(e.Domain, n); ok && !yield(c) {
				return
			}
		}
	}
}

// Entries yields every row of the catalogue: the contract's, then those of the doors with numbers of their own.
func Entries(yield func(retcode.Entry) bool) {
	for _, rows := range []func(func(retcode.Entry) bool){retcode.Entries(), retcode.DoorEntries()} {
		for e := range rows {
			if !yield(e) {
				return
			}
		}
	}
}

// maxWords is how many words Search takes: more are a text, not a search, and would only take time.
const maxWords = 16

// Search returns the first rows, at most so many, whose symbol and texts in either language contain every word of a text, whatever its
// case. It finds nothing for a text of no or more than 16 words.
func Search(text string, most int) (found []retcode.Entry) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) == 0 || len(words) > maxWords {
		return nil
	}
	for e := range Entries {
		zh := e.In(retcode.Chinese)
		in := strings.ToLower(strings.Join([]string{e.Symbol, e.Summary, e.Cause, e.Remedy, e.OnRookery, e.OnQQ, e.Note,
			zh.Summary, zh.Cause, zh.Remedy, zh.OnRookery, zh.OnQQ, zh.Note}, "\n"))
		if slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(in, word) }) {
			continue
		}
		if found = append(found, e); len(found) == most {
			break
		}
	}
	return found
}
