// Package server is the running platform. Its files follow the path of the data: folder, services, doors, gateway,
// listeners.
package server

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/achievements"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/disk"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/gamecmd"
	"github.com/rookeryhq/rookery/internal/groups"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/idip"
	"github.com/rookeryhq/rookery/internal/limit/redis"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/route"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/operators"
	"github.com/rookeryhq/rookery/internal/outbox"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/internal/ranking"
	"github.com/rookeryhq/rookery/internal/seed"
	"github.com/rookeryhq/rookery/internal/social"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/postgres"
	"github.com/rookeryhq/rookery/internal/token"
	"github.com/rookeryhq/rookery/internal/tracing"
	"github.com/rookeryhq/rookery/internal/wordfilter"
)

// Options say how to start a platform.
type Options struct {
	config.Config
	Log     *slog.Logger
	Version string // of this rookery
	// Dev adds the parts that only `rookery dev` has: a clock that can be moved, fault points and the inspector. Everything
	// is then on one listener; without an address the bus listens on its default one, or on any free port if that is taken
	// or HTTP takes any.
	Dev bool
	// Seed is the world that ServeDemo makes; nil for the demo world.
	Seed *seed.World
	// Names maps settings to the names by which the person who starts the platform knows them, for errors.
	Names map[string]string

	sockets sockets // kept from one platform to the next; nil where none follows
	fresh   bool    // begin with an empty folder
}

// name returns the name of a setting for errors.
func (o *Options) name(setting string) string { return cmp.Or(o.Names[setting], setting) }

// Server is a platform: everything between the listeners and the disk, wired together.
type Server struct {
	options Options
	clock   *platform.Clock
	dev     *devParts // nil for rookery serve

	// The folder.
	lock                       *disk.FolderLock
	store                      store.Store
	database                   *postgres.Store // that gateways share; nil without one
	keyring                    *token.Keyring
	keyringIsNew               bool
	adminToken, adminTokenFile string
	team                       *operators.Service

	tracer *tracing.Tracer // nil if nothing is traced

	// The services.
	bus    *oidb.Bus
	routes *route.Router // nil when every command is carried out here

	routeCertificate *certificate // nil without routes

	redis            *redis.Counter // of the rates that gateways share; nil if each counts its own
	redisCertificate *certificate   // nil without one

	idip         *idip.Client
	outbox       *outbox.Service
	apps         *apps.Registry
	profiles     *profile.Service
	identity     *identity.Service
	friends      *friends.Service
	messages     *messages.Service
	achievements *achievements.Service
	qqgroups     *qqgroups.Service
	words        *wordfilter.Filter // nil without a list
	groups       *groups.Service
	ranking      *ranking.Service

	rankIndex *ranking.Index
	social    *social.Service

	gameCommands *gamecmd.Table
	background   []func(context.Context) // work beside calls, until the context ends

	// The listeners.
	public         *listener    // the doors that games call; under rookery dev everything; nil in a back end
	operators      *listener    // the admin API, metrics and health; nil under rookery dev
	busListener    net.Listener // of frames; nil when the bus takes none
	busServer      *tcp.Server
	busCertificate *certificate // of frames; nil without TLS
	busHTTP        *listener    // of Connect and gRPC; nil when the bus takes none
	draining       atomic.Bool

	started    time.Time
	keysDiffer atomic.Bool // other gateways have a newer keyring
}

// Open opens the data folder, wires the platform and listens. Nothing is served before Serve. An error names the setting at
// fault and says what to do.
func Open(ctx context.Context, o Options) (*Server, error) {
	collectSeldom()
	limitMemory(o.Memory.Limit)
	s := &Server{options: o, clock: new(platform.Clock), started: time.Now()}
	if o.Dev {
		s.dev = newDevParts()
	}
	return s.open(ctx,
		s.lockFolder,
		s.listen, // early, because a start that cannot have its addresses must not change anything
		s.clearFolder,
		s.openTracing,
		s.openFolder,
		s.openKeyring,
		s.join,
		s.openIncarnation,
		s.openRedis,
		s.openServices,
		s.openDoors,
	)
}

