package scenarios

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestDemoWorld checks that everything that rookery dev prints is true.
func TestDemoWorld(t *testing.T) {
	p := rookery.Start(t)
	if len(p.Apps) != 2 || len(p.Accounts) != 8 {
		t.Fatalf("the world has %d apps and %d accounts, want 2 and 8", len(p.Apps), len(p.Accounts))
	}
	friends := make(map[string]int)
	for _, account := range p.Accounts {
		for _, app := range p.Apps {
			openid := account.MSDKOpenIDs[app.GameID]
			expect(t, p, verifyLogin(app, openid, account.MSDKTokens[app.GameID]), 0, "user is logged in.")
			expect(t, p, pfval(app, openid, account.PayTokens[app.AppID]), 0, "success")
			answer := expect(t, p, login(app, account.OpenIDs[app.AppID], account.AccessTokens[app.AppID]), 0, "success")
			if answer.Fields["openid"] != openid {
				t.Errorf("login of %s: openid %v, want %s", account.UIN, answer.Fields["openid"], openid)
			}
			inspect(t, p, account.Openkeys[app.AppID], inspection{Check: "0x711", Sound: true})
		}
		var details struct {
			OpenIDs []struct{ AppID, OpenID, UIN string }
			Friends []struct{ Friend string }
		}
		p.Admin(t, "GET", "/admin/v1/accounts/"+account.UIN, nil, &details)
		got := make(map[string]string)
		for _, binding := range details.OpenIDs {
			got[binding.AppID] = binding.OpenID
		}
		if diff := cmp.Diff(account.OpenIDs, got); diff != "" {
			t.Errorf("openids of %s: (-world +admin)\n%s", account.UIN, diff)
		}
		friends[account.UIN] = len(details.Friends)
	}
	if counts := slices.Sorted(maps.Values(friends)); !slices.Equal(counts, []int{0, 1, 1, 2, 2, 2, 2, 2}) {
		t.Errorf("numbers of friends: %v", counts)
	}
	if len(p.Guilds) != 4 {
		t.Errorf("the world has %d guilds, want 2 for each app", len(p.Guilds))
	}
	for _, guild := range p.Guilds {
		app := p.Apps[slices.IndexFunc(p.Apps, func(a rookery.App) bool { return a.AppID == guild.AppID })]
		for _, account := range p.Accounts {
			id := account.MSDKOpenIDs[app.GameID]
			leader := p.Accounts[slices.IndexFunc(p.Accounts, func(a rookery.Account) bool { return a.UIN == guild.Leader })]
			want := rookery.GuildAnswer{
				Name: guild.Name, LeaderOpenID: leader.MSDKOpenIDs[app.GameID],
				Member: slices.Contains(guild.Members, account.UIN), Leader: guild.Leader == account.UIN,
			}
			if got := p.AskIDIP(t, p.IDIP, app, guild, id); got != want {
				t.Errorf("IDIP says of %s in guild %s of %s: %+v, want %+v", account.UIN, guild.ID, app.AppID, got, want)
			}
		}
	}
}

