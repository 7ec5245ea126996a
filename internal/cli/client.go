package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/operators"
	"github.com/rookeryhq/rookery/internal/server"
)

// client speaks to a running platform's admin API for the operator commands.
type client struct {
	*streams
	server, tokenFile string
	asJSON            bool
}

// Bounds on an exchange with the admin API.
const (
	askTimeout = 10 * time.Second
	maxAnswer  = 16 << 20
)

const operatorLong = `

These commands work on a running platform through its admin API: the one that runs on this machine, or the one that
--server and --token-file, or ROOKERY_SERVER and ROOKERY_TOKEN_FILE, name. 'rookery dev list' lists those that run here;
for one of them --server is enough.`

// addFlags gives a group of operator commands their common flags.
func (c *client) addFlags(group *cobra.Command) *cobra.Command {
	group.Long = cmp.Or(group.Long, group.Short+".") + operatorLong
	flags := group.PersistentFlags()
	c.addPlatformFlags(flags)
	flags.BoolVar(&c.asJSON, "json", false, "print the admin API's answer as JSON")
	return group
}

// addPlatformFlags adds the flags that name a platform.
func (c *client) addPlatformFlags(flags *pflag.FlagSet) {
	flags.StringVar(&c.server, "server", "", "`URL` of the platform; or ROOKERY_SERVER (default: the one that runs on this machine)")
	flags.StringVar(&c.tokenFile, "token-file", "", "`file` with your token, or with the platform's admin token; or ROOKERY_TOKEN_FILE")
}

// ask sends a request, with in as its body unless that is nil, and prints the answer.
func ask[T any](ctx context.Context, c *client, method, path string, in any, show func(T) error) error {
	answer, err := c.call(ctx, method, path, in)
	if err != nil {
		return err
	}
	return display(c, answer, show)
}

// display prints an answer: as received with --json, otherwise through show.
func display[T any](c *client, answer jsontext.Value, show func(T) error) error {
	if c.asJSON {
		if err := answer.Indent(jsontext.WithIndent("  ")); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.out, "%s\n", answer)
		return err
	}
	var out T
	if err := json.Unmarshal(answer, &out); err != nil {
		return fmt.Errorf("this rookery does not understand the platform's answer: %w", err)
	}
	return show(out)
}

func (c *client) call(ctx context.Context, method, path string, in any) (jsontext.Value, error) {
	to, err := c.find()
	if err != nil {
		return nil, err
	}
	if to.tokenFile == "" {
		// First make sure that a platform answers there: the request itself must not go to anybody else.
		method, path, in = http.MethodGet, "/admin/v1/oidb/policy", nil
	}
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return nil, usageErrorf("the request cannot be written: %w", err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, to.server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if to.token != "" {
		req.Header.Set("Authorization", "Bearer "+to.token)
	}
	req.Header.Set("Content-Type", "application/json")
	if to.token != "" && strings.HasPrefix(to.server, "http:") { // HTTPS proves it by the certificate
		if err := to.prove(ctx); err != nil {
			return nil, err
		}
		if config.Unencrypted(to.server) {
			fmt.Fprintf(c.err, "warning: %s is plain HTTP, so your token travels unencrypted: use https\n", to.server)
		}
	}
	status, answer, err := to.send(req)
	if err != nil {
		return nil, err
	}
	return to.judge(path, status, answer)
}

// target is a platform and the token of its admin API.
type target struct{ server, token, tokenFile string }

// prove returns an error unless the server proves that it knows the token: anybody may listen where a platform is expected.
func (to *target) prove(ctx context.Context) error {
	c := operators.NewChallenge(to.token)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to.server+server.ProofPath+"?"+url.Values{"who": {c.Who}, "nonce": {c.Nonce}}.Encode(), nil)
	if err != nil {
		return err
	}
	status, answer, err := to.send(req)
	if err != nil {
		return err
	}
	if status == http.StatusOK && c.ProvedBy(to.token, strings.TrimSpace(string(answer))) {
		return nil
	}
	if _, err := to.judge(server.ProofPath, status, answer); err != nil {
		return err
	}
	return unreachablef("the server at %s (HTTP %d) is not a rookery platform", to.server, status)
}

