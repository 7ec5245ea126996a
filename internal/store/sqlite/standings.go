package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store/tables"
)

// standingRow receives a standing as the driver reads it, as integers: database/sql would convert other types through text.
type standingRow struct {
	uin, openIDState                          int64
	accountState, accountClass, passwordEpoch int64
	tokenEpoch, payEpoch, endedEpoch, endedBy int64
}

func (r *standingRow) standing(scopes platform.ScopeSet) platform.Standing {
	return platform.Standing{
		UIN: platform.UIN(r.uin), OpenIDState: platform.OpenIDState(r.openIDState),
		AccountState: platform.AccountState(r.accountState), AccountClass: platform.AccountClass(r.accountClass), PasswordEpoch: uint32(r.passwordEpoch),
		TokenEpoch: uint32(r.tokenEpoch), PayEpoch: uint32(r.payEpoch), EndedEpoch: uint32(r.endedEpoch), EndedBy: platform.EndedBy(r.endedBy), Scopes: scopes,
	}
}

// lookups are the standings that callers wait for. Those that wait at the same time are read by one query, whose beginning and end
// are most of its cost.
type lookups struct {
	turns chan struct{} // held to read

	mu      sync.Mutex
	waiting []*lookup
}

type lookup struct {
	app      platform.AppID
	openid   platform.OpenID
	standing platform.Standing
	err      error
	done     chan struct{}
}

// mostLookups is how many standings one query reads.
const mostLookups = 16

// lookupQueries read so many standings each. A row begins with its place among the wanted ones, which are joined in that order.
var lookupQueries = func() (queries [mostLookups + 1]string) {
	var wanted strings.Builder
	for n := 1; n <= mostLookups; n++ {
		fmt.Fprintf(&wanted, "%s(%d, ?, ?)", strings.Repeat(", ", min(n-1, 1)), n-1)
		queries[n] = `
			WITH wanted(place, appid, openid) AS (VALUES ` + wanted.String() + `)
			SELECT w.place, o.uin, o.state, a.state, a.class, a.password_epoch, o.token_epoch, o.pay_epoch, o.ended_epoch, o.ended_by, o.scopes
			FROM wanted w
			CROSS JOIN openids o ON o.appid = w.appid AND o.openid = w.openid
			CROSS JOIN accounts a ON a.uin = o.uin`
	}
	return queries
}()

// Standing implements store.Grants.
func (s *Store) Standing(ctx context.Context, app platform.AppID, openid platform.OpenID) (_ platform.Standing, err error) {
	if err := ctx.Err(); err != nil {
		return platform.Standing{}, err
	}
	if span := s.BeginRead(ctx, "SELECT FROM openids"); span != nil {
		defer func() { tables.EndSpan(span, err) }()
	}
	l := &lookup{app: app, openid: openid, err: platform.ErrNotFound, done: make(chan struct{})}
	s.lookups.add(l)
	for {
		select {
		case <-l.done:
			return l.standing, l.err
		case <-ctx.Done():
			return platform.Standing{}, ctx.Err()
		case s.lookups.turns <- struct{}{}:
			runtime.Gosched() // callers that are ready come along
			s.look(s.lookups.next())
			<-s.lookups.turns
		}
	}
}

func (l *lookups) add(one *lookup) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, one)
}

// next removes the lookups of the next query.
func (l *lookups) next() []*lookup {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.waiting), mostLookups)
	some := slices.Clone(l.waiting[:n])
	l.waiting = slices.Delete(l.waiting, 0, n)
	return some
}

// look reads standings, for all callers that wait for one.
func (s *Store) look(some []*lookup) {
	if len(some) == 0 {
		return // others have taken them
	}
	if err := s.readLookups(some); err != nil {
		for _, l := range some {
			l.err = err
		}
	}
	for _, l := range some {
		close(l.done)
	}
}

func (s *Store) readLookups(some []*lookup) error {
	args := make([]any, 0, 2*mostLookups)
	for _, l := range some {
		args = append(args, int64(l.app), l.openid[:])
	}
	rows, err := s.query(context.Background(), lookupQueries[len(some)], args...) // of no caller alone
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			place  int64
			r      standingRow
			scopes string
		)
		err := rows.Scan(&place, &r.uin, &r.openIDState, &r.accountState, &r.accountClass, &r.passwordEpoch, &r.tokenEpoch, &r.payEpoch, &r.endedEpoch, &r.endedBy, &scopes)
		if err != nil {
			return err
		}
		some[place].standing, some[place].err = r.standing(platform.ScopesOf(scopes)), nil
	}
	return rows.Err()
}

