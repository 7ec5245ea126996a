package msdkv3

import (
	"slices"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/msdk"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func (d *door) shares(k checks) []access.Endpoint {
	return []access.Endpoint{
		// Whether the app is online is a matter of the message (causes.md, messages).
		access.API("POST", "/share/qq", msdk.Action(shareBodies, d.share), k.signed, access.Granted, k.user, access.UserRate, k.body,
			access.OrdinaryAddress, k.bounded, access.Check("v3-share-token", d.shareToken).Calls(checkAccess)).
			Calls(access.Uses(&messages.SendShareCommand.Declaration)).Refuses(refuseShare).
			Does("Sends a message to a friend who uses the app."),
	}
}

// shareBodies are those of an interface with numbers of its own (msdk-v3.md, 8.8).
var shareBodies = &msdk.Bodies{
	Empty: retcode.V3BodyEmpty, Malformed: retcode.V3BodyNotJSON, WrongType: retcode.ShareFieldInvalid, Wrong: "a wrong type or value",
}

// shareBody is the body of share (msdk-v3.md, 5.18). src and userip are ignored.
type shareBody struct {
	player
	msdk.Share
	AccessToken string `json:"access_token" required:"true" doc:"the sender's access token"`
	ConsumerKey appID  `json:"oauth_consumer_key" required:"true" doc:"the URL's appid"`
	AppID       appID  `json:"appid" doc:"the same again"`
	Dst         int    `json:"dst" required:"true" oneof:"1001" doc:"the place: QQ"`
	Flag        int    `json:"flag" required:"true" oneof:"1" doc:"the kind of message"`

	friend platform.OpenID
	login  wire.CheckResponse
}

// The only values that dst and flag have.
const (
	shareDst  = 1001
	shareFlag = 1
)

func (*shareBody) Codes() []retcode.Code {
	return append(slices.Clone(playerCodes), msdk.ShareCodes...)
}

func (b *shareBody) Check(c *access.Call) (err error) {
	switch {
	case b.OpenID == "":
		return shareMissing("openid")
	case b.AccessToken == "":
		return shareMissing("access_token")
	case b.ConsumerKey == 0:
		return shareMissing("oauth_consumer_key")
	case platform.AppID(b.ConsumerKey) != c.App.AppID, b.AppID != 0 && b.AppID != b.ConsumerKey:
		return retcode.ShareFieldInvalid.Errorf("body member \"oauth_consumer_key\" or \"appid\" is not the URL's appid")
	case b.Dst != shareDst:
		return retcode.ShareFieldInvalid.Errorf("body member \"dst\" is not %d", shareDst)
	case b.Flag != shareFlag:
		return retcode.ShareFieldInvalid.Errorf("body member \"flag\" is not %d", shareFlag)
	}
	if err := b.player.Check(c); err != nil {
		return err
	}
	if err := b.Share.Check(); err != nil {
		return err
	}
	if b.friend, err = platform.ParseOpenID(b.Receivers[0].OpenID); err != nil {
		return retcode.ShareFieldInvalid.Errorf("body member \"fopenids\": %v", err)
	}
	return nil
}

func shareMissing(name string) error {
	return retcode.ShareFieldInvalid.Errorf("body member %q is missing or empty", name)
}

func (d *door) shareToken(c *access.Call, in *shareBody) (err error) {
	in.login, err = oidb.Call(c.Context(), d.bus, oidb.CheckAccess, wire.CheckRequest{AppID: c.App.AppID, OpenID: in.packed, Token: in.AccessToken})
	return err
}

var shared any = success("success")

// share sends a message to a friend.
func (d *door) share(c *access.Call, in *shareBody) (any, error) {
	_, err := messages.SendShare(c.Context(), d.bus, messages.Letter{
		AppID: c.App.AppID, From: in.login.UIN, FromOpenID: in.login.OpenID, To: in.friend, Request: in.RequestID,
	}, in.Message())
	return shared, err
}

// refuseShare gives failures the numbers of this interface's own (msdk-v3.md, 8.8). Limits have those of the newer ones
// (causes.md, messages).
func refuseShare(err error) error {
	return refuse.Message(err, map[retcode.Code]retcode.Code{
		retcode.QQArkNotFriends:        retcode.ShareNotFriends,
		retcode.QQArkFriendCheckFailed: retcode.ShareBackEndFailed,
		retcode.OIDBConnectFailed:      retcode.ShareStorageFailed,
		retcode.OIDBDeadlineExceeded:   retcode.ShareTimedOut,
	})
}
