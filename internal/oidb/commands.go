package oidb

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// ID names a command by its pair of numbers.
type ID = wire.ID

// CheckRequest and CheckResponse are the messages of the checks of tokens.
type (
	CheckRequest  = wire.CheckRequest
	CheckResponse = wire.CheckResponse
)

// ParseID reads a command's ID: 0x711_23, or 0x711 for service type 1.
func ParseID(text string) (ID, error) {
	number, serviceType, given := strings.Cut(text, "_")
	hex, ok := strings.CutPrefix(number, "0x")
	n, err := strconv.ParseUint(hex, 16, 32)
	st := uint64(1)
	if given && err == nil {
		st, err = strconv.ParseUint(serviceType, 10, 32)
	}
	if !ok || err != nil {
		return ID{}, platform.Invalidf("command", "command %.40q is not of the form 0x711 or 0x711_23", text)
	}
	return ID{Number: uint32(n), ServiceType: uint32(st)}, nil
}

// Declaration says everything about a command that does not depend on the types of its messages. The policy, fault points,
// events, the command line and the routes read it here.
type Declaration struct {
	ID
	Name    string // list_friends
	Summary string // what it does, one sentence

	// Results is the domain that the command's own results are numbers of. Aliases are the results that stand for a code of
	// another domain.
	Results retcode.Domain
	Aliases map[retcode.Code]uint32
	Success retcode.Code // what the catalogue says of result 0; 0 where it says nothing

	Codes    []retcode.Code // that its handler may answer, beside those of the bus
	Fallback retcode.Code   // of a failure without a code; one of Codes

	Repeatable bool // the same call may be made again after a failure of the connection
	Inline     bool // runs where others wait for it to end, so its handler must ask before it waits

	Request, Response protoreflect.MessageDescriptor // the messages as oidb.proto has them

	// RefusedStates are the states of an account that the command does not take unless an operator says otherwise.
	RefusedStates []platform.AccountState
	// OtherTypes is answered to the service types that its number does not have; without one it is 5, as to unknown numbers.
	OtherTypes retcode.Code
}

// Result returns the number by which a code goes over the wire as a result of the command.
func (d *Declaration) Result(code retcode.Code) uint32 {
	if result, ok := d.Aliases[code]; ok {
		return result
	}
	return uint32(code.Number())
}

// Code returns the code that a result of the command stands for, and whether there is one: the command's own, or else the
// bus's.
func (d *Declaration) Code(result uint32) (retcode.Code, bool) {
	if result == 0 {
		return d.Success, d.Success != 0
	}
	for _, code := range d.Codes {
		if d.Result(code) == result {
			return code, true
		}
	}
	if result > 255 {
		return 0, false
	}
	if code, ok := retcode.Lookup(d.Results, int(result)); ok {
		return code, true
	}
	return retcode.Lookup(retcode.OIDB, int(result))
}

// Command is a declared command with the messages that it takes and answers.
type Command[Req, Rsp any] struct {
	Declaration

	request  codec[Req]
	response codec[Rsp]
	of       func(Req) Subject      // whom a request is about
	about    func(Rsp) platform.UIN // the account that an answer is about, 0 for none or many
}

// AppendRequest writes a request after b, for the transports' clients.
func (c *Command[Req, Rsp]) AppendRequest(b []byte, req Req) []byte { return c.request.append(b, req) }

// ParseResponse reads an answer, for the transports' clients. What it returns may refer to body.
func (c *Command[Req, Rsp]) ParseResponse(body []byte) (Rsp, error) { return c.response.parse(body) }

// codec reads and writes a message. What it reads may refer to the bytes.
type codec[M any] struct {
	parse  func(body []byte) (M, error)
	append func(b []byte, m M) []byte
}

// Subject is whom a request is about, as far as it says.
type Subject struct {
	AppID      platform.AppID
	OpenID     platform.OpenID
	MSDKOpenID platform.MSDKOpenID
}

var declarations []*Declaration

// Declarations returns the declaration of every command, by number and service type.
func Declarations() []*Declaration { return slices.Clone(declarations) }

