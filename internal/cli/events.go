package cli

import (
	"net/http"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/outbox"
)

const eventsPath = "/admin/v1/events"

func newEventsCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("events", "Show and try the stream of events about guilds and groups",
		`Show and try the stream of events about bindings of guilds and groups. The settings events.file and events.webhook say
where it goes. What its consumer has not taken waits in the database.`,
		&cobra.Command{
			Use: "status", Short: "Show how many events wait, and why", Example: "  rookery events status\n  rookery events status --json", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return ask(cmd.Context(), c, http.MethodGet, eventsPath, nil, c.showEvents)
			},
		},
		&cobra.Command{
			Use: "test", Short: "Send an event of the type test through the stream", Example: "  rookery events test", Args: noArgs,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return ask(cmd.Context(), c, http.MethodPost, eventsPath+"/test", nil, c.showEvents)
			},
		},
	))
}

func (c *client) showEvents(lanes []outbox.Status) error {
	t := newTable(c.out)
	t.row("LANE", "CONSUMER", "WAITING", "OLDEST", "FAILING SINCE", "BECAUSE")
	for _, l := range lanes {
		t.row(l.Lane, l.Consumer, l.Waiting, when(l.OldestMS), when(l.SinceMS), l.Trouble)
	}
	return t.flush()
}
