package integration

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rookeryhq/rookery/test/redis"
	"github.com/rookeryhq/rookery/test/rookery"
)

// TestRedisSettingsAreChecked: by a start and by config check, which name the setting and what to do.
func TestRedisSettingsAreChecked(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	open := filepath.Join(folder, "open")
	write(t, open, "s3cret\n", 0o644)
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"another kind of address":   {[]string{"--redis-address", "http://redis.example"}, "redis.address (flag --redis-address): it is not like rediss://rookery@redis.example:6379"},
		"a password in the address": {[]string{"--redis-address", "rediss://rookery:s3cret@redis.example"}, "put that into the file that redis.password_file names, or into the environment as REDISCLI_AUTH"},
		"no encryption":             {[]string{"--redis-address", "redis://redis.example"}, "would not be encrypted: use rediss://"},
		"a password for all":        {[]string{"--redis-address", "redis://127.0.0.1", "--redis-password-file", open}, "chmod 600"},
		"a password for nothing":    {[]string{"--redis-password-file", open}, "redis.address is missing"},
		"an authority for nothing":  {[]string{"--redis-address", "redis://127.0.0.1", "--redis-tls-ca", open}, "redis.tls is set, and the address does not begin with rediss://"},
		"no authority":              {[]string{"--redis-address", "rediss://127.0.0.1", "--redis-tls-ca", open}, "has no certificate in PEM"},
		"half a certificate":        {[]string{"--redis-address", "rediss://127.0.0.1", "--redis-tls-key", open}, "redis.tls.certificate is missing"},
		"a prefix that is a tag":    {[]string{"--redis-address", "redis://127.0.0.1", "--redis-prefix", "{rookery}"}, "is not 1 to 64 letters"},
		"no such policy":            {[]string{"--redis-apps", "ajar"}, `"ajar" is not local or open or closed`},
		"no patience":               {[]string{"--redis-timeout", "0s"}, "0s is not a duration from 1ms to 10s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, command := range [][]string{{"config", "check"}, {"serve", "--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"}} {
				args := append(append(command, "--data", t.TempDir()), test.args...)
				status, stdout, stderr := rookery.Run(t, args...)
				if status == 0 || !strings.Contains(stderr, test.want) || !strings.Contains(stderr, "redis") {
					t.Fatalf("rookery %s: status %d, %s%s", strings.Join(args, " "), status, stdout, stderr)
				}
				if strings.Contains(stdout+stderr, "s3cret") {
					t.Errorf("rookery %s shows the password: %s%s", strings.Join(args, " "), stdout, stderr)
				}
			}
		})
	}
}

// TestRedisOverTLS: with a certificate that is checked, and with the password of the environment. A platform starts without, too.
func TestRedisOverTLS(t *testing.T) {
	const password = "the-password-of-redis"
	t.Setenv("REDISCLI_AUTH", password)
	folder := t.TempDir()
	certificate, key := pair(t, folder, "redis")
	other, _ := pair(t, folder, "other")
	server := redis.Prepare(t, "--requirepass", password)
	server.TLS(certificate, key, certificate)
	server.Start(t)
	for _, test := range []struct {
		authority string
		up        float64
	}{{certificate, 1}, {other, 0}} {
		p := rookery.Serve(t, "--redis-address", "rediss://"+server.HostPort(), "--redis-tls-ca", test.authority, "--redis-tls-certificate", certificate, "--redis-tls-key", key, "--redis-timeout", "10s")
		p.Secret(password)
		if up := p.Metric(t, "rookery_redis_up"); up != test.up {
			t.Errorf("with the authority %s: rookery_redis_up is %v, want %v\n%s", filepath.Base(test.authority), up, test.up, p.Log())
		}
		if said := strings.Contains(p.Log(), "Redis is away"); said != (test.up == 0) {
			t.Errorf("with the authority %s the log says %s", filepath.Base(test.authority), p.Log())
		}
	}
}

// TestWithoutRedis: a platform that was started without its Redis does what is set for calls with a rate.
func TestWithoutRedis(t *testing.T) {
	t.Parallel()
	const (
		sound, appTooOften, userTooOften, fails = 0, -6, 220028, 1199
	)
	for name, test := range map[string]struct {
		rates string
		args  []string
		want  [2]int // the answers to the first call and the second
	}{
		"an app's, local":  {"app", []string{"--redis-users", "closed"}, [2]int{sound, appTooOften}},
		"an app's, open":   {"app", []string{"--redis-apps", "open"}, [2]int{sound, sound}},
		"an app's, closed": {"app", []string{"--redis-apps", "closed"}, [2]int{fails, fails}},
		"a user's, local":  {"user", []string{"--redis-apps", "closed"}, [2]int{sound, userTooOften}},
		"a user's, open":   {"user", []string{"--redis-users", "open"}, [2]int{sound, sound}},
		"a user's, closed": {"user", []string{"--redis-users", "closed"}, [2]int{fails, fails}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := rookery.Serve(t, append(test.args, "--redis-address", redis.Prepare(t).Address())...)
			app := p.NewApp(t)
			token := p.Issue(t, rookery.TokenRequest{AppID: app.AppID, UIN: p.NewAccount(t), Kind: "msdk"})
			call := rookery.NewCall(app, "/v2/auth/verify_login", `{"openid":"`+token.MSDKOpenID+`","token":"`+token.Token+`"}`)
			if got := p.Call(t, call); got.Ret != sound {
				t.Fatalf("a call without a rate: %s", got.Body)
			}
			p.SetApp(t, app, rookery.Settings{"rates": rookery.Settings{"verify_login": rookery.Settings{test.rates: "1/h"}}})
			for i, want := range test.want {
				if got := p.Call(t, call); got.Ret != want {
					t.Errorf("call %d: %s, want %d", i+1, got.Body, want)
				}
			}
		})
	}
}
