package rookery

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// OpenAPICall is one call of OpenAPI V3.
type OpenAPICall struct {
	Method string // GET when it is empty
	Path   string // from /v3/ on
	Params map[string]string
	Key    string // to sign with
	Sig    string // sent instead of the right one when it is not empty
	From   string // the address from which a proxy says the call came; "" for no proxy
}

// NewOpenAPICall returns a call for a user, signed with the appkey.
func NewOpenAPICall(app App, path, openid, openkey string) OpenAPICall {
	return OpenAPICall{Path: path, Key: app.AppKey, Params: map[string]string{
		"appid": app.AppID, "openid": openid, "openkey": openkey, "pf": "qzone",
	}}
}

// With returns the call with one parameter added or changed.
func (c OpenAPICall) With(name, value string) OpenAPICall {
	c.Params = maps.Clone(c.Params)
	c.Params[name] = value
	return c
}

// Without returns the call without a parameter.
func (c OpenAPICall) Without(name string) OpenAPICall {
	c.Params = maps.Clone(c.Params)
	delete(c.Params, name)
	return c
}

// percent encodes all characters except those that OpenAPI leaves (qq-connect-openapi.md, B.4, written a second time).
func percent(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte("-_.", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// Form returns the signed parameters as sent.
func (c OpenAPICall) Form() string {
	var plain, sent []string
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		plain = append(plain, name+"="+c.Params[name])
		sent = append(sent, percent(name)+"="+percent(c.Params[name]))
	}
	sig := c.Sig
	if sig == "" {
		mac := hmac.New(sha1.New, []byte(c.Key+"&"))
		mac.Write([]byte(c.method() + "&" + percent(c.Path) + "&" + percent(strings.Join(plain, "&"))))
		sig = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(append(sent, "sig="+percent(sig)), "&")
}

func (c OpenAPICall) method() string {
	if c.Method == "" {
		return http.MethodGet
	}
	return c.Method
}

// OpenAPIAnswer is the answer to a call of OpenAPI V3.
type OpenAPIAnswer struct {
	Reply
	Fields map[string]any // of a JSON answer

	Ret int    `json:"ret"`
	Msg string `json:"msg"`
}

// CallOpenAPI sends a call, a POST with its parameters as a form, and returns its answer.
func (p *Platform) CallOpenAPI(t testing.TB, call OpenAPICall) OpenAPIAnswer {
	t.Helper()
	target, body := call.Path, call.Form()
	if call.method() == http.MethodGet {
		target, body = target+"?"+body, ""
	}
	req := request(t, call.method(), p.URL+target, mediaForm, body)
	if call.From != "" {
		req.Header.Set("X-Forwarded-For", call.From)
	}
	return p.sendOpenAPI(t, req)
}

// SendOpenAPI sends any request to the door and returns its answer.
func (p *Platform) SendOpenAPI(t testing.TB, method, target, contentType, body string) OpenAPIAnswer {
	t.Helper()
	return p.sendOpenAPI(t, request(t, method, p.URL+target, contentType, body))
}

func (p *Platform) sendOpenAPI(t testing.TB, req *http.Request) OpenAPIAnswer {
	t.Helper()
	a := OpenAPIAnswer{Reply: send(t, p.client, req)}
	if strings.HasPrefix(a.Body, "{") {
		if err := json.Unmarshal([]byte(a.Body), &a); err != nil {
			t.Fatalf("%s: the answer %q: %v", req.URL.Path, a.Body, err)
		}
		if err := json.Unmarshal([]byte(a.Body), &a.Fields); err != nil {
			t.Fatal(err)
		}
	}
	return a
}
