// Package refuse turns the error that ended a call into what its caller reads: a code, a text, and when to come again. What
// all doors make of an error in the same way stands here; a door gives its own numbers and dresses the result.
package refuse

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

// Refusal is what a caller reads of an error. Nothing in it is secret.
type Refusal struct {
	Code       retcode.Code
	Text       string
	RetryAfter time.Duration // 0 for none
}

// Door is what one door makes of errors.
type Door struct {
	// Numbers for what the access layer refuses by itself, and for every failure without a code.
	NoRoute, Method, Unreadable, Internal retcode.Code

	Own    map[retcode.Code]retcode.Code                // the door's numbers for codes that others answer as they are
	Texts  map[retcode.Code]string                      // that clients look for, in place of any other text
	Failed func(f *oidb.Failure) (retcode.Code, string) // what a failed command means, "" for the code's own text
	Other  func(err error) (as error)                   // what the door calls by another error; nil for nothing
}

// Refusal translates an error.
func (d *Door) Refusal(err error) (r Refusal) {
	if d.Other != nil {
		err = d.Other(err)
	}
	var (
		failure *oidb.Failure
		coded   *retcode.Error
	)
	if errors.As(err, &coded) {
		r.RetryAfter = coded.RetryAfter()
	}
	switch code, ok := retcode.From(err); {
	case errors.As(err, &failure):
		r.Code, r.Text = d.Failed(failure)
	case coded != nil:
		r.Code, r.Text = coded.Code(), coded.Detail()
	case ok:
		r.Code = code
	case errors.Is(err, access.ErrNoRoute):
		r.Code = d.NoRoute
	case errors.Is(err, access.ErrMethod):
		r.Code, r.Text = d.Method, err.Error() // which methods the path takes
	case errors.Is(err, access.ErrTooLarge):
		r.Code, r.Text = d.Unreadable, fmt.Sprintf("the body has more than %d bytes", access.MaxBody)
	case errors.Is(err, access.ErrUnreadable):
		r.Code = d.Unreadable
	default:
		r.Code = d.Internal
	}
	if own, ok := d.Own[r.Code]; ok {
		r.Code = own
	}
	if text, ok := d.Texts[r.Code]; ok {
		r.Text = text
	}
	if r.Text == "" {
		r.Text = r.Code.Entry().Summary
	}
	return r
}

// Code returns the code of an error's refusal.
func (d *Door) Code(err error) retcode.Code { return d.Refusal(err).Code }

// Status is the HTTP status of what the access layer refuses by itself, and of every error that a door knows nothing of.
func Status(err error) int {
	switch {
	case errors.Is(err, access.ErrNoRoute):
		return http.StatusNotFound
	case errors.Is(err, access.ErrMethod):
		return http.StatusMethodNotAllowed
	case errors.Is(err, access.ErrTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, access.ErrUnreadable):
		return http.StatusBadRequest
	default:
		return http.StatusInternalServerError
	}
}
