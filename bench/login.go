//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/sign"
)

// door is a door at which a login is checked.
type door struct {
	name    string
	path    string
	kind    string // of the token that proves a login at this door
	request func(*player) []byte
	sound   string  // the beginning of a valid answer's body
	target  float64 // for the ratio of its rate to the bare handler's
}

const (
	v5Path = "/v2/auth/verify_login"
	v3Path = "/auth/verify_login"
	retOK  = `{"ret":0,`
)

var (
	v5Door = door{"verify_login", v5Path, "msdk", v5Login, retOK, 0.88}
	v3Door = door{"V3 verify_login", v3Path, "access", v3Login, retOK, 0.88}
)

// player is a person who logged in at a game.
type player struct {
	game       *game
	uin        string
	OpenID     string `json:"openid"`
	MSDKOpenID string `json:"msdk_openid"`
	Token      string `json:"token"`
}

// side is one of the servers that are compared.
type side struct {
	name     string
	process  *process
	door     *door
	logins   [][]byte // requests
	results  []result
	requests int // answered in all, including warm-up
}

// result is one side's turn in one round.
type result struct {
	*outcome
	cpu, generator time.Duration
	allocated      allocations
}

// measureV5Login compares verify_login of MSDK V5 with the bare handler: as `rookery serve` answers it, which has the
// target, and as `rookery dev` does, which records every request for its inspector.
func measureV5Login(ctx context.Context, s settings, folder string, report *report) error {
	return measureLogin(ctx, s, folder, report, v5Door, "serve", "dev")
}

// measureV3Login does the same for MSDK V3, as `rookery serve` answers it.
func measureV3Login(ctx context.Context, s settings, folder string, report *report) error {
	return measureLogin(ctx, s, folder, report, v3Door, "serve")
}

func measureLogin(ctx context.Context, s settings, folder string, report *report, door door, commands ...string) (err error) {
	var platforms []*platform
	defer func() {
		for _, p := range platforms {
			err = errors.Join(err, p.stop())
		}
	}()
	bare := &side{name: "bare handler for " + door.name, door: &door}
	sides := []*side{bare}
	for _, command := range commands {
		own := filepath.Join(folder, command)
		if err := os.Mkdir(own, 0o700); err != nil {
			return err
		}
		games, err := makeGames(ctx, s.binary, own)
		if err != nil {
			return err
		}
		var p *platform
		if command == "serve" {
			p, err = startServe(ctx, s.binary, own)
		} else {
			p, _, err = startDev(ctx, s.binary, own)
		}
		if err != nil {
			return err
		}
		platforms = append(platforms, p)
		progress("%d accounts through the admin API of %s", s.accounts, command)
		players, err := makePlayers(ctx, p, games, s.accounts, door.kind)
		if err != nil {
			return err
		}
		sides = append(sides, &side{name: door.name + ", " + command, process: p.process, door: &door, logins: door.requests(players)})
	}
	bare.logins = sides[1].logins
	same, err := door.ask(sides[1].process.addr, bare.logins[0])
	if err != nil {
		return err
	}
	sides[1].requests++
	if bare.process, err = startBare(ctx, same); err != nil {
		return err
	}
	defer bare.process.cmd.Wait() // it ends only by a kill
	defer bare.process.cmd.Process.Kill()

	if err := takeTurns(ctx, s, sides); err != nil {
		return err
	}
	loaded, err := platforms[0].memory()
	if err != nil {
		return err
	}
	for len(platforms) > 0 {
		p, side := platforms[0], sides[len(sides)-len(platforms)]
		platforms = platforms[1:]
		if err := p.stop(); err != nil { // this also flushes the log
			return err
		}
		events, err := countEvents(p.log, door.path)
		if err != nil {
			return err
		}
		if events != side.requests {
			return fmt.Errorf("%s: %d answers, %d events in the log", side.name, side.requests, events)
		}
	}
	addLogin(report, bare, sides[1:])
	report.add(sides[1].name+": resident memory after the load", loaded.resident, "MB")
	return nil
}

