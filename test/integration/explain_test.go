package integration

import (
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestExplainRequest: a developer who has nothing of a refused call but the seq of its answer, its X-Request-Id or the seq that the game
// chose sees what the platform made of it.
func TestExplainRequest(t *testing.T) {
	t.Parallel()
	p := rookery.Start(t)
	call := verifyLogin(p, p.Accounts[0])
	call.Key = p.Apps[0].AppKey // not the one of source 0
	refused := p.Call(t, call)
	if refused.Ret != 1008 || refused.Seq == "" {
		t.Fatalf("the answer is %s", refused.Body)
	}
	p.Call(t, verifyLogin(p, p.Accounts[0])) // a later one, which is not meant
	named := p.Call(t, call.With("seq", "round-7/3"))
	if named.Seq != "round-7/3" {
		t.Fatalf("the answer is %s", named.Body)
	}
	for what, args := range map[string][]string{
		"the answer's seq":   {refused.Seq},
		"its X-Request-Id":   {refused.Header.Get("X-Request-Id")},
		"its seq by flag":    {"--request", refused.Seq},
		"the caller's seq":   {"--request", "round-7/3"},
		"the id of the same": {"--request", named.Header.Get("X-Request-Id")},
	} {
		status, shown, errOut := on(t, p, append([]string{"explain"}, args...)...)
		if status != 0 {
			t.Errorf("%s: status %d, %s", what, status, errOut)
		}
		for _, want := range []string{"msdkv5 1008", "refused by  v5-signature\n", "mistake     it was signed with another key: the appkey\n"} {
			if !strings.Contains(shown, want) {
				t.Errorf("%s: %q is not in %s", what, want, shown)
			}
		}
	}
	status, _, errOut := on(t, p, "explain", "1795331631-8044181240-106510-0891360754")
	if status != 1 || !strings.Contains(errOut, `the platform remembers no request "1795331631-8044181240-106510-0891360754"`) {
		t.Errorf("another seq: status %d, %s", status, errOut)
	}
}
