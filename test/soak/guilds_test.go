package soak

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"

	"github.com/rookeryhq/rookery/test/rookery"
)

// guild is a guild as its leader sees it.
type guild struct {
	zone, id string
	leader   string
	members  []string

	// Of its leader, who makes one call at a time.
	known bool   // whether group is what the leader was told last, with no unanswered call after it
	group string // that serves the guild; "" for none

	made  []string // groups, each time one was bound
	ended int      // bindings
}

func newGuild(i int, leader string, members []string) *guild {
	return &guild{zone: "1", id: fmt.Sprint(100 + i), leader: leader, members: members, known: true}
}

// call calls a group interface as a person.
func (g *guild) call(p *rookery.Platform, w *world, who login, name string, more map[string]string) (rookery.Answer, error) {
	in := map[string]string{"openid": who.openid, "token": who.token, "guild_id": g.id, "zone_id": g.zone, "guild_name": "Guild " + g.id, "roleid": "1"}
	maps.Copy(in, more)
	body, _ := json.Marshal(in)
	return p.TryCall(rookery.NewCall(w.app, "/v2/group/"+name, string(body)))
}

// The numbers that the calls of lead and join may get here (causes.md, group).
const (
	guildBound   = 221001
	guildUnbound = 221002
	ownsTooMany  = 221010
	createsOften = 221011
	disbanded    = 221012
	groupBound   = 221019
)

// lead binds or unbinds the guild's group, sometimes to one that another guild may have. An error means that the platform is gone.
func (g *guild) lead(p *rookery.Platform, w *world, logins map[string]login) error {
	leader := logins[g.leader]
	var (
		name string
		more map[string]string
	)
	switch rand.IntN(4) {
	case 0:
		name = "create_bind_group"
	case 1:
		list, err := g.call(p, w, leader, "get_group_list", nil)
		if err != nil {
			return err
		}
		groups, _ := list.Fields["group_list"].([]any)
		if list.Ret != 0 || len(groups) == 0 {
			return nil
		}
		one, _ := groups[rand.IntN(len(groups))].(map[string]any)
		name, more = "bind_existing_group", map[string]string{"groupid": fmt.Sprint(one["groupid"]), "group_name": fmt.Sprint(one["group_name"])}
	default:
		name = "unbind_group"
	}
	g.forget()
	answer, err := g.call(p, w, leader, name, more)
	if err != nil {
		return err
	}
	switch {
	case answer.Ret == 0 && name == "unbind_group":
		g.learn("")
		g.ended++
	case answer.Ret == 0:
		group := fmt.Sprint(answer.Fields["groupid"])
		g.learn(group)
		g.made = append(g.made, group)
	case answer.Ret == guildUnbound:
		g.learn("")
	case answer.Ret == guildBound, answer.Ret == ownsTooMany, answer.Ret == createsOften, answer.Ret == groupBound, answer.Ret == disbanded:
		info, err := g.call(p, w, leader, "get_group_info", nil)
		if err != nil {
			return err
		}
		if info.Ret == 0 {
			g.learn(fmt.Sprint(info.Fields["groupid"]))
		}
	default:
		return &otherAnswer{name, answer.Body}
	}
	return nil
}

// learn notes what the leader was told, and forget that the leader is in doubt.
func (g *guild) learn(group string) { g.known, g.group = true, group }
func (g *guild) forget()            { g.known = false }

// join makes a member join whatever group serves the guild.
func (g *guild) join(p *rookery.Platform, w *world, logins map[string]login) error {
	member := logins[g.members[rand.IntN(len(g.members))]]
	info, err := g.call(p, w, member, "get_group_info", nil)
	if err != nil {
		return err
	}
	group, _ := info.Fields["groupid"].(string)
	if info.Ret != 0 || group == "" {
		return nil
	}
	_, err = g.call(p, w, member, "join_group", map[string]string{"groupid": group})
	return err
}
