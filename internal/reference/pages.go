package reference

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/rookeryhq/rookery/retcode"
)

const made = "<!-- Made by go generate from what the doors in internal/api declare, and from examples that test/reference ran. -->\n"

// Index returns the page that leads to the doors' pages.
func (r *Reference) Index() []byte {
	b := bytes.NewBufferString("# Interfaces\n\n" + made + "\n" +
		"A page for each door. Each interface is there with its parameters, its answer, its checks in their order, the codes that it may answer, and examples: requests\n" +
		"that were made, signed with a demo app's keys, with their answers. [openapi.yaml](openapi.yaml) says the same to programs (OpenAPI 3.1; Postman and\n" +
		"Bruno import it), and `rookery dev` shows it at `/docs/`, where requests can be tried.\n\n" +
		"The examples have the demo world's keys, openids and tokens, so that most of them work as they are while `rookery dev` runs. Texts such as `CODE` and `ADMIN_TOKEN`\n" +
		"stand for what is different on each platform, and `...` for what is different in each answer.\n\n| Door | Interfaces | |\n|---|---|---|\n")
	for _, door := range r.Doors {
		fmt.Fprintf(b, "| [%s](%s.md) | %d | %s |\n", door.Guide.Title, door.Name, len(door.Interfaces), strings.Join(code(door.Prefixes), ", "))
	}
	return b.Bytes()
}

func code(texts []string) (quoted []string) {
	for _, text := range texts {
		quoted = append(quoted, "`"+text+"`")
	}
	return quoted
}

// Page returns the door's page.
func (d *Door) Page() []byte {
	b := bytes.NewBufferString("# " + d.Guide.Title + "\n\n" + made + "\n" + d.Guide.About + "\n")
	if d.Guide.Signature != "" {
		fmt.Fprintf(b, "`rookery sign %s` makes and compares signatures.\n", d.Guide.Signature)
	}
	if d.TrailingSlash {
		b.WriteString("\nA slash at the end of a path makes no difference.\n")
	}
	table(b, "Every call has", d.Params, taken)
	table(b, "Every answer has", d.Result, answered)
	if common := d.common(); len(common) > 0 {
		fmt.Fprintf(b, "\nEvery interface may answer %s.\n", links(common))
	}
	for _, one := range d.Interfaces {
		d.section(b, one)
	}
	if all := d.codes(); len(all) > 0 {
		b.WriteString("\n## Codes\n\n| Code | Meaning | What to do |\n|---|---|---|\n")
		for _, c := range all {
			entry := c.Entry()
			fmt.Fprintf(b, "| <a id=\"%s\"></a>%d %s | %s | %s |\n", anchor(c), c.Number(), c.Domain(), cell(entry.Summary), cell(entry.Remedy))
		}
	}
	if len(d.NotServed) > 0 {
		served := slices.Sorted(slices.Values(d.NotServed))
		fmt.Fprintf(b, "\n## Not served\n\nThe original has these interfaces and this platform does not: %s.\n", strings.Join(code(served), ", "))
	}
	return b.Bytes()
}

func anchor(c retcode.Code) string { return fmt.Sprintf("%s%d", c.Domain(), c.Number()) }

func links(codes []retcode.Code) string {
	var list []string
	for _, c := range codes {
		list = append(list, fmt.Sprintf("[%d](#%s)", c.Number(), anchor(c)))
	}
	return strings.Join(list, ", ")
}

// cell returns a text for a cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", "\\|", "\n", " ", "<", "&lt;", ">", "&gt;", "&", "&amp;").Replace(text)
}

// table writes the members of an object, each with those inside it below it.
func table(b *bytes.Buffer, title string, s *Schema, d direction) {
	if s == nil || len(s.Properties) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s:\n\n", title)
	if d == taken {
		b.WriteString("| Name | Type | Required | |\n|---|---|---|---|\n")
	} else {
		b.WriteString("| Name | Type | |\n|---|---|---|\n")
	}
	rows(b, "", s, d)
}

