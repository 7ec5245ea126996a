package pages

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/retcode"
)

var errShowNothing = errors.New("which is neither error nor Login")

// showLocation is where a request that cannot go back to the app ends (A.2.1): the code, then the request as it came.
func showLocation(code retcode.Code, rawQuery string) string {
	location := showPath + "?which=error&display=pc&error=" + strconv.Itoa(code.Number())
	if rawQuery != "" {
		location += "&" + rawQuery
	}
	return location
}

// show explains an error of authorize. With which=Login, by which some apps come straight to the original's sign-in page,
// it leads there.
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
