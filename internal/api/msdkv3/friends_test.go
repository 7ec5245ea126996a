package msdkv3

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
)

func TestFriendAndProfileBodies(t *testing.T) {
	f := newFixture(t, true)
	_, err := f.apps.Update(t.Context(), f.app.AppID, func(app *platform.App) error { app.APIs = []string{"*"}; return nil })
	must(t, err)
	issued := f.issue(token.Access)
	openid := issued.OpenID.String()
	body := func(members string) string {
		return fmt.Sprintf(`{"appid":"%s","openid":"%s","accessToken":"%s"%s}`, f.app.AppID, openid, issued.Token, members)
	}
	many := strings.TrimSuffix(strings.Repeat(`"`+openid+`",`, 51), ",")
	most := many[:len(many)-len(openid)-3]
	for _, test := range []struct {
		name, path, body string
		ret              int
		says             string
	}{
		{"profile", "/relation/qqprofile", body(""), 0, "success"},
		{"profile without a token", "/relation/qqprofile", strings.Replace(body(""), "accessToken", "token", 1), -1011, `"accessToken"`},
		{"profile of another app", "/relation/qqprofile", strings.Replace(body(""), f.app.AppID.String(), "42", 1), -1011, `"appid"`},
		{"profile of no openid", "/relation/qqprofile", strings.Replace(body(""), openid, "xyz", 1), -10002, "hex"},
		{"friends", "/relation/qqfriends_detail", body(`,"flag":1,"nonick":0,"pf":"qq_m"`), 0, "success"},
		{"friends without a flag", "/relation/qqfriends_detail", body(""), 0, "success"},
		{"friends with an unknown flag", "/relation/qqfriends_detail", body(`,"flag":3`), -10000, "251001,"},
		{"friends with a flag below 0", "/relation/qqfriends_detail", body(`,"flag":-1`), -10000, "251001,"},
		{"friends with a flag in text", "/relation/qqfriends_detail", body(`,"flag":"1"`), -1011, `"/flag"`},
		{"strangers", "/relation/qqstrange_profile", body(`,"vcopenid":["` + openid + `"]`), 0, "success"},
		{"as many strangers as may be", "/relation/qqstrange_profile", body(`,"vcopenid":[` + most + `]`), 0, "success"},
		{"too many strangers", "/relation/qqstrange_profile", body(`,"vcopenid":[` + many + `]`), -10000, "251001,"},
		{"no strangers", "/relation/qqstrange_profile", body(""), -1011, `"vcopenid"`},
		{"strangers in text", "/relation/qqstrange_profile", body(`,"vcopenid":"` + openid + `"`), -1011, `"/vcopenid"`},
		{"a stranger who is a number", "/relation/qqstrange_profile", body(`,"vcopenid":[1]`), -1011, `"/vcopenid/0"`},
		{"a stranger of another form", "/relation/qqstrange_profile", body(`,"vcopenid":["` + openid + `","00"]`), -10000, `"vcopenid/1"`},
		{"friends who do not play", "/relation/qq_unreg_friends", body(`,"count":50`), 0, "success"},
		{"no count of them", "/relation/qq_unreg_friends", body(""), -1011, `"count"`},
		{"none of them", "/relation/qq_unreg_friends", body(`,"count":0`), -10000, "251001,"},
		{"too many of them", "/relation/qq_unreg_friends", body(`,"count":51`), -10000, "251001,"},
		{"members", "/relation/qqfriends_vip", body(`,"fopenids":["` + openid + `"],"flags":"qq_svip, qq_vip","pf":"openmobile"`), 0, "success"},
		{"members without flags", "/relation/qqfriends_vip", body(`,"fopenids":["` + openid + `"]`), 0, "success"},
		{"members by an unknown flag", "/relation/qqfriends_vip", body(`,"fopenids":["` + openid + `"],"flags":"qq_vip,gold"`), -10000, "251001,"},
		{"too many members", "/relation/qqfriends_vip", body(`,"fopenids":[` + many + `]`), -10000, "251001,"},
		{"dates", "/relation/get_vip_rich_info", body(""), 0, "success"},
		{"memberships", "/profile/query_vip", body(`,"vip":255`), 0, "success"},
		{"no memberships", "/profile/query_vip", body(""), -1011, `"vip"`},
		{"memberships in text", "/profile/query_vip", body(`,"vip":"1"`), -1011, `"/vip"`},
		{"memberships below 0", "/profile/query_vip", body(`,"vip":-1`), -1011, `"/vip"`},
		{"wireless networks", "/profile/get_wifi", body(""), 0, "success"},
		{"wireless networks of nobody", "/profile/get_wifi", strings.Replace(body(""), openid, strings.Repeat("0", 32), 1), -10000, "-22,"},
		{"real name, openid in the body", "/profile/qqget_first_reg", body(""), 0, "success"},
		{"real name of nobody", "/profile/qqget_first_reg", `{"accessToken":"T"}`, -1011, "neither in the URL nor in the body"},
		{"an interface without a command", "/profile/get_gift/", body(""), -311, ""},
		{"the same without a body", "/profile/get_xinyue_super", "", -311, ""},
		{"an unknown interface", "/relation/qqprofiles", body(""), -505, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := f.send("POST", test.path+f.query(""), test.body); got.Ret != test.ret || !strings.Contains(got.Msg, test.says) {
				t.Errorf("got %+v, want ret %d and a msg with %q", got, test.ret, test.says)
			}
		})
	}
	if got := f.send("POST", "/profile/qqget_first_reg"+f.query("")+"&openid="+openid, `{"accessToken":"`+issued.Token+`"}`); got.Ret != 0 {
		t.Errorf("real name, openid in the URL: %+v", got)
	}
}
