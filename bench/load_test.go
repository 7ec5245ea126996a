//go:build linux

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestLoadCountsAnswersAndFaults(t *testing.T) {
	const total, faulty = 1000, 10
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); string(body) != "{}" {
			t.Errorf("body %q", body)
		}
		if served.Add(1) <= faulty {
			io.WriteString(w, `{"ret":1008}`)
			return
		}
		io.WriteString(w, `{"ret":0,"msg":""}`)
	}))
	defer server.Close()

	var sent atomic.Int64
	request := []byte("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
	l := &load{addr: strings.TrimPrefix(server.URL, "http://"), limit: time.Minute, sound: retOK, requests: func(int) requests {
		return func() []byte {
			if sent.Add(1) > total {
				return nil
			}
			return request
		}
	}}
	got, err := l.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.answers != total || got.faults != faulty {
		t.Errorf("%d answers, %d faults; want %d, %d", got.answers, got.faults, total, faulty)
	}
	if !strings.Contains(got.fault, `{"ret":1008}`) {
		t.Errorf("fault %q", got.fault)
	}
	if p50, p99 := got.quantile(0.50), got.quantile(0.99); p50 <= 0 || p99 < p50 {
		t.Errorf("p50 %g ms, p99 %g ms", p50, p99)
	}
}

func TestLoadStaysOnTheMachine(t *testing.T) {
	for _, addr := range []string{"192.0.2.1:80", "localhost:80", "0.0.0.0:80"} {
		if _, err := (&load{addr: addr}).run(t.Context()); err == nil {
			t.Errorf("it would have sent load to %s", addr)
		}
	}
}

func TestParseAnswer(t *testing.T) {
	answer := []byte("HTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 3\r\n\r\nabc")
	for n := range answer {
		if _, whole := parseAnswer(answer[:n]); whole {
			t.Errorf("whole after %q", answer[:n])
		}
	}
	if body, whole := parseAnswer(answer); !whole || !bytes.Equal(body, []byte("abc")) {
		t.Errorf("got %q, %t", body, whole)
	}
}
