package connect

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

const (
	htmlType = "text/html; charset=utf-8"
	utf8Form = "; charset=utf-8"
)

// Headers of this door's answers.
var (
	noCache = http.Header{"Pragma": {"no-cache"}} // for caches of long ago (RFC 6749, 5.1)
	// asScript lets pages load the wrapper as a script, as clients of the original do, though its type is that of a page.
	asScript = http.Header{"Pragma": {"no-cache"}, "X-Content-Type-Options": nil}
)

func (d *door) encode(c *access.Call, result any, err error) {
	a := &c.Answer
	a.Status, a.ContentType = http.StatusOK, htmlType
	if a.Header == nil {
		a.Header = noCache
	}
	if err != nil {
		writeRefusal(c, err)
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
		a.Header = asScript
		a.Body = append(result.append(append(a.Body, wrapperStart...)), wrapperEnd...)
	case nil: // of revoke, which has nothing to say
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

// writeRefusal writes an error in the form of the interface's family (qq-connect-openapi.md, A.8).
func writeRefusal(c *access.Call, err error) {
	a := &c.Answer
	refusal := refusals.Refusal(err)
	a.Code, a.RetryAfter = refusal.Code, refusal.RetryAfter
	text := refusalText(c, refusal.Text)
	path := c.Request.URL.Path
	switch {
	case path == introspectPath || path == revokePath: // of an RFC, whose clients check the status
		a.Status, a.ContentType = a.Code.HTTPStatus(), ""
		if a.Header["Www-Authenticate"] != nil {
			a.Status = http.StatusUnauthorized
		}
		a.Body = appendError(a.Body, "error", "error_description", a.Code, text)
	case asJSON(c):
		a.ContentType = ""
		a.Body = appendError(a.Body, "error", "error_description", a.Code, text)
	default:
		a.Header = asScript
		a.Body = append(appendError(append(a.Body, wrapperStart...), "error", "error_description", a.Code, text), wrapperEnd...)
	}
}

// refusalText adds to a text that the call had no parameters, because its body is empty.
func refusalText(c *access.Call, text string) string {
	if c.Endpoint != nil && c.Request.Method == http.MethodPost && len(c.Query) == 0 && c.Content() == access.ContentEmpty {
		return text + ": the body is empty"
	}
	return text
}

func appendError(b []byte, number, words string, code retcode.Code, text string) []byte {
	b = append(append(append(b, `{"`...), number...), `":`...)
	b = strconv.AppendInt(b, int64(code.Number()), 10)
	b = append(append(append(b, `,"`...), words...), `":`...)
	return append(appendJSON(b, text), '}')
}

// appendJSON writes an answer without HTML in it, since most answers are sent as HTML. It contains only strings, numbers
// and truth values, so it is always valid JSON.
func appendJSON(b []byte, answer any) []byte {
	b, _ = access.AppendJSON(b, answer, jsontext.EscapeForHTML(true))
	return b
}

func asJSON(c *access.Call) bool {
	if len(c.Query) == 0 { // the call ended before its parameters were read
		c.Query, _ = c.Query.Add(c.Request.URL.RawQuery, rules)
	}
	return c.Query.Get("fmt") == "json"
}

var refusals = &refuse.Door{
	NoRoute: retcode.QQAPINotFound, Method: retcode.ConnectRequestUnreadable, Unreadable: retcode.ConnectRequestUnreadable, Internal: retcode.ConnectInternal,
	Texts: map[retcode.Code]string{ // that the original was seen to answer and clients look for (qq-connect-openapi.md, A.9)
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
	},
	Failed: failed(refuse.Meaning),
	Other: func(err error) error {
		var method *access.MethodError
		if errors.As(err, &method) && slices.Equal(method.Allowed, []string{http.MethodPost}) {
			return retcode.QQPostRequired
		}
		return err
	},
}

// failed is what a failed command means to callers who are told the meaning of its code. That a check itself failed says
// nothing about the token.
func failed(meaning func(retcode.Code) retcode.Code) func(*oidb.Failure) (retcode.Code, string) {
	return func(f *oidb.Failure) (retcode.Code, string) {
		if f.Code.Domain() == retcode.AccessToken && f.Undecided() {
			return retcode.ConnectInternal, ""
		}
		return meaning(f.Code), ""
	}
}
