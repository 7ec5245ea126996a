package retcode

import (
	"fmt"
	"time"
)

// An Error is a code with the circumstances of one failure. It has two audiences: the code, the detail and the delay are
// for the caller, the cause is for the log alone. An Error never changes; its With methods return copies.
type Error struct {
	code       Code
	detail     string
	retryAfter time.Duration
	cause      error
}

// Errorf returns the code with a detail, formatted like fmt.Sprintf: one sentence that any caller may read. What the caller
// must not see belongs in WithCause.
func (c Code) Errorf(format string, args ...any) *Error {
	return &Error{code: c, detail: fmt.Sprintf(format, args...)}
}

// WithCause returns the code as an Error with a private cause.
func (c Code) WithCause(err error) *Error { return &Error{code: c, cause: err} }

// WithRetryAfter returns the code as an Error that tells the caller how long to wait.
func (c Code) WithRetryAfter(d time.Duration) *Error { return &Error{code: c, retryAfter: d} }

// WithCause returns a copy with a private cause, which errors.Is and errors.As find but Error does not print.
func (e *Error) WithCause(err error) *Error {
	copied := *e
	copied.cause = err
	return &copied
}

// WithRetryAfter returns a copy that tells the caller how long to wait.
func (e *Error) WithRetryAfter(d time.Duration) *Error {
	copied := *e
	copied.retryAfter = d
	return &copied
}

// Code returns the code.
func (e *Error) Code() Code { return e.code }

// Detail returns the sentence for the caller; "" when the code's summary says it all.
func (e *Error) Detail() string { return e.detail }

// RetryAfter returns how long the caller should wait; 0 when that is not known.
func (e *Error) RetryAfter() time.Duration { return e.retryAfter }

// Cause returns the private cause for the log, or nil.
func (e *Error) Cause() error { return e.cause }

// Error returns the code's text and the detail, never the cause.
func (e *Error) Error() string {
	if e.detail == "" {
		return e.code.Error()
	}
	return e.code.Error() + ": " + e.detail
}

// Unwrap returns the code and, if there is one, the cause.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.code}
	}
	return []error{e.code, e.cause}
}

// From returns the outermost code in err's chain, and whether it has one. It follows Unwrap in the order of errors.Is, but
// looks neither into an Error's cause nor below a code.
func From(err error) (Code, bool) {
	for err != nil {
		switch e := err.(type) {
		case Code:
			return e, e != 0
		case *Error:
			if e == nil {
				return 0, false
			}
			return e.code, true
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		case interface{ Unwrap() []error }:
			for _, err := range e.Unwrap() {
				if c, ok := From(err); ok {
					return c, true
				}
			}
			return 0, false
		default:
			return 0, false
		}
	}
	return 0, false
}
