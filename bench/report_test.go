//go:build linux

package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReport(t *testing.T) {
	r := &report{Machine: "2 cores"}
	r.part = "v5"
	r.add("verify_login", 41234.4, "/s").beside([]float64{90, 80, 100}, []float64{100, 100, 100}).atLeast(0.88)
	r.add("verify_login: p99", 1.234, "ms")
	r.part = "start"
	r.add("start to ready", 160.2, "ms").under(150)
	for name, test := range map[string]struct {
		print func(*bytes.Buffer) error
		want  string
	}{
		"for a terminal": {func(out *bytes.Buffer) error { return r.print(out) }, `2 cores

MEASURE            VALUE     RATIO (ROUNDS)    TARGET         MET
verify_login       41234 /s  0.90 (0.80-1.00)  ratio >= 0.88  yes
verify_login: p99  1.23 ms                                    
start to ready     160 ms                      < 150 ms       NO

1 of the targets missed.
`},
		"as a page": {func(out *bytes.Buffer) error {
			return r.printMarkdown(out, time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC))
		}, `# What was measured

By ` + "`go run ./bench -markdown`" + ` on 2026-11-30: 2 cores. The load generator shares the cores with what it measures, so figures a second and milliseconds are of this machine alone; a ratio is the
median of rounds in which both sides took turns, and in parentheses are the lowest and the highest. 1 of the targets missed.

## v5

| Measure | Value | Ratio | Target | Met |
|---|--:|--:|---|---|
| verify_login | 41234 /s | 0.90 (0.80-1.00) | ratio >= 0.88 | yes |
| verify_login: p99 | 1.23 ms |  |  |  |

## start

| Measure | Value | Ratio | Target | Met |
|---|--:|--:|---|---|
| start to ready | 160 ms |  | < 150 ms | NO |
`},
	} {
		var out bytes.Buffer
		if err := test.print(&out); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(test.want, out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
