// Package server is the running platform: it opens the data folder, puts the services on it and on the bus, the doors on
// the services, and the gateway on its listeners.
package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/rookeryhq/rookery/catalogue"
	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/api/connect"
	"github.com/rookeryhq/rookery/internal/api/dev"
	"github.com/rookeryhq/rookery/internal/api/msdkv3"
	"github.com/rookeryhq/rookery/internal/api/msdkv5"
	"github.com/rookeryhq/rookery/internal/api/openapi"
	"github.com/rookeryhq/rookery/internal/api/pages"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/internal/words"
)

// Options are what a platform is started with.
type Options struct {
	config.Config
	Log *slog.Logger
	// Dev adds what `rookery dev` has beside a platform: a clock that can be moved, fault points, the inspector, and
	// everything on one listener. Without an address the bus then listens at its usual one, or at any free port where that is
	// taken or HTTP takes any.
	Dev bool
	// Names are settings that the person who starts the platform knows by another name than their own; errors use it.
	Names map[string]string
}

// name is what errors call a setting.
func (o *Options) name(setting string) string { return cmp.Or(o.Names[setting], setting) }

// devParts are what `rookery dev` has beside a platform.
type devParts struct {
	faults    fault.Set
	inspector *access.Inspector
}

// Server is a platform: everything between the listeners and the disk, wired together.
type Server struct {
	identity *identity.Service
	friends  *friends.Service
	store    store.Store
	clock    *platform.Clock

	cfg            Options
	dev            *devParts // nil for rookery serve
	lock           *os.File
	public         *listening   // the doors that games call; under rookery dev everything
	operators      *listening   // the admin API, metrics and health; nil under rookery dev
	busListener    net.Listener // nil where the bus does not listen
	bus            *oidb.Server
	adminTokenFile string
	draining       atomic.Bool
}

// operatorConnections bounds the operators' listener.
const operatorConnections = 256

// Open opens the data folder, wires the platform and listens. Nothing is served before Serve.
func Open(ctx context.Context, cfg Options) (s *Server, err error) {
	s = &Server{clock: new(platform.Clock), cfg: cfg}
	if cfg.Dev {
		s.dev = &devParts{inspector: access.NewInspector()}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return s, badFolder(cfg.name("data"), cfg.Data, err)
	}
	if s.lock, err = lockFolder(cfg.name("data"), cfg.Data); err != nil {
		return s, err
	}
	if err := s.listenEverywhere(); err != nil {
		return s, err
	}
	bus := oidb.NewBus()
	adminToken, err := s.openServices(ctx, bus)
	if err != nil {
		return s, err
	}
	return s, s.openDoors(bus, adminToken)
}

// listenEverywhere opens the listeners.
func (s *Server) listenEverywhere() (err error) {
	cfg := &s.cfg
	if s.public, err = s.listen("http.listen", cfg.HTTP.Listen, "http.tls", cfg.HTTP.TLS, cfg.HTTP.MaxConnections); err != nil {
		return err
	}
	if cfg.OIDB.Listen != "" || cfg.Dev {
		if s.busListener, err = listenBus(*cfg); err != nil {
			return err
		}
	}
	if s.dev == nil {
		s.operators, err = s.listen("admin.listen", cfg.Admin.Listen, "admin.tls", cfg.Admin.TLS, operatorConnections)
	}
	return err
}

