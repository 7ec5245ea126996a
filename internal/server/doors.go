package server

//go:generate go run ./gen

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/api/ark"
	"github.com/rookeryhq/rookery/internal/api/connect"
	"github.com/rookeryhq/rookery/internal/api/dev"
	"github.com/rookeryhq/rookery/internal/api/gamecenter"
	"github.com/rookeryhq/rookery/internal/api/msdkv3"
	"github.com/rookeryhq/rookery/internal/api/msdkv5"
	"github.com/rookeryhq/rookery/internal/api/openapi"
	"github.com/rookeryhq/rookery/internal/api/pages"
	"github.com/rookeryhq/rookery/internal/api/picture"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/doctor"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/wordfilter"
	"github.com/rookeryhq/rookery/retcode"
)

// openDoors connects the doors with the services and the listeners.
func (s *Server) openDoors(context.Context) error {
	public := s.publicDoors()
	operators := s.operatorDoors(public)

	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.public.measure(metrics)
	s.measureStandings(metrics)
	metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "rookery_inbox_waiters", Help: "Calls that wait for messages to an inbox.",
	}, func() float64 { return float64(s.messages.Waiters()) }))
	metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "rookery_ranked_places", Help: "Places on the boards in memory, of less than 120 bytes each.",
	}, func() float64 { return float64(s.rankIndex.Players()) }))
	s.outbox.Measure(metrics)
	s.idip.Measure(metrics)
	s.openBus(metrics)
	gateway, err := access.New(slices.Concat(public, operators), s.clock, s.options.Log, metrics)
	if err != nil {
		return err
	}
	if s.redis != nil {
		s.redis.Measure(metrics)
	}
	gateway.ShareRates(s.redisLimit("apps", s.options.Redis.Apps), s.redisLimit("users", s.options.Redis.Users))
	s.mount(gateway, metrics, public, operators)
	return nil
}

// publicDoors are for games and for people.
func (s *Server) publicDoors() []*access.Door {
	o := &s.options
	return []*access.Door{
		msdkv5.New(s.apps, s.profiles, s.identity, s.friends, s.messages, s.bus, msdkv5.Options{TSWindow: o.MSDKV5.TSWindow}),
		msdkv3.New(s.apps, s.profiles, s.identity, s.friends, s.bus, msdkv3.Options{TSWindow: o.MSDKV3.TSWindow}),
		ark.New(s.apps, s.identity, s.bus),
		openapi.New(s.apps, s.profiles, s.identity, s.friends, s.bus, openapi.Options{Words: s.words}),
		connect.New(s.apps, s.identity, s.bus, connect.Options{TokenMediaType: o.Connect.TokenMediaType}),
		connect.NewUser(s.apps, s.profiles, s.identity, s.bus),
		gamecenter.New(s.apps, s.identity, s.bus, s.gameCommands),
		pages.New(s.pages()),
		picture.New(),
	}
}

func (s *Server) pages() pages.Options {
	o := pages.Options{
		Apps: s.apps, Profiles: s.profiles, Identity: s.identity, Messages: s.messages, Bus: s.bus, Commands: s.gameCommands,
		Codes:  s.options.Pages.Codes != "off",
		Issuer: s.address(),
		Answered: func(row retcode.Entry, lang retcode.Language) (at []string) {
			for _, place := range AnsweredAt(row) {
				at = append(at, place.In(lang))
			}
			return at
		},
	}
	if s.dev != nil {
		o.Demo = func() *pages.Demo { return s.dev.welcome }
	}
	return o
}

// operatorDoors are for operators, who set what apps may do at the public doors.
func (s *Server) operatorDoors(public []*access.Door) []*access.Door {
	doors := []*access.Door{admin.New(admin.Services{
		Apps: s.apps, Profiles: s.profiles, Identity: s.identity, Friends: s.friends, Messages: s.messages, Groups: s.qqgroups, Bindings: s.groups, Events: s.outbox, Games: s.idip, Ranking: s.ranking, Achievements: s.achievements,
		Bus:          s.bus,
		GameCommands: s.gameCommands,
		Doctor:       s.doctor(public),
		Operators:    s.team,
	}, admin.APIs{
		Granted:    append(access.Permissions(public, access.Granted), platform.RelationPermission, platform.GroupPermission, platform.GameCenterPermission),
		Restricted: access.Permissions(public, access.Audit),
		Rated:      access.Permissions(public, access.AppRate),
	})}
	if s.dev != nil {
		doors = append(doors, dev.New(s.forget, s.reset, s.exportWorld, s.clock, &s.dev.faults, &s.dev.forced, s.dev.inspector, s.dev.roster, s.team))
	}
	return doors
}

// doctor examines the apps that call these doors.
func (s *Server) doctor(doors []*access.Door) *doctor.Doctor {
	o := &s.options
	return doctor.New(doctor.Options{
		Clock: s.clock, Doors: doors, Scenes: s.messages.Scenes, Account: s.identity.Account, Games: s.idip,
		Dev: s.dev != nil, DemoKeys: demoKeys(),
		Address: s.address(), HTTPS: o.HTTP.TLS.On() || len(o.HTTP.TrustedProxies) > 0, TSWindow: o.MSDKV5.TSWindow, V3TSWindow: o.MSDKV3.TSWindow,
	})
}

// forget empties the services' caches, as a restart does.
func (s *Server) forget() {
	s.identity.Forget()
	s.friends.Forget()
	s.groups.Forget()
	s.qqgroups.Forget()
	s.rankIndex.Forget()
	s.ranking.Forget()
}

// Doors returns all doors, including those of rookery dev, without services: only their declarations can be used.
func Doors() []*access.Door {
	s := &Server{dev: new(devParts)}
	public := s.publicDoors()
	return slices.Concat(public, s.operatorDoors(public))
}

// Rehearsal returns a gateway that finds the doors that games call and rehearses calls of the app. It serves nothing.
func Rehearsal(app *platform.App) (*access.Gateway, error) {
	clock := new(platform.Clock)
	s := &Server{apps: apps.Of(clock, app), clock: clock}
	gateway, err := access.New(s.publicDoors(), clock, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err == nil {
		gateway.Inspect(access.NewInspector())
	}
	return gateway, err
}

// readWords reads the list that word_filter hides; without a file it is empty.
func readWords(name, file string) (*wordfilter.Filter, error) {
	if file == "" {
		return nil, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer f.Close()
	list, err := wordfilter.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", name, file, err)
	}
	return list, nil
}

// NoPath is the beginning of the answer to a path that no door has.
const NoPath = "no door has this path"

// noDoor answers a request to a path that no door has.
func (s *Server) noDoor(c *access.Call, _ any, _ error) {
	why := NoPath + ": MSDK V5 is below /v2/, MSDK V3 below /auth/, /relation/ and /profile/ and at /share/qq, Ark messages at /share/ark," +
		" OpenAPI below /v3/, QQ Connect below /oauth2.0/ and /user/, the Game Center at /cgi-bin/QQConnect.fcgi, a person's account at /account/ and games at /gamecenter/, return codes at /codes, the admin API below /admin/v1/" +
		" (of rookery serve at admin.listen), and only rookery dev has /dev/v1/"
	if s.public == nil {
		why = "a back end has only the groups and the bus's policy of the admin API, /metrics, /healthz and /readyz"
	}
	if !access.CanonicalPath(c.Request) {
		why = "the path has an empty or a dot segment: does the base URL end with a slash too many?"
	}
	c.Answer.Status = http.StatusNotFound
	c.Answer.Body = fmt.Appendf(c.Answer.Body, "{\"error\":%q}\n", why)
}
