package refuse

import (
	"log/slog"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
)

// Signature is what a door can say of a signature that it refuses.
type Signature struct {
	Key      string        // that it had to be made with
	Optional string        // a parameter that may be left out of what is signed; "" for none
	Signed   func() string // the text that the platform signed
	Mistake  func(sig string, r *mistake.Request, keys mistake.Keys) string
}

// Explain tells a developer who looks on what was signed here and what the caller did wrong. The signed text may hold the
// request's body and tokens, so only the inspector gets it.
func (s Signature) Explain(c *access.Call, registry *apps.Registry) {
	if !c.Inspected() {
		return
	}
	c.NoteSigned(s.Signed())
	c.Note(slog.String("mistake", s.Mistake(c.Query.Get("sig"), &mistake.Request{
		Method: c.Request.Method, Host: c.Request.Host, URL: c.Request.URL, Path: c.Endpoint.Path, Query: c.Query, Body: c.Body, Optional: s.Optional,
	}, mistake.Keys{Right: s.Key, Others: registry.Keys(c.App)})))
}
