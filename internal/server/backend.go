package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/route"
	"github.com/rookeryhq/rookery/internal/platform"
)

// BackendCommands returns the commands that the names stand for, such as 0xf02 or 0xf02_3. The error says of each that a back end
// cannot carry out why not.
func BackendCommands(names []string) (commands []oidb.ID, err error) {
	declared := make(map[oidb.ID]*oidb.Declaration)
	for _, d := range oidb.Declarations() {
		declared[d.ID] = d
	}
	var errs []error
	for _, name := range names {
		ids, own, err := route.Commands(name)
		if own {
			err = fmt.Errorf("the platform has no command %s", name)
		}
		errs = append(errs, err)
		for _, id := range ids {
			switch d := declared[id]; {
			case own:
			case d.Needs != "":
				errs = append(errs, fmt.Errorf("%s %s cannot be carried out elsewhere: it needs %s", id, d.Name, d.Needs))
			case !slices.Contains(commands, id):
				commands = append(commands, id)
			}
		}
	}
	if len(names) == 0 {
		errs = append(errs, errors.New("no command is named"))
	}
	return commands, errors.Join(errs...)
}

// OpenBackend opens a back end, which carries out commands for the platforms that route them to it, on a data folder of its own. It
// listens to the bus and to operators, and has no doors for games. commands are some that BackendCommands returned. Errors are as
// those of Open.
func OpenBackend(ctx context.Context, o Options, commands []oidb.ID) (*Server, error) {
	if o.OIDB.Listen == "" && o.OIDB.Connect == "" {
		return nil, fmt.Errorf("neither %s nor %s is set: name the HOST:PORT at which platforms reach the back end, such as 127.0.0.1:8711", o.name("oidb.listen"), o.name("oidb.connect"))
	}
	collectSeldom()
	limitMemory(o.Memory.Limit)
	s := &Server{options: o, clock: new(platform.Clock)}
	return s.open(ctx,
		s.lockFolder,
		s.listenBackend,
		s.openTracing,
		s.openFolder,
		func(ctx context.Context) error { return s.openBackend(ctx, commands) },
		s.openBackendDoors,
	)
}

func (s *Server) listenBackend(context.Context) (err error) {
	o := &s.options
	if err := s.listenBus(); err != nil {
		return err
	}
	s.operators, err = o.listenHTTP("admin.listen", "admin.tls", o.Admin.Listen, filesOf(o.Admin.TLS), operatorBounds)
	return err
}

// openBackend opens the services of the commands that need nothing of a platform's.
func (s *Server) openBackend(ctx context.Context, commands []oidb.ID) error {
	if err := s.openTeam(ctx); err != nil {
		return err
	}
	s.background = append(s.background, func(ctx context.Context) { s.team.Run(ctx, s.options.Log) })
	s.bus = oidb.NewBus()
	s.bus.SetDirectory(stranger{})
	s.openGroupPlatform()
	s.bus.Keep(commands)
	return s.bus.LoadPolicy(ctx, s.store, s.clock)
}

func (s *Server) openBackendDoors(context.Context) error {
	doors := []*access.Door{admin.NewBackend(s.qqgroups, s.bus, s.team)}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.openBus(metrics)
	gateway, err := access.New(doors, s.clock, s.options.Log, metrics)
	if err != nil {
		return err
	}
	s.mount(gateway, metrics, nil, doors)
	return nil
}

// stranger is the directory of a back end, which has neither apps nor accounts: it takes the calls that a platform forwards, and those
// of the platform's own programs.
type stranger struct{}

func (stranger) App(platform.AppID) *platform.App { return nil }

func (stranger) Issued(context.Context, platform.UIN) (bool, error) { return true, nil }

func (stranger) Number(context.Context, platform.UIN) (platform.AccountClass, platform.AccountState, error) {
	return platform.ClassOrdinary, platform.AccountNormal, nil
}

func (stranger) HoldsLogin(context.Context, platform.AppID, platform.UIN, string) (bool, error) {
	return false, nil
}
