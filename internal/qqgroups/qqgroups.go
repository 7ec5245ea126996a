// Package qqgroups is the group platform: QQ groups, their members and messages. It is a back end of its own with its own
// tables, reached as the commands 0xf02. It knows which guild of a game a group serves, but nothing of the binding, which is
// the game platform's.
package qqgroups

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// Bounds.
const (
	Capacity    = 200  // members of a group, unless its operator sets another number
	MaxCapacity = 5000 // members of any group

	MaxPage = 200 // groups, members or messages in one answer

	maxName    = 100 // bytes, of a group and of a member's card
	maxTitle   = 100 // bytes
	maxText    = 1000
	maxAddress = 512
	maxAdmins  = 20
	maxJoined  = 5000 // groups that an account is in

	messagesKept  = 100 // of each group
	messagesShown = 20  // in one answer, which fits into a frame whatever they contain
	messageLife   = 30 * 24 * time.Hour
)

// Store is all that the group platform reads and writes, so it can stand on a data folder of its own.
type Store interface {
	store.QQGroups
	OnChange(func(store.Change))
}

// Service is the group platform. It is safe for concurrent use.
type Service struct {
	store  Store
	clock  *platform.Clock
	limits platform.GroupLimits
	roles  *roles
}

// New returns a group platform that gives no account more groups than the limits allow.
func New(st Store, clock *platform.Clock, limits platform.GroupLimits) *Service {
	return &Service{store: st, clock: clock, limits: limits, roles: newRoles(st)}
}

// Create makes a group for an operator, whatever the owner's limits; its number and time are new. A capacity of 0 is Capacity.
// Errors: platform.ErrInvalid.
func (s *Service) Create(ctx context.Context, g platform.Group) (platform.Group, error) {
	if g.Capacity == 0 {
		g.Capacity = Capacity
	}
	g.Members, g.CreatedMS = 1, s.clock.NowMS()
	if err := validate(&g); err != nil {
		return platform.Group{}, err
	}
	return s.store.CreateGroup(ctx, g, "", platform.GroupLimits{})
}

// validate checks what an operator may choose and returns the first fault in one sentence.
func validate(g *platform.Group) error {
	switch err := checkName(g.Name); {
	case err != nil:
		return err
	case !legal(g.Owner):
		return platform.Invalidf("owner", "owner %s is not an account number", g.Owner)
	case g.Capacity < 1 || g.Capacity > MaxCapacity:
		return platform.Invalidf("capacity", "capacity %d is not from 1 to %d", g.Capacity, MaxCapacity)
	case g.Capacity < g.Members:
		return platform.Invalidf("capacity", "capacity %d is less than the group's %d members", g.Capacity, g.Members)
	case len(g.Admins) > maxAdmins:
		return platform.Invalidf("admins", "a group has at most %d administrators, not %d", maxAdmins, len(g.Admins))
	}
	return nil
}

func checkName(name string) error {
	if name == "" {
		return platform.Invalidf("name", "the group has no name")
	}
	return platform.CheckText("name", name, maxName)
}

func legal(uin platform.UIN) bool { return uin >= platform.FirstUIN && uin <= platform.LastUIN }

// Group returns a group with its administrators. Error: platform.ErrNotFound.
func (s *Service) Group(ctx context.Context, gc platform.GC) (platform.Group, error) {
	return s.store.Group(ctx, gc)
}

// Groups returns at most limit groups above a number, by number.
func (s *Service) Groups(ctx context.Context, after platform.GC, limit int) ([]platform.Group, error) {
	return s.store.Groups(ctx, after, limit)
}

// GroupsOf returns at most limit groups above a number, by number, that an account is in.
func (s *Service) GroupsOf(ctx context.Context, uin platform.UIN, after platform.GC, limit int) ([]platform.Group, error) {
	return s.store.GroupsOf(ctx, uin, false, after, limit)
}

// Members returns at most limit members of a group above a number, by number.
func (s *Service) Members(ctx context.Context, gc platform.GC, after platform.UIN, limit int) ([]platform.GroupMembership, error) {
	return s.store.GroupMembers(ctx, gc, after, limit)
}

// Messages returns at most limit messages to a group that are still kept, newest first.
func (s *Service) Messages(ctx context.Context, gc platform.GC, limit int) ([]platform.GroupMessage, error) {
	return s.store.GroupMessages(ctx, gc, 0, s.oldest(), limit)
}

// oldest is the time since when messages are kept.
func (s *Service) oldest() int64 { return s.clock.NowMS() - messageLife.Milliseconds() }

// Guilds returns the guilds that a group serves, by appid.
func (s *Service) Guilds(ctx context.Context, gc platform.GC) ([]platform.Guild, error) {
	return s.store.GroupGuilds(ctx, gc)
}

// Update lets an operator change a group that is not disbanded: everything but its number, members and time. A new owner, who
// must be a member, is no longer an administrator. Errors: platform.ErrInvalid, platform.ErrNotFound.
func (s *Service) Update(ctx context.Context, gc platform.GC, edit func(*platform.Group) error) (platform.Group, error) {
	return s.store.UpdateGroup(ctx, gc, func(g *platform.Group) error {
		if g.Disbanded {
			return platform.Invalidf("gc", "group %s is disbanded", gc)
		}
		if err := edit(g); err != nil {
			return err
		}
		slices.Sort(g.Admins)
		g.Admins = slices.DeleteFunc(slices.Compact(g.Admins), func(admin platform.UIN) bool { return admin == g.Owner })
		return validate(g)
	})
}

// Disband ends a group for ever, whoever owns it. Error: platform.ErrNotFound.
func (s *Service) Disband(ctx context.Context, gc platform.GC) error {
	return s.store.DisbandGroup(ctx, gc, "", func(*platform.Group) error { return nil })
}

// CheckMessage returns the first fault of a message in one sentence, in which its parts have no names of members, since each
// door has others. It does not look at the kind but for what it needs.
func CheckMessage(m *wire.GroupMessage) error {
	if m.Title == "" && m.Text == "" {
		return platform.Invalidf("title", "the message has neither title nor text")
	}
	if m.Kind == uint32(platform.GroupLink) && m.Url == "" {
		return platform.Invalidf("url", "the message is a link, but has no address to lead to")
	}
	return cmp.Or(
		platform.CheckText("the message's title", m.Title, maxTitle), platform.CheckText("the message's text", m.Text, maxText),
		checkAddress("the message's link", m.Url), checkAddress("the message's picture", m.PictureUrl))
}

// checkAddress takes what a page may link to.
func checkAddress(name, address string) error {
	if address == "" {
		return nil
	}
	if err := platform.CheckText(name, address, maxAddress); err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return platform.Invalidf(name, "%s is not an absolute http(s) address", name)
	}
	return nil
}
