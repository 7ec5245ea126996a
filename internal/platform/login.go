package platform

import "crypto/subtle"

// Login is one login of a person at an app by OAuth, from the code that the person's consent gave until no refresh token
// can renew it.
type Login struct {
	ID     int64 // positive, in the order of time
	AppID  AppID
	Salt   uint32 // what its tickets have in common beside the ID
	Serial uint32 // of the one ticket that is good: 0 for the code, then each refresh token has the next

	OpenID        OpenID
	RedirectURI   string
	Scopes        []string
	Challenge     string // of PKCE with S256; "" for none
	PasswordEpoch uint32 // at the login
	TokenEpoch    uint32 // of the tokens that the code was exchanged for; before, the last that had ended when it was made
	ExpiresMS     int64  // when the code lapses; once it is exchanged, when the login ends
}

// Ticket is what a code or a refresh token says: it is good once.
type Ticket struct {
	Login  int64
	Salt   uint32
	Serial uint32
}

// Issued reports whether a ticket is of this login, the valid one or one that was used before it. It takes the same
// time whatever the salt.
func (l *Login) Issued(t Ticket) bool {
	return t.Login == l.ID && subtle.ConstantTimeEq(int32(t.Salt), int32(l.Salt)) == 1 && t.Serial <= l.Serial
}
