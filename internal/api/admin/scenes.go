package admin

import (
	"encoding/json"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/platform"
)

// programField is the parameter of interfaces for one scene.
type programField struct {
	Program string `json:"program" doc:"the mini program that the scene's cards open; none without it"`
}

// scene returns the scene that the path and the URL parameter program name.
func scene(c *access.Call) (platform.SceneKey, error) {
	id, err := app(c)
	if err != nil {
		return platform.SceneKey{}, err
	}
	program, err := parameter(c, "program")
	return platform.SceneKey{AppID: id, Program: program, Scene: c.Request.PathValue("scene")}, err
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
	Template json.RawMessage `json:"template,omitzero" doc:"a JSON Schema of extraJSON"`
	Online   *bool           `json:"online,omitzero" doc:"the mini program is online"`
}

func (d *door) setScene(c *access.Call, key platform.SceneKey, in SceneSettings) (any, error) {
	return d.messages.SetScene(c.Context(), key, messages.SceneSettings{Template: in.Template, Online: in.Online})
}

// Removed is the answer to the removal of something without an answer of its own.
type Removed struct{}

func (d *door) removeScene(c *access.Call, key platform.SceneKey) (any, error) {
	return Removed{}, d.messages.RemoveScene(c.Context(), key)
}
