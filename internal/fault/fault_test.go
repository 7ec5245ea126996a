package fault

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/store/storetest"
	"github.com/rookeryhq/rookery/retcode"
)

func open(t *testing.T) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "fault.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

func add(t *testing.T, s *Set, r Rule) Rule {
	t.Helper()
	r, err := s.Add(r)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestEveryCallOfTheStoreHasItsPoint calls each method with zero arguments while both points of every table fail.
func TestEveryCallOfTheStoreHasItsPoint(t *testing.T) {
	s := new(Set)
	for _, table := range Tables {
		add(t, s, Rule{Point: "store.read:" + table})
		add(t, s, Rule{Point: "store.write:" + table})
	}
	faulty := reflect.ValueOf(s.Store(open(t)))
	without := map[string]bool{"OnChange": true, "GuardEvents": true, "Ping": true, "Close": true}
	for _, name := range []string{"Mark", "Advance", "Renew", "Lag", "Lead", "Turn", "TakeAttempt", "GiveBackAttempt", "ClearAttempts", "TakeNonce", "Join", "UseKeys", "Gateways"} { // which rookery dev never calls, or which are about other processes
		without[name] = true
	}
	for i := range faulty.NumMethod() {
		name := faulty.Type().Method(i).Name
		if without[name] {
			continue
		}
		method := faulty.Method(i)
		args := []reflect.Value{reflect.ValueOf(t.Context())}
		for j := 1; j < method.Type().NumIn(); j++ {
			arg := reflect.New(method.Type().In(j)).Elem()
			if arg.Kind() == reflect.Pointer {
				arg.Set(reflect.New(arg.Type().Elem()))
			}
			args = append(args, arg)
		}
		results := method.Call(args)
		err, _ := results[len(results)-1].Interface().(error)
		var fault *Error
		if !errors.As(err, &fault) {
			t.Errorf("%s passes by every point: %v", name, err)
		}
	}
	for _, r := range s.List() {
		if r.Hits == 0 {
			t.Errorf("nothing comes by %s", r.Point)
		}
	}
}

func TestStoreWithoutRules(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return new(Set).Store(open(t)) })
}

func TestConditions(t *testing.T) {
	var (
		openid = platform.OpenID{1: 0xab}
		who    = subject{app: 7, openid: openid}
		player = subject{app: 7, msdk: 42}
		ctx    = platform.WithInterface(t.Context(), "/v2/x")
	)
	for name, test := range map[string]struct {
		rule Rule
		who  subject
		want bool
	}{
		"no condition":         {Rule{}, who, true},
		"the app":              {Rule{AppID: 7}, who, true},
		"another app":          {Rule{AppID: 8}, who, false},
		"the openid":           {Rule{OpenID: strings.ToLower(openid.String())}, who, true},
		"another openid":       {Rule{OpenID: strings.Repeat("0", 32)}, who, false},
		"the MSDK openid":      {Rule{OpenID: "42"}, player, true},
		"another MSDK openid":  {Rule{OpenID: "43"}, player, false},
		"no openid is given":   {Rule{OpenID: "0"}, subject{}, false},
		"the interface":        {Rule{Interface: "/v2/x"}, who, true},
		"another interface":    {Rule{Interface: "/v2"}, who, false},
		"all but one":          {Rule{AppID: 7, OpenID: openid.String(), Interface: "/v2/y"}, who, false},
		"another point":        {Rule{Point: "store.write:grants"}, who, false},
		"a rate of everything": {Rule{Rate: 1}, who, true},
		"next to no rate":      {Rule{Rate: math.SmallestNonzeroFloat64}, who, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(Set)
			if test.rule.Point == "" {
				test.rule.Point = "store.read:grants"
			}
			add(t, s, test.rule)
			if _, got := s.find(ctx, "store.read:grants", test.who); got != test.want {
				t.Errorf("it fails: %v, want %v", got, test.want)
			}
		})
	}
}

