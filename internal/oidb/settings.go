package oidb

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// Policy holds the operators' decisions about calls of the bus; policy.go has the checks that apply it. It is stored, and
// may be changed while the platform runs.
type Policy struct {
	Version          int64                    `json:"version" doc:"counts the changes; 0 is the default policy"`
	AddressBlackList []netip.Prefix           `json:"address_black_list" doc:"addresses whose calls are refused with 148"`
	UINBlackList     []platform.UIN           `json:"uin_black_list" doc:"accounts whose calls are refused with 149"`
	InternalNetworks []netip.Prefix           `json:"internal_networks" doc:"of callers without an appid, in addition to loopback"`
	Maintenance      []UINRange               `json:"maintenance" doc:"ranges of accounts that are refused with 254"`
	Commands         map[string]CommandPolicy `json:"commands" doc:"by name, 0x711_1"`
}

// UINRange is a range of account numbers, inclusive.
type UINRange struct {
	From platform.UIN `json:"from" doc:"the first account"`
	To   platform.UIN `json:"to" doc:"the last account"`
}

// CommandPolicy holds the operators' decisions about one command.
type CommandPolicy struct {
	Apps            []platform.AppID        `json:"apps" doc:"the apps that applied for it"`
	AllApps         bool                    `json:"all_apps" doc:"every app may call it"`
	OpenApps        []platform.AppID        `json:"open_apps" doc:"third parties that may call it; apps and all_apps are for games"`
	Rate            platform.Rate           `json:"rate,omitzero" doc:"of each game's calls: COUNT/PERIOD, such as 100/s"`
	TestRate        platform.Rate           `json:"test_rate,omitzero" doc:"of all games in the test environment together"`
	RefusedClasses  []platform.AccountClass `json:"refused_classes" doc:"B, BC and interactive"`
	RefusedStates   []platform.AccountState `json:"refused_states" doc:"frozen and protected"`
	ForbiddenInTest bool                    `json:"forbidden_in_test" doc:"the test environment may not call it"`
	DemandsLogin    bool                    `json:"demands_login" doc:"a call needs a login signature"`
}

// defaultPolicy returns the policy of a command that no operator has changed.
func (d *Declaration) defaultPolicy() CommandPolicy {
	return CommandPolicy{RefusedStates: d.RefusedStates}
}

// Bounds on a policy, which is searched at each call.
const (
	maxBlackListed = 10_000
	maxRanges      = 1_000
)

func (p *Policy) validate(known func(ID) bool) error {
	for _, field := range []struct {
		name   string
		ranges []netip.Prefix
	}{{"address_black_list", p.AddressBlackList}, {"internal_networks", p.InternalNetworks}} {
		if len(field.ranges) > maxRanges {
			return platform.Invalidf(field.name, "%s has more than %d entries", field.name, maxRanges)
		}
		for _, r := range field.ranges {
			if !r.IsValid() || r.Addr().Is4In6() { // would contain no address: callers' IPv4 addresses are plain
				return platform.Invalidf(field.name, "%s is not an address range such as 10.0.0.0/8 or 2001:db8::/32", r)
			}
		}
	}
	if len(p.UINBlackList) > maxBlackListed {
		return platform.Invalidf("uin_black_list", "uin_black_list has more than %d entries", maxBlackListed)
	}
	if len(p.Maintenance) > maxRanges {
		return platform.Invalidf("maintenance", "maintenance has more than %d entries", maxRanges)
	}
	for _, r := range p.Maintenance {
		if r.From > r.To {
			return platform.Invalidf("maintenance", "maintenance from %s to %s is not a range", r.From, r.To)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Commands)) { // of two faults always the same one is said
		c := p.Commands[name]
		command, err := ParseID(name)
		if err != nil || !known(command) || name != command.String() {
			return platform.Invalidf("commands", "there is no command %.20q", name)
		}
		for _, class := range c.RefusedClasses {
			if _, refusable := classCodes[class]; !refusable {
				return platform.Invalidf("refused_classes", "%s: accounts of class %s cannot be refused", name, class)
			}
		}
		for _, state := range c.RefusedStates {
			if _, refusable := stateCodes[state]; !refusable {
				return platform.Invalidf("refused_states", "%s: accounts in state %s cannot be refused", name, state)
			}
		}
		if len(c.Apps) > maxBlackListed {
			return platform.Invalidf("apps", "%s: more than %d apps", name, maxBlackListed)
		}
		if len(c.OpenApps) > maxRanges {
			return platform.Invalidf("open_apps", "%s: more than %d apps", name, maxRanges)
		}
	}
	return nil
}

// settings is a policy prepared for calls. It never changes.
type settings struct {
	policy      Policy
	blackListed map[platform.UIN]struct{}
	maintenance []UINRange // by From
	routes      map[ID]Route
	own         map[ID]*entry // the operator's own commands
	rules       []rules       // by the index of the command
}

// rules are the decisions of the operators about one command.
type rules struct {
	CommandPolicy
	route   *Route // nil: inside this process
	apps    map[platform.AppID]struct{}
	numbers bool // the account that a call is about must be checked
}

