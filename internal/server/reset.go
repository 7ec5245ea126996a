package server

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"
)

// ServeDemo opens a platform with the demo world, or that of Options.Seed, and serves until ctx ends; ready is called once, when it is served.
// After a reset it goes on with another platform, on the same addresses and with nothing in the folder but the admin token.
func ServeDemo(ctx context.Context, o Options, ready func(*Server, *World)) error {
	o.sockets = make(sockets)
	defer o.sockets.close()
	for {
		s, w, err := openDemo(ctx, o)
		if err != nil {
			return err
		}
		served := make(chan error, 1)
		go func() { served <- s.Serve(ctx) }()
		if !o.fresh {
			ready(s, w)
		}
		if err := <-served; err != nil || ctx.Err() != nil {
			return err
		}
		o.fresh = true
	}
}

// reset ends the platform in favour of the next one. Connections that are made after it are the next one's.
func (s *Server) reset() {
	s.dev.resetOnce.Do(func() { close(s.dev.resetting) })
	<-s.dev.closed
	closeListener(s.busListener)
}

// resetting returns what is closed when the platform is to end for a reset.
func (s *Server) resetting() <-chan struct{} {
	if s.dev == nil {
		return nil
	}
	return s.dev.resetting
}

// clearFolder removes, for a reset, what a start makes anew.
func (s *Server) clearFolder(context.Context) error {
	if !s.options.fresh {
		return nil
	}
	for _, file := range []string{s.keyringFile(), s.databaseFile(), s.databaseFile() + "-wal", s.databaseFile() + "-shm"} {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (s *Server) databaseFile() string { return filepath.Join(s.options.Data, "rookery.db") }

// sockets are the listening sockets of platforms that follow one another, by their settings. A connection that is made between two
// platforms waits for the next.
type sockets map[string]*socket

// again returns the socket of a setting for the next platform; nil for the first.
func (all sockets) again(setting string) net.Listener {
	l := all[setting]
	if l == nil || l.SetDeadline(time.Time{}) != nil {
		return nil
	}
	return l
}

// keep returns a listener of which only its last platform's end closes the socket.
func (all sockets) keep(setting string, l net.Listener) net.Listener {
	if all == nil {
		return l
	}
	all[setting] = &socket{l.(*net.TCPListener)}
	return all[setting]
}

func (all sockets) close() {
	for _, l := range all {
		l.TCPListener.Close()
	}
}

// socket is a listener that takes no more connections after Close, and does again for the next platform.
type socket struct{ *net.TCPListener }

func (s *socket) Close() error { return s.SetDeadline(time.Now()) }

func (s *socket) Accept() (net.Conn, error) {
	conn, err := s.TCPListener.Accept()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = net.ErrClosed
	}
	return conn, err
}
