package server

import (
	"fmt"
	"net/http"

	"github.com/rookeryhq/rookery/internal/operators"
)

// ProofPath is where a platform proves to an operator's program, before that sends its token, that it knows the token: while the platform is down, anybody on
// the machine may listen in its place.
const ProofPath = "/proof"

// maxNonce bounds what a challenge brings.
const maxNonce = 128

func (s *Server) prove(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	q := r.URL.Query()
	c := operators.Challenge{Who: q.Get("who"), Nonce: q.Get("nonce")}
	proof, ok := s.team.Prove(c)
	if !ok || len(c.Nonce) > maxNonce {
		h.Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintln(w, `{"error":"no operator has such a token"}`)
		return
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintln(w, proof)
}
