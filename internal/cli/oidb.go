package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/frame"
	"github.com/rookeryhq/rookery/internal/oidb/tcp"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func newOIDBCommand(s *streams) *cobra.Command {
	return newGroup("oidb", "Call and list commands of the OIDB bus, and change its policy", "", newOIDBCallCommand(s), newOIDBCommandsCommand(s), newOIDBPolicyCommand(s))
}

// busCall holds the flags of `rookery oidb call`.
type busCall struct {
	command            oidb.ID
	addr               string
	caller             platform.AppID
	uin                platform.UIN
	tokenFile, sigFile string
	openkey            bool
	flags              map[string]string // for fields of the request, if it has them, by name
	fields             []string          // NAME=VALUE
	bodyFile           string            // with the request of a command that the platform does not declare
	timeout            time.Duration
	asJSON             bool

	ca, certificate, key string // of TLS
}

func newOIDBCallCommand(s *streams) *cobra.Command {
	var (
		c           busCall
		serviceType uint32
	)
	cmd := &cobra.Command{
		Use:   "call COMMAND",
		Short: "Call a command of the bus and explain its answer",
		Long: `Call a command of the bus over its native frames and explain its answer. COMMAND is its number, with or without
the service type: 0x711_23.

` + commandList() + `
The flags fill the fields of the request that have their names, and --field fills any other. The request of a command of
your own comes from --body-file as it is, and its answer is shown in hex.

The exit status is 0 for result 0, 1 for any other, 3 when no bus answers.`,
		Example: `  rookery token issue --app 100700001 --uin 10001 --kind pay > pay.token
  rookery oidb call 0x73a --app 100700001 --openid 3B6C835F6BA924DF368B65EAC4636A46 --token-file pay.token
  rookery oidb call 0x711 --service-type 127 --app 100700001 --openid 3B6C835F6BA924DF368B65EAC4636A46 --json
  rookery oidb call 0x711_23 --app 100700001 --openid 3B6C835F6BA924DF368B65EAC4636A46,DB0010A29F8B1B21CAF1CDD6B6EB1274
  rookery oidb call 0xf00 --app 100700001 --uin 10001
  rookery oidb call 0xf02_2 --field gc=700000001 --addr bus.example:8701 --ca ca.pem --certificate own.pem --key own.key
  rookery oidb call 0xf02_9 --uin 10001 --field gc=700000001 --field 'message={"kind":1,"title":"Raid tonight"}'
  printf '\n\0042134' | rookery oidb call 0xe10_1 --body-file -      # a back end of your own`,
		Args: exactArgs("COMMAND"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if c.command, err = oidb.ParseID(args[0]); err != nil {
				return usageErrorf("%w", err)
			}
			flags := cmd.Flags()
			if flags.Changed("service-type") {
				c.command.ServiceType = serviceType
			}
			c.flags = make(map[string]string)
			flags.Visit(func(f *pflag.Flag) {
				if field, ok := requestFlags[f.Name]; ok {
					c.flags[field] = f.Value.String()
				}
			})
			return c.run(cmd.Context(), s)
		},
	}
	flags := cmd.Flags()
	flags.Uint32Var(&serviceType, "service-type", 1, "`number` of the service type")
	flags.StringVar(&c.addr, "addr", "", "`HOST:PORT` of the bus (default: of the platform that runs on this machine)")
	flags.TextVar(&c.caller, "caller", platform.AppID(0), "`appid` of the calling game (default: the platform's own)")
	flags.TextVar(&c.uin, "uin", platform.UIN(0), "`uin` in the head, and in the request if it has one")
	flags.TextVar(new(platform.AppID), "app", platform.AppID(0), "`appid` in the request")
	flags.String("openid", "", "openid, 32 `hex` digits; several, separated by commas, if the request has a list")
	flags.TextVar(new(platform.MSDKOpenID), "msdk-openid", platform.MSDKOpenID(0), "MSDK openid, a `number`, instead of the openid")
	flags.StringVar(&c.tokenFile, "token-file", "", "`file` with the token on its first line; - is standard input")
	flags.BoolVar(&c.openkey, "openkey", false, "send the token as an openkey")
	flags.Bool("pc", false, "the authorization came through the PC SDK")
	flags.StringVar(&c.sigFile, "login-sig-file", "", "`file` with an access token or openkey to sign the head with, at the app of --caller")
	flags.Uint64("timestamp", 0, "Unix `seconds`")
	flags.String("nonce", "", "`text` that is used only once")
	flags.TextVar(new(platform.UIN), "friend", platform.UIN(0), "`uin` of the other account")
	flags.TextVar(new(platform.UIN), "after", platform.UIN(0), "only entries after this `uin`")
	flags.Uint32("limit", 0, "at most this `many`")
	flags.StringArrayVar(&c.fields, "field", nil, "`NAME=VALUE` of a field of the request, as in oidb.proto; a message is written in JSON")
	flags.StringVar(&c.bodyFile, "body-file", "", "`file` with the bytes of the request of a command of your own; - is standard input")
	flags.StringVar(&c.ca, "ca", "", "call over TLS: PEM `file` with the authorities of the bus's certificate")
	flags.StringVar(&c.certificate, "certificate", "", "PEM `file` with the certificate to show to a bus that asks for one; with --ca")
	flags.StringVar(&c.key, "key", "", "PEM `file` with the certificate's key")
	flags.DurationVar(&c.timeout, "timeout", 3*time.Second, "how long to wait for the answer")
	flags.BoolVar(&c.asJSON, "json", false, "print the answer as JSON")
	return cmd
}

