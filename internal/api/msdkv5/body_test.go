package msdkv5

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/flatjson"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

type decoder func(*access.Call) error

func decode[T any, P interface {
	*T
	msdk.Body
}](c *access.Call) error {
	return msdk.Action(bodies, func(*access.Call, P) (any, error) { return nil, nil }).Decode(c)
}

func TestVerifyLoginBodies(t *testing.T) {
	const openid = "10000000000000000001"
	tests := []struct {
		name, body string
		want       error // nil when it is accepted
		says       string
	}{
		{"valid", `{"openid":"` + openid + `","token":"T"}`, nil, ""},
		{"of the PC SDK", `{"openid":"` + openid + `","token":"T","client_os":5}`, nil, ""},
		{"client_os null", `{"openid":"` + openid + `","token":"T","client_os":null}`, nil, ""},
		{"openid as a number", `{"openid":` + openid + `,"token":"T"}`, retcode.V5FieldInvalid, `"/openid"`},
		{"token as a number", `{"openid":"` + openid + `","token":7}`, retcode.V5FieldInvalid, `"/token"`},
		{"client_os as a string", `{"openid":"` + openid + `","token":"T","client_os":"5"}`, retcode.V5FieldInvalid, `"/client_os"`},
		{"client_os empty", `{"openid":"` + openid + `","token":"T","client_os":""}`, retcode.V5FieldInvalid, `"/client_os"`},
		{"client_os not whole", `{"openid":"` + openid + `","token":"T","client_os":5.5}`, retcode.V5FieldInvalid, `"/client_os"`},
		{"unknown members", `{"openid":"` + openid + `","token":"T","x":[{"y":null}]}`, nil, ""},
		{"white space around it", " \r\n\t{\"openid\":\"" + openid + "\",\"token\":\"T\"}\n", nil, ""},
		{"empty", ``, retcode.V5BodyEmpty, ""},
		{"white space alone", " \n", retcode.V5BodyEmpty, ""},
		{"an array", `[]`, retcode.V5BodyMalformed, "not a JSON object"},
		{"a string", `"x"`, retcode.V5BodyMalformed, "not a JSON object"},
		{"cut off", `{"openid":"1`, retcode.V5BodyMalformed, "at byte"},
		{"something after it", `{"openid":"1","token":"T"}{}`, retcode.V5BodyMalformed, "at byte"},
		{"a member twice", `{"openid":"1","token":"T","openid":"2"}`, retcode.V5BodyMalformed, `"/openid" occurs twice`},
		{"a member twice inside", `{"openid":"1","token":"T","x":{"a":1,"a":1}}`, retcode.V5BodyMalformed, `"/x/a" occurs twice`},
		{"not UTF-8", "{\"openid\":\"1\",\"token\":\"\xff\"}", retcode.V5BodyMalformed, "at byte"},
		{"half a surrogate", `{"openid":"1","token":"\ud800"}`, retcode.V5BodyMalformed, "at byte"},
		{"deep", `{"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, retcode.V5BodyMalformed, ""},
		{"no openid", `{"token":"T"}`, retcode.V5FieldMissing, `"openid"`},
		{"openid null", `{"openid":null,"token":"T"}`, retcode.V5FieldMissing, `"openid"`},
		{"openid empty", `{"openid":"","token":"T"}`, retcode.V5FieldMissing, `"openid"`},
		{"no token", `{"openid":"1"}`, retcode.V5FieldMissing, `"token"`},
		{"openid in other letters", `{"OpenID":"1","token":"T"}`, retcode.V5FieldMissing, `"openid"`},
		{"openid a boolean", `{"openid":true,"token":"T"}`, retcode.V5FieldInvalid, `"/openid"`},
		{"token an object", `{"openid":"1","token":{}}`, retcode.V5FieldInvalid, `"/token"`},
		{"openid no number", `{"openid":"ann","token":"T"}`, retcode.V5FieldInvalid, "MSDK openid"},
		{"openid a fraction", `{"openid":"1.5","token":"T"}`, retcode.V5FieldInvalid, "MSDK openid"},
		{"openid over 64 bits", `{"openid":"18446744073709551616","token":"T"}`, retcode.V5FieldInvalid, "MSDK openid"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := decode[verifyLoginBody](&access.Call{Body: []byte(test.body)})
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if text := refusals.Refusal(err).Text; err != nil && !strings.Contains(text, test.says) {
				t.Errorf("the caller reads %q, want something with %q", text, test.says)
			}
		})
	}
}

func TestFriendAndVIPBodies(t *testing.T) {
	const player = `"openid":"10000000000000000001","token":"T"`
	for _, test := range []struct {
		name string
		read decoder
		body string
		want error // nil when it is taken
		says string
	}{
		{"player", decode[playerBody], `{` + player + `}`, nil, ""},
		{"player without a token", decode[playerBody], `{"openid":"1"}`, retcode.V5FieldMissing, `"token"`},
		{"player of another form", decode[playerBody], `{"openid":"ann","token":"T"}`, retcode.V5FieldInvalid, "MSDK openid"},
		{"friends", decode[friendsBody], `{` + player + `}`, nil, ""},
		{"friends of QQ", decode[friendsBody], `{` + player + `,"sub_channelid":2}`, nil, ""},
		{"a channel in text", decode[friendsBody], `{` + player + `,"sub_channelid":"2"}`, retcode.V5FieldInvalid, `"/sub_channelid"`},
		{"friends without a token", decode[friendsBody], `{"openid":"1"}`, retcode.V5FieldMissing, `"token"`},
		{"memberships", decode[vipBody], `{` + player + `,"vip":1023,"xinyue_upgrade":1}`, nil, ""},
		{"the new Xinyue in text", decode[vipBody], `{` + player + `,"vip":1,"xinyue_upgrade":"1"}`, retcode.V5FieldInvalid, `"/xinyue_upgrade"`},
		{"no memberships", decode[vipBody], `{` + player + `}`, retcode.V5FieldMissing, `"vip"`},
		{"memberships null", decode[vipBody], `{` + player + `,"vip":null}`, retcode.V5FieldMissing, `"vip"`},
		{"memberships 0", decode[vipBody], `{` + player + `,"vip":0}`, retcode.V5FieldInvalid, "asks for nothing"},
		{"memberships below 0", decode[vipBody], `{` + player + `,"vip":-1}`, retcode.V5FieldInvalid, `"/vip"`},
		{"memberships over 32 bits", decode[vipBody], `{` + player + `,"vip":4294967296}`, retcode.V5FieldInvalid, `"/vip"`},
		{"memberships in text", decode[vipBody], `{` + player + `,"vip":"1"}`, retcode.V5FieldInvalid, `"/vip"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &access.Call{Body: []byte(test.body)}
			err := test.read(c)
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if text := refusals.Refusal(err).Text; err != nil && !strings.Contains(text, test.says) {
				t.Errorf("the caller reads %q, want something with %q", text, test.says)
			}
			if err == nil && c.User != "10000000000000000001" {
				t.Errorf("the user is %q", c.User)
			}
		})
	}
}

