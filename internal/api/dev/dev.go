// Package dev is the door to what `rookery dev` has in addition to a platform: a clock to move, faults to switch on,
// answers to force, guilds that answer IDIP, and the last requests. It takes operators' tokens and answers as the admin API does. `rookery serve` does not mount it.
package dev

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/operators"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/roster"
	"github.com/rookeryhq/rookery/internal/seed"
)

type door struct {
	forget    func()
	restart   func()
	export    func(context.Context) (*seed.World, error)
	clock     *platform.Clock
	faults    *fault.Set
	forced    *access.ForcedAnswers
	inspector *access.Inspector
	roster    *roster.Roster
}

// New returns the door. What it changes ends with the process, so it leaves nothing in the audit log. forget empties the services' caches; restart has another
// platform follow with a fresh world; export returns the platform's world.
func New(forget, restart func(), export func(context.Context) (*seed.World, error), clock *platform.Clock, faults *fault.Set, forced *access.ForcedAnswers, inspector *access.Inspector, guilds *roster.Roster, team *operators.Service) *access.Door {
	d := &door{forget: forget, restart: restart, export: export, clock: clock, faults: faults, forced: forced, inspector: inspector, roster: guilds}
	return &access.Door{
		Name:     "dev",
		Guide:    guide,
		Prefixes: []string{"/dev/"},
		Endpoints: admin.ForOperators(team, []access.Endpoint{
			admin.At(platform.RoleReader, "GET /dev/v1/clock", admin.Do(d.showClock)).Does("Shows the platform's clock.").Returns(Clock{}),
			admin.At(platform.RoleOperator, "POST /dev/v1/clock", admin.Body(d.moveClock)).Does("Moves the platform's clock.").Returns(Clock{}),
			admin.At(platform.RoleReader, "GET /dev/v1/faults", admin.Do(d.listFaults)).Does("Lists the faults that are switched on.").Returns([]fault.Rule{}),
			admin.At(platform.RoleOperator, "POST /dev/v1/faults", admin.Body(d.addFault)).Does("Makes a part of the platform fail.").Returns(fault.Rule{}),
			admin.At(platform.RoleOperator, "DELETE /dev/v1/faults", admin.Do(d.clearFaults)).Does("Switches all faults off.").Returns(Cleared{}),
			admin.At(platform.RoleOperator, "DELETE /dev/v1/faults/{id}", admin.Do(d.clearFault)).Does("Switches a fault off.").Returns(Cleared{}),
			admin.At(platform.RoleReader, "GET /dev/v1/answers", admin.Do(d.listAnswers)).Does("Lists the forced answers.").Returns([]access.ForcedAnswer{}),
			admin.At(platform.RoleOperator, "POST /dev/v1/answers", admin.Body(d.forceAnswer)).Does("Makes an interface answer a code.").Returns(access.ForcedAnswer{}),
			admin.At(platform.RoleOperator, "DELETE /dev/v1/answers", admin.Do(d.clearAnswers)).Does("Ends all forced answers.").Returns(Cleared{}),
			admin.At(platform.RoleOperator, "DELETE /dev/v1/answers/{id}", admin.Do(d.clearAnswer)).Does("Ends a forced answer.").Returns(Cleared{}),
			admin.At(platform.RoleReader, "GET /dev/v1/requests", admin.Do(d.requests)).Does("Lists the newest requests with what became of them, oldest first.").Takes(requestFields{}).Returns([]access.Record{}),
			admin.At(platform.RoleOperator, "GET /dev/v1/world", admin.Do(d.exportWorld)).Does("Shows the platform's world as a file for --seed, with its keys and passwords.").Returns(seed.World{}),
			admin.At(platform.RoleOperator, "POST /dev/v1/reset", admin.Do(d.reset)).Does("Begins anew, as at the platform's start: with its world, the system's time, and nothing of what was done since.").Returns(Reset{}),
			admin.At(platform.RoleReader, "GET /dev/v1/guilds", admin.Do(d.listGuilds)).Does("Lists the guilds that answer as a game's server would.").Returns([]roster.Guild{}),
			admin.At(platform.RoleOperator, "POST /dev/v1/guilds", admin.Body(d.setGuild)).Does("Adds a guild, or replaces it.").Returns(roster.Guild{}),
			admin.At(platform.RoleOperator, "DELETE /dev/v1/guilds/{appid}/{zone}/{guild}", admin.Do(d.removeGuild)).Does("Removes a guild.").Returns(platform.Guild{}),
		}),
		Encode: admin.Encode,
	}
}

// guide describes the API to developers.
var guide = access.Guide{
	Title: "Development API",
	About: "What `rookery dev` has in addition to a platform; `rookery serve` has nothing of it. JSON with the header `Authorization: Bearer TOKEN` and statuses as of the [admin API](admin.md). `rookery dev`'s commands are its first client.",
}

// requestFields are the parameters of requests.
type requestFields struct {
	After uint64 `json:"after" min:"0" def:"0" doc:"lists requests after the one with this seq"`
	Limit int    `json:"limit" min:"0" max:"1000" def:"100" doc:"how many to list at most"`
	Wait  int    `json:"wait" min:"0" max:"5" def:"0" doc:"for how many seconds to wait for a request"`
}

