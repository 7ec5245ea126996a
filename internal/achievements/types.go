package achievements

import (
	"slices"

	"github.com/rookeryhq/rookery/internal/platform"
)

// Type says what the values of a type are.
type Type struct {
	Name    string
	Text    bool // they need not be numbers
	Derived bool // the platform computes them, and does not accept any
}

// types are the types that every app has (msdk-v3.md, 9.1). Identifiers are texts: they have no order.
var types = map[int]Type{
	1: {Name: "level"}, 2: {Name: "money"}, platform.AchievementScore: {Name: "score of a round"}, 4: {Name: "experience"},
	platform.AchievementBest:        {Name: "best score of all time", Derived: true},
	platform.AchievementSettledRank: {Name: "rank of last week", Derived: true},
	7:                               {Name: "challenge score"}, 8: {Name: "last login"},
	platform.AchievementDayRounds:  {Name: "rounds of the day", Derived: true},
	platform.AchievementWeekRounds: {Name: "rounds of the week", Derived: true},
	platform.AchievementDayBest:    {Name: "best score of the day", Derived: true},
	platform.AchievementPlatform:   {Name: "platform"}, 13: {Name: "game mode"}, 14: {Name: "length of a game"},
	platform.AchievementWeekBest: {Name: "best score of the week", Derived: true},
	platform.AchievementWeekRank: {Name: "rank of the week", Derived: true},
	17:                           {Name: "power"}, 18: {Name: "power rank"}, 19: {Name: "stages cleared"}, 20: {Name: "stages of the week"},
	21: {Name: "points"}, 22: {Name: "points rank"}, 23: {Name: "rounds"}, 24: {Name: "win rate"}, 25: {Name: "registered"},
	platform.AchievementZone: {Name: "zone", Text: true}, platform.AchievementServer: {Name: "server", Text: true},
	platform.AchievementRole: {Name: "role", Text: true}, 29: {Name: "role name", Text: true},
	30: {Name: "guild", Text: true}, 31: {Name: "joined the guild"}, 32: {Name: "purchase"}, 35: {Name: "profession", Text: true},
	43: {Name: "total recharge"}, 44: {Name: "recharge"}, 45: {Name: "VIP level"}, 46: {Name: "recharged"},
	301: {Name: "guild name", Text: true}, 302: {Name: "guild level"}, 303: {Name: "guild power"}, 304: {Name: "guild rank"}, 305: {Name: "guild honour"},
	306: {Name: "guild created"}, 307: {Name: "guild dissolved"}, 308: {Name: "guild members"}, 309: {Name: "guild member change"},
	310: {Name: "guild profile", Text: true}, 311: {Name: "guild office change"}, 312: {Name: "guild's group", Text: true}, 313: {Name: "group bound"},
	6000: {Name: "online time of the day"},
}

// TypeOf returns a type of an app, and whether the app knows it. An app's own types come after those of all apps.
func TypeOf(app *platform.App, number int) (t Type, known bool) {
	if t, ok := types[number]; ok {
		return t, true
	}
	at := slices.IndexFunc(app.AchievementTypes, func(t platform.AchievementType) bool { return t.Type == number })
	if at < 0 {
		return Type{}, false
	}
	return Type{Name: app.AchievementTypes[at].Name, Text: app.AchievementTypes[at].Text}, true
}
