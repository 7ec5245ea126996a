// Package oidbtest tests commands of the bus with requests that nobody meant.
package oidbtest

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/retcode"
)

const unpackFailed = 145 // the bytes are no request

// FuzzRequests fuzzes the commands for which there are seeds: whatever bytes come as a request, the answer is one that the command
// declares. check, which may be nil, is called after each.
func FuzzRequests(f *testing.F, bus *oidb.Bus, seeds map[*oidb.Declaration]proto.Message, check func(t *testing.T, answered *oidb.Declaration, with retcode.Code)) {
	f.Helper()
	declared := make(map[oidb.ID]*oidb.Declaration)
	for d, seed := range seeds {
		body, err := proto.Marshal(seed)
		if err != nil {
			f.Fatalf("%s: %v", d.Name, err)
		}
		declared[d.ID] = d
		f.Add(d.Number, d.ServiceType, body)
		f.Add(d.Number, d.ServiceType, []byte("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	}
	f.Fuzz(func(t *testing.T, number, serviceType uint32, body []byte) {
		id := oidb.ID{Number: number, ServiceType: serviceType}
		d := declared[id]
		if d == nil {
			return // another room's, or nobody's
		}
		answer := bus.Serve(t.Context(), &oidb.Inbound{
			Head: wire.Head{Command: id}, Body: body,
			Peer: netip.MustParseAddr("127.0.0.1"), Size: len(body), Limit: 1 << 20, Deadline: time.Minute,
		}, nil)
		var code retcode.Code
		if answer.Result != 0 && answer.Result != unpackFailed {
			var ok bool
			if code, ok = d.Code(answer.Result); !ok || !slices.Contains(d.Codes, code) {
				t.Errorf("%s: result %d, %v", d.Name, int32(answer.Result), code)
			}
		}
		if check != nil {
			check(t, d, code)
		}
	})
}