// TestDoors are the valid calls of the V5 login door.
func TestDoors(t *testing.T) {
	p := rookery.Start(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, player)
	}{
		{"login gives a token that verify_login takes", func(t *testing.T, pl player) {
			uin := p.NewAccount(t)
			token := p.Issue(t, rookery.TokenRequest{AppID: pl.app.AppID, UIN: uin, Kind: "access"})
			first := p.Call(t, login(pl.app, token.OpenID, token.Token))
			again := p.Call(t, login(pl.app, token.OpenID, token.Token))
			for i, answer := range []rookery.Answer{first, again} {
				if answer.Ret != 0 || answer.Fields["first"] != float64(1-i) || answer.Fields["openid"] != first.Fields["openid"] {
					t.Errorf("login %d: %s", i+1, answer.Body)
				}
				expect(t, p, verifyLogin(pl.app, answer.Fields["openid"].(string), answer.Fields["token"].(string)), 0, "user is logged in.")
			}
		}},
		{"login to a game under test is for its test numbers", func(t *testing.T, pl player) {
			token := pl.issue(t, "access")
			p.SetApp(t, pl.app, rookery.Settings{"environment": "test"})
			expect(t, p, login(pl.app, token.OpenID, token.Token), -12, "")
			p.SetApp(t, pl.app, rookery.Settings{"test_numbers": []string{pl.uin}})
			expect(t, p, login(pl.app, token.OpenID, token.Token), 0, "success")
		}},
		{"a link to a game under test is for its test numbers", func(t *testing.T, pl player) {
			call := decrypt(pl.app, pl.issue(t, "link").Token)
			p.SetApp(t, pl.app, rookery.Settings{"environment": "test"})
			expect(t, p, call, -12, "")
			p.SetApp(t, pl.app, rookery.Settings{"test_numbers": []string{pl.uin}})
			if answer := p.Call(t, call); answer.JSON() || !strings.HasPrefix(answer.Body, "openid="+pl.openid+"&") {
				t.Errorf("got %s", answer.Body)
			}
		}},
		{"an openkey does not log a player in", func(t *testing.T, pl player) {
			key := pl.issue(t, "openkey")
			expect(t, p, login(pl.app, key.OpenID, key.Token), 100013, access(74))
		}},
		{"a back end's signature does not open login", func(t *testing.T, pl player) {
			token := pl.issue(t, "access")
			call := login(pl.app, token.OpenID, token.Token)
			call.Client = false
			expect(t, p, call, 1008, "invalid sig!")
			call.Key = pl.app.SigKeys["0"]
			expect(t, p, call, 1008, "invalid sig!")
		}},
		{"a client's signature opens nothing else", func(t *testing.T, pl player) {
			call := pl.verifyLogin()
			call.Client, call.Key = true, pl.app.ClientSigKey
			expect(t, p, call, 1008, "invalid sig!")
		}},
		{"mobile tokens are not the PC SDK's", func(t *testing.T, pl player) {
			expect(t, p, pl.verifyLogin(), 0, "")
			expect(t, p, pl.verifyLogin().With("os", "1"), 0, "")
			expect(t, p, pl.verifyLogin().With("os", "5"), 100015, access(64))
			expect(t, p, onPC(pl.verifyLogin()), 100015, access(64))
		}},
		{"the PC SDK's tokens are no mobile ones", func(t *testing.T, pl player) {
			token := p.Issue(t, rookery.TokenRequest{AppID: pl.app.AppID, UIN: pl.uin, Kind: "msdk", PC: true})
			call := verifyLogin(pl.app, token.MSDKOpenID, token.Token)
			expect(t, p, call, 100015, access(64))
			expect(t, p, onPC(call), 0, "")
			expect(t, p, call.With("os", "5"), 0, "")
		}},
		{"a login with os 5 is the PC SDK's", func(t *testing.T, pl player) {
			token := pl.issue(t, "access")
			answer := p.Call(t, login(pl.app, token.OpenID, token.Token).With("os", "5"))
			call := verifyLogin(pl.app, pl.openid, fmt.Sprint(answer.Fields["token"]))
			expect(t, p, call, 100015, access(64))
			expect(t, p, onPC(call), 0, "")
		}},
		{"get_pfval takes the pay token under either name", func(t *testing.T, pl player) {
			call := pfval(pl.app, pl.openid, pl.issue(t, "pay").Token)
			payToken := expect(t, p, call, 0, "success")
			token := expect(t, p, call.WithBody(strings.Replace(call.Body, "pay_token", "token", 1)), 0, "success")
			both := expect(t, p, call.WithBody(strings.Replace(call.Body, "{", `{"token":"T0KEN",`, 1)), 0, "success")
			for _, name := range []string{"pf", "pf_key"} {
				if payToken.Fields[name] != token.Fields[name] || token.Fields[name] != both.Fields[name] {
					t.Errorf("%s differs: %v, %v, %v", name, payToken.Fields[name], token.Fields[name], both.Fields[name])
				}
			}
		}},
		{"pf tells the system", func(t *testing.T, pl player) {
			call := pfval(pl.app, pl.openid, pl.issue(t, "pay").Token)
			for os, name := range map[string]string{"1": "android", "2": "iap", "3": "web", "4": "linux", "5": "windows"} {
				answer := expect(t, p, call.With("os", os), 0, "success")
				hasPrefix(t, "pf of os "+os, fmt.Sprint(answer.Fields["pf"]), "desktop_m_qq-2002-"+name+"-2002-qq-")
			}
		}},
		{"decrypt gives a token that verify_login takes", func(t *testing.T, pl player) {
			checkLink(t, p, pl, decrypt(pl.app, pl.issue(t, "link").Token))
		}},
		{"decrypt with the link parameter outside the signature", func(t *testing.T, pl player) {
			call := decrypt(pl.app, pl.issue(t, "link").Token)
			bare := call.Without("itopencodeparam")
			call.Sig = strings.TrimPrefix(bare.Target()[strings.Index(bare.Target(), "&sig="):], "&sig=")
			checkLink(t, p, pl, call)
		}},
		{"a link of an openid that is gone does not open", func(t *testing.T, pl player) {
			own := rookery.Start(t)
			pl = newPlayer(t, own)
			call := decrypt(pl.app, pl.issue(t, "link").Token)
			own.Exec(t, "DELETE FROM openids WHERE uin = ?", pl.uin)
			expect(t, own, call, 10006, "decryp data fail!")
		}},
		{"a link of another game does not open", func(t *testing.T, pl player) {
			call := decrypt(p.NewApp(t), pl.issue(t, "link").Token)
			expect(t, p, call, 10006, "decryp data fail!")
		}},
		{"values signed as they were sent", func(t *testing.T, pl player) {
			answer := p.Call(t, pl.verifyLogin().With("seq", "a+b%20c%E6%B5%8B"))
			if answer.Ret != 0 || answer.Seq != "a b c测" {
				t.Errorf("got %s", answer.Body)
			}
		}},
		{"values signed decoded", func(t *testing.T, pl player) {
			const seq = "x/y z=测"
			decoded := pl.verifyLogin().With("seq", seq)
			target := decoded.Target()
			call := pl.verifyLogin().With("seq", url.QueryEscape(seq))
			call.Sig = target[strings.Index(target, "&sig=")+len("&sig="):]
			if answer := p.Call(t, call); answer.Ret != 0 || answer.Seq != seq {
				t.Errorf("got %s", answer.Body)
			}
		}},
		{"a member of another JSON type", func(t *testing.T, pl player) {
			p.SetApp(t, pl.app, relation)
			access := pl.issue(t, "access")
			pl.token = logIn(t, p, pl.app, pl.uin).token
			bare := func(call rookery.Call, text string) rookery.Call {
				return call.WithBody(strings.Replace(call.Body, `"`+text+`"`, text, 1))
			}
			more := func(call rookery.Call, members string) rookery.Call {
				return call.WithBody(strings.Replace(call.Body, "{", "{"+members+",", 1))
			}
			paying := func() rookery.Call { return pfval(pl.app, pl.openid, pl.issue(t, "pay").Token) }
			for _, test := range []struct {
				member string
				call   rookery.Call
			}{
				{"openid", bare(pl.verifyLogin(), pl.openid)},
				{"token", verifyLogin(pl.app, pl.openid, "7").WithBody(`{"openid":"` + pl.openid + `","token":7}`)},
				{"client_os", more(pl.verifyLogin(), `"client_os":"5"`)},
				{"openid", bare(pl.about(userinfoPath, pl.token), pl.openid)},
				{"openid", bare(pl.about(friendListPath, pl.token), pl.openid)},
				{"sub_channelid", more(pl.about(friendListPath, pl.token), `"sub_channelid":"2"`)},
				{"xinyue_upgrade", more(pl.about(queryVIPPath, pl.token), `"xinyue_upgrade":"1"`)},
				{"openid", bare(paying(), pl.openid)},
				{"channel_dis", bare(paying(), "2002")},
				{"pay_token", pfval(pl.app, pl.openid, "").WithBody(`{"openid":"` + pl.openid + `","pay_token":7,"channel_dis":"2002"}`)},
				{"channel_info", login(pl.app, "", "").WithBody(`{"channel_info":"{}"}`)},
				{"channel_info/access_token", login(pl.app, "", "").WithBody(`{"channel_info":{"openid":"` + access.OpenID + `","access_token":7}}`)},
			} {
				expect(t, p, test.call, 1009, `body member "/`+test.member+`" has the wrong type`)
			}
			expect(t, p, pl.verifyLogin(), 0, "user is logged in.")
		}},
		{"login answers what client SDKs read", func(t *testing.T, pl player) {
			p.Admin(t, "PATCH", "/admin/v1/accounts/"+pl.uin, map[string]any{"nickname": "Ann", "gender": 2, "picture_url": "http://pic.example/ann/"}, nil)
			token := pl.issue(t, "access")
			for os, system := range map[string]string{"1": "qq_m_qq-2001-android", "2": "qq_m_qq-2001-iap", "4": "desktop_m_qq-2001-linux", "5": "desktop_m_qq-2001-windows"} {
				answer := expect(t, p, login(pl.app, token.OpenID, token.Token).With("store_channel", "2001").With("os", os), 0, "success")
				got := answer.Fields
				msdk, _ := got["token"].(string)
				key, _ := got["pf_key"].(string)
				if expires, _ := got["token_expire_time"].(float64); msdk == "" || len(key) != 32 || expires < 1e9 {
					t.Errorf("got %s", answer.Body)
				}
				p.Secret(msdk)
				for _, name := range []string{"token", "pf_key", "token_expire_time", "seq"} {
					delete(got, name)
				}
				want := map[string]any{
					"ret": 0.0, "msg": "success", "openid": pl.openid, "uid": pl.openid, "first": 0.0, "reg_channel_dis": "2001",
					"user_name": "Ann", "gender": 2.0, "birthdate": "", "picture_url": "http://pic.example/ann/100",
					"pf": system + "-2001-qq-" + pl.app.AppID + "-" + token.OpenID, "need_name_auth": false,
					"channelid": 2.0, "channel_id": 2.0, "channel": "QQ",
					"channel_info": `{"openid":"` + token.OpenID + `","access_token":"` + token.Token + `"}`, "health_game_ext": "",
					"bind_list":    []any{map[string]any{"channelid": 2.0, "user_name": "Ann", "picture_url": "http://pic.example/ann/100"}},
					"confirm_code": "", "confirm_code_expire_time": 0.0,
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("os %s: (-want +got)\n%s", os, diff)
				}
			}
		}},
		{"each source has its key", func(t *testing.T, pl player) {
			var made struct{ Key string }
			p.Admin(t, "POST", "/admin/v1/apps/"+pl.app.AppID+"/keys", map[string]string{"name": "sigkey:7"}, &made)
			p.Secret(made.Key)
			call := pl.verifyLogin().With("source", "7")
			expect(t, p, call, 1008, "invalid sig!")
			call.Key = made.Key
			expect(t, p, call, 0, "")
			expect(t, p, call.With("source", "8"), 1007, "")
		}},
		{"no source is source 0", func(t *testing.T, pl player) {
			expect(t, p, pl.verifyLogin().Without("source"), 0, "")
			expect(t, p, pl.verifyLogin().With("source", ""), 0, "")
		}},
		{"empty parameters are signed", func(t *testing.T, pl player) {
			expect(t, p, pl.verifyLogin().With("version", "").With("conn", ""), 0, "")
			leftOut := pl.verifyLogin().Target()
			call := pl.verifyLogin().With("conn", "")
			call.Sig = leftOut[strings.Index(leftOut, "&sig=")+len("&sig="):]
			if answer := p.Call(t, call); answer.Ret != 1008 {
				t.Errorf("got %s", answer.Body)
			}
		}},
		{"a new sigkey ends the old one at once", func(t *testing.T, pl player) {
			var made struct{ Key string }
			p.Admin(t, "POST", "/admin/v1/apps/"+pl.app.AppID+"/keys", map[string]string{"name": "sigkey:0"}, &made)
			p.Secret(made.Key)
			call := pl.verifyLogin()
			expect(t, p, call, 1008, "invalid sig!")
			call.Key = made.Key
			expect(t, p, call, 0, "")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, newPlayer(t, p))
		})
	}
}

