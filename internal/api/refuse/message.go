package refuse

import (
	"errors"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

// Message makes a refusal of the messages service read as the service worded it, instead of as a failure of its command. As
// translates its code; a code that it lacks stays, and a failure of the bus that it lacks stays unchanged.
func Message(err error, as map[retcode.Code]retcode.Code) error {
	var failure *oidb.Failure
	if !errors.As(err, &failure) {
		return err
	}
	code, translated := as[failure.Code]
	switch {
	case translated:
	case failure.Code.Domain() == retcode.OIDB:
		return err
	default:
		code = failure.Code
	}
	return As(code, failure)
}

// As gives the refusal of a command another code, with the words that the command had for its caller, if any, and the time to
// retry after.
func As(code retcode.Code, failure *oidb.Failure) *retcode.Error {
	// The cause is for the log, as a text: the code of a failure in it must not count.
	why := failure.Error()
	var coded *retcode.Error
	if !errors.As(failure.Cause, &coded) || coded.Code() != failure.Code {
		return code.WithCause(errors.New(why))
	}
	if coded.Cause() != nil {
		why += ": " + coded.Cause().Error()
	}
	if coded.Detail() == "" {
		return code.WithCause(errors.New(why))
	}
	return code.Errorf("%s", coded.Detail()).WithCause(errors.New(why)).WithRetryAfter(coded.RetryAfter())
}
