package client_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/rookerytest"
	"github.com/rookeryhq/rookery/retcode"
)

func names(list []client.Friend) (names []string) {
	for _, f := range list {
		names = append(names, f.Nickname)
	}
	return names
}

func TestPeople(t *testing.T) {
	p := rookerytest.Start(t)
	game, ann, bob := p.Apps[0], p.Accounts[0], p.Accounts[1]
	c := p.Client(game)
	ctx := t.Context()
	player := client.Player{OpenID: ann.MSDKOpenIDs[game.GameID], Token: ann.MSDKTokens[game.GameID]}
	user := client.User{OpenID: ann.OpenIDs[game.AppID], Token: ann.AccessTokens[game.AppID]}
	until := time.Now().Add(30 * 24 * time.Hour).Truncate(time.Second)
	for _, account := range p.Accounts[:3] {
		p.SetAccount(account, rookerytest.Settings{"gender": 2, "picture_url": "http://pictures.example/" + account.UIN + "/"})
	}
	p.SetAccount(ann, rookerytest.Settings{"vip": map[string]any{
		"member": map[string]any{"level": 4, "end_ms": until.UnixMilli()}, "yellow": map[string]any{"level": 3},
	}})

	t.Run("profiles", func(t *testing.T) {
		five, err := c.V5.Profile(ctx, player)
		wants(t, err, 0)
		three, err := c.V3.Profile(ctx, user)
		wants(t, err, 0)
		if *five != *three || five.Nickname != ann.Nickname || five.Gender != client.Female || five.PictureURL == "" || five.YellowVIP != 3 {
			t.Errorf("got %+v and %+v", five, three)
		}
	})
	t.Run("friends", func(t *testing.T) {
		five, err := c.V5.Friends(ctx, player)
		wants(t, err, 0)
		three, err := c.V3.Friends(ctx, user)
		wants(t, err, 0)
		if !slices.Contains(names(five.List), bob.Nickname) || !slices.Equal(names(five.List), names(three.List)) || five.Incomplete {
			t.Errorf("got %+v and %+v", five, three)
		}
		if five.List[0].PictureURL != three.List[0].PictureURL || five.List[0].Gender == client.NoGender || five.List[0].OpenID == three.List[0].OpenID {
			t.Errorf("got %+v and %+v", five.List[0], three.List[0])
		}
	})
	t.Run("strangers", func(t *testing.T) {
		got, err := c.V3.Strangers(ctx, user, bob.OpenIDs[game.AppID], "0123456789ABCDEF0123456789ABCDEF")
		if wants(t, err, 0); !slices.Equal(names(got.List), []string{bob.Nickname}) {
			t.Errorf("got %+v", got)
		}
		_, err = c.V3.Strangers(ctx, user, "nobody")
		wants(t, err, retcode.QQFriendParameterIllegal)
	})
	t.Run("friends who do not play yet", func(t *testing.T) {
		newcomer := p.NewAccount()
		p.SetAccount(newcomer, rookerytest.Settings{"nickname": "Newcomer"})
		p.Befriend(ann, newcomer)
		got, err := c.V3.UnregisteredFriends(ctx, user, 20)
		if wants(t, err, 0); !slices.Contains(names(got), "Newcomer") || slices.Contains(names(got), bob.Nickname) {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("memberships", func(t *testing.T) {
		five, err := c.V5.VIP(ctx, player, client.QQMember|client.YellowDiamond|client.RedDiamond)
		wants(t, err, 0)
		three, err := c.V3.VIP(ctx, user, client.QQMember|client.YellowDiamond|client.RedDiamond)
		wants(t, err, 0)
		want := []client.Membership{{Of: client.QQMember, Is: true, Level: 4}, {Of: client.RedDiamond}, {Of: client.YellowDiamond, Is: true, Level: 3}}
		if !slices.Equal(five, want) || !slices.Equal(three, want) {
			t.Errorf("got %+v and %+v", five, three)
		}
		list, err := c.V3.FriendsVIP(ctx, user, user.OpenID)
		if wants(t, err, 0); !slices.Equal(list, []client.UserMembership{{OpenID: user.OpenID, Member: true, Level: 4}}) {
			t.Errorf("got %+v", list)
		}
	})
	t.Run("terms", func(t *testing.T) {
		five, err := c.V5.QQTerms(ctx, player)
		wants(t, err, 0)
		three, err := c.V3.QQTerms(ctx, user)
		wants(t, err, 0)
		if *five != *three || !five.Member.End.Equal(until) || five.Super != (client.Term{}) {
			t.Errorf("got %+v and %+v", five, three)
		}
	})
	t.Run("networks and real names", func(t *testing.T) {
		for _, want := range []bool{false, true} {
			settings := rookerytest.Settings{"real_named": want}
			if want {
				settings["vip"] = map[string]any{"wifi": map[string]any{"level": 1}}
			}
			p.SetAccount(ann, settings)
			has, err := c.V3.WiFi(ctx, user.OpenID)
			if wants(t, err, 0); has != want {
				t.Errorf("networks: %v, want %v", has, want)
			}
			is, err := c.V3.RealNamed(ctx, user)
			if wants(t, err, 0); is != want {
				t.Errorf("real name: %v, want %v", is, want)
			}
		}
	})
	t.Run("an invalid token", func(t *testing.T) {
		user, player := user, player
		user.Token, player.Token = "nothing", "nothing"
		_, err := c.V5.Friends(ctx, player)
		wants(t, err, retcode.QQFriendTokenInvalid)
		_, err = c.V3.Friends(ctx, user)
		wants(t, err, retcode.QQFriendTokenInvalid)
		_, err = c.V5.Profile(ctx, player)
		wants(t, err, retcode.QQAccessTokenUnreadable)
	})
}
