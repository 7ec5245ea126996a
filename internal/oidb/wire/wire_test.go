package wire

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/rookeryhq/rookery/internal/platform"
)

// sameHead compares the hand-written head with the generated one.
func sameHead(t *testing.T, data []byte) {
	t.Helper()
	var h Head
	seq, err := h.Parse(data)
	var pb OIDBHead
	if wrong := proto.Unmarshal(data, &pb); (err != nil) != (wrong != nil) {
		t.Fatalf("%x: by hand %v, generated %v", data, err, wrong)
	}
	if err != nil {
		return
	}
	if seq != (pb.Uint32Seq != nil) {
		t.Errorf("%x: seq seen: %v, want %v", data, seq, pb.Uint32Seq != nil)
	}
	want := Head{
		UIN:     platform.UIN(pb.GetUint64Uin()),
		Command: ID{Number: pb.GetUint32Command(), ServiceType: pb.GetUint32ServiceType()},
		Seq:     pb.GetUint32Seq(), Result: pb.GetUint32Result(), Message: pb.GetStrErrorMsg(), Service: []byte(pb.GetStrServiceName()),
		Login: Login{Type: pb.MsgLoginSig.GetUint32Type(), Sig: pb.MsgLoginSig.GetBytesSig(), AppID: pb.MsgLoginSig.GetUint32Appid()},
	}
	// Fields without a one-to-one form are compared elsewhere.
	h.ClientAddr, h.Budget, h.RequestID, h.Caller, h.Forwarded = netip.Addr{}, 0, nil, 0, false
	h.Detail, h.RetryAfter, h.TraceParent = "", 0, nil
	if diff := cmp.Diff(want, h, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Addr{})); diff != "" {
		t.Errorf("%x: (-generated +by hand)\n%s", data, diff)
	}
}

func fullHead() Head {
	return Head{
		UIN: 10001, Command: ID{Number: 0x711, ServiceType: 127}, Seq: 1 << 31, ClientAddr: netip.MustParseAddr("192.0.2.7"), Result: 255,
		Message: "no", Login: Login{Type: 1, Sig: []byte("sig"), AppID: 100700001}, Service: []byte("gw"), Budget: 1500 * time.Millisecond,
		RequestID: []byte("r-1"), Caller: 100700002, TraceParent: []byte("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
	}
}

func TestAHeadIsWrittenAsTheGeneratedOneReadsIt(t *testing.T) {
	for name, addr := range map[string]string{"IPv4": "192.0.2.7", "IPv6": "2001:db8::1"} {
		t.Run(name, func(t *testing.T) {
			want := fullHead()
			want.ClientAddr = netip.MustParseAddr(addr)
			data := want.Append(nil)
			sameHead(t, data)
			var got Head
			if _, err := got.Parse(data); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.Addr{})); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			var pb OIDBHead
			var reserved Reserved
			if err := proto.Unmarshal(data, &pb); err != nil {
				t.Fatal(err)
			}
			if err := proto.Unmarshal(pb.Reserved, &reserved); err != nil {
				t.Fatal(err)
			}
			if reserved.GetBudgetMs() != 1500 || reserved.GetRequestId() != "r-1" || reserved.GetAppid() != 100700002 || reserved.GetTraceparent() != "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" {
				t.Errorf("reserved: %v", &reserved)
			}
			if name == "IPv4" && pb.GetUint32ClientAddr() != 0xc0000207 {
				t.Errorf("client address: %x", pb.GetUint32ClientAddr())
			}
		})
	}
}

func TestForeignReservedBytesAreNoFault(t *testing.T) {
	data, err := proto.Marshal(&OIDBHead{Uint32Seq: proto.Uint32(7), Reserved: []byte{0xff, 0xff}})
	if err != nil {
		t.Fatal(err)
	}
	var h Head
	if _, err := h.Parse(data); err != nil || h.Seq != 7 || h.Budget != 0 {
		t.Errorf("got %+v, %v", h, err)
	}
}

