package server

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTracingHeaders(t *testing.T) {
	const secret = "s3cret"
	for name, test := range map[string]struct {
		text string
		mode os.FileMode
		want map[string]string
		err  string
	}{
		"two headers":            {"authorization: Bearer " + secret + "\nX-Tenant: games\n", 0o600, map[string]string{"Authorization": "Bearer " + secret, "X-Tenant": "games"}, ""},
		"nothing":                {"", 0o600, map[string]string{}, ""},
		"only a key":             {secret, 0o600, nil, "a line that is not of the form NAME: VALUE"},
		"a key after a header":   {"X-Tenant: games\n" + secret + "\n", 0o600, nil, "a line that is not of the form NAME: VALUE"},
		"a header twice":         {"X-A: 1\nx-a: " + secret + "\n", 0o600, nil, `the header "X-A" twice`},
		"a name with a blank":    {"X A: " + secret + "\n", 0o600, nil, "headers"},
		"a value with a control": {"X-A: " + secret + "\x01\n", 0o600, nil, "headers"},
		"readable by others":     {"X-A: 1\n", 0o644, nil, "chmod 600 it"},
		"too long":               {"X-A: " + strings.Repeat("a", 5000), 0o600, nil, "holds no secret"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "headers")
			must(t, os.WriteFile(file, []byte(test.text), test.mode))
			got, err := readTracingHeaders("tracing.headers", file)
			if test.err == "" {
				if err != nil || !maps.Equal(got, test.want) {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.err) || !strings.HasPrefix(err.Error(), "tracing.headers: ") || strings.Contains(err.Error(), secret) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}
