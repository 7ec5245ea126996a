package config

import (
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/rookeryhq/rookery/internal/disk"
)

// setting finds a setting by its key; asking for one that does not exist is a mistake of the program.
func (l *Loaded) setting(key string) *Setting {
	for _, s := range l.Settings {
		if s.Key == key {
			return s
		}
	}
	panic("config: there is no setting " + key)
}

// faults checks what a value's own type cannot: required values, addresses, and values against each other.
func (l *Loaded) faults() (errs []error) {
	faultf := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s (%s): %w", key, l.setting(key).From, fmt.Errorf(format, args...)))
	}
	if l.Data == "" {
		errs = append(errs, fmt.Errorf("data is not set: name the folder that the platform stores everything in, in the file, as %s or as --data", l.setting("data").Env()))
	}
	listens := make(map[string]string)
	for _, l := range []struct {
		key, addr string
		off       bool // may be empty
	}{{"http.listen", l.HTTP.Listen, false}, {"admin.listen", l.Admin.Listen, false}, {"oidb.listen", l.OIDB.Listen, true}, {"oidb.connect", l.OIDB.Connect, true}} {
		if l.addr == "" && l.off {
			continue
		}
		_, port, err := net.SplitHostPort(l.addr)
		if n, portErr := strconv.Atoi(port); err != nil || portErr != nil || n < 0 || n > 65535 {
			faultf(l.key, "%q is not HOST:PORT, such as 127.0.0.1:8700 or :8700", l.addr)
			continue
		}
		if other, taken := listens[l.addr]; taken && port != "0" {
			faultf(l.key, "%s is already used by %s: each listener needs a port of its own", l.addr, other)
		}
		listens[l.addr] = l.key
	}
	for _, t := range []struct {
		key string
		tls TLS
	}{{"http.tls", l.HTTP.TLS}, {"admin.tls", l.Admin.TLS}, {"oidb.tls", TLS{l.OIDB.TLS.Certificate, l.OIDB.TLS.Key}}, {"oidb.routes_tls", TLS{l.OIDB.RoutesTLS.Certificate, l.OIDB.RoutesTLS.Key}}, {"redis.tls", TLS{l.Redis.TLS.Certificate, l.Redis.TLS.Key}}} {
		switch {
		case t.tls.Certificate == "" && t.tls.Key != "":
			faultf(t.key+".key", "%s.certificate is missing", t.key)
		case t.tls.Certificate != "" && t.tls.Key == "":
			faultf(t.key+".certificate", "%s.key is missing", t.key)
		}
	}
	if l.OIDB.TLS.ClientCA != "" && !l.OIDB.TLS.On() {
		faultf("oidb.tls.client_ca", "oidb.tls.certificate is missing")
	}
	if l.Redis.TLS != (RedisTLS{}) && !strings.HasPrefix(l.Redis.Address, "rediss:") {
		faultf("redis.address", "redis.tls is set, and the address does not begin with rediss://")
	}
	if l.Redis.PasswordFile != "" && !l.Redis.On() {
		faultf("redis.password_file", "redis.address is missing")
	}
	if !prefixForm().MatchString(l.Redis.Prefix) {
		faultf("redis.prefix", "%q is not 1 to 64 letters, digits, dots, hyphens and underscores", l.Redis.Prefix)
	}
	e := &l.Events
	switch {
	case e.File != "" && e.Webhook != "":
		faultf("events.webhook", "events.file is set too: the stream goes to one of them")
	case e.Webhook != "" && e.WebhookSecret == "":
		faultf("events.webhook", "events.webhook_secret is missing")
	case e.Webhook == "" && e.WebhookSecret != "":
		faultf("events.webhook_secret", "events.webhook is missing")
	}
	if l.Tracing.Headers != "" && !l.Tracing.On() {
		faultf("tracing.headers", "tracing.endpoint is missing")
	}
	if l.HTTP.HeaderTimeout > l.HTTP.ReadTimeout {
		faultf("http.header_timeout", "%s is longer than http.read_timeout, %s, which it is a part of", l.HTTP.HeaderTimeout, l.HTTP.ReadTimeout)
	}
	return errs
}

