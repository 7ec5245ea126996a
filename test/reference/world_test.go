package reference_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/reference"
	"github.com/rookeryhq/rookery/test/rookery"
)

// started is the time at which the examples are made.
var started = time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)

// world is a platform with the people of the examples, and what stands for them: the examples have texts such as ACCESS_TOKEN in place
// of what differs from platform to platform.
type world struct {
	*rookery.Platform
	arena, harbour rookery.App // whose keys are the same everywhere
	pairs          [][2]string // what is shown, and what is real
}

func newWorld(t *testing.T) *world {
	p := rookery.Start(t)
	p.SetClock(t, started)
	w := &world{Platform: p, arena: p.Apps[0], harbour: p.Apps[1]}
	p.SetApp(t, w.arena, rookery.Settings{"message_limits": map[string]int{"pair_day": 10}})
	ann, ben := p.Accounts[0].UIN, p.Accounts[1].UIN
	// What expires or signs in comes first: a newer access token supersedes the ones before it.
	for kind, name := range map[string]string{"msdk": "EXPIRED_MSDK_TOKEN", "access": "EXPIRED_ACCESS_TOKEN", "openkey": "EXPIRED_OPENKEY"} {
		w.stand(name, p.Issue(t, rookery.TokenRequest{AppID: w.arena.AppID, UIN: ann, Kind: kind, Lifetime: "0s"}).Token)
	}
	back := p.Person(t, ann, p.Accounts[0].Password).Authorize(t, rookery.AuthorizePath(w.harbour, "http://127.0.0.1/callback"), "get_user_info")
	w.stand("CODE", back.Query().Get("code"))
	for _, one := range []struct {
		uin, prefix string
		app         rookery.App
	}{{ann, "", w.arena}, {ben, "FRIEND_", w.arena}, {ann, "HARBOUR_", w.harbour}, {ben, "HARBOUR_FRIEND_", w.harbour}} {
		for _, kind := range []string{"access", "pay", "openkey", "msdk"} {
			token := p.Issue(t, rookery.TokenRequest{AppID: one.app.AppID, UIN: one.uin, Kind: kind})
			name := map[string]string{"access": "ACCESS_TOKEN", "pay": "PAY_TOKEN", "openkey": "OPENKEY", "msdk": "MSDK_TOKEN"}[kind]
			w.stand(one.prefix+name, token.Token)
			w.stand(one.prefix+"OPENID", token.OpenID)
			if kind == "msdk" {
				w.stand(one.prefix+"MSDK_OPENID", token.MSDKOpenID)
			}
		}
	}
	w.stand("LINK", p.Issue(t, rookery.TokenRequest{AppID: w.arena.AppID, UIN: ann, Kind: "link"}).Token)
	guest := p.Issue(t, rookery.TokenRequest{AppID: w.arena.AppID, UIN: ann, Kind: "guest"})
	w.stand("GUEST_TOKEN", guest.Token)
	w.stand("GUEST_ID", guest.GuestID)
	w.stand("ADMIN_TOKEN", p.AdminToken())
	return w
}

// stand makes a text stand for a real one; the last one with a name counts.
func (w *world) stand(shown, real string) {
	w.pairs = slices.DeleteFunc(w.pairs, func(p [2]string) bool { return p[0] == shown })
	w.pairs = append(w.pairs, [2]string{shown, real})
}

// word is a text that stands for another.
var word = regexp.MustCompile(`[A-Z]+(_[A-Z]+)*`)

// real returns a text with what is real in place of what stands for it.
func (w *world) real(text string) string {
	return word.ReplaceAllStringFunc(text, func(name string) string {
		for _, p := range w.pairs {
			if p[0] == name {
				return p[1]
			}
		}
		return name
	})
}

// Members whose values are new in each answer.
var fresh = regexp.MustCompile(`"(seq|request_id|token|access_token|refresh_token|openkey|password_hash|pf_key|pfKey|joinGroupKey|key|client_sigkey|appkey|msdkkey|peer|ahead|address|skey|sid|group_openid|groupOpenID|message_id|next)":"[^"]+"`)

