package messages

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

func TestATemplateIsInEffectAfterTenMinutes(t *testing.T) {
	f := newFixture(t)
	key := platform.SceneKey{AppID: f.app.AppID, Scene: "gift"}
	set := func(template string) {
		t.Helper()
		_, err := f.SetScene(t.Context(), key, SceneSettings{Template: []byte(template)})
		must(t, err)
	}
	takes := func(extra string, want retcode.Code) {
		t.Helper()
		_, compiled, err := f.inEffect(key, f.clock.NowMS())
		if err == nil {
			_, err = compiled.check(extra)
		}
		wants(t, err, want)
	}
	begin := f.clock.Now()
	set(`{"required":["a"]}`)
	f.clock.Set(begin.Add(10*time.Minute - time.Second))
	takes(`{"a":1}`, retcode.QQArkSceneNotFound)
	set(`{"required":["b"]}`) // the first was never in effect
	f.clock.Set(begin.Add(10*time.Minute + time.Second))
	takes(`{"a":1}`, retcode.QQArkSceneNotFound)
	f.clock.Advance(10 * time.Minute)
	takes(`{"b":1}`, 0)
	takes(`{"a":1}`, retcode.QQArkExtraJSONInvalid)
	set(`{"required":["c"]}`)
	takes(`{"b":1}`, 0) // the one in effect stays
	f.clock.Advance(9 * time.Minute)
	set(`{"required":["d"]}`)
	f.clock.Advance(2 * time.Minute)
	takes(`{"b":1}`, 0)
	f.clock.Advance(9 * time.Minute)
	takes(`{"d":1}`, 0)
	takes(`{"b":1}`, retcode.QQArkExtraJSONInvalid)

	off := false
	before, err := f.Scene(key)
	must(t, err)
	after, err := f.SetScene(t.Context(), key, SceneSettings{Online: &off})
	must(t, err)
	if after.Online || after.EffectiveMS != before.EffectiveMS || string(after.Template) != string(before.Template) {
		t.Errorf("the online state changed %+v to %+v", before, after)
	}
	must(t, f.RemoveScene(t.Context(), key))
	takes(`{"d":1}`, retcode.QQArkSceneNotFound)
	if err := f.RemoveScene(t.Context(), key); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}

func TestScenesThatCannotBeSet(t *testing.T) {
	f := newFixture(t)
	app := f.app.AppID
	long := strings.Repeat("s", 64)
	for _, test := range []struct {
		name     string
		key      platform.SceneKey
		template string
		want     error
	}{
		{"as long as may be", platform.SceneKey{AppID: app, Program: long, Scene: long}, "", nil},
		{"no name", platform.SceneKey{AppID: app}, "", platform.ErrInvalid},
		{"a long name", platform.SceneKey{AppID: app, Scene: long + "s"}, "", platform.ErrInvalid},
		{"a long mini program", platform.SceneKey{AppID: app, Program: long + "s", Scene: "x"}, "", platform.ErrInvalid},
		{"a blank", platform.SceneKey{AppID: app, Scene: "a b"}, "", platform.ErrInvalid},
		{"a template that explodes", platform.SceneKey{AppID: app, Scene: "x"}, explosion(100), platform.ErrInvalid},
		{"an unknown app", platform.SceneKey{AppID: app + 1, Scene: "x"}, "", platform.ErrNotFound},
	} {
		t.Run(test.name, func(t *testing.T) {
			var settings SceneSettings
			if test.template != "" {
				settings.Template = []byte(test.template)
			}
			if _, err := f.SetScene(t.Context(), test.key, settings); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
	for i := 1; i < MaxScenes; i++ {
		_, err := f.SetScene(t.Context(), platform.SceneKey{AppID: app, Scene: strconv.Itoa(i)}, SceneSettings{})
		must(t, err)
	}
	if _, err := f.SetScene(t.Context(), platform.SceneKey{AppID: app, Scene: "more"}, SceneSettings{}); !errors.Is(err, platform.ErrInvalid) {
		t.Errorf("a scene too many: %v", err)
	}
	if n := len(f.Scenes(app)); n != MaxScenes {
		t.Errorf("%d scenes are listed", n)
	}
}
