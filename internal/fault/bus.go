package fault

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

// commands returns the commands that points can name: by number, for all service types of it, which stands for the lowest; and
// by number and service type. The list is complete once the program runs.
var commands = sync.OnceValue(func() map[string]*oidb.Declaration {
	m := make(map[string]*oidb.Declaration)
	for _, d := range oidb.Declarations() {
		if _, known := m[number(d)]; !known {
			m[number(d)] = d
		}
		m[d.ID.String()] = d
	}
	return m
})

func number(d *oidb.Declaration) string { return fmt.Sprintf("0x%x", d.ID.Number) }

// Commands lists the numbers of the commands that points can name.
func Commands() []string {
	numbers := slices.Sorted(maps.Keys(commands()))
	return slices.DeleteFunc(numbers, func(name string) bool { return strings.Contains(name, "_") })
}

// Bus is the point of the bus, for oidb.Bus.Guard. A delayed call fails when its context ends first.
func (s *Set) Bus(ctx context.Context, d *oidb.Declaration, of oidb.Subject) error {
	if !s.armed.Load() {
		return nil
	}
	ctx = oidb.Wait(ctx) // a delay must not delay other calls, and ends with its call's deadline
	command, who := d.ID.String(), subject{app: of.AppID, openid: of.OpenID, msdk: of.MSDKOpenID}
	if r, hit := s.find(ctx, "bus.delay:"+command, who); hit {
		timer := time.NewTimer(r.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return retcode.OIDBDeadlineExceeded.WithCause(&Error{Point: r.Point})
		}
	}
	if r, hit := s.find(ctx, "bus.route:"+command, who); hit {
		return retcode.OIDBNoInstance.WithCause(&Error{Point: r.Point})
	}
	if r, hit := s.find(ctx, "bus.connect:"+command, who); hit {
		return retcode.OIDBConnectFailed.WithCause(&Error{Point: r.Point})
	}
	if d == s.notices {
		if r, hit := s.find(ctx, "notice.send", who); hit {
			return retcode.OIDBConnectFailed.WithCause(&Error{Point: r.Point})
		}
	}
	if r, hit := s.find(ctx, "backend.answer:"+command, who); hit {
		return r.answer.WithCause(&Error{Point: r.Point})
	}
	return s.fail(ctx, "handler:"+command, who)
}

// Notices says which command sends the notices of the official account: notice.send makes it fail, and no other of its number.
// It must be called before the first call.
func (s *Set) Notices(d *oidb.Declaration) { s.notices = d }

// Answers is the point of a command's answer on its way through the codec, for oidb.Bus.GuardAnswers.
func (s *Set) Answers(ctx context.Context, d *oidb.Declaration, of oidb.Subject, body []byte) []byte {
	if !s.armed.Load() {
		return body
	}
	return s.garble(ctx, "bus.garble:"+d.ID.String(), subject{app: of.AppID, openid: of.OpenID, msdk: of.MSDKOpenID}, body)
}
