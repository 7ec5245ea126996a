package postgres_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/postgres"
	"github.com/rookeryhq/rookery/test/pg"
)

// TestStepsThatHaveToAgreeWaitForEachOther: of two steps under way at the same time, one comes as far as a row that it writes, and the other waits for
// what the first has locked.
func TestStepsThatHaveToAgreeWaitForEachOther(t *testing.T) {
	t.Parallel()
	ctx, address := t.Context(), pg.Database(t)
	s := open(t, address)
	w := newWorld(t, s)
	exec(t, address, holdWrites)
	guild := func(id string) platform.Guild { return platform.Guild{AppID: game, Zone: "1", ID: id} }
	binding := func(id string, gc platform.GC) platform.Binding {
		return platform.Binding{Guild: guild(id), GC: gc, UIN: first, Request: id + gc.String(), SinceMS: now, OpenID: platform.OpenID{0: byte(gc), 1: id[0]}}
	}
	beginBinding := func(id string, gc platform.GC) func() error {
		return func() error { return s.BeginBinding(ctx, binding(id, gc)) }
	}
	challenge := func(challenger, opponent platform.UIN) func() error {
		return func() error {
			_, err := s.BeginChallenge(ctx, platform.Challenge{AppID: game, Request: fmt.Sprint(challenger, opponent), StartMS: now, EndMS: now + 1000, GameMS: now,
				Challenger: platform.ChallengeSide{UIN: challenger}, Opponent: platform.ChallengeSide{UIN: opponent}}, 9)
			return err
		}
	}
	limits := platform.MessageLimits{SenderDay: 9, SenderWeek: 9, ReceiverDay: 9, ReceiverWeek: 9, PairDay: 9}
	message := func(from, to platform.UIN, request string, quota *platform.MessageQuota) func() error {
		return func() error {
			_, _, err := s.StoreMessage(ctx, platform.Message{AppID: game, From: from, UIN: to, Request: request, SentMS: now}, quota)
			return err
		}
	}
	limited := &platform.MessageQuota{MessageLimits: limits, Day: 19723, Monday: 19723}
	achieve := func(kind int) func() error {
		return func() error {
			_, err := s.ReportAchievements(ctx, platform.AchievementReport{AppID: game, UIN: first, NowMS: now, Day: 19723,
				Items: []platform.Achievement{{Type: kind, Data: "one", Overwrite: true}}})
			return err
		}
	}
	updateApp := func() error {
		_, err := s.UpdateApp(ctx, game, now, func(*platform.App) error { return nil })
		return err
	}
	editChallenge := func() error {
		_, err := s.EditChallenge(ctx, game, w.challenge, func(*platform.Challenge) error { return nil })
		return err
	}
	postFeed := func() error {
		_, err := s.PostFeed(ctx, platform.Feed{AppID: game, UIN: first, PostedMS: now}, 9)
		return err
	}
	seeEntry := func() error { return s.SeeEntries(ctx, game, first, []string{"one"}, now) }
	editCommand := func() error {
		_, err := s.EditGameCommand(ctx, "command", func(*platform.GameCommand) error { return nil })
		return err
	}
	ensureOpenID := func() error {
		_, err := s.EnsureOpenID(ctx, game, first+1, platform.OpenID{2}, now)
		return err
	}
	ensureOpenIDs := func() error {
		_, err := s.EnsureOpenIDs(ctx, game, []platform.UIN{first + 2, first + 1}, []platform.OpenID{{3}, {4}}, now)
		return err
	}
	ensurePlayer := func(id platform.MSDKOpenID) func() error {
		return func() error {
			_, _, err := s.EnsurePlayer(ctx, platform.Player{AppID: game, MSDKOpenID: id, OpenID: platform.OpenID{1}}, now)
			return err
		}
	}
	updateOperator := func() error {
		_, err := s.UpdateOperator(ctx, "operator", func(*platform.Operator) error { return nil })
		return err
	}
	updateAccount := func() error {
		_, err := s.UpdateAccount(ctx, first, func(a *platform.Account) error { a.Profile.Nickname = "Ann"; return nil })
		return err
	}
	createAccount := func() error { return s.CreateAccount(ctx, &platform.Account{CreatedMS: now}, first) }
	befriend := func(a, b platform.UIN) func() error {
		return func() error { return s.Befriend(ctx, a, b, 9, now) }
	}
	newOperator := func(name string) func() error {
		return func() error { return s.CreateOperator(ctx, platform.Operator{Name: name}, 9) }
	}
	editScene := func(scene string) func() error {
		return func() error {
			_, err := s.EditScene(ctx, platform.SceneKey{AppID: game, Scene: scene}, 9, func(*platform.Scene) error { return nil })
			return err
		}
	}
	newGroup := func(owner platform.UIN) func() error {
		return func() error {
			_, err := s.CreateGroup(ctx, platform.Group{Owner: owner, Capacity: 9, CreatedMS: now}, "", platform.GroupLimits{})
			return err
		}
	}
	mayGroup := func(*platform.Group) error { return nil }
	updateGroup := func() error {
		_, err := s.UpdateGroup(ctx, w.groups[0], func(g *platform.Group) error { g.Name = "other"; return nil })
		return err
	}
	join := func(gc platform.GC, uin platform.UIN) func() error {
		return func() error {
			return s.JoinGroup(ctx, gc, platform.GroupMembership{UIN: uin, SinceMS: now}, 9, mayGroup)
		}
	}
	noteGuild := func(id string) func() error {
		return func() error { return s.NoteGuild(ctx, w.groups[0], guild(id), mayGroup) }
	}
	useRefresh := func() error {
		_, err := s.UseRefresh(ctx, game, w.refresh, nil, 0, now)
		return err
	}
	exchangeCode := func() error {
		_, err := s.ExchangeCode(ctx, game, w.code, nil, now+1000, now, func(*platform.Login) error { return nil })
		return err
	}
	report := func() error { return s.Report(ctx, []platform.Event{{TimeMS: now}}) }
	for _, test := range []struct {
		name       string
		one, other func() error
	}{
		{"numbers of accounts", createAccount, createAccount},
		{"an account", updateAccount, updateAccount},
		{"achievements of an account", achieve(11), achieve(12)},
		{"an app", updateApp, updateApp},
		{"bindings of a guild", beginBinding("a", 1), beginBinding("a", 2)},
		{"bindings of a group", beginBinding("a", 1), beginBinding("b", 1)},
		{"a binding that is finished", func() error { return s.FinishBinding(ctx, binding("a", 1), nil) }, beginBinding("a", 2)},
		{"a binding that is released", func() error { return s.ReleaseBinding(ctx, binding("a", 1), nil) }, beginBinding("a", 2)},
		{"a binding that is given up", func() error { return s.EndBinding(ctx, binding("a", 1)) }, beginBinding("a", 2)},
		{"challenges of a challenger", challenge(first, first+1), challenge(first, first+2)},
		{"challenges of an opponent", challenge(first+1, first), challenge(first+2, first)},
		{"a challenge", editChallenge, editChallenge},
		{"feeds of an author", postFeed, postFeed},
		{"red dots of an account", seeEntry, seeEntry},
		{"friends of the first", befriend(first, first+1), befriend(first, first+2)},
		{"friends of the second", befriend(first+1, first), befriend(first+2, first)},
		{"a game command", editCommand, editCommand},
		{"a refresh token", useRefresh, useRefresh},
		{"a refresh token and its account", useRefresh, updateAccount},
		{"a code", exchangeCode, exchangeCode},
		{"a code and its account", exchangeCode, updateAccount},
		{"an inbox", message(first+1, first, "", limited), message(first+2, first, "", limited)},
		{"an outbox", message(first, first+1, "", limited), message(first, first+2, "", limited)},
		{"an inbox of the official account's messages", message(0, first, "r", nil), message(0, first, "s", nil)},
		{"a request of the official account", message(0, first, "r", nil), message(0, first+1, "r", nil)},
		{"an account's openid", ensureOpenID, ensureOpenID},
		{"accounts' openids", ensureOpenIDs, ensureOpenID},
		{"a player", ensurePlayer(1), ensurePlayer(2)},
		{"operators", newOperator("a"), newOperator("b")},
		{"an operator who changes", updateOperator, newOperator("b")},
		{"an operator who is removed", func() error { return s.RemoveOperator(ctx, "operator") }, newOperator("b")},
		{"numbers of events", report, report},
		{"scenes of an app", editScene("a"), editScene("b")},
		{"a scene that is removed", func() error { return s.RemoveScene(ctx, platform.SceneKey{AppID: game, Scene: "scene"}) }, editScene("b")},
		{"numbers of groups", newGroup(first), newGroup(first + 1)},
		{"groups of an owner", newGroup(first + 1), func() error {
			return s.TransferGroup(ctx, w.groups[0], first+1, 9, func(*platform.Group, platform.GroupRole) error { return nil })
		}},
		{"a group", updateGroup, updateGroup},
		{"a group that is disbanded", func() error { return s.DisbandGroup(ctx, w.groups[0], "", mayGroup) }, updateGroup},
		{"guilds of a group", noteGuild("a"), noteGuild("b")},
		{"a guild that is forgotten", func() error { return s.ForgetGuild(ctx, w.groups[0], guild("a"), mayGroup) }, noteGuild("b")},
		{"members of a group", join(w.groups[0], first+2), join(w.groups[0], first+3)},
		{"groups of a member", join(w.groups[0], first+2), join(w.groups[1], first+2)},
		{"a member who leaves", func() error {
			return s.LeaveGroup(ctx, w.groups[0], first+1, first+1, func(*platform.Group, platform.GroupRole, platform.GroupRole) error { return nil })
		}, join(w.groups[0], first+2)},
	} {
		t.Run(test.name, func(t *testing.T) { waitForEachOther(t, address, test.one, test.other) })
	}
}

