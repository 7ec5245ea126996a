package server

import (
	"log/slog"
	"testing"

	"github.com/rookeryhq/rookery/internal/config"
)

// TestAResetIsOverOnceNobodyIsLetIn: whoever is told of a reset may connect, and must not meet the platform that ends.
func TestAResetIsOverOnceNobodyIsLetIn(t *testing.T) {
	o := Options{Config: config.Default().Config, Log: slog.New(slog.DiscardHandler), Dev: true, sockets: make(sockets)}
	o.HTTP.Listen, o.Data = "127.0.0.1:0", t.TempDir()
	defer o.sockets.close()
	s, _, err := openDemo(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(t.Context()) }()
	s.reset()
	select {
	case <-s.dev.closed:
	default:
		t.Error("it is over while the doors are open")
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	if conn, err := o.sockets["http.listen"].Accept(); err == nil {
		t.Errorf("the doors take %s", conn.RemoteAddr())
	}
	if o.sockets.again("http.listen") == nil || o.sockets.again("oidb.listen") == nil || o.sockets.again("admin.listen") != nil {
		t.Error("the next platform does not get the sockets of this one")
	}
}