// requestFlags are the flags that fill a field of the request.
var requestFlags = map[string]string{
	"app": "appid", "uin": "uin", "openid": "openid", "msdk-openid": "msdk_openid", "pc": "pc", "timestamp": "timestamp", "nonce": "nonce",
	"friend": "friend", "after": "after", "limit": "limit",
}

// commandList says what each command does, one per line.
func commandList() string {
	var list strings.Builder
	for _, d := range oidb.Declarations() {
		fmt.Fprintf(&list, "  %-10s %s\n", d.ID, d.Summary)
	}
	return list.String()
}

// busAnswer is the bus's answer, in the form that --json prints.
type busAnswer struct {
	Interface string `json:"interface"`
	Result    uint32 `json:"result"`
	Hex       string `json:"hex"`
	Signed    int    `json:"signed"`
	Domain    string `json:"domain,omitempty"`
	Symbol    string `json:"symbol,omitempty"`
	Summary   string `json:"summary,omitempty"`
	Remedy    string `json:"remedy,omitempty"`
	OnRookery string `json:"on_rookery,omitempty"`
	Message   string `json:"message,omitempty"`
	Answer    any    `json:"answer,omitempty"` // the answer's fields, by name
	Body      string `json:"body,omitempty"`   // the answer in hex, of a command that the platform does not declare
}

func (c *busCall) run(ctx context.Context, s *streams) error {
	if c.sigFile != "" && c.caller > math.MaxUint32 {
		return usageErrorf("--login-sig-file: a login signature has room for an appid of 32 bits only, not for %s", c.caller)
	}
	token, err := c.secret(ctx, s, "token", c.tokenFile)
	if err != nil {
		return err
	}
	sig, err := c.secret(ctx, s, "login signature", c.sigFile)
	if err != nil {
		return err
	}
	declared := c.declaration()
	var body []byte
	switch {
	case declared != nil && c.bodyFile != "":
		return usageErrorf("--body-file is for commands of your own, and %s is the platform's", c.command)
	case declared != nil:
		body, err = c.body(declared.Request, token)
	case c.bodyFile != "": // the bus itself refuses a command that it does not have
		body, err = readBody(s, c.bodyFile)
	}
	if err != nil {
		return err
	}
	addr, err := c.bus()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	secured, err := c.tls()
	if err != nil {
		return err
	}
	client, err := tcp.Dial(ctx, addr, secured)
	if err != nil {
		return noBus(addr, err)
	}
	defer client.Close()
	head := wire.Head{UIN: c.uin, Command: c.command, Service: []byte("rookery"), Caller: c.caller}
	if sig != "" {
		head.Login = wire.Login{Type: 1, Sig: []byte(sig), AppID: uint32(c.caller)}
	}
	head, body, err = client.Call(ctx, head, body)
	if err != nil {
		return noBus(addr, err)
	}
	var fields []answerField
	if declared != nil {
		answer := dynamicpb.NewMessage(declared.Response)
		if err := proto.Unmarshal(body, answer); err != nil {
			return noBus(addr, fmt.Errorf("%w: %w", tcp.ErrAnswer, err))
		}
		fields = answerFields(answer, head.Result == 0)
	}
	return c.show(s, declared, head, fields, body)
}

