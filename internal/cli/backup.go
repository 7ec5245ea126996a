package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/rookeryhq/rookery/internal/backup"
)

func newBackupCommand(s *streams) *cobra.Command {
	cmd := newCopyCommand(s, "Backed up", backup.Make)
	cmd.Short = "Copy a platform's data, while it runs, to a new folder, and check the copy"
	cmd.Use = "backup DIR"
	cmd.Long = `Copy what a platform stores to a new folder: the database, as of one moment and with all that was acknowledged by then,
and the keyring. The platform may be running, and need not wait. The copy is checked: the database is read whole and
has as many rows in each table, and each file has its checksum in backup.json. The folder appears when it is whole.

It holds keys and password hashes: keep it as you keep the data folder. 'rookery restore' makes a data folder of it.`
	cmd.Example = `  rookery backup ./backups/monday --data ./platform
  rookery backup /var/backups/rookery --config /etc/rookery.yaml --force      # replaces the last one`
	cmd.Flags().Lookup("force").Usage = "replace a backup that is there"
	return cmd
}

func newRestoreCommand(s *streams) *cobra.Command {
	cmd := newCopyCommand(s, "Restored", func(ctx context.Context, data, dir string, force bool) (*backup.Manifest, error) {
		return backup.Restore(ctx, dir, data, force)
	})
	cmd.Short = "Make a platform's data folder of a backup"
	cmd.Use = "restore DIR"
	cmd.Long = `Make a platform's data folder of a backup, after checking the backup. No platform may be running there, and there
must be no data unless --force says to replace it. A restore that is interrupted has changed nothing, or is ended by
running it again: until then no platform starts there.

What happened since the backup is undone: passwords, keys of apps and settings are again as they were. Tokens, sessions
and refresh tokens from before the restore are refused, since some had ended: people sign in again, and operators need
new tokens. Connected games need nothing but the platform's usual address.`
	cmd.Example = `  rookery restore ./backups/monday --data ./restored
  rookery restore /var/backups/rookery --config /etc/rookery.yaml --force     # replaces what is there`
	cmd.Flags().Lookup("force").Usage = "replace the data that is there"
	return cmd
}

// newCopyCommand returns a command that copies between the data folder and another.
func newCopyCommand(s *streams, done string, run func(ctx context.Context, data, dir string, force bool) (*backup.Manifest, error)) *cobra.Command {
	var (
		from          = settings{only: []string{"data"}}
		force, asJSON bool
	)
	cmd := &cobra.Command{
		Args: exactArgs("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			loaded, err := from.load(cmd)
			if err != nil {
				return err
			}
			m, err := run(cmd.Context(), loaded.Data, args[0], force)
			switch {
			case errors.Is(err, context.Canceled):
				return errInterrupted
			case err != nil:
				return err
			case asJSON:
				return writeJSON(s.out, m)
			}
			_, err = fmt.Fprintf(s.out, "%s: %d accounts, %d apps, %.1f MB.\n", done, m.Database.Rows["accounts"], m.Database.Rows["apps"], float64(m.Size())/1e6)
			return err
		},
	}
	from.addFlags(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&force, "force", false, "")
	flags.BoolVar(&asJSON, "json", false, "print what the backup holds as JSON")
	return cmd
}
