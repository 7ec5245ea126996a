package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rookeryhq/rookery/retcode"
)

// answering are the folders whose code decides which return code is answered.
var answering = []string{"internal", "client/share"}

// off is in front of a condition that is switched off.
const off = "false"

// edit replaces a part of a file.
type edit struct {
	file     string
	from, to int // in bytes
	by       string
}

// conditions finds, by the name of its constant in package retcode, where a condition decides that a code is answered, and what
// switches each of these conditions off. Such are an if and a case that have a statement with the code, or with a name to which a
// table of the package gives the code, or with a function of the package that does nothing but return the code, and a row of a list that has the code. An answer without a condition of its own, as the last of
// a function and the default of a switch, is not found.
func conditions(root string) (map[string][]edit, error) {
	found := make(map[string][]edit)
	for _, folder := range answering {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.IsDir() {
				return err
			}
			return conditionsOf(found, root, path)
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// conditionsOf adds the conditions of one package.
func conditionsOf(found map[string][]edit, root, folder string) error {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	p := pkg{found: found, position: files.Position, named: make(map[string][]string), sources: make(map[string][]byte)}
	var trees []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(files, name, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		p.sources[name] = source
		trees = append(trees, tree)
		ast.Inspect(tree, p.name)
	}
	for _, tree := range trees {
		ast.Inspect(tree, p.condition)
	}
	return nil
}

// pkg is a package in which conditions are looked for.
type pkg struct {
	found    map[string][]edit
	position func(token.Pos) token.Position
	sources  map[string][]byte
	named    map[string][]string // the codes that tables of the package give a name, and that functions return
}

// name notes the codes of a table with names as its indexes, and of a function that only returns them.
func (p *pkg) name(n ast.Node) bool {
	if f, ok := n.(*ast.FuncDecl); ok && f.Recv == nil && f.Body != nil && len(f.Body.List) == 1 {
		p.named[f.Name.Name] = p.stated(f.Body.List)
	}
	literal, ok := n.(*ast.CompositeLit)
	if !ok {
		return true
	}
	if _, array := literal.Type.(*ast.ArrayType); !array {
		return true
	}
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if name, ok := pair.Key.(*ast.Ident); ok && code(pair.Value) != "" {
				p.named[name.Name] = append(p.named[name.Name], code(pair.Value))
			}
		}
	}
	return true
}

func (p *pkg) condition(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IfStmt:
		p.off(n.Cond, off+" && (%s)", p.stated(n.Body.List))
	case *ast.SwitchStmt:
		for _, clause := range n.Body.List {
			clause := clause.(*ast.CaseClause)
			codes := p.stated(clause.Body)
			switch {
			case n.Tag == nil:
				for _, cond := range clause.List {
					p.off(cond, off+" && (%s)", codes)
				}
			case clause.List != nil:
				p.off(clause, "", codes)
			}
		}
	case *ast.CompositeLit:
		for _, row := range n.Elts {
			if row, ok := row.(*ast.CompositeLit); ok {
				for _, element := range row.Elts {
					if code := code(element); code != "" {
						p.off(row, "", []string{code})
					}
				}
			}
		}
	}
	return true
}

// off notes that the codes are not answered with the part replaced. A row is left out with its comma.
func (p *pkg) off(part ast.Node, by string, codes []string) {
	from, to := p.position(part.Pos()), p.position(part.End()).Offset
	source := p.sources[from.Filename]
	if by != "" {
		by = fmt.Sprintf(by, source[from.Offset:to])
	} else if source[to] == ',' {
		to++
	}
	for _, code := range codes {
		p.found[code] = append(p.found[code], edit{from.Filename, from.Offset, to, by})
	}
}

// stated are the codes in the statements themselves, not in those inside of them.
func (p *pkg) stated(body []ast.Stmt) (codes []string) {
	for _, statement := range body {
		switch statement.(type) {
		case *ast.ReturnStmt, *ast.AssignStmt:
			ast.Inspect(statement, func(n ast.Node) bool {
				if name, ok := n.(*ast.Ident); ok {
					codes = append(codes, p.named[name.Name]...)
				} else if code := code(n); code != "" {
					codes = append(codes, code)
				}
				return true
			})
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// code is the name of a constant of package retcode; empty for any other node.
func code(n ast.Node) string {
	if selector, ok := n.(*ast.SelectorExpr); ok {
		if of, ok := selector.X.(*ast.Ident); ok && of.Name == "retcode" {
			return selector.Sel.Name
		}
	}
	return ""
}

// conditionTrials returns a fault for each code of the contract whose scenario has to notice none of the mutants: all conditions that lead
// to the code are switched off, which the scenario has to notice. It also returns the codes of which no condition is found.
func conditionTrials(root string) (made []trial, without []string, err error) {
	found, err := conditions(root)
	if err != nil {
		return nil, nil, err
	}
	listed := make(map[string]bool)
	for _, m := range mutants {
		listed[m.run] = true
	}
	for row := range retcode.Entries() {
		for number := row.Low; number <= row.High; number++ {
			code, _ := retcode.Lookup(row.Domain, number)
			scenario := fmt.Sprintf("^TestScenarios$/^%s$/^%d$", row.Domain, number)
			edits := found[code.Symbol()]
			switch {
			case number == 0 || listed[scenario]: // a success has no condition
			case len(edits) == 0:
				without = append(without, fmt.Sprintf("%s/%d", row.Domain, number))
			default:
				made = append(made, trial{
					name: fmt.Sprintf("%s/%d without its condition", row.Domain, number), file: edits[0].file, edits: edits,
					change: func() (map[string][]byte, error) { return changed(root, edits) }, in: scenarios, run: scenario,
				})
			}
		}
	}
	return made, without, nil
}

// changed returns the files with the edits, by their path below the root.
func changed(root string, edits []edit) (map[string][]byte, error) {
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b edit) int { return cmp.Or(strings.Compare(a.file, b.file), b.from-a.from) }) // the last of a file first
	files := make(map[string][]byte)
	for _, e := range edits {
		source, ok := files[e.file]
		if !ok {
			var err error
			if source, err = os.ReadFile(filepath.Join(root, e.file)); err != nil {
				return nil, err
			}
		}
		files[e.file] = slices.Concat(source[:e.from], []byte(e.by), source[e.to:])
	}
	return files, nil
}
