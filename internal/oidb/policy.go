package oidb

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Directory answers the policy's questions about apps and accounts. An error means that the answer could not be found out.
// The directory must call Wait before it waits.
type Directory interface {
	// App returns a registered app, or nil.
	App(platform.AppID) *platform.App
	// Issued reports whether an account number can belong to somebody: it is not reserved, and not above the highest one
	// issued.
	Issued(context.Context, platform.UIN) (bool, error)
	// Number returns the class and the state of an account; an unknown account counts as ordinary and normal.
	Number(context.Context, platform.UIN) (platform.AccountClass, platform.AccountState, error)
	// HoldsLogin reports whether text is a valid access token or openkey of the account at the app.
	HoldsLogin(ctx context.Context, app platform.AppID, uin platform.UIN, text string) (bool, error)
}

// policy is the list of the checks that a call from outside passes, in this order, before its command runs. Those of the
// number apply to the uin in the head and, after the command, to the account that its answer is about; they also apply to
// calls inside the process. Of a call that another bus of the platform forwards only the packet is checked: that bus has
// applied the rest.
var policy = [...]check{
	{retcode.OIDBPacketTooLarge, aboutPacket, (*call).fits},
	{retcode.OIDBUnpackFailed, aboutPacket, (*call).unpacks},
	{retcode.OIDBCommandNotConfigured, aboutPacket, (*call).configured},
	{retcode.OIDBProtobufNotConfigured, aboutPacket, (*call).takesProtobuf},
	{retcode.OIDBRouteMissing, aboutPacket, (*call).routed},
	{retcode.OIDBAddressBlacklisted, aboutCaller, (*call).addressWelcome},
	{retcode.OIDBUINBlacklisted, aboutNumber, (*call).numberWelcome},
	{retcode.OIDBOpenNotGranted, aboutCaller, (*call).openGranted},
	{retcode.OIDBCommandNotGranted, aboutCaller, (*call).granted},
	{retcode.OIDBLoginSignatureInvalid, aboutCaller, (*call).loginHolds},
	{retcode.OIDBTestNumberRequired, aboutNumber, (*call).testNumber},
	{retcode.OIDBRateExceeded, aboutCaller, (*call).withinRate},
	{retcode.OIDBTestRateExceeded, aboutCaller, (*call).withinTestRate},
	{retcode.OIDBTestCommandForbidden, aboutCaller, (*call).allowedInTest},
	{retcode.OIDBTestForwardingMissing, aboutCaller, (*call).forwardedInTest},
	{retcode.OIDBClassBNotAllowed, aboutNumber, (*call).notClassB},
	{retcode.OIDBClassBCNotAllowed, aboutNumber, (*call).notClassBC},
	{retcode.OIDBInteractiveNumber, aboutNumber, (*call).notInteractive},
	{retcode.OIDBShardInMaintenance, aboutNumber, (*call).outOfMaintenance},
	{retcode.OIDBNoInstance, aboutNumber, (*call).issued},
	{retcode.OIDBAccountFrozen, aboutNumber, (*call).notFrozen},
	{retcode.OIDBStaffProtected, aboutNumber, (*call).notStaffProtected},
	{retcode.OIDBSpeciallyProtected, aboutNumber, (*call).notSpeciallyProtected},
}

// PolicyOrder returns the code of each check of the policy, in the order in which a call passes them.
func PolicyOrder() []retcode.Code {
	order := make([]retcode.Code, len(policy))
	for i, row := range policy {
		order[i] = row.code
	}
	return order
}

// check is one row of the policy. passes returns an error if the check could not be made, or to answer a code other than
// the row's.
type check struct {
	code   retcode.Code
	about  scope
	passes func(*call) (bool, error)
}

type scope uint8

const (
	aboutPacket scope = iota
	aboutCaller
	aboutNumber
)

// Account numbers that a command may refuse, by class and by state.
var (
	classCodes = map[platform.AccountClass]retcode.Code{
		platform.ClassInteractive: retcode.OIDBInteractiveNumber,
		platform.ClassB:           retcode.OIDBClassBNotAllowed,
		platform.ClassBC:          retcode.OIDBClassBCNotAllowed,
	}
	stateCodes = map[platform.AccountState]retcode.Code{
		platform.AccountFrozen:             retcode.OIDBAccountFrozen,
		platform.AccountStaffProtected:     retcode.OIDBStaffProtected,
		platform.AccountSpeciallyProtected: retcode.OIDBSpeciallyProtected,
	}
)

