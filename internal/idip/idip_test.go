package idip

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/tracing"
)

const patience = time.Minute // for what must happen, however slow the machine is

func newClient(t *testing.T) *Client {
	c := New(new(platform.Clock), slog.New(slog.DiscardHandler))
	c.deadline = patience
	t.Cleanup(c.Close)
	return c
}

// gameAt returns a V5 game whose server is at an address.
func gameAt(address string) *platform.App {
	return &platform.App{AppID: 100700001, GameID: 11, SigKeys: map[string]string{"0": "0123456789abcdef"}, IDIP: address}
}

// serve returns the game of a server that answers with handle.
func serve(t *testing.T, handle http.HandlerFunc) *platform.App {
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return gameAt(server.URL + "/idip")
}

var seqOf = regexp.MustCompile(`"Seqid":(\d+)`)

// answer answers that the player is a member.
func answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, `{"head":{"Cmdid":4098,"Seqid":%s},"body":{"GuildName":"Owls","LeaderOpenId":"1","IsMember":1}}`, seqOf.FindSubmatch(body)[1])
}

var member = Answer{Member: true, GuildName: "Owls", LeaderOpenID: "1"}

func (c *Client) wants(t *testing.T, app *platform.App, want Answer, wantErr error) {
	t.Helper()
	got, err := c.Guild(t.Context(), app, Query{Zone: "1", Guild: "2134", OpenID: "10000000000000000001", RoleID: "2"})
	if got != want || !errors.Is(err, wantErr) {
		t.Errorf("got %+v, %v, want %+v, %v", got, err, want, wantErr)
	}
}

// TestTheGamesSide: the platform and client.IDIPHandler understand each other, with either key.
func TestTheGamesSide(t *testing.T) {
	ours := client.GuildQuery{AppID: "100700001", Zone: "1", Guild: "2134", OpenID: "10000000000000000001", RoleID: "2"}
	for name, keys := range map[string]client.App{
		"a V5 game":         {AppID: "100700001", GameID: "11", SigKey: "0123456789abcdef"},
		"a game without V5": {AppID: "100700001", MSDKKey: "msdkkeymsdkkey00"},
	} {
		t.Run(name, func(t *testing.T) {
			var said client.GuildAnswer
			var fails error
			handler, err := client.IDIPHandler(keys, func(_ context.Context, q client.GuildQuery) (client.GuildAnswer, error) {
				if q != ours {
					t.Errorf("asked %+v, want %+v", q, ours)
				}
				return said, fails
			})
			if err != nil {
				t.Fatal(err)
			}
			c, app := newClient(t), serve(t, handler.ServeHTTP)
			if keys.GameID == "" {
				app.GameID, app.SigKeys, app.MSDKKey = 0, nil, keys.MSDKKey
			}
			said = client.GuildAnswer{Name: "Owls", LeaderOpenID: "10000000000000000001", Member: true, Leader: true}
			c.wants(t, app, Answer{GuildName: "Owls", LeaderOpenID: "10000000000000000001", Member: true, Leader: true}, nil)
			said = client.GuildAnswer{Name: "Owls", LeaderOpenID: "7"}
			c.wants(t, app, Answer{GuildName: "Owls", LeaderOpenID: "7"}, nil)
			fails = client.ErrNoGuild
			c.wants(t, app, Answer{}, nil)
			fails = errors.New("the database is away")
			c.wants(t, app, Answer{}, ErrUnreachable)

			fails = nil
			if app.GameID != 0 {
				app.SigKeys = map[string]string{"0": "fedcba9876543210"}
			}
			app.MSDKKey = "another0key"
			c.wants(t, app, Answer{}, ErrUnreachable)
		})
	}
}

