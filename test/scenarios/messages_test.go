package scenarios

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// messageScenarios are those of Ark messages and of messages that are shared.
var messageScenarios = []scenario{
	{"qq/225001", "appid is empty", arkAnswers(225001, "", arkWithout("appid"))},
	{"qq/225002", "openid is empty", arkAnswers(225002, "", arkWithout("openid"))},
	{"qq/225003", "fopenid is empty", arkAnswers(225003, "", arkWithout("fopenid"))},
	{"qq/225004", "accesstoken is empty", arkAnswers(225004, "", arkWithout("accesstoken"))},
	{"qq/225005", "extraJSON is empty", arkAnswers(225005, "", arkWithout("extraJSON"))},
	{"qq/225006", "extraJSON does not fit the scene's template", arkAnswers(225006, "extraJSON does not fit the scene's template: /title: got number, want string", arkChanged("extraJSON", `{"title":7}`))},
	{"qq/225007", "the command that checks friends cannot be reached", arkAnswers(225007, "", friendsCannotBeChecked)},
	{"qq/225008", "the two are not friends", arkAnswers(225008, "", noFriends)},
	{"qq/225009", "the scene is not there, or not yet in effect", arkAnswers(225009, "", sceneNotInEffect)},
	{"qq/225010", "the scene's card refers to a field that extraJSON lacks", arkAnswers(225010, `the scene's card refers to the field "text", which extraJSON lacks`, arkChanged("extraJSON", `{"title":"x"}`))},
	{"qq/901203", "the sender has sent ten messages today", arkAnswers(901203, "the sender may send 10 a day and 40 a week", senderUsedUp)},
	{"qq/901204", "the receiver has got five messages today", arkAnswers(901204, "the receiver may get 5 a day and 20 a week", receiverUsedUp)},
	{"qq/901205", "the receiver has got one from the sender today", arkAnswers(901205, "a sender may send the same receiver 1 a day", pairUsedUp)},
	{"qq/9001010", "the app, or the scene's mini program, is switched off", arkAnswers(9001010, "", senderNotOnline)},

	{"share/22", "the command that checks friends cannot be reached", shareAnswers(22, errTypeLater, shareFriendsCannotBeChecked)},
	{"share/23", "the inbox cannot be written", shareAnswers(23, errTypeLater, inboxUnwritable)},
	{"share/24", "the inbox answers too late", shareAnswers(24, errTypeLater, inboxSlow)},
	{"share/27", "the picture's and the target's addresses are too long together", shareAnswers(27, errTypeUnknown, shareChanged(
		`"http://img.example.net/a.png"`, `"http://img.example.net/`+strings.Repeat("x", 400)+`"`,
		`"http://gamecenter.qq.com/gcjump"`, `"http://gamecenter.qq.com/`+strings.Repeat("x", 300)+`"`))},
	{"share/32", "the two are not friends", shareAnswers(32, errTypeUnknown, shareWithStranger)},
	{"share/103", "the title is one letter too long", shareAnswers(103, errTypeUnknown, shareChanged(`"A heart for you"`, `"`+strings.Repeat("x", 46)+`"`))},
	{"share/100001", "dst is a text", shareAnswers(100001, errTypeUnknown, shareChanged(`"dst":1001`, `"dst":"1001"`))},
	{"share/100004", "the text has a forbidden word", forbiddenWord},
}

const (
	errTypeLater   = 1
	errTypeUnknown = 5
)

// arkGame is a game with a scene in effect and two friends who use it, on a platform of its own: messages wait for its clock.
type arkGame struct {
	on       *rookery.Platform
	app      rookery.App
	ann, ben v3Player
}

const arkTemplate = `{"type":"object","properties":{"title":{"type":"string"},"text":{"type":"string"}},"required":["title"],
	"x-card":{"title":"{{title}}","text":"{{text}}"}}`

