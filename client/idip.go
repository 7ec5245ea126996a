package client

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/rookeryhq/rookery/internal/idip/wire"
	"github.com/rookeryhq/rookery/internal/sign"
)

// GuildQuery is the platform's question about a guild and one of its players.
type GuildQuery struct {
	AppID  string
	Zone   string // "0" at a game without zones
	Guild  string
	OpenID string // the player: the MSDK openid at a V5 door, else the openid
	RoleID string // the player's role; may be empty
}

// GuildAnswer is what the game knows.
type GuildAnswer struct {
	Name         string // of the guild, at most 200 bytes
	LeaderOpenID string // in the form of the question's OpenID
	Member       bool   // the player is in the guild
	Leader       bool   // and leads it
}

// ErrNoGuild is the error for a guild that the game does not know.
var ErrNoGuild = errors.New("there is no such guild")

// maxQuestion bounds the body of a question, in bytes.
const maxQuestion = 64 << 10

// IDIPHandler returns the handler by which a game's server answers the platform's questions about guilds; the app's IDIP
// address (rookery app update --idip) is where it is served. guild is called only for questions that the platform signed with
// the app's key: App.SigKey at a game with MSDK V5, App.MSDKKey at another. It returns ErrNoGuild for a guild that does not
// exist; any other error makes the platform answer its caller that the game could not be asked, and its text stays here. The
// platform waits two seconds.
//
// A proxy in front of the handler must leave the path as it is, because it is signed. IDIPHandler fails for an app without the
// key, with which anybody could sign. Command client/examples/idip is a whole server.
func IDIPHandler(app App, guild func(context.Context, GuildQuery) (GuildAnswer, error)) (http.Handler, error) {
	h := &idipHandler{app: app, key: app.MSDKKey, guild: guild}
	name := "MSDKKey"
	if app.GameID != "" {
		h.key, h.source, name = app.SigKey, cmp.Or(app.Source, "0"), "SigKey"
	}
	if h.key == "" {
		return nil, fmt.Errorf("client: IDIPHandler needs App.%s, which is empty", name)
	}
	return h, nil
}

type idipHandler struct {
	app    App
	source string // of the key; "" for that of MSDK V3
	key    string
	guild  func(context.Context, GuildQuery) (GuildAnswer, error)
}

// ServeHTTP answers one question.
func (h *idipHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "questions are posted", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxQuestion))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		http.Error(w, fmt.Sprintf("the question has more than %d bytes", maxQuestion), http.StatusRequestEntityTooLarge)
		return
	} else if err != nil {
		http.Error(w, "the question cannot be read", http.StatusBadRequest)
		return
	}
	if problem := h.verify(r, body); problem != "" {
		http.Error(w, problem, http.StatusForbidden)
		return
	}
	var question wire.Packet[wire.GuildReq]
	if err := json.Unmarshal(body, &question); err != nil || question.Head == nil || question.Body == nil {
		http.Error(w, "the question is not IDIP in JSON", http.StatusBadRequest)
		return
	}
	head, q := question.Head, question.Body
	answer := GuildAnswer{}
	switch {
	case head.Cmdid != wire.CmdGuildReq:
		head.Result, head.RetErrMsg = wire.ResultAPIError, "unknown Cmdid"
	case h.app.AppID != "" && q.AppID != h.app.AppID:
		head.Result, head.RetErrMsg = wire.ResultAPIError, "another app's question"
	default:
		answer, err = h.guild(r.Context(), GuildQuery{AppID: q.AppID, Zone: q.ZoneID, Guild: q.GuildID, OpenID: q.OpenID, RoleID: q.RoleID})
		switch {
		case errors.Is(err, ErrNoGuild):
			answer, head.Result, head.RetErrMsg = GuildAnswer{}, wire.ResultEmpty, "no such guild"
		case err != nil:
			answer, head.Result, head.RetErrMsg = GuildAnswer{}, wire.ResultOtherError, "the game could not answer"
		}
	}
	head.Cmdid++ // the answer has the next number
	writeIDIP(w, head, answer)
}

// verify says what is wrong with a question's signature; "" if it is the platform's.
func (h *idipHandler) verify(r *http.Request, body []byte) string {
	path, raw, _ := strings.Cut(r.RequestURI, "?") // not r.URL, from which a mux may have stripped a prefix
	q, err := sign.ParseQuery(nil, raw)
	switch {
	case err != nil:
		return err.Error()
	case h.source != "" && (q.Get("gameid") != h.app.GameID || q.Get("source") != h.source):
		return "the question is for another game, or signed with the key of another source"
	case !new(sign.V5Verifier).Backend(q.Get("sig"), path, q, body, h.key):
		return "the signature is wrong"
	}
	return ""
}

func writeIDIP(w http.ResponseWriter, head *wire.Head, a GuildAnswer) {
	w.Header().Set("Content-Type", mediaJSON)
	_ = json.NewEncoder(w).Encode(wire.Packet[wire.GuildRsp]{Head: head, Body: &wire.GuildRsp{
		GuildName: a.Name, LeaderOpenID: a.LeaderOpenID, IsMember: bit(a.Member || a.Leader), IsLeader: bit(a.Leader),
	}})
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
