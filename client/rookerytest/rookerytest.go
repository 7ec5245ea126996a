// Package rookerytest gives a Go test a platform of its own: a `rookery dev` in its own process, with a demo world of apps
// and accounts, a clock to move, faults to switch on and answers to force.
//
//	func TestLogin(t *testing.T) {
//		p := rookerytest.Start(t)
//		game, ann := p.Apps[0], p.Accounts[0]
//		c := p.Client(game)
//		...
//		p.Advance(31 * 24 * time.Hour) // now Ann's login has expired
//	}
//
// It runs the binary that the environment variable ROOKERY_BINARY names. Without that variable it builds the version of
// Rookery that the test's module requires, for which it needs the go command. A module that vendors its requirements names
// the binary in its go.mod, so that its source is vendored too:
//
//	tool github.com/rookeryhq/rookery/cmd/rookery
//
// Every method fails the test at once when the platform refuses what it asks; see In for subtests.
package rookerytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/internal/child"
	"github.com/rookeryhq/rookery/retcode"
)

// Platform is a running `rookery dev`.
type Platform struct {
	URL      string    // base URL of all doors
	OIDB     string    // host:port of the bus
	Apps     []App     // of the demo world
	Accounts []Account // of the demo world; the first has friends in the others
	Guilds   []Guild   // of the demo world, the first led by the first account
	Groups   []Group   // of the demo world, the first owned by the first account; no guild has it yet
	Scenes   []Scene   // of Ark messages, in effect in the demo world
	IDIP     string    // the address at which the guilds of all apps answer IDIP

	t       testing.TB
	token   string
	web     *http.Client
	process *child.Process
}

// App is a registered app with its keys.
type App struct {
	AppID        string            `json:"appid"`
	Name         string            `json:"name"`
	GameID       string            `json:"gameid"`
	AppKey       string            `json:"appkey"`
	MSDKKey      string            `json:"msdkkey"`
	SigKeys      map[string]string `json:"sigkeys"` // by source
	ClientSigKey string            `json:"client_sigkey"`
}

// Account is an account with what it has at each app, by appid, and for MSDK V5 by gameid.
type Account struct {
	UIN      string `json:"uin"`
	Nickname string `json:"nickname"`
	Password string `json:"password"`

	OpenIDs      map[string]string `json:"openids"`
	AccessTokens map[string]string `json:"access_tokens"`
	PayTokens    map[string]string `json:"pay_tokens"`
	Openkeys     map[string]string `json:"openkeys"`

	MSDKOpenIDs map[string]string `json:"msdk_openids"`
	MSDKTokens  map[string]string `json:"msdk_tokens"`
}

// Guild is a guild of a game, which answers the platform's IDIP questions. Its leader and members are accounts, by UIN.
type Guild struct {
	AppID   string   `json:"appid"`
	Zone    string   `json:"zone_id"`
	ID      string   `json:"guild_id"`
	Name    string   `json:"name"`
	Leader  string   `json:"leader"`
	Members []string `json:"members"`
}

// Group is a QQ group. Its owner and members are accounts, by UIN.
type Group struct {
	GC      string   `json:"gc"` // its number
	Name    string   `json:"name"`
	Owner   string   `json:"owner"`
	Members []string `json:"members"`
}

// Scene is a scene of an app's Ark messages.
type Scene struct {
	AppID     string `json:"appid"`
	Name      string `json:"scene"`
	ExtraJSON string `json:"extra_json"` // an example that fits its template
}

// Start starts a platform on free ports of this machine with a folder of its own; args are further arguments of `rookery
// dev`. It ends with the test. When the test fails, the end of the platform's log is shown.
func Start(t testing.TB, args ...string) *Platform {
	t.Helper()
	// Only this test's operator commands need the platform's note, so it gets a cache folder of its own too.
	process, err := child.Start(t.TempDir(), append([]string{"dev", "--json", "--addr", "127.0.0.1:0", "--data", t.TempDir()}, args...)...)
	if err != nil {
		t.Fatalf("rookerytest: %v", err)
	}
	p := &Platform{t: t, web: &http.Client{Timeout: child.Patience, Transport: new(http.Transport)}, process: process}
	t.Cleanup(p.stop)
	if err := p.meet(); err != nil {
		t.Fatalf("rookerytest: rookery dev: %v\n%s", err, process.LogEnd(20))
	}
	return p
}

