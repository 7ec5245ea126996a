package platform

import (
	"fmt"
	"slices"
)

// Types of achievements that the platform treats in a way of their own (msdk-v3.md 9.1).
const (
	AchievementScore       = 3  // of one round; the rankings follow from it
	AchievementBest        = 5  // of all time
	AchievementSettledRank = 6  // in the ranking of the last settled week
	AchievementDayRounds   = 9  // rounds today
	AchievementWeekRounds  = 10 // rounds this week
	AchievementDayBest     = 11 // best score of today
	AchievementPlatform    = 12 // 1 Android, 2 iOS
	AchievementWeekBest    = 15 // best score of this week
	AchievementWeekRank    = 16 // in the ranking of this week
	AchievementZone        = 26
	AchievementServer      = 27
	AchievementRole        = 28
)

// DefaultCompanions are the types that every report of an app without a setting of its own must contain.
var DefaultCompanions = []int{AchievementPlatform, AchievementZone, AchievementServer, AchievementRole}

// MaxAchievementData bounds the bytes of an achievement's value.
const MaxAchievementData = MaxDecimal

// Achievement is the value that a player has for a type.
type Achievement struct {
	Type      int     `json:"type" doc:"the type's number"`
	Data      string  `json:"data" doc:"the value"`
	Number    Decimal `json:"-"` // Data as a number; the zero value for another text
	Overwrite bool    `json:"-"` // of a report: it replaces any value; otherwise only a lower one
	ExpiresMS int64   `json:"expires_ms" doc:"from then on there is no value; 0 for never"`
	UpdatedMS int64   `json:"updated_ms" doc:"when it was last reported"`
}

// AchievementReport is what a game reports of a player: all of it is accepted or nothing.
type AchievementReport struct {
	AppID AppID
	UIN   UIN
	Items []Achievement
	NowMS int64
	Day   int64 // on which it counts, by the Calendar
}

// Tally is what the platform derives from the scores that were reported of a player. Numbers without a round are zero values.
type Tally struct {
	Best, WeekBest, DayBest Decimal
	WeekRounds, DayRounds   int64
}

// Board names a ranking of an app: that of the week that begins on that day, a Monday, or that of all time for Week 0.
type Board struct {
	AppID AppID
	Week  int64
}

// BoardScore is a player's best score of a week or of all time, and when it was reached. Between equal scores, the earlier is
// ahead.
type BoardScore struct {
	UIN       UIN
	Score     Decimal
	ReachedMS int64
}

// RecentGame says when an account last played a game.
type RecentGame struct {
	AppID    AppID `json:"appid"`
	PlayedMS int64 `json:"played_ms"`
}

// AchievementType is a type of achievements that an app has besides those that all apps have. Its JSON form is stored and
// shown by the admin API.
type AchievementType struct {
	Type int    `json:"type" doc:"the type's number"`
	Name string `json:"name" doc:"the type's name"`
	Text bool   `json:"text,omitzero" doc:"its values need not be numbers"`
}

// Bounds on an app's types and companions.
const (
	MaxAchievementType  = 1_000_000
	MaxAchievementTypes = 200
)

// RequiredCompanions returns the types that every report of the app must contain.
func (a *App) RequiredCompanions() []int {
	if a.Companions == nil {
		return DefaultCompanions
	}
	return a.Companions
}

func (a *App) validateAchievements() error {
	if len(a.AchievementTypes) > MaxAchievementTypes {
		return Invalidf("achievement_types", "an app has at most %d achievement types of its own, not %d", MaxAchievementTypes, len(a.AchievementTypes))
	}
	for i, t := range a.AchievementTypes {
		if t.Type < 1 || t.Type > MaxAchievementType {
			return Invalidf("achievement_types", "achievement type %d is not from 1 to %d", t.Type, MaxAchievementType)
		}
		if slices.ContainsFunc(a.AchievementTypes[:i], func(o AchievementType) bool { return o.Type == t.Type }) {
			return Invalidf("achievement_types", "achievement type %d is given twice", t.Type)
		}
		if err := CheckText("achievement_types", t.Name, 100); err != nil {
			return fmt.Errorf("achievement type %d: %w", t.Type, err)
		}
	}
	if len(a.Companions) > MaxAchievementTypes {
		return Invalidf("companions", "an app requires at most %d companions, not %d", MaxAchievementTypes, len(a.Companions))
	}
	for _, t := range a.Companions {
		if t < 1 || t > MaxAchievementType {
			return Invalidf("companions", "companion %d is not from 1 to %d", t, MaxAchievementType)
		}
	}
	return nil
}
