// Package refuse turns the error that ended a call into what its caller reads: a code, a text, and a time to retry after.
// What all doors have in common is here; a door adds its own numbers and formats the result.
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

// Refusal is what a caller is told about an error. Nothing in it is secret.
type Refusal struct {
	Code       retcode.Code
	Text       string
	RetryAfter time.Duration // 0 for none
}

// Door says how one door translates errors.
type Door struct {
	// Numbers for the access layer's own errors, and for every failure without a code.
	NoRoute, Method, Unreadable, Internal retcode.Code

	Own    map[retcode.Code]retcode.Code                // the door's numbers for codes that other doors answer unchanged
	Texts  map[retcode.Code]string                      // that clients look for, instead of any other text
	Failed func(f *oidb.Failure) (retcode.Code, string) // translates a failed command, with "" for the code's own text
	Other  func(err error) (as error)                   // translates an error to another one; nil to leave it
}

// Refusal translates an error.
func (d *Door) Refusal(err error) (r Refusal) {
	if d.Other != nil {
		err = d.Other(err)
	}
	var (
		failure   *oidb.Failure
		coded     *retcode.Error
		notServed *access.NotServedError
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
	case errors.As(err, &notServed):
		r.Code, r.Text = d.NoRoute, notServed.Error()
	case errors.Is(err, access.ErrNoRoute):
		r.Code = d.NoRoute
	case errors.Is(err, access.ErrMethod):
		r.Code, r.Text = d.Method, err.Error() // it names the methods that the path takes
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

// Status returns the HTTP status of the access layer's own errors, and of every error that a door does not know.
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
