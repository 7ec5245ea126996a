package messages

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func TestACardReachesItsReceiver(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.person(), f.person()
	f.befriend(ann, ben)
	f.scene("gift", `{"type":"object","x-card":{"title":"{{title}}","text":"level {{player.level}}","url":"https://game.example/?q={{title}}","picture":"javascript:x","whole":"{{player}}"}}`)
	id, err := SendArk(t.Context(), f.bus, f.letter(ann, ben), Ark{Scene: "gift", ExtraJSON: `{"title":"<b>\"鸦\"</b>","player":{"level":7,"won":true}}`})
	must(t, err)
	got := f.inbox(ben.uin)
	want := []platform.Message{{
		ID: int64(id), UIN: ben.uin, From: ann.uin, AppID: f.app.AppID, Kind: platform.ArkMessage,
		MessageContent: platform.MessageContent{
			FromOpenID: ann.openid, Scene: "gift", Title: `<b>"鸦"</b>`, Text: "level 7", URL: `https://game.example/?q=<b>"鸦"</b>`,
			Card: []byte(`{"picture":"javascript:x","text":"level 7","title":"\u003cb\u003e\"鸦\"\u003c/b\u003e","url":"https://game.example/?q=\u003cb\u003e\"鸦\"\u003c/b\u003e","whole":{"level":7,"won":true}}`),
		},
	}}
	if len(got) == 1 {
		want[0].SentMS = got[0].SentMS
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(f.inbox(ann.uin)) != 0 {
		t.Error("the sender got it too")
	}
}

func TestATakenBackOpenIDNamesNobody(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.person(), f.person()
	f.befriend(ann, ben)
	f.scene("gift", `{}`)
	_, err := f.identity.ReclaimOpenID(t.Context(), f.app.AppID, ben.uin)
	must(t, err)
	_, err = SendArk(t.Context(), f.bus, f.letter(ann, ben), Ark{Scene: "gift", ExtraJSON: `{}`})
	wants(t, err, retcode.QQArkNotFriends)
}

func TestABackEndThatAnswersNoAccount(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.person(), f.person()
	f.scene("gift", `{}`)
	bus := oidb.NewBus()
	oidb.Handle(bus, SendArkCommand, f.sendArk)
	oidb.Handle(bus, identity.ConvertOpenIDs, func(context.Context, *wire.ConvertOpenIDsRequest) (*wire.ConvertOpenIDsResponse, error) {
		return new(wire.ConvertOpenIDsResponse), nil
	})
	f.bus = bus
	_, err := SendArk(t.Context(), bus, f.letter(ann, ben), Ark{Scene: "gift", ExtraJSON: `{}`})
	wants(t, err, retcode.QQArkFriendCheckFailed)
}

// TestTheInboxShowsTextsOfACardWithinItsBounds: 100 bytes of title and 1000 of text, without control characters. The card is whole.
func TestTheInboxShowsTextsOfACardWithinItsBounds(t *testing.T) {
	f := newFixture(t)
	ann := f.person()
	f.scene("gift", `{}`)
	for _, test := range []struct {
		name, title, text string
		shown, shownText  bool
	}{
		{"as long as may be", strings.Repeat("t", 100), strings.Repeat("x", 1000), true, true},
		{"a long title", strings.Repeat("t", 101), "x", false, true},
		{"a long text", "t", strings.Repeat("x", 1001), true, false},
		{"a control character", `a\u0007b`, "x", false, true},
	} {
		ben := f.person()
		f.befriend(ann, ben)
		extra := `{"text":"` + test.text + `","title":"` + test.title + `"}`
		_, err := SendArk(t.Context(), f.bus, f.letter(ann, ben), Ark{Scene: "gift", ExtraJSON: extra})
		must(t, err)
		got := f.inbox(ben.uin)[0]
		if (got.Title == test.title) != test.shown || !test.shown && got.Title != "" || (got.Text == test.text) != test.shownText || string(got.Card) != extra {
			t.Errorf("%s: title %q, text %.20q, card %.40s", test.name, got.Title, got.Text, got.Card)
		}
	}
}

// TestChecksOfACard: each check alone decides, and of two that fail the earlier one answers.
func TestChecksOfACard(t *testing.T) {
	f := newFixture(t)
	ann, ben, carl := f.person(), f.person(), f.person()
	f.befriend(ann, ben)
	f.scene("gift", `{"type":"object","required":["title"],"properties":{"title":{"type":"string"}},"x-card":{"title":"{{title}}","text":"{{text}}"}}`)
	_, err := f.SetScene(t.Context(), platform.SceneKey{AppID: f.app.AppID, Scene: "new"}, SceneSettings{})
	must(t, err)
	off := false
	_, err = f.SetScene(t.Context(), platform.SceneKey{AppID: f.app.AppID, Program: "arena", Scene: "gift"}, SceneSettings{Online: &off})
	must(t, err)
	f.clock.Advance(10 * time.Minute)
	_, err = f.SetScene(t.Context(), platform.SceneKey{AppID: f.app.AppID, Scene: "newest"}, SceneSettings{})
	must(t, err)

	sound := Ark{Scene: "gift", ExtraJSON: `{"title":"x","text":"y"}`}
	offline := func() { f.edit(func(a *platform.App) { a.Online = false }) }
	type steps []func()
	for _, test := range []struct {
		name  string
		ark   func(*Ark)
		to    person
		steps steps
		want  retcode.Code
		say   string
	}{
		{"unknown scene", func(a *Ark) { a.Scene = "gifts" }, ben, nil, retcode.QQArkSceneNotFound, `has no scene "gifts"`},
		{"unknown mini program", func(a *Ark) { a.Program = "x" }, ben, nil, retcode.QQArkSceneNotFound, `of the mini program "x"`},
		{"not in effect", func(a *Ark) { a.Scene = "newest" }, ben, nil, retcode.QQArkSceneNotFound, "not in effect yet"},
		{"app offline", func(*Ark) {}, ben, steps{offline}, retcode.QQMessageAppNotOnline, "is not online"},
		{"mini program offline", func(a *Ark) { a.Program = "arena" }, ben, nil, retcode.QQMessageAppNotOnline, "the mini program of scene"},
		{"not JSON", func(a *Ark) { a.ExtraJSON = `{"title":` }, ben, nil, retcode.QQArkExtraJSONInvalid, "not JSON in UTF-8 at byte 9"},
		{"a member twice", func(a *Ark) { a.ExtraJSON = `{"title":"a","title":"b"}` }, ben, nil, retcode.QQArkExtraJSONInvalid, "occurs twice"},
		{"does not fit", func(a *Ark) { a.ExtraJSON = `{"title":7}` }, ben, nil, retcode.QQArkExtraJSONInvalid, "/title: got number, want string"},
		{"a field of the card is missing", func(a *Ark) { a.ExtraJSON = `{"title":"x"}` }, ben, nil, retcode.QQArkPackFailed, `"text", which extraJSON lacks`},
		{"a card too large", func(a *Ark) { a.ExtraJSON = `{"title":"` + strings.Repeat("x", 16<<10) + `","text":""}` }, ben, nil, retcode.QQArkPackFailed, "the packed card has"},
		{"friends cannot be read", func(*Ark) {}, ben, steps{func() { f.fail("store.read:friendships") }}, retcode.QQArkFriendCheckFailed, ""},
		{"friends cannot be reached", func(*Ark) {}, ben, steps{func() { f.fail("bus.connect:0xf01") }}, retcode.QQArkFriendCheckFailed, ""},
		{"openids cannot be read", func(*Ark) {}, ben, steps{func() { f.fail("store.read:grants") }}, retcode.QQArkFriendCheckFailed, ""},
		{"no friend", func(*Ark) {}, carl, nil, retcode.QQArkNotFriends, ""},
		{"nobody", func(*Ark) {}, person{openid: platform.OpenID{9}}, nil, retcode.QQArkNotFriends, "names nobody"},
		{"the inbox cannot be written", func(*Ark) {}, ben, steps{func() { f.fail("store.write:messages") }}, retcode.OIDBConnectFailed, ""},

		{"unknown scene, app offline", func(a *Ark) { a.Scene = "x" }, ben, steps{offline}, retcode.QQArkSceneNotFound, ""},
		{"app offline, does not fit", func(a *Ark) { a.ExtraJSON = `{}` }, ben, steps{offline}, retcode.QQMessageAppNotOnline, ""},
		{"does not fit, card cannot be packed", func(a *Ark) { a.ExtraJSON = `{"title":7}` }, ben, nil, retcode.QQArkExtraJSONInvalid, ""},
		{"card cannot be packed, no friend", func(a *Ark) { a.ExtraJSON = `{"title":"x"}` }, carl, nil, retcode.QQArkPackFailed, ""},
		{"card cannot be packed, friends cannot be read", func(a *Ark) { a.ExtraJSON = `{"title":"x"}` }, ben, steps{func() { f.fail("store.read:friendships") }}, retcode.QQArkPackFailed, ""},
		{"all is well", func(*Ark) {}, ben, nil, 0, ""},
		{"no friend, after the limit", func(*Ark) {}, carl, nil, retcode.QQArkNotFriends, ""},
		{"one too many", func(*Ark) {}, ben, nil, retcode.QQPairQuotaExceeded, "a sender may send the same receiver 1 a day"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ark := sound
			test.ark(&ark)
			for _, step := range test.steps {
				step()
			}
			_, err := SendArk(t.Context(), f.bus, f.letter(ann, test.to), ark)
			f.faults.Clear(0)
			f.edit(func(a *platform.App) { a.Online = true })
			if test.want == 0 {
				must(t, err)
				return
			}
			failure := failureOf(err)
			if failure == nil || failure.Code != test.want || !strings.Contains(fmt.Sprint(failure.Cause), test.say) {
				t.Errorf("got %v (%v), want %v with %q", err, failure.Cause, test.want, test.say)
			}
		})
	}
	if got := len(f.inbox(ben.uin)); got != 1 {
		t.Errorf("%d messages were stored", got)
	}
}

