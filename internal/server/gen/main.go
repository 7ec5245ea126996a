// Command gen writes docs/routes.md from the declarations of the doors, docs/oidb.md from those of the bus's commands, docs/codes.md
// and docs/codes in both languages from the catalogue and both, and docs/api. `go generate` runs it in internal/server.
package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/reference"
	"github.com/rookeryhq/rookery/internal/server"
	"github.com/rookeryhq/rookery/retcode"
)

const opening = `# Interfaces

<!-- Made by go generate from what the doors in internal/api declare. -->

Each interface with its checks in the order in which they run, and with every code that it can answer except success. The
checks of a sequence are listed once, before the interfaces of its door. The codes are those of the access layer, of the checks, of
the bus commands that are called ([oidb.md](oidb.md)), and the interface's own, each as the door translates it.
`

func main() {
	if err := write(); err != nil {
		fmt.Fprintf(os.Stderr, "gen: %v\n", err)
		os.Exit(1)
	}
}

func write() error {
	doors := server.Doors()
	b := bytes.NewBufferString(opening)
	for _, door := range doors {
		fmt.Fprintf(b, "\n## %s\n", door.Name)
		if len(door.Prefixes) > 0 {
			fmt.Fprintf(b, "\nBelow `%s`.", strings.Join(door.Prefixes, "`, `"))
			if door.TrailingSlash {
				b.WriteString(" A slash at the end of a path makes no difference.")
			}
			b.WriteByte('\n')
		}
		writeSequences(b, door)
		for i := range door.Endpoints {
			writeEndpoint(b, door, &door.Endpoints[i])
		}
	}
	if err := os.WriteFile("../../docs/routes.md", b.Bytes(), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile("../../docs/oidb.md", bus(), 0o644); err != nil {
		return err
	}
	for name, page := range codes() {
		if err := os.WriteFile("../../docs/"+name, page, 0o644); err != nil {
			return err
		}
	}
	return writeReference(doors)
}

// writeReference writes docs/api.
func writeReference(doors []*access.Door) error {
	const folder = "../../docs/api/"
	examples, err := os.ReadFile(folder + "examples.json")
	if err != nil {
		return err
	}
	all, err := reference.New(doors, examples)
	if err != nil {
		return err
	}
	document, err := all.OpenAPI()
	if err != nil {
		return err
	}
	files := map[string][]byte{"README.md": all.Index(), "openapi.yaml": document}
	for _, door := range all.Doors {
		files[door.Name+".md"] = door.Page()
	}
	for name, content := range files {
		if err := os.WriteFile(folder+name, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func writeSequences(b *bytes.Buffer, door *access.Door) {
	var known []string
	var note func(stages []access.Stage)
	note = func(stages []access.Stage) {
		for _, stage := range stages {
			if len(stage.Steps()) == 0 || slices.Contains(known, stage.Name) {
				continue
			}
			note(stage.Steps())
			if known == nil {
				b.WriteString("\n| sequence | checks |\n|---|---|\n")
			}
			known = append(known, stage.Name)
			fmt.Fprintf(b, "| `%s` | %s |\n", stage.Name, names(stage.Steps()))
		}
	}
	for i := range door.Endpoints {
		note(door.Endpoints[i].Checks)
	}
}

func names(stages []access.Stage) string {
	var list []string
	for _, stage := range stages {
		list = append(list, "`"+stage.Name+"`")
	}
	return strings.Join(list, ", ")
}

func writeEndpoint(b *bytes.Buffer, door *access.Door, e *access.Endpoint) {
	fmt.Fprintf(b, "\n### %s %s\n\n", strings.ReplaceAll(e.Method, " ", ", "), e.Path)
	if e.Permission != "" {
		fmt.Fprintf(b, "- permission: `%s`\n", e.Permission)
	}
	if len(e.Checks) == 0 {
		b.WriteString("- checks: none\n")
	} else {
		fmt.Fprintf(b, "- checks: %s\n", names(e.Checks))
	}
	if len(e.Commands) > 0 {
		var list []string
		for _, use := range e.Commands {
			list = append(list, fmt.Sprintf("`%s` (%s)", use.Command.ID, use.Command.Name))
		}
		fmt.Fprintf(b, "- commands: %s\n", strings.Join(list, ", "))
	}
	writeCodes(b, door.Codes(e), retcode.Code.Number)
}

// writeCodes lists codes, a line for each domain, with the numbers by which they are answered.
func writeCodes[N int | uint32](b *bytes.Buffer, codes []retcode.Code, number func(retcode.Code) N) {
	var (
		domain retcode.Domain
		list   []string
	)
	flush := func() {
		if len(list) > 0 {
			fmt.Fprintf(b, "- %s: %s\n", domain, strings.Join(list, ", "))
		}
		list = nil
	}
	for _, code := range codes {
		if code.Domain() != domain {
			flush()
			domain = code.Domain()
		}
		list = append(list, fmt.Sprintf("%d `%s`", number(code), code.Symbol()))
	}
	flush()
}
