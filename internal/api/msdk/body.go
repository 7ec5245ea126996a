// Package msdk contains what the doors of MSDK share: how they read bodies, and the shapes of answers that several of them
// give.
package msdk

import (
	"bytes"
	"errors"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/flatjson"
	"github.com/rookeryhq/rookery/retcode"
)

// Body is a request's body of one form.
type Body interface {
	// Check returns an error for what is missing or impossible, and parses the ids.
	Check(*access.Call) error
	// User returns the subject of the call, in one spelling.
	User() string
	// Codes returns the codes of Check, and of a member with a wrong type.
	Codes() []retcode.Code
}

// Bodies are a door's codes for bodies that do not have the required form.
type Bodies struct {
	Empty, Malformed retcode.Code
	WrongType        retcode.Code
	Wrong            string // the text for a member with that code: "the wrong type"
}

// Action returns the action of a handler that takes a body. The body, and what its strings refer to, is used again after the
// answer, so the handler must not keep any of it.
func Action[T any, P interface {
	*T
	Body
}](b *Bodies, handle func(*access.Call, P) (any, error)) access.Action {
	used := &sync.Pool{New: func() any { return P(new(T)) }}
	return access.Action{
		Handle: func(c *access.Call) (any, error) { return handle(c, c.Input.(P)) },
		Decode: func(c *access.Call) error { return decode[T, P](b, c, used) },
		Codes:  P(new(T)).Codes(),
		Body:   *new(T),
	}
}

// decode reads exactly one JSON object in UTF-8, with members of the types in T and no member twice, into c.Input and
// c.User. It ignores members that T does not have.
func decode[T any, P interface {
	*T
	Body
}](b *Bodies, c *access.Call, used *sync.Pool) error {
	start := bytes.TrimLeft(c.Body, " \t\r\n")
	if len(start) == 0 {
		return b.Empty
	}
	if start[0] != '{' {
		if is := c.Content(); is != access.ContentUnknown {
			return b.Malformed.Errorf("the body is %s, not a JSON object", is)
		}
		return b.Malformed.Errorf("the body is not a JSON object")
	}
	in, empty := c.Lend(used).(P), *new(T)
	*in = empty
	if plain, ok := any(in).(flatjson.Object); !ok || !flatjson.Read(c.Body, plain) {
		*in = empty
		if err := json.Unmarshal(c.Body, in); err != nil {
			return b.wrong(c, err)
		}
	}
	if err := in.Check(c); err != nil {
		return err
	}
	c.Input, c.User = in, in.User()
	return nil
}

// wrong says where the body is wrong, in our own words, since the library's show Go types.
func (b *Bodies) wrong(c *access.Call, err error) error {
	var typed *json.SemanticError
	if errors.As(err, &typed) {
		return b.WrongType.Errorf("body member %.60q has %s", typed.JSONPointer, b.Wrong)
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return b.Malformed.Errorf("body member %.60q occurs twice", syntax.JSONPointer)
		}
		if is := c.Content(); is != access.ContentJSON {
			return b.Malformed.Errorf("the body is not JSON in UTF-8 at byte %d: it is %s", syntax.ByteOffset, is)
		}
		return b.Malformed.Errorf("the body is not JSON in UTF-8 at byte %d", syntax.ByteOffset)
	}
	return b.Malformed
}