// prefixForm leaves out what means something in patterns and in keys.
var prefixForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9A-Za-z._-]{1,64}$`) })

// Warning is a setting that works but is not safe.
type Warning struct {
	Setting string // its key
	Text    string
}

// Warnings lists what is not safe about the configuration and about the files that it names, as they are now.
func (l *Loaded) Warnings() (all []Warning) {
	warn := func(setting, format string, args ...any) {
		all = append(all, Warning{setting, fmt.Sprintf(format, args...)})
	}
	if isPublic(l.HTTP.Listen) && !l.HTTP.TLS.On() && len(l.HTTP.TrustedProxies) == 0 {
		warn("http.listen", "%s can be reached from elsewhere by plain HTTP, so tokens travel unencrypted: set http.tls, or listen on a private address behind a proxy and set http.trusted_proxies", l.HTTP.Listen)
	}
	if isPublic(l.Admin.Listen) {
		warn("admin.listen", "%s can be reached from elsewhere: anyone with the admin token controls the platform, so listen on 127.0.0.1 or a management network", l.Admin.Listen)
		if !l.Admin.TLS.On() {
			warn("admin.tls", "the admin token travels unencrypted on %s: set admin.tls.certificate and admin.tls.key", l.Admin.Listen)
		}
	}
	for _, b := range []struct{ setting, listen string }{{"oidb.listen", l.OIDB.Listen}, {"oidb.connect", l.OIDB.Connect}} {
		switch t := l.OIDB.TLS; {
		case !isPublic(b.listen):
		case !t.On():
			warn(b.setting, "%s can be reached from elsewhere, and the bus has no encryption and takes its callers at their word: listen on 127.0.0.1 or on a network of your own back ends, or set oidb.tls with client_ca", b.listen)
		case t.ClientCA == "":
			warn(b.setting, "%s can be reached from elsewhere, and the bus takes its callers at their word: set oidb.tls.client_ca, or listen on a network of your own back ends", b.listen)
		}
	}
	for _, r := range l.HTTP.TrustedProxies {
		if r.Bits() == 0 {
			warn("http.trusted_proxies", "%s trusts everybody, so every caller can choose the address that allow lists see: name your proxies' own ranges", r)
		}
	}
	if l.MSDKV5.TSWindow == 0 {
		warn("msdkv5.ts_window", "anybody who recorded a signed V5 call can send it again for ever: set a window such as 10m once your back ends' clocks are right")
	}
	if l.MSDKV3.TSWindow == 0 {
		warn("msdkv3.ts_window", "anybody who saw one signed V3 call can make any other of its app for ever, since the signature covers the timestamp alone: set a window such as 10m once your back ends' clocks are right")
	}
	if Unencrypted(l.Tracing.Endpoint) {
		warn("tracing.endpoint", "%s is plain HTTP, so traces, and the headers of tracing.headers, travel unencrypted: use https, or a collector on this machine", l.Tracing.Endpoint)
	}
	if Unencrypted(l.Events.Webhook) {
		warn("events.webhook", "%s is plain HTTP, so events travel unencrypted, though signed: use https", l.Events.Webhook)
	}
	for _, file := range []struct{ setting, name string }{
		{"http.tls.key", l.HTTP.TLS.Key}, {"admin.tls.key", l.Admin.TLS.Key}, {"oidb.tls.key", l.OIDB.TLS.Key}, {"oidb.routes_tls.key", l.OIDB.RoutesTLS.Key},
		{"redis.tls.key", l.Redis.TLS.Key},
	} {
		if mode, ok := mode(file.name); ok && mode&0o077 != 0 {
			warn(file.setting, "%s may be read by others (mode %04o): chmod 600 it", file.name, mode)
		}
	}
	if mode, ok := mode(l.Data); ok && mode&0o077 != 0 {
		warn("data", "%s is open to other accounts of this machine (mode %04o): chmod 700 it", l.Data, mode)
	}
	if mode, ok := mode(l.File); ok && mode&0o022 != 0 {
		warn("--config", "%s may be changed by others (mode %04o): chmod 644 it", l.File, mode)
	}
	return all
}

// Unencrypted reports whether requests to a base URL travel by plain HTTP to another machine.
func Unencrypted(to string) bool {
	u, err := url.Parse(to)
	return err == nil && u.Scheme == "http" && isPublic(net.JoinHostPort(u.Hostname(), "80"))
}

func mode(name string) (fs.FileMode, bool) {
	if name == "" {
		return 0, false
	}
	info, err := os.Stat(name)
	if err != nil {
		return 0, false
	}
	return disk.Mode(info), true
}

// isPublic reports whether other machines may reach an address to listen on. A name other than localhost counts as
// public, since its address can change.
func isPublic(listen string) bool {
	host, _, err := net.SplitHostPort(listen)
	if err != nil || host == "localhost" {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err != nil || !addr.Unmap().IsLoopback()
}
