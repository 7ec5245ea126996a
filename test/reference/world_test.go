package reference_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/reference"
	"github.com/rookeryhq/rookery/test/rookery"
)

// started is the time that the examples show in place of the time at which they were made.
var started = time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)

// world is a platform with the people of the examples. The demo world's keys, openids and tokens are the same everywhere, so the
// examples show them; texts such as CODE stand for what differs from platform to platform.
type world struct {
	*rookery.Platform
	arena, harbour rookery.App
	demo, made     map[string]string // by the name that the examples have for it
	began          time.Time
}

func newWorld(t *testing.T) *world {
	p := rookery.Start(t)
	w := &world{Platform: p, arena: p.Apps[0], harbour: p.Apps[1], began: time.Now(), demo: make(map[string]string), made: make(map[string]string)}
	p.SetApp(t, w.arena, rookery.Settings{"message_limits": map[string]int{"pair_day": 10}})
	for prefix, account := range map[string]rookery.Account{"": p.Accounts[0], "FRIEND_": p.Accounts[1]} {
		for of, app := range map[string]rookery.App{"": w.arena, "HARBOUR_": w.harbour} {
			w.demo[of+prefix+"OPENID"] = account.OpenIDs[app.AppID]
			w.demo[of+prefix+"ACCESS_TOKEN"] = account.AccessTokens[app.AppID]
			w.demo[of+prefix+"PAY_TOKEN"] = account.PayTokens[app.AppID]
			w.demo[of+prefix+"OPENKEY"] = account.Openkeys[app.AppID]
			w.demo[of+prefix+"MSDK_OPENID"] = account.MSDKOpenIDs[app.GameID]
			w.demo[of+prefix+"MSDK_TOKEN"] = account.MSDKTokens[app.GameID]
		}
	}
	ann := p.Accounts[0].UIN
	w.made["EXPIRED_MSDK_TOKEN"] = p.Issue(t, rookery.TokenRequest{AppID: w.arena.AppID, UIN: ann, Kind: "msdk", Lifetime: "0s"}).Token
	w.made["LINK"] = p.Issue(t, rookery.TokenRequest{AppID: w.arena.AppID, UIN: ann, Kind: "link"}).Token
	guest := p.Issue(t, rookery.TokenRequest{AppID: w.arena.AppID, UIN: ann, Kind: "guest"})
	w.made["GUEST_TOKEN"], w.made["GUEST_ID"] = guest.Token, guest.GuestID
	// An exchange supersedes the person's tokens, so it is another person's.
	fang := p.Person(t, p.Accounts[5].UIN, p.Accounts[5].Password)
	w.made["CODE"] = fang.Authorize(t, rookery.AuthorizePath(w.arena, "http://127.0.0.1/callback"), "get_user_info").Query().Get("code")
	w.made["ADMIN_TOKEN"] = p.AdminToken()
	return w
}

// word is a text that stands for another.
var word = regexp.MustCompile(`[A-Z]+(_[A-Z]+)*`)

// fill returns a text with what the names in it stand for.
func fill(text string, from ...map[string]string) string {
	return word.ReplaceAllStringFunc(text, func(name string) string {
		for _, names := range from {
			if real, ok := names[name]; ok {
				return real
			}
		}
		return name
	})
}

// Members whose values are new in each answer.
var fresh = regexp.MustCompile(`"(seq|request_id|token|access_token|refresh_token|openkey|password_hash|pf_key|pfKey|joinGroupKey|key|client_sigkey|appkey|msdkkey|peer|ahead|address|skey|sid|group_openid|groupOpenID|message_id|next)":"[^"]+"`)

var (
	openIDs = regexp.MustCompile(`"[0-9A-F]{32}"`)
	sigKey  = regexp.MustCompile(`"(\d)":"[0-9A-Za-z]{32}"`)
	form    = regexp.MustCompile(`(access_token|refresh_token|openkey)=[^&"]+`)
	moment  = regexp.MustCompile(`\b1[789]\d{8}(\d{3})?\b`)
	instant = regexp.MustCompile(`"20\d\d-[^"]*Z"`)
	counted = regexp.MustCompile(`"(seq|duration_us|id)":\d+`)
	waiting = regexp.MustCompile(`"waiting":\d+(,"oldest_ms":\d+)?`)
)

// lifetimes are those of what the examples make.
var lifetimes = []time.Duration{0, time.Hour, 2 * time.Hour, 7 * 24 * time.Hour, 60 * 24 * time.Hour, 90 * 24 * time.Hour}

// shownTime returns a time in an answer, in seconds or milliseconds, as it would be if the clock had stood still at started. What was there
// before the examples counts as made with them.
func (w *world) shownTime(text string) string {
	n, _ := strconv.ParseInt(text, 10, 64)
	at, unit := time.Unix(n, 0), time.Second
	if len(text) == 13 {
		at, unit = time.UnixMilli(n), time.Millisecond
	}
	shown := started
	for _, lifetime := range lifetimes {
		if late := at.Sub(w.began.Add(lifetime)); late > -time.Hour/2 && late < time.Hour {
			shown = started.Add(lifetime)
		}
	}
	return fmt.Sprint(shown.UnixNano() / int64(unit))
}

// shown returns an answer as it is shown.
func (w *world) shown(text string) string {
	for name, real := range w.made {
		text = strings.ReplaceAll(text, real, name)
	}
	text = strings.ReplaceAll(text, w.URL, "http://127.0.0.1:8700")
	text = fresh.ReplaceAllString(text, `"$1":"..."`)
	text = form.ReplaceAllString(text, "$1=...")
	text = openIDs.ReplaceAllStringFunc(text, func(openid string) string {
		for _, account := range w.Accounts {
			for _, known := range account.OpenIDs {
				if openid == strconv.Quote(known) {
					return openid
				}
			}
		}
		return `"NEW_OPENID"`
	})
	text = sigKey.ReplaceAllString(text, `"$1":"..."`)
	text = counted.ReplaceAllString(text, `"$1":1`)
	text = waiting.ReplaceAllString(text, `"waiting":0`)
	text = instant.ReplaceAllString(text, `"`+started.Format(time.RFC3339)+`"`)
	return moment.ReplaceAllStringFunc(text, w.shownTime)
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
	shown := r(func(text string) string { return fill(text, w.demo) })
	sent := r(func(text string) string { return fill(text, w.demo, w.made) })
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
		w.made["GROUP_OPENID"] = m[1]
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
