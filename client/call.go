package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxAnswer bounds how much of an answer is read, in bytes: a list of 3,000 friends has less than half of it.
const maxAnswer = 4 << 20

// call is one call of an interface.
type call struct {
	method string
	path   string
	// needs are the members of the App that the call requires: an empty key would sign like any other, and the platform
	// would refuse the signature.
	needs []need
	// query returns the URL's parameters, signed at this time, as sent.
	query func(now time.Time) string
	body  []byte
	// media is the body's type.
	media string
	// header holds further request headers.
	header http.Header
	// wait is how long the platform may take before it answers.
	wait time.Duration
	// once marks a call that must not be carried out twice.
	once bool
	// read parses the answer; a refusal is an *Error made by answer.refused.
	read func(*answer) error
}

// need is a member of App and its value.
type need struct{ name, value string }

// do makes a call, and repeats it as the package comment says.
func (c *Client) do(ctx context.Context, call *call) error {
	for _, n := range call.needs {
		if n.value == "" {
			return fmt.Errorf("client: %s needs App.%s, which is empty", call.path, n.name)
		}
	}
	c.budget.earn()
	for attempt := 1; ; attempt++ {
		err := c.try(ctx, call)
		if err == nil {
			return nil
		}
		pause, again := c.again(ctx, call, attempt, err)
		if !again {
			return err
		}
		if ended := c.wait(ctx, pause); ended != nil {
			return fmt.Errorf("%w; %w", err, ended)
		}
	}
}

func (c *Client) try(ctx context.Context, call *call) error {
	if c.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout+call.wait)
		defer cancel()
	}
	target := c.base + call.path
	if call.query != nil {
		target += "?" + call.query(c.now())
	}
	req, err := http.NewRequestWithContext(ctx, call.method, target, bytes.NewReader(call.body))
	if err != nil {
		return noAnswer(call.path, err)
	}
	for name, values := range call.header {
		req.Header[name] = values
	}
	if call.media != "" {
		req.Header.Set("Content-Type", call.media)
	}
	if parent := TraceParent(ctx); parent != "" {
		req.Header.Set("Traceparent", parent)
	}
	rsp, err := c.web.Do(req)
	if err != nil {
		return noAnswer(call.path, err)
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(rsp.Body, maxAnswer+1))
	if err != nil {
		return noAnswer(call.path, err)
	}
	a := &answer{path: call.path, status: rsp.StatusCode, header: rsp.Header, body: body}
	if len(body) > maxAnswer {
		return a.refused(0, fmt.Sprintf("the answer has more than %d bytes", maxAnswer)) // a repeat would have the same size
	}
	return call.read(a)
}