func newArkGame(t *testing.T, args ...string) *arkGame {
	t.Helper()
	p := rookery.Start(t, args...)
	g := &arkGame{on: p, app: p.NewApp(t)}
	g.setScene(t, "gift", rookery.Settings{"template": json.RawMessage(arkTemplate)})
	atNoon(t, g) // by which time the scene is in effect
	g.ann = g.newPlayer(t)
	g.ben = g.newFriend(t, g.ann)
	return g
}

func (g *arkGame) newPlayer(t *testing.T) v3Player {
	t.Helper()
	return v3LogIn(t, g.on, g.app, g.on.NewAccount(t))
}

// newFriend returns a new player who is a friend of another.
func (g *arkGame) newFriend(t *testing.T, of v3Player) v3Player {
	t.Helper()
	pl := g.newPlayer(t)
	g.on.Befriend(t, of.uin, pl.uin)
	return pl
}

func (g *arkGame) setScene(t *testing.T, name string, settings rookery.Settings) {
	t.Helper()
	g.on.Admin(t, "PUT", "/admin/v1/apps/"+g.app.AppID+"/scenes/"+name, settings, nil)
}

// ark is a sound message. Sent again, it is the same message.
func (g *arkGame) ark(from, to v3Player) rookery.OpenAPICall {
	return rookery.OpenAPICall{Method: http.MethodPost, Path: "/share/ark", Key: g.app.AppKey, Params: map[string]string{
		"appid": g.app.AppID, "openid": from.openid, "fopenid": to.openid, "accesstoken": from.token,
		"scene": "gift", "extraJSON": `{"title":"A heart for you","text":"Come & play, 小鸦"}`, "request_id": "to " + to.openid,
	}}
}

// wantArk sends a message as a form and as a JSON object; both must be answered alike.
func wantArk(t *testing.T, g *arkGame, call rookery.OpenAPICall, ret int, msg string) (id string) {
	t.Helper()
	form, err := url.ParseQuery(call.Form())
	if err != nil {
		t.Fatal(err)
	}
	members := make(map[string]string)
	for name := range form {
		members[name] = form.Get(name)
	}
	object, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	for kind, answer := range map[string]rookery.OpenAPIAnswer{
		"form": g.on.CallOpenAPI(t, call),
		"JSON": g.on.SendOpenAPI(t, http.MethodPost, call.Path, "application/json", string(object)),
	} {
		if answer.Status != http.StatusOK || answer.Ret != ret || answer.Msg == "" || msg != "" && answer.Msg != msg {
			t.Fatalf("%s: got status %d and %s, want ret %d, msg %q", kind, answer.Status, answer.Body, ret, msg)
		}
		if got := answer.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
			t.Errorf("Content-Type is %q", got)
		}
		made, sent := answer.Fields["message_id"].(string)
		if sent != (ret == 0) || id != "" && made != id {
			t.Errorf("%s: message_id is %q, want the same of each form, and only of a message that was sent", answer.Body, made)
		}
		id = made
	}
	return id
}

// arkSituation brings about a cause. It returns a call that must be refused, and what cures it.
type arkSituation func(*testing.T, *arkGame) (call rookery.OpenAPICall, cure func() rookery.OpenAPICall)

func arkAnswers(ret int, msg string, bring arkSituation) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, _ *rookery.Platform) {
		g := newArkGame(t)
		call, cure := bring(t, g)
		wantArk(t, g, call, ret, msg)
		wantArk(t, g, cure(), 0, "success")
	}
}

func arkWithout(name string) arkSituation { return arkChanged(name, "") }

func arkChanged(name, value string) arkSituation {
	return func(t *testing.T, g *arkGame) (rookery.OpenAPICall, func() rookery.OpenAPICall) {
		sound := g.ark(g.ann, g.ben)
		return sound.With(name, value), func() rookery.OpenAPICall { return sound }
	}
}

func friendsCannotBeChecked(t *testing.T, g *arkGame) (rookery.OpenAPICall, func() rookery.OpenAPICall) {
	off := g.on.AddFault(t, rookery.Fault{Point: "bus.connect:0xf01"})
	call := g.ark(g.ann, g.ben)
	return call, func() rookery.OpenAPICall { off(); return call }
}

