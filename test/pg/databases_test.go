package pg

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

// TestADatabaseIsGivenAgain as it was at first, unless somebody is still connected to it, or it has other tables.
func TestADatabaseIsGivenAgain(t *testing.T) {
	connect := func(t *testing.T, address string) *pgx.Conn {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	const first, number = "0 rows of the outbox, lanes 0 0, incarnation 0", 1
	for _, test := range []struct {
		name, statements string
		stays, again     bool
	}{
		{"with other rows", `INSERT INTO outbox (at_ms, record) VALUES (1, '{}'); DELETE FROM outbox_lanes WHERE lane = 0;
			UPDATE incarnation SET mark = 7`, false, true},
		{"while somebody is connected", "", true, false},
		{"with a table more", "CREATE TABLE more (n INT)", false, false},
		{"with a table less", "DROP TABLE probe", false, false},
		{"with a constraint", "ALTER TABLE outbox ADD CONSTRAINT early CHECK (at_ms < 9)", false, false},
		{"with a column that was renamed and renamed back", "ALTER TABLE outbox RENAME at_ms TO at; ALTER TABLE outbox RENAME at TO at_ms", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			shared(t).left = nil // what earlier cases left
			var address string
			t.Run("before", func(t *testing.T) {
				address = Database(t)
				conn := connect(t, address)
				if _, err := conn.PgConn().Exec(t.Context(), test.statements).ReadAll(); err != nil {
					t.Fatal(err)
				}
				if !test.stays {
					disconnect(t, conn)
				}
			})
			t.Run("after", func(t *testing.T) {
				next := Database(t)
				if again := next == address; again != test.again {
					t.Errorf("it is given again: %t, want %t", again, test.again)
				}
				conn := connect(t, next)
				defer disconnect(t, conn)
				var (
					content string
					id      int
				)
				if err := conn.QueryRow(t.Context(), `SELECT format('%s rows of the outbox, lanes %s, incarnation %s',
					(SELECT count(*) FROM outbox), (SELECT string_agg(delivered::text, ' ') FROM outbox_lanes), (SELECT mark FROM incarnation))`).Scan(&content); err != nil || content != first {
					t.Errorf("it has %s, want %s: %v", content, first, err)
				}
				if err := conn.QueryRow(t.Context(), "INSERT INTO outbox (at_ms, record) VALUES (1, '{}') RETURNING id").Scan(&id); err != nil || id != number {
					t.Errorf("the next row of the outbox has the number %d, want %d: %v", id, number, err)
				}
			})
		})
	}
}

// disconnect ends a connection and waits until the server has noticed.
func disconnect(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	pid := conn.PgConn().PID()
	if err := conn.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := shared(t)
	other, err := pgx.Connect(t.Context(), server.Address("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(t.Context())
	for gone := false; !gone; {
		if err := other.QueryRow(t.Context(), "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)", pid).Scan(&gone); err != nil {
			t.Fatal(err)
		}
	}
}
