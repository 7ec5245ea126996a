package openapi

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/sign"
)

func render(asXML, gbk bool, write func(*writer)) string {
	w := writer{xml: asXML}
	w.begin(gbk)
	write(&w)
	w.end()
	if gbk {
		return string(toGBK(w.buf, asXML))
	}
	return string(w.buf)
}

func TestWriter(t *testing.T) {
	write := func(w *writer) {
		w.number("ret", -5)
		w.text("msg", "<a> & \"b\"\n\x01")
		w.flag("is_lost", true)
		w.list("items", 2, func(i int) {
			w.number("n", int64(i))
			w.boolean("first", i == 0)
		})
		w.list("none", 0, nil)
		w.number("3366_level", 0)
	}
	for _, test := range []struct {
		name string
		xml  bool
		want string
	}{
		{"JSON", false, `{"ret":-5,"msg":"\u003ca\u003e \u0026 \"b\"\u000a\u0001","is_lost":1,"items":[{"n":0,"first":true},{"n":1,"first":false}],"none":[],"3366_level":0}`},
		{"XML", true, `<?xml version="1.0" encoding="utf-8"?><data><ret>-5</ret><msg>&lt;a&gt; &amp; &#34;b&#34;&#xA;` + "\uFFFD" +
			`</msg><is_lost>1</is_lost><items><item><n>0</n><first>true</first></item><item><n>1</n><first>false</first></item></items><none></none><_3366_level>0</_3366_level></data>`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := render(test.xml, false, write); got != test.want+"\n" {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestGBKEscapesWhatItDoesNotHave(t *testing.T) {
	const text = "渡鸦 🐦 €"
	var decoded struct{ Msg string }
	inGBK := render(false, true, func(w *writer) { w.text("msg", text) })
	back, err := simplifiedchinese.GBK.NewDecoder().String(inGBK)
	if err != nil || json.Unmarshal([]byte(back), &decoded) != nil || decoded.Msg != text {
		t.Errorf("got %q, in UTF-8 %q: %q", inGBK, back, decoded.Msg)
	}
	if utf8.ValidString(inGBK) {
		t.Errorf("%q is not GBK", inGBK)
	}
	if got := render(true, true, func(w *writer) { w.text("msg", "🐦") }); !strings.Contains(got, "<msg>&#128038;</msg>") {
		t.Errorf("got %q", got)
	}
}

func TestPlatformOf(t *testing.T) {
	for pf, want := range map[string]string{
		"qzone": "qzone", "qzone-12": "qzone", "union-10001-1": "union", "manyou51": "manyou", "3366": "3366", "wanba_ts": "wanba_ts",
		"desktop_m_qq-00000000-android-00000000-qq-1-2": "desktop_m_qq", "Qzone": "", "qzones": "", "-": "", "union": "",
	} {
		if got := platformOf(pf); got != want {
			t.Errorf("%q: got %q, want %q", pf, got, want)
		}
	}
}

// FuzzAnswer: for every text the answer is one document of its form.
func FuzzAnswer(f *testing.F) {
	f.Add("<script>\"\\\x00\xff渡🐦", false)
	f.Fuzz(func(t *testing.T, text string, gbk bool) {
		write := func(w *writer) { w.text("msg", text) }
		var decoded struct {
			XMLName xml.Name `xml:"data" json:"-"`
			Msg     string   `xml:"msg" json:"msg"`
		}
		asJSON := render(false, gbk, write)
		if gbk {
			asJSON, _ = simplifiedchinese.GBK.NewDecoder().String(asJSON)
		} else if err := xml.Unmarshal([]byte(render(true, false, write)), &decoded); err != nil {
			t.Fatalf("XML: %v", err)
		}
		if err := json.Unmarshal([]byte(asJSON), &decoded); err != nil || decoded.Msg != strings.ToValidUTF8(oneEach(text), "") {
			t.Fatalf("%q became %q: %v", text, decoded.Msg, err)
		}
		if strings.Contains(asJSON, "<") {
			t.Fatalf("%q could be HTML", asJSON)
		}
	})
}

// oneEach replaces each invalid byte with U+FFFD.
func oneEach(text string) string { return string([]rune(text)) }

// FuzzParams: bodies and queries of any bytes are read or refused, and a request that is read is valid.
func FuzzParams(f *testing.F) {
	f.Add("openid=1&pf=qqgame", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--")
	f.Add("a=%zz", "application/x-www-form-urlencoded", "fopenids=_&content=%d6")
	f.Fuzz(func(t *testing.T, query, contentType, body string) {
		q, err := sign.Query(nil).AddForm(query)
		if err == nil {
			q, err = addBody(q, contentType, []byte(body))
		}
		if len(q) > 64 {
			t.Fatalf("%d parameters", len(q))
		}
		in := new(request)
		in.read(q)
		if err != nil || in.check() != nil {
			return
		}
		if in.seq != "" && !json.Valid([]byte(in.seq)) {
			t.Fatalf("seq %q would be sent back as it is", in.seq)
		}
		for _, private := range []func(*request) error{friendOpenIDs, friendOpenID, content, wantedVIPs} {
			_ = private(in)
		}
		if len(in.fopenids) > 100 || !utf8.ValidString(in.content) {
			t.Fatalf("%d openids, content %q", len(in.fopenids), in.content)
		}
		(&door{profiles: new(profile.Service)}).writeProfile(&writer{}, in, &platform.Profile{})
	})
}
