package friends

import (
	"errors"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

func TestTheProfileIsShownToItsToken(t *testing.T) {
	f := newFixture(t)
	f.Register()
	ann, ben := f.user(platform.Profile{Nickname: "Ann"}), f.user(platform.Profile{Nickname: "Ben"})
	lapsed := time.Duration(0)
	old, err := f.id.Issue(t.Context(), identity.IssueRequest{AppID: f.app.AppID, UIN: ben.UIN, Kind: token.Access, Lifetime: &lapsed})
	must(t, err)
	for _, test := range []struct {
		name  string
		req   oidb.CheckRequest
		fault string
		want  error
	}{
		{"sound", oidb.CheckRequest{AppID: f.app.AppID, OpenID: ann.OpenID[:], Token: ann.Token}, "", nil},
		{"lapsed", oidb.CheckRequest{AppID: f.app.AppID, OpenID: old.OpenID[:], Token: old.Token}, "", retcode.OIDBAccessTokenInvalid},
		{"another's openid", oidb.CheckRequest{AppID: f.app.AppID, OpenID: ben.OpenID[:], Token: ann.Token}, "", retcode.OIDBAccessTokenInvalid},
		{"an openid that is none", oidb.CheckRequest{AppID: f.app.AppID, OpenID: []byte("x"), Token: ann.Token}, "", retcode.OIDBAccessTokenInvalid},
		{"the keys cannot be used", oidb.CheckRequest{AppID: f.app.AppID, OpenID: ann.OpenID[:], Token: ann.Token}, "keyring.read", retcode.OIDBConnectFailed},
		{"the account cannot be read", oidb.CheckRequest{AppID: f.app.AppID, OpenID: ann.OpenID[:], Token: ann.Token}, "store.read:accounts", retcode.OIDBConnectFailed},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.fault != "" {
				f.fail(test.fault)
				defer f.faults.Clear(0)
			}
			rsp, err := oidb.Call(t.Context(), f.bus, oidb.ShowProfile, test.req)
			var failure *oidb.Failure
			switch {
			case test.want == nil && (err != nil || rsp.Profile.Nickname != "Ann"):
				t.Errorf("got %+v, %v", rsp, err)
			case test.want != nil && (!errors.As(err, &failure) || failure.Code != test.want || failure.Command != &oidb.ShowProfile.Declaration):
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestFriendsComeInPages(t *testing.T) {
	f := newFixture(t)
	f.Register()
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
		limit int
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
			rsp, err := oidb.Call(t.Context(), f.bus, oidb.ListFriends, oidb.FriendsRequest{
				AppID: f.app.AppID, UIN: ann, After: test.after, Limit: test.limit,
			})
			must(t, err)
			if len(rsp.Friends) != len(test.want) || rsp.More != test.more || rsp.UIN != ann {
				t.Fatalf("got %+v", rsp)
			}
			for i, friend := range rsp.Friends {
				if friend.UIN != test.want[i] {
					t.Errorf("friend %d is %s, want %s", i, friend.UIN, test.want[i])
				}
			}
		})
	}
	f.fail("store.read:friendships")
	_, err := oidb.Call(t.Context(), f.bus, oidb.ListFriends, oidb.FriendsRequest{AppID: 4711, UIN: ann})
	if err == nil || err.Error() != "oidb decode0xf00 failed, ret: 251004" {
		t.Errorf("got %v", err)
	}
	if code, ok := oidb.ListFriends.Code(251004); !ok || code != retcode.QQFriendCacheReadFailed {
		t.Errorf("its number stands for %v", code)
	}
}
