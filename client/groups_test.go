package client_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/rookerytest"
	"github.com/rookeryhq/rookery/retcode"
)

// TestGroups takes a guild of its own through its life with groups, at both doors.
func TestGroups(t *testing.T) {
	p := rookerytest.Start(t)
	game, ann, ben := p.Apps[0], p.Accounts[0], p.Accounts[1]
	c := p.Client(game)
	ctx := t.Context()
	p.SetGuild(rookerytest.Guild{AppID: game.AppID, Zone: "3", ID: "770077", Name: "Ravens", Leader: ann.UIN, Members: []string{ben.UIN}})
	guild := client.Guild{Zone: "3", ID: "770077", RoleID: "900001"}

	t.Run("V5", func(t *testing.T) {
		leader, member := p.Player(game, ann), p.Player(game, ben)
		none, err := c.V5.Group(ctx, member, guild)
		if wants(t, err, 0); none != nil {
			t.Errorf("the guild has %+v", none)
		}
		wants(t, c.V5.RemindLeader(ctx, member, guild, client.Reminder{RoleName: "Ben", LeaderOpenID: leader.OpenID, LeaderRoleID: "900000"}), 0)
		err = c.V5.RemindLeader(ctx, member, guild, client.Reminder{RoleName: "Ben", LeaderOpenID: leader.OpenID, LeaderRoleID: "900000"})
		wants(t, err, retcode.GroupRemindRateExceeded)
		var refused *client.Error
		if !errors.As(err, &refused) || refused.RetryAfter <= 0 || refused.RetryAfter > 24*time.Hour {
			t.Errorf("another reminder may come after %v", refused)
		}

		_, err = c.V5.CreateGroup(ctx, member, guild, "Ravens")
		wants(t, err, retcode.GroupNotOwner)
		made, err := c.V5.CreateGroup(ctx, leader, guild, "Ravens")
		if wants(t, err, 0); made.Name != "Ravens" || made.Number == "" || len(made.OpenID) != 32 {
			t.Fatalf("made %+v", made)
		}
		shown, err := c.V5.Group(ctx, member, guild)
		if wants(t, err, 0); *shown != *made {
			t.Errorf("shown %+v, made %+v", shown, made)
		}
		relation := func(of client.Player, want client.GroupRelation) {
			t.Helper()
			if got, err := c.V5.GroupRelation(ctx, of, made.Number); got != want || err != nil {
				t.Errorf("relation %d, %v; want %d", got, err, want)
			}
		}
		relation(leader, client.GroupOwner)
		relation(member, client.NotInGroup)
		wants(t, c.V5.JoinGroup(ctx, member, guild, made.Number, "Ben the Bold"), 0)
		relation(member, client.GroupMember)
		wants(t, c.V5.SendToGroup(ctx, member, guild, client.GroupMessage{Title: "Raid", Text: "At eight", Link: "https://game.example/raid"}), 0)
		wants(t, c.V5.SendToGroup(ctx, member, guild, client.GroupMessage{}), retcode.GroupParameterInvalid)
		wants(t, c.V5.UnbindGroup(ctx, leader, guild, "Ravens"), 0)
		_, err = c.V5.GroupRelation(ctx, leader, made.Number)
		wants(t, err, retcode.GroupGuildNotBound)
		list, err := c.V5.Groups(ctx, leader)
		if wants(t, err, 0); !slices.Contains(list, client.Group{Number: made.Number, Name: "Ravens"}) {
			t.Errorf("the leader owns %+v", list)
		}
		again, err := c.V5.BindGroup(ctx, leader, guild, "Ravens", made.Number)
		if wants(t, err, 0); again.Number != made.Number {
			t.Errorf("bound %+v", again)
		}
		wants(t, c.V5.UnbindGroup(ctx, leader, guild, "Ravens"), 0)
	})

	t.Run("V3", func(t *testing.T) {
		leader, member := p.User(game, ann), p.User(game, ben)
		none, err := c.V3.Group(ctx, member, guild)
		if wants(t, err, 0); none != nil {
			t.Errorf("the guild has %+v", none)
		}
		_, err = c.V3.GroupDetail(ctx, leader, guild)
		wants(t, err, retcode.V2GroupNotBound)
		made, err := c.V3.CreateGroup(ctx, leader, guild, "Rooks")
		if wants(t, err, 0); made.Name != "Rooks" || made.Number == "" {
			t.Fatalf("made %+v", made)
		}
		_, err = c.V3.CreateGroup(ctx, leader, guild, "Rooks")
		wants(t, err, retcode.GroupGuildAlreadyBound)
		_, err = c.V3.GroupDetail(ctx, member, guild)
		wants(t, err, retcode.V2GroupNotMember)
		wants(t, c.V3.JoinGroup(ctx, member, guild, made.Number), 0)
		if got, err := c.V3.GroupRelation(ctx, member, made.Number); got != client.GroupMember || err != nil {
			t.Errorf("relation %d, %v", got, err)
		}
		detail, err := c.V3.GroupDetail(ctx, member, guild)
		if wants(t, err, 0); detail.Name != "Rooks" || detail.Members != 2 || detail.Owner != leader.OpenID || detail.Guild != (client.Guild{Zone: "3", ID: "770077"}) || len(detail.Admins) != 0 || len(detail.JoinGroupKey) != 32 {
			t.Errorf("detail %+v", detail)
		}
		shown, err := c.V3.Group(ctx, member, guild)
		if wants(t, err, 0); shown.Number != made.Number {
			t.Errorf("shown %+v", shown)
		}
		list, err := c.V3.Groups(ctx, leader)
		if wants(t, err, 0); !slices.Contains(list, client.Group{Number: made.Number, Name: "Rooks"}) {
			t.Errorf("the leader owns %+v", list)
		}
		wants(t, c.V3.UnbindGroup(ctx, leader, guild, "Rooks"), 0)
		if bound, err := c.V3.BindGroup(ctx, leader, guild, "Rooks", made.Number); err != nil || bound.Number != made.Number {
			t.Errorf("bound %+v, %v", bound, err)
		}
		lapsed := leader
		p.Advance(100 * 24 * time.Hour)
		wants(t, c.V3.UnbindGroup(ctx, lapsed, guild, "Rooks"), retcode.GroupTokenCheckFailed)
	})
}

