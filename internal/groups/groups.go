// Package groups is the binding service: it knows which QQ group serves which guild of a game. Whether somebody is in a guild,
// or leads it, is known to the game's server alone, and the groups are the group platform's: the service asks the one by IDIP
// and the other by the commands 0xf02. It runs on the bus as the commands 0xf04.
package groups

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/cache"
	"github.com/rookeryhq/rookery/internal/idip"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/retcode"
)

// kept is the maximum number of cached bindings by each of the two keys.
const kept = 1 << 16

// Options are the service's parts and settings. All but Calendar and Guard are needed.
type Options struct {
	Store    store.Store
	Clock    *platform.Clock
	Bus      *oidb.Bus
	Apps     *apps.Registry
	People   *profile.Service
	Games    *idip.Client
	Log      *slog.Logger
	Calendar platform.Calendar // of the days of reminders

	// Guard is called before each use of the cache; its error makes the use fail. It is nil if the cache cannot fail.
	Guard func(ctx context.Context, app platform.AppID, write bool) error
}

// Service is the binding service. It is safe for concurrent use.
type Service struct {
	Options
	turns   turns
	byGuild *cache.Associative[platform.Guild, platform.Binding]
	byGroup *cache.Associative[groupKey, platform.Binding]
}

type groupKey struct {
	app platform.AppID
	gc  platform.GC
}

// New returns a service that caches bindings until the store reports them changed.
func New(o Options) *Service {
	s := &Service{
		Options: o,
		byGuild: cache.NewAssociative[platform.Guild, platform.Binding](kept),
		byGroup: cache.NewAssociative[groupKey, platform.Binding](kept),
	}
	o.Store.OnChange(func(c store.Change) {
		if c, ok := c.(store.BindingChange); ok {
			s.byGuild.SetOf(c.Guild).Drop()
			s.byGroup.SetOf(groupKey{c.Guild.AppID, c.GC}).Drop()
		}
	})
	return s
}

// Forget empties the caches, as a restart does.
func (s *Service) Forget() {
	s.byGuild.Clear()
	s.byGroup.Clear()
}

// Bindings returns at most limit bindings in force of an app after a guild, by zone and guild.
func (s *Service) Bindings(ctx context.Context, after platform.Guild, limit int) ([]platform.Binding, error) {
	return s.Store.Bindings(ctx, after, limit)
}

// Unbind ends the service of a guild's group in the name of the platform, and returns the binding as it was. Errors:
// platform.ErrNotFound, or the storage's.
func (s *Service) Unbind(ctx context.Context, guild platform.Guild) (platform.Binding, error) {
	b, err := s.Store.Binding(ctx, guild)
	if err == nil {
		err = s.release(ctx, b, 0)
	}
	if errors.Is(err, platform.ErrNotFound) || errors.Is(err, retcode.GroupGuildNotBound) {
		return b, platform.ErrNotFound.Errorf("no group serves %s of app %s", named(guild), guild.AppID)
	}
	return b, err
}

// ofGuild returns the binding of a guild, without a group if none serves it.
func (s *Service) ofGuild(ctx context.Context, guild platform.Guild) (platform.Binding, error) {
	return read(ctx, s, guild.AppID, s.byGuild, guild, func() (platform.Binding, error) { return s.Store.Binding(ctx, guild) })
}

// ofGroup returns the binding of a group at an app, without a group if it serves none of its guilds.
func (s *Service) ofGroup(ctx context.Context, app platform.AppID, gc platform.GC) (platform.Binding, error) {
	return read(ctx, s, app, s.byGroup, groupKey{app, gc}, func() (platform.Binding, error) { return s.Store.BindingOfGroup(ctx, app, gc) })
}

