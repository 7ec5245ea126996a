package groups

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

// patience is how long the group platform may take for one step, if its call has so much time left.
const patience = 2 * time.Second

// answering is the part of a call's time in which it waits for no other system, so that it can say which one was too slow.
const answering = 100 * time.Millisecond

// remaining is what is left of a call's time.
func remaining(ctx context.Context) time.Duration {
	if end, ends := ctx.Deadline(); ends {
		return time.Until(end)
	}
	return math.MaxInt64
}

// step is a kind of call of the group platform, with the codes for what has none of its own (causes.md, group).
type step struct {
	refused retcode.Code
	garbled retcode.Code // an answer that cannot be read
	outside retcode.Code // a refusal because of what the caller gave; 0 for refused
}

var (
	creating = step{refused: retcode.GroupCreateRefused, garbled: retcode.GroupAnswerUnparsable500003}
	querying = step{refused: retcode.GroupQueryRefused, garbled: retcode.GroupAnswerUnparsable500004}
	joining  = step{refused: retcode.GroupJoinRefused, garbled: retcode.GroupAnswerUnparsable500005}
	listing  = step{refused: retcode.GroupListRefused, garbled: retcode.GroupAnswerUnparsable500006}
	sending  = step{refused: retcode.GroupPlatformError, garbled: retcode.GroupAnswerUnparsable500009, outside: retcode.GroupParameterInvalid}
	binding  = step{refused: retcode.GroupPlatformError, garbled: retcode.GroupBindAnswerInvalid}
)

// unreachable are the results of a call that did not reach the group platform, or got no answer in time.
var unreachable = []retcode.Code{
	retcode.OIDBConnectFailed, retcode.OIDBDeadlineExceeded, retcode.OIDBNoInstance, retcode.OIDBRouteMissing, retcode.OIDBCommandNotConfigured,
}

// at makes a call of the group platform.
func at[Req, Rsp any](ctx context.Context, s *Service, p step, command *oidb.Command[Req, Rsp], req Req) (Rsp, error) {
	ctx, cancel := context.WithTimeout(ctx, min(patience, remaining(ctx)-answering))
	defer cancel()
	rsp, err := oidb.Call(ctx, s.Bus, command, req)
	if err != nil {
		return rsp, p.failed(err)
	}
	return rsp, nil
}

// failed translates a failure. A code of the groups' own domain stays, with the group platform's words for the caller.
func (p step) failed(err error) error {
	var failure *oidb.Failure
	if errors.Is(err, oidb.ErrGarbled) || !errors.As(err, &failure) {
		return p.garbled.WithCause(err)
	}
	code := p.refused
	switch {
	case slices.Contains(unreachable, failure.Code):
		code = retcode.GroupPlatformUnreachable
	case failure.Code.Domain() == retcode.Group:
		code = failure.Code
	case failure.Code == retcode.OIDBFieldOutOfRange && p.outside != 0:
		code = p.outside
	}
	if said := failure.Said(); said != "" {
		return code.Errorf("%s", said).WithCause(err)
	}
	return code.WithCause(err)
}

// finals are the refusals by which the group platform says that it did not do a step and never will: no such group or name; no
// more groups for the account; a group that has another owner by now, or serves a guild.
var finals = []retcode.Code{
	retcode.OIDBFieldOutOfRange, retcode.GroupCreateRefused, retcode.GroupOwnedLimitReached, retcode.GroupCreateRateExceeded,
	retcode.GroupNotOwner, retcode.GroupBoundToOtherGuild,
}

// final reports whether a step failed for good. After any other failure it may have been done, or may still be.
func final(err error) bool {
	var failure *oidb.Failure
	return errors.As(err, &failure) && !errors.Is(err, oidb.ErrGarbled) && slices.Contains(finals, failure.Code)
}
