package platform

import "fmt"

// ErrorKind is a kind of error on which callers of services and stores branch, with errors.Is. An error without a kind and
// without a retcode means that a part of the platform failed.
type ErrorKind string

// The kinds.
const (
	ErrNotFound ErrorKind = "not found"
	ErrExists   ErrorKind = "exists already"
	ErrSpent    ErrorKind = "used already"
	ErrFull     ErrorKind = "no room for more"
	ErrTooOften ErrorKind = "too often"
	ErrEvents   ErrorKind = "the event could not be written" // of a write that reports events, which is undone
	ErrInvalid  ErrorKind = "invalid input"                  // of every *InvalidError

	ErrSenderQuota   ErrorKind = "the sender has sent as many messages as it may"
	ErrReceiverQuota ErrorKind = "the receiver has got as many messages as it may"
	ErrPairQuota     ErrorKind = "the receiver has got as many messages of this sender as it may"

	ErrNotGreater ErrorKind = "the value is not greater than the stored one"

	ErrGuildBound ErrorKind = "the guild has a group"
	ErrGroupBound ErrorKind = "the group serves another guild of the game"
	ErrUnderWay   ErrorKind = "another binding of the guild or the group is under way"
)

func (k ErrorKind) Error() string { return string(k) }

// Errorf returns an error of that kind, with only the formatted text.
func (k ErrorKind) Errorf(format string, args ...any) error {
	return &kindError{k, fmt.Sprintf(format, args...)}
}

type kindError struct {
	kind ErrorKind
	text string
}

func (e *kindError) Error() string        { return e.text }
func (e *kindError) Is(target error) bool { return target == e.kind }

// InvalidError says what is wrong with an input.
type InvalidError struct {
	Field  string // at fault, by its name in JSON; "" if it is not one field
	Reason string // one sentence
}

// Invalidf returns an InvalidError about a field; "" for no single field.
func Invalidf(field, format string, args ...any) error {
	return &InvalidError{field, fmt.Sprintf(format, args...)}
}

func (e *InvalidError) Error() string { return e.Reason }

// Is makes the error one of the kind ErrInvalid.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// NoApp returns the error for an unknown app.
func NoApp(id AppID) error { return ErrNotFound.Errorf("there is no app %s", id) }

// NoAccount returns the error for an unknown account.
func NoAccount(uin UIN) error { return ErrNotFound.Errorf("there is no account %s", uin) }

// NoGroup returns the error for an unknown group.
func NoGroup(gc GC) error { return ErrNotFound.Errorf("there is no group %s", gc) }
