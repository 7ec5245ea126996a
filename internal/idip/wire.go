package idip

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	strict "github.com/go-json-experiment/json" // refuses repeated names and what is not UTF-8

	"github.com/rookeryhq/rookery/internal/idip/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
)

// request returns the body of a question.
func request(app *platform.App, q Query, seq uint32, now time.Time) ([]byte, error) {
	date, _ := strconv.ParseUint(now.UTC().Format("20060102"), 10, 32)
	return json.Marshal(wire.Packet[wire.GuildReq]{
		Head: &wire.Head{Cmdid: wire.CmdGuildReq, Seqid: seq, ServiceName: "rookery", SendTime: uint32(date), Version: 1},
		Body: &wire.GuildReq{AppID: app.AppID.String(), ZoneID: q.Zone, GuildID: q.Guild, OpenID: q.OpenID, RoleID: q.RoleID},
	})
}

// signed returns the address of a question. A V5 game's is signed with the key of its source 0, or else of its lowest; that of
// a game without V5 with its msdkkey, and names no gameid and source.
func signed(app *platform.App, seq uint32, now time.Time, body []byte) (string, error) {
	u, err := url.Parse(app.IDIP)
	if err != nil {
		return "", errors.New("its address cannot be read")
	}
	path := cmp.Or(u.EscapedPath(), "/")
	params := url.Values{
		"appid": {app.AppID.String()}, "channelid": {strconv.Itoa(platform.ChannelQQ)}, "os": {"4"},
		"seq": {strconv.FormatUint(uint64(seq), 10)}, "ts": {strconv.FormatInt(now.Unix(), 10)},
	}
	key := app.MSDKKey
	if app.GameID != 0 && len(app.SigKeys) > 0 {
		source := slices.MinFunc(slices.Collect(maps.Keys(app.SigKeys)), bySource)
		params.Set("gameid", app.GameID.String())
		params.Set("source", source)
		key = app.SigKeys[source]
	}
	raw := params.Encode()
	query, err := sign.ParseQuery(nil, raw)
	if err != nil {
		return "", err
	}
	return u.Scheme + "://" + u.Host + path + "?" + raw + "&sig=" + sign.V5(path, query, body, key), nil
}

// bySource orders sources, which have no leading zeros, as numbers.
func bySource(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) }

// maxText bounds the texts of an answer, in bytes.
const maxText = 200

// parse reads the answer to question seq.
func parse(text []byte, seq uint32) (Answer, error) {
	var packet wire.Packet[wire.GuildRsp]
	garbled := func(format string, args ...any) (Answer, error) {
		return Answer{}, fmt.Errorf("%w: %w", ErrGarbled, fmt.Errorf(format, args...))
	}
	if err := strict.Unmarshal(text, &packet); err != nil {
		return garbled("%w", err)
	}
	h, b := packet.Head, packet.Body
	switch {
	case h == nil:
		return garbled("it has no head")
	case h.Cmdid != wire.CmdGuildRsp:
		return garbled("its Cmdid is %d, not %d", h.Cmdid, wire.CmdGuildRsp)
	case h.Seqid != seq:
		return garbled("its Seqid is %d, not %d", h.Seqid, seq)
	case h.Result != wire.ResultOK && h.Result != wire.ResultEmpty:
		return Answer{}, unreachable(fmt.Errorf("it answers with result %d: %.100q", h.Result, h.RetErrMsg))
	case b == nil && h.Result == wire.ResultOK:
		return garbled("it has no body")
	case b == nil:
		return Answer{}, nil
	case b.IsMember>>1 != 0 || b.IsLeader>>1 != 0 || b.IsLeader > b.IsMember:
		return garbled("IsMember %d and IsLeader %d are not 1 or 0, or the leader is not a member", b.IsMember, b.IsLeader)
	case h.Result == wire.ResultEmpty && b.IsMember == 1:
		return garbled("its result is %d, but the player is a member", wire.ResultEmpty)
	}
	if err := cmp.Or(platform.CheckText("GuildName", b.GuildName, maxText), platform.CheckText("LeaderOpenId", b.LeaderOpenID, maxText)); err != nil {
		return garbled("%w", err)
	}
	return Answer{Member: b.IsMember == 1, Leader: b.IsLeader == 1, GuildName: b.GuildName, LeaderOpenID: b.LeaderOpenID}, nil
}
