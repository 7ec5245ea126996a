package cli

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/server"
)

// platformUnderTest is a platform with the demo world, which operator commands find by its note.
type platformUnderTest struct {
	*server.World
	log   *bytes.Buffer // complete after stop
	stop  func()
	token string
}

// ownFolders keeps a test away from the folders and settings of the person who runs it.
func ownFolders(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("HOME", folder)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(folder, "cache"))
	t.Setenv("ROOKERY_SERVER", "")
	t.Setenv("ROOKERY_TOKEN_FILE", "")
}

func startPlatform(t *testing.T) *platformUnderTest {
	t.Helper()
	ownFolders(t)
	p := &platformUnderTest{log: new(bytes.Buffer)}
	log := slog.New(slog.NewJSONHandler(p.log, nil))
	ctx, cancel := context.WithCancel(context.Background())
	options := devOptions(config.Default(), log)
	options.HTTP.Listen, options.Data = "127.0.0.1:0", t.TempDir()
	served, ready := make(chan error, 1), make(chan *server.Server)
	go func() {
		served <- server.ServeDemo(ctx, options, func(platform *server.Server, world *server.World) {
			p.World = world
			ready <- platform
		})
	}()
	var platform *server.Server
	select {
	case err := <-served:
		cancel()
		t.Fatal(err)
	case platform = <-ready:
	}
	token, err := os.ReadFile(p.AdminTokenFile)
	if err != nil {
		t.Error(err)
	}
	p.token = strings.TrimSpace(string(token))
	withdraw := announce("dev", platform.Addresses(), options.Data, log)
	stopped := false
	p.stop = func() {
		cancel()
		if !stopped {
			stopped = true
			if err := <-served; err != nil {
				t.Errorf("stop: %v", err)
			}
			withdraw()
		}
	}
	t.Cleanup(p.stop)
	return p
}

// run runs a command line that must succeed and returns its standard output.
func run(t *testing.T, in string, args ...string) string {
	t.Helper()
	status, out, errOut := runCommand(t, in, args...)
	if status != ExitOK {
		t.Fatalf("%v: status %d, error %q", args, status, errOut)
	}
	return out
}

// refusal is a command line that must fail.
type refusal struct {
	name   string
	in     string
	args   []string
	status int
	err    string
}

func checkRefusals(t *testing.T, tests []refusal) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, out, errOut := runCommand(t, tt.in, tt.args...)
			if status != tt.status || !strings.Contains(errOut, tt.err) || out != "" {
				t.Errorf("status %d, output %q, error %q, want status %d and %q", status, out, errOut, tt.status, tt.err)
			}
		})
	}
}

// wantAll checks that a text holds each of the words.
func wantAll(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q is missing in\n%s", word, text)
		}
	}
}

// secretFile writes a file of mode 0600.
func secretFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestCommandsFindThePlatform(t *testing.T) {
	p := startPlatform(t)
	token := secretFile(t, "  "+p.token+"\n")
	open := secretFile(t, p.token)
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	wrong := secretFile(t, strings.Repeat("0", 64))
	gone := "http://127.0.0.1:1" // nobody listens on port 1
	tests := []struct {
		name   string
		env    map[string]string
		args   []string
		status int
		err    string
	}{
		{"by its note", nil, nil, ExitOK, ""},
		{"by flags", nil, []string{"--server", p.HTTP + "/", "--token-file", token}, ExitOK, ""},
		{"by environment", map[string]string{"ROOKERY_SERVER": p.HTTP, "ROOKERY_TOKEN_FILE": token}, nil, ExitOK, ""},
		{"a token that Windows wrote", nil, []string{"--server", p.HTTP, "--token-file", secretFile(t, "\ufeff"+p.token+" \r\n")}, ExitOK, ""},
		{"flags before environment", map[string]string{"ROOKERY_SERVER": gone, "ROOKERY_TOKEN_FILE": "/nowhere"},
			[]string{"--server", p.HTTP, "--token-file", token}, ExitOK, ""},
		{"the noted token for the noted platform", nil, []string{"--server", p.HTTP}, ExitOK, ""},
		{"no noted token for another platform", map[string]string{"XDG_CACHE_HOME": t.TempDir()}, []string{"--server", p.HTTP}, ExitUsage,
			"a platform answers at " + p.HTTP + ": name the file with your token with --token-file"},
		{"nobody answers, and no token is named", nil, []string{"--server", gone}, ExitUnreachable, "no platform answers at " + gone},
		{"nobody answers", nil, []string{"--server", gone, "--token-file", token}, ExitUnreachable, "no platform answers at " + gone},
		{"token that others may read", nil, []string{"--token-file", open}, ExitFailure, "may be read by others (mode 0644)"},
		{"no such token file", nil, []string{"--token-file", "/nowhere"}, ExitFailure, "/nowhere"},
		{"token file that is a folder", nil, []string{"--token-file", t.TempDir()}, ExitFailure, "is not a file"},
		{"empty token file", nil, []string{"--token-file", secretFile(t, "\n")}, ExitFailure, "holds no token"},
		{"token file of two lines", nil, []string{"--token-file", secretFile(t, p.token+"\nX: y\n")}, ExitFailure, "holds no token"},
		{"wrong token", nil, []string{"--token-file", wrong}, ExitFailure, "refused the token from " + wrong},
		{"no URL", nil, []string{"--server", "127.0.0.1:8700", "--token-file", token}, ExitUsage, "not a URL such as"},
		{"another scheme", nil, []string{"--server", "ftp://127.0.0.1", "--token-file", token}, ExitUsage, "not a URL such as"},
		{"wrong path", nil, []string{"--server", p.HTTP + "/prefix", "--token-file", token}, ExitFailure, "no admin API answers at " + p.HTTP + "/prefix"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			status, out, errOut := runCommand(t, "", append([]string{"app", "list"}, tt.args...)...)
			if status != tt.status || !strings.Contains(errOut, tt.err) {
				t.Errorf("status %d, error %q, want status %d and %q", status, errOut, tt.status, tt.err)
			}
			if tt.status == ExitOK {
				wantAll(t, out, "Magpie Arena")
			} else if strings.Contains(out+errOut, p.token) {
				t.Errorf("the admin token is shown: %q", out+errOut)
			}
		})
	}
}

