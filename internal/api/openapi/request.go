package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/friends"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// request holds a call's parameters as far as they could be read, and the results of the stages.
type request struct {
	query    sign.Query
	platform string // named by pf; "" for none
	games    bool   // a platform of QQ Games, whose interfaces have charset and seq
	xml, gbk bool   // the form of the answer; gbk also applies to the parameters
	seq      string // returned in the answer

	app         platform.AppID
	openid      platform.OpenID
	openIDSound bool
	token       string // the openkey, or an access token in its place
	isOpenkey   bool
	timestamp   uint64 // Unix seconds; 0 for none

	fopenids []platform.OpenID
	content  string // UTF-8

	rotating bool // signed with another key than the app's current one
	login    wire.CheckResponse
	refused  *oidb.Failure // by the session check; nil when it succeeded
	closed   bool          // refused because the account is closed
}

// params reads the call's parameters. If they are not right, it says what the body is in place of a form.
func (d *door) params(c *access.Call) error {
	err := d.read(c)
	if err == nil || c.Request.Method != http.MethodPost {
		return err
	}
	var coded *retcode.Error
	if !errors.As(err, &coded) {
		return err
	}
	switch is := c.Content(); {
	case is == access.ContentEmpty && len(c.Query) == 0:
		return coded.Code().Errorf("%s: the body is empty", coded.Detail())
	case is == access.ContentEmpty, is == access.ContentUnknown, is == access.ContentForm, is.IsForm() && c.Input.(*request).gbk,
		is == access.ContentMultipart && isMultipart(c.Request.Header.Get("Content-Type")):
		return err
	case is.IsForm():
		return coded.Code().Errorf("%s: the body is %s", coded.Detail(), is)
	default:
		return coded.Code().Errorf("%s: the body is %s, not a form", coded.Detail(), is)
	}
}

// read reads the parameters of the URL and, of a POST, of the body; where both have one the body's counts
// (qq-connect-openapi.md, B.1 and B.2).
func (d *door) read(c *access.Call) (err error) {
	in := new(request)
	c.Input = in
	if c.Query, err = c.Query[:0].AddForm(c.Request.URL.RawQuery); err == nil && c.Request.Method == http.MethodPost {
		c.Query, err = addBody(c.Query, c.Request.Header.Get("Content-Type"), c.Body)
	}
	in.read(c.Query)
	if err != nil {
		return retcode.QQParameterInvalid.Errorf("%v", err)
	}
	if in.openIDSound {
		c.User = in.openid.String()
	}
	if err := in.check(); err != nil {
		return err
	}
	if read := c.Endpoint.Decode; read != nil {
		return read(c)
	}
	return nil
}

// addBody adds the parameters of a body. Files in a multipart body are not parameters.
func addBody(q sign.Query, contentType string, body []byte) (sign.Query, error) {
	if !isMultipart(contentType) {
		return q.AddForm(string(body)) // whatever the type: clients are careless about it
	}
	_, options, _ := mime.ParseMediaType(contentType)
	parts := multipart.NewReader(bytes.NewReader(body), options["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return q, nil
		}
		if err != nil {
			return q, fmt.Errorf("the multipart body breaks off or has no boundary")
		}
		if isFile(part) {
			continue
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return q, fmt.Errorf("the multipart body breaks off in part %.40q", part.FormName())
		}
		p := sign.Param{Name: part.FormName(), Value: string(value)}
		p.RawName, p.RawValue = p.Name, p.Value
		if q, err = q.Set(p); err != nil {
			return q, err
		}
	}
}

func isMultipart(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	return media == "multipart/form-data"
}

// isFile recognizes a file by its filename, which is empty if the user chose none.
func isFile(part *multipart.Part) bool {
	_, options, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	_, is := options["filename"]
	return is
}

// read reads what it can, so that even a refusal has the requested form.
func (in *request) read(q sign.Query) {
	in.query = q
	in.platform = platformOf(q.Get("pf"))
	in.games = in.platform == "qqgame" || in.platform == "3366"
	in.xml = q.Get("format") == "xml"
	in.gbk = in.games && !strings.EqualFold(q.Get("charset"), "utf-8")
	n, err := strconv.ParseInt(q.Get("seq"), 10, 64)
	if in.games && err == nil {
		in.seq = strconv.FormatInt(n, 10) // JSON does not allow 007
	}
	in.token, in.isOpenkey = q.Get("openkey"), true
	if in.token == "" { // wanba's form (qq-connect-openapi.md, B.1)
		in.token = q.Get("accesstoken")
		in.isOpenkey = in.token == ""
	}
	in.openid, err = platform.ParseOpenID(q.Get("openid"))
	in.openIDSound = err == nil
}

// check returns an error for missing or malformed common parameters.
func (in *request) check() error {
	for _, name := range [...]string{"openid", "openkey", "appid", "sig", "pf"} {
		if in.query.Get(name) == "" && (name != "openkey" || in.token == "") {
			return missing(name)
		}
	}
	var err error
	if in.app, err = platform.ParseAppID(in.query.Get("appid")); err != nil {
		return invalid("appid", "a number above 0 without leading zeros")
	}
	if ip := in.query.Get("userip"); ip != "" {
		if _, err := netip.ParseAddr(ip); err != nil {
			return invalid("userip", "an IP address")
		}
	}
	if in.games && in.seq == "" && in.query.Get("seq") != "" {
		return invalid("seq", "a 64-bit integer")
	}
	if ts := in.query.Get("timestamp"); ts != "" {
		var ok bool
		if in.timestamp, ok = unixTime(ts); !ok {
			return invalid("timestamp", "a Unix time in seconds")
		}
	}
	if len(in.query.Get("nonce")) > oidb.MaxNonce {
		return invalid("nonce", fmt.Sprintf("of at most %d bytes", oidb.MaxNonce))
	}
	for i := range in.query {
		if p := &in.query[i]; !in.gbk && (!utf8.ValidString(p.Value) || !utf8.ValidString(p.Name)) {
			return invalid(fmt.Sprintf("%.40s", strings.ToValidUTF8(p.Name, "?")), "UTF-8")
		}
	}
	return nil
}

// platforms are the values of pf that name a platform by themselves, families those that do so with any suffix
// (qq-connect-openapi.md, B.2; those of the mobile SDKs: msdk-v3.md, 5.3 and 5.8).
var (
	platforms = []string{
		"qzone", "pengyou", "tapp", "qplus", "qqgame", "3366", "website", "kapp", "wanba_ts", "weixin",
		"openmobile", "openmobile_android", "openmobile_ios", "openmobile_wp",
		"qq_m_qq", "qq_m_wx", "qq_m_guest", "desktop_m_qq", "desktop_m_wx", "desktop_m_guest",
	}
	families = []string{"manyou", "union-"}
)

// platformOf returns the platform that a pf names, "" for none. The text after a '-' says how the user came.
func platformOf(pf string) string {
	name, _, _ := strings.Cut(pf, "-")
	if slices.Contains(platforms, name) {
		return name
	}
	for _, family := range families {
		if strings.HasPrefix(pf, family) {
			return strings.TrimSuffix(family, "-")
		}
	}
	return ""
}

// friendOpenIDs reads fopenids: at most 100 openids, joined by '_'.
func friendOpenIDs(in *request) error {
	text := in.query.Get("fopenids")
	if text == "" {
		return missing("fopenids")
	}
	for one := range strings.SplitSeq(text, "_") {
		openid, err := platform.ParseOpenID(one)
		if err != nil {
			return retcode.QQParameterInvalid.Errorf("parameter \"fopenids\": openid %d of them is not 32 hex digits", len(in.fopenids)+1)
		}
		if len(in.fopenids) == friends.MaxOpenIDs {
			return retcode.QQParameterInvalid.Errorf("parameter \"fopenids\" has more than %d openids", friends.MaxOpenIDs)
		}
		in.fopenids = append(in.fopenids, openid)
	}
	return nil
}

// friendOpenID reads fopenid.
func friendOpenID(in *request) error {
	text := in.query.Get("fopenid")
	if text == "" {
		return missing("fopenid")
	}
	openid, err := platform.ParseOpenID(text)
	if err != nil {
		return invalid("fopenid", "32 hex digits")
	}
	in.fopenids = []platform.OpenID{openid}
	return nil
}

// content reads the text to be filtered.
func content(in *request) error {
	if !in.query.Has("content") {
		return missing("content")
	}
	in.content = in.query.Get("content")
	if in.gbk {
		text, err := simplifiedchinese.GBK.NewDecoder().String(in.content)
		if err != nil || strings.ContainsRune(text, utf8.RuneError) {
			return invalid("content", "GBK (charset is not utf-8)")
		}
		in.content = text
	}
	return nil
}
