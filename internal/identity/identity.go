// Package identity knows who is who: apps, accounts, openids, grants, and the tokens that prove them. Its checks of tokens
// and conversions of openids run on the bus as the commands 0x711, 0x73a and 0x71f.
package identity

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/cache"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/standings"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/token"
)

// sessionsKept is the maximum number of openkeys' sessions in memory.
const sessionsKept = 1 << 16

// Service is the identity service. It is safe for concurrent use.
type Service struct {
	Standings *standings.Table
	Log       *slog.Logger // of what fails beside a login; it must be set before the first
	Passwords Cost         // of hashing new ones, Costly at first; likewise

	apps         *apps.Registry
	profiles     *profile.Service
	store        store.Store
	clock        *platform.Clock
	keyring      *token.Keyring
	sessions     *cache.Associative[uint64, platform.Openkey]
	highest      atomic.Uint64 // account number known to be issued
	nonces       *nonces
	failedLogins *failedLogins
	people       *lane // in which people's passwords are hashed
	operators    *lane // and those that operators give, whom no number of people keeps out
	played       *played
}

// New returns a service. It caches at most so many standings.
func New(st store.Store, clock *platform.Clock, keyring *token.Keyring, registry *apps.Registry, profiles *profile.Service, keep int) *Service {
	s := &Service{
		Log:       slog.New(slog.DiscardHandler),
		Passwords: Costly,

		apps:     registry,
		profiles: profiles,
		store:    st,
		clock:    clock,
		keyring:  keyring,
		nonces:   newNonces(noncesKept, clock.Now()),

		sessions:     cache.NewAssociative[uint64, platform.Openkey](sessionsKept),
		failedLogins: newFailedLogins(st),
		people:       newLane(peopleSlots()),
		operators:    newLane(1),
		played:       cache.NewAssociative[appUser, int64](notesKept),
	}
	behind := func() bool { return st.Lag() > store.MostLag }
	s.Standings = standings.New(keep, behind, func(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.Standing, error) {
		return st.Standing(oidb.Wait(ctx), app, openid)
	})
	st.OnChange(func(c store.Change) {
		if c, ok := c.(store.StandingChange); ok {
			s.Standings.Drop(c.AppID, c.OpenID)
		}
	})
	return s
}

// Register registers the service's commands on the bus and makes it the bus's directory.
func (s *Service) Register(bus *oidb.Bus) {
	bus.SetDirectory(s)
	oidb.Handle(bus, oidb.CheckAccess, s.checkAccess)
	oidb.Handle(bus, oidb.CheckPay, s.checkPay)
	oidb.Handle(bus, ConvertOpenIDs, s.convertOpenIDs)
	oidb.Handle(bus, CheckText, s.checkText)
	oidb.Handle(bus, ConvertOpenID, s.convertOpenID)
}

// Forget empties the service's caches, as a restart does.
func (s *Service) Forget() {
	s.Standings.Forget()
	s.sessions.Clear()
	s.played.Clear()
	s.profiles.Forget()
}

// Gateways returns the processes that share the store.
func (s *Service) Gateways(ctx context.Context) ([]platform.Gateway, error) {
	return s.store.Gateways(ctx)
}

// Keyring returns the keyring that seals the service's tokens.
func (s *Service) Keyring() *token.Keyring { return s.keyring }

// RotateKeyring makes a new sealing key; tokens sealed by older keys stay readable until they expire.
func (s *Service) RotateKeyring(ctx context.Context) (token.Key, error) {
	key, err := s.keyring.Rotate(s.clock.Now())
	if err != nil {
		return key, err
	}
	return key, s.store.UseKeys(ctx, s.keyring.Fingerprint())
}
