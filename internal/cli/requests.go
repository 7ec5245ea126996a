package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/retcode"
)

func newRequestsCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	var (
		follow bool
		limit  int
	)
	cmd := c.addFlags(&cobra.Command{
		Use:   "requests",
		Short: "Show the last requests of a running rookery dev: which stage refused them, and why",
		Long: `Show the last requests of a running rookery dev: which stage refused them, and why. Calls of the bus by frames are among
them, with the method OIDB; the stage policy means the bus itself refused one, the stage command that the command did.`,
		Example: `  rookery dev requests --limit 5
  rookery dev requests --follow
  rookery dev requests --json | jq 'select(.stage == "v5-signature") | .signed, .mistake'`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 || limit > access.InspectorKept {
				return usageErrorf("--limit %d is not from 1 to %d", limit, access.InspectorKept)
			}
			return c.showRequests(cmd.Context(), limit, follow)
		},
	})
	flags := cmd.Flags()
	flags.BoolVar(&follow, "follow", false, "continue with later ones, until interrupted")
	flags.IntVar(&limit, "limit", 20, "begin with at most this `many` of the newest")
	cmd.PersistentFlags().Lookup("json").Usage = "print each request as one line of JSON"
	return cmd
}

// showRequests prints the newest requests and, with follow, later ones as they come.
func (c *client) showRequests(ctx context.Context, limit int, follow bool) error {
	seq, wait := uint64(0), 0
	for {
		answer, err := c.call(ctx, http.MethodGet, fmt.Sprintf("/dev/v1/requests?after=%d&limit=%d&wait=%d", seq, limit, wait), nil)
		if follow && errors.Is(err, errInterrupted) {
			return nil
		}
		if err != nil {
			return err
		}
		var records []access.Record
		if err := json.Unmarshal(answer, &records); err != nil {
			return fmt.Errorf("this rookery does not understand the platform's answer: %w", err)
		}
		for i := range records {
			seq = records[i].Seq
			if err := showRecord(c.out, c.asJSON, &records[i]); err != nil {
				return err
			}
		}
		if !follow {
			return nil
		}
		limit, wait = access.InspectorKept, 5
	}
}

// explainRequest prints the request with this id, or the newest whose answer had this seq.
func (c *client) explainRequest(ctx context.Context, id string) error {
	answer, err := c.call(ctx, http.MethodGet, fmt.Sprintf("/dev/v1/requests?limit=%d", access.InspectorKept), nil)
	if err != nil {
		return err
	}
	var records []access.Record
	if err := json.Unmarshal(answer, &records); err != nil {
		return fmt.Errorf("this rookery does not understand the platform's answer: %w", err)
	}
	for _, r := range slices.Backward(records) {
		if r.RequestID == id || r.AnswerSeq == id {
			return showRecord(c.out, c.asJSON, &r)
		}
	}
	return fmt.Errorf("the platform remembers no request %.40q: it keeps the last %d", id, access.InspectorKept)
}

// requestName is what rookery itself names requests by: an X-Request-Id, or a seq of MSDK V5.
var requestName = regexp.MustCompile(`^([0-9a-f]{16}|[0-9]{10}-[0-9]{10}-[0-9]{6}-[0-9]{10})$`)

// showRecord prints a request, for reading or as a line of JSON.
func showRecord(out io.Writer, asJSON bool, r *access.Record) error {
	if asJSON {
		line, err := json.Marshal(r, json.Deterministic(true))
		if err == nil {
			_, err = fmt.Fprintf(out, "%s\n", line)
		}
		return err
	}
	var b strings.Builder
	code := strconv.Itoa(r.Code)
	switch {
	case r.Domain != "":
		code = r.Domain + " " + code
	case r.Status >= 400: // from a door without codes
		code = fmt.Sprintf("HTTP %d", r.Status)
	}
	fmt.Fprintf(&b, "%d  %s  %s %s  %s  %dus", r.Seq, r.Time.Format(time.RFC3339), clean(r.Method), clean(r.Interface), code, r.DurationUS)
	if r.Peer != "" {
		fmt.Fprintf(&b, "  from %s", r.Peer)
	}
	if r.AppID != "" {
		fmt.Fprintf(&b, "  app %s", r.AppID)
	}
	if r.User != "" {
		fmt.Fprintf(&b, "  user %s", clean(r.User))
	}
	b.WriteByte('\n')
	lines := []struct{ label, text string }{
		{"refused by", r.Stage}, {"meaning", r.Meaning}, {"origin", origin(r.Origin)}, {"error", r.Error}, {"cause", r.Cause}, {"mistake", r.Mistake}, {"signed", r.Signed}, {"remedy", r.Remedy}, {"trace", r.TraceID},
	}
	for _, name := range slices.Sorted(maps.Keys(r.Notes)) {
		lines = append(lines, struct{ label, text string }{name, r.Notes[name]})
	}
	for _, line := range lines {
		if line.text != "" {
			fmt.Fprintf(&b, "      %-10s  %s\n", clean(line.label), clean(line.text))
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// origin adds to the code of a part that failed what the code means.
func origin(code string) string {
	name, number, _ := strings.Cut(code, " ")
	domain, _ := retcode.ParseDomain(name) // of no domain there is no code
	n, _ := strconv.Atoi(number)
	if known, ok := retcode.Lookup(domain, n); ok {
		return known.Error()
	}
	return code
}