func TestTimesAndClear(t *testing.T) {
	s := new(Set)
	fails := func() bool { return s.Keyring(t.Context()) != nil }
	add(t, s, Rule{Point: "keyring.read", Times: 2})
	if got := []bool{fails(), fails(), fails()}; !got[0] || !got[1] || got[2] {
		t.Errorf("twice means %v", got)
	}
	if len(s.List()) != 0 {
		t.Errorf("it stays: %v", s.List())
	}
	one, two := add(t, s, Rule{Point: "keyring.read"}), add(t, s, Rule{Point: "keyring.read"})
	if s.Clear(one.ID) != 1 || s.Clear(one.ID) != 0 || !fails() {
		t.Error("clearing one does not leave the other")
	}
	if list := s.List(); len(list) != 1 || list[0].ID != two.ID || list[0].Hits != 1 {
		t.Errorf("the list is %v", list)
	}
	if s.Clear(0) != 1 || fails() {
		t.Error("clearing all leaves some")
	}
	for range 100 {
		add(t, s, Rule{Point: "keyring.read"})
	}
	if _, err := s.Add(Rule{Point: "keyring.read"}); err == nil {
		t.Error("there is no bound")
	}
}

func TestPanic(t *testing.T) {
	s := new(Set)
	add(t, s, Rule{Point: "keyring.read", Panic: true})
	defer func() {
		if recover() == nil {
			t.Error("it does not panic")
		}
	}()
	_ = s.Keyring(t.Context())
}

func TestBus(t *testing.T) {
	check := oidb.Subject{AppID: 7, MSDKOpenID: 42}
	for name, test := range map[string]struct {
		point string
		want  retcode.Code
	}{
		"connect":               {"bus.connect:0x711", retcode.OIDBConnectFailed},
		"delay":                 {"bus.delay:0x711=1ns", 0},
		"delay over the end":    {"bus.delay:0x711=1m", retcode.OIDBDeadlineExceeded},
		"answer of the command": {"backend.answer:0x711=65", retcode.AccessTokenExpired},
		"answer of the bus":     {"backend.answer:0x711=254", retcode.OIDBShardInMaintenance},
		"another command":       {"backend.answer:0x73a=17", 0},
		"no route":              {"bus.route:0x711", retcode.OIDBNoInstance},
		"garbled":               {"bus.garble:0x711", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := new(Set)
			add(t, s, Rule{Point: test.point, AppID: 7, OpenID: "42"})
			ctx := t.Context()
			if test.want == retcode.OIDBDeadlineExceeded {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, time.Millisecond)
				defer cancel()
			}
			err := s.Bus(ctx, &oidb.CheckAccess.Declaration, check)
			if code, _ := retcode.From(err); code != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if other := s.Bus(ctx, &oidb.CheckAccess.Declaration, oidb.Subject{AppID: 8}); other != nil {
				t.Errorf("another app's call failed: %v", other)
			}
		})
	}
}

// TestBusConditions: a condition works for every command whose request has the subject.
func TestBusConditions(t *testing.T) {
	openid := platform.OpenID{1, 2, 3}
	who := oidb.Subject{AppID: 7, OpenID: openid}
	for _, test := range []struct {
		point   string
		command *oidb.Declaration
		who     oidb.Subject
		want    retcode.Code
	}{
		{"backend.answer:0x71f=90", &identity.ConvertOpenID.Declaration, who, retcode.QQNonceReused},
		{"backend.answer:0x711=52", &identity.CheckText.Declaration, who, retcode.AccessTokenType127OpenIDInvalid34},
		{"backend.answer:0x73a=17", &oidb.CheckPay.Declaration, who, retcode.PayTokenExpired},
		{"backend.answer:0x5e1=116", &friends.ShowProfileCommand.Declaration, who, retcode.OIDBAccessTokenInvalid},
	} {
		s := new(Set)
		add(t, s, Rule{Point: test.point, AppID: 7, OpenID: openid.String()})
		if code, _ := retcode.From(s.Bus(t.Context(), test.command, test.who)); code != test.want {
			t.Errorf("%s, %s: got %v, want %v", test.point, test.command, code, test.want)
		}
	}
	s := new(Set)
	add(t, s, Rule{Point: "bus.connect:0x711", AppID: 7})
	if s.Bus(t.Context(), &identity.ConvertOpenIDs.Declaration, oidb.Subject{AppID: 7}) == nil || s.Bus(t.Context(), &identity.ConvertOpenIDs.Declaration, oidb.Subject{AppID: 8}) != nil {
		t.Error("a batch is not matched by its app")
	}
}

