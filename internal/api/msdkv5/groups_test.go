package msdkv5

import (
	"testing"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/platform"
)

// read returns a body as the door reads it.
func read[T any, P interface {
	*T
	msdk.Body
}](t *testing.T, body string) P {
	t.Helper()
	c := &access.Call{Body: []byte(body), App: &platform.App{AppID: 1}}
	if err := msdk.Action(bodies, func(*access.Call, P) (any, error) { return nil, nil }).Decode(c); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return c.Input.(P)
}

// TestCards: a new member's name in the group has a label in front of it, under either of the names that clients have for it.
func TestCards(t *testing.T) {
	const join = `{"openid":"1","token":"T","guild_id":"77","zone_id":"3","roleid":"r","groupid":"700000001"`
	for members, want := range map[string]string{
		``:                   "",
		`,"user_name":"Ann"`: "Ann",
		`,"user_label":"长老","user_name":"Ann"`: "【长老】Ann",
		`,"user_labels":"长老"`:                  "【长老】",
	} {
		if got := read[joinGroupBody](t, join+members+`}`).card(); got != want {
			t.Errorf("%s: card %q, want %q", members, got, want)
		}
	}
}

// TestGroupMembersByTheirOtherNames: the same call under the names that the documents and clients have for its members.
func TestGroupMembersByTheirOtherNames(t *testing.T) {
	for _, body := range []string{
		`{"openid":"1","token":"T","guild_id":"77","zone_id":"3","roleid":"r","groupid":"700000001"}`,
		`{"openid":"1","token":"T","guild_id":"77","zoneid":"3","role_id":"r","group_id":"700000001","type":"0"}`,
		`{"openid":"1","token":"T","guild_id":"77","zoneid":"3","role_id":"r","gc":"700000001","partition":"9","areaid":"1"}`,
	} {
		in := read[bindGroupBody](t, body)
		if want := (platform.Guild{AppID: 1, Zone: "3", ID: "77"}); in.guild != want || in.role() != "r" || in.gc != 700000001 {
			t.Errorf("%s: guild %v, role %q, group %s", body, in.guild, in.role(), in.gc)
		}
	}
	for _, name := range []string{"leader_openid", "leaderid", "leader_open_id"} {
		in := read[remindBody](t, `{"openid":"1","token":"T","guild_id":"77","zone_id":"3","roleid":"r","role_name":"n","leader_roleid":"s","`+name+`":"2"}`)
		if in.leader != 2 {
			t.Errorf("%s: leader %s", name, in.leader)
		}
	}
}
