package integration

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sdk "github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/test/rookery"
)

// startedProxy is a running rookery proxy.
type startedProxy struct {
	*rookery.Child
	url string
}

// startProxy starts a proxy on a free port.
func startProxy(t *testing.T, args ...string) *startedProxy {
	t.Helper()
	p := &startedProxy{Child: rookery.Spawn(t, append([]string{"proxy", "--json", "--listen", "127.0.0.1:0"}, args...)...)}
	ready := regexp.MustCompile(`ready at (http://[\d.:]+) `)
	rookery.Until(t, "the proxy is ready", func() bool {
		found := ready.FindStringSubmatch(p.Log())
		if found != nil {
			p.url = found[1]
		}
		return found != nil
	})
	return p
}

// call is a call as the proxy prints it.
type call struct {
	record
	Class, Meaning, Remedy string
	RequestID              string `json:"request_id"`
	Notes                  map[string]string
}

// next returns the next call that the proxy prints, and the line.
func (p *startedProxy) next(t *testing.T) (c call, line string) {
	t.Helper()
	line, ok := p.Line(t)
	if !ok {
		t.Fatalf("the proxy has ended: %s", p.Log())
	}
	if err := json.Unmarshal([]byte(line), &c); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return c, line
}

// show says of a call what the tests look at.
func (c call) show() string {
	text := fmt.Sprintf("%s %s: %s %d", c.Method, c.Interface, c.Domain, c.Code)
	for _, part := range []string{c.Origin, c.Stage, c.Mistake, c.Notes["check"]} {
		if part != "" {
			text += "; " + part
		}
	}
	return text
}

// gameServer is a game's server, which calls the platform with the client package.
type gameServer struct {
	*sdk.Client
	app     rookery.App
	account rookery.Account
	friend  string // its openid
}

func newGameServer(t *testing.T, url string, p *rookery.Platform, change func(*sdk.App)) *gameServer {
	t.Helper()
	app := p.Apps[0]
	keys := sdk.App{AppID: app.AppID, AppKey: app.AppKey, MSDKKey: app.MSDKKey, GameID: app.GameID, SigKey: app.SigKeys["0"], ClientSigKey: app.ClientSigKey}
	if change != nil {
		change(&keys)
	}
	c, err := sdk.New(url, keys, sdk.WithRetry(sdk.Retry{Attempts: 1}), sdk.WithTimeout(rookery.Patience))
	if err != nil {
		t.Fatal(err)
	}
	return &gameServer{Client: c, app: app, account: p.Accounts[0], friend: p.Accounts[1].OpenIDs[app.AppID]}
}

func (g *gameServer) player() sdk.Player {
	return sdk.Player{OpenID: g.account.MSDKOpenIDs[g.app.GameID], Token: g.account.MSDKTokens[g.app.GameID]}
}

func (g *gameServer) user() sdk.User {
	return sdk.User{OpenID: g.account.OpenIDs[g.app.AppID], Token: g.account.AccessTokens[g.app.AppID]}
}

