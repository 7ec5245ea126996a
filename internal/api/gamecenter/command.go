package gamecenter

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/gamecmd"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// command is a row of the door's table: what it takes, and what serves it.
type command struct {
	name     string
	ways     []way        // of identifying the caller; the first one that the call has the parameters for counts
	required []string     // parameters in addition to those of the way
	missing  retcode.Code // for a required one that is missing; 0 stands for GameCenterParameterMissing

	// read reads what the command takes into request.input; nil if it takes nothing.
	read func(*request) error
	// serve returns the members of the answer's data; nil for none.
	serve func(ctx context.Context, bus *oidb.Bus, in *request) (any, error)

	calls   []access.Use   // the commands of the bus that it calls
	answers []retcode.Code // that it answers in addition to theirs
	failed  retcode.Code   // if a command of the bus could not be called; 0 stands for GameCenterInternal
	onPage  retcode.Code   // the same for a page's call; 0 stands for failed
}

// missingCode is the command's code for a required parameter that is missing.
func (cmd *command) missingCode() retcode.Code {
	if cmd.missing != 0 {
		return cmd.missing
	}
	return retcode.GameCenterParameterMissing
}

// failedCode is the command's code for a command of the bus that could not be called, when the caller comes in that way.
func (cmd *command) failedCode(w way) retcode.Code {
	if w != byToken && cmd.onPage != 0 {
		return cmd.onPage
	}
	return cmp.Or(cmd.failed, retcode.GameCenterInternal)
}

// table is all commands, in the order in which they are shown.
var table = slices.Concat(achieving, ranks, socials)

// Commands returns the commands as they are declared.
func Commands() []gamecmd.Command {
	all := make([]gamecmd.Command, len(table))
	for i, cmd := range table {
		all[i] = gamecmd.Command{Name: cmd.name, Ways: cmd.ways}
	}
	return all
}

// way is a way of identifying the caller, by the name of the parameter that a call needs first for it.
type way = string

const (
	byToken way = gamecmd.ByToken
	bySkey  way = gamecmd.BySkey
	bySid   way = gamecmd.BySid
)

// beside are the parameters that a call needs for a way in addition to the way's own.
var beside = map[way][]string{byToken: {"openid", "sign"}, bySkey: {"uin"}}

// request is a call on its way to its command.
type request struct {
	*command
	query  sign.Query
	now    []way // of identity that the command takes
	way    way   // in which the caller identifies itself
	ticket webTicket

	// The caller, once identified.
	app    *platform.App
	uin    platform.UIN
	openid platform.OpenID

	input any // what read has read
}

// names reports whether the call has the parameter of a way.
func (in *request) names(w way) bool { return in.query.Get(w) != "" }

// text returns a parameter; "" if it is missing.
func (in *request) text(name string) string { return in.query.Get(name) }

// number returns a parameter that is a whole number from low to high, or otherwise if it is missing or empty.
func (in *request) number(name string, otherwise, low, high int64) (int64, error) {
	text := in.query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < low || n > high {
		return 0, retcode.GameCenterParameterInvalid.Errorf("parameter %q is not a whole number from %d to %d", name, low, high)
	}
	return n, nil
}
