package connect

import (
	"net/http"
	"strconv"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/retcode"
)

// NewUser returns the door of /user/, which shows apps the profile of a person who has logged in. It has the numbers of
// OpenAPI and not those of OAuth (qq-connect-openapi.md, A.6).
func NewUser(registry *apps.Registry, profiles *profile.Service, id *identity.Service, bus *oidb.Bus) *access.Door {
	d := &door{apps: registry, profiles: profiles, identity: id, bus: bus}
	var (
		consumer = access.Step("connect-consumer", d.consumer, retcode.ConnectParameterRepeated, retcode.QQParameterInvalid, retcode.QQAppNotFound)
		user     = access.Check("connect-user", d.user).Calls(access.Uses(&oidb.CheckAccess.Declaration, refuse.OpenkeyResults...)).ProvesCaller()
		scope    = access.Check("connect-scope", scope, retcode.QQScopeNotGranted)

		opening = access.Sequence("connect-request", paramsStage, consumer, access.Online, access.Granted)
		profile = access.Sequence("connect-profile", access.TLS, access.AppRate, access.Audit, user, testNumberStage, scope, access.UserRate)
	)
	return &access.Door{
		Name:     "connect-user",
		Guide:    userGuide,
		Prefixes: []string{"/user/"},
		Endpoints: []access.Endpoint{
			access.API("GET POST", "/user/get_user_info", access.With(d.userInfo), opening, access.OrdinaryAddress, profile).
				Does("Shows the profile of the person who logged in.").Returns(userInfo{}),
			access.API("GET POST", "/user/get_simple_userinfo", access.With(d.userInfo), opening, profile).
				Does("Shows the profile of the person who logged in, to callers at any address.").Returns(userInfo{}),
		},
		Code:   userRefusals.Code,
		Encode: encodeUser,
	}
}

// userGuide describes what all calls of the door have in common (qq-connect-openapi.md, A.6).
var userGuide = access.Guide{
	Title:  "QQ Connect: profiles",
	Form:   true,
	Media:  "text/html",
	About:  "Parameters in the URL or in a form. `ret` is 0 or a code; with a code above 0 the HTTP status is that of the code. Calls are not signed: the access token is the proof.",
	Params: userFields{}, Result: userResult{},
}

// userFields are the parameters of every call.
type userFields struct {
	Token    string          `json:"access_token" required:"true" doc:"the person's access token"`
	Consumer string          `json:"oauth_consumer_key" doc:"the appid; required unless appid has it"`
	AppID    string          `json:"appid" doc:"another name for oauth_consumer_key"`
	OpenID   platform.OpenID `json:"openid" required:"true" doc:"the person's openid at the app"`
}

// userResult are the members of every answer.
type userResult struct {
	Ret int    `json:"ret" doc:"0, or a code"`
	Msg string `json:"msg" doc:"what was wrong; empty at a success"`
}

// consumer reads who asks about whom, and finds the app. Parameters that the original decodes must not be repeated.
func (d *door) consumer(c *access.Call) error {
	for _, name := range [...]string{"oauth_consumer_key", "appid", "access_token", "openid"} {
		if c.Query.Repeats(name) {
			return retcode.ConnectParameterRepeated.Errorf("parameter %s occurs twice", name)
		}
	}
	text := c.Query.Get("oauth_consumer_key")
	if text == "" {
		text = c.Query.Get("appid")
	}
	id, appErr := platform.ParseAppID(text)
	openid, openIDErr := platform.ParseOpenID(c.Query.Get("openid"))
	switch {
	case text == "":
		return retcode.QQParameterInvalid.Errorf("parameter oauth_consumer_key is missing")
	case appErr != nil:
		return retcode.QQParameterInvalid.Errorf("parameter oauth_consumer_key is not a number")
	case c.Query.Get("access_token") == "":
		return retcode.QQParameterInvalid.Errorf("parameter access_token is missing")
	case c.Query.Get("openid") == "":
		return retcode.QQParameterInvalid.Errorf("parameter openid is missing")
	case openIDErr != nil: // in the words that the original was seen to use
		return retcode.QQParameterInvalid.Errorf("client request's parameters are invalid, invalid openid")
	}
	if c.App = d.apps.ByID(id); c.App == nil {
		return retcode.QQAppNotFound.Errorf("there is no app %s", id)
	}
	c.Input = openid
	return nil
}

// user checks that the access token is the openid's at the app.
func (d *door) user(c *access.Call, openid platform.OpenID) error {
	return d.check(c, wire.CheckRequest{AppID: c.App.AppID, OpenID: openid[:], Token: c.Query.Get("access_token")})
}

// scope refuses an interface that the person did not allow the app.
func scope(c *access.Call, login *wire.CheckResponse) error {
	if !login.Scopes.Has(c.Endpoint.Permission) {
		return retcode.QQScopeNotGranted.Errorf("the person did not allow the app %s", c.Endpoint.Permission)
	}
	return nil
}

