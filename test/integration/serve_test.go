package integration

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// newLogin makes an app and an account on a platform without a demo world, and returns the app and a valid call.
func newLogin(t *testing.T, p *rookery.Platform) (rookery.App, rookery.Call) {
	t.Helper()
	app := p.NewApp(t)
	token := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: p.NewAccount(t), Kind: "msdk"})
	return app, rookery.NewCall(app, "/v2/auth/verify_login", fmt.Sprintf(`{"openid":"%s","token":"%s"}`, token.MSDKOpenID, token.Token))
}

func status(t *testing.T, url string) int {
	t.Helper()
	rsp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	rsp.Body.Close()
	return rsp.StatusCode
}

// TestHashesOfPasswords: they cost a platform in use what OWASP advises, and one with a demo world nothing.
func TestHashesOfPasswords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		command string
		start   func(testing.TB) *rookery.Platform
		want    string
	}{
		{"serve", func(t testing.TB) *rookery.Platform { return rookery.Serve(t) }, "$argon2id$v=19$m=19456,t=2,p=1$"},
		{"dev", func(t testing.TB) *rookery.Platform { return rookery.Start(t) }, "$argon2id$v=19$m=8,t=1,p=1$"},
	} {
		t.Run(test.command, func(t *testing.T) {
			p := test.start(t)
			var hash string
			if err := p.DB(t).QueryRow("SELECT password_hash FROM accounts WHERE uin = " + p.NewAccount(t)).Scan(&hash); err != nil || !strings.HasPrefix(hash, test.want) {
				t.Errorf("it is %q, %v; want it to begin with %s", hash, err, test.want)
			}
		})
	}
}

// TestServeKeepsListenersApart: games cannot reach the operators' interfaces, and nobody those of rookery dev.
func TestServeKeepsListenersApart(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t)
	_, call := newLogin(t, p)
	if answer := p.Call(t, call); answer.Ret != 0 {
		t.Errorf("a login: %s", answer.Body)
	}
	for path, want := range map[string]int{"/readyz": 200, "/healthz": 200, "/metrics": 200, "/admin/v1/apps": 401, call.Path: 404} {
		if got := status(t, p.AdminURL+path); got != want {
			t.Errorf("%s of the operators' listener: status %d, want %d", path, got, want)
		}
	}
	for _, path := range []string{"/readyz", "/healthz", "/metrics", "/admin/v1/apps", "//admin/v1/apps", "/v2/../admin/v1/apps"} {
		if got := status(t, p.URL+path); got != http.StatusNotFound && path[:2] != "/v" {
			t.Errorf("%s of the games' listener: status %d", path, got)
		}
		method, answer, err := p.Raw(p.URL, http.MethodGet, path, nil)
		if err != nil || strings.Contains(string(answer), "appid") {
			t.Errorf("%s of the games' listener with the token: status %d, %s, %v", path, method, answer, err)
		}
	}
}

func TestServeListensForTheBus(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t, "--oidb-listen", "127.0.0.1:0")
	app := p.NewApp(t)
	token := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: p.NewAccount(t), Kind: "access"})
	openid, err := hex.DecodeString(token.OpenID)
	if err != nil {
		t.Fatal(err)
	}
	check := rookery.BusCall{Command: 0x711, ServiceType: 1, Body: rookery.Message(nil).Decimal(1, app.AppID).Bytes(2, string(openid)).Bytes(4, token.Token)}
	if answer := p.Bus(t, check); answer.Result != 0 {
		t.Errorf("a valid token: result %d, %s", answer.Result, answer.Message)
	}
	if silent := rookery.Serve(t); silent.OIDB != "" {
		t.Errorf("without the setting the bus listens at %s", silent.OIDB)
	}
}

