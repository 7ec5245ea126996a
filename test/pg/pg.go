// Package pg gives tests databases of a PostgreSQL of their own, which each test process starts on a free loopback port in a temporary
// folder, and ends.
package pg

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Database returns the address of a database with the tables of the platform as they are at first. It is the test's until its cleanups that
// were added later are over. Without a PostgreSQL on this machine the test is skipped, but not in CI.
func Database(t testing.TB) string {
	t.Helper()
	d := shared(t)
	return d.Address(d.take(t))
}

// Empty returns the address of a new database without tables.
func Empty(t testing.TB) string {
	t.Helper()
	d := shared(t)
	return d.Address(d.create(t, ""))
}

// Main runs the tests of a package, and ends its server. It is to be called by TestMain.
func Main(m *testing.M) int {
	defer end()
	return m.Run()
}

// Server is a running PostgreSQL.
type Server struct {
	Port    int
	folder  string
	as      *syscall.Credential // nil for this user
	process *exec.Cmd
	log     bytes.Buffer
}

var (
	running *Server
	start   = sync.OnceValues(func() (_ *databases, err error) {
		running, err = Start(context.Background(), "fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")
		if err != nil {
			return nil, err
		}
		return newDatabases(context.Background(), running)
	})
)

// Own returns a server of the test's own, with settings of postgresql.conf.
func Own(t testing.TB, settings ...string) *Server {
	t.Helper()
	needPrograms(t)
	s, err := Start(t.Context(), settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func needPrograms(t testing.TB) {
	t.Helper()
	if _, err := Programs(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func shared(t testing.TB) *databases {
	t.Helper()
	needPrograms(t)
	d, err := start()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func end() {
	if running != nil {
		running.Stop()
	}
}

// Programs returns the folder with the programs of the newest PostgreSQL, which Debian leaves out of the path.
var Programs = sync.OnceValues(func() (string, error) {
	if found, err := exec.LookPath("initdb"); err == nil {
		if found, err = filepath.EvalSymlinks(found); err == nil { // in whose folder are all of them
			return filepath.Dir(found), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("PostgreSQL is not installed: on Debian its package is postgresql")
	}
	version := func(file string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(file))))
		return n
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
})

// Start starts a server with settings of postgresql.conf. Stop ends it.
func Start(ctx context.Context, settings ...string) (*Server, error) {
	return begin(ctx, func(s *Server) error {
		return s.run(ctx, "initdb", "--pgdata", s.data(), "--username", "rookery", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	}, settings...)
}

// Promoted starts a standby of the server and promotes it, as one is in whose place the server was: both can be written then.
func (s *Server) Promoted(t testing.TB, settings ...string) *Server {
	t.Helper()
	next, err := begin(t.Context(), func(next *Server) error {
		return next.run(t.Context(), "pg_basebackup", "--pgdata", next.data(), "--dbname", s.Address("postgres"), "--write-recovery-conf", "--checkpoint", "fast", "--no-sync")
	}, settings...)
	if err == nil {
		t.Cleanup(next.Stop)
		err = next.exec(t.Context(), "postgres", "SELECT pg_promote()")
	}
	if err != nil {
		t.Fatal(err)
	}
	return next
}

// begin starts a server on the data that fill makes.
func begin(ctx context.Context, fill func(*Server) error, settings ...string) (s *Server, err error) {
	if _, err := Programs(); err != nil {
		return nil, err
	}
	s = new(Server)
	if s.folder, err = os.MkdirTemp("", "rookery-pg-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(s.folder)
		}
	}()
	if os.Getuid() == 0 { // as which PostgreSQL refuses to run
		nobody, err := user.Lookup("nobody")
		if err != nil {
			return nil, err
		}
		uid, _ := strconv.ParseUint(nobody.Uid, 10, 32)
		gid, _ := strconv.ParseUint(nobody.Gid, 10, 32)
		s.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(s.folder, int(uid), int(gid)); err != nil {
			return nil, err
		}
	}
	if err := fill(s); err != nil {
		return nil, err
	}
	if s.Port, err = freePort(); err != nil {
		return nil, err
	}
	args := []string{"-D", s.data(), "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port), "-k", s.folder, "-c", "max_connections=400", "-c", "shared_buffers=64MB", "-c", "max_wal_size=256MB"}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	s.process = exec.Command(s.Program("postgres"), args...)
	s.process.Dir, s.process.Stdout, s.process.Stderr = s.folder, &s.log, &s.log
	s.process.SysProcAttr = &syscall.SysProcAttr{Credential: s.as, Pdeathsig: syscall.SIGQUIT} // a test that is killed leaves no server
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	for {
		err := s.exec(ctx, "postgres", "SELECT 1")
		if err == nil {
			return s, nil
		}
		if ctx.Err() != nil || s.process.ProcessState != nil {
			return nil, fmt.Errorf("PostgreSQL did not start: %w\n%s", err, s.log.String())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }

// run runs one of PostgreSQL's programs to its end.
func (s *Server) run(ctx context.Context, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, s.Program(program), args...)
	cmd.SysProcAttr, cmd.Dir = &syscall.SysProcAttr{Credential: s.as}, s.folder
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", program, err, out)
	}
	return nil
}

// Address returns the address of a database.
func (s *Server) Address(database string) string {
	return fmt.Sprintf("postgres://rookery@127.0.0.1:%d/%s?sslmode=disable", s.Port, database)
}

// Stop ends the server at once, as a crash does, and removes its files.
func (s *Server) Stop() {
	_ = s.process.Process.Signal(syscall.SIGQUIT)
	_ = s.process.Wait()
	_ = os.RemoveAll(s.folder)
}

// Program returns the path of one of PostgreSQL's programs.
func (s *Server) Program(name string) string {
	bin, _ := Programs() // the server has been found there
	return filepath.Join(bin, name)
}

// Create makes an empty database and returns its address.
func (s *Server) Create(ctx context.Context, name string) (address string, err error) {
	return s.Address(name), s.exec(ctx, "postgres", "CREATE DATABASE "+name)
}

func (s *Server) exec(ctx context.Context, database, statement string) error {
	conn, err := pgx.Connect(ctx, s.Address(database))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