// doorCalls are a success and a refusal at each door, with what the proxy has to say of each.
var doorCalls = []struct {
	name, want string
	do         func(context.Context, *gameServer) error
}{
	{"V5", "POST /v2/auth/verify_login:  0", func(ctx context.Context, g *gameServer) error { return g.V5.VerifyLogin(ctx, g.player()) }},
	{"V5 refused", "POST /v2/auth/verify_login: qq 100016; accesstoken 68", func(ctx context.Context, g *gameServer) error {
		player := g.player()
		player.Token = g.account.MSDKTokens["12"] // of the other game
		return g.V5.VerifyLogin(ctx, player)
	}},
	{"V5 for the game's client", "POST /v2/auth/login:  0", func(ctx context.Context, g *gameServer) error {
		_, err := g.V5.Login(ctx, g.user().OpenID, g.user().Token, sdk.Android)
		return err
	}},
	{"V3", "POST /auth/verify_login:  0", func(ctx context.Context, g *gameServer) error { return g.V3.VerifyLogin(ctx, g.user(), "") }},
	{"V3 refused", "POST /relation/qqprofile: qq 100013; accesstoken 74", func(ctx context.Context, g *gameServer) error {
		user := g.user()
		user.Token += "tail"
		_, err := g.V3.Profile(ctx, user)
		return err
	}},
	{"OpenAPI", "POST /v3/user/get_info:  0", func(ctx context.Context, g *gameServer) error {
		_, err := g.OpenAPI.GetInfo(ctx, sdk.Session{OpenID: g.user().OpenID, Openkey: g.account.Openkeys[g.app.AppID]})
		return err
	}},
	{"OpenAPI refused", "POST /v3/user/get_info: qq -23; accesstoken 70", func(ctx context.Context, g *gameServer) error {
		_, err := g.OpenAPI.GetInfo(ctx, sdk.Session{OpenID: g.user().OpenID, Openkey: foreignToken})
		return err
	}},
	{"Connect", "POST /oauth2.0/me:  0", func(ctx context.Context, g *gameServer) error {
		_, err := g.Connect.Me(ctx, g.user().Token, false)
		return err
	}},
	{"Connect refused", "POST /oauth2.0/me: qq 100013", func(ctx context.Context, g *gameServer) error {
		_, err := g.Connect.Me(ctx, foreignToken, false)
		return err
	}},
	{"Connect's profile", "POST /user/get_user_info:  0", func(ctx context.Context, g *gameServer) error {
		_, err := g.Connect.UserInfo(ctx, g.user())
		return err
	}},
	{"Connect's profile refused", "POST /user/get_user_info: qq -23", func(ctx context.Context, g *gameServer) error {
		_, err := g.Connect.UserInfo(ctx, sdk.User{OpenID: g.user().OpenID, Token: foreignToken})
		return err
	}},
	{"the Game Center", "POST /cgi-bin/QQConnect.fcgi:  0", func(ctx context.Context, g *gameServer) error {
		return g.GameCenter.Report(ctx, g.user(), append(sdk.Companions(1, "1", "1", "1"), sdk.Achievement{Type: sdk.AchievementScore, Data: "9876543210"})...)
	}},
	{"the Game Center refused", "POST /cgi-bin/QQConnect.fcgi: gamecenter -4008; accesstoken 74", func(ctx context.Context, g *gameServer) error {
		return g.GameCenter.Report(ctx, sdk.User{OpenID: g.user().OpenID, Token: foreignToken}, sdk.Achievement{Type: sdk.AchievementScore, Data: "7"})
	}},
	{"Ark", "POST /share/ark:  0", func(ctx context.Context, g *gameServer) error {
		_, err := g.OpenAPI.SendArk(ctx, g.user(), sdk.Ark{To: g.friend, Scene: "demo", Data: map[string]string{"title": "A heart", "text": "Come"}})
		return err
	}},
	{"Ark refused", "POST /share/ark: qq 225009", func(ctx context.Context, g *gameServer) error {
		_, err := g.OpenAPI.SendArk(ctx, g.user(), sdk.Ark{To: g.friend, Scene: "none", Data: map[string]string{"title": "A heart", "text": "Come"}})
		return err
	}},
}

// foreignToken is a token that the platform has not made.
const foreignToken = "F0RE1GNT0KENF0RE1GNT0KEN"

// wronglySigned are calls that are signed with another key than the right one, each with what the proxy has to say of it.
var wronglySigned = []struct {
	want   string
	change func(*sdk.App)
	do     func(context.Context, *gameServer) error
}{
	{"POST /v2/auth/verify_login: msdkv5 1008; v5-signature; it was signed with another key: the appkey", func(a *sdk.App) { a.SigKey = a.AppKey }, doorCalls[0].do},
	{"POST /v2/auth/login: msdkv5 1008; v5-client-signature; it was signed with another key: the sigkey of source 0", func(a *sdk.App) { a.ClientSigKey = a.SigKey }, doorCalls[2].do},
	{"POST /auth/verify_login: msdkv3 -502; v3-signature; it was signed with another key: the appkey, which goes with encode=1", func(a *sdk.App) { a.MSDKKey = a.AppKey }, doorCalls[3].do},
	{"POST /v3/user/get_info: qq -5; openapi-signature; it was signed with another key: the msdkkey", func(a *sdk.App) { a.AppKey = a.MSDKKey }, doorCalls[5].do},
}

