package apps

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/rookeryhq/rookery/internal/platform"
)

// MaxRedirectURI bounds a redirect_uri, in bytes (qq-connect-openapi.md, A.2.2).
const MaxRedirectURI = 1024

// Redirect returns the address to which a login of an app is to send the browser, for the redirect_uri that the app gave.
// ok is false unless scheme, host and path are those of a registered address; the query may be any, and there is no fragment
// (qq-connect-openapi.md, A.2.2). They are compared as RFC 3986 says in 6.2.2.1 and 6.2.3: the case of scheme, host and
// percent-encodings, the default port and the slash of an empty path make no difference. A loopback address that is
// registered without a port stands for all its ports, since a program on the person's machine does not know its port before
// it listens (RFC 8252, 7.3).
func Redirect(app *platform.App, uri string) (to string, ok bool) {
	sent, err := parseAddress(uri)
	if err != nil {
		return "", false
	}
	for _, text := range app.RedirectURIs {
		// Addresses from before a rule are still valid, as far as they can be parsed.
		if registered, err := parseAddress(text); err == nil && registered.allows(sent) {
			return sent.text, true
		}
	}
	return "", false
}

// OfMobileApp reports whether an address that a login may return to is one of a mobile app, which its own scheme opens.
func OfMobileApp(uri string) bool {
	a, err := parseAddress(uri)
	return err == nil && !a.web()
}

// registerable returns the addresses to store for those that an operator gave, which may also be lists with semicolons
// between the addresses (qq-connect-openapi.md, A.2.2). Those that are known stay as they are. An address that no
// redirect_uri can match is refused.
func registerable(given, known []string) ([]string, error) {
	if len(given) == 0 {
		return given, nil
	}
	list := make([]string, 0, len(given))
	for _, entry := range given {
		if slices.Contains(known, entry) {
			list = append(list, entry)
			continue
		}
		for part := range strings.SplitSeq(strings.TrimRight(entry, "; "), ";") {
			part = strings.TrimSpace(part)
			a, err := parseAddress(part)
			if err == nil && strings.Contains(part, "*") {
				err = errors.New("has a *, which stands for nothing but itself: register each address")
			}
			if err != nil {
				hint := ""
				if strings.Contains(entry, ";") {
					hint = "; a semicolon separates addresses, so within one write it as %3B"
				}
				return nil, platform.Invalidf("redirect_uris", "redirect URI %q %v%s", part, err, hint)
			}
			if !slices.Contains(list, a.text) {
				list = append(list, a.text)
			}
		}
	}
	return list, nil
}

// address is an address that a login may return to, with its parts as they are compared.
type address struct {
	text    string // as a browser is sent there: the host is in ASCII
	scheme  string
	host    string // in lower case and in punycode, without brackets
	port    string // that of the scheme where none is given; "" where the scheme has none
	anyPort bool   // a loopback address without a port
	rest    string // the path; of an address without a host all that follows the scheme, but for the query
}

func (a *address) web() bool { return defaultPorts[a.scheme] != "" }

// allows reports whether a registered address stands for another one.
func (a *address) allows(sent *address) bool {
	return a.scheme == sent.scheme && a.host == sent.host && a.rest == sent.rest && (a.port == sent.port || a.anyPort)
}

// defaultPorts has the schemes of the web. Their addresses need a host.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// browserSchemes are those that browsers and systems act on by themselves instead of opening the app that registered them:
// they would run as a script what the address holds, or send the code to somebody.
var browserSchemes = []string{
	"about", "blob", "chrome", "chrome-extension", "content", "data", "file", "filesystem", "ftp", "ftps", "intent", "jar", "javascript",
	"livescript", "mailto", "mhtml", "moz-extension", "mocha", "ms-its", "res", "resource", "sms", "smsto", "tel", "vbscript", "view-source",
	"ws", "wss",
}

// parseAddress reads an address. Its error says what is wrong, to follow the address in a sentence.
func parseAddress(text string) (*address, error) {
	u, err := url.Parse(text)
	switch {
	case len(text) > MaxRedirectURI:
		return nil, fmt.Errorf("has %d bytes, more than %d", len(text), MaxRedirectURI)
	case err != nil, u.Scheme == "":
		return nil, errors.New("is not an absolute address such as https://game.example/login")
	case portAlone.MatchString(u.Opaque):
		return nil, fmt.Errorf("has no scheme before its host %s, such as https://", u.Scheme)
	case strings.Contains(text, "#"):
		return nil, errors.New("has a fragment, which no redirect_uri has")
	case u.User != nil:
		return nil, errors.New("has a user before its host")
	case slices.Contains(browserSchemes, u.Scheme):
		return nil, fmt.Errorf("has the scheme %s, which no app can have for itself", u.Scheme)
	}
	a := &address{text: text, scheme: u.Scheme, port: cmp.Or(u.Port(), defaultPorts[u.Scheme])}
	if a.host, err = asciiHost(u.Hostname()); err != nil {
		return nil, fmt.Errorf("has %q for a host, which is not a domain name", u.Hostname())
	}
	if a.web() && a.host == "" {
		return nil, errors.New("has no host")
	}
	if port, err := strconv.ParseUint(cmp.Or(a.port, "1"), 10, 16); err != nil || port == 0 {
		return nil, fmt.Errorf("has the port %s, which does not exist", a.port)
	}
	switch {
	case u.Opaque != "":
		a.rest = u.Opaque
	case u.Host == "" && !u.OmitHost:
		a.rest = "//" + u.EscapedPath()
	default:
		a.rest = u.EscapedPath()
	}
	if a.rest == "" && u.Host != "" {
		a.rest = "/"
	}
	a.rest = escape.ReplaceAllStringFunc(a.rest, strings.ToUpper)
	ip, err := netip.ParseAddr(a.host)
	a.anyPort = a.web() && u.Port() == "" && (a.host == "localhost" || err == nil && ip.IsLoopback())
	if !isASCII(u.Host) {
		start := strings.Index(text, "//") + len("//")
		length := strings.IndexAny(text[start:]+"/", "/?")
		a.text = text[:start] + strings.TrimSuffix(a.host+":"+u.Port(), ":") + text[start+length:]
	}
	return a, nil
}

// portAlone matches what follows the colon of localhost:3000/login.
var portAlone = regexp.MustCompile(`^[0-9]+(/|$)`)

var escape = regexp.MustCompile(`%[0-9a-fA-F]{2}`)

// asciiHost returns a host's name as it is looked up: in lower case, and in punycode where it has letters beyond ASCII.
func asciiHost(name string) (string, error) {
	if isASCII(name) {
		return strings.ToLower(name), nil
	}
	return idna.Lookup.ToASCII(name)
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}