func rows(b *bytes.Buffer, prefix string, s *Schema, d direction) {
	for _, p := range s.Properties {
		name, what, required := prefix+p.Name, p.Description, ""
		if bounds := p.bounds(); bounds != "" {
			what += " (" + bounds + ")"
		}
		switch {
		case d == taken && p.Required:
			required = "yes | "
		case d == taken:
			required = "| "
		case !p.Required:
			what += "; may be missing"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s%s |\n", name, p.kind(), required, cell(what))
		switch {
		case p.Items != nil:
			rows(b, name+"[].", p.Items, d)
		case p.Values != nil:
			rows(b, name+".*.", p.Values, d)
		default:
			rows(b, name+".", p.Schema, d)
		}
	}
}

func (d *Door) section(b *bytes.Buffer, i *Interface) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n", i.title(), i.Summary)
	if i.Permission != "" {
		fmt.Fprintf(b, "\nAn app needs the permission `%s`.\n", i.Permission)
	}
	if i.Role != nil {
		fmt.Fprintf(b, "\nIt needs the role %s.\n", i.Role)
	}
	if i.Endpoint.Signature != "" {
		fmt.Fprintf(b, "\nIts signature is that of `rookery sign %s`.\n", i.Endpoint.Signature)
	}
	table(b, "Parameters", i.parameters(), taken)
	table(b, "Body", i.Body, taken)
	if first := d.sameResult(i); first != i {
		fmt.Fprintf(b, "\nThe answer has what that of [%s](#%s) has", first.title(), headingID(first.title()))
		if (first.Result.Type == "array") != (i.Result.Type == "array") {
			b.WriteString(map[bool]string{true: ", in a list", false: ", without the list"}[i.Result.Type == "array"])
		}
		b.WriteString(".\n")
	} else if i.Result.Type == "array" {
		table(b, "The answer is a list, whose items have", i.Result.Items, answered)
	} else {
		table(b, "The answer has", i.Result, answered)
	}
	if names := steps(i.Checks); len(names) > 0 {
		fmt.Fprintf(b, "\nChecks, in this order: %s.\n", strings.Join(code(names), ", "))
	}
	if len(i.Commands) > 0 {
		var list []string
		for _, use := range i.Commands {
			list = append(list, fmt.Sprintf("`%s` (%s)", use.Command.ID, use.Command.Name))
		}
		fmt.Fprintf(b, "\nIt calls %s of the [bus](../oidb.md).\n", strings.Join(list, ", "))
	}
	common := d.common()
	own := slices.DeleteFunc(slices.Clone(i.Codes), func(c retcode.Code) bool { return slices.Contains(common, c) })
	if len(own) > 0 {
		fmt.Fprintf(b, "\nCodes: %s.\n", links(own))
	}
	i.Examples.Success.write(b)
	i.Examples.Refusal.write(b)
}

// title is the heading of the interface.
func (i *Interface) title() string {
	return strings.ReplaceAll(i.Method, " ", ", ") + " " + i.ShownPath()
}

// headingID is the id that Markdown gives a heading.
func headingID(title string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case strings.ContainsRune("/,.{}", r):
			return -1
		}
		return unicode.ToLower(r)
	}, title)
}

// sameResult returns the first interface of the door whose answer is of the same type, or a list of it; i itself if it is the first.
func (d *Door) sameResult(i *Interface) *Interface {
	of := element(i.Endpoint.Result)
	if of == nil {
		return i
	}
	return d.Interfaces[slices.IndexFunc(d.Interfaces, func(other *Interface) bool { return element(other.Endpoint.Result) == of })]
}

// element is the type of a declaration, or of its items.
func element(declared any) reflect.Type {
	t := reflect.TypeOf(declared)
	if t != nil && t.Kind() == reflect.Slice {
		return t.Elem()
	}
	return t
}

// parameters are those of the path and the interface's own.
func (i *Interface) parameters() *Schema {
	all := &Schema{Type: "object"}
	for _, name := range i.inPath() {
		all.add(Property{Name: name, Required: true, Schema: &Schema{Type: "string", Description: pathDocs[name]}})
	}
	for _, p := range i.Params.Properties {
		all.add(p)
	}
	return all
}

func (e *Example) write(b *bytes.Buffer) {
	if e == nil {
		return
	}
	fmt.Fprintf(b, "\n```sh\n%s\n```\n", e.Curl())
	language := "text"
	if strings.HasPrefix(e.Answer, "{") || strings.HasPrefix(e.Answer, "[") {
		language = "json"
	}
	if e.Status != 200 {
		fmt.Fprintf(b, "\nHTTP status %d:\n", e.Status)
	}
	fmt.Fprintf(b, "\n```%s\n%s\n```\n", language, strings.TrimRight(e.Answer, "\n"))
}
