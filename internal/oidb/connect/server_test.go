package connect

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect"
	"connectrpc.com/grpcreflect"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/retcode"
)

// fixture is a bus with two commands, which serves HTTP.
type fixture struct {
	t       *testing.T
	bus     *oidb.Bus
	server  *httptest.Server
	h2c     *http.Client // speaks HTTP/2 without TLS
	waits   chan platform.AppID
	let     chan struct{}
	content chan oidb.Observed
}

func newFixture(t *testing.T, options Options) *fixture {
	t.Helper()
	f := &fixture{t: t, bus: oidb.NewBus(), waits: make(chan platform.AppID, 100), let: make(chan struct{}), content: make(chan oidb.Observed, 100)}
	f.bus.SetDirectory(nobody{})
	oidb.Handle(f.bus, oidb.CheckAccess, func(ctx context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
		switch strings.Clone(req.Token) {
		case "expired":
			return wire.CheckResponse{}, retcode.AccessTokenExpired.Errorf("it ended").WithRetryAfter(1500 * time.Millisecond)
		case "slow":
			if ctx = oidb.Wait(ctx); ctx.Err() != nil {
				return wire.CheckResponse{}, ctx.Err()
			}
			f.waits <- req.AppID
			select {
			case <-f.let:
			case <-ctx.Done():
				return wire.CheckResponse{}, ctx.Err()
			}
		case "caller":
			return wire.CheckResponse{UIN: 10001, AppID: oidb.Caller(ctx)}, nil
		}
		return wire.CheckResponse{UIN: 10001, AppID: req.AppID}, nil
	})
	oidb.Handle(f.bus, identity.ConvertOpenIDs, func(context.Context, *wire.ConvertOpenIDsRequest) (*wire.ConvertOpenIDsResponse, error) {
		return &wire.ConvertOpenIDsResponse{Fault: 2}, retcode.AccessTokenBatchOpenIDInvalid
	})
	oidb.Handle(f.bus, identity.CheckText, func(_ context.Context, req *wire.CheckTextRequest) (*wire.CheckTextResponse, error) {
		return &wire.CheckTextResponse{Uin: 10001, Openid: []byte(req.Openid)}, nil
	})
	f.bus.Observe(slog.New(slog.DiscardHandler), prometheus.NewRegistry(), func(o oidb.Observed) { f.content <- o })
	f.server = httptest.NewUnstartedServer(NewHandler(f.bus, options))
	f.server.Config.Protocols = new(http.Protocols)
	f.server.Config.Protocols.SetHTTP1(true)
	f.server.Config.Protocols.SetUnencryptedHTTP2(true)
	f.server.Start()
	t.Cleanup(f.server.Close)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(transport.CloseIdleConnections)
	f.h2c = &http.Client{Transport: transport}
	return f
}

// nobody is a directory without apps and accounts.
type nobody struct{}

func (nobody) App(platform.AppID) *platform.App                   { return nil }
func (nobody) Issued(context.Context, platform.UIN) (bool, error) { return true, nil }
func (nobody) Number(context.Context, platform.UIN) (platform.AccountClass, platform.AccountState, error) {
	return platform.ClassOrdinary, platform.AccountNormal, nil
}
func (nobody) HoldsLogin(_ context.Context, app platform.AppID, uin platform.UIN, text string) (bool, error) {
	return app == 7 && uin == 10001 && text == "valid", nil
}

// post sends a request as a person with curl does. metadata alternates names and values.
func (f *fixture) post(path, contentType, body string, metadata ...string) (status int, answer string) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", f.server.URL+path, strings.NewReader(body))
	if err != nil {
		f.t.Error(err) // in any goroutine
		return 0, ""
	}
	req.Header.Set("Content-Type", contentType)
	for i := 0; i < len(metadata); i += 2 {
		req.Header.Add(metadata[i], metadata[i+1])
	}
	rsp, err := f.server.Client().Do(req)
	if err != nil {
		f.t.Error(err) // in any goroutine
		return 0, ""
	}
	defer rsp.Body.Close()
	content, err := io.ReadAll(rsp.Body)
	if err != nil {
		f.t.Error(err) // in any goroutine
		return 0, ""
	}
	return rsp.StatusCode, string(content)
}

