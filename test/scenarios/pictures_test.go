package scenarios

import (
	"bytes"
	"fmt"
	"image/png"
	"net/http"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// pictured returns the addresses of pictures that the doors answer for a player, a friend who plays and one who does not, none of
// whom has a picture: by interface and member.
func pictured(t *testing.T, p *rookery.Platform) map[string]string {
	t.Helper()
	v := newVisit(t, p)
	tokens := p.Tokens(t, p.PostForm(t, tokenPath, nil, append(v.exchange(), "need_openkey", "1")...))
	p.SetApp(t, v.app, rookery.Settings{"grant": []string{"relation", "qqstrange_profile"}})
	friend, absent := p.NewAccount(t), p.NewAccount(t)
	p.Befriend(t, v.person.UIN, friend)
	p.Befriend(t, v.person.UIN, absent)
	p.Exec(t, "UPDATE openids SET scopes = 'get_user_info get_simple_userinfo get_app_friends' WHERE appid = ?", v.app.AppID)
	player := logIn(t, p, v.app, v.person.UIN)
	other := v3LogIn(t, p, v.app, friend)
	logIn(t, p, v.app, friend)
	found := make(map[string]string)
	find := func(name string, fields any, members ...string) {
		t.Helper()
		if list, ok := fields.([]any); ok && len(list) > 0 {
			fields = list[0]
		}
		object, _ := fields.(map[string]any)
		for _, member := range members {
			text, ok := object[member].(string)
			if !ok {
				t.Errorf("%s has no %s: %v", name, member, fields)
			}
			found[name+" "+member] = text
		}
	}
	find("get_user_info", rookery.Object(t, v.profile(t, tokens)), "figureurl", "figureurl_1", "figureurl_2", "figureurl_qq_1", "figureurl_qq_2", "figureurl_qq")
	simple := p.Get(t, "/user/get_simple_userinfo", "oauth_consumer_key", v.app.AppID, "openid", tokens.OpenID, "access_token", tokens.AccessToken)
	find("get_simple_userinfo", rookery.Object(t, simple), "figureurl_qq_1")

	find("v5 login", p.Call(t, login(v.app, tokens.OpenID, tokens.AccessToken)).Fields, "picture_url")
	find("userinfo", expect(t, p, player.about(userinfoPath, player.token), 0, "").Fields, "picture_url")
	find("friend_list", expect(t, p, player.about(friendListPath, player.token), 0, "").Fields["lists"], "picture_url")

	own := v3LogIn(t, p, v.app, v.person.UIN)
	v3 := func(path, members string) map[string]any {
		t.Helper()
		call := own.with(path, own.token, members)
		expectV3(t, p, call, 0, "success", 0)
		return p.CallV3(t, call).Fields(t)
	}
	find("qqprofile", v3("/relation/qqprofile", `"x":0`), "picture40", "picture100")
	find("qqfriends_detail", v3("/relation/qqfriends_detail", `"flag":1`)["lists"], "figureurl_qq")
	find("qqstrange_profile", v3("/relation/qqstrange_profile", fmt.Sprintf(`"vcopenid":["%s"]`, other.openid))["lists"],
		"qzonepicture50", "qqpicture40", "qqpicture100", "qqpicture")
	find("qq_unreg_friends", v3("/relation/qq_unreg_friends", `"count":20`)["friends"], "figureurl_qq")

	openAPI := func(path string, more ...string) map[string]any {
		t.Helper()
		call := rookery.NewOpenAPICall(v.app, path, tokens.OpenID, tokens.OpenKey).With("fopenids", other.openid)
		for i := 0; i < len(more); i += 2 {
			call = call.With(more[i], more[i+1])
		}
		return wantOpenAPI(t, p, call, 0, "").Fields
	}
	find("get_info", openAPI(infoPath), "figureurl")
	find("get_info on website", openAPI(infoPath, "pf", "website"), "figureurl")
	find("get_multi_info", openAPI("/v3/user/get_multi_info")["items"], "figureurl")
	find("get_app_friends", openAPI(appFriends, "pf", "qqgame", "charset", "utf-8")["items"], "figureurl")
	return found
}

// TestDefaultPicture: an account without a picture shows one that the platform serves, at every door and in every size that
// clients append.
func TestDefaultPicture(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	at := p.URL + "/picture/"
	sizes := map[string]string{
		"figureurl": "30", "figureurl_1": "50", "figureurl_2": "100", "figureurl_qq_1": "40", "figureurl_qq_2": "100", "figureurl_qq": "640",
		"picture_url": "100", "picture40": "40", "picture100": "100", "qzonepicture50": "50", "qqpicture40": "40", "qqpicture100": "100",
	}
	for name, got := range pictured(t, p) {
		what, member := name[:strings.LastIndex(name, " ")], name[strings.LastIndex(name, " ")+1:]
		want := at + sizes[member]
		switch {
		case strings.HasPrefix(what, "get_info"), what == "get_multi_info", what == "get_app_friends":
			want = at + "50"
		case member == "figureurl_qq" && what != "get_user_info":
			want = at // callers append a size
		case member == "qqpicture":
			want = p.URL + "/picture" // callers append a slash and a size
		}
		if got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}

	for path, pixels := range map[string]int{
		"/picture/30": 30, "/picture/40": 40, "/picture/50": 50, "/picture/100": 100, "/picture/140": 140, "/picture/640": 640,
		"/picture/0": 640, "/picture/1": 30, "/picture/41": 50, "/picture/200": 640, "/picture/5000": 640,
		"/picture": 100, "/picture/": 100, "/picture//40": 40, "/picture/100/40": 40, "/picture/100//640": 640, "/picture/40?x=1": 40,
	} {
		r := p.Send(t, "GET", path, "", "")
		if r.Status != http.StatusOK || r.Header.Get("Content-Type") != "image/png" || r.Header.Get("Cache-Control") != "public, max-age=604800" || r.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: status %d, %v", path, r.Status, r.Header)
			continue
		}
		img, err := png.Decode(bytes.NewReader([]byte(r.Body)))
		if err != nil || img.Bounds().Dx() != pixels || img.Bounds().Dy() != pixels {
			t.Errorf("%s is %v, %v, want %d pixels a side", path, img.Bounds(), err, pixels)
		}
	}
	if r := p.Send(t, "HEAD", "/picture/40", "", ""); r.Status != http.StatusOK || r.Header.Get("Content-Type") != "image/png" || r.Body != "" {
		t.Errorf("by HEAD: status %d, %v", r.Status, r.Header)
	}
	for path, status := range map[string]int{"/picture/large": 404, "/picture/-40": 404, "/picture/99999999": 404, "/picture/1/2/3": 404, "/picture/../picture/40": 404} {
		if r := p.Send(t, "GET", path, "", ""); r.Status != status {
			t.Errorf("%s: status %d, want %d", path, r.Status, status)
		}
	}
	if r := p.Send(t, "POST", "/picture/40", "", "x=1"); r.Status != http.StatusMethodNotAllowed {
		t.Errorf("by POST: status %d", r.Status)
	}
}

