package proxy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"log/slog"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/har"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// newJudge returns a judge of a door with the interface /v3/a, whose signature is right when sig is right.
func newJudge(t *testing.T, app *platform.App) *Judge {
	t.Helper()
	door := &access.Door{
		Name: "a", Prefixes: []string{"/v3/"}, NotServed: []string{"/v3/later"},
		Endpoints: []access.Endpoint{{
			Method: "GET POST", Path: "/v3/a", Action: access.Action{Handle: func(*access.Call) (any, error) { panic("it is only rehearsed") }},
			Checks: []access.Stage{access.Step("signature", func(c *access.Call) error {
				switch c.Request.URL.Query().Get("sig") {
				case "right":
					return nil
				case "unknown":
					c.Note(slog.Bool(access.Unchecked, true))
				default:
					c.NoteSigned("GET&/v3/a&" + c.Request.URL.RawQuery + string(c.Body))
					c.Note(slog.String("mistake", "a usual one"))
				}
				return retcode.QQSignatureWrong
			}).ChecksSignature()},
		}},
		Encode: func(c *access.Call, _ any, err error) { c.Answer.Code, _ = retcode.From(err) },
	}
	g, err := access.New([]*access.Door{door}, new(platform.Clock), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	g.Inspect(access.NewInspector())
	return NewJudge(g, app)
}

func got(method, address, body, answer string) *Exchange {
	return &Exchange{
		Method: method, Address: address, Peer: "127.0.0.1:99", Header: http.Header{}, Body: Body{[]byte(body), int64(len(body))},
		Status: 200, AnswerHeader: http.Header{}, Answer: Body{[]byte(answer), int64(len(answer))},
	}
}

// TestTheReasonIsTheOneOfTheAnswer shows when what the checks found is the reason, a contradiction, or nothing to be said.
func TestTheReasonIsTheOneOfTheAnswer(t *testing.T) {
	const wrong, contradiction = `{"ret":-5}`, "with the keys given here, signature refuses it: qq -5: the sig parameter does not verify"
	for name, test := range map[string]struct {
		sig, answer           string
		stage, mistake, check string
	}{
		"refused for the same":                    {"wrong", wrong, "signature", "a usual one", ""},
		"refused for something else":              {"wrong", `{"ret":-9}`, "", "", contradiction + ": a usual one"},
		"accepted":                                {"wrong", `{"ret":0}`, "", "", contradiction + ": a usual one"},
		"right":                                   {"right", `{"ret":-9}`, "", "", ""},
		"right here, but refused":                 {"right", wrong, "", "", ""},
		"the key is not known, and refused":       {"unknown", wrong, "signature", "", ""},
		"the key is not known, and accepted":      {"unknown", `{"ret":0}`, "", "", ""},
		"the key is not known, refused otherwise": {"unknown", `{"ret":-9}`, "", "", ""},
	} {
		v := newJudge(t, new(platform.App)).Judge(got("GET", "http://h/v3/a?sig="+test.sig, "", test.answer))
		r := v.Record
		if r.Stage != test.stage || r.Mistake != test.mistake || r.Notes["check"] != test.check || !v.Platform || v.Entry.Comment != test.mistake {
			t.Errorf("%s: %+v", name, v)
		}
		if r.Interface != "/v3/a" || r.Peer != "127.0.0.1" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if v := newJudge(t, nil).Judge(got("GET", "http://h/v3/a?sig=wrong", "", wrong)); v.Record.Stage != "" || v.Record.Signed != "" || v.Record.Code != -5 {
		t.Errorf("without an app: %+v", v.Record)
	}
	cut := got("POST", "http://h/v3/a?sig=wrong", "body", wrong)
	cut.Body.Size++
	if v := newJudge(t, new(platform.App)).Judge(cut); v.Record.Stage != "" || v.Entry.Request.PostData.Comment != "left out: it has 5 bytes" {
		t.Errorf("a body that was not kept whole: %+v, %+v", v.Record, v.Entry.Request.PostData)
	}
}

func TestPlatform(t *testing.T) {
	for address, want := range map[string]bool{
		"http://h/v3/a": true, "http://h/v3/later": true, "http://h/v3/b": false, "http://h/x": false, "data:text/plain,x": false, "http://h/v3/%zz": false, "": false,
	} {
		if v := newJudge(t, nil).Judge(got("PUT", address, "", "ok")); v.Platform != want {
			t.Errorf("%q: %v", address, v.Platform)
		}
	}
	if v := newJudge(t, nil).Judge(got("GET", "http://h/v3/b", "", `{"ret":-5}`)); !v.Platform {
		t.Error("a return code is not one of the platform")
	}
}

// TestTheRemedyIsForThePlatformThatAnswered: the original has no commands of rookery, and Rookery no developer site.
func TestTheRemedyIsForThePlatformThatAnswered(t *testing.T) {
	for _, test := range []struct{ name, id, answer, has, hasNot string }{
		{"Rookery", "19839997e346eada", `{"ret":-5,"msg":"x"}`, "rookery sign openapi", "open.qq.com"},
		{"the original", "", `{"ret":-5,"msg":"x"}`, "open.qq.com", "rookery"},
		{"another program's id", "b3c7f6d0-1b1e-4f0e-9b57-1f2f0e4a9a10", `{"ret":-5,"msg":"x"}`, "open.qq.com", "rookery"},
		{"the original, with an origin", "", `{"ret":100014,"msg":"oidb decode0x711 failed, ret: 65"}`, "the channel's integration contact", "rookery"},
	} {
		x := got("GET", "http://h/v3/a?sig=wrong", "", test.answer)
		if x.AnswerHeader.Del("X-Request-Id"); test.id != "" {
			x.AnswerHeader.Set("X-Request-Id", test.id)
		}
		if remedy := newJudge(t, nil).Judge(x).Record.Remedy; !strings.Contains(remedy, test.has) || strings.Contains(remedy, test.hasNot) {
			t.Errorf("%s: %s", test.name, remedy)
		}
	}
}

func TestASecretIsRemovedBeforeItsName(t *testing.T) {
	app := &platform.App{AppKey: "T0PSECRETKEY", SigKeys: map[string]string{"0": "S1GKEYS1GKEY"}}
	x := got("POST", "http://h/v3/a?echo=T0KENT0KEN&other=T0PSECRETKEY&sig=wrong", `{"token":"T0KENT0KEN","S1GKEYS1GKEY":1}`, `{"ret":-5,"msg":"T0KENT0KEN and C00KIEC00KIE"}`)
	x.Header.Set("Cookie", "skey=C00KIEC00KIE")
	x.Header.Set("Content-Type", "text/x; token=T0KENT0KEN")
	x.AnswerHeader.Set("Content-Type", "text/x; boundary=C00KIEC00KIE")
	shown, v := "", newJudge(t, app).Judge(x)
	if v.Record.Signed == "" || v.Record.Error != "(removed) and (removed)" {
		t.Errorf("%+v", v.Record)
	}
	x.Method = "T0KENT0KEN" // a request that broke off before this one
	for _, e := range []*har.Entry{v.Entry, newJudge(t, app).Judge(x).Entry} {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		shown += string(text)
	}
	for _, text := range []string{v.Record.Signed, v.Record.Error, shown} {
		for _, secret := range []string{"T0KEN", "T0PSECRETKEY", "S1GKEY", "C00KIE"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s is left in %s", secret, text)
			}
		}
	}
}

// TestBytesThatAreNoTextAreShown: a platform may answer in GBK.
func TestBytesThatAreNoTextAreShown(t *testing.T) {
	x := got("GET", "http://h/v3/%ff", "", "<?xml version='1.0'?><data><ret>-5</ret><msg>\xc4\xfa</msg></data>")
	x.AnswerHeader.Set("X-Request-Id", "\xff")
	x.Comment = "\xff"
	r := newJudge(t, nil).Judge(x).Record
	if got := fmt.Sprintf("%d %s %s %s %s", r.Code, r.Interface, r.Error, r.RequestID, r.Notes["comment"]); got != "-5 /v3/\ufffd \ufffd \ufffd \ufffd" {
		t.Errorf("got %q", got)
	}
}