const (
	commands = "/rookery.oidb.Commands/"
	inJSON   = "application/json"
	inProto  = "application/proto"
)

// TestCallsInJSON: what a person with curl sends and sees.
func TestCallsInJSON(t *testing.T) {
	f := newFixture(t, Options{})
	for name, test := range map[string]struct {
		method, body string
		metadata     []string
		status       int
		answer       string // JSON
		result       float64
		detail       string // how that of a result ends
	}{
		"a call":                             {method: "CheckAccess", body: `{"access_token": "x", "appid": 7}`, status: 200, answer: `{"uin":"10001","openid":"AAAAAAAAAAAAAAAAAAAAAA==","appid":"7"}`},
		"lowerCamelCase":                     {method: "CheckAccess", body: `{"accessToken": "x", "appid": "7"}`, status: 200, answer: `{"uin":"10001","openid":"AAAAAAAAAAAAAAAAAAAAAA==","appid":"7"}`},
		"by the command's numbers":           {method: "0x711_1", body: `{"appid": 7}`, status: 200, answer: `{"uin":"10001","openid":"AAAAAAAAAAAAAAAAAAAAAA==","appid":"7"}`},
		"a result":                           {method: "CheckAccess", body: `{"access_token": "expired"}`, status: 401, result: 65, detail: "it ended"},
		"a field that is unknown":            {method: "CheckAccess", body: `{"acces_token": "x"}`, status: 400, result: 145, detail: `(line 1:2): unknown field "acces_token"`},
		"no JSON":                            {method: "CheckAccess", body: `token=x`, status: 400, result: 145, detail: "syntax error (line 1:1): invalid value token"},
		"no metadata of that form":           {method: "CheckAccess", body: `{}`, metadata: []string{"oidb-uin", "ten"}, status: 400, result: 145, detail: `the metadata Oidb-Uin cannot be read: "ten" is not a decimal number of 64 bits`},
		"metadata twice":                     {method: "CheckAccess", body: `{}`, metadata: []string{"oidb-uin", "1", "oidb-uin", "2"}, status: 400, result: 145, detail: "the metadata Oidb-Uin cannot be read: there are 2 of them"},
		"a game without a grant":             {method: "CheckAccess", body: `{}`, metadata: []string{"oidb-appid", "7"}, status: 400, result: 150},
		"an unknown command":                 {method: "0xe10_1", body: ` {} `, status: 501, result: 5},
		"an unknown message":                 {method: "0xe10_1", body: `{"a":1}`, status: 400, result: 145, detail: "the platform does not know the messages of this command: send protobuf"},
		"a command that is not handled here": {method: "CheckPay", body: `{}`, status: 501, result: 5},
		"a text beyond ASCII":                {method: "CheckText", body: `{"openid":"鸦"}`, status: 200, answer: `{"uin":"10001","openid":"6bim"}`},
	} {
		t.Run(name, func(t *testing.T) {
			f.t = t
			status, content := f.post(commands+test.method, inJSON, test.body, test.metadata...)
			var answer any
			if err := json.Unmarshal([]byte(content), &answer); err != nil || status != test.status {
				t.Fatalf("%d %s, want %d", status, content, test.status)
			}
			if test.result == 0 {
				var want any
				if err := json.Unmarshal([]byte(test.answer), &want); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, answer); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				return
			}
			var failed struct {
				Details []struct {
					Type  string
					Debug struct {
						Result float64
						Detail string
					}
				}
			}
			if err := json.Unmarshal([]byte(content), &failed); err != nil || len(failed.Details) != 1 || failed.Details[0].Type != "rookery.oidb.Result" {
				t.Fatalf("got %s", content)
			}
			if d := failed.Details[0].Debug; d.Result != test.result || !strings.HasSuffix(d.Detail, test.detail) || test.detail == "" && d.Detail != "" {
				t.Errorf("got %v, %q, want %v, %q", d.Result, d.Detail, test.result, test.detail)
			}
		})
	}
}

