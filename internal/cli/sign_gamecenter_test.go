package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The vector of msdk-v3.md, 9.2.
func TestSignGameCenter(t *testing.T) {
	ownFolders(t)
	const (
		url = "/cgi-bin/QQConnect.fcgi?oauth_consumer_key=1100001234&openid=AAAABBBBCCCCDDDD0000111122223333&cmd=gc_achieve_report&access_token=AT0001&appid=1100001234" +
			"&param=%7B%22total%22%3A1%2C%22list%22%3A%5B%7B%22type%22%3A12%2C%22data%22%3A%221%22%2C%22bcover%22%3A1%2C%22expires%22%3A0%7D%5D%7D"
		source = `appkey$access_token$AT0001$appid$1100001234$cmd$gc_achieve_report$oauth_consumer_key$1100001234$openid$AAAABBBBCCCCDDDD0000111122223333` +
			`$param${"total":1,"list":[{"type":12,"data":"1","bcover":1,"expires":0}]}appkey`
		sig = "c4d5117846852f365f5ac6669d067412"
	)
	args := []string{"sign", "gamecenter", url + "&sign=old", "--key-file", "-"}
	want := "source  " + source + "\nsig     " + sig + "\nurl     " + url + "&sign=" + sig + "\n"
	if diff := cmp.Diff(want, run(t, "s3cr3tDemo\n", args...)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	got := decode[map[string]string](t, run(t, "s3cr3tDemo", append(args, "--json")...))
	if diff := cmp.Diff(map[string]string{"source": source, "sig": sig, "url": url + "&sign=" + sig}, got); diff != "" {
		t.Errorf("JSON: (-want +got)\n%s", diff)
	}
	if out := run(t, "s3cr3tDemo", append(args, "--check", sig)...); !strings.Contains(out, "the signature is right") {
		t.Errorf("the vector is refused: %s", out)
	}
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"a usual mistake", append(args, "--check", strings.ToUpper(sig)), ExitFailure, "the signature is wrong: the hex digits are upper-case"},
		{"another signature", append(args, "--check", strings.Repeat("0", 32)), ExitFailure, "is it the appkey"},
		{"no path", []string{"sign", "gamecenter", "cmd=gc_reddot", "--key-file", "-"}, ExitUsage, "neither a URL"},
		{"a broken escape", []string{"sign", "gamecenter", "/x?a=%4", "--key-file", "-"}, ExitUsage, "not percent-encoded"},
	} {
		status, _, stderr := runCommand(t, "s3cr3tDemo", test.args...)
		if status != test.status || !strings.Contains(stderr, test.says) || strings.Contains(stderr, "s3cr3tDemo") {
			t.Errorf("%s: status %d, error %q, want status %d and %q", test.name, status, stderr, test.status, test.says)
		}
	}
}
