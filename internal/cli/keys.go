package cli

import (
	"net/http"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/token"
)

func newKeysCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("keys", "The keys that seal tokens", "", newKeysListCommand(c), newKeysRotateCommand(c)))
}

func newKeysListCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the sealing keys, the oldest first, without the keys themselves",
		Example: "  rookery keys list\n" +
			"  rookery keys list --json",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), c, http.MethodGet, "/admin/v1/keys", nil, c.showKeys)
		},
	}
}

func newKeysRotateCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "rotate",
		Short: "Make a new sealing key",
		Long: "Make a new sealing key. Tokens sealed by older keys stay valid until they expire; a key is\n" +
			"forgotten once no token of it can be left.",
		Example: "  rookery keys rotate",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), c, http.MethodPost, "/admin/v1/keys", nil, func(key token.Key) error {
				return c.showKeys([]token.Key{key})
			})
		},
	}
}

func (c *client) showKeys(keys []token.Key) error {
	t := newTable(c.out)
	t.row("KEY", "CREATED", "RETIRED")
	for _, key := range keys {
		t.row(key.ID, when(key.CreatedMS), when(key.RetiredMS))
	}
	return t.flush()
}
