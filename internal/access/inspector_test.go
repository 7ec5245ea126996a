package access

import (
	"context"
	"testing"
)

func TestInspector(t *testing.T) {
	i := NewInspector()
	past, cancel := context.WithCancel(t.Context())
	cancel()
	if got := i.After(past, 0, 10); len(got) != 0 {
		t.Errorf("before the first there are %d", len(got))
	}
	for range 1005 {
		i.Add(Record{})
	}
	for name, test := range map[string]struct {
		after       uint64
		limit       int
		first, last uint64
	}{
		"newest":              {0, 3, 1003, 1005},
		"all that is kept":    {0, 5000, 6, 1005},
		"after one":           {1003, 100, 1004, 1005},
		"after a forgotten":   {2, 1000, 6, 1005},
		"newest of the later": {900, 2, 1004, 1005},
	} {
		t.Run(name, func(t *testing.T) {
			got := i.After(past, test.after, test.limit)
			if n := len(got); n == 0 || got[0].Seq != test.first || got[n-1].Seq != test.last || uint64(n) != test.last-test.first+1 {
				t.Errorf("got %d records, want %d to %d", n, test.first, test.last)
			}
		})
	}
	for name, after := range map[string]uint64{"after the newest": 1005, "after one to come": 9999} {
		if got := i.After(past, after, 10); len(got) != 0 {
			t.Errorf("%s there are %d", name, len(got))
		}
	}
	arrived := make(chan []Record)
	go func() { arrived <- i.After(t.Context(), 1005, 10) }()
	i.Add(Record{RequestID: "new"})
	if got := <-arrived; len(got) != 1 || got[0].RequestID != "new" || got[0].Seq != 1006 {
		t.Errorf("who waited got %v", got)
	}
	go func() { arrived <- i.After(t.Context(), 1006, 10) }()
	i.Release()
	if got := <-arrived; len(got) != 0 {
		t.Errorf("who was let go got %v", got)
	}
}
