package pg

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/rookeryhq/rookery/internal/store/postgres"
)

// template is the database that others are copies of.
const template = "rookery"

// databases are those of a process's tests. To make one takes a quarter of a second of the system's time, and to empty one a few
// milliseconds. So a test gets one that another has left, if there is one.
type databases struct {
	*Server
	shape string // of the template
	reset string // statements that make a copy's rows what they are in the template

	mu   sync.Mutex
	made int
	left []string // the first was left first
}

// shape tells whether a database has the template's tables, columns, constraints, functions and triggers: it changes with each statement that
// defines, alters or drops some.
const shape = `SELECT concat_ws(' ',
	(SELECT (count(*), max(xmin::text::bigint)) FROM pg_class), (SELECT (count(*), max(xmin::text::bigint)) FROM pg_attribute),
	(SELECT (count(*), max(xmin::text::bigint)) FROM pg_constraint), (SELECT (count(*), max(xmin::text::bigint)) FROM pg_proc),
	(SELECT (count(*), max(xmin::text::bigint)) FROM pg_trigger), (SELECT (count(*), max(xmin::text::bigint)) FROM pg_namespace))`

// others counts those who are connected to a database.
const others = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()`

func newDatabases(ctx context.Context, s *Server) (*databases, error) {
	address, err := s.Create(ctx, template)
	if err != nil {
		return nil, err
	}
	if _, err := postgres.Migrate(ctx, address); err != nil {
		return nil, err
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	d := &databases{Server: s}
	if err := conn.QueryRow(ctx, shape).Scan(&d.shape); err != nil {
		return nil, err
	}
	tables, err := texts(ctx, conn, "SELECT format('%I', relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
	if err != nil {
		return nil, err
	}
	var reset []string
	for _, table := range tables {
		reset = append(reset, "DELETE FROM "+table)
		rows, err := texts(ctx, conn, fmt.Sprintf("SELECT format('INSERT INTO %[1]s OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_record(NULL::%[1]s, %%L)', row_to_json(r)) FROM %[1]s r", table))
		if err != nil {
			return nil, err
		}
		reset = append(reset, rows...)
	}
	sequences, err := texts(ctx, conn, "SELECT format('SELECT setval(%L, %s, %L)', quote_ident(sequencename), coalesce(last_value, start_value), last_value IS NOT NULL) FROM pg_sequences WHERE schemaname = 'public'")
	if err != nil {
		return nil, err
	}
	d.reset = strings.Join(append(reset, sequences...), ";\n")
	return d, nil
}

func texts(ctx context.Context, conn *pgx.Conn, query string) ([]string, error) {
	rows, err := conn.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// take returns the name of a copy of the template, which is the test's until its cleanups that were added later are over.
func (d *databases) take(t testing.TB) string {
	t.Helper()
	name, err := d.leftBehind(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if name == "" {
		name = d.create(t, "TEMPLATE "+template)
	}
	t.Cleanup(func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.left = append(d.left, name)
	})
	return name
}

// leftBehind returns the name of a database that a test has left, after it has been emptied, or "".
func (d *databases) leftBehind(ctx context.Context) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for range len(d.left) {
		name := d.left[0]
		d.left = d.left[1:]
		switch how, err := d.empty(ctx, name); {
		case err != nil:
			return "", err
		case how == emptied:
			return name, nil
		case how == inUse: // a connection takes a moment to end
			d.left = append(d.left, name)
		}
	}
	return "", nil
}

// state is what became of a database that was to be emptied.
type state int

const (
	emptied state = iota
	inUse
	altered
)

func (d *databases) empty(ctx context.Context, name string) (state, error) {
	conn, err := pgx.Connect(ctx, d.Address(name))
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	var (
		connected int
		is        string
	)
	if err := conn.QueryRow(ctx, others).Scan(&connected); err != nil {
		return 0, err
	}
	if connected > 0 {
		return inUse, nil
	}
	if err := conn.QueryRow(ctx, shape).Scan(&is); err != nil {
		return 0, err
	}
	if is != d.shape {
		return altered, nil
	}
	_, err = conn.PgConn().Exec(ctx, d.reset).ReadAll()
	return emptied, err
}

// create makes a database and returns its name.
func (d *databases) create(t testing.TB, how string) string {
	t.Helper()
	d.mu.Lock()
	d.made++
	name := fmt.Sprintf("test%d", d.made)
	d.mu.Unlock()
	if err := d.exec(t.Context(), "postgres", "CREATE DATABASE "+name+" "+how); err != nil {
		t.Fatal(err)
	}
	return name
}
