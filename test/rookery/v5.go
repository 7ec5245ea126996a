package rookery

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// Call is one call of MSDK V5, by a game's back end or its client.
type Call struct {
	Method string            // POST when it is empty
	Path   string            // from /v2/ on
	Query  map[string]string // as sent, without sig
	Body   string
	Key    string      // to sign with
	Client bool        // sign as the client SDK does
	Sig    string      // sent instead of the right one when it is not empty
	Header http.Header // further headers, such as a proxy's
}

// NewCall returns a call with the parameters that a back end sends, signed with the key of source 0.
func NewCall(app App, path, body string) Call {
	return Call{
		Path: path, Body: body, Key: app.SigKeys["0"],
		Query: map[string]string{
			"channelid": "2", "gameid": app.GameID, "os": "4", "source": "0", "ts": fmt.Sprint(time.Now().Unix()),
		},
	}
}

// With returns the call with one parameter added or changed.
func (c Call) With(name, value string) Call {
	c.Query = maps.Clone(c.Query)
	c.Query[name] = value
	return c
}

// Without returns the call without a parameter.
func (c Call) Without(name string) Call {
	c.Query = maps.Clone(c.Query)
	delete(c.Query, name)
	return c
}

// WithBody returns the call with another body.
func (c Call) WithBody(body string) Call {
	c.Body = body
	return c
}

// Target returns the signed path and query.
func (c Call) Target() string {
	params := c.params()
	sig := c.Sig
	if sig == "" {
		sig = c.sign(params)
	}
	return c.Path + "?" + params + "&sig=" + sig
}

func (c Call) params() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(c.Query)) {
		pairs = append(pairs, name+"="+c.Query[name])
	}
	return strings.Join(pairs, "&")
}

// sign implements msdk-v5.md, 2.1 and 2.4, a second time, so that the platform's own code does not vouch for itself.
func (c Call) sign(params string) string {
	if c.Client {
		return hexMD5(c.Path+"?"+params+c.Key+c.Body) + "1"
	}
	return hexMD5(c.Path + "?" + params + c.Body + c.Key)
}

func hexMD5(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Answer is the answer to a call.
type Answer struct {
	Status int
	Header http.Header
	Body   string

	// From a body that is a JSON object.
	Ret    int
	Msg    string
	Seq    string
	Fields map[string]any
}

// JSON reports whether the body was a JSON object, as every answer but decrypt's success is.
func (a Answer) JSON() bool { return a.Fields != nil }

// Text returns a member that is a string; "" for any other.
func (a Answer) Text(name string) string {
	text, _ := a.Fields[name].(string)
	return text
}

// Call sends a call and returns its answer.
func (p *Platform) Call(t testing.TB, call Call) Answer {
	t.Helper()
	answer, err := p.TryCall(call)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// TryCall is Call for platforms that may be gone.
func (p *Platform) TryCall(call Call) (Answer, error) {
	method := call.Method
	if method == "" {
		method = http.MethodPost
	}
	req, err := http.NewRequest(method, p.URL+call.Target(), strings.NewReader(call.Body))
	if err != nil {
		return Answer{}, err
	}
	maps.Copy(req.Header, call.Header)
	rsp, err := p.client.Do(req)
	if err != nil {
		return Answer{}, err
	}
	answer, err := ReadAnswer(rsp)
	if token, ok := answer.Fields["token"].(string); ok {
		p.Secret(token)
	}
	return answer, err
}

// ReadAnswer reads an answer of MSDK V5 to its end.
func ReadAnswer(rsp *http.Response) (Answer, error) {
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	a := Answer{Status: rsp.StatusCode, Header: rsp.Header, Body: string(body)}
	if err != nil || !strings.HasPrefix(a.Body, "{") {
		return a, err
	}
	var common struct {
		Ret      *int
		Msg, Seq *string
	}
	if err := json.Unmarshal(body, &common); err != nil {
		return a, err
	}
	if common.Ret != nil && common.Msg != nil && common.Seq != nil {
		a.Ret, a.Msg, a.Seq = *common.Ret, *common.Msg, *common.Seq
		err = json.Unmarshal(body, &a.Fields)
	}
	return a, err
}
