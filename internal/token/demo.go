package token

import (
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	gcm "github.com/tink-crypto/tink-go/v2/proto/aes_gcm_go_proto"
	tink "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"
	"google.golang.org/protobuf/proto"
)

// A demo world has the same keys wherever it is made, so that its tokens and unionids are the same at every start and can be
// printed in documents. So everybody knows the keys: only OpenDemoKeyring makes them, and OpenKeyring refuses a file with
// one of them, whatever else is in it.

// The purposes of a demo world's keys.
const (
	demoSeal  = "seal"
	demoNonce = "nonce"
	demoUnion = "union"

	demoKeyID = 1
)

// demoKey returns the key for a purpose.
func demoKey(purpose string) []byte {
	key := sha256.Sum256([]byte("rookery demo world: " + purpose))
	return key[:]
}

// OpenDemoKeyring opens the keyring of a demo world: it reads the file, or makes one with the keys of every demo world if it
// does not exist. With such a key equal tokens have equal texts, and a token's times count from now.
func OpenDemoKeyring(file string, now time.Time) (*Keyring, error) {
	r := &Keyring{file: file}
	err := r.read()
	if errors.Is(err, fs.ErrNotExist) {
		err = r.beginDemo(now)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Keyring) beginDemo(now time.Time) error {
	material, err := proto.Marshal(&gcm.AesGcmKey{KeyValue: demoKey(demoSeal)})
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	set, err := proto.Marshal(&tink.Keyset{
		PrimaryKeyId: demoKeyID,
		Key: []*tink.Keyset_Key{{
			KeyData: &tink.KeyData{
				TypeUrl: "type.googleapis.com/google.crypto.tink.AesGcmKey", Value: material, KeyMaterialType: tink.KeyData_SYMMETRIC,
			},
			Status: tink.KeyStatusType_ENABLED, KeyId: demoKeyID, OutputPrefixType: tink.OutputPrefixType_TINK,
		}},
	})
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(set)))
	if err != nil {
		return fmt.Errorf("keyring: %w", err)
	}
	r.lasting.Union = demoKey(demoUnion)
	r.lasting.fill()
	list := []Key{{ID: demoKeyID, CreatedMS: now.UnixMilli()}}
	if err := r.write(handle, list); err != nil {
		return err
	}
	return r.use(handle, list)
}

// isDemo reports whether any of the keys is a demo world's.
func (r *Keyring) isDemo() bool {
	return bytes.Equal(r.lasting.Union, demoKey(demoUnion)) || slices.ContainsFunc(r.current.Load().sealers, func(s sealer) bool { return s.isDemo() })
}

func (s *sealer) isDemo() bool {
	_, demo := s.aead.(demoAEAD)
	return demo
}

// demoAEAD is AES-GCM with a nonce that follows from the record and its purpose. Its form is that of an AEAD with random
// nonces.
type demoAEAD struct{ cipher.AEAD }

func newDemoAEAD(block cipher.Block) (cipher.AEAD, error) {
	aead, err := cipher.NewGCM(block)
	return demoAEAD{aead}, err
}

func (a demoAEAD) Seal(b, _, record, purpose []byte) []byte {
	mac := hmac.New(sha256.New, demoKey(demoNonce))
	mac.Write(purpose)
	mac.Write([]byte{0})
	mac.Write(record)
	nonce := mac.Sum(nil)[:a.AEAD.NonceSize()]
	return a.AEAD.Seal(append(b, nonce...), nonce, record, purpose)
}

func (a demoAEAD) Open(b, _, sealed, purpose []byte) ([]byte, error) {
	n := a.AEAD.NonceSize()
	return a.AEAD.Open(b, sealed[:n], sealed[n:], purpose)
}

func (demoAEAD) NonceSize() int  { return 0 }
func (a demoAEAD) Overhead() int { return a.AEAD.NonceSize() + a.AEAD.Overhead() }
