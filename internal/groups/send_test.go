package groups

import (
	"errors"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/retcode"
)

// TestWhatIsSentIsChecked: a message that the group platform would refuse is a wrong parameter, and so is one to a group that the
// caller is not in.
func TestWhatIsSentIsChecked(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.player(), f.player()
	f.game.set("3", "77", ann, ben)
	gc, err := ann.create("3", "77")
	must(t, err)
	send := func(p *player, m *wire.GroupMessage) error {
		_, err := oidb.Call(t.Context(), f.Bus, Send, &wire.SendGuildMessageRequest{
			Appid: uint64(f.app.AppID), Openid: p.openid[:], AccessToken: p.token, Gc: uint64(gc), Message: m,
		})
		return err
	}
	for _, test := range []struct {
		by   *player
		m    *wire.GroupMessage
		says string // "" for a message that is sent
	}{
		{ann, &wire.GroupMessage{Kind: 2, Title: "Come", Text: "now", Url: "https://game.example/raid", PictureUrl: "http://game.example/a.png"}, ""},
		{ann, nil, "the message's type is neither 1 (an invitation) nor 2 (a link)"},
		{ann, &wire.GroupMessage{Kind: 3, Title: "Come"}, "the message's type is neither 1 (an invitation) nor 2 (a link)"},
		{ann, &wire.GroupMessage{Kind: 1, Text: "now"}, "title is missing or empty"},
		{ann, &wire.GroupMessage{Kind: 2, Title: "Come"}, "the message is a link, but has no address to lead to"},
		{ann, &wire.GroupMessage{Kind: 2, Title: "Come", Url: "javascript:alert(1)"}, "the message's link is not an absolute http(s) address"},
		{ann, &wire.GroupMessage{Kind: 1, Title: "Come", Url: "//game.example"}, "the message's link is not an absolute http(s) address"},
		{ann, &wire.GroupMessage{Kind: 1, Title: "Come", PictureUrl: "file:///etc/passwd"}, "the message's picture is not an absolute http(s) address"},
		{ann, &wire.GroupMessage{Kind: 1, Title: strings.Repeat("x", 101)}, "the message's title has 101 bytes, more than 100"},
		{ann, &wire.GroupMessage{Kind: 1, Title: "Come", Text: strings.Repeat("x", 1001)}, "the message's text has 1001 bytes, more than 1000"},
		{ben, &wire.GroupMessage{Kind: 1, Title: "Come"}, "the account is not a member of group 700000001"},
	} {
		err := send(test.by, test.m)
		want := retcode.GroupParameterInvalid
		if test.says == "" {
			want = 0
		}
		wantCode(t, test.m.String(), err, want)
		var failure *oidb.Failure
		if errors.As(err, &failure) && failure.Said() != test.says {
			t.Errorf("%v: it says %q, want %q", test.m, failure.Said(), test.says)
		}
	}
	someone := &player{f, ann.uin, ann.openid, "no token"}
	wantCode(t, "a wrong message of somebody", send(someone, &wire.GroupMessage{Kind: 2, Title: "Come"}), retcode.GroupParameterInvalid)
	wantCode(t, "a message of somebody", send(someone, &wire.GroupMessage{Kind: 1, Title: "Come"}), retcode.GroupTokenCheckFailed)
	off := f.fail("backend.answer:0xf02_9=204")
	wantCode(t, "a sealed group", send(ann, &wire.GroupMessage{Kind: 1, Title: "Come"}), retcode.GroupPlatformError)
	off()
}