// meet reads the world that the platform prints.
func (p *Platform) meet() error {
	var world struct {
		HTTP           string    `json:"http"`
		OIDB           string    `json:"oidb"`
		AdminTokenFile string    `json:"admin_token_file"`
		Apps           []App     `json:"apps"`
		Accounts       []Account `json:"accounts"`
		Guilds         []Guild   `json:"guilds"`
		Groups         []Group   `json:"groups"`
		IDIP           string    `json:"idip"`
		Scenes         []Scene   `json:"scenes"`
	}
	if err := p.process.Ready(&world); err != nil {
		return err
	}
	token, err := os.ReadFile(world.AdminTokenFile)
	p.URL, p.OIDB, p.Apps, p.Accounts = world.HTTP, world.OIDB, world.Apps, world.Accounts
	p.Guilds, p.Groups, p.IDIP = world.Guilds, world.Groups, world.IDIP
	p.Scenes = world.Scenes
	p.token = strings.TrimSpace(string(token))
	return err
}

// stop ends the platform.
func (p *Platform) stop() {
	p.t.Helper()
	p.web.CloseIdleConnections()
	if err := p.process.Stop(); err != nil {
		p.t.Errorf("rookerytest: the platform: %v", err)
	}
	if p.t.Failed() {
		p.t.Logf("the end of the platform's log:\n%s", p.process.LogEnd(20))
	}
}

// In returns the same platform for a subtest: its methods fail the subtest. A parallel subtest must not fail its parent
// test.
func (p *Platform) In(t testing.TB) *Platform {
	in := *p
	in.t = t
	return &in
}

