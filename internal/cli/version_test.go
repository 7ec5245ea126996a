package cli

import "testing"

func TestVersion(t *testing.T) {
	wantAll(t, run(t, "", "version"), "rookery ", "go1.")
	if v := decode[version](t, run(t, "", "version", "--json")); v != thisVersion() || v.Version == "" || v.Go == "" {
		t.Errorf("got %+v", v)
	}
}
