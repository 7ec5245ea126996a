package config

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rookery.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestPrecedence(t *testing.T) {
	file := write(t, "data: from-file\nhttp:\n  listen: :1\n  idle_timeout: 7s\n  max_connections: 77\n")
	l, err := Load(Sources{
		File:    file,
		Environ: []string{"ROOKERY_HTTP_LISTEN=:2", "ROOKERY_HTTP_IDLE_TIMEOUT=8s", "PATH=/bin"},
		Flags:   map[string]string{"http-listen": ":3"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ key, text, from string }{
		{"data", "from-file", "file " + file + ":1"},
		{"http.listen", ":3", "flag --http-listen"},
		{"http.idle_timeout", "8s", "environment ROOKERY_HTTP_IDLE_TIMEOUT"},
		{"http.max_connections", "77", "file " + file + ":5"},
		{"http.header_timeout", "5s", "default"},
	} {
		if s := l.setting(test.key); s.Text() != test.text || s.From != test.from {
			t.Errorf("%s is %q from %q, want %q from %q", test.key, s.Text(), s.From, test.text, test.from)
		}
	}
	if l.HTTP.Listen != ":3" || l.HTTP.IdleTimeout != 8*time.Second || l.HTTP.MaxConnections != 77 {
		t.Errorf("the struct differs: %+v", l.HTTP)
	}
}

func TestListsOfRanges(t *testing.T) {
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::/32")}
	for name, sources := range map[string]Sources{
		"file":        {File: write(t, "data: d\nhttp:\n  trusted_proxies: [10.0.0.0/8, 192.0.2.7, \"2001:db8::/32\"]\n")},
		"file, block": {File: write(t, "data: d\nhttp:\n  trusted_proxies:\n    - 10.0.0.0/8\n    - 192.0.2.7\n    - 2001:db8::/32\n")},
		"environment": {Environ: []string{"ROOKERY_DATA=d", "ROOKERY_HTTP_TRUSTED_PROXIES=10.0.0.0/8 192.0.2.7 2001:db8::/32"}},
		"flag":        {Flags: map[string]string{"data": "d", "http-trusted-proxies": "10.0.0.0/8,192.0.2.7,2001:db8::/32"}},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := Load(sources)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(l.HTTP.TrustedProxies, want) {
				t.Errorf("got %v, want %v", l.HTTP.TrustedProxies, want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	const data = "data: d\n"
	for name, test := range map[string]struct {
		text, env, want string
	}{
		"no data":                 {"", "", "data is not set: name the folder"},
		"unknown key":             {data + "htpp: {}\n", "", `:2: there is no setting "htpp": did you mean http?`},
		"unknown key in section":  {data + "http:\n  lisen: :1\n", "", `:3: there is no setting "http.lisen": did you mean http.listen?`},
		"unknown key, none near":  {data + "xyzzyplugh: 1\n", "", `there is no setting "xyzzyplugh"` + "\n"},
		"unknown variable":        {data, "ROOKERY_HTTP_LISTN=:1", "there is no setting ROOKERY_HTTP_LISTN: did you mean ROOKERY_HTTP_LISTEN?"},
		"variable, none near":     {data, "ROOKERY_NOPE=1", "there is no setting ROOKERY_NOPE\n"},
		"key of another section":  {data + "http.listen: :1\n", "", `:2: there is no setting "http.listen": a section's settings go below it`},
		"key twice":               {data + "log: {level: info}\nlog: {level: warn}\n", "", "log is set twice"},
		"section without mapping": {data + "http: 7\n", "", ":2: http is not a mapping"},
		"list at the top":         {"- data\n", "", "the file is not a mapping"},
		"no YAML":                 {"data: [\n", "", "is not YAML"},
		"two documents":           {data + "---\ndata: e\n", "", "more than one document"},
		"value missing":           {data + "http:\n  listen:\n", "", ":3: http.listen has no value"},
		"mapping for a value":     {data + "http:\n  listen: {a: b}\n", "", "http.listen is not a text"},
		"list for a value":        {data + "http:\n  listen: [a]\n", "", "http.listen is not a text"},
		"alias for a value":       {"data: &d d\nhttp:\n  listen: *d\n", "", "http.listen is not a text"},
		"not a number":            {data + "http:\n  max_connections: many\n", "", `http.max_connections: "many" is not a number from 1 to 1000000`},
		"number out of range":     {data + "http:\n  max_connections: 0\n", "", "0 is not a number from 1 to 1000000"},
		"duration without unit":   {data + "stop:\n  notice: 5\n", "", `stop.notice: "5" is not a duration`},
		"duration out of range":   {data, "ROOKERY_STOP_NOTICE=-1s", "stop.notice (environment ROOKERY_STOP_NOTICE): -1s is not a duration from 0s to 10m"},
		"not a known word":        {data + "log:\n  level: loud\n", "", `"loud" is not info or warn or error`},
		"not a range":             {data + "http:\n  trusted_proxies: [proxy]\n", "", `"proxy" is not an address range`},
		"range with host bits":    {data + "http:\n  trusted_proxies: [10.1.2.3/8]\n", "", "did you mean 10.0.0.0/8?"},
		"address without port":    {data + "http:\n  listen: 127.0.0.1\n", "", `http.listen (file `},
		"port out of range":       {data + "admin:\n  listen: :70000\n", "", `":70000" is not HOST:PORT`},
		"not a URL":               {data + "http:\n  public_url: play.example\n", "", `http.public_url: "play.example" is not an http or https URL`},
		"URL of another scheme":   {data, "ROOKERY_HTTP_PUBLIC_URL=ftp://play.example", `"ftp://play.example" is not an http or https URL`},
		"URL with a query":        {data + "http:\n  public_url: https://play.example/?a=b\n", "", "without user, query and fragment"},
		"URL with a user":         {data + "http:\n  public_url: https://me@play.example/\n", "", "without user, query and fragment"},
		"two on one address":      {data + "admin:\n  listen: 127.0.0.1:8700\n", "", "127.0.0.1:8700 is already used by http.listen"},
		"certificate without key": {data + "http:\n  tls:\n    certificate: c.pem\n", "", "http.tls.certificate (file "},
		"key without certificate": {data + "admin:\n  tls:\n    key: k.pem\n", "", "admin.tls.certificate is missing"},
		"two ways for events":     {data + "events:\n  file: e\n  webhook: https://hook.example/\n  webhook_secret: s\n", "", "events.file is set too"},
		"webhook without secret":  {data + "events:\n  webhook: https://hook.example/\n", "", "events.webhook_secret is missing"},
		"secret without webhook":  {data + "events:\n  webhook_secret: s\n", "", "events.webhook is missing"},
		"webhook of another kind": {data + "events:\n  webhook: file:///events\n  webhook_secret: s\n", "", "is not an http or https URL"},
		"headers without traces":  {data + "tracing:\n  headers: h\n", "", "tracing.endpoint is missing"},
		"share above all":         {data + "tracing:\n  sample: 1.5\n", "", `"1.5" is not a decimal number from 0 to 1`},
		"share below none":        {data + "tracing:\n  sample: -0.1\n", "", `"-0.1" is not a decimal number from 0 to 1`},
		"share of no number":      {data + "tracing:\n  sample: nan\n", "", `"nan" is not a decimal number from 0 to 1`},
		"header over read":        {data + "http:\n  header_timeout: 20s\n", "", "longer than http.read_timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			sources := Sources{File: write(t, test.text)}
			if test.env != "" {
				sources.Environ = []string{test.env}
			}
			_, err := Load(sources)
			if err == nil || !strings.Contains(err.Error()+"\n", test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
	t.Run("no file", func(t *testing.T) {
		if _, err := Load(Sources{File: filepath.Join(t.TempDir(), "none.yaml")}); err == nil || !strings.Contains(err.Error(), "none.yaml") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("all faults at once", func(t *testing.T) {
		_, err := Load(Sources{File: write(t, "a: 1\nb: 2\n"), Environ: []string{"ROOKERY_C=3"}})
		if err == nil || strings.Count(err.Error(), "there is no setting") != 3 {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a large file", func(t *testing.T) {
		if _, err := Load(Sources{File: write(t, strings.Repeat("#", 1<<20+1))}); err == nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("got %v", err)
		}
	})
}

func TestVariablesOfOthersMayBeThere(t *testing.T) {
	if _, err := Load(Sources{Environ: []string{"ROOKERY_DATA=d", "ROOKERY_SERVER=x"}, Others: []string{"ROOKERY_SERVER"}}); err != nil {
		t.Error(err)
	}
}

func TestPrintedConfigurationIsTheSameAgain(t *testing.T) {
	file := write(t, "data: \"a b: #c\"\nhttp:\n  trusted_proxies: [10.0.0.0/8, \"::1\"]\nmsdkv5: {ts_window: 10m}\n")
	first, err := Load(Sources{File: file})
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(Sources{File: write(t, first.YAML())})
	if err != nil {
		t.Fatalf("%v\n%s", err, first.YAML())
	}
	for i, s := range first.Settings {
		if got := again.Settings[i]; got.Text() != s.Text() {
			t.Errorf("%s: got %q, want %q", s.Key, got.Text(), s.Text())
		}
	}
}

func TestWarnings(t *testing.T) {
	folder := t.TempDir()
	open, closed := filepath.Join(folder, "open.pem"), filepath.Join(folder, "closed.pem")
	for file, mode := range map[string]os.FileMode{open: 0o644, closed: 0o600} {
		if err := os.WriteFile(file, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		flags map[string]string
		want  []string
	}{
		"safe":                      {nil, nil},
		"no window for ts":          {map[string]string{"msdkv5-ts-window": "0s"}, []string{"msdkv5.ts_window"}},
		"no window for timestamp":   {map[string]string{"msdkv3-ts-window": "0s"}, []string{"msdkv3.ts_window"}},
		"plain HTTP on all":         {map[string]string{"http-listen": ":80"}, []string{"http.listen"}},
		"plain HTTP on a name":      {map[string]string{"http-listen": "games.example:80"}, []string{"http.listen"}},
		"plain HTTP on localhost":   {map[string]string{"http-listen": "localhost:80"}, nil},
		"plain HTTP behind a proxy": {map[string]string{"http-listen": ":80", "http-trusted-proxies": "10.0.0.0/8"}, nil},
		"HTTPS on all":              {map[string]string{"http-listen": ":443", "http-tls-certificate": closed, "http-tls-key": closed}, nil},
		"admin on all":              {map[string]string{"admin-listen": "0.0.0.0:1"}, []string{"admin.listen", "admin.tls"}},
		"admin on all with TLS":     {map[string]string{"admin-listen": "[::]:1", "admin-tls-certificate": closed, "admin-tls-key": closed}, []string{"admin.listen"}},
		"the bus on all":            {map[string]string{"oidb-listen": ":1"}, []string{"oidb.listen"}},
		"the bus on loopback":       {map[string]string{"oidb-listen": "127.0.0.1:1"}, nil},
		"everybody is a proxy":      {map[string]string{"http-trusted-proxies": "0.0.0.0/0"}, []string{"http.trusted_proxies"}},
		"events in plain HTTP":      {map[string]string{"events-webhook": "http://hook.example/", "events-webhook-secret": closed}, []string{"events.webhook"}},
		"events on this machine":    {map[string]string{"events-webhook": "http://[::1]:8/", "events-webhook-secret": closed}, nil},
		"events by HTTPS":           {map[string]string{"events-webhook": "https://hook.example/", "events-webhook-secret": closed}, nil},
		"key that others read":      {map[string]string{"http-tls-certificate": open, "http-tls-key": open}, []string{"http.tls.key"}},
		"folder that others read":   {map[string]string{"data": folder}, []string{"data"}},
	} {
		t.Run(name, func(t *testing.T) {
			flags := map[string]string{"data": "not-there-yet", "msdkv5-ts-window": "10m", "msdkv3-ts-window": "10m"}
			for flag, value := range test.flags {
				flags[flag] = value
			}
			l, err := Load(Sources{Flags: flags})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, w := range l.Warnings() {
				got = append(got, w.Setting)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got warnings on %v, want %v", got, test.want)
			}
		})
	}
	t.Run("configuration that others change", func(t *testing.T) {
		file := write(t, "data: d\nmsdkv5: {ts_window: 1m}\nmsdkv3: {ts_window: 1m}\n")
		if err := os.Chmod(file, 0o666); err != nil {
			t.Fatal(err)
		}
		l, err := Load(Sources{File: file})
		if err != nil {
			t.Fatal(err)
		}
		if w := l.Warnings(); len(w) != 1 || w[0].Setting != "--config" {
			t.Errorf("got %v", w)
		}
	})
}

// TestEverySettingIsDocumented also checks that no two settings share a name.
func TestEverySettingIsDocumented(t *testing.T) {
	text := Markdown()
	seen := make(map[string]bool)
	for _, s := range Default().Settings {
		for _, name := range []string{"`" + s.Key + "`", "`" + s.Env() + "`", "`--" + s.Flag() + "`"} {
			if seen[name] {
				t.Errorf("%s is the name of two settings", name)
			}
			seen[name] = true
			if !strings.Contains(text, name) {
				t.Errorf("docs/config.md does not have %s", name)
			}
		}
		if !strings.HasSuffix(s.Doc, ".") {
			t.Errorf("%s: the documentation is not a sentence: %q", s.Key, s.Doc)
		}
	}
}

func FuzzYAML(f *testing.F) {
	f.Add("data: d\nhttp:\n  listen: :1\n  trusted_proxies: [10.0.0.0/8]\n")
	f.Add("a: &a [*a]\n")
	f.Add("? [x]\n: !!binary y\n")
	f.Fuzz(func(t *testing.T, text string) {
		l := Default()
		if errs := l.readYAML("f", []byte(text)); len(errs) == 0 {
			again := Default()
			if errs := again.readYAML("f", []byte(l.YAML())); len(errs) != 0 {
				t.Errorf("what was read from %q is printed as %q: %v", text, l.YAML(), errs)
			}
		}
	})
}

// TestLoadSome: of a few settings the flag takes precedence over the variable; variables of others are ignored.
func TestLoadSome(t *testing.T) {
	load := func(environ []string, flags map[string]string) (*Loaded, error) {
		return LoadSome(Sources{Environ: environ, Flags: flags}, "connect.token_media_type", "http.public_url")
	}
	for name, test := range map[string]struct {
		environ []string
		flags   map[string]string
		want    string
	}{
		"neither":  {nil, nil, "text/plain"},
		"variable": {[]string{"ROOKERY_CONNECT_TOKEN_MEDIA_TYPE=text/html", "ROOKERY_LOG_LEVEL=loud", "ROOKERY_NOPE=1"}, nil, "text/html"},
		"both": {[]string{"ROOKERY_CONNECT_TOKEN_MEDIA_TYPE=text/html"},
			map[string]string{"connect-token-media-type": "application/x-www-form-urlencoded"}, "application/x-www-form-urlencoded"},
	} {
		l, err := load(test.environ, test.flags)
		if err != nil || l.Connect.TokenMediaType != test.want || l.Log.Level != "info" {
			t.Errorf("%s: got %q, %v, want %q", name, l.Connect.TokenMediaType, err, test.want)
		}
	}
	_, err := load([]string{"ROOKERY_HTTP_PUBLIC_URL=x"}, map[string]string{"connect-token-media-type": "text/xml"})
	if flag := new(FlagError); err == nil || !errors.As(err, &flag) || !strings.Contains(err.Error(), `"x" is not`) || !strings.Contains(err.Error(), `"text/xml" is not`) {
		t.Errorf("got %v", err)
	}
}
