package refuse

import (
	"log/slog"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
)

// Signature is what a door can say of a signature that it refuses.
type Signature struct {
	Key     string                 // what the key is called that it had to be made with: appkey, msdkkey, client_sigkey or a SigKeyName
	Signed  func() string          // the text that the platform signed
	Mistake func(sign.Keys) string // which of the usual mistakes made the signature that came; "" for none of them
}

// Explain tells a developer who looks on what was signed here and what the caller did wrong. The signed text may hold the
// request's body and tokens, so only the inspector gets it.
func (s Signature) Explain(c *access.Call) {
	if !c.Inspected() {
		return
	}
	c.NoteSigned(s.Signed())
	c.Note(slog.String("mistake", s.Mistake(keysOf(c.App, s.Key))))
}

// keysOf are an app's keys, of which the one of that name is right.
func keysOf(app *platform.App, right string) sign.Keys {
	all := map[string]string{"appkey": app.AppKey, "msdkkey": app.MSDKKey}
	if app.ClientSigKey != "" {
		all["client_sigkey"] = app.ClientSigKey
	}
	for source, key := range app.SigKeys {
		all[SigKeyName(source)] = key
	}
	keys := sign.Keys{Right: all[right], Others: all}
	delete(all, right)
	return keys
}

// SigKeyName is what the key of a source is called.
func SigKeyName(source string) string { return "sigkey of source " + source }