// exportWorld shows the platform's world as a seed, with its keys and passwords.
func (d *door) exportWorld(c *access.Call) (any, error) { return d.export(c.Context()) }

// Reset is the answer to a reset.
type Reset struct {
	Reset bool `json:"reset" doc:"true: connections that are made from now on reach a platform as it was at the start"`
}

func (d *door) reset(c *access.Call) (any, error) {
	d.restart()
	c.Answer.Header = http.Header{"Connection": {"close"}} // of the platform that ends
	return Reset{true}, nil
}

// Clock is the state of the platform's clock.
type Clock struct {
	Now   time.Time `json:"now" doc:"the platform's time"`
	Ahead string    `json:"ahead" doc:"of the system's clock, a Go duration"`
}

func (d *door) showClock(*access.Call) (any, error) {
	return Clock{Now: d.clock.Now().UTC(), Ahead: d.clock.Ahead().Round(time.Millisecond).String()}, nil
}

// Move says how to move the clock: exactly one of its members is set.
type Move struct {
	Set     time.Time `json:"set,omitzero" doc:"the new time; this or advance is required"`
	Advance string    `json:"advance,omitzero" doc:"a Go duration; a negative one goes back"`
}

// The bounds of the clock: far enough from the limits of the types in which times are stored.
var (
	firstTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTime  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (d *door) moveClock(c *access.Call, move Move) (any, error) {
	to := move.Set
	if move.Advance != "" {
		by, err := time.ParseDuration(move.Advance)
		if err != nil {
			return nil, platform.Invalidf("advance", "advance %.40q is not a duration such as 168h", move.Advance)
		}
		to = d.clock.Now().Add(by)
	}
	switch {
	case move.Set.IsZero() == (move.Advance == ""):
		return nil, platform.Invalidf("", "give either set or advance")
	case to.Before(firstTime) || to.After(lastTime):
		return nil, platform.Invalidf("", "the clock goes from %d to %d, not to %s", firstTime.Year(), lastTime.Year(), to.UTC().Format(time.RFC3339))
	}
	d.clock.Set(to)
	return d.showClock(c)
}

func (d *door) listFaults(*access.Call) (any, error) { return d.faults.List(), nil }

// addFault arms a rule. The platform then empties its cache of openids, as a restart would: cached values would hide that
// the store cannot be read.
func (d *door) addFault(_ *access.Call, rule fault.Rule) (any, error) {
	rule, err := d.faults.Add(rule)
	if err != nil {
		return nil, err
	}
	d.forget()
	return rule, nil
}

// Cleared is the number of cleared faults or forced answers.
type Cleared struct {
	Cleared int `json:"cleared" doc:"how many there were"`
}

func (d *door) clearFaults(*access.Call) (any, error) { return Cleared{d.faults.Clear(0)}, nil }

func (d *door) clearFault(c *access.Call) (any, error) { return clearOne(c, "fault", d.faults.Clear) }

func (d *door) listAnswers(*access.Call) (any, error) { return d.forced.List(), nil }

func (d *door) forceAnswer(_ *access.Call, answer access.ForcedAnswer) (any, error) {
	return d.forced.Add(answer)
}

func (d *door) clearAnswers(*access.Call) (any, error) { return Cleared{d.forced.Clear(0)}, nil }

func (d *door) clearAnswer(c *access.Call) (any, error) {
	return clearOne(c, "forced answer", d.forced.Clear)
}

// clearOne clears what the path names by its number.
func clearOne(c *access.Call, what string, clear func(id int) int) (any, error) {
	id, err := strconv.Atoi(c.Request.PathValue("id"))
	if err != nil || id < 1 {
		return nil, platform.Invalidf("id", "a %s's number must be above 0", what)
	}
	if clear(id) == 0 {
		return nil, platform.ErrNotFound.Errorf("there is no %s %d", what, id)
	}
	return Cleared{1}, nil
}

func (d *door) listGuilds(*access.Call) (any, error) { return d.roster.List(), nil }

func (d *door) setGuild(_ *access.Call, guild roster.Guild) (any, error) { return d.roster.Set(guild) }

func (d *door) removeGuild(c *access.Call) (any, error) {
	app, err := platform.ParseAppID(c.Request.PathValue("appid"))
	if err != nil {
		return nil, err
	}
	guild := platform.Guild{AppID: app, Zone: c.Request.PathValue("zone"), ID: c.Request.PathValue("guild")}
	return guild, d.roster.Remove(guild)
}

// maxWait bounds how many seconds a call waits for requests still to come.
const maxWait = 5

// requests answers the newest records above after, oldest first. With wait it waits that many seconds for one.
func (d *door) requests(c *access.Call) (any, error) {
	after, err := admin.QueryNumber(c, "after", 0, 1<<63-1)
	if err != nil {
		return nil, err
	}
	limit, err := admin.QueryNumber(c, "limit", 100, access.InspectorKept)
	if err != nil {
		return nil, err
	}
	wait, err := admin.QueryNumber(c, "wait", 0, maxWait)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.Context(), time.Duration(wait)*time.Second)
	defer cancel()
	records := d.inspector.After(ctx, after, int(limit))
	if records == nil {
		records = []access.Record{}
	}
	return records, nil
}
