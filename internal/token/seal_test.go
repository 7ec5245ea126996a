package token

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tink "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"

	"github.com/rookeryhq/rookery/internal/platform"
)

// TestSealsAreTinks: Tink's own AEAD opens what the keyring seals, and the keyring what Tink's seals, with each of its keys.
func TestSealsAreTinks(t *testing.T) {
	r := testKeyring(t)
	want := Token{
		Kind: MSDK, PC: true, AppID: 1, OpenID: platform.OpenID{15: 2}, MSDKOpenID: 3, Session: 4, IssuedMS: 5, ExpiresMS: 6,
		PasswordEpoch: 7, TokenEpoch: 8, PayEpoch: 9,
	}
	record := []byte("\x01\x04\x01" + "\x00\x00\x00\x00\x00\x00\x00\x01" + strings.Repeat("\x00", 15) + "\x02" + "\x00\x00\x00\x00\x00\x00\x00\x03" +
		"\x00\x00\x00\x00\x00\x00\x00\x04" + "\x00\x00\x00\x00\x00\x00\x00\x05" + "\x00\x00\x00\x00\x00\x00\x00\x06" +
		"\x00\x00\x00\x07" + "\x00\x00\x00\x08" + "\x00\x00\x00\x09")
	var older []string // sealed by Tink with the keys before
	for range 3 {
		tinks, err := aead.New(r.current.Load().handle)
		must(t, err)
		sealed, err := tokenText.DecodeString(r.Seal(&want))
		must(t, err)
		if got, err := tinks.Decrypt(sealed, []byte("rookery token")); err != nil || !bytes.Equal(got, record) {
			t.Errorf("Tink opens the token as %x, %v, want %x", got, err, record)
		}
		sealed, err = tokenText.DecodeString(r.SealSession(&Session{UIN: 10001}))
		must(t, err)
		if _, err := tinks.Decrypt(sealed, []byte("rookery session")); err != nil {
			t.Errorf("Tink does not open the session: %v", err)
		}
		sealed, err = tinks.Encrypt(record, []byte("rookery token"))
		must(t, err)
		older = append(older, tokenText.EncodeToString(sealed))
		for _, text := range older {
			if got, err := r.Open(text); err != nil || got != want {
				t.Errorf("Tink's token opens as %+v, %v, want %+v", got, err, want)
			}
		}
		_, err = r.Rotate(time.Now())
		must(t, err)
	}
}

func TestWhyATokenDoesNotOpen(t *testing.T) {
	r := testKeyring(t)
	valid, err := tokenText.DecodeString(r.Seal(&Token{Kind: Access, AppID: 1}))
	must(t, err)
	tinks, err := aead.New(r.current.Load().handle)
	must(t, err)
	of := func(purpose string, version byte) []byte {
		record := [recordSize]byte{version, 1}
		sealed, err := tinks.Encrypt(record[:], []byte(purpose))
		must(t, err)
		return sealed
	}
	changed := func(at int) []byte {
		b := bytes.Clone(valid)
		b[at] ^= 1
		return b
	}
	other, err := tokenText.DecodeString(testKeyring(t).Seal(&Token{Kind: Access, AppID: 1}))
	must(t, err)
	for name, test := range map[string]struct {
		sealed []byte
		want   error
	}{
		"valid":                         {valid, nil},
		"another form":                  {changed(0), ErrUnknown},
		"another key":                   {changed(4), ErrUnknown},
		"another keyring":               {other, ErrUnknown},
		"the nonce changed":             {changed(5), ErrAltered},
		"the record changed":            {changed(17), ErrAltered},
		"the tag changed":               {changed(len(valid) - 1), ErrAltered},
		"a byte too few":                {valid[:len(valid)-1], ErrUnknown},
		"sealed for another purpose":    {of("rookery session", 1), ErrAltered},
		"of an unknown version":         {of("rookery token", 2), ErrAltered},
		"of this version, all the same": {of("rookery token", 1), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := r.Open(tokenText.EncodeToString(test.sealed)); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// TestDisabledKeysOpenNothing: Tink's tool can disable a key in the file.
func TestDisabledKeysOpenNothing(t *testing.T) {
	r := testKeyring(t)
	old := r.Seal(&Token{Kind: Access, AppID: 1})
	first := r.Keys()[0].ID
	_, err := r.Rotate(time.Now())
	must(t, err)
	now := r.Seal(&Token{Kind: Access, AppID: 1})
	manager := keyset.NewManagerFromHandle(r.current.Load().handle)
	must(t, manager.Disable(first))
	handle, err := manager.Handle()
	must(t, err)
	must(t, r.use(handle, r.Keys()))
	if _, err := r.Open(old); !errors.Is(err, ErrAltered) {
		t.Errorf("sealed with the disabled key: got %v, want %v", err, ErrAltered)
	}
	if _, err := r.Open(now); err != nil {
		t.Errorf("sealed with the other key: %v", err)
	}
}

// TestKeysOfAnotherKindAreRefused: only AES-256-GCM with Tink's prefix is sealed with.
func TestKeysOfAnotherKindAreRefused(t *testing.T) {
	for name, template := range map[string]*tink.KeyTemplate{
		"ChaCha20": aead.ChaCha20Poly1305KeyTemplate(), "no prefix": aead.AES256GCMNoPrefixKeyTemplate(),
	} {
		t.Run(name, func(t *testing.T) {
			var material bytes.Buffer
			handle, err := keyset.NewHandle(template)
			must(t, err)
			must(t, insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&material)))
			file := filepath.Join(t.TempDir(), "keyring.json")
			must(t, os.WriteFile(file, []byte(`{"keys":[{"id":1,"created_ms":1}],"keyset":`+material.String()+`,"union_key":"`+thirtyTwo+`","ticket_key":"`+thirtyTwo+`"}`), 0o600))
			if _, err := OpenKeyring(file, time.Now()); err == nil || !strings.Contains(err.Error(), "another kind") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOpeningATokenAllocatesNothing(t *testing.T) {
	r := testKeyring(t)
	text := r.Seal(&Token{Kind: Access, AppID: 1})
	if n := testing.AllocsPerRun(1000, func() {
		if _, err := r.Open(text); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