// TestATraceParentOfAnotherLength is no fault either, and is left out.
func TestATraceParentOfAnotherLength(t *testing.T) {
	for _, text := range []string{"00-1", strings.Repeat("0", 54), strings.Repeat("0", 56), strings.Repeat("0", 4096)} {
		written := Head{Seq: 7, RequestID: []byte("r-1"), TraceParent: []byte(text)}
		var read Head
		if _, err := read.Parse(written.Append(nil)); err != nil || read.TraceParent != nil || string(read.RequestID) != "r-1" {
			t.Errorf("%.60q: read as %q, %v", text, read.TraceParent, err)
		}
	}
}

func FuzzHead(f *testing.F) {
	full := fullHead()
	f.Add(full.Append(nil))
	f.Add([]byte{0x20})
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte{0x4a}) {
			// The generated code merges a repeated login signature, and this one replaces it member by member: the result
			// is the same, except when only one of the two is valid. Both refuse invalid ones.
			t.Skip()
		}
		sameHead(t, data)
	})
}

func FuzzClientPackage(f *testing.F) {
	f.Add((&ClientPackage{Command: ID{Number: 0x73a, ServiceType: 1}, Body: []byte("b"), Version: []byte("v")}).Append(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p ClientPackage
		var pb OIDBSSOPkg
		err := p.Parse(data)
		if wrong := proto.Unmarshal(data, &pb); (err != nil) != (wrong != nil) {
			t.Fatalf("by hand %v, generated %v", err, wrong)
		}
		if err == nil && (p.Command != (ID{Number: pb.GetUint32Command(), ServiceType: pb.GetUint32ServiceType()}) || !bytes.Equal(p.Body, pb.GetBytesBodybuffer())) {
			t.Errorf("got %+v, want %v", p, &pb)
		}
	})
}

// sameRequest compares a request read by hand with the generated ones of the two checks.
func sameRequest(t *testing.T, data []byte) {
	t.Helper()
	m, err := ParseCheckRequest(data)
	var (
		access CheckAccessRequest
		pay    CheckPayRequest
	)
	if wrong := proto.Unmarshal(data, &access); (err != nil) != (wrong != nil) {
		t.Fatalf("%x: by hand %v, generated %v", data, err, wrong)
	}
	if err != nil {
		return
	}
	if wrong := proto.Unmarshal(data, &pay); wrong != nil {
		t.Fatalf("%x: by hand nil, generated %v", data, wrong)
	}
	want := CheckRequest{
		AppID: platform.AppID(access.Appid), OpenID: access.Openid, MSDKOpenID: platform.MSDKOpenID(access.MsdkOpenid),
		Token: access.AccessToken, PC: access.Pc, Bearer: access.Bearer, Guest: access.Guest, Either: access.Either,
	}
	if want.Token == "" && len(access.Openkey) > 0 {
		want.Token, want.Openkey = string(access.Openkey), true
	}
	if diff := cmp.Diff(want, m, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%x: (-generated +by hand)\n%s", data, diff)
	}
	if uint64(m.AppID) != pay.Appid || !bytes.Equal(m.OpenID, pay.Openid) || uint64(m.MSDKOpenID) != pay.MsdkOpenid || !m.Openkey && m.Token != pay.PayToken {
		t.Errorf("%x: by hand %+v, generated %v", data, m, &pay)
	}
	again, err := ParseCheckRequest(AppendCheckRequest(nil, m))
	if diff := cmp.Diff(m, again, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("%x: written and read again: %v (-want +got)\n%s", data, err, diff)
	}
}

func sameResponse(t *testing.T, data []byte) {
	t.Helper()
	m, err := ParseCheckResponse(data)
	var (
		access CheckAccessResponse
		pay    CheckPayResponse
	)
	if wrong := proto.Unmarshal(data, &access); (err != nil) != (wrong != nil) {
		t.Fatalf("%x: by hand %v, generated %v", data, err, wrong)
	}
	if err != nil {
		return
	}
	if wrong := proto.Unmarshal(data, &pay); wrong != nil {
		t.Fatalf("%x: by hand nil, generated %v", data, wrong)
	}
	want := CheckResponse{
		UIN: platform.UIN(access.Uin), MSDKOpenID: platform.MSDKOpenID(access.MsdkOpenid), IssuedMS: access.IssuedMs, ExpiresMS: access.ExpiresMs,
		PC: access.Pc, PasswordEpoch: access.PasswordEpoch, TokenEpoch: access.TokenEpoch, AppID: platform.AppID(access.Appid),
		Scopes: platform.ScopeSet(access.Scopes),
	}
	copy(want.OpenID[:], access.Openid)
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("%x: (-generated +by hand)\n%s", data, diff)
	}
	same := &CheckAccessResponse{
		Uin: pay.Uin, Openid: pay.Openid, MsdkOpenid: pay.MsdkOpenid, IssuedMs: pay.IssuedMs, ExpiresMs: pay.ExpiresMs, Pc: pay.Pc,
		PasswordEpoch: pay.PasswordEpoch, TokenEpoch: pay.TokenEpoch, Appid: pay.Appid, Scopes: pay.Scopes,
	}
	if diff := cmp.Diff(&access, same, protocmp.Transform(), protocmp.IgnoreUnknown()); diff != "" {
		t.Errorf("%x: (-of the access token +of the pay token)\n%s", data, diff)
	}
}

