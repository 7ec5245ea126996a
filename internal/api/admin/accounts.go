package admin

import (
	"fmt"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
)

// maxPage bounds how much one answer lists.
const maxPage = 1000

func (d *door) listAccounts(c *access.Call) (any, error) {
	after, limit, err := page(c)
	if err != nil {
		return nil, err
	}
	return d.identity.Accounts(c.Context(), platform.UIN(after), limit)
}

// NewAccount is an account to create. Without a uin it gets the next free number.
type NewAccount struct {
	UIN      platform.UIN          `json:"uin,omitzero" doc:"the account's number; the next free one without it"`
	Password string                `json:"password" required:"true" secret:"true" doc:"the password"`
	Profile  platform.Profile      `json:"profile" doc:"the profile"`
	Class    platform.AccountClass `json:"class,omitzero" oneof:"ordinary B BC interactive kaixin" doc:"the kind of the number"`
}

func (d *door) createAccount(c *access.Call, in NewAccount) (any, error) {
	account, err := d.identity.CreateAccount(c.Context(), platform.Account{UIN: in.UIN, Profile: in.Profile, Class: in.Class}, in.Password)
	return created{account}, err
}

// AccountDetails is an account with its openids and friends.
type AccountDetails struct {
	platform.Account
	OpenIDs []platform.OpenIDBinding `json:"openids" doc:"the account's openids at the apps"`
	Friends []platform.Friendship    `json:"friends" doc:"the account's friends"`
}

func (d *door) showAccount(c *access.Call, id platform.UIN) (any, error) {
	account, err := d.identity.Account(c.Context(), id)
	if err != nil {
		return nil, err
	}
	details := &AccountDetails{Account: *account}
	if details.OpenIDs, err = d.identity.OpenIDsOf(c.Context(), id); err == nil {
		details.Friends, err = d.friends.Friendships(c.Context(), id)
	}
	return details, err
}

// ProfileChange is an operator's change of a profile. A missing member stays as it is.
type ProfileChange struct {
	Nickname   *string                         `json:"nickname,omitzero" doc:"the name that others see"`
	Gender     *int                            `json:"gender,omitzero" oneof:"0 1 2" doc:"0 not given, 1 male, 2 female"`
	PictureURL *string                         `json:"picture_url,omitzero" doc:"address of the picture; one that ends with / is completed by a size"`
	Country    *string                         `json:"country,omitzero" doc:"where the person is"`
	Province   *string                         `json:"province,omitzero" doc:"likewise"`
	City       *string                         `json:"city,omitzero" doc:"likewise"`
	Language   *string                         `json:"language,omitzero" doc:"the person's language"`
	RealNamed  *bool                           `json:"real_named,omitzero" doc:"the person's real name is registered"`
	QQLevel    *int                            `json:"qq_level,omitzero" min:"0" max:"1000" doc:"the QQ level"`
	VIP        map[string]*platform.Membership `json:"vip,omitzero" doc:"the memberships that change, by name; null removes one"`
}

func (d *door) updateAccount(c *access.Call, id platform.UIN, in ProfileChange) (any, error) {
	return d.profiles.Update(c.Context(), id, in.apply)
}

func (in *ProfileChange) apply(p *platform.Profile) error {
	set(&p.Nickname, in.Nickname)
	set(&p.Gender, in.Gender)
	set(&p.PictureURL, in.PictureURL)
	set(&p.Country, in.Country)
	set(&p.Province, in.Province)
	set(&p.City, in.City)
	set(&p.Language, in.Language)
	set(&p.RealNamed, in.RealNamed)
	set(&p.VIP.QQLevel, in.QQLevel)
	for name, membership := range in.VIP {
		field := p.VIP.Named(name)
		if field == nil {
			return platform.Invalidf("vip", "vip: unknown membership %.40q", name)
		}
		*field = platform.Membership{}
		set(field, membership)
	}
	return nil
}

// NewState is an account's new state.
type NewState struct {
	State platform.AccountState `json:"state" oneof:"normal frozen staff-protected specially-protected closed" def:"normal" doc:"the state"`
}

func (d *door) setState(c *access.Call, id platform.UIN, in NewState) (any, error) {
	return d.identity.SetAccountState(c.Context(), id, in.State)
}

// signOut signs a person out everywhere.
func (d *door) signOut(c *access.Call, id platform.UIN) (any, error) {
	return d.identity.SignOutEverywhere(c.Context(), id)
}

// NewPassword is an account's new password.
type NewPassword struct {
	Password string `json:"password" required:"true" secret:"true" doc:"the password"`
}

func (d *door) setPassword(c *access.Call, id platform.UIN, in NewPassword) (any, error) {
	return d.identity.SetPassword(c.Context(), id, in.Password)
}

// Reclaim names the app whose openid is taken back.
type Reclaim struct {
	AppID platform.AppID `json:"appid" required:"true" doc:"the app"`
}

func (d *door) reclaim(c *access.Call, id platform.UIN, in Reclaim) (any, error) {
	openid, err := d.identity.ReclaimOpenID(c.Context(), in.AppID, id)
	return platform.OpenIDBinding{AppID: in.AppID, OpenID: openid, UIN: id, State: platform.OpenIDReclaimed}, err
}

