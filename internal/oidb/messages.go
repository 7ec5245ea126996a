package oidb

import "github.com/rookeryhq/rookery/internal/platform"

// The commands of this build. oidb.proto has their messages as other languages see them.
var (
	CheckAccess    = Command{Number: 0x711, ServiceType: 1}   // CheckRequest, CheckResponse
	ConvertOpenIDs = Command{Number: 0x711, ServiceType: 23}  // BatchRequest, BatchResponse
	CheckText      = Command{Number: 0x711, ServiceType: 127} // TextRequest, TextResponse
	CheckPay       = Command{Number: 0x73a, ServiceType: 1}   // CheckRequest, CheckResponse
	ConvertOpenID  = Command{Number: 0x71f, ServiceType: 1}   // OpenIDRequest, OpenIDResponse
	ShowProfile    = Command{Number: 0x5e1, ServiceType: 1}   // CheckRequest, ProfileResponse
	ListFriends    = Command{Number: 0xf00, ServiceType: 1}   // FriendsRequest, FriendsResponse
	AreFriends     = Command{Number: 0xf01, ServiceType: 1}   // AreFriendsRequest, AreFriendsResponse
)

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

// subject is the account that an answer is about, 0 when it is about none or many.
type subject interface{ subject() platform.UIN }

func (m *CheckResponse) subject() platform.UIN  { return m.UIN }
func (m *TextResponse) subject() platform.UIN   { return m.UIN }
func (m *OpenIDResponse) subject() platform.UIN { return m.UIN }
func (m *BatchResponse) subject() platform.UIN  { return 0 }

func (m *ProfileResponse) subject() platform.UIN    { return m.UIN }
func (m *FriendsResponse) subject() platform.UIN    { return m.UIN }
func (m *AreFriendsResponse) subject() platform.UIN { return m.UIN }