// TestServeHasNothingOfDev tries each of dev's routes, with the right token, and each of its flags and commands.
func TestServeHasNothingOfDev(t *testing.T) {
	t.Parallel()
	serve, dev := rookery.Serve(t), rookery.Start(t)
	for _, route := range []string{
		"GET /dev/v1/clock", "POST /dev/v1/clock", "GET /dev/v1/faults", "POST /dev/v1/faults", "DELETE /dev/v1/faults",
		"DELETE /dev/v1/faults/1", "GET /dev/v1/requests",
		"GET /dev/v1/answers", "POST /dev/v1/answers", "DELETE /dev/v1/answers", "DELETE /dev/v1/answers/1",
	} {
		method, path, _ := strings.Cut(route, " ")
		body := []byte(`{}`)
		for _, url := range []string{serve.URL, serve.AdminURL} {
			if got, answer, err := serve.Raw(url, method, path, body); err != nil || got != http.StatusNotFound {
				t.Errorf("serve: %s: status %d, %s, %v", route, got, answer, err)
			}
		}
		// The control: rookery dev has the route. Nothing has the number 1 there either, but the answer says so.
		if got, answer, err := dev.AdminRaw(method, path, body); err != nil || got == http.StatusNotFound && !strings.Contains(string(answer), "there is no f") {
			t.Errorf("dev: %s: status %d, %s, %v", route, got, answer, err)
		}
	}
	for _, args := range [][]string{
		{"--addr", "127.0.0.1:0"}, {"--v5-ts-window", "1m"}, {"--verbose"}, {"clock", "show"}, {"fault", "list"}, {"answer", "list"}, {"requests"}, {"exec"},
	} {
		if status, _, stderr := rookery.Run(t, append([]string{"serve", "--data", t.TempDir()}, args...)...); status != 2 {
			t.Errorf("serve %v: status %d, %s", args, status, stderr)
		}
	}
	status, _, stderr := rookery.Run(t, "dev", "clock", "show", "--server", serve.AdminURL, "--token-file", serve.AdminTokenFile)
	if status != 1 || !strings.Contains(stderr, serve.AdminURL+" is not a rookery dev") {
		t.Errorf("the clock of serve: status %d, %s", status, stderr)
	}
	// A refused signature's string contains the body, so serve does not show it.
	_, call := newLogin(t, serve)
	call.Sig = strings.Repeat("0", 32)
	if answer := serve.Call(t, call); answer.Ret != 1008 {
		t.Errorf("a wrong signature: %s", answer.Body)
	}
	rookery.Until(t, "the refusal is logged", func() bool { return strings.Contains(serve.Log(), `"code":1008`) })
	if strings.Contains(serve.Log(), `"signed"`) {
		t.Error("serve logs signed strings")
	}
}