func FuzzBody(f *testing.F) {
	f.Add([]byte(`{"openid":"10000000000000000001","token":"T","client_os":5}`))
	f.Add([]byte(`{"channel_info":{"openid":"0123456789ABCDEF0123456789ABCDEF","access_token":"T"}}`))
	f.Add([]byte(`{"openid":1e99,"pay_token":"\u0000","channel_dis":"1"}`))
	f.Add([]byte(`{"openid":"1","token":"T","vip":255,"sub_channelid":2}`))
	f.Add([]byte(`{"openid":"1","token":"T","guild_id":"77","zone_id":"3","role_id":"r","type":"0","group_id":"700000001","guild_name":"鸦"}`))
	f.Add([]byte(`{"openid":"1","token":"T","guild_id":"77","zoneid":"3","roleid":"r","role_name":"n","leaderid":"2","leader_roleid":"r","gc":"0"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, read := range []decoder{
			decode[verifyLoginBody], decode[pfvalBody], decode[loginBody], decode[playerBody], decode[friendsBody], decode[vipBody],
			decode[groupCaller], decode[createGroupBody], decode[bindGroupBody], decode[guildBody], decode[joinGroupBody], decode[groupBody],
			decode[remindBody], decode[groupMessageBody],
		} {
			c := &access.Call{Body: body, App: &platform.App{AppID: 1}}
			err := read(c)
			if code, ok := retcode.From(err); err != nil && (!ok || code.Entry().Summary == "") {
				t.Errorf("%q is refused with %v, which has no code", body, err)
			}
			if err == nil && c.User == "" {
				t.Errorf("%q is accepted but has no user", body)
			}
		}
	})
}

func TestALoginIsForOneUserHoweverTheOpenIDIsWritten(t *testing.T) {
	users := make(map[string]bool)
	for _, openid := range []string{strings.Repeat("aB", 16), strings.Repeat("Ab", 16), strings.Repeat("AB", 16)} {
		c := &access.Call{Body: []byte(`{"channel_info":{"openid":"` + openid + `","access_token":"T"}}`)}
		if err := decode[loginBody](c); err != nil {
			t.Fatal(err)
		}
		users[c.User] = true
	}
	if len(users) != 1 {
		t.Errorf("one openid is counted as %v", users)
	}
}

// FuzzPlainBodies compares the quick reading of the most frequent body with the library's.
func FuzzPlainBodies(f *testing.F) {
	f.Add([]byte(`{"openid":"10000000000000000001","token":"T","client_os":5}`))
	f.Add([]byte(`{"appid":100700001,"openid":"AB","openkey":"T","userip":"1"}`))
	f.Add([]byte(`{"appid":"1","openid":7,"x":"y"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var got, want verifyLoginBody
		if flatjson.Read(body, &got) {
			if err := json.Unmarshal(body, &want); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%q: got %+v, the library has %+v, %v", body, got, want, err)
			}
		}
	})
}
