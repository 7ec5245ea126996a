package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
	"golang.org/x/net/netutil"

	"github.com/rookeryhq/rookery/internal/har"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/proxy"
	"github.com/rookeryhq/rookery/internal/server"
)

// proxyOptions are the flags of rookery proxy.
type proxyOptions struct {
	to, listen   string
	app          platform.AppID
	keys, record string
	timeout      time.Duration
}

func newProxyCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	var o proxyOptions
	cmd := c.addFlags(&cobra.Command{
		Use:   "proxy",
		Short: "Stand between a game's server and a platform, and say what each answer means",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return c.runProxy(cmd.Context(), &o) },
	})
	cmd.Long = `Stand between a game's server and a platform, this one or the original: give the game's server the proxy's address as
that of the platform. Every request and answer is handed on unchanged, but for Host and the headers of one connection.
For each call it prints what 'rookery dev requests' prints: the interface, the return code with its meaning and
remedy, and, of a refused signature, which of the usual mistakes explains it. An answer without the X-Request-Id that
Rookery gives is taken for the original's: its remedy says where to look and whom to ask there.

Signatures of MSDK V3, MSDK V5 and OpenAPI V3 are checked by the keys of the game that --app names. They come from the
file that --keys names, a JSON object with the members appid, gameid, appkey, msdkkey, client_sigkey, and sigkeys, an
object by source; 'rookery app show APPID --keys --json' writes one. Without a file they come from ROOKERY_APPKEY,
ROOKERY_MSDKKEY, ROOKERY_GAMEID and ROOKERY_SIGKEY, or else from the platform that operator commands find: the one that
runs on this machine, or the one that --server and --token-file name. Keys, tokens, signatures and cookies are never
printed or recorded.

With --record everything is also kept, without its secrets, in an HTTP archive (HAR), which browsers and
'rookery explain FILE.har' read. The file is whole at any moment and has at most 64 MB.

It serves until it is interrupted. The exit status is 0, 1 when it could not listen, print or record, and 3 when there
were calls and none reached the platform.`
	cmd.Example = `  rookery proxy --to http://127.0.0.1:8700 --app 100700001
  rookery proxy --to https://openapi.tencentyun.com --app 1100001234 --keys keys.json --record session.har
  rookery proxy --to http://127.0.0.1:8700 --app 100700001 --json | jq 'select(.class == "fix-request")'`
	flags := cmd.Flags()
	flags.StringVar(&o.to, "to", "", "`URL` of the platform: a scheme and a host")
	_ = cmd.MarkFlagRequired("to") // fails only without such a flag
	flags.StringVar(&o.listen, "listen", "127.0.0.1:8703", "loopback `HOST:PORT` to listen on; port 0 takes any free one")
	flags.TextVar(&o.app, "app", platform.AppID(0), "`appid` of the game whose signatures are checked (default: ROOKERY_APPID, or else none)")
	flags.StringVar(&o.keys, "keys", "", "`file` with the game's keys; - is standard input")
	flags.StringVar(&o.record, "record", "", "new `file` to keep the session in, such as session.har")
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "how long a call may take")
	cmd.PersistentFlags().Lookup("json").Usage = "print each call as one line of JSON"
	return cmd
}

func (c *client) runProxy(ctx context.Context, o *proxyOptions) (err error) {
	to, err := parsePlatform(o.to)
	if err != nil {
		return err
	}
	addr, err := netip.ParseAddrPort(o.listen)
	if err != nil || !addr.Addr().IsLoopback() {
		return usageErrorf("--listen %q is not HOST:PORT of this machine alone, such as 127.0.0.1:8703: what passes holds secrets", o.listen)
	}
	if o.timeout <= 0 {
		return usageErrorf("--timeout must be above 0")
	}
	app, err := c.appKeys(ctx, o)
	if err != nil {
		return err
	}
	doors, err := server.Rehearsal(cmp.Or(app, new(platform.App)))
	if err != nil {
		return err
	}
	show := &proxyOutput{client: c}
	if o.record != "" {
		if show.record, err = har.Create(o.record, "rookery proxy", thisVersion().Version); errors.Is(err, os.ErrExist) {
			return usageErrorf("--record: %s exists already: name a new file", o.record)
		} else if err != nil {
			return fmt.Errorf("--record: %w", err)
		}
		defer func() {
			if failed := show.record.Close(); failed != nil {
				err = errors.Join(err, fmt.Errorf("--record: %w", failed))
			}
		}()
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	p := proxy.New(to, o.timeout, proxy.NewJudge(doors, app), show.verdict)
	fmt.Fprintf(c.err, "rookery proxy is ready at http://%s and hands on to %s\n%s", listener.Addr(), to, checked(app))
	if err := serveProxy(ctx, listener, p); err != nil {
		return err
	}
	switch {
	case show.failed != nil:
		return show.failed
	case p.Unreached():
		return &exitError{status: ExitUnreachable, err: fmt.Errorf("no call reached %s", to)}
	}
	return nil
}

// maxConnections bounds the connections of callers.
const maxConnections = 256

// serveProxy serves until ctx ends, and then waits for the calls under way, but not for long.
func serveProxy(ctx context.Context, listener net.Listener, p *proxy.Proxy) error {
	web := &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 20}
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(netutil.LimitListener(listener, maxConnections)) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if web.Shutdown(drain) != nil {
			_ = web.Close() // whose callers have waited long enough
		}
	}
	p.Close()
	return err
}