// openServices opens what is in the data folder and puts the services on it and on the bus.
func (s *Server) openServices(ctx context.Context, bus *oidb.Bus) (adminToken string, err error) {
	cfg := &s.cfg
	dbFile := filepath.Join(cfg.Data, "rookery.db")
	db, err := sqlite.Open(ctx, dbFile)
	if err != nil {
		return "", fmt.Errorf("%s: %w", cfg.name("data"), err)
	}
	if info, err := os.Stat(dbFile); err == nil && info.Mode().Perm()&0o077 != 0 { // a copy that was put back, say
		cfg.Log.Warn("the database may be read by others, and it holds keys: chmod 600 it", "file", dbFile, "mode", fmt.Sprintf("%04o", info.Mode().Perm()))
	}
	s.store = db // not before: as a store.Store, a nil *sqlite.Store is not nil
	keyringFile := filepath.Join(cfg.Data, "keyring.json")
	_, noKeyring := os.Stat(keyringFile)
	keyring, err := token.OpenKeyring(keyringFile, s.clock.Now())
	if err != nil {
		return "", err
	}
	if adminToken, err = s.openAdminToken(); err != nil {
		return "", err
	}
	if s.dev != nil {
		s.store = s.dev.faults.Store(s.store)
		keyring.Guard(s.dev.faults.Keyring)
		bus.Guard(s.dev.faults.Bus)
	}

	registry := apps.New(s.store, s.clock)
	if err := registry.Load(ctx); err != nil {
		return "", err
	}
	if errors.Is(noKeyring, fs.ErrNotExist) && len(registry.List()) > 0 {
		cfg.Log.Warn("there was no keyring beside a database that is in use, so it is new: every token ends and people get other unionids;"+
			" if it was lost, stop and put a copy of it back", "file", keyringFile)
	}
	s.identity = identity.New(s.store, s.clock, keyring, registry)
	s.identity.Register(bus)
	s.friends = friends.New(s.store, s.clock, bus)
	s.friends.Register()
	if s.dev != nil {
		s.friends.Guard(s.dev.faults.FriendCache)
	}
	return adminToken, bus.LoadPolicy(ctx, s.store, s.clock)
}

