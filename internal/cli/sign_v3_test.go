package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The vectors of msdk-v3.md, 2.1.
func TestSignV3(t *testing.T) {
	ownFolders(t)
	for _, v := range []struct{ key, url, source, sig string }{
		{"demoAppKey01", "/auth/verify_login?timestamp=1700000000&appid=1100001234&encode=1", "appkey+1700000000", "2d8c85c188c1019e48fec2ab8880ea5a"},
		{"demoAppKey01", "http://x.example/auth/verify_login/?encode=1&timestamp=1700000000123", "appkey+1700000000123", "1a92852065fcd90cf45f043736ed6915"},
		{"demoMsdkKey02", "/auth/get_pfval?timestamp=1700000000&encode=2", "msdkkey+1700000000", "36187ce779aaac47abb44e5a447190f7"},
	} {
		t.Run(v.source, func(t *testing.T) {
			args := []string{"sign", "v3", v.url + "&sig=old", "--key-file", "-"}
			want := "source  " + v.source + "\nsig     " + v.sig + "\nurl     " + v.url + "&sig=" + v.sig + "\n"
			if diff := cmp.Diff(want, run(t, v.key+"\n", args...)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			got := decode[map[string]string](t, run(t, v.key, append(args, "--json")...))
			if diff := cmp.Diff(map[string]string{"source": v.source, "sig": v.sig, "url": v.url + "&sig=" + v.sig}, got); diff != "" {
				t.Errorf("JSON: (-want +got)\n%s", diff)
			}
			if out := run(t, v.key, append(args, "--check", v.sig)...); !strings.Contains(out, "the signature is right") {
				t.Errorf("the vector is refused: %s", out)
			}
		})
	}
}

func TestSignV3Refuses(t *testing.T) {
	ownFolders(t)
	const url = "/auth/verify_login?timestamp=1700000000&encode=1"
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"no timestamp", []string{"/auth/verify_login?encode=1"}, ExitUsage, "no timestamp"},
		{"no encode", []string{"/auth/verify_login?timestamp=1"}, ExitUsage, "no encode"},
		{"no path", []string{"timestamp=1&encode=1"}, ExitUsage, "neither a URL"},
		{"parameter twice", []string{url + "&encode=2"}, ExitUsage, "occurs twice"},
		{"some other digits", []string{url, "--check", "7b6f4e0c9e1c2a3f4d5e6f708192a3b4"}, ExitFailure, "none of the usual mistakes"},
		{"upper case", []string{url, "--check", "2D8C85C188C1019E48FEC2AB8880EA5A"}, ExitFailure, "upper-case"},
		{"milliseconds", []string{url, "--check", "1a92852065fcd90cf45f043736ed6915"}, ExitFailure, "milliseconds"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, _, stderr := runCommand(t, "demoAppKey01", append([]string{"sign", "v3", "--key-file", "-"}, test.args...)...)
			if status != test.status || !strings.Contains(stderr, test.says) {
				t.Errorf("status %d, error %q, want status %d and %q", status, stderr, test.status, test.says)
			}
			if strings.Contains(stderr, "demoAppKey01") {
				t.Errorf("the error shows the key: %q", stderr)
			}
		})
	}
}
