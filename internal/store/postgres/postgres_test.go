package postgres_test

import (
	"os"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/postgres"
	"github.com/rookeryhq/rookery/internal/store/storetest"
	"github.com/rookeryhq/rookery/test/pg"
)

func TestMain(m *testing.M) { os.Exit(pg.Main(m)) }

func open(t testing.TB, address string) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		// Without looks at the log, which may tell a change twice.
		s, err := postgres.OpenLooking(t.Context(), pg.Database(t)+"&pool_max_conns=8", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
