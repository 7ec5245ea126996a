package token

import (
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

func testKeyring(t testing.TB) *Keyring {
	t.Helper()
	r, err := OpenKeyring(filepath.Join(t.TempDir(), "keyring.json"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var ticketForm = regexp.MustCompile(`^[0-9A-F]{32}$`)

func TestTicketsHaveOneText(t *testing.T) {
	r := testKeyring(t)
	for _, ticket := range []platform.Ticket{
		{Login: 1}, {Login: 1, Serial: 1}, {Login: 1, Salt: 1}, {Login: math.MaxInt64, Salt: math.MaxUint32, Serial: math.MaxUint32},
	} {
		text := r.SealTicket(ticket)
		if got, ok := r.OpenTicket(text); !ok || got != ticket || !ticketForm.MatchString(text) {
			t.Errorf("%+v became %q, which opens as %+v, %t", ticket, text, got, ok)
		}
		letters := strings.ContainsAny(text, "ABCDEF")
		if _, ok := r.OpenTicket(strings.ToLower(text)); ok && letters {
			t.Errorf("%q opens in lower case", text)
		}
		if got, ok := testKeyring(t).OpenTicket(text); ok && got == ticket {
			t.Errorf("%q opens with another key", text)
		}
	}
	for _, text := range []string{"", "0", strings.Repeat("G", 32), strings.Repeat("0", 31), strings.Repeat("0", 33), strings.Repeat("é", 16)} {
		if got, ok := r.OpenTicket(text); ok {
			t.Errorf("%q opens as %+v", text, got)
		}
	}
	if _, ok := r.OpenRefresh(r.SealTicket(platform.Ticket{Login: 1})); ok {
		t.Error("a code passes as a refresh token")
	}
}

func TestTicketsOutliveTheKeysThatSeal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keyring.json")
	r, err := OpenKeyring(file, time.Now())
	must(t, err)
	want := platform.Ticket{Login: 7, Salt: 8, Serial: 9}
	text := r.SealTicket(want)
	_, err = r.Rotate(time.Now())
	must(t, err)
	again, err := OpenKeyring(file, time.Now())
	must(t, err)
	if got, ok := again.OpenTicket(text); !ok || got != want {
		t.Errorf("got %+v, %t", got, ok)
	}
}

func FuzzOpenTicket(f *testing.F) {
	r := testKeyring(f)
	f.Add(r.SealTicket(platform.Ticket{Login: 1}))
	f.Add("00000000000000000000000000000000")
	f.Add("x")
	f.Fuzz(func(t *testing.T, text string) {
		if ticket, ok := r.OpenTicket(text); ok && r.SealTicket(ticket) != text {
			t.Errorf("%q opens as %+v, whose text is %q", text, ticket, r.SealTicket(ticket))
		}
	})
}
