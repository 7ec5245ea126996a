package integration

import (
	"crypto/tls"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestHTTP2IsBounded: a connection takes 32 requests at a time, and 128 KiB that nobody has read.
func TestHTTP2IsBounded(t *testing.T) {
	t.Parallel()
	certificate, key := pair(t, t.TempDir(), "one")
	p := rookery.Serve(t, "--http-tls-certificate", certificate, "--http-tls-key", key)
	conn, err := tls.Dial("tcp", strings.TrimPrefix(p.URL, "https://"), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := conn.ConnectionState().NegotiatedProtocol; got != "h2" {
		t.Fatalf("the connection speaks %q", got)
	}
	if _, err := conn.Write([]byte(http2.ClientPreface)); err != nil {
		t.Fatal(err)
	}
	frames := http2.NewFramer(conn, conn)
	if err := frames.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	received, streams := uint32(65_535), uint32(0) // RFC 9113, 6.9.2: a connection's window begins with that
	for seen := map[http2.FrameType]bool{}; !seen[http2.FrameSettings] || !seen[http2.FrameWindowUpdate]; {
		frame, err := frames.ReadFrame()
		if err != nil {
			t.Fatal(err)
		}
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if streams == 0 {
				streams, _ = frame.Value(http2.SettingMaxConcurrentStreams)
			}
		case *http2.WindowUpdateFrame:
			received += frame.Increment
		}
		seen[frame.Header().Type] = true
	}
	if streams != 32 || received != 128<<10 {
		t.Errorf("a connection takes %d requests and %d bytes, want 32 and 131072", streams, received)
	}
}
