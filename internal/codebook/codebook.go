// Package codebook is what the catalogue has for a reader besides the texts of the return codes in package retcode: for each row an
// answer with its code, how to bring it about, and related codes; and the glossary.
package codebook

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/rookeryhq/rookery/retcode"
)

// A Page is what the codebook has for a row of the catalogue.
type Page struct {
	Example    string   `json:"example"`     // an answer with the code as a caller sees it, "" where none is known; "..." stands for what differs
	BringAbout []string `json:"bring_about"` // lines for a shell of rookery dev exec, of which the last prints the example
	Related    []string `json:"related"`     // codes that come into question too, as in qq/-5
	Terms      []string `json:"terms"`       // words of the glossary that the row uses
}

// codePage is the page of a row, by its code.
type codePage struct {
	code string
	page Page
}

// Code returns the name by which rows refer to a row, as in qq/-5: the domain and the lowest number.
func Code(e retcode.Entry) string { return fmt.Sprintf("%v/%d", e.Domain, e.Low) }

// Of returns the page of a row.
func Of(e retcode.Entry) Page {
	i, found := slices.BinarySearchFunc(pages[:], Code(e), func(p codePage, code string) int { return cmp.Compare(p.code, code) })
	if !found { // no row of the catalogue
		return Page{}
	}
	return pages[i].page
}

// A Term is a word of the glossary in one language.
type Term struct {
	Term    string `json:"term"` // what Page.Terms calls it, in whatever language
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
}

// Glossary returns all terms in a language, in the order of its file.
func Glossary(lang retcode.Language) []Term {
	if lang == retcode.Chinese {
		return slices.Clone(inChinese[:])
	}
	return slices.Clone(inEnglish[:])
}

// Terms returns the terms with these names in a language, in the order of the glossary.
func Terms(names []string, lang retcode.Language) (list []Term) {
	for _, t := range Glossary(lang) {
		if slices.Contains(names, t.Term) {
			list = append(list, t)
		}
	}
	return list
}
