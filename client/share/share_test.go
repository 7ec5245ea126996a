package share

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/retcode"
)

// phone is a device that records the messages it is given.
type phone struct {
	without bool // QQ
	opened  []Message
}

func (p *phone) Installed() bool { return !p.without }

func (p *phone) Open(_ context.Context, _ Target, m Message) error {
	p.opened = append(p.opened, m)
	return nil
}

// platform answers authorize like a platform that knows only the app 100700001, and counts the requests.
func platform(t *testing.T) (c *client.Client, asked *int) {
	t.Helper()
	asked = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		number := "100008"
		if r.URL.Query().Get("client_id") == "100700001" {
			number = "100010"
		}
		w.Header().Set("Location", "/oauth2.0/show?which=error&display=pc&error="+number+"&"+r.URL.RawQuery)
		w.WriteHeader(http.StatusFound)
	}))
	t.Cleanup(server.Close)
	c, err := client.New(server.URL, client.App{})
	if err != nil {
		t.Fatal(err)
	}
	return c, asked
}

func TestShare(t *testing.T) {
	const web = "https://game.example/join"
	full := strings.Repeat("长", 15) // 45 bytes
	c, _ := platform(t)
	for name, test := range map[string]struct {
		without bool
		appID   string
		target  Target
		m       Message
		want    retcode.Code
	}{
		"text to a friend":                 {target: Friend, m: Message{Type: Text, Text: "hi"}},
		"link to a group":                  {target: Group, m: Message{Type: Link, Title: full, Summary: full, Link: web}},
		"image to a Qzone":                 {target: Qzone, m: Message{Type: Image, Picture: web}},
		"text with a picture to a Qzone":   {target: Qzone, m: Message{Type: Text, Text: "hi", Picture: web}},
		"mini program to a friend":         {target: Friend, m: Message{Type: MiniProgram, Title: "T", Link: web, MiniProgram: "1/pages/index"}},
		"ark to a friend":                  {target: Friend, m: Message{Type: Ark, Ark: `{"app":"com.example"}`}},
		"no QQ, and everything else wrong": {without: true, target: "moon", m: Message{}, want: retcode.QQAppNotInstalled},
		"no type":                          {target: Friend, m: Message{Text: "hi"}, want: retcode.QQMessageTypeWrong},
		"type that opens a mini program":   {target: Friend, m: Message{Type: 10007, Text: "hi"}, want: retcode.QQMessageTypeWrong},
		"no target":                        {m: Message{Type: Text, Text: "hi"}, want: retcode.QQMessageTypeWrong},
		"invite to a Qzone":                {target: Qzone, m: Message{Type: Invite, Title: "T", Link: web}, want: retcode.QQMessageTypeWrong},
		"text without text":                {target: Friend, m: Message{Type: Text, Title: "T"}, want: retcode.QQMessageEmpty},
		"text without text to a Qzone":     {target: Qzone, m: Message{Type: Text}, want: retcode.QQMessageEmpty},
		"music without sound":              {target: Friend, m: Message{Type: Music, Title: "T", Link: web}, want: retcode.QQMessageEmpty},
		"text alone to a Qzone":            {target: Qzone, m: Message{Type: Text, Text: "hi", Title: "T"}, want: retcode.QQQzoneTextOnly},
		"title of 46 bytes":                {target: Friend, m: Message{Type: Link, Title: full + "x", Link: web}, want: retcode.QQMessageIllegal},
		"text of 701 bytes":                {target: Friend, m: Message{Type: Text, Text: strings.Repeat("x", 701)}, want: retcode.QQMessageIllegal},
		"701 bytes together":               {target: Friend, m: Message{Type: Text, Text: strings.Repeat("x", 700), Title: "T"}, want: retcode.QQMessageIllegal},
		"link of 513 bytes":                {target: Friend, m: Message{Type: Link, Title: "T", Link: web + strings.Repeat("x", 513-len(web))}, want: retcode.QQMessageIllegal},
		"link that is not http or https":   {target: Friend, m: Message{Type: Link, Title: "T", Link: "javascript:alert(1)"}, want: retcode.QQMessageIllegal},
		"link without a host":              {target: Friend, m: Message{Type: Link, Title: "T", Link: "https:///join"}, want: retcode.QQMessageIllegal},
		"text that is not UTF-8":           {target: Friend, m: Message{Type: Text, Text: "\xff"}, want: retcode.QQMessageIllegal},
		"ark that is not an object":        {target: Friend, m: Message{Type: Ark, Ark: `[]`}, want: retcode.QQMessageIllegal},
		"forbidden word in another case":   {target: Friend, m: Message{Type: Text, Text: "buy GOLDcheap now"}, want: retcode.QQMessageIllegal},
		"unknown app":                      {appID: "1", target: Friend, m: Message{Type: Text, Text: "hi"}, want: retcode.QQAppNotRegistered},
		"unknown app and forbidden word":   {appID: "1", target: Friend, m: Message{Type: Text, Text: "goldCHEAP"}, want: retcode.QQAppNotRegistered},
	} {
		t.Run(name, func(t *testing.T) {
			if test.appID == "" {
				test.appID = "100700001"
			}
			p := &phone{without: test.without}
			err := New(test.appID, p, c, Forbid("GoldCheap", "")).Share(t.Context(), test.target, test.m)
			if code, _ := retcode.From(err); code != test.want || (err == nil) != (test.want == 0) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if test.want != 0 && !slices.Contains(Codes, test.want) {
				t.Errorf("%v is not among the codes of a share", test.want)
			}
			if given := len(p.opened) == 1 && p.opened[0] == test.m; given != (err == nil) {
				t.Errorf("the device was given %v after %v", p.opened, err)
			}
		})
	}
}

func TestTheAnswerOnAnAppIsKept(t *testing.T) {
	c, asked := platform(t)
	for _, test := range []struct {
		appID string
		keep  time.Duration
	}{{"100700001", time.Hour}, {"1", time.Minute}} {
		*asked = 0
		now := time.Unix(1700000000, 0)
		s := New(test.appID, new(phone), c, nil)
		s.now = func() time.Time { return now }
		share := func() { _ = s.Share(t.Context(), Friend, Message{Type: Text, Text: "hi"}) }
		share()
		now = now.Add(test.keep - 1)
		share()
		if *asked != 1 {
			t.Errorf("app %s: asked %d times within %s", test.appID, *asked, test.keep)
		}
		now = now.Add(1)
		share()
		if *asked != 2 {
			t.Errorf("app %s: asked %d times after %s", test.appID, *asked, test.keep)
		}
	}
}

func TestASilentPlatformIsNoCode(t *testing.T) {
	c, err := client.New("http://127.0.0.1:1", client.App{}, client.WithRetry(client.Retry{Attempts: 1}))
	if err != nil {
		t.Fatal(err)
	}
	p := new(phone)
	err = New("1", p, c, nil).Share(t.Context(), Friend, Message{Type: Text, Text: "hi"})
	if _, coded := retcode.From(err); err == nil || coded || len(p.opened) > 0 {
		t.Errorf("got %v", err)
	}
}

func TestTypesHaveTwoWays(t *testing.T) {
	for _, name := range TypeNames() {
		if typ, ok := ParseType(name); !ok || typ.String() != name {
			t.Errorf("%s becomes %v", name, typ)
		}
	}
	if _, ok := ParseType("unknown"); ok || Type(0).String() != "unknown" {
		t.Error("unknown is a type")
	}
}