func onPC(call rookery.Call) rookery.Call {
	return call.WithBody(strings.Replace(call.Body, "{", `{"client_os":5,`, 1))
}

// checkLink expects decrypt's answer in its form (msdk-v5.md, 4), with a valid token.
func checkLink(t *testing.T, p *rookery.Platform, pl player, call rookery.Call) {
	t.Helper()
	answer := p.Call(t, call)
	values, err := url.ParseQuery(answer.Body)
	if err != nil || answer.JSON() {
		t.Fatalf("decrypt answered %q", answer.Body)
	}
	token := values.Get("access_token")
	p.Secret(token)
	want := fmt.Sprintf("openid=%[1]s&access_token=%[2]s&gopenid=%[1]s&appid=%[3]s&acctype=qq&platid=1", pl.openid, token, pl.app.AppID)
	if answer.Body != want {
		t.Errorf("decrypt answered %q, want %q", answer.Body, want)
	}
	expect(t, p, verifyLogin(pl.app, pl.openid, token), 0, "user is logged in.")
}

// TestTokensOutlive: tokens stay valid through a new sealing key and through a restart.
func TestTokensOutlive(t *testing.T) {
	data := t.TempDir()
	p := rookery.StartIn(t, data)
	pl := newPlayer(t, p)
	old := []rookery.Call{pl.verifyLogin(), pl.pay(t), decrypt(pl.app, pl.issue(t, "link").Token)}
	check := func(calls []rookery.Call) {
		t.Helper()
		for _, call := range calls {
			expect(t, p, call, 0, "")
		}
	}
	check(old)
	p.Admin(t, "POST", "/admin/v1/keys", nil, nil)
	var keys []any
	if p.Admin(t, "GET", "/admin/v1/keys", nil, &keys); len(keys) != 2 {
		t.Errorf("the keyring has %d keys, want 2", len(keys))
	}
	check(old)
	recent := append(old, pl.again(t))
	check(recent)
	p.Stop(t)

	p = rookery.StartIn(t, data)
	pl.on = p
	check(recent)
	expect(t, p, pl.again(t), 0, "")
	// A token that had ended before the restart stays ended after it.
	p.Revoke(t, pl.app, pl.uin, "user")
	p.Stop(t)
	p = rookery.StartIn(t, data)
	expect(t, p, pl.verifyLogin(), 100015, access(67))
}
