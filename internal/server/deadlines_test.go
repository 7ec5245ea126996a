package server

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// connected returns a connection that a listener accepted, and its peer.
func connected(t *testing.T) (*counted, net.Conn) {
	t.Helper()
	l, err := new(Options).listenHTTP("http.listen", "http.tls", "127.0.0.1:0", certificateFiles{}, bounds{most: 1, each: 1})
	if err != nil {
		t.Fatal(err)
	}
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(); peer.Close(); l.Close() })
	return conn.(*counted), peer
}

func TestDeadlinesEndReads(t *testing.T) {
	const far = time.Hour
	tests := []struct {
		name  string
		moves []time.Duration // from now; 0 for none
		look  time.Duration   // when the watch looks next
		ends  bool
	}{
		{"a far one ends no read before it", []time.Duration{far}, far / 2, false},
		{"a far one that the watch finds due ends it", []time.Duration{far}, far, true},
		{"a past one ends it at once", []time.Duration{-time.Second}, 0, true},
		{"a near one ends it by itself", []time.Duration{time.Millisecond}, 0, true},
		{"none after a far one ends nothing", []time.Duration{far, 0}, far, false},
		{"none after a past one ends nothing", []time.Duration{-time.Second, 0}, far, false},
		{"a far one after a past one ends nothing yet", []time.Duration{-time.Second, far}, far / 2, false},
		{"a past one after a far one ends it", []time.Duration{far, -time.Second}, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			conn, peer := connected(t)
			now := time.Now()
			for _, move := range test.moves {
				var at time.Time
				if move != 0 {
					at = now.Add(move)
				}
				if err := conn.SetReadDeadline(at); err != nil {
					t.Fatal(err)
				}
			}
			if test.look != 0 {
				conn.expire(now.Add(test.look))
			}
			if !test.ends { // a read that nothing ends gets the data
				if _, err := peer.Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
			}
			_, err := conn.Read(make([]byte, 1))
			if errors.Is(err, os.ErrDeadlineExceeded) != test.ends || !test.ends && err != nil {
				t.Errorf("the read returned %v", err)
			}
		})
	}
}

func TestADeadlineMovedAfterItFiredLetsReadsWaitAgain(t *testing.T) {
	conn, peer := connected(t)
	now := time.Now()
	if err := conn.SetDeadline(now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	conn.expire(now.Add(time.Hour))
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the read returned %v", err)
	}
	if _, err := conn.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the write returned %v", err)
	}
	if err := conn.SetDeadline(now.Add(2 * time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, err := peer.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Errorf("the read returned %v", err)
	}
	if _, err := conn.Write([]byte("x")); err != nil {
		t.Errorf("the write returned %v", err)
	}
}

func TestTheWatchLooksAtOpenConnectionsAlone(t *testing.T) {
	conn, _ := connected(t)
	watched := conn.among
	if len(watched.open) != 1 {
		t.Fatalf("%d connections are watched, want 1", len(watched.open))
	}
	conn.Close()
	if len(watched.open) != 0 {
		t.Errorf("%d connections are watched after the last was closed", len(watched.open))
	}
}
