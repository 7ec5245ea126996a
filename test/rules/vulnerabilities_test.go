package rules

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestOnlyAMissingDatabaseIsForgiven: make check fails when govulncheck does, and says so when it could not look.
func TestOnlyAMissingDatabaseIsForgiven(t *testing.T) {
	for name, test := range map[string]struct {
		curl, govulncheck string // how they end
		status            int
		looked            bool
		says              string
	}{
		"nothing is found":            {"exit 0", "exit 0", 0, true, ""},
		"something is found":          {"exit 0", "exit 3", 3, true, ""},
		"govulncheck fails":           {"exit 0", "exit 1", 1, true, ""},
		"the host is unknown":         {"exit 6", "exit 3", 0, false, "nobody has looked"},
		"nobody answers":              {"exit 7", "exit 3", 0, false, "nobody has looked"},
		"it takes too long":           {"exit 28", "exit 3", 0, false, "nobody has looked"},
		"the host has another answer": {"exit 22", "exit 0", 22, false, ""},
		"its certificate is wrong":    {"exit 60", "exit 0", 60, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for program, ends := range map[string]string{"curl": test.curl, "govulncheck": "touch " + filepath.Join(folder, "looked") + "\n" + test.govulncheck} {
				if err := os.WriteFile(filepath.Join(folder, program), []byte("#!/bin/sh\n"+ends+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command("../../scripts/vulnerabilities", "govulncheck", "./...")
			cmd.Env = append(os.Environ(), "PATH="+folder+":"+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState == nil {
				t.Fatal(err)
			}
			_, err = os.Stat(filepath.Join(folder, "looked"))
			if status := cmd.ProcessState.ExitCode(); status != test.status || (err == nil) != test.looked || !strings.Contains(string(out), test.says) {
				t.Errorf("status %d, looked %t, output %q; want status %d, looked %t, output %q", status, err == nil, out, test.status, test.looked, test.says)
			}
		})
	}
}
