package server

import (
	"errors"
	"fmt"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/oidb/route"
)

// CheckFiles reads the files that a configuration names, as a start would.
func CheckFiles(c *config.Config) error {
	var errs []error
	for _, listener := range []struct {
		setting string
		files   certificateFiles
	}{{"http.tls", filesOf(c.HTTP.TLS)}, {"admin.tls", filesOf(c.Admin.TLS)}, {"oidb.tls", busFiles(c.OIDB.TLS)}, {"oidb.routes_tls", routeFiles(c.OIDB.RoutesTLS)}, {"redis.tls", redisFiles(c.Redis.TLS)}} {
		if listener.files != (certificateFiles{}) {
			_, err := openCertificate(listener.setting, listener.files)
			errs = append(errs, err)
		}
	}
	if c.Admin.TokenFile != "" {
		_, err := readServerToken(c.Admin.TokenFile)
		errs = append(errs, err)
	}
	if c.Redis.On() {
		_, err := readRedisPassword("redis.password_file", c.Redis.PasswordFile)
		errs = append(errs, err)
	}
	if c.Events.WebhookSecret != "" {
		_, err := readEventSecret("events.webhook_secret", c.Events.WebhookSecret)
		errs = append(errs, err)
	}
	if c.Tracing.Headers != "" {
		_, err := readTracingHeaders("tracing.headers", c.Tracing.Headers)
		errs = append(errs, err)
	}
	if c.OIDB.Routes != "" {
		if err := route.Check(c.OIDB.Routes); err != nil {
			errs = append(errs, fmt.Errorf("oidb.routes: %w", err))
		}
	}
	_, err := readWords("openapi.words", c.OpenAPI.Words)
	return errors.Join(append(errs, err)...)
}
