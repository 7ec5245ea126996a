package identity

import (
	"fmt"
	"strings"

	"github.com/rookeryhq/rookery/internal/platform"
)

// A guest plays without a QQ account. To the platform a guest is an account like others, one per device, which the app
// knows as G_ and its openid. So everything that ends a login ends a guest's too.

const guestPrefix = "G_"

// GuestID returns a guest's name at an app: G_ and the openid (msdk-v3.md, 5.2).
func GuestID(openid platform.OpenID) string { return guestPrefix + openid.String() }

// ParseGuestID reads a guest's name.
func ParseGuestID(text string) (platform.OpenID, error) {
	openid, ok := strings.CutPrefix(text, guestPrefix)
	if !ok {
		return platform.OpenID{}, fmt.Errorf("guestid %.40q does not begin with %s", text, guestPrefix)
	}
	return platform.ParseOpenID(openid)
}
