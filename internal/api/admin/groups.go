package admin

import (
	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
)

// pageFields are the parameters of lists by number.
type pageFields struct {
	After uint64 `json:"after" def:"0" doc:"lists those after this number"`
	Limit int    `json:"limit" min:"0" max:"1000" def:"100" doc:"how many to list at most"`
}

// groupsFields are the parameters of the list of groups.
type groupsFields struct {
	pageFields
	UIN platform.UIN `json:"uin" doc:"lists the groups that this account is in"`
}

// page reads the URL parameters of a list by number.
func page(c *access.Call) (after uint64, limit int, err error) {
	if after, err = QueryNumber(c, "after", 0, 1<<63-1); err != nil {
		return 0, 0, err
	}
	n, err := QueryNumber(c, "limit", 100, maxPage)
	return after, int(n), err
}

// listGroups lists all groups, or those that the URL parameter uin is in.
func (d *door) listGroups(c *access.Call) (any, error) {
	after, limit, err := page(c)
	if err != nil {
		return nil, err
	}
	text, err := parameter(c, "uin")
	if err != nil {
		return nil, err
	}
	if text == "" {
		return d.groups.Groups(c.Context(), platform.GC(after), limit)
	}
	uin, err := platform.ParseUIN(text)
	if err != nil {
		return nil, err
	}
	return d.groups.GroupsOf(c.Context(), uin, platform.GC(after), limit)
}

// NewGroup is a group to make. Without a capacity it has the usual one.
type NewGroup struct {
	Owner    platform.UIN `json:"owner" required:"true" doc:"the account that owns it"`
	Name     string       `json:"name" required:"true" doc:"the group's name"`
	Capacity int          `json:"capacity,omitzero" doc:"how many members it may have; the usual number without it"`
	Game     *bool        `json:"game,omitzero" doc:"true without it"`
	Fee      bool         `json:"fee,omitzero" doc:"its members pay"`
}

func (d *door) createGroup(c *access.Call, in NewGroup) (any, error) {
	if in.Owner == 0 {
		return nil, platform.Invalidf("owner", "the body has no member \"owner\"")
	}
	if d.identity != nil { // a back end does not know the accounts
		if _, err := d.identity.Account(c.Context(), in.Owner); err != nil {
			return nil, err
		}
	}
	g := platform.Group{Owner: in.Owner, Name: in.Name, Capacity: in.Capacity, Game: true, Fee: in.Fee}
	set(&g.Game, in.Game)
	g, err := d.groups.Create(c.Context(), g)
	return created{g}, err
}

// GroupDetails is a group with the guilds that it serves, its newest messages, and a page of its members, by number.
type GroupDetails struct {
	platform.Group
	Guilds     []platform.Guild           `json:"guilds" doc:"the guilds that it serves"`
	Messages   []platform.GroupMessage    `json:"messages" doc:"the newest messages, at most 20"`
	MemberList []platform.GroupMembership `json:"member_list" doc:"its members by number"`
}

// messagesShown is how many messages GroupDetails has at most.
const messagesShown = 20

func (d *door) showGroup(c *access.Call, gc platform.GC) (any, error) {
	after, limit, err := page(c)
	if err != nil {
		return nil, err
	}
	g, err := d.groups.Group(c.Context(), gc)
	if err != nil {
		return nil, err
	}
	details := &GroupDetails{Group: g}
	if details.Guilds, err = d.groups.Guilds(c.Context(), gc); err != nil {
		return nil, err
	}
	if details.Messages, err = d.groups.Messages(c.Context(), gc, messagesShown); err != nil {
		return nil, err
	}
	details.MemberList, err = d.groups.Members(c.Context(), gc, platform.UIN(after), limit)
	return details, err
}

// GroupChange is an operator's change of a group. A missing member stays as it is.
type GroupChange struct {
	Name     *string         `json:"name,omitzero" doc:"the group's name"`
	Owner    *platform.UIN   `json:"owner,omitzero" doc:"the owner from then on, a member"`
	Admins   *[]platform.UIN `json:"admins,omitzero" doc:"members; all administrators from then on"`
	Capacity *int            `json:"capacity,omitzero" doc:"how many members it may have"`
	Game     *bool           `json:"game,omitzero" doc:"it was made for a game"`
	Fee      *bool           `json:"fee,omitzero" doc:"its members pay"`
	Sealed   *bool           `json:"sealed,omitzero" doc:"it is closed by the platform's security"`
	ReadOnly *bool           `json:"read_only,omitzero" doc:"it takes no changes, during maintenance"`
}

func (d *door) updateGroup(c *access.Call, gc platform.GC, in GroupChange) (any, error) {
	return d.groups.Update(c.Context(), gc, func(g *platform.Group) error {
		set(&g.Name, in.Name)
		set(&g.Owner, in.Owner)
		set(&g.Admins, in.Admins)
		set(&g.Capacity, in.Capacity)
		set(&g.Game, in.Game)
		set(&g.Fee, in.Fee)
		set(&g.Sealed, in.Sealed)
		set(&g.ReadOnly, in.ReadOnly)
		return nil
	})
}

func (d *door) disbandGroup(c *access.Call, gc platform.GC) (any, error) {
	if err := d.groups.Disband(c.Context(), gc); err != nil {
		return nil, err
	}
	return d.groups.Group(c.Context(), gc)
}
