// Package redis gives tests a Redis of their own, on a free loopback port in a temporary folder.
package redis

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/redis/rueidis"
)

// Server is a Redis.
type Server struct {
	Port     int
	Folder   string // of its files; settings may name some there
	settings []string
	process  *os.Process
	ended    chan struct{} // closed when the process has
}

// Start starts a Redis with settings as its command line takes them, such as --requirepass. It ends with the test. Without redis-server on
// this machine the test is skipped, but not in CI.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s := Prepare(t, settings...)
	s.Start(t)
	return s
}

// Prepare returns a Redis that does not run yet.
func Prepare(t testing.TB, settings ...string) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("Redis is not installed: on Debian its package is redis-server")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := &Server{Port: l.Addr().(*net.TCPAddr).Port, Folder: t.TempDir(), settings: settings}
	t.Cleanup(s.Kill)
	return s
}

// Set adds settings for the next start.
func (s *Server) Set(settings ...string) { s.settings = append(s.settings, settings...) }

// TLS makes a Redis that does not run yet take TLS alone, from callers with a certificate of an authority.
func (s *Server) TLS(certificate, key, authority string) {
	s.Set("--port", "0", "--tls-port", strconv.Itoa(s.Port), "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", authority)
}

// Pair makes a certificate for 127.0.0.1, which is its own authority, and its key, in files.
func Pair(t testing.TB) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	certificate, key = filepath.Join(folder, "tls.crt"), filepath.Join(folder, "tls.key")
	for file, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certificate, key
}

// Start starts a Redis that does not run, without what it had in memory.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	args := append([]string{"--bind", "127.0.0.1", "--port", strconv.Itoa(s.Port), "--dir", s.Folder, "--save", "", "--loglevel", "warning"}, s.settings...)
	var log bytes.Buffer
	cmd := exec.Command("redis-server", args...)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a test that is killed leaves no server
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.process, s.ended = cmd.Process, make(chan struct{})
	go func(ended chan struct{}) {
		_ = cmd.Wait()
		close(ended)
	}(s.ended)
	for {
		conn, err := net.Dial("tcp", s.HostPort())
		if err == nil {
			conn.Close()
			return
		}
		select {
		case <-s.ended:
			t.Fatalf("Redis did not start:\n%s", log.String())
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// HostPort is where Redis listens.
func (s *Server) HostPort() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// Address is the address in the form of the setting redis.address.
func (s *Server) Address() string { return "redis://" + s.HostPort() }

// Kill ends a Redis as kill -9 does.
func (s *Server) Kill() {
	if s.process != nil {
		s.Signal(syscall.SIGKILL)
		<-s.ended
	}
}

// Signal sends a signal to Redis.
func (s *Server) Signal(signal syscall.Signal) { _ = s.process.Signal(signal) }

// Ask has Redis carry out a command, such as PTTL and a key, and returns the answer.
func (s *Server) Ask(t testing.TB, command ...string) *rueidis.RedisMessage {
	t.Helper()
	client, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{s.HostPort()}, DisableCache: true, ForceSingleClient: true})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	answer, err := client.Do(ctx, client.B().Arbitrary(command...).Build()).ToMessage()
	if err != nil {
		t.Fatalf("%v: %v", command, err)
	}
	return &answer
}
