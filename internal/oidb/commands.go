package oidb

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// ID names a command by its pair of numbers.
type ID = wire.ID

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
	Name    string // such as list_friends
	Summary string // what it does, in one sentence

	// Results is the domain of the command's own results. Aliases are the results that stand for a code of another domain.
	Results retcode.Domain
	Aliases map[retcode.Code]uint32
	Success retcode.Code // the catalogue's code for result 0; 0 without one

	Codes    []retcode.Code // that its handler may answer, in addition to those of the bus
	Fallback retcode.Code   // of a failure without a code; one of Codes

	Repeatable bool // the same call may be made again after a failure of the connection
	Inline     bool // runs where others wait for it to end, so its handler must call Wait before it waits
	Encoded    bool // where answers are guarded, its messages are encoded inside the process too, as if its back end were elsewhere: ErrGarbled

	Request, Response protoreflect.MessageDescriptor // the messages as declared in oidb.proto

	// Needs names what only the platform's data folder has of what the handler reads. "" is for a command with tables of its own: a
	// back end with a folder of its own can carry it out.
	Needs string

	// RefusedStates are the account states that the command refuses by default; operators may change them.
	RefusedStates []platform.AccountState
	own           bool // an operator's, which the platform knows by its route only

	// OtherTypes is the answer to service types that the command's number lacks; without it the answer is 5, as for unknown
	// numbers.
	OtherTypes retcode.Code
}

// Method returns the command's method in the service Commands of oidb.proto, which has the same messages; nil for a command that the
// platform does not declare.
func (d *Declaration) Method() protoreflect.MethodDescriptor {
	methods := wire.File_oidb_proto.Services().ByName("Commands").Methods()
	for i := range methods.Len() {
		if m := methods.Get(i); m.Input() == d.Request {
			return m
		}
	}
	return nil
}

// Result returns the number that stands for a code on the wire, as a result of the command.
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

// Command is a declared command with the types of its messages.
type Command[Req, Rsp any] struct {
	Declaration

	request  codec[Req]
	response codec[Rsp]
	of       func(Req) Subject      // the subject of a request
	about    func(Rsp) platform.UIN // the account that an answer is about, 0 for none or many
	asks     func(Req) platform.UIN // the same, as far as the request says so already
}

// AppendRequest appends a request to b, for the transports' clients.
func (c *Command[Req, Rsp]) AppendRequest(b []byte, req Req) []byte { return c.request.append(b, req) }

// ParseResponse reads an answer, for the transports' clients. The result may refer to body.
func (c *Command[Req, Rsp]) ParseResponse(body []byte) (Rsp, error) { return c.response.parse(body) }

// codec reads and writes a message. A message that was read may refer to the bytes.
type codec[M any] struct {
	parse  func(body []byte) (M, error)
	append func(b []byte, m M) []byte
}

// Subject identifies the user whom a request is about, as far as the request does.
type Subject struct {
	AppID      platform.AppID
	OpenID     platform.OpenID
	MSDKOpenID platform.MSDKOpenID
}

var declarations []*Declaration

// Declarations returns the declaration of every command, by number and service type.
func Declarations() []*Declaration { return slices.Clone(declarations) }

func (d *Declaration) declare() {
	at, twice := slices.BinarySearchFunc(declarations, d, func(a, b *Declaration) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.ServiceType, b.ServiceType))
	})
	if twice {
		panic("oidb: command " + d.ID.String() + " is declared twice")
	}
	declarations = slices.Insert(declarations, at, d)
}