func TestNoPlatform(t *testing.T) {
	const advice = "start one with 'rookery dev', or name a running one with --server and --token-file"
	t.Run("none was started", func(t *testing.T) {
		ownFolders(t)
		status, out, errOut := runCommand(t, "", "keys", "list", "--json")
		if status != ExitUnreachable || out != "" || !strings.Contains(errOut, advice) {
			t.Errorf("status %d, output %q, error %q", status, out, errOut)
		}
	})
	t.Run("the only one stopped", func(t *testing.T) {
		startPlatform(t).stop()
		status, _, errOut := runCommand(t, "", "keys", "list")
		if status != ExitUnreachable || !strings.Contains(errOut, "no running platform is known") || !strings.Contains(errOut, advice) {
			t.Errorf("status %d, error %q", status, errOut)
		}
	})
}

// The server at the address may be anything: another program, or a platform in trouble.
func TestOddAnswers(t *testing.T) {
	ownFolders(t)
	tests := []struct {
		name   string
		answer http.HandlerFunc
		status int
		err    string
	}{
		{"web page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, ExitUnreachable, "is not a rookery platform"},
		{"another program's refusal", func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) }, ExitUnreachable, "(HTTP 404) is not a rookery platform"},
		{"JSON of something else", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"apps":3}`) }, ExitFailure, "does not understand the platform's answer"},
		{"redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, ExitUnreachable, "(HTTP 307)"},
		{"failure", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprint(w, `{"error":"the platform failed","request_id":"r-1"}`)
		}, ExitFailure, "the platform failed (request r-1)"},
		{"terminal escapes", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"a\u001b[2Jb"}`)
		}, ExitFailure, "a\ufffd[2Jb"},
		{"too much", func(w http.ResponseWriter, _ *http.Request) {
			for range maxAnswer/(1<<20) + 1 {
				if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<20)); err != nil {
					return
				}
			}
		}, ExitFailure, "has more than"},
		{"broken off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "[")
		}, ExitUnreachable, "no platform answers"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/proof" {
					fmt.Fprintln(w, proofOf("token", r.URL.Query().Get("nonce")))
					return
				}
				tt.answer(w, r)
			}))
			defer other.Close()
			checkRefusals(t, []refusal{{"to list", "", []string{"app", "list", "--server", other.URL, "--token-file", secretFile(t, "token")}, tt.status, tt.err}})
		})
	}
}

// proofOf is the proof that somebody knows a token, written a second time.
func proofOf(token, nonce string) string {
	key := sha256.Sum256([]byte(token))
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte("proof " + nonce))
	return hex.EncodeToString(h.Sum(nil))
}

// TestTheTokenIsNotHandedToAnother: a program that listens in a platform's place gets one request, which opens nothing.
func TestTheTokenIsNotHandedToAnother(t *testing.T) {
	ownFolders(t)
	const token = "0123456789abcdef0123456789abcdef"
	for name, answer := range map[string]func(w http.ResponseWriter, nonce string){
		"an admin API's answer":      func(w http.ResponseWriter, _ string) { fmt.Fprint(w, "[]") },
		"a web page":                 func(w http.ResponseWriter, _ string) { fmt.Fprint(w, "<html>") },
		"nothing":                    func(http.ResponseWriter, string) {},
		"the proof of another token": func(w http.ResponseWriter, nonce string) { fmt.Fprintln(w, proofOf("another", nonce)) },
		"an old proof":               func(w http.ResponseWriter, _ string) { fmt.Fprintln(w, proofOf(token, strings.Repeat("0", 64))) },
		"the proof with a refusal": func(w http.ResponseWriter, nonce string) {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintln(w, proofOf(token, nonce))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				got = append(got, r.Method+" "+r.URL.Path)
				if r.Header.Get("Authorization") != "" || strings.Contains(r.RequestURI, token) {
					t.Errorf("it got the token: %s, %v", r.RequestURI, r.Header)
				}
				answer(w, r.URL.Query().Get("nonce"))
			}))
			defer other.Close()
			status, out, errOut := runCommand(t, "", "app", "list", "--server", other.URL, "--token-file", secretFile(t, token))
			if status != ExitUnreachable || out != "" || !strings.Contains(errOut, "is not a rookery platform") {
				t.Errorf("status %d, output %q, error %q", status, out, errOut)
			}
			if !slices.Equal(got, []string{"GET /proof"}) {
				t.Errorf("it got %q", got)
			}
		})
	}
}
