package integration

import (
	"encoding/json"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rookeryhq/rookery/internal/child"
	"github.com/rookeryhq/rookery/test/rookery"
)

// TestSeveralPlatforms runs three platforms of one account, of which one is stopped and one is killed.
func TestSeveralPlatforms(t *testing.T) {
	cache := t.TempDir()
	command := func(args ...string) (status int, out, log string) {
		t.Helper()
		cmd, err := child.Command(cache, args...)
		if err != nil {
			t.Fatal(err)
		}
		var stdout, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
	}
	start := func() (*child.Process, string) {
		t.Helper()
		p, err := child.Start(cache, "dev", "--json", "--addr", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			p.Signal(syscall.SIGKILL)
			p.Wait()
		})
		var world rookery.World
		if err := p.Ready(&world); err != nil {
			t.Fatal(err)
		}
		return p, world.URL
	}
	listed := func() (urls []string) {
		t.Helper()
		status, out, log := command("dev", "list", "--json")
		var all []struct {
			HTTP string `json:"http"`
		}
		if err := json.Unmarshal([]byte(out), &all); status != 0 || err != nil {
			t.Fatalf("dev list: status %d, %v\n%s%s", status, err, out, log)
		}
		for _, p := range all {
			urls = append(urls, p.HTTP)
		}
		return urls
	}
	first, firstURL := start()
	second, secondURL := start()
	_, thirdURL := start()
	if got := listed(); !slices.Equal(got, []string{firstURL, secondURL, thirdURL}) {
		t.Errorf("listed are %v, running %s, %s and %s", got, firstURL, secondURL, thirdURL)
	}
	status, _, log := command("app", "list")
	if status != 2 || !strings.Contains(log, "3 platforms run on this machine") || !strings.Contains(log, firstURL) || !strings.Contains(log, thirdURL) {
		t.Errorf("of three, none was chosen: status %d\n%s", status, log)
	}
	if status, _, log := command("app", "list", "--server", secondURL); status != 0 {
		t.Errorf("the second was chosen: status %d\n%s", status, log)
	}
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := second.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := second.Wait(); err != nil {
		t.Fatal(err)
	}
	if got := listed(); !slices.Equal(got, []string{thirdURL}) {
		t.Errorf("listed are %v, running %s", got, thirdURL)
	}
	if status, out, log := command("app", "list"); status != 0 || !strings.Contains(out, "Magpie Arena") {
		t.Errorf("one is left: status %d\n%s%s", status, out, log)
	}
}
