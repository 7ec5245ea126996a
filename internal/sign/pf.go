package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// PF holds the parts of a payment string (pf), with which a game's back end begins a payment. None of them may contain a
// '-' (msdk-v3.md, 5.3 and 5.20).
type PF struct {
	Platform       string // desktop_m_qq
	Channel        string // through which the player registered
	System         string // android, iap, ...
	InstallChannel string
	AppID, OpenID  string
}

// String returns the form that clients show: platform, channel, system, channel, account, app, openid.
func (p PF) String() string {
	return strings.Join([]string{p.Platform, p.Channel, p.System, p.InstallChannel, "qq", p.AppID, p.OpenID}, "-")
}

// Key returns the pfkey of a pf: 32 hex digits that prove to anyone with the appkey that the platform made it. The rule is
// this project's own; the original's is not public.
func (p PF) Key(appkey string) string {
	mac := hmac.New(sha256.New, []byte(appkey))
	mac.Write([]byte(p.String()))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
