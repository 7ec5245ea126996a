package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/disk"
	"github.com/rookeryhq/rookery/internal/server"
)

// runningPlatform says where a platform is that runs on this machine. It is the platform's note to the operator commands of the
// same account, in a file of the account's cache folder. The platform holds the file's lock, so that the note of one that was
// killed is recognized.
type runningPlatform struct {
	server.Addresses
	Command string    `json:"command"` // dev or serve
	Data    string    `json:"data"`    // its folder
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// notes returns the folder of the notes. XDG_CACHE_HOME counts on every system: tests keep their platforms apart with it.
func notes() (string, error) {
	cache := os.Getenv("XDG_CACHE_HOME")
	if !filepath.IsAbs(cache) {
		var err error
		if cache, err = os.UserCacheDir(); err != nil {
			return "", err
		}
	}
	return filepath.Join(cache, "rookery", "running"), nil
}

// announce writes a platform's note and returns what removes it. Without it commands need --server and --token-file, so a failure
// is only logged.
func announce(command string, at server.Addresses, data string, log *slog.Logger) (withdraw func()) {
	note, err := writeNote(runningPlatform{Addresses: at, Command: command, Data: absolute(data), PID: os.Getpid(), Started: time.Now()})
	if err != nil {
		log.Warn("operator commands will need --server and --token-file", "error", err.Error())
		return func() {}
	}
	return func() { removeNote(note) }
}

// absolute returns a path that holds in any folder.
func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}

// writeNote locks the file before it writes it: readers do not look at the lock of an empty one.
func writeNote(p runningPlatform) (*os.File, error) {
	folder, err := notes()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(folder, "*.json") // mode 0600, and a name that is never used again
	if err != nil {
		return nil, err
	}
	if err = disk.Lock(file); err == nil {
		_, err = file.Write(text)
	}
	if err != nil {
		removeNote(file)
		return nil, err
	}
	return file, nil
}

// removeNote closes and removes a note. One that remains is recognized by its lock.
func removeNote(file *os.File) {
	file.Close()
	_ = os.Remove(file.Name())
}

// runningPlatforms returns the platforms that run, in the order of their starts, and removes the notes of those that do not any
// more.
func runningPlatforms() ([]*runningPlatform, error) {
	folder, err := notes()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all := []*runningPlatform{}
	for _, entry := range entries {
		if p := readNote(filepath.Join(folder, entry.Name())); p != nil {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b *runningPlatform) int { return a.Started.Compare(b.Started) })
	return all, nil
}

// maxNote bounds a note, in bytes.
const maxNote = 64 << 10

// readNote returns what a platform wrote, or nil unless it still runs and has finished writing.
func readNote(name string) *runningPlatform {
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return nil // it has just ended
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxNote))
	if err != nil || len(text) == 0 {
		return nil
	}
	switch locked, err := disk.Locked(file); {
	case err != nil:
		return nil
	case !locked:
		removeNote(file)
		return nil
	}
	p := new(runningPlatform)
	if json.Unmarshal(text, p) != nil {
		return nil
	}
	p.Admin = strings.TrimRight(p.Admin, "/")
	return p
}

// onlyPlatform returns the platform that runs on this machine, and nil if none does. If several run, its error lists their
// addresses, of which the flag or the variable takes one.
func onlyPlatform(flag, variable string, address func(*runningPlatform) string) (*runningPlatform, error) {
	all, err := runningPlatforms()
	if err != nil || len(all) == 0 {
		return nil, nil // without notes no platform is known
	}
	if len(all) == 1 {
		return all[0], nil
	}
	var list strings.Builder
	for _, p := range all {
		fmt.Fprintf(&list, "\n  %s  rookery %s, process %d, data in %s", address(p), p.Command, p.PID, clean(p.Data))
	}
	return nil, usageErrorf("%d platforms run on this machine: choose one with %s or %s%s", len(all), flag, variable, list.String())
}

func newListCommand(s *streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the platforms that run on this machine",
		Long: `List the platforms that this account runs on this machine with 'rookery dev' or 'rookery serve', the oldest first.
Operator commands find the only one by themselves; of several, --server or ROOKERY_SERVER chooses one by its ADMIN
address. The platform of 'rookery dev exec' is not listed: only its command is to find it.`,
		Example: "  rookery dev list\n" +
			"  rookery dev list --json",
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			all, err := runningPlatforms()
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(s.out, all)
			}
			if len(all) == 0 {
				_, err := fmt.Fprintln(s.err, "No platform runs on this machine.")
				return err
			}
			t := newTable(s.out)
			t.row("ADMIN", "GAMES", "BUS", "COMMAND", "PROCESS", "STARTED", "DATA")
			for _, p := range all {
				t.row(p.Admin, p.HTTP, p.OIDB, p.Command, p.PID, p.Started.Format(time.RFC3339), p.Data)
			}
			return t.flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print an array")
	return cmd
}
