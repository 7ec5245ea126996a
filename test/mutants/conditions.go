package main

import (
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

// form is how a part of a file decides.
type form int

const (
	condition form = iota // of an if or of a case without a tag: it never holds
	label                 // of a case with a tag: nothing equals it
	row                   // of a list: it is left out
)

// part is a part of a file that decides whether a code is answered, and that a fault switches off.
type part struct {
	file     string
	from, to int // in bytes; of a row those of the list
	form     form
	row      int // its index
}

// conditions finds, by the name of its constant in package retcode, where a condition decides that a code is answered, and what
// switches each of these conditions off. Such are an if and a case that have a statement with the code, or with a name to which a
// table of the package gives the code, or with a function of the package that does nothing but return the code, and a row of a list that has the code. An answer without a condition of its own, as the last of
// a function and the default of a switch, is not found.
func conditions(root string) (map[string][]part, error) {
	found := make(map[string][]part)
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
func conditionsOf(found map[string][]part, root, folder string) error {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	p := pkg{found: found, position: files.Position, named: make(map[string][]string)}
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
	found    map[string][]part
	position func(token.Pos) token.Position
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
		p.note(n.Cond, condition, 0, p.stated(n.Body.List))
	case *ast.SwitchStmt:
		for _, clause := range n.Body.List {
			clause, decides := clause.(*ast.CaseClause), condition
			if n.Tag != nil {
				decides = label
			}
			for _, e := range clause.List {
				p.note(e, decides, 0, p.stated(clause.Body))
			}
		}
	case *ast.CompositeLit:
		if _, list := n.Type.(*ast.ArrayType); !list {
			break
		}
		for i, e := range n.Elts {
			if e, ok := e.(*ast.CompositeLit); ok {
				for _, element := range e.Elts {
					if code := code(element); code != "" {
						p.note(n, row, i, []string{code})
					}
				}
			}
		}
	}
	return true
}

// note notes that the codes are not answered without a part of the source.
func (p *pkg) note(n ast.Node, is form, index int, codes []string) {
	from, to := p.position(n.Pos()), p.position(n.End())
	for _, code := range codes {
		p.found[code] = append(p.found[code], part{from.Filename, from.Offset, to.Offset, is, index})
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
			parts := found[code.Symbol()]
			switch {
			case number == 0 || listed[scenario]: // a success has no condition
			case len(parts) == 0:
				without = append(without, fmt.Sprintf("%s/%d", row.Domain, number))
			default:
				made = append(made, trial{
					name: fmt.Sprintf("%s/%d without its condition", row.Domain, number), file: parts[0].file, parts: parts, in: scenarios, run: scenario,
				})
			}
		}
	}
	return made, without, nil
}
