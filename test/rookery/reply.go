package rookery

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Reply is an HTTP answer as received.
type Reply struct {
	Status int
	Header http.Header
	Body   string
}

const mediaForm = "application/x-www-form-urlencoded"

// request returns a request; media is the type of its body, if it has one.
func request(t testing.TB, method, target, media, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", media)
	}
	return req
}

// send sends a request and reads the answer to its end.
func send(t testing.TB, client *http.Client, req *http.Request) Reply {
	t.Helper()
	reply, err := trySend(client, req)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func trySend(client *http.Client, req *http.Request) (Reply, error) {
	rsp, err := client.Do(req)
	if err != nil {
		return Reply{}, err
	}
	defer rsp.Body.Close()
	body, err := io.ReadAll(rsp.Body)
	return Reply{rsp.StatusCode, rsp.Header, string(body)}, err
}
