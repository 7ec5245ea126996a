package store

import "github.com/rookeryhq/rookery/internal/platform"

// Change is something that a write changed: one of the types below. Caches of the store's data follow them (docs/adr/0016).
type Change interface{ change() }

// StandingChange: the standing of an openid changed. An openid's first standing is not a change.
type StandingChange struct {
	AppID  platform.AppID
	OpenID platform.OpenID
}

// AccountChange: an account changed, such as its profile or its state.
type AccountChange struct{ UIN platform.UIN }

// FriendshipChange: an account's friends or its remarks about them changed.
type FriendshipChange struct{ UIN platform.UIN }

// MessageChange: an account's inbox has a new message, which it got through an app.
type MessageChange struct {
	AppID platform.AppID
	UIN   platform.UIN
}

// ScoreChange: a player reached a new best score of a week, or of all time if Week is 0.
type ScoreChange struct {
	AppID     platform.AppID
	UIN       platform.UIN
	Week      int64
	Score     platform.Decimal
	ReachedMS int64
}

// BindingChange: a guild got a group, or gave it up.
type BindingChange struct {
	Guild platform.Guild
	GC    platform.GC
}

// MembershipChange: an account's role in a group changed, or, without an account, the group was disbanded and nobody has one.
type MembershipChange struct {
	GC  platform.GC
	UIN platform.UIN
}

// SceneChange: a scene was set, or removed if Scene is nil. The Scene must not be modified.
type SceneChange struct {
	Key   platform.SceneKey
	Scene *platform.Scene
}

// GameCommandChange: the operator decided something about a command of the Game Center's door. Its list must not be modified.
type GameCommandChange struct{ Command platform.GameCommand }

// OperatorChange: an operator was added or changed, or removed if Removed.
type OperatorChange struct {
	Operator platform.Operator
	Removed  bool
}

// AppChange: an app was registered or changed. The App must not be modified.
type AppChange struct{ App *platform.App }

// PolicyChange: the policy of the bus has a new version. The record must not be modified.
type PolicyChange struct {
	Version int64
	Record  []byte
}

// EventsChange: there are new events.
type EventsChange struct{}

func (StandingChange) change()    {}
func (AccountChange) change()     {}
func (FriendshipChange) change()  {}
func (MessageChange) change()     {}
func (ScoreChange) change()       {}
func (BindingChange) change()     {}
func (MembershipChange) change()  {}
func (SceneChange) change()       {}
func (GameCommandChange) change() {}
func (AppChange) change()         {}
func (OperatorChange) change()    {}
func (PolicyChange) change()      {}
func (EventsChange) change()      {}
