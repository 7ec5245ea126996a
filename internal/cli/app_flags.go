package cli

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/platform"
)

const appFlagsHelp = `A flag whose value is one of several may be repeated; together they replace the whole list, and the word none
empties it. An address without a mask is that one address. APIs are named by the end of their path, such as verify_login
for /v2/auth/verify_login; relation is the permission for whole friend lists. An unknown name is refused with
a list of the known ones.`

// addAppFlags adds the flags that describe an app. Settings whose flags are not given stay nil.
func addAppFlags(cmd *cobra.Command, s *admin.AppSettings) {
	flags := cmd.Flags()
	flags.Func("name", "`name` of the app", into(&s.Name, verbatim))
	flags.Func("gameid", "`number` of the game at MSDK V5; 0 for none", into(&s.GameID, parseGame))
	flags.Func("environment", "`environment`: formal, or test, which only its test numbers may use", into(&s.Environment, parseEnvironment))
	flags.BoolFunc("online", "take calls", into(&s.Online, strconv.ParseBool))
	flags.BoolFunc("offline", "refuse all calls", into(&s.Online, parseNot))
	cmd.MarkFlagsMutuallyExclusive("online", "offline")
	flags.BoolFunc("require-tls", "refuse plain HTTP; --require-tls=false accepts it again", into(&s.RequireTLS, strconv.ParseBool))
	flags.Func("api", "grant this `API` by its permission name, * for all; repeatable", each(&s.APIs, verbatim))
	flags.Func("allow", "accept calls from this `CIDR` or address; repeatable", each(&s.AllowOrdinary, parsePrefix))
	flags.Func("allow-sensitive", "accept calls of sensitive APIs from this `CIDR` or address; repeatable", each(&s.AllowSensitive, parsePrefix))
	flags.Func("rate", "bound calls, as in `API=app:100/s,user:5/m`; API=none removes the bound; repeatable", func(text string) error {
		return addRate(&s.Rates, text)
	})
	flags.Func("redirect-uri", "`URI` that a login may return to, or several with semicolons; repeatable", each(&s.RedirectURIs, verbatim))
	flags.BoolFunc("open", "the app is a third party's, whose calls of the bus need permissions of their own; --open=false takes that back", into(&s.Open, strconv.ParseBool))
	flags.BoolFunc("require-pkce", "refuse logins without PKCE; --require-pkce=false accepts them again", into(&s.RequirePKCE, strconv.ParseBool))
	flags.BoolFunc("implicit", "accept logins by the implicit flow, response_type=token; --implicit=false refuses them again", into(&s.Implicit, strconv.ParseBool))
	flags.BoolFunc("require-nonce", "refuse calls of OpenAPI V3 and Ark messages without a timestamp and a nonce; --require-nonce=false accepts them again", into(&s.RequireNonce, strconv.ParseBool))
	flags.Func("idip", "`URL` at which the game's server answers about its guilds; none for no such server", into(&s.IDIP, orNone))
	flags.Func("message-limits", "most messages, as in `sender_day=10,sender_week=40,receiver_day=5,receiver_week=20,pair_day=1`; what is not named stays, default restores them all", func(text string) error {
		return addLimits(&s.MessageLimits, text)
	})
	flags.Func("achievement-type", "add a type of achievements, as in `1001=stars`; 1002=title:text for texts; 1001=none removes it; repeatable", func(text string) error {
		return addAchievementType(&s.AchievementTypes, text)
	})
	flags.Func("companions", "`types` that every report of achievements must have, as in 12,26,27,28, which is the default; none for no such types", func(text string) error {
		return readCompanions(&s.Companions, text)
	})
	flags.Func("developer", "`name` of the app's developer: a person has one unionid at all apps of a developer", into(&s.Developer, verbatim))
	flags.BoolFunc("unionid", "let the app ask for unionids; --unionid=false forbids it again", into(&s.UnionID, strconv.ParseBool))
	flags.Func("test-number", "`UIN` that may use the app in the test environment; repeatable", each(&s.TestNumbers, platform.ParseUIN))
}

// into returns the setter of a flag with one value.
func into[T any](setting **T, parse func(string) (T, error)) func(string) error {
	return func(text string) error {
		value, err := parse(text)
		*setting = &value
		return err
	}
}

// each returns the setter of a flag that is repeated to form a list.
func each[T any](setting **[]T, parse func(string) (T, error)) func(string) error {
	return func(text string) error {
		first := *setting == nil
		if first {
			*setting = &[]T{}
		}
		list := *setting
		switch {
		case text == "none" && first:
			return nil
		case text == "none" || !first && len(*list) == 0:
			return fmt.Errorf("none cannot be combined with other values")
		}
		value, err := parse(text)
		*list = append(*list, value)
		return err
	}
}

