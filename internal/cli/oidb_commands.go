package cli

import (
	"encoding/json"
	"slices"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/rookeryhq/rookery/internal/oidb"
)

// busCommand is a command of the bus, in the form that --json prints.
type busCommand struct {
	Command    string       `json:"command"` // 0x711_1
	Name       string       `json:"name"`
	Summary    string       `json:"summary"`
	Repeatable bool         `json:"repeatable"`     // the same call may be made again after a failure of the connection
	Needs      string       `json:"needs,omitzero"` // what only a platform's data folder has of it; missing if a back end can carry it out
	Request    []busField   `json:"request"`
	Answer     []busField   `json:"answer"`
	Results    []busOutcome `json:"results"` // of its own, besides 0 and those of the bus
}

type busField struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Type   string `json:"type"` // as in oidb.proto
	List   bool   `json:"list,omitzero"`
}

type busOutcome struct {
	Result  uint32 `json:"result"`
	Domain  string `json:"domain"`
	Symbol  string `json:"symbol"`
	Summary string `json:"summary"`
}

func newOIDBCommandsCommand(s *streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "commands",
		Short: "List the commands of the bus",
		Long: `List the commands of the bus: which may be repeated, and which 'rookery backend serve' can carry out elsewhere. --json
also tells the fields of their messages, their results, and what the others need of the platform's data.

docs/oidb.md has the same, and internal/oidb/wire/oidb.proto the messages for other languages.`,
		Example: `  rookery oidb commands
  rookery oidb commands --json`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				var all []busCommand
				for _, d := range oidb.Declarations() {
					all = append(all, describeCommand(d))
				}
				return json.NewEncoder(s.out).Encode(all)
			}
			t := newTable(s.out)
			t.row("COMMAND", "NAME", "REPEATABLE", "ELSEWHERE", "WHAT IT DOES")
			for _, d := range oidb.Declarations() {
				t.row(d.ID, d.Name, yesNo(d.Repeatable), yesNo(d.Needs == ""), d.Summary)
			}
			return t.flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the commands as JSON")
	return cmd
}

func describeCommand(d *oidb.Declaration) busCommand {
	c := busCommand{Command: d.ID.String(), Name: d.Name, Summary: d.Summary, Repeatable: d.Repeatable, Needs: d.Needs,
		Request: busFields(d.Request), Answer: busFields(d.Response), Results: []busOutcome{}}
	for _, code := range slices.Sorted(slices.Values(d.Codes)) {
		c.Results = append(c.Results, busOutcome{d.Result(code), code.Domain().String(), code.Symbol(), code.Entry().Summary})
	}
	return c
}

func busFields(m protoreflect.MessageDescriptor) []busField {
	list := make([]busField, m.Fields().Len())
	for i := range list {
		f := m.Fields().Get(i)
		list[i] = busField{Number: int(f.Number()), Name: string(f.Name()), Type: f.Kind().String(), List: f.IsList()}
		if f.Message() != nil {
			list[i].Type = string(f.Message().Name())
		}
	}
	return list
}
