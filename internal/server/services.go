package server

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/achievements"
	"github.com/rookeryhq/rookery/internal/api/gamecenter"
	"github.com/rookeryhq/rookery/internal/api/picture"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/gamecmd"
	"github.com/rookeryhq/rookery/internal/groups"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/idip"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/operators"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/internal/ranking"
	"github.com/rookeryhq/rookery/internal/roster"
	"github.com/rookeryhq/rookery/internal/social"
)

// openServices connects the services with the folder's files and with the bus.
func (s *Server) openServices(ctx context.Context) error {
	s.bus, s.idip = oidb.NewBus(), idip.New(s.clock, s.options.Log)
	s.bus.ShareRates(s.redisLimit("commands", s.options.Redis.Commands))
	s.idip.Trace(s.tracer)
	whole := s.store // without faults, for the game's side
	if s.dev != nil {
		s.store = s.dev.faults.Store(s.store)
		s.keyring.Guard(s.dev.faults.Keyring)
		s.bus.Guard(s.dev.faults.Bus)
		s.bus.GuardAnswers(s.dev.faults.Answers)
		s.store.GuardEvents(s.dev.faults.Events)
		s.idip.Guard(s.dev.faults.IDIPConnect, s.dev.faults.IDIPAnswer)
	}
	if err := s.openTeam(ctx); err != nil {
		return err
	}
	s.apps, s.profiles = apps.New(s.store, s.clock), profile.New(s.store, s.clock, s.address()+picture.Path)
	if err := s.apps.Load(ctx); err != nil {
		return err
	}
	if s.keyringIsNew && len(s.apps.List()) > 0 {
		s.options.Log.Warn("there was no keyring next to a database in use, so it is new: every token ends and people get other unionids;"+
			" if it was lost, stop and put a copy of it back", "file", s.keyringFile())
	}
	s.identity = identity.New(s.store, s.clock, s.keyring, s.apps, s.profiles, s.options.Standings.Kept)
	s.identity.Log = s.options.Log
	if s.dev != nil {
		s.identity.Passwords = identity.Cheap
	}
	s.identity.Register(s.bus)
	s.friends = friends.New(s.store, s.clock, s.bus, s.profiles)
	s.friends.Register()
	if s.dev != nil {
		s.friends.Guard(s.dev.faults.FriendCache)
		s.dev.roster = roster.New(s.apps, whole)
	}
	if err := s.openMessages(ctx); err != nil {
		return err
	}
	s.openGroupPlatform()
	if err := s.openEvents(); err != nil {
		return err
	}
	s.openGroups()
	s.openRanking()
	s.achievements = achievements.New(s.store, s.clock, s.apps, achievements.Options{Calendar: s.messages.Calendar, Ranks: s.ranking})
	s.achievements.Register(s.bus)
	if err := s.openGameCommands(ctx); err != nil {
		return err
	}
	s.social = social.New(social.Options{
		Store: s.store, Clock: s.clock, Bus: s.bus, Apps: s.apps, Profiles: s.profiles, Calendar: s.messages.Calendar, Words: s.words, Log: s.options.Log,
	})
	s.social.Register()
	if err := s.bus.LoadPolicy(ctx, s.store, s.clock); err != nil {
		return err
	}
	s.background = append(s.background,
		s.markUntil,
		s.readStandingsAhead,
		s.once(func(ctx context.Context) { s.messages.SweepUntil(ctx, s.options.Log) }),
		s.once(s.outbox.Run),
		s.once(s.groups.Run),
		func(ctx context.Context) { s.ranking.Run(ctx, s.options.Log) },
		s.once(s.social.Run),
		s.once(func(ctx context.Context) { s.team.Run(ctx, s.options.Log) }),
	)
	if s.database != nil {
		s.background = append(s.background, s.joinUntil)
	}
	return s.openRoutes()
}

// once returns background work of which one gateway does its part for all.
func (s *Server) once(work func(context.Context)) func(context.Context) {
	return func(ctx context.Context) { s.store.Lead(ctx, work) }
}

// openTeam opens the service of the operators.
func (s *Server) openTeam(ctx context.Context) error {
	s.team = operators.New(s.store, s.clock, s.adminToken, s.options.Admin.AuditKept)
	return s.team.Load(ctx)
}

// address returns the base URL at which everybody can reach the doors for games; "" without such doors. The Host of a request has no
// say in it: it is the caller's word.
func (s *Server) address() string {
	if s.public == nil {
		return ""
	}
	return strings.TrimRight(cmp.Or(s.options.HTTP.PublicURL, s.public.url()), "/")
}

func (s *Server) openMessages(ctx context.Context) (err error) {
	o := &s.options
	if s.words, err = readWords(o.name("openapi.words"), o.OpenAPI.Words); err != nil {
		return err
	}
	zone, err := time.LoadLocation(o.Messages.TimeZone)
	if err != nil {
		return fmt.Errorf("%s: %w", o.name("messages.time_zone"), err)
	}
	s.messages = messages.New(s.store, s.clock, s.bus, s.apps, messages.Options{Calendar: platform.Calendar{Zone: zone}, SceneDelay: o.Messages.SceneDelay, Words: s.words})
	s.messages.Register()
	return s.messages.Load(ctx)
}

func (s *Server) openGroupPlatform() {
	s.qqgroups = qqgroups.New(s.store, s.clock, platform.GroupLimits{Owned: s.options.Groups.Owned, Created: s.options.Groups.CreatedPerHour})
	s.qqgroups.Register(s.bus)
}

func (s *Server) openGameCommands(ctx context.Context) error {
	declared := gamecenter.Commands()
	s.gameCommands = gamecmd.New(s.store, declared)
	if s.dev != nil {
		for _, c := range declared {
			s.dev.faults.GameCommand(c.Name)
		}
		s.gameCommands.Guard(s.dev.faults.GameHandler)
	}
	return s.gameCommands.Load(ctx)
}

func (s *Server) openGroups() {
	o := groups.Options{Store: s.store, Clock: s.clock, Bus: s.bus, Apps: s.apps, People: s.profiles, Games: s.idip, Log: s.options.Log, Calendar: s.messages.Calendar}
	if s.dev != nil {
		o.Guard = s.dev.faults.BindingCache
	}
	s.groups = groups.New(o)
	s.groups.Register()
}

func (s *Server) openRanking() {
	s.rankIndex = ranking.NewIndex(s.store)
	s.ranking = ranking.New(ranking.Options{
		Store: s.store, Clock: s.clock, Bus: s.bus, People: s.profiles, Index: s.rankIndex, Calendar: s.messages.Calendar,
	})
	s.ranking.Register()
}
