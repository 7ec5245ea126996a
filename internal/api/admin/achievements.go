package admin

import (
	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/achievements"
	"github.com/rookeryhq/rookery/internal/platform"
)

// Achievements are a player's values that have not expired, by type.
type Achievements struct {
	UIN          platform.UIN `json:"uin" doc:"the account"`
	Achievements []Achieved   `json:"achievements" doc:"the values"`
}

// Achieved is one value.
type Achieved struct {
	platform.Achievement
	Name    string `json:"name" doc:"of its type"`
	Derived bool   `json:"derived" doc:"the platform computed it"`
}

// achievementFields are the parameters of listAchievements.
type achievementFields struct {
	UIN  platform.UIN `json:"uin" required:"true" doc:"the player's account"`
	Type int          `json:"type" min:"0" doc:"lists only the value of this type"`
}

// listAchievements shows what the player named by the URL parameter uin has achieved; with the parameter type only that.
func (d *door) listAchievements(c *access.Call, id platform.AppID) (any, error) {
	app := d.registry.ByID(id)
	if app == nil {
		return nil, platform.NoApp(id)
	}
	text, err := parameter(c, "uin")
	if err != nil {
		return nil, err
	}
	uin, err := platform.ParseUIN(text)
	if err != nil {
		return nil, err
	}
	kind, err := QueryNumber(c, "type", 0, platform.MaxAchievementType)
	if err != nil {
		return nil, err
	}
	list, err := d.achievements.Achievements(c.Context(), id, uin)
	if err != nil {
		return nil, err
	}
	answer := &Achievements{UIN: uin, Achievements: []Achieved{}}
	for _, a := range list {
		if kind == 0 || a.Type == int(kind) {
			t, _ := achievements.TypeOf(app, a.Type)
			answer.Achievements = append(answer.Achievements, Achieved{a, t.Name, t.Derived})
		}
	}
	if kind != 0 && len(answer.Achievements) == 0 {
		return nil, platform.ErrNotFound.Errorf("account %s has no value of type %d in app %s", uin, kind, id)
	}
	return answer, nil
}
