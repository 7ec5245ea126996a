package admin

import (
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
)

// audited returns the interface with an entry in the audit log for each call that succeeds, unless readers may call it. What the
// handler writes to the store, and the entry, are one step; for a change outside it the handler records the entry first.
func (d *door) audited(e access.Endpoint) access.Endpoint {
	if *e.Role == platform.RoleReader {
		return e
	}
	handle := e.Handle
	e.Handle = func(c *access.Call) (any, error) {
		who := c.Input.(platform.Operator)
		c.Request = c.Request.WithContext(platform.WithAudit(c.Context(), &platform.Audit{Entry: platform.AuditEntry{
			AtMS: c.Start.UnixMilli(), By: who.Name, From: from(c), Action: c.Endpoint.Method + " " + c.Endpoint.Path, Object: object(c), RequestID: c.RequestID,
		}}))
		result, err := handle(c)
		if err != nil {
			return nil, err
		}
		return result, d.operators.Record(c.Context()) // what was shown, and what proved to be so already
	}
	return e
}

func from(c *access.Call) string {
	if peer := c.Peer(); peer.IsValid() {
		return peer.String()
	}
	return ""
}

// object is what a call is about: its path without the version, up to the last part that callers fill in.
func object(c *access.Call) string {
	parts := strings.Split(strings.TrimPrefix(c.Endpoint.Path, "/admin/v1/"), "/")
	end := len(parts)
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			parts[i], end = c.Request.PathValue(strings.TrimSuffix(name, "}")), i+1
		}
	}
	return strings.Join(parts[:end], "/")
}

// longestGiven bounds AuditEntry.Given, in bytes.
const longestGiven = 2048

// noteInput completes the call's entry by its body: with what it gives, and what it is about if only the body says so.
func noteInput(c *access.Call, in any) {
	a := platform.AuditOf(c.Context())
	if a == nil {
		return
	}
	if about, ok := in.(interface{ object() string }); ok {
		a.Entry.Object = about.object()
	}
	var members map[string]jsontext.Value
	_ = json.Unmarshal(c.Body, &members) // it has been read as an object
	t := reflect.TypeOf(in)
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if _, given := members[name]; given && field.Tag.Get("secret") == "true" {
			members[name] = jsontext.Value(`"` + hidden + `"`)
		}
	}
	text, _ := json.Marshal(members, json.Deterministic(true)) // of what was JSON
	if len(text) > longestGiven {
		text = text[:longestGiven]
		for !utf8.Valid(text) {
			text = text[:len(text)-1]
		}
	}
	a.Entry.Given = string(text)
}

func (d *door) listOperators(*access.Call) (any, error) { return d.operators.All(), nil }

// NewOperator is an operator to add.
type NewOperator struct {
	Name string                `json:"name" required:"true" doc:"1 to 32 characters of a-z, 0-9, dot, underscore and hyphen; the first is a letter"`
	Role platform.OperatorRole `json:"role,omitzero" oneof:"reader operator owner" def:"reader" doc:"what the operator may do"`
}

// NamedOperator is an operator, with the token if it is new.
type NamedOperator struct {
	platform.Operator
	Token string `json:"token,omitzero" doc:"the operator's token, if it is new: it is not shown again"`
}

func (d *door) addOperator(c *access.Call, in NewOperator) (any, error) {
	o, token, err := d.operators.Add(c.Context(), in.Name, in.Role)
	return created{NamedOperator{o, token}}, err
}

// OperatorChange is a change of an operator. A missing member stays as it is.
type OperatorChange struct {
	Role     *platform.OperatorRole `json:"role,omitzero" oneof:"reader operator owner" doc:"what the operator may do from then on"`
	NewToken bool                   `json:"new_token,omitzero" doc:"makes another token; the old one ends"`
}

func (d *door) updateOperator(c *access.Call, name string, in OperatorChange) (any, error) {
	if in.Role == nil && !in.NewToken {
		return nil, platform.Invalidf("", "nothing is to be changed: give role or new_token")
	}
	o, token, err := d.operators.Update(c.Context(), name, in.Role, in.NewToken)
	return NamedOperator{o, token}, err
}

func (d *door) removeOperator(c *access.Call, name string) (any, error) {
	return Removed{}, d.operators.Remove(c.Context(), name)
}

// auditFields are the parameters of the audit log's list.
type auditFields struct {
	SinceMS int64  `json:"since_ms" min:"0" def:"0" doc:"lists entries from this time on, in epoch milliseconds"`
	By      string `json:"by" doc:"lists what this operator did"`
	Object  string `json:"object" doc:"lists what was about this object or a part of it, such as apps/100700001"`
	Before  int64  `json:"before" min:"0" def:"0" doc:"lists entries before the one with this id: the last of the previous page"`
	Limit   int    `json:"limit" min:"0" max:"1000" def:"100" doc:"how many to list at most"`
}

func (d *door) listAudit(c *access.Call) (any, error) {
	since, err := QueryNumber(c, "since_ms", 0, 1<<63-1)
	if err != nil {
		return nil, err
	}
	before, err := QueryNumber(c, "before", 0, 1<<63-1)
	if err != nil {
		return nil, err
	}
	limit, err := QueryNumber(c, "limit", 100, maxPage)
	if err != nil {
		return nil, err
	}
	filter := platform.AuditFilter{SinceMS: int64(since), By: c.Query.Get("by"), Object: c.Query.Get("object"), Before: int64(before)}
	return d.operators.Entries(c.Context(), filter, int(limit))
}
