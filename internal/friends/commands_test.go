package friends

import (
	"errors"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
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
		{"sound", wire.CheckRequest{AppID: f.app.AppID, OpenID: ann.OpenID[:], Token: ann.Token}, "", nil},
		{"lapsed", wire.CheckRequest{AppID: f.app.AppID, OpenID: old.OpenID[:], Token: old.Token}, "", retcode.OIDBAccessTokenInvalid},
		{"another's openid", wire.CheckRequest{AppID: f.app.AppID, OpenID: ben.OpenID[:], Token: ann.Token}, "", retcode.OIDBAccessTokenInvalid},
		{"an openid that is none", wire.CheckRequest{AppID: f.app.AppID, OpenID: []byte("x"), Token: ann.Token}, "", retcode.OIDBAccessTokenInvalid},
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
			case test.want != nil && (!errors.As(err, &failure) || failure.Code != test.want || failure.Command != &oidb.ShowProfile.Declaration):
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
			rsp, err := oidb.Call(t.Context(), f.bus, oidb.ListFriends, &wire.ListFriendsRequest{
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
	_, err := oidb.Call(t.Context(), f.bus, oidb.ListFriends, &wire.ListFriendsRequest{Appid: 4711, Uin: uint64(ann)})
	if err == nil || err.Error() != "oidb decode0xf00 failed, ret: 251004" {
		t.Errorf("got %v", err)
	}
	if code, ok := oidb.ListFriends.Code(251004); !ok || code != retcode.QQFriendCacheReadFailed {
		t.Errorf("its number stands for %v", code)
	}
}
