package cli

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/server"
)

// noted is a platform with a note, which nobody can reach.
func noted(t *testing.T, command, port, token string) (withdraw func()) {
	t.Helper()
	at := server.Addresses{HTTP: "http://127.0.0.1:1" + port, Admin: "http://127.0.0.1:" + port, OIDB: "127.0.0.1:2" + port, AdminTokenFile: token}
	withdraw = announce(command, at, "data-"+port, slog.New(slog.NewTextHandler(t.Output(), nil)))
	t.Cleanup(withdraw)
	return withdraw
}

// listedPlatforms returns the addresses that rookery dev list --json has, and their data folders.
func listedPlatforms(t *testing.T) (admins, data []string) {
	t.Helper()
	var all []struct{ Admin, Data string }
	if err := json.Unmarshal([]byte(run(t, "", "dev", "list", "--json")), &all); err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		admins, data = append(admins, p.Admin), append(data, p.Data)
	}
	return admins, data
}

func TestPlatformsAreListedWhileTheyRun(t *testing.T) {
	ownFolders(t)
	if out := run(t, "", "dev", "list", "--json"); out != "[]\n" {
		t.Errorf("without a platform: %q", out)
	}
	noted(t, "dev", "1", "")
	withdraw := noted(t, "serve", "2", "")
	admins, data := listedPlatforms(t)
	if strings.Join(admins, " ") != "http://127.0.0.1:1 http://127.0.0.1:2" {
		t.Errorf("two run, but listed are %v", admins)
	}
	if !filepath.IsAbs(data[0]) || filepath.Base(data[0]) != "data-1" {
		t.Errorf("the data folder is %q", data[0])
	}
	wantAll(t, run(t, "", "dev", "list"), "ADMIN", "GAMES", "http://127.0.0.1:11", "127.0.0.1:21", "serve", "data-2")
	withdraw()
	if admins, _ := listedPlatforms(t); strings.Join(admins, " ") != "http://127.0.0.1:1" {
		t.Errorf("one has stopped, but listed are %v", admins)
	}
}

func TestTheNoteOfAKilledPlatformIsRemoved(t *testing.T) {
	ownFolders(t)
	note, err := writeNote(runningPlatform{Command: "dev"})
	if err != nil {
		t.Fatal(err)
	}
	if admins, _ := listedPlatforms(t); len(admins) != 1 {
		t.Fatalf("listed are %v", admins)
	}
	note.Close() // as the end of its process does
	if admins, _ := listedPlatforms(t); len(admins) != 0 {
		t.Errorf("listed are %v", admins)
	}
	if _, err := os.Stat(note.Name()); !os.IsNotExist(err) {
		t.Errorf("its note is still there: %v", err)
	}
}

func TestANoteThatIsBeingWrittenIsLeftAlone(t *testing.T) {
	ownFolders(t)
	folder, err := notes()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(folder, "1.json")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if admins, _ := listedPlatforms(t); len(admins) != 0 {
		t.Errorf("listed are %v", admins)
	}
	if _, err := os.Stat(name); err != nil {
		t.Error(err)
	}
}

func TestOneOfSeveralPlatformsIsChosen(t *testing.T) {
	p := startPlatform(t)
	t.Setenv("ROOKERY_HTTP", "")
	t.Setenv("ROOKERY_OIDB", "")
	other := noted(t, "serve", "1", p.AdminTokenFile)
	checkRefusals(t, []refusal{
		{"an operator command", "", []string{"app", "list"}, ExitUsage,
			"2 platforms run on this machine: choose one with --server or ROOKERY_SERVER\n  " + p.HTTP + "  rookery dev, process "},
		{"the other's address", "", []string{"app", "list"}, ExitUsage, "\n  http://127.0.0.1:1  rookery serve, process "},
		{"the bus", "", []string{"oidb", "call", "0x711_1"}, ExitUsage, "choose one with --addr or ROOKERY_OIDB\n  " + p.OIDB + "  rookery dev"},
		{"the doors for games", "", []string{"share", "--appid", "1", "--target", "friend"}, ExitUsage, "choose one with --server or ROOKERY_HTTP\n  " + p.HTTP + "  rookery dev"},
		{"a token chooses none", "", []string{"app", "list", "--token-file", p.AdminTokenFile}, ExitUsage, "2 platforms run"},
	})
	wantAll(t, run(t, "", "app", "list", "--server", p.HTTP), "Magpie Arena")
	t.Setenv("ROOKERY_SERVER", p.HTTP+"/")
	wantAll(t, run(t, "", "app", "list"), "Magpie Arena")
	t.Setenv("ROOKERY_SERVER", "")
	other()
	wantAll(t, run(t, "", "app", "list"), "Magpie Arena")
}