func noFriends(t *testing.T, g *arkGame) (rookery.OpenAPICall, func() rookery.OpenAPICall) {
	stranger := g.newPlayer(t)
	call := g.ark(g.ann, stranger)
	return call, func() rookery.OpenAPICall { g.on.Befriend(t, g.ann.uin, stranger.uin); return call }
}

func sceneNotInEffect(t *testing.T, g *arkGame) (rookery.OpenAPICall, func() rookery.OpenAPICall) {
	g.setScene(t, "duel", rookery.Settings{})
	wantArk(t, g, g.ark(g.ann, g.ben).With("scene", "none"), 225009, "")
	call := g.ark(g.ann, g.ben).With("scene", "duel")
	return call, func() rookery.OpenAPICall { g.on.Advance(t, 10*time.Minute); return call }
}

func senderUsedUp(t *testing.T, g *arkGame) (rookery.OpenAPICall, func() rookery.OpenAPICall) {
	for range 10 {
		wantArk(t, g, g.ark(g.ann, g.newFriend(t, g.ann)), 0, "")
	}
	call := g.ark(g.ann, g.ben)
	return call, func() rookery.OpenAPICall { g.on.Advance(t, 12*time.Hour); return call }
}

func receiverUsedUp(t *testing.T, g *arkGame) (rookery.OpenAPICall, func() rookery.OpenAPICall) {
	for range 5 {
		wantArk(t, g, g.ark(g.newFriend(t, g.ben), g.ben), 0, "")
	}
	call := g.ark(g.ann, g.ben)
	return call, func() rookery.OpenAPICall { g.on.Advance(t, 12*time.Hour); return call }
}

func pairUsedUp(t *testing.T, g *arkGame) (rookery.OpenAPICall, func() rookery.OpenAPICall) {
	wantArk(t, g, g.ark(g.ann, g.ben), 0, "")
	call := g.ark(g.ann, g.ben).With("request_id", "another")
	return call, func() rookery.OpenAPICall { g.on.Advance(t, 12*time.Hour); return call }
}

// atNoon sets the clock to shortly after noon in Shanghai, on a Wednesday to come.
func atNoon(t *testing.T, g *arkGame) {
	t.Helper()
	shanghai := time.FixedZone("Shanghai", 8*3600)
	noon := time.Now().In(shanghai)
	noon = time.Date(noon.Year(), noon.Month(), noon.Day()+1, 12, 5, 0, 0, shanghai)
	for noon.Weekday() != time.Wednesday {
		noon = noon.AddDate(0, 0, 1)
	}
	g.on.SetClock(t, noon)
}

func senderNotOnline(t *testing.T, g *arkGame) (rookery.OpenAPICall, func() rookery.OpenAPICall) {
	g.setScene(t, "duel?program=arena", rookery.Settings{"online": false})
	g.on.Advance(t, 10*time.Minute)
	wantArk(t, g, g.ark(g.ann, g.ben).With("scene", "duel").With("app", "arena"), 9001010, `the mini program of scene "duel" is not online`)
	g.on.SetApp(t, g.app, rookery.Settings{"online": false})
	call := g.ark(g.ann, g.ben)
	return call, func() rookery.OpenAPICall { g.on.SetApp(t, g.app, rookery.Settings{"online": true}); return call }
}

// share is a sound message by MSDK V3. Sent again, it is the same message.
func (g *arkGame) share(from, to v3Player) rookery.V3Call {
	return rookery.NewV3Call(g.app, "/share/qq", fmt.Sprintf(`{"act":0,"oauth_consumer_key":%s,"dst":1001,"flag":1,"src":0,"openid":"%s","access_token":"%s","userip":"203.0.113.9",`+
		`"title":"A heart for you","summary":"Come and play","target_url":"http://gamecenter.qq.com/gcjump","image_url":"http://img.example.net/a.png",`+
		`"fopenids":[{"openid":"%s","type":0}],"game_tag":"MSG_HEART_SEND","request_id":"%s"}`, g.app.AppID, from.openid, from.token, to.openid, to.openid))
}

