package msdkv3

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
)

// fixture is the door on a real platform, with one app and one person who logged in to it.
type fixture struct {
	t       *testing.T
	apps    *apps.Registry
	id      *identity.Service
	bus     *oidb.Bus
	handler http.Handler
	app     *platform.App
	uin     platform.UIN
}

// newFixture puts the door on a bus with the identity service's commands, or without any commands.
func newFixture(t *testing.T, commands bool) *fixture {
	t.Helper()
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, st.Close()) })
	clock := new(platform.Clock)
	keyring, err := token.OpenKeyring(filepath.Join(t.TempDir(), "keyring.json"), clock.Now())
	must(t, err)
	profiles := profile.New(st, clock, "")
	f := &fixture{t: t, apps: apps.New(st, clock)}
	f.id = identity.New(st, clock, keyring, f.apps, profiles, 1000)
	bus := oidb.NewBus()
	f.bus = bus
	fr := friends.New(st, clock, bus, profiles)
	if commands {
		f.id.Register(bus)
		fr.Register()
	}
	must(t, bus.LoadPolicy(t.Context(), st, clock))
	doors := []*access.Door{New(f.apps, profiles, f.id, fr, bus, Options{})}
	gateway, err := access.New(doors, clock, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	must(t, err)
	f.handler = gateway.Handler(doors, http.NotFoundHandler())
	f.app, err = f.apps.Create(t.Context(), platform.App{Name: "a game", Online: true})
	must(t, err)
	account, err := f.id.CreateAccount(t.Context(), platform.Account{}, "correct horse battery")
	must(t, err)
	f.uin = account.UIN
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) issue(kind token.Kind) *identity.Issued {
	f.t.Helper()
	issued, err := f.id.Issue(f.t.Context(), identity.IssueRequest{AppID: f.app.AppID, UIN: f.uin, Kind: kind})
	must(f.t, err)
	return issued
}

// answer is the envelope of msdk-v3.md, 3.
type answer struct {
	Ret     int    `json:"ret"`
	Msg     string `json:"msg"`
	ErrType int    `json:"err_type"`
	ExtInfo string `json:"msdkExtInfo"`
	PF      string `json:"pf"`
	PFKey   string `json:"pfKey"`
}

func (f *fixture) send(method, target, body string) answer {
	f.t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	f.handler.ServeHTTP(w, r)
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != http.StatusOK {
		f.t.Errorf("status %d, answer %s: %v", w.Code, w.Body, err)
	}
	return a
}

// query signs with the appkey; guest is G_ or nothing.
func (f *fixture) query(guest string) string {
	ts := fmt.Sprint(time.Now().Unix())
	return fmt.Sprintf("?timestamp=%s&appid=%s%s&encode=1&sig=%s", ts, guest, f.app.AppID, sign.V3(ts, f.app.AppKey))
}

func (f *fixture) login(issued *identity.Issued) string {
	return fmt.Sprintf(`{"appid":%s,"openid":"%s","openkey":"%s","userip":"203.0.113.9"}`, f.app.AppID, issued.OpenID, issued.Token)
}

// TestBodiesAreForgotten: a body's memory is used again, and nothing of the call before counts.
func TestBodiesAreForgotten(t *testing.T) {
	f := newFixture(t, true)
	login := f.login(f.issue(token.Access))
	for range 10 {
		for body, want := range map[string]string{
			login:                                    "user is logged in",
			`{"appid":` + f.app.AppID.String() + `}`: `"openkey"`,
			`{"appid":` + f.app.AppID.String() + `,"openkey":"T"}`: `"openid"`,
			`{"appid":` + f.app.AppID.String() + `, "x":null}`:     `"openkey"`,
			`{"openkey":"T","openid":"00","appid":null}`:           `"appid"`,
		} {
			if got := f.send("POST", "/auth/verify_login"+f.query(""), body); !strings.Contains(got.Msg, want) {
				t.Errorf("%s: got %+v, want a msg with %s", body, got, want)
			}
		}
	}
}

