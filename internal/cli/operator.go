package cli

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/platform"
)

func newOperatorCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("operator", "Name those who may use the admin API", "",
		newOperatorAddCommand(c), newOperatorListCommand(c), newOperatorUpdateCommand(c), newOperatorRemoveCommand(c)))
}

const operatorsPath = "/admin/v1/operators"

func operatorPath(name string) string { return operatorsPath + "/" + url.PathEscape(name) }

const rolesHelp = `A reader looks at everything but keys. An operator also changes apps, accounts, groups and the bus's policy,
issues tokens and sees apps' keys. An owner also names operators, and rotates the keys that seal tokens.`

func newOperatorAddCommand(c *client) *cobra.Command {
	var in admin.NewOperator
	cmd := &cobra.Command{
		Use:   "add NAME",
		Short: "Add an operator and print the token",
		Long: "Add an operator and print the token, which is not shown again: standard output gets nothing else, so that it can go\n" +
			"into the file that the operator gives to --token-file.\n\n" + rolesHelp,
		Example: `  rookery operator add mara --role operator > mara.token
  rookery operator add dashboard                            # a reader
  rookery operator add mara --json`,
		Args: exactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			in.Name = args[0]
			return ask(cmd.Context(), c, http.MethodPost, operatorsPath, in, c.showToken)
		},
	}
	cmd.Flags().TextVar(&in.Role, "role", platform.RoleReader, "`role`: reader, operator or owner")
	return cmd
}

// showToken prints a new token to standard output, and whose it is to standard error.
func (c *client) showToken(o admin.NamedOperator) error {
	fmt.Fprintf(c.err, "%s, %s\n", clean(o.Name), o.Role)
	if o.Token == "" {
		return nil
	}
	_, err := fmt.Fprintln(c.out, o.Token)
	return err
}

func newOperatorListCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the operators by name",
		Example: `  rookery operator list
  rookery operator list --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), c, http.MethodGet, operatorsPath, nil, func(all []platform.Operator) error {
				t := newTable(c.out)
				t.row("NAME", "ROLE", "ADDED", "TOKEN FROM")
				for _, o := range all {
					t.row(o.Name, o.Role, when(o.CreatedMS), when(o.TokenMS))
				}
				return t.flush()
			})
		},
	}
}

func newOperatorUpdateCommand(c *client) *cobra.Command {
	var (
		in   admin.OperatorChange
		role platform.OperatorRole
	)
	cmd := &cobra.Command{
		Use:   "update NAME",
		Short: "Give an operator another role, or another token",
		Long:  "Give an operator another role, or another token, which is printed; the old one ends at once.\n\n" + rolesHelp,
		Example: `  rookery operator update mara --role owner
  rookery operator update mara --new-token > mara.token`,
		Args: exactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("role") {
				in.Role = &role
			}
			if in.Role == nil && !in.NewToken {
				return usageErrorf("nothing is to be changed: give --role or --new-token")
			}
			return ask(cmd.Context(), c, http.MethodPatch, operatorPath(args[0]), in, c.showToken)
		},
	}
	cmd.Flags().TextVar(&role, "role", platform.RoleReader, "`role`: reader, operator or owner")
	cmd.Flags().BoolVar(&in.NewToken, "new-token", false, "make another token")
	return cmd
}

func newOperatorRemoveCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:     "remove NAME",
		Short:   "Remove an operator; the token ends at once",
		Example: `  rookery operator remove mara`,
		Args:    exactArgs("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return ask(cmd.Context(), c, http.MethodDelete, operatorPath(args[0]), nil, func(admin.Removed) error {
				_, err := fmt.Fprintf(c.out, "operator %s removed\n", clean(args[0]))
				return err
			})
		},
	}
}
