package integration

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestForeignBytes: whatever bytes a request contains, the answer is valid in the form that it declares, the log stays one
// line of JSON per event, and the inspector shows the request and its neighbours.
func TestForeignBytes(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, account := p.Apps[0], p.Accounts[0]
	// Not UTF-8: two bytes of no character, a character of GBK, one cut off, one in its overlong form, half a surrogate pair.
	foreign := []string{"\xff\xfe", "\xd6\xd0", "\xe4\xb8", "\xc0\xaf", "\xed\xa0\x80"}
	// Cut at any length, a long text ends within a character.
	foreign = append(foreign, strings.Repeat("测", 1400), "x"+strings.Repeat("测", 1400), "xx"+strings.Repeat("测", 1400))
	escaped := func(text string) string {
		var b strings.Builder
		for _, c := range []byte(text) {
			fmt.Fprintf(&b, "%%%02x", c)
		}
		return b.String()
	}
	sent := 0
	send := func(method, target, headers, body string) {
		t.Helper()
		conn := dial(t, p)
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(rookery.Patience)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s", method, target, headers, len(body), body)
		rsp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s %.60q: %v", method, target, err)
		}
		defer rsp.Body.Close()
		answer, err := io.ReadAll(rsp.Body)
		media := rsp.Header.Get("Content-Type")
		text := string(answer)
		asJSON := strings.HasPrefix(media, "application/json")
		if strings.HasPrefix(text, "{") {
			asJSON = true // of OpenAPI, as HTML
		}
		if inner, wrapped := strings.CutPrefix(text, "callback( "); wrapped {
			text, asJSON = strings.TrimSuffix(inner, " );\n"), true
		}
		if err != nil || !utf8.Valid(answer) || asJSON && !json.Valid([]byte(text)) {
			t.Errorf("%s %.60q: status %d, %s, the answer is %q, %v", method, target, rsp.StatusCode, media, answer, err)
		}
		if rsp.Header.Get("X-Request-Id") != "" && !strings.HasPrefix(target, "/dev/") {
			sent++
		}
	}
	for _, text := range foreign {
		v5 := verifyLogin(p, account)
		v3 := rookery.NewV3Call(app, "/auth/verify_login", fmt.Sprintf(`{"appid":%s,"openid":"%s","openkey":"%s"}`, app.AppID, text, text))
		open := rookery.NewOpenAPICall(app, "/v3/user/get_info", account.OpenIDs[app.AppID], account.Openkeys[app.AppID]).With("x", text)
		badKey := v5.WithBody(strings.Replace(v5.Body, "{", `{"x":"`+text+`",`, 1))
		right := badKey
		badKey.Key += "x"
		openBad := open
		openBad.Key += "x"
		v3Bad := v3
		v3Bad.Key += "x"

		send("POST", right.Target(), "", right.Body)
		send("POST", badKey.Target(), "", badKey.Body)
		send("POST", v3.Target(), "", v3.Body)
		send("POST", v3Bad.Target()+"&msdkExtInfo="+escaped(text), "", v3.Body)
		send("GET", open.Path+"?"+open.Form(), "", "")
		send("GET", openBad.Path+"?"+openBad.Form(), "", "")
		send("GET", openBad.With("pf", "qqgame").Path+"?"+openBad.With("pf", "qqgame").Form(), "", "")
		send("GET", open.Path+"?"+open.With("pf", text).Form(), "", "")
		send("POST", open.Path, "Content-Type: text/plain\r\n", "x="+text+"&openid="+text)
		send("POST", open.Path, "Content-Type: multipart/form-data; boundary=b\r\n", "--b\r\nContent-Disposition: form-data; name=\""+text+"\"\r\n\r\n"+text+"\r\n--b--\r\n")
		for _, path := range []string{"/v2/", "/relation/", "/v3/", "/oauth2.0/", "/user/", "/account/", "/admin/", "/"} {
			send("GET", path+escaped(text), "", "")
			if len(text) < 10 {
				send("GET", path+text+"?seq="+text, "", "")
			}
		}
		for _, path := range []string{
			"/v2/auth/verify_login", "/auth/verify_login", "/v3/user/get_info", "/oauth2.0/token", "/oauth2.0/me", "/user/get_user_info", "/oauth2.0/authorize",
			"/oauth2.0/show", "/oauth2.0/introspect", "/account/", "/admin/v1/apps",
		} {
			for _, name := range []string{"seq", "msdkExtInfo", "appid", "fmt", "state", "scope", "grant_type", "client_id", "access_token", "error", escaped(text)} {
				send("GET", path+"?"+name+"="+escaped(text), "", "")
				send("POST", path, "Content-Type: application/x-www-form-urlencoded\r\n", name+"="+text)
			}
			if len(text) < 10 {
				for _, header := range []string{"Content-Type", "Content-Encoding", "Content-Encrypt", "Accept-Language", "Authorization", "Cookie", "Origin", "User-Agent", "X-Forwarded-For", "X-Request-Id"} {
					send("POST", path, header+": "+text+"\r\n", "x")
				}
				send("POST", path, "Authorization: "+rookery.Basic(app.AppID, text)+"\r\nContent-Type: application/x-www-form-urlencoded\r\n", "token="+escaped(text))
				send("POST", path, "Authorization: "+rookery.Basic(app.AppID, app.AppKey)+"\r\nContent-Type: application/x-www-form-urlencoded\r\n", "token="+escaped(text)+"&token_type_hint="+escaped(text))
			}
			send("POST", path, "Content-Type: application/json\r\n", `{"`+text+`":"`+text+`"}`)
		}
	}
	status, window, err := p.AdminRaw("GET", "/dev/v1/requests?limit=1000", nil)
	var shown []any
	if err != nil || status != http.StatusOK || !utf8.Valid(window) || json.Unmarshal(window, &shown) != nil {
		t.Fatalf("the inspector answers status %d, %.200q, %v", status, window, err)
	}
	if len(shown) != min(sent, 1000) {
		t.Errorf("the inspector shows %d requests of %d", len(shown), sent)
	}
	for _, args := range [][]string{{"--json"}, nil} {
		if status, out, errOut := on(t, p, append([]string{"dev", "requests", "--limit", "1000"}, args...)...); status != 0 || !utf8.ValidString(out) || strings.Contains(out, "\x1b") {
			t.Errorf("dev requests %v: status %d, %s", args, status, errOut)
		}
	}
	p.Stop(t)
	for line := range strings.Lines(p.Log()) {
		if !utf8.ValidString(line) || !json.Valid([]byte(line)) {
			t.Errorf("the log has %q", line)
		}
	}
}