var (
	others  = regexp.MustCompile(`"[0-9A-F]{32}"`)
	others5 = regexp.MustCompile(`"\d{17,20}"`)
	sigKey  = regexp.MustCompile(`"([01])":"[0-9A-Za-z]{32}"`)
	form    = regexp.MustCompile(`(access_token|refresh_token|openkey)=[^&"]+`)
	moment  = regexp.MustCompile(`\b1[78]\d{8}(\d{3})?\b`)
	instant = regexp.MustCompile(`"20\d\d-[^"]*Z"`)
	counted = regexp.MustCompile(`"(seq|duration_us|id)":\d+`)
	waiting = regexp.MustCompile(`"waiting":\d+(,"oldest_ms":\d+)?`)
)

// lifetimes are those of what the examples make.
var lifetimes = []time.Duration{0, time.Hour, 2 * time.Hour, 7 * 24 * time.Hour, 60 * 24 * time.Hour, 90 * 24 * time.Hour}

// shownTime returns a time in an answer, in seconds or milliseconds, as it would be if the clock had stood still. What was there before
// the examples counts as made with them.
func shownTime(text string) string {
	n, _ := strconv.ParseInt(text, 10, 64)
	at, unit := time.Unix(n, 0), time.Second
	if len(text) == 13 {
		at, unit = time.UnixMilli(n), time.Millisecond
	}
	shown := started
	for _, lifetime := range lifetimes {
		if late := at.Sub(started.Add(lifetime)); late >= 0 && late < time.Hour {
			shown = started.Add(lifetime)
		}
	}
	return fmt.Sprint(shown.UnixNano() / int64(unit))
}

// shown returns an answer as it is shown.
func (w *world) shown(text string) string {
	for _, p := range w.pairs {
		if p[1] != "" {
			text = strings.ReplaceAll(text, p[1], p[0])
		}
	}
	text = strings.ReplaceAll(text, w.URL, "http://127.0.0.1:8700")
	text = fresh.ReplaceAllString(text, `"$1":"..."`)
	text = form.ReplaceAllString(text, "$1=...")
	text = others.ReplaceAllString(text, `"OTHER_OPENID"`)
	text = others5.ReplaceAllString(text, `"OTHER_MSDK_OPENID"`)
	text = sigKey.ReplaceAllString(text, `"$1":"..."`)
	text = counted.ReplaceAllString(text, `"$1":1`)
	text = waiting.ReplaceAllString(text, `"waiting":0`)
	text = instant.ReplaceAllString(text, `"`+started.Format(time.RFC3339)+`"`)
	return moment.ReplaceAllStringFunc(text, shownTime)
}

// groupOpenID is the name of a group in an answer, which later examples need.
var groupOpenID = regexp.MustCompile(`"groupOpenid":"([0-9A-F]{32})"`)

// request is a request before it is signed: what it returns depends on the texts that it is given.
type request func(fill func(string) string) reference.Example

// replacing returns the request with another text in place of one in its body and its parameters.
func (r request) replacing(old, new string) request {
	return func(fill func(string) string) reference.Example {
		return r(func(text string) string { return fill(strings.Replace(text, old, new, 1)) })
	}
}

// send makes a request, and returns it as it is shown, with its answer.
func (w *world) send(t *testing.T, r request) *reference.Example {
	t.Helper()
	shown, sent := r(func(text string) string { return text }), r(w.real)
	req, err := http.NewRequest(sent.Method, w.URL+sent.Target, strings.NewReader(sent.Body))
	if err != nil {
		t.Fatal(err)
	}
	if sent.Media != "" {
		req.Header.Set("Content-Type", sent.Media)
	}
	if sent.Auth != "" {
		req.Header.Set("Authorization", sent.Auth)
	}
	reply := w.SendRequest(t, req)
	if m := groupOpenID.FindStringSubmatch(reply.Body); m != nil {
		w.stand("GROUP_OPENID", m[1])
	}
	shown.Status, shown.Answer = reply.Status, w.shown(reply.Body)
	return &shown
}

