package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Whatever there is to know of a command stands in its declaration: nobody else tells commands apart.
func TestCommandsAreToldApartByTheirDeclarationsAlone(t *testing.T) {
	const declared = "internal/oidb/commands.go"
	root := os.DirFS("../..")
	numbers := make(map[int64]bool)
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if first, _, _ := strings.Cut(path, "/"); entry.IsDir() && !slices.Contains([]string{".", "internal", "cmd", "client"}, first) {
			return fs.SkipDir
		}
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || path == declared {
			return err
		}
		if len(numbers) == 0 {
			numbers = commandNumbers(t, root, declared)
		}
		source, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, source, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			var compared []ast.Expr
			switch n := n.(type) {
			case *ast.CaseClause:
				compared = n.List
			case *ast.BinaryExpr:
				if n.Op == token.EQL || n.Op == token.NEQ {
					compared = []ast.Expr{n.X, n.Y}
				}
			}
			for _, expr := range compared {
				if isCommand(expr, numbers) {
					t.Errorf("%s tells a command apart: %s is for that", files.Position(expr.Pos()), declared)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if len(numbers) < 6 {
		t.Errorf("only %d commands are declared in %s", len(numbers), declared)
	}
}

// commandNumbers are the numbers in the IDs of a file.
func commandNumbers(t *testing.T, root fs.FS, path string) map[int64]bool {
	t.Helper()
	source, err := fs.ReadFile(root, path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	numbers := make(map[int64]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		if pair, ok := n.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok && key.Name == "Number" {
				if value, ok := pair.Value.(*ast.BasicLit); ok {
					number, _ := strconv.ParseInt(value.Value, 0, 64)
					numbers[number] = true
				}
			}
		}
		return true
	})
	return numbers
}

// isCommand reports whether an expression is a command's number, or oidb.Command and what belongs to it.
func isCommand(expr ast.Expr, numbers map[int64]bool) bool {
	switch expr := expr.(type) {
	case *ast.BasicLit:
		number, err := strconv.ParseInt(expr.Value, 0, 64)
		return err == nil && numbers[number]
	case *ast.UnaryExpr:
		return isCommand(expr.X, numbers)
	case *ast.SelectorExpr:
		if member := expr.Sel.Name; member == "ID" || member == "Number" || member == "ServiceType" || member == "Declaration" {
			of, ok := expr.X.(*ast.SelectorExpr)
			if !ok {
				return false
			}
			in, ok := of.X.(*ast.Ident)
			return ok && in.Name == "oidb" || isCommand(of, numbers)
		}
	}
	return false
}
