package operators

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
)

// Challenge asks a platform to prove that it knows a token, before the token is sent to it. Nothing about the token follows from a challenge or
// its proof, and a proof is good for one challenge.
type Challenge struct {
	Who   string // says whose token it is, to those who know it
	Nonce string
}

// NewChallenge returns a challenge about a token.
func NewChallenge(token string) Challenge {
	var nonce [32]byte
	rand.Read(nonce[:])
	return Challenge{Who: mac(hash(token), "who"), Nonce: hex.EncodeToString(nonce[:])}
}

// ProvedBy reports whether a text proves that whoever made it knows the token.
func (c Challenge) ProvedBy(token, proof string) bool {
	return subtle.ConstantTimeCompare([]byte(mac(hash(token), "proof "+c.Nonce)), []byte(proof)) == 1
}

// Prove returns the proof that the platform knows the token that a challenge is about; false if it does not.
func (s *Service) Prove(c Challenge) (proof string, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := range s.all {
		if subtle.ConstantTimeCompare([]byte(mac(s.all[i].TokenHash, "who")), []byte(c.Who)) == 1 {
			proof, ok = mac(s.all[i].TokenHash, "proof "+c.Nonce), true
		}
	}
	return proof, ok
}

// mac keys with the hash of a token, which is all that a platform stores of it.
func mac(key [32]byte, text string) string {
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil))
}
