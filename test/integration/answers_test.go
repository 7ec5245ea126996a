package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// force makes an interface answer a code.
func force(t *testing.T, p *rookery.Platform, api, code string, more ...string) {
	t.Helper()
	if status, _, stderr := on(t, p, append([]string{"dev", "answer", "--api", api, "--code", code}, more...)...); status != 0 {
		t.Fatalf("%s %s: status %d, %s", api, code, status, stderr)
	}
}

// TestAForcedAnswerIsAsTheRealOne forces a code at each door, and compares the answer with that to a call for which the code's
// condition holds.
func TestAForcedAnswerIsAsTheRealOne(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	app, ann, ben := p.Apps[0], p.Accounts[0], p.Accounts[1]
	p.SetApp(t, app, rookery.Settings{"grant": []string{"gamecenter"}, "redirect_uris": []string{"http://127.0.0.1/callback"}})
	openid, token := ann.OpenIDs[app.AppID], ann.AccessTokens[app.AppID]
	expired := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: p.Accounts[2].UIN, Kind: "access", Lifetime: "0s"})
	expiredMSDK := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: p.Accounts[2].UIN, Kind: "msdk", Lifetime: "0s"})

	v5 := func(call rookery.Call) rookery.Reply {
		return p.Send(t, http.MethodPost, call.With("seq", "7").Target(), "application/json", call.Body)
	}
	v3 := func(openid, token string) rookery.Reply {
		call := rookery.NewV3Call(app, "/auth/verify_login", fmt.Sprintf(`{"appid":%s,"openid":"%s","openkey":"%s"}`, app.AppID, openid, token))
		return p.Send(t, http.MethodPost, call.Target(), "", call.Body)
	}
	get := func(call rookery.OpenAPICall) rookery.Reply {
		return p.Send(t, http.MethodGet, call.Path+"?"+call.Form(), "", "")
	}
	info := rookery.NewOpenAPICall(app, "/v3/user/get_info", openid, ann.Openkeys[app.AppID])
	ark := func() rookery.Reply {
		call := rookery.OpenAPICall{Method: http.MethodPost, Path: "/share/ark", Key: app.AppKey, Params: map[string]string{
			"appid": app.AppID, "openid": openid, "fopenid": ben.OpenIDs[app.AppID], "accesstoken": token, "scene": "demo", "extraJSON": `{"title":"A heart"}`,
		}}
		return p.Send(t, http.MethodPost, call.Path, "", call.Form())
	}
	userInfo := func(openid, token string) rookery.Reply {
		return p.Get(t, "/user/get_user_info", "oauth_consumer_key", app.AppID, "openid", openid, "access_token", token)
	}
	game := func() rookery.Reply {
		call := rookery.NewGameCall(app, "gc_profile", openid, token)
		return p.Send(t, http.MethodGet, rookery.GameCenterPath+"?"+call.Form(), "", "")
	}
	// setting makes the condition hold by a setting of the app, for one call.
	setting := func(name string, bad, good any, call func() rookery.Reply) func() rookery.Reply {
		return func() rookery.Reply {
			p.SetApp(t, app, rookery.Settings{name: bad})
			defer p.SetApp(t, app, rookery.Settings{name: good})
			return call()
		}
	}
	login := verifyLogin(p, ann)
	for _, test := range []struct {
		name, api, code string
		call, real      func() rookery.Reply // without the code's condition, and with it
		body            string               // of the real answer, or a part of it
	}{
		{
			"MSDK V5, the token check", "/v2/auth/verify_login", "qq/100014",
			func() rookery.Reply { return v5(login) },
			func() rookery.Reply {
				return v5(login.WithBody(fmt.Sprintf(`{"openid":"%s","token":"%s"}`, expiredMSDK.MSDKOpenID, expiredMSDK.Token)))
			},
			`{"ret":100014,"msg":"oidb decode0x711 failed, ret: 65","seq":"7"}`,
		},
		{
			"MSDK V3, the token check", "/auth/verify_login", "qq/100014",
			func() rookery.Reply { return v3(openid, token) }, func() rookery.Reply { return v3(expired.OpenID, expired.Token) },
			`{"ret":-10000,"msg":"100014,oidb decode0x711 failed, ret:65","err_type":2}`,
		},
		{
			"MSDK V3, a number of its own", "/auth/verify_login", "qq/100011",
			func() rookery.Reply { return v3(openid, token) }, setting("online", false, true, func() rookery.Reply { return v3(openid, token) }),
			`"ret":-10000,"msg":"100011,`,
		},
		{
			"OpenAPI", "/v3/user/get_info", "qq/-7",
			func() rookery.Reply { return get(info) }, setting("require_tls", true, false, func() rookery.Reply { return get(info) }),
			`{"ret":-7,"msg":"`,
		},
		{
			"OpenAPI in XML", "/v3/user/get_info", "qq/-7",
			func() rookery.Reply { return get(info.With("format", "xml")) },
			setting("require_tls", true, false, func() rookery.Reply { return get(info.With("format", "xml")) }),
			`<data><ret>-7</ret><msg>`,
		},
		{
			"Ark messages", "/share/ark", "qq/-7",
			ark, setting("require_tls", true, false, ark),
			`{"ret":-7,"msg":"`,
		},
		{
			"QQ Connect", "/oauth2.0/me", "qq/100014",
			func() rookery.Reply { return p.Get(t, "/oauth2.0/me", "access_token", token) },
			func() rookery.Reply { return p.Get(t, "/oauth2.0/me", "access_token", expired.Token) },
			`callback( {"error":100014,"error_description":"`,
		},
		{
			"a status of HTTP", "/oauth2.0/introspect", "qq/-7",
			func() rookery.Reply { return p.PostForm(t, "/oauth2.0/introspect", &app, "token", token) },
			setting("require_tls", true, false, func() rookery.Reply {
				return p.PostForm(t, "/oauth2.0/introspect", &app, "token", token)
			}),
			`{"error":-7,`,
		},
		{
			"a profile of QQ Connect", "/user/get_user_info", "qq/-23",
			func() rookery.Reply { return userInfo(openid, token) }, func() rookery.Reply { return userInfo(expired.OpenID, expired.Token) },
			`"ret":-23`,
		},
		{
			"a page", "/oauth2.0/authorize", "qq/100011",
			func() rookery.Reply {
				return p.Send(t, http.MethodGet, rookery.AuthorizePath(app, "http://127.0.0.1/callback"), "", "")
			},
			setting("online", false, true, func() rookery.Reply {
				return p.Send(t, http.MethodGet, rookery.AuthorizePath(app, "http://127.0.0.1/callback"), "", "")
			}),
			"switched off",
		},
		{
			"the Game Center", rookery.GameCenterPath + "?cmd=gc_profile", "qq/100011",
			game, setting("online", false, true, game),
			`{"ret":100011,"msg":"`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := test.call()
			force(t, p, test.api, test.code, "--times", "1")
			forced, after, real := test.call(), test.call(), test.real()
			if !strings.Contains(real.Body, test.body) {
				t.Errorf("the real answer is %s, want %s", real.Body, test.body)
			}
			if forced.Body != real.Body || forced.Status != real.Status {
				t.Errorf("forced: status %d, %s\nreal:   status %d, %s", forced.Status, forced.Body, real.Status, real.Body)
			}
			for name := range real.Header {
				of, want := requestID.ReplaceAllString(forced.Header.Get(name), ""), requestID.ReplaceAllString(real.Header.Get(name), "")
				if name != "Date" && name != "X-Request-Id" && of != want {
					t.Errorf("the header %s is %q, and of the real answer %q", name, of, want)
				}
			}
			if got := forced.Header.Get("X-Rookery-Forced"); got != test.code {
				t.Errorf("X-Rookery-Forced is %q", got)
			}
			for name, reply := range map[string]rookery.Reply{"before": before, "after": after, "real": real} {
				if got := reply.Header.Get("X-Rookery-Forced"); got != "" {
					t.Errorf("%s it X-Rookery-Forced is %q", name, got)
				}
			}
			if after.Status != before.Status || strings.Contains(after.Body, test.body) {
				t.Errorf("it stays: status %d, %s", after.Status, after.Body)
			}
		})
	}
}

