package cli

import (
	"context"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/platform"
)

// setState changes the state of the account that a command's argument names.
func (c *client) setState(ctx context.Context, account string, state platform.AccountState) error {
	uin, err := parseUIN(account)
	if err != nil {
		return err
	}
	return ask(ctx, c, http.MethodPost, accountPath(uin)+"/state", admin.NewState{State: state}, c.showAccount)
}

func newAccountFreezeCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:     "freeze UIN",
		Short:   "Freeze an account: it cannot log in and its tokens are refused",
		Example: "  rookery account freeze 10001",
		Args:    exactArgs("UIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.setState(cmd.Context(), args[0], platform.AccountFrozen)
		},
	}
}

func newAccountUnfreezeCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:     "unfreeze UIN",
		Short:   "Return a frozen or protected account to normal",
		Example: "  rookery account unfreeze 10001",
		Args:    exactArgs("UIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.setState(cmd.Context(), args[0], platform.AccountNormal)
		},
	}
}

func newAccountProtectCommand(c *client) *cobra.Command {
	var special bool
	cmd := &cobra.Command{
		Use:   "protect UIN",
		Short: "Put an account under an employee's or special protection",
		Long: "Put an account under an employee's protection or, with --special, the advanced one. A back end that refuses\n" +
			"such an account answers oidb 113 or 115. 'rookery account unfreeze' lifts the protection.",
		Example: "  rookery account protect 10001\n" +
			"  rookery account protect 10001 --special",
		Args: exactArgs("UIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			state := platform.AccountStaffProtected
			if special {
				state = platform.AccountSpeciallyProtected
			}
			return c.setState(cmd.Context(), args[0], state)
		},
	}
	cmd.Flags().BoolVar(&special, "special", false, "advanced protection instead of an employee's")
	return cmd
}

func newAccountSignOutCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "sign-out UIN",
		Short: "Sign a person out everywhere, as the person can at /account/",
		Long: "Sign a person out everywhere, as the person can at /account/: the sign-ins to the platform's own pages end, and\n" +
			"group interfaces refuse tokens that were issued before (221004) until the person logs in again. Tokens stay valid\n" +
			"elsewhere; 'rookery token revoke' and 'rookery account passwd' end them.",
		Example: "  rookery account sign-out 10001",
		Args:    exactArgs("UIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			uin, err := parseUIN(args[0])
			if err != nil {
				return err
			}
			return ask(cmd.Context(), c, http.MethodPost, accountPath(uin)+"/sign-out", nil, c.showAccount)
		},
	}
}

func newAccountCloseCommand(c *client) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "close UIN",
		Short: "Close an account for ever",
		Example: "  rookery account close 10001\n" +
			"  rookery account close 10001 --yes",
		Args: exactArgs("UIN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := parseUIN(args[0]); err != nil {
				return err
			}
			if err := c.confirm(cmd.Context(), yes, fmt.Sprintf("close account %s for ever", args[0])); err != nil {
				return err
			}
			return c.setState(cmd.Context(), args[0], platform.AccountClosed)
		},
	}
	addYesFlag(cmd, &yes)
	return cmd
}