func TestSharedMessagesHaveNoForbiddenWord(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.person(), f.person()
	f.befriend(ann, ben)
	for _, m := range []Share{{Title: "a Magpie", Text: "x"}, {Title: "x", Text: "MAGPIES"}} {
		_, err := SendShare(t.Context(), f.bus, f.letter(ann, ben), m)
		wants(t, err, retcode.ShareForbiddenWord)
	}
	must(t, f.share(ann, ben))
}

func TestSharedMessagesThatCannotBeStored(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.person(), f.person()
	f.befriend(ann, ben)
	whole := Share{
		Tag: strings.Repeat("t", 100), Title: strings.Repeat("t", 100), Text: strings.Repeat("x", 1000),
		URL: "https://" + strings.Repeat("u", 504), Picture: "https://" + strings.Repeat("u", 504),
	}
	for name, edit := range map[string]func(*Share){
		"a long tag":      func(m *Share) { m.Tag += "t" },
		"a long title":    func(m *Share) { m.Title += "t" },
		"a long text":     func(m *Share) { m.Text += "x" },
		"a long address":  func(m *Share) { m.URL += "u" },
		"a long picture":  func(m *Share) { m.Picture += "u" },
		"another address": func(m *Share) { m.URL = "javascript:alert(1)" },
		"a NUL":           func(m *Share) { m.Text = "\x00" },
	} {
		m := whole
		edit(&m)
		if _, err := SendShare(t.Context(), f.bus, f.letter(ann, ben), m); failureOf(err) == nil || failureOf(err).Code != retcode.OIDBUnpackFailed {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, err := SendShare(t.Context(), f.bus, f.letter(ann, ben), whole)
	must(t, err)
}

func TestLimitsAreTheAppsOwn(t *testing.T) {
	f := newFixture(t)
	ann := f.person()
	var others []person
	for range 11 {
		p := f.person()
		f.befriend(ann, p)
		others = append(others, p)
	}
	for _, p := range others[:10] {
		must(t, f.share(ann, p))
	}
	wants(t, f.share(ann, others[10]), retcode.QQSendQuotaExceeded)
	f.edit(func(a *platform.App) {
		a.MessageLimits = platform.MessageLimits{SenderDay: 12, SenderWeek: 13, ReceiverDay: 2, ReceiverWeek: 3, PairDay: 2}
	})
	must(t, f.share(ann, others[10]))
	must(t, f.share(ann, others[10]))
	wants(t, f.share(ann, others[9]), retcode.QQSendQuotaExceeded)
	f.clock.Advance(24 * time.Hour)
	must(t, f.share(ann, others[10]))
	wants(t, f.share(ann, others[9]), retcode.QQSendQuotaExceeded) // the week's 13
	for _, p := range others {
		p := p
		if p != others[10] {
			wants(t, f.share(p, ann), 0)
			wants(t, f.share(p, ann), 0)
			wants(t, f.share(p, ann), retcode.QQReceiveQuotaExceeded)
			break
		}
	}
}

// TestDaysAndWeeksAreThePlatforms: midnight and Monday in Shanghai, eight hours before those of UTC.
func TestDaysAndWeeksAreThePlatforms(t *testing.T) {
	f := newFixture(t)
	for _, test := range []struct {
		at          time.Time
		day, monday int64
	}{
		{time.Date(2025, 6, 11, 12, 0, 0, 0, shanghai), 20250, 20248},
		{time.Date(2025, 6, 15, 23, 59, 59, 999e6, shanghai), 20254, 20248}, // a Sunday
		{time.Date(2025, 6, 15, 16, 0, 0, 0, time.UTC), 20255, 20255},       // Monday there
		{time.Date(2024, 12, 31, 16, 0, 0, 0, time.UTC), 20089, 20087},      // the week goes over the year's end
	} {
		got := f.quota(f.app, test.at)
		if got.Day != test.day || got.Monday != test.monday {
			t.Errorf("%s: day %d, Monday %d; want %d, %d", test.at, got.Day, got.Monday, test.day, test.monday)
		}
	}
}

func TestARequestSendsOnce(t *testing.T) {
	f := newFixture(t)
	ann, ben, carl := f.person(), f.person(), f.person()
	f.befriend(ann, ben)
	f.befriend(ann, carl)
	l := f.letter(ann, ben)
	l.Request = "r-1"
	ids := make([]uint64, 32)
	var group sync.WaitGroup
	for i := range ids {
		group.Go(func() {
			var err error
			if ids[i], err = SendShare(t.Context(), f.bus, l, Share{Title: "x", Text: "y"}); err != nil {
				t.Errorf("call %d: %v", i, err)
			}
		})
	}
	group.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("the answers differ: %v", ids)
		}
	}
	if n := len(f.inbox(ben.uin)); n != 1 {
		t.Errorf("%d messages were stored", n)
	}
	// Whatever has changed since, the answer is the same; a refusal is not remembered.
	must(t, f.friends.Unfriend(t.Context(), ann.uin, ben.uin))
	f.edit(func(a *platform.App) { a.Online = false })
	id, err := SendShare(t.Context(), f.bus, l, Share{Title: "magpie", Text: "y"})
	if err != nil || id != ids[0] {
		t.Errorf("got %d, %v; want %d", id, err, ids[0])
	}
	l = f.letter(ann, carl)
	l.Request = "r-2"
	_, err = SendShare(t.Context(), f.bus, l, Share{Title: "x", Text: "y"})
	wants(t, err, retcode.QQMessageAppNotOnline)
	f.edit(func(a *platform.App) { a.Online = true })
	_, err = SendShare(t.Context(), f.bus, l, Share{Title: "x", Text: "y"})
	must(t, err)
	l.Request = strings.Repeat("r", 65)
	_, err = SendShare(t.Context(), f.bus, l, Share{Title: "x", Text: "y"})
	wants(t, err, retcode.OIDBUnpackFailed)
}