// Declare declares a command with generated messages, next to its handler. Their subjects are in the fields appid, openid and
// msdk_openid of the request and uin of the answer.
func Declare[Req, Rsp proto.Message](d Declaration) *Command[Req, Rsp] {
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
				who.OpenID, _ = platform.ParseOpenID(m.GetOpenid()) // a malformed text names no openid
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
		asks: func(req Req) platform.UIN {
			var rsp Rsp
			_, answered := any(rsp).(interface{ GetUin() uint64 })
			if m, ok := any(req).(interface{ GetUin() uint64 }); ok && answered {
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

// declareCheck declares a command with the hand-written messages, which have the form of req and rsp.
func declareCheck(d Declaration, req, rsp proto.Message) *Command[wire.CheckRequest, wire.CheckResponse] {
	c := &Command[wire.CheckRequest, wire.CheckResponse]{
		Declaration: d,
		request:     codec[wire.CheckRequest]{wire.ParseCheckRequest, wire.AppendCheckRequest},
		response:    codec[wire.CheckResponse]{wire.ParseCheckResponse, wire.AppendCheckResponse},
		of: func(req wire.CheckRequest) Subject {
			return Subject{AppID: req.AppID, OpenID: openID(req.OpenID), MSDKOpenID: req.MSDKOpenID}
		},
		about: func(rsp wire.CheckResponse) platform.UIN { return rsp.UIN },
		asks:  func(wire.CheckRequest) platform.UIN { return 0 }, // it is what the check finds out
	}
	c.Request, c.Response = req.ProtoReflect().Descriptor(), rsp.ProtoReflect().Descriptor()
	c.declare()
	return c
}

// openID returns the openid that a request names by bytes; bytes of another length name none.
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
			if err != nil { // cannot fail: texts are not validated and no field is required
				panic(err)
			}
			return b
		},
	}
}

// Bounds on messages.
const (
	MaxBatch   = 500 // openids in one ConvertOpenIDsRequest
	MaxNonce   = 64  // bytes, in 0x71f
	MaxFriends = 200 // on one page

	MaxBody = frame.MaxBody // of an answer
)

// The commands that all services and doors call; the others are declared next to their handlers. oidb.proto describes all
// messages for other languages.
var (
	CheckAccess = declareCheck(Declaration{
		ID: ID{Number: 0x711, ServiceType: 1}, Name: "check_access", Summary: "Checks an access token or an openkey.",
		Results: retcode.AccessToken, Success: retcode.AccessTokenOK, OtherTypes: retcode.AccessTokenServiceTypeInvalid,
		Codes: slices.Concat(AppCodes, []retcode.Code{
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
		Fallback: retcode.AccessTokenInternal, Repeatable: true, Inline: true, Needs: NeedsTokens,
	}, (*wire.CheckAccessRequest)(nil), (*wire.CheckAccessResponse)(nil))
	CheckPay = declareCheck(Declaration{
		ID: ID{Number: 0x73a, ServiceType: 1}, Name: "check_pay", Summary: "Checks a pay token.",
		Results: retcode.PayToken, Success: retcode.PayTokenOK,
		Codes: []retcode.Code{
			retcode.PayTokenRevoked, retcode.PayTokenExpired, retcode.PayTokenSuperseded, retcode.PayTokenAppIDMismatch,
			retcode.PayTokenOpenIDLengthWrong, retcode.PayTokenOpenIDInvalid, retcode.PayTokenOpenIDReclaimed,
			retcode.PayTokenOpenIDCheckFailed, retcode.PayTokenOpenIDMismatch, retcode.PayTokenAppIDInvalid,
			retcode.PayTokenUndecryptable, retcode.PayTokenPasswordChanged,
		},
		Fallback: retcode.PayTokenOpenIDCheckFailed, Repeatable: true, Inline: true, Needs: NeedsTokens,
	}, (*wire.CheckPayRequest)(nil), (*wire.CheckPayResponse)(nil))
)

// NeedsTokens is what checks of tokens and openids need.
const NeedsTokens = "the platform's apps, accounts, openids and grants, and the keys that seal its tokens"

// AppCodes are the codes of every command that looks up an app.
var AppCodes = []retcode.Code{
	retcode.AccessTokenInternal, retcode.AccessTokenAppIDMissing, retcode.AccessTokenAppIDInvalid10,
	retcode.AccessTokenAppIDInvalid11, retcode.AccessTokenAppReadFailed,
}

// InProcessCodes are the codes that the bus itself may answer to a call inside the process, for any command: the call could
// not be made, it took too long, another process garbled it, or the account is refused.
var InProcessCodes = []retcode.Code{
	retcode.OIDBConnectFailed, retcode.OIDBDeadlineExceeded, retcode.OIDBRouteMissing, retcode.OIDBTestForwardingMissing,
	retcode.OIDBUnpackFailed, retcode.OIDBUINBlacklisted, retcode.OIDBNoInstance,
	retcode.OIDBShardInMaintenance, retcode.OIDBInteractiveNumber, retcode.OIDBClassBNotAllowed, retcode.OIDBClassBCNotAllowed,
	retcode.OIDBAccountFrozen, retcode.OIDBStaffProtected, retcode.OIDBSpeciallyProtected,
}
