package mistake

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/sign"
)

// vector is one request of testdata/vectors.json, which testdata/vectors.py computes.
type vector struct {
	Name, Scheme, Method, Host, Target, Path, Body, Optional, Key string
	Others, Cases                                                 [][2]string
}

func (v *vector) request(t testing.TB) (*Request, Keys) {
	t.Helper()
	u, err := url.Parse(v.Target)
	if err != nil {
		t.Fatal(err)
	}
	r := &Request{Method: v.Method, Host: v.Host, URL: u, Path: v.Path, Body: []byte(v.Body), Optional: v.Optional}
	if v.Scheme == "openapi" || v.Scheme == "gamecenter" {
		if r.Query, err = r.Query.AddForm(u.RawQuery); err == nil {
			r.Query, err = r.Query.AddForm(v.Body)
		}
	} else {
		r.Query, err = sign.ParseQuery(nil, u.RawQuery)
	}
	if err != nil {
		t.Fatal(err)
	}
	if v.Scheme == "gamecenter" {
		r.Parameter = "sign"
	}
	keys := Keys{Right: v.Key}
	for _, other := range v.Others {
		keys.Others = append(keys.Others, Key{other[0], other[1]})
	}
	return r, keys
}

func vectors(t testing.TB) (all []*vector) {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var schemes = map[string]func(sig string, r *Request, keys Keys) string{"v5": V5, "v5client": V5Client, "v3": V3, "openapi": OpenAPI, "gamecenter": GameCenter}

// TestVectors checks signatures that another program made wrong on purpose. A right one has no mistake.
func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			r, keys := v.request(t)
			for _, c := range v.Cases {
				var sig []byte
				for _, char := range c[0] {
					sig = append(sig, byte(char)) // a character is a byte
				}
				got := schemes[v.Scheme](string(sig), r, keys)
				if got != c[1] {
					t.Errorf("%q: got %q, want %q", sig, got, c[1])
				}
				for _, key := range append(keys.Others, Key{"", keys.Right}) {
					if strings.Contains(got, key.Value) {
						t.Errorf("%q shows a key", got)
					}
				}
			}
		})
	}
}

// TestEverySlipHasAVector: a slip without a case could be wrong, or disappear, unnoticed.
func TestEverySlipHasAVector(t *testing.T) {
	told := make(map[string]bool)
	all := vectors(t)
	for _, v := range all {
		for _, c := range v.Cases {
			for _, clause := range strings.Split(c[1], "; and ") {
				told[clause] = true
			}
		}
	}
	for _, v := range all {
		r, keys := v.request(t)
		whats := map[string][]string{
			"v5": whatsOf(v5Slips(r, keys)), "v5client": whatsOf(v5Slips(r, keys)), "v3": whatsOf(v3Slips(r, keys)), "openapi": whatsOf(openAPISlips(r, keys)),
			"gamecenter": whatsOf(gameCenterSlips(r, keys)),
		}[v.Scheme]
		if len(whats) < 50 {
			t.Fatalf("%s: only %d slips", v.Name, len(whats))
		}
		for _, what := range whats {
			if !told[what] && len(v.Cases) > 100 {
				t.Errorf("%s: no case has %q", v.Name, what)
			}
		}
	}
}

// whatsOf leaves out the times, which are many and alike, and slips that are reported in more general words.
func whatsOf[S any](slips []slip[S]) (whats []string) {
	for _, s := range slips {
		if s.part != "time" && s.part != "left out" {
			whats = append(whats, s.what)
		}
	}
	return whats
}

// FuzzMistakes: no request makes the search fail, take long, or call a right signature wrong.
func FuzzMistakes(f *testing.F) {
	f.Add("a=1&b=%E4%B8%AD+x&a=2&ts=1", []byte(`{"a":[1,{}]}`), "00000000000000000000000000000000")
	f.Add("sig=1&&=", []byte("\ufeff%7b\xff"), "")
	keys := Keys{Right: "0123456789abcdef", Others: []Key{{"other", "k"}}}
	f.Fuzz(func(t *testing.T, raw string, body []byte, sig string) {
		q, err := sign.ParseQuery(nil, raw)
		if err != nil {
			return
		}
		r := &Request{Method: "POST", Host: "[::1]:80", URL: &url.URL{Path: "/v2/x", RawQuery: raw}, Path: "/v2/x", Query: q, Body: body}
		for name, right := range map[string]string{
			"v5": sign.V5(r.Path, q, body, keys.Right), "v5client": sign.V5Client(r.Path, q, body, keys.Right),
			"v3": sign.V3(q.Get("timestamp"), keys.Right), "openapi": sign.OpenAPI(r.Method, r.Path, q, keys.Right),
		} {
			if got := schemes[name](right, r, keys); got != "" {
				t.Errorf("%s: a right signature has the mistake %q", name, got)
			}
			schemes[name](sig, r, keys)
		}
		if r.Query, err = sign.Query(nil).AddForm(raw); err != nil {
			return
		}
		r.Parameter = "sign"
		if got := GameCenter(sign.GameCenter(r.Query, keys.Right), r, keys); got != "" {
			t.Errorf("the Game Center: a right signature has the mistake %q", got)
		}
		GameCenter(sig, r, keys)
	})
}

func BenchmarkNothingFound(b *testing.B) {
	for _, v := range vectors(b) {
		if len(v.Cases) > 100 {
			r, keys := v.request(b)
			b.Run(v.Name, func(b *testing.B) {
				for b.Loop() {
					schemes[v.Scheme]("00000000000000000000000000000000", r, keys)
				}
			})
		}
	}
}
