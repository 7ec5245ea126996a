package token

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Tink keeps and rotates the keys, and this file seals with them in Tink's form: a 1, the key's id, a nonce, the encrypted
// record and its tag. Tink's own AEAD would open the same, in twice the time and with allocations.

const (
	sealPrefix   = 5
	sealOverhead = sealPrefix + 12 + 16
)

// sealer seals with one key.
type sealer struct {
	prefix  [sealPrefix]byte
	aead    cipher.AEAD // makes its own nonces; nil if the key is disabled
	sinceMS int64       // the time from which its tokens count theirs: 0, but for the key of a demo world
}

// newSealers returns a sealer for each key of the keyset, and which of them is for new seals. list describes the same keys.
func newSealers(handle *keyset.Handle, list []Key) (all []sealer, primary *sealer, err error) {
	all = make([]sealer, handle.Len())
	for i := range all {
		entry, err := handle.Entry(i)
		if err != nil {
			return nil, nil, err
		}
		if all[i], err = newSealer(entry); err != nil {
			return nil, nil, err
		}
		if all[i].isDemo() {
			all[i].sinceMS = list[i].CreatedMS
		}
		if entry.IsPrimary() {
			primary = &all[i]
		}
	}
	if primary == nil {
		return nil, nil, errors.New("it has no key for new seals")
	}
	return all, primary, nil
}

func newSealer(entry *keyset.Entry) (s sealer, err error) {
	key, ok := entry.Key().(*aesgcm.Key)
	if !ok || len(key.OutputPrefix()) != sealPrefix {
		return s, fmt.Errorf("key %d is of another kind than ours", entry.KeyID())
	}
	s.prefix = [sealPrefix]byte(key.OutputPrefix())
	if entry.KeyStatus() != keyset.Enabled {
		return s, nil
	}
	material := key.KeyBytes().Data(insecuresecretdataaccess.Token{})
	block, err := aes.NewCipher(material)
	if err != nil {
		return s, err
	}
	if bytes.Equal(material, demoKey(demoSeal)) {
		s.aead, err = newDemoAEAD(block)
		return s, err
	}
	s.aead, err = cipher.NewGCMWithRandomNonce(block)
	return s, err
}

// seal returns a record sealed for a purpose.
func (s *sealer) seal(record, purpose []byte) []byte {
	sealed := make([]byte, 0, sealOverhead+len(record))
	return s.aead.Seal(append(sealed, s.prefix[:]...), nil, record, purpose)
}

// open appends to b the record that was sealed for a purpose, and says by which of the keys. Errors: ErrUnknown, ErrAltered.
func (k *keys) open(b, sealed, purpose []byte) ([]byte, *sealer, error) {
	for i := range k.sealers {
		s := &k.sealers[i]
		if s.prefix != [sealPrefix]byte(sealed) {
			continue
		}
		if s.aead == nil {
			return nil, nil, ErrAltered
		}
		record, err := s.aead.Open(b, nil, sealed[sealPrefix:], purpose)
		if err != nil {
			return nil, nil, ErrAltered
		}
		return record, s, nil
	}
	return nil, nil, ErrUnknown
}