// TestProxy takes a game's server through the proxy to every door: the proxy says of each call what the platform's own inspector
// says, and no secret is in what it prints and records.
func TestProxy(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	file := filepath.Join(t.TempDir(), "session.har")
	proxy := startProxy(t, "--to", p.URL, "--app", p.Apps[0].AppID, "--server", p.AdminURL, "--token-file", p.AdminTokenFile, "--record", file)
	var printed strings.Builder
	var codes, lines []string
	see := func(name, want string, err error) {
		t.Helper()
		got, line := proxy.next(t)
		fmt.Fprintln(&printed, line)
		lines = append(lines, line)
		if got.show() != want || (err != nil) != (got.Code != 0) {
			t.Errorf("%s: the proxy says %q, want %q; the game got %v", name, got.show(), want, err)
		}
		if got.Peer != "127.0.0.1" || got.Status != 200 || got.RequestID == "" || (got.Code != 0) != (got.Remedy != "" && got.Meaning != "" && got.Class != "") {
			t.Errorf("%s: %s", name, line)
		}
		codes = append(codes, fmt.Sprintf("%s %d", got.Domain, got.Code))
	}
	game := newGameServer(t, proxy.url, p, nil)
	for _, test := range doorCalls {
		see(test.name, test.want, test.do(t.Context(), game))
	}
	for _, test := range wronglySigned {
		see("another key", test.want, test.do(t.Context(), newGameServer(t, proxy.url, p, test.change)))
	}
	// A call that the platform accepts, but that other keys made than the given ones, is said to be one.
	other := startProxy(t, "--to", p.URL, "--keys", keysFile(t, `{"appid":"`+game.app.AppID+`","gameid":"`+game.app.GameID+`","sigkeys":{"0":"another-key-0123456789"}}`))
	if err := newGameServer(t, other.url, p, nil).V5.VerifyLogin(t.Context(), game.player()); err != nil {
		t.Error(err)
	}
	if got, line := other.next(t); got.Code != 0 || !strings.HasPrefix(got.Notes["check"], "with the keys given here, v5-signature refuses it: ") {
		t.Errorf("other keys: %s", line)
	}
	if status, _, errOut := on(t, p, "dev", "answer", "--api", "/v2/auth/verify_login", "--code", "qq/-6", "--times", "1"); status != 0 {
		t.Fatal(errOut)
	}
	if err := newGameServer(t, other.url, p, nil).V5.VerifyLogin(t.Context(), game.player()); err == nil {
		t.Error("a forced answer is a success")
	}
	if got, line := other.next(t); got.Code != -6 || got.Stage != "" || got.Notes["forced"] != "the developer's platform was told to answer this: qq/-6" {
		t.Errorf("a forced answer: %s", line)
	}
	if err := newGameServer(t, other.url, p, nil).V3.VerifyLogin(t.Context(), game.user(), ""); err != nil {
		t.Error(err)
	}
	if got, line := other.next(t); got.Code != 0 || len(got.Notes) > 0 {
		t.Errorf("a key that is not known: %s", line)
	}

	_, out, _ := on(t, p, "dev", "requests", "--json", "--limit", "1000")
	inspected := make(map[string]call)
	for line := range strings.Lines(out) {
		var c call
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		inspected[c.RequestID] = c
	}
	id := refusedBy(inspected, "v3-signature")
	if status, shown, errOut := on(t, p, "explain", "--request", id); status != 0 || !strings.Contains(shown, "refused by  v3-signature\n") || !strings.Contains(shown, "mistake     it was signed with another key: the appkey, which goes with encode=1\n") {
		t.Errorf("explain --request: status %d, %s, %s", status, shown, errOut)
	}
	if status, shown, _ := on(t, p, "explain", "--json", "--request", id); status != 0 || len(records(t, shown)) != 1 || records(t, shown)[0].Code != -502 {
		t.Errorf("explain --request --json: status %d, %s", status, shown)
	}
	if status, _, errOut := on(t, p, "explain", "--request", "0000000000000000"); status != 1 || !strings.Contains(errOut, `remembers no request "0000000000000000"`) {
		t.Errorf("explain --request: status %d, %s", status, errOut)
	}
	if status, _, _ := on(t, p, "explain", "--request", id, "-5"); status != 2 {
		t.Errorf("explain --request with a text: status %d", status)
	}
	for _, line := range lines {
		var got call
		_ = json.Unmarshal([]byte(line), &got) // it was read before
		want := inspected[got.RequestID]
		agree := got.Interface == want.Interface && got.Domain == want.Domain && got.Code == want.Code && got.Mistake == want.Mistake &&
			got.Meaning == want.Meaning && got.Class == want.Class && (got.Stage == "" || got.Stage == want.Stage)
		if !agree {
			t.Errorf("the proxy says %+v, the inspector %+v", got, want)
		}
	}

	proxy.Stop(t)
	archive, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	status, explained, errOut := rookery.Run(t, "explain", "--json", file)
	if status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	var again []string
	for _, r := range records(t, explained) {
		again = append(again, fmt.Sprintf("%s %d", r.Domain, r.Code))
	}
	if diff := cmp.Diff(codes, again); diff != "" {
		t.Errorf("what explain says of the archive (-proxy +explain):\n%s", diff)
	}
	if status, table, _ := rookery.Run(t, "explain", file); status != 0 || !strings.Contains(table, "\nCALLS  CODE") || !strings.Contains(table, "2      qq 100013") {
		t.Errorf("status %d: %s", status, table)
	}
	secrets := append(secretsOf(p), foreignToken)
	for _, text := range []struct{ what, text string }{{"prints", printed.String()}, {"records", string(archive)}, {"logs", proxy.Log()}, {"explains", explained}} {
		for _, secret := range secrets {
			if strings.Contains(text.text, secret) {
				t.Errorf("it %s the secret %s", text.what, secret)
			}
		}
	}
	if sig := regexp.MustCompile(`sig(n)?=[0-9a-fA-F]{8}|[0-9a-f]{32}"`).Find(archive); sig != nil {
		t.Errorf("a signature is recorded: %s", sig)
	}
	if !bytes.Contains(archive, []byte(game.user().OpenID)) || !bytes.Contains(archive, []byte("figureurl")) {
		t.Error("the archive has no openids or no bodies")
	}
}