// takeTurns measures the sides, one after the other in each round.
func takeTurns(ctx context.Context, s settings, sides []*side) error {
	for round := range s.rounds {
		for _, side := range sides {
			if err := side.turn(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", side.name, err)
			}
			progress("round %d of %d: %s %.0f req/s", round+1, s.rounds, side.name, side.results[round].perSecond())
		}
	}
	return nil
}

// each returns a figure of every turn.
func (s *side) each(of func(result) float64) (values []float64) {
	for _, r := range s.results {
		values = append(values, of(r))
	}
	return values
}

// cpu returns the CPU microseconds per request of every turn.
func (s *side) cpu() []float64 {
	return s.each(func(r result) float64 { return float64(r.cpu.Microseconds()) / float64(r.answers) })
}

// turn warms up a side and measures it.
func (s *side) turn(ctx context.Context, set settings) error {
	l := &load{addr: s.process.addr, requests: repeat(s.logins), sound: s.door.sound, limit: set.warmUp}
	warm, err := l.run(ctx)
	if err != nil {
		return err
	}
	l.limit = set.duration
	before, err := s.process.allocated()
	if err != nil {
		return err
	}
	cpu, err := s.process.cpu()
	if err != nil {
		return err
	}
	r := result{generator: -ownCPU(), cpu: -cpu}
	if r.outcome, err = l.run(ctx); err != nil {
		return err
	}
	r.generator += ownCPU()
	if cpu, err = s.process.cpu(); err != nil {
		return err
	}
	r.cpu += cpu
	after, err := s.process.allocated()
	if err != nil {
		return err
	}
	r.allocated = allocations{after.objects - before.objects, after.bytes - before.bytes}
	s.requests += warm.answers + r.answers
	s.results = append(s.results, r)
	if faults := warm.faults + r.faults; faults > 0 {
		return fmt.Errorf("%d answers were not sound, such as %q", faults, warm.fault+r.fault)
	}
	return ctx.Err()
}

func addLogin(report *report, bare *side, others []*side) {
	// add returns the row of the first of the others.
	add := func(measure, unit string, of func(result) float64) (first *row) {
		b := bare.each(of)
		report.add(bare.name+": "+measure, median(b), unit)
		for _, other := range others {
			values := other.each(of)
			row := report.add(other.name+": "+measure, median(values), unit).beside(values, b)
			if first == nil {
				first = row
			}
		}
		return first
	}
	add("requests", "/s", result.perSecond).atLeast(bare.door.target)
	// The ratio of rates on a machine with nothing else to do: per CPU second, the share that others took cancels out.
	add("requests per CPU second, generator's included", "", func(r result) float64 {
		return float64(r.answers) / (r.cpu + r.generator).Seconds()
	})
	add("p50", "ms", func(r result) float64 { return r.quantile(0.50) })
	add("p99", "ms", func(r result) float64 { return r.quantile(0.99) })
	per := func(r result, n float64) float64 { return n / float64(r.answers) }
	add("CPU per request", "us", func(r result) float64 { return per(r, float64(r.cpu.Microseconds())) })
	add("generator's CPU per request", "us", func(r result) float64 { return per(r, float64(r.generator.Microseconds())) })
	add("allocations per request", "", func(r result) float64 { return per(r, r.allocated.objects) })
	add("allocated per request", "B", func(r result) float64 { return per(r, r.allocated.bytes) })
}

// repeat makes every worker send the same requests over and over, from any one on.
func repeat(all [][]byte) func(int) requests {
	return func(int) requests {
		at := rand.IntN(len(all))
		return func() []byte {
			at = (at + 1) % len(all)
			return all[at]
		}
	}
}

// requests returns the requests that check the players' logins.
func (d *door) requests(players []player) (all [][]byte) {
	for i := range players {
		all = append(all, d.request(&players[i]))
	}
	return all
}

