package platform

// EndedBy says who ended a grant. The numbers are stored.
type EndedBy uint8

const (
	NotEnded        EndedBy = iota
	EndedByUser             // the person withdrew the authorization
	EndedByOperator         // the operator invalidated it
	EndedByApp              // the app ended a login, or one of its tickets was used twice
)

// OpenIDState says whether an openid still names its account. Operators read its text form.
type OpenIDState uint8

// The states of an openid.
const (
	OpenIDActive    OpenIDState = iota
	OpenIDReclaimed             // taken back; the account gets a new one when it returns
)

var openIDStates = []string{"active", "reclaimed"}

func (s OpenIDState) String() string { return nameOf(openIDStates, s) }

// MarshalText writes the state's name.
func (s OpenIDState) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a state's name.
func (s *OpenIDState) UnmarshalText(text []byte) (err error) {
	*s, err = byName[OpenIDState]("state", "openid state", openIDStates, string(text))
	return err
}

// OpenIDBinding says which account an openid of an app names.
type OpenIDBinding struct {
	AppID  AppID       `json:"appid" doc:"the app"`
	OpenID OpenID      `json:"openid" doc:"the openid"`
	UIN    UIN         `json:"uin" doc:"the account"`
	State  OpenIDState `json:"state" oneof:"active reclaimed" doc:"whether it can be used"`
}

// ChannelQQ is the number of QQ among MSDK's login channels (msdk-v5.md, 1.1).
const ChannelQQ = 2

// Player is an account as one V5 game knows it.
type Player struct {
	AppID      AppID
	Channel    int
	MSDKOpenID MSDKOpenID
	OpenID     OpenID
}

// Grant is an account's authorization of one app. Tokens carry the epoch at which they were issued: up to EndedEpoch they
// ended with an earlier authorization, below TokenEpoch a newer login superseded them.
type Grant struct {
	AppID      AppID
	OpenID     OpenID
	Scopes     []string
	TokenEpoch uint32
	PayEpoch   uint32
	EndedEpoch uint32
	EndedBy    EndedBy
}

// Live reports whether the authorization is in force.
func (g *Grant) Live() bool { return g.TokenEpoch > g.EndedEpoch }

// LiveGrant is a grant in force, and the time since when it has been so without a break.
type LiveGrant struct {
	Grant
	SinceMS int64
}

// Standing is all that a token check needs to know about an openid: the state of the openid, of its account and of its
// grant. It is one read of the store and has no pointers, so that a million of them are cheap to cache.
type Standing struct {
	UIN           UIN
	PasswordEpoch uint32
	TokenEpoch    uint32 // 0 when the app was never authorized
	PayEpoch      uint32
	EndedEpoch    uint32
	EndedBy       EndedBy
	Scopes        ScopeSet
	OpenIDState   OpenIDState
	AccountState  AccountState
	AccountClass  AccountClass
}

// Openkey is an OpenAPI session: it expires unless checks renew it.
type Openkey struct {
	AppID     AppID
	Session   uint64
	OpenID    OpenID
	ExpiresMS int64
}

// Friendship is one side of a symmetric relation.
type Friendship struct {
	UIN     UIN    `json:"uin" doc:"the account"`
	Friend  UIN    `json:"friend" doc:"the other account"`
	Remark  string `json:"remark" doc:"the account's remark about the friend"`
	SinceMS int64  `json:"since_ms" doc:"since when"`
}

// AppUser is an account as a user of one app: it has an openid there and authorized the app.
type AppUser struct {
	UIN        UIN
	OpenID     OpenID
	MSDKOpenID MSDKOpenID // 0 when it never logged in through MSDK V5
	Remark     string     // the remark of the account on whose friend list it is
	Profile    Profile
}
