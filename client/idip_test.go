package client_test

import (
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/client"
)

const (
	idipKey      = "0123456789abcdef0123456789abcdef"
	idipParams   = "appid=100700001&channelid=2&gameid=11&os=4&seq=7&source=0&ts=1700000000"
	idipQuestion = `{"head":{"PacketLen":0,"Cmdid":4097,"Seqid":7,"ServiceName":"rookery","SendTime":20231114,"Version":1,"Authenticate":"","Result":0,"RetErrMsg":""},` +
		`"body":{"AppId":"100700001","ZoneId":"1","GuildId":"2134","OpenId":"10000000000000000001","RoleId":"2"}}`
)

// idipRequest returns a question, signed with a key as msdk-v5.md, 2.5 says.
func idipRequest(path, params, body, key string) *http.Request {
	sig := fmt.Sprintf("%x", md5.Sum([]byte(path+"?"+params+body+key)))
	return httptest.NewRequest(http.MethodPost, path+"?"+params+"&sig="+sig, strings.NewReader(body))
}

// TestIDIPHandler: what it answers to whom, and that the game is asked only on the platform's behalf.
func TestIDIPHandler(t *testing.T) {
	const (
		head  = `{"head":{"PacketLen":0,"Cmdid":4098,"Seqid":7,"ServiceName":"rookery","SendTime":20231114,"Version":1,"Authenticate":"",`
		empty = `"body":{"GuildName":"","LeaderOpenId":"","IsMember":0,"IsLeader":0}}`
	)
	v5 := client.App{AppID: "100700001", GameID: "11", SigKey: idipKey}
	v3 := client.App{AppID: "100700001", MSDKKey: idipKey}
	good := func() *http.Request { return idipRequest("/idip", idipParams, idipQuestion, idipKey) }
	for name, test := range map[string]struct {
		app    client.App
		ask    *http.Request
		answer client.GuildAnswer
		fails  error
		asked  bool
		status int
		want   string
	}{
		"a member": {app: v5, ask: good(), asked: true, status: 200,
			answer: client.GuildAnswer{Name: "<Owls>", LeaderOpenID: "10000000000000000002", Member: true},
			want:   head + `"Result":0,"RetErrMsg":""},"body":{"GuildName":"\u003cOwls\u003e","LeaderOpenId":"10000000000000000002","IsMember":1,"IsLeader":0}}`},
		"the leader is a member": {app: v5, ask: good(), asked: true, status: 200, answer: client.GuildAnswer{Leader: true},
			want: head + `"Result":0,"RetErrMsg":""},"body":{"GuildName":"","LeaderOpenId":"","IsMember":1,"IsLeader":1}}`},
		"no such guild": {app: v5, ask: good(), asked: true, status: 200, answer: client.GuildAnswer{Name: "x", Member: true}, fails: client.ErrNoGuild,
			want: head + `"Result":1,"RetErrMsg":"no such guild"},` + empty},
		"a failure stays here": {app: v5, ask: good(), asked: true, status: 200, answer: client.GuildAnswer{Name: "x", Member: true}, fails: errors.New("secret"),
			want: head + `"Result":-6,"RetErrMsg":"the game could not answer"},` + empty},
		"a game without V5": {app: v3, asked: true, status: 200, ask: idipRequest("/idip", "appid=100700001&channelid=2&os=4&seq=7&ts=1700000000", idipQuestion, idipKey),
			want: head + `"Result":0,"RetErrMsg":""},` + empty},
		"an encoded path": {app: v5, ask: idipRequest("/a%20b/", idipParams, idipQuestion, idipKey), asked: true, status: 200,
			want: head + `"Result":0,"RetErrMsg":""},` + empty},
		"another command": {app: v5, ask: idipRequest("/idip", idipParams, strings.Replace(idipQuestion, "4097", "4099", 1), idipKey), status: 200,
			want: strings.Replace(head, "4098", "4100", 1) + `"Result":-4,"RetErrMsg":"unknown Cmdid"},` + empty},
		"another app": {app: v5, ask: idipRequest("/idip", idipParams, strings.Replace(idipQuestion, `"AppId":"100700001"`, `"AppId":"100700002"`, 1), idipKey), status: 200,
			want: head + `"Result":-4,"RetErrMsg":"another app's question"},` + empty},

		"no signature":      {app: v5, ask: httptest.NewRequest("POST", "/idip?"+idipParams, strings.NewReader(idipQuestion)), status: 403, want: "the signature is wrong"},
		"another key":       {app: v5, ask: idipRequest("/idip", idipParams, idipQuestion, "another"), status: 403, want: "the signature is wrong"},
		"another path":      {app: v5, ask: withURI(good(), "/idip2"), status: 403, want: "the signature is wrong"},
		"another body":      {app: v5, ask: withBody(good(), strings.Replace(idipQuestion, "2134", "2135", 1)), status: 403, want: "the signature is wrong"},
		"another game":      {app: v5, ask: idipRequest("/idip", strings.Replace(idipParams, "gameid=11", "gameid=12", 1), idipQuestion, idipKey), status: 403, want: "the question is for another game, or signed with the key of another source"},
		"another source":    {app: v5, ask: idipRequest("/idip", strings.Replace(idipParams, "source=0", "source=1", 1), idipQuestion, idipKey), status: 403, want: "the question is for another game, or signed with the key of another source"},
		"a parameter twice": {app: v5, ask: idipRequest("/idip", idipParams+"&os=4", idipQuestion, idipKey), status: 403, want: `URL parameter "os" occurs twice`},
		"no body":           {app: v5, ask: idipRequest("/idip", idipParams, `{"head":{"Cmdid":4097},"body":null}`, idipKey), status: 400, want: "the question is not IDIP in JSON"},
		"no head":           {app: v5, ask: idipRequest("/idip", idipParams, `{"body":{"GuildId":"2134"}}`, idipKey), status: 400, want: "the question is not IDIP in JSON"},
		"not JSON":          {app: v5, ask: idipRequest("/idip", idipParams, "<packet/>", idipKey), status: 400, want: "the question is not IDIP in JSON"},
		"not POST":          {app: v5, ask: httptest.NewRequest("GET", "/idip?"+idipParams, nil), status: 405, want: "questions are posted"},
		"too large":         {app: v5, ask: idipRequest("/idip", idipParams, strings.Repeat(" ", 65537), idipKey), status: 413, want: "the question has more than 65536 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			asked := false
			handler, err := client.IDIPHandler(test.app, func(_ context.Context, q client.GuildQuery) (client.GuildAnswer, error) {
				asked = true
				if want := (client.GuildQuery{AppID: "100700001", Zone: "1", Guild: "2134", OpenID: "10000000000000000001", RoleID: "2"}); q != want {
					t.Errorf("asked %+v, want %+v", q, want)
				}
				return test.answer, test.fails
			})
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, test.ask)
			if got := strings.TrimSpace(w.Body.String()); w.Code != test.status || got != test.want || asked != test.asked {
				t.Errorf("got HTTP %d, %s, the game was asked: %v\nwant HTTP %d, %s, %v", w.Code, got, asked, test.status, test.want, test.asked)
			}
		})
	}
}