// makePlayers makes accounts through the admin API and logs them in, spread evenly over the games.
func makePlayers(ctx context.Context, p *platform, games []game, accounts int, kind string) ([]player, error) {
	token, err := os.ReadFile(p.tokenFile)
	if err != nil {
		return nil, err
	}
	bearer := "Bearer " + strings.TrimSpace(string(token))
	all := make([]player, accounts)
	for i := range all {
		all[i].game = &games[i%len(games)]
		var account struct {
			UIN string `json:"uin"`
		}
		in := map[string]any{"password": "bench password", "profile": map[string]string{"nickname": fmt.Sprint("player ", i)}}
		if err := p.ask(ctx, bearer, http.MethodPost, "/admin/v1/accounts", in, &account); err != nil {
			return nil, err
		}
		all[i].uin = account.UIN
		in = map[string]any{"appid": all[i].game.AppID, "uin": account.UIN, "kind": kind}
		if err := p.ask(ctx, bearer, http.MethodPost, "/admin/v1/tokens", in, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// ask calls the admin API.
func (p *platform) ask(ctx context.Context, bearer, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, p.admin+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", bearer)
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer rsp.Body.Close()
	text, err := io.ReadAll(rsp.Body)
	if err != nil {
		return err
	}
	if rsp.StatusCode/100 != 2 {
		return fmt.Errorf("%s: %s: %s", path, rsp.Status, text)
	}
	return json.Unmarshal(text, out)
}

// signer writes the requests of one game's back end.
type signer struct {
	query, key string
	params     sign.Query
}

func newSigner(g *game) *signer {
	s := &signer{key: g.SigKeys["0"]}
	s.query = fmt.Sprintf("channelid=2&gameid=%s&os=4&source=0&ts=%d", g.GameID, time.Now().Unix())
	s.params, _ = sign.ParseQuery(nil, s.query) // our own query, always valid
	return s
}

func v5Login(p *player) []byte { return newSigner(p.game).login(p.MSDKOpenID, p.Token) }

// v3Login returns the request that checks a player's access token at the V3 door.
func v3Login(p *player) []byte {
	body := fmt.Sprintf(`{"appid":%s,"openid":"%s","openkey":"%s","userip":"203.0.113.9"}`, p.game.AppID, p.OpenID, p.Token)
	timestamp := fmt.Sprint(time.Now().Unix())
	return fmt.Appendf(nil, "POST %s?timestamp=%s&appid=%s&sig=%s&openid=%s&encode=2 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		v3Path, timestamp, p.game.AppID, sign.V3(timestamp, p.game.MSDKKey), p.OpenID, len(body), body)
}

// login returns the request that checks a player's token. Host is the same whatever the port, so that both sides get the
// same bytes.
func (s *signer) login(msdkOpenID, token string) []byte {
	return s.request(v5Path, `{"openid":"`+msdkOpenID+`","token":"`+token+`"}`)
}

func (s *signer) request(path, body string) []byte {
	sig := sign.V5(path, s.params, []byte(body), s.key)
	return fmt.Appendf(nil, "POST %s?%s&sig=%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, s.query, sig, len(body), body)
}

// ask sends one request and returns the answer that the bare handler repeats.
func (d *door) ask(addr string, request []byte) (*answer, error) {
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request)))
	if err != nil {
		return nil, err
	}
	req.RequestURI, req.URL.Scheme, req.URL.Host = "", "http", addr
	rsp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(string(body), d.sound) {
		return nil, fmt.Errorf("the first login was refused: %s", body)
	}
	// net/http adds these by itself.
	rsp.Header.Del("Date")
	rsp.Header.Del("Content-Length")
	return &answer{Path: req.URL.Path, Header: rsp.Header, Body: body}, nil
}

func startBare(ctx context.Context, same *answer) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	in, err := json.Marshal(same)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, bareArg)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	p, err := startProcess(ctx, cmd)
	if err == nil {
		p.addr = strings.TrimSpace(string(p.line))
		p.metrics = "http://" + p.addr
	}
	return p, err
}

// countEvents counts the logged logins that were valid.
func countEvents(file, path string) (events int, err error) {
	log, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer log.Close()
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if bytes.Contains(lines.Bytes(), []byte(`"interface":"`+path+`"`)) && bytes.Contains(lines.Bytes(), []byte(`"code":0`)) {
			events++
		}
	}
	return events, lines.Err()
}