// send sends a request and reads the answer.
func (to *target) send(req *http.Request) (status int, answer []byte, err error) {
	web := http.Client{
		Timeout: askTimeout,
		// A request may hold a password: it goes where the operator said and must not follow a redirect elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	rsp, err := web.Do(req)
	if err != nil {
		return 0, nil, noAnswer(req.Context(), to.server, err)
	}
	defer rsp.Body.Close()
	if answer, err = io.ReadAll(io.LimitReader(rsp.Body, maxAnswer+1)); err != nil {
		return 0, nil, noAnswer(req.Context(), to.server, err)
	}
	return rsp.StatusCode, answer, nil
}

// judge returns the answer of a success, and an error for a refusal or for an answer that no admin API gives.
func (to *target) judge(path string, status int, answer jsontext.Value) (jsontext.Value, error) {
	if len(answer) > maxAnswer {
		return nil, fmt.Errorf("the answer of %s has more than %d bytes", to.server, maxAnswer)
	}
	if status/100 == 2 && answer.IsValid() {
		return answer, nil
	}
	var refusal struct {
		Error     string `json:"error"`
		RequestID string `json:"request_id"`
	}
	switch {
	case status < 400 || json.Unmarshal(answer, &refusal) != nil || refusal.Error == "":
		return nil, unreachablef("the server at %s (HTTP %d) is not a rookery platform", to.server, status)
	case status == http.StatusUnauthorized && to.tokenFile == "":
		return nil, usageErrorf("a platform answers at %s: name the file with your token with --token-file or ROOKERY_TOKEN_FILE", to.server)
	case status == http.StatusUnauthorized:
		return nil, fmt.Errorf("the platform at %s refused the token from %s: it belongs to another platform, or to an operator who was removed or has another one", to.server, to.tokenFile)
	case strings.HasPrefix(refusal.Error, server.NoPath) && strings.HasPrefix(path, "/dev/"):
		return nil, fmt.Errorf("the platform at %s is not a rookery dev: only rookery dev has a clock to move, faults, forced answers and a list of requests", to.server)
	case strings.HasPrefix(refusal.Error, server.NoPath):
		return nil, fmt.Errorf("no admin API answers at %s: rookery serve has it at admin.listen", to.server)
	case status >= 500:
		return nil, fmt.Errorf("%s (request %s)", clean(refusal.Error), clean(refusal.RequestID))
	default:
		return nil, errors.New(clean(refusal.Error))
	}
}

// find returns the platform to talk to. It has no token file when none is known.
func (c *client) find() (*target, error) {
	to := &target{
		server:    strings.TrimRight(cmp.Or(c.server, os.Getenv("ROOKERY_SERVER")), "/"),
		tokenFile: cmp.Or(c.tokenFile, os.Getenv("ROOKERY_TOKEN_FILE")),
	}
	if to.server == "" {
		only, err := onlyPlatform("--server", "ROOKERY_SERVER", func(p *runningPlatform) string { return p.Admin })
		if err != nil {
			return nil, err
		}
		if only == nil {
			return nil, unreachablef("no running platform is known on this machine")
		}
		to.server = only.Admin
	}
	if u, err := url.Parse(to.server); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, usageErrorf("--server (or ROOKERY_SERVER) %q is not a URL such as http://127.0.0.1:8700", to.server)
	}
	if to.tokenFile == "" {
		to.tokenFile = notedTokenFile(to.server)
	}
	if to.tokenFile == "" {
		return to, nil
	}
	var err error
	to.token, err = server.ReadToken(to.tokenFile)
	return to, err
}

// notedTokenFile returns the file with the admin token of a platform that runs on this machine; no other server is sent it.
func notedTokenFile(server string) string {
	all, _ := runningPlatforms() // without notes no platform is known
	for _, p := range all {
		if p.Admin == server {
			return p.AdminTokenFile
		}
	}
	return ""
}

func noAnswer(ctx context.Context, server string, err error) error {
	if ctx.Err() != nil {
		return errInterrupted
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		if failed.Timeout() {
			return unreachablef("%s has not answered within %s", server, askTimeout)
		}
		err = failed.Err // without the URL, which is in the sentence already
	}
	return unreachablef("no platform answers at %s (%w)", server, err)
}

func unreachablef(format string, args ...any) error {
	err := fmt.Errorf(format+": start one with 'rookery dev', or name a running one with --server and --token-file", args...)
	return &exitError{status: ExitUnreachable, err: err}
}
