package pages

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/retcode"
)

var errShowNothing = errors.New("which is neither error nor Login")

// showLocation returns the address for a request that cannot return to the app (A.2.1): the code, the request's id, by which a
// developer finds it, then the request as it came.
func showLocation(code retcode.Code, requestID, rawQuery string) string {
	location := showPath + "?which=error&display=pc&error=" + strconv.Itoa(code.Number()) + "&request_id=" + requestID
	if rawQuery != "" {
		location += "&" + rawQuery
	}
	return location
}

// requestID is the form of the ids that the platform gives requests.
var requestID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// show explains an error of authorize. With which=Login, which some apps use to open the original's sign-in page, it
// redirects there.
func show(c *access.Call) (any, error) {
	q := parseQuery(c.Request.URL.RawQuery)
	switch q.Get("which") {
	case "Login":
		q.Del("which")
		return redirect{authorizePath + "?" + q.Encode()}, nil
	case "error":
		t := wordsFor(c)
		p := page{name: "problem", title: t.CannotSignIn, status: http.StatusBadRequest, data: problem{Text: t.FailedText}}
		number, err := strconv.Atoi(q.Get("error"))
		if why, ok := t.Refusals[number]; err == nil && ok {
			data := problem{Text: why.Text, Hint: why.Hint, Code: number}
			if id := q.Get("request_id"); requestID.MatchString(id) {
				data.Request = id
			}
			if number == retcode.QQRedirectURIIllegal.Number() {
				data.RedirectURI = q.Get("redirect_uri")
			}
			p.data = data
		}
		return p, nil
	default:
		return nil, errShowNothing
	}
}