// Standings are read ahead in pages, since a long read would keep the log from being checkpointed.
const (
	aheadReaders  = 4      // at most
	aheadAccounts = 10_000 // on a page
	aheadGrants   = 2_000
	aheadSpans    = 64 // parts of the openids of each app
	aheadYield    = 64 // standings after which other goroutines go first
)

// CountGrants implements store.Grants.
func (s *Store) CountGrants(ctx context.Context) (count int, err error) {
	db, err := s.aside()
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM openids WHERE "+tables.Granted).Scan(&count)
	return count, err
}

// aside opens the file once more, for long reads that checks do not wait for.
func (s *Store) aside() (*sql.DB, error) { return open(s.file, "ro", "cache_size(-4096)") }

// ReadStandings implements store.Grants. A join with the accounts would look each account up at random in a table of
// gigabytes, which is most of its cost. So the accounts are read first, in order, and only the few that differ from a new
// account are remembered.
func (s *Store) ReadStandings(ctx context.Context, each func(platform.AppID, platform.OpenID, platform.Standing) bool) error {
	db, err := s.aside()
	if err != nil {
		return err
	}
	defer db.Close()
	a := &ahead{db: db, each: each, accounts: make(map[int64]accountPart)}
	if err := a.readAccounts(ctx); err != nil {
		return err
	}
	return a.readGrants(ctx)
}

// ahead is one run of ReadStandings.
type ahead struct {
	db   *sql.DB
	each func(platform.AppID, platform.OpenID, platform.Standing) bool

	mu       sync.Mutex
	enough   atomic.Bool           // each has returned false
	numbers  []uinRange            // of accounts, by number; an account in them is like newAccount unless accounts has it
	accounts map[int64]accountPart // the accounts that differ
}

// uinRange is a range of account numbers without a gap.
type uinRange struct{ first, last int64 }

// accountPart is the part of a standing that comes from the account.
type accountPart struct{ passwordEpoch, state, class int64 }

var newAccount = accountPart{passwordEpoch: 1}

// account returns the part of an account.
func (a *ahead) account(uin int64) (account accountPart, found bool) {
	if account, found = a.accounts[uin]; found {
		return account, true
	}
	_, found = slices.BinarySearchFunc(a.numbers, uin, func(n uinRange, uin int64) int {
		switch {
		case n.last < uin:
			return -1
		case n.first > uin:
			return 1
		default:
			return 0
		}
	})
	return newAccount, found
}

