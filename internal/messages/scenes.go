package messages

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/retcode"
)

// Bounds on an app's scenes.
const (
	MaxScenes    = 200
	MaxTemplate  = 16 << 10 // bytes
	maxSceneName = 64       // bytes
)

// scenes holds all scenes in memory, with their templates compiled when they are first needed.
type scenes struct {
	mu  sync.Mutex // held while the map is replaced
	all atomic.Pointer[map[platform.SceneKey]*scene]
}

type scene struct {
	*platform.Scene
	template, former func() (*template, error)
}

// put replaces a scene; nil removes it.
func (s *scenes) put(key platform.SceneKey, to *platform.Scene) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := maps.Clone(*s.all.Load())
	if to == nil {
		delete(all, key)
	} else {
		all[key] = newScene(to)
	}
	s.all.Store(&all)
}

// load replaces all scenes.
func (s *scenes) load(list []*platform.Scene) {
	all := make(map[platform.SceneKey]*scene, len(list))
	for _, one := range list {
		all[one.Key()] = newScene(one)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all.Store(&all)
}

func newScene(of *platform.Scene) *scene {
	compiled := func(text json.RawMessage) func() (*template, error) {
		return sync.OnceValues(func() (*template, error) { return newTemplate(text) })
	}
	return &scene{of, compiled(of.Template), compiled(of.Former)}
}

// inEffect returns the template of a scene that is in effect at a time. Error: 225009.
func (s *Service) inEffect(key platform.SceneKey, nowMS int64) (*scene, *template, error) {
	found := (*s.scenes.all.Load())[key]
	if found == nil {
		return nil, nil, retcode.QQArkSceneNotFound.Errorf("%v", platform.NoScene(key))
	}
	compiled := found.template
	if nowMS < found.EffectiveMS {
		if found.Former == nil {
			return nil, nil, retcode.QQArkSceneNotFound.Errorf("scene %.40q is configured, but not in effect yet", key.Scene)
		}
		compiled = found.former
	}
	t, err := compiled()
	return found, t, err
}

// SceneSettings are an operator's settings of a scene. What is nil stays as it is, or gets its default.
type SceneSettings struct {
	Template json.RawMessage // of extraJSON: JSON Schema; without one a new scene takes every object
	Online   *bool           // the mini program that its cards open; a new scene is online
}

// anyObject is the template of a scene without one.
const anyObject = `{"type":"object"}`

// SetScene sets a scene. A new template is in effect after SceneDelay; until then the one in effect stays. Errors:
// platform.ErrInvalid, platform.ErrNotFound for an unknown app.
func (s *Service) SetScene(ctx context.Context, key platform.SceneKey, settings SceneSettings) (*platform.Scene, error) {
	if s.apps.ByID(key.AppID) == nil {
		return nil, platform.NoApp(key.AppID)
	}
	if key.Scene == "" {
		return nil, platform.Invalidf("scene", "scene is missing")
	}
	for _, part := range [...]struct{ field, name string }{{"scene", key.Scene}, {"program", key.Program}} {
		if len(part.name) > maxSceneName || strings.Trim(part.name, nameCharacters) != "" {
			return nil, platform.Invalidf(part.field, "%s %.70q is not at most %d letters, digits, dots, dashes and underscores", part.field, part.name, maxSceneName)
		}
	}
	if settings.Template != nil {
		if _, err := newTemplate(settings.Template); err != nil {
			return nil, err
		}
	}
	now := s.clock.NowMS()
	stored, err := s.store.EditScene(ctx, key, MaxScenes, func(scene *platform.Scene) error {
		isNew := scene.Template == nil
		if settings.Template == nil && isNew {
			settings.Template = json.RawMessage(anyObject)
		}
		if settings.Template != nil {
			if !isNew && scene.EffectiveMS <= now {
				scene.Former = scene.Template
			}
			scene.Template, scene.EffectiveMS = settings.Template, now+s.SceneDelay.Milliseconds()
		}
		switch {
		case settings.Online != nil:
			scene.Online = *settings.Online
		case isNew:
			scene.Online = true
		}
		return nil
	})
	if errors.Is(err, platform.ErrFull) {
		return nil, platform.Invalidf("scene", "app %s has %d scenes already, which is the most", key.AppID, MaxScenes)
	}
	return stored, err
}

const nameCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

// RemoveScene removes a scene. Error: platform.ErrNotFound.
func (s *Service) RemoveScene(ctx context.Context, key platform.SceneKey) error {
	return s.store.RemoveScene(ctx, key)
}

// Scene returns one scene. Error: platform.ErrNotFound.
func (s *Service) Scene(key platform.SceneKey) (*platform.Scene, error) {
	if found := (*s.scenes.all.Load())[key]; found != nil {
		return found.Scene, nil
	}
	return nil, platform.NoScene(key)
}

// Scenes returns an app's scenes, by mini program and name.
func (s *Service) Scenes(app platform.AppID) []*platform.Scene {
	list := []*platform.Scene{}
	for key, scene := range *s.scenes.all.Load() {
		if key.AppID == app {
			list = append(list, scene.Scene)
		}
	}
	slices.SortFunc(list, func(a, b *platform.Scene) int {
		return strings.Compare(a.Program+"\x00"+a.Scene, b.Program+"\x00"+b.Scene)
	})
	return list
}
