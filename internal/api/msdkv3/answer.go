package msdkv3

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// success is the msg of a call whose answer has only the common members.
type success string

// platformFailed is the ret of an answer whose msg opens with the platform's own code (msdk-v3.md, 3).
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

// outcome holds the common members of an answer.
type outcome struct {
	ret      int
	msg      string
	errType  int
	platCode string // "" without one
}

// encode writes the answer of section 3: the common members and, between them, those of the interface.
func encode(c *access.Call, answer any, err error) {
	out := outcome{msg: "success"}
	var members []byte
	if err != nil {
		refusal := refusals.Refusal(err)
		c.Answer.Code, c.Answer.RetryAfter = refusal.Code, refusal.RetryAfter
		out = refused(refusal, err)
		var failure *oidb.Failure
		if in, ok := c.Input.(interface{ wrongLength() string }); ok && errors.As(err, &failure) {
			out.msg += in.wrongLength()
		}
	} else {
		switch answer := answer.(type) {
		case success:
			out.msg = string(answer)
		default: // with only strings and numbers it is always valid JSON
			members, _ = access.AppendJSON(nil, answer)
		}
	}
	c.Answer.Status = http.StatusOK
	b := append(c.Answer.Body, `{"ret":`...)
	b = strconv.AppendInt(b, int64(out.ret), 10)
	b = appendMember(b, `,"msg":`, out.msg)
	b = append(b, `,"err_type":`...)
	b = strconv.AppendInt(b, int64(out.errType), 10)
	if c.Endpoint != nil && c.Endpoint.Permission == platform.GroupPermission { // clients of its interfaces read either
		b = appendMember(b, `,"message":`, out.msg)
	}
	if out.platCode != "" {
		b = appendMember(b, `,"is_lost":"0","platCode":`, out.platCode)
	}
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

// serial returns the caller's serial number; "" when it is missing or invalid.
func serial(c *access.Call) string {
	if len(c.Query) == 0 { // the call ended before its parameters were read
		c.Query, _ = sign.ParseQuery(c.Query, c.Request.URL.RawQuery)
	}
	if text := c.Query.Get(extInfo); wordLike(text) {
		return text
	}
	return ""
}

// refusals answers failures of 0x711 and the friends' commands with the platform's number, and those of any other command
// as a failure of the bus (msdk-v3.md, 3, 5.21 and 8.7).
var refusals = &refuse.Door{
	NoRoute: retcode.V3PathUnknown, Method: retcode.V3HTTPUnreadable, Unreadable: retcode.V3HTTPUnreadable, Internal: retcode.V3Internal,
	Own: map[retcode.Code]retcode.Code{
		retcode.QQAPINotGranted:    retcode.V3APINotGranted,
		retcode.QQUserRateExceeded: retcode.V3UserRateExceeded,
	},
	Failed: func(f *oidb.Failure) (retcode.Code, string) {
		switch {
		case f.Code.Domain() == retcode.Group, f.Code.Domain() == retcode.GameCenter:
			return f.Code, f.Said()
		case f.Code == retcode.OIDBCommandNotConfigured:
			return retcode.V3CommandMissing, f.Unspaced()
		case f.Code.Domain() == retcode.AccessToken, f.Code.Domain() == retcode.QQ, f.Code.Domain() == retcode.Share:
			return refuse.Meaning(f.Code), f.Unspaced()
		default:
			return retcode.V3OIDBFailed, f.Unspaced()
		}
	},
	Other: func(err error) error {
		if errors.Is(err, access.ErrMethod) {
			return retcode.V3HTTPUnreadable.Errorf("the interface takes POST only")
		}
		return err
	},
}

// refused turns a refusal into an outcome. A code of the platform opens the msg; for a failure of the bus, and for a token
// that could not be checked, err_type depends on what failed.
func refused(r refuse.Refusal, err error) outcome {
	class := r.Code.Class()
	var failure *oidb.Failure
	if errors.As(err, &failure) && (r.Code == retcode.V3OIDBFailed || failure.Undecided()) {
		class = failure.Code.Class()
	}
	number := strconv.Itoa(r.Code.Number())
	var of relayed
	switch domain := r.Code.Domain(); {
	case domain == retcode.V2Group, domain == retcode.V2Unbind, errors.As(err, &of):
		return outcome{platformFailed, number + "," + r.Text, errType(class), number}
	case domain == retcode.QQ, domain == retcode.Share, domain == retcode.GameCenter:
		return outcome{platformFailed, number + "," + r.Text, errType(class), ""}
	}
	return outcome{r.Code.Number(), r.Text, errType(class), ""}
}
