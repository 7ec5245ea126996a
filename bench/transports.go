//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/connect"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
)

const (
	grpcEchoArg = "grpc-echo" // turns the program into the echo of grpc-go
	checkMethod = "/" + connect.Service + "/CheckAccess"
)

// measureTransports measures 0x711 over each transport of the bus, turn by turn, beside an echo of 100 bytes by grpc-go. Each has as
// many connections, with as many calls under way on each as it can carry: one for HTTP/1.1.
func measureTransports(ctx context.Context, s settings, folder string, report *report) (err error) {
	games, err := makeGames(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	p, err := startServe(ctx, s.binary, folder, "--oidb-connect", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	players, err := makePlayers(ctx, p, games, s.accounts, "access")
	if err != nil {
		return err
	}
	frames, err := checkFrames(players)
	if err != nil {
		return err
	}
	bodies, err := checkBodies(players)
	if err != nil {
		return err
	}
	echo, err := startSelf(ctx, grpcEchoArg)
	if err != nil {
		return err
	}
	defer echo.cmd.Wait() // it ends only by a kill
	defer echo.cmd.Process.Kill()
	within, err := newInProcess(ctx, folder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, within.store.Close()) }()

	transports := []struct {
		name string
		rate func(limit time.Duration) (perSecond float64, err error)
		got  []float64
	}{
		{name: "grpc-go, echo of 100 bytes", rate: func(limit time.Duration) (float64, error) {
			return overGRPC(ctx, echo.addr, "/bench.Echo/Echo", [][]byte{make([]byte, 100)}, limit)
		}},
		{name: "0x711 in the process", rate: func(limit time.Duration) (float64, error) {
			return repeatedly(ctx, workers, limit, func() error { return within.check(ctx) })
		}},
		{name: "0x711 over frames", rate: func(limit time.Duration) (float64, error) {
			o, err := pipelined(p.bus, frames, limit, pipeline, 0)
			if err != nil {
				return 0, err
			}
			return o.perSecond(), nil
		}},
		{name: "0x711 over gRPC", rate: func(limit time.Duration) (float64, error) {
			return overGRPC(ctx, p.connect, checkMethod, bodies, limit)
		}},
		{name: "0x711 over Connect", rate: func(limit time.Duration) (float64, error) { return overConnect(ctx, p.connect, bodies, limit) }},
	}
	for round := range s.rounds {
		for i := range transports {
			t := &transports[i]
			rate, err := t.rate(s.duration)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			t.got = append(t.got, rate)
			progress("round %d of %d: %s %.0f/s", round+1, s.rounds, t.name, rate)
		}
	}
	for i := range transports {
		row := report.add(transports[i].name, median(transports[i].got), "/s").beside(transports[i].got, transports[0].got)
		if transports[i].name == "0x711 over frames" {
			row.atLeast(3)
		}
	}
	return nil
}

// checkBodies returns the requests that check the players' access tokens.
func checkBodies(players []player) (bodies [][]byte, err error) {
	for _, p := range players {
		openid, err := rookery.ParseOpenID(p.OpenID)
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, wire.AppendCheckRequest(nil, wire.CheckRequest{AppID: p.game.AppID, OpenID: openid[:], Token: p.Token}))
	}
	return bodies, nil
}

// inProcess is a bus whose check runs in this process.
type inProcess struct {
	store *sqlite.Store
	bus   *oidb.Bus
	req   wire.CheckRequest
}

func newInProcess(ctx context.Context, folder string) (_ *inProcess, err error) {
	st, err := sqlite.Open(ctx, filepath.Join(folder, "within.db"))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			st.Close()
		}
	}()
	clock := new(rookery.Clock)
	keyring, err := token.OpenKeyring(filepath.Join(folder, "within.json"), clock.Now())
	if err != nil {
		return nil, err
	}
	in := &inProcess{store: st, bus: oidb.NewBus()}
	registry := apps.New(st, clock)
	id := identity.New(st, clock, keyring, registry, profile.New(st, clock, ""), 1000)
	id.Register(in.bus)
	app, err := registry.Create(ctx, rookery.App{Name: "a game", GameID: 11, Online: true})
	if err != nil {
		return nil, err
	}
	account := &rookery.Account{PasswordEpoch: 1}
	if err := st.CreateAccount(ctx, account, rookery.FirstUIN); err != nil {
		return nil, err
	}
	issued, err := id.Issue(ctx, identity.IssueRequest{AppID: app.AppID, UIN: account.UIN, Kind: token.Access})
	if err != nil {
		return nil, err
	}
	in.req = wire.CheckRequest{AppID: app.AppID, OpenID: issued.OpenID[:], Token: issued.Token}
	return in, in.check(ctx)
}

func (in *inProcess) check(ctx context.Context) error {
	_, err := oidb.Call(ctx, in.bus, oidb.CheckAccess, in.req)
	return err
}

// overConnect calls by the platform's own client, over HTTP/1.1.
func overConnect(ctx context.Context, addr string, bodies [][]byte, limit time.Duration) (perSecond float64, err error) {
	dialer := new(net.Dialer)
	client := connect.Dialer{Dial: func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", addr) }}.NewClient(addr)
	defer client.Close()
	head := wire.Head{Command: oidb.CheckAccess.ID}
	var turn atomic.Uint64
	return repeatedly(ctx, connections, limit, func() error {
		answer, _, err := client.Call(ctx, head, bodies[turn.Add(1)%uint64(len(bodies))])
		if err == nil && answer.Result != 0 {
			err = fmt.Errorf("result %d", answer.Result)
		}
		return err
	})
}

// overGRPC calls by grpc-go's client.
func overGRPC(ctx context.Context, addr, method string, bodies [][]byte, limit time.Duration) (perSecond float64, err error) {
	conns := make([]*grpc.ClientConn, connections)
	for i := range conns {
		if conns[i], err = grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultCallOptions(grpc.ForceCodecV2(bytesCodec{}))); err != nil {
			return 0, err
		}
		defer conns[i].Close()
	}
	var turn atomic.Uint64
	return repeatedly(ctx, connections*pipeline, limit, func() error {
		n := turn.Add(1)
		var answer []byte
		return conns[n%connections].Invoke(ctx, method, &bodies[n%uint64(len(bodies))], &answer)
	})
}

// bytesCodec sends and receives messages that are encoded already.
type bytesCodec struct{}

func (bytesCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (bytesCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

func (bytesCodec) Name() string { return "proto" }

var _ encoding.CodecV2 = bytesCodec{}

// serveGRPCEcho answers each message with itself.
func serveGRPCEcho() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: grpc echo:", err)
		os.Exit(1)
	}
	fmt.Println(listener.Addr())
	server := grpc.NewServer(grpc.ForceServerCodecV2(bytesCodec{}))
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "bench.Echo", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Echo", Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			message := new([]byte)
			return message, decode(message)
		}}},
	}, nil)
	fmt.Fprintln(os.Stderr, "bench: grpc echo:", server.Serve(listener))
	os.Exit(1)
}

// startSelf starts this program as one of the servers to compare with.
func startSelf(ctx context.Context, arg string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, arg)
	cmd.Stderr = os.Stderr
	p, err := startProcess(ctx, cmd)
	if err == nil {
		p.addr = strings.TrimSpace(string(p.line))
	}
	return p, err
}
