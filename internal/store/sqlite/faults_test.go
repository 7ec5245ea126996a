package sqlite

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/tables"
)

var everyCall = flag.Bool("every-call", false, "let every call to the disk go wrong in turn; otherwise some do")

// Of the script: a session of one app with two people.
const (
	scriptApp   platform.AppID = 1101
	scriptAnn                  = platform.FirstUIN
	scriptBen                  = platform.FirstUIN + 1
	scriptStart                = int64(1_700_000_000_000)
	scriptEnd                  = scriptStart + 1_000_000
)

var (
	scriptOpenID  = platform.OpenID{15: 1}
	scriptLogin   = platform.Login{ID: scriptStart << 20, AppID: scriptApp, Salt: 7, OpenID: scriptOpenID, Scopes: []string{"login"}, ExpiresMS: scriptEnd}
	scriptBinding = platform.Binding{
		Guild: platform.Guild{AppID: scriptApp, Zone: "1", ID: "7"}, GuildName: "Night Herons", GC: platform.FirstGC, UIN: scriptAnn, SinceMS: scriptStart, Request: "bind",
	}
	scriptSession = [16]byte{1}
)

// scriptTicket is a code, with the serial 0, or a refresh token.
func scriptTicket(serial uint32) platform.Ticket {
	return platform.Ticket{Login: scriptLogin.ID, Salt: scriptLogin.Salt, Serial: serial}
}

func scriptEvent(kind platform.EventType) []platform.Event {
	return []platform.Event{{Type: kind, TimeMS: scriptStart, Guild: scriptBinding.Guild, GC: scriptBinding.GC, UIN: scriptAnn}}
}

// script is what the platform does in the session, a write a step.
var script = []func(context.Context, *Store) error{
	func(ctx context.Context, s *Store) error {
		return s.CreateApp(ctx, &platform.App{AppID: scriptApp, GameID: 11, Name: "Heron"}, scriptStart)
	},
	func(ctx context.Context, s *Store) error {
		return s.CreateAccount(ctx, &platform.Account{Profile: platform.Profile{Nickname: "Ann"}, PasswordHash: "hash"}, scriptAnn)
	},
	func(ctx context.Context, s *Store) error {
		return s.CreateAccount(ctx, &platform.Account{Profile: platform.Profile{Nickname: "Ben"}}, scriptAnn)
	},
	func(ctx context.Context, s *Store) error {
		return s.Befriend(ctx, scriptAnn, scriptBen, 10, scriptStart)
	},
	func(ctx context.Context, s *Store) error {
		_, err := s.EnsureOpenIDs(ctx, scriptApp, []platform.UIN{scriptAnn, scriptBen}, []platform.OpenID{scriptOpenID, {15: 2}}, scriptStart)
		return err
	},
	func(ctx context.Context, s *Store) error {
		_, _, err := s.EnsurePlayer(ctx, platform.Player{AppID: scriptApp, Channel: 2, MSDKOpenID: 1 << 60, OpenID: scriptOpenID}, scriptStart)
		return err
	},
	// Logins and refreshes.
	func(ctx context.Context, s *Store) error { return s.CreateLogin(ctx, scriptLogin) },
	func(ctx context.Context, s *Store) error {
		_, err := s.ExchangeCode(ctx, scriptApp, scriptTicket(0), &platform.Openkey{AppID: scriptApp, Session: 1, ExpiresMS: scriptEnd}, scriptEnd, scriptStart, func(*platform.Login) error { return nil })
		return err
	},
	func(ctx context.Context, s *Store) error { return scriptRefresh(ctx, s, 1) },
	func(ctx context.Context, s *Store) error { return scriptRefresh(ctx, s, 2) },
	func(ctx context.Context, s *Store) error {
		return s.RenewOpenkey(ctx, scriptApp, 1, scriptStart, scriptEnd+1)
	},
	// Messages: their cards take pages of their own.
	func(ctx context.Context, s *Store) error { return scriptSend(ctx, s, scriptAnn, scriptBen, 1) },
	func(ctx context.Context, s *Store) error { return scriptSend(ctx, s, scriptBen, scriptAnn, 2) },
	func(ctx context.Context, s *Store) error { return scriptSend(ctx, s, scriptAnn, scriptBen, 3) },
	func(ctx context.Context, s *Store) error {
		return s.ReadMessages(ctx, scriptBen, 1<<53, scriptStart)
	},
	// A binding comes and goes.
	func(ctx context.Context, s *Store) error {
		_, err := s.CreateGroup(ctx, platform.Group{Name: "Herons", Owner: scriptAnn, Capacity: 200}, "bind", platform.GroupLimits{})
		return err
	},
	func(ctx context.Context, s *Store) error { return s.BeginBinding(ctx, scriptBinding) },
	func(ctx context.Context, s *Store) error {
		return s.FinishBinding(ctx, scriptBinding, scriptEvent("guild_bound"))
	},
	func(ctx context.Context, s *Store) error {
		return s.JoinGroup(ctx, scriptBinding.GC, platform.GroupMembership{UIN: scriptBen}, 10, func(*platform.Group) error { return nil })
	},
	func(ctx context.Context, s *Store) error { return s.Delivered(ctx, platform.LaneStream, 1) },
	func(ctx context.Context, s *Store) error {
		return s.ReleaseBinding(ctx, scriptBinding, scriptEvent("guild_unbound"))
	},
	func(ctx context.Context, s *Store) error { return s.EndBinding(ctx, scriptBinding) },
	func(ctx context.Context, s *Store) error {
		one, err := platform.ParseDecimal("100")
		if err != nil {
			return err
		}
		_, err = s.ReportAchievements(ctx, platform.AchievementReport{
			AppID: scriptApp, UIN: scriptAnn, Day: 4, NowMS: scriptStart, Items: []platform.Achievement{{Type: platform.AchievementScore, Data: "100", Number: one}},
		})
		return err
	},
	// Everything ends.
	func(ctx context.Context, s *Store) error {
		return s.EndLogin(ctx, scriptApp, scriptOpenID, 1, platform.EndedByApp, scriptStart)
	},
	func(ctx context.Context, s *Store) error {
		_, err := s.Authorize(ctx, scriptApp, scriptOpenID, []string{"login"}, true, scriptStart)
		return err
	},
	func(ctx context.Context, s *Store) error {
		return s.EndGrant(ctx, scriptApp, scriptOpenID, platform.EndedByUser, scriptStart)
	},
	func(ctx context.Context, s *Store) error {
		return s.EndSession(ctx, scriptAnn, scriptSession, scriptEnd, scriptStart)
	},
	func(ctx context.Context, s *Store) error {
		audited := platform.WithAudit(ctx, &platform.Audit{Entry: platform.AuditEntry{AtMS: scriptStart, By: "mara", Action: "POST /admin/v1/accounts"}})
		_, err := s.UpdateAccount(audited, scriptAnn, func(a *platform.Account) error { a.PasswordHash = "another"; a.PasswordEpoch++; return nil })
		return err
	},
	func(ctx context.Context, s *Store) error {
		_, err := s.FreezeAccount(ctx, scriptBen, scriptStart, func(a *platform.Account) error { a.State = platform.AccountFrozen; return nil })
		return err
	},
	func(ctx context.Context, s *Store) error {
		_, err := s.ReclaimOpenID(ctx, scriptApp, scriptAnn, scriptStart)
		return err
	},
	func(ctx context.Context, s *Store) error { return s.Unfriend(ctx, scriptAnn, scriptBen) },
	func(ctx context.Context, s *Store) error {
		_, err := s.SweepMessages(ctx, scriptStart+2, 0, 10)
		return err
	},
	func(ctx context.Context, s *Store) error { _, err := s.Advance(ctx); return err },
}

