package connect

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/retcode"
)

func TestParams(t *testing.T) {
	for name, test := range map[string]struct {
		query, body, media string
		want               map[string]string // nil when the request is refused
	}{
		"nothing":              {"", "", "", map[string]string{}},
		"query":                {"a=1&b=%E9%B8%A6+x", "", "", map[string]string{"a": "1", "b": "鸦 x"}},
		"form":                 {"", "a=1", "application/x-www-form-urlencoded; charset=UTF-8", map[string]string{"a": "1"}},
		"form without a type":  {"", "a=1", "", map[string]string{"a": "1"}},
		"both":                 {"a=1&b=2", "c=3", "", map[string]string{"a": "1", "b": "2", "c": "3"}},
		"the form is later":    {"a=1", "a=2", "", map[string]string{"a": "2"}},
		"the last counts":      {"a=1&a=2&a=3", "", "", map[string]string{"a": "3"}},
		"empty pairs":          {"&&a=1&", "", "", map[string]string{"a": "1"}},
		"no value":             {"a&b=", "", "", map[string]string{"a": "", "b": ""}},
		"an equals sign in it": {"a=b=c", "", "", map[string]string{"a": "b=c"}},
		"JSON":                 {"", `{"a":1}`, "application/json", nil},
		"a broken type":        {"", "a=1", ";;", nil},
		"a broken escape":      {"a=%4", "", "", nil},
		"a broken name":        {"%zz=1", "", "", nil},
		"not UTF-8":            {"a=%ff", "", "", nil},
		"64 of them":           {strings.Repeat("x&", 200) + many(64), "", "", map[string]string{"p0": "", "x": ""}},
		"65 of them":           {many(65), "", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := &access.Call{Request: httptest.NewRequest("POST", "/oauth2.0/token", nil), Body: []byte(test.body)}
			c.Request.URL.RawQuery = test.query
			if test.media != "" {
				c.Request.Header.Set("Content-Type", test.media)
			}
			err := params(c)
			if test.want == nil {
				if !errors.Is(err, retcode.ConnectRequestUnreadable) {
					t.Fatalf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range test.want {
				if !c.Query.Has(name) || c.Query.Get(name) != value {
					t.Errorf("%s is %q, want %q", name, c.Query.Get(name), value)
				}
			}
		})
	}
}

// many returns n parameters, of which one is x.
func many(n int) string {
	var b strings.Builder
	for i := range n - 1 {
		b.WriteString("p" + strings.Repeat("1", i%8) + strings.Repeat("0", 1+i/8) + "&")
	}
	return b.String() + "x"
}

func FuzzParams(f *testing.F) {
	f.Add("a=1&a=%E9&b", "c=%zz")
	f.Fuzz(func(t *testing.T, query, body string) {
		c := &access.Call{Request: httptest.NewRequest("POST", "/oauth2.0/token", nil), Body: []byte(body)}
		c.Request.URL.RawQuery = query
		err := params(c)
		if err != nil && !errors.Is(err, retcode.ConnectRequestUnreadable) {
			t.Errorf("it is refused with %v", err)
		}
		seen := make(map[string]bool)
		for _, p := range c.Query {
			if seen[p.Name] || !utf8.ValidString(p.Name) || !utf8.ValidString(p.Value) {
				t.Errorf("parameter %q is %q", p.Name, p.Value)
			}
			seen[p.Name] = true
		}
	})
}

// An unreadable parameter does not hide those after it, such as the format of the answer.
func TestUnreadableParameterInJSON(t *testing.T) {
	d := &door{}
	for _, query := range []string{"fmt=json&a=%zz", "a=%zz&fmt=json", "%ff=1&a=%4&fmt=json"} {
		c := &access.Call{Request: httptest.NewRequest("GET", "/oauth2.0/token", nil)}
		c.Request.URL.RawQuery = query
		d.encode(c, nil, params(c))
		if body := string(c.Answer.Body); !strings.HasPrefix(body, `{"error":100029,`) {
			t.Errorf("%s: %s", query, body)
		}
	}
}

// TestRefusalsAreNoHTML: browsers show the answers as HTML, and some repeat what the caller sent.
func TestRefusalsAreNoHTML(t *testing.T) {
	d := &door{}
	for _, path := range []string{"/oauth2.0/me", "/user/get_user_info", "/oauth2.0/introspect"} {
		c := &access.Call{Request: httptest.NewRequest("GET", path+"?<script>=%25", nil)}
		d.encode(c, nil, retcode.ConnectRequestUnreadable.Errorf("parameter %q", "<script>&"))
		if body := string(c.Answer.Body); strings.ContainsAny(body, "<>&") || !strings.Contains(body, "script") {
			t.Errorf("%s: %s", path, body)
		}
	}
}
