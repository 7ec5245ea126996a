package rookery

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// watch checks a child's log for what it must not show.
type watch struct {
	mu      sync.Mutex
	secrets map[string]bool
	panics  bool // may be reported
}

// hide names texts that the log must not show.
func (w *watch) hide(texts ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.secrets == nil {
		w.secrets = make(map[string]bool)
	}
	for _, text := range texts {
		if text != "" {
			w.secrets[text] = true
		}
	}
}

// check fails the test when the log contains what it never may.
func (w *watch) check(t testing.TB, log string) {
	t.Helper()
	faults := w.faults(log)
	for _, fault := range faults[:min(5, len(faults))] {
		t.Errorf("the child's log %s", fault)
	}
	if len(faults) > 5 {
		t.Errorf("the child's log has %d more such lines", len(faults)-5)
	}
}

func (w *watch) faults(text string) (faults []string) {
	signs := []struct{ text, what string }{
		{"panic", "reports a panic"},
		{"WARNING: DATA RACE", "reports a data race"},
		{`"undeclared":true`, "has a code that its interface does not declare"},
	}
	for _, sign := range signs {
		if sign.text == "panic" && w.panics {
			continue
		}
		if at := strings.Index(text, sign.text); at >= 0 {
			faults = append(faults, fmt.Sprintf("%s:\n%s", sign.what, text[at:min(len(text), at+4000)]))
		}
	}
	for _, secret := range slices.Sorted(w.hidden()) {
		if at := strings.Index(text, secret); at >= 0 {
			line, _, _ := strings.Cut(text[strings.LastIndexByte(text[:at], '\n')+1:], "\n")
			faults = append(faults, fmt.Sprintf("shows the secret %q:\n%s", secret, line))
		}
	}
	return faults
}

func (w *watch) hidden() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for secret := range w.secrets {
			if !yield(secret) {
				return
			}
		}
	}
}
