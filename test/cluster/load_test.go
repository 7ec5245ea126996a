package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/test/rookery"
)

const callback = "https://game.example/callback"

// load is what callers do during a drill.
type load struct {
	history
	here     string // the address of the game's server
	gateways []*gateway
	client   http.Client
	game     rookery.App
	people   []person // friends of each other, who know what the game is told
	codes    []string // of OAuth, not exchanged yet
	numbers  serial

	metered rookery.App // has a rate
	player  person      // of it
}

// person is somebody who plays the game.
type person struct{ uin, openid, token string }

// serial gives out numbers.
type serial struct {
	mu   sync.Mutex
	last int
}

func (s *serial) next() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	return s.last
}

// newLoad makes a game at a gateway, and its people, who are members of all guilds.
func newLoad(t *testing.T, gateways []*gateway, here string) *load {
	t.Helper()
	const people = 10
	codes := 20 + int(lasting.Seconds()) // a code is good for a login, which soon has a second use
	l := &load{history: history{begun: time.Now()}, here: here, gateways: gateways, client: http.Client{
		// What takes longer than any deadline of the platform has no answer.
		Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	at := gateways[0].platform()
	l.game = at.NewApp(t)
	at.SetApp(t, l.game, rookery.Settings{"apis": []string{"*"}, "idip": l.serveGame(t), "redirect_uris": []string{callback}, "developer": "Studio"})
	for range people {
		p := person{uin: at.NewAccount(t)}
		for _, other := range l.people {
			at.Befriend(t, p.uin, other.uin)
		}
		token := at.Issue(t, rookery.TokenRequest{AppID: l.game.AppID, UIN: p.uin, Kind: "msdk"})
		p.openid, p.token = token.MSDKOpenID, token.Token
		l.people = append(l.people, p)
	}
	l.metered = at.NewApp(t)
	at.SetApp(t, l.metered, rookery.Settings{"apis": []string{"*"}, "rates": rookery.Settings{"verify_login": rookery.Settings{"app": fmt.Sprintf("%d/s", meteredRate)}}})
	token := at.Issue(t, rookery.TokenRequest{AppID: l.metered.AppID, UIN: l.people[0].uin, Kind: "msdk"})
	l.player = person{openid: token.MSDKOpenID, token: token.Token}
	ann := at.NewPerson(t)
	path := rookery.AuthorizePath(l.game, callback, "scope", "get_user_info")
	for range codes {
		var to *url.URL
		if len(l.codes) == 0 {
			to = ann.Authorize(t, path, "get_user_info")
		} else {
			to = ann.Press(t, path, "allow", nil).Location(t)
		}
		l.codes = append(l.codes, to.Query().Get("code"))
	}
	return l
}

// guilds are as many as the first people, who lead one each.
const guilds = 4

// serveGame starts the server of the game, which answers for its guilds.
func (l *load) serveGame(t *testing.T) (address string) {
	t.Helper()
	handler, err := client.IDIPHandler(client.App{AppID: l.game.AppID, GameID: l.game.GameID, SigKey: l.game.SigKeys["0"]}, func(_ context.Context, q client.GuildQuery) (client.GuildAnswer, error) {
		number, err := strconv.Atoi(q.Guild)
		if err != nil || number < 1 || number > guilds {
			return client.GuildAnswer{}, client.ErrNoGuild
		}
		led := l.people[number-1].openid
		return client.GuildAnswer{Name: "Guild " + q.Guild, LeaderOpenID: led, Member: true, Leader: q.OpenID == led}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Listener.Close()
	if server.Listener, err = net.Listen("tcp", net.JoinHostPort(l.here, "0")); err != nil {
		t.Fatal(err)
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// any returns the number of a gateway.
func (l *load) any() int { return rand.IntN(len(l.gateways)) }

// reply is an answer of a gateway; its status is 0 without one.
type reply struct {
	status int
	body   []byte
	err    error
}

func (l *load) do(req *http.Request, err error) (r reply) {
	if err != nil {
		return reply{err: err}
	}
	rsp, err := l.client.Do(req)
	if err != nil {
		return reply{err: err}
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	if err != nil {
		return reply{err: err}
	}
	return reply{status: rsp.StatusCode, body: body}
}

// none is the code of an operation without an answer.
const none = "no answer"

// failures are the codes that say "failed, and maybe done", and refusals those of calls that nothing was done for (causes.md). No other is
// to be answered, whatever happens.
var (
	failures = map[string][]string{
		makeAccount: {"500"}, issue: {"500"}, revoke: {"500"},
		check:    {"100016", "154", "155"},
		exchange: {"110504"}, refresh: {"110504"},
		send: {"100016", "154", "155", "225007"},
		bind: {"100016", "154", "155", "221013", "221014", "221015", "221017", "-182001", "-182005", "-182008"}, unbind: {"100016", "154", "155", "221013", "221014", "221015", "221017", "-182001", "-182005", "-182008"},
		join: {"100016", "154", "155", "221013", "221014", "-182001", "-182005", "-182008"}, look: {"100016", "154", "155", "221014"},
		metered: {"1199", "100016", "154", "155"},
	}
	refusals = map[string][]string{
		revoke:   {"404"}, // nothing to end
		check:    {ended},
		exchange: {"100020"}, refresh: {"100050"},
		send: {"901203", "901204", "901205"},
		bind: {guildBound, "221010", "221011", "221012", "221019"}, unbind: {guildUnbound},
		join: {guildUnbound, otherGroup}, look: {guildUnbound},
		metered: {"-6"}, // too many
	}
)

const (
	ended        = "100015" // the grant of the token
	guildBound   = "221001"
	guildUnbound = "221002"
	otherGroup   = "221007" // the guild has another one by now
)

// answered notes an answer that is not of success.
func (op *operation) answered(code string) {
	op.Code, op.Result = code, refused
	if slices.Contains(failures[op.Kind], code) {
		op.Result = failed
	}
}

// admin makes a call of the admin API an operation.
func (l *load) admin(op operation, path string, in map[string]string, out any) operation {
	op.Start = l.now()
	at := l.gateways[op.Gateway].platform()
	body, _ := json.Marshal(in)
	req, err := http.NewRequest(http.MethodPost, at.AdminURL+path, strings.NewReader(string(body)))
	if err == nil {
		req.Header.Set("Authorization", "Bearer "+at.AdminToken())
	}
	switch r := l.do(req, err); {
	case r.err != nil:
		op.Result, op.Code = failed, none
	case r.status/100 == 2:
		op.Result, op.Code = done, fmt.Sprint(r.status)
		if err := json.Unmarshal(r.body, out); err != nil {
			op.Result, op.Code = failed, err.Error()
		}
	default:
		op.answered(fmt.Sprint(r.status))
	}
	return op
}

// v5 makes a call of MSDK V5 an operation, and returns the members of its answer.
func (l *load) v5(op operation, path string, in map[string]any) (operation, map[string]any) {
	return l.v5Of(l.game, op, path, in)
}

func (l *load) v5Of(app rookery.App, op operation, path string, in map[string]any) (operation, map[string]any) {
	op.Start = l.now()
	at := l.gateways[op.Gateway].platform()
	body, _ := json.Marshal(in)
	call := rookery.NewCall(app, path, string(body))
	r := l.do(http.NewRequest(http.MethodPost, at.URL+call.Target(), strings.NewReader(call.Body)))
	var fields map[string]any
	if r.err == nil {
		r.err = json.Unmarshal(r.body, &fields)
	}
	ret, answered := fields["ret"].(float64)
	switch {
	case r.err != nil || !answered:
		op.Result, op.Code = failed, none
	case ret == 0:
		op.Result, op.Code = done, "0"
	default:
		op.answered(fmt.Sprint(ret))
	}
	return op, fields
}

// work lets all callers work until ctx ends, and waits for their last calls.
func (l *load) work(ctx context.Context) {
	const players = 4
	var working sync.WaitGroup
	every := func(beat time.Duration, call func()) {
		working.Go(func() {
			tick := time.NewTicker(beat)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					call()
				}
			}
		})
	}
	for range players {
		p := &player{load: l}
		every(25*time.Millisecond, p.play)
		every(25*time.Millisecond, p.check)
	}
	for range 2 {
		every(40*time.Millisecond, l.send)
		every(100*time.Millisecond, l.join)
	}
	every(time.Second/(2*meteredRate), func() { l.meter(l.any()) })
	for i := range guilds {
		g := &guild{load: l, id: fmt.Sprint(i + 1), leader: l.people[i]}
		every(250*time.Millisecond, g.lead)
	}
	c := &chain{load: l}
	every(100*time.Millisecond, c.next)
	every(time.Second, func() { l.newAccount() })
	probe := &player{load: l}
	every(100*time.Millisecond, func() { working.Go(probe.issue) }) // one does not wait for another
	<-ctx.Done()
	working.Wait()
}

// newAccount makes an account; "" if it failed.
func (l *load) newAccount() (uin string) {
	var account struct{ UIN string }
	op := l.admin(operation{Kind: makeAccount, Gateway: l.any()}, "/admin/v1/accounts", map[string]string{"password": fmt.Sprint("a-password-", rand.Int64())}, &account)
	op.Got = account.UIN
	l.add(op)
	return account.UIN
}

// player is an account with its latest tokens.
type player struct {
	*load

	mu     sync.Mutex
	uin    string
	tokens []token
}

type token struct {
	rookery.Token
	number string
}

// play issues or checks a token, or ends all.
func (p *player) play() {
	switch rand.IntN(12) {
	case 0:
		p.issue()
	case 1:
		p.revoke()
	default:
		p.check()
	}
}

// account returns the player's account, which the first call makes.
func (p *player) account() (uin string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.uin == "" {
		p.uin = p.newAccount()
	}
	return p.uin
}

func (p *player) issue() {
	uin := p.account()
	if uin == "" {
		return
	}
	made := token{number: fmt.Sprint(p.numbers.next())}
	op := p.admin(operation{Kind: issue, Gateway: p.any(), Who: uin, What: made.number}, "/admin/v1/tokens", map[string]string{"appid": p.game.AppID, "uin": uin, "kind": "msdk"}, &made.Token)
	if p.add(op); op.Result != done {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens = append(p.tokens, made)
	p.tokens = p.tokens[max(0, len(p.tokens)-4):]
}

func (p *player) revoke() {
	if uin := p.account(); uin != "" {
		p.add(p.admin(operation{Kind: revoke, Gateway: p.any(), Who: uin}, "/admin/v1/tokens/revoke", map[string]string{"appid": p.game.AppID, "uin": uin, "by": "user"}, new(struct{})))
	}
}

func (p *player) check() {
	p.mu.Lock()
	if len(p.tokens) == 0 {
		p.mu.Unlock()
		return
	}
	checked := p.tokens[rand.IntN(len(p.tokens))]
	p.mu.Unlock()
	op, _ := p.v5(operation{Kind: check, Gateway: p.any(), Who: p.uin, What: checked.number}, "/v2/auth/verify_login", map[string]any{"openid": checked.MSDKOpenID, "token": checked.Token.Token})
	p.add(op)
}

// meteredRate is how many calls a second an app may make, counted by all gateways together.
const meteredRate = 10

// meter makes a call of that app.
func (l *load) meter(gateway int) operation {
	op, _ := l.v5Of(l.metered, operation{Kind: metered, Gateway: gateway}, "/v2/auth/verify_login", map[string]any{"openid": l.player.openid, "token": l.player.token})
	return l.add(op)
}

// send sends a message, sometimes twice with the same request.
func (l *load) send() {
	from, to := l.people[rand.IntN(len(l.people))], l.people[rand.IntN(len(l.people))]
	if from == to {
		return
	}
	request := fmt.Sprint("request-", l.numbers.next())
	for range 1 + rand.IntN(2) {
		op, got := l.v5(operation{Kind: send, Gateway: l.any(), Who: from.uin, Whom: to.uin, What: request}, "/v2/friend/share", map[string]any{
			"openid": from.openid, "token": from.token, "request_id": request, "title": "Come and play", "summary": "We need a healer",
			"target_url": "https://game.example/", "image_url": "https://game.example/picture.png", "fopenids": []map[string]any{{"openid": to.openid, "type": 0}},
		})
		op.Got, _ = got["message_id"].(string)
		l.add(op)
	}
}

// guild is a guild as its leader sees it.
type guild struct {
	*load
	id     string
	leader person
	groups []string // that were created for it
}

// call makes a call of a group interface an operation.
func (l *load) group(op operation, by person, path string, more map[string]any) operation {
	op.Gateway, op.Who = l.any(), by.uin
	in := map[string]any{"openid": by.openid, "token": by.token, "guild_id": op.What, "zone_id": "1", "guild_name": "Guild " + op.What, "roleid": "1"}
	maps.Copy(in, more)
	op, got := l.v5(op, "/v2/group/"+path, in)
	if group, ok := got["groupid"]; ok && op.Result == done {
		op.Got = fmt.Sprint(group)
	}
	return l.add(op)
}

// lead binds the guild's group or ends its binding.
func (g *guild) lead() {
	switch {
	case rand.IntN(2) == 0:
		g.group(operation{Kind: unbind, What: g.id}, g.leader, "unbind_group", nil)
	case len(g.groups) == 0 || rand.IntN(4) == 0:
		if op := g.group(operation{Kind: bind, What: g.id}, g.leader, "create_bind_group", nil); op.Got != "" {
			g.groups = append(g.groups, op.Got)
		}
	default:
		group := g.groups[rand.IntN(len(g.groups))]
		g.group(operation{Kind: bind, What: g.id, Got: group}, g.leader, "bind_existing_group", map[string]any{"groupid": group, "group_name": "Guild " + g.id})
	}
}

// join makes somebody join the group of a guild.
func (l *load) join() {
	who, guild := l.people[rand.IntN(len(l.people))], fmt.Sprint(1+rand.IntN(guilds))
	in := map[string]any{"openid": who.openid, "token": who.token, "guild_id": guild, "zone_id": "1", "roleid": "1"}
	_, info := l.v5(operation{Kind: look, Gateway: l.any()}, "/v2/group/get_group_info", in)
	group, _ := info["groupid"].(string)
	if group == "" {
		return
	}
	l.group(operation{Kind: join, What: guild, Got: group}, who, "join_group", map[string]any{"groupid": group})
}

// chain is a login by OAuth that is renewed again and again.
type chain struct {
	*load
	login  string
	kind   string
	secret string // a code or a refresh token
	number string
}

// next uses what the chain has, sometimes twice at once.
func (c *chain) next() {
	if c.secret == "" {
		if len(c.codes) == 0 {
			return
		}
		c.login = fmt.Sprint("login ", c.numbers.next())
		c.kind, c.secret, c.number, c.codes = exchange, c.codes[0], c.login+", its code", c.codes[1:]
	}
	var (
		uses  sync.WaitGroup
		ops   = make([]operation, 1+rand.IntN(8)/7)
		given = make([]string, len(ops))
	)
	for i := range ops {
		uses.Go(func() {
			ops[i], given[i] = c.use(operation{Kind: c.kind, Gateway: c.any(), Who: c.login, What: c.number})
		})
	}
	uses.Wait()
	if i := slices.IndexFunc(ops, func(op operation) bool { return op.Result == done }); i >= 0 {
		c.kind, c.secret, c.number = refresh, given[i], ops[i].Got
	} else if slices.ContainsFunc(ops, func(op operation) bool { return op.Result == refused }) {
		c.secret = ""
	}
}

// use exchanges what the chain has for tokens.
func (c *chain) use(op operation) (_ operation, refreshToken string) {
	form := url.Values{"fmt": {"json"}, "client_id": {c.game.AppID}, "client_secret": {c.game.AppKey}}
	if op.Kind == exchange {
		form.Set("grant_type", "authorization_code")
		form.Set("code", c.secret)
		form.Set("redirect_uri", callback)
	} else {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", c.secret)
	}
	op.Start = c.now()
	r := c.do(http.NewRequest(http.MethodGet, c.gateways[op.Gateway].platform().URL+"/oauth2.0/token?"+form.Encode(), nil))
	var answer struct {
		RefreshToken string `json:"refresh_token"`
		Error        int
	}
	if r.err == nil {
		r.err = json.Unmarshal(r.body, &answer)
	}
	switch {
	case r.err != nil:
		op.Result, op.Code = failed, none
	case answer.RefreshToken != "":
		sum := sha256.Sum256([]byte(answer.RefreshToken)) // names it, and is not it
		op.Result, op.Code, op.Got = done, "0", fmt.Sprintf("%s, refresh token %x", c.login, sum[:6])
	default:
		op.answered(fmt.Sprint(answer.Error))
	}
	return c.add(op), answer.RefreshToken
}
