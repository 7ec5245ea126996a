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
	window, _ := time.ParseDuration(r.TSWindow) // as the report's maker wrote it
	command, advice := "", "synchronize both by NTP"
	if r.Dev {
		command, advice = "rookery dev clock set now", "that of a rookery dev can be moved"
	}
	const differ = "the platform's clock and this machine's are %s apart"
	switch shown := apart.Round(time.Second); {
	case window > 0 && apart > window:
		e.problem(retcode.V5ParameterInvalid, command, differ+", more than the %s that ts of an MSDK V5 call may be off: %s", shown, window, advice)
	case apart > identity.TimestampWindow:
		e.problem(retcode.QQTimestampOutOfRange, command, differ+", more than the %s that the timestamp of a call may be off: %s", shown, identity.TimestampWindow, advice)
	case apart > tolerated:
		e.warn(0, command, differ+": %s", shown, advice)
	default:
		e.add(OK, 0, "", "the platform's clock agrees with this machine's")
	}
	if window == 0 && !r.Dev {
		e.warn(0, "", "ts of an MSDK V5 call may be any, so a call that was recorded can be sent again for ever: set msdkv5.ts_window")
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
