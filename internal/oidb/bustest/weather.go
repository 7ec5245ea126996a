package bustest

import (
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Weather is what a network does to some of the bytes that are written to a connection.
type Weather func(n net.Conn, b []byte) error

// Weathers are what networks do, by what it is called.
var Weathers = map[string]Weather{
	"drop": func(net.Conn, []byte) error { return nil },
	"delay": func(n net.Conn, b []byte) error {
		<-time.After(20 * time.Millisecond)
		_, err := n.Write(b)
		return err
	},
	"duplicate": func(n net.Conn, b []byte) error {
		_, err := n.Write(append(append([]byte(nil), b...), b...))
		return err
	},
	"reorder": func(n net.Conn, b []byte) error { // the two halves
		_, err := n.Write(append(append([]byte(nil), b[len(b)/2:]...), b[:len(b)/2]...))
		return err
	},
	"garble": func(n net.Conn, b []byte) error {
		garbled := append([]byte(nil), b...)
		garbled[rand.IntN(len(b))] ^= 1 << rand.IntN(8)
		_, err := n.Write(garbled)
		return err
	},
	"cut": func(n net.Conn, b []byte) error {
		_, _ = n.Write(b[:len(b)/2]) // it is closed anyway
		return n.Close()
	},
}

// Exposed is a listener whose connections suffer the weather: what they write, once in so many times.
type Exposed struct {
	net.Listener
	Weather Weather
	Seldom  int          // once in so many writes
	Hit     atomic.Int64 // writes that suffered
}

// Accept implements net.Listener.
func (e *Exposed) Accept() (net.Conn, error) {
	n, err := e.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &exposed{Conn: n, to: e}, nil
}

type exposed struct {
	net.Conn
	to *Exposed
	mu sync.Mutex
}

func (n *exposed) Write(b []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if rand.IntN(n.to.Seldom) != 0 || len(b) == 0 {
		return n.Conn.Write(b)
	}
	n.to.Hit.Add(1)
	if err := n.to.Weather(n.Conn, b); err != nil {
		return 0, err
	}
	return len(b), nil
}
