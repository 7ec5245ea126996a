package friends

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

func TestTheProfileIsShownToItsToken(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.user(platform.Profile{Nickname: "Ann"}), f.user(platform.Profile{Nickname: "Ben"})
	lapsed := time.Duration(0)
	old, err := f.id.Issue(t.Context(), identity.IssueRequest{AppID: f.app.AppID, UIN: ben.UIN, Kind: token.Access, Lifetime: &lapsed})
	must(t, err)
	for _, test := range []struct {
		name  string
		req   wire.CheckRequest
		fault string
		want  error
	}{
		{"valid", wire.CheckRequest{AppID: f.app.AppID, OpenID: ann.OpenID[:], Token: ann.Token}, "", nil},
		{"expired", wire.CheckRequest{AppID: f.app.AppID, OpenID: old.OpenID[:], Token: old.Token}, "", retcode.OIDBAccessTokenInvalid},
		{"another's openid", wire.CheckRequest{AppID: f.app.AppID, OpenID: ben.OpenID[:], Token: ann.Token}, "", retcode.OIDBAccessTokenInvalid},
		{"an invalid openid", wire.CheckRequest{AppID: f.app.AppID, OpenID: []byte("x"), Token: ann.Token}, "", retcode.OIDBAccessTokenInvalid},
		{"the keys cannot be used", wire.CheckRequest{AppID: f.app.AppID, OpenID: ann.OpenID[:], Token: ann.Token}, "keyring.read", retcode.OIDBConnectFailed},
		{"the account cannot be read", wire.CheckRequest{AppID: f.app.AppID, OpenID: ann.OpenID[:], Token: ann.Token}, "store.read:accounts", retcode.OIDBConnectFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.fault != "" {
				f.fail(test.fault)
				defer f.faults.Clear(0)
			}
			p, err := ShowProfile(t.Context(), f.bus, test.req)
			var failure *oidb.Failure
			switch {
			case test.want == nil && (err != nil || p.Nickname != "Ann"):
				t.Errorf("got %+v, %v", p, err)
			case test.want != nil && (!errors.As(err, &failure) || failure.Code != test.want || failure.Command != &ShowProfileCommand.Declaration):
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestFriendsComeInPages(t *testing.T) {
	f := newFixture(t)
	ann := f.user(platform.Profile{Nickname: "Ann"}).UIN
	var uins []platform.UIN
	for range 5 {
		uin := f.user(platform.Profile{}).UIN
		uins = append(uins, uin)
		must(t, f.Befriend(t.Context(), ann, uin))
	}
	for _, test := range []struct {
		name  string
		after platform.UIN
		limit uint32
		want  []platform.UIN
		more  bool
	}{
		{"all", 0, 0, uins, false},
		{"the first page", 0, 2, uins[:2], true},
		{"the second", uins[1], 2, uins[2:4], true},
		{"the last", uins[3], 2, uins[4:], false},
		{"exactly the rest", uins[2], 2, uins[3:], false},
		{"beyond", 1<<64 - 1, 2, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			rsp, err := oidb.Call(t.Context(), f.bus, ListFriendsCommand, &wire.ListFriendsRequest{
				Appid: uint64(f.app.AppID), Uin: uint64(ann), After: uint64(test.after), Limit: test.limit,
			})
			must(t, err)
			if len(rsp.Friend) != len(test.want) || rsp.More != test.more || rsp.Uin != uint64(ann) {
				t.Fatalf("got %+v", rsp)
			}
			for i, friend := range rsp.Friend {
				if friend.Uin != uint64(test.want[i]) {
					t.Errorf("friend %d is %d, want %s", i, friend.Uin, test.want[i])
				}
			}
		})
	}
	f.fail("store.read:friendships")
	_, err := oidb.Call(t.Context(), f.bus, ListFriendsCommand, &wire.ListFriendsRequest{Appid: 4711, Uin: uint64(ann)})
	if err == nil || err.Error() != "oidb decode0xf00 failed, ret: 251004" {
		t.Errorf("got %v", err)
	}
	if code, ok := ListFriendsCommand.Code(251004); !ok || code != retcode.QQFriendCacheReadFailed {
		t.Errorf("its number stands for %v", code)
	}
}

// TestLongListsAreWalked: pages end before a frame would be full, and every friend is on one of them, inside the process
// and over frames.
func TestLongListsAreWalked(t *testing.T) {
	f := newFixture(t)
	ann := f.user(platform.Profile{Nickname: "Ann"}).UIN
	long := strings.Repeat("x", 100)
	var uins []platform.UIN
	for range 60 {
		uin := f.user(platform.Profile{
			Nickname: long, PictureURL: "https://pic.example/" + strings.Repeat("x", 490), Country: long, Province: long, City: long, Language: long,
		}).UIN
		must(t, f.Befriend(t.Context(), ann, uin))
		must(t, f.SetRemark(t.Context(), ann, uin, long))
		uins = append(uins, uin)
	}
	server := tcp.NewServer(f.bus, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), tcp.Options{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	client, err := tcp.Dial(t.Context(), listener.Addr().String(), nil)
	must(t, err)
	t.Cleanup(func() {
		client.Close()
		must(t, server.Shutdown(context.Background()))
		must(t, <-served)
	})
	pages := 0
	ask := func(req *wire.ListFriendsRequest) (*wire.ListFriendsResponse, error) {
		head, rsp, err := tcp.Ask(t.Context(), client, ListFriendsCommand, wire.Head{}, req)
		if head.Result != 0 || proto.Size(rsp) > 60<<10 {
			t.Errorf("a page of %d bytes, result %d", proto.Size(rsp), head.Result)
		}
		pages++
		return rsp, err
	}
	inside, _, err := List(t.Context(), f.bus, f.app.AppID, ann)
	must(t, err)
	frames, lost, err := walk(f.app.AppID, ann, ask)
	must(t, err)
	if diff := cmp.Diff(inside, frames); diff != "" || lost {
		t.Errorf("lost %v (-inside the process +over frames)\n%s", lost, diff)
	}
	if pages < 2 || len(inside) != len(uins) {
		t.Errorf("%d friends on %d pages, want %d", len(inside), pages, len(uins))
	}
	for i, friend := range inside {
		if friend.UIN != uins[i] || friend.Remark != long || friend.Profile.Language != long {
			t.Errorf("friend %d is %+v", i, friend)
		}
	}
}

// TestTheOtherPagesComeFromTheFirstReading: for a while they do; then, and once a friendship has changed, each page reads
// its own part.
func TestTheOtherPagesComeFromTheFirstReading(t *testing.T) {
	f := newFixture(t)
	ann, ben, carl := f.user(platform.Profile{}).UIN, f.user(platform.Profile{Nickname: "Ben"}).UIN, f.user(platform.Profile{Nickname: "Carl"}).UIN
	must(t, f.Befriend(t.Context(), ann, ben))
	must(t, f.Befriend(t.Context(), ann, carl))
	page := func(after platform.UIN) (*wire.ListFriendsResponse, error) {
		return oidb.Call(t.Context(), f.bus, ListFriendsCommand, &wire.ListFriendsRequest{Appid: uint64(f.app.AppID), Uin: uint64(ann), After: uint64(after), Limit: 1})
	}
	first, err := page(0)
	must(t, err)
	if len(first.Friend) != 1 || !first.More || first.Lost {
		t.Fatalf("the first page: %v", first)
	}
	f.fail("store.read:friendships")
	second, err := page(ben)
	must(t, err)
	if len(second.Friend) != 1 || second.More || second.Lost || second.Friend[0].Nickname != "Carl" {
		t.Errorf("the second page without the store: %v", second)
	}
	f.clock.Advance(10 * time.Second)
	if second, err = page(ben); err != nil || !second.Lost || len(second.Friend) != 1 {
		t.Errorf("the second page later: %v, %v; want it lost", second, err)
	}
	f.faults.Clear(0)
	f.clock.Advance(10 * time.Second)
	if second, err = page(ben); err != nil || second.Lost || len(second.Friend) != 1 {
		t.Errorf("the second page from the store: %v, %v", second, err)
	}
	_, err = page(0)
	must(t, err)
	must(t, f.SetRemark(t.Context(), ann, carl, "C"))
	if second, err = page(ben); err != nil || second.Friend[0].Remark != "C" {
		t.Errorf("the second page after a change: %v, %v", second, err)
	}
}
