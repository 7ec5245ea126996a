//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

const (
	hotCallers  = 64
	hotCapacity = 1 << 30 // more than the bench can fill

	firstSeededGroup = 800_000_000
	bigGroup         = 5000 // members
)

var relationDoor = door{name: "get_group_rela_info", path: "/v2/group/get_group_rela_info", sound: retOK, target: 0.5}

// measureGroupRelation compares the question what a player is in a guild's group, through MSDK V5, with the bare handler, and what
// it costs in a group with many members, with many groups, each bound to a guild, and with more callers than are cached.
func measureGroupRelation(ctx context.Context, s settings, folder string, report *report) (err error) {
	var platforms []*platform
	defer func() {
		for _, p := range platforms {
			err = errors.Join(err, p.stop())
		}
	}()
	few, many := s.grants[0], s.grants[len(s.grants)-1]
	var sides []*side
	for _, groups := range []int{few, many} {
		own := filepath.Join(folder, strconv.Itoa(groups))
		if err := os.Mkdir(own, 0o700); err != nil {
			return err
		}
		small, big, err := seedRelations(ctx, s, own, groups)
		if err != nil {
			return err
		}
		p, err := startServe(ctx, s.binary, own)
		if err != nil {
			return err
		}
		platforms = append(platforms, p)
		if _, err := readAhead(ctx, p, groups); err != nil { // which takes time from the first calls
			return err
		}
		add := func(what string, requests [][]byte) {
			sides = append(sides, &side{name: "relation, " + what, process: p.process, door: &relationDoor, logins: requests})
		}
		if groups == few {
			add(fmt.Sprintf("%d groups", few), small)
			add(fmt.Sprintf("a group of %d", len(big)), big)
			continue
		}
		add(fmt.Sprintf("%d groups, as many callers", many), small[:min(few, len(small))])
		add(fmt.Sprintf("%d groups, %d callers", many, len(small)), small) // more than are cached
	}
	bare := &side{name: "bare handler for " + relationDoor.name, door: &relationDoor, logins: sides[0].logins}
	same, err := relationDoor.ask(sides[0].process.addr, bare.logins[0])
	if err != nil {
		return err
	}
	if bare.process, err = startBare(ctx, same); err != nil {
		return err
	}
	defer bare.process.cmd.Wait() // it ends only by a kill
	defer bare.process.cmd.Process.Kill()
	if err := takeTurns(ctx, s, append([]*side{bare}, sides...)); err != nil {
		return err
	}
	report.add(bare.name+": requests", median(bare.each(result.perSecond)), "/s")
	for i, side := range sides {
		rates := side.each(result.perSecond)
		row := report.add(side.name+": requests", median(rates), "/s").beside(rates, bare.each(result.perSecond))
		if i == 0 {
			row.atLeast(relationDoor.target)
		}
		cpu := report.add(side.name+": CPU per request", median(side.cpu()), "us")
		if i > 0 {
			cpu.beside(side.cpu(), sides[0].cpu())
		}
		if i == 1 || i == 2 {
			cpu.atMost(1.15)
		}
	}
	return nil
}

// seedRelations makes a platform of so many groups, each with a guild and an owner of its own, and one big group, and returns requests
// of owners about their groups, and of members about the big one.
func seedRelations(ctx context.Context, s settings, folder string, groups int) (small, big [][]byte, err error) {
	games, err := makeGames(ctx, s.binary, folder)
	if err != nil {
		return nil, nil, err
	}
	begin, g, data := time.Now(), &games[0], filepath.Join(folder, "data")
	file := filepath.Join(data, "rookery.db")
	progress("seeding %d accounts with a group each", groups)
	if err := errors.Join(seed(ctx, file, g.AppID, groups), seedGroups(ctx, file, g.AppID, groups)); err != nil {
		return nil, nil, err
	}
	progress("... in %.1f s", time.Since(begin).Seconds())
	accounts, err := readSeeded(ctx, file, g.AppID, (groups-1)/sampled+1)
	if err != nil {
		return nil, nil, err
	}
	about := func(gc func(seededAccount) uint64) func(*signer, seededAccount, string, string) []byte {
		return func(s *signer, a seededAccount, openid, token string) []byte {
			return s.request(relationDoor.path, fmt.Sprintf(`{"openid":"%s","token":"%s","groupid":"%d"}`, openid, token, gc(a)))
		}
	}
	small, err = asPlayers(data, g, accounts, about(func(a seededAccount) uint64 { return firstSeededGroup + uint64(a.uin) }))
	if err != nil {
		return nil, nil, err
	}
	members := accounts[:min(len(accounts), bigGroup)]
	big, err = asPlayers(data, g, members, about(func(seededAccount) uint64 { return firstSeededGroup }))
	return small, big, err
}