func TestServeStartFails(t *testing.T) {
	t.Parallel()
	running := rookery.Serve(t)
	folder := t.TempDir()
	certificate, key := pair(t, folder, "one")
	_, otherKey := pair(t, folder, "two")
	data := func() []string {
		return []string{"--data", filepath.Join(t.TempDir(), "data"), "--admin-listen", "127.0.0.1:0"}
	}
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "rookery.yaml")
		write(t, name, text, 0o600)
		return name
	}
	open := filepath.Join(folder, "open.token")
	write(t, open, strings.Repeat("t", 40), 0o644)
	for _, test := range []struct {
		name string
		args []string
		want []string
	}{
		{"no data folder", nil, []string{"data is not set", "ROOKERY_DATA", "--data"}},
		{"no configuration file", []string{"--config", filepath.Join(folder, "none")}, []string{"configuration", "none"}},
		{"unknown setting", []string{"--config", file("dataa: x\n")}, []string{":1:", `"dataa"`, "did you mean data?"}},
		{"wrong value", []string{"--config", file("data: x\nstop: {notice: soon}\n")}, []string{"stop.notice", ":2:", "such as 30s"}},
		{"folder in use", []string{"--data", running.Data, "--http-listen", "127.0.0.1:0"}, []string{"data " + running.Data + " is in use"}},
		{"games' port in use", append(data(), "--http-listen", running.Host()), []string{"http.listen " + running.Host() + " is in use", "choose another port"}},
		{"operators' port in use", append(data()[:2], "--http-listen", "127.0.0.1:0", "--admin-listen", strings.TrimPrefix(running.AdminURL, "http://")),
			[]string{"admin.listen 127.0.0.1:", "is in use"}},
		{"one port for both", append(data()[:2], "--http-listen", "127.0.0.1:7", "--admin-listen", "127.0.0.1:7"), []string{"admin.listen", "already used by http.listen"}},
		{"certificate of another key", append(data(), "--http-listen", "127.0.0.1:0", "--http-tls-certificate", certificate, "--http-tls-key", otherKey),
			[]string{"http.tls", certificate, otherKey, "private key does not match"}},
		{"no certificate there", append(data(), "--http-listen", "127.0.0.1:0", "--http-tls-certificate", "nowhere.pem", "--http-tls-key", key), []string{"http.tls", "nowhere.pem"}},
		{"no token file there", append(data(), "--http-listen", "127.0.0.1:0", "--admin-token-file", filepath.Join(folder, "none")), []string{"admin token", "none"}},
		{"token that others read", append(data(), "--http-listen", "127.0.0.1:0", "--admin-token-file", open), []string{"open.token may be read by others (mode 0644)", "chmod 600"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, stdout, stderr := rookery.Run(t, append([]string{"serve", "--json"}, test.args...)...)
			if status != 1 || stdout != "" || !strings.HasPrefix(stderr, "rookery: ") {
				t.Errorf("got status %d, %q, %q", status, stdout, stderr)
			}
			for _, want := range test.want {
				if !strings.Contains(stderr, want) {
					t.Errorf("standard error is %q, want it to name %q", stderr, want)
				}
			}
		})
	}
}

func TestUnknownVariable(t *testing.T) {
	t.Setenv("ROOKERY_HTTP_LISTN", ":1")
	status, _, stderr := rookery.Run(t, "config", "check", "--data", "d")
	if status != 1 || !strings.Contains(stderr, "ROOKERY_HTTP_LISTN: did you mean ROOKERY_HTTP_LISTEN?") {
		t.Errorf("got status %d, %q", status, stderr)
	}
}

// TestConfigPrecedence reads one setting from each kind of source, and those set by several from the one that takes
// precedence.
func TestConfigPrecedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rookery.yaml")
	write(t, file, "data: d\nhttp:\n  idle_timeout: 1s\n  read_timeout: 11s\n  write_timeout: 12s\n", 0o600)
	t.Setenv("ROOKERY_CONFIG", file)
	t.Setenv("ROOKERY_HTTP_IDLE_TIMEOUT", "2s")
	t.Setenv("ROOKERY_HTTP_READ_TIMEOUT", "22s")
	status, stdout, stderr := rookery.Run(t, "config", "print", "--json", "--http-idle-timeout", "3s")
	var values []struct{ Setting, Value, From string }
	if err := json.Unmarshal([]byte(stdout), &values); status != 0 || err != nil {
		t.Fatalf("got status %d, %v, %s", status, err, stderr)
	}
	got := make(map[string]string)
	for _, v := range values {
		got[v.Setting] = v.Value + " from " + v.From
	}
	for setting, want := range map[string]string{
		"http.idle_timeout":   "3s from flag --http-idle-timeout",
		"http.read_timeout":   "22s from environment ROOKERY_HTTP_READ_TIMEOUT",
		"http.write_timeout":  "12s from file " + file + ":5",
		"http.header_timeout": "5s from default",
	} {
		if got[setting] != want {
			t.Errorf("%s is %s, want %s", setting, got[setting], want)
		}
	}
	if status, stdout, _ := rookery.Run(t, "config", "check"); status != 0 || !strings.Contains(stdout, "is valid") {
		t.Errorf("config check: status %d, %s", status, stdout)
	}
}

