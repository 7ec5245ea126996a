// Package har reads and writes HTTP archives (HAR 1.2), in which browsers and proxies keep sessions of requests and answers.
package har

import "time"

// Entry is a request and its answer. The members are those that the format requires, and those that are used here.
type Entry struct {
	Started  string   `json:"startedDateTime"` // in the form of time.RFC3339Nano
	Time     float64  `json:"time"`            // milliseconds until the end of the answer
	Request  Request  `json:"request"`
	Response Response `json:"response"`
	Cache    struct{} `json:"cache"`
	Timings  Timings  `json:"timings"`
	Comment  string   `json:"comment,omitzero"`
}

// Request is the request of an entry.
type Request struct {
	Method      string    `json:"method"`
	URL         string    `json:"url"` // whole, with its host
	HTTPVersion string    `json:"httpVersion"`
	Cookies     []Pair    `json:"cookies"`
	Headers     []Pair    `json:"headers"`
	QueryString []Pair    `json:"queryString"`
	PostData    *PostData `json:"postData,omitzero"` // nil without a body
	HeadersSize int       `json:"headersSize"`       // -1 stands for unknown
	BodySize    int64     `json:"bodySize"`
}

// Pair is a header, a cookie or a parameter.
type Pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// PostData is the body of a request: its text, or the parameters of a form.
type PostData struct {
	MIMEType string `json:"mimeType"`
	Params   []Pair `json:"params,omitzero"`
	Text     string `json:"text"`
	Encoding string `json:"encoding,omitzero"` // base64, of some programs; the format has no such member here
	Comment  string `json:"comment,omitzero"`
}

// Response is the answer of an entry. Its status is 0 if none came.
type Response struct {
	Status      int     `json:"status"`
	StatusText  string  `json:"statusText"`
	HTTPVersion string  `json:"httpVersion"`
	Cookies     []Pair  `json:"cookies"`
	Headers     []Pair  `json:"headers"`
	Content     Content `json:"content"`
	RedirectURL string  `json:"redirectURL"`
	HeadersSize int     `json:"headersSize"`
	BodySize    int64   `json:"bodySize"`
}

// Content is the body of an answer.
type Content struct {
	Size     int64  `json:"size"`
	MIMEType string `json:"mimeType"`
	Text     string `json:"text,omitzero"`
	Encoding string `json:"encoding,omitzero"` // base64, or "" for text as it is
	Comment  string `json:"comment,omitzero"`
}

// Timings are parts of Entry.Time, in milliseconds.
type Timings struct {
	Send    float64 `json:"send"`
	Wait    float64 `json:"wait"`
	Receive float64 `json:"receive"`
}

// Start returns when the request was sent, in UTC; the zero time if the entry does not say it in the format's way.
func (e *Entry) Start() time.Time {
	at, err := time.Parse(time.RFC3339Nano, e.Started)
	if at = at.UTC(); err != nil || at.Year() < 0 || at.Year() > 9999 { // which RFC 3339 does not have
		return time.Time{}
	}
	return at
}

// Took returns how long the exchange took: from 0 to a day.
func (e *Entry) Took() time.Duration {
	const day = 24 * time.Hour
	return time.Duration(min(max(e.Time, 0), float64(day/time.Millisecond)) * float64(time.Millisecond))
}
