// Package messages puts what friends and the official account send into people's inboxes. It runs on the bus as the commands
// 0xf03.
package messages

import (
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// Service is the messages service. It is safe for concurrent use.
type Service struct {
	store store.Store
	clock *platform.Clock
	bus   *oidb.Bus
}

// New returns a service.
func New(st store.Store, clock *platform.Clock, bus *oidb.Bus) *Service {
	return &Service{store: st, clock: clock, bus: bus}
}
