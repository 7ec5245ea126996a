//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"
)

// report holds the results.
type report struct {
	Machine string `json:"machine"`
	Rows    []*row `json:"rows"`
}

// row is one measurement: its value, its ratio to another measurement, or both.
type row struct {
	Measure string    `json:"measure"`
	Value   float64   `json:"value"`
	Unit    string    `json:"unit"`
	Ratio   float64   `json:"ratio,omitempty"`  // median of the rounds
	Ratios  []float64 `json:"ratios,omitempty"` // of each round
	Target  string    `json:"target,omitempty"`
	Met     *bool     `json:"met,omitempty"`
}

func (r *report) add(measure string, value float64, unit string) *row {
	added := &row{Measure: measure, Value: value, Unit: unit}
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

func (r *report) print(out io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(r)
	}
	fmt.Fprintln(out, r.Machine)
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MEASURE\tVALUE\tRATIO (ROUNDS)\tTARGET\tMET")
	missed := 0
	for _, row := range r.Rows {
		ratio, target, met := "", "", ""
		if row.Ratios != nil {
			ratio = fmt.Sprintf("%.2f (%.2f-%.2f)", row.Ratio, slices.Min(row.Ratios), slices.Max(row.Ratios))
		}
		if row.Met != nil {
			target, met = row.Target, "yes"
			if !*row.Met {
				met = "NO"
				missed++
			}
		}
		fmt.Fprintf(table, "%s\t%s %s\t%s\t%s\t%s\n", row.Measure, number(row.Value), row.Unit, ratio, target, met)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	var err error
	if missed > 0 {
		_, err = fmt.Fprintf(out, "\n%d of the targets missed.\n", missed)
	} else {
		_, err = fmt.Fprintln(out, "\nEvery target is met.")
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