func (b *Bus) newSettings(p Policy, routes map[ID]Route) *settings {
	s := &settings{policy: p, routes: routes, own: make(map[ID]*entry), blackListed: make(map[platform.UIN]struct{})}
	for _, uin := range p.UINBlackList {
		s.blackListed[uin] = struct{}{}
	}
	s.maintenance = slices.SortedFunc(slices.Values(p.Maintenance), func(a, b UINRange) int { return cmp.Compare(a.From, b.From) })
	commands := maps.Clone(b.commands)
	for command := range routes {
		if commands[command] == nil {
			commands[command] = newOwn(b, command, len(commands))
			s.own[command] = commands[command]
		}
	}
	s.rules = make([]rules, len(commands))
	for command, e := range commands {
		decided, ok := p.Commands[command.String()]
		if !ok {
			decided = e.defaultPolicy()
		}
		r := rules{CommandPolicy: decided, apps: make(map[platform.AppID]struct{})}
		if route, ok := routes[command]; ok {
			r.route = &route
		}
		for _, app := range decided.Apps {
			r.apps[app] = struct{}{}
		}
		r.numbers = len(r.RefusedClasses)+len(r.RefusedStates)+len(s.blackListed)+len(s.maintenance) > 0
		s.rules[e.index] = r
	}
	return s
}

// inMaintenance searches the ranges that begin at or below the number.
func (s *settings) inMaintenance(uin platform.UIN) bool {
	for _, r := range s.maintenance {
		if r.From > uin {
			return false
		}
		if uin <= r.To {
			return true
		}
	}
	return false
}

// PolicyStore stores the policy and reports its changes.
type PolicyStore interface {
	store.Policies
	OnChange(func(store.Change))
}

// LoadPolicy reads the policy from the store and follows its changes. It must be called after the last Handle and before
// the first call.
func (b *Bus) LoadPolicy(ctx context.Context, from PolicyStore, clock *platform.Clock) error {
	version, record, err := from.OIDBPolicy(ctx)
	if err != nil {
		return err
	}
	b.policies, b.clock = from, clock
	from.OnChange(func(c store.Change) {
		if c, ok := c.(store.PolicyChange); ok {
			_ = b.usePolicy(c.Version, c.Record) // a policy that a newer rookery wrote may not be readable, and then does not apply here
		}
	})
	return b.usePolicy(version, record)
}

// usePolicy applies a version of the policy; 0 is the default one.
func (b *Bus) usePolicy(version int64, record []byte) error {
	var p Policy
	if version > 0 {
		if err := json.Unmarshal(record, &p); err != nil {
			return fmt.Errorf("oidb: version %d of the policy in the store: %w", version, err)
		}
		p.Version = version
	}
	b.renew.Lock()
	defer b.renew.Unlock()
	b.settings.Store(b.newSettings(p, b.settings.Load().routes))
	return nil
}

// knows reports whether a policy may name a command. It may go on to name an operator's own that no longer has a route.
func (b *Bus) knows(id ID) bool {
	s := b.settings.Load()
	_, decided := s.policy.Commands[id.String()]
	return b.commands[id] != nil || s.own[id] != nil || decided
}

// Policy returns the current policy, with every command in it.
func (b *Bus) Policy() Policy {
	s := b.settings.Load()
	p := copyPolicy(s.policy)
	all := maps.Clone(b.commands)
	maps.Copy(all, s.own)
	for id, e := range all {
		if _, decided := p.Commands[id.String()]; !decided {
			p.Commands[id.String()] = e.defaultPolicy()
		}
	}
	return p
}

// ChangePolicy applies edit to the policy; the change applies to every call that begins after it returns. Errors:
// platform.ErrInvalid, edit's, platform.ErrExists if another gateway was quicker, or the store's.
func (b *Bus) ChangePolicy(ctx context.Context, edit func(*Policy) error) (Policy, error) {
	b.change.Lock()
	defer b.change.Unlock()
	p := b.Policy()
	if err := edit(&p); err != nil {
		return Policy{}, err
	}
	if err := p.validate(b.knows); err != nil {
		return Policy{}, err
	}
	p.Version = b.settings.Load().policy.Version + 1
	record, err := json.Marshal(p)
	if err != nil {
		return Policy{}, err
	}
	if err := b.policies.StoreOIDBPolicy(ctx, p.Version, record, b.clock.NowMS()); err != nil {
		return Policy{}, err
	}
	return p, nil // by now the store has reported the change
}

// copyPolicy returns a policy whose lists and commands may be changed without changing p's.
func copyPolicy(p Policy) Policy {
	p.AddressBlackList = nonNil(slices.Clone(p.AddressBlackList))
	p.UINBlackList = nonNil(slices.Clone(p.UINBlackList))
	p.InternalNetworks = nonNil(slices.Clone(p.InternalNetworks))
	p.Maintenance = nonNil(slices.Clone(p.Maintenance))
	commands := maps.Clone(p.Commands)
	if commands == nil {
		commands = make(map[string]CommandPolicy)
	}
	p.Commands = commands
	return p
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
