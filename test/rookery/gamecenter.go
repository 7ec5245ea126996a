package rookery

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// GameCenterPath is the path of the Game Center's commands.
const GameCenterPath = "/cgi-bin/QQConnect.fcgi"

// GameCall is one call of the Game Center.
type GameCall struct {
	Method string // GET when it is empty
	Params map[string]string
	Key    string // to sign with; "" for a call without a signature
	Sign   string // sent instead of the right one when it is not empty
	Raw    string // added to the form as it is
}

// NewGameCall returns a game's call of a command for a player, signed with the appkey.
func NewGameCall(app App, cmd, openid, token string) GameCall {
	return GameCall{Key: app.AppKey, Params: map[string]string{
		"cmd": cmd, "oauth_consumer_key": app.AppID, "openid": openid, "access_token": token,
	}}
}

// NewTicketCall returns a page's call of a command, without the ticket.
func NewTicketCall(app App, cmd string) GameCall {
	return GameCall{Params: map[string]string{"cmd": cmd, "oauth_consumer_key": app.AppID}}
}

// With returns the call with one parameter added or changed.
func (c GameCall) With(name, value string) GameCall {
	c.Params = maps.Clone(c.Params)
	c.Params[name] = value
	return c
}

// Without returns the call without a parameter.
func (c GameCall) Without(name string) GameCall {
	c.Params = maps.Clone(c.Params)
	delete(c.Params, name)
	return c
}

// Form returns the signed parameters as sent (msdk-v3.md, 9.2, written a second time).
func (c GameCall) Form() string {
	sent := make(url.Values)
	text := c.Key
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		text += "$" + name + "$" + c.Params[name]
		sent.Set(name, c.Params[name])
	}
	sum := md5.Sum([]byte(text + c.Key))
	switch {
	case c.Sign != "":
		sent.Set("sign", c.Sign)
	case c.Key != "":
		sent.Set("sign", hex.EncodeToString(sum[:]))
	}
	return sent.Encode() + c.Raw
}

// GameAnswer is the answer to a call of the Game Center.
type GameAnswer struct {
	Reply
	Ret  int            `json:"ret"`
	Msg  string         `json:"msg"`
	Data map[string]any `json:"data"`
}

// CallGame sends a call and returns its answer, which must be JSON. A POST has its parameters as a form.
func (p *Platform) CallGame(t testing.TB, call GameCall) (a GameAnswer) {
	t.Helper()
	reply, err := p.TryCallGame(call)
	if err != nil {
		t.Fatal(err)
	}
	return GameAnswerOf(t, reply)
}

// TryCallGame is CallGame for platforms that may be gone. It does not read the answer.
func (p *Platform) TryCallGame(call GameCall) (Reply, error) {
	target, body := GameCenterPath, call.Form()
	if call.Method == "" {
		call.Method = http.MethodGet
	}
	if call.Method == http.MethodGet {
		target, body = target+"?"+body, ""
	}
	req, err := http.NewRequest(call.Method, p.URL+target, strings.NewReader(body))
	if err != nil {
		return Reply{}, err
	}
	if body != "" {
		req.Header.Set("Content-Type", mediaForm)
	}
	return trySend(p.client, req)
}

// GameAnswerOf reads an answer in JSON.
func GameAnswerOf(t testing.TB, r Reply) (a GameAnswer) {
	t.Helper()
	a.Reply = r
	if err := json.Unmarshal([]byte(r.Body), &a); err != nil {
		t.Fatalf("the answer %q: %v", r.Body, err)
	}
	return a
}
