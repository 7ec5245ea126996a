package connect

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

func fullHead() wire.Head {
	return wire.Head{
		UIN: 10001, ClientAddr: netip.MustParseAddr("2001:db8::1"), Login: wire.Login{Sig: []byte("sig"), AppID: 100700001}, Service: []byte("gw"),
		RequestID: []byte("r-1"), Caller: 100700002, Forwarded: true, TraceParent: []byte("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
	}
}

func TestAHeadInMetadata(t *testing.T) {
	header := make(http.Header)
	head := fullHead()
	writeHead(header, &head)
	want := http.Header{
		"Oidb-Uin": {"10001"}, "Oidb-Appid": {"100700002"}, "Oidb-Login-Appid": {"100700001"}, "Oidb-Login-Sig": {"sig"},
		"Oidb-Client-Addr": {"2001:db8::1"}, "Oidb-Service": {"gw"}, "Oidb-Request-Id": {"r-1"}, "Oidb-Forwarded": {"1"},
		"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
	}
	if diff := cmp.Diff(want, header); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	got, err := readHead(header)
	if diff := cmp.Diff(head, got, cmpopts.EquateComparable(netip.Addr{})); err != nil || diff != "" {
		t.Errorf("%v (-written +read)\n%s", err, diff)
	}
	empty := make(http.Header)
	if writeHead(empty, new(wire.Head)); len(empty) > 0 {
		t.Errorf("an empty head has the metadata %v", empty)
	}
}

func TestMetadataOfAnotherForm(t *testing.T) {
	for name, values := range map[string][]string{
		"Oidb-Uin": {"", "-1", "0x1", "18446744073709551616"}, "Oidb-Appid": {"x"}, "Oidb-Login-Appid": {"4294967296"},
		"Oidb-Client-Addr": {"", "localhost", "192.0.2.7:80", "fe80::1%eth0"}, "Oidb-Forwarded": {"", "0", "true"},
	} {
		for _, value := range values {
			if _, err := readHead(http.Header{name: {value}}); err == nil || !strings.Contains(err.Error(), "the metadata "+name) {
				t.Errorf("%s: %q: %v", name, value, err)
			}
		}
	}
	head, err := readHead(http.Header{"Oidb-Client-Addr": {"::ffff:192.0.2.7"}, "Oidb-Request-Id": {strings.Repeat("x", 65)}})
	if err != nil || head.ClientAddr != netip.MustParseAddr("192.0.2.7") || len(head.RequestID) != 64 {
		t.Errorf("got %+v, %v", head, err)
	}
	if head, err := readHead(http.Header{"Traceparent": {"00-1", "00-2"}}); err != nil || head.TraceParent != nil {
		t.Errorf("two traceparents: %s, %v", head.TraceParent, err)
	}
}

// FuzzMetadata: whatever is taken is written again with the same meaning.
func FuzzMetadata(f *testing.F) {
	f.Add("10001", "7", "192.0.2.7", "1")
	f.Add("", "0", "::1", "")
	f.Fuzz(func(t *testing.T, uin, app, addr, forwarded string) {
		head, err := readHead(http.Header{"Oidb-Uin": {uin}, "Oidb-Login-Appid": {app}, "Oidb-Client-Addr": {addr}, "Oidb-Forwarded": {forwarded}})
		if err != nil {
			return
		}
		header := make(http.Header)
		writeHead(header, &head)
		again, err := readHead(header)
		if err != nil || again.UIN != head.UIN || again.Login.AppID != head.Login.AppID || again.ClientAddr != head.ClientAddr || again.Forwarded != head.Forwarded {
			t.Errorf("%+v became %+v, %v", head, again, err)
		}
	})
}

// FuzzJSON: a request in JSON becomes one in protobuf, or is refused with words for its caller; what is written as JSON can be read again.
func FuzzJSON(f *testing.F) {
	of := (*wire.SendGroupMessageRequest)(nil).ProtoReflect().Descriptor()
	for _, seed := range []string{`{}`, ``, `{"gc":"700000001","uin":10001,"message":{"kind":1,"title":"a"}}`, `{"message":null}`, `{"request":"\ud800"}`, `[1]`} {
		f.Add([]byte(seed))
	}
	codec := text{"json"}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := message{of: of}
		if err := codec.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		if m.malformed != nil {
			return
		}
		if err := proto.Unmarshal(m.body, new(wire.SendGroupMessageRequest)); err != nil {
			t.Fatalf("%q became %x: %v", data, m.body, err)
		}
		again, err := codec.Marshal(&m)
		if err != nil {
			t.Fatal(err)
		}
		second := message{of: of}
		if err := codec.Unmarshal(again, &second); err != nil || second.malformed != nil || string(second.body) != string(m.body) {
			t.Errorf("%q became %q, and that %x in place of %x, %v", data, again, second.body, m.body, second.malformed)
		}
	})
}

// FuzzAnswers: an answer of any bytes that are its message can be shown in JSON.
func FuzzAnswers(f *testing.F) {
	of := (*wire.ListFriendsResponse)(nil).ProtoReflect().Descriptor()
	seed, err := proto.Marshal(&wire.ListFriendsResponse{Uin: 1, Friend: []*wire.AppFriend{{Nickname: "a\xffb", Vip: []*wire.Membership{{}}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, body []byte) {
		if proto.Unmarshal(body, new(wire.ListFriendsResponse)) != nil {
			return
		}
		if _, err := (text{"json"}).Marshal(&message{of: of, body: body}); err != nil {
			t.Errorf("%x: %v", body, err)
		}
	})
}
