package messages

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// MaxInbox bounds how many messages one call lists.
const MaxInbox = 100

// ListInboxCommand is command 0xf03_4.
var ListInboxCommand = oidb.Declare[*wire.ListInboxRequest, *wire.ListInboxResponse](oidb.Declaration{
	ID: oidb.ID{Number: 0xf03, ServiceType: 4}, Name: "list_inbox", Summary: "Lists messages in a person's inbox.",
	Results: retcode.OIDB,
	Codes:   []retcode.Code{retcode.OIDBConnectFailed}, Fallback: retcode.OIDBConnectFailed,
	Repeatable: true, Needs: needs,
})

// keptSince returns the time of the oldest messages that are still kept.
func (s *Service) keptSince() int64 { return s.clock.NowMS() - platform.MessageKeptMS }

// listInbox ends a page before its answer would become too large.
func (s *Service) listInbox(ctx context.Context, req *wire.ListInboxRequest) (*wire.ListInboxResponse, error) {
	most := MaxInbox
	if req.Limit > 0 {
		most = min(most, int(req.Limit))
	}
	list, err := s.store.MessagesAfter(ctx, platform.UIN(req.Uin), platform.AppID(req.Appid), int64(req.After), s.keptSince(), most+1)
	if err != nil {
		return nil, err
	}
	rsp := &wire.ListInboxResponse{Uin: req.Uin}
	size := 0
	for i := range list[:min(len(list), most)] {
		m := &list[i]
		one := &wire.InboxMessage{
			MessageId: uint64(m.ID), From: uint64(m.From), FromOpenid: m.FromOpenID[:], Appid: uint64(m.AppID), Kind: string(m.Kind), Scene: m.Scene, Program: m.Program,
			Title: m.Title, Text: m.Text, Url: m.URL, Picture: m.Picture, Card: m.Card, SentMs: m.SentMS, ReadMs: m.ReadMS,
		}
		if size += proto.Size(one) + fieldOverhead; size > oidb.MaxBody && i > 0 {
			break
		}
		rsp.Message = append(rsp.Message, one)
	}
	rsp.More = len(rsp.Message) < len(list)
	return rsp, nil
}

// fieldOverhead is a lower bound for the cost of nesting a message in another: its tag and its length.
const fieldOverhead = 8

// Inbox returns at most limit messages above a number that an account got through an app, oldest first, and whether there are
// more. Error: 155 when they cannot be read.
func Inbox(ctx context.Context, bus *oidb.Bus, app platform.AppID, uin platform.UIN, after int64, limit int) (list []platform.Message, more bool, err error) {
	rsp, err := oidb.Call(ctx, bus, ListInboxCommand, &wire.ListInboxRequest{
		Appid: uint64(app), Uin: uint64(uin), After: uint64(after), Limit: uint32(limit),
	})
	if err != nil {
		return nil, false, err
	}
	for _, one := range rsp.Message {
		m := platform.Message{
			ID: int64(one.MessageId), UIN: uin, From: platform.UIN(one.From), AppID: platform.AppID(one.Appid), Kind: platform.MessageKind(one.Kind),
			SentMS: one.SentMs, ReadMS: one.ReadMs,
			MessageContent: platform.MessageContent{
				Scene: one.Scene, Program: one.Program, Title: one.Title, Text: one.Text, URL: one.Url, Picture: one.Picture, Card: one.Card,
			},
		}
		copy(m.FromOpenID[:], one.FromOpenid)
		list = append(list, m)
	}
	return list, rsp.More, nil
}

// Recent returns at most limit of an account's messages below a number, newest first.
func (s *Service) Recent(ctx context.Context, uin platform.UIN, before int64, limit int) ([]platform.Message, error) {
	return s.store.MessagesBefore(ctx, uin, before, s.keptSince(), limit)
}

// MarkRead marks an account's messages up to a number as read.
func (s *Service) MarkRead(ctx context.Context, uin platform.UIN, upTo int64) error {
	return s.store.ReadMessages(ctx, uin, upTo, s.clock.NowMS())
}

// Bounds on waiting for messages.
const (
	MaxWait    = 25 * time.Second
	maxWaiters = 10_000
	maxOwn     = 4 // for one account's messages through one app
)

// ErrManyWaiters: more callers than may wait for messages already do.
var ErrManyWaiters = errors.New("too many callers wait for messages")

// inboxOf is the part of an account's inbox that came through an app.
type inboxOf struct {
	app platform.AppID
	uin platform.UIN
}

// arrivals tells those who wait for a message to an account through an app. The zero value is ready.
type arrivals struct {
	mu      sync.Mutex
	waiting map[inboxOf][]chan struct{}
	count   int
	ended   bool
}

// tell wakes those who wait for a message.
func (a *arrivals) tell(in inboxOf) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, arrived := range a.waiting[in] {
		select {
		case arrived <- struct{}{}:
		default: // it has not heard of an earlier one yet
		}
	}
}

// Watch returns a channel that is sent to after a message through the app to the account has arrived, and closed when the platform
// stops. stop must be called at the end. Error: ErrManyWaiters.
func (s *Service) Watch(app platform.AppID, uin platform.UIN) (arrived <-chan struct{}, stop func(), err error) {
	return s.arrivals.watch(inboxOf{app, uin})
}

// Waiters returns how many callers wait for messages.
func (s *Service) Waiters() int {
	s.arrivals.mu.Lock()
	defer s.arrivals.mu.Unlock()
	return s.arrivals.count
}

func (a *arrivals) watch(in inboxOf) (<-chan struct{}, func(), error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count >= maxWaiters || len(a.waiting[in]) >= maxOwn {
		return nil, nil, ErrManyWaiters
	}
	arrived := make(chan struct{}, 1)
	if a.ended {
		close(arrived)
		return arrived, func() {}, nil
	}
	if a.waiting == nil {
		a.waiting = make(map[inboxOf][]chan struct{})
	}
	a.waiting[in] = append(a.waiting[in], arrived)
	a.count++
	return arrived, func() { a.leave(in, arrived) }, nil
}

func (a *arrivals) leave(in inboxOf, arrived chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, one := range a.waiting[in] {
		if one == arrived {
			a.waiting[in] = append(a.waiting[in][:i], a.waiting[in][i+1:]...)
			a.count--
			break
		}
	}
	if len(a.waiting[in]) == 0 {
		delete(a.waiting, in)
	}
}

// Release ends the waiting for messages: at the end of the platform, nobody need wait for it.
func (s *Service) Release() { s.arrivals.release() }

func (a *arrivals) release() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	for _, list := range a.waiting {
		for _, arrived := range list {
			close(arrived)
		}
	}
	a.waiting, a.count = nil, 0
}

// sweepEvery is how often what is no longer kept is removed, and sweepAtOnce how much of it in one write.
const (
	sweepEvery  = time.Minute
	sweepAtOnce = 500
)

// SweepUntil removes what is no longer kept by the platform's clock, again and again until ctx ends.
func (s *Service) SweepUntil(ctx context.Context, log *slog.Logger) {
	for {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			log.Error("old messages could not be removed", "error", err.Error())
		}
		if s.clock.Wait(ctx, sweepEvery) != nil {
			return
		}
	}
}

// sweep removes messages after MessageKeptMS, and counts a week after the one that they are for: a message that is being
// stored may still belong to the week that has just ended.
func (s *Service) sweep(ctx context.Context) error {
	for {
		removed, err := s.store.SweepMessages(ctx, s.keptSince(), s.Calendar.Week(s.clock.Now())-7, sweepAtOnce)
		if err != nil || removed == 0 {
			return err
		}
	}
}
