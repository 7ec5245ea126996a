package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/codebook"
	"github.com/rookeryhq/rookery/retcode"
)

func newCodesGlossaryCommand(s *streams) *cobra.Command {
	var lang retcode.Language
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "glossary [WORD]",
		Short: "Explain the words that the catalogue uses",
		Long: `Explain the words that the catalogue uses, or only those with WORD in their name, such as class, openkey or skey.
'rookery codes show' explains those of a row with it.`,
		Example: "  rookery codes glossary\n" +
			"  rookery codes glossary openkey --lang zh",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageErrorf("%q takes one WORD at most, got %q", cmd.CommandPath(), args)
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			terms := codebook.Glossary(lang)
			if len(args) > 0 {
				word := strings.ToLower(args[0])
				terms = slices.DeleteFunc(terms, func(t codebook.Term) bool {
					return !strings.Contains(t.Term, word) && !strings.Contains(strings.ToLower(t.Name), word)
				})
				if len(terms) == 0 {
					return fmt.Errorf("the glossary has no word with %q in its name", args[0])
				}
			}
			if asJSON {
				return writeJSON(s.out, terms)
			}
			for _, t := range terms {
				if _, err := fmt.Fprintf(s.out, "%s\n  %s\n", t.Name, t.Meaning); err != nil {
					return err
				}
			}
			return nil
		},
	}
	addLanguageFlag(cmd, &lang)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array of the words")
	return cmd
}
