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

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/server"
)

// Everything about a command is in its declaration: no other code distinguishes commands.
func TestOnlyDeclarationsDistinguishCommands(t *testing.T) {
	root := os.DirFS("../..")
	numbers := make(map[int64]bool)
	server.Doors() // the server imports all services, and so their declarations
	for _, d := range oidb.Declarations() {
		numbers[int64(d.Number)] = true
	}
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if first, _, _ := strings.Cut(path, "/"); entry.IsDir() && !slices.Contains([]string{".", "internal", "cmd", "client"}, first) {
			return fs.SkipDir
		}
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
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
					t.Errorf("%s distinguishes a command: only its declaration may", files.Position(expr.Pos()))
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
		t.Errorf("only %d commands are declared", len(numbers))
	}
}

// isCommand reports whether an expression is a command's number, or a command of another package or a part of it.
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
			return ok && slices.Contains([]string{"oidb", "friends", "identity", "messages", "qqgroups", "groups", "social"}, in.Name) || isCommand(of, numbers)
		}
	}
	return false
}
