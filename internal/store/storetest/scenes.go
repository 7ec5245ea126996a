package storetest

import (
	"errors"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// template returns the edit that sets a scene's template.
func template(text string) func(*platform.Scene) error {
	return func(s *platform.Scene) error { s.Template, s.EffectiveMS = []byte(text), now; return nil }
}

var scenes = []test{
	{"scenes", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		key := platform.SceneKey{AppID: game, Program: "小程序", Scene: "礼'物"}
		refused := errors.New("refused")
		heard := listen(t, s)

		_, err := s.EditScene(ctx, key, 2, func(*platform.Scene) error { return refused })
		fails(t, err, refused)
		same(t, result(s.Scenes(ctx))(t), []*platform.Scene{})
		one := &platform.Scene{AppID: game, Program: "小程序", Scene: "礼'物", Online: true, Template: []byte(`{"a":1}`), EffectiveMS: now, Former: []byte(`{}`)}
		same(t, result(s.EditScene(ctx, key, 2, func(scene *platform.Scene) error {
			same(t, *scene, platform.Scene{})
			*scene = *one
			scene.AppID, scene.Scene = other, "another" // its name stays
			return nil
		}))(t), one)
		same(t, result(s.Scenes(ctx))(t), []*platform.Scene{one})

		result(s.EditScene(ctx, key, 2, func(scene *platform.Scene) error {
			same(t, scene, one)
			scene.Online = false
			return nil
		}))(t)
		changed := *one
		changed.Online = false
		same(t, result(s.Scenes(ctx))(t), []*platform.Scene{&changed})

		result(s.EditScene(ctx, platform.SceneKey{AppID: game, Scene: "b"}, 2, template(`{}`)))(t)
		_, err = s.EditScene(ctx, platform.SceneKey{AppID: game, Scene: "a"}, 2, template(`{}`))
		fails(t, err, platform.ErrFull)
		result(s.EditScene(ctx, key, 2, template(`{}`)))(t) // not a new one
		result(s.EditScene(ctx, platform.SceneKey{AppID: game - 1, Scene: "z"}, 2, template(`{}`)))(t)
		var names []string
		for _, scene := range result(s.Scenes(ctx))(t) {
			names = append(names, scene.AppID.String()+scene.Program+scene.Scene)
		}
		same(t, names, []string{(game - 1).String() + "z", game.String() + "b", game.String() + "小程序礼'物"})

		ok(t, s.RemoveScene(ctx, key))
		fails(t, s.RemoveScene(ctx, key), platform.ErrNotFound)
		fails(t, s.RemoveScene(ctx, platform.SceneKey{AppID: game, Scene: "礼'物"}), platform.ErrNotFound)
		same(t, len(result(s.Scenes(ctx))(t)), 2)
		changes := heard.take()
		same(t, len(changes), 6)
		same[store.Change](t, changes[0], store.SceneChange{Key: key, Scene: one})
		same[store.Change](t, changes[5], store.SceneChange{Key: key})
	}},
	{"scenes-made-together", func(t *testing.T, s store.Store) {
		made := together(t, func(i int) (bool, error) {
			_, err := s.EditScene(t.Context(), platform.SceneKey{AppID: game, Scene: string(rune('a' + i))}, 5, template(`{}`))
			if errors.Is(err, platform.ErrFull) {
				return false, nil
			}
			return err == nil, err
		})
		n := 0
		for _, yes := range made {
			n += platform.Bit(yes)
		}
		same(t, n, 5)
		same(t, len(result(s.Scenes(t.Context()))(t)), 5)
	}},
	{"a-scene-is-edited-together", func(t *testing.T, s store.Store) {
		key := platform.SceneKey{AppID: game, Scene: "a"}
		together(t, func(int) (*platform.Scene, error) {
			return s.EditScene(t.Context(), key, 1, func(scene *platform.Scene) error { scene.EffectiveMS++; return nil })
		})
		same(t, result(s.Scenes(t.Context()))(t)[0].EffectiveMS, callers)
	}},
}
