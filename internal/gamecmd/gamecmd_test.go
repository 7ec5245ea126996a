package gamecmd

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/retcode"
)

func open(t *testing.T) store.Store {
	t.Helper()
	st, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "gamecmd.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

var declared = []Command{{"gc_b", []string{ByToken, BySkey, BySid}}, {"gc_a", []string{ByToken}}}

// TestEnter: each reason to refuse a call decides alone, and of two the first does.
func TestEnter(t *testing.T) {
	failure := errors.New("the handler cannot be made")
	off, on := false, true
	for name, test := range map[string]struct {
		cmd    string
		decide Decision
		guard  error
		want   error
		ways   []string
	}{
		"as declared":           {"gc_b", Decision{}, nil, nil, []string{"access_token", "skey", "sid"}},
		"on":                    {"gc_b", Decision{On: &on}, nil, nil, []string{"access_token", "skey", "sid"}},
		"fewer ways":            {"gc_b", Decision{Ways: &[]string{"sid", "access_token"}}, nil, nil, []string{"access_token", "sid"}},
		"unknown":               {"gc_c", Decision{}, failure, retcode.GameCenterCommandUnknown, nil},
		"off":                   {"gc_b", Decision{On: &off}, nil, retcode.GameCenterCommandOff, nil},
		"off, and no handler":   {"gc_b", Decision{On: &off}, failure, retcode.GameCenterCommandOff, nil},
		"no handler":            {"gc_b", Decision{}, failure, retcode.GameCenterHandlerFailed, nil},
		"no handler and no way": {"gc_b", Decision{Ways: &[]string{}}, failure, retcode.GameCenterHandlerFailed, nil},
		"no way":                {"gc_b", Decision{Ways: &[]string{}}, nil, retcode.GameCenterIdentityCheckUnset, nil},
		"off, and no way":       {"gc_b", Decision{On: &off, Ways: &[]string{}}, nil, retcode.GameCenterCommandOff, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			table := New(open(t), declared)
			table.Guard(func(context.Context, string) error { return test.guard })
			if _, err := table.Decide(ctx, "gc_b", test.decide); err != nil {
				t.Fatal(err)
			}
			ways, err := table.Enter(ctx, test.cmd)
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if diff := cmp.Diff(test.ways, ways); diff != "" {
				t.Errorf("the ways (-want +got)\n%s", diff)
			}
		})
	}
}

// TestDecisions: one decision leaves the rest of a command as it is, and all of them last.
func TestDecisions(t *testing.T) {
	ctx, st := t.Context(), open(t)
	table := New(st, declared)
	off := false
	decide := func(name string, to Decision) {
		t.Helper()
		if _, err := table.Decide(ctx, name, to); err != nil {
			t.Fatal(err)
		}
	}
	decide("gc_b", Decision{On: &off})
	decide("gc_b", Decision{Ways: &[]string{"sid"}})
	decide("gc_a", Decision{Ways: &[]string{}})
	want := []State{
		{Name: "gc_b", Ways: []string{"sid"}, Declared: []string{"access_token", "skey", "sid"}},
		{Name: "gc_a", On: true, Ways: []string{}, Declared: []string{"access_token"}},
	}
	again := New(st, append(declared, Command{"gc_new", []string{BySid}}))
	if err := again.Load(ctx); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]State{"now": table.All(), "after a restart": again.All()[:2]} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(State{Name: "gc_new", On: true, Ways: []string{"sid"}, Declared: []string{"sid"}}, again.All()[2]); diff != "" {
		t.Errorf("a new command (-want +got)\n%s", diff)
	}
	older := New(st, declared[:1]) // a decision about a command that it lacks does not matter to it
	if err := older.Load(ctx); err != nil || len(older.All()) != 1 {
		t.Errorf("got %v, %v", older.All(), err)
	}

	for name, want := range map[string]error{"gc_c": platform.ErrNotFound, "gc_a": platform.ErrInvalid} {
		if _, err := table.Decide(ctx, name, Decision{Ways: &[]string{"sid"}}); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
	if diff := cmp.Diff(want, table.All()); diff != "" {
		t.Errorf("after decisions that are refused (-want +got)\n%s", diff)
	}
}
