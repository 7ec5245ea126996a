package soak

import (
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

const callback = "https://game.example/callback"

// drill is what the rounds of TestRestores have in common.
type drill struct {
	*rookery.Platform
	app     rookery.App
	host    string // where the browsers' cookies hold
	data    string
	is      state
	backups []backup
	given   map[string]bool // account numbers, ever

	// What was given out and must be of no use after a restore.
	tokens    []rookery.Token
	refreshes []string
	codes     []string
	browsers  []*rookery.Person
}

// state is what was acknowledged.
type state struct {
	passwords map[string]string // by account; "" for one that nobody signs in to
	friends   map[[2]string]bool
}

func (s state) clone() state { return state{maps.Clone(s.passwords), maps.Clone(s.friends)} }

// backup is a backup and what was acknowledged before it was begun.
type backup struct {
	folder string
	has    state
}

func (d *drill) start(t *testing.T) {
	t.Helper()
	d.Platform = rookery.Serve(t, "--data", d.data, "--http-listen", d.host)
	d.host = d.Host()
}

// crowd makes accounts and friends of them until stop is closed, and returns what was acknowledged.
func (d *drill) crowd(t *testing.T, stop <-chan struct{}) (is state) {
	is = state{make(map[string]string), make(map[[2]string]bool)}
	for before := ""; ; {
		select {
		case <-stop:
			return is
		default:
		}
		uin, err := d.TryNewAccount()
		if err == nil && before != "" {
			err = d.TryAdmin("POST", "/admin/v1/accounts/"+uin+"/friends", map[string]string{"friend": before}, nil)
		}
		if err != nil {
			t.Error(err)
			return is
		}
		is.passwords[uin] = ""
		if before != "" {
			is.friends[[2]string{uin, before}] = true
		}
		before = uin
	}
}

// among lets a crowd be at work while do runs, and adds what it was told.
func (d *drill) among(t *testing.T, do func()) {
	t.Helper()
	stop, made := make(chan struct{}), make(chan state)
	go func() { made <- d.crowd(t, stop) }()
	do()
	close(stop)
	is := <-made
	for uin := range is.passwords {
		d.note(t, uin, "")
	}
	maps.Copy(d.is.friends, is.friends)
}

// note notes a new account.
func (d *drill) note(t *testing.T, uin, password string) {
	t.Helper()
	if d.given[uin] {
		t.Errorf("account %s was given out twice", uin)
	}
	d.given[uin], d.is.passwords[uin] = true, password
}

// live does what a person does with a game: signs in, logs in, refreshes and logs in on a phone.
func (d *drill) live(t *testing.T, q *rookery.Person) (refresh string) {
	t.Helper()
	grant := []string{"fmt", "json", "client_id", d.app.AppID, "client_secret", d.app.AppKey}
	path := rookery.AuthorizePath(d.app, callback, "scope", "get_user_info")
	spare := q.Authorize(t, path, "get_user_info").Query().Get("code")
	code := q.Press(t, path, "allow", nil).Location(t).Query().Get("code")
	d.Secret(spare, code)
	tokens := d.Tokens(t, d.Get(t, "/oauth2.0/token", append(grant, "grant_type", "authorization_code", "code", code, "redirect_uri", callback)...))
	next := d.Tokens(t, d.refresh(t, tokens.RefreshToken))
	d.tokens = append(d.tokens, d.Issue(t, rookery.TokenRequest{AppID: d.app.AppID, UIN: q.UIN, Kind: "msdk"}))
	d.codes = append(d.codes, spare, code)
	d.refreshes = append(d.refreshes, tokens.RefreshToken, next.RefreshToken)
	d.browsers = append(d.browsers, q)
	if !d.valid(t, d.tokens[len(d.tokens)-1]) || !signedIn(t, q) {
		t.Fatal("a login is of no use from the beginning")
	}
	return next.RefreshToken
}

func (d *drill) refresh(t *testing.T, token string) rookery.Reply {
	t.Helper()
	return d.Get(t, "/oauth2.0/token", "fmt", "json", "client_id", d.app.AppID, "client_secret", d.app.AppKey, "grant_type", "refresh_token", "refresh_token", token)
}

// valid reports whether a game's check finds a token valid. Any other answer than that and "unknown" is an error.
func (d *drill) valid(t *testing.T, token rookery.Token) bool {
	t.Helper()
	const unknown = 100013
	answer := d.Call(t, rookery.NewCall(d.app, "/v2/auth/verify_login", `{"openid":"`+token.MSDKOpenID+`","token":"`+token.Token+`"}`))
	if answer.Ret != 0 && answer.Ret != unknown {
		t.Errorf("verify_login: %s", answer.Body)
	}
	return answer.Ret == 0
}

func signedIn(t *testing.T, q *rookery.Person) bool {
	t.Helper()
	return strings.Contains(q.Open(t, "/account/").Body, `name="token"`)
}

// newPerson makes an account that is signed in to.
func (d *drill) newPerson(t *testing.T) *rookery.Person {
	t.Helper()
	q := d.NewPerson(t)
	d.note(t, q.UIN, q.Password)
	return q
}

// backUp makes a backup.
func (d *drill) backUp(t *testing.T) {
	t.Helper()
	b := backup{filepath.Join(t.TempDir(), "backup"), d.is.clone()}
	if status, _, log := rookery.Run(t, "backup", b.folder, "--data", d.data); status != 0 {
		t.Fatalf("backup: status %d\n%s", status, log)
	}
	d.backups = append(d.backups, b)
}

// round works, makes a backup, goes on, ends everything that it began, and puts a backup back: this one or an older one.
func (d *drill) round(t *testing.T) {
	t.Helper()
	ann, ben := d.newPerson(t), d.newPerson(t)
	refresh := d.live(t, ann)
	d.live(t, ben)
	d.among(t, func() { d.backUp(t) })

	// What happens from here on is undone, but for what ends by it.
	d.among(t, func() {
		d.Revoke(t, d.app, ben.UIN, "user")
		d.refreshes = append(d.refreshes, d.Tokens(t, d.refresh(t, refresh)).RefreshToken)
		d.SetPassword(t, ann.UIN)
		d.live(t, d.newPerson(t))
	})
	if rand.IntN(2) == 0 {
		d.Signal(t, syscall.SIGKILL)
		d.WaitFor(t, -1)
	} else {
		d.Stop(t)
	}
	b := d.backups[max(0, len(d.backups)-1-rand.IntN(3))]
	if status, _, log := rookery.Run(t, "restore", b.folder, "--data", d.data, "--force"); status != 0 {
		t.Fatalf("restore: status %d\n%s", status, log)
	}
	d.is = b.has.clone()
	d.wantStored(t)
	d.start(t)
	d.wantEnded(t)
	d.wantPasswords(t)
}

// wantStored fails unless the database has all that was acknowledged before the backup.
func (d *drill) wantStored(t *testing.T) {
	t.Helper()
	db := rookery.OpenDB(t, filepath.Join(d.data, "rookery.db"))
	defer db.Close()
	var uin, friend string
	accounts, friends := make(map[string]bool), make(map[[2]string]bool)
	rows(t, db, "SELECT uin FROM accounts", []any{&uin}, func() { accounts[uin] = true })
	rows(t, db, "SELECT uin, friend FROM friendships", []any{&uin, &friend}, func() { friends[[2]string{uin, friend}] = true })
	for uin := range d.is.passwords {
		if !accounts[uin] {
			t.Errorf("account %s is lost", uin)
		}
	}
	for pair := range d.is.friends {
		if !friends[pair] || !friends[[2]string{pair[1], pair[0]}] {
			t.Errorf("the friendship of %s and %s is lost", pair[0], pair[1])
		}
	}
	// What the crowd made while the backup was made may be in it, too.
	for uin := range accounts {
		if !d.given[uin] {
			t.Errorf("account %s was never made", uin)
		}
		if _, known := d.is.passwords[uin]; !known {
			d.is.passwords[uin] = ""
		}
	}
}

// wantEnded fails if anything is of use that was given out before, once everybody has logged in again.
func (d *drill) wantEnded(t *testing.T) {
	t.Helper()
	for _, uin := range slices.Sorted(maps.Keys(d.is.passwords)) {
		if d.is.passwords[uin] != "" {
			d.Issue(t, rookery.TokenRequest{AppID: d.app.AppID, UIN: uin, Kind: "access"})
		}
	}
	for i, token := range d.tokens {
		if d.valid(t, token) {
			t.Errorf("token %d of %d is valid", i, len(d.tokens))
		}
	}
	for i, refresh := range d.refreshes {
		if got := d.refresh(t, refresh); !strings.HasPrefix(got.Body, `{"error":100050,`) {
			t.Errorf("refresh token %d of %d: %s", i, len(d.refreshes), got.Body)
		}
	}
	for i, code := range d.codes {
		got := d.Get(t, "/oauth2.0/token", "fmt", "json", "client_id", d.app.AppID, "client_secret", d.app.AppKey, "grant_type", "authorization_code", "code", code, "redirect_uri", callback)
		if !strings.HasPrefix(got.Body, `{"error":100019,`) {
			t.Errorf("code %d of %d: %s", i, len(d.codes), got.Body)
		}
	}
	for _, q := range d.browsers {
		if signedIn(t, q) {
			t.Errorf("account %s is signed in", q.UIN)
		}
	}
	d.tokens, d.refreshes, d.codes, d.browsers = newest(d.tokens), newest(d.refreshes), newest(d.codes), newest(d.browsers)
}

// newest returns the last ones: also what a restore before the last one ended stays so.
func newest[T any](all []T) []T { return all[max(0, len(all)-30):] }

// wantPasswords fails unless people sign in with the passwords that they had.
func (d *drill) wantPasswords(t *testing.T) {
	t.Helper()
	signs := 0
	for uin, password := range d.is.passwords {
		if password == "" || signs == 4 { // an address has twenty attempts
			continue
		}
		signs++
		q := d.Person(t, uin, password)
		if q.SignIn(t, "/account/"); !signedIn(t, q) {
			t.Errorf("account %s is refused with its password", uin)
		}
	}
}

// TestRestores takes backups of a platform at work, some more than once, and puts them back: nothing acknowledged before a backup is lost, nothing that
// was given out before a restore is of use after it, and no account number is given out twice.
func TestRestores(t *testing.T) {
	t.Parallel()
	d := &drill{host: "127.0.0.1:0", data: filepath.Join(t.TempDir(), "data"), given: make(map[string]bool), is: state{make(map[string]string), make(map[[2]string]bool)}}
	d.start(t)
	d.app = d.NewApp(t)
	d.SetApp(t, d.app, rookery.Settings{"redirect_uris": []string{callback}})
	rounds := 0
	for end := time.Now().Add(*lasting / 6); rounds < 2 || time.Now().Before(end) && !t.Failed(); rounds++ {
		d.round(t)
	}
	t.Logf("%d rounds, %d accounts", rounds, len(d.given))
	if len(d.given) < 5*rounds {
		t.Error("too little was done to show anything")
	}
}
