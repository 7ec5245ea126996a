package scenarios

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// first is the account number just below a crowd's.
const first = 1_000_000

// crowd makes count players of the game, all friends of the person, directly in the store: through the interfaces it would
// take several calls per friend. Their account numbers are those after first.
func crowd(t *testing.T, p *rookery.Platform, of player, count int) {
	t.Helper()
	for _, insert := range []string{
		`INSERT INTO accounts (uin, profile, state, class, password_hash, password_epoch, created_ms)
			SELECT ?2 + i, json_object('nickname', '小乌鸦' || i, 'picture_url', 'https://pic.example/u/' || i || '/'), state, class,
				password_hash, password_epoch, created_ms FROM n, accounts WHERE uin = ?3`,
		`INSERT INTO openids (appid, openid, uin, state, token_epoch, pay_epoch, ended_epoch, ended_by, scopes, since_ms, changed_ms)
			SELECT appid, unhex(printf('%032X', i)), ?2 + i, state, token_epoch, pay_epoch, ended_epoch, ended_by, scopes, since_ms, changed_ms
			FROM n, openids WHERE uin = ?3 AND appid = ?4`,
		`INSERT INTO players SELECT p.appid, 1000 + i, p.channel, unhex(printf('%032X', i)), p.created_ms
			FROM n, players p JOIN openids o USING (appid, openid) WHERE o.uin = ?3 AND appid = ?4`,
		`INSERT INTO friendships SELECT ?3, ?2 + i, '', 0 FROM n WHERE ?4 UNION ALL SELECT ?2 + i, ?3, '', 0 FROM n`,
	} {
		p.Exec(t, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) "+insert, count, first, of.uin, of.app.AppID)
	}
}

// TestThreeThousandFriends: every door that lists friends shows all of them, reads the store once for that, and keeps its
// answer within bounds; when the store fails the whole list is still there.
func TestThreeThousandFriends(t *testing.T) {
	const count = 3000
	p := rookery.Start(t)
	ann := newPlayer(t, p)
	p.SetApp(t, ann.app, relation)
	crowd(t, p, ann, count)
	v3Friends := func(flag string) (map[string]any, int) {
		v3 := v3LogIn(t, p, ann.app, ann.uin) // each login ends the token of the previous one
		answer := p.CallV3(t, v3.with("/relation/qqfriends_detail", v3.token, `"flag":`+flag))
		return answer.Fields(t), len(answer.Body)
	}
	openFriends := func(pf string) (map[string]any, int) {
		answer := wantOpenAPI(t, p, join(t, p, ann.app, ann.uin).call(appFriends).With("pf", pf).With("charset", "utf-8"), 0, "")
		return answer.Fields, len(answer.Body)
	}
	doors := []struct {
		name string
		most int // bytes of the answer per element of the list
		ask  func() (fields map[string]any, size int)
		list string
		want int
	}{
		{"friend_list", 260, func() (map[string]any, int) {
			answer := p.Call(t, logIn(t, p, ann.app, ann.uin).friendList())
			return answer.Fields, len(answer.Body)
		}, "lists", count},
		{"qqfriends_detail", 160, func() (map[string]any, int) { return v3Friends("1") }, "lists", count},
		{"qqfriends_detail with the caller", 160, func() (map[string]any, int) { return v3Friends("2") }, "lists", count + 1},
		{"get_app_friends", 60, func() (map[string]any, int) { return openFriends("qzone") }, "items", count},
		{"get_app_friends of QQ Games", 330, func() (map[string]any, int) { return openFriends("qqgame") }, "items", count},
	}
	whole := func(lost string) {
		t.Helper()
		for _, door := range doors {
			fields, size := door.ask()
			list, _ := fields[door.list].([]any)
			names := make(map[any]bool, len(list))
			for _, element := range list {
				friend, _ := element.(map[string]any)
				names[friend["openid"]] = true
			}
			if len(names) != door.want || len(list) != door.want || fmt.Sprint(fields["is_lost"]) != lost {
				t.Errorf("%s: %d friends, %d of them different, is_lost %v; want %d, is_lost %s", door.name, len(list), len(names), fields["is_lost"], door.want, lost)
			}
			if size > door.want*door.most {
				t.Errorf("%s: %d bytes, %d a friend; want at most %d", door.name, size, size/door.want, door.most)
			}
		}
	}
	whole("0")
	for after := first; after < first+count; after += 200 { // the bus has pages, so that they fit into frames
		page := p.Bus(t, rookery.BusCall{Command: 0xf00, ServiceType: 1, Body: rookery.Message(nil).
			Decimal(1, ann.app.AppID).Decimal(2, ann.uin).Number(3, uint64(after))})
		last := rookery.Message(nil).Number(1, uint64(after+200))
		if more := page.Numbers[4] != 0; page.Result != 0 || more != (after+200 < first+count) || !strings.HasPrefix(page.Texts[2], string(last)) {
			t.Errorf("the page after %d: result %d, more %v, its last friend is %q", after, page.Result, more, page.Texts[2])
		}
	}
	p.AddFault(t, rookery.Fault{Point: "store.read:friendships", AppID: ann.app.AppID})
	whole("1")
	var faults []rookery.Fault
	p.Admin(t, "GET", "/dev/v1/faults", nil, &faults)
	if len(faults) != 1 || faults[0].Hits != len(doors) {
		t.Errorf("%d calls for lists read friendships so often: %+v", len(doors), faults)
	}
}

