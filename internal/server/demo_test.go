package server

import (
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/identity"
)

// TestDemoHash: it is the password's, and costs as much as others of a demo world.
func TestDemoHash(t *testing.T) {
	if !identity.VerifyPassword(demoHash, DemoPassword) {
		t.Errorf("%s is not the hash of %s", demoHash, DemoPassword)
	}
	made, err := identity.Cheap.Hash(DemoPassword)
	if err != nil {
		t.Fatal(err)
	}
	const parameters = 4 // and the salt and the hash behind them
	if want := strings.Join(strings.Split(made, "$")[:parameters], "$"); !strings.HasPrefix(demoHash, want+"$") {
		t.Errorf("%s does not begin with %s", demoHash, want)
	}
}