// TestProxyKeepsPeoplesSecrets takes a person's sign-in, a new password, an app's tokens and an operator's call through the proxy.
func TestProxyKeepsPeoplesSecrets(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	const callback, password = "http://127.0.0.1/callback", "An0ther pa55word"
	app := p.Apps[0]
	p.SetApp(t, app, rookery.Settings{"redirect_uris": []string{callback}})
	file := filepath.Join(t.TempDir(), "session.har")
	proxy := startProxy(t, "--to", p.URL, "--record", file)
	through := *p
	through.URL, through.AdminURL = proxy.url, proxy.url
	adminToken, err := os.ReadFile(p.AdminTokenFile)
	if err != nil {
		t.Fatal(err)
	}
	person := through.NewPerson(t) // made by an operator
	secrets := []string{strings.TrimSpace(string(adminToken)), person.Password, password, url.QueryEscape(password), app.AppKey}
	exchange := func(params ...string) {
		t.Helper()
		answer := rookery.Object(t, through.Get(t, "/oauth2.0/token", append(params, "client_id", app.AppID, "client_secret", app.AppKey, "fmt", "json")...))
		for _, name := range []string{"access_token", "refresh_token"} {
			token, _ := answer[name].(string)
			if token == "" {
				t.Fatalf("%s is missing: %v", name, answer)
			}
			secrets = append(secrets, token)
		}
	}
	code := person.Authorize(t, rookery.AuthorizePath(app, callback), "get_user_info").Query().Get("code")
	exchange("grant_type", "authorization_code", "code", code, "redirect_uri", callback)
	exchange("grant_type", "refresh_token", "refresh_token", secrets[len(secrets)-1])
	secrets = append(secrets, code, person.FormToken(t, "/account/"))
	page := person.Press(t, "/account/", "password", url.Values{"password": {person.Password}, "new_password": {password}, "repeated_password": {password}})
	if page.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", page.Status, page.Body)
	}
	for _, line := range page.Header.Values("Set-Cookie") {
		if cookie, err := http.ParseSetCookie(line); err == nil && cookie.Value != person.UIN {
			secrets = append(secrets, cookie.Value)
		}
	}
	proxy.Stop(t)

	printed := ""
	for line, ok := proxy.Line(t); ok; line, ok = proxy.Line(t) {
		printed += line
	}
	archive, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"/admin/v1/accounts", "/oauth2.0/authorize", "refresh_token=(removed)", "new_password=(removed)"} {
		if !bytes.Contains(archive, []byte(part)) {
			t.Errorf("%s is not recorded", part)
		}
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(printed+string(archive)+proxy.Log(), secret) {
			t.Errorf("%s is left", secret)
		}
	}
}