// admit takes a call from outside through the policy.
func (c *call) admit() error {
	for ; c.passed < len(policy); c.passed++ {
		row := &policy[c.passed]
		if row.about != aboutPacket && c.forwarded() {
			continue
		}
		if err := c.check(row); err != nil {
			return err
		}
	}
	return nil
}

// forwarded reports whether another bus of the platform has applied its policy to the call.
func (c *call) forwarded() bool { return c.Head.Forwarded && c.fromInside() }

// fromInside reports whether a call comes from the platform's machine or networks.
func (c *call) fromInside() bool {
	return c.Peer.IsLoopback() || slices.ContainsFunc(c.settings.policy.InternalNetworks, func(p netip.Prefix) bool { return p.Contains(c.Peer) })
}

// mayBeAbout checks the account that an answer is about.
func (c *call) mayBeAbout(uin platform.UIN) error {
	if uin == 0 || uin == c.Head.UIN && c.passed == len(policy) {
		return nil // belongs to nobody, or is the head's and was checked already
	}
	c.uin, c.known = uin, false
	for i := range policy {
		if policy[i].about == aboutNumber {
			if err := c.check(&policy[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *call) check(row *check) error {
	passes, err := row.passes(c)
	if passes {
		return nil
	}
	if err == nil {
		return row.code
	}
	if _, coded := retcode.From(err); coded {
		return err
	}
	return retcode.OIDBConnectFailed.WithCause(err) // the directory could not be asked
}

// fits lets a call that was forwarded have the larger head that it needs.
func (c *call) fits() (bool, error) {
	limit := c.Limit
	if c.forwarded() {
		limit += frame.ForwardingRoom
	}
	return c.Size <= limit, nil
}

func (c *call) unpacks() (bool, error) {
	if _, coded := retcode.From(c.Malformed); coded || c.Malformed == nil {
		return c.Malformed == nil, c.Malformed
	}
	return false, retcode.OIDBUnpackFailed.WithCause(c.Malformed)
}

// configured fails for unknown commands. Some numbers have a code of their own for service types that they lack.
func (c *call) configured() (bool, error) {
	c.entry = c.bus.commands[c.Head.Command]
	if c.entry == nil {
		c.entry = c.settings.own[c.Head.Command]
	}
	if c.entry == nil {
		if code, known := c.bus.types[c.Head.Command.Number]; known {
			return false, code
		}
		return false, nil
	}
	c.rules = &c.settings.rules[c.entry.index]
	return true, nil
}

func (c *call) addressWelcome() (bool, error) {
	for _, p := range c.settings.policy.AddressBlackList {
		if p.Contains(c.Peer) || c.Head.ClientAddr.IsValid() && p.Contains(c.Head.ClientAddr) {
			return false, nil
		}
	}
	return true, nil
}

func (c *call) numberWelcome() (bool, error) {
	if len(c.settings.blackListed) == 0 {
		return true, nil
	}
	_, listed := c.settings.blackListed[c.uin]
	return !listed, nil
}

// takesProtobuf fails for a command of the operator's own that is not marked as one with protobuf messages, which all packets are.
func (c *call) takesProtobuf() (bool, error) {
	return c.rules.route == nil || !c.entry.own || c.rules.route.Protobuf, nil
}

// routed fails for a command without a back end. A game in the test environment has a number of its own for that.
func (c *call) routed() (bool, error) {
	app := c.Head.CallingApp()
	return c.backend(app) != Nowhere || c.inTest(app), nil
}

// openGranted lets a third party call the commands that are open to it.
func (c *call) openGranted() (bool, error) {
	app := c.Head.CallingApp()
	return !c.isOpen(app) || slices.Contains(c.rules.OpenApps, app), nil
}

// isOpen reports whether an app is a third party's.
func (c *call) isOpen(id platform.AppID) bool {
	app := c.app(id)
	return app != nil && app.Open
}

// app returns a registered app, or nil; the number 0 stands for none.
func (c *call) app(id platform.AppID) *platform.App {
	if id == 0 {
		return nil
	}
	return c.bus.directory.App(id)
}

// granted lets a game call the commands that it applied for. A call that names no game must be the platform's own, so it
// must come from the platform's machine or networks, as one that another bus forwards. openGranted decides about third parties.
func (c *call) granted() (bool, error) {
	app := c.Head.CallingApp()
	if app == 0 || c.Head.Forwarded {
		return c.fromInside(), nil
	}
	if c.isOpen(app) {
		return true, nil
	}
	if c.rules.AllApps {
		return c.bus.directory.App(app) != nil, nil
	}
	_, granted := c.rules.apps[app]
	return granted, nil
}

func (c *call) loginHolds() (bool, error) {
	if len(c.Head.Login.Sig) == 0 {
		return !c.rules.DemandsLogin, nil
	}
	if c.uin == 0 {
		return false, nil
	}
	return c.bus.directory.HoldsLogin(&c.pending, platform.AppID(c.Head.Login.AppID), c.uin, string(c.Head.Login.Sig))
}

// withinTestRate counts all calls of the command by games in the test environment, which they share.
func (c *call) withinTestRate() (bool, error) {
	if c.rules.TestRate.Count == 0 || c.testApp() == nil {
		return true, nil
	}
	return c.take("test "+c.Head.Command.String(), c.rules.TestRate)
}

func (c *call) forwardedInTest() (bool, error) {
	app := c.Head.CallingApp()
	return c.backend(app) != Nowhere || !c.inTest(app), nil
}

// testApp returns the calling game if it is in the test environment.
func (c *call) testApp() *platform.App {
	if id := c.Head.CallingApp(); c.inTest(id) {
		return c.app(id)
	}
	return nil
}

func (c *call) allowedInTest() (bool, error) {
	return !c.rules.ForbiddenInTest || c.testApp() == nil, nil
}

func (c *call) testNumber() (bool, error) {
	if c.uin == 0 {
		return true, nil
	}
	app := c.testApp()
	return app == nil || slices.Contains(app.TestNumbers, c.uin), nil
}

// withinRate counts the calls of a game, or those of an address that name no game.
func (c *call) withinRate() (bool, error) {
	if c.rules.Rate.Count == 0 {
		return true, nil
	}
	caller := c.Peer.String()
	if app := c.Head.CallingApp(); app != 0 {
		caller = app.String()
	}
	return c.take(strings.Join([]string{c.Head.Command.String(), caller}, " "), c.rules.Rate)
}

// take counts a call, unless the rate of key is used up.
func (c *call) take(key string, rate platform.Rate) (ok bool, err error) {
	alone := func() (time.Duration, bool) { return c.bus.rates.Take(key, rate, c.bus.clock.Now()) }
	if c.bus.shared != nil {
		_, ok, err = c.bus.shared.Take(c.wait(), key, rate, alone)
		return ok, err
	}
	_, ok = alone()
	return ok, nil
}

func (c *call) issued() (bool, error) {
	if c.uin == 0 {
		return true, nil
	}
	return c.bus.directory.Issued(&c.pending, c.uin)
}

func (c *call) outOfMaintenance() (bool, error) {
	return c.uin == 0 || !c.settings.inMaintenance(c.uin), nil
}

func (c *call) notInteractive() (bool, error) { return c.notOfClass(platform.ClassInteractive) }
func (c *call) notClassB() (bool, error)      { return c.notOfClass(platform.ClassB) }
func (c *call) notClassBC() (bool, error)     { return c.notOfClass(platform.ClassBC) }

func (c *call) notFrozen() (bool, error)         { return c.notInState(platform.AccountFrozen) }
func (c *call) notStaffProtected() (bool, error) { return c.notInState(platform.AccountStaffProtected) }
func (c *call) notSpeciallyProtected() (bool, error) {
	return c.notInState(platform.AccountSpeciallyProtected)
}

func (c *call) notOfClass(class platform.AccountClass) (bool, error) {
	if !slices.Contains(c.rules.RefusedClasses, class) {
		return true, nil
	}
	err := c.look()
	return err == nil && c.class != class, err
}

func (c *call) notInState(state platform.AccountState) (bool, error) {
	if !slices.Contains(c.rules.RefusedStates, state) {
		return true, nil
	}
	err := c.look()
	return err == nil && c.state != state, err
}

// look reads the account, once.
func (c *call) look() (err error) {
	if c.uin == 0 || c.known {
		return nil
	}
	c.class, c.state, err = c.bus.directory.Number(&c.pending, c.uin)
	c.known = err == nil
	return err
}
