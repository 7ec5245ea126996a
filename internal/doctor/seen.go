package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"time"

	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/retcode"
)

// tolerated is how far clocks may be apart before anybody should care.
const tolerated = 5 * time.Second

// CheckClock compares the platform's clock with this machine's, for whose calls the timestamps count. asked and answered are by this
// machine's clock, and enclose the moment of r.Now.
func (r *Report) CheckClock(asked, answered time.Time) {
	e := &examination{check: "clock"}
	defer func() { r.Findings = append(r.Findings, e.findings...) }()
	// r.Now is of some moment between the two.
	var apart time.Duration
	switch ahead, behind := r.Now.Sub(answered), asked.Sub(r.Now); {
	case ahead > 0:
		apart = ahead
	case behind > 0:
		apart = behind
	}
	windows := []struct {
		width, of string
		code      retcode.Code
		setting   string // "" for a width that is fixed
	}{
		{r.TSWindow, "ts of an MSDK V5 call", retcode.V5ParameterInvalid, "msdkv5.ts_window"},
		{r.V3Window, "timestamp of an MSDK V3 call", retcode.V3ParameterMissing, "msdkv3.ts_window"},
		{identity.TimestampWindow.String(), "the timestamp of a call", retcode.QQTimestampOutOfRange, ""},
	}
	command, advice := "", "synchronize both by NTP"
	if r.Dev {
		command, advice = "rookery dev clock set now", "that of a rookery dev can be moved"
	}
	const differ = "the platform's clock and this machine's are %s apart"
	shown := apart.Round(time.Second)
	for _, w := range windows {
		width, _ := time.ParseDuration(w.width) // as the report's maker wrote it
		switch {
		case width == 0 && !r.Dev:
			e.warn(0, "", "%s may be any, so a call that was recorded can be sent again for ever: set %s", w.of, w.setting)
		case width > 0 && apart > width:
			e.problem(w.code, command, differ+", more than the %s that %s may be off: %s", shown, width, w.of, advice)
			return
		}
	}
	switch {
	case apart > tolerated:
		e.warn(0, command, differ+": %s", shown, advice)
	default:
		e.add(OK, 0, "", "the platform's clock agrees with this machine's")
	}
}

// The bounds of a look at a certificate.
const (
	dialTimeout = 5 * time.Second
	expiresSoon = 14 * 24 * time.Hour
)

// CheckCertificate looks at the certificate of the platform's address, as games that call from this machine see it. There is nothing to
// see at an address without https.
func (r *Report) CheckCertificate(ctx context.Context) {
	u, err := url.Parse(r.Address)
	if err != nil || u.Scheme != "https" {
		return
	}
	e := &examination{check: "certificate"}
	defer func() { r.Findings = append(r.Findings, e.findings...) }()
	port := u.Port()
	if port == "" {
		port = "443"
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	dialer := &tls.Dialer{Config: &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	var (
		invalid *tls.CertificateVerificationError
		name    x509.HostnameError
		outOf   x509.CertificateInvalidError
		unknown x509.UnknownAuthorityError
	)
	switch {
	case err == nil:
		defer conn.Close()
	case !errors.As(err, &invalid):
		e.warn(0, "", "%s cannot be reached from this machine by HTTPS: %v", r.Address, err)
		return
	case errors.As(err, &name):
		e.problem(0, "", "the certificate at %s is for other names: %v", r.Address, name)
		return
	case errors.As(err, &outOf) && outOf.Reason == x509.Expired:
		e.problem(0, "", "the certificate at %s is valid from %s to %s, and not now: renew it, and put it in place of the files of http.tls", r.Address, date(outOf.Cert.NotBefore), date(outOf.Cert.NotAfter))
		return
	case errors.As(err, &unknown):
		e.problem(0, "", "the certificate at %s was not issued by an authority that this machine trusts: http.tls.certificate needs the intermediate certificates too, or the authority must be made known here", r.Address)
		return
	default:
		e.problem(0, "", "the certificate at %s is not valid: %v", r.Address, invalid.Err)
		return
	}
	until := conn.(*tls.Conn).ConnectionState().PeerCertificates[0].NotAfter
	if time.Until(until) < expiresSoon {
		e.warn(0, "", "the certificate at %s is valid only until %s: renew it, and put it in place of the files of http.tls", r.Address, date(until))
		return
	}
	e.add(OK, 0, "", "the certificate at %s is valid until %s", r.Address, date(until))
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }
