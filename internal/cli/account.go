package cli

import (
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/platform"
)

func newAccountCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("account", "Create, list, protect and close accounts", "",
		newAccountCreateCommand(c),
		newAccountListCommand(c),
		newAccountShowCommand(c),
		newAccountFreezeCommand(c),
		newAccountUnfreezeCommand(c),
		newAccountProtectCommand(c),
		newAccountSignOutCommand(c),
		newAccountCloseCommand(c),
		newAccountPasswdCommand(c),
		newAccountUpdateCommand(c),
		newAccountReclaimCommand(c),
		newAccountFriendsCommand(c),
	))
}

const accountsPath = "/admin/v1/accounts"

func parseUIN(text string) (platform.UIN, error) {
	uin, err := platform.ParseUIN(text)
	if err != nil {
		return 0, usageErrorf("%w", err)
	}
	return uin, nil
}

func accountPath(uin platform.UIN) string { return accountsPath + "/" + uin.String() }

const passwordHelp = "\nThe password is the first line of standard input or of --password-file, without the blanks around it;\non a terminal the command asks for it."

func addPasswordFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "password-file", "", "`file` with the password on its first line; - is standard input")
}

func newAccountCreateCommand(c *client) *cobra.Command {
	var (
		account admin.NewAccount
		vip     *[]string
		file    string
	)
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create an account",
		Long:  "Create an account." + passwordHelp + "\n" + vipHelp,
		Example: `  rookery account create --nickname Ann
  rookery account create --nickname Ann --uin 20001 --password-file password.txt
  rookery account create --nickname Shop --class B --json < password.txt`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			for _, text := range *vip {
				name, m, err := parseMembership(text)
				if err != nil {
					return err
				}
				*account.Profile.VIP.Named(name) = m
			}
			if account.Password, err = c.secret(cmd.Context(), "password", file, true); err != nil {
				return err
			}
			return ask(cmd.Context(), c, http.MethodPost, accountsPath, account, c.showAccount)
		},
	}
	flags := cmd.Flags()
	flags.TextVar(&account.UIN, "uin", platform.UIN(0), "account `number`, from 10001 (default: the next free one)")
	flags.TextVar(&account.Class, "class", platform.ClassOrdinary, "`class` of the number: ordinary, B, BC, interactive or kaixin")
	vip = addProfileFlags(cmd, &account.Profile)
	addPasswordFlag(cmd, &file)
	return cmd
}

