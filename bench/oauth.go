//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// meDoor tells an app whose an access token is.
var meDoor = door{"/oauth2.0/me", "/oauth2.0/me", "access", whoAmI, `callback( {"client_id":`, 0.60}

func whoAmI(p *player) []byte {
	return fmt.Appendf(nil, "GET /oauth2.0/me?access_token=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", url.QueryEscape(p.Token))
}

// measureMe compares /oauth2.0/me with the bare handler.
func measureMe(ctx context.Context, s settings, folder string, report *report) error {
	return measureLogin(ctx, s, folder, report, meDoor, "serve")
}

// infoDoor is a door of OpenAPI V3, which checks a signature and an openkey, and shows a profile.
var infoDoor = door{"/v3/user/get_info", "/v3/user/get_info", "openkey", getInfo, `{"ret":0,`, 0.60}

func getInfo(p *player) []byte {
	query := url.Values{"appid": {p.game.AppID.String()}, "openid": {p.OpenID}, "openkey": {p.Token}, "pf": {"qzone"}, "format": {"json"}}.Encode()
	params, err := sign.Query(nil).AddForm(query)
	if err != nil {
		panic(err) // our own query, always valid
	}
	return fmt.Appendf(nil, "GET /v3/user/get_info?%s&sig=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", query,
		url.QueryEscape(sign.OpenAPI("GET", "/v3/user/get_info", params, p.game.AppKey)))
}

// measureInfo compares /v3/user/get_info with the bare handler.
func measureInfo(ctx context.Context, s settings, folder string, report *report) error {
	return measureLogin(ctx, s, folder, report, infoDoor, "serve")
}

// tokenDoor exchanges codes for tokens.
var tokenDoor = door{name: "/oauth2.0/token", path: "/oauth2.0/token", sound: "access_token="}

const (
	tokenAccounts = 20_000
	tokenRedirect = "http://127.0.0.1/callback" // of the demo world
)