type shareSituation func(*testing.T, *arkGame) (call rookery.V3Call, cure func() rookery.V3Call)

func shareAnswers(code, errType int, bring shareSituation) func(*testing.T, *rookery.Platform) {
	return func(t *testing.T, _ *rookery.Platform) {
		g := newArkGame(t)
		call, cure := bring(t, g)
		expectV3(t, g.on, call, -10000, fmt.Sprint(code, ","), errType)
		expectV3(t, g.on, cure(), 0, "success", 0)
	}
}

func shareChanged(pairs ...string) shareSituation {
	return func(t *testing.T, g *arkGame) (rookery.V3Call, func() rookery.V3Call) {
		sound := g.share(g.ann, g.ben)
		call := sound
		for i := 0; i < len(pairs); i += 2 {
			call = call.Replace(t, pairs[i], pairs[i+1])
		}
		return call, func() rookery.V3Call { return sound }
	}
}

func shareFriendsCannotBeChecked(t *testing.T, g *arkGame) (rookery.V3Call, func() rookery.V3Call) {
	off := g.on.AddFault(t, rookery.Fault{Point: "store.read:friendships"})
	call := g.share(g.ann, g.ben)
	return call, func() rookery.V3Call { off(); return call }
}

func inboxUnwritable(t *testing.T, g *arkGame) (rookery.V3Call, func() rookery.V3Call) {
	off := g.on.AddFault(t, rookery.Fault{Point: "store.write:messages"})
	call := g.share(g.ann, g.ben)
	return call, func() rookery.V3Call { off(); return call }
}

func inboxSlow(t *testing.T, g *arkGame) (rookery.V3Call, func() rookery.V3Call) {
	off := g.on.AddFault(t, rookery.Fault{Point: "bus.delay:0xf03=1m"})
	call := g.share(g.ann, g.ben)
	return call, func() rookery.V3Call { off(); return call }
}

func shareWithStranger(t *testing.T, g *arkGame) (rookery.V3Call, func() rookery.V3Call) {
	stranger := g.newPlayer(t)
	call := g.share(g.ann, stranger)
	return call, func() rookery.V3Call { g.on.Befriend(t, g.ann.uin, stranger.uin); return call }
}