// TestPictureAddress: the address begins with the public URL where there is one, and the Host of a request has no say in it.
func TestPictureAddress(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		start func(*testing.T) *rookery.Platform
		want  string // "" for the address at which it listens
	}{
		"dev":   {func(t *testing.T) *rookery.Platform { return rookery.Start(t) }, ""},
		"serve": {func(t *testing.T) *rookery.Platform { return rookery.Serve(t) }, ""},
		"dev with a public URL": {func(t *testing.T) *rookery.Platform {
			return rookery.Start(t, "--http-public-url", "https://play.example/")
		}, "https://play.example"},
		"serve with a public URL": {func(t *testing.T) *rookery.Platform {
			return rookery.Serve(t, "--http-public-url", "https://play.example/rookery")
		}, "https://play.example/rookery"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := test.start(t)
			want := test.want
			if want == "" {
				want = p.URL
			}
			v := newVisit(t, p)
			tokens := v.tokens(t)
			query := "?oauth_consumer_key=" + v.app.AppID + "&openid=" + tokens.OpenID + "&access_token=" + tokens.AccessToken
			r := p.SendTo(t, "evil.localhost", "/user/get_user_info"+query)
			if got := rookery.Object(t, r)["figureurl_qq_1"]; got != want+"/picture/40" {
				t.Errorf("the address is %v, want %s/picture/40", got, want)
			}
		})
	}
}
