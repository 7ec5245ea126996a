package cluster

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kinds of operations.
const (
	makeAccount = "make an account"
	issue       = "issue a token"
	check       = "check a token"
	revoke      = "revoke a grant"
	exchange    = "exchange a code"
	refresh     = "use a refresh token"
	send        = "send a message"
	bind        = "create a group for a guild"
	unbind      = "unbind a guild's group"
	look        = "look for a guild's group"
	join        = "join a group"
	metered     = "make a call of an app with a rate"
	restart     = "start Redis anew" // what the drill does, not a caller
)

// Results of operations.
const (
	done    = "done"
	refused = "refused" // for a reason: nothing was done
	failed  = "failed"  // it may have been done or not
)

// operation is one call as its caller saw it. Times are since the beginning of the drill.
type operation struct {
	Kind    string        `json:"kind"`
	Gateway int           `json:"gateway"`
	Start   time.Duration `json:"start"`
	End     time.Duration `json:"end"`
	Result  string        `json:"result"`
	Code    string        `json:"code"` // of the answer; what went wrong without one

	Who  string `json:"who,omitempty"`  // the account
	Whom string `json:"whom,omitempty"` // another account
	What string `json:"what,omitempty"` // a token's number, a request's ID or a guild
	Got  string `json:"got,omitempty"`  // what the answer names: an account, a message, a group
}

// String describes an operation for people.
func (op operation) String() string {
	return fmt.Sprintf("[%s–%s at gateway %d: %s %s: %s %s %s]", op.Start.Round(time.Millisecond), op.End.Round(time.Millisecond), op.Gateway,
		op.Kind, strings.Join(slices.DeleteFunc([]string{op.Who, op.Whom, op.What}, func(s string) bool { return s == "" }), ", "), op.Result, op.Code, op.Got)
}

// history has the operations of a drill in the order of their ends.
type history struct {
	begun time.Time

	mu  sync.Mutex
	all []operation
}

func (h *history) now() time.Duration { return time.Since(h.begun) }

// add adds an operation that ends now.
func (h *history) add(op operation) operation {
	h.mu.Lock()
	defer h.mu.Unlock()
	op.End = h.now()
	h.all = append(h.all, op)
	return op
}

// writeTo writes an operation a line, in JSON.
func (h *history) writeTo(w io.Writer) error {
	lines := json.NewEncoder(w)
	for _, op := range h.all {
		if err := lines.Encode(op); err != nil {
			return err
		}
	}
	return nil
}
