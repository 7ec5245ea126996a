package qqgroups

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/oidbtest"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
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
	const gc = 700000001
	fix := newFixture(f)
	whole := fix.group(asItIs)
	oidbtest.FuzzRequests(f, fix.bus, map[*oidb.Declaration]proto.Message{
		&CreateGroup.Declaration:       &wire.CreateGroupRequest{Owner: nobody, Name: "鸦", Request: "1"},
		&QueryGroup.Declaration:        &wire.QueryGroupRequest{Gc: gc},
		&JoinGroup.Declaration:         &wire.JoinGroupRequest{Gc: gc, Uin: nobody, Card: "c"},
		&LeaveGroup.Declaration:        &wire.LeaveGroupRequest{Gc: gc, Uin: member},
		&KickMember.Declaration:        &wire.KickMemberRequest{Gc: gc, By: owner, Uin: member},
		&TransferGroup.Declaration:     &wire.TransferGroupRequest{Gc: gc, Owner: owner, To: admin},
		&ListGroups.Declaration:        &wire.ListGroupsRequest{Uin: owner, Limit: 1},
		&Relation.Declaration:          &wire.RelationRequest{Gc: gc, Uin: owner},
		&SendGroupMessage.Declaration:  &wire.SendGroupMessageRequest{Gc: gc, Uin: owner, Message: &wire.GroupMessage{Kind: 2, Title: "t", Url: "https://a.example"}},
		&DisbandGroup.Declaration:      &wire.DisbandGroupRequest{Gc: gc, Owner: admin},
		&BindGroup.Declaration:         &wire.BindGroupRequest{Gc: gc, Appid: 7, Zone: "0", Guild: "7"},
		&UnbindGroup.Declaration:       &wire.UnbindGroupRequest{Gc: gc, Appid: 7, Zone: "0", Guild: "7"},
		&ListGroupMessages.Declaration: &wire.ListGroupMessagesRequest{Gc: gc, Uin: owner, Before: 2},
	}, func(t *testing.T, d *oidb.Declaration, code retcode.Code) {
		fix.t = t
		if code == d.Fallback {
			t.Errorf("%s fails: %v", d.Name, code)
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
