package tcp_test

import (
	"strings"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/qqgroups"
)

// The requests of the group platform's commands, about Ann's group.

func (w *world) join(uin platform.UIN) {
	w.t.Helper()
	must(oidb.Call(w.t.Context(), w.bus, qqgroups.JoinGroup, &wire.JoinGroupRequest{Gc: uint64(w.gc), Uin: uint64(uin), Card: "card"}))(w.t)
}

// as returns a request each time it is called.
func as[Req any](req Req) func() Req { return func() Req { return req } }

func createGroup(w *world) requests[*wire.CreateGroupRequest] {
	with := func(name, request string) func() *wire.CreateGroupRequest {
		return as(&wire.CreateGroupRequest{Appid: uint64(w.app.AppID), Owner: uint64(w.ben), Name: name, Request: request})
	}
	return requests[*wire.CreateGroupRequest]{
		{"valid group", with("鸦", "1")},
		{"valid second", with("鸦", "2")},
		{"valid third", with(strings.Repeat("x", 100), strings.Repeat("x", 64))},
		{"a fourth within an hour", with("鸦", "4")},
		{"no name", with("", "5")},
		{"a long name", with(strings.Repeat("x", 101), "6")},
		{"no request", with("鸦", "")},
		{"nobody", as(&wire.CreateGroupRequest{Name: "鸦", Request: "7"})},
	}
}

func queryGroup(w *world) requests[*wire.QueryGroupRequest] {
	return requests[*wire.QueryGroupRequest]{
		{"valid group", as(&wire.QueryGroupRequest{Gc: uint64(w.gc)})},
		{"a number that was not given", as(&wire.QueryGroupRequest{Gc: uint64(w.gc) + 1000})},
		{"nothing", as(&wire.QueryGroupRequest{})},
	}
}

func joinGroup(w *world) requests[*wire.JoinGroupRequest] {
	return requests[*wire.JoinGroupRequest]{
		{"valid account", as(&wire.JoinGroupRequest{Gc: uint64(w.gc), Uin: 20001, Card: "【鸦】"})},
		{"valid member", as(&wire.JoinGroupRequest{Gc: uint64(w.gc), Uin: uint64(w.ben)})},
		{"a long card", as(&wire.JoinGroupRequest{Gc: uint64(w.gc), Uin: 20002, Card: strings.Repeat("x", 101)})},
		{"a number that was not given", as(&wire.JoinGroupRequest{Gc: uint64(w.gc) + 1000, Uin: 20001})},
		{"nothing", as(&wire.JoinGroupRequest{})},
	}
}

func leaveGroup(w *world) requests[*wire.LeaveGroupRequest] {
	return requests[*wire.LeaveGroupRequest]{
		{"valid member", as(&wire.LeaveGroupRequest{Gc: uint64(w.gc), Uin: 20001})},
		{"the owner", as(&wire.LeaveGroupRequest{Gc: uint64(w.gc), Uin: uint64(w.ann)})},
		{"nothing", as(&wire.LeaveGroupRequest{})},
	}
}

func kickMember(w *world) requests[*wire.KickMemberRequest] {
	return requests[*wire.KickMemberRequest]{
		{"valid member", as(&wire.KickMemberRequest{Gc: uint64(w.gc), By: uint64(w.ann), Uin: 20001})},
		{"by a member", as(&wire.KickMemberRequest{Gc: uint64(w.gc), By: uint64(w.ben), Uin: 20001})},
		{"nothing", as(&wire.KickMemberRequest{})},
	}
}

func transferGroup(w *world) requests[*wire.TransferGroupRequest] {
	w.join(w.ben)
	return requests[*wire.TransferGroupRequest]{
		{"valid member", func() *wire.TransferGroupRequest { // from whoever owns it now
			owner := must(w.disk.Group(w.t.Context(), w.gc))(w.t).Owner
			return &wire.TransferGroupRequest{Gc: uint64(w.gc), Owner: uint64(owner), To: uint64(w.ann + w.ben - owner)}
		}},
		{"by nobody", as(&wire.TransferGroupRequest{Gc: uint64(w.gc), Owner: 20001, To: uint64(w.ben)})},
		{"nothing", as(&wire.TransferGroupRequest{})},
	}
}

func listGroups(w *world) requests[*wire.ListGroupsRequest] {
	return requests[*wire.ListGroupsRequest]{
		{"valid list", as(&wire.ListGroupsRequest{Uin: uint64(w.ben)})},
		{"valid list of the owner", as(&wire.ListGroupsRequest{Uin: uint64(w.ann), Owned: true, Limit: 1000})},
		{"valid page after the last", as(&wire.ListGroupsRequest{Uin: uint64(w.ann), After: 1<<64 - 1})},
		{"valid list without groups", as(&wire.ListGroupsRequest{Uin: 20001})},
		{"nothing", as(&wire.ListGroupsRequest{})},
	}
}