func (d *Declaration) declare() {
	at, _ := slices.BinarySearchFunc(declarations, d, func(a, b *Declaration) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.ServiceType, b.ServiceType))
	})
	declarations = slices.Insert(declarations, at, d)
}

// declare makes a command of generated messages. Whom they are about their fields say: appid, openid and msdk_openid of a
// request, uin of an answer.
func declare[Req, Rsp proto.Message](d Declaration) *Command[Req, Rsp] {
	c := &Command[Req, Rsp]{
		Declaration: d,
		request:     generated[Req](),
		response:    generated[Rsp](),
		of: func(req Req) (who Subject) {
			if m, ok := any(req).(interface{ GetAppid() uint64 }); ok {
				who.AppID = platform.AppID(m.GetAppid())
			}
			switch m := any(req).(type) {
			case interface{ GetOpenid() []byte }:
				who.OpenID = openID(m.GetOpenid())
			case interface{ GetOpenid() string }:
				who.OpenID, _ = platform.ParseOpenID(m.GetOpenid()) // a text that is no openid names none
			}
			if m, ok := any(req).(interface{ GetMsdkOpenid() uint64 }); ok {
				who.MSDKOpenID = platform.MSDKOpenID(m.GetMsdkOpenid())
			}
			return who
		},
		about: func(rsp Rsp) platform.UIN {
			if m, ok := any(rsp).(interface{ GetUin() uint64 }); ok {
				return platform.UIN(m.GetUin())
			}
			return 0
		},
	}
	var (
		req Req
		rsp Rsp
	)
	c.Request, c.Response = req.ProtoReflect().Descriptor(), rsp.ProtoReflect().Descriptor()
	c.declare()
	return c
}

// declareCheck makes a command of the messages that are read and written by hand, which have the form of req and rsp.
func declareCheck(d Declaration, req, rsp proto.Message) *Command[wire.CheckRequest, wire.CheckResponse] {
	c := &Command[wire.CheckRequest, wire.CheckResponse]{
		Declaration: d,
		request:     codec[wire.CheckRequest]{wire.ParseCheckRequest, wire.AppendCheckRequest},
		response:    codec[wire.CheckResponse]{wire.ParseCheckResponse, wire.AppendCheckResponse},
		of: func(req wire.CheckRequest) Subject {
			return Subject{AppID: req.AppID, OpenID: openID(req.OpenID), MSDKOpenID: req.MSDKOpenID}
		},
		about: func(rsp wire.CheckResponse) platform.UIN { return rsp.UIN },
	}
	c.Request, c.Response = req.ProtoReflect().Descriptor(), rsp.ProtoReflect().Descriptor()
	c.declare()
	return c
}

// openID is the openid that a request names by bytes; bytes of another length name none.
func openID(b []byte) (id platform.OpenID) {
	if len(b) == len(id) {
		id = platform.OpenID(b)
	}
	return id
}

func generated[M proto.Message]() codec[M] {
	return codec[M]{
		parse: func(body []byte) (M, error) {
			var none M
			m := none.ProtoReflect().New().Interface().(M)
			return m, proto.Unmarshal(body, m)
		},
		append: func(b []byte, m M) []byte {
			b, err := proto.MarshalOptions{}.MarshalAppend(b, m)
			if err != nil { // texts are not checked and no field is required, so that every message can be written
				panic(err)
			}
			return b
		},
	}
}

// Bounds on what a message may have.
const (
	MaxBatch   = 500 // openids in one ConvertOpenIDsRequest
	MaxNonce   = 64  // bytes, of 0x71f
	MaxFriends = 200 // on one page

	// MaxBody is how much of an answer every transport takes, in bytes. Commands that have more to answer do so by pages.
	MaxBody = 60 << 10
)

