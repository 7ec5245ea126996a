// Package msdk is what the doors of MSDK share: how they read their bodies, and the shapes that several of them answer.
package msdk

import (
	"bytes"
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/flatjson"
	"github.com/rookeryhq/rookery/retcode"
)

// Body is a body of one form.
type Body interface {
	// Check returns what is missing or impossible in it, and reads its ids.
	Check(*access.Call) error
	// User is who the call is for, in one spelling.
	User() string
	// Codes are those of Check, and of a member of a wrong type.
	Codes() []retcode.Code
}

// Bodies are a door's codes for bodies that are not of the form that is due.
type Bodies struct {
	Empty, Malformed retcode.Code
	WrongType        retcode.Code
	Wrong            string // what a member with that code has: "the wrong type"
}

// Action is the action of a handler that takes a body.
func Action[T any, P interface {
	*T
	Body
}](b *Bodies, handle func(*access.Call, P) (any, error)) access.Action {
	return access.Action{
		Handle: func(c *access.Call) (any, error) { return handle(c, c.Input.(P)) },
		Decode: func(c *access.Call) error { return Decode[T, P](b, c) },
		Codes:  P(new(T)).Codes(),
	}
}

// Decode reads exactly one JSON object in UTF-8 whose members have the types of T, no member twice, into c.Input and c.User.
// Members that T does not have are ignored.
func Decode[T any, P interface {
	*T
	Body
}](b *Bodies, c *access.Call) error {
	start := bytes.TrimLeft(c.Body, " \t\r\n")
	if len(start) == 0 {
		return b.Empty
	}
	if start[0] != '{' {
		return b.Malformed.Errorf("the body is not a JSON object")
	}
	in := P(new(T))
	if plain, ok := any(in).(flatjson.Object); !ok || !flatjson.Read(c.Body, plain) {
		in = P(new(T))
		if err := json.Unmarshal(c.Body, in); err != nil {
			return b.wrong(err)
		}
	}
	if err := in.Check(c); err != nil {
		return err
	}
	c.Input, c.User = in, in.User()
	return nil
}

// wrong says where the body is wrong, in our words: the library's show Go types.
func (b *Bodies) wrong(err error) error {
	var typed *json.SemanticError
	if errors.As(err, &typed) {
		return b.WrongType.Errorf("body member %.60q has %s", typed.JSONPointer, b.Wrong)
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return b.Malformed.Errorf("body member %.60q comes twice", syntax.JSONPointer)
		}
		return b.Malformed.Errorf("the body is not JSON in UTF-8 at byte %d", syntax.ByteOffset)
	}
	return b.Malformed
}
