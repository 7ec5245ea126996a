package cli

import (
	"embed"
	"encoding/csv"
	"encoding/json"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/retcode"
)

// exportFormats are the forms of an export; those after the first two have a template.
var exportFormats = []string{"json", "csv", "typescript", "python", "java", "csharp", "cpp"}

//go:embed export
var exportTemplates embed.FS

// exportedCode is one code of an export.
type exportedCode struct {
	Domain  string `json:"domain"`
	Number  int    `json:"number"`
	Symbol  string `json:"symbol"`
	Class   string `json:"class"`
	Summary string `json:"summary"`
}

func newCodesExportCommand(s *streams) *cobra.Command {
	var (
		filter codeFilter
		format string
	)
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the return codes as source of another language",
		Long: `Write the return codes as source of another language: a constant a code, and a table with the class and the summary of
each. It has the codes of the contract and those of single doors, and needs nothing but the language's standard library:

  json        an array of objects
  csv         a header, and a line a code
  typescript  for Node too, which strips the types
  python      3.8 or newer
  java        a class Codes, 17 or newer
  csharp      a static class Rookery.Codes
  cpp         a header, C++17

Go programs import the package retcode.`,
		Example: `  rookery codes export --format typescript > codes.ts
  rookery codes export --format cpp > codes.hpp
  rookery codes export --format csv --domain qq`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			var list []exportedCode
			for _, rows := range []iter.Seq[retcode.Entry]{retcode.Entries(), retcode.DoorEntries()} {
				for e := range rows {
					for n := e.Low; n <= e.High && (filter.domain == 0 || e.Domain == filter.domain); n++ {
						c, _ := retcode.Lookup(e.Domain, n) // is in the catalogue
						list = append(list, exportedCode{e.Domain.String(), n, c.Symbol(), e.Class.String(), e.Summary})
					}
				}
			}
			return export(s.out, format, list)
		},
	}
	cmd.Flags().StringVar(&format, "format", "", "`language`: "+strings.Join(exportFormats, ", "))
	filter.addDomainFlag(cmd)
	_ = cmd.MarkFlagRequired("format") // fails only without such a flag
	return cmd
}

// export writes codes in a format.
func export(w io.Writer, format string, list []exportedCode) error {
	switch {
	case !slices.Contains(exportFormats, format):
		return usageErrorf("--format %q is not one of %s", format, strings.Join(exportFormats, ", "))
	case format == "json":
		return writeJSON(w, list)
	case format == "csv":
		rows := csv.NewWriter(w)
		_ = rows.Write([]string{"domain", "number", "symbol", "class", "summary"}) // Flush keeps the error
		for _, c := range list {
			_ = rows.Write([]string{c.Domain, strconv.Itoa(c.Number), c.Symbol, c.Class, c.Summary})
		}
		rows.Flush()
		return rows.Error()
	}
	source, err := template.New(format+".tmpl").Funcs(template.FuncMap{"quote": quoted, "pascal": pascal, "upper": upper}).
		ParseFS(exportTemplates, "export/"+format+".tmpl")
	if err != nil {
		return err
	}
	classes := make([]string, 0, retcode.ClassInternal)
	for c := retcode.ClassOK; c <= retcode.ClassInternal; c++ {
		classes = append(classes, c.String())
	}
	return source.Execute(w, map[string]any{"Codes": list, "Classes": classes})
}

// quoted returns a literal that all of the languages read alike: that of JSON.
func quoted(text string) (string, error) {
	literal, err := json.Marshal(text)
	return string(literal), err
}

// pascal turns fix-request into FixRequest.
func pascal(class string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(class, "-") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// upper turns fix-request into FIX_REQUEST.
func upper(class string) string { return strings.ToUpper(strings.ReplaceAll(class, "-", "_")) }