// holdWrites makes a statement that writes wait for the holder of the lock (1, 1). A lock of a table itself would hold a step up before it
// begins, where its statements are prepared.
const holdWrites = `
	CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(1, 1); RETURN NULL; END';
	DO $$ DECLARE name text; BEGIN
		FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema AND tablename NOT IN ('changes', 'gateways', 'leader') LOOP
			EXECUTE format('CREATE TRIGGER hold BEFORE INSERT OR UPDATE OR DELETE ON %I EXECUTE FUNCTION hold()', name);
		END LOOP;
	END $$`

// waitForEachOther runs two steps while nobody can write, until one waits for that and one for the other step. Then it ends both.
func waitForEachOther(t *testing.T, address string, steps ...func() error) {
	t.Helper()
	ctx := t.Context()
	conn := connect(t, address)
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(1, 1)"); err != nil {
		t.Fatal(err)
	}
	const waiting = " FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
	for begun := time.Now(); time.Since(begun) < patience; { // again, if they have ended meanwhile, which bounds what a step may take
		var running sync.WaitGroup
		ended := make(chan struct{})
		for _, step := range steps {
			running.Go(func() { _ = step() })
		}
		go func() {
			defer close(ended)
			running.Wait()
		}()
		found := false
		until(t, "both wait", func() bool {
			var toWrite, forOther int
			err := conn.QueryRow(ctx, "SELECT count(*) FILTER (WHERE objsubid = 2), count(*) FILTER (WHERE objsubid <> 2)"+waiting).
				Scan(&toWrite, &forOther) // objsubid is how many keys a lock has
			if err != nil {
				t.Fatal(err)
			}
			if toWrite > 1 {
				t.Fatal("neither waits for the other")
			}
			found = toWrite == 1 && forOther == 1
			select {
			case <-ended:
				return true
			default:
				return found
			}
		})
		until(t, "both have ended", func() bool {
			if _, err := conn.Exec(ctx, "SELECT pg_cancel_backend(pid)"+waiting); err != nil {
				t.Fatal(err)
			}
			select {
			case <-ended:
				return true
			default:
				return false
			}
		})
		if found {
			return
		}
	}
	t.Fatal("one does not wait for the other")
}

