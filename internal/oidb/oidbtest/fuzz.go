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

// FuzzRequests fuzzes the commands of a number for which there are seeds, by service type: whatever bytes come as a request, the
// answer is one that the command declares. check, which may be nil, is called after each.
func FuzzRequests(f *testing.F, bus *oidb.Bus, number uint32, seeds map[uint32]proto.Message, check func(t *testing.T, answered *oidb.Declaration, with retcode.Code)) {
	f.Helper()
	declared := make(map[uint32]*oidb.Declaration)
	for _, d := range oidb.Declarations() {
		if d.Number == number {
			declared[d.ServiceType] = d
		}
	}
	for serviceType, seed := range seeds {
		body, err := proto.Marshal(seed)
		if err != nil || declared[serviceType] == nil {
			f.Fatalf("service type %d: %v", serviceType, err)
		}
		f.Add(serviceType, body)
		f.Add(serviceType, []byte("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	}
	f.Add(uint32(99), []byte{})
	f.Fuzz(func(t *testing.T, serviceType uint32, body []byte) {
		d := declared[serviceType]
		if seeds[serviceType] == nil && d != nil {
			return // another room's
		}
		answer := bus.Serve(t.Context(), &oidb.Inbound{
			Head: wire.Head{Command: oidb.ID{Number: number, ServiceType: serviceType}}, Body: body,
			Peer: netip.MustParseAddr("127.0.0.1"), Size: len(body), Limit: 1 << 20, Deadline: time.Minute,
		}, nil)
		var code retcode.Code
		switch {
		case d == nil && answer.Result == 0:
			t.Fatalf("service type %d is served", serviceType)
		case d == nil:
			return
		case answer.Result != 0 && answer.Result != unpackFailed:
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