// TestHandler: the handler's own failure is an error without a code, or a panic.
func TestHandler(t *testing.T) {
	s := new(Set)
	add(t, s, Rule{Point: "handler:0x711", AppID: 7, Times: 1})
	err := s.Bus(t.Context(), &oidb.CheckAccess.Declaration, oidb.Subject{AppID: 7})
	var fault *Error
	if _, coded := retcode.From(err); !errors.As(err, &fault) || coded {
		t.Errorf("got %v, want a failure without a code", err)
	}
	add(t, s, Rule{Point: "handler:0x711", Panic: true})
	defer func() {
		if recover() == nil {
			t.Error("it does not panic")
		}
	}()
	_ = s.Bus(t.Context(), &oidb.CheckAccess.Declaration, oidb.Subject{AppID: 7})
}

// TestGarbledAnswers: no parser reads them, and the answers that no rule names stay whole.
func TestGarbledAnswers(t *testing.T) {
	s := new(Set)
	add(t, s, Rule{Point: "bus.garble:0x711", AppID: 7})
	add(t, s, Rule{Point: "idip.garble", AppID: 7})
	who := oidb.Subject{AppID: 7}
	answer := s.Answers(t.Context(), &oidb.CheckAccess.Declaration, who, nil)
	if _, err := oidb.CheckAccess.ParseResponse(answer); err == nil {
		t.Error("an answer of the bus is read")
	}
	if err := proto.Unmarshal(answer, new(wire.ListFriendsResponse)); err == nil {
		t.Error("a generated message is read")
	}
	if json.Valid(s.IDIPAnswer(t.Context(), 7, []byte("{}"))) {
		t.Error("an IDIP answer is read")
	}
	for name, got := range map[string][]byte{
		"another app's":      s.Answers(t.Context(), &oidb.CheckAccess.Declaration, oidb.Subject{AppID: 8}, []byte("whole")),
		"another command's":  s.Answers(t.Context(), &oidb.CheckPay.Declaration, who, []byte("whole")),
		"another app's IDIP": s.IDIPAnswer(t.Context(), 8, []byte("whole")),
		"without any rule":   new(Set).Answers(t.Context(), &oidb.CheckAccess.Declaration, who, []byte("whole")),
	} {
		if string(got) != "whole" {
			t.Errorf("%s answer became %q", name, got)
		}
	}
}

// TestEvents: the point fails the write that the event is part of, as the outbox itself would.
func TestEvents(t *testing.T) {
	s, st := new(Set), open(t)
	st.GuardEvents(s.Events)
	add(t, s, Rule{Point: "events.write", AppID: 7})
	report := func(app platform.AppID) error {
		return st.Report(t.Context(), []platform.Event{{Type: platform.EventGuildBound, Guild: platform.Guild{AppID: app}}})
	}
	var fault *Error
	if err := report(7); !errors.Is(err, platform.ErrEvents) || !errors.As(err, &fault) {
		t.Errorf("got %v, want %v because of the point", err, platform.ErrEvents)
	}
	if err := report(8); err != nil {
		t.Errorf("another app's event: %v", err)
	}
}

