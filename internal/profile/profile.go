// Package profile is the way to what an account shows of itself, for its readers and for those who change it.
package profile

import (
	"context"

	"github.com/rookeryhq/rookery/internal/cache"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// kept is how many profiles are kept in memory at most, at about half a kilobyte each.
const kept = 1 << 14

// Service reads and changes profiles. It is safe for concurrent use.
type Service struct {
	store store.Accounts
	clock *platform.Clock
	kept  *cache.DirectMapped[platform.UIN, platform.Profile]
}

// New returns a service that keeps profiles for as long as the store does not report them changed.
func New(st store.Store, clock *platform.Clock) *Service {
	s := &Service{store: st, clock: clock, kept: cache.NewDirectMapped[platform.UIN, platform.Profile](kept)}
	st.OnChange(func(c store.Change) {
		if c, ok := c.(store.ProfileChange); ok {
			s.kept.Slot(c.UIN).Drop()
		}
	})
	return s
}

// Get returns what an account shows of itself now, which must not be changed. Errors: platform.ErrNotFound, or the storage's.
func (s *Service) Get(ctx context.Context, uin platform.UIN) (*platform.Profile, error) {
	slot := s.kept.Slot(uin)
	if profile := slot.Get(uin); profile != nil {
		return profile.At(s.clock.NowMS()), nil
	}
	drops := slot.Drops()
	account, err := s.store.Account(ctx, uin)
	if err != nil {
		return nil, err
	}
	slot.Put(uin, account.Profile, drops)
	return account.Profile.At(s.clock.NowMS()), nil
}

// Update changes what an account shows of itself to what edit makes of it. Errors: platform.ErrInvalid, platform.ErrNotFound,
// or the one of edit.
func (s *Service) Update(ctx context.Context, uin platform.UIN, edit func(*platform.Profile) error) (*platform.Account, error) {
	return s.store.UpdateAccount(ctx, uin, func(a *platform.Account) error {
		if err := edit(&a.Profile); err != nil {
			return err
		}
		return a.Profile.Validate()
	})
}

// Forget drops what is kept in memory, as a restart does.
func (s *Service) Forget() { s.kept.Clear() }
