// Package profile reads accounts and the profiles that they show, and changes the latter.
package profile

import (
	"cmp"
	"context"
	"strconv"
	"strings"

	"github.com/rookeryhq/rookery/internal/cache"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// kept is the maximum number of cached accounts, of about half a kilobyte each.
const kept = 1 << 16

// Service reads and changes profiles. It is safe for concurrent use.
type Service struct {
	store store.Accounts
	clock *platform.Clock
	kept  *cache.Associative[platform.UIN, platform.Account]

	picture string
}

// New returns a service that caches accounts until the store reports them changed. picture is the address, to be completed
// by a size, of the picture of accounts that have none.
func New(st store.Store, clock *platform.Clock, picture string) *Service {
	s := &Service{store: st, clock: clock, picture: picture, kept: cache.NewAssociative[platform.UIN, platform.Account](kept)}
	st.OnChange(func(c store.Change) {
		if c, ok := c.(store.AccountChange); ok {
			s.kept.SetOf(c.UIN).Drop()
		}
	})
	return s
}

// Get returns the profile that an account shows now, which must not be changed. Errors: platform.ErrNotFound, or the
// storage's.
func (s *Service) Get(ctx context.Context, uin platform.UIN) (*platform.Profile, error) {
	account, err := s.Account(ctx, uin)
	if err != nil {
		return nil, err
	}
	return account.Profile.At(s.clock.NowMS()), nil
}

// Account returns an account without its password's hash. It must not be changed. Errors: platform.ErrNotFound, or the
// storage's.
func (s *Service) Account(ctx context.Context, uin platform.UIN) (*platform.Account, error) {
	set := s.kept.SetOf(uin)
	if account := set.Get(uin); account != nil {
		return account, nil
	}
	drops := set.Drops()
	account, err := s.store.Account(oidb.Wait(ctx), uin)
	if err != nil {
		return nil, err
	}
	account.PasswordHash = ""
	set.Put(uin, *account, drops)
	return account, nil
}

// PictureSize is the size of the pictures that most interfaces show, in pixels of a side.
const PictureSize = 100

// Picture returns the address of a profile's picture, with sides of that many pixels if it comes in sizes.
func (s *Service) Picture(p *platform.Profile, size int) string {
	url := cmp.Or(p.PictureURL, s.picture)
	if strings.HasSuffix(url, "/") {
		return url + strconv.Itoa(size)
	}
	return url
}

// PictureBase returns the address of a profile's picture to which callers append a size, 40 or 100. For a picture of one size
// the appended text has no effect.
func (s *Service) PictureBase(p *platform.Profile) string {
	url := cmp.Or(p.PictureURL, s.picture)
	if url == "" || strings.HasSuffix(url, "/") {
		return url
	}
	return url + "#"
}

// Update applies edit to an account's profile. Errors: platform.ErrInvalid, platform.ErrNotFound, or edit's.
func (s *Service) Update(ctx context.Context, uin platform.UIN, edit func(*platform.Profile) error) (*platform.Account, error) {
	return s.store.UpdateAccount(ctx, uin, func(a *platform.Account) error {
		if err := edit(&a.Profile); err != nil {
			return err
		}
		return a.Profile.Validate()
	})
}

// Forget empties the cache, as a restart does.
func (s *Service) Forget() { s.kept.Clear() }