func newAccountListCommand(c *client) *cobra.Command {
	var after platform.UIN
	var limit uint
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List accounts by number, a page at a time",
		Example: `  rookery account list
  rookery account list --after 10100 --limit 1000 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), c, http.MethodGet, accountsPath+"?"+pageQuery(after, limit).Encode(), nil, func(page []platform.Account) error {
				return c.showAccounts(page, limit)
			})
		},
	}
	cmd.Flags().TextVar(&after, "after", platform.UIN(0), "only accounts above this `uin`")
	cmd.Flags().UintVar(&limit, "limit", 100, "at most this `many`, up to 1000")
	return cmd
}

func (c *client) showAccounts(page []platform.Account, limit uint) error {
	t := newTable(c.out)
	t.row("UIN", "STATE", "CLASS", "CREATED", "NICKNAME")
	for _, a := range page {
		t.row(a.UIN, a.State, a.Class, when(a.CreatedMS), a.Profile.Nickname)
	}
	if err := t.flush(); err != nil {
		return err
	}
	if len(page) > 0 && uint(len(page)) == limit {
		fmt.Fprintf(c.err, "There may be more: --after %s\n", page[len(page)-1].UIN)
	}
	return nil
}

func newAccountShowCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "show UIN",
		Short: "Show an account with its openids and friends",
		Example: `  rookery account show 10001
  rookery account show 10001 --json`,
		Args: exactArgs("UIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			uin, err := parseUIN(args[0])
			if err != nil {
				return err
			}
			return ask(cmd.Context(), c, http.MethodGet, accountPath(uin), nil, c.showAccountDetails)
		},
	}
}

func (c *client) showAccount(a platform.Account) error {
	t := newTable(c.out)
	t.row("UIN", a.UIN)
	t.row("Nickname", a.Profile.Nickname)
	t.row("State", a.State)
	t.row("Class", a.Class)
	t.row("Created", when(a.CreatedMS))
	t.row("Password epoch", a.PasswordEpoch)
	if a.SignedOutMS != 0 {
		t.row("Signed out everywhere", when(a.SignedOutMS))
	}
	for _, given := range [][2]string{
		{"Gender", []string{"", "male", "female"}[a.Profile.Gender%3]},
		{"Picture", a.Profile.PictureURL},
		{"Country", a.Profile.Country},
		{"Province", a.Profile.Province},
		{"City", a.Profile.City},
		{"Language", a.Profile.Language},
	} {
		if given[1] != "" {
			t.row(given[0], given[1])
		}
	}
	if a.Profile.RealNamed {
		t.row("Real name", "registered")
	}
	for _, row := range vipRows(&a.Profile.VIP) {
		t.row(row[0], row[1])
	}
	return t.flush()
}

func (c *client) showAccountDetails(a admin.AccountDetails) error {
	if err := c.showAccount(a.Account); err != nil {
		return err
	}
	if len(a.OpenIDs) > 0 {
		fmt.Fprintln(c.out)
		t := newTable(c.out)
		t.row("APPID", "OPENID", "STATE")
		for _, b := range a.OpenIDs {
			t.row(b.AppID, b.OpenID, b.State)
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	if len(a.Friends) > 0 {
		fmt.Fprintln(c.out)
		return c.showFriends(a.Friends)
	}
	return nil
}

func newAccountPasswdCommand(c *client) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "passwd UIN",
		Short: "Give an account a new password; every earlier token ends",
		Long:  "Give an account a new password; every earlier token ends." + passwordHelp,
		Example: `  rookery account passwd 10001
  rookery account passwd 10001 --password-file password.txt`,
		Args: exactArgs("UIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			uin, err := parseUIN(args[0])
			if err != nil {
				return err
			}
			password, err := c.secret(cmd.Context(), "password", file, true)
			if err != nil {
				return err
			}
			return ask(cmd.Context(), c, http.MethodPost, accountPath(uin)+"/password", admin.NewPassword{Password: password}, c.showAccount)
		},
	}
	addPasswordFlag(cmd, &file)
	return cmd
}

func newAccountReclaimCommand(c *client) *cobra.Command {
	var (
		reclaim admin.Reclaim
		yes     bool
	)
	cmd := &cobra.Command{
		Use:   "reclaim UIN",
		Short: "Take back an account's openid at an app; its tokens end",
		Long: "Take back an account's openid at an app. Its tokens end, and the account gets another openid when it returns to\n" +
			"the app again, as a new player.",
		Example: "  rookery account reclaim 10001 --app 100700001",
		Args:    exactArgs("UIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			uin, err := parseUIN(args[0])
			if err != nil {
				return err
			}
			what := fmt.Sprintf("take back the openid of account %s at app %s", uin, reclaim.AppID)
			if err := c.confirm(cmd.Context(), yes, what); err != nil {
				return err
			}
			return ask(cmd.Context(), c, http.MethodPost, accountPath(uin)+"/reclaim", reclaim, func(b platform.OpenIDBinding) error {
				_, err := fmt.Fprintf(c.out, "Openid %s of account %s at app %s was taken back.\n", b.OpenID, b.UIN, b.AppID)
				return err
			})
		},
	}
	cmd.Flags().TextVar(&reclaim.AppID, "app", platform.AppID(0), "`appid` of the app")
	_ = cmd.MarkFlagRequired("app") // fails only without such a flag
	addYesFlag(cmd, &yes)
	return cmd
}
