package server

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rookeryhq/rookery/internal/config"
)

// certificatePoll is how often the certificate's files are checked for changes.
const certificatePoll = time.Second

// certificate is a certificate from two files, which are read again when they change.
type certificate struct {
	setting string
	files   config.TLS
	current atomic.Pointer[tls.Certificate]

	read [2]stamp // of the files at the last reading
}

// stamp shows whether a file has changed.
type stamp struct {
	modified time.Time
	size     int64
	inode    uint64
}

func openCertificate(setting string, files config.TLS) (*certificate, error) {
	c := &certificate{setting: setting, files: files}
	c.read = c.stamps()
	return c, c.load()
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return c.current.Load(), nil
}

func (c *certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.files.Certificate, c.files.Key)
	if err != nil {
		return fmt.Errorf("%s: %s and %s are not a usable pair of certificate and key: %w", c.setting, c.files.Certificate, c.files.Key, err)
	}
	c.current.Store(&pair)
	return nil
}

// stamps returns the stamps of both files; a missing file has the zero stamp.
func (c *certificate) stamps() (stamps [2]stamp) {
	for i, name := range []string{c.files.Certificate, c.files.Key} {
		if info, err := os.Stat(name); err == nil {
			stamps[i] = stamp{modified: info.ModTime(), size: info.Size()}
			if sys, ok := info.Sys().(*syscall.Stat_t); ok {
				stamps[i].inode = sys.Ino
			}
		}
	}
	return stamps
}

// watch reads the files again when they change, until ctx ends. A pair that cannot be used is logged once, and the previous
// pair stays.
func (c *certificate) watch(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(certificatePoll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := c.stamps()
		if now == c.read {
			continue
		}
		c.read = now
		if err := c.load(); err != nil {
			log.Error("the new certificate cannot be used, the old one stays", "setting", c.setting, "error", err.Error())
			continue
		}
		log.Info("the certificate was read again", "setting", c.setting, "expires", c.current.Load().Leaf.NotAfter.UTC().Format(time.RFC3339))
	}
}