func TestValidCalls(t *testing.T) {
	f := newFixture(t, true)
	login, openkey, pay, guest := f.issue(token.Access), f.issue(token.Openkey), f.issue(token.Pay), f.issue(token.Guest)
	pf := "desktop_m_qq-2001-android-2011-qq-" + f.app.AppID.String() + "-" + pay.OpenID.String()
	paying := fmt.Sprintf(`{"appid":"%s","openid":"%s","accessToken":"%s","platform":"desktop_m_qq","regChannel":"2001","os":"android","installchannel":"2011","offerid":"1450009999"}`,
		f.app.AppID, pay.OpenID, pay.Token)
	guesting := fmt.Sprintf(`{"guestid":"%s","accessToken":"%s"}`, guest.GuestID, guest.Token)
	for _, test := range []struct {
		name, target, body string
		want               answer
	}{
		{"access token", "/auth/verify_login" + f.query(""), f.login(login), answer{Msg: "user is logged in"}},
		{"openkey", "/auth/verify_login" + f.query(""), f.login(openkey), answer{Msg: "user is logged in"}},
		{"slash at the end", "/auth/verify_login/" + f.query(""), f.login(login), answer{Msg: "user is logged in"}},
		{"appid as a string", "/auth/verify_login" + f.query(""), strings.Replace(f.login(login), f.app.AppID.String(), `"`+f.app.AppID.String()+`"`, 1), answer{Msg: "user is logged in"}},
		{"openid in lower case", "/auth/verify_login" + f.query(""), strings.Replace(f.login(login), login.OpenID.String(), strings.ToLower(login.OpenID.String()), 1), answer{Msg: "user is logged in"}},
		{"openid in the URL too", "/auth/verify_login" + f.query("") + "&openid=" + login.OpenID.String(), f.login(login), answer{Msg: "user is logged in"}},
		{"other parameters", "/auth/verify_login" + f.query("") + "&conn=1&version=2.0.1&ishttps=1&opua=Android&msdkExtInfo=req_000017", f.login(login), answer{Msg: "user is logged in", ExtInfo: "req_000017"}},
		{"payment", "/auth/get_pfval" + f.query(""), paying, answer{Msg: "success", PF: pf, PFKey: sign.PF{
			Platform: "desktop_m_qq", Channel: "2001", System: "android", InstallChannel: "2011", AppID: f.app.AppID.String(), OpenID: pay.OpenID.String(),
		}.Key(f.app.AppKey)}},
		{"guest", "/auth/guest_check_token" + f.query("G_") + "&openid=" + guest.GuestID, guesting, answer{Msg: "ok"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, f.send("POST", test.target, test.body)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestRequestsThatAreRefused(t *testing.T) {
	f := newFixture(t, true)
	issued, pay, guest := f.issue(token.Access), f.issue(token.Pay), f.issue(token.Guest)
	const verify, pfval, check = "/auth/verify_login", "/auth/get_pfval", "/auth/guest_check_token"
	login, query := f.login(issued), f.query("")
	paying := fmt.Sprintf(`{"appid":%s,"openid":"%s","accessToken":"%s","platform":"desktop_m_qq","regChannel":"2001","os":"iap","installchannel":"2011"}`,
		f.app.AppID, pay.OpenID, pay.Token)
	guesting := fmt.Sprintf(`{"guestid":"%s","accessToken":"%s"}`, guest.GuestID, guest.Token)
	if a := f.send("POST", pfval+query, paying); a.Ret != 0 {
		t.Fatalf("the control: %+v", a)
	}
	swap := func(text, old, new string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("%q has no %q", text, old)
		}
		return strings.Replace(text, old, new, 1)
	}
	for _, test := range []struct {
		name, method, target, body string
		ret, errType               int
		says                       string
	}{
		{"another method", "GET", verify + query, login, -101, 5, "POST only"},
		{"parameter twice", "POST", verify + query + "&appid=1", login, -101, 5, `"appid" occurs twice`},
		{"parameter not encoded", "POST", verify + query + "&conn=%zz", login, -101, 5, "percent-encoded"},
		{"body too large", "POST", verify + query, login + strings.Repeat(" ", 64<<10), -101, 5, "more than 65536 bytes"},
		{"unknown interface", "POST", "/auth/verify_logins" + query, login, -505, 5, ""},
		{"something below an interface", "POST", verify + "/x" + query, login, -505, 5, ""},
		{"no parameters", "POST", verify, login, -506, 5, `"timestamp"`},
		{"empty sig", "POST", verify + "?timestamp=1&appid=1&encode=1&sig=", login, -506, 5, `"sig"`},
		{"timestamp of letters", "POST", verify + swap(query, "timestamp=", "timestamp=x"), login, -506, 5, `"timestamp"`},
		{"encode 3", "POST", verify + swap(query, "encode=1", "encode=3"), login, -506, 5, `"encode"`},
		{"serial with other characters", "POST", verify + query + "&msdkExtInfo=a-b", login, -506, 5, "msdkExtInfo"},
		{"appid of letters", "POST", verify + swap(query, "appid=", "appid=x"), login, -504, 5, ""},
		{"unknown appid", "POST", verify + swap(query, "appid=", "appid=9"), login, -504, 5, "there is no app 9"},
		{"guest", "POST", verify + f.query("G_"), login, -901, 5, ""},
		{"guest at another interface", "POST", pfval + f.query("G_"), paying, -901, 5, ""},
		{"wrong signature", "POST", verify + swap(query, "sig=", "sig=0"), login, -502, 5, ""},
		{"signature by the other key", "POST", verify + swap(query, "encode=1", "encode=2"), login, -502, 5, ""},
		{"empty body", "POST", verify + query, "", -501, 5, ""},
		{"body of white space", "POST", verify + query, " \r\n", -501, 5, ""},
		{"body of a form", "POST", verify + query, "openid=1", -304, 5, "not a JSON object"},
		{"body of an array", "POST", verify + query, "[" + login + "]", -304, 5, "not a JSON object"},
		{"body cut off", "POST", verify + query, login[:len(login)-1], -304, 5, "at byte"},
		{"something after the body", "POST", verify + query, login + "x", -304, 5, "at byte"},
		{"member twice", "POST", verify + query, swap(login, `{`, `{"openid":"1",`), -304, 5, `"/openid" occurs twice`},
		{"body not UTF-8", "POST", verify + query, swap(login, "203.0", "\xff"), -304, 5, "UTF-8"},
		{"client interface without a command", "POST", "/auth/qqa8_login" + query, "{}", -311, 5, ""},
		{"another one", "POST", "/auth/getlogin_info/" + query, "{}", -311, 5, ""},
		{"no appid", "POST", verify + query, swap(login, `"appid"`, `"Appid"`), -1011, 5, `"appid" is missing`},
		{"appid null", "POST", verify + query, swap(login, f.app.AppID.String(), "null"), -1011, 5, `"appid" is missing`},
		{"appid of letters in the body", "POST", verify + query, swap(login, f.app.AppID.String(), `"abc"`), -1011, 5, "/appid"},
		{"appid not whole", "POST", verify + query, swap(login, f.app.AppID.String(), "1.5"), -1011, 5, "/appid"},
		{"appid an object", "POST", verify + query, swap(login, f.app.AppID.String(), "{}"), -1011, 5, "/appid"},
		{"appid of another app", "POST", verify + query, swap(login, f.app.AppID.String(), "7"), -1011, 5, "not the URL's"},
		{"openid a number", "POST", verify + query, swap(login, `"`+issued.OpenID.String()+`"`, "1"), -1011, 5, "/openid"},
		{"openid null", "POST", verify + query, swap(login, `"`+issued.OpenID.String()+`"`, "null"), -1011, 5, `"openid" is missing`},
		{"openid of another person in the URL", "POST", verify + query + "&openid=00", login, -1011, 5, "an openid other than"},
		{"openid of letters", "POST", verify + query, swap(login, issued.OpenID.String(), "xyz0"), -10002, 5, "hex digits"},
		{"openid of odd length", "POST", verify + query, swap(login, issued.OpenID.String(), issued.OpenID.String()[1:]), -10002, 5, "the openid has 31 hex digits, not 32"},
		{"endless openid", "POST", verify + query, swap(login, issued.OpenID.String(), strings.Repeat("A", 100)), -10002, 5, "64 characters"},
		{"openid of 15 bytes", "POST", verify + query, swap(login, issued.OpenID.String(), issued.OpenID.String()[2:]), -10000, 5, "-22,oidb decode0x711 failed, ret:32 (the openid has 30 hex digits, not 32)"},
		{"no openkey", "POST", verify + query, swap(login, issued.Token, ""), -1011, 5, `"openkey"`},
		{"openkey a number", "POST", verify + query, swap(login, `"`+issued.Token+`"`, "1"), -1011, 5, "/openkey"},
		{"userip a number", "POST", verify + query, swap(login, `"203.0.113.9"`, "1"), -1011, 5, "/userip"},
		{"no token of ours", "POST", verify + query, swap(login, issued.Token, "AT0001"), -10000, 2, "100013,oidb decode0x711 failed, ret:74"},
		{"pay token as an openkey", "POST", verify + query, swap(login, issued.Token, pay.Token), -10000, 2, "100013,oidb decode0x711 failed, ret:74"},
		{"access token to pay", "POST", pfval + query, swap(paying, pay.Token, issued.Token), -103, 2, "oidb decode0x73a failed, ret:94"},
		{"openid of 15 bytes to pay", "POST", pfval + query, swap(paying, pay.OpenID.String(), pay.OpenID.String()[2:]), -103, 5, "oidb decode0x73a failed, ret:20 (the openid has 30 hex digits, not 32)"},
		{"WeChat", "POST", pfval + query, swap(paying, "desktop_m_qq", "desktop_m_wx"), -1011, 5, `"platform"`},
		{"no channel", "POST", pfval + query, swap(paying, "2001", ""), -1011, 5, `"regChannel"`},
		{"channel that would tear pf", "POST", pfval + query, swap(paying, "2011", "20-11"), -1011, 5, `"installchannel"`},
		{"guest token of another guest", "POST", check + f.query("G_"), swap(guesting, guest.GuestID, "G_"+strings.Repeat("0", 32)), -110, 2, ""},
		{"guestid without its mark", "POST", check + f.query("G_"), swap(guesting, "G_", ""), -110, 2, `"guestid"`},
		{"guest call with a plain appid", "POST", check + query, guesting, -110, 2, "G_"},
		{"guest call with a QQ token", "POST", check + f.query("G_"), swap(guesting, guest.Token, issued.Token), -110, 2, ""},
		{"no guestid", "POST", check + f.query("G_"), swap(guesting, guest.GuestID, ""), -1011, 5, `"guestid"`},
		{"guest token a number", "POST", check + f.query("G_"), swap(guesting, `"`+guest.Token+`"`, "1"), -1011, 5, "/accessToken"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := f.send(test.method, test.target, test.body)
			if got.Ret != test.ret || got.ErrType != test.errType || !strings.Contains(got.Msg, test.says) || got.Msg == "" {
				t.Errorf("got %+v, want ret %d, err_type %d and a msg with %q", got, test.ret, test.errType, test.says)
			}
			if strings.Contains(got.Msg, issued.Token) || strings.Contains(got.Msg, "msdkv3.") {
				t.Errorf("msg shows what it must not: %q", got.Msg)
			}
		})
	}
}

// Each step corrects the fault that the previous step was refused for; all remaining faults are answered later (msdk-v3.md,
// 3.1).
func TestChecksRunInTheDocumentsOrder(t *testing.T) {
	f := newFixture(t, true)
	update := func(edit func(*platform.App)) {
		t.Helper()
		_, err := f.apps.Update(t.Context(), f.app.AppID, func(app *platform.App) error { edit(app); return nil })
		must(t, err)
	}
	update(func(app *platform.App) {
		app.APIs, app.Online, app.Restricted = []string{"login"}, false, []string{"verify_login"}
		app.Rates = map[string]platform.RateLimit{"verify_login": {User: platform.Rate{Count: 1, Per: time.Hour}}}
	})
	issued := f.issue(token.Access)
	right, guest := f.query(""), f.query("G_")
	wrong := strings.Replace(right, "sig=", "sig=0", 1)
	openid := "&openid=" + issued.OpenID.String()
	var got []int
	step := func(method, target, body string) { got = append(got, f.send(method, target, body).Ret) }
	step("GET", "/auth/verify_login", "")
	step("POST", "/auth/verify_logins", "")
	step("POST", "/auth/verify_login", "")
	step("POST", "/auth/verify_login"+strings.Replace(guest, "appid=G_", "appid=G_9", 1), "")
	step("POST", "/auth/verify_login"+strings.Replace(guest, "sig=", "sig=0", 1), "")
	step("POST", "/auth/verify_login"+wrong, "")
	step("POST", "/auth/verify_login"+right, "")
	update(func(app *platform.App) { app.APIs = []string{"verify_login"} })
	step("POST", "/auth/verify_login"+right+openid, "") // uses up the rate
	step("POST", "/auth/verify_login"+right+openid, "")
	update(func(app *platform.App) { app.Rates = nil })
	step("POST", "/auth/verify_login"+right+openid, "")
	step("POST", "/auth/verify_login"+right+openid, "x")
	step("POST", "/auth/verify_login"+right+openid, "{}")
	step("POST", "/auth/verify_login"+right+openid, f.login(issued))
	update(func(app *platform.App) { app.Online = true })
	step("POST", "/auth/verify_login"+right+openid, f.login(issued))
	update(func(app *platform.App) { app.Restricted = nil })
	step("POST", "/auth/verify_login"+right+openid, f.login(issued))
	want := []int{-101, -505, -506, -504, -901, -502, -303, -501, -503, -501, -304, -1011, -10000, -10000, 0}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// The rate of a user counts the body's user when the URL names none, whatever the case of the digits.
func TestTheUsersRateCannotBeGotAround(t *testing.T) {
	f := newFixture(t, true)
	_, err := f.apps.Update(t.Context(), f.app.AppID, func(app *platform.App) error {
		app.Rates = map[string]platform.RateLimit{"verify_login": {User: platform.Rate{Count: 1, Per: time.Hour}}}
		return nil
	})
	must(t, err)
	issued := f.issue(token.Access)
	upper := f.login(issued)
	lower := strings.Replace(upper, issued.OpenID.String(), strings.ToLower(issued.OpenID.String()), 1)
	for i, body := range []string{upper, lower, upper} {
		got := f.send("POST", "/auth/verify_login"+f.query(""), body)
		if want := []int{0, -503, -503}[i]; got.Ret != want || want != 0 && got.ErrType != errTypeLater {
			t.Errorf("call %d: got %+v, want %d", i, got, want)
		}
	}
}

// TestTheBusHoldsForGuests: operators' decisions about account numbers apply to guests too.
func TestTheBusHoldsForGuests(t *testing.T) {
	f := newFixture(t, true)
	guest := f.issue(token.Guest)
	check := func(want int) {
		t.Helper()
		got := f.send("POST", "/auth/guest_check_token"+f.query("G_"), fmt.Sprintf(`{"guestid":"%s","accessToken":"%s"}`, guest.GuestID, guest.Token))
		if got.Ret != want {
			t.Errorf("got %+v, want %d", got, want)
		}
	}
	_, err := f.bus.ChangePolicy(t.Context(), func(p *oidb.Policy) error { p.UINBlackList = []platform.UIN{f.uin}; return nil })
	must(t, err)
	check(-109)
	_, err = f.bus.ChangePolicy(t.Context(), func(p *oidb.Policy) error { p.UINBlackList = nil; return nil })
	must(t, err)
	check(0)
}

func TestACommandThatTheBusLacks(t *testing.T) {
	f := newFixture(t, false)
	got := f.send("POST", "/auth/verify_login"+f.query(""), f.login(f.issue(token.Access)))
	if want := (answer{Ret: -311, Msg: "oidb decode0x711 failed, ret:5", ErrType: errTypeUnknown}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// FuzzBody: for every body the answer is one JSON object, with a ret that the route declares.
func FuzzBody(f *testing.F) {
	for _, body := range []string{
		`{"appid":100700001,"openid":"AAAABBBBCCCCDDDD0000111122223333","openkey":"AT0001","userip":"203.0.113.9"}`,
		`{"guestid":"G_AAAABBBBCCCCDDDD0000111122223333","accessToken":"GT0001"}`,
		`{"appid":"100700001","openid":"AAAABBBBCCCCDDDD0000111122223333","accessToken":"PT0001","platform":"desktop_m_qq","regChannel":"2001","os":"android","installchannel":"2011","offerid":"1450009999"}`,
		`{"appid":"100700001","openid":"AAAABBBBCCCCDDDD0000111122223333","accessToken":"AT0001","flag":2,"nonick":1,"count":20,"vip":255}`,
		`{"appid":"100700001","openid":"AAAABBBBCCCCDDDD0000111122223333","accessToken":"AT0001","vcopenid":["AAAABBBBCCCCDDDD0000111122223333"],"fopenids":["x"],"flags":"qq_vip,qq_svip"}`,
		`{"appid":"100700001","openid":"AAAABBBBCCCCDDDD0000111122223333","accessToken":"AT0001","guild_id":"77","zone_id":"3","guild_name":"Lanterns","gc":"700000001","platid":"1","roleid":"900001"}`,
		`{"appid":"100700001","openid":"AAAABBBBCCCCDDDD0000111122223333","accessToken":"AT0001","opt":"1","unionid":"77","zoneid":"3","groupCode":"700000001","groupOpenid":"0123456789ABCDEF0123456789ABCDEF"}`,
		`{"appid":"100700001","accessToken":"AT0001","pf":"qqqun","group_openid":"0123456789ABCDEF0123456789ABCDEF","title":"Come","redirect_url":"http://gamecenter.qq.com/gcjump"}`,
		``, `[]`, `{`, `{"appid":1e2}`, "{\"openid\":\"\xff\"}", `{"appid":null}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, endpoint := range New(nil, nil, nil, nil, nil, Options{}).Endpoints {
			if endpoint.Decode == nil {
				continue
			}
			c := &access.Call{
				Request: httptest.NewRequest("POST", "/auth/x?msdkExtInfo=r_7", nil), Endpoint: &endpoint,
				App: &platform.App{AppID: 100700001}, Body: text,
			}
			must(t, user(c))
			err := body(c)
			if in, ok := c.Input.(msdk.Body); ok && in.User() != c.User {
				t.Errorf("%q is the user of %q", c.User, text)
			}
			encode(c, loggedIn, err)
			var a answer
			if jsonErr := json.Unmarshal(c.Answer.Body, &a); jsonErr != nil || a.ExtInfo != "r_7" || (a.Ret == 0) != (err == nil) {
				t.Errorf("body %q: answer %s to %v: %v", text, c.Answer.Body, err, jsonErr)
			}
			switch a.Ret {
			case 0, -110, -304, -501, -1011, -10000, -10002, 221006, 221007:
			default:
				t.Errorf("body %q: ret %d", text, a.Ret)
			}
		}
	})
}
