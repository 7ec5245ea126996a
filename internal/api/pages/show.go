package pages

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/retcode"
)

var errShowNothing = errors.New("which is neither error nor Login")

// showLocation returns the address for a request that cannot return to the app (A.2.1): the code, then the request as it
// came.
func showLocation(code retcode.Code, rawQuery string) string {
	location := showPath + "?which=error&display=pc&error=" + strconv.Itoa(code.Number())
	if rawQuery != "" {
		location += "&" + rawQuery
	}
	return location
}

// show explains an error of authorize. With which=Login, which some apps use to open the original's sign-in page, it
// redirects there.
func show(c *access.Call) (any, error) {
	q := parseQuery(c.Request.URL.RawQuery)
	switch q.Get("which") {
	case "Login":
		q.Del("which")
		return redirect{authorizePath + "?" + q.Encode()}, nil
	case "error":
		t := wordsFor(c.Request)
		p := page{name: "problem", title: t.CannotSignIn, status: http.StatusBadRequest, data: problem{Text: t.FailedText}}
		number, err := strconv.Atoi(q.Get("error"))
		if why, ok := t.Refusals[number]; err == nil && ok {
			p.data = problem{Text: why.Text, Hint: why.Hint, Code: number}
		}
		return p, nil
	default:
		return nil, errShowNothing
	}
}
