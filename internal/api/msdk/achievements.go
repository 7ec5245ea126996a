package msdk

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/items"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// The stages of interfaces of the Game Center, which has numbers of its own for what they refuse.
var (
	GameCenterConfigured = access.Step("gamecenter-configured", configured, retcode.GameCenterAppNotConfigured)
	GameCenterAppRate    = gameCenterRate(access.AppRate)
	GameCenterUserRate   = gameCenterRate(access.UserRate)
)

func configured(c *access.Call) error {
	if !c.App.Granted(platform.GameCenterPermission) {
		return retcode.GameCenterAppNotConfigured.Errorf("app %s is not configured for the Game Center", c.App.AppID)
	}
	return nil
}

func gameCenterRate(rate access.Stage) access.Stage {
	return access.Step("gamecenter-"+rate.Name, func(c *access.Call) error {
		var coded *retcode.Error
		if err := rate.Run(c); !errors.As(err, &coded) {
			return err
		}
		return retcode.GameCenterRateExceeded.Errorf("%s", coded.Detail()).WithRetryAfter(coded.RetryAfter())
	}, retcode.GameCenterRateExceeded)
}

// AchievementCodes are the codes of Achievements.
var AchievementCodes = append([]retcode.Code{retcode.GameCenterParamMissing}, items.Codes...)

// Achievements reads the body member with that name, which is a report's items in an array, or in a string that contains one.
// Errors are -4033 when it is missing, and those of items.Read.
func Achievements(name string, value jsontext.Value) ([]*wire.AchievementItem, error) {
	if value.Kind() == '"' {
		text, err := jsontext.AppendUnquote(nil, value)
		if err != nil {
			return nil, retcode.GameCenterParamNotJSON.Errorf("body member %q is not text in UTF-8", name)
		}
		value = text
	}
	if len(value) == 0 || value.Kind() == 'n' {
		return nil, retcode.GameCenterParamMissing.Errorf("body member %q is missing or empty", name)
	}
	return items.Read(value)
}
