package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// GameCenter calls the commands of the Game Center (docs/gamecenter.md). It needs App.AppID, and App.AppKey for calls of a User.
//
// All refusals are of retcode.GameCenter. Any call may be refused with GameCenterParameterMissing and GameCenterParameterInvalid,
// with GameCenterRateExceeded, and with GameCenterAppNotConfigured until the operator has granted the app the permission gamecenter;
// a User's with GameCenterAccessTokenInvalid, and a WebTicket's with GameCenterSidInvalid or GameCenterSkeyInvalid.
type GameCenter struct{ client *Client }

// GameCaller is whoever makes a call of the Game Center: a User, for whom the game calls, or the WebTicket of a person.
type GameCaller interface {
	// identify adds the parameters by which the platform knows the caller, and reports whether the appkey signs the call.
	identify(form url.Values) (signed bool)
}

// WebTicket is what a person's sign-in on the platform's own page gives scripts of this page: a sid, or an skey with the account's
// number. It ends with the sign-in.
type WebTicket struct {
	Sid  string
	UIN  string // goes with Skey
	Skey string // used when there is no Sid
}

func (u User) identify(form url.Values) bool {
	form.Set("openid", u.OpenID)
	form.Set("access_token", u.Token)
	return true
}

func (t WebTicket) identify(form url.Values) bool {
	if t.Sid != "" {
		form.Set("sid", t.Sid)
		return false
	}
	form.Set("uin", t.UIN)
	form.Set("skey", t.Skey)
	return false
}

const gameCenterPath = "/cgi-bin/QQConnect.fcgi"

// gameCall is a call of a command.
type gameCall struct {
	cmd    string
	params url.Values // those without a value are not sent
	out    any        // the members of data; may be nil
	once   bool       // it must not be carried out twice
}

// call makes a call. A success must have these members of out.
func (g *GameCenter) call(ctx context.Context, by GameCaller, c gameCall, members ...*string) error {
	app := g.client.app
	form := url.Values{"cmd": {c.cmd}, "oauth_consumer_key": {app.AppID}, "appid": {app.AppID}}
	for name := range c.params {
		if value := c.params.Get(name); value != "" {
			form.Set(name, value)
		}
	}
	needs := []need{{"AppID", app.AppID}}
	if by.identify(form) {
		needs = append(needs, need{"AppKey", app.AppKey})
		_, q := encoded(form)
		form.Set("sign", sign.GameCenter(q, app.AppKey))
	}
	form.Del("cmd") // it stands in the URL, so that errors and logs name it
	return g.client.do(ctx, &call{
		method: http.MethodPost, path: gameCenterPath + "?cmd=" + c.cmd, body: []byte(form.Encode()), media: mediaForm, needs: needs, once: c.once,
		read: func(a *answer) error {
			if err := readGameCenter(a, c.out); err != nil {
				return err
			}
			return a.wants("the Game Center", members...)
		},
	})
}

// readGameCenter reads an answer of a command (msdk-v3.md, 9.2), whose data has the form of an answer too, into out, which may be
// nil. Outside there is what the door says, inside what the command says.
func readGameCenter(a *answer, out any) error {
	domains := []retcode.Domain{retcode.GameCenter, retcode.QQ}
	var door struct {
		Data json.RawMessage `json:"data"`
	}
	if err := readRet(a, &door, domains...); err != nil {
		return err
	}
	command := *a
	command.body = door.Data
	return readRet(&command, out, domains...)
}

// orDefault writes a number for which 0 stands for the platform's default.
func orDefault(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// truth writes a parameter that is 1 or 0.
func truth(is bool) string {
	if is {
		return string(yes)
	}
	return string(no)
}

// seconds writes a time for an interface that counts seconds: 0 for the zero time.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// millis is a time in an answer, in milliseconds; 0 and an absent member stand for the zero time.
type millis struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (m *millis) UnmarshalJSON(text []byte) error {
	var ms int64
	if err := json.Unmarshal(text, &ms); err != nil {
		return err
	}
	m.Time = time.Time{}
	if ms != 0 {
		m.Time = time.UnixMilli(ms)
	}
	return nil
}