// world is what the steps write about.
type world struct {
	code, refresh platform.Ticket // of logins of the first account
	groups        [2]platform.GC  // of the first account; the second is a member of the first group
	challenge     int64
}

func newWorld(t *testing.T, s *postgres.Store) *world {
	t.Helper()
	ctx := t.Context()
	w := &world{
		code:    platform.Ticket{Login: now << store.LoginIDBits},
		refresh: platform.Ticket{Login: now<<store.LoginIDBits | 1, Serial: 1},
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(s.CreateApp(ctx, &platform.App{AppID: game}, now))
	for i := range platform.UIN(4) {
		check(s.CreateAccount(ctx, &platform.Account{UIN: first + i, PasswordEpoch: 1, CreatedMS: now}, first))
	}
	openid, err := s.EnsureOpenID(ctx, game, first, platform.OpenID{1}, now)
	check(err)
	for _, id := range []int64{w.code.Login, w.refresh.Login} {
		check(s.CreateLogin(ctx, platform.Login{ID: id, AppID: game, OpenID: openid, PasswordEpoch: 1, ExpiresMS: now + 100}))
	}
	_, err = s.ExchangeCode(ctx, game, platform.Ticket{Login: w.refresh.Login}, nil, now+1000, now, func(*platform.Login) error { return nil })
	check(err)
	for i := range w.groups {
		g, err := s.CreateGroup(ctx, platform.Group{Owner: first, Capacity: 9, CreatedMS: now}, "", platform.GroupLimits{})
		check(err)
		w.groups[i] = g.GC
	}
	check(s.JoinGroup(ctx, w.groups[0], platform.GroupMembership{UIN: first + 1, SinceMS: now}, 9, func(*platform.Group) error { return nil }))
	c, err := s.BeginChallenge(ctx, platform.Challenge{AppID: game, Request: "r", StartMS: now, EndMS: now + 1000, GameMS: now,
		Challenger: platform.ChallengeSide{UIN: first}, Opponent: platform.ChallengeSide{UIN: first + 1}}, 9)
	check(err)
	w.challenge = c.ID
	check(s.CreateOperator(ctx, platform.Operator{Name: "operator"}, 9))
	_, err = s.EditScene(ctx, platform.SceneKey{AppID: game, Scene: "scene"}, 9, func(*platform.Scene) error { return nil })
	check(err)
	return w
}
