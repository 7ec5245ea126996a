//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/identity"
	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// meDoor tells an app who an access token is for.
var meDoor = door{"/oauth2.0/me", "/oauth2.0/me", "access", whoAmI, `callback( {"client_id":`, 0.60}

func whoAmI(p *player) []byte {
	return fmt.Appendf(nil, "GET /oauth2.0/me?access_token=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", url.QueryEscape(p.Token))
}

// measureMe compares /oauth2.0/me with the bare handler.
func measureMe(ctx context.Context, s settings, folder string, report *report) error {
	return measureLogin(ctx, s, folder, report, meDoor, "serve")
}

// infoDoor is OpenAPI V3's, which checks a signature and an openkey, and shows a profile.
var infoDoor = door{"/v3/user/get_info", "/v3/user/get_info", "openkey", getInfo, `{"ret":0,`, 0.60}

func getInfo(p *player) []byte {
	query := url.Values{"appid": {p.game.AppID.String()}, "openid": {p.OpenID}, "openkey": {p.Token}, "pf": {"qzone"}, "format": {"json"}}.Encode()
	params, err := sign.Query(nil).AddForm(query)
	if err != nil {
		panic(err) // ours
	}
	return fmt.Appendf(nil, "GET /v3/user/get_info?%s&sig=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", query,
		url.QueryEscape(sign.OpenAPI("GET", "/v3/user/get_info", params, p.game.AppKey)))
}

// measureInfo compares /v3/user/get_info with the bare handler.
func measureInfo(ctx context.Context, s settings, folder string, report *report) error {
	return measureLogin(ctx, s, folder, report, infoDoor, "serve")
}

const (
	tokenAccounts = 20_000
	tokenRedirect = "https://game.example/login"
)

// measureToken measures how fast codes are exchanged for tokens, which is a durable write each, beside the durable commits
// of one row that the store makes for as many callers as the endpoint has connections.
func measureToken(ctx context.Context, s settings, folder string, report *report) (err error) {
	games, err := makeGames(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	game, data := &games[0], filepath.Join(folder, "data")
	if err := seed(ctx, filepath.Join(data, "rookery.db"), game.AppID, tokenAccounts); err != nil {
		return err
	}
	perRound := tokenAccounts
	if s.quick {
		perRound /= 4
	}
	progress("%d authorization codes", perRound*s.rounds)
	codes, err := issueCodes(ctx, data, game.AppID, perRound*s.rounds)
	if err != nil {
		return err
	}
	alone := filepath.Join(folder, "alone")
	if err := os.Mkdir(alone, 0o700); err != nil {
		return err
	}
	st, err := sqlite.Open(ctx, filepath.Join(alone, "rookery.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if err := seed(ctx, filepath.Join(alone, "rookery.db"), game.AppID, tokenAccounts); err != nil {
		return err
	}
	accounts, err := readSeeded(ctx, filepath.Join(alone, "rookery.db"), game.AppID)
	if err != nil {
		return err
	}
	p, err := startServe(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	var commits, exchanges, cpu []float64
	for round := range s.rounds {
		rate, err := repeatedly(ctx, connections, min(s.duration, 2*time.Second), func() error {
			_, err := st.RaisePayEpoch(ctx, game.AppID, accounts[rand.IntN(len(accounts))].openid, 1)
			return err
		})
		if err != nil {
			return err
		}
		commits = append(commits, rate)
		used, err := p.cpu()
		if err != nil {
			return err
		}
		o, err := exchange(ctx, p, game, codes[round*perRound:][:perRound])
		if err != nil {
			return err
		}
		after, err := p.cpu()
		if err != nil {
			return err
		}
		exchanges = append(exchanges, o.perSecond())
		cpu = append(cpu, float64((after-used).Microseconds())/float64(o.answers))
		progress("round %d of %d: %.0f commits, %.0f exchanges a second", round+1, s.rounds, rate, o.perSecond())
	}
	report.add(fmt.Sprintf("store: durable commits of one row, %d callers", connections), median(commits), "/s")
	report.add("token endpoint: codes exchanged, durably", median(exchanges), "/s").beside(exchanges, commits).atLeast(0.50)
	report.add("token endpoint: CPU per exchange", median(cpu), "us")
	return nil
}

// issueCodes makes codes for the seeded accounts in turn, as their consent would.
func issueCodes(ctx context.Context, data string, app rookery.AppID, count int) (codes []string, err error) {
	service, release, err := openIdentity(ctx, data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()
	if err := service.Apps.Load(ctx); err != nil {
		return nil, err
	}
	codes = make([]string, count)
	var (
		group sync.WaitGroup
		errs  = make([]error, committers)
		next  atomic.Int64
	)
	for worker := range errs {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < count && errs[worker] == nil; i = int(next.Add(1)) - 1 {
				codes[i], errs[worker] = service.IssueCode(ctx, identity.Authorization{
					AppID: app, UIN: rookery.UIN(firstSeeded + i%tokenAccounts), RedirectURI: tokenRedirect, Scopes: []string{"get_user_info"},
				})
			}
		})
	}
	group.Wait()
	return codes, errors.Join(errs...)
}

// exchange sends every code once.
func exchange(ctx context.Context, p *platform, g *game, codes []string) (*outcome, error) {
	var next atomic.Int64
	all := make([][]byte, len(codes)) // made before the clock starts, as the other parts' are
	for i, code := range codes {
		body := url.Values{
			"grant_type": {"authorization_code"}, "client_id": {g.AppID.String()}, "client_secret": {g.AppKey},
			"code": {code}, "redirect_uri": {tokenRedirect},
		}.Encode()
		all[i] = fmt.Appendf(nil, "POST /oauth2.0/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	l := &load{addr: p.addr, limit: 5 * time.Minute, sound: "access_token=", requests: func(int) requests {
		return func() []byte {
			i := int(next.Add(1)) - 1
			if i >= len(all) {
				return nil
			}
			return all[i]
		}
	}}
	o, err := l.run(ctx)
	if err != nil {
		return nil, err
	}
	if o.faults > 0 || o.answers != len(codes) {
		return nil, fmt.Errorf("%d of %d codes were exchanged and %d refused, such as %q", o.answers, len(codes), o.faults, o.fault)
	}
	return o, nil
}