func relation(w *world) requests[*wire.RelationRequest] {
	return requests[*wire.RelationRequest]{
		{"valid member", as(&wire.RelationRequest{Gc: uint64(w.gc), Uin: uint64(w.ben)})},
		{"valid stranger", as(&wire.RelationRequest{Gc: uint64(w.gc), Uin: 20001})},
		{"a number that was not given", as(&wire.RelationRequest{Gc: uint64(w.gc) + 1000, Uin: 20001})},
		{"nothing", as(&wire.RelationRequest{})},
	}
}

func sendGroupMessage(w *world) requests[*wire.SendGroupMessageRequest] {
	with := func(uin platform.UIN, request string, m *wire.GroupMessage) func() *wire.SendGroupMessageRequest {
		return as(&wire.SendGroupMessageRequest{Gc: uint64(w.gc), Uin: uint64(uin), Request: request, Message: m})
	}
	return requests[*wire.SendGroupMessageRequest]{
		{"valid link", with(w.ann, "1", &wire.GroupMessage{Kind: 2, Title: "t", Text: "鸦", Url: "https://a.example/", PictureUrl: "http://a.example/p"})},
		{"valid invitation", with(w.ben, "2", &wire.GroupMessage{Kind: 1, Title: "t"})},
		{"a link without an address", with(w.ann, "3", &wire.GroupMessage{Kind: 2, Title: "t"})},
		{"an unknown kind", with(w.ann, "4", &wire.GroupMessage{Kind: 3, Title: "t"})},
		{"a stranger", with(20001, "5", &wire.GroupMessage{Kind: 1, Title: "t"})},
		{"nothing", as(&wire.SendGroupMessageRequest{})},
	}
}

func disbandGroup(w *world) requests[*wire.DisbandGroupRequest] {
	rsp := must(oidb.Call(w.t.Context(), w.bus, qqgroups.CreateGroup, &wire.CreateGroupRequest{Owner: uint64(w.ann), Name: "鸦", Request: "short-lived"}))(w.t)
	return requests[*wire.DisbandGroupRequest]{
		{"valid group", as(&wire.DisbandGroupRequest{Gc: rsp.Gc, Owner: uint64(w.ann)})},
		{"another's", as(&wire.DisbandGroupRequest{Gc: uint64(w.gc), Owner: 20001})},
		{"made by another request", as(&wire.DisbandGroupRequest{Gc: uint64(w.gc), Owner: uint64(w.ann), Request: "another"})},
		{"nothing", as(&wire.DisbandGroupRequest{})},
	}
}

func bindGroup(w *world) requests[*wire.BindGroupRequest] {
	with := func(guild string) func() *wire.BindGroupRequest {
		return as(&wire.BindGroupRequest{Gc: uint64(w.gc), Appid: uint64(w.app.AppID), Zone: "0", Guild: guild})
	}
	return requests[*wire.BindGroupRequest]{
		{"valid guild", with("7")},
		{"another guild", with("8")},
		{"no digits", with("x")},
		{"another's group", as(&wire.BindGroupRequest{Gc: uint64(w.gc), Appid: uint64(w.app.AppID), Zone: "0", Guild: "7", Owner: 20001})},
		{"nothing", as(&wire.BindGroupRequest{})},
	}
}

func unbindGroup(w *world) requests[*wire.UnbindGroupRequest] {
	return requests[*wire.UnbindGroupRequest]{
		{"valid guild", as(&wire.UnbindGroupRequest{Gc: uint64(w.gc), Appid: uint64(w.app.AppID), Zone: "0", Guild: "7"})},
		{"no digits", as(&wire.UnbindGroupRequest{Gc: uint64(w.gc), Appid: uint64(w.app.AppID), Zone: "x", Guild: "7"})},
		{"nothing", as(&wire.UnbindGroupRequest{})},
	}
}

func listGroupMessages(w *world) requests[*wire.ListGroupMessagesRequest] {
	return requests[*wire.ListGroupMessagesRequest]{
		{"valid member", as(&wire.ListGroupMessagesRequest{Gc: uint64(w.gc), Uin: uint64(w.ben)})},
		{"valid page", as(&wire.ListGroupMessagesRequest{Gc: uint64(w.gc), Uin: uint64(w.ben), Before: 2})},
		{"a stranger", as(&wire.ListGroupMessagesRequest{Gc: uint64(w.gc), Uin: 20001})},
		{"nothing", as(&wire.ListGroupMessagesRequest{})},
	}
}
