package server

import (
	"testing"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

// TestEveryCommandHasAMethod of its own in oidb.proto, with its messages.
func TestEveryCommandHasAMethod(t *testing.T) {
	methods := wire.File_oidb_proto.Services().ByName("Commands").Methods()
	if got, want := methods.Len(), len(oidb.Declarations()); got != want {
		t.Errorf("the service has %d methods, and there are %d commands", got, want)
	}
	taken := make(map[string]string)
	for _, d := range oidb.Declarations() {
		m := d.Method()
		if m == nil || m.Input() != d.Request || m.Output() != d.Response {
			t.Errorf("%s %s has the method %v", d.ID, d.Name, m)
			continue
		}
		if other := taken[string(m.Name())]; other != "" {
			t.Errorf("%s and %s have the same method %s", d.ID, other, m.Name())
		}
		taken[string(m.Name())] = d.ID.String()
	}
}
