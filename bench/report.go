//go:build linux

package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"
)

// report holds the results.
type report struct {
	Machine string `json:"machine"`
	Rows    []*row `json:"rows"`
	part    string // which is measured now
}

// row is one measurement: its value, its ratio to another measurement, or both.
type row struct {
	Part    string    `json:"part"`
	Measure string    `json:"measure"`
	Value   float64   `json:"value"`
	Unit    string    `json:"unit"`
	Ratio   float64   `json:"ratio,omitempty"`  // median of the rounds
	Ratios  []float64 `json:"ratios,omitempty"` // of each round
	Target  string    `json:"target,omitempty"`
	Met     *bool     `json:"met,omitempty"`
}

func (r *report) add(measure string, value float64, unit string) *row {
	added := &row{Part: r.part, Measure: measure, Value: value, Unit: unit}
	r.Rows = append(r.Rows, added)
	return added
}

// beside sets the row's ratio, round by round, to what it is compared with.
func (w *row) beside(values, others []float64) *row {
	for i := range values {
		w.Ratios = append(w.Ratios, values[i]/others[i])
	}
	w.Ratio = median(w.Ratios)
	return w
}

// share gives a row the part of a whole that it is.
func (w *row) share(of float64) { w.Ratio, w.Ratios = of, []float64{of} }

// atLeast sets a target for the row's ratio.
func (w *row) atLeast(target float64) {
	met := w.Ratio >= target
	w.Target, w.Met = fmt.Sprintf("ratio >= %.2f", target), &met
}

// atMost sets an upper target for the row's ratio.
func (w *row) atMost(target float64) {
	met := w.Ratio <= target
	w.Target, w.Met = fmt.Sprintf("ratio <= %.2f", target), &met
}

// over sets a lower target for the row's value.
func (w *row) over(target float64) {
	met := w.Value > target
	w.Target, w.Met = fmt.Sprintf("> %.0f %s", target, w.Unit), &met
}

// under sets a target for the row's value.
func (w *row) under(target float64) {
	met := w.Value < target
	w.Target, w.Met = fmt.Sprintf("< %g %s", target, w.Unit), &met
}

// cells are what people read of a row.
func (w *row) cells() (value, ratio, target, met string) {
	value = number(w.Value) + " " + w.Unit
	if w.Ratios != nil {
		ratio = fmt.Sprintf("%.2f (%.2f-%.2f)", w.Ratio, slices.Min(w.Ratios), slices.Max(w.Ratios))
	}
	if w.Met != nil {
		target, met = w.Target, "yes"
		if !*w.Met {
			met = "NO"
		}
	}
	return value, ratio, target, met
}

// sum says how many targets were missed.
func (r *report) sum() string {
	missed := 0
	for _, row := range r.Rows {
		if row.Met != nil && !*row.Met {
			missed++
		}
	}
	if missed == 0 {
		return "Every target is met."
	}
	return fmt.Sprintf("%d of the targets missed.", missed)
}

// print writes the report as a table for a terminal.
func (r *report) print(out io.Writer) error {
	fmt.Fprintln(out, r.Machine)
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MEASURE\tVALUE\tRATIO (ROUNDS)\tTARGET\tMET")
	for _, row := range r.Rows {
		value, ratio, target, met := row.cells()
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", row.Measure, value, ratio, target, met)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s\n", r.sum())
	return err
}

// printMarkdown writes the report as the page that is committed.
func (r *report) printMarkdown(out io.Writer, on time.Time) error {
	_, err := fmt.Fprintf(out, `# What was measured

By `+"`go run ./bench -markdown`"+` on %s: %s. The load generator shares the cores with what it measures, so figures a second and milliseconds are of this machine alone; a ratio is the
median of rounds in which both sides took turns, and in parentheses are the lowest and the highest. %s
`, on.Format(time.DateOnly), r.Machine, r.sum())
	for i, row := range r.Rows {
		if i == 0 || row.Part != r.Rows[i-1].Part {
			_, err = fmt.Fprintf(out, "\n## %s\n\n| Measure | Value | Ratio | Target | Met |\n|---|--:|--:|---|---|\n", row.Part)
		}
		if err == nil {
			value, ratio, target, met := row.cells()
			_, err = fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", row.Measure, value, ratio, target, met)
		}
		if err != nil {
			return err
		}
	}
	return err
}

// number formats a value with three digits, or with all digits before the point.
func number(value float64) string {
	switch {
	case value >= 100:
		return strconv.FormatFloat(value, 'f', 0, 64)
	case value >= 10:
		return strconv.FormatFloat(value, 'f', 1, 64)
	default:
		return strconv.FormatFloat(value, 'f', 2, 64)
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
