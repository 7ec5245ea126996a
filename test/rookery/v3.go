package rookery

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// V3Call is one call of MSDK V3.
type V3Call struct {
	Method string            // POST when it is empty
	Path   string            // from /auth/ on
	Query  map[string]string // as sent, without sig
	Body   string
	Key    string // to sign with
	Sig    string // sent instead of the right one when it is not empty
}

// NewV3Call returns a call with the parameters that a back end sends, signed with the msdkkey.
func NewV3Call(app App, path, body string) V3Call {
	return V3Call{
		Path: path, Body: body, Key: app.MSDKKey,
		Query: map[string]string{"timestamp": fmt.Sprint(time.Now().Unix()), "appid": app.AppID, "encode": "2"},
	}
}

// With returns the call with one parameter added or changed.
func (c V3Call) With(name, value string) V3Call {
	c.Query = maps.Clone(c.Query)
	c.Query[name] = value
	return c
}

// Without returns the call without a parameter.
func (c V3Call) Without(name string) V3Call {
	c.Query = maps.Clone(c.Query)
	delete(c.Query, name)
	return c
}

// Replace returns the call with new in place of the first old in its body, which must contain one.
func (c V3Call) Replace(t testing.TB, old, new string) V3Call {
	t.Helper()
	if !strings.Contains(c.Body, old) {
		t.Fatalf("the body %q has no %q", c.Body, old)
	}
	c.Body = strings.Replace(c.Body, old, new, 1)
	return c
}

// Target returns the path and the signed query (msdk-v3.md, 2.1, written a second time).
func (c V3Call) Target() string {
	sig := c.Sig
	if sig == "" {
		sig = hexMD5(c.Key + c.Query["timestamp"])
	}
	target := c.Path + "?"
	for _, name := range slices.Sorted(maps.Keys(c.Query)) {
		target += name + "=" + c.Query[name] + "&"
	}
	return target + "sig=" + sig
}

// V3Answer is the answer to a call of MSDK V3: always one JSON object.
type V3Answer struct {
	Reply

	Ret         int     `json:"ret"`
	Msg         string  `json:"msg"`
	ErrType     int     `json:"err_type"`
	MSDKExtInfo *string `json:"msdkExtInfo"`
	PF          string  `json:"pf"`
	PFKey       string  `json:"pfKey"`
}

// CallV3 sends a call, with the Content-Type of the documents' examples, and returns its answer.
func (p *Platform) CallV3(t testing.TB, call V3Call) V3Answer {
	t.Helper()
	method := call.Method
	if method == "" {
		method = http.MethodPost
	}
	a := V3Answer{Reply: send(t, p.client, request(t, method, p.URL+call.Target(), mediaForm, call.Body))}
	if err := json.Unmarshal([]byte(a.Body), &a); err != nil {
		t.Fatalf("%s: status %d, answer %q: %v", call.Path, a.Status, a.Body, err)
	}
	return a
}

// Fields returns all members of the answer.
func (a V3Answer) Fields(t testing.TB) (fields map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.Body), &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}
