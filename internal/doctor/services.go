package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rookeryhq/rookery/internal/achievements"
	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/groups"
	"github.com/rookeryhq/rookery/internal/idip"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func (e *examination) redirects(context.Context) error {
	e.fine = fmt.Sprintf("a login may return to %s", listed(e.app.RedirectURIs))
	if len(e.app.RedirectURIs) == 0 {
		e.warn(retcode.QQRedirectURIIllegal, e.update+" --redirect-uri https://GAME/CALLBACK", "the app has no redirect URI, so nobody can sign in to it with QQ Connect")
	}
	for _, text := range e.app.RedirectURIs {
		if u, err := url.Parse(text); err == nil && u.Scheme == "http" && !isLocal(u.Hostname()) {
			secure := slices.Clone(e.app.RedirectURIs)
			secure[slices.Index(secure, text)] = "https" + strings.TrimPrefix(text, "http")
			e.warn(0, e.update+flags("--redirect-uri", secure), "a login returns to %s by plain HTTP, so its code can be read on the way", text)
		}
	}
	for _, uri := range e.question.RedirectURIs {
		if _, ok := apps.Redirect(e.app, uri); !ok {
			all := append(slices.Clone(e.app.RedirectURIs), uri)
			e.problem(retcode.QQRedirectURIIllegal, e.update+flags("--redirect-uri", all), "%s is no redirect URI of the app: scheme, host, port and path must be those of one", uri)
		}
	}
	return nil
}

// guild is the guild that the game's server is asked about. No game needs to have it: a game that does not know a guild says so.
var guild = idip.Query{Zone: "0", Guild: "1", OpenID: "1"}

func (e *examination) idip(ctx context.Context) error {
	uses := e.app.Granted(platform.GroupPermission)
	switch {
	case e.app.IDIP == "" && uses:
		e.problem(retcode.GroupPermissionMissing, e.update+" --idip URL", "the app may bind groups to its guilds, but has no IDIP address at which they can be asked about")
		return nil
	case e.app.IDIP == "":
		e.fine = "the app has no guilds with groups"
		return nil
	case !uses:
		e.warn(retcode.GroupPermissionMissing, e.update+" --grant "+platform.GroupPermission, "the app has an IDIP address, but was not granted the permission for groups")
	}
	e.fine = "the game's server answers at " + e.app.IDIP
	_, err := e.Games.Guild(ctx, e.app, guild)
	code, _ := retcode.From(groups.NotAnswered(err))
	var status *idip.StatusError
	switch {
	case errors.As(err, &status) && (status.Status == http.StatusUnauthorized || status.Status == http.StatusForbidden):
		e.problem(code, "rookery app show "+e.app.AppID.String()+" --keys", "%v: it has another key than the platform's for the signature", err)
	case err != nil:
		e.problem(code, "rookery app ask "+e.app.AppID.String()+" GUILD --openid OPENID", "%v", err)
	case e.Games.Credulous(ctx, e.app, guild):
		e.warn(0, "", "the game's server answers questions with a wrong signature, so anybody can ask it about guilds: check sig there")
	}
	if u, err := url.Parse(e.app.IDIP); err == nil && u.Scheme == "http" && !isLocal(u.Hostname()) {
		e.warn(0, e.update+" --idip "+quote("https"+strings.TrimPrefix(e.app.IDIP, "http")), "the game's server is asked by plain HTTP, so anybody on the way can change its answers")
	}
	return nil
}

func (e *examination) scenes(context.Context) error {
	if !e.app.Granted("ark") {
		e.fine = "the app sends no Ark messages"
		return nil
	}
	scenes := e.Scenes(e.app.AppID)
	names := make([]string, len(scenes))
	for i, s := range scenes {
		names[i] = s.Scene
	}
	e.fine = "these scenes of Ark messages are in effect: " + listed(names)
	app := " --app " + e.app.AppID.String() + " --scene "
	if len(scenes) == 0 {
		e.warn(retcode.QQArkSceneNotFound, "rookery scene set"+app+"SCENE --template FILE", "the app has no scene, so no Ark message can be sent")
	}
	for _, s := range scenes {
		named := app + s.Scene
		if s.Program != "" {
			named += " --program " + s.Program
		}
		wait := time.Duration(s.EffectiveMS-e.now.UnixMilli()) * time.Millisecond
		switch {
		case !s.Online:
			e.problem(retcode.QQMessageAppNotOnline, "rookery scene set"+named+" --online=true", "scene %s is offline, so its messages are refused", s.Scene)
		case wait > 0 && s.Former == nil:
			command := ""
			if e.Dev {
				command = "rookery dev clock advance " + (wait + time.Second).Truncate(time.Second).String()
			}
			e.warn(retcode.QQArkSceneNotFound, command, "scene %s is not in effect before %s", s.Scene, time.UnixMilli(s.EffectiveMS).UTC().Format(time.RFC3339))
		}
	}
	return nil
}

func (e *examination) achievements(context.Context) error {
	if !e.app.Granted(platform.GameCenterPermission) {
		e.fine = "the app is not in the Game Center"
		if len(e.app.AchievementTypes) > 0 {
			e.warn(retcode.GameCenterAppNotConfigured, e.update+" --grant "+platform.GameCenterPermission, "the app has types of achievements, but was not granted the Game Center")
		}
		return nil
	}
	e.fine = fmt.Sprintf("every report of achievements must have the types %s", listed(e.app.RequiredCompanions()))
	for _, number := range e.app.RequiredCompanions() {
		switch t, known := achievements.TypeOf(e.app, number); {
		case !known:
			e.problem(retcode.GameCenterRequiredFieldMissing, fmt.Sprintf("%s --achievement-type %d=NAME", e.update, number),
				"every report of achievements must have type %d, which the app does not have, so no report is taken", number)
		case t.Derived:
			e.problem(retcode.GameCenterRequiredFieldMissing, e.update+" --companions NUMBERS",
				"every report of achievements must have type %d, the %s, which the platform computes itself, so no report is taken", number, t.Name)
		}
	}
	return nil
}

// listed joins the items of a list; none for an empty one.
func listed[T any](items []T) string {
	if len(items) == 0 {
		return "none"
	}
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = fmt.Sprint(item)
	}
	return strings.Join(texts, ", ")
}
