package rookery

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// log is a child's standard error.
type log struct {
	mu      sync.Mutex
	text    []byte
	secrets map[string]bool
	panics  bool // may be told of
}

// Write implements io.Writer.
func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	return len(b), nil
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// hide names texts that the log must not show.
func (l *log) hide(texts ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.secrets == nil {
		l.secrets = make(map[string]bool)
	}
	for _, text := range texts {
		if text != "" {
			l.secrets[text] = true
		}
	}
}

func (l *log) tail(lines int) string {
	all := strings.Split(strings.TrimSuffix(l.String(), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// check fails the test when the log holds what it never may.
func (l *log) check(t testing.TB) {
	t.Helper()
	faults := l.faults()
	for _, fault := range faults[:min(5, len(faults))] {
		t.Errorf("the child's log %s", fault)
	}
	if len(faults) > 5 {
		t.Errorf("the child's log has %d more such lines", len(faults)-5)
	}
}

func (l *log) faults() (faults []string) {
	text := l.String()
	signs := []struct{ text, what string }{
		{"panic", "tells of a panic"},
		{"WARNING: DATA RACE", "tells of a data race"},
		{`"undeclared":true`, "has a code that routes.tsv does not declare"},
	}
	for _, sign := range signs {
		if sign.text == "panic" && l.panics {
			continue
		}
		if at := strings.Index(text, sign.text); at >= 0 {
			faults = append(faults, fmt.Sprintf("%s:\n%s", sign.what, text[at:min(len(text), at+4000)]))
		}
	}
	for _, secret := range slices.Sorted(l.hidden()) {
		if at := strings.Index(text, secret); at >= 0 {
			line, _, _ := strings.Cut(text[strings.LastIndexByte(text[:at], '\n')+1:], "\n")
			faults = append(faults, fmt.Sprintf("shows the secret %q:\n%s", secret, line))
		}
	}
	return faults
}

func (l *log) hidden() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for secret := range l.secrets {
			if !yield(secret) {
				return
			}
		}
	}
}
