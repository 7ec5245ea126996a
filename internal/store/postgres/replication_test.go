package postgres_test

import (
	"testing"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/postgres"
	"github.com/rookeryhq/rookery/test/pg"
)

// TestWhatNoStandbyHasIsNotAcknowledged: a commit whose synchronous standby does not answer in time has failed for its caller, although
// PostgreSQL says that it succeeded. Once a standby answers, commits on the same connections succeed again.
func TestWhatNoStandbyHasIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	address := pg.Own(t, "fsync=off").Address("postgres")
	if _, err := postgres.Migrate(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	s, uin := open(t, address), platform.UIN(10000)
	create := func() error {
		uin++
		return s.CreateAccount(t.Context(), &platform.Account{UIN: uin}, 0)
	}
	if err := create(); err != nil {
		t.Fatal(err)
	}
	exec(t, address, "ALTER SYSTEM SET synchronous_standby_names = 'absent'")
	exec(t, address, "SELECT pg_reload_conf()")
	until(t, "a commit fails", func() bool { return create() != nil })
	if _, err := s.Account(t.Context(), uin); err != nil {
		t.Errorf("the account was not made: %v; then this test shows nothing", err)
	}
	exec(t, address, "ALTER SYSTEM RESET synchronous_standby_names")
	exec(t, address, "SELECT pg_reload_conf()")
	until(t, "a commit succeeds", func() bool { return create() == nil })
	for range 20 { // on whichever connection
		if err := create(); err != nil {
			t.Error(err)
		}
	}
}
