package refuse

import (
	"testing"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/retcode"
)

// TestWhatAPlayerBroughtIsNotTheGamesDefect: a game passes on the token, openkey or pay token that a player's client gave it. Whatever is
// wrong with that, the game lets the player log in again; whether it reads the door's number, or the result of the check in its message,
// makes no difference.
func TestWhatAPlayerBroughtIsNotTheGamesDefect(t *testing.T) {
	doors := map[string]func(retcode.Code) retcode.Code{
		"all doors": Meaning,
		"openapi":   OpenAPIMeaning,
		"/user/":    UserMeaning,
		"game center": func(result retcode.Code) retcode.Code {
			code, _ := retcode.From(GameCenter(&oidb.Failure{Code: result}))
			return code
		},
	}
	apart := map[string]map[int]string{
		"/user/":      {34: "the game's server has openid and token from one exchange", 69: "the same"},
		"game center": {68: "-4032 is also for an appid that the game itself put into the command"},
	}
	for domain, numbers := range map[retcode.Domain][]int{
		retcode.AccessToken: {33, 34, 35, 38, 64, 65, 66, 67, 68, 69, 70, 71, 74},
		retcode.PayToken:    {16, 17, 18, 19, 24, 94, 101},
	} {
		for _, number := range numbers {
			result, ok := retcode.Lookup(domain, number)
			if !ok || result.Class() != retcode.ClassReauthorize {
				t.Errorf("%v is of class %v", result, result.Class())
			}
			for door, translate := range doors {
				if domain == retcode.PayToken && door != "all doors" || apart[door][number] != "" {
					continue
				}
				if code := translate(result); code.Class() != retcode.ClassReauthorize {
					t.Errorf("%s answers %v with %v, of class %v", door, result, code, code.Class())
				}
			}
		}
	}
}
