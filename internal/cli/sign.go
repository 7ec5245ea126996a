package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
)

func newSignCommand(s *streams) *cobra.Command {
	return newGroup("sign", "Sign requests and check signatures, without a platform", "", newSignV5Command(s), newSignV3Command(s), newSignOpenAPICommand(s), newSignBindCommand(s), newSignGameCenterCommand(s))
}

// v5Request holds the parts that an MSDK V5 signature covers, and the key.
type v5Request struct {
	url    *url.URL
	method string
	path   string
	query  sign.Query
	body   []byte
	key    string
	client bool // in the client SDK's form
}

// signature is the output of the commands.
type signature struct {
	Source  string `json:"source"` // the signed string, without the key
	Sig     string `json:"sig"`
	URL     string `json:"url,omitempty"`     // the request's, with sig; "" where no URL carries it
	Right   *bool  `json:"right,omitempty"`   // whether the signature to check is right
	Mistake string `json:"mistake,omitempty"` // the mistake behind a wrong one, when it is a usual one
}

func newSignV5Command(s *streams) *cobra.Command {
	var (
		method, body, bodyFile, keyFile, check string
		client, asJSON                         bool
	)
	cmd := &cobra.Command{
		Use:   "v5 URL",
		Short: "Sign an MSDK V5 request, or check its signature",
		Long: `Sign an MSDK V5 request: print the string that is signed, without the key, the signature, and the URL with it. The
signature is lower-case hex of MD5 over path?parameters, body and key.

URL is the request's, or only its path and query. The path is signed from /v2/ on when it has that, the parameters are
sorted by name, an empty one stays (seq=), and sig itself is left out. The body is signed byte by byte, so sign exactly
what you send; a line feed at the end of a --body-file counts.

With --client it is the form of the client SDK: the key stands between the parameters and the body, and the marker 1
follows the digits. The key is the sigkey of the URL's source, or the client_sigkey; 'rookery app show --keys' has both.

With --check SIG the exit status is 0 when SIG is right. It is 1 when it is wrong, and the error says which of the usual
mistakes produced it, if one did.`,
		Example: `  printf 0123456789abcdef0123456789abcdef > sigkey.txt
  rookery sign v5 '/v2/auth/decrypt?channelid=2&gameid=11&os=4&source=0&ts=1700000002' \
    --method GET --key-file sigkey.txt
  rookery sign v5 'http://127.0.0.1:8700/v2/auth/verify_login?channelid=2&gameid=11&os=4&source=0&ts=1700000000' \
    --body '{"openid":"10000000000000000001","token":"T0KEN"}' --key-file sigkey.txt
  printf test-key | rookery sign v5 '/v2/auth/login?from=msdkpix&gameid=11' --body '{}' --client --key-file -
  rookery sign v5 '/v2/auth/decrypt?gameid=11&channelid=2' --method GET --key-file sigkey.txt \
    --check 146b465a49aa41b56535054225f0c457      # wrong: the parameters are not sorted by name`,
		Args: exactArgs("URL"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			hasBody := cmd.Flags().Changed("body") || bodyFile != ""
			switch {
			case method != "POST" && method != "GET":
				return usageErrorf("--method %q is neither POST nor GET", method)
			case method == "GET" && hasBody:
				return usageErrorf("a GET request has no body to sign")
			case keyFile == "-" && bodyFile == "-":
				return usageErrorf("the key and the body cannot both be standard input")
			}
			r, err := parseV5Request(args[0])
			if err != nil {
				return err
			}
			r.method, r.client, r.body = method, client, []byte(body)
			if bodyFile != "" {
				if r.body, err = s.readBody(cmd.Context(), bodyFile); err != nil {
					return err
				}
			}
			if r.key, err = s.secret(cmd.Context(), "key", keyFile, false); err != nil {
				return err
			}
			if cmd.Flags().Changed("check") {
				return s.checkV5(r, check, asJSON)
			}
			return s.writeSignature(r.signed(), asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&method, "method", "POST", "`method`: POST, or GET, which has no body")
	flags.StringVar(&body, "body", "", "`text` of the body")
	flags.StringVar(&bodyFile, "body-file", "", "`file` with the body; - is standard input")
	flags.StringVar(&keyFile, "key-file", "", "`file` with the key on its first line; - is standard input")
	flags.BoolVar(&client, "client", false, "the client SDK's form")
	flags.StringVar(&check, "check", "", "the `signature` to check")
	flags.BoolVar(&asJSON, "json", false, "print an object")
	cmd.MarkFlagsMutuallyExclusive("body", "body-file")
	_ = cmd.MarkFlagRequired("key-file") // fails only without such a flag
	return cmd
}

func parseV5Request(text string) (*v5Request, error) {
	u, err := url.Parse(text)
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return nil, usageErrorf("%q is neither a URL nor a path with its query, such as '/v2/auth/verify_login?gameid=11'", text)
	}
	r := &v5Request{url: u, path: u.EscapedPath()}
	if i := strings.Index(r.path, "/v2/"); i >= 0 {
		r.path = r.path[i:]
	}
	if r.query, err = sign.ParseQuery(nil, u.RawQuery); err != nil {
		return nil, usageErrorf("%w", err)
	}
	return r, nil
}

func (s *streams) readBody(ctx context.Context, name string) ([]byte, error) {
	in := s.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("body: %w", err)
		}
		defer file.Close()
		in = file
	}
	body, err := await(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(in, access.MaxBody+1)) })
	switch {
	case errors.Is(err, errInterrupted):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("body: %w", err)
	case len(body) > access.MaxBody:
		return nil, fmt.Errorf("the body has more than %d bytes, which no platform accepts", access.MaxBody)
	}
	return body, nil
}