// TestConfigCheckReadsTheFiles: it reads the files that a start would read, and reports all that it cannot use.
func TestConfigCheckReadsTheFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	certificate, key := pair(t, folder, "one")
	_, otherKey := pair(t, folder, "two")
	token, words := filepath.Join(folder, "token"), filepath.Join(folder, "words")
	write(t, token, strings.Repeat("t", 40), 0o600)
	write(t, words, "bad\n", 0o600)
	check := func(key, token, words, authorities string) (int, string) {
		status, _, stderr := rookery.Run(t, "config", "check", "--data", folder, "--http-tls-certificate", certificate, "--http-tls-key", key,
			"--oidb-tls-certificate", certificate, "--oidb-tls-key", key, "--oidb-tls-client-ca", authorities, "--oidb-routes-tls-ca", authorities,
			"--admin-token-file", token, "--openapi-words", words)
		return status, stderr
	}
	if status, stderr := check(key, token, words, certificate); status != 0 {
		t.Errorf("files that are right: status %d, %s", status, stderr)
	}
	write(t, token, "short", 0o600)
	status, stderr := check(otherKey, token, filepath.Join(folder, "none"), words)
	for _, want := range []string{"http.tls", "oidb.tls", "oidb.routes_tls", "has no certificate in PEM", "private key does not match", "no token of 32 characters", "openapi.words", "none"} {
		if status != 1 || !strings.Contains(stderr, want) {
			t.Errorf("files that are wrong: status %d, %q, want it to name %q", status, stderr, want)
		}
	}
}

func TestInsecureSettingsWarn(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if err := os.Chmod(data, 0o755); err != nil {
		t.Fatal(err)
	}
	certificate, key := pair(t, t.TempDir(), "one")
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	p := rookery.Serve(t, "--data", data, "--http-listen", "[::]:0", "--admin-listen", "0.0.0.0:0", "--admin-tls-certificate", certificate, "--admin-tls-key", key)
	for _, setting := range []string{"http.listen", "admin.listen", "admin.tls.key", "data", "msdkv5.ts_window", "msdkv3.ts_window"} {
		rookery.Until(t, "a warning of "+setting, func() bool {
			return strings.Contains(p.Log(), `"insecure setting","setting":"`+setting+`"`)
		})
	}
	safe := rookery.Serve(t, "--msdkv5-ts-window", "10m", "--msdkv3-ts-window", "10m")
	rookery.Until(t, "it serves", func() bool { return strings.Contains(safe.Log(), `"serving"`) }) // warnings come before
	if strings.Contains(safe.Log(), "insecure") {
		t.Errorf("a safe configuration warns: %s", safe.Log())
	}
}

// pair makes a certificate for 127.0.0.1 with the common name name.
func pair(t *testing.T, folder, name string) (certificate, key string) {
	t.Helper()
	return pairOf(t, folder, name, net.IPv4(127, 0, 0, 1), time.Now().Add(time.Hour))
}

// pairOf makes a certificate for an address, valid until a time.
func pairOf(t *testing.T, folder, name string, address net.IP, until time.Time) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{address},
		NotBefore: time.Now().AddDate(-1, 0, 0), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key = filepath.Join(folder, name+".pem"), filepath.Join(folder, name+".key")
	write(t, certificate, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), 0o644)
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})), 0o600)
	return certificate, key
}

