package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/rookeryhq/rookery/internal/transfer"
)

func newImportCommand(s *streams) *cobra.Command {
	cmd := newTransferCommand(s, "Imported", func(ctx context.Context, data, address string, tell func(transfer.Progress)) ([]transfer.Table, error) {
		return transfer.Import(ctx, data, address, tell)
	})
	cmd.Use = "import"
	cmd.Short = "Copy a stopped platform's data from its folder to a PostgreSQL"
	cmd.Long = `Copy what a stopped platform stores from its data folder to a PostgreSQL, where any number of gateways share it. At
the end both sides are read and compared. An import that was interrupted goes on where it was; until its end no gateway
starts on the database.

The first gateway keeps the data folder, with the database as a further setting; every other one gets a copy of its
keyring.json. Tokens and sessions stay valid. The folder's rookery.db is used no more: keep it until you trust the move.`
	cmd.Example = `  rookery import --data ./platform --database 'postgres://rookery@db.example/rookery?sslmode=verify-full'
  PGPASSFILE=/etc/rookery/pgpass rookery import --config /etc/rookery.yaml --json`
	return cmd
}

func newStoreExportCommand(s *streams) *cobra.Command {
	cmd := newTransferCommand(s, "Exported", func(ctx context.Context, data, address string, tell func(transfer.Progress)) ([]transfer.Table, error) {
		return transfer.Export(ctx, address, data, tell)
	})
	cmd.Use = "export"
	cmd.Short = "Copy the data of stopped gateways from their PostgreSQL to a data folder"
	cmd.Long = `Copy what gateways store in a PostgreSQL to a data folder, for one process that has it to itself. All gateways must be
stopped. At the end both sides are read and compared. An export that was interrupted goes on where it was.

The folder has no database yet: it is that of one of the gateways, or a new one to which you copy keyring.json and
admin.token of a gateway.`
	cmd.Example = `  rookery export --database 'postgres://rookery@db.example/rookery?sslmode=verify-full' --data ./platform
  PGPASSFILE=/etc/rookery/pgpass rookery export --config /etc/rookery.yaml --json`
	return cmd
}

// newTransferCommand returns a command that copies between a data folder and a database.
func newTransferCommand(s *streams, did string, run func(ctx context.Context, data, address string, tell func(transfer.Progress)) ([]transfer.Table, error)) *cobra.Command {
	var (
		from   = settings{only: []string{"data", "database"}, part: true}
		asJSON bool
	)
	cmd := &cobra.Command{
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			loaded, err := from.load(cmd)
			switch {
			case err != nil:
				return err
			case loaded.Data == "":
				return usageErrorf("data is not set: name the data folder in the file, as ROOKERY_DATA or as --data")
			case loaded.Database == "":
				return usageErrorf("database is not set: name the PostgreSQL in the file, as ROOKERY_DATABASE or as --database")
			}
			bar := newBar(s)
			all, err := run(cmd.Context(), loaded.Data, loaded.Database, bar.show)
			bar.end()
			switch {
			case cmd.Context().Err() != nil:
				return errors.Join(errInterrupted, errors.New("run the same command again to go on"))
			case err != nil:
				return err
			case asJSON:
				return writeJSON(s.out, all)
			}
			t := newTable(s.out)
			t.row("TABLE", "ROWS", "CHECKSUM ON BOTH SIDES")
			var rows int64
			for _, one := range all {
				t.row(one.Name, one.Rows, one.Checksum)
				rows += one.Rows
			}
			if err := t.flush(); err != nil {
				return err
			}
			_, err = fmt.Fprintf(s.out, "%s: %d rows.\n", did, rows)
			return err
		},
	}
	from.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the tables as JSON")
	return cmd
}

// bar shows on a terminal how far long work is.
type bar struct {
	out   io.Writer // nil without a terminal
	shown string
}

func newBar(s *streams) *bar {
	if f, isFile := s.err.(*os.File); isFile && term.IsTerminal(int(f.Fd())) {
		return &bar{out: f}
	}
	return new(bar)
}

// show shows the part that is done, when it has changed.
func (b *bar) show(p transfer.Progress) {
	if b.out == nil {
		return
	}
	const width = 40
	percent := int64(100)
	if p.Total > 0 {
		percent = 100 * p.Done / p.Total
	}
	full := strings.Repeat("#", int(percent)*width/100)
	if line := fmt.Sprintf("%-9s [%-*s] %3d %%", p.Doing, width, full, percent); line != b.shown {
		b.shown = line
		fmt.Fprint(b.out, "\r", line)
	}
}

// end leaves the line to what follows.
func (b *bar) end() {
	if b.shown != "" {
		fmt.Fprint(b.out, "\r\033[K")
	}
}
