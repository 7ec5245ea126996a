package proxy

import (
	"cmp"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/har"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/redact"
)

// Judge says what exchanges mean. It is safe for concurrent use.
type Judge struct {
	doors *access.Gateway
	keys  []string // that are never shown
	keyed bool     // signatures are checked
}

// NewJudge returns a judge that finds interfaces among the doors' and checks signatures by the keys of the app that the doors know.
// Without an app it checks none.
func NewJudge(doors *access.Gateway, app *platform.App) *Judge {
	j := &Judge{doors: doors}
	if app != nil {
		j.keyed = true
		j.keys = []string{app.AppKey, app.MSDKKey, app.ClientSigKey, app.FormerAppKey.Key}
		for _, key := range app.SigKeys {
			j.keys = append(j.keys, key)
		}
	}
	return j
}

// Verdict is what there is to say of an exchange, and to keep of it. It holds no secrets.
type Verdict struct {
	Record   access.Record // as of an inspector, but not numbered
	Entry    *har.Entry
	Platform bool // the request was for one of the doors' interfaces, or was answered with a return code
}

// longestID bounds the request's id, in bytes.
const longestID = 64

// Judge judges an exchange.
func (j *Judge) Judge(x *Exchange) *Verdict {
	secrets := redact.New(j.keys...)
	_ = entry(x, secrets) // for the secrets alone: what comes first may hold one that only a later part names
	v := &Verdict{Entry: entry(x, secrets)}
	request := x.request()
	check := j.rehearse(x, request)
	r := &v.Record
	*r = access.Record{
		Time: x.Start.UTC(), RequestID: x.AnswerHeader.Get("X-Request-Id"), Method: x.Method, Interface: check.Interface, Secure: x.Secure,
		AppID: check.AppID, User: check.User, Status: x.Status, DurationUS: x.Took.Microseconds(),
	}
	if peer, err := netip.ParseAddrPort(x.Peer); err == nil {
		r.Peer = peer.Addr().Unmap().String()
	}
	code := j.answered(r, x)
	if len(r.RequestID) > longestID {
		r.RequestID = "" // of some other program
	}
	v.Platform = code || j.doors.Knows(request)
	if forced := x.AnswerHeader.Get(access.ForcedHeader); forced != "" {
		note(r, "forced", "the developer's platform was told to answer this: "+forced)
	} else {
		v.compare(&check)
	}
	if x.Comment != "" {
		note(r, "comment", x.Comment)
	}
	shown := func(text string) string { return strings.ToValidUTF8(secrets.Text(text), "\ufffd") }
	for _, text := range []*string{&r.RequestID, &r.Method, &r.Interface, &r.User, &r.Error, &r.Signed, &r.Mistake} {
		*text = shown(*text)
	}
	for name, text := range r.Notes {
		r.Notes[name] = shown(text)
	}
	if r.Mistake != "" { // which nobody can find out again without the signature
		v.Entry.Comment = r.Mistake
	}
	return v
}

// rehearse takes the request through the platform's checks up to its signature.
func (j *Judge) rehearse(x *Exchange, request *http.Request) access.Record {
	check := j.doors.Rehearse(request, x.Body.Bytes)
	if j.keyed && x.Body.whole() {
		return check
	}
	return access.Record{Interface: check.Interface}
}

// answered records what the answer says, and reports whether that is a return code.
func (j *Judge) answered(r *access.Record, x *Exchange) bool {
	if x.Failed != nil {
		r.Error = x.Failed.Error()
		return false
	}
	a, why := readAnswer(r.Interface, x)
	switch {
	case a.code != 0:
		r.Answered(a.code)
		if r.Error = a.text; a.origin != 0 {
			r.CausedBy(a.origin)
		}
		if !ofRookery(x.AnswerHeader) {
			e := cmp.Or(a.origin, a.code).Entry()
			r.Remedy = strings.TrimSpace(e.Remedy + " " + e.OnQQ)
		}
		return true
	case a.number != 0:
		r.Code, r.Error = a.number, strings.TrimSuffix("no list has this number for the interface: "+a.text, ": ")
	case x.Status >= 400:
		r.Error = cmp.Or(a.text, why, http.StatusText(x.Status))
	case !a.known && why != "":
		note(r, "answer", why)
	}
	return false
}