// TestForcedAnswers: what is forced upon which calls, how it shows, and what is refused.
func TestForcedAnswers(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	const api = "/v2/auth/verify_login"
	app := p.Apps[0]
	login := verifyLogin(p, p.Accounts[0])
	want := func(t *testing.T, call rookery.Call, ret int, forced string) rookery.Answer {
		t.Helper()
		answer := p.Call(t, call)
		if answer.Ret != ret || answer.Header.Get("X-Rookery-Forced") != forced {
			t.Errorf("got %s, forced %q, want ret %d, forced %q", answer.Body, answer.Header.Get("X-Rookery-Forced"), ret, forced)
		}
		return answer
	}
	listed := func(t *testing.T) (all []struct {
		ID, Times, Hits  int
		API, Code, AppID string
		RetryAfter       string `json:"retry_after"`
	}) {
		t.Helper()
		status, out, stderr := on(t, p, "dev", "answer", "list", "--json")
		if err := json.Unmarshal([]byte(out), &all); status != 0 || err != nil {
			t.Fatalf("status %d, %s, %s, %v", status, out, stderr, err)
		}
		return all
	}
	clear := func(t *testing.T) {
		t.Helper()
		if status, out, stderr := on(t, p, "dev", "answer", "clear"); status != 0 || !strings.HasSuffix(out, " cleared\n") {
			t.Errorf("status %d, %s, %s", status, out, stderr)
		}
	}

	t.Run("a call that its checks refuse is refused for that, and not counted", func(t *testing.T) {
		force(t, p, api, "qq/100015", "--times", "1")
		unsigned := login
		unsigned.Sig = strings.Repeat("0", 32)
		want(t, unsigned, 1008, "")
		want(t, login.Without("ts"), 1003, "")
		if all := listed(t); len(all) != 1 || all[0].Hits != 0 || all[0].Times != 1 || all[0].API != api || all[0].Code != "qq/100015" {
			t.Errorf("it is listed as %+v", all)
		}
		want(t, login, 100015, "qq/100015")
		if all := listed(t); len(all) != 0 {
			t.Errorf("it stays: %+v", all)
		}
		want(t, login, 0, "")
	})

	t.Run("until it is cleared", func(t *testing.T) {
		force(t, p, api, "qq/100015")
		force(t, p, "/v2/profile/userinfo", "qq/100015")
		for range 3 {
			want(t, login, 100015, "qq/100015")
		}
		all := listed(t)
		if len(all) != 2 || all[0].Hits != 3 || all[0].Times != 0 {
			t.Fatalf("they are listed as %+v", all)
		}
		if status, _, stderr := on(t, p, "dev", "answer", "clear", fmt.Sprint(all[0].ID)); status != 0 {
			t.Errorf("status %d, %s", status, stderr)
		}
		want(t, login, 0, "")
		if left := listed(t); len(left) != 1 || left[0].ID != all[1].ID {
			t.Errorf("they are listed as %+v", left)
		}
		clear(t)
		if left := listed(t); len(left) != 0 {
			t.Errorf("they are listed as %+v", left)
		}
	})

	t.Run("of one app", func(t *testing.T) {
		defer clear(t)
		force(t, p, api, "qq/100015", "--app", p.Apps[1].AppID)
		want(t, login, 0, "")
		force(t, p, api, "qq/100013", "--app", app.AppID)
		want(t, login, 100013, "qq/100013")
	})

	t.Run("of calls with a parameter", func(t *testing.T) {
		defer clear(t)
		force(t, p, api+"?os=1", "qq/100015")
		want(t, login, 0, "")
		want(t, login.With("os", "1"), 100015, "qq/100015")
		force(t, p, api+"?absent=", "qq/100015")
		want(t, login, 0, "")
	})

	t.Run("the first of two", func(t *testing.T) {
		defer clear(t)
		force(t, p, api, "qq/100015", "--times", "1")
		force(t, p, api, "qq/100013", "--times", "1")
		want(t, login, 100015, "qq/100015")
		want(t, login, 100013, "qq/100013")
	})

	t.Run("as many times as it should, however many call", func(t *testing.T) {
		defer clear(t)
		const times, calls = 7, 40
		force(t, p, api, "qq/100015", "--times", fmt.Sprint(times))
		var all sync.WaitGroup
		got := make(chan string, calls)
		for range calls {
			all.Go(func() {
				reply := p.Send(t, http.MethodPost, login.Target(), "application/json", login.Body)
				got <- reply.Header.Get("X-Rookery-Forced")
			})
		}
		all.Wait()
		close(got)
		forced := 0
		for header := range got {
			if header != "" {
				forced++
			}
		}
		if forced != times {
			t.Errorf("%d of %d calls were forced, want %d", forced, calls, times)
		}
	})

	t.Run("retry after", func(t *testing.T) {
		defer clear(t)
		for _, test := range []struct {
			code, option, header string
		}{
			{"qq/-6", "", "1"}, {"qq/-6", "--retry-after=90s", "90"}, {"qq/-6", "--retry-after=0s", ""},
			{"qq/100014", "", ""}, {"qq/100014", "--retry-after=2s", "2"},
		} {
			more := []string{"--times", "1"}
			if test.option != "" {
				more = append(more, test.option)
			}
			force(t, p, api, test.code, more...)
			if got := p.Call(t, login).Header.Get("Retry-After"); got != test.header {
				t.Errorf("%s %s: Retry-After is %q, want %q", test.code, test.option, got, test.header)
			}
		}
	})

	t.Run("shown", func(t *testing.T) {
		p, login := rookery.Start(t), login
		login.Body = verifyLogin(p, p.Accounts[0]).Body
		before := p.Books(t, rookery.Books{})
		force(t, p, api, "qq/100014", "--times", "1")
		id := p.Call(t, login).Header.Get("X-Request-Id")
		_, out, _ := on(t, p, "dev", "requests", "--limit", "1", "--json")
		// The newest request is the one of the door; operators' are recorded too.
		if !strings.Contains(out, `"stage":"forced"`) || !strings.Contains(out, id) || !strings.Contains(out, `"code":100014`) {
			t.Errorf("the inspector has %s", out)
		}
		if _, out, _ := on(t, p, "dev", "requests", "--limit", "2"); !regexp.MustCompile(`refused by +forced\n`).MatchString(out) {
			t.Errorf("dev requests shows %s", out)
		}
		if n := p.Metric(t, `rookery_requests_total{code="forced",path="`+api+`"}`); n < 1 {
			t.Errorf("%v forced answers are counted", n)
		}
		// Neither its code nor the one that it stands for has been provoked.
		books := p.Books(t, before)
		for _, code := range []string{"qq 100014", "accesstoken 65"} {
			if at := books.Answered(code, before); len(at) > 0 {
				t.Errorf("the forced answer counts as one of %s at %q", code, at)
			}
		}
		p.Stop(t)
		if n := strings.Count(p.Log(), `"forced":"qq/100014"`); n != 1 {
			t.Errorf("the log has %d events of a forced answer", n)
		}
	})

	t.Run("refused", func(t *testing.T) {
		for _, test := range []struct {
			args   []string
			status int
			says   string
		}{
			{[]string{"--api", api}, 2, `"code"`},
			{[]string{"--code", "qq/-6"}, 2, `"api"`},
			{[]string{"--api", api, "--code", "group/221012"}, 1, api + " does not answer group/221012, only qq/-73, qq/-22, "},
			{[]string{"--api", api, "--code", "qq/1"}, 1, "does not answer qq/1, only "},
			{[]string{"--api", api, "--code", "qq/123456"}, 1, "does not answer qq/123456, only "},
			{[]string{"--api", api, "--code", "-6"}, 1, "not a domain and a number such as group/221012"},
			{[]string{"--api", api, "--code", "qq/x"}, 1, "not a domain and a number such as group/221012"},
			{[]string{"--api", "/v2/auth", "--code", "qq/-6"}, 1, "not the path of an interface that answers codes"},
			{[]string{"--api", "/admin/v1/apps", "--code", "qq/-6"}, 1, "not the path of an interface that answers codes"},
			{[]string{"--api", api + "?os=1&os=2", "--code", "qq/-6"}, 1, "occurs twice"},
			{[]string{"--api", api, "--code", "qq/-6", "--times", "-1"}, 1, "times is -1"},
			{[]string{"--api", api, "--code", "qq/-6", "--retry-after", "25h"}, 1, "not a duration from 0s to 24h"},
			{[]string{"--api", api, "--code", "qq/-6", "--app", "x"}, 2, "app"},
			{[]string{"clear", "99999"}, 1, "there is no forced answer 99999"},
			{[]string{"clear", "x"}, 2, "not a number from the list"},
		} {
			status, _, stderr := on(t, p, append([]string{"dev", "answer"}, test.args...)...)
			if status != test.status || !strings.Contains(stderr, test.says) {
				t.Errorf("%v: status %d, %s, want %d and %q", test.args, status, stderr, test.status, test.says)
			}
		}
		if all := listed(t); len(all) != 0 {
			t.Errorf("these are listed: %+v", all)
		}
		for range 100 {
			p.Admin(t, http.MethodPost, "/dev/v1/answers", rookery.Settings{"api": api, "code": "qq/-6", "appid": "1"}, nil)
		}
		status, _, stderr := on(t, p, "dev", "answer", "--api", api, "--code", "qq/-6")
		if status != 1 || !strings.Contains(stderr, "100 answers are forced already") {
			t.Errorf("one too many: status %d, %s", status, stderr)
		}
		clear(t)
	})
}

// requestID is the name of a request in an address, which differs from answer to answer.
var requestID = regexp.MustCompile(`request_id=[0-9a-f]+`)
