package qqgroups

import (
	"context"

	"github.com/rookeryhq/rookery/internal/cache"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// The maximum numbers of cached roles, and of groups known to exist, of less than a hundred bytes each.
const (
	rolesKept  = 1 << 18
	groupsKept = 1 << 18
)

// roles caches what accounts are in groups until the store reports it changed. A role counts only while its group is known not to
// be disbanded, so that the end of a group is one change and not one for each member.
type roles struct {
	kept *cache.Associative[place, platform.GroupRole]
	live *cache.Associative[platform.GC, struct{}]
}

// place is an account's in a group.
type place struct {
	gc  platform.GC
	uin platform.UIN
}

func newRoles(st Store) *roles {
	r := &roles{
		kept: cache.NewAssociative[place, platform.GroupRole](rolesKept),
		live: cache.NewAssociative[platform.GC, struct{}](groupsKept),
	}
	st.OnChange(func(c store.Change) {
		switch c, ok := c.(store.MembershipChange); {
		case !ok:
		case c.UIN == 0:
			r.live.SetOf(c.GC).Drop()
		default:
			r.kept.SetOf(place{c.GC, c.UIN}).Drop()
		}
	})
	return r
}

// role returns what an account is in a group. Errors: 203 for a group that was never made, 221012 for one that is disbanded.
func (s *Service) role(ctx context.Context, gc platform.GC, uin platform.UIN) (platform.GroupRole, error) {
	at := place{gc, uin}
	group, set := s.roles.live.SetOf(gc), s.roles.kept.SetOf(at)
	if group.Get(gc) != nil {
		if role := set.Get(at); role != nil {
			return *role, nil
		}
	}
	ends, drops := group.Drops(), set.Drops()
	role, disbanded, err := s.store.GroupRole(oidb.Wait(ctx), gc, uin)
	if err != nil {
		return 0, refused(err)
	}
	if disbanded {
		return 0, retcode.GroupDisbanded
	}
	group.Put(gc, struct{}{}, ends)
	set.Put(at, role, drops)
	return role, nil
}

// Forget empties the cache, as a restart does.
func (s *Service) Forget() {
	s.roles.kept.Clear()
	s.roles.live.Clear()
}
