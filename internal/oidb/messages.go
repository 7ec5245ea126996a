package oidb

import "github.com/rookeryhq/rookery/internal/platform"

// CheckRequest asks 0x711 whether an access token or an openkey, and 0x73a whether a pay token, holds for an openid.
// The player is named by OpenID, or by MSDKOpenID where the caller knows only V5's id.
type CheckRequest struct {
	AppID      platform.AppID
	OpenID     []byte // 16 bytes
	MSDKOpenID platform.MSDKOpenID
	Token      string
	Openkey    bool           // Token was sent as an openkey, and nothing else is taken for one
	Bearer     bool           // the caller has nothing but the access token; only inside the process
	Guest      bool           // Token is to be a guest's; only inside the process
	PC         bool           // the caller says that the PC SDK made the authorization
	Caller     platform.AppID // the app of the call's head; 0 for none and for calls inside the process
}

// CheckResponse says whose token it was.
type CheckResponse struct {
	UIN        platform.UIN
	OpenID     platform.OpenID
	MSDKOpenID platform.MSDKOpenID // of a token for a V5 player, else 0
	IssuedMS   int64
	ExpiresMS  int64
	PC         bool

	// What does not leave the process: the epochs that the token carries, since what is made from it ends with it; the app
	// that it was issued for; and what the person allows that app.
	PasswordEpoch uint32
	TokenEpoch    uint32
	AppID         platform.AppID
	Scopes        platform.ScopeSet
}

// MaxBatch is how many openids one BatchRequest may have.
const MaxBatch = 500

// BatchRequest asks for the account numbers of many openids of an app.
type BatchRequest struct {
	AppID   platform.AppID
	Count   uint32   // of OpenIDs
	OpenIDs [][]byte // 16 bytes each
}

// BatchResponse has the account numbers in the order of the openids.
type BatchResponse struct {
	UINs  []platform.UIN
	Fault uint32 // of a call that failed: the position of the openid at fault, counted from 1; 0 when it is none's
}

// TextRequest asks what an openid in text form is.
type TextRequest struct {
	AppID  platform.AppID
	OpenID string // 32 hex digits
}

// TextResponse says what it is.
type TextResponse struct {
	UIN    platform.UIN
	OpenID platform.OpenID
}

// MaxNonce is the most that a nonce of 0x71f may have, in bytes (oidb.md, 1.7).
const MaxNonce = 64

// OpenIDRequest asks for the account number of an openid of an app. Timestamp and Nonce are optional.
type OpenIDRequest struct {
	AppID     platform.AppID
	OpenID    []byte // 16 bytes
	Timestamp uint64 // Unix seconds
	Nonce     []byte
}

// OpenIDResponse has it.
type OpenIDResponse struct {
	UIN platform.UIN
}

// ProfileResponse is what an account shows of itself to the holder of its token. Memberships that have lapsed are none.
type ProfileResponse struct {
	UIN     platform.UIN
	OpenID  platform.OpenID
	Profile platform.Profile
}

// MaxFriends is how many friends one answer over the wire may have, so that it fits into a frame.
const MaxFriends = 200

// FriendsRequest asks for the friends of an account who use an app. Who calls answers for it that the account's token was
// checked.
type FriendsRequest struct {
	AppID platform.AppID
	UIN   platform.UIN
	After platform.UIN // only friends above it
	Limit int          // at most so many; 0 for all, over the wire for MaxFriends
}

// FriendsResponse has them by number.
type FriendsResponse struct {
	UIN     platform.UIN
	Friends []platform.AppUser // of whose profiles only nickname, gender and QQ level go over the wire
	Lost    bool               // they may be out of date
	More    bool               // there are more after the last
}

// AreFriendsRequest asks whether two accounts are friends.
type AreFriendsRequest struct {
	UIN, Friend platform.UIN
}

// AreFriendsResponse says so.
type AreFriendsResponse struct {
	UIN     platform.UIN
	Friends bool
}

// about is the account that an answer is about, 0 when it is about none or many.

func (m *CheckResponse) about() platform.UIN      { return m.UIN }
func (m *TextResponse) about() platform.UIN       { return m.UIN }
func (m *OpenIDResponse) about() platform.UIN     { return m.UIN }
func (m *BatchResponse) about() platform.UIN      { return 0 }
func (m *ProfileResponse) about() platform.UIN    { return m.UIN }
func (m *FriendsResponse) about() platform.UIN    { return m.UIN }
func (m *AreFriendsResponse) about() platform.UIN { return m.UIN }

// of is whom a request is about.

func (m *CheckRequest) of() Subject {
	return Subject{AppID: m.AppID, OpenID: openID(m.OpenID), MSDKOpenID: m.MSDKOpenID}
}
func (m *OpenIDRequest) of() Subject { return Subject{AppID: m.AppID, OpenID: openID(m.OpenID)} }
func (m *TextRequest) of() Subject {
	openid, _ := platform.ParseOpenID(m.OpenID) // of text that is none, none
	return Subject{AppID: m.AppID, OpenID: openid}
}
func (m *BatchRequest) of() Subject      { return Subject{AppID: m.AppID} }
func (m *FriendsRequest) of() Subject    { return Subject{AppID: m.AppID} }
func (m *AreFriendsRequest) of() Subject { return Subject{} }

// openID is the openid that a request names by bytes; none when they are not one.
func openID(b []byte) (id platform.OpenID) {
	if len(b) == len(id) {
		id = platform.OpenID(b)
	}
	return id
}
