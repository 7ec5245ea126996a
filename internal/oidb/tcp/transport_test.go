package tcp_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/bustest"
	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

func TestInProcess(t *testing.T) { bustest.Run(t, bustest.InProcess) }

func TestFrames(t *testing.T) {
	bustest.Run(t, func(t *testing.T, bus *oidb.Bus) bustest.Client {
		client := must(tcp.Dial(t.Context(), serve(t, bus), nil))(t)
		t.Cleanup(func() { client.Close() })
		return client
	})
}

func TestTheClientForm(t *testing.T) {
	bustest.RunHeadless(t, func(t *testing.T, bus *oidb.Bus) bustest.Client { return clientForm{serve(t, bus)} })
}

// serve serves a bus by frames until the test ends, and returns its address.
func serve(t *testing.T, bus *oidb.Bus) string {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	server := tcp.NewServer(bus, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), tcp.Options{})
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		if err := errors.Join(server.Shutdown(context.Background()), <-served); err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

// clientForm makes each call on a connection of its own, as its answer has nothing that tells which call it is of.
type clientForm struct{ address string }

func (c clientForm) Call(ctx context.Context, head wire.Head, body []byte) (wire.Head, []byte, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.address)
	if err != nil {
		return wire.Head{}, nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := conn.Write(frame.AppendClient(nil, &wire.ClientPackage{Command: head.Command, Body: body})); err != nil {
		return wire.Head{}, nil, cmp.Or(ctx.Err(), err)
	}
	f, err := frame.NewReader(conn, frame.MaxSize).Next()
	if err != nil {
		return wire.Head{}, nil, cmp.Or(ctx.Err(), err)
	}
	var p wire.ClientPackage
	err = p.Parse(f.Body)
	return wire.Head{Command: p.Command, Result: p.Result, Message: p.Message}, bytes.Clone(p.Body), err
}