const (
	jsonMedia = "application/json"
	formMedia = "application/x-www-form-urlencoded"
)

// v5 is a call of MSDK V5 by a game's back end. more are parameters of the URL: name and value in turn.
func v5(app rookery.App, path, body string, more ...string) request {
	return func(fill func(string) string) reference.Example {
		call := rookery.NewCall(app, path, fill(body)).With("ts", fmt.Sprint(started.Unix()))
		e := reference.Example{Method: "POST", Media: jsonMedia, Body: call.Body}
		if body == "" {
			e.Method, e.Media = "GET", ""
		}
		for i := 0; i+1 < len(more); i += 2 {
			call = call.With(more[i], fill(more[i+1]))
		}
		e.Target = call.Target()
		return e
	}
}

// v5Client is a call of MSDK V5 by a game's client.
func v5Client(app rookery.App, path, body string) request {
	return func(fill func(string) string) reference.Example {
		call := rookery.NewCall(app, path, fill(body)).With("ts", fmt.Sprint(started.Unix())).Without("source")
		call.Key, call.Client = app.ClientSigKey, true
		return reference.Example{Method: "POST", Media: jsonMedia, Body: call.Body, Target: call.Target()}
	}
}

func v3(app rookery.App, path, body string, more ...string) request {
	return func(fill func(string) string) reference.Example {
		call := rookery.NewV3Call(app, path, fill(body)).With("timestamp", fmt.Sprint(started.Unix()))
		for i := 0; i+1 < len(more); i += 2 {
			call = call.With(more[i], fill(more[i+1]))
		}
		return reference.Example{Method: "POST", Media: jsonMedia, Body: call.Body, Target: call.Target()}
	}
}

// signedForm is a call of OpenAPI V3, or one that is signed as such: a GET, or a POST of a form.
func signedForm(app rookery.App, method, path string, params ...string) request {
	return func(fill func(string) string) reference.Example {
		call := rookery.OpenAPICall{Method: method, Path: path, Key: app.AppKey, Params: map[string]string{"appid": app.AppID}}
		for i := 0; i+1 < len(params); i += 2 {
			call.Params[params[i]] = fill(params[i+1])
		}
		if method == http.MethodPost {
			return reference.Example{Method: method, Target: path, Media: formMedia, Body: call.Form()}
		}
		return reference.Example{Method: method, Target: path + "?" + call.Form()}
	}
}

func openAPI(app rookery.App, path string, params ...string) request {
	return signedForm(app, "GET", path, append([]string{"openid", "OPENID", "openkey", "OPENKEY", "pf", "qzone"}, params...)...)
}

// plain is a request without a signature: a GET, or a POST of a form, perhaps with HTTP Basic.
func plain(method, path, params, auth string) request {
	return func(fill func(string) string) reference.Example {
		e := reference.Example{Method: method, Target: path, Auth: auth}
		if method == http.MethodPost {
			e.Media, e.Body = formMedia, fill(params)
		} else {
			e.Target += "?" + fill(params)
		}
		return e
	}
}

func game(app rookery.App, cmd string, params ...string) request {
	return func(fill func(string) string) reference.Example {
		call := rookery.NewGameCall(app, cmd, fill("OPENID"), fill("ACCESS_TOKEN"))
		for i := 0; i+1 < len(params); i += 2 {
			call = call.With(params[i], fill(params[i+1]))
		}
		return reference.Example{Method: "GET", Target: rookery.GameCenterPath + "?" + call.Form()}
	}
}

// admin is a request of an operator.
func admin(pattern, body string) request {
	method, target, _ := strings.Cut(pattern, " ")
	return func(fill func(string) string) reference.Example {
		e := reference.Example{Method: method, Target: fill(target), Auth: "Bearer " + fill("ADMIN_TOKEN"), Body: fill(body)}
		if body != "" {
			e.Media = jsonMedia
		}
		return e
	}
}
