package messages

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func TestNoticesReachTheInbox(t *testing.T) {
	f := newFixture(t)
	ann := f.account()
	n := Notice{AppID: 7, Request: "r", Title: "Your guild has a group", Text: "<b>", URL: "https://game.example/"}
	must(t, Notify(t.Context(), f.bus, ann, n))
	must(t, Notify(t.Context(), f.bus, ann, n))
	got := f.inbox(ann)
	want := []platform.Message{{
		UIN: ann, AppID: 7, Kind: platform.NoticeMessage, Request: "r",
		MessageContent: platform.MessageContent{Title: "Your guild has a group", Text: "<b>", URL: "https://game.example/"},
	}}
	if len(got) == 1 {
		want[0].ID, want[0].SentMS = got[0].ID, got[0].SentMS
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNoticesThatCannotBeStored(t *testing.T) {
	f := newFixture(t)
	ann := f.account()
	whole := Notice{Request: strings.Repeat("r", 64), Title: strings.Repeat("t", 100), Text: strings.Repeat("x", 1000), URL: "https://" + strings.Repeat("u", 504)}
	for _, test := range []struct {
		name  string
		uin   platform.UIN
		edit  func(*Notice)
		fault string
		want  error
	}{
		{"as long as may be", ann, func(*Notice) {}, "", nil},
		{"a long request", ann, func(n *Notice) { n.Request += "r" }, "", retcode.OIDBUnpackFailed},
		{"a long title", ann, func(n *Notice) { n.Title += "t" }, "", retcode.OIDBUnpackFailed},
		{"a long text", ann, func(n *Notice) { n.Text += "x" }, "", retcode.OIDBUnpackFailed},
		{"a long address", ann, func(n *Notice) { n.URL += "u" }, "", retcode.OIDBUnpackFailed},
		{"no title", ann, func(n *Notice) { n.Title = "" }, "", retcode.OIDBUnpackFailed},
		{"a NUL", ann, func(n *Notice) { n.Text = "\x00" }, "", retcode.OIDBUnpackFailed},
		{"an address that runs a program", ann, func(n *Notice) { n.URL = "javascript:alert(1)" }, "", retcode.OIDBUnpackFailed},
		{"nobody's account", ann + 1, func(*Notice) {}, "", retcode.OIDBNoInstance},
		{"the accounts cannot be read", ann, func(*Notice) {}, "store.read:accounts", retcode.OIDBConnectFailed},
		{"the inbox cannot be written", ann, func(*Notice) {}, "store.write:messages", retcode.OIDBConnectFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := whole
			test.edit(&n)
			if test.fault != "" {
				f.fail(test.fault)
				defer f.faults.Clear(0)
			}
			before := len(f.inbox(ann))
			err := Notify(t.Context(), f.bus, test.uin, n)
			if code, _ := retcode.From(err); test.want == nil && err != nil || test.want != nil && code != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if stored := len(f.inbox(ann)) - before; stored != platform.Bit(test.want == nil) {
				t.Errorf("%d notices were stored", stored)
			}
		})
	}
}

// TestANoticeToARefusedAccountIsNotStored: the policy of the bus refuses the call before it changes anything.
func TestANoticeToARefusedAccountIsNotStored(t *testing.T) {
	f := newFixture(t)
	ann := f.account()
	must(t, f.bus.LoadPolicy(t.Context(), f.store, f.clock))
	_, err := f.bus.ChangePolicy(t.Context(), func(p *oidb.Policy) error {
		p.UINBlackList = []platform.UIN{ann}
		return nil
	})
	must(t, err)
	if err := Notify(t.Context(), f.bus, ann, Notice{Title: "Hello"}); !errors.Is(err, retcode.OIDBUINBlacklisted) {
		t.Errorf("got %v, want 149", err)
	}
	if n := len(f.inbox(ann)); n != 0 {
		t.Errorf("%d notices were stored", n)
	}
}
