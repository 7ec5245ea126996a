package connect

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

const (
	htmlType = "text/html; charset=utf-8"
	utf8Form = "; charset=utf-8"
)

// noStore keeps answers with tokens out of caches (RFC 6749, 5.1).
var noStore = http.Header{"Cache-Control": {"no-store"}, "Pragma": {"no-cache"}}

func (d *door) encode(c *access.Call, result any, err error) {
	a := &c.Answer
	a.Status, a.ContentType = http.StatusOK, htmlType
	if a.Header == nil {
		a.Header = noStore
	}
	if err != nil {
		refuse(c, err)
		return
	}
	switch result := result.(type) {
	case *tokens:
		if asJSON(c) {
			a.ContentType = ""
			a.Body = appendJSON(a.Body, result)
			return
		}
		a.ContentType = d.TokenMediaType + utf8Form
		a.Body = result.append(a.Body)
	case *person:
		if asJSON(c) {
			a.ContentType = ""
			a.Body = result.append(a.Body)
			return
		}
		a.Body = append(result.append(append(a.Body, wrapperStart...)), wrapperEnd...)
	case *userInfo:
		a.Body = appendJSON(a.Body, result)
	case nil: // what was to be revoked is: there is nothing to say
		a.ContentType = "text/plain; charset=utf-8"
	default:
		a.ContentType = ""
		a.Body = appendJSON(a.Body, result)
	}
}

// The wrapper, from which clients cut fixed numbers of bytes (qq-connect-openapi.md, A.11).
const (
	wrapperStart = "callback( "
	wrapperEnd   = " );\n"
)

// refuse writes an error in the form of the interface's family (qq-connect-openapi.md, A.8).
func refuse(c *access.Call, err error) {
	a := &c.Answer
	var text string
	a.Code, text = refusal(c, err)
	var coded *retcode.Error
	if errors.As(err, &coded) {
		a.RetryAfter = coded.RetryAfter()
	}
	path := c.Request.URL.Path
	switch {
	case strings.HasPrefix(path, userPrefix):
		a.Body = appendError(a.Body, "ret", "msg", a.Code, text)
	case path == introspectPath || path == revokePath: // of an RFC, whose clients look at the status
		a.Status, a.ContentType = a.Code.HTTPStatus(), ""
		if a.Header["Www-Authenticate"] != nil {
			a.Status = http.StatusUnauthorized
		}
		a.Body = appendError(a.Body, "error", "error_description", a.Code, text)
	case asJSON(c):
		a.ContentType = ""
		a.Body = appendError(a.Body, "error", "error_description", a.Code, text)
	default:
		a.Body = append(appendError(append(a.Body, wrapperStart...), "error", "error_description", a.Code, text), wrapperEnd...)
	}
}

func appendError(b []byte, number, words string, code retcode.Code, text string) []byte {
	b = append(append(append(b, `{"`...), number...), `":`...)
	b = strconv.AppendInt(b, int64(code.Number()), 10)
	b = append(append(append(b, `,"`...), words...), `":`...)
	return append(appendJSON(b, text), '}')
}

// appendJSON writes an answer in which nothing is HTML, since most answers go out as that. Only strings, numbers and truth
// values are in it, so it cannot fail to be JSON.
func appendJSON(b []byte, answer any) []byte {
	body, _ := json.Marshal(answer, jsontext.EscapeForHTML(true))
	return append(b, body...)
}

func asJSON(c *access.Call) bool {
	if len(c.Query) == 0 { // the call ended before its parameters were read
		c.Query, _ = appendParams(c.Query, c.Request.URL.RawQuery)
	}
	return c.Query.Get("fmt") == "json"
}

// captured are texts that the original was seen to answer and clients look for (qq-connect-openapi.md, A.9).
var captured = map[retcode.Code]string{
	retcode.QQClientIDMissing:        "param client_id is wrong or lost ",
	retcode.QQClientSecretMissing:    "param client_secret is wrong or lost ",
	retcode.QQClientSecretWrong:      "param client_secret is wrong or lost ",
	retcode.QQRedirectURIIllegal:     "redirect uri is illegal",
	retcode.QQAccessTokenUnreadable:  "access token is illegal",
	retcode.QQAccessTokenRevoked:     "access token is revoked",
	retcode.QQAccessTokenCheckFailed: "access token check failed",
	retcode.ConnectCodeInvalid:       "code to access token error",
	retcode.ConnectCodeReused:        "code is reused error",
	retcode.ConnectUnionIDNotGranted: "CompanyID not set",
}

// refusal gives an error its number and its text for the caller.
func refusal(c *access.Call, err error) (retcode.Code, string) {
	code, text := codeOf(c, err)
	if fixed, ok := captured[code]; ok {
		return code, fixed
	}
	if text == "" {
		text = code.Entry().Summary
	}
	return code, text
}

// codeOf returns an error's code and its own text for the caller, "" when it has none.
func codeOf(c *access.Call, err error) (retcode.Code, string) {
	var failure *oidb.Failure
	if errors.As(err, &failure) {
		if class := failure.Code.Class(); failure.Code.Domain() == retcode.AccessToken && (class == retcode.ClassRetry || class == retcode.ClassInternal) {
			return retcode.ConnectInternal, "" // the check itself failed, which says nothing of the token
		}
		return identity.Meaning(failure.Code), ""
	}
	var coded *retcode.Error
	if errors.As(err, &coded) {
		return coded.Code(), coded.Detail()
	}
	code, ok := retcode.From(err)
	path := c.Request.URL.Path
	switch {
	case ok:
		return code, ""
	case errors.Is(err, access.ErrNoRoute):
		return retcode.QQAPINotFound, ""
	case errors.Is(err, access.ErrMethod) && (path == introspectPath || path == revokePath):
		return retcode.QQPostRequired, ""
	case errors.Is(err, access.ErrMethod):
		return retcode.ConnectRequestUnreadable, err.Error() // which methods the path takes
	case errors.Is(err, access.ErrTooLarge):
		return retcode.ConnectRequestUnreadable, fmt.Sprintf("the body has more than %d bytes", access.MaxBody)
	case errors.Is(err, access.ErrUnreadable):
		return retcode.ConnectRequestUnreadable, ""
	default:
		return retcode.ConnectInternal, ""
	}
}
