package oidb

import "github.com/rookeryhq/rookery/internal/platform"

// The commands of this build.
var (
	CheckAccess = Command{Number: 0x711, ServiceType: 1}
	CheckPay    = Command{Number: 0x73a, ServiceType: 1}
)

// CheckRequest asks 0x711 whether an access token or an openkey, and 0x73a whether a pay token, holds for an openid.
// The player is named by OpenID, or by MSDKOpenID where the caller knows only V5's id.
type CheckRequest struct {
	AppID      platform.AppID
	OpenID     []byte // 16 bytes
	MSDKOpenID platform.MSDKOpenID
	Token      string
	PC         bool // the caller says that the PC SDK made the authorization
}

// CheckResponse says whose token it was.
type CheckResponse struct {
	UIN        platform.UIN
	OpenID     platform.OpenID
	MSDKOpenID platform.MSDKOpenID // of a token for a V5 player, else 0
	IssuedMS   int64
	ExpiresMS  int64
	PC         bool

	// The epochs that the token carries: what is made from it ends with it.
	PasswordEpoch uint32
	TokenEpoch    uint32
}