// read returns a binding from the cache, or else from the store. It caches that no binding exists, too.
func read[K comparable](ctx context.Context, s *Service, app platform.AppID, from *cache.Associative[K, platform.Binding], key K,
	stored func() (platform.Binding, error)) (none platform.Binding, err error) {
	if err := s.mayUse(ctx, app, false); err != nil {
		return none, err
	}
	set := from.SetOf(key)
	if b := set.Get(key); b != nil {
		return *b, nil
	}
	drops := set.Drops()
	b, err := stored()
	if err != nil && !errors.Is(err, platform.ErrNotFound) {
		return none, retcode.GroupBindingReadFailed.WithCause(err)
	}
	if err := s.mayUse(ctx, app, true); err != nil {
		return none, err
	}
	set.Put(key, b, drops)
	return b, nil
}

func (s *Service) mayUse(ctx context.Context, app platform.AppID, write bool) error {
	if s.Guard == nil {
		return nil
	}
	if err := s.Guard(ctx, app, write); err != nil {
		return retcode.GroupCacheFailed.WithCause(err)
	}
	return nil
}

// query names a guild's group: by the guild, by the group's number, or by its openid.
type query interface {
	GetAppid() uint64
	GetZone() string
	GetGuild() string
	GetGc() uint64
	GetGroupOpenid() []byte
}

// checkQuery refuses a query that names nothing or is malformed.
func checkQuery(q query) error {
	switch openid := q.GetGroupOpenid(); {
	case len(openid) > 0 && len(openid) != len(platform.OpenID{}):
		return retcode.GroupParameterInvalid.Errorf("the group's openid is not 32 hex digits")
	case q.GetZone() != "" || q.GetGuild() != "" || len(openid) == 0 && q.GetGc() == 0:
		_, err := guildOf(q)
		return err
	}
	return nil
}

// find returns the binding that a query names. A query that names a guild and also a group, by its number or openid, finds
// the binding only if it is that group's.
func (s *Service) find(ctx context.Context, q query) (b platform.Binding, err error) {
	app, gc, openid := platform.AppID(q.GetAppid()), platform.GC(q.GetGc()), q.GetGroupOpenid()
	switch {
	case q.GetGuild() != "":
		b, err = s.ofGuild(ctx, platform.Guild{AppID: app, Zone: q.GetZone(), ID: q.GetGuild()})
	case gc != 0:
		return s.ofGroup(ctx, app, gc)
	default:
		b, err = s.Store.BindingOfOpenID(ctx, app, platform.OpenID(openid))
		if err != nil && !errors.Is(err, platform.ErrNotFound) {
			return b, retcode.GroupBindingReadFailed.WithCause(err)
		}
		return b, nil
	}
	if err == nil && b.GC != 0 && (gc != 0 && gc != b.GC || len(openid) > 0 && platform.OpenID(openid) != b.OpenID) {
		return b, otherGroup(b.Guild)
	}
	return b, err
}

// otherGroup is the error of a request that names a guild and a group that is not the guild's.
func otherGroup(guild platform.Guild) error {
	return retcode.GroupParameterInvalid.Errorf("the group is not the one that serves %s", named(guild))
}

// notBound is the error of a request about a guild, or a group, without a binding.
func notBound(q query) error {
	switch {
	case q.GetGuild() != "":
		return retcode.GroupGuildNotBound.Errorf("no group serves guild %s of zone %s", q.GetGuild(), q.GetZone())
	case q.GetGc() != 0:
		return retcode.GroupGuildNotBound.Errorf("group %d serves no guild of this game", q.GetGc())
	default:
		return retcode.GroupGuildNotBound.Errorf("no group with this openid serves a guild of this game")
	}
}

// guildOf returns the guild that a request names.
func guildOf(req interface {
	GetAppid() uint64
	GetZone() string
	GetGuild() string
}) (platform.Guild, error) {
	guild := platform.Guild{AppID: platform.AppID(req.GetAppid()), Zone: req.GetZone(), ID: req.GetGuild()}
	if err := guild.Validate(); err != nil {
		return guild, retcode.GroupParameterInvalid.Errorf("%v", err)
	}
	return guild, nil
}

// named returns a guild as texts for people name it.
func named(guild platform.Guild) string {
	return fmt.Sprintf("guild %s of zone %s", guild.ID, guild.Zone)
}
