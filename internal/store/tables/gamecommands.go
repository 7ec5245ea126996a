package tables

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// EditGameCommand implements store.GameCommands.
func (s *Store) EditGameCommand(ctx context.Context, name string, edit func(*platform.GameCommand) error) (platform.GameCommand, error) {
	return returning(ctx, s.write, func(t *tx) (platform.GameCommand, error) {
		if err := t.lock(named(gameCommand, name)); err != nil {
			return platform.GameCommand{}, err
		}
		command, err := scanGameCommand(t.QueryRow("SELECT record FROM game_commands WHERE name = ?", name))
		if err != nil && !errors.Is(err, platform.ErrNotFound) {
			return command, err
		}
		if err := edit(&command); err != nil {
			return command, err
		}
		command.Name = name
		record, err := json.Marshal(command)
		if err != nil {
			return command, err
		}
		err = t.Later("INSERT INTO game_commands (name, record) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET record = excluded.record", name, string(record))
		t.changed(store.GameCommandChange{Command: command})
		return command, err
	})
}

// GameCommands implements store.GameCommands.
func (s *Store) GameCommands(ctx context.Context) ([]platform.GameCommand, error) {
	rows, err := s.query(ctx, "SELECT record FROM game_commands ORDER BY name")
	return Collect(rows, err, scanGameCommand)
}

func scanGameCommand(r Row) (command platform.GameCommand, err error) {
	var record []byte
	if err := r.Scan(&record); err != nil {
		return command, sentinel(err)
	}
	return command, json.Unmarshal(record, &command)
}
