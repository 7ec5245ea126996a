package cli

import (
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
)

func newSignGameCenterCommand(s *streams) *cobra.Command {
	var (
		keyFile, check string
		asJSON         bool
	)
	cmd := &cobra.Command{
		Use:   "gamecenter URL",
		Short: "Sign a call of the Game Center, or check its signature",
		Long: `Sign a call of the Game Center's /cgi-bin/QQConnect.fcgi: print what is signed, with the name of the key in the key's
place, the signature, and the URL with it.

URL is the call's, or only its path and query, with every parameter of the call. The signature is the MD5 of the key,
$name$value for each parameter but sign, and the key again: names and values decoded, in order of name. The key is the
appkey; 'rookery app show --keys' shows it.

With --check SIGN the exit status is 0 when SIGN is right. It is 1 when it is wrong, and the error says which of the
usual mistakes produced it, if one did.`,
		Example: `  printf demoAppKey01 | rookery sign gamecenter --key-file - \
    '/cgi-bin/QQConnect.fcgi?cmd=gc_achieve_get&oauth_consumer_key=1100001234&openid=OPENID&access_token=AT0001'`,
		Args: exactArgs("URL"),
		RunE: func(cmd *cobra.Command, args []string) error {
			u, err := url.Parse(args[0])
			if err != nil || !strings.HasPrefix(u.Path, "/") {
				return usageErrorf("%q is neither a URL nor a path with its query, such as '/cgi-bin/QQConnect.fcgi?cmd=gc_achieve_get'", args[0])
			}
			query, err := sign.Query(nil).AddForm(u.RawQuery)
			if err != nil {
				return usageErrorf("%w", err)
			}
			key, err := s.secret(cmd.Context(), "key", keyFile, false)
			if err != nil {
				return err
			}
			signed := &signature{Source: sign.GameCenterSource(query), Sig: sign.GameCenter(query, key)}
			signed.URL = withSignature(u, query, "sign", signed.Sig)
			if !cmd.Flags().Changed("check") {
				return s.writeSignature(signed, asJSON)
			}
			right := sign.GameCenterVerify(check, query, key)
			signed.Right = &right
			if !right {
				came := &mistake.Request{Method: "GET", Host: u.Host, URL: u, Path: u.EscapedPath(), Query: query, Parameter: "sign"}
				signed.Mistake = mistake.GameCenter(check, came, mistake.Keys{Right: key})
			}
			return s.writeChecked(signed, asJSON, "is it the appkey, and are these the parameters as they were sent, decoded?")
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&keyFile, "key-file", "", "`file` with the key on its first line; - is standard input")
	flags.StringVar(&check, "check", "", "the `signature` to check")
	flags.BoolVar(&asJSON, "json", false, "print an object")
	_ = cmd.MarkFlagRequired("key-file") // fails only without such a flag
	return cmd
}
