package msdkv3

import (
	"slices"
	"testing"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
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
