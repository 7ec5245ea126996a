package msdkv3

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// success is the msg of a call whose answer has only the common members.
type success string

// platformFailed is the ret that says that the platform's own code opens msg (msdk-v3.md, 3).
const platformFailed = -10000

// The values of err_type that this platform answers: what the caller should do (msdk-v3.md, 3).
const (
	errTypeNone        = 0
	errTypeLater       = 1
	errTypeReauthorize = 2
	errTypeUnknown     = 5
)

func errType(class retcode.Class) int {
	switch class {
	case retcode.ClassOK:
		return errTypeNone
	case retcode.ClassRetry, retcode.ClassSlowDown:
		return errTypeLater
	case retcode.ClassReauthorize:
		return errTypeReauthorize
	default:
		return errTypeUnknown
	}
}

// outcome are the common members of an answer, and the code for the log.
type outcome struct {
	ret     int
	msg     string
	errType int
	code    retcode.Code
}

// encode writes the answer of section 3: the common members, and between them those of the interface. All are made so that
// they are valid UTF-8.
func encode(c *access.Call, answer any, err error) {
	out := outcome{msg: "success"}
	var members []byte
	if err != nil {
		out = refusal(err)
		var coded *retcode.Error
		if errors.As(err, &coded) {
			c.Answer.RetryAfter = coded.RetryAfter()
		}
	} else {
		switch answer := answer.(type) {
		case success:
			out.msg = string(answer)
		default: // only strings and numbers are in it, so it cannot fail to be JSON
			members, _ = json.Marshal(answer)
		}
	}
	c.Answer.Status, c.Answer.Code = http.StatusOK, out.code
	b := append(c.Answer.Body, `{"ret":`...)
	b = strconv.AppendInt(b, int64(out.ret), 10)
	b = appendMember(b, `,"msg":`, out.msg)
	b = append(b, `,"err_type":`...)
	b = strconv.AppendInt(b, int64(out.errType), 10)
	if len(members) > len(`{}`) {
		b = append(append(b, ','), members[1:len(members)-1]...)
	}
	if serial := serial(c); serial != "" {
		b = appendMember(b, `,"msdkExtInfo":`, serial)
	}
	c.Answer.Body = append(b, '}')
}

func appendMember(b []byte, name, text string) []byte {
	b, _ = jsontext.AppendQuote(append(b, name...), text)
	return b
}

// serial is the caller's serial number; "" when none was sent or it is not one.
func serial(c *access.Call) string {
	if len(c.Query) == 0 { // the call ended before its parameters were read
		c.Query, _ = sign.ParseQuery(c.Query, c.Request.URL.RawQuery)
	}
	if text := c.Query.Get(extInfo); wordLike(text) {
		return text
	}
	return ""
}

// refusal gives an error its number and its text for the caller.
func refusal(err error) outcome {
	var failure *oidb.Failure
	if errors.As(err, &failure) {
		return commandFailed(failure)
	}
	code, detail := codeOf(err)
	switch code { // of the stages that all doors share, those that MSDK V3 has a number of its own for
	case retcode.QQAPINotGranted:
		code = retcode.V3APINotGranted
	case retcode.QQUserRateExceeded:
		code = retcode.V3UserRateExceeded
	}
	if detail == "" {
		detail = code.Entry().Summary
	}
	if code.Domain() == retcode.QQ {
		return platformRefused(code, detail)
	}
	return outcome{code.Number(), detail, errType(code.Class()), code}
}

// commandFailed tells what 0x711 and the friends' commands answered by the platform's number for it, and what any other
// command answered as a failure of the bus (msdk-v3.md, 3, 5.21 and 8.7).
func commandFailed(f *oidb.Failure) outcome {
	switch {
	case f.Code == retcode.OIDBCommandNotConfigured:
		code := retcode.V3CommandMissing
		return outcome{code.Number(), f.Error(), errType(code.Class()), code}
	case f.Code.Domain() == retcode.AccessToken:
		out := platformRefused(identity.Meaning(f.Code), f.Error())
		if class := f.Code.Class(); class == retcode.ClassRetry || class == retcode.ClassInternal {
			out.errType = errType(class) // nothing was found out about the token, so nobody need log in again
		}
		return out
	case f.Code.Domain() == retcode.QQ:
		return platformRefused(f.Code, f.Error())
	default:
		code := retcode.V3OIDBFailed
		return outcome{code.Number(), f.Error(), errType(f.Code.Class()), code}
	}
}

// platformRefused is the answer whose msg opens with the platform's code.
func platformRefused(code retcode.Code, text string) outcome {
	return outcome{platformFailed, strconv.Itoa(code.Number()) + "," + text, errType(code.Class()), code}
}

// codeOf returns an error's code and its text for the caller, "" when it has none.
func codeOf(err error) (retcode.Code, string) {
	var coded *retcode.Error
	if errors.As(err, &coded) {
		return coded.Code(), coded.Detail()
	}
	code, ok := retcode.From(err)
	switch {
	case ok:
		return code, ""
	case errors.Is(err, access.ErrNoRoute):
		return retcode.V3PathUnknown, ""
	case errors.Is(err, access.ErrMethod):
		return retcode.V3HTTPUnreadable, "the interface takes POST only"
	case errors.Is(err, access.ErrTooLarge):
		return retcode.V3HTTPUnreadable, fmt.Sprintf("the body has more than %d bytes", access.MaxBody)
	case errors.Is(err, access.ErrUnreadable):
		return retcode.V3HTTPUnreadable, ""
	default:
		return retcode.V3Internal, ""
	}
}
