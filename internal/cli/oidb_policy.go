package cli

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
)

func newOIDBPolicyCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("policy", "Show and change the policy of the bus", "", newPolicyShowCommand(c), newPolicySetCommand(c)))
}

func newPolicyShowCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show the current policy",
		Example: `  rookery oidb policy show
  rookery oidb policy show --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), c, http.MethodGet, "/admin/v1/oidb/policy", nil, c.showPolicy)
		},
	}
}

func newPolicySetCommand(c *client) *cobra.Command {
	var (
		addresses, internal, maintenance, uins []string
		command                                string
		apps, open, classes, states            []string
		rate, testRate                         string
		forbidden, login, reset                bool
	)
	cmd := &cobra.Command{
		Use:   "set",
		Short: "Change the policy, for every call from then on",
		Long: `Change the policy of the bus, for every call from then on. A list replaces the previous one, and an
empty one ("") removes it. --command changes the policy of one command.`,
		Example: `  rookery oidb policy set --uin-black-list 10007,10008
  rookery oidb policy set --maintenance 10001-19999
  rookery oidb policy set --maintenance ""
  rookery oidb policy set --command 0x73a --apps 100700001,100700002 --rate 1000/s
  rookery oidb policy set --command 0x711_23 --refuse-classes interactive --demand-login
  rookery oidb policy set --command 0x71f --default`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			given := cmd.Flags().Changed
			var change admin.PolicyChange
			var errs []error
			if given("address-black-list") {
				change.AddressBlackList = parsed(&errs, "--address-black-list", addresses, parsePrefix)
			}
			if given("internal-networks") {
				change.InternalNetworks = parsed(&errs, "--internal-networks", internal, parsePrefix)
			}
			if given("uin-black-list") {
				change.UINBlackList = parsed(&errs, "--uin-black-list", uins, platform.ParseUIN)
			}
			if given("maintenance") {
				change.Maintenance = parsed(&errs, "--maintenance", maintenance, parseUINRange)
			}
			var of admin.CommandPolicyChange
			if given("apps") {
				all := len(apps) == 1 && apps[0] == "*"
				of.AllApps = &all
				if all {
					apps = nil
				}
				of.Apps = parsed(&errs, "--apps", apps, platform.ParseAppID)
			}
			if given("open-apps") {
				of.OpenApps = parsed(&errs, "--open-apps", open, platform.ParseAppID)
			}
			if given("refuse-classes") {
				of.RefusedClasses = parsed(&errs, "--refuse-classes", classes, fromText[platform.AccountClass])
			}
			if given("refuse-states") {
				of.RefusedStates = parsed(&errs, "--refuse-states", states, fromText[platform.AccountState])
			}
			if given("rate") {
				of.Rate = &rate
			}
			if given("test-rate") {
				of.TestRate = &testRate
			}
			if given("forbid-in-test") {
				of.ForbiddenInTest = &forbidden
			}
			if given("demand-login") {
				of.DemandsLogin = &login
			}
			isOfCommand := of != (admin.CommandPolicyChange{})
			switch {
			case len(errs) > 0:
				return usageErrorf("%w", errs[0])
			case (isOfCommand || reset) != (command != ""):
				return usageErrorf("--command needs a flag with a change, such as --apps, or --default")
			case command == "" && reflect.ValueOf(change).IsZero():
				return usageErrorf("nothing to change: give at least one flag that names a part of the policy")
			case isOfCommand && reset:
				return usageErrorf("--default cannot be combined with other changes of the command")
			case reset:
				change.Commands = map[string]*admin.CommandPolicyChange{command: nil}
			case isOfCommand:
				change.Commands = map[string]*admin.CommandPolicyChange{command: &of}
			}
			return ask(cmd.Context(), c, http.MethodPatch, "/admin/v1/oidb/policy", change, c.showPolicy)
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&addresses, "address-black-list", nil, "address `ranges` whose calls are answered 148")
	flags.StringSliceVar(&uins, "uin-black-list", nil, "`uins` about which calls are answered 149")
	flags.StringSliceVar(&internal, "internal-networks", nil, "address `ranges` whose calls need not name a game")
	flags.StringSliceVar(&maintenance, "maintenance", nil, "`ranges` of uins about which calls are answered 254: FROM-TO")
	flags.StringVar(&command, "command", "", "`command` to change, 0x711_23")
	flags.StringSliceVar(&apps, "apps", nil, "`appids` that may call it; * for every app")
	flags.StringSliceVar(&open, "open-apps", nil, "`appids` of third parties that may call it")
	flags.StringVar(&rate, "rate", "", "`rate` of each caller, such as 1000/s; \"\" for none")
	flags.StringVar(&testRate, "test-rate", "", "`rate` of all calls for apps of the test environment together; \"\" for none")
	flags.StringSliceVar(&classes, "refuse-classes", nil, "`classes` of accounts that it refuses: B, BC, interactive")
	flags.StringSliceVar(&states, "refuse-states", nil, "`states` of accounts that it refuses: frozen, staff-protected, specially-protected")
	flags.BoolVar(&forbidden, "forbid-in-test", false, "it may not be called for apps of the test environment")
	flags.BoolVar(&login, "demand-login", false, "it requires a login signature in the head")
	flags.BoolVar(&reset, "default", false, "return it to its default policy")
	return cmd
}

// parsed parses the items of a flag; "" has no items.
func parsed[T any](errs *[]error, flag string, items []string, parse func(string) (T, error)) *[]T {
	list := []T{}
	for _, item := range items {
		if item == "" {
			continue
		}
		one, err := parse(item)
		if err != nil {
			*errs = append(*errs, fmt.Errorf("%s: %w", flag, err))
		}
		list = append(list, one)
	}
	return &list
}

func parseUINRange(text string) (r oidb.UINRange, err error) {
	from, to, isRange := strings.Cut(text, "-")
	if r.From, err = platform.ParseUIN(from); err != nil {
		return r, err
	}
	r.To = r.From
	if isRange {
		r.To, err = platform.ParseUIN(to)
	}
	return r, err
}

func fromText[T any, P interface {
	*T
	UnmarshalText([]byte) error
}](text string) (v T, err error) {
	err = P(&v).UnmarshalText([]byte(text))
	return v, err
}

func (c *client) showPolicy(p oidb.Policy) error {
	t := newTable(c.out)
	t.row("Version", p.Version)
	t.row("Black-listed addresses", listed(p.AddressBlackList))
	t.row("Black-listed uins", listed(p.UINBlackList))
	t.row("Internal networks", listed(p.InternalNetworks))
	ranges := make([]string, len(p.Maintenance))
	for i, r := range p.Maintenance {
		ranges[i] = r.From.String() + "-" + r.To.String()
	}
	t.row("Maintenance", listed(ranges))
	if err := t.flush(); err != nil {
		return err
	}
	fmt.Fprintln(c.out)
	t = newTable(c.out)
	t.row("COMMAND", "APPS", "OPEN APPS", "RATE", "REFUSED CLASSES", "REFUSED STATES", "IN TEST", "LOGIN")
	for _, name := range slices.Sorted(maps.Keys(p.Commands)) {
		of := p.Commands[name]
		apps, rate, test, login := listed(of.Apps), "", "allowed", "not demanded"
		if of.AllApps {
			apps = "*"
		}
		if of.Rate.Count > 0 {
			rate = of.Rate.String()
		}
		switch {
		case of.ForbiddenInTest:
			test = "forbidden"
		case of.TestRate.Count > 0:
			test = of.TestRate.String()
		}
		if of.DemandsLogin {
			login = "demanded"
		}
		t.row(name, apps, listed(of.OpenApps), rate, listed(of.RefusedClasses), listed(of.RefusedStates), test, login)
	}
	return t.flush()
}
