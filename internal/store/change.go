package store

import "github.com/rookeryhq/rookery/internal/platform"

// Change is something that a write has changed: one of the types below. What keeps in memory what the store said hears of
// them and drops, or replaces, what it keeps (docs/adr/0016).
type Change interface{ change() }

// StandingChange: the standing of an openid is another one. An openid's first standing is no change.
type StandingChange struct {
	AppID  platform.AppID
	OpenID platform.OpenID
}

// ProfileChange: an account shows something else of itself.
type ProfileChange struct{ UIN platform.UIN }

// FriendshipChange: an account has other friends, or calls one something else.
type FriendshipChange struct{ UIN platform.UIN }

// AppChange: an app was registered, or is another one. Nobody may change what App points to.
type AppChange struct{ App *platform.App }

// PolicyChange: the policy of the bus has another version. Nobody may change the record.
type PolicyChange struct {
	Version int64
	Record  []byte
}

func (StandingChange) change()   {}
func (ProfileChange) change()    {}
func (FriendshipChange) change() {}
func (AppChange) change()        {}
func (PolicyChange) change()     {}