// ownID is the X-Request-Id that Rookery gives each answer.
var ownID = regexp.MustCompile(`^[0-9a-f]{16}$`)

// ofRookery reports whether an answer came from Rookery; any other is taken for the original's.
func ofRookery(answer http.Header) bool { return ownID.MatchString(answer.Get("X-Request-Id")) }

// compare tells what the checks found: the reason for the refusal if the platform refused for the same, or else a contradiction.
func (v *Verdict) compare(check *access.Record) {
	r := &v.Record
	_, unchecked := check.Notes[access.Unchecked]
	switch {
	case check.Stage == "":
	case check.Domain == r.Domain && check.Code == r.Code:
		r.Stage, r.Signed, r.Mistake = check.Stage, check.Signed, check.Mistake
	case !unchecked:
		text := fmt.Sprintf("with the keys given here, %s refuses it: %s", check.Stage, check.Error)
		if check.Mistake != "" {
			text += ": " + check.Mistake
		}
		note(r, "check", text)
	}
}

func note(r *access.Record, name, text string) {
	if r.Notes == nil {
		r.Notes = make(map[string]string)
	}
	r.Notes[name] = text
}

// entry returns what an archive keeps of an exchange.
func entry(x *Exchange, secrets *redact.Redactor) *har.Entry {
	ms := float64(x.Took.Microseconds()) / 1000
	e := &har.Entry{
		Started: x.Start.Format(time.RFC3339Nano), Time: ms, Timings: har.Timings{Wait: ms},
		Request: har.Request{
			Method: secrets.Text(x.Method), URL: secrets.URL(x.Address), HTTPVersion: "HTTP/1.1", Headers: listed(x.Header, secrets),
			HeadersSize: -1, BodySize: x.Body.Size,
		},
		Response: har.Response{
			Status: x.Status, StatusText: http.StatusText(x.Status), HTTPVersion: "HTTP/1.1", Headers: listed(x.AnswerHeader, secrets),
			Content:     har.Content{Size: x.Answer.Size, MIMEType: mediaType(x.AnswerHeader, secrets)},
			RedirectURL: secrets.URL(x.AnswerHeader.Get("Location")),
			HeadersSize: -1, BodySize: x.Answer.Size,
		},
	}
	_, query, _ := strings.Cut(e.Request.URL, "?")
	e.Request.QueryString = parameters(query)
	if x.Body.Size > 0 {
		post := &har.PostData{MIMEType: mediaType(x.Header, secrets)}
		post.Text, post.Comment = kept(&x.Body, x.Header, secrets)
		e.Request.PostData = post
	}
	if x.Answer.Size > 0 {
		e.Response.Content.Text, e.Response.Content.Comment = kept(&x.Answer, x.AnswerHeader, secrets)
	}
	if x.Failed != nil {
		e.Comment = secrets.Text(x.Failed.Error())
	}
	return e
}

func mediaType(h http.Header, secrets *redact.Redactor) string {
	return secrets.Header("Content-Type", h.Get("Content-Type"))
}

// kept returns what is kept of a body, and what is to be said of it.
func kept(b *Body, header http.Header, secrets *redact.Redactor) (text, comment string) {
	decoded, why := b.decoded(header)
	switch {
	case why != "":
		return "", "left out: " + why
	case !b.whole():
		return "", fmt.Sprintf("left out: it has %d bytes", b.Size)
	}
	text, ok := secrets.Body(decoded)
	if !ok {
		return "", "left out: secrets in it could not be told from the rest"
	}
	return text, ""
}

func listed(h http.Header, secrets *redact.Redactor) []har.Pair {
	pairs := []har.Pair{}
	for name, values := range h {
		for _, value := range values {
			pairs = append(pairs, har.Pair{Name: name, Value: secrets.Header(name, value)})
		}
	}
	slices.SortStableFunc(pairs, func(a, b har.Pair) int { return strings.Compare(a.Name, b.Name) })
	return pairs
}

// parameters returns the parameters of a query from which the secrets were removed.
func parameters(query string) []har.Pair {
	list := []har.Pair{}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name == "" {
			continue
		}
		decodedName, err := url.QueryUnescape(name)
		if err != nil {
			decodedName = name
		}
		decoded, err := url.QueryUnescape(value)
		if err != nil {
			decoded = value
		}
		list = append(list, har.Pair{Name: decodedName, Value: decoded})
	}
	return list
}
