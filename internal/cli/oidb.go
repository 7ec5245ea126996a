package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
)

func newOIDBCommand(s *streams) *cobra.Command {
	return newGroup("oidb", "Call commands of the OIDB bus, and change its policy", "", newOIDBCallCommand(s), newOIDBPolicyCommand(s))
}

// busCall holds the flags of `rookery oidb call`.
type busCall struct {
	command            oidb.ID
	addr               string
	app, caller        platform.AppID
	uin                platform.UIN
	openid, nonce      string
	msdkOpenID         platform.MSDKOpenID
	tokenFile, sigFile string
	openkey, pc        bool
	timestamp          uint64
	friend, after      platform.UIN
	limit              uint32
	timeout            time.Duration
	asJSON             bool
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
the service type: 0x711_23. Service types: 0x711 has 1 (check of an access token or openkey), 23 (openids to uins) and
127 (check of an openid in text form), 0x73a has 1 (check of a pay token), 0x71f has 1 (openid to uin), 0x5e1 has 1
(profile of a token's account), 0xf00 has 1 (friends of --uin who use the app), 0xf01 has 1 (are --uin and --friend
friends).

The exit status is 0 for result 0, 1 for any other, 3 when no bus answers.`,
		Example: `  rookery token issue --app 100700001 --uin 10001 --kind pay > pay.token
  rookery oidb call 0x73a --app 100700001 --openid 0123456789ABCDEF0123456789ABCDEF --token-file pay.token
  rookery oidb call 0x711 --service-type 127 --app 100700001 --openid 0123456789ABCDEF0123456789ABCDEF --json
  rookery oidb call 0x711_23 --app 100700001 --openid 0123456789ABCDEF0123456789ABCDEF,FEDCBA9876543210FEDCBA9876543210
  rookery oidb call 0xf00 --app 100700001 --uin 10001`,
		Args: exactArgs("COMMAND"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if c.command, err = oidb.ParseID(args[0]); err != nil {
				return usageErrorf("%w", err)
			}
			if cmd.Flags().Changed("service-type") {
				c.command.ServiceType = serviceType
			}
			return c.run(cmd.Context(), s)
		},
	}
	flags := cmd.Flags()
	flags.Uint32Var(&serviceType, "service-type", 1, "`number` of the service type")
	flags.StringVar(&c.addr, "addr", "", "`HOST:PORT` of the bus (default: of the platform that was started last on this machine)")
	flags.TextVar(&c.app, "app", platform.AppID(0), "`appid` in the request's body")
	flags.TextVar(&c.caller, "caller", platform.AppID(0), "`appid` of the calling game (default: the platform's own)")
	flags.TextVar(&c.uin, "uin", platform.UIN(0), "`uin` in the head, and for 0xf00 and 0xf01 in the body")
	flags.StringVar(&c.openid, "openid", "", "openid, 32 `hex` digits; for 0x711_23 several, separated by commas")
	flags.TextVar(&c.msdkOpenID, "msdk-openid", platform.MSDKOpenID(0), "MSDK openid, a `number`, instead of the openid")
	flags.StringVar(&c.tokenFile, "token-file", "", "`file` with the token on its first line; - is standard input")
	flags.BoolVar(&c.openkey, "openkey", false, "send the token as an openkey")
	flags.BoolVar(&c.pc, "pc", false, "the authorization came through the PC SDK")
	flags.StringVar(&c.sigFile, "login-sig-file", "", "`file` with an access token or openkey to sign the head with, at the app of --caller")
	flags.Uint64Var(&c.timestamp, "timestamp", 0, "0x71f: Unix `seconds`")
	flags.StringVar(&c.nonce, "nonce", "", "0x71f: `text` that is used only once")
	flags.TextVar(&c.friend, "friend", platform.UIN(0), "0xf01: `uin` of the other account")
	flags.TextVar(&c.after, "after", platform.UIN(0), "0xf00: only friends above this `uin`")
	flags.Uint32Var(&c.limit, "limit", oidb.MaxFriends, "0xf00: at most this `many`")
	flags.DurationVar(&c.timeout, "timeout", 3*time.Second, "how long to wait for the answer")
	flags.BoolVar(&c.asJSON, "json", false, "print the answer as JSON")
	return cmd
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
	Message   string `json:"message,omitempty"`
	Answer    any    `json:"answer,omitempty"`
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
	openids, err := c.openids()
	if err != nil {
		return err
	}
	addr, err := c.bus()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	client, err := oidb.Dial(ctx, addr)
	if err != nil {
		return noBus(addr, err)
	}
	defer client.Close()
	head := oidb.Head{UIN: c.uin, Service: []byte("rookery"), Caller: c.caller}
	if sig != "" {
		head.Login = oidb.LoginSig{Type: 1, Sig: []byte(sig), AppID: uint32(c.caller)}
	}
	var first []byte
	if len(openids) > 0 {
		first = openids[0]
	}
	var answer any
	check := oidb.CheckRequest{AppID: c.app, OpenID: first, MSDKOpenID: c.msdkOpenID, Token: token, Openkey: c.openkey, PC: c.pc}
	switch c.command {
	case oidb.ConvertOpenIDs.ID:
		head, answer, err = asked(oidb.Ask(ctx, client, oidb.ConvertOpenIDs, head, oidb.BatchRequest{AppID: c.app, Count: uint32(len(openids)), OpenIDs: openids}))
	case oidb.CheckText.ID:
		head, answer, err = asked(oidb.Ask(ctx, client, oidb.CheckText, head, oidb.TextRequest{AppID: c.app, OpenID: c.openid}))
	case oidb.ConvertOpenID.ID:
		req := oidb.OpenIDRequest{AppID: c.app, OpenID: first, Timestamp: c.timestamp, Nonce: []byte(c.nonce)}
		head, answer, err = asked(oidb.Ask(ctx, client, oidb.ConvertOpenID, head, req))
	case oidb.ShowProfile.ID:
		head, answer, err = asked(oidb.Ask(ctx, client, oidb.ShowProfile, head, check))
	case oidb.ListFriends.ID:
		req := oidb.FriendsRequest{AppID: c.app, UIN: c.uin, After: c.after, Limit: int(c.limit)}
		head, answer, err = asked(oidb.Ask(ctx, client, oidb.ListFriends, head, req))
	case oidb.AreFriends.ID:
		head, answer, err = asked(oidb.Ask(ctx, client, oidb.AreFriends, head, oidb.AreFriendsRequest{UIN: c.uin, Friend: c.friend}))
	case oidb.CheckPay.ID:
		head, answer, err = asked(oidb.Ask(ctx, client, oidb.CheckPay, head, check))
	case oidb.CheckAccess.ID:
		head, answer, err = asked(oidb.Ask(ctx, client, oidb.CheckAccess, head, check))
	default: // the bus itself refuses a command that it does not have
		head.Command = c.command
		head, _, err = client.Call(ctx, head, nil)
	}
	if err != nil {
		return noBus(addr, err)
	}
	return c.show(s, head, answer)
}

// asked gives answers their common type.
func asked[Rsp any](head oidb.Head, rsp Rsp, err error) (oidb.Head, any, error) {
	return head, rsp, err
}

func (c *busCall) secret(ctx context.Context, s *streams, what, file string) (string, error) {
	if file == "" {
		return "", nil
	}
	return s.secret(ctx, what, file, false)
}

// openids reads --openid. Where the openid is text on the bus too, it is left to the bus to refuse a wrong one.
func (c *busCall) openids() (openids [][]byte, err error) {
	if c.openid == "" || c.command == oidb.CheckText.ID {
		return nil, nil
	}
	for text := range strings.SplitSeq(c.openid, ",") {
		id, err := platform.ParseOpenID(text)
		if err != nil {
			return nil, usageErrorf("--openid: %w", err)
		}
		openids = append(openids, id[:])
	}
	return openids, nil
}

func (c *busCall) bus() (string, error) {
	last, _ := lastServer() // without the note no server is known
	addr := cmp.Or(c.addr, os.Getenv("ROOKERY_OIDB"), last.OIDB)
	if addr == "" {
		return "", &exitError{status: ExitUnreachable, err: errors.New("no running bus is known on this machine: start one with 'rookery dev', or name one with --addr or ROOKERY_OIDB")}
	}
	return addr, nil
}

func noBus(addr string, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		err = errors.New("it has not answered in time")
	}
	return &exitError{status: ExitUnreachable, err: fmt.Errorf("no bus answers at %s (%w)", addr, err)}
}

func (c *busCall) show(s *streams, head oidb.Head, answer any) error {
	a := busAnswer{
		Interface: c.command.String(), Result: head.Result, Hex: fmt.Sprintf("0x%02x", head.Result), Signed: signed(head.Result),
		Message: string(head.Message),
	}
	if code, ok := c.declaration().Code(head.Result); ok {
		entry := code.Entry()
		a.Domain, a.Symbol, a.Summary, a.Remedy = code.Domain().String(), code.Symbol(), entry.Summary, entry.Remedy
	}
	fields := answerFields(answer)
	if len(fields) > 0 {
		shown := make(map[string]any, len(fields))
		for _, f := range fields {
			if f.name != "" {
				shown[f.name] = f.value
			}
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
		for _, f := range fields {
			t.row(f.label, f.text())
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

// declaration returns the command's, or an empty one for an unknown command.
func (c *busCall) declaration() *oidb.Declaration {
	for _, d := range oidb.Declarations() {
		if d.ID == c.command {
			return d
		}
	}
	return new(oidb.Declaration)
}

// signed returns a one-byte result as a signed byte. The commands of this platform's own have larger results too.
func signed(result uint32) int {
	if result > 255 {
		return int(result)
	}
	return int(int8(result))
}

// answerField is one field of an answer's body.
type answerField struct {
	name, label string
	value       any
}

func (f answerField) text() string {
	switch v := f.value.(type) {
	case int64:
		return when(v)
	case bool:
		return yesNo(v)
	case []platform.UIN:
		return listed(v)
	case []busFriend:
		names := make([]string, len(v))
		for i, f := range v {
			names[i] = f.UIN.String() + " " + f.Nickname
		}
		return strings.Join(names, ", ")
	default:
		return fmt.Sprint(v)
	}
}

func answerFields(answer any) (fields []answerField) {
	add := func(name, label string, value any) { fields = append(fields, answerField{name, label, value}) }
	switch m := answer.(type) {
	case oidb.CheckResponse:
		if m.UIN == 0 {
			return nil
		}
		add("uin", "Uin", m.UIN)
		add("openid", "Openid", m.OpenID)
		if m.MSDKOpenID != 0 {
			add("msdk_openid", "MSDK openid", m.MSDKOpenID)
		}
		add("issued_ms", "Issued", m.IssuedMS)
		add("expires_ms", "Expires", m.ExpiresMS)
		add("pc", "PC", m.PC)
	case oidb.TextResponse:
		if m.UIN != 0 {
			add("uin", "Uin", m.UIN)
			add("openid", "Openid", m.OpenID)
		}
	case oidb.OpenIDResponse:
		if m.UIN != 0 {
			add("uin", "Uin", m.UIN)
		}
	case oidb.BatchResponse:
		if len(m.UINs) > 0 {
			add("uins", "Uins", m.UINs)
		}
		if m.Fault != 0 {
			add("fault", "Openid at fault", m.Fault)
		}
	case oidb.ProfileResponse:
		if m.UIN == 0 {
			return nil
		}
		add("uin", "Uin", m.UIN)
		add("openid", "Openid", m.OpenID)
		add("profile", "Nickname", profileField(m.Profile))
		for _, row := range vipRows(&m.Profile.VIP) {
			fields = append(fields, answerField{label: row[0], value: row[1]})
		}
	case oidb.FriendsResponse:
		if m.UIN == 0 {
			return nil
		}
		friends := make([]busFriend, len(m.Friends))
		for i, f := range m.Friends {
			friends[i] = busFriend{f.UIN, f.OpenID, f.MSDKOpenID, f.Profile.Nickname, f.Remark}
		}
		add("friends", "Friends", friends)
		add("lost", "May be out of date", m.Lost)
		add("more", "More", m.More)
	case oidb.AreFriendsResponse:
		if m.UIN != 0 {
			add("friends", "Friends", m.Friends)
		}
	}
	return fields
}

// busFriend is a friend in an answer of 0xf00.
type busFriend struct {
	UIN        platform.UIN        `json:"uin"`
	OpenID     platform.OpenID     `json:"openid"`
	MSDKOpenID platform.MSDKOpenID `json:"msdk_openid,omitzero"`
	Nickname   string              `json:"nickname"`
	Remark     string              `json:"remark,omitzero"`
}

// profileField is a profile shown as its nickname; JSON has all of it.
type profileField platform.Profile

func (p profileField) String() string { return p.Nickname }
