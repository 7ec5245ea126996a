package redis

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Address says where Redis is, and as whom the platform connects.
type Address struct {
	Hosts    []string // HOST:PORT; more than one are nodes of a Redis Cluster. Of a Unix socket, its path
	User     string   // "" for Redis's default user
	Database int
	Unix     bool
	TLS      bool
}

// defaultPort is the port of a host without one.
const defaultPort = "6379"

// ParseAddress reads rediss://USER@HOST:PORT,HOST:PORT/DATABASE, redis:// for a host on this machine, or unix://USER@/PATH. User, port and
// database may be missing. The error does not repeat the address, which may have a password.
func ParseAddress(text string) (Address, error) {
	scheme, rest, _ := strings.Cut(text, "://")
	authority, path, _ := strings.Cut(rest, "/")
	user, hosts, given := cutLast(authority, "@")
	if !given {
		user, hosts = "", authority
	}
	a := Address{TLS: scheme == "rediss", Unix: scheme == "unix"}
	var err error
	if a.User, err = url.PathUnescape(user); err != nil || scheme != "redis" && scheme != "rediss" && scheme != "unix" || strings.ContainsAny(text, "?#") {
		return Address{}, errForm
	}
	if strings.Contains(user, ":") {
		return Address{}, errors.New("it has a password, which lists of processes and logs show: put that into the file that redis.password_file names, or into the environment as REDISCLI_AUTH")
	}
	if a.Unix {
		if hosts != "" || path == "" {
			return Address{}, errForm
		}
		a.Hosts = []string{"/" + path}
		return a, nil
	}
	if path != "" {
		if a.Database, err = strconv.Atoi(path); err != nil || a.Database < 0 {
			return Address{}, errForm
		}
	}
	for _, text := range strings.Split(hosts, ",") {
		host, ok := withPort(text)
		switch {
		case !ok:
			return Address{}, errForm
		case !a.TLS && !local(host):
			return Address{}, errors.New("connections to " + host + " would not be encrypted: use rediss://, or redis:// for a Redis on this machine alone")
		}
		a.Hosts = append(a.Hosts, host)
	}
	if len(a.Hosts) > 1 && a.Database != 0 {
		return Address{}, errors.New("it names a database, and a Redis Cluster, whose nodes the hosts are, has none but 0")
	}
	return a, nil
}

var errForm = errors.New("it is not like rediss://rookery@redis.example:6379, redis://127.0.0.1:6379 or unix:///run/redis/redis.sock")

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

// withPort returns HOST:PORT for a host with or without a port.
func withPort(text string) (string, bool) {
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"), defaultPort
	}
	_, ipErr := netip.ParseAddr(host)
	n, portErr := strconv.Atoi(port)
	if host == "" || strings.ContainsAny(host, "[] ") || strings.Contains(host, ":") && ipErr != nil || portErr != nil || n < 1 || n > 65535 {
		return "", false
	}
	return net.JoinHostPort(host, port), true
}

// local reports whether HOST:PORT is on this machine.
func local(hostPort string) bool {
	host, _, _ := net.SplitHostPort(hostPort)
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
