package reference

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/rookeryhq/rookery/retcode"
)

// The parts of an OpenAPI 3.1 document that this package writes, in the order in which it writes them.
type (
	document struct {
		OpenAPI    string      `yaml:"openapi"`
		Info       info        `yaml:"info"`
		Servers    []server    `yaml:"servers"`
		Tags       []tag       `yaml:"tags"`
		Paths      ordered     `yaml:"paths"`
		Components components  `yaml:"components"`
		Codes      codeEntries `yaml:"x-return-codes"`
	}
	info struct {
		Title       string `yaml:"title"`
		Version     string `yaml:"version"`
		Summary     string `yaml:"summary"`
		Description string `yaml:"description"`
		License     struct {
			Name       string `yaml:"name"`
			Identifier string `yaml:"identifier"`
		} `yaml:"license"`
	}
	server struct {
		URL         string `yaml:"url"`
		Description string `yaml:"description"`
	}
	tag struct {
		Name        string `yaml:"name"`
		Description string `yaml:"description"`
	}
	components struct {
		SecuritySchemes map[string]securityScheme `yaml:"securitySchemes"`
	}
	securityScheme struct {
		Type        string `yaml:"type"`
		Scheme      string `yaml:"scheme"`
		Description string `yaml:"description"`
	}
	operation struct {
		OperationID string                `yaml:"operationId"`
		Tags        []string              `yaml:"tags,flow"`
		Summary     string                `yaml:"summary"`
		Description string                `yaml:"description,omitempty"`
		Signature   string                `yaml:"x-signature,omitempty"`
		Codes       []string              `yaml:"x-return-codes,omitempty,flow"`
		Security    []map[string][]string `yaml:"security,omitempty"`
		Parameters  []parameter           `yaml:"parameters,omitempty"`
		RequestBody *requestBody          `yaml:"requestBody,omitempty"`
		Responses   ordered               `yaml:"responses"`
	}
	parameter struct {
		Name        string  `yaml:"name"`
		In          string  `yaml:"in"`
		Required    bool    `yaml:"required,omitempty"`
		Description string  `yaml:"description,omitempty"`
		Example     string  `yaml:"example,omitempty"`
		Schema      *Schema `yaml:"schema"`
	}
	requestBody struct {
		Required bool             `yaml:"required"`
		Content  map[string]media `yaml:"content"`
	}
	response struct {
		Description string           `yaml:"description"`
		Content     map[string]media `yaml:"content,omitempty"`
	}
	media struct {
		Schema   *Schema            `yaml:"schema,omitempty"`
		Example  any                `yaml:"example,omitempty"`
		Examples map[string]example `yaml:"examples,omitempty"`
	}
	example struct {
		Summary string `yaml:"summary"`
		Value   any    `yaml:"value"`
	}
	codeEntry struct {
		Meaning string `yaml:"meaning"`
		Remedy  string `yaml:"remedy"`
		Class   string `yaml:"class"`
	}
)

// ordered is a mapping that keeps its order.
type ordered []pair

type pair struct {
	name  string
	value any
}

// MarshalYAML implements yaml.Marshaler.
func (o ordered) MarshalYAML() (any, error) {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, p := range o {
		var name, value yaml.Node
		name.SetString(p.name)
		if err := value.Encode(p.value); err != nil {
			return nil, err
		}
		node.Content = append(node.Content, &name, &value)
	}
	return node, nil
}

type codeEntries = ordered

const (
	formMedia = "application/x-www-form-urlencoded"
	jsonMedia = "application/json"
)

// OpenAPI returns all interfaces as one document.
func (r *Reference) OpenAPI() ([]byte, error) {
	doc := document{
		OpenAPI: "3.1.0",
		Servers: []server{{"http://127.0.0.1:8700", "rookery dev"}},
		Components: components{map[string]securityScheme{
			"operator": {"http", "bearer", "an operator's token, or that of the server's admin token file"},
			"app":      {"http", "basic", "appid and appkey"},
		}},
	}
	doc.Info = info{
		Title: "Rookery", Version: "1", Summary: "A self-hosted game platform that speaks the QQ channel's server interfaces.",
		Description: "Made from what the doors declare; the pages of docs/api say the same to people. x-signature says how `rookery sign` calls the signature of a call, x-return-codes which codes it may answer.",
	}
	doc.Info.License.Name, doc.Info.License.Identifier = "Apache-2.0", "Apache-2.0"
	var codes []retcode.Code
	for _, door := range r.Doors {
		doc.Tags = append(doc.Tags, tag{door.Guide.Title, link.ReplaceAllString(door.Guide.About, "$1")})
		codes = append(codes, door.codes()...)
		for _, one := range door.Interfaces {
			for _, method := range strings.Fields(one.Method) {
				doc.add(door, one, method)
			}
		}
	}
	slices.SortFunc(codes, compare)
	for _, c := range slices.Compact(codes) {
		entry := c.Entry()
		doc.Codes = append(doc.Codes, pair{codeName(c), codeEntry{entry.Summary, entry.Remedy, entry.Class.String()}})
	}
	var b bytes.Buffer
	b.WriteString("# Made by go generate from what the doors in internal/api declare.\n")
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(doc); err != nil {
		return nil, err
	}
	return b.Bytes(), encoder.Close()
}

// link is a link of Markdown, which leads nowhere outside docs/api.
var link = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)

