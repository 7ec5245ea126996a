package client

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/retcode"
)

// answer is the HTTP response to a call.
type answer struct {
	path   string
	status int
	header http.Header
	body   []byte
}

// refused returns the answer as an error that has no code yet.
func (a *answer) refused(number int, message string) *Error {
	e := &Error{
		Interface: a.path, Number: number, Message: clip(message), origin: originOf(message),
		RequestID: clip(a.header.Get("X-Request-Id")), HTTPStatus: a.status,
	}
	if seconds, err := strconv.ParseUint(a.header.Get("Retry-After"), 10, 31); err == nil {
		e.RetryAfter = time.Duration(seconds) * time.Second
	}
	return e
}

// maxText bounds each text of an answer that becomes part of an error, in bytes, so that it cannot flood a log.
const maxText = 512

// clip cuts a text longer than maxText, between two characters.
func clip(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "…"
}

// foreign returns the error for an answer that the door cannot have written. For a redirect it names only the host: the
// rest may hold what was sent.
func (a *answer) foreign(door string) error {
	message := "the answer is not from " + door
	if to, err := url.Parse(a.header.Get("Location")); err == nil && to.Host != "" {
		message += " but redirects to " + to.Scheme + "://" + to.Host
	}
	return a.refused(0, message)
}

// wants returns the error for a success that lacks one of these members.
func (a *answer) wants(door string, members ...*string) error {
	for _, member := range members {
		if *member == "" {
			return a.foreign(door)
		}
	}
	return nil
}

// readRet reads an answer whose result is ret, a number of one of these domains, into out, which may be nil.
func readRet(a *answer, out any, domains ...retcode.Domain) error {
	var common struct {
		Ret *int   `json:"ret"`
		Msg string `json:"msg"`
	}
	if err := json.Unmarshal(a.body, &common); err != nil || common.Ret == nil {
		return a.foreign("this interface")
	}
	if *common.Ret != 0 {
		e := a.refused(*common.Ret, common.Msg)
		e.code = lookup(e.Number, domains...)
		return e
	}
	return readMore(a, out)
}

// readMore reads the members that an interface has in addition to the common ones.
func readMore(a *answer, out any) error {
	if a.status != http.StatusOK {
		return a.foreign("this interface")
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(a.body, out); err != nil {
		return a.refused(0, "the answer's members have unexpected types: "+err.Error())
	}
	return nil
}

// number is a whole number in an answer. Some interfaces write it as a string, some either way.
type number int64

// UnmarshalJSON implements json.Unmarshaler. An empty string and false read as 0.
func (n *number) UnmarshalJSON(text []byte) error {
	switch digits := strings.Trim(string(text), `"`); digits {
	case "", "false", "null":
		*n = 0
	case "true":
		*n = 1
	default:
		value, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return fmt.Errorf("%.20q is not a number", digits)
		}
		*n = number(value)
	}
	return nil
}

// flag is a number, possibly in a string: 0 is no, any other number yes, and "" means that the member is absent.
type flag string

const (
	no  flag = "0"
	yes flag = "1"
)

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseUint(strings.Trim(string(text), `"`), 10, 32)
	switch {
	case err != nil:
		return fmt.Errorf("%.20q is neither 0 nor above it", text)
	case value == 0:
		*f = no
	default:
		*f = yes
	}
	return nil
}

// inner is a JSON document inside a string.
type inner[T any] struct{ value T }

// UnmarshalJSON implements json.Unmarshaler.
func (i *inner[T]) UnmarshalJSON(text []byte) error {
	var document string
	if err := json.Unmarshal(text, &document); err != nil || document == "" {
		return err
	}
	return json.Unmarshal([]byte(document), &i.value)
}