// TokenRequest asks for a token as if the person had just logged in.
type TokenRequest struct {
	AppID    platform.AppID `json:"appid" required:"true" doc:"the app"`
	UIN      platform.UIN   `json:"uin" required:"true" doc:"the account"`
	Kind     string         `json:"kind" required:"true" oneof:"access pay openkey msdk link guest" doc:"what to issue"`
	Lifetime string         `json:"lifetime,omitzero" doc:"how long it is valid, a Go duration; as usual for its kind without it"`
	PC       bool           `json:"pc,omitzero" doc:"a login through the PC SDK"`
}

func (r TokenRequest) object() string { return "accounts/" + r.UIN.String() }

func (d *door) issueToken(c *access.Call, in TokenRequest) (any, error) {
	kind, err := token.ParseKind(in.Kind)
	if err != nil {
		return nil, err
	}
	req := identity.IssueRequest{AppID: in.AppID, UIN: in.UIN, Kind: kind, PC: in.PC}
	if in.Lifetime != "" {
		lifetime, err := time.ParseDuration(in.Lifetime)
		if err != nil {
			return nil, platform.Invalidf("lifetime", "lifetime %.40q is not a duration such as 90m", in.Lifetime)
		}
		req.Lifetime = &lifetime
	}
	issued, err := d.identity.Issue(c.Context(), req)
	if err != nil {
		return nil, err
	}
	return created{IssuedToken(*issued)}, nil
}

// IssuedToken is a new token and its owner.
type IssuedToken struct {
	Token      string              `json:"token" doc:"the token"`
	Kind       token.Kind          `json:"kind" doc:"its kind"`
	AppID      platform.AppID      `json:"appid" doc:"the app"`
	UIN        platform.UIN        `json:"uin" doc:"the account"`
	OpenID     platform.OpenID     `json:"openid" doc:"the account's openid at the app"`
	MSDKOpenID platform.MSDKOpenID `json:"msdk_openid,omitzero" doc:"the player's MSDK openid, if there is one"`
	GuestID    string              `json:"guestid,omitzero" doc:"the guest's id, of a guest's token"`
	IssuedMS   int64               `json:"issued_ms" doc:"when it was issued"`
	ExpiresMS  int64               `json:"expires_ms" doc:"when it expires"`
}

// TokenText is a token to be inspected.
type TokenText struct {
	Token string `json:"token" required:"true" secret:"true" doc:"the token"`
}

func (d *door) inspectToken(c *access.Call, in TokenText) (any, error) {
	found, err := d.identity.InspectToken(c.Context(), d.bus, in.Token)
	if err != nil {
		return nil, err
	}
	shown := &Inspection{
		Kind: found.Kind, AppID: found.AppID, OpenID: found.OpenID, MSDKOpenID: found.MSDKOpenID,
		IssuedMS: found.IssuedMS, ExpiresMS: found.ExpiresMS, Sound: found.Valid, Result: found.Result.Number(),
	}
	if found.Check != (oidb.ID{}) {
		shown.Check = fmt.Sprintf("0x%x", found.Check.Number)
	}
	return shown, nil
}

// Inspection is what the platform knows about a token.
type Inspection struct {
	Kind       token.Kind          `json:"kind" doc:"its kind"`
	AppID      platform.AppID      `json:"appid" doc:"the app for which it was issued"`
	OpenID     platform.OpenID     `json:"openid" doc:"the openid for which it was issued"`
	MSDKOpenID platform.MSDKOpenID `json:"msdk_openid,omitzero" doc:"the MSDK openid for which it was issued"`
	IssuedMS   int64               `json:"issued_ms" doc:"when it was issued"`
	ExpiresMS  int64               `json:"expires_ms" doc:"when it expires"`
	Sound      bool                `json:"sound" doc:"it is valid now"`
	Check      string              `json:"check" doc:"the command that checked it, such as 0x711"`
	Result     int                 `json:"result" doc:"the command's answer"`
}

// Revocation ends every token that an account gave an app.
type Revocation struct {
	AppID platform.AppID `json:"appid" required:"true" doc:"the app"`
	UIN   platform.UIN   `json:"uin" required:"true" doc:"the account"`
	By    string         `json:"by,omitzero" doc:"user, as if the person withdrew; operator (the default)"`
}

func (r Revocation) object() string { return "accounts/" + r.UIN.String() }

func (d *door) revoke(c *access.Call, in Revocation) (any, error) {
	by := platform.EndedByOperator
	switch in.By {
	case "", "operator":
		in.By = "operator"
	case "user":
		by = platform.EndedByUser
	default:
		return nil, platform.Invalidf("by", "by is neither user nor operator")
	}
	return in, d.identity.RevokeGrant(c.Context(), in.AppID, in.UIN, by)
}

func (d *door) listGateways(c *access.Call) (any, error) { return d.identity.Gateways(c.Context()) }

func (d *door) listKeys(*access.Call) (any, error) { return d.identity.Keyring().Keys(), nil }

func (d *door) rotateKeys(c *access.Call) (any, error) {
	if err := d.operators.Record(c.Context()); err != nil { // before: the keyring is not in the store
		return nil, err
	}
	key, err := d.identity.RotateKeyring(c.Context())
	return created{key}, err
}
