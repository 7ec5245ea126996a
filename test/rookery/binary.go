package rookery

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/rookeryhq/rookery/internal/cli"
)

// Main runs the tests of a package that uses Binary and removes the binary after them.
func Main(m *testing.M) {
	status := m.Run()
	if folder != "" {
		os.RemoveAll(folder)
	}
	os.Exit(status)
}

// Binary returns the path of the rookery under test: the one that ROOKERY_BINARY names, or one that is built from this
// module, once for all tests of the process.
func Binary(t testing.TB) string {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return file
}

var (
	folder    string         // holds what was built
	temporary = os.TempDir() // before a test sets another for its platform, which goes with the test
)

// platform makes the platform a part of the test's own program, whose changes have the go command run the test again. The
// tests see it only as a process, and an import alone would leave out what is not used.
var platform = cli.Main

var binary = sync.OnceValues(func() (string, error) {
	runtime.KeepAlive(platform)
	if file := os.Getenv("ROOKERY_BINARY"); file != "" {
		if _, err := os.Stat(file); err != nil { // also tells the go command which file the result depends on
			return "", fmt.Errorf("ROOKERY_BINARY: %w", err)
		}
		return filepath.Abs(file)
	}
	var err error
	if folder, err = os.MkdirTemp(temporary, "rookery-test-"); err != nil {
		return "", err
	}
	file := filepath.Join(folder, "rookery")
	args := []string{"build", "-buildvcs=false", "-o", file}
	if raceDetector {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "github.com/rookeryhq/rookery/cmd/rookery")...).CombinedOutput()
	if err != nil {
		return "", errors.Join(fmt.Errorf("building rookery: %w", err), errors.New(string(out)))
	}
	return file, nil
})
