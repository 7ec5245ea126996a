// Package msdkv5 is the door of MSDK V5: JSON bodies, common parameters in the URL, MD5 signatures, HTTP 200 for every
// answer, and the result in ret (msdk-v5.md).
package msdkv5

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/refuse"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/sign/mistake"
	"github.com/rookeryhq/rookery/retcode"
)

// Options are the door's settings.
type Options struct {
	// TSWindow is how far ts may be off the platform's clock; 0 disables the check. No document gives a window.
	TSWindow time.Duration
}

type door struct {
	Options
	apps     *apps.Registry
	profiles *profile.Service
	identity *identity.Service
	friends  *friends.Service
	messages *messages.Service
	bus      *oidb.Bus
}

// New returns the door.
func New(registry *apps.Registry, profiles *profile.Service, id *identity.Service, fr *friends.Service, ms *messages.Service, bus *oidb.Bus, options Options) *access.Door {
	d := &door{Options: options, apps: registry, profiles: profiles, identity: id, friends: fr, messages: ms, bus: bus}
	checks := d.checks()
	return &access.Door{
		Name:      "msdkv5",
		Guide:     guide,
		Prefixes:  []string{"/v2/"},
		Endpoints: slices.Concat(d.auth(checks), d.relations(checks), d.shares(checks), d.achievements(checks), d.groups(checks)),
		NotServed: notServed(),
		Code:      refusals.Code,
		Encode:    encode,
	}
}

// guide describes what all calls of the door have in common (msdk-v5.md, 1 and 2).
var guide = access.Guide{
	Title:     "MSDK V5",
	About:     "JSON bodies below `/v2/`. Every answer is HTTP 200; `ret` is 0 or a code. A call is signed with `sig`, the MD5 of the path with its query, the body and the key of its `source`.",
	Signature: "v5", Params: urlParams{}, Result: result{},
}

// urlParams are the parameters of every URL.
type urlParams struct {
	ChannelID int    `json:"channelid" required:"true" oneof:"2" doc:"the channel: QQ"`
	GameID    string `json:"gameid" required:"true" doc:"the game's number"`
	OS        int    `json:"os" required:"true" min:"1" max:"5" doc:"the player's system: 1 Android, 2 iOS, 3 web, 4 Linux, 5 Windows"`
	TS        int64  `json:"ts" required:"true" min:"0" max:"4294967295" doc:"the time, in Unix seconds; how far it may be off is the operator's setting msdkv5.ts_window"`
	Source    string `json:"source" def:"0" doc:"which of the game's keys signed the call"`
	Seq       string `json:"seq" doc:"the caller's name for the call, which the answer repeats"`
	Sig       string `json:"sig" required:"true" doc:"the signature: 32 hex digits"`
}

// notServed returns the paths of V5 without an interface here (msdk-v5.md, 7 to 11), most of which only client SDKs call.
func notServed() (paths []string) {
	for module, names := range map[string]string{
		"auth": "auto_login logout scan_login pcprecode get_bind_relation restore check_and_login check_login bind bind_with_confirm_code " +
			"login_with_confirm_code",
		"profile":       "jsticket_info can_bind openid2uid createdeeplink reset_guest get_first_reg get_video_vip get_xinyue_super",
		"friend":        "recall_friends_list",
		"conf":          "get_conf",
		"notice":        "get_notice",
		"url_shortener": "shorten_url",
		"prajna":        "report",
		"freeflow":      "isfree",
		"lbs":           "set_location clear_location nearby ip2country_ext",
		"account": "register sendcode login changepassword check logout modify loginwithcode registerstatus codestatus getreceiveemail " +
			"verify_password",
		"group": "get_vip_rich_info get_group_member_info",
	} {
		for name := range strings.FieldsSeq(names) {
			paths = append(paths, "/v2/"+module+"/"+name)
		}
	}
	return paths
}

// checks are the checks of the interfaces.
type checks struct {
	params, game, client, body, bounded access.Stage
	known                               access.Stage // a game's signature
	signed                              access.Stage // and the game may call
	test                                access.Stage
	standard, sensitive                 access.Stage // for a player, at an ordinary and at a sensitive interface
	guild                               access.Stage // for a player, at an interface whose permission the service checks
}

func (d *door) checks() checks {
	k := checks{
		params: access.Step("v5-params", d.params, retcode.V5ParameterMissing, retcode.V5ParameterInvalid),
		game:   access.Step("v5-game", d.game, retcode.V5ParameterInvalid),
		client: access.Step("v5-client-signature", d.clientSignature, retcode.V5SignatureWrong).ChecksSignature(),
		body:   access.Step("v5-body", body, retcode.V5BodyEmpty, retcode.V5BodyMalformed),

		bounded: access.Sequence("v5-bounded", access.TLS, access.AppRate, access.Audit),
	}
	signature := access.Step("v5-signature", d.signature, retcode.V5ParameterInvalid, retcode.V5SignatureWrong).ChecksSignature()
	k.known = access.Sequence("v5-known", k.params, k.game, signature)
	k.signed = access.Sequence("v5-signed", k.known, access.Online, access.Granted)
	k.test = access.Check("v5-test-number", d.testNumber, retcode.QQTestNumberRequired)
	player := access.Sequence("v5-player", k.body, k.test, access.UserRate)
	k.standard = access.Sequence("v5-standard", k.signed, access.OrdinaryAddress, k.bounded, player)
	k.sensitive = access.Sequence("v5-sensitive", k.signed, access.SensitiveAddress, k.bounded, player)
	k.guild = access.Sequence("v5-guild", k.known, access.Online, access.OrdinaryAddress, k.bounded, player)
	return k
}

// The commands that the interfaces call. No openkey is taken for a token.
var (
	checkAccess = access.Uses(&oidb.CheckAccess.Declaration, refuse.OpenkeyResults...)
	checkPay    = access.Uses(&oidb.CheckPay.Declaration)
	showProfile = access.Uses(&friends.ShowProfileCommand.Declaration)
	listFriends = access.Uses(&friends.ListFriendsCommand.Declaration)
)

// params reads the URL's parameters (msdk-v5.md, 1.1).
func (d *door) params(c *access.Call) (err error) {
	if c.Query, err = sign.ParseQuery(c.Query, c.Request.URL.RawQuery); err != nil {
		return retcode.V5ParameterInvalid.Errorf("%v", err)
	}
	for _, name := range [...]string{"channelid", "gameid", "os", "ts", "sig"} {
		if c.Query.Get(name) == "" {
			return retcode.V5ParameterMissing.Errorf("URL parameter %q is missing or empty", name)
		}
	}
	if channel, ok := number(c.Query.Get("channelid")); !ok || channel != platform.ChannelQQ {
		return invalid("channelid", "2 (QQ), the only channel that this platform serves")
	}
	if os, ok := number(c.Query.Get("os")); !ok || os < 1 || os > 5 {
		return invalid("os", "a number from 1 to 5")
	}
	ts, ok := number(c.Query.Get("ts"))
	if !ok {
		return invalid("ts", "a Unix time in seconds")
	}
	if off := c.Start.Sub(time.Unix(ts, 0)).Abs(); d.TSWindow > 0 && off > d.TSWindow {
		return retcode.V5ParameterInvalid.Errorf("URL parameter \"ts\" is %s off the platform's clock, more than %s", off.Truncate(time.Second), d.TSWindow)
	}
	return nil
}

func invalid(name, want string) error {
	return retcode.V5ParameterInvalid.Errorf("URL parameter %q is not %s", name, want)
}

// number reads a decimal of at most 32 bits.
func number(text string) (int64, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return int64(n), err == nil
}

func (d *door) game(c *access.Call) error {
	id, err := platform.ParseGameID(c.Query.Get("gameid"))
	if err != nil {
		return invalid("gameid", "a number")
	}
	if c.App = d.apps.ByGame(id); c.App == nil {
		return retcode.V5ParameterInvalid.Errorf("there is no game %s", id)
	}
	return nil
}

// verifiers reuses the buffers of signature checks.
var verifiers = sync.Pool{New: func() any { return new(sign.V5Verifier) }}

// signature checks a backend's signature with the key of its source (msdk-v5.md, 2.1).
func (d *door) signature(c *access.Call) error {
	source := c.Query.Get("source")
	if source == "" {
		source = "0"
	}
	key, ok := c.App.SigKeys[source]
	if !ok {
		return retcode.V5ParameterInvalid.Errorf("the game has no key for source %.20q", source)
	}
	verifier := verifiers.Get().(*sign.V5Verifier)
	defer verifiers.Put(verifier)
	if verifier.Backend(c.Query.Get("sig"), c.Endpoint.Path, c.Query, c.Body, key) {
		return nil
	}
	if bare := withoutLink(c.Query); len(bare) != len(c.Query) && verifier.Backend(c.Query.Get("sig"), c.Endpoint.Path, bare, c.Body, key) {
		return nil
	}
	refuse.Signature{
		Key:      key,
		Optional: linkParam,
		Signed:   func() string { return string(sign.V5Source(c.Endpoint.Path, c.Query, c.Body)) },
		Mistake:  mistake.V5,
	}.Explain(c, d.apps)
	return retcode.V5SignatureWrong
}

// withoutLink leaves out the one parameter that callers may sign or not: the documentation's own sample puts it after sig
// (msdk-v5.md, 4).
func withoutLink(q sign.Query) sign.Query {
	if !q.Has(linkParam) {
		return q
	}
	return slices.DeleteFunc(slices.Clone(q), func(p sign.Param) bool { return p.Name == linkParam })
}

