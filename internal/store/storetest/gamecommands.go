package storetest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

var gameCommands = []test{
	{"game-commands", func(t *testing.T, s store.Store) {
		ctx := t.Context()
		refused := errors.New("refused")
		heard := listen(t, s)

		_, err := s.EditGameCommand(ctx, "b", func(*platform.GameCommand) error { return refused })
		fails(t, err, refused)
		same(t, result(s.GameCommands(ctx))(t), []platform.GameCommand{})
		off := platform.GameCommand{Name: "b", Off: true}
		same(t, result(s.EditGameCommand(ctx, "b", func(c *platform.GameCommand) error {
			same(t, *c, platform.GameCommand{})
			c.Name, c.Off = "another", true // its name stays
			return nil
		}))(t), off)
		none := platform.GameCommand{Name: "b", Off: true, Ways: []string{}}
		same(t, result(s.EditGameCommand(ctx, "b", func(c *platform.GameCommand) error {
			same(t, *c, off)
			c.Ways = []string{}
			return nil
		}))(t), none)
		sid := platform.GameCommand{Name: "a", Ways: []string{"sid"}}
		same(t, result(s.EditGameCommand(ctx, "a", func(c *platform.GameCommand) error { c.Ways = []string{"sid"}; return nil }))(t), sid)

		stored := result(s.GameCommands(ctx))(t)
		same(t, stored, []platform.GameCommand{sid, none})
		same(t, stored[1].Ways != nil, true) // no way is not the same as every way
		same(t, heard.take(), []store.Change{store.GameCommandChange{Command: off}, store.GameCommandChange{Command: none}, store.GameCommandChange{Command: sid}})
	}},
	{"game-commands-together", func(t *testing.T, s store.Store) {
		together(t, func(i int) (platform.GameCommand, error) {
			return s.EditGameCommand(t.Context(), "a", func(c *platform.GameCommand) error { c.Ways = append(c.Ways, fmt.Sprint(i)); return nil })
		})
		same(t, len(result(s.GameCommands(t.Context()))(t)[0].Ways), callers)
	}},
}