func scriptRefresh(ctx context.Context, s *Store, serial uint32) error {
	_, err := s.UseRefresh(ctx, scriptApp, scriptTicket(serial), nil, 0, scriptStart)
	return err
}

func scriptSend(ctx context.Context, s *Store, from, to platform.UIN, n int64) error {
	_, _, err := s.StoreMessage(ctx, platform.Message{
		UIN: to, From: from, AppID: scriptApp, Kind: platform.ShareMessage, Request: fmt.Sprint("request-", n), SentMS: scriptStart + n,
		MessageContent: platform.MessageContent{Title: "Come and play", Text: strings.Repeat("x", 6000)},
	}, &platform.MessageQuota{MessageLimits: platform.MessageLimits{SenderDay: 2, SenderWeek: 2, ReceiverDay: 2, ReceiverWeek: 2, PairDay: 2}, Day: 7, Monday: 5})
	return err
}

// openOn opens the store of a disk, which writes its log back every few pages.
func openOn(ctx context.Context, d *disk) (*Store, error) {
	s, err := Open(ctx, filepath.Join(d.folder, "rookery.db"))
	if err != nil {
		return nil, err
	}
	return s, s.writer.exec("PRAGMA wal_autocheckpoint = 8")
}

// contentOfAll is what is in all tables, but for what depends on time and on failed attempts: when the tables were made, and the lowest bits of messages' IDs.
func contentOfAll(t *testing.T, s *Store) string {
	t.Helper()
	rows, err := s.readers.Query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version' ORDER BY name")
	names, err := tables.Collect(rows, err, func(r tables.Row) (name string, err error) { return name, r.Scan(&name) })
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		query := `SELECT * FROM "` + name + `"`
		if name == "messages" {
			query = "SELECT uin, id >> 12, sender, request, content, read_ms, day FROM messages"
		}
		rows, err := s.readers.Query(query)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(&all, append([]any{name}, values...)...)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// wantWhole fails unless a store's file is whole.
func wantWhole(t *testing.T, s *Store) {
	t.Helper()
	var found string
	if err := s.readers.QueryRow("PRAGMA quick_check").Scan(&found); err != nil || found != "ok" {
		t.Errorf("quick_check: %s, %v", found, err)
	}
}

// recording is of the session on a disk that works: what the tables have after the start and after each step, and the calls to the disk.
type recording struct {
	after []string
	calls []call
}

func record(t *testing.T) (r recording) {
	t.Helper()
	d, done := newDisk(t, works, 0)
	defer done()
	s, err := openOn(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	r.after = append(r.after, contentOfAll(t, s))
	for i, step := range script {
		if err := step(t.Context(), s); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
		r.after = append(r.after, contentOfAll(t, s))
	}
	mustClose(t, s)
	r.calls = d.calls
	return r
}

// TestFaultsOfTheDisk lets one call after another go wrong in a session, from the creation of the file to its end. Nothing that was acknowledged is
// lost, nothing of a step that failed remains while the process lives, nothing that had ended comes back, and the file is whole.
func TestFaultsOfTheDisk(t *testing.T) {
	r := record(t)
	if states := slices.Compact(slices.Clone(r.after)); len(states) != len(script)+1 {
		t.Fatalf("%d steps leave %d states", len(script), len(states))
	}
	count := make(map[call]int)
	for i, is := range r.calls {
		if count[is]++; !*everyCall && count[is]%19 != 1 {
			continue
		}
		n := i + 1
		for _, wrong := range []fault{broken, full, forgotten, powerless} {
			if wrong == full && is != aWrite || wrong == forgotten && is != aFlush {
				continue
			}
			t.Run(fmt.Sprintf("call %d, a %s, %s", n, is, wrong), func(t *testing.T) {
				if wrong == powerless {
					r.cutOff(t, n)
				} else {
					r.survive(t, wrong, n)
				}
			})
		}
	}
	t.Logf("%d steps with the calls %v", len(script), count)
	for _, is := range []call{aWrite, aFlush, aTruncation, aDeletion} {
		if count[is] == 0 {
			t.Errorf("the session has no %s", is)
		}
	}
}

// survive goes on after a call went wrong: a step that failed is repeated.
func (r *recording) survive(t *testing.T, wrong fault, n int) {
	d, done := newDisk(t, wrong, n)
	defer done()
	s, err := openOn(t.Context(), d)
	if err != nil {
		d.repair()
		if s != nil {
			s.Close()
		}
		if s, err = openOn(t.Context(), d); err != nil {
			t.Fatalf("the second start: %v", err)
		}
	}
	for i, step := range script {
		if err := step(t.Context(), s); err == nil {
			continue
		}
		if diff := cmp.Diff(r.after[i], contentOfAll(t, s)); diff != "" {
			t.Errorf("of step %d, which failed, this remains:\n%s", i, diff)
		}
		d.repair()
		if err := step(t.Context(), s); err != nil {
			t.Errorf("step %d, repeated: %v", i, err)
		}
	}
	_ = s.Close() // it may be the call that goes wrong
	d.repair()
	s, err = openOn(t.Context(), d)
	if err != nil {
		t.Fatalf("the next start: %v", err)
	}
	defer mustClose(t, s)
	r.wantState(t, s, len(script))
}

// cutOff ends the session at a call, and begins again with what is on the disk.
func (r *recording) cutOff(t *testing.T, n int) {
	d, done := newDisk(t, powerless, n)
	defer done()
	acknowledged := 0
	s, err := openOn(t.Context(), d)
	if err == nil {
		for acknowledged < len(script) && script[acknowledged](t.Context(), s) == nil {
			acknowledged++
		}
	}
	if s != nil {
		_ = s.Close()
	}
	for what, survives := range map[string]func(i, n int) bool{
		"all that was written":            func(int, int) bool { return true },
		"what was flushed":                func(int, int) bool { return false },
		"all but the last write":          func(i, n int) bool { return i < n-1 },
		"every other write since a flush": func(i, _ int) bool { return i%2 == 1 },
	} {
		t.Run(what, func(t *testing.T) {
			after, done := newDisk(t, works, 0)
			defer done()
			d.left(t, after.folder, survives)
			s, err := openOn(t.Context(), after)
			if err != nil {
				t.Fatalf("the next start: %v", err)
			}
			defer mustClose(t, s)
			is := contentOfAll(t, s)
			next := acknowledged
			if next < len(script) && is == r.after[next+1] {
				next++ // it was done, and nobody heard of it
			}
			r.wantState(t, s, next)
			for i, step := range script[next:] {
				if err := step(t.Context(), s); err != nil {
					t.Fatalf("step %d, after the next start: %v", next+i, err)
				}
			}
			r.wantState(t, s, len(script))
		})
	}
}

// wantState fails unless the store is whole and as it was after that many steps.
func (r *recording) wantState(t *testing.T, s *Store, steps int) {
	t.Helper()
	wantWhole(t, s)
	if diff := cmp.Diff(r.after[steps], contentOfAll(t, s)); diff != "" {
		t.Errorf("after %d steps: -want +got:\n%s", steps, diff)
	}
}
