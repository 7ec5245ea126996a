package token

import (
	"strings"
	"testing"
	"time"
)

var annsTicket = WebTicket{AppID: 1100001234, Session: Session{UIN: 10001, PasswordEpoch: 7, IssuedMS: 1_700_000_000_000, Secret: [16]byte{0: 1, 15: 2}}}

func TestWebTickets(t *testing.T) {
	r := testKeyring(t)
	sid, skey := r.SealWeb(Sid, &annsTicket), r.SealWeb(Skey, &annsTicket)
	_, err := r.Rotate(time.Now())
	must(t, err)
	for kind, text := range map[WebKind]string{Sid: sid, Skey: skey} {
		if got, ok := r.OpenWeb(kind, text); !ok || got != annsTicket {
			t.Errorf("kind %d opens as %+v, %t, want %+v", kind, got, ok, annsTicket)
		}
	}
	session := r.SealSession(&annsTicket.Session)
	for name, test := range map[string]struct {
		kind WebKind
		text string
	}{
		"a skey as sid":        {Sid, skey},
		"a sid as skey":        {Skey, sid},
		"a session as sid":     {Sid, session},
		"an access token":      {Sid, r.Seal(&Token{Kind: Access, AppID: 1})},
		"nothing":              {Sid, ""},
		"cut":                  {Sid, sid[:len(sid)-1]},
		"longer":               {Sid, sid + "A"},
		"line breaks":          {Sid, sid[:len(sid)-4] + "\n\n\n\n"},
		"one letter changed":   {Sid, "B" + sid[1:]},
		"of another platform":  {Sid, testKeyring(t).SealWeb(Sid, &annsTicket)},
		"another letter's end": {Sid, sid[:len(sid)-1] + "~"},
	} {
		if got, ok := r.OpenWeb(test.kind, test.text); ok {
			t.Errorf("%s opens as %+v", name, got)
		}
	}
	for _, text := range []string{sid, skey} {
		if _, ok := r.OpenSession(text); ok {
			t.Error("a web ticket passes as a session")
		}
		if _, err := r.Open(text); err == nil {
			t.Error("a web ticket passes as a token")
		}
	}
}

func FuzzOpenWeb(f *testing.F) {
	r := testKeyring(f)
	sealed := r.SealWeb(Sid, &annsTicket)
	f.Add(sealed)
	f.Add("")
	f.Add(strings.Repeat("A", len(sealed)))
	f.Fuzz(func(t *testing.T, text string) {
		if ticket, ok := r.OpenWeb(Sid, text); ok && text != sealed {
			t.Errorf("%q opens as %+v", text, ticket)
		}
	})
}
