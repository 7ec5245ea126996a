package cli

import (
	"crypto/subtle"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
)

func newSignBindCommand(s *streams) *cobra.Command {
	var (
		openid, keyFile, check string
		asJSON                 bool
		guild                  platform.Guild
	)
	cmd := &cobra.Command{
		Use:   "bind",
		Short: "Sign the binding of a guild's group by a player's client, as MSDK V2 wants it",
		Long: `Sign the binding of a guild's group by a player's client, as MSDK V2 wants it: a game's back end makes the signature
and gives it to the client, which passes it to QQ. It is the MD5 of openid, appid, appkey, guild and zone, joined by
underscores. The key is the appkey; 'rookery app show --keys' shows it.

With --check SIG the exit status is 0 when SIG is right and 1 when it is wrong.`,
		Example: `  printf demoAppKey01 | rookery sign bind --openid AAAABBBBCCCCDDDD0000111122223333 --appid 1100001234 \
    --guild 77 --zone 3 --key-file -`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := platform.ParseOpenID(openid); err != nil {
				return usageErrorf("--openid: %w", err)
			}
			if err := guild.Validate(); err != nil {
				return usageErrorf("%w", err)
			}
			key, err := s.secret(cmd.Context(), "key", keyFile, false)
			if err != nil {
				return err
			}
			signed := &signature{
				Source: sign.V2BindSource(openid, guild.AppID.String(), guild.ID, guild.Zone),
				Sig:    sign.V2Bind(openid, guild.AppID.String(), key, guild.ID, guild.Zone),
			}
			if !cmd.Flags().Changed("check") {
				return s.writeSignature(signed, asJSON)
			}
			right := subtle.ConstantTimeCompare([]byte(check), []byte(signed.Sig)) == 1
			signed.Right = &right
			return s.writeChecked(signed, asJSON, "are these the appid, the openid and the guild?")
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&openid, "openid", "", "the player's `openid` at the app, as the game writes it")
	flags.TextVar(&guild.AppID, "appid", platform.AppID(0), "the game's `appid`")
	flags.StringVar(&guild.ID, "guild", "", "the guild's `number`")
	flags.StringVar(&guild.Zone, "zone", "0", "its zone's `number`; 0 in a game without zones")
	flags.StringVar(&keyFile, "key-file", "", "`file` with the key on its first line; - is standard input")
	flags.StringVar(&check, "check", "", "the `signature` to check")
	flags.BoolVar(&asJSON, "json", false, "print an object")
	for _, name := range []string{"openid", "appid", "guild", "key-file"} {
		_ = cmd.MarkFlagRequired(name) // fails only without such a flag
	}
	return cmd
}