// clientSignature checks the client SDK's signature (msdk-v5.md, 2.4).
func (d *door) clientSignature(c *access.Call) error {
	if new(sign.V5Verifier).Client(c.Query.Get("sig"), c.Endpoint.Path, c.Query, c.Body, c.App.ClientSigKey) {
		return nil
	}
	refuse.Signature{
		Key:     c.App.ClientSigKey,
		Signed:  func() string { return string(sign.V5ClientSource(c.Endpoint.Path, c.Query, c.Body, "(key)")) },
		Mistake: mistake.V5Client,
	}.Explain(c, d.apps)
	return retcode.V5SignatureWrong
}

// body decodes the body in the interface's form.
func body(c *access.Call) error { return c.Endpoint.Decode(c) }

// testNumber lets only test numbers use an app of the test environment.
func (d *door) testNumber(c *access.Call, in interface{ player() platform.MSDKOpenID }) error {
	return d.identity.CheckTestPlayer(c.Context(), c.App, in.player())
}

// success is the result of a call whose answer has only the common fields.
type success string

// result holds the common fields of every answer (msdk-v5.md, 1.2).
type result struct {
	Ret int    `json:"ret" doc:"0, or a code"`
	Msg string `json:"msg" doc:"what happened, in a sentence"`
	Seq string `json:"seq" doc:"the request's seq, or the platform's name for the call"`
}

func (r *result) set(common result) { *r = common }

// text is the only answer that is not JSON (msdk-v5.md, 4).
type text string

func encode(c *access.Call, answer any, err error) {
	a := &c.Answer
	a.Status = http.StatusOK
	common := result{Msg: "success"}
	if err != nil {
		refusal := refusals.Refusal(err)
		a.Code, a.RetryAfter = refusal.Code, refusal.RetryAfter
		common.Ret, common.Msg = refusal.Code.Number(), refusal.Text
		answer = nil
	}
	switch answer := answer.(type) {
	case text:
		a.ContentType = "text/plain; charset=utf-8"
		a.Body = append(a.Body, answer...)
	case interface{ set(result) }:
		common.Seq = string(appendSeq(nil, c))
		answer.set(common)
		// With only strings and numbers it is always valid JSON.
		a.Body, _ = access.AppendJSON(a.Body, answer)
	case success:
		common.Msg = string(answer)
		a.Body = common.append(a.Body, c)
	default:
		a.Body = common.append(a.Body, c)
	}
}

// append writes the common fields of the call's answer as JSON, without Seq, which is the call's.
func (r *result) append(b []byte, c *access.Call) []byte {
	b = append(b, `{"ret":`...)
	b = strconv.AppendInt(b, int64(r.Ret), 10)
	b = append(b, `,"msg":`...)
	b, _ = jsontext.AppendQuote(b, r.Msg)
	b = append(b, `,"seq":`...)
	var room [40]byte
	b, _ = jsontext.AppendQuote(b, appendSeq(room[:0], c))
	return append(b, '}')
}

var refusals = &refuse.Door{
	NoRoute: retcode.V5PathUnknown, Method: retcode.V5MethodWrong, Unreadable: retcode.V5RequestUnreadable, Internal: retcode.V5Internal,
	Texts: map[retcode.Code]string{ // as documented, including the misspelling (msdk-v5.md, 2.1 and 4)
		retcode.V5SignatureWrong:    "invalid sig!",
		retcode.V5LinkUndecryptable: "decryp data fail!",
	},
	Failed: func(f *oidb.Failure) (retcode.Code, string) {
		if f.Code.Domain() == retcode.Group || f.Code.Domain() == retcode.GameCenter {
			return f.Code, f.Said()
		}
		return refuse.Meaning(f.Code), f.Error()
	},
}

// appendSeq appends the caller's request id, or one in the form of the platform's sibling (msdk-v5.md, 1.2).
func appendSeq(b []byte, c *access.Call) []byte {
	start := len(b)
	b = seqOf(b, c)
	if c.Inspected() {
		c.NoteSeq(string(b[start:]))
	}
	return b
}

func seqOf(b []byte, c *access.Call) []byte {
	if len(c.Query) == 0 { // the call ended before its parameters were read
		c.Query, _ = sign.ParseQuery(c.Query, c.Request.URL.RawQuery)
	}
	if seq := c.Query.Get("seq"); seq != "" {
		return append(b, seq...)
	}
	b = strconv.AppendInt(b, c.Start.Unix(), 10)
	b = appendDigits(append(b, '-'), 10)
	b = appendDigits(append(b, '-'), 6)
	return appendDigits(append(b, '-'), 10)
}

func appendDigits(b []byte, count int) []byte {
	n := rand.Uint64()
	for range count {
		b = append(b, byte('0'+n%10))
		n /= 10
	}
	return b
}
