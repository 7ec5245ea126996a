package platform

import (
	"errors"
	"fmt"
)

// ErrInvalid is wrapped by every error that says what is wrong with an operator's input.
var ErrInvalid = errors.New("invalid input")

// Invalidf returns an ErrInvalid that says what is wrong.
func Invalidf(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrInvalid, fmt.Errorf(format, args...))
}
