package fault

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// commands are those that points can name, by their numbers: all service types of one fail together.
var commands = byNumber(oidb.CheckAccess, oidb.CheckPay, oidb.ConvertOpenID, oidb.ShowProfile, oidb.ListFriends, oidb.AreFriends)

func byNumber(list ...oidb.Command) map[string]oidb.Command {
	m := make(map[string]oidb.Command, len(list))
	for _, c := range list {
		m[number(c)] = c
	}
	return m
}

func number(c oidb.Command) string { return fmt.Sprintf("0x%x", c.Number) }

// Commands lists the commands that points can name.
func Commands() []string { return slices.Sorted(maps.Keys(commands)) }

// Bus is the bus's points; oidb.Bus.Guard takes it. A delayed call fails when its context ends first.
func (s *Set) Bus(ctx context.Context, c oidb.Command, req any) error {
	if !s.armed.Load() {
		return nil
	}
	if err := oidb.MayWait(ctx); err != nil { // a delay must hold up no other call, and end by its call's deadline
		return err
	}
	command, who := number(c), subjectOf(req)
	if r, hit := s.find(ctx, "bus.delay:"+command, who); hit {
		timer := time.NewTimer(r.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return retcode.OIDBDeadlineExceeded.WithCause(&Error{Point: r.Point})
		}
	}
	if r, hit := s.find(ctx, "bus.connect:"+command, who); hit {
		return retcode.OIDBConnectFailed.WithCause(&Error{Point: r.Point})
	}
	if r, hit := s.find(ctx, "backend.answer:"+command, who); hit {
		return r.answer.WithCause(&Error{Point: r.Point})
	}
	return nil
}

// subjectOf tells whom a request is about.
func subjectOf(req any) (who subject) {
	switch req := req.(type) {
	case oidb.CheckRequest:
		who.app, who.msdk, who.openid = req.AppID, req.MSDKOpenID, openID(req.OpenID)
	case oidb.OpenIDRequest:
		who.app, who.openid = req.AppID, openID(req.OpenID)
	case oidb.TextRequest:
		who.app = req.AppID
		who.openid, _ = platform.ParseOpenID(req.OpenID) // of text that is none, none
	case oidb.BatchRequest:
		who.app = req.AppID
	case oidb.FriendsRequest:
		who.app = req.AppID
	}
	return who
}

// openID is the openid that a request names by bytes; none when they are not one.
func openID(b []byte) (id platform.OpenID) {
	if len(b) == len(id) {
		id = platform.OpenID(b)
	}
	return id
}
