package docs

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

var app = platform.App{
	AppID: 7, GameID: 8, AppKey: "appkey", MSDKKey: "msdkkey", ClientSigKey: "clientkey", SigKeys: map[string]string{"0": "zero", "1": "one"},
}

func handler() http.Handler {
	kinds := map[string]string{"/a": "v5", "/login": "v5 --client", "/b": "v3", "/c": "openapi", "/d": "gamecenter"}
	return Handler(Options{Clock: new(platform.Clock), Apps: []platform.App{app}, Signature: func(path string) string { return kinds[path] }})
}

func ask(t *testing.T, h http.Handler, body string, header ...string) (int, request, string) {
	t.Helper()
	r := httptest.NewRequest("POST", "http://127.0.0.1:8700/docs/sign", strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var signed request
	_ = json.Unmarshal(w.Body.Bytes(), &signed) // an error's has none of its members
	return w.Code, signed, w.Body.String()
}

func hexMD5(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// TestSigns: the signatures are those of the keys, written a second time for MD5. That the platform takes them is tested in a browser.
func TestSigns(t *testing.T) {
	for _, test := range []struct {
		name, body, path string
		want             func(q url.Values) string
	}{
		{"v5", `{"method":"POST","target":"/a?gameid=8&os=4&sig=old&ts=1","body":"{}"}`, "/a",
			func(q url.Values) string { return hexMD5("/a?gameid=8&os=4&ts=" + q.Get("ts") + "{}" + "zero") }},
		{"v5 with another source", `{"method":"POST","target":"/a?gameid=8&source=1","body":"{}"}`, "/a",
			func(q url.Values) string { return hexMD5("/a?gameid=8&source=1&ts=" + q.Get("ts") + "{}" + "one") }},
		{"v5 for the chosen app", `{"app":"7","method":"POST","target":"/a?gameid=9","body":"{}"}`, "/a",
			func(q url.Values) string { return hexMD5("/a?gameid=8&ts=" + q.Get("ts") + "{}" + "zero") }},
		{"v5 of a client", `{"method":"POST","target":"/login?gameid=8","body":"{}"}`, "/login",
			func(q url.Values) string { return hexMD5("/login?gameid=8&ts="+q.Get("ts")+"clientkey"+"{}") + "1" }},
		{"v3 with the msdkkey", `{"method":"POST","target":"/b?appid=7&encode=2&timestamp=1","body":"{}"}`, "/b",
			func(q url.Values) string { return hexMD5("msdkkey" + q.Get("timestamp")) }},
		{"v3 with the appkey", `{"method":"POST","target":"/b?appid=G_7&encode=1","body":"{}"}`, "/b",
			func(q url.Values) string { return hexMD5("appkey" + q.Get("timestamp")) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, signed, text := ask(t, handler(), test.body)
			target, err := url.Parse(signed.Target)
			if status != http.StatusOK || err != nil || target.Path != test.path || signed.Body != "{}" {
				t.Fatalf("status %d: %s", status, text)
			}
			q := target.Query()
			if got, want := q.Get("sig"), test.want(q); got != want || len(q["sig"]) != 1 {
				t.Errorf("got %q, want %q in %s", got, want, signed.Target)
			}
			if q.Get("ts") == "1" || q.Get("timestamp") == "1" {
				t.Errorf("the time is the old one: %s", signed.Target)
			}
		})
	}
}

// TestSignsForms: parameters of a POST are in its form, with those of the URL.
func TestSignsForms(t *testing.T) {
	status, signed, text := ask(t, handler(), `{"method":"POST","target":"/c?pf=qzone","body":"appid=7&openid=x"}`)
	form, err := url.ParseQuery(signed.Body)
	if status != http.StatusOK || err != nil || signed.Target != "/c" || form.Get("pf") != "qzone" || form.Get("openid") != "x" || form.Get("sig") == "" {
		t.Errorf("status %d: %s", status, text)
	}
	_, signed, text = ask(t, handler(), `{"method":"GET","target":"/d?cmd=x&oauth_consumer_key=7&access_token=t","body":""}`)
	want := hexMD5("appkey$access_token$t$cmd$x$oauth_consumer_key$7appkey")
	if !strings.Contains(signed.Target, "sign="+want) {
		t.Errorf("got %s, want the sign %s", text, want)
	}
	_, signed, _ = ask(t, handler(), `{"method":"GET","target":"/d?cmd=x&oauth_consumer_key=7&sid=s","body":""}`)
	if strings.Contains(signed.Target, "sign=") {
		t.Errorf("a page's call is signed: %s", signed.Target)
	}
	_, signed, _ = ask(t, handler(), `{"method":"GET","target":"/unsigned?x=1","body":""}`)
	if signed.Target != "/unsigned?x=1" {
		t.Errorf("got %s", signed.Target)
	}
}

func TestRefuses(t *testing.T) {
	for _, body := range []string{
		`{"method":"POST","target":"/a?gameid=9","body":""}`, `{"app":"9","method":"POST","target":"/a?gameid=8","body":""}`,
		`{"method":"POST","target":"/c","body":"%zz"}`, `{"target":"a"}`, `[]`, ``, `{"body":"` + strings.Repeat("x", maxBody) + `"}`,
	} {
		if status, _, text := ask(t, handler(), body); status != http.StatusBadRequest || !strings.Contains(text, `"error"`) {
			t.Errorf("%.60s: status %d: %s", body, status, text)
		}
	}
	const good = `{"method":"POST","target":"/a?gameid=8","body":""}`
	if status, _, _ := ask(t, handler(), good, "Sec-Fetch-Site", "cross-site"); status != http.StatusForbidden {
		t.Errorf("another site's page gets status %d", status)
	}
}

func TestPage(t *testing.T) {
	for path, media := range map[string]string{
		"/docs/": "text/html", "/docs/openapi.yaml": "application/yaml", "/docs/rookery.js": "text/javascript", "/docs/rookery.css": "text/css",
		"/docs/swagger-ui-bundle.js": "text/javascript", "/docs/swagger-ui.css": "text/css",
	} {
		w := httptest.NewRecorder()
		handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if h := w.Header(); w.Code != http.StatusOK || !strings.HasPrefix(h.Get("Content-Type"), media) || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'; script-src 'self';") {
			t.Errorf("%s: status %d, headers %v", path, w.Code, h)
		}
	}
	w := httptest.NewRecorder()
	handler().ServeHTTP(w, httptest.NewRequest("GET", "/docs/assets/index.html", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("another path has status %d", w.Code)
	}
}
