package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The vector of msdk-v3.md, 5.10.
func TestSignBind(t *testing.T) {
	ownFolders(t)
	args := []string{"sign", "bind", "--openid", "AAAABBBBCCCCDDDD0000111122223333", "--appid", "1100001234", "--guild", "77", "--zone", "3", "--key-file", "-"}
	want := "source  AAAABBBBCCCCDDDD0000111122223333_1100001234_appkey_77_3\nsig     b0d1f56ac21f2fbf196b24d0b7b8bb02\n"
	if diff := cmp.Diff(want, run(t, "demoAppKey01\n", args...)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	got := decode[map[string]string](t, run(t, "demoAppKey01", append(args, "--json")...))
	if got["sig"] != "b0d1f56ac21f2fbf196b24d0b7b8bb02" || len(got) != 2 {
		t.Errorf("JSON: %v", got)
	}
	if out := run(t, "demoAppKey01", append(args, "--check", "b0d1f56ac21f2fbf196b24d0b7b8bb02")...); !strings.Contains(out, "the signature is right") {
		t.Errorf("the vector is refused: %s", out)
	}
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"another signature", []string{"--check", "B0D1F56AC21F2FBF196B24D0B7B8BB02"}, ExitFailure, "are these the appid"},
		{"an openid of another length", []string{"--openid", "AAAA"}, ExitUsage, "4 characters"},
		{"a guild that is no number", []string{"--guild", "ravens"}, ExitUsage, `guild_id "ravens" is not 1 to 20 digits`},
	} {
		status, _, stderr := runCommand(t, "demoAppKey01", append(args, test.args...)...)
		if status != test.status || !strings.Contains(stderr, test.says) || strings.Contains(stderr, "demoAppKey01") {
			t.Errorf("%s: status %d, error %q, want status %d and %q", test.name, status, stderr, test.status, test.says)
		}
	}
}