func parsePlatform(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, usageErrorf("--to is not a scheme and a host, such as https://openapi.tencentyun.com or http://127.0.0.1:8700")
	}
	return u, nil
}

// keyVariables are the variables that hold keys of a game; dev exec sets them.
var keyVariables = []string{"ROOKERY_APPKEY", "ROOKERY_MSDKKEY", "ROOKERY_SIGKEY"}

// maxKeys bounds a file with keys, in bytes.
const maxKeys = 64 << 10

// appKeys returns the app of --app with its keys and nothing else of it; nil when no app is named.
func (c *client) appKeys(ctx context.Context, o *proxyOptions) (*platform.App, error) {
	var app platform.App
	inEnvironment := slices.ContainsFunc(keyVariables, func(name string) bool { return os.Getenv(name) != "" })
	switch {
	case o.keys != "":
		text, err := c.readKeys(ctx, o.keys)
		if err != nil {
			return nil, fmt.Errorf("--keys: %w", err)
		}
		if err := json.Unmarshal(text, &app, json.RejectUnknownMembers(true)); err != nil {
			return nil, usageErrorf("--keys: %s is not a JSON object with an app's keys%s: 'rookery app show APPID --keys --json' writes one", o.keys, wrongAt(err))
		}
	case inEnvironment:
		if err := appFromEnvironment(&app); err != nil {
			return nil, err
		}
	case o.app == 0:
		return nil, nil
	default:
		answer, err := c.call(ctx, http.MethodGet, appsPath+"/"+o.app.String()+"/keys", nil)
		if err != nil {
			return nil, fmt.Errorf("no --keys names a file and no variable holds keys, so a platform was asked: %w", err)
		}
		if err := json.Unmarshal(answer, &app); err != nil {
			return nil, fmt.Errorf("this rookery does not understand the platform's answer: %w", err)
		}
	}
	if app.AppID = cmp.Or(app.AppID, o.app); o.app != 0 && app.AppID != o.app {
		return nil, usageErrorf("the keys are those of app %s, not of --app %s", app.AppID, o.app)
	}
	// What else the app may do is for the platform to say.
	known := &platform.App{
		AppID: app.AppID, Name: "--app", GameID: app.GameID, AppKey: app.AppKey, FormerAppKey: app.FormerAppKey, MSDKKey: app.MSDKKey,
		SigKeys: app.SigKeys, ClientSigKey: app.ClientSigKey, Online: true, APIs: []string{"*"},
	}
	if len(known.SigKeys) == 0 {
		known.SigKeys = map[string]string{"0": ""}
	}
	return known, nil
}

func appFromEnvironment(app *platform.App) (err error) {
	if text := os.Getenv("ROOKERY_APPID"); text != "" {
		if app.AppID, err = platform.ParseAppID(text); err != nil {
			return usageErrorf("ROOKERY_APPID: %w", err)
		}
	}
	if text := os.Getenv("ROOKERY_GAMEID"); text != "" {
		if app.GameID, err = platform.ParseGameID(text); err != nil {
			return usageErrorf("ROOKERY_GAMEID: %w", err)
		}
	}
	app.AppKey, app.MSDKKey, app.SigKeys = os.Getenv("ROOKERY_APPKEY"), os.Getenv("ROOKERY_MSDKKEY"), map[string]string{"0": os.Getenv("ROOKERY_SIGKEY")}
	return nil
}

// wrongAt says where JSON is wrong, without the text there, which may be a key.
func wrongAt(err error) string {
	var wrong *json.SemanticError
	if errors.As(err, &wrong) && wrong.JSONPointer != "" {
		return " (" + clean(string(wrong.JSONPointer)) + ")"
	}
	return ""
}

func (c *client) readKeys(ctx context.Context, name string) ([]byte, error) {
	in := c.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	return await(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(in, maxKeys)) })
}

// checked says which signatures are not checked.
func checked(app *platform.App) string {
	if app == nil {
		return "Signatures are not checked: name a game with --app.\n"
	}
	var missing []string
	for _, key := range []struct{ name, value string }{{"appkey", app.AppKey}, {"msdkkey", app.MSDKKey}, {"client_sigkey", app.ClientSigKey}} {
		if key.value == "" {
			missing = append(missing, key.name)
		}
	}
	if strings.Join(slices.Collect(maps.Values(app.SigKeys)), "") == "" {
		missing = append(missing, "sigkey")
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("Signatures made with these keys of app %s are not checked, since they are not known: %s.\n", app.AppID, strings.Join(missing, ", "))
}

// proxyOutput prints verdicts and records them.
type proxyOutput struct {
	*client
	record *har.Recorder // nil if nothing is recorded
	last   uint64
	failed error // the first failure to print or to record; later verdicts are still shown
}

func (o *proxyOutput) verdict(v *proxy.Verdict) {
	o.last++
	v.Record.Seq = o.last
	err := showRecord(o.out, o.asJSON, &v.Record)
	if o.record != nil {
		if failed := o.record.Add(v.Entry); failed != nil {
			err = cmp.Or(err, fmt.Errorf("--record: %w", failed))
		}
	}
	if err != nil && o.failed == nil {
		o.failed = err
		fmt.Fprintf(o.err, "rookery: %v\n", err)
	}
}
