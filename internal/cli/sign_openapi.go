package cli

import (
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
)

// openAPIRequest holds the parts that a signature of OpenAPI V3 covers, and the key.
type openAPIRequest struct {
	url    *url.URL
	method string
	path   string
	inURL  sign.Query
	query  sign.Query // of the URL and the body together
	key    string
}

func newSignOpenAPICommand(s *streams) *cobra.Command {
	var (
		method, body, keyFile, check string
		asJSON                       bool
	)
	cmd := &cobra.Command{
		Use:   "openapi URL",
		Short: "Sign an OpenAPI V3 request, or check its signature",
		Long: `Sign an OpenAPI V3 request: print the string that is signed, the signature, and the URL with it. The signature is
Base64 of HMAC-SHA1 over METHOD&path&parameters, with path and parameters percent-encoded.

URL is the request's, or only its path and query; the path is signed from /v3/ on when it has that. --body has the form
of a POST. All parameters of both are signed, as they are once they are decoded, and sig itself is left out. The key is
the appkey, to which the & is added here; 'rookery app show --keys' shows it.

With --check SIG the exit status is 0 when SIG is right. It is 1 when it is wrong, and the error says which of the usual
mistakes produced it, if one did. Give SIG as the platform decodes it: with +, / and =, not %2B, %2F and %3D.`,
		Example: `  printf 228bf094169a40a3bd188ba37ebe8723 > appkey.txt
  rookery sign openapi '/v3/user/get_info?openid=11111111111111111&openkey=2222222222222222&appid=123456&pf=qzone' \
    --key-file appkey.txt
  rookery sign openapi http://127.0.0.1:8700/v3/user/get_info --method POST --key-file appkey.txt \
    --body 'openid=11111111111111111&openkey=2222222222222222&appid=123456&pf=qzone'
  rookery sign openapi '/v3/user/is_login?appid=1&x=a%20b' --key-file appkey.txt \
    --check ppXSGDE622k6n8nmfxZoDz9O0aI=      # wrong: a blank is +`,
		Args: exactArgs("URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case method != "POST" && method != "GET":
				return usageErrorf("--method %q is neither GET nor POST", method)
			case method == "GET" && body != "":
				return usageErrorf("a GET request has no body to sign")
			}
			r, err := parseOpenAPIRequest(args[0], body)
			if err != nil {
				return err
			}
			r.method = method
			if r.key, err = s.secret(cmd.Context(), "key", keyFile, false); err != nil {
				return err
			}
			signed := r.signed()
			if !cmd.Flags().Changed("check") {
				return s.writeSignature(signed, asJSON)
			}
			right := new(sign.OpenAPIVerifier).Request(check, r.method, r.path, r.query, r.key)
			signed.Right = &right
			if !right {
				came := &mistake.Request{Method: r.method, Host: r.url.Host, URL: r.url, Path: r.path, Query: r.query, Body: []byte(body)}
				signed.Mistake = mistake.OpenAPI(check, came, mistake.Keys{Right: r.key})
			}
			return s.writeChecked(signed, asJSON, "is it this key, this method and these parameters?")
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&method, "method", "GET", "`method`: GET, or POST")
	flags.StringVar(&body, "body", "", "`form` of a POST: a=1&b=2")
	flags.StringVar(&keyFile, "key-file", "", "`file` with the key on its first line; - is standard input")
	flags.StringVar(&check, "check", "", "the `signature` to check")
	flags.BoolVar(&asJSON, "json", false, "print an object")
	_ = cmd.MarkFlagRequired("key-file") // fails only without such a flag
	return cmd
}

func parseOpenAPIRequest(text, body string) (*openAPIRequest, error) {
	u, err := url.Parse(text)
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return nil, usageErrorf("%q is neither a URL nor a path with its query, such as '/v3/user/get_info?appid=123456'", text)
	}
	r := &openAPIRequest{url: u, path: u.Path}
	if i := strings.Index(r.path, "/v3/"); i >= 0 {
		r.path = r.path[i:]
	}
	if r.inURL, err = r.inURL.AddForm(u.RawQuery); err != nil {
		return nil, usageErrorf("%w", err)
	}
	if r.query, err = append(sign.Query(nil), r.inURL...).AddForm(body); err != nil {
		return nil, usageErrorf("--body: %w", err)
	}
	return r, nil
}

func (r *openAPIRequest) signed() *signature {
	sig := sign.OpenAPI(r.method, r.path, r.query, r.key)
	return &signature{
		Source: string(sign.OpenAPISource(r.method, r.path, r.query)),
		Sig:    sig,
		URL:    withSig(r.url, r.inURL, url.QueryEscape(sig)),
	}
}