// The commands of this build. oidb.proto has their messages as other languages see them.
var (
	CheckAccess = declareCheck(Declaration{
		ID: ID{Number: 0x711, ServiceType: 1}, Name: "check_access", Summary: "Checks an access token or an openkey.",
		Results: retcode.AccessToken, Success: retcode.AccessTokenOK, OtherTypes: retcode.AccessTokenServiceTypeInvalid,
		Codes: slices.Concat(appCodes, []retcode.Code{
			retcode.AccessTokenAppIDInconsistent,
			retcode.AccessTokenOpenIDMissing, retcode.AccessTokenOpenIDInvalid, retcode.AccessTokenOpenIDReclaimed,
			retcode.AccessTokenOpenIDReadFailed, retcode.AccessTokenOpenIDRelationMissing, retcode.AccessTokenOpenIDKaixin,
			retcode.AccessTokenOpenKeyMissing, retcode.AccessTokenGrantCheckFailed13, retcode.AccessTokenUndecodable,
			retcode.AccessTokenSealInvalid, retcode.AccessTokenAppIDMismatch, retcode.AccessTokenOpenIDMismatch,
			retcode.AccessTokenExpired, retcode.AccessTokenGrantCheckFailed14, retcode.AccessTokenNotLive,
			retcode.AccessTokenFrozen, retcode.AccessTokenSuperseded, retcode.AccessTokenPasswordChanged,
			retcode.AccessTokenAccountGone, retcode.AccessTokenSessionKeyLengthWrong, retcode.AccessTokenOpenKeyInvalid,
			retcode.AccessTokenOpenKeyMismatch, retcode.AccessTokenOpenKeyExpired, retcode.AccessTokenSessionFailed24,
			retcode.AccessTokenSessionFailed25,
		}),
		Fallback: retcode.AccessTokenInternal, Repeatable: true, Inline: true,
	}, (*wire.CheckAccessRequest)(nil), (*wire.CheckAccessResponse)(nil))
	ConvertOpenIDs = declare[*wire.ConvertOpenIDsRequest, *wire.ConvertOpenIDsResponse](Declaration{
		ID: ID{Number: 0x711, ServiceType: 23}, Name: "convert_openids", Summary: "Turns many openids into account numbers.",
		Results: retcode.AccessToken,
		Codes: slices.Concat(appCodes, []retcode.Code{
			retcode.AccessTokenBatchTooLarge, retcode.AccessTokenBatchCountMismatch, retcode.AccessTokenBatchOpenIDInvalid,
			retcode.AccessTokenBatchOpenIDReclaimed, retcode.AccessTokenOpenIDReadFailed,
		}),
		Fallback: retcode.AccessTokenInternal, Repeatable: true,
	})
	CheckText = declare[*wire.CheckTextRequest, *wire.CheckTextResponse](Declaration{
		ID: ID{Number: 0x711, ServiceType: 127}, Name: "check_text", Summary: "Checks an openid in text form.",
		Results: retcode.AccessToken,
		Codes: slices.Concat(appCodes, []retcode.Code{
			retcode.AccessTokenType127OpenIDInvalid32, retcode.AccessTokenType127OpenIDInvalid33,
			retcode.AccessTokenType127OpenIDInvalid34, retcode.AccessTokenType127OpenIDInvalid35,
			retcode.AccessTokenType127OpenIDInvalid36, retcode.AccessTokenType127OpenIDReclaimed37,
			retcode.AccessTokenType127OpenIDReclaimed38, retcode.AccessTokenOpenIDReadFailed,
		}),
		Fallback: retcode.AccessTokenInternal, Repeatable: true,
	})
	CheckPay = declareCheck(Declaration{
		ID: ID{Number: 0x73a, ServiceType: 1}, Name: "check_pay", Summary: "Checks a pay token.",
		Results: retcode.PayToken, Success: retcode.PayTokenOK,
		Codes: []retcode.Code{
			retcode.PayTokenRevoked, retcode.PayTokenExpired, retcode.PayTokenSuperseded, retcode.PayTokenAppIDMismatch,
			retcode.PayTokenOpenIDLengthWrong, retcode.PayTokenOpenIDInvalid, retcode.PayTokenOpenIDReclaimed,
			retcode.PayTokenOpenIDCheckFailed, retcode.PayTokenOpenIDMismatch, retcode.PayTokenAppIDInvalid,
			retcode.PayTokenUndecryptable, retcode.PayTokenPasswordChanged,
		},
		Fallback: retcode.PayTokenOpenIDCheckFailed, Repeatable: true, Inline: true,
	}, (*wire.CheckPayRequest)(nil), (*wire.CheckPayResponse)(nil))
	// ConvertOpenID gives away the account that its caller is going to act on, so it does not take protected ones. 0x5a and
	// 0x5b are numbers that its callers know as codes of the platform (oidb.md, 1.7).
	ConvertOpenID = declare[*wire.ConvertOpenIDRequest, *wire.ConvertOpenIDResponse](Declaration{
		ID: ID{Number: 0x71f, ServiceType: 1}, Name: "convert_openid", Summary: "Turns an openid into an account number.",
		Results: retcode.AccessToken,
		Aliases: map[retcode.Code]uint32{retcode.QQNonceReused: 0x5a, retcode.QQTimestampOutOfRange: 0x5b},
		Codes: slices.Concat(appCodes, []retcode.Code{
			retcode.OIDBUnpackFailed, retcode.QQTimestampOutOfRange, retcode.QQNonceReused, retcode.AccessTokenOpenIDMissing,
			retcode.AccessTokenOpenIDInvalid, retcode.AccessTokenOpenIDReadFailed, retcode.AccessTokenOpenIDReclaimed,
		}),
		Fallback: retcode.AccessTokenInternal, Inline: true,
		RefusedStates: []platform.AccountState{platform.AccountFrozen, platform.AccountStaffProtected, platform.AccountSpeciallyProtected},
	})
	ShowProfile = declare[*wire.ShowProfileRequest, *wire.ShowProfileResponse](Declaration{
		ID: ID{Number: 0x5e1, ServiceType: 1}, Name: "show_profile", Summary: "Shows the profile of a token's account.",
		Results: retcode.OIDB,
		Codes:   []retcode.Code{retcode.OIDBAccessTokenInvalid, retcode.OIDBConnectFailed}, Fallback: retcode.OIDBConnectFailed,
		Repeatable: true,
	})
	ListFriends = declare[*wire.ListFriendsRequest, *wire.ListFriendsResponse](Declaration{
		ID: ID{Number: 0xf00, ServiceType: 1}, Name: "list_friends", Summary: "Lists the friends of an account who use an app.",
		Results: retcode.OIDB,
		Codes:   []retcode.Code{retcode.QQFriendCacheReadFailed, retcode.QQFriendCacheWriteFailed}, Fallback: retcode.QQFriendCacheReadFailed,
		Repeatable: true,
	})
	AreFriends = declare[*wire.AreFriendsRequest, *wire.AreFriendsResponse](Declaration{
		ID: ID{Number: 0xf01, ServiceType: 1}, Name: "are_friends", Summary: "Tells whether two accounts are friends.",
		Results: retcode.OIDB,
		Codes:   []retcode.Code{retcode.QQFriendCacheReadFailed}, Fallback: retcode.QQFriendCacheReadFailed,
		Repeatable: true,
	})
)

// appCodes are those of every command that looks for an app.
var appCodes = []retcode.Code{
	retcode.AccessTokenInternal, retcode.AccessTokenAppIDMissing, retcode.AccessTokenAppIDInvalid10,
	retcode.AccessTokenAppIDInvalid11, retcode.AccessTokenAppReadFailed,
}

// InProcessCodes are what the bus itself may answer to a call inside the process, whatever the command: that it could not be
// made, that it took too long, and what is about the account.
var InProcessCodes = []retcode.Code{
	retcode.OIDBConnectFailed, retcode.OIDBDeadlineExceeded, retcode.OIDBUINBlacklisted, retcode.OIDBNoInstance,
	retcode.OIDBShardInMaintenance, retcode.OIDBInteractiveNumber, retcode.OIDBClassBNotAllowed, retcode.OIDBClassBCNotAllowed,
	retcode.OIDBAccountFrozen, retcode.OIDBStaffProtected, retcode.OIDBSpeciallyProtected,
}
