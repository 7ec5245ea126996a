package platform

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestIDs(t *testing.T) {
	for name, test := range map[string]struct {
		parse func(string) (string, error)
		texts map[string]bool // whether each is accepted
	}{
		"appid": {
			func(s string) (string, error) { id, err := ParseAppID(s); return id.String(), err },
			map[string]bool{"1": true, "9223372036854775807": true, "9223372036854775808": false, "": false, "0": false, "01": false, "-1": false, "+1": false, "1e3": false, " 1": false, "１": false},
		},
		"uin": {
			func(s string) (string, error) { id, err := ParseUIN(s); return id.String(), err },
			map[string]bool{"10001": true, "10000": false, "4611686018427387903": true, "4611686018427387904": false},
		},
		"MSDK openid": {
			func(s string) (string, error) { id, err := ParseMSDKOpenID(s); return id.String(), err },
			map[string]bool{"18446744073709551615": true, "18446744073709551616": false, "184467440737095516150": false},
		},
		"openid": {
			func(s string) (string, error) { id, err := ParseOpenID(s); return id.String(), err },
			map[string]bool{
				"0123456789ABCDEF0123456789ABCDEF": true, "0123456789ABCDEF0123456789ABCDE": false,
				"0123456789ABCDEF0123456789ABCDEG": false, "": false,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for text, taken := range test.texts {
				got, err := test.parse(text)
				if (err == nil) != taken || taken && got != text {
					t.Errorf("%q: got %q, %v; want it taken: %v", text, got, err, taken)
				}
			}
		})
	}
	if lower, err := ParseOpenID("0123456789abcdef0123456789abcdef"); err != nil || lower.String() != "0123456789ABCDEF0123456789ABCDEF" {
		t.Errorf("lower-case digits: got %s, %v", lower, err)
	}
}

func TestRates(t *testing.T) {
	for text, want := range map[string]Rate{
		"100/s": {100, time.Second}, "30/5m": {30, 5 * time.Minute}, "1/24h": {1, 24 * time.Hour}, "7/1m0s": {7, time.Minute},
	} {
		got, err := ParseRate(text)
		if err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", text, got, err, want)
		}
		if again, err := ParseRate(got.String()); err != nil || again != want {
			t.Errorf("%s is written %s, which reads as %v, %v", text, got, again, err)
		}
	}
	for _, text := range []string{"", "100", "0/s", "-1/s", "1/", "1/x", "1/0s", "1/1ns", "1/1000h", "1/s/s"} {
		if got, err := ParseRate(text); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}

func soundApp() App {
	return App{
		AppID: 1, Name: "a game", GameID: 11, AppKey: "abcdefghijklmnop", MSDKKey: "abcdefghijklmnop", ClientSigKey: "abcdefghijklmnop",
		SigKeys: map[string]string{"0": "abcdefghijklmnop"}, Environment: Formal,
	}
}