// Client returns a client of the platform for an app. Unless an option says otherwise it repeats no calls, as a test wants
// to see the first answer, and waits minutes for each, as the machine may be slow.
func (p *Platform) Client(app App, options ...client.Option) *client.Client {
	p.t.Helper()
	c, err := client.New(p.URL, client.App{
		AppID: app.AppID, AppKey: app.AppKey, MSDKKey: app.MSDKKey,
		GameID: app.GameID, SigKey: app.SigKeys["0"], Source: "0", ClientSigKey: app.ClientSigKey,
	}, append([]client.Option{client.WithRetry(client.Retry{Attempts: 1}), client.WithTimeout(child.Patience)}, options...)...)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// Settings are members of an app, an account or another thing as the admin API takes them.
type Settings map[string]any

// serial numbers names and gameids, so that no other test of the process has the same.
var serial atomic.Int64

// NewApp registers a game with these settings, which may be nil.
func (p *Platform) NewApp(settings Settings) App {
	p.t.Helper()
	n := serial.Add(1)
	all := Settings{"name": fmt.Sprint("Game ", n), "gameid": fmt.Sprint(10_000 + n)}
	for name, value := range settings {
		all[name] = value
	}
	var app App
	p.Admin(http.MethodPost, "/admin/v1/apps", all, &app)
	return app
}

// SetApp changes an app's settings.
func (p *Platform) SetApp(app App, settings Settings) {
	p.t.Helper()
	p.Admin(http.MethodPatch, "/admin/v1/apps/"+app.AppID, settings, nil)
}

// NewAccount makes an account, which has nothing at any app yet.
func (p *Platform) NewAccount() Account {
	p.t.Helper()
	account := Account{Password: fmt.Sprint("test-password-", serial.Add(1))}
	p.Admin(http.MethodPost, "/admin/v1/accounts", Settings{"password": account.Password}, &account)
	return account
}

// SetAccount changes members of an account's profile, such as nickname, gender and vip.
func (p *Platform) SetAccount(account Account, settings Settings) {
	p.t.Helper()
	p.Admin(http.MethodPatch, "/admin/v1/accounts/"+account.UIN, settings, nil)
}

// SetPassword gives an account a new password, which ends earlier logins.
func (p *Platform) SetPassword(account Account, password string) {
	p.t.Helper()
	p.Admin(http.MethodPost, "/admin/v1/accounts/"+account.UIN+"/password", Settings{"password": password}, nil)
}

// SetState puts an account into a state: normal, frozen or closed.
func (p *Platform) SetState(account Account, state string) {
	p.t.Helper()
	p.Admin(http.MethodPost, "/admin/v1/accounts/"+account.UIN+"/state", Settings{"state": state}, nil)
}

// SignOut signs a person out everywhere: group interfaces refuse the tokens that the account has now.
func (p *Platform) SignOut(account Account) {
	p.t.Helper()
	p.Admin(http.MethodPost, "/admin/v1/accounts/"+account.UIN+"/sign-out", nil, nil)
}

// Befriend makes two accounts friends.
func (p *Platform) Befriend(a, b Account) {
	p.t.Helper()
	p.Admin(http.MethodPost, "/admin/v1/accounts/"+a.UIN+"/friends", Settings{"friend": b.UIN}, nil)
}

// SetScene makes a scene of an app's Ark messages whose template is a JSON Schema, and moves the clock on until it is in effect.
func (p *Platform) SetScene(app App, name, template string) {
	p.t.Helper()
	p.Admin(http.MethodPut, "/admin/v1/apps/"+app.AppID+"/scenes/"+name, Settings{"template": json.RawMessage(template)}, nil)
	p.Advance(10 * time.Minute)
}

// SetGuild makes a guild, or changes all of it. Its app asks about it once its setting idip is the platform's IDIP, as it is
// for the apps of the demo world.
func (p *Platform) SetGuild(guild Guild) {
	p.t.Helper()
	p.Admin(http.MethodPost, "/dev/v1/guilds", guild, nil)
}

// NewGroup makes a group for an account, as an operator does. Settings such as fee and game may be nil.
func (p *Platform) NewGroup(owner Account, settings Settings) (group Group) {
	p.t.Helper()
	all := Settings{"owner": owner.UIN, "name": fmt.Sprint("Group ", serial.Add(1))}
	for name, value := range settings {
		all[name] = value
	}
	p.Admin(http.MethodPost, "/admin/v1/groups", all, &group)
	return group
}

// Revoke ends an account's authorization of an app, as the person or, if operator, as an operator.
func (p *Platform) Revoke(app App, account Account, operator bool) {
	p.t.Helper()
	by := "user"
	if operator {
		by = "operator"
	}
	p.Admin(http.MethodPost, "/admin/v1/tokens/revoke", Settings{"appid": app.AppID, "uin": account.UIN, "by": by}, nil)
}

// TokenKind is a kind of token.
type TokenKind string

// The kinds of tokens.
const (
	AccessToken TokenKind = "access"
	PayToken    TokenKind = "pay"
	Openkey     TokenKind = "openkey"
	MSDKToken   TokenKind = "msdk"
	LinkToken   TokenKind = "link"
	GuestToken  TokenKind = "guest"
)

// Token is a token and its owner.
type Token struct {
	Token      string `json:"token"`
	OpenID     string `json:"openid"`      // at the app
	MSDKOpenID string `json:"msdk_openid"` // at the game
	GuestID    string `json:"guestid"`     // of a guest
}

// Issue makes the platform issue a token as if the person had just logged in.
func (p *Platform) Issue(app App, account Account, kind TokenKind) (token Token) {
	p.t.Helper()
	p.Admin(http.MethodPost, "/admin/v1/tokens", Settings{"appid": app.AppID, "uin": account.UIN, "kind": kind}, &token)
	return token
}

// Player logs an account in at a V5 game.
func (p *Platform) Player(app App, account Account) client.Player {
	p.t.Helper()
	token := p.Issue(app, account, MSDKToken)
	return client.Player{OpenID: token.MSDKOpenID, Token: token.Token}
}

// User logs an account in at an app, for MSDK V3 and QQ Connect.
func (p *Platform) User(app App, account Account) client.User {
	p.t.Helper()
	token := p.Issue(app, account, AccessToken)
	return client.User{OpenID: token.OpenID, Token: token.Token}
}

// Session logs an account in at an app through OpenAPI V3.
func (p *Platform) Session(app App, account Account) client.Session {
	p.t.Helper()
	token := p.Issue(app, account, Openkey)
	return client.Session{OpenID: token.OpenID, Openkey: token.Token}
}

// Now returns the time of the platform's clock.
func (p *Platform) Now() time.Time {
	p.t.Helper()
	var clock struct{ Now time.Time }
	p.Admin(http.MethodGet, "/dev/v1/clock", nil, &clock)
	return clock.Now
}

// Advance moves the platform's clock on; a negative duration moves it back.
func (p *Platform) Advance(d time.Duration) {
	p.t.Helper()
	p.Admin(http.MethodPost, "/dev/v1/clock", Settings{"advance": d.String()}, nil)
}

// SetClock sets the platform's clock.
func (p *Platform) SetClock(to time.Time) {
	p.t.Helper()
	p.Admin(http.MethodPost, "/dev/v1/clock", Settings{"set": to}, nil)
}

// Fault makes a part of the platform fail: `rookery dev fault --help` lists the points.
type Fault struct {
	Point     string  `json:"point"`               // such as store.read:grants
	AppID     string  `json:"appid,omitempty"`     // only for this app
	OpenID    string  `json:"openid,omitempty"`    // only for this user
	Interface string  `json:"interface,omitempty"` // only on this interface
	Times     int     `json:"times,omitempty"`     // this many times; 0 until it is cleared
	Rate      float64 `json:"rate,omitempty"`      // the share of calls that fail; 0 for all
}

// AddFault switches a fault on and returns the function that switches it off, which does nothing when the fault is already
// off, after its Times or ClearFaults.
func (p *Platform) AddFault(f Fault) (off func()) {
	p.t.Helper()
	return p.add("/dev/v1/faults", f, "the fault "+f.Point)
}

// ClearFaults switches all faults off.
func (p *Platform) ClearFaults() {
	p.t.Helper()
	p.Admin(http.MethodDelete, "/dev/v1/faults", nil, nil)
}

// Answer is an answer that an interface is made to give in place of its own work, after its checks of the call. `rookery dev answer
// --help` says more.
type Answer struct {
	API        string        // the interface's path, such as /v2/group/join_group; parameters after a ? must be the call's
	Code       retcode.Code  // one that the interface can answer, such as retcode.GroupDisbanded
	AppID      string        // only to this app
	Times      int           // to this many calls; 0 until it is cleared
	RetryAfter time.Duration // what Retry-After says; 0 for 1 s with a code of retcode.ClassSlowDown, and nothing with others
}

// AddAnswer makes an interface answer a code, so that a test sees what the game does then. It returns the function that ends
// this, which does nothing after its Times or ClearAnswers.
func (p *Platform) AddAnswer(a Answer) (off func()) {
	p.t.Helper()
	settings := Settings{"api": a.API, "code": fmt.Sprintf("%s/%d", a.Code.Domain(), a.Code.Number()), "times": a.Times}
	if a.AppID != "" {
		settings["appid"] = a.AppID
	}
	if a.RetryAfter != 0 {
		settings["retry_after"] = a.RetryAfter.String()
	}
	return p.add("/dev/v1/answers", settings, "the answer of "+a.API)
}

// ClearAnswers makes all interfaces answer by themselves again.
func (p *Platform) ClearAnswers() {
	p.t.Helper()
	p.Admin(http.MethodDelete, "/dev/v1/answers", nil, nil)
}

// add adds to a list of the dev API and returns the function that removes what it added, if it is still there.
func (p *Platform) add(list string, in any, what string) (off func()) {
	p.t.Helper()
	var added struct{ ID int }
	p.Admin(http.MethodPost, list, in, &added)
	return func() {
		p.t.Helper()
		err := p.admin(http.MethodDelete, fmt.Sprint(list, "/", added.ID), nil, nil)
		if refused := (*refusal)(nil); errors.As(err, &refused) && refused.status == http.StatusNotFound {
			return
		}
		if err != nil {
			p.t.Fatalf("rookerytest: switching off %s: %v", what, err)
		}
	}
}

// Admin calls the platform's admin or dev API; in and out may be nil.
func (p *Platform) Admin(method, path string, in, out any) {
	p.t.Helper()
	if err := p.admin(method, path, in, out); err != nil {
		p.t.Fatalf("rookerytest: %s %s: %v", method, path, err)
	}
}

func (p *Platform) admin(method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, p.URL+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	rsp, err := p.web.Do(req)
	if err != nil {
		return err
	}
	defer rsp.Body.Close()
	answer, err := io.ReadAll(rsp.Body)
	switch {
	case err != nil:
		return err
	case rsp.StatusCode/100 != 2:
		return &refusal{rsp.StatusCode, string(answer)}
	case out == nil:
		return nil
	}
	return json.Unmarshal(answer, out)
}

// refusal is an answer of the admin API that is not a success.
type refusal struct {
	status int
	body   string
}

func (r *refusal) Error() string { return r.body }

// Log returns what the platform has logged so far.
func (p *Platform) Log() string { return p.process.Log() }
