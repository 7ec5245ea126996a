// Package gateways shows that several gateways over one PostgreSQL are one platform.
package gateways

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/rookeryhq/rookery/test/pg"
	"github.com/rookeryhq/rookery/test/rookery"
)

func TestMain(m *testing.M) { os.Exit(pg.Main(m)) }

// copyKeyring gives a folder the keyring of a gateway.
func copyKeyring(t *testing.T, from *rookery.Platform, to string) {
	t.Helper()
	keyring, err := os.ReadFile(filepath.Join(from.Data, "keyring.json"))
	if err == nil {
		err = os.WriteFile(filepath.Join(to, "keyring.json"), keyring, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// gateway starts a gateway on a database, with the keys of another; nil for the first.
func gateway(t *testing.T, database string, like *rookery.Platform, args ...string) *rookery.Platform {
	t.Helper()
	data := t.TempDir()
	if like != nil {
		copyKeyring(t, like, data)
	}
	p := rookery.Serve(t, append([]string{"--data", data, "--database", database}, args...)...)
	p.Data = data
	return p
}

// two starts two gateways of one platform.
func two(t *testing.T) (a, b *rookery.Platform) {
	t.Helper()
	database := pg.Database(t)
	a = gateway(t, database, nil)
	return a, gateway(t, database, a)
}

// Answers to checks of a token: its grant was ended, the check has failed, or took too long.
const (
	revoked = 100015
	failed  = 100016
	late    = 154
)

// player is a player of a game with a token.
type player struct {
	app   rookery.App
	uin   string
	token rookery.Token
}

func newPlayer(t *testing.T, at *rookery.Platform, app rookery.App) player {
	t.Helper()
	uin := at.NewAccount(t)
	return player{app, uin, at.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: uin, Kind: "msdk"})}
}

// check returns what a gateway says of the player's token: the ret of V5.
func (p player) check(t *testing.T, at *rookery.Platform) int {
	t.Helper()
	return at.Call(t, rookery.NewCall(p.app, "/v2/auth/verify_login", `{"openid":"`+p.token.MSDKOpenID+`","token":"`+p.token.Token+`"}`)).Ret
}

func (p player) want(t *testing.T, at *rookery.Platform, ret int) {
	t.Helper()
	if got := p.check(t, at); got != ret {
		t.Fatalf("the token is answered with %d, want %d", got, ret)
	}
}

// ready reports whether a gateway says that it is ready.
func ready(t *testing.T, at *rookery.Platform) bool {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, at.AdminURL+"/readyz", nil)
	if err != nil {
		t.Fatal(err)
	}
	return at.SendRequest(t, req).Status == http.StatusOK
}

