package qqgroups

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
)

// declared are the group platform's commands, by service type from 1.
func declared() (all []*oidb.Declaration) {
	for _, d := range oidb.Declarations() {
		if d.Number == 0xf02 {
			all = append(all, d)
		}
	}
	return all
}

// FuzzRequests: whatever bytes come as a request, the answer is one that the command declares, and the group stays whole.
func FuzzRequests(f *testing.F) {
	encode := func(m proto.Message) []byte {
		body, err := proto.Marshal(m)
		must(f, err)
		return body
	}
	const gc = 700000001
	for serviceType, m := range []proto.Message{
		1: &wire.CreateGroupRequest{Owner: nobody, Name: "鸦", Request: "1"}, 2: &wire.QueryGroupRequest{Gc: gc}, 3: &wire.JoinGroupRequest{Gc: gc, Uin: nobody, Card: "c"},
		4: &wire.LeaveGroupRequest{Gc: gc, Uin: member}, 5: &wire.KickMemberRequest{Gc: gc, By: owner, Uin: member},
		6: &wire.TransferGroupRequest{Gc: gc, Owner: owner, To: admin}, 7: &wire.ListGroupsRequest{Uin: owner, Limit: 1}, 8: &wire.RelationRequest{Gc: gc, Uin: owner},
		9:  &wire.SendGroupMessageRequest{Gc: gc, Uin: owner, Message: &wire.GroupMessage{Kind: 2, Title: "t", Url: "https://a.example"}},
		10: &wire.DisbandGroupRequest{Gc: gc, Owner: admin}, 11: &wire.BindGroupRequest{Gc: gc, Appid: 7, Zone: "0", Guild: "7"},
		12: &wire.UnbindGroupRequest{Gc: gc, Appid: 7, Zone: "0", Guild: "7"}, 13: &wire.ListGroupMessagesRequest{Gc: gc, Uin: owner, Before: 2},
	} {
		if m != nil {
			f.Add(uint32(serviceType), encode(m))
		}
	}
	f.Add(uint32(99), []byte{})
	f.Add(uint32(3), []byte("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	fix := newFixture(f)
	whole := fix.group(asItIs)
	f.Fuzz(func(t *testing.T, serviceType uint32, body []byte) {
		fix.t = t
		answer := fix.bus.Serve(t.Context(), &oidb.Inbound{
			Head: wire.Head{Command: oidb.ID{Number: 0xf02, ServiceType: serviceType}}, Body: body,
			Peer: netip.MustParseAddr("127.0.0.1"), Size: len(body), Limit: 1 << 20, Deadline: time.Minute,
		}, nil)
		at := slices.IndexFunc(declared(), func(d *oidb.Declaration) bool { return d.ServiceType == serviceType })
		switch {
		case at < 0 && answer.Result != 202:
			t.Fatalf("service type %d: result %d, want 202", serviceType, answer.Result)
		case at < 0 || answer.Result == 0 || answer.Result == 145:
			return
		}
		d := declared()[at]
		if code, ok := d.Code(answer.Result); !ok || !slices.Contains(d.Codes, code) || code == d.Fallback {
			t.Errorf("%s: result %d, %v", d.Name, int32(answer.Result), code)
		}
		if g, err := fix.Group(t.Context(), platform.GC(whole)); err != nil || !g.Disbanded && !slices.Contains(fix.consistent(whole), uint64(g.Owner)) {
			t.Errorf("the group is %+v, %v", g, err)
		}
	})
}

// FuzzAnswers: bytes that a caller takes for an answer are an answer in full, or they are none.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\xff garbled"))
	f.Add([]byte("\x08\x81\xa7\xe4\xcd\x02\x12\x03\xe9\xb8\xa6"))
	f.Add([]byte("\x0a\x05\x08\x81\xa7\xe4\xcd\x02"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, d := range declared() {
			m := dynamicpb.NewMessage(d.Response)
			if proto.Unmarshal(body, m) != nil {
				continue
			}
			again, err := proto.Marshal(m)
			must(t, err)
			same := dynamicpb.NewMessage(d.Response)
			if err := proto.Unmarshal(again, same); err != nil || !proto.Equal(m, same) {
				t.Errorf("%s: %v becomes %v, %v", d.Name, m, same, err)
			}
		}
	})
}
