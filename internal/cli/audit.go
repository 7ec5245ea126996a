package cli

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/platform"
)

func newAuditCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	var (
		since, by, object string
		before            int64
		limit             uint
	)
	cmd := c.addFlags(&cobra.Command{
		Use:   "audit",
		Short: "List what operators did, newest first, a page at a time",
		Example: `  rookery audit
  rookery audit --since 24h --by admin
  rookery audit --object accounts/10001 --since 2026-11-01
  rookery audit --limit 1000 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			query := url.Values{"limit": {strconv.FormatUint(uint64(limit), 10)}}
			from, err := sinceMS(since)
			if err != nil {
				return err
			}
			for name, n := range map[string]int64{"since_ms": from, "before": before} {
				if n != 0 {
					query.Set(name, strconv.FormatInt(n, 10))
				}
			}
			for name, text := range map[string]string{"by": by, "object": object} {
				if text != "" {
					query.Set(name, text)
				}
			}
			return ask(cmd.Context(), c, http.MethodGet, "/admin/v1/audit?"+query.Encode(), nil, func(page []platform.AuditEntry) error {
				return c.showAudit(page, limit)
			})
		},
	})
	flags := cmd.Flags()
	flags.StringVar(&since, "since", "", "only entries of this `time` or later: 24h ago, or a date such as 2026-11-30 or 2026-11-30T08:00:00Z")
	flags.StringVar(&by, "by", "", "only what this `operator` did")
	flags.StringVar(&object, "object", "", "only what was about this `object` or a part of it, such as apps/100700001")
	flags.Int64Var(&before, "before", 0, "only entries before the one with this `id`")
	flags.UintVar(&limit, "limit", 100, "at most this `many`, up to 1000")
	return cmd
}

// sinceMS reads a time: how long ago it was, a day, or a moment.
func sinceMS(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return time.Now().Add(-ago).UnixMilli(), nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil && at.UnixMilli() > 0 {
			return at.UnixMilli(), nil
		}
	}
	return 0, usageErrorf("--since %q is neither a duration such as 24h nor a date such as 2026-11-30 or 2026-11-30T08:00:00Z", text)
}

func (c *client) showAudit(page []platform.AuditEntry, limit uint) error {
	t := newTable(c.out)
	t.row("ID", "WHEN", "BY", "FROM", "ACTION", "OBJECT", "REQUEST", "GIVEN")
	for _, e := range page {
		t.row(e.ID, when(e.AtMS), e.By, e.From, e.Action, e.Object, e.RequestID, e.Given)
	}
	if err := t.flush(); err != nil {
		return err
	}
	if len(page) > 0 && uint(len(page)) == limit {
		fmt.Fprintf(c.err, "There may be more: --before %d\n", page[len(page)-1].ID)
	}
	return nil
}