// TestBadServers: whatever a server does, the question ends with an error of its kind, and little of the answer is read.
func TestBadServers(t *testing.T) {
	var elsewhere atomic.Int32
	other := serve(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	raw := func(text string) http.HandlerFunc { // bytes instead of an HTTP answer, and the end of the connection
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(conn, text)
			conn.Close()
		}
	}
	var written atomic.Int64
	endless := func(w io.Writer, chunk []byte) { // until the reader has had enough
		for {
			n, err := w.Write(chunk)
			if written.Add(int64(n)); err != nil {
				return
			}
		}
	}
	for name, test := range map[string]struct {
		handle http.HandlerFunc
		want   error
	}{
		"closes":             {raw(""), ErrUnreachable},
		"closes in the head": {raw("HTTP/1.1 200 OK\r\nContent-Le"), ErrUnreachable},
		"closes in the body": {raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"head\":"), ErrUnreachable},
		"is no HTTP server":  {raw("220 mail.example ESMTP\r\n"), ErrUnreachable},
		"answers garbage":    {raw("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x00\xff\x00\xff"), ErrGarbled},
		"is broken":          {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "oops", 500) }, ErrUnreachable},
		"is not there":       {http.NotFound, ErrUnreachable},
		"has nothing to say": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, ErrUnreachable},
		"accepts":            {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(202); answer(w, r) }, ErrUnreachable},
		"redirects":          {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.IDIP, http.StatusFound) }, ErrUnreachable},
		"redirects the whole": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.IDIP, http.StatusTemporaryRedirect)
		}, ErrUnreachable},
		"answers gigabytes": {func(w http.ResponseWriter, _ *http.Request) { endless(w, make([]byte, 32<<10)) }, ErrGarbled},
		"answers blanks":    {func(w http.ResponseWriter, _ *http.Request) { endless(w, []byte(strings.Repeat(" ", 32<<10))) }, ErrGarbled},
		"has endless headers": {func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			endless(conn, []byte("X-A: "+strings.Repeat("a", 1000)+"\r\n"))
		}, ErrUnreachable},
		"compresses unasked": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			plain := httptest.NewRecorder()
			answer(plain, r)
			z := gzip.NewWriter(w)
			z.Write(plain.Body.Bytes())
			z.Close()
		}, ErrGarbled},
		"answers a bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			z.Write(make([]byte, 64<<20))
			z.Close()
		}, ErrGarbled},
	} {
		t.Run(name, func(t *testing.T) {
			newClient(t).wants(t, serve(t, test.handle), Answer{}, test.want)
		})
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d questions went where a server sent them", n)
	}
	// What the sockets of both sides hold is read by nobody.
	if n := written.Load(); n > 3*16<<20 {
		t.Errorf("three servers could write %d bytes", n)
	}
	t.Run("refuses", func(t *testing.T) {
		closed, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		closed.Close()
		newClient(t).wants(t, gameAt("http://"+closed.Addr().String()), Answer{}, ErrUnreachable)
	})
	t.Run("has a certificate of nobody", func(t *testing.T) {
		server := httptest.NewUnstartedServer(http.HandlerFunc(answer))
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		server.StartTLS()
		t.Cleanup(server.Close)
		newClient(t).wants(t, gameAt(server.URL), Answer{}, ErrUnreachable)
	})
	t.Run("an answer of the most bytes", func(t *testing.T) {
		newClient(t).wants(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
			var b strings.Builder
			fill := httptest.NewRecorder()
			answer(fill, r)
			b.WriteString(fill.Body.String())
			b.WriteString(strings.Repeat(" ", 65536-b.Len()))
			io.WriteString(w, b.String())
		}), member, nil)
	})
}

// TestSlowServers: a server that never answers, or not to the end, takes the deadline and no more.
func TestSlowServers(t *testing.T) {
	for name, begin := range map[string]string{"hangs": "", "hangs in the body": `{"head":`} {
		t.Run(name, func(t *testing.T) {
			end := make(chan struct{})
			app := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, begin)
				if begin != "" {
					w.(http.Flusher).Flush()
				}
				<-end
			})
			t.Cleanup(func() { close(end) })
			c := newClient(t)
			c.deadline = 10 * time.Millisecond
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			_, err := c.Guild(ctx, app, Query{})
			if !errors.Is(err, ErrUnreachable) || !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
				t.Errorf("got %v, %v", err, ctx.Err())
			}
		})
	}
	if c := New(new(platform.Clock), slog.New(slog.DiscardHandler)); c.deadline != 2*time.Second {
		t.Errorf("the deadline is %s", c.deadline)
	}
}

// TestNoSecretsInErrors: the text of a failure has neither the key nor the signature.
func TestNoSecretsInErrors(t *testing.T) {
	app := gameAt("http://127.0.0.1:1/idip")
	_, err := newClient(t).Guild(t.Context(), app, Query{})
	if err == nil || strings.Contains(err.Error(), "sig=") || strings.Contains(err.Error(), app.SigKeys["0"]) {
		t.Errorf("got %v", err)
	}
}

// TestTheEnvironmentHasNoSay: questions go to the operator's address, not to a proxy.
func TestTheEnvironmentHasNoSay(t *testing.T) {
	if newClient(t).web.Transport.(*http.Transport).Proxy != nil {
		t.Error("the transport asks for a proxy")
	}
}

// TestConnectionsAreReused, and one that the server closed between two questions fails none.
func TestConnectionsAreReused(t *testing.T) {
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(answer))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c, app := newClient(t), gameAt(server.URL)
	for range 20 {
		c.wants(t, app, member, nil)
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("20 questions took %d connections", n)
	}
	for range 20 {
		server.CloseClientConnections()
		c.wants(t, app, member, nil)
	}
}