func verbatim(text string) (string, error) { return text, nil }

// orNone reads a text that the word none empties.
func orNone(text string) (string, error) {
	if text == "none" {
		return "", nil
	}
	return text, nil
}

func parseNot(text string) (bool, error) {
	b, err := strconv.ParseBool(text)
	return !b, err
}

func parseGame(text string) (id platform.GameID, err error) {
	err = id.UnmarshalText([]byte(text)) // it also takes 0
	return id, err
}

func parseEnvironment(text string) (platform.Environment, error) {
	switch e := platform.Environment(text); e {
	case platform.Formal, platform.Test:
		return e, nil
	}
	return "", fmt.Errorf("neither formal nor test")
}

func parsePrefix(text string) (netip.Prefix, error) {
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return prefix, nil
	}
	addr, err := netip.ParseAddr(text)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("neither an address nor a range such as 10.0.0.0/8")
	}
	addr = addr.Unmap() // callers' addresses are compared in this form
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// addRate reads API=app:RATE,user:RATE, with one of the two or both, or API=none.
func addRate(setting **map[string]*platform.RateLimit, text string) error {
	if *setting == nil {
		*setting = &map[string]*platform.RateLimit{}
	}
	api, spec, ok := strings.Cut(text, "=")
	if !ok || api == "" {
		return fmt.Errorf("not in the form API=app:100/s,user:5/m")
	}
	if _, twice := (**setting)[api]; twice {
		return fmt.Errorf("%s already has a rate: put both in one flag", api)
	}
	if spec == "none" {
		(**setting)[api] = nil
		return nil
	}
	var limit platform.RateLimit
	for part := range strings.SplitSeq(spec, ",") {
		whose, text, _ := strings.Cut(part, ":")
		rate, err := platform.ParseRate(text)
		if err != nil {
			return err
		}
		switch {
		case whose == "app" && limit.App == platform.Rate{}:
			limit.App = rate
		case whose == "user" && limit.User == platform.Rate{}:
			limit.User = rate
		default:
			return fmt.Errorf("%q is not app:RATE or user:RATE, each at most once", part)
		}
	}
	(**setting)[api] = &limit
	return nil
}

// addLimits reads NAME=NUMBER,..., or the word default.
func addLimits(setting *map[string]int, text string) error {
	limits := make(map[string]int)
	names := make([]string, len(platform.MessageLimitNames))
	for i, limit := range platform.MessageLimitNames {
		names[i] = limit.Name
		if text == "default" {
			limits[limit.Name] = 0
		}
	}
	if *setting = limits; text == "default" {
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name, number, _ := strings.Cut(part, "=")
		n, err := strconv.Atoi(number)
		_, twice := limits[name]
		if err != nil || n < 1 || n > platform.MaxMessageLimit || !slices.Contains(names, name) || twice {
			return fmt.Errorf("%q is not NAME=NUMBER with a number from 1 to %d and each name at most once; the names are %s", part, platform.MaxMessageLimit, strings.Join(names, ", "))
		}
		limits[name] = n
	}
	return nil
}

// addAchievementType reads NUMBER=NAME, NUMBER=NAME:text or NUMBER=none.
func addAchievementType(setting *map[int]*admin.AchievementType, text string) error {
	number, name, given := strings.Cut(text, "=")
	n, err := strconv.Atoi(number)
	if err != nil || !given || name == "" {
		return fmt.Errorf("not in the form 1001=stars, 1002=title:text or 1001=none")
	}
	if *setting == nil {
		*setting = make(map[int]*admin.AchievementType)
	}
	if _, twice := (*setting)[n]; twice {
		return fmt.Errorf("type %d is given twice", n)
	}
	if (*setting)[n] = nil; name != "none" {
		name, isText := strings.CutSuffix(name, ":text")
		(*setting)[n] = &admin.AchievementType{Name: name, Text: isText}
	}
	return nil
}

// readCompanions reads numbers separated by commas, default or none.
func readCompanions(setting **[]int, text string) error {
	list := []int{}
	switch text {
	case "none":
	case "default":
		list = slices.Clone(platform.DefaultCompanions)
	default:
		for part := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(part)
			if err != nil {
				return fmt.Errorf("%q is not a type's number: give numbers such as 12,26, none, or default", part)
			}
			list = append(list, n)
		}
	}
	*setting = &list
	return nil
}