// TestAGatewayHearsOfEveryChange: what one gateway has in memory is changed at another.
func TestAGatewayHearsOfEveryChange(t *testing.T) {
	t.Parallel()
	a, b := two(t)
	until := func(t *testing.T, what string, holds func() bool) {
		t.Helper()
		rookery.Until(t, what, holds)
	}
	for name, test := range map[string]func(t *testing.T){
		"an app, and its keys": func(t *testing.T) {
			app := a.NewApp(t)
			until(t, "the other gateway knows the app", func() bool {
				ret := b.Call(t, rookery.NewCall(app, "/v2/auth/verify_login", `{"openid":"1","token":"x"}`)).Ret
				return ret != 1007 // its gameid is not registered
			})
			p := newPlayer(t, a, app)
			p.want(t, b, 0)
			a.SetApp(t, app, rookery.Settings{"online": false})
			until(t, "the app is offline", func() bool { return p.check(t, b) != 0 })
		},
		"a standing, by the end of a grant": func(t *testing.T) {
			p := newPlayer(t, a, a.NewApp(t))
			until(t, "the token is known", func() bool { return p.check(t, b) == 0 })
			a.Revoke(t, p.app, p.uin, "user")
			until(t, "the token is revoked", func() bool { return p.check(t, b) == revoked })
		},
		"a standing, by an account's state": func(t *testing.T) {
			p := newPlayer(t, a, a.NewApp(t))
			until(t, "the token is known", func() bool { return p.check(t, b) == 0 })
			a.SetState(t, p.uin, "frozen")
			until(t, "the token has ended", func() bool { return p.check(t, b) != 0 })
		},
		"an operator": func(t *testing.T) {
			var made struct{ Token string }
			a.Admin(t, http.MethodPost, "/admin/v1/operators", map[string]string{"name": "mara", "role": "reader"}, &made)
			a.Secret(made.Token)
			b.Secret(made.Token)
			ask := func() int {
				req, err := http.NewRequest(http.MethodGet, b.AdminURL+"/admin/v1/apps", nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Authorization", "Bearer "+made.Token)
				return b.SendRequest(t, req).Status
			}
			until(t, "the operator is known", func() bool { return ask() == http.StatusOK })
			a.Admin(t, http.MethodDelete, "/admin/v1/operators/mara", nil, nil)
			until(t, "the operator is gone", func() bool { return ask() == http.StatusUnauthorized })
		},
	} {
		t.Run(name, test)
	}
}

// TestANewTokenIsGoodAtEveryGateway: at once, also where the end of the one before was heard and the new login was not yet.
func TestANewTokenIsGoodAtEveryGateway(t *testing.T) {
	t.Parallel()
	a, b := two(t)
	p := newPlayer(t, a, a.NewApp(t))
	rookery.Until(t, "the app is known", func() bool { return p.check(t, b) == 0 })
	for range 20 {
		a.Revoke(t, p.app, p.uin, "user")
		rookery.Until(t, "the token is revoked", func() bool { return p.check(t, b) == revoked })
		p.token = a.Issue(t, rookery.TokenRequest{AppID: p.app.AppID, UIN: p.uin, Kind: "msdk"})
		p.want(t, b, 0)
	}
}

// TestAGatewayThatWasStoppedAcceptsNothingOld: the first check after a gateway went on is of what is true now.
func TestAGatewayThatWasStoppedAcceptsNothingOld(t *testing.T) {
	t.Parallel()
	a, b := two(t)
	p := newPlayer(t, a, a.NewApp(t))
	rookery.Until(t, "the token is known", func() bool { return p.check(t, b) == 0 })
	b.Signal(t, syscall.SIGSTOP)
	a.Revoke(t, p.app, p.uin, "user")
	p.want(t, a, revoked)
	for stopped := time.Now(); time.Since(stopped) < time.Second; { // the other gateway's time goes on
		p.want(t, a, revoked)
	}
	b.Signal(t, syscall.SIGCONT)
	p.want(t, b, revoked)
}

// TestAGatewayThatCannotKnowRefuses: between a gateway and the database nothing comes through any more.
func TestAGatewayThatCannotKnowRefuses(t *testing.T) {
	t.Parallel()
	database := pg.Database(t)
	a := gateway(t, database, nil)
	between := newRelay(t, database)
	b := gateway(t, between.address, a)
	ended, lasting := newPlayer(t, a, a.NewApp(t)), newPlayer(t, a, a.NewApp(t))
	for _, p := range []player{ended, lasting} {
		rookery.Until(t, "the token is known", func() bool { return p.check(t, b) == 0 })
	}
	between.cut()
	a.Revoke(t, ended.app, ended.uin, "user")
	var refused int
	rookery.Until(t, "the gateway refuses", func() bool { refused = lasting.check(t, b); return refused != 0 })
	if refused != failed {
		t.Errorf("a token that cannot be checked is answered with %d, want %d", refused, failed)
	}
	if got := ended.check(t, b); got == 0 {
		t.Error("a revoked token is accepted")
	}
	rookery.Until(t, "the gateway is not ready", func() bool { return !ready(t, b) })
	between.mend()
	rookery.Until(t, "the gateway accepts again", func() bool { return lasting.check(t, b) == 0 })
	ended.want(t, b, revoked)
}

// TestAPrimaryThatStoodStillIsNotBelieved: while a gateway was cut off from the primary, a standby has taken its place, and a token was revoked there.
// The gateway reaches the old primary again, for which the token is good.
func TestAPrimaryThatStoodStillIsNotBelieved(t *testing.T) {
	t.Parallel()
	old := pg.Own(t, "fsync=off")
	database := old.Address("postgres")
	if status, _, log := rookery.Run(t, "migrate", "up", "--database", database); status != 0 {
		t.Fatalf("migrate: status %d\n%s", status, log)
	}
	a := gateway(t, database, nil)
	between := newRelay(t, database)
	b := gateway(t, between.address, a)
	p := newPlayer(t, a, a.NewApp(t))
	rookery.Until(t, "the token is known", func() bool { return p.check(t, b) == 0 })

	between.cut()
	rookery.Until(t, "the gateway refuses", func() bool { return p.check(t, b) == failed })
	promoted := old.Promoted(t, "fsync=off")
	inDatabase(t, database, "ALTER SYSTEM SET synchronous_standby_names = 'promoted'") // as it was, and which answers no more
	inDatabase(t, database, "SELECT pg_reload_conf()")
	c := gateway(t, promoted.Address("postgres"), a)
	p.want(t, c, 0)
	c.Revoke(t, p.app, p.uin, "user")
	p.want(t, c, revoked)
	between.mend()
	for range 2 { // each of which waits for the standby in vain
		if got := p.check(t, b); got != failed && got != late {
			t.Errorf("the token is answered with %d, want %d or %d", got, failed, late)
		}
	}
}

func inDatabase(t *testing.T, database, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err == nil {
		defer conn.Close(t.Context())
		_, err = conn.Exec(t.Context(), statement)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestLimitsHoldAcrossGateways: calls to two gateways at once, of which only some may succeed.
func TestLimitsHoldAcrossGateways(t *testing.T) {
	t.Parallel()
	a, b := two(t)
	const callback = "https://game.example/callback"
	app := a.NewApp(t)
	a.SetApp(t, app, rookery.Settings{"redirect_uris": []string{callback}, "developer": "Studio"})
	ann := a.NewPerson(t)
	code := ann.Authorize(t, rookery.AuthorizePath(app, callback, "scope", "get_user_info"), "get_user_info").Query().Get("code")
	a.Secret(code)
	b.Secret(code)
	var (
		group sync.WaitGroup
		mu    sync.Mutex
		good  int
	)
	for i := range 16 {
		at := []*rookery.Platform{a, b}[i%2]
		group.Go(func() {
			rsp := at.Get(t, "/oauth2.0/token", "fmt", "json", "client_id", app.AppID, "client_secret", app.AppKey, "grant_type", "authorization_code", "code", code, "redirect_uri", callback)
			mu.Lock()
			defer mu.Unlock()
			if strings.Contains(rsp.Body, "access_token") {
				at.Tokens(t, rsp)
				good++
			}
		})
	}
	group.Wait()
	if good != 1 {
		t.Errorf("a code was exchanged %d times", good)
	}
}

func TestANonceIsTakenEverywhere(t *testing.T) {
	t.Parallel()
	a, b := two(t)
	app := a.NewApp(t)
	uin := a.NewAccount(t)
	key := a.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: uin, Kind: "openkey"})
	call := rookery.NewOpenAPICall(app, "/v3/user/get_info", key.OpenID, key.Token).With("nonce", "n-1").With("timestamp", strconv.FormatInt(time.Now().Unix(), 10))
	if got := a.CallOpenAPI(t, call); got.Ret != 0 {
		t.Fatalf("the first call: %s", got.Body)
	}
	rookery.Until(t, "the other gateway knows the app", func() bool { return b.CallOpenAPI(t, call.Without("nonce")).Ret == 0 })
	if got := b.CallOpenAPI(t, call); got.Ret != -26 {
		t.Errorf("the same call at another gateway: ret %d, want -26", got.Ret)
	}
}

func TestGuessesCountEverywhere(t *testing.T) {
	t.Parallel()
	a, b := two(t)
	ann := a.NewPerson(t)
	guess := func(at *rookery.Platform, password string) int {
		return at.Person(t, ann.UIN, password).SignIn(t, "/account/").Status
	}
	for i := range 5 {
		if got := guess([]*rookery.Platform{a, b}[i%2], "a wrong guess"); got == http.StatusTooManyRequests {
			t.Fatalf("guess %d has to wait", i+1)
		}
	}
	for _, at := range []*rookery.Platform{a, b} {
		if got := guess(at, ann.Password); got != http.StatusTooManyRequests {
			t.Errorf("after five guesses at two gateways: status %d, want 429", got)
		}
	}
}

// TestAllGatewaysHaveTheSameKeys: one with others does not start, and one that lacks a new key is not ready until it has a copy.
func TestAllGatewaysHaveTheSameKeys(t *testing.T) {
	t.Parallel()
	database := pg.Database(t)
	a := gateway(t, database, nil)
	stranger := t.TempDir()
	status, _, log := rookery.Run(t, "serve", "--data", stranger, "--database", database, "--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0")
	if status != 1 || !strings.Contains(log, "keyring.json is not the keyring of the gateways that share the database: put a copy of theirs there") {
		t.Errorf("a gateway with keys of its own: status %d\n%s", status, log)
	}
	if _, err := os.Stat(filepath.Join(stranger, "keyring.json")); !os.IsNotExist(err) {
		t.Errorf("it leaves its keyring: %v", err)
	}

	b := gateway(t, database, a)
	ready := func() bool {
		req, err := http.NewRequest(http.MethodGet, b.AdminURL+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		return b.SendRequest(t, req).Status == http.StatusOK
	}
	rookery.Until(t, "the second is ready", ready)
	a.Admin(t, http.MethodPost, "/admin/v1/keys", nil, nil)
	rookery.Until(t, "the second knows that it lacks a key", func() bool { return !ready() })
	p := newPlayer(t, a, a.NewApp(t))
	p.want(t, a, 0)
	copyKeyring(t, a, b.Data)
	rookery.Until(t, "the second has the key", ready)
	p.want(t, b, 0)
}

func TestStatusShowsAllGateways(t *testing.T) {
	t.Parallel()
	a, b := two(t)
	status, out, log := rookery.Run(t, "status", "--json", "--server", a.AdminURL, "--token-file", a.AdminTokenFile)
	var all []struct {
		Address string
		Version string
		Leads   bool
		LagMS   int64 `json:"lag_ms"`
	}
	if err := json.Unmarshal([]byte(out), &all); err != nil || status != 0 {
		t.Fatalf("status %d, %v: %s\n%s", status, err, out, log)
	}
	var at []string
	leaders := 0
	for _, g := range all {
		at = append(at, g.Address)
		if g.Leads {
			leaders++
		}
		if g.Version == "" || g.LagMS > 5000 {
			t.Errorf("%+v", g)
		}
	}
	want := []string{a.URL, b.URL}
	slices.Sort(want)
	slices.Sort(at)
	if !slices.Equal(at, want) || leaders != 1 {
		t.Errorf("gateways at %v with %d leaders, want %v", at, leaders, want)
	}
}

// relay stands between a gateway and the database.
type relay struct {
	address string
	to      string

	mu    sync.Mutex
	off   bool
	conns map[net.Conn]bool
}

func newRelay(t *testing.T, database string) *relay {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	r := &relay{to: u.Host, conns: make(map[net.Conn]bool)}
	u.Host = l.Addr().String()
	r.address = u.String()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(conn)
		}
	}()
	return r
}

func (r *relay) serve(conn net.Conn) {
	defer conn.Close()
	to, err := net.Dial("tcp", r.to)
	if err != nil || !r.keep(conn, to) {
		return
	}
	defer to.Close()
	go func() {
		_, _ = io.Copy(to, conn)
		to.Close()
	}()
	_, _ = io.Copy(conn, to)
}

func (r *relay) keep(conns ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		if r.off {
			c.Close()
			continue
		}
		r.conns[c] = true
	}
	return !r.off
}

// cut ends all connections, and each new one at once.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.off = true
	for c := range r.conns {
		c.Close()
	}
	clear(r.conns)
}

// mend lets new connections through.
func (r *relay) mend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.off = false
}
