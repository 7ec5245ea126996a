package oidb

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// Policy is what operators decide about calls of the bus; policy.go has the checks that go by it. It is kept in the store
// and changed while the platform runs.
type Policy struct {
	Version          int64                    `json:"version"` // counts the changes; 0 is the policy that nobody changed
	AddressBlackList []netip.Prefix           `json:"address_black_list"`
	UINBlackList     []platform.UIN           `json:"uin_black_list"`
	InternalNetworks []netip.Prefix           `json:"internal_networks"` // of callers without an appid, besides loopback
	Maintenance      []UINRange               `json:"maintenance"`
	Commands         map[string]CommandPolicy `json:"commands"` // by name, 0x711_1
}

// UINRange is a range of account numbers, both ends in it.
type UINRange struct {
	From platform.UIN `json:"from"`
	To   platform.UIN `json:"to"`
}

// CommandPolicy is what operators decide about one command.
type CommandPolicy struct {
	Apps            []platform.AppID        `json:"apps"`     // that applied for it
	AllApps         bool                    `json:"all_apps"` // every app may call it
	Rate            platform.Rate           `json:"rate,omitzero"`
	RefusedClasses  []platform.AccountClass `json:"refused_classes"` // B, BC and interactive
	RefusedStates   []platform.AccountState `json:"refused_states"`  // frozen and protected
	ForbiddenInTest bool                    `json:"forbidden_in_test"`
	DemandsLogin    bool                    `json:"demands_login"`
}

// defaultPolicy is the policy of a command that nobody decided about.
func (d *Declaration) defaultPolicy() CommandPolicy {
	return CommandPolicy{RefusedStates: d.RefusedStates}
}

// ErrPolicy is wrapped by every error that says what is wrong with a policy.
var ErrPolicy = errors.New("invalid policy")

// Bounds on a policy, which is looked through at each call.
const (
	maxBlackListed = 10_000
	maxRanges      = 1_000
)

func (p *Policy) validate(known map[ID]*entry) error {
	switch {
	case len(p.AddressBlackList) > maxRanges || len(p.InternalNetworks) > maxRanges || len(p.Maintenance) > maxRanges:
		return fmt.Errorf("%w: a list of address ranges or of maintenance has more than %d entries", ErrPolicy, maxRanges)
	case len(p.UINBlackList) > maxBlackListed:
		return fmt.Errorf("%w: the black list of uins has more than %d entries", ErrPolicy, maxBlackListed)
	}
	for _, r := range slices.Concat(p.AddressBlackList, p.InternalNetworks) {
		if !r.IsValid() || r.Addr().Is4In6() { // which would hold no address: callers' IPv4 addresses are plain
			return fmt.Errorf("%w: %s is not an address range such as 10.0.0.0/8 or 2001:db8::/32", ErrPolicy, r)
		}
	}
	for _, r := range p.Maintenance {
		if r.From > r.To {
			return fmt.Errorf("%w: maintenance from %s to %s is no range", ErrPolicy, r.From, r.To)
		}
	}
	for name, c := range p.Commands {
		command, err := ParseID(name)
		if err != nil || known[command] == nil || name != command.String() {
			return fmt.Errorf("%w: there is no command %.20q", ErrPolicy, name)
		}
		for _, class := range c.RefusedClasses {
			if _, refusable := classCodes[class]; !refusable {
				return fmt.Errorf("%w: %s: accounts of class %s cannot be refused", ErrPolicy, name, class)
			}
		}
		for _, state := range c.RefusedStates {
			if _, refusable := stateCodes[state]; !refusable {
				return fmt.Errorf("%w: %s: accounts in state %s cannot be refused", ErrPolicy, name, state)
			}
		}
		if len(c.Apps) > maxBlackListed {
			return fmt.Errorf("%w: %s: more than %d apps", ErrPolicy, name, maxBlackListed)
		}
	}
	return nil
}

// settings is a policy made ready for calls. It never changes.
type settings struct {
	policy      Policy
	blackListed map[platform.UIN]struct{}
	maintenance []UINRange // by From
	rules       []rules    // by the index of the command
}

// rules are what a policy says of one command.
type rules struct {
	CommandPolicy
	apps    map[platform.AppID]struct{}
	numbers bool // something is to be checked about the account that a call is about
	account bool // ... for which the account must be known
}

func newSettings(p Policy, commands map[ID]*entry) *settings {
	s := &settings{policy: p, blackListed: make(map[platform.UIN]struct{}), rules: make([]rules, len(commands))}
	for _, uin := range p.UINBlackList {
		s.blackListed[uin] = struct{}{}
	}
	s.maintenance = slices.SortedFunc(slices.Values(p.Maintenance), func(a, b UINRange) int { return cmp.Compare(a.From, b.From) })
	for command, e := range commands {
		decided, ok := p.Commands[command.String()]
		if !ok {
			decided = e.defaultPolicy()
		}
		r := rules{CommandPolicy: decided, apps: make(map[platform.AppID]struct{})}
		for _, app := range decided.Apps {
			r.apps[app] = struct{}{}
		}
		r.account = len(r.RefusedClasses)+len(r.RefusedStates) > 0
		r.numbers = r.account || len(s.blackListed)+len(s.maintenance) > 0
		s.rules[e.index] = r
	}
	return s
}

// inMaintenance looks through the ranges that begin at or below the number.
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

// LoadPolicy reads the policy from the store; changes go there too. It comes after the last Register and before the first
// call.
func (b *Bus) LoadPolicy(ctx context.Context, from store.Policies, clock *platform.Clock) error {
	version, record, err := from.OIDBPolicy(ctx)
	if err != nil {
		return err
	}
	var p Policy
	if version > 0 {
		if err := json.Unmarshal(record, &p); err != nil {
			return fmt.Errorf("oidb: version %d of the policy in the store: %w", version, err)
		}
		p.Version = version
	}
	b.policies, b.clock = from, clock
	b.settings.Store(newSettings(p, b.commands))
	return nil
}

// Policy returns the policy that holds now, with every command in it.
func (b *Bus) Policy() Policy {
	p := copyPolicy(b.settings.Load().policy)
	for id, e := range b.commands {
		if _, decided := p.Commands[id.String()]; !decided {
			p.Commands[id.String()] = e.defaultPolicy()
		}
	}
	return p
}

// ChangePolicy replaces the policy by what edit makes of it; the change holds for every call that begins after it returns.
// Errors: ErrPolicy, the one of edit, or the store's.
func (b *Bus) ChangePolicy(ctx context.Context, edit func(*Policy) error) (Policy, error) {
	b.change.Lock()
	defer b.change.Unlock()
	p := b.Policy()
	if err := edit(&p); err != nil {
		return Policy{}, err
	}
	if err := p.validate(b.commands); err != nil {
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
	b.settings.Store(newSettings(copyPolicy(p), b.commands))
	return p, nil
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
