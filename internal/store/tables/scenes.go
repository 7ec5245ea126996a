package tables

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// EditScene implements store.Scenes.
func (s *Store) EditScene(ctx context.Context, key platform.SceneKey, most int, edit func(*platform.Scene) error) (*platform.Scene, error) {
	return returning(ctx, s.write, func(t *tx) (*platform.Scene, error) {
		if err := t.lock(of(scenesOf, key.AppID)); err != nil {
			return nil, err
		}
		scene, err := scanScene(t.QueryRow("SELECT record FROM scenes WHERE appid = ? AND program = ? AND scene = ?", int64(key.AppID), key.Program, key.Scene))
		if errors.Is(err, platform.ErrNotFound) {
			scene, err = &platform.Scene{}, nil
		}
		if err != nil {
			return nil, err
		}
		if err := edit(scene); err != nil {
			return nil, err
		}
		scene.AppID, scene.Program, scene.Scene = key.AppID, key.Program, key.Scene
		record, err := json.Marshal(scene)
		if err != nil {
			return nil, err
		}
		rows, err := t.Exec(`INSERT INTO scenes (appid, program, scene, record) SELECT ?1, ?2, ?3, ?4
			WHERE (SELECT count(*) FROM scenes WHERE appid = ?1 AND (program, scene) <> (?2, ?3)) < ?5
			ON CONFLICT (appid, program, scene) DO UPDATE SET record = excluded.record`,
			int64(key.AppID), key.Program, key.Scene, string(record), most)
		if err == nil && rows == 0 {
			return nil, platform.ErrFull
		}
		t.changed(store.SceneChange{Key: key, Scene: scene})
		return scene, err
	})
}

func scanScene(r Row) (*platform.Scene, error) {
	var record []byte
	if err := r.Scan(&record); err != nil {
		return nil, sentinel(err)
	}
	scene := new(platform.Scene)
	return scene, json.Unmarshal(record, scene)
}

// RemoveScene implements store.Scenes.
func (s *Store) RemoveScene(ctx context.Context, key platform.SceneKey) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.lock(of(scenesOf, key.AppID)); err != nil {
			return err
		}
		t.changed(store.SceneChange{Key: key})
		return missing(t.affect("DELETE FROM scenes WHERE appid = ? AND program = ? AND scene = ?", int64(key.AppID), key.Program, key.Scene), platform.NoScene, key)
	})
}

// Scenes implements store.Scenes.
func (s *Store) Scenes(ctx context.Context) ([]*platform.Scene, error) {
	rows, err := s.query(ctx, "SELECT record FROM scenes ORDER BY appid, program, scene")
	return Collect(rows, err, scanScene)
}
