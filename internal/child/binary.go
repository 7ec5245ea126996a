package child

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/cli"
)

// platform links the binary's source into the test's own program: the requirements of a module that uses this package then
// include the binary's, and the go command runs the tests again when the platform has changed. A blank import would leave
// out unused code.
var platform = cli.Main

// kept is how long an unused binary stays. Work on the platform itself makes many.
const kept = time.Hour

// cache returns the user's cache folder. It is evaluated before a test sets another one for its platform, which is deleted
// with the test.
var cache = func() string {
	if folder, err := os.UserCacheDir(); err == nil {
		return folder
	}
	return os.TempDir()
}()

// Binary returns the path of the rookery to run: the one that ROOKERY_BINARY names, or one that is built, once per process.
var Binary = sync.OnceValues(func() (string, error) {
	runtime.KeepAlive(platform)
	if file := os.Getenv("ROOKERY_BINARY"); file != "" {
		if _, err := os.Stat(file); err != nil { // the go command learns which file the result depends on
			return "", fmt.Errorf("ROOKERY_BINARY: %w", err)
		}
		return filepath.Abs(file)
	}
	return build(filepath.Join(cache, "rookery", "test"))
})

// build builds a rookery and returns its path. It is stored in a folder of the given one that is named after its content, so that other
// processes may build another at the same time.
func build(folder string) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	removeOld(folder)
	built, err := os.MkdirTemp(folder, "build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(built)
	file := filepath.Join(built, "rookery"+suffix)
	args := []string{"build", "-buildvcs=false", "-o", file}
	if raceDetector {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "github.com/rookeryhq/rookery/cmd/rookery")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building rookery, which the package comment of rookerytest describes: %w\n%s", err, out)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	same := filepath.Join(folder, hex.EncodeToString(sum[:8]))
	if err := os.Rename(built, same); err != nil { // it already exists
		now := time.Now()
		if err := os.Chtimes(same, now, now); err != nil {
			return "", err
		}
	}
	return filepath.Join(same, "rookery"+suffix), nil
}

// removeOld removes what nobody has used for a long time. A folder in use by another process may stay.
func removeOld(folder string) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > kept {
			_ = os.RemoveAll(filepath.Join(folder, entry.Name()))
		}
	}
}