func replace(t *testing.T, file, by string) {
	t.Helper()
	content, err := os.ReadFile(by)
	if err != nil {
		t.Fatal(err)
	}
	write(t, file+".new", string(content), 0o600)
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// TestTLS: the files for HTTPS are read again when they change; a broken pair leaves the previous one in use.
func TestTLS(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	certificate, key := pair(t, folder, "one")
	second, secondKey := pair(t, folder, "two")
	p := rookery.Serve(t, "--http-tls-certificate", certificate, "--http-tls-key", key)
	if !strings.HasPrefix(p.URL, "https://127.0.0.1:") {
		t.Fatalf("it serves at %s", p.URL)
	}
	shown := func() string {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(p.URL, "https://"), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	if got := shown(); got != "one" {
		t.Errorf("the certificate is %s", got)
	}
	app, call := newLogin(t, p)
	p.SetApp(t, app, rookery.Settings{"require_tls": true})
	roots := x509.NewCertPool()
	trusted, err := os.ReadFile(certificate)
	if err != nil || !roots.AppendCertsFromPEM(trusted) {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	rsp, err := client.Post(p.URL+call.Target(), "application/json", strings.NewReader(call.Body))
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := rookery.ReadAnswer(rsp); err != nil || answer.Ret != 0 || rsp.ProtoMajor != 2 {
		t.Errorf("a login by HTTPS and %s: %s, %v", rsp.Proto, answer.Body, err)
	}
	if got := rsp.Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
		t.Errorf("Strict-Transport-Security is %q", got)
	}
	client.CloseIdleConnections()
	for suite, modern := range map[uint16]bool{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: true, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: false} {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(p.URL, "https://"), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite}})
		if (err == nil) != modern {
			t.Errorf("%s: %v", tls.CipherSuiteName(suite), err)
		}
		if err == nil {
			conn.Close()
		}
	}

	write(t, certificate, "broken", 0o644)
	rookery.Until(t, "the broken certificate is logged", func() bool { return strings.Contains(p.Log(), "the new certificate cannot be used") })
	if got := shown(); got != "one" {
		t.Errorf("after a broken one the certificate is %s", got)
	}
	replace(t, certificate, second)
	replace(t, key, secondKey)
	rookery.Until(t, "the new certificate is served", func() bool { return shown() == "two" })
}

// TestTrustedProxies: what a proxy reports about its caller counts, what a caller reports about itself does not.
func TestTrustedProxies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		args []string
		// header is sent; the rest are the answers to a call of an app that allows only callers from 203.0.113.0/24, and of
		// one that requires HTTPS.
		header         http.Header
		address, https int
	}{
		{"trusted", []string{"--http-trusted-proxies", "127.0.0.0/8"},
			http.Header{"X-Forwarded-For": {"203.0.113.9"}, "X-Forwarded-Proto": {"https"}}, 0, 0},
		{"trusted, the caller's own lies", []string{"--http-trusted-proxies", "127.0.0.0/8"},
			http.Header{"X-Forwarded-For": {"203.0.113.9, 198.51.100.1"}, "X-Forwarded-Proto": {"http"}, "Forwarded": {"for=203.0.113.9;proto=https"}}, -4, -7},
		{"trusted, Forwarded", []string{"--http-trusted-proxies", "127.0.0.0/8", "--http-proxy-headers", "forwarded"},
			http.Header{"Forwarded": {"for=198.51.100.1, for=203.0.113.9;proto=https"}}, 0, 0},
		{"another range trusted", []string{"--http-trusted-proxies", "192.0.2.0/24"},
			http.Header{"X-Forwarded-For": {"203.0.113.9"}, "X-Forwarded-Proto": {"https"}}, -4, -7},
		{"nobody trusted", nil,
			http.Header{"X-Forwarded-For": {"203.0.113.9"}, "X-Forwarded-Proto": {"https"}, "Forwarded": {"for=203.0.113.9;proto=https"}}, -4, -7},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := rookery.Serve(t, test.args...)
			app, call := newLogin(t, p)
			call.Header = test.header
			p.SetApp(t, app, rookery.Settings{"allow_ordinary": []string{"203.0.113.0/24"}})
			if answer := p.Call(t, call); answer.Ret != test.address {
				t.Errorf("by address: %s, want %d", answer.Body, test.address)
			}
			p.SetApp(t, app, rookery.Settings{"allow_ordinary": []string{}, "require_tls": true})
			if answer := p.Call(t, call); answer.Ret != test.https {
				t.Errorf("by HTTPS: %s, want %d", answer.Body, test.https)
			}
		})
	}
}

