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

// domains are the commands that points can name, with the domain of their own results.
var domains = map[string]retcode.Domain{
	"0x5e1": retcode.OIDB,
	"0x711": retcode.AccessToken,
	"0x73a": retcode.PayToken,
	"0xf00": retcode.OIDB,
	"0xf01": retcode.OIDB,
}

// Commands are the commands of the bus that points can name.
func Commands() []string { return slices.Sorted(maps.Keys(domains)) }

// resultCode is what a back end's result means: one of the command's own numbers or one that all commands share.
func resultCode(domain retcode.Domain, result int) (retcode.Code, error) {
	for _, d := range []retcode.Domain{domain, retcode.OIDB} {
		if code, ok := retcode.Lookup(d, result); ok && result != 0 {
			return code, nil
		}
	}
	return 0, fmt.Errorf("%d is no failure of the command", result)
}

// Bus is the bus's points; oidb.Bus.Guard takes it. A delayed call fails when its context ends first.
func (s *Set) Bus(ctx context.Context, c oidb.Command, req any) error {
	if !s.armed.Load() {
		return nil
	}
	if err := oidb.MayWait(ctx); err != nil { // a delay must hold up no other call, and end by its call's deadline
		return err
	}
	command, who := fmt.Sprintf("0x%x", c.Number), subjectOf(req)
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
		code, _ := resultCode(domains[command], r.result) // Add has looked at it
		return code.WithCause(&Error{Point: r.Point})
	}
	return nil
}

// subjectOf tells whom a request is about.
func subjectOf(req any) (who subject) {
	switch req := req.(type) {
	case oidb.CheckRequest:
		who.app, who.msdk = req.AppID, req.MSDKOpenID
		if len(req.OpenID) == len(platform.OpenID{}) {
			who.openid = platform.OpenID(req.OpenID)
		}
	case oidb.FriendsRequest:
		who.app = req.AppID
	}
	return who
}
