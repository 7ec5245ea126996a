package token

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/rookeryhq/rookery/internal/platform"
)

// The text of a ticket is one block of AES: 32 upper-case hex digits. Without the key nobody can tell the cipher from a
// random permutation of all blocks, so a guess finds the valid ticket of a live login with a chance of 2^-128 (RFC 6749,
// 10.10), though tickets name rows whose ids follow the time.

const ticketBytes = 16

// SealTicket returns the text of a ticket.
func (r *Keyring) SealTicket(t platform.Ticket) string {
	var block [ticketBytes]byte
	binary.BigEndian.PutUint64(block[:8], uint64(t.Login))
	binary.BigEndian.PutUint32(block[8:], t.Salt)
	binary.BigEndian.PutUint32(block[12:], t.Serial)
	r.tickets.Encrypt(block[:], block[:])
	return fmt.Sprintf("%X", block[:])
}

// OpenTicket reads a ticket's text; ok is false for a text that no ticket can have. Only the store knows whether the login
// exists.
func (r *Keyring) OpenTicket(text string) (t platform.Ticket, ok bool) {
	if len(text) != 2*ticketBytes {
		return t, false
	}
	for i := range len(text) {
		if text[i] >= 'a' && text[i] <= 'f' { // a ticket has only one text
			return t, false
		}
	}
	var block [ticketBytes]byte
	if _, err := hex.Decode(block[:], []byte(text)); err != nil {
		return t, false
	}
	r.tickets.Decrypt(block[:], block[:])
	t = platform.Ticket{
		Login: int64(binary.BigEndian.Uint64(block[:8])), Salt: binary.BigEndian.Uint32(block[8:]), Serial: binary.BigEndian.Uint32(block[12:]),
	}
	return t, t.Login > 0
}

// OpenRefresh reads the text of a refresh token.
func (r *Keyring) OpenRefresh(text string) (t platform.Ticket, ok bool) {
	t, ok = r.OpenTicket(text)
	return t, ok && t.Serial > 0
}
