package route

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/bustest"
	"github.com/rookeryhq/rookery/internal/oidb/connect"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// pair returns a certificate for 127.0.0.1, which is its own authority.
func pair(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, pool
}

// TestCallsInBadWeather: whatever the network does to what a back end writes, a call ends with its own answer, or with 154 or 155; and
// nothing is left when the platform has left the back end. TLS notices every byte that is not as it was sent; without it, frames and HTTP believe what arrives.
func TestCallsInBadWeather(t *testing.T) {
	certificate, authority := pair(t)
	serving := &tls.Config{Certificates: []tls.Certificate{certificate}, ClientCAs: authority, ClientAuth: tls.RequireAndVerifyClientCert}
	calling := func() *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{certificate}, RootCAs: authority}
	}
	for _, scheme := range []string{"oidb+tls", "connect+https", "grpcs"} {
		for weather, does := range bustest.Weathers {
			t.Run(scheme+" "+weather, func(t *testing.T) {
				before := runtime.NumGoroutine()
				listener, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				exposed := &bustest.Exposed{Listener: listener, Weather: does, Seldom: 10}
				stop := serveTLS(t, scheme, exposed, serving)
				b := newBackend(schemes[scheme], []string{listener.Addr().String()}, calling)
				here := echo()
				here.SetDeadline(300 * time.Millisecond)
				here.Route(map[oidb.ID]oidb.Route{oidb.CheckAccess.ID: {Formal: b, Test: b}})
				callInWeather(t, here, exposed)
				b.close()
				stop()
				for until := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; runtime.Gosched() {
					if time.Now().After(until) {
						var stacks [1 << 16]byte
						t.Fatalf("%d goroutines are left, there were %d:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks[:], true)])
					}
				}
			})
		}
	}
}

// echo returns a bus that answers 0x711_1 with the request's appid as uin.
func echo() *oidb.Bus {
	bus := oidb.NewBus()
	bus.SetDirectory(bustest.Everybody{})
	oidb.Handle(bus, oidb.CheckAccess, func(_ context.Context, req wire.CheckRequest) (wire.CheckResponse, error) {
		return wire.CheckResponse{UIN: platform.UIN(req.AppID)}, nil
	})
	return bus
}

func serveTLS(t *testing.T, scheme string, listener net.Listener, config *tls.Config) (stop func()) {
	bus, log := echo(), slog.New(slog.DiscardHandler)
	bus.Observe(log, prometheus.NewRegistry(), nil)
	if scheme == "oidb+tls" {
		server := tcp.NewServer(bus, log, prometheus.NewRegistry(), tcp.Options{TLS: config})
		go func() { _ = server.Serve(listener) }() // ends with stop
		return func() {
			now, cancel := context.WithCancel(context.Background())
			cancel()
			_ = server.Shutdown(now) // says which connections it cut off
		}
	}
	server := &http.Server{Handler: connect.NewHandler(bus, connect.Options{}), TLSConfig: config, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelInfo)}
	served := make(chan struct{})
	go func() { _ = server.ServeTLS(listener, "", ""); close(served) }() // ends with stop
	return func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-served
	}
}

// callInWeather calls until the weather has been met and calls have been answered in it.
func callInWeather(t *testing.T, bus *oidb.Bus, in *bustest.Exposed) {
	t.Helper()
	var answered atomic.Int64
	var all sync.WaitGroup
	for caller := range 8 {
		all.Go(func() {
			until := time.Now().Add(time.Minute)
			for n := 0; n < 20 || (answered.Load() < 20 || in.Hit.Load() < 5) && time.Now().Before(until); n++ {
				app := platform.AppID(10001 + 1_000_000*caller + n)
				rsp, err := oidb.Call(t.Context(), bus, oidb.CheckAccess, wire.CheckRequest{AppID: app})
				switch {
				case err == nil && rsp.UIN == platform.UIN(app):
					answered.Add(1)
				case err == nil:
					t.Errorf("call %s got the answer to %s", app, rsp.UIN)
				case !errors.Is(err, retcode.OIDBDeadlineExceeded) && !errors.Is(err, retcode.OIDBConnectFailed):
					t.Errorf("call %s: %v (%v)", app, err, errors.Unwrap(err))
				}
			}
		})
	}
	all.Wait()
	if answered.Load() == 0 || in.Hit.Load() == 0 {
		t.Errorf("%d calls were answered, and the weather was met %d times", answered.Load(), in.Hit.Load())
	}
}