// refusedBy returns the id of a call that the stage refused.
func refusedBy(calls map[string]call, stage string) string {
	for id, c := range calls {
		if c.Stage == stage {
			return id
		}
	}
	return ""
}

// secretsOf returns all keys and tokens of the demo world.
func secretsOf(p *rookery.Platform) (all []string) {
	for _, app := range p.Apps {
		all = append(all, app.AppKey, app.MSDKKey, app.ClientSigKey)
		all = slices.AppendSeq(all, maps.Values(app.SigKeys))
	}
	for _, account := range p.Accounts {
		for _, tokens := range []map[string]string{account.AccessTokens, account.PayTokens, account.Openkeys, account.MSDKTokens} {
			all = slices.AppendSeq(all, maps.Values(tokens))
		}
	}
	return all
}

func keysFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// rawTarget is a platform that keeps requests as they came over the wire, and answers what the test says.
type rawTarget struct {
	url      string
	requests chan string
	answers  chan string
	hangsUp  bool // after an answer
}

func newRawTarget(t *testing.T, hangsUp bool) *rawTarget {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	target := &rawTarget{url: "http://" + listener.Addr().String(), requests: make(chan string, 1), answers: make(chan string, 1), hangsUp: hangsUp}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go target.serve(conn)
		}
	}()
	return target
}

func (r *rawTarget) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for r.answer(conn, in) && !r.hangsUp {
	}
}

func (r *rawTarget) answer(conn net.Conn, in *bufio.Reader) bool {
	head, length := "", 0
	for !strings.HasSuffix(head, "\r\n\r\n") {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		head += line
		_, _ = fmt.Sscanf(line, "Content-Length: %d", &length) // of other lines nothing
	}
	if strings.Contains(head, "Expect: 100-continue") {
		_, _ = io.WriteString(conn, strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 2)) // which HTTP allows; the caller gets one
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(in, body); err != nil {
		return false
	}
	if strings.Contains(head, "Transfer-Encoding: chunked") {
		body, _ = io.ReadAll(httputil.NewChunkedReader(in))
		_, _ = in.ReadString('\n') // the end of the last chunk
	}
	r.requests <- head + string(body)
	_, err := io.WriteString(conn, <-r.answers)
	return err == nil
}

