package rookery

import (
	"strings"
	"testing"
)

func TestServes(t *testing.T) {
	for line, want := range map[string]bool{
		"dev": true, "dev --json": true, "dev exec -- true": true, "serve --json": true, "proxy --to x": true, "backend serve": true,
		"": false, "dev clock set x": false, "dev reset": false, "doctor --app 1": false, "oidb call 0x711_1": false, "config check": false,
	} {
		if got := serves(strings.Fields(line)); got != want {
			t.Errorf("rookery %s serves: %t, want %t", line, got, want)
		}
	}
}