func withURI(r *http.Request, path string) *http.Request {
	_, query, _ := strings.Cut(r.RequestURI, "?")
	return httptest.NewRequest(http.MethodPost, path+"?"+query, r.Body)
}

func withBody(r *http.Request, body string) *http.Request {
	return httptest.NewRequest(http.MethodPost, r.RequestURI, strings.NewReader(body))
}

// TestIDIPHandlerBehindAPrefix: what is signed is the path that the platform asked for.
func TestIDIPHandlerBehindAPrefix(t *testing.T) {
	handler, err := client.IDIPHandler(client.App{MSDKKey: idipKey}, func(context.Context, client.GuildQuery) (client.GuildAnswer, error) {
		return client.GuildAnswer{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	http.StripPrefix("/game", handler).ServeHTTP(w, idipRequest("/game/idip", "seq=7", idipQuestion, idipKey))
	if w.Code != http.StatusOK {
		t.Errorf("got HTTP %d, %s", w.Code, w.Body)
	}
}

// TestIDIPHandlerNeedsAKey: without one, anybody could sign.
func TestIDIPHandlerNeedsAKey(t *testing.T) {
	for want, app := range map[string]client.App{"App.MSDKKey": {AppID: "1", SigKey: "k"}, "App.SigKey": {GameID: "1", MSDKKey: "k"}} {
		if _, err := client.IDIPHandler(app, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %s", err, want)
		}
	}
}

// FuzzIDIPHandler: no request makes the handler panic, and the game is asked only for what is signed.
func FuzzIDIPHandler(f *testing.F) {
	f.Add("/idip", idipParams, []byte(idipQuestion), true)
	f.Add("/", "", []byte(`{"head":{"Cmdid":4097},"body":{}}`), true)
	f.Add("/idip", idipParams+"&sig=", []byte(idipQuestion), false)
	f.Fuzz(func(t *testing.T, path, params string, body []byte, signed bool) {
		asked := false
		handler, err := client.IDIPHandler(client.App{MSDKKey: idipKey}, func(context.Context, client.GuildQuery) (client.GuildAnswer, error) {
			asked = true
			return client.GuildAnswer{}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Request{Method: http.MethodPost, RequestURI: path + "?" + params, Body: io.NopCloser(strings.NewReader(string(body)))}
		if signed {
			r.RequestURI += "&sig=" + fmt.Sprintf("%x", md5.Sum([]byte(path+"?"+params+string(body)+idipKey)))
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if asked && (!signed || w.Code != http.StatusOK) {
			t.Errorf("the game was asked by %q: HTTP %d", r.RequestURI, w.Code)
		}
	})
}