// openDoors puts the doors on the listeners.
func (s *Server) openDoors(bus *oidb.Bus, adminToken string) error {
	cfg := &s.cfg
	routes, err := access.ParseRoutes(catalogue.Routes)
	if err != nil {
		return err
	}
	forbidden, err := readWords(cfg.name("openapi.words"), cfg.OpenAPI.Words)
	if err != nil {
		return err
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.public.measure(metrics)
	public := []*access.Door{
		msdkv5.New(s.identity, s.friends, bus, msdkv5.Options{TSWindow: cfg.MSDKV5.TSWindow, ExplainSignatures: s.dev != nil}),
		msdkv3.New(s.identity, s.friends, bus, msdkv3.Options{ExplainSignatures: s.dev != nil}),
		openapi.New(s.identity, s.friends, bus, openapi.Options{Words: forbidden, ExplainSignatures: s.dev != nil}),
		connect.New(s.identity, bus, connect.Options{TokenMediaType: cfg.Connect.TokenMediaType}),
		pages.New(s.identity),
	}
	operators := []*access.Door{
		admin.New(s.identity, s.friends, bus, admin.APIs{
			Granted:    append(access.Permissions(routes, "granted"), platform.RelationPermission),
			Restricted: access.Permissions(routes, "audit"),
			Rated:      access.Permissions(routes, "app-rate"),
		}, adminToken),
	}
	if s.dev != nil {
		operators = append(operators, dev.New(s.identity, s.clock, &s.dev.faults, s.dev.inspector, adminToken))
	}
	gateway, err := access.New(routes, slices.Concat(public, operators), s.clock, cfg.Log, metrics)
	if err != nil {
		return err
	}
	busOptions := oidb.ServerOptions{}
	if s.dev != nil {
		busOptions.Observe = func(o oidb.Observed) { s.dev.inspector.Add(s.busRecord(o)) }
	}
	s.bus = oidb.NewServer(bus, cfg.Log, metrics, busOptions)
	gateway.TrustProxies(access.Proxies{Ranges: cfg.HTTP.TrustedProxies, Forwarded: cfg.HTTP.ProxyHeaders == "forwarded"})
	if s.dev != nil {
		gateway.Inspect(s.dev.inspector)
		gateway.NameInterfaces()
	}

	var mux *http.ServeMux // of what is not a door's
	nowhere := gateway.Elsewhere(&access.Door{Name: "none", Encode: noDoor})
	if s.operators != nil {
		s.mount(s.public, gateway, public, nowhere)
		mux = s.mount(s.operators, gateway, operators, nowhere)
	} else {
		mux = s.mount(s.public, gateway, slices.Concat(public, operators), nowhere)
		s.public.http.RegisterOnShutdown(s.dev.inspector.Release)
	}
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", s.ready)
	return nil
}

// busRecord is what the inspector remembers of a call of the bus.
func (s *Server) busRecord(o oidb.Observed) access.Record {
	r := access.Record{
		Time: s.clock.Now().Add(-o.Took).UTC(), RequestID: o.RequestID, Method: "OIDB", Interface: o.Command.String(),
		Peer: o.Peer.String(), DurationUS: o.Took.Microseconds(),
	}
	if o.AppID != 0 {
		r.AppID = o.AppID.String()
	}
	if o.UIN != 0 {
		r.User = o.UIN.String()
	}
	if o.Err != nil {
		r.Domain, r.Code = o.Code.Domain().String(), o.Code.Number()
		r.Refused(o.Stage, o.Code, o.Err)
	}
	return r
}

// mount gives a listener its server and the doors that it serves. The mux is for what else it is to serve; nowhere answers
// what is left.
func (s *Server) mount(l *listening, gateway *access.Gateway, doors []*access.Door, nowhere http.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("/", nowhere)
	l.http = &http.Server{
		Handler:           s.closing(gateway.Handler(doors, unredirected(mux, nowhere))),
		ReadHeaderTimeout: s.cfg.HTTP.HeaderTimeout,
		ReadTimeout:       s.cfg.HTTP.ReadTimeout,
		WriteTimeout:      s.cfg.HTTP.WriteTimeout,
		IdleTimeout:       s.cfg.HTTP.IdleTimeout,
		MaxHeaderBytes:    s.cfg.HTTP.MaxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
	}
	return mux
}

// unredirected keeps from the mux what it would answer by itself: paths with empty or dot segments, which it would redirect,
// and the addresses of CONNECT, which have no path.
func unredirected(mux, nowhere http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !access.Clean(r) || r.URL.Path == "" {
			nowhere.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// closing has connections closed after their answer while the platform drains.
func (s *Server) closing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// Addresses say where a platform listens, in the form that `rookery serve --json` prints.
type Addresses struct {
	HTTP           string `json:"http"` // base URL of the doors that games call
	Admin          string `json:"admin"`
	OIDB           string `json:"oidb,omitempty"` // HOST:PORT; missing where the bus does not listen
	AdminTokenFile string `json:"admin_token_file"`
}

// Addresses returns where the platform listens. Under rookery dev the admin API is where everything is.
func (s *Server) Addresses() Addresses {
	at := Addresses{HTTP: s.public.url(), AdminTokenFile: s.adminTokenFile}
	at.Admin = at.HTTP
	if s.operators != nil {
		at.Admin = s.operators.url()
	}
	if s.busListener != nil {
		at.OIDB = s.busListener.Addr().String()
	}
	return at
}

// Serve answers requests until ctx ends; then it drains. It releases everything.
func (s *Server) Serve(ctx context.Context) error {
	stopped, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	failed := make(chan error, 3)
	for _, l := range s.listenings() {
		go func() { failed <- l.serve() }()
		if l.certificate != nil {
			go l.certificate.watch(stopped, s.cfg.Log)
		}
	}
	if s.busListener != nil {
		go func() { failed <- s.bus.Serve(s.busListener) }()
	}
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		err = s.drain(stopped)
	}
	return errors.Join(err, s.Close())
}

// drain stops in steps: readiness fails while requests are still taken; then the listeners close and requests and calls
// under way are finished. The operators' listener is the last, so that the drain can be watched.
func (s *Server) drain(ctx context.Context) error {
	s.draining.Store(true)
	stop := s.cfg.Stop
	if stop.Notice > 0 {
		s.cfg.Log.Info("draining", "notice", stop.Notice.String())
		<-time.After(stop.Notice)
	}
	patience, cancel := context.WithTimeout(ctx, stop.Timeout)
	defer cancel()
	// The bus beside the doors: a caller of the one that does not read its answers must not use up the others' time.
	bus := make(chan error, 1)
	go func() { bus <- s.bus.Shutdown(patience) }()
	var errs []error
	for _, l := range s.listenings() {
		if l == s.operators {
			errs = append(errs, <-bus)
		}
		if err := l.http.Shutdown(patience); err != nil {
			l.http.Close()
			errs = append(errs, fmt.Errorf("some requests did not end within %s and were cut off", stop.Timeout))
		}
	}
	if s.operators == nil {
		errs = append(errs, <-bus)
	}
	return errors.Join(errs...)
}

// listenings are the listeners, in the order in which they stop.
func (s *Server) listenings() (all []*listening) {
	for _, l := range []*listening{s.public, s.operators} {
		if l != nil {
			all = append(all, l)
		}
	}
	return all
}

// close releases what Open took; the store's writes under way are finished.
func (s *Server) Close() error {
	var errs []error
	for _, l := range s.listenings() {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.busListener != nil {
		if err := s.busListener.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.bus != nil { // where the drain did not come to it: cut its connections off before the store goes
		now, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.bus.Shutdown(now)
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		http.Error(w, "the platform is stopping", http.StatusServiceUnavailable)
		return
	}
	if err := s.store.Ping(r.Context()); err != nil {
		http.Error(w, "the storage cannot be read", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// NoPath opens the answer to a path that no door has.
const NoPath = "no door has this path"

// noDoor answers a request that is for no door.
func noDoor(c *access.Call, _ any, _ error) {
	why := NoPath + ": MSDK V5 is below /v2/, MSDK V3 below /auth/, /relation/ and /profile/, OpenAPI below /v3/," +
		" QQ Connect below /oauth2.0/ and /user/, a person's account at /account/, the admin API below /admin/v1/" +
		" (of rookery serve at admin.listen), and only rookery dev has /dev/v1/"
	if !access.Clean(c.Request) {
		why = "the path has an empty or a dot segment: does the base URL end with a slash too many?"
	}
	c.Answer.Status = http.StatusNotFound
	c.Answer.Body = fmt.Appendf(c.Answer.Body, "{\"error\":%q}\n", why)
}

// usualBus is where the bus of `rookery dev` listens, if it can.
const usualBus = "127.0.0.1:8701"

// listenBus takes the address for the bus.
func listenBus(cfg Options) (net.Listener, error) {
	addr := cfg.OIDB.Listen
	if addr == "" {
		addr = "127.0.0.1:0"
		if _, port, _ := net.SplitHostPort(cfg.HTTP.Listen); port != "0" {
			if listener, err := net.Listen("tcp", usualBus); err == nil {
				return listener, nil
			}
		}
	}
	return listen(cfg.name("oidb.listen"), addr)
}

// lockFolder keeps a second rookery off the folder for as long as the file stays open, whatever way this one ends.
func lockFolder(name, folder string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, badFolder(name, folder, err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner, _ := os.ReadFile(file.Name())
		file.Close()
		return nil, fmt.Errorf("%s %s is in use by another rookery (process %s): stop it or choose another folder", name, folder, strings.TrimSpace(string(owner)))
	}
	err = errors.Join(file.Truncate(0), func() error { _, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); return err }())
	if err != nil {
		file.Close()
		return nil, badFolder(name, folder, err)
	}
	return file, nil
}

func badFolder(name, folder string, err error) error {
	return fmt.Errorf("%s %s is no folder that this account may write: choose another one (%w)", name, folder, err)
}

// readWords reads the list that word_filter hides; no file, no words.
func readWords(name, file string) (*words.List, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer f.Close()
	list, err := words.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", name, file, err)
	}
	return list, nil
}

// CheckFiles reads the files that a configuration names.
func CheckFiles(c *config.Config) error {
	var errs []error
	for _, listener := range []struct {
		setting string
		files   config.TLS
	}{{"http.tls", c.HTTP.TLS}, {"admin.tls", c.Admin.TLS}} {
		if listener.files.On() {
			_, err := openCertificate(listener.setting, listener.files)
			errs = append(errs, err)
		}
	}
	if c.Admin.TokenFile != "" {
		_, err := serverToken(c.Admin.TokenFile)
		errs = append(errs, err)
	}
	_, err := readWords("openapi.words", c.OpenAPI.Words)
	return errors.Join(append(errs, err)...)
}
