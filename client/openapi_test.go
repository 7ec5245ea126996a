package client_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/rookerytest"
	"github.com/rookeryhq/rookery/retcode"
)

func TestOpenAPI(t *testing.T) {
	p := rookerytest.Start(t)
	game, ann, bob := p.Apps[0], p.Accounts[0], p.Accounts[1]
	c := p.Client(game)
	ctx := t.Context()
	p.SetAccount(ann, rookerytest.Settings{"gender": 2, "vip": map[string]any{
		"member": nil, "red": nil, "blue": map[string]any{"level": 5}, "yellow": map[string]any{"level": 3, "luxury": true},
	}})
	p.SetAccount(bob, rookerytest.Settings{"vip": map[string]any{
		"member": map[string]any{"level": 2, "year": true}, "red": nil, "blue": nil, "yellow": nil,
	}})
	s := client.Session{OpenID: ann.OpenIDs[game.AppID], Openkey: ann.Openkeys[game.AppID], UserIP: "203.0.113.9"}
	games := s
	games.PF = "qqgame"
	friend := bob.OpenIDs[game.AppID]

	t.Run("session", func(t *testing.T) {
		is, err := c.OpenAPI.IsLogin(ctx, s)
		if wants(t, err, 0); !is {
			t.Error("the session is not valid")
		}
		is, err = c.OpenAPI.IsSetup(ctx, s)
		if wants(t, err, 0); !is {
			t.Error("the app is not installed")
		}
		bad := s
		bad.Openkey = "nothing"
		_, err = c.OpenAPI.IsLogin(ctx, bad)
		wants(t, err, retcode.QQOpenKeyUnreadable)
	})
	t.Run("profiles", func(t *testing.T) {
		info, err := c.OpenAPI.GetInfo(ctx, s)
		if wants(t, err, 0); info.Nickname != ann.Nickname || info.Gender != client.Female || info.YellowVIP != 3 || info.BlueVIP != 0 {
			t.Errorf("got %+v", info)
		}
		info, err = c.OpenAPI.GetInfo(ctx, games)
		if wants(t, err, 0); info.Nickname != ann.Nickname || info.BlueVIP != 5 {
			t.Errorf("got %+v", info)
		}
		users, err := c.OpenAPI.GetMultiInfo(ctx, s, friend, "0123456789ABCDEF0123456789ABCDEF")
		if wants(t, err, 0); len(users) != 1 || users[friend].Nickname != bob.Nickname {
			t.Errorf("got %+v", users)
		}
	})
	t.Run("memberships", func(t *testing.T) {
		yellow, err := c.OpenAPI.YellowVIP(ctx, s)
		if wants(t, err, 0); yellow != (client.Membership{Of: client.YellowDiamond, Is: true, Level: 3, Luxury: true}) {
			t.Errorf("got %+v", yellow)
		}
		held, err := c.OpenAPI.VIP(ctx, s)
		want := []client.Membership{{Of: client.BlueDiamond, Is: true, Level: 5}, {Of: client.YellowDiamond, Is: true, Level: 3}}
		if wants(t, err, 0); !slices.Equal(held, want) {
			t.Errorf("got %+v", held)
		}
		friends, err := c.OpenAPI.FriendsVIP(ctx, s, friend)
		if wants(t, err, 0); len(friends) != 1 || !slices.Equal(friends[friend], []client.Membership{{Of: client.QQMember, Is: true, Year: true, Level: 2}}) {
			t.Errorf("got %+v", friends)
		}
	})
	t.Run("friends", func(t *testing.T) {
		friends, err := c.OpenAPI.AppFriends(ctx, s)
		if wants(t, err, 0); !slices.ContainsFunc(friends.List, func(f client.Friend) bool { return f.OpenID == friend }) {
			t.Errorf("got %+v", friends)
		}
		friends, err = c.OpenAPI.AppFriends(ctx, games)
		if wants(t, err, 0); !slices.Contains(names(friends.List), bob.Nickname) {
			t.Errorf("got %+v", friends)
		}
		is, err := c.OpenAPI.IsFriend(ctx, s, friend)
		if wants(t, err, 0); !is {
			t.Error("Bob is not a friend")
		}
		is, err = c.OpenAPI.IsFriend(ctx, s, s.OpenID)
		if wants(t, err, 0); is {
			t.Error("Ann is her own friend")
		}
	})
	t.Run("words", func(t *testing.T) {
		text, dirty, err := c.OpenAPI.FilterWords(ctx, s, "a b*c~d-_.+/=&?%中!'()")
		if wants(t, err, 0); dirty || text != "a b*c~d-_.+/=&?%中!'()" {
			t.Errorf("got %q, %v", text, dirty)
		}
	})
	t.Run("a wrong key", func(t *testing.T) {
		other := game
		other.AppKey = "wrong"
		_, err := p.Client(other).OpenAPI.GetInfo(ctx, s)
		wants(t, err, retcode.QQSignatureWrong)
	})
	t.Run("an expired openkey", func(t *testing.T) {
		p.Advance(3 * time.Hour)
		is, err := c.OpenAPI.IsLogin(ctx, s)
		if wants(t, err, 0); is {
			t.Error("the session is still valid")
		}
	})
}
