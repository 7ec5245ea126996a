package token

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestKeyRotationKeepsOldTokensUntilTheyExpire(t *testing.T) {
	file, now := filepath.Join(t.TempDir(), "keyring.json"), time.Now()
	r, err := OpenKeyring(file, now)
	must(t, err)
	old := r.Seal(&Token{Kind: Access, AppID: 1})
	first := r.Keys()[0]
	second, err := r.Rotate(now)
	must(t, err)
	if _, err := r.Open(old); err != nil {
		t.Errorf("sealed with the retired key: %v", err)
	}
	reopened, err := OpenKeyring(file, now)
	must(t, err)
	if _, err := reopened.Open(old); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	third, err := r.Rotate(now.Add(90*24*time.Hour + time.Second))
	must(t, err)
	var ids []uint32
	for _, key := range r.Keys() {
		ids = append(ids, key.ID)
	}
	if len(ids) != 2 || ids[0] != second.ID || ids[1] != third.ID {
		t.Errorf("keys %v are kept, want %v without %d", ids, []uint32{second.ID, third.ID}, first.ID)
	}
	if _, err := r.Open(old); !errors.Is(err, ErrUnknown) {
		t.Errorf("sealed with a forgotten key: got %v, want %v", err, ErrUnknown)
	}
}

func TestKeyringFileIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"when others may read it": {`{}`, 0o644, "chmod 600"},
		"when it is not JSON":     {`{`, 0o600, "damaged"},
		"when it holds no keys":   {`{"keys":[],"keyset":{}}`, 0o600, "no usable keys"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "keyring.json")
			must(t, os.WriteFile(file, []byte(test.content), test.mode))
			if _, err := OpenKeyring(file, time.Now()); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func FuzzOpenToken(f *testing.F) {
	keyring, err := OpenKeyring(filepath.Join(f.TempDir(), "keyring.json"), time.Now())
	must(f, err)
	valid := keyring.Seal(&Token{Kind: Access, AppID: 1})
	f.Add(valid)
	f.Add("")
	f.Add(strings.Repeat("A", len(valid)))
	f.Fuzz(func(t *testing.T, text string) {
		if opened, err := keyring.Open(text); err == nil && text != valid {
			t.Errorf("%q opens as %+v", text, opened)
		}
	})
}

func FuzzOpenSession(f *testing.F) {
	keyring, err := OpenKeyring(filepath.Join(f.TempDir(), "keyring.json"), time.Now())
	must(f, err)
	sealed := keyring.SealSession(&Session{UIN: 10001})
	f.Add(sealed)
	f.Add("")
	f.Add(strings.Repeat("A", len(sealed)))
	f.Fuzz(func(t *testing.T, text string) {
		if session, ok := keyring.OpenSession(text); ok && text != sealed {
			t.Errorf("%q opens as %+v", text, session)
		}
	})
}

// TestLineBreaksAreNoPartOfAToken: base64 skips them, so a text with some has the length of a token and fewer bytes.
func TestLineBreaksAreNoPartOfAToken(t *testing.T) {
	r := testKeyring(t)
	text, session := r.Seal(&Token{Kind: Access, AppID: 1}), r.SealSession(&Session{UIN: 10001})
	for range 20 { // a pool may lose what was put into it
		if _, err := r.Open(text); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{strings.Repeat("\n", len(text)), text[:len(text)-4] + "\r\n\r\n", "\n\n\n\n" + text[4:]} {
			if got, err := r.Open(bad); !errors.Is(err, ErrUnknown) {
				t.Fatalf("%q opens as %+v, %v", bad, got, err)
			}
		}
	}
	for _, bad := range []string{strings.Repeat("\n", len(session)), session[:len(session)-4] + "\n\n\n\n"} {
		if got, ok := r.OpenSession(bad); ok {
			t.Errorf("%q opens as the session %+v", bad, got)
		}
	}
}

// TestATokenHasOneText: the last letter has bits that no byte needs, and they must be 0.
func TestATokenHasOneText(t *testing.T) {
	r := testKeyring(t)
	text := r.Seal(&Token{Kind: Access, AppID: 1})
	for _, letter := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_" {
		other := text[:len(text)-1] + string(letter)
		if _, err := r.Open(other); (err == nil) != (other == text) {
			t.Errorf("it ends with %s, and with %c it opens as well: %v", text[len(text)-1:], letter, err)
		}
	}
}
