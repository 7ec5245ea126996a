package access

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Route is one row of catalogue/routes.tsv.
type Route struct {
	Door       string // the wire family that serves it
	Method     string
	Path       string             // a pattern of net/http's mux
	Permission string             // the API's name in grants, rates and restrictions; "" where none is needed
	Checks     []string           // the stages that a call goes through, in this order
	Limit      platform.RateLimit // where the app has no rate of its own
	Codes      []retcode.Code     // what it may answer beside success; empty for doors without codes
}

// Permissions returns the permission names of the routes that have a check, sorted, each once.
func Permissions(routes []*Route, check string) []string {
	var names []string
	for _, route := range routes {
		if route.Permission != "" && slices.Contains(route.Checks, check) {
			names = append(names, route.Permission)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

const routeColumns = "door\tmethod\tpath\tpermission\tchecks\tlimit\tcodes"

// ParseRoutes reads the route table. An error names its line.
func ParseRoutes(table string) ([]*Route, error) {
	lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	if lines[0] != routeColumns {
		return nil, fmt.Errorf("routes.tsv:1: the columns are not %q", routeColumns)
	}
	var routes []*Route
	seen := make(map[string]bool)
	for i, line := range lines[1:] {
		route, err := parseRoute(line)
		if err == nil && seen[route.Method+" "+route.Path] {
			err = fmt.Errorf("%s %s stands here twice", route.Method, route.Path)
		}
		if err != nil {
			return nil, fmt.Errorf("routes.tsv:%d: %w", i+2, err)
		}
		seen[route.Method+" "+route.Path] = true
		routes = append(routes, route)
	}
	return routes, nil
}

func parseRoute(line string) (*Route, error) {
	cells := strings.Split(line, "\t")
	if len(cells) != strings.Count(routeColumns, "\t")+1 || slices.Contains(cells, "") {
		return nil, fmt.Errorf("a row has %d cells, none empty; this is %q", strings.Count(routeColumns, "\t")+1, cells)
	}
	r := &Route{Door: cells[0], Method: cells[1], Path: cells[2], Checks: list(cells[4])}
	if r.Path[0] != '/' {
		return nil, fmt.Errorf("path %q does not begin with /", r.Path)
	}
	if cells[3] != "-" {
		r.Permission = cells[3]
	}
	for _, limit := range list(cells[5]) {
		whose, text, _ := strings.Cut(limit, "=")
		rate, err := platform.ParseRate(text)
		switch {
		case err != nil:
			return nil, err
		case whose == "app":
			r.Limit.App = rate
		case whose == "user":
			r.Limit.User = rate
		default:
			return nil, fmt.Errorf("limit %q is neither app= nor user=", limit)
		}
	}
	for _, text := range list(cells[6]) {
		code, err := parseCode(text)
		if err != nil {
			return nil, err
		}
		if slices.Contains(r.Codes, code) {
			return nil, fmt.Errorf("code %s stands here twice", text)
		}
		r.Codes = append(r.Codes, code)
	}
	return r, nil
}

func list(cell string) []string {
	if cell == "-" {
		return nil
	}
	return strings.Fields(cell)
}

func parseCode(text string) (retcode.Code, error) {
	domain, number, _ := strings.Cut(text, ":")
	d, err := retcode.ParseDomain(domain)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0, fmt.Errorf("code %q is not DOMAIN:NUMBER", text)
	}
	code, ok := retcode.Lookup(d, n)
	if !ok {
		return 0, fmt.Errorf("code %q is not in the catalogue", text)
	}
	return code, nil
}
