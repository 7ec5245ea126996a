package identity

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/oidbtest"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/token"
)

// FuzzRequests: whatever bytes come as a request, the answer is one that the command declares.
func FuzzRequests(f *testing.F) {
	fix := newFixture(f)
	app := uint64(fix.app.AppID)
	access, pay := fix.issue(fix.app, fix.ann, token.Access), fix.issue(fix.app, fix.ann, token.Pay)
	openid := access.OpenID
	oidbtest.FuzzRequests(f, fix.bus, map[*oidb.Declaration]proto.Message{
		&oidb.CheckAccess.Declaration: &wire.CheckAccessRequest{Appid: app, Openid: openid[:], AccessToken: access.Token},
		&oidb.CheckPay.Declaration:    &wire.CheckPayRequest{Appid: app, Openid: openid[:], PayToken: pay.Token},
		&ConvertOpenIDs.Declaration:   &wire.ConvertOpenIDsRequest{Appid: app, Count: 2, Openid: [][]byte{openid[:], make([]byte, 16)}},
		&CheckText.Declaration:        &wire.CheckTextRequest{Appid: app, Openid: openid.String()},
		&ConvertOpenID.Declaration:    &wire.ConvertOpenIDRequest{Appid: app, Openid: openid[:], Nonce: []byte("n"), Timestamp: 1},
	}, nil)
}
