package platform

import (
	"cmp"
	"strconv"
	"strings"
)

// GC is the number of a QQ group. On the wire it is decimal digits.
type GC uint64

// The bounds of the group platform's numbers, which clients keep in 32 bits.
const (
	FirstGC GC = 700000001
	LastGC  GC = 1<<32 - 1
)

func (gc GC) String() string { return strconv.FormatUint(uint64(gc), 10) }

// ParseGC reads decimal digits without sign or leading zero, above 0.
func ParseGC(text string) (GC, error) { return parseDecimal[GC]("gc", text, 63) }

// MarshalText writes the digits: a number is a string in JSON, so that no reader rounds it.
func (gc GC) MarshalText() ([]byte, error) { return []byte(gc.String()), nil }

// UnmarshalText reads the digits.
func (gc *GC) UnmarshalText(text []byte) (err error) {
	*gc, err = ParseGC(string(text))
	return err
}

// Guild names a guild of a game. Zone and ID are 1 to 20 digits; a game without zones has zone "0" (msdk-v5.md, 10.6).
type Guild struct {
	AppID AppID  `json:"appid" doc:"the app"`
	Zone  string `json:"zone_id" doc:"the game's server on which the guild is"`
	ID    string `json:"guild_id" doc:"the guild's id in the game"`
}

// Validate checks the form of every field and returns the first fault in one sentence.
func (g *Guild) Validate() error {
	if g.AppID == 0 || g.AppID >= 1<<63 {
		return Invalidf("appid", "appid %d is not from 1 to %d", uint64(g.AppID), uint64(1<<63-1))
	}
	return cmp.Or(checkDigits("zone_id", g.Zone), checkDigits("guild_id", g.ID))
}

func checkDigits(name, text string) error {
	if text == "" || len(text) > 20 || strings.Trim(text, "0123456789") != "" {
		return Invalidf(name, "%s %.40q is not 1 to 20 digits", name, text)
	}
	return nil
}

// Group is a QQ group.
type Group struct {
	GC        GC     `json:"gc" doc:"the group's number"`
	Name      string `json:"name" doc:"the group's name"`
	Owner     UIN    `json:"owner" doc:"the account that owns it"`
	Admins    []UIN  `json:"admins,omitempty" doc:"members who help the owner, by number; lists leave them out"`
	Members   int    `json:"members" doc:"how many members it has, with the owner and the administrators"`
	Capacity  int    `json:"capacity" doc:"how many members there may be"`
	Game      bool   `json:"game" doc:"it was made for a game"`
	Fee       bool   `json:"fee" doc:"its members pay"`
	Sealed    bool   `json:"sealed" doc:"it was closed by the platform's security"`
	ReadOnly  bool   `json:"read_only" doc:"it takes no changes, during maintenance"`
	Disbanded bool   `json:"disbanded" doc:"it was disbanded, for ever"`
	CreatedMS int64  `json:"created_ms" doc:"when it was created"`
}

// GroupRole is what an account is in a group. Its numbers are those of the documents (msdk-v5.md, 10.4).
type GroupRole uint8

// The roles.
const (
	GroupOwner GroupRole = iota + 1
	GroupAdmin
	GroupMember
	NotInGroup
)

var groupRoles = []string{"", "owner", "administrator", "member", "not a member"}

func (r GroupRole) String() string { return nameOf(groupRoles, r) }

// MarshalText writes the role's name.
func (r GroupRole) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a role's name.
func (r *GroupRole) UnmarshalText(text []byte) (err error) {
	*r, err = byName[GroupRole]("role", "role in a group", groupRoles, string(text))
	return err
}

// GroupMembership is an account's place in a group.
type GroupMembership struct {
	UIN     UIN       `json:"uin" doc:"the account"`
	Role    GroupRole `json:"role" oneof:"owner administrator member" doc:"what the account is in the group"`
	Card    string    `json:"card" doc:"the account's name in the group; empty for the account's own"`
	SinceMS int64     `json:"since_ms" doc:"since when"`
}

// GroupMessage is a message to a group.
type GroupMessage struct {
	ID         uint64           `json:"id" doc:"its number, counted from 1 in the group"`
	UIN        UIN              `json:"uin" doc:"the sender"`
	Kind       GroupMessageKind `json:"kind" doc:"1 an invitation to the app, 2 a link"`
	Title      string           `json:"title" doc:"the title"`
	Text       string           `json:"text" doc:"the text"`
	URL        string           `json:"url,omitzero" doc:"address that it opens"`
	PictureURL string           `json:"picture_url,omitzero" doc:"address of its picture"`
	SentMS     int64            `json:"sent_ms" doc:"when it was sent"`
}

// GroupMessageKind says what a message is for. Its numbers are those of the documents (msdk-v5.md, 10.5).
type GroupMessageKind uint8

// The kinds of messages.
const (
	GroupInvitation GroupMessageKind = iota + 1 // to the app
	GroupLink
)

// GroupLimits bounds the groups of one account. A limit of 0 does not apply.
type GroupLimits struct {
	Owned   int // groups at a time
	Created int // groups in an hour
}