// sortedHead sorts the headers of a message, whose order means nothing.
func sortedHead(message string) string {
	head, body, _ := strings.Cut(message, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	slices.Sort(lines[1:])
	return strings.Join(lines, "\n") + "\n\n" + body
}

// passed sends bytes to the proxy and returns all that comes back until the connection ends.
func passed(t *testing.T, proxy *startedProxy, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(proxy.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(rookery.Patience))
	head, body, _ := strings.Cut(request, "\r\n\r\n")
	if _, err := io.WriteString(conn, head+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	in, before := bufio.NewReader(conn), ""
	if strings.Contains(head, "100-continue") {
		for !strings.HasSuffix(before, "\r\n\r\n") {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			before += line
		}
	}
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return before + string(answer)
}

// TestProxyChangesNothing compares requests and answers on both sides of the proxy, byte for byte but for the order of headers.
func TestProxyChangesNothing(t *testing.T) {
	t.Parallel()
	target := newRawTarget(t, false)
	proxy := startProxy(t, "--to", target.url)
	const okay = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	host := strings.TrimPrefix(target.url, "http://")
	for name, request := range map[string]string{
		"odd percent-encoding":           "GET /v2/a%2fb%7Ec%41/%e4%bd%a0|\"^x?a=%zz&b=+%20;c&&=&d=%E4%bd%a0&sig=a/b%2B HTTP/1.1\r\nUser-Agent: game\r\n",
		"an empty query":                 "GET /v2/x? HTTP/1.1\r\n",
		"no query":                       "GET /v2/x HTTP/1.1\r\n",
		"bytes that are not ASCII":       "GET /v2/\xe4\xbd?n=\xe4\xbd HTTP/1.1\r\n",
		"empty and dot segments":         "GET //v2//./x/../y?a HTTP/1.1\r\n",
		"two question marks":             "GET /v2/x??a=b?c HTTP/1.1\r\n",
		"headers of proxies":             "GET / HTTP/1.1\r\nForwarded: for=1.2.3.4\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\nX-Forwarded-Host: h\r\nX-Forwarded-Proto: https\r\nVia: 1.1 v\r\n",
		"headers twice, empty and coded": "GET / HTTP/1.1\r\nX-A: 1\r\nX-A: 2\r\nX-Empty: \r\nCookie: a=b; c=d\r\nAuthorization: Bearer t\r\nAccept-Encoding: br, gzip\r\nTe: trailers\r\n",
		"a body":                         "POST /v2/x HTTP/1.1\r\nContent-Type: text/x\r\nContent-Length: 7\r\n\r\n\x00\xff{ }\r\n",
		"an empty body":                  "POST /v2/x HTTP/1.1\r\nContent-Length: 0\r\n",
		"a body that is waited for":      "POST /v2/x HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody",
		"a method that nobody knows":     "BREW /v2/x HTTP/1.1\r\n",
		"a body of a GET":                "GET /v2/x HTTP/1.1\r\nContent-Length: 3\r\n\r\na=b",
		"a large body":                   "POST /v2/x HTTP/1.1\r\nContent-Length: 300000\r\n\r\n" + strings.Repeat("x", 300000),
	} {
		head, body, _ := strings.Cut(request, "\r\n\r\n")
		head = strings.TrimSuffix(head, "\r\n")
		target.answers <- okay
		before := ""
		if strings.Contains(head, "100-continue") {
			before = "HTTP/1.1 100 Continue\r\n\r\n"
		}
		if got := passed(t, proxy, head+"\r\nHost: "+host+"\r\nConnection: close\r\n\r\n"+body); got != before+"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok" {
			t.Errorf("%s: the caller got %q", name, got)
		}
		want := head + "\r\nHost: " + host + "\r\n\r\n" + body
		if diff := cmp.Diff(sortedHead(want), sortedHead(<-target.requests)); diff != "" {
			t.Errorf("%s (-sent +handed on):\n%s", name, diff)
		}
		proxy.next(t)
	}

	target.answers <- okay
	passed(t, proxy, "POST /v2/x HTTP/1.1\r\nHost: other\r\nTransfer-Encoding: chunked\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nx-lower: v\r\nKeep-Alive: 3\r\n\r\n3\r\na=b\r\n2;x=y\r\n&c\r\n0\r\n\r\n")
	if got, want := sortedHead(<-target.requests), "POST /v2/x HTTP/1.1\nHost: "+host+"\nTransfer-Encoding: chunked\nX-Lower: v\n\na=b&c"; got != want {
		t.Errorf("in chunks, with headers of the connection: handed on as %q, want %q", got, want)
	}
	proxy.next(t)

	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = io.WriteString(zip, `{"ret":-9,"msg":"no"}`)
	zip.Close()
	coded := packed.String()
	for name, test := range map[string]struct{ answer, want, shown string }{
		"without type and date":  {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"ret\":-9}", "", "qq -9"},
		"a redirect":             {"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:1/x?error=100008\r\n\r\n", "", "qq 100008"},
		"compressed":             {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " + fmt.Sprint(len(coded)) + "\r\n\r\n" + coded, "", "qq -9"},
		"headers twice":          {"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nX-A: \r\n\r\n", "", " 0"},
		"no content":             {"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", "", " 0"},
		"in chunks":              {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"r\r\n8\r\net\":-20}\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "qq -20"},
		"more than is looked at": {"HTTP/1.1 200 OK\r\nContent-Length: 400011\r\n\r\n{\"ret\":-9," + strings.Repeat("x", 400001), "", "qq -9"},
	} {
		target.answers <- test.answer
		got := passed(t, proxy, "GET /v3/user/get_info HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
		<-target.requests
		got = strings.Replace(got, "Connection: close\r\n", "", 1)
		if test.want != "" {
			head, body, _ := strings.Cut(got, "\r\n\r\n")
			all, err := io.ReadAll(httputil.NewChunkedReader(strings.NewReader(body)))
			if head+"\r\n\r\n" != test.want || string(all) != `{"ret":-20}` || err != nil {
				t.Errorf("%s: handed back as %q", name, got)
			}
		} else if diff := cmp.Diff(sortedHead(test.answer), sortedHead(got)); diff != "" {
			t.Errorf("%s (-answered +handed back):\n%.2000s", name, diff)
		}
		if c, line := proxy.next(t); fmt.Sprintf("%s %d", c.Domain, c.Code) != test.shown {
			t.Errorf("%s: the proxy says %s, want %s", name, line, test.shown)
		}
	}
}

// TestProxyWithoutAPlatform shows what callers get when no platform answers, and how the proxy then ends.
func TestProxyWithoutAPlatform(t *testing.T) {
	t.Parallel()
	get := func(proxy *startedProxy) (status int, text string) {
		t.Helper()
		answer := passed(t, proxy, "GET /v2/x?sig=SECRETSECRET HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
		if _, err := fmt.Sscanf(answer, "HTTP/1.1 %d ", &status); err != nil {
			t.Fatalf("%v: %s", err, answer)
		}
		_, text, _ = strings.Cut(answer, "\r\n\r\n")
		c, line := proxy.next(t)
		if c.Status != status || c.Error == "" || !strings.Contains(text, c.Error) || strings.Contains(line, "SECRET") {
			t.Errorf("the caller got %s, the proxy says %s", text, line)
		}
		return status, text
	}
	ended := func(proxy *startedProxy, status int) {
		t.Helper()
		proxy.Signal(t, syscall.SIGINT)
		proxy.WaitFor(t, status)
	}

	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + closed.Addr().String()
	closed.Close()
	proxy := startProxy(t, "--to", nobody)
	if status, text := get(proxy); status != 502 || !strings.HasPrefix(text, `{"error":"rookery proxy: `+nobody+` cannot be reached: `) {
		t.Errorf("nobody listens: %d, %s", status, text)
	}
	ended(proxy, 3)

	unknown := httptest.NewTLSServer(http.NotFoundHandler())
	defer unknown.Close()
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0)
	proxy = startProxy(t, "--to", unknown.URL)
	if status, text := get(proxy); status != 502 || !strings.Contains(text, "the certificate of "+strings.TrimPrefix(unknown.URL, "https://")+" is not valid: ") {
		t.Errorf("a certificate of an unknown authority: %d, %s", status, text)
	}
	ended(proxy, 3)

	silent := newRawTarget(t, false)
	proxy = startProxy(t, "--to", silent.url, "--timeout", "300ms")
	if status, text := get(proxy); status != 504 || !strings.Contains(text, silent.url+" has not answered within 300ms") {
		t.Errorf("no answer: %d, %s", status, text)
	}
	ended(proxy, 3)

	hangsUp := newRawTarget(t, true)
	proxy = startProxy(t, "--to", hangsUp.url)
	hangsUp.answers <- ""
	if status, text := get(proxy); status != 502 || !strings.Contains(text, hangsUp.url+" has not answered: ") {
		t.Errorf("it hangs up: %d, %s", status, text)
	}
	ended(proxy, 3)

	breaks := newRawTarget(t, true)
	proxy = startProxy(t, "--to", breaks.url)
	breaks.answers <- "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ret\":0"
	answer := passed(t, proxy, "GET /v2/x HTTP/1.1\r\nHost: h\r\n\r\n") // which would wait for more if the proxy did not end it
	if c, line := proxy.next(t); !strings.HasSuffix(answer, `{"ret":0`) || c.Error != "the answer broke off" {
		t.Errorf("the answer breaks off: the caller got %q, the proxy says %s", answer, line)
	}
	ended(proxy, 0) // the platform was reached
}

// TestProxyWithHalfAnAnswer shows what the proxy says of an exchange that does not end.
func TestProxyWithHalfAnAnswer(t *testing.T) {
	t.Parallel()
	const half, request = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ret\":0", "GET /v2/x HTTP/1.1\r\nHost: h\r\n\r\n"
	says := func(proxy *startedProxy, want string) {
		t.Helper()
		if c, line := proxy.next(t); c.Error != want {
			t.Errorf("the proxy says %s, want %q", line, want)
		}
	}
	target := newRawTarget(t, false)
	hurried := startProxy(t, "--to", target.url, "--timeout", "300ms")
	target.answers <- half
	if answer := passed(t, hurried, request); !strings.HasSuffix(answer, `{"ret":0`) {
		t.Errorf("the caller got %q", answer)
	}
	<-target.requests
	says(hurried, "the answer has not ended within 300ms")

	proxy := startProxy(t, "--to", target.url)
	arrived := func() net.Conn { // once the target has the request
		t.Helper()
		conn, err := net.Dial("tcp", strings.TrimPrefix(proxy.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		<-target.requests
		return conn
	}
	leave := func(afterBytes int) {
		t.Helper()
		conn := arrived()
		defer conn.Close()
		if _, err := io.ReadFull(conn, make([]byte, afterBytes)); err != nil {
			t.Fatal(err)
		}
	}
	target.answers <- half
	leave(len(half))
	says(proxy, "the caller left before the end of the answer")
	leave(0)
	says(proxy, "the caller left before the answer")
	target.answers <- half // for the target, which still waits

	conn := arrived()
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(rookery.Patience))
	if answer, err := io.ReadAll(conn); err != nil || len(answer) > 0 {
		t.Errorf("a caller who has stopped sending got %q, %v, which the platform has not answered", answer, err)
	}
	says(proxy, "the caller left before the answer")
	target.answers <- half
}

// TestProxyUsage shows that the proxy does not start with what it cannot use.
func TestProxyUsage(t *testing.T) {
	t.Parallel()
	used, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer used.Close()
	exists := keysFile(t, `{"appid":"5","appkey":"K3YK3YK3Y"}`)
	to := []string{"--to", "http://127.0.0.1:1", "--listen", "127.0.0.1:0"}
	for name, test := range map[string]struct {
		args   []string
		status int
		says   string
	}{
		"no target":               {nil, 2, `required flag(s) "to" not set`},
		"a target with a path":    {[]string{"--to", "http://h/v2"}, 2, "--to is not a scheme and a host"},
		"a target with a query":   {[]string{"--to", "http://h?"}, 2, "--to is not a scheme and a host"},
		"a target with a secret":  {[]string{"--to", "http://u:K3YK3YK3Y@h"}, 2, "--to is not a scheme and a host"},
		"a public address":        {append(to, "--listen", "0.0.0.0:0"), 2, "is not HOST:PORT of this machine alone"},
		"a used address":          {append(to, "--listen", used.Addr().String()), 1, "--listen: "},
		"a file that exists":      {append(to, "--record", exists), 2, exists + " exists already: name a new file"},
		"a file in no folder":     {append(to, "--record", exists+"/x.har"), 1, "--record: "},
		"no file with keys":       {append(to, "--keys", exists+"x"), 1, "--keys: "},
		"keys that are not JSON":  {append(to, "--keys", keysFile(t, "K3YK3YK3Y")), 2, "is not a JSON object with an app's keys: 'rookery app show"},
		"a key with another name": {append(to, "--keys", keysFile(t, `{"app_key":"K3YK3YK3Y"}`)), 2, "is not a JSON object with an app's keys (/app_key)"},
		"keys of another app":     {append(to, "--keys", exists, "--app", "6"), 2, "the keys are those of app 5, not of --app 6"},
		"no running platform":     {append(to, "--app", "6"), 3, "no running platform is known on this machine"},
		"no time":                 {append(to, "--timeout", "0s"), 2, "--timeout must be above 0"},
	} {
		t.Run(name, func(t *testing.T) {
			status, out, errOut := rookery.Run(t, append([]string{"proxy"}, test.args...)...)
			if status != test.status || !strings.Contains(errOut, test.says) || out != "" || strings.Contains(errOut, "K3Y") {
				t.Errorf("status %d, %q, %q, want status %d and %q", status, out, errOut, test.status, test.says)
			}
		})
	}
}

// TestProxyRecordsUntilItIsKilled shows that what a kill leaves behind is a whole archive.
func TestProxyRecordsUntilItIsKilled(t *testing.T) {
	t.Parallel()
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"ret":-9,"msg":"no"}`) }))
	defer target.Close()
	file := filepath.Join(t.TempDir(), "session.har")
	proxy := startProxy(t, "--to", target.URL, "--record", file)
	const calls = 50
	for range calls {
		passed(t, proxy, "GET /v3/user/get_info?openkey=SECRETSECRET HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
	}
	rookery.Until(t, "something is recorded", func() bool {
		text, _ := os.ReadFile(file)
		return bytes.Contains(text, []byte("get_info"))
	})
	proxy.Signal(t, syscall.SIGKILL)
	proxy.WaitFor(t, -1)
	text, err := os.ReadFile(file)
	if err != nil || !json.Valid(text) || bytes.Contains(text, []byte("SECRET")) {
		t.Errorf("%v: %.500s", err, text)
	}
	if status, out, errOut := rookery.Run(t, "explain", file); status != 0 || !strings.Contains(out, "qq -9") {
		t.Errorf("status %d, %q, %q", status, out, errOut)
	}
}