// TestDrain: after the signal readiness fails at once; requests are still answered for stop.notice, and their connections
// closed. The notice outlasts the test, which then ends the platform; after a short notice the platform ends by itself.
func TestDrain(t *testing.T) {
	t.Parallel()
	rookery.Serve(t, "--stop-notice", "100ms").Stop(t)
	p := rookery.Serve(t, "--stop-notice", "10m")
	_, call := newLogin(t, p)
	conn := dial(t, p)
	r := bufio.NewReader(conn)
	ask := func() (*http.Response, rookery.Answer) {
		t.Helper()
		if _, err := io.WriteString(conn, raw(call)); err != nil {
			t.Fatal(err)
		}
		rsp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := rookery.ReadAnswer(rsp)
		if err != nil {
			t.Fatal(err)
		}
		return rsp, answer
	}
	if rsp, answer := ask(); answer.Ret != 0 || rsp.Close {
		t.Fatalf("before the stop: %s, closing %v", answer.Body, rsp.Close)
	}
	p.Signal(t, syscall.SIGTERM)
	rookery.Until(t, "readiness fails", func() bool { return status(t, p.AdminURL+"/readyz") == http.StatusServiceUnavailable })
	if got := status(t, p.AdminURL+"/healthz"); got != http.StatusOK {
		t.Errorf("while draining /healthz has status %d", got)
	}
	if rsp, answer := ask(); answer.Ret != 0 || !rsp.Close {
		t.Errorf("while draining: %s, closing %v", answer.Body, rsp.Close)
	}
	p.Signal(t, syscall.SIGKILL)
	p.WaitFor(t, -1)
}

// TestADeafCallerOfTheBusTakesNobodysTime: games' requests under way are finished while the bus waits for a caller that
// does not read its answers.
func TestADeafCallerOfTheBusTakesNobodysTime(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t, "--oidb-listen", "127.0.0.1:0", "--stop-timeout", "10m")
	_, call := newLogin(t, p)
	deaf, err := net.Dial("tcp", p.OIDB)
	if err != nil {
		t.Fatal(err)
	}
	defer deaf.Close()
	frames := bytes.Repeat(rookery.BusCall{Command: 0x711, ServiceType: 1}.Native(), 1000)
	for err == nil { // until both sides' buffers are full
		if err = deaf.SetWriteDeadline(time.Now().Add(500 * time.Millisecond)); err == nil {
			_, err = deaf.Write(frames)
		}
	}
	finish := begin(t, p, call)
	p.Signal(t, syscall.SIGTERM)
	untilClosed(t, p)
	finish()
	deaf.Close()
	p.WaitFor(t, 0)
}

// TestStopTimeout: a request that does not end is cut off, and the exit status says so.
func TestStopTimeout(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t, "--stop-timeout", "200ms")
	_, call := newLogin(t, p)
	conn := dial(t, p)
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n", call.Target(), len(call.Body))
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("got %q, %v", line, err)
	}
	p.Signal(t, syscall.SIGTERM)
	p.WaitFor(t, 1)
	if !strings.Contains(p.Log(), "some requests did not end within 200ms and were cut off") {
		t.Errorf("the log says %s", p.Log())
	}
}

