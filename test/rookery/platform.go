// Package rookery runs the real rookery binary for tests, as a process of its own, and talks to it over the network as a
// game's back end and as an operator. It shares no code with the platform: signatures and JSON are implemented here a
// second time.
package rookery

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // for DB
	_ "modernc.org/sqlite"

	"github.com/rookeryhq/rookery/test/pg"
)

// Platform is a running `rookery dev` or, without a world, `rookery serve` or `rookery backend serve`.
type Platform struct {
	*Child
	World
	Data string // its folder

	adminToken string
	client     *http.Client
}

// World is what `rookery dev --json` prints.
type World struct {
	URL            string    `json:"http"`
	OIDB           string    `json:"oidb"`         // host:port of the bus
	OIDBConnect    string    `json:"oidb_connect"` // base URL of its Connect and gRPC, with --oidb-connect
	AdminURL       string    `json:"admin"`        // of rookery serve and rookery backend serve; rookery dev has everything at URL
	AdminTokenFile string    `json:"admin_token_file"`
	Apps           []App     `json:"apps"`
	Accounts       []Account `json:"accounts"`
	Guilds         []Guild   `json:"guilds"`
	IDIP           string    `json:"idip"` // where the guilds of all games answer
}

// Guild is a guild that answers IDIP, with its members by uin.
type Guild struct {
	AppID   string   `json:"appid"`
	Zone    string   `json:"zone_id"`
	ID      string   `json:"guild_id"`
	Name    string   `json:"name"`
	Leader  string   `json:"leader"`
	Members []string `json:"members"`
}

// App is a registered app with its keys.
type App struct {
	AppID        string            `json:"appid"`
	GameID       string            `json:"gameid"`
	AppKey       string            `json:"appkey"`
	MSDKKey      string            `json:"msdkkey"`
	SigKeys      map[string]string `json:"sigkeys"` // by source
	ClientSigKey string            `json:"client_sigkey"`
}

func (a App) secrets() []string {
	all := []string{a.AppKey, a.MSDKKey, a.ClientSigKey}
	for _, key := range a.SigKeys {
		all = append(all, key)
	}
	return all
}

// Account is an account of the demo world: what it has by appid, and by gameid.
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

// Start starts a platform with a folder of its own and more arguments for rookery dev.
func Start(t testing.TB, args ...string) *Platform {
	t.Helper()
	return StartIn(t, t.TempDir(), args...)
}

// StartIn starts a platform on a folder.
func StartIn(t testing.TB, data string, args ...string) *Platform {
	t.Helper()
	return start(t, data, append([]string{"dev", "--json", "--addr", "127.0.0.1:0", "--data", data}, append(storage(t, data), args...)...)...)
}

// storage returns the arguments that give the platform on a folder the kind of storage that the variable STORE names: sqlite, the default, or
// postgres.
func storage(t testing.TB, data string) []string {
	t.Helper()
	switch kind := os.Getenv("STORE"); kind {
	case "", "sqlite":
		return nil
	case "postgres":
		return []string{"--database", databaseOf(t, data)}
	default:
		t.Fatalf("STORE is %q, not sqlite or postgres", kind)
		return nil
	}
}

var databases sync.Map // address by data folder

// databaseOf returns the database of a folder's platform, which a later platform of the test on the folder finds again.
func databaseOf(t testing.TB, data string) string {
	if address, ok := databases.Load(data); ok {
		return address.(string)
	}
	address := pg.Database(t)
	databases.Store(data, address)
	t.Cleanup(func() { databases.Delete(data) }) // another test gets the database
	return address
}

// Serve starts a `rookery serve` with a folder of its own, on free ports, with more arguments. It has no apps or accounts yet.
func Serve(t testing.TB, args ...string) *Platform {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	return start(t, data, append([]string{"serve", "--json", "--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", data}, args...)...)
}

// Backend starts a `rookery backend serve` of commands on a folder, on a free port for operators, with more arguments.
func Backend(t testing.TB, data, commands string, args ...string) *Platform {
	t.Helper()
	return start(t, data, append([]string{"backend", "serve", "--json", "--commands", commands, "--admin-listen", "127.0.0.1:0", "--data", data}, args...)...)
}

