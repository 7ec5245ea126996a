package platform

import "crypto/sha256"

// TicketHash is what the platform keeps of a code or a refresh token, which are secrets.
type TicketHash [sha256.Size]byte

// HashTicket returns the hash of a code's or a refresh token's text.
func HashTicket(text string) TicketHash { return sha256.Sum256([]byte(text)) }

// LoginCode is an authorization code: what a person allowed, until the app comes to fetch it.
type LoginCode struct {
	AppID         AppID
	Hash          TicketHash
	OpenID        OpenID
	RedirectURI   string
	Scopes        []string
	Challenge     string // of PKCE with S256; "" for none
	PasswordEpoch uint32 // at the login
	ExpiresMS     int64
	TokenEpoch    uint32 // of the tokens that it was exchanged for; 0 before
}

// RefreshToken renews the access token of one login, once. The login is named by the token epoch of its grant.
type RefreshToken struct {
	AppID         AppID
	Hash          TicketHash
	OpenID        OpenID
	TokenEpoch    uint32
	PasswordEpoch uint32 // at the login
	ExpiresMS     int64  // when the login ends, for all tokens that follow this one too
}
