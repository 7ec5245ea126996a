package server

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/rookeryhq/rookery/internal/secretfile"
)

// maxToken bounds the size of a token's file.
const maxToken = 4 << 10

var errNoToken = errors.New("holds no token")

// ReadToken reads a file that contains only a token; for any other content it returns errNoToken.
func ReadToken(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("admin token: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return "", fmt.Errorf("admin token: %w", err)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("admin token: %s is not a file", name)
	case info.Mode().Perm()&0o077 != 0:
		return "", fmt.Errorf("admin token: %s may be read by others (mode %04o): chmod 600 it", name, info.Mode().Perm())
	}
	content, err := io.ReadAll(io.LimitReader(secretfile.Reader(file), maxToken+1))
	if err != nil {
		return "", fmt.Errorf("admin token: %w", err)
	}
	token := strings.TrimSpace(string(content))
	isOther := func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsGraphic(r) || unicode.IsSpace(r) }
	if token == "" || len(content) > maxToken || strings.ContainsFunc(token, isOther) {
		return "", fmt.Errorf("admin token: %s %w", name, errNoToken)
	}
	return token, nil
}

// openAdminToken reads the admin API's bearer token. If no file is set, the first start makes one in the data folder.
func (s *Server) openAdminToken() (string, error) {
	file, own := s.options.Admin.TokenFile, false
	if file == "" {
		file, own = filepath.Join(s.options.Data, "admin.token"), true
	}
	file, err := filepath.Abs(file) // the path is shown to programs that may run in another folder
	if err != nil {
		return "", fmt.Errorf("admin token: %w", err)
	}
	s.adminTokenFile = file
	token, err := readServerToken(file)
	if errors.Is(err, fs.ErrNotExist) && own {
		var random [32]byte
		rand.Read(random[:])
		token = hex.EncodeToString(random[:])
		return token, secretfile.Write(file, []byte(token+"\n"))
	}
	return token, err
}

// readServerToken reads the token that a platform accepts.
func readServerToken(file string) (string, error) {
	token, err := ReadToken(file)
	if errors.Is(err, errNoToken) || err == nil && len(token) < 32 {
		return "", fmt.Errorf("admin token: %s holds no token of 32 characters or more: write one there, as openssl rand -hex 32 prints it", file)
	}
	return token, err
}