var requests = map[string]CheckRequest{
	"nothing":    {},
	"a token":    {AppID: 1, OpenID: make([]byte, 16), Token: "t", PC: true},
	"an openkey": {AppID: 1, MSDKOpenID: 1<<63 + 1, Token: "t", Openkey: true},
	"either":     {AppID: 1, OpenID: make([]byte, 16), Token: "t", Either: true},
	"a bearer":   {Token: "t", Bearer: true},
	"a guest":    {AppID: 1<<63 - 1, OpenID: []byte("no openid"), Token: "t", Guest: true},
	"no UTF-8":   {AppID: 1, Token: "\xff\xfe"},
}

var responses = map[string]CheckResponse{
	"nothing": {},
	"all": {
		UIN: 10001, OpenID: platform.OpenID{1, 15: 2}, MSDKOpenID: 3, IssuedMS: 4, ExpiresMS: 5, PC: true,
		PasswordEpoch: 1<<32 - 1, TokenEpoch: 7, AppID: 1<<63 - 1, Scopes: 1 << 31,
	},
}

func TestChecksAreWrittenAsTheGeneratedOnesReadThem(t *testing.T) {
	for name, want := range requests {
		data := AppendCheckRequest(nil, want)
		sameRequest(t, data)
		got, err := ParseCheckRequest(data)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("request, %s: %v (-want +got)\n%s", name, err, diff)
		}
	}
	for name, want := range responses {
		data := AppendCheckResponse(nil, want)
		sameResponse(t, data)
		got, err := ParseCheckResponse(data)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("answer, %s: %v (-want +got)\n%s", name, err, diff)
		}
	}
}

// TestTheNumbersOfTheChecks: the numbers of the fields are part of the contract.
func TestTheNumbersOfTheChecks(t *testing.T) {
	for name, test := range map[string]struct{ got, want []byte }{
		"request": {
			AppendCheckRequest(nil, CheckRequest{AppID: 1, OpenID: []byte("o"), MSDKOpenID: 3, Token: "t", PC: true, Bearer: true, Guest: true, Either: true}),
			[]byte("\x08\x01\x12\x01o\x18\x03\x22\x01t\x30\x01\x38\x01\x40\x01\x48\x01"),
		},
		"request with an openkey": {
			AppendCheckRequest(nil, CheckRequest{AppID: 1, Token: "t", Openkey: true}), []byte("\x08\x01\x2a\x01t"),
		},
		"answer": {
			AppendCheckResponse(nil, CheckResponse{MSDKOpenID: 3, IssuedMS: 4, ExpiresMS: 5, PC: true, PasswordEpoch: 7, TokenEpoch: 8, AppID: 9, Scopes: 10}),
			[]byte("\x18\x03\x20\x04\x28\x05\x30\x01\x38\x07\x40\x08\x48\x09\x50\x0a"),
		},
	} {
		if !bytes.Equal(test.got, test.want) {
			t.Errorf("%s: got %x, want %x", name, test.got, test.want)
		}
	}
}

func FuzzCheckRequest(f *testing.F) {
	for _, m := range requests {
		f.Add(AppendCheckRequest(nil, m))
	}
	f.Fuzz(sameRequest)
}

func FuzzCheckResponse(f *testing.F) {
	for _, m := range responses {
		f.Add(AppendCheckResponse(nil, m))
	}
	f.Add([]byte("\x12\x100123456789abcdef\x12\x00")) // two openids, the second of which is empty
	f.Fuzz(sameResponse)
}
