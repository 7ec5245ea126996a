package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
)

// filled returns a database with accounts, which a store has open.
func filled(t *testing.T, accounts int) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rookery.db")
	s, err := Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for range accounts {
		account := platform.Account{Profile: platform.Profile{Nickname: strings.Repeat("a", 100)}}
		if err := s.CreateAccount(t.Context(), &account, platform.FirstUIN); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

func TestBackupHasWhatWasCommitted(t *testing.T) {
	file, to := filled(t, 50), filepath.Join(t.TempDir(), "copy.db")
	content, err := Backup(t.Context(), file, to)
	if err != nil {
		t.Fatal(err)
	}
	if content.Rows["accounts"] != 50 || content.Version < 14 {
		t.Errorf("it held %+v", content)
	}
	copied, err := Inspect(t.Context(), to)
	if err != nil || !copied.Equal(content) {
		t.Errorf("the copy holds %+v, %v", copied, err)
	}
	s, err := Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if highest, err := s.HighestUIN(t.Context()); err != nil || highest != platform.FirstUIN+49 {
		t.Errorf("the highest account is %s, %v", highest, err)
	}
}

func TestBackupCanBeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Backup(ctx, filled(t, 1), filepath.Join(t.TempDir(), "copy.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

func TestADamagedFileIsNoticed(t *testing.T) {
	to := filepath.Join(t.TempDir(), "copy.db")
	if _, err := Backup(t.Context(), filled(t, 200), to); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	root := rootPage(t, to, "accounts")
	copy(content[(root-1)*4096+8:], []byte{0x7f, 0xff}) // the number of the cells of the table's first page
	if err := os.WriteFile(to, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Inspect(t.Context(), to); err == nil || !strings.Contains(err.Error(), "it is damaged: ") {
		t.Errorf("the error is %v", err)
	}
}

func rootPage(t *testing.T, file, table string) (page int) {
	t.Helper()
	db, err := open(file, "ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table)).Scan(&page); err != nil {
		t.Fatal(err)
	}
	return page
}
