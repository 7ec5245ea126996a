package client_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/rookerytest"
	"github.com/rookeryhq/rookery/retcode"
)

func TestMessages(t *testing.T) {
	p := rookerytest.Start(t)
	p.SetClock(p.Now().UTC().Truncate(24 * time.Hour).Add(28 * time.Hour)) // noon in Shanghai: all of it is on one day
	game, ann, ben, stranger := p.Apps[0], p.Accounts[0], p.Accounts[1], p.Accounts[2]
	c := p.Client(game)
	ctx := t.Context()
	user := client.User{OpenID: ann.OpenIDs[game.AppID], Token: ann.AccessTokens[game.AppID]}
	message := client.Message{Title: "Join me", Summary: "Come and play", Link: "https://game.example/", Picture: "https://game.example/a.png", Request: "r-1"}

	t.Run("V3", func(t *testing.T) {
		m := message
		m.To = stranger.OpenIDs[game.AppID]
		wants(t, c.V3.Share(ctx, user, m), retcode.ShareNotFriends)
		m.Title = ""
		wants(t, c.V3.Share(ctx, user, m), retcode.ShareFieldInvalid)
		wants(t, c.V3.Share(ctx, client.User{OpenID: user.OpenID, Token: "nothing"}, message), retcode.ShareFieldInvalid)
		m = message
		m.To = ben.OpenIDs[game.AppID]
		wants(t, c.V3.Share(ctx, client.User{OpenID: user.OpenID, Token: "nothing"}, m), retcode.QQAccessTokenUnreadable)
		wants(t, c.V3.Share(ctx, user, m), 0)
		wants(t, c.V3.Share(ctx, user, m), 0) // the same message
		m.Request = "r-2"
		err := c.V3.Share(ctx, user, m)
		wants(t, err, retcode.QQPairQuotaExceeded)
		var refused *client.Error
		if errors.As(err, &refused) && (refused.RetryAfter <= 0 || refused.RetryAfter > 24*time.Hour) {
			t.Errorf("it may be repeated after %s", refused.RetryAfter)
		}
	})
	t.Run("V5", func(t *testing.T) {
		m := message
		m.To = ann.MSDKOpenIDs[game.GameID]
		id, err := c.V5.Share(ctx, p.Player(game, ben), m)
		wants(t, err, 0)
		again, err := c.V5.Share(ctx, p.Player(game, ben), m)
		if err != nil || again != id {
			t.Errorf("got %s, %v; want %s again", again, err, id)
		}
		m.To = stranger.MSDKOpenIDs[game.GameID]
		m.Request = ""
		_, err = c.V5.Share(ctx, p.Player(game, ann), m)
		wants(t, err, retcode.QQArkNotFriends)
	})
	t.Run("scenes", func(t *testing.T) {
		chen, dora := p.Accounts[2], p.Accounts[3]
		other := p.Apps[1]
		if len(p.Scenes) != 2 || p.Scenes[1].AppID != other.AppID || p.Scenes[1].Name != "demo" {
			t.Fatalf("got %+v", p.Scenes)
		}
		p := p.In(t)
		p.SetScene(other, "duel", `{"type":"object","required":["stake"]}`)
		sender := client.User{OpenID: chen.OpenIDs[other.AppID], Token: chen.AccessTokens[other.AppID]}
		ark := client.Ark{To: dora.OpenIDs[other.AppID], Scene: "duel", Data: map[string]int{"steak": 7}}
		_, err := p.Client(other).OpenAPI.SendArk(ctx, sender, ark)
		wants(t, err, retcode.QQArkExtraJSONInvalid)
		ark.Scene, ark.Data = p.Scenes[1].Name, json.RawMessage(p.Scenes[1].ExtraJSON)
		_, err = p.Client(other).OpenAPI.SendArk(ctx, sender, ark)
		wants(t, err, 0)
	})
	t.Run("Ark and inbox", func(t *testing.T) {
		dora := p.Accounts[3]
		_, err := c.OpenAPI.SendArk(ctx, user, client.Ark{To: ben.OpenIDs[game.AppID], Scene: "demo", Data: map[string]any{"title": 7}})
		wants(t, err, retcode.QQArkExtraJSONInvalid)
		_, err = c.OpenAPI.SendArk(ctx, user, client.Ark{To: ben.OpenIDs[game.AppID], Scene: "demo", Program: "arena", Data: "x"})
		wants(t, err, retcode.QQArkSceneNotFound)
		chen := p.Accounts[2]
		sender := client.User{OpenID: chen.OpenIDs[game.AppID], Token: chen.AccessTokens[game.AppID]}
		id, err := c.OpenAPI.SendArk(ctx, sender, client.Ark{To: dora.OpenIDs[game.AppID], Scene: "demo", Data: map[string]string{"title": "<b>", "text": "x"}})
		wants(t, err, 0)
		inbox, err := c.V5.Inbox(ctx, p.Player(game, dora), "", 0)
		wants(t, err, 0)
		if len(inbox.Messages) != 1 || inbox.Next != id || inbox.More {
			t.Fatalf("got %+v, want message %s", inbox, id)
		}
		got := inbox.Messages[0]
		card := make(map[string]string)
		if err := json.Unmarshal(got.Card, &card); err != nil || card["title"] != "<b>" {
			t.Errorf("the card is %s", got.Card)
		}
		if got.ID != id || got.Kind != "ark" || got.From != chen.MSDKOpenIDs[game.GameID] || got.FromName != chen.Nickname || got.Scene != "demo" || got.Title != "<b>" || got.Read || p.Now().Sub(got.Time).Abs() > time.Hour {
			t.Errorf("got %+v", got)
		}
		inbox, err = c.V5.Inbox(ctx, p.Player(game, dora), inbox.Next, time.Second)
		wants(t, err, 0)
		if len(inbox.Messages) != 0 || inbox.Next != id {
			t.Errorf("after the last message: %+v", inbox)
		}
	})
}
