package cli

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// Every command explains itself, and its examples name it.
func TestCommandTree(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		path := cmd.CommandPath()
		t.Run(strings.ReplaceAll(path, " ", "/"), func(t *testing.T) {
			if cmd.Short == "" || strings.HasSuffix(cmd.Short, ".") {
				t.Errorf("Short is %q", cmd.Short)
			}
			args := append(strings.Fields(path)[1:], "--help")
			out := run(t, "", args...)
			wantAll(t, out, "Usage:")
			for line := range strings.Lines(cmd.Long + "\n" + cmd.Example) {
				if len(line) > 121 {
					t.Errorf("a line of %d characters: %s", len(line), line)
				}
			}
			if cmd.HasSubCommands() {
				return
			}
			wantAll(t, out, "Examples:")
			if !strings.Contains(cmd.Example, path) {
				t.Errorf("no example has %q:\n%s", path, cmd.Example)
			}
		})
		for _, child := range cmd.Commands() {
			walk(child)
		}
	}
	root := newRootCommand(&streams{})
	walk(root)

	groups := map[string][]string{
		"app":     {"ask", "create", "list", "rotate-key", "show", "update"},
		"backend": {"serve"},
		"account": {"close", "create", "freeze", "friends", "list", "passwd", "protect", "reclaim", "show", "sign-out", "unfreeze", "update"},
		"token":   {"inspect", "issue", "revoke"},
		"config":  {"check", "print"},
		"dev":     {"answer", "clock", "exec", "export", "fault", "guild", "list", "requests", "reset"},
		"keys":    {"list", "rotate"},
		"migrate": {"status", "up"},
		"sign":    {"bind", "gamecenter", "openapi", "v3", "v5"},
	}
	for name, want := range groups {
		group, _, err := root.Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, child := range group.Commands() {
			got = append(got, child.Name())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
}

func TestUnknownCommand(t *testing.T) {
	for want, args := range map[string][]string{
		`"rookery" has no command "explian": did you mean explain?`: {"explian"},
		`"rookery" has no command "nonesuch"` + "\n":                {"nonesuch"},
		`"rookery app" has no command "shwo": did you mean show?`:   {"app", "shwo"},
		`"rookery app show" takes 1 argument [APPID], got 0`:        {"app", "show"},
	} {
		if status, _, errOut := runCommand(t, "", args...); status != ExitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%v: status %d, %q, want %q", args, status, errOut, want)
		}
	}
}

func TestAFlagOfASettingThatIsWrong(t *testing.T) {
	for _, command := range []string{"config check", "config print", "serve", "backend serve --commands 0xf02"} {
		args := append(strings.Fields(command), "--data", t.TempDir(), "--stop-notice", "soon")
		status, _, errOut := runCommand(t, "", args...)
		if status != ExitUsage {
			t.Errorf("%s: status %d", command, status)
		}
		wantAll(t, errOut, "stop.notice (flag --stop-notice)", "such as 30s", "--help")
	}
}

// full is a standard output that accepts nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// TestALostResultIsAFailure: the exit status must not report success when nothing could be printed.
func TestALostResultIsAFailure(t *testing.T) {
	startPlatform(t)
	key := secretFile(t, "key")
	for _, line := range []string{
		"explain -5", "explain --json -5", "codes list", "codes show 0x47", "codes show 0x47 --json", "version", "config print --data x", "config check --data x",
		"sign v5 /v2/x?gameid=1 --key-file " + key, "sign v3 /auth/x?timestamp=1&encode=2 --key-file " + key, "sign openapi /v3/x?appid=1 --key-file " + key,
		"app list", "app list --json", "account show 10001", "token issue --app 100700001 --uin 10001 --kind access", "keys list", "oidb policy show",
		"oidb call 0xf00 --app 100700001 --uin 10001", "dev clock show", "dev fault list", "dev requests",
		"share --appid 100700001 --target friend --type text --text hi", "share --appid 100700001 --target friend --type text",
	} {
		var says bytes.Buffer
		if status := Main(context.Background(), strings.Fields(line), strings.NewReader(""), full{}, &says); status != ExitFailure || !strings.Contains(says.String(), "no space left") {
			t.Errorf("%s: status %d, %s", line, status, says.String())
		}
	}
}