// TestConnectionCap: at the bound a new connection takes the place of one that waits, and is closed at once while none does.
func TestConnectionCap(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t, "--http-max-connections", "2", "--http-read-timeout", "10m", "--http-header-timeout", "1m")
	_, call := newLogin(t, p)
	busy := []net.Conn{dial(t, p), dial(t, p)}
	for _, conn := range busy {
		if answer := exchange(t, conn, call); answer.Ret != 0 {
			t.Fatalf("got %s", answer.Body)
		}
		fmt.Fprint(conn, "POST /v2/auth/verify_login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{") // and the rest later
	}
	rookery.Until(t, "both requests have begun", func() bool { return p.Metric(t, "rookery_connections_waiting") == 0 })
	refused := func(want float64) {
		t.Helper()
		if got := p.Metric(t, "rookery_connections_refused_total"); got != want {
			t.Errorf("%v connections were refused, want %v", got, want)
		}
	}
	third := dial(t, p)
	if n, err := third.Read(make([]byte, 1)); err == nil {
		t.Errorf("a third connection got %d bytes", n)
	}
	refused(1)
	fmt.Fprint(busy[0], "12345678")
	if rsp, err := http.ReadResponse(bufio.NewReader(busy[0]), nil); err != nil || rsp.StatusCode != http.StatusOK {
		t.Fatalf("the request that was finished: %v, %v", rsp, err)
	} else if _, err := io.Copy(io.Discard, rsp.Body); err != nil {
		t.Fatal(err)
	}
	rookery.Until(t, "one waits", func() bool { return p.Metric(t, "rookery_connections_waiting") == 1 })
	if answer := exchange(t, dial(t, p), call); answer.Ret != 0 {
		t.Errorf("got %s", answer.Body)
	}
	if n, err := busy[0].Read(make([]byte, 1)); err == nil {
		t.Errorf("the connection that waited got %d bytes", n)
	}
	if open := p.Metric(t, "rookery_connections"); open != 2 {
		t.Errorf("%v connections are open", open)
	}
	refused(1)
}

// TestConnectionsOfAnAddress: nobody holds them all, but a proxy may.
func TestConnectionsOfAnAddress(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t, "--http-connections-per-address", "2", "--http-trusted-proxies", "127.0.0.3/32")
	_, call := newLogin(t, p)
	from := func(address string) net.Conn {
		conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
		if err != nil {
			t.Skip("this machine has only one address of its own: ", err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	for range 2 {
		if answer := exchange(t, from("127.0.0.2"), call); answer.Ret != 0 {
			t.Fatalf("got %s", answer.Body)
		}
	}
	if n, err := from("127.0.0.2").Read(make([]byte, 1)); err == nil {
		t.Errorf("a third connection of an address got %d bytes", n)
	}
	if refused := p.Metric(t, "rookery_connections_refused_total"); refused != 1 {
		t.Errorf("%v connections were refused", refused)
	}
	if answer := exchange(t, from("127.0.0.4"), call); answer.Ret != 0 {
		t.Errorf("another address got %s", answer.Body)
	}
	for range 3 {
		if answer := exchange(t, from("127.0.0.3"), call); answer.Ret != 0 {
			t.Errorf("a proxy got %s", answer.Body)
		}
	}
}

// TestServeLimits: a header over its bound, and a caller that sends none.
func TestServeLimits(t *testing.T) {
	t.Parallel()
	// Only the header's time can end the slow connection while the test waits.
	p := rookery.Serve(t, "--http-max-header-bytes", "4096", "--http-header-timeout", "300ms", "--http-read-timeout", "10m", "--http-idle-timeout", "1h")
	large := dial(t, p)
	fmt.Fprintf(large, "GET / HTTP/1.1\r\nHost: x\r\nX: %s\r\n\r\n", strings.Repeat("x", 10<<10))
	if rsp, err := http.ReadResponse(bufio.NewReader(large), nil); err != nil || rsp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a large header: %v, %v", rsp, err)
	}
	slow := dial(t, p)
	fmt.Fprint(slow, "GET / HTTP/1.1\r\n")
	if err := slow.SetReadDeadline(time.Now().Add(rookery.Patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, slow); err != nil {
		t.Errorf("a slow header: %v", err)
	}
}
