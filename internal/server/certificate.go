package server

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/config"
	"github.com/rookeryhq/rookery/internal/disk"
)

// certificatePoll is how often the certificate's files are checked for changes.
const certificatePoll = time.Second

// certificate is a certificate, and the authorities that the other side's must be of, from files that are read again when they change.
type certificate struct {
	setting string
	files   certificateFiles
	current atomic.Pointer[credentials]

	read [3]stamp // of the files at the last reading
}

// certificateFiles are the names of the files; those without a name are not read. A certificate has a key.
type certificateFiles struct{ certificate, key, authorities string }

// credentials are what the files contain.
type credentials struct {
	pair        tls.Certificate
	authorities *x509.CertPool // nil without a file
}

// stamp shows whether a file has changed.
type stamp struct {
	modified time.Time
	size     int64
	inode    uint64
}

func filesOf(t config.TLS) certificateFiles {
	return certificateFiles{certificate: t.Certificate, key: t.Key}
}

func openCertificate(setting string, files certificateFiles) (*certificate, error) {
	c := &certificate{setting: setting, files: files}
	c.read = c.stamps()
	return c, c.load()
}

// serving returns the configuration of a listener. With authorities, callers must show a certificate of one of them.
func (c *certificate) serving() *tls.Config {
	config := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		CipherSuites:   modernSuites,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &c.current.Load().pair, nil },
	}
	if c.files.authorities != "" {
		config.ClientAuth = tls.RequireAnyClientCert
		config.VerifyConnection = c.verifyCaller
	}
	return config
}

// modernSuites are those of TLS 1.2 with forward secrecy and authenticated encryption; TLS 1.3 has no others.
var modernSuites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// verifyCaller checks a caller's certificate against the authorities as they are now.
func (c *certificate) verifyCaller(state tls.ConnectionState) error {
	between := x509.NewCertPool()
	for _, other := range state.PeerCertificates[1:] {
		between.AddCert(other)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: c.current.Load().authorities, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	return err
}

// calling returns the configuration of a new connection to somebody else. Without authorities, the other side's certificate must be of one that
// the machine trusts.
func (c *certificate) calling() *tls.Config {
	now := c.current.Load()
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: now.authorities}
	if c.files.certificate != "" {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &c.current.Load().pair, nil }
	}
	return config
}

func (c *certificate) load() (err error) {
	next := new(credentials)
	if c.files.certificate != "" {
		if next.pair, err = tls.LoadX509KeyPair(c.files.certificate, c.files.key); err != nil {
			return fmt.Errorf("%s: %s and %s are not a usable pair of certificate and key: %w", c.setting, c.files.certificate, c.files.key, err)
		}
	}
	if c.files.authorities != "" {
		content, err := os.ReadFile(c.files.authorities)
		if err != nil {
			return fmt.Errorf("%s: %w", c.setting, err)
		}
		next.authorities = x509.NewCertPool()
		if !next.authorities.AppendCertsFromPEM(content) {
			return fmt.Errorf("%s: %s has no certificate in PEM", c.setting, c.files.authorities)
		}
	}
	c.current.Store(next)
	return nil
}

// stamps returns the stamps of the files; a missing file has the zero stamp.
func (c *certificate) stamps() (stamps [3]stamp) {
	for i, name := range []string{c.files.certificate, c.files.key, c.files.authorities} {
		if info, err := os.Stat(name); err == nil {
			stamps[i] = stamp{modified: info.ModTime(), size: info.Size(), inode: disk.Inode(info)}
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
		read := []any{"setting", c.setting}
		if leaf := c.current.Load().pair.Leaf; leaf != nil {
			read = append(read, "expires", leaf.NotAfter.UTC().Format(time.RFC3339))
		}
		log.Info("the certificate was read again", read...)
	}
}