func forbiddenWord(t *testing.T, _ *rookery.Platform) {
	file := filepath.Join(t.TempDir(), "words.txt")
	if err := os.WriteFile(file, []byte("magpie\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := newArkGame(t, "--words", file)
	call := g.share(g.ann, g.ben)
	expectV3(t, g.on, call.Replace(t, "Come and play", "Come, Magpie"), -10000, "100004,", errTypeUnknown)
	expectV3(t, g.on, call, 0, "success", 0)
}

// v5Share is the same message by MSDK V5.
func (g *arkGame) v5Share(from, to player, change ...string) rookery.Call {
	body := fmt.Sprintf(`{"openid":"%s","token":"%s","title":"A heart for you","summary":"Come and play","target_url":"https://game.example/",`+
		`"image_url":"https://game.example/a.png","fopenids":[{"openid":"%s","type":0}],"game_tag":"MSG_INVITE","request_id":"v5"}`, from.openid, from.token, to.openid)
	return rookery.NewCall(g.app, "/v2/friend/share", strings.NewReplacer(change...).Replace(body))
}

// TestMessagesByMSDKV5: what is refused, what is not, and what the receiver's inbox then has.
func TestMessagesByMSDKV5(t *testing.T) {
	t.Parallel()
	g := newArkGame(t)
	ann, ben, carl := logIn(t, g.on, g.app, g.ann.uin), logIn(t, g.on, g.app, g.ben.uin), logIn(t, g.on, g.app, g.on.NewAccount(t))
	for _, test := range []struct {
		name string
		call rookery.Call
		ret  int
		msg  string
	}{
		{"no title", g.v5Share(ann, ben, `"title":"A heart for you",`, ""), 1009, `body member "title" is missing or empty`},
		{"a long summary", g.v5Share(ann, ben, "Come and play", strings.Repeat("x", 46)), 1009, `body member "summary" has 46 bytes, more than 45`},
		{"two receivers", g.v5Share(ann, ben, `,"type":0}]`, `},{"openid":"1"}]`), 1009, `body member "fopenids" has 2 openids, not 1`},
		{"an openid of QQ", g.v5Share(ann, ben, ben.openid, g.ben.openid), 1009, ""},
		{"no friend", g.v5Share(ann, carl), 225008, ""},
		{"nobody", g.v5Share(ann, ben, ben.openid, neverIssued), 225008, "the receiver's openid names nobody"},
		{"sound", g.v5Share(ann, ben), 0, "success"},
		{"sound again", g.v5Share(ann, ben), 0, "success"},
		{"another one", g.v5Share(ann, ben, `"v5"`, `"v6"`), 901205, ""},
	} {
		expect(t, g.on, test.call, test.ret, test.msg)
	}
	wantArk(t, g, g.ark(g.ben, g.ann), 0, "")

	messages := g.inbox(t, ben, "0", 0)
	if len(messages) != 1 {
		t.Fatalf("the receiver has %v", messages)
	}
	for name, want := range map[string]any{
		"kind": "share", "from_openid": ann.openid, "scene": "MSG_INVITE", "title": "A heart for you", "text": "Come and play",
		"url": "https://game.example/", "picture": "https://game.example/a.png", "read": 0.,
	} {
		if messages[0][name] != want {
			t.Errorf("%s is %v, want %v", name, messages[0][name], want)
		}
	}
	messages = g.inbox(t, ann, "0", 0)
	if card, _ := messages[0]["card"].(map[string]any); messages[0]["kind"] != "ark" || card["text"] != "Come & play, 小鸦" {
		t.Errorf("the card came as %v", messages)
	}
	if more := g.inbox(t, ann, messages[0]["message_id"].(string), 0); len(more) != 0 {
		t.Errorf("after the last message there is %v", more)
	}
}

func (g *arkGame) inboxCall(of player, since string, wait int) rookery.Call {
	call := rookery.NewCall(g.app, "/v2/friend/inbox", "").With("openid", of.openid).With("token", of.token).With("since", since).With("wait", fmt.Sprint(wait))
	call.Method = http.MethodGet
	return call
}

// inbox returns a player's messages after one.
func (g *arkGame) inbox(t *testing.T, of player, since string, wait int) (messages []map[string]any) {
	t.Helper()
	answer := g.on.Call(t, g.inboxCall(of, since, wait))
	if answer.Ret != 0 {
		t.Fatalf("inbox: %s", answer.Body)
	}
	list, _ := answer.Fields["messages"].([]any)
	for _, one := range list {
		messages = append(messages, one.(map[string]any))
	}
	return messages
}

// TestAnInboxWaits: a call that waits is answered when a message arrives, and when the platform stops.
func TestAnInboxWaits(t *testing.T) {
	t.Parallel()
	g := newArkGame(t)
	ben := logIn(t, g.on, g.app, g.ben.uin)
	for _, wrong := range []rookery.Call{
		g.inboxCall(ben, "0", 26), g.inboxCall(ben, "-1", 0), g.inboxCall(ben, "x", 0), g.inboxCall(ben, "0", 0).With("limit", "0"), g.inboxCall(ben, "0", 0).With("limit", "101"),
	} {
		expect(t, g.on, wrong, 1007, "")
	}
	wait := func(since string) chan []map[string]any {
		got := make(chan []map[string]any, 1)
		go func() {
			answer, err := g.on.TryCall(g.inboxCall(ben, since, 25))
			if err != nil || answer.Ret != 0 {
				t.Errorf("the waiting call was answered %s, %v", answer.Body, err)
			}
			list, _ := answer.Fields["messages"].([]any)
			var messages []map[string]any
			for _, one := range list {
				messages = append(messages, one.(map[string]any))
			}
			got <- messages
		}()
		return got
	}
	got := wait("0")
	rookery.Until(t, "a call that waits", func() bool { return g.on.Metric(t, "rookery_inbox_waiters") > 0 })
	wantArk(t, g, g.ark(g.ann, g.ben), 0, "")
	first := <-got
	if len(first) != 1 || first[0]["kind"] != "ark" {
		t.Fatalf("got %v", first)
	}
	got = wait(first[0]["message_id"].(string))
	rookery.Until(t, "a call that waits", func() bool { return g.on.Metric(t, "rookery_inbox_waiters") > 0 })
	g.on.Stop(t)
	if rest := <-got; len(rest) != 0 {
		t.Errorf("at the end got %v", rest)
	}
}

// TestAnInboxWaitsLongerThanOtherAnswersTake: the deadlines of other answers do not end it.
func TestAnInboxWaitsLongerThanOtherAnswersTake(t *testing.T) {
	t.Parallel()
	p := rookery.Serve(t, "--http-header-timeout", "300ms", "--http-read-timeout", "300ms", "--http-write-timeout", "300ms")
	pl := logIn(t, p, p.NewApp(t), p.NewAccount(t))
	g := &arkGame{on: p, app: pl.app}
	begin := time.Now()
	answer, err := p.TryCall(g.inboxCall(pl, "0", 2))
	if took := time.Since(begin); err != nil || answer.Ret != 0 || took < 2*time.Second {
		t.Errorf("after %s: %s, %v", took, answer.Body, err)
	}
}

// TestAnArkMessageWhoseNonceCannotBeChecked is not sent: it may be a repetition.
func TestAnArkMessageWhoseNonceCannotBeChecked(t *testing.T) {
	g := newArkGame(t)
	call := g.ark(g.ann, g.ben).With("nonce", "n-1")
	want := func(ret int) {
		t.Helper()
		if answer := g.on.CallOpenAPI(t, call); answer.Ret != ret {
			t.Errorf("got %s, want ret %d", answer.Body, ret)
		}
	}
	for _, point := range []string{"bus.connect:0x71f", "bus.route:0x71f"} {
		off := g.on.AddFault(t, rookery.Fault{Point: point})
		want(100016)
		off()
	}
	want(0)
	want(-26)
}

// arkOrder are the checks of /share/ark in their order; those after user-rate are the messages service's.
const arkOrder = "ark-params ark-app ark-signature ark-nonce granted ordinary-address tls app-rate audit ark-test-number ark-openid ark-key-rotation ark-token user-rate"

// TestArkPrecedence sends, for each two checks, a message that is wrong at both: the answer must be that of the first.
func TestArkPrecedence(t *testing.T) {
	t.Parallel()
	g := newArkGame(t)
	lapsed := g.ann.lapsed(t, "access")
	g.ann = g.ann.again(t)
	stranger, used := g.newPlayer(t), g.newFriend(t, g.ann)
	wantArk(t, g, g.ark(g.ann, used), 0, "")
	full := g.newFriend(t, g.ann)
	for range 5 {
		wantArk(t, g, g.ark(g.newFriend(t, full), full), 0, "")
	}
	busy := g.newPlayer(t)
	for range 10 {
		wantArk(t, g, g.ark(busy, g.newFriend(t, busy)), 0, "")
	}
	g.on.Befriend(t, busy.uin, full.uin)
	g.on.Befriend(t, busy.uin, g.ben.uin)
	g.on.Befriend(t, busy.uin, used.uin)
	g.setScene(t, "duel?program=arena", rookery.Settings{"online": false})
	g.on.Advance(t, 10*time.Minute)
	old := g.app.AppKey
	var made struct{ Key string }
	g.on.Admin(t, "POST", "/admin/v1/apps/"+g.app.AppID+"/keys", map[string]string{"name": "appkey"}, &made)
	g.on.Secret(made.Key)
	g.app.AppKey = made.Key
	type fault = stageFault[rookery.OpenAPICall]
	with := func(pairs ...string) func(rookery.OpenAPICall) rookery.OpenAPICall {
		return func(c rookery.OpenAPICall) rookery.OpenAPICall {
			for i := 0; i < len(pairs); i += 2 {
				c = c.With(pairs[i], pairs[i+1])
			}
			return c
		}
	}
	without := func(name string) func(rookery.OpenAPICall) rookery.OpenAPICall { return with(name, "") }
	usedUp := func(whose string) rookery.Settings {
		return rookery.Settings{"rates": map[string]any{"ark": map[string]string{whose: "1/1h"}}}
	}
	of := map[string]string{ // the checks of the interface
		"appid": "ark-params", "openid": "ark-params", "fopenid": "ark-params", "accesstoken": "ark-params", "extraJSON": "ark-params", "params": "ark-params",
		"app": "ark-app", "signature": "ark-signature", "timestamp": "ark-nonce", "granted": "granted", "address": "ordinary-address", "tls": "tls", "app-rate": "app-rate",
		"audit": "audit", "test-number": "ark-test-number", "illegal": "ark-openid", "rotating": "ark-key-rotation", "token": "ark-token", "user-rate": "user-rate",
	}
	names := []string{
		"appid", "openid", "fopenid", "accesstoken", "extraJSON", "params", "app", "signature", "timestamp", "granted", "address", "tls", "app-rate", "audit", "test-number", "illegal",
		"rotating", "token", "user-rate", "scene", "online", "program", "schema", "pack", "unchecked", "no-friend", "sender", "receiver", "pair",
	}
	groups := map[string]string{ // of which a message can have one at a time
		"appid": "appid", "app": "appid", "openid": "from", "illegal": "from", "accesstoken": "from", "token": "from", "sender": "from",
		"signature": "key", "rotating": "key", "extraJSON": "extra", "schema": "extra", "pack": "extra", "scene": "scene", "program": "scene",
		"fopenid": "to", "no-friend": "to", "receiver": "to", "pair": "to",
	}
	faults := map[string]fault{
		"appid": {ret: 225001, change: without("appid")}, "openid": {ret: 225002, change: without("openid")}, "fopenid": {ret: 225003, change: without("fopenid")},
		"accesstoken": {ret: 225004, change: without("accesstoken")}, "extraJSON": {ret: 225005, change: without("extraJSON")},
		"params":      {ret: -1, change: without("scene")},
		"app":         {ret: -2, change: with("appid", "999999")},
		"signature":   {ret: -5, change: func(c rookery.OpenAPICall) rookery.OpenAPICall { c.Key += "x"; return c }},
		"timestamp":   {ret: -25, change: with("timestamp", "1000000000", "nonce", "n")},
		"granted":     {ret: -3, settings: rookery.Settings{"apis": []string{}}},
		"address":     {ret: -4, settings: rookery.Settings{"allow_ordinary": []string{"192.0.2.0/24"}}},
		"tls":         {ret: -7, settings: rookery.Settings{"require_tls": true}},
		"app-rate":    {ret: -6, settings: usedUp("app")},
		"audit":       {ret: -8, settings: rookery.Settings{"restricted": []string{"ark"}}},
		"test-number": {ret: -12, settings: rookery.Settings{"environment": "test"}},
		"illegal":     {ret: -22, change: with("openid", "1234")},
		"rotating":    {ret: -72, change: func(c rookery.OpenAPICall) rookery.OpenAPICall { c.Key = old; return c }},
		"token":       {ret: 100014, change: with("accesstoken", lapsed)},
		"user-rate":   {ret: 220028, settings: usedUp("user")},
		"scene":       {ret: 225009, change: with("scene", "gifts")},
		"online":      {ret: 9001010, settings: rookery.Settings{"online": false}},
		"program":     {ret: 9001010, change: with("scene", "duel", "app", "arena")},
		"schema":      {ret: 225006, change: with("extraJSON", `{"title":7}`)},
		"pack":        {ret: 225010, change: with("extraJSON", `{"title":"x"}`)},
		"unchecked":   {ret: 225007},
		"no-friend":   {ret: 225008, change: with("fopenid", stranger.openid)},
		"sender":      {ret: 901203, change: with("openid", busy.openid, "accesstoken", busy.token)},
		"receiver":    {ret: 901204, change: with("fopenid", full.openid)},
		"pair":        {ret: 901205, change: with("fopenid", used.openid)},
	}
	apart := map[string]bool{ // pairs that exclude each other
		"no-friend sender": true, "user-rate sender": true, // that sender has friends and a rate of their own
		"test-number illegal": true,                       // what is no openid is nobody's
		"program schema":      true, "program pack": true, // that scene takes every object
	}
	spend := g.ark(g.ann, g.newFriend(t, g.ann))
	g.on.SetApp(t, g.app, rookery.Settings{"rates": map[string]any{"ark": map[string]string{"app": "1/1h", "user": "1/1h"}}})
	if answer := g.on.CallOpenAPI(t, spend); answer.Ret != 0 {
		t.Fatalf("the one call that the rates allow: %s", answer.Body)
	}
	try := func(first, second string) {
		t.Helper()
		if apart[first+" "+second] {
			return
		}
		settings := rookery.Settings{
			"online": true, "apis": []string{"ark"}, "allow_ordinary": []string{}, "require_tls": false, "restricted": []string{}, "environment": "formal", "rates": map[string]any{"ark": nil},
		}
		call := g.ark(g.ann, g.ben)
		delete(call.Params, "request_id")
		call = failing("ark", settings, call, faults[second], faults[first])
		g.on.SetApp(t, g.app, settings)
		if first == "unchecked" || second == "unchecked" {
			off := g.on.AddFault(t, rookery.Fault{Point: "bus.connect:0xf01"})
			defer off()
		}
		if answer := g.on.CallOpenAPI(t, call); answer.Ret != faults[first].ret {
			t.Errorf("%s and %s: got %s, want ret %d", first, second, answer.Body, faults[first].ret)
			return
		}
		pin("/share/ark", of[first], of[second])
	}
	inPairs(names, groups, try)
}

// TestPeopleReadTheirMessages: a message is text on the person's own page, whatever is in it, and can be marked as read.
func TestPeopleReadTheirMessages(t *testing.T) {
	t.Parallel()
	g := newArkGame(t)
	receiver := g.on.NewPerson(t)
	ben := v3LogIn(t, g.on, g.app, receiver.UIN)
	g.on.Befriend(t, g.ann.uin, ben.uin)
	g.setScene(t, "any", rookery.Settings{})
	g.on.Advance(t, 10*time.Minute)
	call := g.ark(g.ann, ben).With("scene", "any").With("extraJSON", `{"title":"<script>alert(1)</script>","text":"<b>&amp;","url":"javascript:alert(2)"}`)
	wantArk(t, g, call, 0, "")
	receiver.SignIn(t, "/account/")
	page := receiver.Open(t, "/account/").Body
	for _, text := range []string{"&lt;script&gt;alert(1)&lt;/script&gt;", "&lt;b&gt;&amp;amp;", "· new", "Mark all as read"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page has no %q:\n%s", text, page)
		}
	}
	if strings.Contains(page, "<script>alert") || strings.Contains(page, "javascript:") || strings.Contains(page, "<b>&") {
		t.Errorf("a message is markup:\n%s", page)
	}
	newest := strings.Split(strings.Split(page, `name="newest" value="`)[1], `"`)[0]
	receiver.Press(t, "/account/", "read", url.Values{"newest": {newest}})
	if page := receiver.Open(t, "/account/").Body; strings.Contains(page, "· new") || strings.Contains(page, "Mark all as read") {
		t.Errorf("it is still new:\n%s", page)
	}
	if messages := g.inbox(t, logIn(t, g.on, g.app, ben.uin), "0", 0); messages[0]["read"] != 1. {
		t.Errorf("the game is told %v", messages)
	}
	g.on.Advance(t, 30*24*time.Hour)
	receiver.SignIn(t, "/account/")
	if page := receiver.Open(t, "/account/").Body; !strings.Contains(page, "There is no message.") {
		t.Errorf("after 30 days the page is\n%s", page)
	}
}
