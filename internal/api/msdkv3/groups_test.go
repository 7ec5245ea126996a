package msdkv3

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/groups"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// TestJoinKeys: the key for joining depends on the appkey, which nobody else has, and on the group.
func TestJoinKeys(t *testing.T) {
	app, other := &platform.App{AppID: 1, AppKey: "key"}, &platform.App{AppID: 1, AppKey: "another key"}
	key := joinKey(app, 7)
	if len(key) != 32 || key != joinKey(app, 7) {
		t.Errorf("key %q, then %q", key, joinKey(app, 7))
	}
	if key == joinKey(other, 7) || key == joinKey(app, 8) {
		t.Error("the key does not depend on the appkey, or not on the group")
	}
}

// TestV2SaysWhatWasWrong: an error that gets one of V2's numbers keeps its words; a failure without any has those of its own
// number. Its cause is for the log.
func TestV2SaysWhatWasWrong(t *testing.T) {
	failure := func(code retcode.Code, cause error) error {
		return &oidb.Failure{Command: &groups.Show.Declaration, Code: code, Cause: cause}
	}
	broken := errors.New("disk I/O error")
	for _, test := range []struct {
		refuse func(error) error
		err    error
		want   retcode.Code
		says   string
		cause  string // a part of it; "" for none
	}{
		{v2Query, retcode.GroupOpenIDInvalid.Errorf("the body is for another"), retcode.V2GroupParameterInvalid, "the body is for another", ""},
		{v2Query, retcode.GroupParameterInvalid.Errorf("no token"), retcode.V2GroupParameterInvalid, "no token", ""},
		{v2Query, failure(retcode.GroupDisbanded, retcode.GroupDisbanded.Errorf("group 7 was disbanded").WithCause(broken)),
			retcode.V2GroupDisbanded, "group 7 was disbanded", "ret: 221012: disk I/O error"},
		{v2Query, failure(retcode.GroupBindingReadFailed, retcode.GroupBindingReadFailed.WithCause(broken)),
			retcode.V2GroupFailed, "stored binding could not be read", "ret: 221014: disk I/O error"},
		{v2Unbind, failure(retcode.GroupIDIPFailed, nil), retcode.V2UnbindFailed, "the game's IDIP server failed to answer", "ret: -182008"},
		{v2Unbind, failure(retcode.GroupGuildNotBound, retcode.GroupGuildNotBound.Errorf("not bound")), retcode.V2UnbindNotBound, "not bound", "ret: 221002"},
	} {
		err := test.refuse(test.err)
		var coded *retcode.Error
		if !errors.As(err, &coded) || coded.Code() != test.want || coded.Detail() != test.says {
			t.Errorf("%v is refused with %v, want %v: %s", test.err, err, test.want, test.says)
			continue
		}
		if cause := coded.Cause(); (cause == nil) != (test.cause == "") || cause != nil && !strings.HasSuffix(cause.Error(), test.cause) {
			t.Errorf("%v has the cause %v, want %q", test.err, cause, test.cause)
		}
		if r := refusals.Refusal(err); r.Code != test.want || r.Text != test.says {
			t.Errorf("%v is answered %+v", test.err, r)
		}
	}
}

// TestV2AsksForWhatItAnswers: about a group's people only for those interfaces that show them, and about the caller only where
// that decides.
func TestV2AsksForWhatItAnswers(t *testing.T) {
	var asked *wire.ShowGuildGroupRequest
	bus := oidb.NewBus()
	oidb.Handle(bus, groups.Show, func(_ context.Context, req *wire.ShowGuildGroupRequest) (*wire.ShowGuildGroupResponse, error) {
		asked = req
		return &wire.ShowGuildGroupResponse{Gc: 700000001, Guild: "77", Zone: "3", GroupOpenid: make([]byte, 16), Relation: 3}, nil
	})
	d := &door{bus: bus}
	c := &access.Call{Request: httptest.NewRequest("POST", "/", nil), App: &platform.App{AppID: 1, AppKey: "key"}}
	byGuild, byNumber := &byGuildBody{}, &byGuildBody{oldQuery: oldQuery{Opt: optNumber}}
	for _, test := range []struct {
		name             string
		call             func() (any, error)
		relation, people bool
	}{
		{"get_groupopenid by guild", func() (any, error) { return d.groupOpenID(c, byGuild) }, true, false},
		{"get_groupopenid by number", func() (any, error) { return d.groupOpenID(c, byNumber) }, false, false},
		{"get_group_detail by guild", func() (any, error) { return d.groupDetail(c, byGuild) }, true, true},
		{"get_group_detail by number", func() (any, error) { return d.groupDetail(c, byNumber) }, false, true},
		{"get_groupinfo", func() (any, error) { return d.oldGroupInfo(c, &byOpenIDBody{}) }, true, true},
		{"get_group_key", func() (any, error) { return d.groupKey(c, &byOpenIDBody{}) }, false, false},
	} {
		if _, err := test.call(); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if asked.Relation != test.relation || asked.People != test.people {
			t.Errorf("%s asks for the relation: %t, for the people: %t", test.name, asked.Relation, asked.People)
		}
	}
}

// reading returns how bodies of one type are read, and the codes with which they may be refused.
func reading[T any, P interface {
	*T
	msdk.Body
}]() (func(*access.Call) error, []retcode.Code) {
	return msdk.Action(bodies, func(*access.Call, P) (any, error) { return nil, nil }).Decode,
		append(P(new(T)).Codes(), bodies.Empty, bodies.Malformed)
}

// FuzzGroupBodies: whatever is wrong with the body of a group interface has one of the numbers that it declares.
func FuzzGroupBodies(f *testing.F) {
	const caller = `{"appid":1,"openid":"0123456789ABCDEF0123456789ABCDEF","accessToken":"T",`
	f.Add([]byte(caller + `"guild_id":"77","zone_id":"3","guild_name":"鸦","roleid":"r","gc":"700000001"}`))
	f.Add([]byte(caller + `"pf":"qqqun","group_openid":"0123456789ABCDEF0123456789ABCDEF","title":"t"}`))
	f.Add([]byte(caller + `"opt":"1","unionid":"77","zoneid":"3","groupCode":"0","groupOpenid":"0123"}`))
	f.Add([]byte(caller + `"unionid":"x","groupOpenid":"0123456789abcdef0123456789abcdef"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		check := func(read func(*access.Call) error, codes []retcode.Code) {
			err := read(&access.Call{Body: body, App: &platform.App{AppID: 1}})
			if code, ok := retcode.From(err); err != nil && (!ok || !slices.Contains(codes, code)) {
				t.Errorf("%q is refused with %v, which is not declared", body, err)
			}
		}
		check(reading[createGroupBody]())
		check(reading[bindGroupBody]())
		check(reading[guildBody]())
		check(reading[groupBody]())
		check(reading[groupMessageBody]())
		check(reading[byGuildBody]())
		check(reading[byOpenIDBody]())
		check(reading[oldUnbindBody]())
	})
}