// TestIDIPAndNotices: both have a point without a target; that of notices is one command's.
func TestIDIPAndNotices(t *testing.T) {
	s := new(Set)
	s.Notices(&identity.ConvertOpenID.Declaration)
	send := func(d *oidb.Declaration, app platform.AppID) error {
		return s.Bus(t.Context(), d, oidb.Subject{AppID: app})
	}
	if s.IDIPConnect(t.Context(), 7) != nil || send(&identity.ConvertOpenID.Declaration, 7) != nil {
		t.Error("they fail without a rule")
	}
	add(t, s, Rule{Point: "idip.connect", AppID: 7})
	add(t, s, Rule{Point: "notice.send", AppID: 7})
	if s.IDIPConnect(t.Context(), 7) == nil || s.IDIPConnect(t.Context(), 8) != nil {
		t.Error("the rule does not decide about IDIP")
	}
	if err := send(&identity.ConvertOpenID.Declaration, 7); !errors.Is(err, retcode.OIDBConnectFailed) {
		t.Errorf("a notice: got %v, want %v", err, retcode.OIDBConnectFailed)
	}
	if send(&identity.ConvertOpenID.Declaration, 8) != nil || send(&identity.ConvertOpenIDs.Declaration, 7) != nil {
		t.Error("another app's notice fails, or another command of the number")
	}
}

func TestRulesAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		rule Rule
		want string
	}{
		"no point":              {Rule{}, "is not one of store.read:TABLE"},
		"unknown point":         {Rule{Point: "disk.full"}, "is not one of"},
		"unknown table":         {Rule{Point: "store.read:grant"}, "the tables are apps, "},
		"no table":              {Rule{Point: "store.read"}, "the tables are"},
		"keyring with a target": {Rule{Point: "keyring.read:x"}, "takes nothing"},
		"unknown cache":         {Rule{Point: "cache.read:grants"}, "the caches are friends"},
		"unknown command":       {Rule{Point: "bus.connect:0x1"}, "the commands are 0x5e1, 0x711, 0x71f, 0x73a, 0xf00, 0xf01"},
		"delay without one":     {Rule{Point: "bus.delay:0x711"}, "the form bus.delay:COMMAND=DURATION"},
		"connect with a value":  {Rule{Point: "bus.connect:0x711=1"}, "the form bus.connect:COMMAND"},
		"invalid delay":         {Rule{Point: "bus.delay:0x711=soon"}, "invalid duration"},
		"delay too long":        {Rule{Point: "bus.delay:0x711=2m"}, "at most 1m0s"},
		"invalid answer":        {Rule{Point: "backend.answer:0x711=x"}, "\"x\" is not a number"},
		"answer of no command":  {Rule{Point: "backend.answer:0x711=9999"}, "is not a failure"},
		"answer of success":     {Rule{Point: "backend.answer:0x711=0"}, "is not a failure"},
		"times below 0":         {Rule{Point: "keyring.read", Times: -1}, "times is -1"},
		"rate above 1":          {Rule{Point: "keyring.read", Rate: 1.5}, "rate 1.5"},
		"invalid rate":          {Rule{Point: "keyring.read", Rate: math.NaN()}, "rate NaN"},
		"IDIP with a target":    {Rule{Point: "idip.garble:x"}, "takes nothing"},
		"garble with a value":   {Rule{Point: "bus.garble:0x711=1"}, "the form bus.garble:COMMAND"},
		"route with a value":    {Rule{Point: "bus.route:0x711=1"}, "the form bus.route:COMMAND"},
		"panic of an answer":    {Rule{Point: "idip.garble", Panic: true}, "does not panic: these do: store.read, "},
		"panic on the bus":      {Rule{Point: "bus.connect:0x711", Panic: true}, "does not panic"},
		"long openid":           {Rule{Point: "keyring.read", OpenID: strings.Repeat("0", 65)}, "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := new(Set).Add(test.rule); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
}
