package platform

import "fmt"

// ErrorKind is a kind of error on which callers of services and stores branch, with errors.Is. An error of no kind, and
// without a retcode, means that a part of the platform failed.
type ErrorKind string

// The kinds.
const (
	ErrNotFound ErrorKind = "not found"
	ErrExists   ErrorKind = "exists already"
	ErrSpent    ErrorKind = "used already"
	ErrFull     ErrorKind = "no room for more"
	ErrInvalid  ErrorKind = "invalid input" // of every *InvalidError
)

func (k ErrorKind) Error() string { return string(k) }

// Errorf returns an error of that kind whose text is the formatted one alone.
func (k ErrorKind) Errorf(format string, args ...any) error {
	return &kindError{k, fmt.Sprintf(format, args...)}
}

type kindError struct {
	kind ErrorKind
	text string
}

func (e *kindError) Error() string        { return e.text }
func (e *kindError) Is(target error) bool { return target == e.kind }

// InvalidError says what is wrong with something that was asked for.
type InvalidError struct {
	Field  string // at fault, by its name in JSON; "" where it is not one field
	Reason string // one sentence
}

// Invalidf returns an InvalidError about a field, "" for none.
func Invalidf(field, format string, args ...any) error {
	return &InvalidError{field, fmt.Sprintf(format, args...)}
}

func (e *InvalidError) Error() string { return e.Reason }

// Is makes the error one of the kind ErrInvalid.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// NoApp is what looking for an unknown app ends with.
func NoApp(id AppID) error { return ErrNotFound.Errorf("there is no app %s", id) }

// NoAccount is what looking for an unknown account ends with.
func NoAccount(uin UIN) error { return ErrNotFound.Errorf("there is no account %s", uin) }