// TestAnswersInJSONAreText: what other callers stored may not be UTF-8.
func TestAnswersInJSONAreText(t *testing.T) {
	body, err := proto.Marshal(&wire.ListFriendsResponse{Uin: 1, Friend: []*wire.AppFriend{{Nickname: "a\xffb"}}})
	if err != nil {
		t.Fatal(err)
	}
	data, err := text{"json"}.Marshal(&message{of: (*wire.ListFriendsResponse)(nil).ProtoReflect().Descriptor(), body: body})
	if err != nil || !strings.Contains(string(data), "\"a\uFFFDb\"") {
		t.Errorf("got %s, %v", data, err)
	}
}

// protocols are the ways of a client that is generated from oidb.proto.
var protocols = map[string][]connect.ClientOption{
	"Connect":         nil,
	"Connect in JSON": {connect.WithProtoJSON()},
	"gRPC":            {connect.WithGRPC()},
	"gRPC-Web":        {connect.WithGRPCWeb()},
}

func TestGeneratedClients(t *testing.T) {
	f := newFixture(t, Options{})
	for name, options := range protocols {
		t.Run(name, func(t *testing.T) {
			check := connect.NewClient[wire.CheckAccessRequest, wire.CheckAccessResponse](f.h2c, f.server.URL+commands+"CheckAccess", options...)
			rsp, err := check.CallUnary(t.Context(), connect.NewRequest(&wire.CheckAccessRequest{Appid: 7}))
			if err != nil || rsp.Msg.GetUin() != 10001 || rsp.Msg.GetAppid() != 7 {
				t.Errorf("got %v, %v", rsp, err)
			}
			_, err = check.CallUnary(t.Context(), connect.NewRequest(&wire.CheckAccessRequest{AccessToken: "expired"}))
			fails(t, err, connect.CodeUnauthenticated, &wire.Result{Result: 65, Detail: "it ended", RetryAfterMs: 1500})
			convert := connect.NewClient[wire.ConvertOpenIDsRequest, wire.ConvertOpenIDsResponse](f.h2c, f.server.URL+commands+"ConvertOpenIDs", options...)
			_, err = convert.CallUnary(t.Context(), connect.NewRequest(&wire.ConvertOpenIDsRequest{}))
			fails(t, err, connect.CodeInvalidArgument, &wire.Result{Result: 85, Answer: []byte{0x10, 2}})
		})
	}
}