// TestQuestionsAtATime: 32 to one server, and none of another app waits for them.
func TestQuestionsAtATime(t *testing.T) {
	var (
		asked = make(chan struct{}, 100)
		end   = make(chan struct{})
		c     = newClient(t)
		slow  = serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked <- struct{}{}
			<-end
			answer(w, r)
		})
		quick = serve(t, answer)
		wg    sync.WaitGroup
	)
	quick.AppID = 100700002
	for range 32 {
		wg.Go(func() { c.wants(t, slow, member, nil) })
	}
	for range 32 {
		<-asked
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Guild(ctx, slow, Query{}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("one more question: got %v", err)
	}
	c.wants(t, quick, member, nil)
	close(end)
	wg.Wait()
	if len(asked) != 0 {
		t.Error("one more question was sent")
	}
	c.wants(t, slow, member, nil)
}

// TestTheBreaker: after five failures in a row a server is left alone for ten seconds of the platform's clock; then one
// question tries it.
func TestTheBreaker(t *testing.T) {
	var (
		asked atomic.Int32
		mood  atomic.Value // of http.HandlerFunc
		c     = newClient(t)
		app   = serve(t, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			mood.Load().(http.HandlerFunc)(w, r)
		})
		broken  = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
		garbled = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "?") })
		well    = http.HandlerFunc(answer)
	)
	c.clock.Set(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	ask := func(how http.HandlerFunc, times int, want Answer, wantErr error, wantAsked int32) {
		t.Helper()
		mood.Store(how)
		asked.Store(0)
		for range times {
			c.wants(t, app, want, wantErr)
		}
		if got := asked.Load(); got != wantAsked {
			t.Errorf("the server was asked %d times, want %d", got, wantAsked)
		}
	}
	ask(broken, 4, Answer{}, ErrUnreachable, 4)
	ask(well, 1, member, nil, 1)
	ask(broken, 4, Answer{}, ErrUnreachable, 4)
	ask(garbled, 1, Answer{}, ErrGarbled, 1) // it can be reached
	ask(broken, 4, Answer{}, ErrUnreachable, 4)
	left, cancel := context.WithCancel(t.Context())
	mood.Store(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.ReadAll(r.Body) // only then does a server notice that its caller leaves
		cancel()
		<-r.Context().Done()
	}))
	if _, err := c.Guild(left, app, Query{}); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a question whose caller left: got %v", err)
	}
	ask(broken, 3, Answer{}, ErrUnreachable, 1) // the fifth failure, and then none
	c.clock.Advance(9 * time.Second)
	ask(well, 2, Answer{}, ErrUnreachable, 0)
	c.clock.Advance(time.Second)
	ask(broken, 3, Answer{}, ErrUnreachable, 1)
	c.clock.Advance(10 * time.Second)
	ask(well, 3, member, nil, 3)
	ask(broken, 5, Answer{}, ErrUnreachable, 5)

	elsewhere := *app
	elsewhere.IDIP += "2"
	other := *app
	other.AppID++
	mood.Store(well)
	c.wants(t, &other, member, nil)
	c.wants(t, &elsewhere, member, nil)
	c.wants(t, app, member, nil) // it is another server once more

	ask(broken, 6, Answer{}, ErrUnreachable, 5)
	c.clock.Advance(-time.Hour)
	ask(well, 1, member, nil, 1)
}

// TestGuards: a failure of the way counts as one, and what arrives is what is read.
func TestGuards(t *testing.T) {
	c, app := newClient(t), serve(t, answer)
	fails := errors.New("no way")
	c.Guard(func(_ context.Context, app platform.AppID) error {
		if app == 100700001 {
			return fails
		}
		return nil
	}, func(_ context.Context, _ platform.AppID, _ []byte) []byte { return []byte("?") })
	c.wants(t, app, Answer{}, ErrUnreachable)
	c.wants(t, app, Answer{}, fails)
	app.AppID++
	c.wants(t, app, Answer{}, ErrGarbled)
}

// TestAQuestionOfWhatIsRecorded names its span to the game's server; one of what is not recorded names nothing.
func TestAQuestionOfWhatIsRecorded(t *testing.T) {
	tracer, err := tracing.New(tracing.Options{Endpoint: "http://127.0.0.1:1", Sample: 1, Service: "test"}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	t.Cleanup(func() { tracer.Shutdown(ended) })
	named := make(chan string, 1)
	game := serve(t, func(w http.ResponseWriter, r *http.Request) {
		named <- r.Header.Get("traceparent")
		answer(w, r)
	})
	c := newClient(t)
	c.Trace(tracer)
	root := tracer.Begin(trace.SpanKindServer, "door", "", tracing.Outside)
	if _, err := c.Guild(trace.ContextWithSpan(t.Context(), root), game, Query{Zone: "1", Guild: "2134"}); err != nil {
		t.Fatal(err)
	}
	id := root.SpanContext().TraceID().String()
	if got := <-named; len(got) != 55 || !strings.HasPrefix(got, "00-"+id+"-") || strings.Contains(got, root.SpanContext().SpanID().String()) {
		t.Errorf("the game got traceparent %q, want one of the trace %s and of a span of its own", got, id)
	}
	c.wants(t, game, member, nil)
	if got := <-named; got != "" {
		t.Errorf("a question of nothing that is recorded has traceparent %q", got)
	}
}
