package token

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
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
		"when others may read it":       {`{}`, 0o644, "chmod 600"},
		"when it is not JSON":           {`{`, 0o600, "damaged"},
		"when it lacks everything":      {`{"keys":[],"keyset":{}}`, 0o600, "damaged"},
		"when it holds no keys":         {`{"keys":[],"keyset":{},"union_key":"` + thirtyTwo + `","ticket_key":"` + thirtyTwo + `"}`, 0o600, "no usable keys"},
		"when it is of a newer rookery": {`{"version":3}`, 0o600, "has format 3, this rookery knows 2: run the newer rookery"},
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

// thirtyTwo is a key of 32 bytes in Base64.
const thirtyTwo = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// TestADamagedKeyringIsNotReplaced: whatever is missing or altered, the file stays as it is, and the error says what to do.
func TestADamagedKeyringIsNotReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keyring.json")
	opened, err := OpenKeyring(file, time.Now())
	must(t, err)
	unionID := opened.UnionID("d", 10001)
	whole, err := os.ReadFile(file)
	must(t, err)
	edit := func(pattern, by string) []byte {
		edited := regexp.MustCompile(pattern).ReplaceAll(whole, []byte(by))
		if bytes.Equal(edited, whole) {
			t.Fatalf("%s is not in the file", pattern)
		}
		return edited
	}
	for name, damaged := range map[string][]byte{
		"no union key":                edit(`"union_key":"[^"]*",`, ""),
		"a short union key":           edit(`"union_key":"[^"]*"`, `"union_key":"AAEC"`),
		"another union key":           edit(`"union_key":"[^"]*"`, `"union_key":"`+thirtyTwo+`"`),
		"no ticket key":               edit(`"ticket_key":"[^"]*",`, ""),
		"another time":                edit(`"created_ms":[0-9]*`, `"created_ms":1`),
		"no checksum":                 edit(`,"checksum":"[^"]*"`, ""),
		"no version":                  edit(`"version":2,`, ""),
		"no union key and no version": regexp.MustCompile(`"union_key":"[^"]*",`).ReplaceAll(unversioned(whole), nil),
		"half of it":                  whole[:len(whole)/2],
		"nothing":                     nil,
	} {
		must(t, os.WriteFile(file, damaged, 0o600))
		if _, err := OpenKeyring(file, time.Now()); err == nil || !strings.Contains(err.Error(), "damaged: restore it from a copy") {
			t.Errorf("%s: got %v", name, err)
		}
		if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, damaged) {
			t.Errorf("%s: the file was changed, %v", name, err)
		}
	}

	// The format before versions is read, and brought up to date.
	must(t, os.WriteFile(file, unversioned(whole), 0o600))
	for range 2 {
		again, err := OpenKeyring(file, time.Now())
		must(t, err)
		if got := again.UnionID("d", 10001); got != unionID {
			t.Errorf("the unionid is %s, was %s", got, unionID)
		}
		if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, whole) {
			t.Errorf("the file is %.20s..., %v", after, err)
		}
	}
}

// unversioned returns a keyring's file in the format before versions.
func unversioned(content []byte) []byte {
	return regexp.MustCompile(`"version":2,|,"checksum":"[^"]*"`).ReplaceAll(content, nil)
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