// tls returns the configuration of a connection over TLS; nil without --ca.
func (c *busCall) tls() (*tls.Config, error) {
	if c.ca == "" {
		if c.certificate != "" || c.key != "" {
			return nil, usageErrorf("--certificate and --key are for calls over TLS: name the authorities of the bus's certificate with --ca")
		}
		return nil, nil
	}
	authorities, err := os.ReadFile(c.ca)
	if err != nil {
		return nil, fmt.Errorf("--ca: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
	if !config.RootCAs.AppendCertsFromPEM(authorities) {
		return nil, fmt.Errorf("--ca: %s has no certificate in PEM", c.ca)
	}
	if c.certificate != "" || c.key != "" {
		pair, err := tls.LoadX509KeyPair(c.certificate, c.key)
		if err != nil {
			return nil, fmt.Errorf("--certificate and --key: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// readBody reads a request from a file.
func readBody(s *streams, file string) ([]byte, error) {
	in := s.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("--body-file: %w", err)
		}
		defer f.Close()
		in = f
	}
	body, err := io.ReadAll(io.LimitReader(in, frame.MaxSize+1))
	if len(body) > frame.MaxSize {
		return nil, fmt.Errorf("--body-file: %s has more than %d bytes, which the bus does not take", file, frame.MaxSize)
	}
	return body, err
}

func (c *busCall) secret(ctx context.Context, s *streams, what, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	return s.secret(ctx, what, file, false)
}

func (c *busCall) bus() (string, error) {
	if addr := cmp.Or(c.addr, os.Getenv("ROOKERY_OIDB")); addr != "" {
		return addr, nil
	}
	only, err := onlyPlatform("--addr", "ROOKERY_OIDB", func(p *runningPlatform) string { return cmp.Or(p.OIDB, "no bus at "+p.Admin) })
	if err != nil {
		return "", err
	}
	if only == nil || only.OIDB == "" {
		return "", &exitError{status: ExitUnreachable, err: errors.New("no running bus is known on this machine: start one with 'rookery dev', or name one with --addr or ROOKERY_OIDB")}
	}
	return only.OIDB, nil
}

func noBus(addr string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("it has not answered in time")
	}
	return &exitError{status: ExitUnreachable, err: fmt.Errorf("no bus answers at %s (%w)", addr, err)}
}

func (c *busCall) show(s *streams, declared *oidb.Declaration, head wire.Head, fields []answerField, body []byte) error {
	a := busAnswer{
		Interface: c.command.String(), Result: head.Result, Hex: fmt.Sprintf("0x%02x", head.Result), Signed: signed(head.Result),
		Message: head.Message,
	}
	if declared == nil {
		declared = new(oidb.Declaration) // with the bus's results
		a.Body = hex.EncodeToString(body)
	}
	if code, ok := declared.Code(head.Result); ok {
		entry := code.Entry()
		a.Domain, a.Symbol, a.Summary, a.Remedy, a.OnRookery = code.Domain().String(), code.Symbol(), entry.Summary, entry.Remedy, entry.OnRookery
	}
	if len(fields) > 0 {
		shown := make(map[string]any, len(fields))
		for _, f := range fields {
			shown[f.name] = f.value
		}
		a.Answer = shown
	}
	if c.asJSON {
		out := json.NewEncoder(s.out)
		out.SetIndent("", "  ")
		if err := out.Encode(a); err != nil {
			return err
		}
	} else {
		t := newTable(s.out)
		t.row("Command", a.Interface)
		t.row("Result", fmt.Sprintf("%s (unsigned %d, signed %d)", a.Hex, a.Result, a.Signed))
		if a.Symbol != "" {
			t.row("Code", a.Domain+" "+a.Symbol)
			t.row("Meaning", a.Summary)
		}
		if a.Result != 0 && a.Remedy != "" {
			t.row("Remedy", a.Remedy)
		}
		if a.Result != 0 && a.OnRookery != "" {
			t.row("Rookery", a.OnRookery)
		}
		for _, f := range fields {
			f.row(t.row)
		}
		if a.Body != "" {
			t.row("Body", a.Body)
		}
		if a.Symbol == "" && a.Message != "" {
			t.row("Message", a.Message)
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	if head.Result != 0 {
		return &exitError{status: ExitFailure}
	}
	return nil
}

// declaration returns the command's, nil for an unknown command.
func (c *busCall) declaration() *oidb.Declaration {
	for _, d := range oidb.Declarations() {
		if d.ID == c.command {
			return d
		}
	}
	return nil
}

// signed returns a one-byte result as a signed byte; one of the bus's as the published list prints it, which takes 256 from 112 to 116, too.
// The commands of this platform's own have larger results, which stay as they are.
func signed(result uint32) int {
	if result > 255 {
		return int(result)
	}
	if code, ok := retcode.Lookup(retcode.OIDB, int(result)); ok {
		if listed, err := strconv.Atoi(code.Entry().Signed); err == nil {
			return listed
		}
	}
	return int(int8(result))
}