// seedGroups makes each seeded account the owner of a group with a guild, and the first of them members of a big group of the
// first one.
func seedGroups(ctx context.Context, file string, app rookery.AppID, groups int) (err error) {
	query := url.Values{"mode": {"rw"}, "_pragma": {"journal_mode(OFF)", "synchronous(OFF)", "cache_size(-524288)", "temp_store(MEMORY)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: query.Encode()}).String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(), flush(file)) }()
	db.SetMaxOpenConns(1)
	big := min(bigGroup, groups)
	for _, step := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO qqgroups (gc, name, owner, members, capacity, game, fee, sealed, read_only, disbanded, messages, creator, request, created_ms)
			SELECT ?1, 'big', ?2, ?3, ?3, 1, 0, 0, 0, 0, 0, ?2, '', 0
			UNION ALL SELECT ?1 + uin, 'group', uin, 1, 200, 1, 0, 0, 0, 0, 0, uin, '', 0 FROM accounts WHERE uin >= ?2`,
			[]any{firstSeededGroup, firstSeeded, big}},
		{`INSERT INTO qqgroup_members (uin, gc, role, card, since_ms)
			SELECT uin, ?1, iif(uin = ?2, 1, 3), '', 0 FROM accounts WHERE uin >= ?2 AND uin < ?2 + ?3
			UNION ALL SELECT uin, ?1 + uin, 1, '', 0 FROM accounts WHERE uin >= ?2 ORDER BY 1, 2`,
			[]any{firstSeededGroup, firstSeeded, big}},
		{`INSERT INTO bindings (appid, zone, guild, gc, openid, guild_name, uin, request, since_ms, bound)
			SELECT ?1, '0', gc, gc, randomblob(16), 'guild', owner, '', 0, 1 FROM qqgroups WHERE gc >= ?2`,
			[]any{int64(app), firstSeededGroup}},
	} {
		if _, err := db.ExecContext(ctx, step.query, step.args...); err != nil {
			return fmt.Errorf("seeding groups: %w", err)
		}
	}
	return nil
}

// measureHotGroup measures how fast 64 callers at once join one group, next to as many who each commit a row of their own, and how
// long a join takes at most for 99 of 100. The joins go through the bus and the group platform.
func measureHotGroup(ctx context.Context, s settings, folder string, report *report) (err error) {
	file := filepath.Join(folder, "rookery.db")
	st, err := sqlite.Open(ctx, file) // creates the tables
	if err != nil {
		return err
	}
	if err := errors.Join(st.Close(), seed(ctx, file, storeApp, storeAccounts)); err != nil {
		return err
	}
	accounts, err := readSeeded(ctx, file, storeApp, 1)
	if err != nil {
		return err
	}
	if st, err = sqlite.Open(ctx, file); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	bus := oidb.NewBus()
	qqgroups.New(st, new(rookery.Clock), rookery.GroupLimits{}).Register(bus)
	g, err := st.CreateGroup(ctx, rookery.Group{Owner: rookery.FirstUIN, Capacity: hotCapacity}, "", rookery.GroupLimits{})
	if err != nil {
		return err
	}
	commit := func() error {
		_, err := st.RaisePayEpoch(ctx, storeApp, accounts[rand.IntN(len(accounts))].openid, 1)
		return err
	}
	var joined atomic.Uint64
	join := func() error {
		uin := firstSeeded + joined.Add(1)*0x9E3779B97F4A7C15>>4 // in no order, as accounts that play a game come
		_, err := oidb.Call(ctx, bus, qqgroups.JoinGroup, &wire.JoinGroupRequest{Gc: uint64(g.GC), Uin: uin})
		return err
	}
	var commits, joins, slowCommits, slowJoins []float64
	for round := range s.rounds {
		for _, turn := range []struct {
			do          func() error
			rates, slow *[]float64
		}{{commit, &commits, &slowCommits}, {join, &joins, &slowJoins}} {
			var times timed
			rate, err := repeatedly(ctx, hotCallers, min(s.duration, 2*time.Second), times.of(turn.do))
			if err != nil {
				return err
			}
			*turn.rates, *turn.slow = append(*turn.rates, rate), append(*turn.slow, times.quantile(0.99))
		}
		progress("round %d of %d: %.0f commits, %.0f joins a second, p99 %.2f and %.2f ms", round+1, s.rounds, commits[round], joins[round],
			slowCommits[round], slowJoins[round])
	}
	report.add(fmt.Sprintf("hot group: durable commits of one row, %d callers", hotCallers), median(commits), "/s")
	report.add(fmt.Sprintf("hot group: joins of one group, %d callers", hotCallers), median(joins), "/s").beside(joins, commits)
	report.add(fmt.Sprintf("hot group: p99 of a commit, %d callers", hotCallers), median(slowCommits), "ms")
	report.add(fmt.Sprintf("hot group: p99 of a join, %d callers", hotCallers), median(slowJoins), "ms").beside(slowJoins, slowCommits).under(20)
	return nil
}

// timed collects how long calls take, in milliseconds. It is safe for concurrent use.
type timed struct {
	mu   sync.Mutex
	took []float64
}

// of returns a function that does the same and is timed.
func (t *timed) of(do func() error) func() error {
	return func() error {
		begin := time.Now()
		err := do()
		ms := float64(time.Since(begin).Microseconds()) / 1000
		t.mu.Lock()
		defer t.mu.Unlock()
		t.took = append(t.took, ms)
		return err
	}
}

func (t *timed) quantile(q float64) float64 {
	slices.Sort(t.took)
	return t.took[int(q*float64(len(t.took)-1))]
}
