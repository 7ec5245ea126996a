package tcp_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/bustest"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
)

func TestInProcess(t *testing.T) { bustest.Run(t, bustest.InProcess) }

func TestFrames(t *testing.T) {
	bustest.Run(t, func(t *testing.T, bus *oidb.Bus) bustest.Client {
		listener := must(net.Listen("tcp", "127.0.0.1:0"))(t)
		server := tcp.NewServer(bus, slog.New(slog.DiscardHandler), prometheus.NewRegistry(), tcp.Options{})
		served := make(chan error, 1)
		go func() { served <- server.Serve(listener) }()
		client := must(tcp.Dial(t.Context(), listener.Addr().String(), nil))(t)
		t.Cleanup(func() {
			client.Close()
			if err := errors.Join(server.Shutdown(context.Background()), <-served); err != nil {
				t.Error(err)
			}
		})
		return client
	})
}
