package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/rookeryhq/rookery/catalogue"
	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/api/msdkv3"
	"github.com/rookeryhq/rookery/internal/api/msdkv5"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// serverConfig is what a platform is started with.
type serverConfig struct {
	addr string // of the HTTP listener
	oidb string // address of the bus's listener; "" for the usual one, or another where that is not free
	data string // folder of everything the platform keeps
	v3   msdkv3.Options
	v5   msdkv5.Options
	log  *slog.Logger
}

// server is a platform: everything between the listener and the disk, wired together.
type server struct {
	identity *identity.Service
	store    store.Store
	clock    *platform.Clock

	lock           *os.File
	listener       net.Listener
	http           *http.Server
	busListener    net.Listener
	bus            *oidb.Server
	adminTokenFile string
}

// Bounds on connections: how slow a caller may be, and how long an idle one is kept.
const (
	headerTimeout  = 5 * time.Second
	readTimeout    = 10 * time.Second
	writeTimeout   = 15 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 16 << 10
	stopTimeout    = 10 * time.Second
)

// openServer opens the data folder, wires the platform and listens. Nothing is served before serve.
func openServer(ctx context.Context, cfg serverConfig) (s *server, err error) {
	s = &server{clock: new(platform.Clock)}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := os.MkdirAll(cfg.data, 0o700); err != nil {
		return s, fmt.Errorf("--data: %w", err)
	}
	if s.lock, err = lockFolder(cfg.data); err != nil {
		return s, err
	}
	if s.listener, err = listen("--addr", cfg.addr); err != nil {
		return s, err
	}
	if s.busListener, err = listenBus(cfg); err != nil {
		return s, err
	}
	db, err := sqlite.Open(ctx, filepath.Join(cfg.data, "rookery.db"))
	if err != nil {
		return s, err
	}
	s.store = db // not before: as a store.Store, a nil *sqlite.Store is not nil
	keyring, err := identity.OpenKeyring(filepath.Join(cfg.data, "keyring.json"), s.clock.Now())
	if err != nil {
		return s, err
	}
	s.adminTokenFile = filepath.Join(cfg.data, "admin.token")
	adminToken, err := openAdminToken(s.adminTokenFile)
	if err != nil {
		return s, err
	}
	s.identity = identity.New(s.store, s.clock, keyring)
	if err := s.identity.Apps.Load(ctx); err != nil {
		return s, err
	}
	bus := oidb.NewBus()
	s.identity.Register(bus)
	if err := bus.LoadPolicy(ctx, s.store, s.clock); err != nil {
		return s, err
	}

	routes, err := access.ParseRoutes(catalogue.Routes)
	if err != nil {
		return s, err
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gateway, err := access.New(routes, []*access.Door{
		msdkv5.New(s.identity, bus, cfg.v5),
		msdkv3.New(s.identity, bus, cfg.v3),
		admin.New(s.identity, bus, adminToken),
	}, s.clock, cfg.log, metrics)
	if err != nil {
		return s, err
	}
	s.bus = oidb.NewServer(bus, s.clock, cfg.log, metrics, oidb.ServerOptions{})
	mux := http.NewServeMux()
	mux.Handle("/v2/", gateway)
	mux.Handle("/auth/", gateway)
	mux.Handle("/admin/", gateway)
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("/", noDoor)
	s.http = &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(cfg.log.Handler(), slog.LevelWarn),
	}
	return s, nil
}

// url is where the platform listens.
func (s *server) url() string { return "http://" + s.listener.Addr().String() }

// serve answers requests until ctx ends; then it finishes those under way. It releases everything.
func (s *server) serve(ctx context.Context) error {
	failed := make(chan error, 2)
	go func() { failed <- s.http.Serve(s.listener) }()
	go func() { failed <- s.bus.Serve(s.busListener) }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if s.http.Shutdown(patience) != nil {
		err = errors.Join(err, fmt.Errorf("some requests did not end within %s and were cut off", stopTimeout))
		s.http.Close()
	}
	err = errors.Join(err, s.bus.Shutdown(patience))
	return errors.Join(err, s.close())
}

// close releases what openServer took; the store's writes under way are finished.
func (s *server) close() error {
	var errs []error
	for _, listener := range []net.Listener{s.listener, s.busListener} {
		if listener != nil {
			if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	if err := s.store.Ping(r.Context()); err != nil {
		http.Error(w, "the storage cannot be read", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

func noDoor(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintln(w, `{"error":"no door has this path: MSDK V5 is below /v2/, MSDK V3 below /auth/, the admin API below /admin/v1/"}`)
}

// usualBus is where the bus listens when nobody says otherwise.
const usualBus = "127.0.0.1:8701"

// listenBus takes the address for the bus.
func listenBus(cfg serverConfig) (net.Listener, error) {
	if cfg.oidb != "" {
		return listen("--oidb-addr", cfg.oidb)
	}
	if _, port, _ := net.SplitHostPort(cfg.addr); port != "0" {
		if listener, err := net.Listen("tcp", usualBus); err == nil {
			return listener, nil
		}
	}
	return listen("--oidb-addr", "127.0.0.1:0")
}

// listen takes an address that a flag of the command line has.
func listen(flag, addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s %s is in use by another program: choose another port, or 0 for any free one", flag, addr)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%s %s may not be used by this account: choose a port above 1023", flag, addr)
	case err != nil:
		return nil, fmt.Errorf("%s %q is not HOST:PORT of this machine, such as 127.0.0.1:8700 (%w)", flag, addr, err)
	}
	return listener, nil
}

// lockFolder keeps a second rookery off the folder for as long as the file stays open, whatever way this one ends.
func lockFolder(folder string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--data: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner, _ := os.ReadFile(file.Name())
		file.Close()
		return nil, fmt.Errorf("--data %s is in use by another rookery (process %s): stop it or choose another folder", folder, strings.TrimSpace(string(owner)))
	}
	err = errors.Join(file.Truncate(0), func() error { _, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); return err }())
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("--data: %w", err)
	}
	return file, nil
}

// openAdminToken reads the admin API's bearer token; at the first start it makes one.
func openAdminToken(file string) (string, error) {
	content, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		var random [32]byte
		rand.Read(random[:])
		token := hex.EncodeToString(random[:])
		return token, identity.WriteSecretFile(file, []byte(token+"\n"))
	case err != nil:
		return "", fmt.Errorf("admin token: %w", err)
	}
	token := strings.TrimSpace(string(content))
	if len(token) < 32 {
		return "", fmt.Errorf("admin token: %s holds no token of 32 characters or more: remove it to get a new one", file)
	}
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("admin token: %s may be read by others (mode %04o): chmod 600 it", file, info.Mode().Perm())
	}
	return token, nil
}
