package server

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/rookeryhq/rookery/internal/operators"
	"github.com/rookeryhq/rookery/internal/secretfile"
)

var errNoToken = errors.New("holds no token")

// ReadToken reads a file that contains only a token; for any other content it returns errNoToken.
func ReadToken(name string) (string, error) {
	token, err := secretfile.Read(name)
	switch {
	case errors.Is(err, secretfile.ErrContent):
		return "", fmt.Errorf("admin token: %s %w", name, errNoToken)
	case err != nil:
		return "", fmt.Errorf("admin token: %w", err)
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
		token = operators.NewToken()
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
