package identity

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/retcode"
)

func TestConversionsToAccountNumbers(t *testing.T) {
	f := newFixture(t)
	ann, ben := f.issue(f.app, f.ann, token.Access).OpenID, f.issue(f.app, f.ben, token.Access).OpenID
	batch, err := oidb.Call(t.Context(), f.bus, ConvertOpenIDs,
		&wire.ConvertOpenIDsRequest{Appid: uint64(f.app.AppID), Count: 2, Openid: [][]byte{ben[:], ann[:]}})
	must(t, err)
	if len(batch.Uin) != 2 || batch.Uin[0] != uint64(f.ben.UIN) || batch.Uin[1] != uint64(f.ann.UIN) {
		t.Errorf("got %+v", batch)
	}
	text, err := oidb.Call(t.Context(), f.bus, CheckText,
		&wire.CheckTextRequest{Appid: uint64(f.app.AppID), Openid: ann.String()})
	must(t, err)
	if text.Uin != uint64(f.ann.UIN) || !bytes.Equal(text.Openid, ann[:]) {
		t.Errorf("got %+v", text)
	}
}

func TestTimestampsAndNonces(t *testing.T) {
	f := newFixture(t)
	openid := f.issue(f.app, f.ann, token.Access).OpenID
	convert := func(timestamp uint64, nonce string) error {
		_, err := oidb.Call(t.Context(), f.bus, ConvertOpenID,
			&wire.ConvertOpenIDRequest{Appid: uint64(f.app.AppID), Openid: openid[:], Timestamp: timestamp, Nonce: []byte(nonce)})
		return err
	}
	at := func(d time.Duration) uint64 { return uint64(f.clock.Now().Add(d).Unix()) }
	for name, test := range map[string]struct {
		timestamp uint64
		nonce     string
		want      error
	}{
		"neither":                 {0, "", nil},
		"now":                     {at(0), "", nil},
		"nearly ten minutes ago":  {at(-9*time.Minute - 30*time.Second), "", nil},
		"ten minutes ahead":       {at(10 * time.Minute), "", nil},
		"over ten minutes ago":    {at(-10*time.Minute - time.Second), "", retcode.QQTimestampOutOfRange},
		"over ten minutes ahead":  {at(10*time.Minute + 20*time.Second), "", retcode.QQTimestampOutOfRange},
		"milliseconds":            {at(0) * 1000, "", retcode.QQTimestampOutOfRange},
		"no time at all":          {math.MaxUint64, "", retcode.QQTimestampOutOfRange},
		"a nonce":                 {0, "a", nil},
		"a nonce of 65 bytes":     {0, fmt.Sprintf("%065d", 0), retcode.OIDBUnpackFailed},
		"a nonce of 64 bytes":     {0, fmt.Sprintf("%064d", 0), nil},
		"a nonce in an old frame": {at(-time.Hour), "unused", retcode.QQTimestampOutOfRange},
	} {
		if err := convert(test.timestamp, test.nonce); !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	err := convert(0, "a")
	if !errors.Is(err, retcode.QQNonceReused) || err.Error() != "oidb decode0x71f failed, ret: 90" {
		t.Errorf("a nonce again: %v", err)
	}
	must(t, convert(0, "unused"))
	for name, stranger := range map[string][]byte{"none": []byte("0123"), "never issued": make([]byte, 16)} {
		ask := &wire.ConvertOpenIDRequest{Appid: uint64(f.app.AppID), Openid: stranger, Nonce: []byte("a")}
		if _, err := oidb.Call(t.Context(), f.bus, ConvertOpenID, ask); !errors.Is(err, retcode.QQNonceReused) {
			t.Errorf("a nonce again, with an openid that is %s: %v", name, err)
		}
		ask.Nonce = []byte("kept")
		if _, err := oidb.Call(t.Context(), f.bus, ConvertOpenID, ask); !errors.Is(err, retcode.AccessTokenOpenIDInvalid) {
			t.Errorf("a new nonce, with an openid that is %s: %v", name, err)
		}
	}
	must(t, convert(0, "kept"))
	f.clock.Advance(19 * time.Minute) // a nonce is remembered for twice the window of timestamps
	wantError(t, convert(0, "a"), retcode.QQNonceReused)
	f.clock.Advance(time.Minute)
	must(t, convert(0, "a"))
}

// TestNoncesOverFrames: a call that has to wait after its command still uses its nonce once.
func TestNoncesOverFrames(t *testing.T) {
	f := newFixture(t)
	must(t, f.bus.LoadPolicy(t.Context(), f.store, f.clock))
	openid := f.issue(f.app, f.ann, token.Access).OpenID
	server := tcp.NewServer(f.bus, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), tcp.Options{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		must(t, server.Shutdown(context.Background()))
		must(t, <-served)
	}()
	client, err := tcp.Dial(t.Context(), listener.Addr().String(), nil)
	must(t, err)
	defer client.Close()
	for i, test := range []struct {
		nonce string
		want  uint32
	}{{"a", 0}, {"b", 0}, {"b", 0x5a}, {"c", 0}} {
		head, rsp, err := tcp.Ask(t.Context(), client, ConvertOpenID, wire.Head{},
			&wire.ConvertOpenIDRequest{Appid: uint64(f.app.AppID), Openid: openid[:], Nonce: []byte(test.nonce)})
		must(t, err)
		if head.Result != test.want || test.want == 0 && platform.UIN(rsp.Uin) != f.ann.UIN {
			t.Errorf("call %d with nonce %s: result %#x, uin %s", i+1, test.nonce, head.Result, platform.UIN(rsp.Uin))
		}
	}
}

func TestTheMemoryOfNoncesIsBounded(t *testing.T) {
	begin := time.Unix(1_700_000_000, 0)
	all := newNonces(100, begin)
	n, now := all.of(1), begin
	for i := range 1000 {
		if now = now.Add(time.Second); !n.take([]byte(fmt.Sprint(i)), now) {
			t.Fatalf("nonce %d is known", i)
		}
	}
	if len(n.used) > 100 || len(n.order) > 200 {
		t.Errorf("%d nonces are remembered in a list of %d", len(n.used), len(n.order))
	}
	if n.known([]byte("899"), now) || !n.known([]byte("900"), now) {
		t.Error("the oldest nonces are not those that are forgotten")
	}
	if n.take([]byte("999"), now) || !n.known([]byte("900"), now) {
		t.Error("a nonce that is not taken made the oldest be forgotten")
	}
	// Number 899 was used 900 seconds after the beginning.
	if n.remembers(begin.Add(900*time.Second), now) || !n.remembers(begin.Add(901*time.Second), now) {
		t.Error("a call from the time of the newest forgotten nonce is taken, or one from after it is not")
	}
	if other := all.of(2); other.known([]byte("999"), now) || !other.take([]byte("999"), now) || all.of(1) != n || !other.remembers(begin, now) {
		t.Error("the nonces of another app are not its own")
	}
	n.take([]byte("later"), now.Add(20*time.Minute))
	if len(n.used) != 1 {
		t.Errorf("%d nonces are remembered after their time", len(n.used))
	}
}

// TestCallsFromBeforeTheStart: nobody remembers what was called then, so a call with a nonce and a timestamp from then may be a repetition.
func TestCallsFromBeforeTheStart(t *testing.T) {
	f := newFixture(t)
	openid := f.issue(f.app, f.ann, token.Access).OpenID
	begin := f.nonces.begin // making the rest of the fixture takes its time
	f.clock.Advance(5 * time.Minute)
	for name, test := range map[string]struct {
		signed time.Time
		nonce  string
		want   error
	}{
		"from a second before":                    {begin.Add(-time.Second), "a", retcode.QQTimestampOutOfRange},
		"from then on":                            {begin.Add(time.Second), "b", nil},
		"from before, without a nonce":            {begin.Add(-time.Second), "", nil},
		"from before, with a nonce that was used": {begin.Add(-time.Second), "c", retcode.QQNonceReused},
	} {
		if test.want == retcode.QQNonceReused {
			f.nonces.of(f.app.AppID).take([]byte(test.nonce), f.clock.Now())
		}
		_, err := oidb.Call(t.Context(), f.bus, ConvertOpenID, &wire.ConvertOpenIDRequest{
			Appid: uint64(f.app.AppID), Openid: openid[:], Timestamp: uint64(test.signed.Unix()), Nonce: []byte(test.nonce),
		})
		if !errors.Is(err, test.want) {
			t.Errorf("a call %s: %v, want %v", name, err, test.want)
		}
	}
	f.clock.Advance(-10 * time.Minute)
	if _, err := oidb.Call(t.Context(), f.bus, ConvertOpenID, &wire.ConvertOpenIDRequest{
		Appid: uint64(f.app.AppID), Openid: openid[:], Timestamp: uint64(f.clock.Now().Unix()), Nonce: []byte("d"),
	}); err != nil {
		t.Errorf("after the clock was set back: %v", err)
	}
}

func TestTheDirectory(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	for uin, want := range map[platform.UIN]bool{0: false, 10_000: false, f.ann.UIN: true, f.ben.UIN: true, f.ben.UIN + 1: false} {
		if got, err := f.Issued(ctx, uin); got != want || err != nil {
			t.Errorf("%s issued: %v, %v", uin, got, err)
		}
	}
	third, err := f.CreateAccount(ctx, platform.Account{}, password)
	must(t, err)
	if got, err := f.Issued(ctx, third.UIN); !got || err != nil {
		t.Errorf("a new account's number issued: %v, %v", got, err)
	}
	access, key := f.issue(f.app, f.ann, token.Access), f.issue(f.app, f.ann, token.Openkey)
	for name, test := range map[string]struct {
		app  platform.AppID
		uin  platform.UIN
		text string
		want bool
	}{
		"an access token":    {f.app.AppID, f.ann.UIN, access.Token, true},
		"an openkey":         {f.app.AppID, f.ann.UIN, key.Token, true},
		"at another app":     {f.other.AppID, f.ann.UIN, access.Token, false},
		"of another account": {f.app.AppID, f.ben.UIN, access.Token, false},
		"no token":           {f.app.AppID, f.ann.UIN, "x", false},
		"a pay token":        {f.app.AppID, f.ann.UIN, f.issue(f.app, f.ann, token.Pay).Token, false},
	} {
		if got, err := f.HoldsLogin(ctx, test.app, test.uin, test.text); got != test.want || err != nil {
			t.Errorf("%s holds: %v, %v", name, got, err)
		}
	}
}

func TestAnAppFromElsewhereIsFound(t *testing.T) {
	f := newFixture(t)
	issued := f.issue(f.app, f.ann, token.Access)
	elsewhere := New(f.store, f.clock, f.keyring, apps.New(f.store, f.clock), profile.New(f.store, f.clock, ""), 1000) // it has not loaded its apps
	bus := oidb.NewBus()
	elsewhere.Register(bus)
	if _, err := oidb.Call(t.Context(), bus, oidb.CheckAccess, ask(issued)); err != nil {
		t.Error(err)
	}
	unreadable := &brokenApps{f.store}
	broken := New(unreadable, f.clock, f.keyring, apps.New(unreadable, f.clock), profile.New(unreadable, f.clock, ""), 1000)
	bus = oidb.NewBus()
	broken.Register(bus)
	if _, err := oidb.Call(t.Context(), bus, oidb.CheckAccess, ask(issued)); !errors.Is(err, retcode.AccessTokenAppReadFailed) {
		t.Errorf("apps cannot be read: %v", err)
	}
}

type brokenApps struct{ store.Store }

func (b *brokenApps) App(context.Context, platform.AppID) (*platform.App, error) {
	return nil, errors.New("disk I/O error")
}
