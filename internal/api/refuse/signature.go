package refuse

import (
	"cmp"
	"log/slog"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
)

// Signature describes a signature that a door refuses.
type Signature struct {
	Key       string        // with which it had to be made
	Parameter string        // in which it came; "" stands for sig
	Optional  string        // a parameter that need not be signed; "" for none
	Signed    func() string // the text that the platform signed
	Mistake   func(sig string, r *mistake.Request, keys mistake.Keys) string
}

// Explain shows the inspecting developer what was signed here and what the caller did wrong. The signed text may contain the
// request's body and tokens, so only the inspector gets it.
func (s Signature) Explain(c *access.Call, registry *apps.Registry) {
	if !c.Inspected() {
		return
	}
	if s.Key == "" { // nobody knows it here, as a rehearsal may find
		c.Note(slog.Bool(access.Unchecked, true))
		return
	}
	c.NoteSigned(s.Signed())
	c.Note(slog.String("mistake", s.Mistake(c.Query.Get(cmp.Or(s.Parameter, "sig")), &mistake.Request{
		Method: c.Request.Method, Host: c.Request.Host, URL: c.Request.URL, Path: c.Endpoint.Path, Query: c.Query, Body: c.Body,
		Optional: s.Optional, Parameter: s.Parameter,
	}, mistake.Keys{Right: s.Key, Others: registry.Keys(c.App)})))
}
