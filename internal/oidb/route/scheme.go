package route

import (
	"context"
	"crypto/tls"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/rookeryhq/rookery/internal/oidb/connect"
	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
)

// client calls one instance. Its errors are those of oidb.Backend. After it has failed, no more calls begin.
type client interface {
	Call(ctx context.Context, head wire.Head, body []byte) (wire.Head, []byte, error)
	Err() error // why no more calls begin; nil while they do
	Close() error
}

// scheme is a way to reach a back end.
type scheme struct {
	named  bool // the back end hears the name in the file, or proves it
	window int  // calls that a client takes at a time; further ones get another client
	dial   func(context.Context, place, *tls.Config) (client, error)
}

// schemes begin the texts of back ends.
var schemes = map[string]scheme{
	"oidb+tcp":      {false, frame.Window, frames(false)},
	"oidb+tls":      {true, frame.Window, frames(true)},
	"connect+http":  {true, maxUnderWay, overHTTP(false, false)},
	"connect+https": {true, maxUnderWay, overHTTP(false, true)},
	"grpc":          {true, maxUnderWay, overHTTP(true, false)},
	"grpcs":         {true, maxUnderWay, overHTTP(true, true)},
}

// schemeNames lists the schemes for errors.
func schemeNames() string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(schemes)) {
		names = append(names, name+"://")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

func frames(encrypted bool) func(context.Context, place, *tls.Config) (client, error) {
	return func(ctx context.Context, at place, config *tls.Config) (client, error) {
		var secured *tls.Config
		if encrypted {
			secured = at.named(config)
		}
		c, err := tcp.Dial(ctx, at.address, secured)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
}

// overHTTP returns a client that connects when it is called.
func overHTTP(grpc, encrypted bool) func(context.Context, place, *tls.Config) (client, error) {
	return func(_ context.Context, at place, config *tls.Config) (client, error) {
		dialer := net.Dialer{Timeout: dialTimeout}
		d := connect.Dialer{GRPC: grpc, Dial: func(ctx context.Context) (net.Conn, error) { return dialer.DialContext(ctx, "tcp", at.address) }}
		if encrypted {
			d.TLS = at.named(config)
		}
		return d.NewClient(at.target), nil
	}
}

// named returns a configuration by which the back end must prove its name in the file.
func (at place) named(config *tls.Config) *tls.Config {
	config = config.Clone()
	config.ServerName, _, _ = net.SplitHostPort(at.target) // was checked when the file was read
	return config
}
