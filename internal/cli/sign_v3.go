package cli

import (
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
)

func newSignV3Command(s *streams) *cobra.Command {
	var (
		keyFile, check string
		asJSON         bool
	)
	cmd := &cobra.Command{
		Use:   "v3 URL",
		Short: "Sign an MSDK V3 request, or check its signature",
		Long: `Sign an MSDK V3 request: print what is signed, with the name of the key in the key's place, the signature, and the URL
with it.

URL is the request's, or only its path and query. Of it only timestamp and encode count: the signature is the MD5 of the
key and the timestamp, and covers neither path nor body. The key is the appkey with encode=1 and the msdkkey with
encode=2; 'rookery app show --keys' has both.

With --check SIG the exit status is 0 when SIG is right. It is 1 when it is wrong, and the error says which of the usual
mistakes produced it, if one did.`,
		Example: `  printf demoAppKey01 | rookery sign v3 '/auth/verify_login?timestamp=1700000000&appid=1100001234&encode=1' --key-file -
  rookery sign v3 'http://127.0.0.1:8700/auth/get_pfval?timestamp=1700000000&appid=100700001&encode=2' \
    --key-file msdkkey.txt
  printf demoAppKey01 | rookery sign v3 '/auth/verify_login?timestamp=1700000000&encode=1' --key-file - \
    --check 2D8C85C188C1019E48FEC2AB8880EA5A      # wrong: the hex digits are upper-case`,
		Args: exactArgs("URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			u, q, err := parseV3Request(args[0])
			if err != nil {
				return err
			}
			key, err := s.secret(cmd.Context(), "key", keyFile, false)
			if err != nil {
				return err
			}
			signed := &signature{
				Source: sign.V3Source(q.Get("timestamp"), q.Get("encode")),
				Sig:    sign.V3(q.Get("timestamp"), key),
			}
			signed.URL = withSig(u, q, signed.Sig)
			if cmd.Flags().Changed("check") {
				came := &mistake.Request{Method: "POST", Host: u.Host, URL: u, Path: u.EscapedPath(), Query: q}
				return s.checkV3(signed, check, came, key, asJSON)
			}
			return s.writeSignature(signed, asJSON)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&keyFile, "key-file", "", "`file` with the key on its first line; - is standard input")
	flags.StringVar(&check, "check", "", "the `signature` to check")
	flags.BoolVar(&asJSON, "json", false, "print an object")
	_ = cmd.MarkFlagRequired("key-file") // fails only without such a flag
	return cmd
}

func parseV3Request(text string) (*url.URL, sign.Query, error) {
	u, err := url.Parse(text)
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return nil, nil, usageErrorf("%q is neither a URL nor a path with its query, such as '/auth/verify_login?timestamp=1700000000&encode=1'", text)
	}
	q, err := sign.ParseQuery(nil, u.RawQuery)
	if err != nil {
		return nil, nil, usageErrorf("%w", err)
	}
	if ts := q.Get("timestamp"); ts == "" || strings.Trim(ts, "0123456789") != "" {
		return nil, nil, usageErrorf("the URL has no timestamp, a Unix time: it is what is signed")
	}
	if _, ok := sign.V3KeyName(q.Get("encode")); !ok {
		return nil, nil, usageErrorf("the URL has no encode, 1 for the appkey or 2 for the msdkkey")
	}
	return u, q, nil
}

func (s *streams) checkV3(signed *signature, sig string, came *mistake.Request, key string, asJSON bool) error {
	right := sign.V3Verify(sig, came.Query.Get("timestamp"), key)
	signed.Right = &right
	if !right {
		signed.Mistake = mistake.V3(sig, came, mistake.Keys{Right: key})
	}
	return s.writeChecked(signed, asJSON, "is it the key of this encode?")
}
