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

// platform makes what the binary is built from a part of the test's own program: a module that uses this package then has
// its requirements, and the go command runs the tests again when the platform has changed. An import alone would leave out
// what is not used.
var platform = cli.Main

// kept is how long a binary that nobody has used stays. Who works on the platform itself makes many.
const kept = time.Hour

// cache is the user's cache folder, before a test sets another for its platform, which goes with the test.
var cache = func() string {
	if folder, err := os.UserCacheDir(); err == nil {
		return folder
	}
	return os.TempDir()
}()

// Binary returns the path of the rookery to run: the one that ROOKERY_BINARY names, or one that is built, once for a
// process. It is kept in a folder named after its content, so that other processes may build another at the same time.
var Binary = sync.OnceValues(func() (string, error) {
	runtime.KeepAlive(platform)
	if file := os.Getenv("ROOKERY_BINARY"); file != "" {
		if _, err := os.Stat(file); err != nil { // so the go command knows which file the result depends on
			return "", fmt.Errorf("ROOKERY_BINARY: %w", err)
		}
		return filepath.Abs(file)
	}
	folder := filepath.Join(cache, "rookery", "test")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	removeOld(folder)
	built, err := os.MkdirTemp(folder, "build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(built)
	file := filepath.Join(built, "rookery")
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
	if err := os.Rename(built, same); err != nil { // it is there already
		now := time.Now()
		if err := os.Chtimes(same, now, now); err != nil {
			return "", err
		}
	}
	return filepath.Join(same, "rookery"), nil
})

// removeOld removes what nobody has used for long. What another process still holds can stay.
func removeOld(folder string) {
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > kept {
			_ = os.RemoveAll(filepath.Join(folder, entry.Name()))
		}
	}
}