// fails expects an error with a result.
func fails(t *testing.T, err error, status connect.Code, want *wire.Result) {
	t.Helper()
	var failed *connect.Error
	if !errors.As(err, &failed) || failed.Code() != status || len(failed.Details()) != 1 || failed.Message() == "" {
		t.Errorf("got %v, want %v with a detail and a message", err, status)
		return
	}
	got, err := failed.Details()[0].Value()
	if diff := cmp.Diff(want, got, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

// TestStatuses: what a result means to programs that do not know it.
func TestStatuses(t *testing.T) {
	for result, want := range map[uint32]connect.Code{
		5: connect.CodeUnimplemented, 145: connect.CodeInvalidArgument, 147: connect.CodeInvalidArgument, 150: connect.CodeFailedPrecondition, 153: connect.CodeResourceExhausted,
		154: connect.CodeDeadlineExceeded, 155: connect.CodeUnavailable, 254: connect.CodeUnavailable, 112: connect.CodePermissionDenied, 4711: connect.CodeUnknown, 200: connect.CodeUnknown,
		65: connect.CodeUnauthenticated, 1: connect.CodeInternal,
	} {
		if got := status(&oidb.CheckAccess.Declaration, result); got != want {
			t.Errorf("0x711 %d: %v, want %v", result, got, want)
		}
	}
	if got := status(nil, 155); got != connect.CodeUnavailable {
		t.Errorf("155 of an operator's own command: %v", got)
	}
}

// TestThePolicySeesTheCaller: the metadata and the connection's address.
func TestThePolicySeesTheCaller(t *testing.T) {
	f := newFixture(t, Options{})
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := f.bus.LoadPolicy(t.Context(), db, new(platform.Clock)); err != nil {
		t.Fatal(err)
	}
	change := func(edit func(*oidb.Policy)) {
		t.Helper()
		if _, err := f.bus.ChangePolicy(t.Context(), func(p *oidb.Policy) error {
			p.Commands = map[string]oidb.CommandPolicy{"0x711_1": {Apps: []platform.AppID{7}}}
			edit(p)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	result := func(metadata ...string) float64 {
		t.Helper()
		_, content := f.post(commands+"CheckAccess", inJSON, `{"access_token":"caller"}`, metadata...)
		var failed struct {
			Appid   string
			Details []struct{ Debug struct{ Result float64 } }
		}
		if err := json.Unmarshal([]byte(content), &failed); err != nil {
			t.Fatal(content)
		}
		if len(failed.Details) == 0 {
			if len(metadata) > 0 && metadata[1] == "7" != (failed.Appid == "7") {
				t.Errorf("%v: the caller is %q", metadata, failed.Appid)
			}
			return 0
		}
		return failed.Details[0].Debug.Result
	}
	for _, test := range []struct {
		name     string
		edit     func(*oidb.Policy)
		metadata []string
		want     float64
	}{
		{"the game", func(*oidb.Policy) {}, []string{"oidb-appid", "7"}, 0},
		{"another game", func(*oidb.Policy) {}, []string{"oidb-appid", "8"}, 150},
		{"a login", func(*oidb.Policy) {}, []string{"oidb-login-appid", "7", "oidb-uin", "10001", "oidb-login-sig", "valid"}, 0},
		{"a login that does not hold", func(*oidb.Policy) {}, []string{"oidb-login-appid", "7", "oidb-uin", "10001", "oidb-login-sig", "invalid"}, 151},
		{"an account on the black list", func(p *oidb.Policy) { p.UINBlackList = []platform.UIN{10001} }, []string{"oidb-uin", "10001"}, 149},
		{"the connection's address", func(p *oidb.Policy) { p.AddressBlackList = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }, nil, 148},
		{"the end user's address", func(p *oidb.Policy) { p.AddressBlackList = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} }, []string{"oidb-client-addr", "192.0.2.7"}, 148},
		{"a call that is forwarded", func(p *oidb.Policy) { p.AddressBlackList = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }, []string{"oidb-forwarded", "1"}, 0},
	} {
		change(func(p *oidb.Policy) { p.UINBlackList, p.AddressBlackList = nil, nil; test.edit(p) })
		if got := result(test.metadata...); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestCallsAreObserved: by the caller's request id, and also those of which nothing can be read.
func TestCallsAreObserved(t *testing.T) {
	f := newFixture(t, Options{MaxMessage: 100})
	for name, test := range map[string]struct {
		body string
		want retcode.Code
	}{
		"a call":    {`{}`, 0},
		"no JSON":   {`{`, retcode.OIDBUnpackFailed},
		"too large": {`{"access_token":"` + strings.Repeat("x", 100) + `"}`, retcode.OIDBPacketTooLarge},
	} {
		f.post(commands+"CheckAccess", inJSON, test.body, "oidb-request-id", "r-1")
		if o := <-f.content; o.RequestID != "r-1" || o.Command.String() != "0x711_1" || o.Code != test.want || !o.Peer.IsLoopback() {
			t.Errorf("%s: got %+v, want %v", name, o, test.want)
		}
	}
}

// TestRequestsBeyondAllMeasure: the bus answers them, and knows of them.
func TestRequestsBeyondAllMeasure(t *testing.T) {
	f := newFixture(t, Options{})
	for name, options := range protocols {
		for _, size := range []int{65_537, 1<<20 + 1, 3 << 20} {
			check := connect.NewClient[wire.CheckAccessRequest, wire.CheckAccessResponse](f.h2c, f.server.URL+commands+"CheckAccess", options...)
			_, err := check.CallUnary(t.Context(), connect.NewRequest(&wire.CheckAccessRequest{AccessToken: strings.Repeat("x", size)}))
			fails(t, err, connect.CodeInvalidArgument, &wire.Result{Result: 147})
			select {
			case o := <-f.content:
				if o.Code != retcode.OIDBPacketTooLarge {
					t.Errorf("%s, %d bytes: the bus answered %v", name, size, o.Code)
				}
			default:
				t.Errorf("%s, %d bytes: the bus did not get the call", name, size)
			}
		}
	}
	if status, answer := f.post(commands+"CheckAccess", inJSON, strings.Repeat(" ", 1<<20)); status != 400 || !strings.Contains(answer, `"result":147`) {
		t.Errorf("over HTTP/1.1: %d %s", status, answer)
	}
}

// TestRequestsOfAnySize are not read to their end.
func TestRequestsOfAnySize(t *testing.T) {
	f := newFixture(t, Options{})
	for _, contentType := range []string{inProto, inJSON, "application/grpc"} {
		body := bytes.NewReader(append([]byte{0, 0, 0x80, 0, 0}, make([]byte, 8<<20)...))
		req := httptest.NewRequest("POST", commands+"CheckAccess", body)
		req.Header.Set("Content-Type", contentType)
		f.server.Config.Handler.ServeHTTP(httptest.NewRecorder(), req)
		if read := body.Size() - int64(body.Len()); read > 65_536+1<<20+100 {
			t.Errorf("%s: %d bytes are read", contentType, read)
		}
	}
}

func TestWhatIsNotServed(t *testing.T) {
	f := newFixture(t, Options{})
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(`{}`)) // cannot fail
	_ = z.Close()
	for name, test := range map[string]struct {
		path, contentType, body string
		metadata                []string
		status                  int
	}{
		"a web page":                        {commands + "CheckAccess", inJSON, `{}`, []string{"Origin", "http://evil.example"}, 403},
		"a page of the browser":             {commands + "CheckAccess", inJSON, `{}`, []string{"Sec-Fetch-Site", "same-origin"}, 403},
		"no method":                         {commands + "Nothing", inJSON, `{}`, nil, 501},
		"no number":                         {commands + "0x711", inProto, ``, nil, 501},
		"no protocol":                       {commands + "Nothing", "text/plain", `{}`, nil, 404},
		"another service":                   {"/rookery.oidb.Others/CheckAccess", inJSON, `{}`, nil, 404},
		"compressed":                        {commands + "CheckAccess", inJSON, zipped.String(), []string{"Content-Encoding", "gzip"}, 501},
		"a health check of another service": {"/grpc.health.v1.Health/Check", inJSON, `{"service":"others"}`, nil, 404},
	} {
		if status, answer := f.post(test.path, test.contentType, test.body, test.metadata...); status != test.status {
			t.Errorf("%s: %d %s, want %d", name, status, answer, test.status)
		}
	}
}

func TestHealthAndReflection(t *testing.T) {
	ready := true
	f := newFixture(t, Options{Ready: func() bool { return ready }})
	for _, service := range []string{"", "rookery.oidb.Commands"} {
		if status, answer := f.post("/grpc.health.v1.Health/Check", inJSON, `{"service":"`+service+`"}`); status != 200 || !strings.Contains(answer, `"SERVING_STATUS_SERVING"`) {
			t.Errorf("%q: %d %s", service, status, answer)
		}
	}
	ready = false
	if _, answer := f.post("/grpc.health.v1.Health/Check", inJSON, `{}`); !strings.Contains(answer, `"SERVING_STATUS_NOT_SERVING"`) {
		t.Errorf("while it drains: %s", answer)
	}
	stream := grpcreflect.NewClient(f.h2c, f.server.URL, connect.WithGRPC()).NewStream(t.Context())
	defer stream.Close()
	names, err := stream.ListServices()
	if err != nil || len(names) != 2 || names[0] != "rookery.oidb.Commands" || names[1] != "grpc.health.v1.Health" {
		t.Errorf("the services are %v, %v", names, err)
	}
	files, err := stream.FileContainingSymbol("rookery.oidb.Commands.CheckAccess")
	if err != nil || len(files) == 0 {
		t.Errorf("no file with the service: %v", err)
	}
}

// TestTheCallersTime: a call ends with its caller's timeout, and with the caller.
func TestTheCallersTime(t *testing.T) {
	f := newFixture(t, Options{Deadline: time.Hour})
	_, answer := f.post(commands+"CheckAccess", inJSON, `{"access_token":"slow"}`, "Connect-Timeout-Ms", "30")
	if !strings.Contains(answer, `"deadline_exceeded"`) {
		t.Errorf("past the caller's time: %s", answer)
	}
	if o := <-f.content; o.Code != retcode.OIDBDeadlineExceeded {
		t.Errorf("past the caller's time: %v", o.Code)
	}
	for len(f.waits) > 0 { // it may have ended before it waited
		<-f.waits
	}
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		check := connect.NewClient[wire.CheckAccessRequest, wire.CheckAccessResponse](f.h2c, f.server.URL+commands+"CheckAccess", connect.WithGRPC())
		_, err := check.CallUnary(ctx, connect.NewRequest(&wire.CheckAccessRequest{AccessToken: "slow"}))
		left <- err
	}()
	<-f.waits
	leave()
	if err := <-left; connect.CodeOf(err) != connect.CodeCanceled {
		t.Errorf("the caller that left: %v", err)
	}
	if o := <-f.content; o.Code != retcode.OIDBDeadlineExceeded {
		t.Errorf("the call whose caller left: %v", o.Code)
	}
}

// TestWaitingCallsAreBounded: a call without a slot waits for one, and no longer than its caller.
func TestWaitingCallsAreBounded(t *testing.T) {
	f := newFixture(t, Options{MaxWaiting: 1, Deadline: time.Hour})
	first := make(chan string, 1)
	go func() {
		_, answer := f.post(commands+"CheckAccess", inJSON, `{"access_token":"slow","appid":1}`)
		first <- answer
	}()
	<-f.waits
	if _, answer := f.post(commands+"CheckAccess", inJSON, `{"access_token":"slow","appid":2}`, "Connect-Timeout-Ms", "30"); !strings.Contains(answer, `"deadline_exceeded"`) {
		t.Errorf("without a slot: %s", answer)
	}
	if len(f.waits) > 0 {
		t.Error("the call without a slot went on")
	}
	f.let <- struct{}{}
	if answer := <-first; !strings.Contains(answer, `"10001"`) {
		t.Errorf("the call with the slot: %s", answer)
	}
	go func() { <-f.waits; f.let <- struct{}{} }()
	if _, answer := f.post(commands+"CheckAccess", inJSON, `{"access_token":"slow","appid":3}`); !strings.Contains(answer, `"10001"`) {
		t.Errorf("once the slot is free: %s", answer)
	}
}

// TestAStopAnswersTheCallsUnderWay: over HTTP/2 too.
func TestAStopAnswersTheCallsUnderWay(t *testing.T) {
	f := newFixture(t, Options{Deadline: time.Hour})
	check := connect.NewClient[wire.CheckAccessRequest, wire.CheckAccessResponse](f.h2c, f.server.URL+commands+"CheckAccess", connect.WithGRPC())
	answered := make(chan error, 1)
	go func() {
		_, err := check.CallUnary(context.Background(), connect.NewRequest(&wire.CheckAccessRequest{AccessToken: "slow"}))
		answered <- err
	}()
	<-f.waits
	stopping, stopped := make(chan struct{}), make(chan error, 1)
	f.server.Config.RegisterOnShutdown(func() { close(stopping) })
	go func() { stopped <- f.server.Config.Shutdown(context.Background()) }()
	<-stopping
	f.let <- struct{}{}
	if err := <-answered; err != nil {
		t.Errorf("the call under way: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}
