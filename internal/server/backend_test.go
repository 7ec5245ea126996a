package server

import (
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/oidb"
)

// TestABackEndHasWhatNeedsNothing: a command whose declaration does not say what it needs must be one that a back end carries out.
func TestABackEndHasWhatNeedsNothing(t *testing.T) {
	var alone []oidb.ID
	var want []string
	for _, d := range oidb.Declarations() {
		if d.Needs == "" {
			alone = append(alone, d.ID)
			want = append(want, d.ID.String())
		}
	}
	o := Options{Config: config.Default().Config, Log: slog.New(slog.DiscardHandler)}
	o.Data, o.OIDB.Listen, o.Admin.Listen = filepath.Join(t.TempDir(), "data"), "127.0.0.1:0", "127.0.0.1:0"
	s, err := OpenBackend(t.Context(), o, alone)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(s.bus.Policy().Commands))); diff != "" {
		t.Errorf("the commands that need nothing, and those of the back end: (-want +got)\n%s", diff)
	}
}

func TestBackendCommands(t *testing.T) {
	for name, test := range map[string]struct {
		names []string
		want  []oidb.ID
		fault string // a part of the error
	}{
		"a number":         {names: []string{"0xf02_7", "0xf02_7", "0xf02_2"}, want: []oidb.ID{{Number: 0xf02, ServiceType: 7}, {Number: 0xf02, ServiceType: 2}}},
		"none":             {fault: "no command is named"},
		"the platform's":   {names: []string{"0xf02_2", "0xf03_2"}, fault: "0xf03_2 notify cannot be carried out elsewhere: it needs the inboxes and scenes, and the platform's apps, accounts and openids"},
		"each fault":       {names: []string{"0x73a", "0xf04"}, fault: "0xf04_9 "},
		"an operator's":    {names: []string{"0xe10_1"}, fault: "the platform has no command 0xe10_1"},
		"no command":       {names: []string{"groups"}, fault: `command "groups" is not of the form 0x711 or 0x711_23`},
		"no service type":  {names: []string{"0xf02_99"}, fault: "0xf02 is the platform's own, and has no service type 99"},
		"the token checks": {names: []string{"0x711_1"}, fault: "0x711_1 check_access cannot be carried out elsewhere: it needs the platform's apps, accounts, openids and grants, and the keys that seal its tokens"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := BackendCommands(test.names)
			if test.fault == "" && (err != nil || !slices.Equal(got, test.want)) {
				t.Errorf("got %v, %v", got, err)
			}
			if test.fault != "" && (err == nil || !strings.Contains(err.Error(), test.fault)) {
				t.Errorf("got %v", err)
			}
		})
	}
	if all, err := BackendCommands([]string{"0xf02"}); err != nil || len(all) != 13 {
		t.Errorf("0xf02 stands for %v, %v", all, err)
	}
}
