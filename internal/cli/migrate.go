package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/store/postgres"
)

func newMigrateCommand(s *streams) *cobra.Command {
	return newGroup("migrate", "Bring the tables of a PostgreSQL up to date",
		`Bring the tables of the PostgreSQL that gateways share up to date. A new rookery does not start on older tables: run
'rookery migrate up' once, before the first of its gateways starts. Gateways of the version before may go on until they
are stopped.

A platform with its data in a folder does this by itself at its start.`,
		newMigrateStatusCommand(s), newMigrateUpCommand(s))
}

// newDatabaseCommand returns a command about the database that the settings name.
func newDatabaseCommand(run func(cmd *cobra.Command, address string) error) *cobra.Command {
	from := settings{only: []string{"database"}, part: true}
	cmd := &cobra.Command{
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := from.load(cmd)
			if err != nil {
				return err
			}
			if loaded.Database == "" {
				return usageErrorf("database is not set: name the PostgreSQL in the file, as ROOKERY_DATABASE or as --database")
			}
			return run(cmd, loaded.Database)
		},
	}
	from.addFlags(cmd)
	return cmd
}

func newMigrateStatusCommand(s *streams) *cobra.Command {
	var asJSON bool
	cmd := newDatabaseCommand(func(cmd *cobra.Command, address string) error {
		steps, err := postgres.Migrations(cmd.Context(), address)
		if err != nil {
			return err
		}
		if asJSON {
			return writeJSON(s.out, steps)
		}
		return writeSteps(s, steps)
	})
	cmd.Use = "status"
	cmd.Short = "Show which steps the tables have taken, and which they lack"
	cmd.Example = `  rookery migrate status --database 'postgres://rookery@db.example/rookery?sslmode=verify-full'
  rookery migrate status --config /etc/rookery.yaml --json`
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the steps as JSON")
	return cmd
}

func newMigrateUpCommand(s *streams) *cobra.Command {
	cmd := newDatabaseCommand(func(cmd *cobra.Command, address string) error {
		steps, err := postgres.Migrate(cmd.Context(), address)
		switch {
		case cmd.Context().Err() != nil:
			return errors.Join(errInterrupted, err)
		case err != nil:
			return err
		case len(steps) == 0:
			_, err = fmt.Fprintln(s.out, "The tables are up to date.")
			return err
		}
		return writeSteps(s, steps)
	})
	cmd.Use = "up"
	cmd.Short = "Make the steps that the tables lack"
	cmd.Long = `Make the steps that the tables lack, each in a transaction of its own. Of several that run at the same time one does so,
and the others wait.`
	cmd.Example = `  rookery migrate up --database 'postgres://rookery@db.example/rookery?sslmode=verify-full'
  PGPASSFILE=/etc/rookery/pgpass rookery migrate up --config /etc/rookery.yaml`
	return cmd
}

func writeSteps(s *streams, steps []postgres.Migration) error {
	t := newTable(s.out)
	t.row("VERSION", "STEP", "DONE")
	for _, step := range steps {
		t.row(step.Version, step.Name, yesNo(step.Applied))
	}
	return t.flush()
}
