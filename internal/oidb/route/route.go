// Package route knows which commands of the bus are carried out in other processes, and takes their calls there. A file says
// so, and may be changed while the platform runs.
package route

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
)

// reread is how often the file is looked at.
const reread = 500 * time.Millisecond

// Router sets a bus's routes from a file.
type Router struct {
	file string
	bus  *oidb.Bus
	tls  func() *tls.Config

	seen     []byte              // at the last look
	content  []byte              // that the routes are from
	backends map[string]*backend // by the text in the file
}

// New returns a router of a bus's calls by a file, which it reads. tls returns the configuration of a new connection to a back end that takes
// TLS. The error names the file and the line at fault.
func New(file string, bus *oidb.Bus, tls func() *tls.Config) (*Router, error) {
	r := &Router{file: file, bus: bus, tls: tls, backends: make(map[string]*backend)}
	var err error
	if r.seen, err = readFile(file); err != nil {
		return nil, err
	}
	return r, r.set(r.seen)
}

// Check reads a file of routes and reports what is wrong with it.
func Check(file string) error {
	content, err := readFile(file)
	if err != nil {
		return err
	}
	_, err = parseFile(file, content)
	return err
}

// Run follows the file's changes until ctx ends. A file that cannot be read, or has a fault, changes nothing and is logged once.
func (r *Router) Run(ctx context.Context, log *slog.Logger) {
	defer r.close()
	look := time.NewTicker(reread)
	defer look.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		switch changed, err := r.look(); {
		case err != nil && err.Error() != said:
			said = err.Error()
			log.Error("the routes of the bus stay as they were", "error", said)
		case changed:
			said = ""
			log.Info("the routes of the bus have changed", "file", r.file)
		}
	}
}

// look reads the file and sets its routes, if they are other ones. A file that was different at the last look may still be
// being written: half of it would take routes away, and have calls carried out where their data is not. It reports whether
// there was a change.
func (r *Router) look() (changed bool, err error) {
	content, err := readFile(r.file)
	if err != nil {
		return false, err
	}
	settled := bytes.Equal(content, r.seen)
	r.seen = content
	if !settled || bytes.Equal(content, r.content) {
		return false, nil
	}
	if err := r.set(content); err != nil {
		return false, err
	}
	return true, nil
}

// set sets the routes of a file.
func (r *Router) set(content []byte) error {
	rows, err := parseFile(r.file, content)
	if err != nil {
		return err
	}
	before := r.backends
	r.backends = make(map[string]*backend)
	routes := make(map[oidb.ID]oidb.Route, len(rows))
	for id, row := range rows {
		routes[id] = oidb.Route{Formal: r.backend(row.formal, before), Test: r.backend(row.test, before), Protobuf: row.protobuf}
	}
	r.content = content
	r.bus.Route(routes)
	for text, gone := range before {
		if r.backends[text] == nil {
			gone.leave()
		}
	}
	return nil
}

// backend returns the back end of a text in the file, with its connections if it was there before.
func (r *Router) backend(text string, before map[string]*backend) oidb.Backend {
	switch text {
	case inside:
		return oidb.Inside
	case nowhere:
		return oidb.Nowhere
	}
	b := r.backends[text]
	if b == nil {
		if b = before[text]; b == nil {
			scheme, addresses, _ := targets(text) // was checked when the file was read
			b = newBackend(schemes[scheme], addresses, r.tls)
		}
		r.backends[text] = b
	}
	return b
}

func (r *Router) close() {
	for _, b := range r.backends {
		b.close()
	}
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxFile+1))
}

func parseFile(name string, content []byte) (map[oidb.ID]row, error) {
	rows, err := parse(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rows, nil
}
