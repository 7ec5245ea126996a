package cli

import "testing"

// TestABackEndThatCannotStart: the command line names what is wrong with it.
func TestABackEndThatCannotStart(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		args   []string
		want   string
	}{
		"no commands":       {ExitUsage, nil, `required flag(s) "commands" not set`},
		"a command too far": {ExitUsage, []string{"--commands", "0xf02,0xf00"}, "--commands: 0xf00_1 list_friends cannot be carried out elsewhere: it needs the platform's accounts"},
		"no listener":       {ExitFailure, []string{"--commands", "0xf02", "--data", t.TempDir()}, "neither oidb.listen nor oidb.connect is set"},
		"routes":            {ExitUsage, []string{"--commands", "0xf02", "--oidb-routes", "x"}, "unknown flag: --oidb-routes"},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, errOut := runCommand(t, "", append([]string{"backend", "serve"}, test.args...)...)
			if status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			wantAll(t, errOut, test.want)
		})
	}
}