// TestFriendshipsThatCannotBe: requests that the operator's interface refuses, and the reasons that it gives.
func TestFriendshipsThatCannotBe(t *testing.T) {
	p := rookery.Start(t)
	ann := newPlayer(t, p)
	ben, nobody := p.NewAccount(t), "4000000000"
	crowd(t, p, ann, 4999)
	p.Befriend(t, ann.uin, ben)
	of := func(uin string) string { return "/admin/v1/accounts/" + uin + "/friends" }
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		says                     string
	}{
		{"one friend too many", "POST", of(ann.uin), `{"friend":"` + p.NewAccount(t) + `"}`, 400, "5000 friends already"},
		{"from the other side", "POST", of(p.NewAccount(t)), `{"friend":"` + ann.uin + `"}`, 400, "5000 friends already"},
		{"friends already", "POST", of(ann.uin), `{"friend":"` + ben + `"}`, 201, ""},
		{"oneself", "POST", of(ben), `{"friend":"` + ben + `"}`, 400, "its own friend"},
		{"nobody", "POST", of(ben), `{"friend":"` + nobody + `"}`, 404, "there is no account " + nobody},
		{"of nobody", "POST", of(nobody), `{"friend":"` + ben + `"}`, 404, "there is no account " + nobody},
		{"no friend named", "POST", of(ben), `{}`, 400, `"friend"`},
		{"a number for a friend", "POST", of(ben), `{"friend":10001}`, 400, "/friend"},
		{"the longest remark", "PATCH", of(ann.uin) + "/" + ben, `{"remark":"` + strings.Repeat("x", 100) + `"}`, 200, ""},
		{"a longer remark", "PATCH", of(ann.uin) + "/" + ben, `{"remark":"` + strings.Repeat("x", 101) + `"}`, 400, "101 bytes"},
		{"a remark that is no text", "PATCH", of(ann.uin) + "/" + ben, "{\"remark\":\"\xff\"}", 400, "UTF-8"},
		{"a remark on a stranger", "PATCH", of(ben) + "/1000001", `{"remark":"x"}`, 404, "are not friends"},
		{"the end of no friendship", "DELETE", of(ben) + "/1000001", "", 404, "are not friends"},
	} {
		status, answer, err := p.AdminRaw(test.method, test.path, []byte(test.body))
		if err != nil || status != test.status || !strings.Contains(string(answer), strings.ReplaceAll(test.says, `"`, `\"`)) {
			t.Errorf("%s: got status %d and %s, %v; want %d, saying %q", test.name, status, answer, err, test.status, test.says)
		}
	}
}
