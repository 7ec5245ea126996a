//go:build linux

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"

	rookery "github.com/rookeryhq/rookery/internal/platform"
)

// bareArg turns the program into the bare handler.
const bareArg = "bare-handler"

// answer is an answer of the platform that the bare handler repeats. It is read from standard input.
type answer struct {
	Path   string // the request's path
	Header http.Header
	Body   []byte
	Store  string        // a seeded file, in which each request commits one row before its answer; "" for none
	App    rookery.AppID `json:",omitzero"` // the app that the file is seeded for
}

// serveBare does the least that net/http can do with the same request: find the pattern, read the whole body, answer. Like
// the platform, it prints one line when it is ready: its address.
func serveBare() {
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, "bench: bare handler:", err)
		os.Exit(1)
	}
	var same answer
	if err := json.NewDecoder(os.Stdin).Decode(&same); err != nil {
		fail(err)
	}
	commit := func(context.Context) error { return nil }
	if same.Store != "" {
		var err error
		if _, commit, err = committer(context.Background(), same.Store, same.App); err != nil {
			fail(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc(same.Path, func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := commit(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		header := w.Header()
		for name, values := range same.Header {
			header[name] = values
		}
		header["Content-Length"] = []string{strconv.Itoa(len(same.Body))} // as the platform, also for a long one
		w.Write(same.Body)
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		fmt.Fprintf(w, "go_memstats_mallocs_total %d\ngo_memstats_alloc_bytes_total %d\n", stats.Mallocs, stats.TotalAlloc)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	fmt.Println(listener.Addr())
	fail(http.Serve(listener, mux))
}
