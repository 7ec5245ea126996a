package platform

// Binding says which QQ group serves a guild.
type Binding struct {
	Guild
	GuildName string `json:"guild_name" doc:"the guild's name"`
	GC        GC     `json:"gc" doc:"the group's number; 0 while the group is being created"`
	OpenID    OpenID `json:"group_openid" doc:"the game's name for the group"`
	UIN       UIN    `json:"uin" doc:"the account that bound it"`
	SinceMS   int64  `json:"since_ms" doc:"when it was begun"`

	// Request names the steps of the binding to the group platform, which takes the same request twice for one.
	Request string `json:"-"`
}

// GroupPermission is among an app's APIs when it may bind groups to its guilds. No app has it by default.
const GroupPermission = "group"