func (r *v5Request) came() *mistake.Request {
	return &mistake.Request{Method: r.method, Host: r.url.Host, URL: r.url, Path: r.path, Query: r.query, Body: r.body}
}

func (r *v5Request) signed() *signature {
	signed := &signature{Source: string(sign.V5Source(r.path, r.query, r.body))}
	if r.client {
		signed.Sig = sign.V5Client(r.path, r.query, r.body, r.key)
	} else {
		signed.Sig = sign.V5(r.path, r.query, r.body, r.key)
	}
	signed.URL = withSig(r.url, r.query, signed.Sig)
	return signed
}

// withSig returns the URL with the signature as its last parameter.
func withSig(u *url.URL, query sign.Query, sig string) string {
	return withSignature(u, query, "sig", sig)
}

func withSignature(u *url.URL, query sign.Query, name, sig string) string {
	var pairs []string
	for _, p := range query {
		if p.Name != name {
			pairs = append(pairs, p.RawName+"="+p.RawValue)
		}
	}
	signed := *u
	signed.Fragment = ""
	signed.RawQuery = strings.Join(append(pairs, name+"="+sig), "&")
	return signed.String()
}

func (s *streams) checkV5(r *v5Request, sig string, asJSON bool) error {
	var verifier sign.V5Verifier
	verify := verifier.Backend
	if r.client {
		verify = verifier.Client
	}
	signed := r.signed()
	right := verify(sig, r.path, r.query, r.body, r.key)
	signed.Right = &right
	switch {
	case right:
	case r.client:
		signed.Mistake = mistake.V5Client(sig, r.came(), mistake.Keys{Right: r.key})
	default:
		signed.Mistake = mistake.V5(sig, r.came(), mistake.Keys{Right: r.key})
	}
	return s.writeChecked(signed, asJSON, "is it this key and this body?")
}

// writeChecked shows a signature that was compared with another, and fails if that one is wrong. ask names what to check
// when no usual mistake explains it.
func (s *streams) writeChecked(signed *signature, asJSON bool, ask string) error {
	if err := s.writeSignature(signed, asJSON); err != nil {
		return err
	}
	switch right := *signed.Right; {
	case right && !asJSON:
		fmt.Fprintln(s.out, "check   the signature is right")
	case !right && signed.Mistake != "":
		return errors.New("the signature is wrong: " + signed.Mistake)
	case !right:
		return errors.New("the signature is wrong, and none of the usual mistakes explains it: " + ask)
	}
	return nil
}

func (s *streams) writeSignature(signed *signature, asJSON bool) error {
	if asJSON {
		return writeJSON(s.out, signed)
	}
	text := fmt.Sprintf("source  %s\nsig     %s\n", signed.Source, signed.Sig)
	if signed.URL != "" {
		text += "url     " + signed.URL + "\n"
	}
	_, err := io.WriteString(s.out, text)
	return err
}
