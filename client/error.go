package client

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/retcode"
)

// An Error is the platform's refusal of a call, or an answer that did not come from the platform.
type Error struct {
	Interface  string        // the path, such as /v2/auth/verify_login
	Number     int           // as in the answer; 0 when it has none
	Message    string        // the platform's sentence
	RequestID  string        // finds the call in the platform's log; "" when the answer has none
	HTTPStatus int           // of the answer
	RetryAfter time.Duration // how long the platform asks the caller to wait; 0 when it does not say

	code   retcode.Code
	origin retcode.Code // the code of the bus command that the message names
}

// Code returns the return code; 0 when the answer has no number or the catalogue does not have it.
func (e *Error) Code() retcode.Code { return e.code }

// Class returns what to do. The message of a failed check names the command that made it and its result, which say more
// than the code: whether the token is at fault, or could not be checked. Without a code the class is retcode.ClassInternal.
func (e *Error) Class() retcode.Class { return cmp.Or(e.origin, e.code).Class() }

// originOf returns the code of the bus command that a message names; 0 when it names none.
func originOf(message string) retcode.Code {
	if !strings.HasPrefix(message, "oidb decode0x") {
		return 0
	}
	if found := retcode.Explain(message); len(found) > 0 {
		return found[0].Code
	}
	return 0
}

// Error returns the interface, the code, the platform's sentence and the request id.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: HTTP %d: %s", e.Interface, e.HTTPStatus, e.Message)
	if e.Number != 0 {
		text = fmt.Sprintf("%s: return code %d: %s", e.Interface, e.Number, e.Message)
	}
	if e.code != 0 {
		text = fmt.Sprintf("%s: %s %d: %s", e.Interface, e.code.Domain(), e.code.Number(), e.Message)
	}
	if e.RequestID != "" {
		text += " (request " + e.RequestID + ")"
	}
	return text
}

// Unwrap returns the code, so that errors.Is(err, retcode.QQAccessTokenExpired) and retcode.From(err) find it.
func (e *Error) Unwrap() error {
	if e.code == 0 {
		return nil
	}
	return e.code
}

// noAnswer returns the error for a call without an answer. The URL of a *url.Error contains tokens and the signature, so it
// is left out.
func noAnswer(path string, err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return fmt.Errorf("%s: no answer: %w", path, err)
}

// lookup returns the number's code in the first domain with such a code.
func lookup(number int, domains ...retcode.Domain) retcode.Code {
	for _, domain := range domains {
		if code, ok := retcode.Lookup(domain, number); ok {
			return code
		}
	}
	return 0
}