// spans reads so many parts, from several goroutines.
func (a *ahead) spans(parts int, read func(part int) error) error {
	var (
		group sync.WaitGroup
		next  atomic.Int64
		errs  = make([]error, min(aheadReaders, runtime.GOMAXPROCS(0)))
	)
	for i := range errs {
		group.Go(func() {
			for part := next.Add(1) - 1; part < int64(parts) && errs[i] == nil && !a.enough.Load(); part = next.Add(1) - 1 {
				errs[i] = read(int(part))
			}
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

func (a *ahead) readAccounts(ctx context.Context) error {
	var first, last int64
	if err := a.db.QueryRowContext(ctx, "SELECT ifnull(min(uin), 0), ifnull(max(uin), 0) FROM accounts").Scan(&first, &last); err != nil {
		return err
	}
	width := (last-first)/aheadSpans + 1
	err := a.spans(aheadSpans, func(part int) error {
		after := first + int64(part)*width - 1
		for end := min(after+width, last); after < end; {
			var err error
			if after, err = a.readPageOfAccounts(ctx, after, end); err != nil {
				return err
			}
			runtime.Gosched()
		}
		return nil
	})
	slices.SortFunc(a.numbers, func(n, m uinRange) int { return cmp.Compare(n.first, m.first) })
	return err
}

// readPageOfAccounts remembers the accounts of a page above after and up to last, and returns where the page ends.
func (a *ahead) readPageOfAccounts(ctx context.Context, after, last int64) (end int64, err error) {
	err = a.db.QueryRowContext(ctx, "SELECT uin FROM accounts WHERE uin > ? AND uin <= ? ORDER BY uin LIMIT 1 OFFSET ?", after, last, aheadAccounts-1).Scan(&end)
	if errors.Is(err, sql.ErrNoRows) {
		end, err = last, nil
	}
	if err != nil {
		return 0, err
	}
	var (
		page             uinRange
		count, different int64
	)
	err = a.db.QueryRowContext(ctx, `
		SELECT count(*), ifnull(min(uin), 0), ifnull(max(uin), 0), ifnull(sum(NOT (state = ? AND class = ? AND password_epoch = ?)), 0)
		FROM accounts WHERE uin > ? AND uin <= ?`, newAccount.state, newAccount.class, newAccount.passwordEpoch, after, end).
		Scan(&count, &page.first, &page.last, &different)
	if err != nil {
		return 0, err
	}
	whole := count > 0 && page.last-page.first+1 == count
	if whole {
		a.mu.Lock()
		a.numbers = append(a.numbers, page)
		a.mu.Unlock()
	}
	if whole && different == 0 {
		return end, nil
	}
	// Of a page with gaps every account.
	rows, err := a.db.QueryContext(ctx, `
		SELECT uin, state, class, password_epoch FROM accounts
		WHERE uin > ? AND uin <= ? AND NOT (? AND state = ? AND class = ? AND password_epoch = ?)`,
		after, end, whole, newAccount.state, newAccount.class, newAccount.passwordEpoch)
	read, err := tables.Collect(rows, err, func(r tables.Row) (u standingRow, err error) {
		return u, r.Scan(&u.uin, &u.accountState, &u.accountClass, &u.passwordEpoch)
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, u := range read {
		a.accounts[u.uin] = accountPart{u.passwordEpoch, u.accountState, u.accountClass}
	}
	return end, err
}

func (a *ahead) readGrants(ctx context.Context) error {
	rows, err := a.db.QueryContext(ctx, "SELECT appid FROM apps ORDER BY appid")
	apps, err := tables.Collect(rows, err, func(r tables.Row) (app int64, err error) { return app, r.Scan(&app) })
	if err != nil {
		return err
	}
	// The first span of every app comes before the second of any, so that each app gets a share of a table that fills up.
	return a.spans(aheadSpans*len(apps), func(part int) error {
		app, span := apps[part%len(apps)], part/len(apps)
		// Byte strings below and above all openids of the span.
		after, last := []byte{byte(span * 256 / aheadSpans)}, []byte{byte((span+1)*256/aheadSpans - 1), 0xff}
		for len(last) <= len(platform.OpenID{}) {
			last = append(last, 0xff)
		}
		for after != nil {
			var err error
			if after, err = a.readPage(ctx, app, after, last); err != nil {
				return err
			}
		}
		return nil
	})
}

// readPage passes on the standings of at most a page of grants, above after and up to last. It returns the highest openid
// of them, or nil at the end.
func (a *ahead) readPage(ctx context.Context, app int64, after, last []byte) (end []byte, err error) {
	rows, err := a.db.QueryContext(ctx, `
		SELECT openid, uin, state, token_epoch, pay_epoch, ended_epoch, ended_by, scopes FROM openids
		WHERE appid = ? AND openid > ? AND openid <= ? AND `+tables.Live+` ORDER BY openid LIMIT ?`,
		app, after, last, aheadGrants)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var (
		r              standingRow
		openid, scopes sql.RawBytes
		words          string // the words of the set
		set            platform.ScopeSet
		id             platform.OpenID
		n              int
	)
	for ; rows.Next(); n++ {
		if err := rows.Scan(&openid, &r.uin, &r.openIDState, &r.tokenEpoch, &r.payEpoch, &r.endedEpoch, &r.endedBy, &scopes); err != nil {
			return nil, err
		}
		if id, err = tables.OpenIDFrom(openid); err != nil {
			return nil, err
		}
		account, found := a.account(r.uin)
		if !found {
			continue
		}
		if string(scopes) != words { // most people allow the same scopes
			words = string(scopes)
			set = platform.ScopesOf(words)
		}
		r.accountState, r.accountClass, r.passwordEpoch = account.state, account.class, account.passwordEpoch
		if !a.each(platform.AppID(app), id, r.standing(set)) {
			a.enough.Store(true)
			return nil, nil
		}
		if n%aheadYield == 0 {
			runtime.Gosched()
		}
	}
	if n == aheadGrants {
		end = id[:]
	}
	return end, rows.Err()
}