// userRefusals do not use OAuth's numbers: clients take a ret that is not below 0 for a success.
var userRefusals = &refuse.Door{
	NoRoute: retcode.QQAPINotFound, Method: retcode.QQParameterInvalid, Unreadable: retcode.QQParameterInvalid, Internal: retcode.ConnectInternal,
	Own: map[retcode.Code]retcode.Code{
		retcode.ConnectRequestUnreadable: retcode.QQParameterInvalid,
		retcode.QQAppNotOnline:           retcode.QQOpenKeyAppInvalid,
	},
	Texts: map[retcode.Code]string{ // that clients compare
		retcode.QQOpenIDIllegal:         "openid is invalid",
		retcode.QQOpenKeyUnreadable:     "token is invalid",
		retcode.QQAccessTokenSuperseded: "token is invalid",
		retcode.QQPasswordChanged:       "token is invalid",
		retcode.QQOpenKeyAppInvalid:     "the app is not online",
	},
	Failed: failed(refuse.UserMeaning),
}

// encodeUser writes an answer. This platform's own numbers above 0 come with the HTTP status of their code, so that no client
// takes them for a success.
func encodeUser(c *access.Call, result any, err error) {
	a := &c.Answer
	a.Status, a.ContentType, a.Header = http.StatusOK, htmlType, noCache
	if err == nil {
		a.Body = appendJSON(a.Body, result)
		return
	}
	refusal := userRefusals.Refusal(err)
	a.Code, a.RetryAfter = refusal.Code, refusal.RetryAfter
	if a.Code.Number() > 0 {
		a.Status = a.Code.HTTPStatus()
	}
	a.Body = appendError(a.Body, "ret", "msg", a.Code, refusalText(c, refusal.Text))
}

// userInfo is the answer of the profile interfaces: ret, is_lost and gender_type are numbers, all other members strings
// (qq-connect-openapi.md, A.6).
type userInfo struct {
	Ret             int    `json:"ret" doc:"0, or a code"`
	Msg             string `json:"msg" doc:"what was wrong; empty at a success"`
	IsLost          int    `json:"is_lost" doc:"0"`
	Nickname        string `json:"nickname" doc:"the nickname"`
	Gender          string `json:"gender" doc:"男, which also stands for people who do not give it, or 女"`
	GenderType      int    `json:"gender_type" doc:"1 female, 2 male"`
	Province        string `json:"province" doc:"as in the profile"`
	City            string `json:"city" doc:"as in the profile"`
	Year            string `json:"year" doc:"always empty"`
	Constellation   string `json:"constellation" doc:"always empty"`
	FigureURL       string `json:"figureurl" doc:"address of the picture, 30 pixels a side"`
	FigureURL1      string `json:"figureurl_1" doc:"50 pixels a side"`
	FigureURL2      string `json:"figureurl_2" doc:"100 pixels a side"`
	FigureURLQQ1    string `json:"figureurl_qq_1" doc:"40 pixels a side"`
	FigureURLQQ2    string `json:"figureurl_qq_2" doc:"100 pixels a side"`
	FigureURLQQ     string `json:"figureurl_qq" doc:"640 pixels a side"`
	FigureURLType   string `json:"figureurl_type" doc:"1"`
	IsYellowVIP     string `json:"is_yellow_vip" doc:"1 with the yellow diamond"`
	VIP             string `json:"vip" doc:"the same"`
	YellowVIPLevel  string `json:"yellow_vip_level" doc:"its level"`
	Level           string `json:"level" doc:"the same"`
	IsYellowYearVIP string `json:"is_yellow_year_vip" doc:"1 if it is paid for a year"`
}

// userInfo answers the profile of the token's person.
func (d *door) userInfo(c *access.Call, login *wire.CheckResponse) (any, error) {
	p, err := d.profiles.Get(c.Context(), login.UIN)
	if err != nil {
		return nil, err
	}
	gender, genderType := "男", 2 // also for people who do not give theirs
	if p.Gender == 2 {
		gender, genderType = "女", 1
	}
	yellow := p.VIP.Yellow
	picture := func(size int) string { return d.profiles.Picture(p, size) }
	return &userInfo{
		Nickname: p.Nickname, Gender: gender, GenderType: genderType, Province: p.Province, City: p.City,
		FigureURL: picture(30), FigureURL1: picture(50), FigureURL2: picture(100),
		FigureURLQQ1: picture(40), FigureURLQQ2: picture(100), FigureURLQQ: picture(640), FigureURLType: "1",
		IsYellowVIP: bit(yellow.Has()), VIP: bit(yellow.Has()), IsYellowYearVIP: bit(yellow.Year),
		YellowVIPLevel: strconv.Itoa(yellow.Level), Level: strconv.Itoa(yellow.Level),
	}, nil
}

func bit(b bool) string { return strconv.Itoa(platform.Bit(b)) }
