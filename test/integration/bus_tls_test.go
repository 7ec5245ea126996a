package integration

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestBackEndsOverTLS: a platform and its back end know each other by certificates, whatever carries the calls. Neither takes somebody
// else for the other, and authorities are read again when their file changes.
func TestBackEndsOverTLS(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	theirs, theirKey := pair(t, folder, "backend")
	ours, ourKey := pair(t, folder, "platform")
	strange, strangeKey := pair(t, folder, "stranger")
	authorities := filepath.Join(folder, "authorities.pem")
	replace(t, authorities, strange)
	there := rookery.Start(t, "--oidb-connect", "127.0.0.1:0", "--oidb-tls-certificate", theirs, "--oidb-tls-key", theirKey, "--oidb-tls-client-ca", authorities)
	var group struct {
		GC string `json:"gc"`
	}
	there.Admin(t, "POST", "/admin/v1/groups", rookery.Settings{"owner": "10001", "name": "Lanterns"}, &group)
	show := rookery.BusCall{Command: 0xf02, ServiceType: 2, Body: rookery.Message(nil).Decimal(1, group.GC)}

	call := func(args ...string) int {
		status, _, _ := rookery.Run(t, append([]string{"oidb", "call", "0xf01", "--uin", "10001", "--friend", "10002", "--addr", there.OIDB}, args...)...)
		return status
	}
	if status := call("--ca", theirs, "--certificate", strange, "--key", strangeKey); status != 0 {
		t.Errorf("an operator with a certificate: status %d", status)
	}
	for name, args := range map[string][]string{
		"without TLS": nil, "without a certificate": {"--ca", theirs}, "with another's": {"--ca", theirs, "--certificate", ours, "--key", ourKey},
		"of another bus": {"--ca", ours, "--certificate", strange, "--key", strangeKey},
	} {
		if status := call(args...); status == 0 {
			t.Errorf("an operator %s calls the bus", name)
		}
	}

	overHTTP := strings.TrimPrefix(there.OIDBConnect, "https://")
	targets := []string{"oidb+tls://" + there.OIDB, "connect+https://" + overHTTP, "grpcs://" + overHTTP}
	routes := make([]string, len(targets))
	for i, target := range targets {
		routes[i] = filepath.Join(folder, "routes"+string(rune('0'+i))+".yaml")
		if err := os.WriteFile(routes[i], []byte("# its own demo world is made inside\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		// platform starts one that routes the command to the back end, and returns a function that waits for its result.
		platform := func(args ...string) (answers func(want ...uint64)) {
			p := rookery.Start(t, append(args, "--oidb-routes", routes[i])...)
			write(t, routes[i]+".new", "0xf02: "+target+"\n", 0o600)
			if err := os.Rename(routes[i]+".new", routes[i]); err != nil {
				t.Fatal(err)
			}
			return func(want ...uint64) {
				t.Helper()
				rookery.Until(t, target+" has the result it should", func() bool { return slices.Contains(want, p.Bus(t, show).Result) })
			}
		}
		// Inside these platforms there is no such group: 203. In TLS 1.3 the refusal of a caller's certificate may come after the call: 154.
		known := []string{"--oidb-routes-tls-certificate", ours, "--oidb-routes-tls-key", ourKey, "--oidb-routes-tls-ca", theirs}
		replace(t, authorities, strange)
		answers := platform(known...)
		answers(154, 155)
		replace(t, authorities, ours)
		answers(0)
		write(t, routes[i], "", 0o600)
		answers = platform("--oidb-routes-tls-certificate", strange, "--oidb-routes-tls-key", strangeKey, "--oidb-routes-tls-ca", theirs)
		answers(154, 155)
		write(t, routes[i], "", 0o600)
		answers = platform("--oidb-routes-tls-certificate", ours, "--oidb-routes-tls-key", ourKey) // does not know the back end's authority
		answers(155)
	}
}
