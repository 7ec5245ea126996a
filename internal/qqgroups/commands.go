package qqgroups

import (
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/retcode"
)

// The refusals that commands share. A number that no group or account can have is 203, and so is that of a group that was never
// made.
var (
	outside  = []retcode.Code{retcode.OIDBFieldOutOfRange, retcode.GroupPlatformError}
	readOnly = slices.Concat(outside, []retcode.Code{retcode.OIDBGroupReadOnly})
	ended    = slices.Concat(readOnly, []retcode.Code{retcode.GroupDisbanded})
	sealed   = slices.Concat(ended, []retcode.Code{retcode.OIDBGroupSealed})
)

// The commands of the group platform. What has no code of its own is 221013.
var (
	CreateGroup = declare[*wire.CreateGroupRequest, *wire.CreateGroupResponse](oidb.Declaration{
		ID: id(1), Name: "create_group", Summary: "Makes a game group.", Repeatable: true,
		Codes: slices.Concat(outside, []retcode.Code{
			retcode.GroupCreateRefused, retcode.GroupOwnedLimitReached, retcode.GroupCreateRateExceeded,
		}),
	})
	QueryGroup = declare[*wire.QueryGroupRequest, *wire.QueryGroupResponse](oidb.Declaration{
		ID: id(2), Name: "query_group", Summary: "Shows a group.", Repeatable: true,
		Codes: outside,
	})
	JoinGroup = declare[*wire.JoinGroupRequest, *wire.JoinGroupResponse](oidb.Declaration{
		ID: id(3), Name: "join_group", Summary: "Makes an account a member of a group.", Repeatable: true,
		Codes: slices.Concat(sealed, []retcode.Code{retcode.GroupJoinRefused}),
	})
	LeaveGroup = declare[*wire.LeaveGroupRequest, *wire.LeaveGroupResponse](oidb.Declaration{
		ID: id(4), Name: "leave_group", Summary: "Ends a membership in a group.", Repeatable: true,
		Codes: ended,
	})
	KickMember = declare[*wire.KickMemberRequest, *wire.KickMemberResponse](oidb.Declaration{
		ID: id(5), Name: "kick_member", Summary: "Removes another member from a group.", Repeatable: true,
		Codes: slices.Concat(sealed, []retcode.Code{retcode.GroupNotOwner}),
	})
	TransferGroup = declare[*wire.TransferGroupRequest, *wire.TransferGroupResponse](oidb.Declaration{
		ID: id(6), Name: "transfer_group", Summary: "Makes another member the owner of a group.",
		Codes: slices.Concat(sealed, []retcode.Code{retcode.GroupNotOwner, retcode.GroupOwnedLimitReached}),
	})
	ListGroups = declare[*wire.ListGroupsRequest, *wire.ListGroupsResponse](oidb.Declaration{
		ID: id(7), Name: "list_groups", Summary: "Lists the groups of an account.", Repeatable: true,
		Codes: outside,
	})
	Relation = declare[*wire.RelationRequest, *wire.RelationResponse](oidb.Declaration{
		ID: id(8), Name: "relation", Summary: "Says what an account is in a group.", Repeatable: true, Inline: true,
		Codes: slices.Concat(outside, []retcode.Code{retcode.GroupDisbanded}),
	})
	SendGroupMessage = declare[*wire.SendGroupMessageRequest, *wire.SendGroupMessageResponse](oidb.Declaration{
		ID: id(9), Name: "send_group_message", Summary: "Sends a message of a member to a group.",
		Codes: slices.Concat(sealed, []retcode.Code{retcode.OIDBPacketTypeUnknown}),
	})
	DisbandGroup = declare[*wire.DisbandGroupRequest, *wire.DisbandGroupResponse](oidb.Declaration{
		ID: id(10), Name: "disband_group", Summary: "Ends a group for ever.", Repeatable: true,
		Codes: slices.Concat(readOnly, []retcode.Code{retcode.GroupNotOwner, retcode.GroupBoundToOtherGuild}),
	})
	BindGroup = declare[*wire.BindGroupRequest, *wire.BindGroupResponse](oidb.Declaration{
		ID: id(11), Name: "bind_group", Summary: "Notes that a group serves a guild.", Repeatable: true,
		Codes: slices.Concat(sealed, []retcode.Code{
			retcode.GroupNotOwner, retcode.GroupFeeCharging, retcode.GroupNotGameGroup, retcode.GroupBoundToOtherGuild,
		}),
	})
	UnbindGroup = declare[*wire.UnbindGroupRequest, *wire.UnbindGroupResponse](oidb.Declaration{
		ID: id(12), Name: "unbind_group", Summary: "Notes that a group does not serve a guild any more.", Repeatable: true,
		Codes: readOnly,
	})
	ListGroupMessages = declare[*wire.ListGroupMessagesRequest, *wire.ListGroupMessagesResponse](oidb.Declaration{
		ID: id(13), Name: "list_group_messages", Summary: "Lists the messages to a group for a member.", Repeatable: true,
		Codes: slices.Concat(outside, []retcode.Code{retcode.GroupDisbanded}),
	})
)

func id(serviceType uint32) oidb.ID { return oidb.ID{Number: 0xf02, ServiceType: serviceType} }

func declare[Req, Rsp proto.Message](d oidb.Declaration) *oidb.Command[Req, Rsp] {
	d.Results, d.Fallback, d.OtherTypes = retcode.Group, retcode.GroupPlatformError, retcode.OIDBPacketTypeUnknown
	d.Encoded = true
	return oidb.Declare[Req, Rsp](d)
}
