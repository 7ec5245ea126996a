package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// change is a store.Change in the log: what changed, not what it changed to, which is read again.
type change struct {
	Kind   kind               `json:"kind"`
	AppID  platform.AppID     `json:"appid,omitzero"`
	OpenID *platform.OpenID   `json:"openid,omitempty"`
	UIN    platform.UIN       `json:"uin,omitzero"`
	GC     platform.GC        `json:"gc,omitzero"`
	Guild  *platform.Guild    `json:"guild,omitempty"`
	Scene  *platform.SceneKey `json:"scene,omitempty"`
	Name   string             `json:"name,omitzero"`
	Week   int64              `json:"week,omitzero"`
}

type kind string

const (
	standing   kind = "standing"
	account    kind = "account"
	friendship kind = "friendship"
	message    kind = "message"
	score      kind = "score"
	binding    kind = "binding"
	membership kind = "membership"
	scene      kind = "scene"
	command    kind = "command"
	operator   kind = "operator"
	app        kind = "app"
	policy     kind = "policy"
	event      kind = "event"
)

// carries reports whether a change of a kind says what it changed to.
func carries(k kind) bool {
	switch k {
	case score, scene, command, operator, app, policy:
		return true
	}
	return false
}

// noted returns the form of a change in the log.
func noted(c store.Change) (change, error) {
	switch c := c.(type) {
	case store.StandingChange:
		return change{Kind: standing, AppID: c.AppID, OpenID: &c.OpenID}, nil
	case store.AccountChange:
		return change{Kind: account, UIN: c.UIN}, nil
	case store.FriendshipChange:
		return change{Kind: friendship, UIN: c.UIN}, nil
	case store.MessageChange:
		return change{Kind: message, AppID: c.AppID, UIN: c.UIN}, nil
	case store.ScoreChange:
		return change{Kind: score, AppID: c.AppID, UIN: c.UIN, Week: c.Week}, nil
	case store.BindingChange:
		return change{Kind: binding, Guild: &c.Guild, GC: c.GC}, nil
	case store.MembershipChange:
		return change{Kind: membership, GC: c.GC, UIN: c.UIN}, nil
	case store.SceneChange:
		return change{Kind: scene, Scene: &c.Key}, nil
	case store.GameCommandChange:
		return change{Kind: command, Name: c.Command.Name}, nil
	case store.OperatorChange:
		return change{Kind: operator, Name: c.Operator.Name}, nil
	case store.AppChange:
		return change{Kind: app, AppID: c.App.AppID}, nil
	case store.PolicyChange:
		return change{Kind: policy}, nil
	case store.EventsChange:
		return change{Kind: event}, nil
	}
	return change{}, fmt.Errorf("postgres: a change of type %T", c)
}

// encode returns the record of a step's changes.
func encode(changes []store.Change) (string, error) {
	all := make([]change, len(changes))
	for i, c := range changes {
		var err error
		if all[i], err = noted(c); err != nil {
			return "", err
		}
	}
	record, err := json.Marshal(all)
	return string(record), err
}

// read returns a change with what it changed to now. One to something that has been removed again is nil.
func (s *Store) read(ctx context.Context, c change) (store.Change, error) {
	switch c.Kind {
	case standing:
		return store.StandingChange{AppID: c.AppID, OpenID: *c.OpenID}, nil
	case account:
		return store.AccountChange{UIN: c.UIN}, nil
	case friendship:
		return store.FriendshipChange{UIN: c.UIN}, nil
	case message:
		return store.MessageChange{AppID: c.AppID, UIN: c.UIN}, nil
	case binding:
		return store.BindingChange{Guild: *c.Guild, GC: c.GC}, nil
	case membership:
		return store.MembershipChange{GC: c.GC, UIN: c.UIN}, nil
	case event:
		return store.EventsChange{}, nil
	case score:
		scores, err := s.BoardScoresOf(ctx, platform.Board{AppID: c.AppID, Week: c.Week}, []platform.UIN{c.UIN})
		if err != nil || len(scores) == 0 {
			return nil, err
		}
		return store.ScoreChange{AppID: c.AppID, UIN: c.UIN, Week: c.Week, Score: scores[0].Score, ReachedMS: scores[0].ReachedMS}, nil
	case app:
		a, err := s.App(ctx, c.AppID)
		return store.AppChange{App: a}, err
	case policy:
		version, record, err := s.OIDBPolicy(ctx)
		return store.PolicyChange{Version: version, Record: record}, err
	case scene:
		return s.readScene(ctx, *c.Scene)
	case command:
		all, err := s.GameCommands(ctx)
		for _, one := range all {
			if one.Name == c.Name {
				return store.GameCommandChange{Command: one}, err
			}
		}
		return nil, err
	case operator:
		all, err := s.Operators(ctx)
		for _, one := range all {
			if one.Name == c.Name {
				return store.OperatorChange{Operator: one}, err
			}
		}
		return store.OperatorChange{Operator: platform.Operator{Name: c.Name}, Removed: true}, err
	}
	return nil, fmt.Errorf("postgres: a change of the kind %q, which a newer rookery made", c.Kind)
}

func (s *Store) readScene(ctx context.Context, key platform.SceneKey) (store.Change, error) {
	all, err := s.Scenes(ctx)
	for _, one := range all {
		if (platform.SceneKey{AppID: one.AppID, Program: one.Program, Scene: one.Scene}) == key {
			return store.SceneChange{Key: key, Scene: one}, err
		}
	}
	return store.SceneChange{Key: key}, err
}
