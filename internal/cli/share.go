package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	sdk "github.com/rookeryhq/rookery/client"
	"github.com/rookeryhq/rookery/client/share"
	"github.com/rookeryhq/rookery/retcode"
)

func newShareCommand(s *streams) *cobra.Command {
	var (
		server, appID    string
		target, typeName string
		m                share.Message
		forbidden        []string
		withoutQQ        bool
		asJSON           bool
	)
	cmd := &cobra.Command{
		Use:   "share",
		Short: "Try what a game's client checks before it hands a message to QQ",
		Long: `Try what a game's client checks before it hands a message to QQ on the player's device. It prints what the device
would be given. If a check refuses the message, it prints the return code with its remedy, and the exit status is 1.

The platform is asked whether it knows the appid, as a game on a device asks it, through the doors that games call: the
platform that runs on this machine, or the one that --server or ROOKERY_HTTP names.

Types: ` + strings.Join(share.TypeNames(), ", ") + `, or a number of the client SDK.`,
		Example: `  rookery share --appid 100700001 --target friend --type invite --title 'Join me' --link https://game.example/join
  rookery share --appid 100700001 --target qzone --type text --text 'I won'            # qq 10000
  rookery share --appid 100700001 --target group --type link --title Hi --link ftp://x  # qq 5
  rookery share --appid 1 --target group --type text --text Hi                         # qq 6`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var known bool
			if m.Type, known = share.ParseType(typeName); !known {
				number, err := strconv.ParseInt(typeName, 10, 32)
				if err != nil {
					return usageErrorf("--type %q is neither a number nor one of %s", typeName, strings.Join(share.TypeNames(), ", "))
				}
				m.Type = share.Type(number)
			}
			if !slices.Contains(share.Targets, share.Target(target)) {
				return usageErrorf("--target %q is not friend, group or qzone", target)
			}
			url := cmp.Or(server, os.Getenv("ROOKERY_HTTP"))
			if url == "" {
				only, err := onlyPlatform("--server", "ROOKERY_HTTP", func(p *runningPlatform) string { return p.HTTP })
				if err != nil {
					return err
				}
				if only == nil {
					return unheardf("no running platform is known on this machine")
				}
				url = only.HTTP
			}
			platform, err := sdk.New(url, sdk.App{})
			if err != nil {
				return usageErrorf("--server (or ROOKERY_HTTP) %q is not a URL such as http://127.0.0.1:8700", url)
			}
			device := &printer{streams: s, asJSON: asJSON, hasQQ: !withoutQQ}
			err = share.New(appID, device, platform, share.Forbid(forbidden...)).Share(cmd.Context(), share.Target(target), m)
			return device.refuse(cmd.Context(), url, err)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&appID, "appid", "", "`number` of the app that is built into the game")
	flags.StringVar(&target, "target", "", "receiver, a `target`: friend, group or qzone")
	flags.StringVar(&typeName, "type", "link", "`type` of the message")
	flags.StringVar(&m.Title, "title", "", "its `title`")
	flags.StringVar(&m.Summary, "summary", "", "its `summary`")
	flags.StringVar(&m.Text, "text", "", "its `text`")
	flags.StringVar(&m.Link, "link", "", "`URL` that a tap leads to")
	flags.StringVar(&m.Picture, "picture", "", "`URL` of its picture")
	flags.StringVar(&m.Media, "media", "", "`URL` of its audio or video")
	flags.StringVar(&m.MiniProgram, "mini-program", "", "its mini `program`")
	flags.StringVar(&m.Ark, "ark", "", "its structured content, a `JSON` object")
	flags.StringSliceVar(&forbidden, "forbid", nil, "`words` that may not be shared, separated by commas; repeatable")
	flags.BoolVar(&withoutQQ, "without-qq", false, "try a device that has no QQ")
	flags.StringVar(&server, "server", "", "`URL` of the platform, where games reach it")
	flags.BoolVar(&asJSON, "json", false, "print the result as JSON")
	for _, name := range []string{"appid", "target"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}

// printer is a device that prints the message it is given.
type printer struct {
	*streams
	asJSON, hasQQ bool
	failed        error // from printing
}

func (p *printer) Installed() bool { return p.hasQQ }

func (p *printer) Open(_ context.Context, target share.Target, m share.Message) error {
	p.failed = p.print(target, m)
	return p.failed
}

func (p *printer) print(target share.Target, m share.Message) error {
	if p.asJSON {
		return writeJSON(p.out, struct {
			Target  share.Target  `json:"target"`
			Message share.Message `json:"message"`
		}{target, m})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "QQ on the device receives, for a %s, a message of type %s:\n", target, m.Type)
	for _, f := range [...]struct{ name, text string }{
		{"title", m.Title}, {"summary", m.Summary}, {"text", m.Text}, {"link", m.Link}, {"picture", m.Picture},
		{"media", m.Media}, {"program", m.MiniProgram}, {"ark", m.Ark},
	} {
		if f.text != "" {
			fmt.Fprintf(&b, "  %-8s %s\n", f.name, f.text)
		}
	}
	_, err := b.WriteTo(p.out)
	return err
}

// refuse prints the code for a message that was not shared.
func (p *printer) refuse(ctx context.Context, server string, err error) error {
	code, coded := retcode.From(err)
	var answered *sdk.Error
	switch {
	case err == nil:
		return nil
	case p.failed != nil:
		return p.failed
	case errors.As(err, &answered): // the platform has refused to say, which is not a result
		return fmt.Errorf("%s: %w", server, err)
	case ctx.Err() != nil:
		return errInterrupted
	case !coded:
		return unheardf("no platform answers at %s (%w)", server, err)
	}
	detail := ""
	var explained *retcode.Error
	if errors.As(err, &explained) {
		detail = explained.Detail()
	}
	e := code.Entry()
	if p.asJSON {
		err := writeJSON(p.out, struct {
			Domain retcode.Domain `json:"domain"`
			Code   int            `json:"code"`
			Symbol string         `json:"symbol"`
			Class  retcode.Class  `json:"class"`
			Detail string         `json:"detail,omitempty"`
			Remedy string         `json:"remedy"`
		}{e.Domain, code.Number(), code.Symbol(), e.Class, detail, e.Remedy})
		return cmp.Or(err, error(&exitError{status: ExitFailure}))
	}
	var b bytes.Buffer
	rowWriter{&b, coloursFor(p.out), retcode.English}.row(e, strconv.Itoa(code.Number()), code.Symbol(), detail)
	_, err = b.WriteTo(p.out)
	return cmp.Or(err, error(&exitError{status: ExitFailure}))
}

// unheardf is unreachablef for a command that needs no admin token.
func unheardf(format string, args ...any) error {
	err := fmt.Errorf(format+": start one with 'rookery dev', or name a running one with --server", args...)
	return &exitError{status: ExitUnreachable, err: err}
}