// TestGroupChangesAreNotRepeated: after an answer that got lost nobody knows whether a group was created.
func TestGroupChangesAreNotRepeated(t *testing.T) {
	calls := make(map[string]int)
	lost := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls[r.URL.Path]++
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(lost.Close)
	c, err := client.New(lost.URL, client.App{AppID: "1", GameID: "1", SigKey: "k", MSDKKey: "k"}, client.WithRetry(client.Retry{Attempts: 3}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, guild, player, user := t.Context(), client.Guild{Zone: "0", ID: "7"}, client.Player{OpenID: "1", Token: "t"}, client.User{OpenID: "1", Token: "t"}
	_, _ = c.V5.CreateGroup(ctx, player, guild, "g")
	_, _ = c.V5.BindGroup(ctx, player, guild, "g", "7")
	_ = c.V5.UnbindGroup(ctx, player, guild, "g")
	_ = c.V5.SendToGroup(ctx, player, guild, client.GroupMessage{Title: "t"})
	_, _ = c.V3.CreateGroup(ctx, user, guild, "g")
	_, _ = c.V5.Group(ctx, player, guild)
	for path, n := range calls {
		want := 1
		if path == "/v2/group/get_group_info" {
			want = 3
		}
		if n != want {
			t.Errorf("%s was called %d times, want %d", path, n, want)
		}
	}
	if len(calls) != 6 {
		t.Errorf("called: %v", calls)
	}
}

// The vector of msdk-v3.md, 5.10.
func TestBindSignature(t *testing.T) {
	c, err := client.New("http://127.0.0.1", client.App{AppID: "1100001234", AppKey: "demoAppKey01"})
	if err != nil {
		t.Fatal(err)
	}
	got := c.V3.BindSignature(client.User{OpenID: "AAAABBBBCCCCDDDD0000111122223333"}, client.Guild{ID: "77", Zone: "3"})
	if got != "b0d1f56ac21f2fbf196b24d0b7b8bb02" {
		t.Errorf("got %s", got)
	}
}
