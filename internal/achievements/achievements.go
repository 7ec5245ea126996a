// Package achievements keeps what games report of their players, from which scores and rankings follow. It runs on
// the bus as the commands 0xf05.
package achievements

import (
	"context"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// Ranks gives players' places on boards.
type Ranks interface {
	// Rank returns a player's place on a board, from 1; 0 without a score there.
	Rank(ctx context.Context, board platform.Board, uin platform.UIN) (int64, error)
}

// Options are the service's settings.
type Options struct {
	Calendar platform.Calendar // of the days and weeks on which scores count
	Ranks    Ranks             // nil for no ranks
}

// Service is the achievements service. It is safe for concurrent use.
type Service struct {
	Options
	store store.Store
	clock *platform.Clock
	apps  *apps.Registry
}

// New returns a service.
func New(st store.Store, clock *platform.Clock, registry *apps.Registry, options Options) *Service {
	return &Service{options, st, clock, registry}
}

const needs = "the reported scores with their ranks, and the platform's apps"

// Register puts the service's commands on the bus.
func (s *Service) Register(bus *oidb.Bus) {
	oidb.Handle(bus, ReportCommand, s.report)
	oidb.Handle(bus, GetCommand, s.get)
}
