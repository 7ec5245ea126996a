package cli

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/rookeryhq/rookery/internal/secretfile"
	"github.com/rookeryhq/rookery/internal/server"
)

// knownServer says where a running platform is. The platform that started last leaves this note in the account's cache
// folder, so that operator commands find it without flags.
type knownServer struct {
	HTTP      string `json:"http"` // base URL of the doors that games call
	URL       string `json:"url"`  // of its admin API
	OIDB      string `json:"oidb"` // host:port of its bus
	TokenFile string `json:"token_file"`
}

func newKnownServer(at server.Addresses) *knownServer {
	return &knownServer{HTTP: at.HTTP, URL: at.Admin, OIDB: at.OIDB, TokenFile: at.AdminTokenFile}
}

func knownServerFile() (string, error) {
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "rookery", "server.json"), err
}

// remember writes the note. Without it commands need --server and --token-file, so a failure is only logged.
func (k *knownServer) remember(log *slog.Logger) {
	file, err := knownServerFile()
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o700)
	}
	if err == nil {
		var note []byte
		if note, err = json.Marshal(k); err == nil {
			err = secretfile.Write(file, note)
		}
	}
	if err != nil {
		log.Warn("operator commands will need --server and --token-file", "error", err.Error())
	}
}

// forget removes the note, unless another platform has written its own meanwhile.
func (k *knownServer) forget() {
	if last, err := lastServer(); err == nil && last == *k {
		if file, err := knownServerFile(); err == nil {
			_ = os.Remove(file) // a remaining note only names an address where nobody answers any more
		}
	}
}

func lastServer() (k knownServer, err error) {
	file, err := knownServerFile()
	if err != nil {
		return k, err
	}
	note, err := os.ReadFile(file)
	if err != nil {
		return k, err
	}
	return k, json.Unmarshal(note, &k)
}
