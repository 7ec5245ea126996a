package rookery

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Send sends any request unchanged. A body without a media type is a form.
func (p *Platform) Send(t testing.TB, method, target, media, body string) Reply {
	t.Helper()
	if media == "" {
		media = mediaForm
	}
	return send(t, p.client, request(t, method, p.URL+target, media, body))
}

// SendTo sends a GET that names another host than the platform's.
func (p *Platform) SendTo(t testing.TB, host, target string) Reply {
	t.Helper()
	req := request(t, http.MethodGet, p.URL+target, "", "")
	req.Host = host
	return send(t, p.client, req)
}

// Object returns the JSON object that an answer is.
func Object(t testing.TB, r Reply) (fields map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.Body), &fields); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	return fields
}

// Get calls one of the interfaces with parameters, given as name and value in turn.
func (p *Platform) Get(t testing.TB, path string, params ...string) Reply {
	t.Helper()
	return p.ask(t, http.MethodGet, path+"?"+Params(params...).Encode(), "", "")
}

// PostForm sends the parameters as a form. The Authorization header has the credentials of by, unless that is nil.
func (p *Platform) PostForm(t testing.TB, path string, by *App, params ...string) Reply {
	t.Helper()
	authorization := ""
	if by != nil {
		authorization = Basic(by.AppID, by.AppKey)
	}
	return p.PostAs(t, path, authorization, params...)
}

// PostAs sends the parameters as a form with an Authorization header, "" for none.
func (p *Platform) PostAs(t testing.TB, path, authorization string, params ...string) Reply {
	t.Helper()
	return p.PostRaw(t, path, authorization, Params(params...).Encode())
}

// PostRaw sends a form unchanged with an Authorization header, "" for none.
func (p *Platform) PostRaw(t testing.TB, path, authorization, form string) Reply {
	t.Helper()
	return p.ask(t, http.MethodPost, path, form, authorization)
}

// Basic returns an Authorization header (RFC 7617).
func Basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// Params returns the parameters given as name and value in turn.
func Params(pairs ...string) url.Values {
	values := make(url.Values)
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

func (p *Platform) ask(t testing.TB, method, path, form, authorization string) Reply {
	t.Helper()
	req := request(t, method, p.URL+path, mediaForm, form)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	return send(t, p.client, req)
}

// Code returns the number of a refusal of QQ Connect, in whichever of the three forms it came; 0 for none.
func (r Reply) Code() int {
	text := strings.TrimSuffix(strings.TrimPrefix(r.Body, "callback( "), " );\n")
	var refusal struct{ Error, Ret int }
	_ = json.Unmarshal([]byte(text), &refusal) // the form-encoded answer is neither JSON nor a refusal
	return refusal.Error + refusal.Ret
}

// Tokens are the tokens that the token interface answers.
type Tokens struct {
	AccessToken  string `json:"access_token"`
	ExpiresIn    string `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	OpenID       string `json:"openid"`
	OpenKey      string `json:"openkey"`
}

// Tokens reads the answer with fmt=json.
func (p *Platform) Tokens(t testing.TB, r Reply) (tokens Tokens) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.Body), &tokens); err != nil || tokens.AccessToken == "" {
		t.Fatalf("no tokens: %v in %s", err, r.Body)
	}
	p.Secret(tokens.AccessToken, tokens.RefreshToken, tokens.OpenKey)
	return tokens
}