func codeName(c retcode.Code) string { return fmt.Sprintf("%s/%d", c.Domain(), c.Number()) }

// add adds an operation, to the item of its path if there is one.
func (doc *document) add(door *Door, one *Interface, method string) {
	op := door.operation(one, method)
	named := pair{strings.ToLower(method), op}
	path := one.ShownPath()
	i := slices.IndexFunc(doc.Paths, func(p pair) bool { return p.name == path })
	if i < 0 {
		doc.Paths = append(doc.Paths, pair{path, ordered{named}})
		return
	}
	doc.Paths[i].value = append(doc.Paths[i].value.(ordered), named)
}

func (d *Door) operation(one *Interface, method string) *operation {
	op := &operation{
		OperationID: operationID(method, one.ShownPath()), Tags: []string{d.Guide.Title}, Summary: one.Summary, Signature: one.signature(),
	}
	if one.Permission != "" {
		op.Description = "An app needs the permission `" + one.Permission + "`."
	}
	if one.Role != nil {
		op.Description = "It needs the role " + one.Role.String() + "."
	}
	for _, c := range one.Codes {
		op.Codes = append(op.Codes, codeName(c))
	}
	switch checks := steps(one.Checks); {
	case slices.Contains(checks, "bearer"):
		op.Security = []map[string][]string{{"operator": {}}}
	case slices.Contains(checks, "connect-basic"):
		op.Security = []map[string][]string{{"app": {}}}
	}
	for _, name := range one.inPath() {
		op.Parameters = append(op.Parameters, parameter{Name: name, In: "path", Required: true, Description: pathDocs[name], Schema: &Schema{Type: "string"}})
	}
	example := one.Examples.Success.params()
	form := &Schema{Type: "object"}
	for _, p := range append(slices.Clone(one.Params.Properties), d.Params.Properties...) {
		form.add(p)
	}
	inForm := d.Guide.Form && method == http.MethodPost
	if inForm && len(form.Properties) > 0 {
		op.RequestBody = &requestBody{true, map[string]media{formMedia: {Schema: form, Example: formValue(example, form)}}}
	} else {
		for _, p := range form.Properties {
			schema := *p.Schema
			schema.Description = ""
			op.Parameters = append(op.Parameters, parameter{Name: p.Name, In: "query", Required: p.Required, Description: p.Description, Example: example.Get(p.Name), Schema: &schema})
		}
	}
	if one.Endpoint.Action.Body != nil {
		content := media{Schema: one.Body}
		if e := one.Examples.Success; e != nil {
			content.Example = jsonValue(e.Body)
		}
		op.RequestBody = &requestBody{true, map[string]media{jsonMedia: content}}
	}
	op.Responses = d.responses(one)
	return op
}

// operationID is the method and the words of the path.
func operationID(method, path string) string {
	words := strings.FieldsFunc(strings.ToLower(method)+path, func(r rune) bool { return strings.ContainsRune("/{}.-", r) })
	if strings.HasSuffix(path, "/") { // beside the path without it
		words = append(words, "index")
	}
	return strings.Join(words, "_")
}

func (d *Door) responses(one *Interface) ordered {
	schema := one.Result
	if len(d.Result.Properties) > 0 {
		schema = &Schema{Type: "object"}
		for _, p := range d.Result.Properties {
			schema.add(p)
		}
		for _, p := range one.Result.Properties {
			p.Required = false // a refusal has only the door's
			schema.add(p)
		}
	}
	ok := response{Description: "the answer", Content: map[string]media{}}
	content := media{Schema: schema, Examples: map[string]example{}}
	if e := one.Examples.Success; e != nil {
		content.Examples["success"] = example{"a success", jsonValue(e.Answer)}
	}
	var responses ordered
	if e := one.Examples.Refusal; e != nil {
		refused := example{"a refusal", jsonValue(e.Answer)}
		if e.Status == http.StatusOK {
			content.Examples["refusal"] = refused
		} else {
			responses = append(responses, pair{fmt.Sprint(e.Status), response{"a refusal", map[string]media{d.media(): {Examples: map[string]example{"refusal": refused}}}}})
		}
	}
	ok.Content[d.media()] = content
	status := "200"
	if e := one.Examples.Success; e != nil {
		status = fmt.Sprint(e.Status)
	}
	return append(ordered{{status, ok}}, responses...)
}

// media is the media type of the door's answers.
func (d *Door) media() string { return cmp.Or(d.Guide.Media, jsonMedia) }

// params are the parameters of an example, in its URL or in its form.
func (e *Example) params() url.Values {
	if e == nil {
		return nil
	}
	_, query, _ := strings.Cut(e.Target, "?")
	if e.Media == formMedia {
		query += "&" + e.Body
	}
	values, _ := url.ParseQuery(query) // of a request that was served
	return values
}

// formValue returns the parameters as the example of a form; nil for none.
func formValue(params url.Values, form *Schema) any {
	var all ordered
	for _, p := range form.Properties {
		if params.Has(p.Name) {
			all = append(all, pair{p.Name, params.Get(p.Name)})
		}
	}
	if all == nil {
		return nil
	}
	return all
}

// jsonValue returns a text that is JSON as a value, and any other as it is.
func jsonValue(text string) any {
	var node yaml.Node
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") || yaml.Unmarshal([]byte(text), &node) != nil {
		return text
	}
	return node.Content[0]
}
