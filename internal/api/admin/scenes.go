package admin

import (
	"encoding/json"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/platform"
)

// onScene returns a handler for one scene, named by the path and the URL parameter program.
func onScene(handle func(*access.Call, platform.SceneKey) (any, error)) access.Handler {
	return onApp(func(c *access.Call, id platform.AppID) (any, error) {
		program, err := parameter(c, "program")
		if err != nil {
			return nil, err
		}
		return handle(c, platform.SceneKey{AppID: id, Program: program, Scene: c.Request.PathValue("scene")})
	})
}

func (d *door) listScenes(_ *access.Call, id platform.AppID) (any, error) {
	if d.registry.ByID(id) == nil {
		return nil, platform.NoApp(id)
	}
	return d.messages.Scenes(id), nil
}

func (d *door) showScene(_ *access.Call, key platform.SceneKey) (any, error) {
	return d.messages.Scene(key)
}

// SceneSettings are an operator's settings of a scene. A missing member stays as it is, or gets its default.
type SceneSettings struct {
	Template json.RawMessage `json:"template,omitzero"`
	Online   *bool           `json:"online,omitzero"`
}

func (d *door) setScene(c *access.Call, key platform.SceneKey, in SceneSettings) (any, error) {
	return d.messages.SetScene(c.Context(), key, messages.SceneSettings{Template: in.Template, Online: in.Online})
}

// Removed is the answer to the removal of something without an answer of its own.
type Removed struct{}

func (d *door) removeScene(c *access.Call, key platform.SceneKey) (any, error) {
	return Removed{}, d.messages.RemoveScene(c.Context(), key)
}
