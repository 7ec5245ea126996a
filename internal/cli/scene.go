package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/api/admin"
	"github.com/rookeryhq/rookery/internal/messages"
	"github.com/rookeryhq/rookery/internal/platform"
)

func newSceneCommand(s *streams) *cobra.Command {
	c := &client{streams: s}
	return c.addFlags(newGroup("scene", "Manage the scenes of Ark messages", "",
		newSceneSetCommand(c), newSceneListCommand(c), newSceneShowCommand(c), newSceneRemoveCommand(c)))
}

// sceneKey holds the flags that name a scene.
type sceneKey struct {
	app            platform.AppID
	program, scene string
}

func (k *sceneKey) addFlags(cmd *cobra.Command, one bool) {
	flags := cmd.Flags()
	flags.Func("app", "`number` of the app", func(text string) (err error) {
		k.app, err = platform.ParseAppID(text)
		return err
	})
	_ = cmd.MarkFlagRequired("app") // fails only without such a flag
	if !one {
		return
	}
	flags.StringVar(&k.scene, "scene", "", "`name` of the scene")
	_ = cmd.MarkFlagRequired("scene")
	flags.StringVar(&k.program, "program", "", "`name` of the mini program that its cards open: the parameter app of /share/ark")
}

func (k *sceneKey) path() string {
	path := appsPath + "/" + k.app.String() + "/scenes"
	if k.scene != "" {
		path += "/" + url.PathEscape(k.scene)
	}
	if k.program != "" {
		path += "?program=" + url.QueryEscape(k.program)
	}
	return path
}

func newSceneSetCommand(c *client) *cobra.Command {
	var (
		key      sceneKey
		file     string
		settings admin.SceneSettings
	)
	cmd := &cobra.Command{
		Use:   "set",
		Short: "Make a scene, or change it; what no flag names stays as it is",
		Long: `Make a scene of Ark messages, or change it. What no flag names stays as it is.

The template is a JSON Schema that extraJSON has to meet, of at most ` + strconv.Itoa(messages.MaxTemplate>>10) + ` KiB. It may refer to its
own parts, but not to itself or to other documents. Its member "x-card" is the card that the receiver gets, with
{{field}} for a field of extraJSON; without one the card is extraJSON. Of a card the members title, text, url and
picture are shown.

A template is in effect ten minutes after it was set (messages.scene_delay), by the platform's clock; until then the
one in effect stays.`,
		Example: `  rookery scene set --app 100700001 --scene gift --template gift.json
  rookery scene set --app 100700001 --scene duel --program com.magpie.arena --template duel.json --online=false
  rookery scene set --app 100700001 --scene duel --program com.magpie.arena --online=true
  rookery dev clock advance 10m                              # and its template is in effect`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file != "" {
				text, err := readTemplate(file, c.in)
				if err != nil {
					return err
				}
				settings.Template = text
			}
			return ask(cmd.Context(), c, http.MethodPut, key.path(), settings, c.showScene)
		},
	}
	key.addFlags(cmd, true)
	flags := cmd.Flags()
	flags.StringVar(&file, "template", "", "`file` with the template; - is standard input (default for a new scene: any object)")
	flags.BoolFunc("online", "let its mini program be opened; --online=false refuses its messages", into(&settings.Online, strconv.ParseBool))
	return cmd
}

// readTemplate reads a file that holds one JSON document.
func readTemplate(file string, stdin io.Reader) (json.RawMessage, error) {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, usageErrorf("--template: %w", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, messages.MaxTemplate+1))
	switch {
	case err != nil:
		return nil, usageErrorf("--template: %w", err)
	case len(text) > messages.MaxTemplate:
		return nil, usageErrorf("--template: %s has more than %d bytes", file, messages.MaxTemplate)
	case !json.Valid(text):
		return nil, usageErrorf("--template: %s is not one JSON document", file)
	}
	return text, nil
}

func newSceneListCommand(c *client) *cobra.Command {
	var key sceneKey
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List an app's scenes",
		Example: `  rookery scene list --app 100700001
  rookery scene list --app 100700001 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), c, http.MethodGet, key.path(), nil, func(scenes []platform.Scene) error {
				t := newTable(c.out)
				t.row("SCENE", "PROGRAM", "ONLINE", "IN EFFECT FROM")
				for _, scene := range scenes {
					t.row(scene.Scene, scene.Program, yesNo(scene.Online), when(scene.EffectiveMS))
				}
				return t.flush()
			})
		},
	}
	key.addFlags(cmd, false)
	return cmd
}

func newSceneShowCommand(c *client) *cobra.Command {
	var key sceneKey
	cmd := &cobra.Command{
		Use:     "show",
		Short:   "Show a scene with its template",
		Example: `  rookery scene show --app 100700001 --scene demo`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), c, http.MethodGet, key.path(), nil, c.showScene)
		},
	}
	key.addFlags(cmd, true)
	return cmd
}

func newSceneRemoveCommand(c *client) *cobra.Command {
	var key sceneKey
	cmd := &cobra.Command{
		Use:     "remove",
		Short:   "Remove a scene; its messages are refused at once",
		Example: `  rookery scene remove --app 100700001 --scene gift`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return ask(cmd.Context(), c, http.MethodDelete, key.path(), nil, func(admin.Removed) error {
				_, err := fmt.Fprintf(c.out, "scene %s removed\n", clean(key.scene))
				return err
			})
		},
	}
	key.addFlags(cmd, true)
	return cmd
}

func (c *client) showScene(scene platform.Scene) error {
	t := newTable(c.out)
	t.row("AppID", scene.AppID)
	t.row("Scene", scene.Scene)
	t.row("Program", scene.Program)
	t.row("Online", yesNo(scene.Online))
	t.row("In effect from", when(scene.EffectiveMS))
	until := "no scene"
	if scene.Former != nil {
		until = "the former template"
	}
	t.row("Until then", until)
	if err := t.flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.out, "\n%s\n", clean(string(scene.Template)))
	return err
}
