package token

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"

	"github.com/rookeryhq/rookery/internal/platform"
)

func demoKeyring(t testing.TB, began time.Time) (r *Keyring, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "keyring.json")
	r, err := OpenDemoKeyring(file, began)
	must(t, err)
	return r, file
}

// TestDemoTokensAreTheSameEverywhere: the text was made once. A change of it breaks what documents and people's notes hold.
func TestDemoTokensAreTheSameEverywhere(t *testing.T) {
	const text = "AQAAAAFBr13UpZT16O2i82upRq2sQyfQkG17R1kRN-gENH23fLRMCQQQRCMr1p0PFq5C4csRPevCSah14-FfY613WdzLvrLwsMzQpbTumC1PtZzjxqpYd6dWpnWxKNUQeyDTlLuYiCQ"
	for _, began := range []time.Time{time.UnixMilli(0), time.UnixMilli(1_700_000_000_123)} {
		r, file := demoKeyring(t, began)
		want := Token{
			Kind: MSDK, AppID: 100700001, OpenID: platform.OpenID{15: 1}, MSDKOpenID: 11,
			IssuedMS: began.UnixMilli(), ExpiresMS: began.UnixMilli() + 90*24*3600*1000, PasswordEpoch: 1, TokenEpoch: 1,
		}
		if got := r.Seal(&want); got != text {
			t.Errorf("of a world that began at %v: got %s", began, got)
		}
		again, err := OpenDemoKeyring(file, began.Add(time.Hour))
		must(t, err)
		if got, err := again.Open(text); err != nil || got != want {
			t.Errorf("after a restart it opens as %+v, %v, want %+v", got, err, want)
		}
		if got, want := r.UnionID("magpie", 10001), "UID_5ED07742380539145358CB00FF2FB557"; got != want {
			t.Errorf("the unionid is %s, want %s", got, want)
		}
		other := want
		other.TokenEpoch++
		if r.Seal(&other)[:20] == text[:20] {
			t.Error("another token has the same nonce")
		}
		for _, altered := range []string{text[:30] + "A" + text[31:], text[:len(text)-8] + "AAAAAAAA"} {
			if _, err := r.Open(altered); !errors.Is(err, ErrAltered) {
				t.Errorf("an altered one: got %v, want %v", err, ErrAltered)
			}
		}
	}
}

// TestDemoSealsAreTinks: the form is that of all other tokens.
func TestDemoSealsAreTinks(t *testing.T) {
	r, _ := demoKeyring(t, time.Now())
	tinks, err := aead.New(r.current.Load().handle)
	must(t, err)
	sealed, err := tokenText.DecodeString(r.SealSession(&Session{UIN: 10001}))
	must(t, err)
	record, err := tinks.Decrypt(sealed, []byte("rookery session"))
	must(t, err)
	sealed, err = tinks.Encrypt(record, []byte("rookery session"))
	must(t, err)
	if got, ok := r.OpenSession(tokenText.EncodeToString(sealed)); !ok || got != (Session{UIN: 10001}) {
		t.Errorf("Tink's session opens as %+v, %t", got, ok)
	}
}

// TestOnlyADemoWorldHasItsKeys: a platform that is not a demo refuses them, also after the sealing key was forgotten.
func TestOnlyADemoWorldHasItsKeys(t *testing.T) {
	now := time.Now()
	r, file := demoKeyring(t, now)
	refused := func(when string) {
		t.Helper()
		if _, err := OpenKeyring(file, now); err == nil || !strings.Contains(err.Error(), "keys of rookery dev") {
			t.Errorf("%s: got %v", when, err)
		}
	}
	refused("new")
	_, err := r.Rotate(now)
	must(t, err)
	refused("after a rotation")
	_, err = r.Rotate(now.Add(91 * 24 * time.Hour))
	must(t, err)
	if len(r.Keys()) != 2 || r.Keys()[0].ID == 1 {
		t.Fatalf("the first key is still there: %v", r.Keys())
	}
	refused("after the sealing key was forgotten")

	r, file = demoKeyring(t, now)
	content, err := os.ReadFile(file)
	must(t, err)
	union := strings.Index(string(content), `"union_key":"`) + len(`"union_key":"`)
	content[union] ^= 1
	must(t, os.WriteFile(file, unversioned(content), 0o600))
	if again, err := OpenDemoKeyring(file, now); err != nil || again.UnionID("", 1) == r.UnionID("", 1) {
		t.Fatalf("the key of unionids is the same: %v", err)
	}
	refused("with another key for unionids")
}

// TestARotatedDemoKeyring: the new key seals like any other, and the first one's tokens keep their times.
func TestARotatedDemoKeyring(t *testing.T) {
	now := time.UnixMilli(1_700_000_000_000)
	r, _ := demoKeyring(t, now)
	want := Token{Kind: Access, AppID: 1, IssuedMS: now.UnixMilli() + 5, ExpiresMS: now.UnixMilli() + 10}
	before := r.Seal(&want)
	_, err := r.Rotate(now)
	must(t, err)
	after := r.Seal(&want)
	if after == r.Seal(&want) {
		t.Error("the new key makes the same text twice")
	}
	for _, text := range []string{before, after} {
		if got, err := r.Open(text); err != nil || got != want {
			t.Errorf("it opens as %+v, %v, want %+v", got, err, want)
		}
	}
}

// TestAKeyringInUseStaysWhatItIs: a demo world on an older folder has that folder's keys.
func TestAKeyringInUseStaysWhatItIs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keyring.json")
	r, err := OpenKeyring(file, time.Now())
	must(t, err)
	text := r.Seal(&Token{Kind: Access, AppID: 1})
	demo, err := OpenDemoKeyring(file, time.Now())
	must(t, err)
	if _, err := demo.Open(text); err != nil {
		t.Error(err)
	}
	if _, err := OpenKeyring(file, time.Now()); err != nil {
		t.Errorf("as a demo world left it: %v", err)
	}
}
