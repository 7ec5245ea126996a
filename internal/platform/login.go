package platform

import "crypto/subtle"

// Login is one login of a person at an app by OAuth, from the code of the person's consent until no refresh token can renew
// it.
type Login struct {
	ID     int64 // positive, ordered by time
	AppID  AppID
	Salt   uint32 // shared by the login's tickets, in addition to the ID
	Serial uint32 // of the one valid ticket: 0 for the code, then each refresh token has the next

	OpenID        OpenID
	RedirectURI   string
	Scopes        []string
	Challenge     string // of PKCE with S256; "" without PKCE
	PasswordEpoch uint32 // at the login
	TokenEpoch    uint32 // of the tokens from the exchange; before it, the last epoch that had ended when the code was made
	ExpiresMS     int64  // when the code expires; after the exchange, when the login ends
}

// Ticket is the content of a code or a refresh token, which is valid once.
type Ticket struct {
	Login  int64
	Salt   uint32
	Serial uint32
}

// Issued reports whether a ticket belongs to this login, whether it is valid or was used before. It takes the same time
// whatever the salt.
func (l *Login) Issued(t Ticket) bool {
	return t.Login == l.ID && subtle.ConstantTimeEq(int32(t.Salt), int32(l.Salt)) == 1 && t.Serial <= l.Serial
}
