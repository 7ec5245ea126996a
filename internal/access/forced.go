package access

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// ForcedAnswer makes an interface refuse calls with a code, so that a game can be tested with codes whose conditions are hard to
// bring about. It takes the place of the interface's own work, after all checks of the call: a call that the checks refuse is
// refused as ever. An empty condition matches all calls.
type ForcedAnswer struct {
	ID         int            `json:"id,omitzero" doc:"its number, which the platform gives"`
	API        string         `json:"api" required:"true" doc:"the interface's path and, after a ?, parameters that a call must have"`
	Code       string         `json:"code" required:"true" doc:"one that the interface can answer: group/221012"`
	AppID      platform.AppID `json:"appid,omitzero" doc:"only for calls of this app"`
	Times      int            `json:"times,omitzero" doc:"how many calls it will still answer; 0 for no limit"`
	RetryAfter string         `json:"retry_after,omitzero" doc:"what the caller is told, as a Go duration; that of the code without it"`
	Hits       int            `json:"hits" doc:"how many calls it answered so far"`

	retryAfter time.Duration
	params     sign.Query
	errors     map[*Endpoint]error // with which each of the interface's endpoints fails
}

// maxForced bounds how many answers are forced at a time.
const maxForced = 100

// ForcedHeader is the header by which a caller recognizes a forced answer.
const ForcedHeader = "X-Rookery-Forced"

// forcedStage refuses the calls upon which an answer is forced.
const forcedStage = "forced"

// ForcedAnswers are the answers that a gateway forces. The zero value has none. It is safe for concurrent use.
type ForcedAnswers struct {
	gateway *Gateway // set by Force

	mu   sync.Mutex
	list []*ForcedAnswer
	last int
}

// Force makes the gateway force the answers that are added. It must be called before the first request.
func (g *Gateway) Force(f *ForcedAnswers) { f.gateway = g }

// Add forces an answer and returns it with its number. Errors: platform.ErrInvalid, platform.ErrFull.
func (f *ForcedAnswers) Add(a ForcedAnswer) (ForcedAnswer, error) {
	if err := a.resolve(f.gateway); err != nil {
		return ForcedAnswer{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) >= maxForced {
		return ForcedAnswer{}, platform.ErrFull.Errorf("%d answers are forced already: clear some", maxForced)
	}
	f.last++
	a.ID, a.Hits = f.last, 0
	f.list = append(f.list, &a)
	f.arm()
	return a, nil
}

// arm shows the gateway whether any answer is forced. f.mu is held.
func (f *ForcedAnswers) arm() {
	if len(f.list) == 0 {
		f.gateway.forced.Store(nil)
	} else {
		f.gateway.forced.Store(f)
	}
}

// List returns the answers that are still forced, in the order in which they were added.
func (f *ForcedAnswers) List() []ForcedAnswer {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := make([]ForcedAnswer, len(f.list))
	for i, a := range f.list {
		list[i] = *a
	}
	return list
}

// Clear ends one forced answer, or all for id 0, and returns how many it ended.
func (f *ForcedAnswers) Clear(id int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := len(f.list)
	f.list = slices.DeleteFunc(f.list, func(a *ForcedAnswer) bool { return id == 0 || a.ID == id })
	f.arm()
	return before - len(f.list)
}

// refuse returns the failure that is forced upon a call which has passed its checks; nil for none.
func (f *ForcedAnswers) refuse(c *Call) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.list, func(a *ForcedAnswer) bool { return a.matches(c) })
	if i < 0 {
		return nil
	}
	a := f.list[i]
	a.Hits++
	if a.Times > 0 {
		if a.Times--; a.Times == 0 {
			f.list = slices.Delete(f.list, i, i+1)
			f.arm()
		}
	}
	c.stage, c.forced = forcedStage, a
	return a.errors[c.Endpoint]
}

// mark shows the caller that its answer was forced, and how long it is to wait.
func (a *ForcedAnswer) mark(c *Call) {
	c.writer.Header().Set(ForcedHeader, a.Code)
	c.Answer.RetryAfter = a.retryAfter
}

func (a *ForcedAnswer) matches(c *Call) bool {
	if a.errors[c.Endpoint] == nil || a.AppID != 0 && (c.App == nil || a.AppID != c.App.AppID) {
		return false
	}
	for i := range a.params {
		if p := &a.params[i]; !c.Query.Has(p.Name) || c.Query.Get(p.Name) != p.Value {
			return false
		}
	}
	return true
}

// resolve checks the answer, and finds the failures of the interface that the door answers with the code.
func (a *ForcedAnswer) resolve(g *Gateway) (err error) {
	path, query, _ := strings.Cut(a.API, "?")
	r := g.exact[path]
	if r == nil || r.door.Code == nil {
		return platform.Invalidf("api", "api %.80q is not the path of an interface that answers codes; docs/routes.md lists them", a.API)
	}
	if a.params, err = sign.ParseQuery(nil, query); err != nil {
		return platform.Invalidf("api", "api %.80q: %v", a.API, err)
	}
	code, err := parseCode(a.Code)
	if err != nil {
		return err
	}
	a.errors = make(map[*Endpoint]error)
	var can []retcode.Code
	for _, e := range r.byMethod {
		can = append(can, e.codes()...)
		for _, failure := range r.door.failures(e) {
			if code != 0 && r.door.Code(failure) == code {
				a.errors[e] = failure
				break
			}
		}
	}
	if len(a.errors) == 0 {
		slices.SortFunc(can, byNumber)
		return platform.Invalidf("code", "%s does not answer %.40s, only %s", path, a.Code, codeNames(slices.Compact(can)))
	}
	a.Code = codeName(code)
	if a.retryAfter = defaultRetryAfter(code); a.RetryAfter != "" {
		if a.retryAfter, err = time.ParseDuration(a.RetryAfter); err != nil || a.retryAfter < 0 || a.retryAfter > maxRetryAfter {
			return platform.Invalidf("retry_after", "retry_after %.40q is not a duration from 0s to %s", a.RetryAfter, maxRetryAfter)
		}
	}
	a.RetryAfter = ""
	if a.retryAfter > 0 {
		a.RetryAfter = a.retryAfter.String()
	}
	if a.Times < 0 {
		return platform.Invalidf("times", "times is %d, less than 0", a.Times)
	}
	return nil
}

// maxRetryAfter is the longest wait that a real answer tells of: a quota counts for a day.
const maxRetryAfter = 24 * time.Hour

// defaultRetryAfter is the wait that a forced answer tells of: answers that ask the caller to slow down tell of one.
func defaultRetryAfter(code retcode.Code) time.Duration {
	if code.Class() == retcode.ClassSlowDown {
		return time.Second
	}
	return 0
}

// parseCode reads what codeName writes. It returns 0 for a number that the domain does not have.
func parseCode(text string) (retcode.Code, error) {
	domain, number, _ := strings.Cut(text, "/")
	d, err := retcode.ParseDomain(domain)
	n, malformed := strconv.Atoi(number)
	if err != nil || malformed != nil {
		return 0, platform.Invalidf("code", "code %.40q is not a domain and a number such as group/221012", text)
	}
	code, _ := retcode.Lookup(d, n)
	return code, nil
}

func codeName(c retcode.Code) string { return fmt.Sprintf("%s/%d", c.Domain(), c.Number()) }

func codeNames(codes []retcode.Code) string {
	names := make([]string, len(codes))
	for i, c := range codes {
		names[i] = codeName(c)
	}
	return strings.Join(names, ", ")
}
