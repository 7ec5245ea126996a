// Package doctor checks what a new integration trips over: an app's settings, and how the app, its game's server and the platform reach
// each other. A finding names the code with which a caller is refused and the command that mends it.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/idip"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Level says how bad a finding is.
type Level string

// The levels.
const (
	OK      Level = "ok"
	Warning Level = "warning" // some calls will be refused, or are less safe than they could be
	Problem Level = "problem" // calls that are meant to succeed are refused
)

// Finding is the result of a check.
type Finding struct {
	Check   string `json:"check" doc:"what was looked at"`
	Level   Level  `json:"level" oneof:"ok warning problem" doc:"how bad it is"`
	Code    string `json:"code,omitzero" doc:"the code with which callers are refused, such as qq/-3; empty where no code says it"`
	Reason  string `json:"reason" doc:"what was found, in a sentence"`
	Command string `json:"command,omitzero" doc:"the command that mends it; empty where no command can"`
}

// Question says what a game is going to do, so that more can be checked. All of it may be empty.
type Question struct {
	From         []netip.Addr `json:"from,omitzero" doc:"the addresses of its servers"`
	APIs         []string     `json:"apis,omitzero" doc:"paths of the interfaces that it calls"`
	RedirectURIs []string     `json:"redirect_uris,omitzero" doc:"the redirect URIs that it sends"`
}

// Report is what a platform finds about an app.
type Report struct {
	Now      time.Time `json:"now" doc:"the time, by the platform's clock"`
	Address  string    `json:"address" doc:"the address at which games and players reach the platform"`
	TSWindow string    `json:"v5_ts_window" doc:"how far the ts of MSDK V5 may be off, a Go duration; 0s for no limit"`
	V3Window string    `json:"v3_ts_window" doc:"how far the timestamp of MSDK V3 may be off, likewise"`
	Dev      bool      `json:"dev" doc:"the platform is a rookery dev"`
	Findings []Finding `json:"findings" doc:"what was found"`
}

// Options are what a Doctor looks at, and the settings of the platform.
type Options struct {
	Clock    *platform.Clock
	Doors    []*access.Door // for games
	Scenes   func(platform.AppID) []*platform.Scene
	Account  func(context.Context, platform.UIN) (*platform.Account, error)
	Games    *idip.Client
	Dev      bool
	DemoKeys []string // that everybody knows
	Address  string   // base URL at which games and players reach the platform
	HTTPS    bool     // requests can come by HTTPS: to the listener, or to a trusted proxy
	// How far ts of MSDK V5, and timestamp of V3, may be off; 0 for no limit.
	TSWindow, V3TSWindow time.Duration
}

// Doctor examines apps.
type Doctor struct{ Options }

// New returns a doctor.
func New(o Options) *Doctor { return &Doctor{o} }

// Examine checks an app. Errors: platform.ErrInvalid for a question about an interface that does not exist, or the storage's.
func (d *Doctor) Examine(ctx context.Context, app *platform.App, q Question) (*Report, error) {
	e := &examination{Doctor: d, app: app, question: q, update: "rookery app update " + app.AppID.String(), now: d.Clock.Now()}
	for _, check := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"state", e.state},
		{"environment", e.environment},
		{"keys", e.keys},
		{"addresses", e.addresses},
		{"permissions", e.permissions},
		{"rates", e.rates},
		{"redirects", e.redirects},
		{"https", e.https},
		{"idip", e.idip},
		{"scenes", e.scenes},
		{"achievements", e.achievements},
	} {
		e.check, e.fine = check.name, ""
		before := len(e.findings)
		if err := check.run(ctx); err != nil {
			return nil, err
		}
		if len(e.findings) == before {
			e.add(OK, 0, "", "%s", e.fine)
		}
	}
	return &Report{Now: e.now.UTC(), Address: d.Address, TSWindow: d.TSWindow.String(), V3Window: d.V3TSWindow.String(), Dev: d.Dev, Findings: e.findings}, nil
}

// examination is one app's.
type examination struct {
	*Doctor
	app      *platform.App
	question Question
	update   string // the beginning of the command that changes the app
	now      time.Time

	check    string // that runs
	fine     string // what it says when it finds nothing
	findings []Finding
}

func (e *examination) add(level Level, code retcode.Code, command, format string, args ...any) {
	f := Finding{Check: e.check, Level: level, Reason: fmt.Sprintf(format, args...), Command: command}
	if code != 0 {
		f.Code = fmt.Sprintf("%s/%d", code.Domain(), code.Number())
	}
	e.findings = append(e.findings, f)
}

func (e *examination) warn(code retcode.Code, command, format string, args ...any) {
	e.add(Warning, code, command, format, args...)
}

func (e *examination) problem(code retcode.Code, command, format string, args ...any) {
	e.add(Problem, code, command, format, args...)
}

func (e *examination) state(context.Context) error {
	e.fine = "the app takes calls"
	if !e.app.Online {
		e.problem(retcode.QQAppNotOnline, e.update+" --online", "the app is switched off, so all calls are refused")
	}
	return nil
}

func (e *examination) environment(ctx context.Context) error {
	if e.app.Environment == platform.Formal {
		e.fine = "formal: everybody may use the app"
		return nil
	}
	e.fine = fmt.Sprintf("test: the app is only for its %d test numbers", len(e.app.TestNumbers))
	formal := e.update + " --environment formal"
	switch {
	case len(e.app.TestNumbers) == 0:
		e.problem(retcode.QQTestNumberRequired, e.update+" --test-number UIN", "the app is in the test environment and has no test numbers, so nobody may use it")
	case !e.Dev:
		e.warn(retcode.QQTestNumberRequired, formal, "the app is in the test environment: all but its %d test numbers are refused", len(e.app.TestNumbers))
	}
	for _, uin := range e.app.TestNumbers {
		switch _, err := e.Account(ctx, uin); {
		case errors.Is(err, platform.ErrNotFound):
			e.warn(0, "rookery account create", "test number %s is no account", uin)
		case err != nil:
			return err
		}
	}
	return nil
}

// https is about what the platform knows of its address; how it looks from elsewhere is CheckCertificate's business.
func (e *examination) https(context.Context) error {
	e.fine = "games reach the platform at " + e.Address
	u, err := url.Parse(e.Address)
	switch {
	case err != nil:
		return err
	case e.app.RequireTLS && !e.HTTPS:
		e.problem(retcode.QQHTTPSRequired, e.update+" --require-tls=false", "the app requires HTTPS, but the platform has neither http.tls nor http.trusted_proxies, so all calls are refused")
	case e.app.RequireTLS && u.Scheme == "http":
		e.problem(retcode.QQHTTPSRequired, "", "the app requires HTTPS, but the platform's address is %s: set http.public_url to the one with https", e.Address)
	case u.Scheme == "http" && !isLocal(u.Hostname()):
		e.warn(0, "", "the platform's address is %s, so tokens travel unencrypted: set http.tls, or http.public_url to a proxy's address with https", e.Address)
	}
	return nil
}

// isLocal reports whether a host is this machine or a private network, where nothing passes by strangers.
func isLocal(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && (addr.IsLoopback() || addr.IsPrivate() || addr.IsLinkLocalUnicast())
}

// quote writes an argument as a shell reads it.
func quote(text string) string {
	const plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./:,=+@%"
	if text != "" && strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// flags repeats a flag for each value.
func flags[T any](name string, values []T) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString(" " + name + " " + quote(fmt.Sprint(v)))
	}
	return b.String()
}
