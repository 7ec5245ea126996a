package gamecenter

import (
	"encoding/json"
	"testing"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

func TestRankingsAreAnswered(t *testing.T) {
	openid := []byte("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff")
	ann := &wire.RankedPlayer{Rank: 2, Uin: 10001, Openid: openid, Nickname: "Ann", PictureUrl: "http://pictures.example/100", Score: "-0.5", ReachedMs: 1767225600123}
	ben := &wire.RankedPlayer{Rank: 1, Nickname: "</script>&\"\u2028\xff乌", Score: "99999999999999999999"}
	const (
		head  = `{"ret":0,"msg":"ok","data":{"ret":0,"msg":"ok",`
		asAnn = `{"rank":2,"openid":"00112233445566778899AABBCCDDEEFF","nickname":"Ann","picture":"http://pictures.example/100","score":"-0.5","reached_ms":1767225600123}`
		asBen = `{"rank":1,"openid":"","nickname":"\u003c/script\u003e\u0026\"\u2028�乌","picture":"","score":"99999999999999999999","reached_ms":0}`
	)
	for name, test := range map[string]struct {
		rsp  *wire.ListRanksResponse
		want string
	}{
		"nobody":  {&wire.ListRanksResponse{Board: "all"}, head + `"board":"all","players":0,"list":[]}}`},
		"one":     {&wire.ListRanksResponse{Board: "2026-11-23", Players: 2, Place: []*wire.RankedPlayer{ann}}, head + `"board":"2026-11-23","players":2,"list":[` + asAnn + `]}}`},
		"two":     {&wire.ListRanksResponse{Board: "all", Players: 2, Place: []*wire.RankedPlayer{ben, ann}}, head + `"board":"all","players":2,"list":[` + asBen + `,` + asAnn + `]}}`},
		"own":     {&wire.ListRanksResponse{Board: "all", Players: 2, Own: ann}, head + `"board":"all","players":2,"list":[],"own":` + asAnn + `}}`},
		"of late": {&wire.ListRanksResponse{Board: "all", Own: ben, Lost: true}, head + `"board":"all","players":0,"list":[],"own":` + asBen + `,"is_lost":true}}`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(answerTo("", board{test.rsp}, nil).Body); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if script := "/**/f(" + test.want + ");"; string(answerTo("format=jsonp&callback=f", board{test.rsp}, nil).Body) != script {
				t.Errorf("as a script it is not %s", script)
			}
		})
	}
}

// FuzzText: a text is written as the codec writes it, whatever is in it.
func FuzzText(f *testing.F) {
	for _, text := range []string{"", "Ann", "<b>", "\x00\x7f", "\u2028", "\xff", "乌鸦", `"\`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := string(appendText(nil, text)), string(appendJSON(nil, text)); got != want || !json.Valid([]byte(got)) {
			t.Errorf("%q is written %s, want %s", text, got, want)
		}
	})
}