func start(t testing.TB, data string, args ...string) *Platform {
	t.Helper()
	p := &Platform{Data: data, client: &http.Client{
		Timeout:       Patience,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	p.Child = Spawn(t, args...)
	if err := p.process.Ready(&p.World); err != nil {
		t.Fatalf("rookery %s: %v\n%s", args[0], err, p.Log())
	}
	if p.AdminURL == "" {
		p.AdminURL = p.URL
	}
	token, err := os.ReadFile(p.AdminTokenFile)
	if err != nil {
		t.Fatal(err)
	}
	p.adminToken = strings.TrimSpace(string(token))
	p.Secret(p.adminToken)
	for _, app := range p.Apps {
		p.Secret(app.secrets()...)
	}
	for _, account := range p.Accounts {
		p.Secret(account.Password)
		for _, tokens := range []map[string]string{account.AccessTokens, account.PayTokens, account.Openkeys, account.MSDKTokens} {
			for _, token := range tokens {
				p.Secret(token)
			}
		}
	}
	t.Cleanup(p.client.CloseIdleConnections)
	p.startedBy(t)
	return p
}

// Host returns the address at which the platform listens.
func (p *Platform) Host() string { return strings.TrimPrefix(p.URL, "http://") }

// Stop stops the platform, which must have printed nothing but its world.
func (p *Platform) Stop(t testing.TB) {
	t.Helper()
	p.Child.Stop(t)
	if line, ok := p.Line(t); ok {
		t.Errorf("it printed a second line: %q", line)
	}
}

// Admin calls the admin API, which must succeed. in and out may be nil.
func (p *Platform) Admin(t testing.TB, method, path string, in, out any) {
	t.Helper()
	if err := p.TryAdmin(method, path, in, out); err != nil {
		t.Fatal(err)
	}
}

// TryAdmin is Admin for calls that may fail.
func (p *Platform) TryAdmin(method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	status, answer, err := p.AdminRaw(method, path, body)
	if err == nil && status/100 != 2 {
		err = fmt.Errorf("%s %s with %s: status %d: %s", method, path, body, status, answer)
	}
	if err == nil && out != nil {
		err = json.Unmarshal(answer, out)
	}
	return err
}

// AdminRaw sends any bytes to the admin API.
func (p *Platform) AdminRaw(method, path string, body []byte) (status int, answer []byte, err error) {
	return p.Raw(p.AdminURL, method, path, body)
}

// Raw sends any bytes, with the admin token, to a listener.
func (p *Platform) Raw(url, method, path string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequest(method, url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+p.adminToken)
	rsp, err := p.client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer rsp.Body.Close()
	answer, err = io.ReadAll(rsp.Body)
	return rsp.StatusCode, answer, err
}

// Settings are members of an app as the admin API takes them.
type Settings map[string]any

// serial numbers names and gameids, so that no other test of the process has the same.
var serial atomic.Int64

// NewApp registers a V5 game.
func (p *Platform) NewApp(t testing.TB) App {
	t.Helper()
	n := serial.Add(1)
	var app App
	p.Admin(t, "POST", "/admin/v1/apps", Settings{"name": fmt.Sprint("Game ", n), "gameid": fmt.Sprint(10_000 + n)}, &app)
	p.Secret(app.secrets()...)
	return app
}

// SetApp changes an app's settings.
func (p *Platform) SetApp(t testing.TB, app App, settings Settings) {
	t.Helper()
	p.Admin(t, "PATCH", "/admin/v1/apps/"+app.AppID, settings, nil)
}

// NewAccount makes an account and returns its number.
func (p *Platform) NewAccount(t testing.TB) (uin string) {
	t.Helper()
	uin, err := p.TryNewAccount()
	if err != nil {
		t.Fatal(err)
	}
	return uin
}

// TryNewAccount is NewAccount for platforms that may be gone.
func (p *Platform) TryNewAccount() (uin string, err error) {
	password := fmt.Sprint("first-password-", serial.Add(1))
	p.Secret(password)
	var account struct {
		UIN string `json:"uin"`
	}
	err = p.TryAdmin("POST", "/admin/v1/accounts", map[string]string{"password": password}, &account)
	return account.UIN, err
}

// SetPassword changes an account's password.
func (p *Platform) SetPassword(t testing.TB, uin string) {
	t.Helper()
	password := fmt.Sprint("other-password-", serial.Add(1))
	p.Secret(password)
	p.Admin(t, "POST", "/admin/v1/accounts/"+uin+"/password", map[string]string{"password": password}, nil)
}

// SetState freezes, closes or frees an account.
func (p *Platform) SetState(t testing.TB, uin, state string) {
	t.Helper()
	p.Admin(t, "POST", "/admin/v1/accounts/"+uin+"/state", map[string]string{"state": state}, nil)
}

// Reclaim takes back an account's openid at an app.
func (p *Platform) Reclaim(t testing.TB, app App, uin string) {
	t.Helper()
	p.Admin(t, "POST", "/admin/v1/accounts/"+uin+"/reclaim", map[string]string{"appid": app.AppID}, nil)
}

// Befriend makes two accounts friends.
func (p *Platform) Befriend(t testing.TB, a, b string) {
	t.Helper()
	p.Admin(t, "POST", "/admin/v1/accounts/"+a+"/friends", map[string]string{"friend": b}, nil)
}

// Revoke ends an account's authorization of an app: by is user or operator.
func (p *Platform) Revoke(t testing.TB, app App, uin, by string) {
	t.Helper()
	p.Admin(t, "POST", "/admin/v1/tokens/revoke", map[string]string{"appid": app.AppID, "uin": uin, "by": by}, nil)
}

// TokenRequest asks for a token of a kind: access, pay, openkey, msdk, link or guest.
type TokenRequest struct {
	AppID    string `json:"appid"`
	UIN      string `json:"uin"`
	Kind     string `json:"kind"`
	Lifetime string `json:"lifetime,omitempty"` // 0s gives an expired one
	PC       bool   `json:"pc,omitempty"`
}

// Token is a token and its owner.
type Token struct {
	Token      string `json:"token"`
	OpenID     string `json:"openid"`
	MSDKOpenID string `json:"msdk_openid"`
	GuestID    string `json:"guestid"`
}

// Issue makes the platform issue a token.
func (p *Platform) Issue(t testing.TB, req TokenRequest) Token {
	t.Helper()
	token, err := p.TryIssue(req)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TryIssue is Issue for platforms that may be gone.
func (p *Platform) TryIssue(req TokenRequest) (token Token, err error) {
	err = p.TryAdmin("POST", "/admin/v1/tokens", req, &token)
	p.Secret(token.Token)
	return token, err
}

// DB opens the platform's database directly, to break its content.
func (p *Platform) DB(t testing.TB) *sql.DB {
	t.Helper()
	address, shared := databases.Load(p.Data)
	if !shared {
		return OpenDB(t, filepath.Join(p.Data, "rookery.db"))
	}
	db, err := sql.Open("pgx", address.(string)+"&default_query_exec_mode=simple_protocol") // which takes arguments of any type for a column
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// OpenDB opens a database file.
func OpenDB(t testing.TB, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: "_pragma=busy_timeout(5000)"}).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Exec runs one statement on the platform's database; it must change something. Its parameters are ?.
func (p *Platform) Exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	db := p.DB(t)
	defer db.Close()
	if _, shared := databases.Load(p.Data); shared {
		for n := 1; strings.Contains(statement, "?"); n++ {
			statement = strings.Replace(statement, "?", "$"+strconv.Itoa(n), 1)
		}
	}
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// Full makes each update of a table fail, as on a disk without room, until the function that it returns is called.
func (p *Platform) Full(t testing.TB, table string) (cure func()) {
	t.Helper()
	full, empty := "CREATE TRIGGER full_"+table+" BEFORE UPDATE ON "+table+" BEGIN SELECT RAISE(ABORT, 'the disk is full'); END", "DROP TRIGGER full_"+table
	if _, shared := databases.Load(p.Data); shared {
		full, empty = "ALTER TABLE "+table+" ADD CONSTRAINT full_"+table+" CHECK (false) NOT VALID", "ALTER TABLE "+table+" DROP CONSTRAINT full_"+table
	}
	p.Exec(t, full)
	return func() { p.Exec(t, empty) }
}

// Metric returns a value that /metrics shows.
func (p *Platform) Metric(t testing.TB, name string) (value float64) {
	t.Helper()
	metrics := send(t, p.client, request(t, http.MethodGet, p.AdminURL+"/metrics", "", ""))
	for line := range strings.Lines(metrics.Body) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			if _, err := fmt.Sscan(rest, &value); err != nil {
				t.Fatal(err)
			}
			return value
		}
	}
	t.Fatalf("/metrics has no %s", name)
	return 0
}

// AdminToken is the token of the operators' interfaces.
func (p *Platform) AdminToken() string { return p.adminToken }

// SendRequest sends any request.
func (p *Platform) SendRequest(t testing.TB, req *http.Request) Reply {
	t.Helper()
	return send(t, p.client, req)
}