func TestAppsAreValidated(t *testing.T) {
	for name, test := range map[string]struct {
		edit func(*App)
		want string // "" when it is valid
	}{
		"valid":               {func(*App) {}, ""},
		"without a gameid":    {func(a *App) { a.GameID, a.SigKeys, a.ClientSigKey = 0, nil, "" }, ""},
		"no appid":            {func(a *App) { a.AppID = 0 }, "appid"},
		"no name":             {func(a *App) { a.Name = "" }, "name is missing"},
		"a name of two lines": {func(a *App) { a.Name = "a\nb" }, "name has a control character"},
		"a name too long":     {func(a *App) { a.Name = strings.Repeat("x", 101) }, "name has 101 bytes"},
		"a short key":         {func(a *App) { a.AppKey = "fifteen0fifteen" }, "appkey"},
		"a key with a dash":   {func(a *App) { a.MSDKKey = "abcd-efgh" }, "msdkkey"},
		"a source of letters": {func(a *App) { a.SigKeys["x"] = "abcdefgh" }, "source"},
		"no environment":      {func(a *App) { a.Environment = "" }, "environment"},
		"an API of spaces":    {func(a *App) { a.APIs = []string{"verify login"} }, "permission name"},
		"a rate of nothing":   {func(a *App) { a.Rates = map[string]RateLimit{"login": {}} }, "rates"},
		"a rate of all":       {func(a *App) { a.Rates = map[string]RateLimit{"*": {App: Rate{1, time.Second}}} }, "rates"},
		"an empty range":      {func(a *App) { a.AllowOrdinary = []netip.Prefix{{}} }, "allow list"},
		"a range of IPv4 as IPv6": {func(a *App) {
			a.AllowSensitive = []netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")}
		}, "allow list"},
		"an address with a mask": {func(a *App) {
			a.AllowOrdinary = []netip.Prefix{netip.MustParsePrefix("10.0.0.5/8")}
		}, "did you mean 10.0.0.0/8?"},
		"many test numbers": {func(a *App) { a.TestNumbers = make([]UIN, 101) }, "test numbers"},
	} {
		t.Run(name, func(t *testing.T) {
			app := soundApp()
			test.edit(&app)
			err := app.Validate()
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}

// TestIDIPAddresses: what an operator may name as the address of a game's server.
func TestIDIPAddresses(t *testing.T) {
	for address, ok := range map[string]bool{
		"": true, "https://game.example": true, "http://10.0.0.7:8080/idip": true, "http://[::1]:81/a%20b": true,
		"https://" + strings.Repeat("g", 504): true, "https://" + strings.Repeat("g", 505): false,
		"game.example": false, "ftp://game.example/": false, "https:///idip": false, "https://:443/": false, "https://a b/": false,
		"https://me:secret@game.example/": false, "https://game.example/?a=b": false, "https://game.example/?": false, "https://game.example/#a": false,
	} {
		app := App{AppID: 1, Name: "a", AppKey: "aaaaaaaaaaaaaaaa", MSDKKey: "bbbbbbbbbbbbbbbb", Environment: Formal, IDIP: address}
		err := app.Validate()
		if (err == nil) != ok {
			t.Errorf("%q: got %v", address, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error tells the secret: %v", address, err)
		}
	}
}

func TestAppsSurviveJSON(t *testing.T) {
	app := soundApp()
	app.Rates = map[string]RateLimit{"login": {User: Rate{60, time.Minute}}}
	app.TestNumbers = []UIN{10001}
	text, err := json.Marshal(app)
	if err != nil {
		t.Fatal(err)
	}
	var again App
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(app, again); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

func TestTheClockMovesOnlyWhenItIsMoved(t *testing.T) {
	clock := new(Clock)
	now := time.Now()
	if got := clock.At(now); !got.Equal(now) {
		t.Errorf("a new clock shows %s at %s", got, now)
	}
	clock.Advance(48 * time.Hour)
	clock.Advance(-24 * time.Hour)
	if got, want := clock.At(now), now.Add(24*time.Hour); !got.Equal(want) {
		t.Errorf("the clock shows %s, want %s", got, want)
	}
	if before, shown := time.Now(), clock.Now(); shown.Before(before.Add(24*time.Hour)) || shown.After(time.Now().Add(24*time.Hour)) {
		t.Errorf("now it shows %s, want a day after %s", shown, before)
	}
}

// TestWaitingOnTheClock: a wait ends by time, by a move of the clock, and with its context; a clock that is set back does not
// prolong it by more than itself.
func TestWaitingOnTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, begin := new(Clock), time.Now()
		wait := func(ctx context.Context, d time.Duration) (took func() time.Duration, err *error) {
			var end time.Time
			err = new(error)
			go func() {
				*err = clock.Wait(ctx, d)
				end = time.Now()
			}()
			synctest.Wait()
			return func() time.Duration {
				synctest.Wait()
				if end.IsZero() {
					return -1
				}
				return end.Sub(begin)
			}, err
		}
		check := func(what string, got, want time.Duration) {
			t.Helper()
			if got != want {
				t.Errorf("%s: it took %s, want %s", what, got, want)
			}
		}
		byTime, _ := wait(t.Context(), time.Second)
		byMove, _ := wait(t.Context(), time.Hour)
		byNothing, _ := wait(t.Context(), 0)
		check("no time", byNothing(), 0)
		<-time.After(2 * time.Second)
		check("a second", byTime(), time.Second)
		clock.Advance(30 * time.Minute)
		check("an hour, half an hour before", byMove(), -1)
		clock.Advance(30 * time.Minute)
		check("an hour of a moved clock", byMove(), 2*time.Second)

		begin = time.Now()
		setBack, _ := wait(t.Context(), time.Minute)
		<-time.After(30 * time.Second)
		clock.Set(time.Now().Add(-24 * time.Hour))
		<-time.After(2 * time.Minute)
		check("a minute of a clock that was set back", setBack(), 90*time.Second)

		ctx, cancel := context.WithCancel(t.Context())
		begin = time.Now()
		ended, err := wait(ctx, time.Hour)
		cancel()
		if check("an ended wait", ended(), 0); *err != context.Canceled {
			t.Errorf("got %v, want %v", *err, context.Canceled)
		}
		if err := clock.Wait(ctx, 0); err != context.Canceled {
			t.Errorf("no time, but an ended context: got %v", err)
		}
	})
}

func TestMessageLimitsAreValidated(t *testing.T) {
	app := soundApp()
	for _, limit := range MessageLimitNames {
		for n, sound := range map[int]bool{0: false, 1: true, 1_000_000: true, 1_000_001: false, -1: false} {
			app.MessageLimits = MessageLimits{SenderDay: 1, SenderWeek: 2, ReceiverDay: 3, ReceiverWeek: 4, PairDay: 5}
			*limit.Of(&app.MessageLimits) = n
			if err := app.Validate(); (err == nil) != sound || err != nil && !strings.Contains(err.Error(), limit.Name) {
				t.Errorf("%s %d: got %v", limit.Name, n, err)
			}
		}
	}
	app.MessageLimits = MessageLimits{}
	if err := app.Validate(); err != nil || app.Limits() != (MessageLimits{10, 40, 5, 20, 1}) {
		t.Errorf("without limits of its own an app has %+v, %v", app.Limits(), err)
	}
}

// TestTheFirstFaultIsAlwaysTheSame: of several faults an operator is told the first, and not one by chance.
func TestTheFirstFaultIsAlwaysTheSame(t *testing.T) {
	app := App{
		AppID: 1, Name: "a", AppKey: "demoAppKey010203", MSDKKey: "-", GameID: 1, ClientSigKey: "-", SigKeys: map[string]string{"0": "-", "1": "-", "2": "-"}, Environment: Formal,
	}
	person := Profile{Nickname: "\x00", Country: "\x00", City: "\x00"}
	for range 20 {
		if err := app.Validate(); err == nil || err.Error() != "msdkkey is not 16 to 128 letters and digits" {
			t.Fatal(err)
		}
		var fault *InvalidError
		if err := person.Validate(); !errors.As(err, &fault) || fault.Field != "nickname" {
			t.Fatal(err)
		}
	}
}
