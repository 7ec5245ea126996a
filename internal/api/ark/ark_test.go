package ark

import (
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/sign"
)

func TestMembersOfAJSONBody(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       map[string]string // nil when it is refused
		say        string
	}{
		{"texts", `{"appid":"1","scene":"小鸦\n\u0041"}`, map[string]string{"appid": "1", "scene": "小鸦\nA"}, ""},
		{"numbers and truth values as written", `{"appid":100700001,"x":1.50,"y":true}`, map[string]string{"appid": "100700001", "x": "1.50", "y": "true"}, ""},
		{"null is empty", `{"appid":null}`, map[string]string{"appid": ""}, ""},
		{"extraJSON as an object, as written", `{"extraJSON": {"a": [1, 2]} }`, map[string]string{"extraJSON": `{"a": [1, 2]}`}, ""},
		{"extraJSON as a text", `{"extraJSON":"{\"a\":1}"}`, map[string]string{"extraJSON": `{"a":1}`}, ""},
		{"another object", `{"appid":{}}`, nil, `"appid" is neither a text nor a number`},
		{"another list", `{"appid":[1]}`, nil, `"appid" is neither a text nor a number`},
		{"a member twice", `{"appid":"1","appid":"2"}`, nil, "each member once"},
		{"no object", `["appid"]`, nil, "not one JSON object"},
		{"two objects", `{} {}`, nil, "not one JSON object"},
		{"not UTF-8", "{\"appid\":\"\xff\"}", nil, "in UTF-8"},
		{"broken off", `{"appid":"1"`, nil, "not one JSON object"},
	} {
		t.Run(test.name, func(t *testing.T) {
			q, err := addMembers(nil, []byte(test.body))
			if test.want == nil {
				if err == nil || !strings.Contains(err.Error(), test.say) {
					t.Errorf("got %v, want %q", err, test.say)
				}
				return
			}
			for name, value := range test.want {
				if got := q.Get(name); got != value || err != nil {
					t.Errorf("%s is %q, %v, want %q", name, got, err, value)
				}
			}
		})
	}
	q, err := sign.Query(nil).AddForm("appid=1&openid=A")
	if err != nil {
		t.Fatal(err)
	}
	if q, err = addMembers(q, []byte(`{"appid":"2"}`)); err != nil || q.Get("appid") != "2" || q.Get("openid") != "A" || len(q) != 2 {
		t.Errorf("of the URL and the body: %v, %v", q, err)
	}
}

func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"appid":"1","extraJSON":{"a":[1,{}]}}`))
	f.Add([]byte(`{"a":1e999,"b":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		q, err := addMembers(nil, body)
		if err != nil {
			return
		}
		for i := range q {
			if q.Get(q[i].Name) != q[i].Value {
				t.Errorf("%q is there twice", q[i].Name)
			}
		}
	})
}
