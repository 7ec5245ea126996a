package admin

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
)

func (d *door) showPolicy(*access.Call) (any, error) { return d.bus.Policy(), nil }

// PolicyChange is an operator's change of the bus's policy. A missing member stays as it is; a list replaces the previous
// one.
type PolicyChange struct {
	AddressBlackList *[]netip.Prefix                 `json:"address_black_list,omitzero" doc:"addresses whose calls are refused with 148"`
	UINBlackList     *[]platform.UIN                 `json:"uin_black_list,omitzero" doc:"accounts whose calls are refused with 149"`
	InternalNetworks *[]netip.Prefix                 `json:"internal_networks,omitzero" doc:"of callers without an appid, in addition to loopback"`
	Maintenance      *[]oidb.UINRange                `json:"maintenance,omitzero" doc:"ranges of accounts that are refused with 254"`
	Commands         map[string]*CommandPolicyChange `json:"commands,omitzero" doc:"by name, 0x711_1; null stands for the default"`
}

// CommandPolicyChange is a change of the policy of one command.
type CommandPolicyChange struct {
	Apps            *[]platform.AppID        `json:"apps,omitzero" doc:"the apps that applied for it"`
	AllApps         *bool                    `json:"all_apps,omitzero" doc:"every app may call it"`
	OpenApps        *[]platform.AppID        `json:"open_apps,omitzero" doc:"third parties that may call it"`
	Rate            *string                  `json:"rate,omitzero" doc:"COUNT/PERIOD; empty removes it"`
	TestRate        *string                  `json:"test_rate,omitzero" doc:"the same"`
	RefusedClasses  *[]platform.AccountClass `json:"refused_classes,omitzero" doc:"of account numbers: ordinary, B, BC, interactive or kaixin"`
	RefusedStates   *[]platform.AccountState `json:"refused_states,omitzero" doc:"of accounts: frozen and protected"`
	ForbiddenInTest *bool                    `json:"forbidden_in_test,omitzero" doc:"the test environment may not call it"`
	DemandsLogin    *bool                    `json:"demands_login,omitzero" doc:"a call needs a login signature"`
}

func (d *door) changePolicy(c *access.Call, in PolicyChange) (any, error) {
	return d.bus.ChangePolicy(c.Context(), in.apply)
}

func (in *PolicyChange) apply(p *oidb.Policy) error {
	set(&p.AddressBlackList, in.AddressBlackList)
	set(&p.UINBlackList, in.UINBlackList)
	set(&p.InternalNetworks, in.InternalNetworks)
	set(&p.Maintenance, in.Maintenance)
	for name, change := range in.Commands {
		command, err := oidb.ParseID(name)
		if err != nil {
			return err
		}
		name = command.String()
		decided, known := p.Commands[name]
		if !known {
			return platform.Invalidf("commands", "there is no command %s", name)
		}
		if change == nil {
			delete(p.Commands, name)
			continue
		}
		if err := change.apply(&decided); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		p.Commands[name] = decided
	}
	return nil
}

func (in *CommandPolicyChange) apply(p *oidb.CommandPolicy) error {
	set(&p.Apps, in.Apps)
	set(&p.AllApps, in.AllApps)
	set(&p.OpenApps, in.OpenApps)
	set(&p.RefusedClasses, in.RefusedClasses)
	set(&p.RefusedStates, in.RefusedStates)
	set(&p.ForbiddenInTest, in.ForbiddenInTest)
	set(&p.DemandsLogin, in.DemandsLogin)
	return errors.Join(setRate(&p.Rate, in.Rate), setRate(&p.TestRate, in.TestRate))
}

func setRate(rate *platform.Rate, text *string) (err error) {
	if text == nil {
		return nil
	}
	*rate = platform.Rate{}
	if *text != "" {
		*rate, err = platform.ParseRate(*text)
	}
	return err
}
