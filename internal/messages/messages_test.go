package messages

import (
	"path/filepath"
	"testing"

	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

// fixture is the service on a real store, whose calls may be made to fail.
type fixture struct {
	*Service
	t      testing.TB
	faults *fault.Set
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "rookery.db"))
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	f := &fixture{t: t, faults: new(fault.Set)}
	f.Service = New(f.faults.Store(db), new(platform.Clock), oidb.NewBus())
	f.Register()
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) fail(point string) {
	f.t.Helper()
	_, err := f.faults.Add(fault.Rule{Point: point})
	must(f.t, err)
}

// account creates an account.
func (f *fixture) account() platform.UIN {
	f.t.Helper()
	a := &platform.Account{PasswordEpoch: 1}
	must(f.t, f.store.CreateAccount(f.t.Context(), a, platform.FirstUIN))
	return a.UIN
}

// inbox returns all messages of an account.
func (f *fixture) inbox(uin platform.UIN) []platform.Message {
	f.t.Helper()
	list, err := f.store.MessagesAfter(f.t.Context(), uin, 0, 0, 0, 1000)
	must(f.t, err)
	return list
}
