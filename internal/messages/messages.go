// Package messages puts what friends and the official account send into people's inboxes, within limits, and knows the scenes
// of Ark messages. It runs on the bus as the commands 0xf03.
package messages

import (
	"context"
	"time"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/wordfilter"
)

// Options are the service's settings.
type Options struct {
	Calendar   platform.Calendar  // of the days and weeks that have limits
	SceneDelay time.Duration      // from the setting of a scene's template to its effect
	Words      *wordfilter.Filter // that a shared message must not contain; nil for none
}

// Service is the messages service. It is safe for concurrent use.
type Service struct {
	Options
	store    store.Store
	clock    *platform.Clock
	bus      *oidb.Bus
	apps     *apps.Registry
	scenes   scenes
	arrivals arrivals
}

// New returns a service without scenes.
func New(st store.Store, clock *platform.Clock, bus *oidb.Bus, registry *apps.Registry, options Options) *Service {
	s := &Service{Options: options, store: st, clock: clock, bus: bus, apps: registry}
	s.scenes.load(nil)
	st.OnChange(func(c store.Change) {
		switch c := c.(type) {
		case store.SceneChange:
			s.scenes.put(c.Key, c.Scene)
		case store.MessageChange:
			s.arrivals.tell(inboxOf{c.AppID, c.UIN})
		}
	})
	return s
}

// Load reads the scenes from the store. It must be called before the first change.
func (s *Service) Load(ctx context.Context) error {
	list, err := s.store.Scenes(ctx)
	if err != nil {
		return err
	}
	s.scenes.load(list)
	return nil
}

// needs includes the inboxes, because people's pages read them without the bus.
const needs = "the inboxes and scenes, and the platform's apps, accounts and openids"

// Register puts the service's commands on the bus.
func (s *Service) Register() {
	oidb.Handle(s.bus, SendArkCommand, s.sendArk)
	oidb.Handle(s.bus, NotifyCommand, s.notify)
	oidb.Handle(s.bus, SendShareCommand, s.sendShare)
	oidb.Handle(s.bus, ListInboxCommand, s.listInbox)
}
