//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// starts is the number of starts behind the median.
const starts = 10

// measureStart measures a first start, which creates the database and the demo world, and the memory of an idle platform.
func measureStart(ctx context.Context, s settings, folder string, report *report) error {
	progress("%d starts", starts)
	var took, resident, proportional []float64
	for i := range starts {
		fresh := filepath.Join(folder, strconv.Itoa(i))
		if err := os.Mkdir(fresh, 0o700); err != nil {
			return err
		}
		p, _, err := startDev(ctx, s.binary, fresh)
		if err != nil {
			return err
		}
		took = append(took, float64(p.took.Microseconds())/1000)
		time.Sleep(200 * time.Millisecond) // for what a start leaves to the background
		m, err := p.memory()
		if err := errors.Join(err, p.stop()); err != nil {
			return err
		}
		resident, proportional = append(resident, m.resident), append(proportional, m.proportional)
	}
	report.add("start to ready, median of "+strconv.Itoa(starts), median(took), "ms").under(150)
	report.add("start to ready, slowest", slices.Max(took), "ms")
	report.add("idle: resident memory", median(resident), "MB").under(60)
	report.add("idle: proportional memory (PSS)", median(proportional), "MB")
	return nil
}