// measureToken measures how fast codes are exchanged for tokens, each a durable write, next to the durable one-row commits
// that the store makes: for one caller, each commit with a flush of its own, and for many callers, who share the flushes
// and wait for the processor. For the latter, a bare handler that makes just such a commit shows what HTTP and the load
// generator leave of the machine. The codes come from consents, given to the same platform in the same round.
func measureToken(ctx context.Context, s settings, folder string, report *report) (err error) {
	games, err := makeGames(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	game, data := &games[0], filepath.Join(folder, "data")
	people := tokenAccounts
	if s.quick {
		people /= 4
	}
	if err := seed(ctx, filepath.Join(data, "rookery.db"), game.AppID, people); err != nil {
		return err
	}
	progress("%d people signed in", people)
	consents, err := consentsOf(ctx, data, game.AppID)
	if err != nil {
		return err
	}
	alone, ofBare := filepath.Join(folder, "alone.db"), filepath.Join(folder, "bare.db")
	for _, file := range []string{alone, ofBare} {
		st, err := sqlite.Open(ctx, file) // creates the tables
		if err != nil {
			return err
		}
		if err := errors.Join(st.Close(), seed(ctx, file, game.AppID, people)); err != nil {
			return err
		}
	}
	st, commit, err := committer(ctx, alone, game.AppID)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	p, err := startServe(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	codes, err := consent(ctx, p, consents[:1])
	if err != nil {
		return err
	}
	same, err := tokenDoor.ask(p.addr, exchange(game, codes)[0])
	if err != nil {
		return err
	}
	same.Store, same.App = ofBare, game.AppID
	bare, err := startBare(ctx, same)
	if err != nil {
		return err
	}
	defer bare.cmd.Wait() // it ends only by a kill
	defer bare.cmd.Process.Kill()

	turns := []*tokenTurn{{callers: 1}, {callers: connections}}
	for round := range s.rounds {
		codes, err := consent(ctx, p, consents)
		if err != nil {
			return err
		}
		requests := exchange(game, codes)
		for _, turn := range turns {
			some := requests
			if turn.callers == 1 { // takes its time
				some, requests = requests[:len(requests)/10], requests[len(requests)/10:]
			}
			rate, err := repeatedly(ctx, turn.callers, min(s.duration, 2*time.Second), func() error { return commit(ctx) })
			if err != nil {
				return err
			}
			turn.commits = append(turn.commits, rate)
			o, err := sendOnce(ctx, &load{addr: bare.addr, callers: turn.callers, sound: tokenDoor.sound}, some)
			if err != nil {
				return err
			}
			turn.bares = append(turn.bares, o.perSecond())
			used, err := p.cpu()
			if err != nil {
				return err
			}
			if o, err = sendOnce(ctx, &load{addr: p.addr, callers: turn.callers, sound: tokenDoor.sound}, some); err != nil {
				return err
			}
			after, err := p.cpu()
			if err != nil {
				return err
			}
			turn.exchanges = append(turn.exchanges, o.perSecond())
			turn.cpu = append(turn.cpu, float64((after-used).Microseconds())/float64(o.answers))
			progress("round %d of %d, callers %d: %.0f commits, %.0f over HTTP, %.0f exchanges a second", round+1, s.rounds,
				turn.callers, rate, turn.bares[round], turn.exchanges[round])
		}
	}
	one, many := turns[0], turns[1]
	for _, turn := range turns {
		with := fmt.Sprintf(", callers: %d", turn.callers)
		report.add("store: durable commits of one row"+with, median(turn.commits), "/s")
		report.add("bare handler that makes such a commit"+with, median(turn.bares), "/s").beside(turn.bares, turn.commits)
		report.add("token endpoint: exchanges beside the store's commits"+with, median(turn.exchanges), "/s").beside(turn.exchanges, turn.commits)
		report.add("token endpoint: exchanges beside the bare handler's"+with, median(turn.exchanges), "/s").beside(turn.exchanges, turn.bares).
			atLeast(0.70) // docs/adr/0011
		report.add("token endpoint: CPU per exchange"+with, median(turn.cpu), "us")
	}
	report.add(fmt.Sprintf("token endpoint: exchanges of %d callers beside the store's commits of one", many.callers), median(many.exchanges), "/s").
		beside(many.exchanges, one.commits).atLeast(0.50)
	return nil
}

// tokenTurn holds what so many callers reached, one figure per round.
type tokenTurn struct {
	callers                        int
	commits, bares, exchanges, cpu []float64
}

// consentsOf returns, for every seeded account, the request by which its owner, who is signed in, grants the app what it
// asks for. Signing all of them in over HTTP would take minutes, since checking a password is costly.
func consentsOf(ctx context.Context, data string, app rookery.AppID) (requests [][]byte, err error) {
	service, release, err := openIdentity(ctx, data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()
	accounts, err := readSeeded(ctx, filepath.Join(data, "rookery.db"), app, 1)
	if err != nil {
		return nil, err
	}
	path := "/oauth2.0/authorize?" + url.Values{"response_type": {"code"}, "client_id": {app.String()}, "redirect_uri": {tokenRedirect}}.Encode()
	for _, one := range accounts {
		account, err := service.Account(ctx, one.uin)
		if err != nil {
			return nil, err
		}
		cookie, err := service.NewSession(ctx, account)
		if err != nil {
			return nil, err
		}
		session, err := service.Session(ctx, cookie)
		if err != nil {
			return nil, err
		}
		requests = append(requests, post(path, url.Values{"do": {"allow"}, "token": {session.FormToken()}, "scope": {"get_user_info"}}, "Cookie: rookery="+cookie+"\r\n"))
	}
	return requests, nil
}

// post returns a form as a request.
func post(path string, form url.Values, header string) []byte {
	body := form.Encode()
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n%sContent-Length: %d\r\n\r\n%s", path, header, len(body), body)
}

// consent makes every person consent once and returns the codes from the redirects.
func consent(ctx context.Context, p *platform, consents [][]byte) (codes []string, err error) {
	var mu sync.Mutex
	o, err := sendOnce(ctx, &load{addr: p.addr, status: "303", answered: func(answer []byte) {
		_, location, _ := bytes.Cut(answer, []byte("\r\nLocation: "+tokenRedirect+"?code="))
		code, _, found := bytes.Cut(location, []byte("&")) // iss is next
		if mu.Lock(); found {
			codes = append(codes, string(code))
		}
		mu.Unlock()
	}}, consents)
	if err == nil && len(codes) != o.answers {
		err = fmt.Errorf("%d codes for %d consents", len(codes), o.answers)
	}
	return codes, err
}

// exchange returns, for every code, the request with which the game's server gets its tokens.
func exchange(g *game, codes []string) (requests [][]byte) {
	for _, code := range codes {
		requests = append(requests, post(tokenDoor.path, url.Values{
			"grant_type": {"authorization_code"}, "client_id": {g.AppID.String()}, "client_secret": {g.AppKey}, "code": {code}, "redirect_uri": {tokenRedirect},
		}, ""))
	}
	return requests
}

// sendOnce sends each request once; every answer must be valid.
func sendOnce(ctx context.Context, l *load, all [][]byte) (*outcome, error) {
	var sent atomic.Int64
	l.limit = 5 * time.Minute
	l.requests = func(int) requests {
		return func() []byte {
			i := int(sent.Add(1)) - 1
			if i >= len(all) {
				return nil
			}
			return all[i]
		}
	}
	o, err := l.run(ctx)
	if err == nil && (o.faults > 0 || o.answers != len(all)) {
		err = fmt.Errorf("%d of %d requests were answered and %d refused, such as %q", o.answers, len(all), o.faults, o.fault)
	}
	return o, err
}
