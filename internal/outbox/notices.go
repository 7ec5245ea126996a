package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Notices tells the people concerned, through the official account.
type Notices struct {
	bus   *oidb.Bus
	clock *platform.Clock
	log   *slog.Logger
}

// NewNotices returns a consumer that sends notices over the bus.
func NewNotices(bus *oidb.Bus, clock *platform.Clock, log *slog.Logger) *Notices {
	return &Notices{bus, clock, log}
}

func (n *Notices) String() string { return "inbox" }

// Close does nothing.
func (n *Notices) Close() error { return nil }

// giveUpMS is the age from which a notice is not tried again: an inbox takes the same notice for one for so long.
const giveUpMS = 7 * 24 * 3600 * 1000

// Deliver sends the notices of events until one cannot be sent. A notice that is refused, as one to a frozen account, is given
// up: it would be refused again, and the others wait.
func (n *Notices) Deliver(ctx context.Context, events []platform.Event) (int, error) {
	for i := range events {
		e := &events[i]
		notice, some := noticeOf(e)
		if !some {
			continue
		}
		err := messages.Notify(ctx, n.bus, e.UIN, notice)
		switch {
		case err == nil:
		case refused(err), n.clock.NowMS()-e.TimeMS >= giveUpMS:
			n.log.Warn("a notice is given up", "event", e.ID, "error", err.Error())
		default:
			return i, fmt.Errorf("event %d: %w", e.ID, err)
		}
	}
	return len(events), nil
}

// refused reports whether an error says something about the notice. Without an instance of the command's back end, nobody has
// looked at it.
func refused(err error) bool {
	var failure *oidb.Failure
	return errors.As(err, &failure) && !failure.Undecided() && failure.Code != retcode.OIDBNoInstance
}

// noticeOf returns what the person of an event is told, if anything. The event's number makes a repeated notice one.
func noticeOf(e *platform.Event) (messages.Notice, bool) {
	if e.Type != platform.EventGuildBound {
		return messages.Notice{}, false
	}
	return messages.Notice{
		AppID: e.Guild.AppID, Request: fmt.Sprintf("event-%d-%d", e.ID, e.TimeMS),
		Title: "Your guild has a group",
		Text:  fmt.Sprintf("Guild %s and QQ group %s belong together now.", cmp.Or(e.GuildName, e.Guild.ID), e.GC),
	}, true
}