func (s *Server) open(ctx context.Context, steps ...func(context.Context) error) (*Server, error) {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// Addresses are the addresses of a platform, in the form that `rookery serve --json` prints.
type Addresses struct {
	HTTP           string `json:"http,omitempty"`         // base URL of the doors that games call; missing in a back end
	Admin          string `json:"admin"`                  // of the admin API; under rookery dev the same as HTTP
	OIDB           string `json:"oidb,omitempty"`         // HOST:PORT of the bus's frames; missing when it takes none
	OIDBConnect    string `json:"oidb_connect,omitempty"` // base URL of the bus's Connect and gRPC; missing when it takes none
	AdminTokenFile string `json:"admin_token_file"`
}

// Addresses returns where the platform listens, which is known before it serves.
func (s *Server) Addresses() Addresses {
	at := Addresses{AdminTokenFile: s.adminTokenFile}
	if s.public != nil {
		at.HTTP, at.Admin = s.public.url(), s.public.url()
	}
	if s.operators != nil {
		at.Admin = s.operators.url()
	}
	if s.busListener != nil {
		at.OIDB = s.busListener.Addr().String()
	}
	if s.busHTTP != nil {
		at.OIDBConnect = s.busHTTP.url()
	}
	return at
}

// Serve answers requests until ctx ends, or the platform is reset; then it drains and releases everything.
func (s *Server) Serve(ctx context.Context) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	failed := make(chan error, 4)
	for _, l := range s.listeners() {
		go func() { failed <- l.serve(running, s.options.Log) }()
	}
	if s.busListener != nil {
		go func() { failed <- s.busServer.Serve(s.busListener) }()
	}
	if s.busCertificate != nil {
		go s.busCertificate.watch(running, s.options.Log)
	}
	working, stopWorking := context.WithCancel(ctx)
	routing, stopRouting := context.WithCancel(running) // beyond ctx: calls go on while the platform drains
	defer stopRouting()
	var work sync.WaitGroup // in the background
	if s.routes != nil {
		work.Go(func() { s.routes.Run(routing, s.options.Log) })
		work.Go(func() { s.routeCertificate.watch(routing, s.options.Log) })
	}
	if s.redis != nil {
		work.Go(func() { s.redis.Run(routing) })
		work.Go(func() { s.redisCertificate.watch(routing, s.options.Log) })
	}
	for _, run := range s.background {
		work.Go(func() { run(working) })
	}
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		err = s.drain(running)
	case <-s.resetting():
		err = s.drain(running)
	case <-s.lost():
		err = errors.Join(postgres.ErrLost, s.drain(running))
	}
	stopWorking()
	stopRouting()
	work.Wait()
	return errors.Join(err, s.Close())
}

// lost returns what is closed when this gateway cannot know any more what others have changed.
func (s *Server) lost() <-chan struct{} {
	if s.database == nil {
		return nil
	}
	return s.database.Lost()
}

// drain stops in steps: readiness fails, and connections end after their answers, while requests are still taken; then the listeners close, and
// requests and calls under way are finished. The operators' listener is the last, so that the drain can be watched.
func (s *Server) drain(ctx context.Context) error {
	s.draining.Store(true)
	if s.busServer != nil {
		s.busServer.Leave()
	}
	stop := s.options.Stop
	if stop.Notice > 0 {
		s.options.Log.Info("draining", "notice", stop.Notice.String())
		<-time.After(stop.Notice)
	}
	patience, cancel := context.WithTimeout(ctx, stop.Timeout)
	defer cancel()
	// The bus stops at the same time as the doors: a caller of the bus that does not read its answers must not use up the
	// doors' time.
	bus := make(chan error, 1)
	go func() { bus <- s.stopBus(patience) }()
	var err error
	if s.public != nil {
		err = s.public.shutdown(patience, stop.Timeout)
	}
	err = errors.Join(err, <-bus)
	if s.operators != nil {
		err = errors.Join(err, s.operators.shutdown(patience, stop.Timeout))
	}
	return err
}

// listeners returns the HTTP listeners.
func (s *Server) listeners() (all []*listener) {
	for _, l := range []*listener{s.public, s.operators, s.busHTTP} {
		if l != nil {
			all = append(all, l)
		}
	}
	return all
}

// Close releases what Open took, for a platform that will not serve; the store's writes under way are finished.
func (s *Server) Close() error {
	var errs []error
	for _, l := range s.listeners() {
		errs = append(errs, closeListener(l))
	}
	if s.busListener != nil {
		errs = append(errs, closeListener(s.busListener))
	}
	if s.busServer != nil { // after a failure nothing has drained it: cut its connections before the store closes
		now, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.busServer.Shutdown(now)
	}
	if s.idip != nil {
		s.idip.Close()
	}
	if s.outbox != nil {
		errs = append(errs, s.outbox.Close())
	}
	if s.rankIndex != nil {
		s.rankIndex.Close()
	}
	if s.redis != nil {
		s.redis.Close()
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	if s.tracer != nil {
		s.flushTraces()
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// closeListener closes a listener that may already be closed.
func closeListener(l net.Listener) error {
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
