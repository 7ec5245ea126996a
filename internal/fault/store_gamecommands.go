package fault

import (
	"context"

	"github.com/rookeryhq/rookery/internal/platform"
)

func (s *faultyStore) EditGameCommand(ctx context.Context, name string, edit func(*platform.GameCommand) error) (none platform.GameCommand, err error) {
	if err := s.points.fail(ctx, "store.write:game_commands", subject{}); err != nil {
		return none, err
	}
	return s.Store.EditGameCommand(ctx, name, edit)
}

func (s *faultyStore) GameCommands(ctx context.Context) (none []platform.GameCommand, err error) {
	if err := s.points.fail(ctx, "store.read:game_commands", subject{}); err != nil {
		return none, err
	}
	return s.Store.GameCommands(ctx)
}
