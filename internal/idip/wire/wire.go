// Package wire contains the packets of IDIP in JSON, as the platform and a game's server exchange them: IDIP's header, and the
// one command, which asks about a guild and one of its players (oidb.md, 1.8).
package wire

// The numbers of the command.
const (
	CmdGuildReq = 0x1001
	CmdGuildRsp = 0x1002
)

// The results. Any but the first two says that the game could not answer.
const (
	ResultOK         = 0
	ResultEmpty      = 1 // there is no such guild, or the player is not in it
	ResultAPIError   = -4
	ResultOtherError = -6
)

// Packet is a question or an answer. A part that is missing is nil.
type Packet[Body any] struct {
	Head *Head `json:"head"`
	Body *Body `json:"body"`
}

// Head is IDIP's packet header. PacketLen is 0, since HTTP has the length, and Authenticate is empty, since the URL has the
// signature.
type Head struct {
	PacketLen    int32
	Cmdid        uint32
	Seqid        uint32
	ServiceName  string
	SendTime     uint32 // YYYYMMDD, in UTC
	Version      uint32
	Authenticate string
	Result       int32
	RetErrMsg    string
}

// GuildReq is the body of the question. The ids are digits but for RoleID, which may be empty; OpenID is as the game knows the
// player.
type GuildReq struct {
	AppID   string `json:"AppId"`
	ZoneID  string `json:"ZoneId"`
	GuildID string `json:"GuildId"`
	OpenID  string `json:"OpenId"`
	RoleID  string `json:"RoleId"`
}

// GuildRsp is the body of the answer.
type GuildRsp struct {
	GuildName    string
	LeaderOpenID string `json:"LeaderOpenId"`
	IsMember     int    // 1 or 0
	IsLeader     int    // 1 or 0
}
