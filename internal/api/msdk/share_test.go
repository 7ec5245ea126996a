package msdk

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rookeryhq/rookery/retcode"
)

func soundShare() Share {
	return Share{
		Title: "t", Summary: "s", TargetURL: "https://game.example/", ImageURL: "http://game.example/a.png", Receivers: []Receiver{{OpenID: "1"}},
	}
}

func TestSharedMessagesThatCannotBe(t *testing.T) {
	long := "https://game.example/" + strings.Repeat("x", 512-21)
	for _, test := range []struct {
		name string
		edit func(*Share)
		want retcode.Code
		say  string
	}{
		{"sound", func(*Share) {}, 0, ""},
		{"all members", func(s *Share) {
			s.Act, s.PreviewText, s.GameTag, s.RequestID = 1, strings.Repeat("p", 45), strings.Repeat("g", 45), strings.Repeat("r", 64)
			s.Title, s.Summary = strings.Repeat("t", 45), strings.Repeat("鸦", 15)
		}, 0, ""},
		{"no title", func(s *Share) { s.Title = "" }, retcode.ShareFieldInvalid, `"title" is missing or empty`},
		{"no summary", func(s *Share) { s.Summary = "" }, retcode.ShareFieldInvalid, `"summary" is missing`},
		{"no target_url", func(s *Share) { s.TargetURL = "" }, retcode.ShareFieldInvalid, `"target_url" is missing`},
		{"no image_url", func(s *Share) { s.ImageURL = "" }, retcode.ShareFieldInvalid, `"image_url" is missing`},
		{"nobody", func(s *Share) { s.Receivers = nil }, retcode.ShareFieldInvalid, "0 openids, not 1"},
		{"two", func(s *Share) { s.Receivers = []Receiver{{}, {}} }, retcode.ShareFieldInvalid, "2 openids, not 1"},
		{"another type", func(s *Share) { s.Receivers[0].Type = 1 }, retcode.ShareFieldInvalid, "the type 1, not 0"},
		{"another act", func(s *Share) { s.Act = 2 }, retcode.ShareFieldInvalid, `"act" is neither`},
		{"a control character", func(s *Share) { s.Title = "a\x00" }, retcode.ShareFieldInvalid, "title has a control character at byte 2"},
		{"a control character in the tag", func(s *Share) { s.GameTag = "\n" }, retcode.ShareFieldInvalid, "game_tag has a control character"},
		{"an address that runs a program", func(s *Share) { s.TargetURL = "javascript:alert(1)//x" }, retcode.ShareFieldInvalid, `"target_url" is not an absolute`},
		{"a picture of a file", func(s *Share) { s.ImageURL = "file:///a.png" }, retcode.ShareFieldInvalid, `"image_url" is not an absolute`},
		{"a long title", func(s *Share) { s.Title = strings.Repeat("t", 46) }, retcode.ShareTextTooLong, `"title" has 46 bytes, more than 45`},
		{"a title of many bytes", func(s *Share) { s.Title = strings.Repeat("鸦", 16) }, retcode.ShareTextTooLong, `"title" has 48 bytes`},
		{"a long summary", func(s *Share) { s.Summary = strings.Repeat("s", 46) }, retcode.ShareTextTooLong, `"summary" has 46 bytes`},
		{"a long preview", func(s *Share) { s.PreviewText = strings.Repeat("s", 46) }, retcode.ShareTextTooLong, `"previewText" has 46 bytes`},
		{"a long tag", func(s *Share) { s.GameTag = strings.Repeat("s", 46) }, retcode.ShareTextTooLong, `"game_tag" has 46 bytes`},
		{"a long request", func(s *Share) { s.RequestID = strings.Repeat("s", 65) }, retcode.ShareTextTooLong, `"request_id" has 65 bytes`},
		{"an address as long as may be", func(s *Share) { s.TargetURL = long }, 0, ""},
		{"a long address", func(s *Share) { s.TargetURL = long + "x" }, retcode.ShareTextTooLong, `"target_url" has 513 bytes, more than 512`},
		{"a long picture", func(s *Share) { s.ImageURL = long + "x" }, retcode.ShareTextTooLong, `"image_url" has 513 bytes`},
		{"700 bytes", func(s *Share) {
			s.TargetURL = long
			s.ImageURL = "https://game.example/" + strings.Repeat("x", 700-512-2-21)
		}, 0, ""},
		{"701 bytes", func(s *Share) {
			s.TargetURL = long
			s.ImageURL = "https://game.example/" + strings.Repeat("x", 701-512-2-21)
		}, retcode.ShareMessageTooLong, "701 bytes, more than 700"},

		{"missing and too long", func(s *Share) { s.Title = ""; s.Summary = strings.Repeat("s", 46) }, retcode.ShareFieldInvalid, ""},
		{"two receivers and too long", func(s *Share) { s.Receivers = nil; s.Summary = strings.Repeat("s", 46) }, retcode.ShareFieldInvalid, ""},
		{"too long and too long together", func(s *Share) { s.TargetURL, s.ImageURL = long+"x", long }, retcode.ShareTextTooLong, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := soundShare()
			test.edit(&s)
			err := s.Check()
			code, _ := retcode.From(err)
			if code != test.want || (err == nil) != (test.want == 0) || err != nil && !strings.Contains(err.Error(), test.say) {
				t.Errorf("got %v, want %v with %q", err, test.want, test.say)
			}
		})
	}
}

func TestReceiversAreReadInBothForms(t *testing.T) {
	for text, want := range map[string]int{
		`[{"openid":"A","type":0}]`:         1,
		`"[{\"openid\":\"A\",\"type\":0}]"`: 1,
		`[]`:                                0,
		`"[]"`:                              0,
		`null`:                              0,
		`[{"openid":"A"},{"openid":"A"}]`:   2,
		`"[{\"openid\":\"A\"}"`:             -1,
		`""`:                                -1,
		`"A"`:                               -1,
		`7`:                                 -1,
		`{"openid":"A"}`:                    -1,
		`["A"]`:                             -1,
		`[{"openid":7}]`:                    -1,
		`"\"[]\""`:                          -1, // once is enough
	} {
		var r Receivers
		err := json.Unmarshal([]byte(text), &r)
		if (err == nil) != (want >= 0) || want >= 0 && (len(r) != want || want > 0 && r[0].OpenID != "A") {
			t.Errorf("%s: got %v, %v", text, r, err)
		}
	}
}

func FuzzReceivers(f *testing.F) {
	f.Add(`[{"openid":"A","type":0}]`)
	f.Add(`"[{\"openid\":\"A\"}]"`)
	f.Fuzz(func(t *testing.T, text string) {
		var s Share
		if json.Unmarshal([]byte(`{"fopenids":`+text+`}`), &s) == nil {
			_ = s.Check()
		}
	})
}
