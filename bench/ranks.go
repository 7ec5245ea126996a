//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/ranking"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
)

const (
	rankedFriends = 200
	rankStarts    = 3 // with and without a board
)

var rankDoor = door{name: "gc_friend_rank", path: "/cgi-bin/QQConnect.fcgi", sound: retOK, target: 0.4}

// measureRanks compares a ranking of 200 friends with the bare handler, and measures what a player's rank and a page cost on boards
// of few and of many players, the memory of a ranked player, and how much longer a start with the large board takes.
func measureRanks(ctx context.Context, s settings, folder string, report *report) (err error) {
	var platforms []*platform
	defer func() {
		for _, p := range platforms {
			err = errors.Join(err, p.stop())
		}
	}()
	var (
		sides          []*side
		later          float64 // milliseconds
		friends, bare  *side
		few, many      = s.grants[0], s.grants[len(s.grants)-1]
		manyFile, game = "", rookery.AppID(0)
	)
	for _, players := range []int{few, many} {
		own := filepath.Join(folder, strconv.Itoa(players))
		if err := os.Mkdir(own, 0o700); err != nil {
			return err
		}
		games, err := makeGames(ctx, s.binary, own)
		if err != nil {
			return err
		}
		manyFile, game = filepath.Join(own, "data", "rookery.db"), games[0].AppID
		progress("seeding %d accounts", players)
		if err := seed(ctx, manyFile, game, players); err != nil {
			return err
		}
		without, err := startsToReady(ctx, s.binary, own)
		if err != nil {
			return err
		}
		if err := seedBoard(ctx, manyFile, game, players); err != nil {
			return err
		}
		with, err := startsToReady(ctx, s.binary, own)
		if err != nil {
			return err
		}
		later = with - without
		p, err := startServe(ctx, s.binary, own)
		if err != nil {
			return err
		}
		platforms = append(platforms, p)
		callers, err := rankedCallers(ctx, p, &games[0], players, s.accounts)
		if err != nil {
			return err
		}
		add := func(what string, more func() url.Values) *side {
			one := &side{name: what, process: p.process, door: &rankDoor}
			for i := range callers {
				one.logins = append(one.logins, rankRequest(&callers[i], more()))
			}
			sides = append(sides, one)
			return one
		}
		rank := add(fmt.Sprintf("rank of a player among %d", players), func() url.Values {
			return url.Values{"cmd": {"gc_rank"}, "board": {ranking.AllTime}, "around": {"self"}, "limit": {"1"}}
		})
		add(fmt.Sprintf("page of %d players", players), func() url.Values {
			return url.Values{"cmd": {"gc_rank"}, "board": {ranking.AllTime}, "from": {strconv.Itoa(1 + rand.IntN(players))}}
		})
		if err := boardIsRead(ctx, rank); err != nil {
			return err
		}
		if players == few {
			friends = add(fmt.Sprintf("ranking of %d friends", min(rankedFriends, few-1)), func() url.Values {
				return url.Values{"cmd": {"gc_friend_rank"}, "board": {ranking.AllTime}}
			})
			bare = &side{name: "bare handler for " + rankDoor.name, door: &rankDoor, logins: friends.logins}
		}
	}
	same, err := rankDoor.ask(friends.process.addr, bare.logins[0])
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
	rates := friends.each(result.perSecond)
	report.add(bare.name+": requests", median(bare.each(result.perSecond)), "/s")
	report.add(friends.name+": requests", median(rates), "/s").beside(rates, bare.each(result.perSecond)).atLeast(rankDoor.target)
	report.add(bare.name+": CPU per request", median(bare.cpu()), "us")
	for i, side := range sides {
		cpu := report.add(side.name+": CPU per request", median(side.cpu()), "us")
		if i >= 3 { // of many; those of few are the first two
			cpu.beside(side.cpu(), sides[i-3].cpu()).atMost(1.5)
		}
	}
	report.add(fmt.Sprintf("start to ready with %d ranked players, beyond one without", many), later, "ms").under(1000)
	for _, p := range platforms {
		err = errors.Join(err, p.stop())
	}
	if platforms = nil; err != nil {
		return err
	}
	return measureBoard(ctx, manyFile, game, many, report)
}

// measureBoard reads a board into memory and measures what that takes, and how long a rank takes without a door and a bus.
func measureBoard(ctx context.Context, file string, app rookery.AppID, players int, report *report) (err error) {
	st, err := sqlite.Open(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	used := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	before, begin := used(), time.Now()
	index, board := ranking.NewIndex(st), rookery.Board{AppID: app}
	defer index.Close()
	if err := index.Read(ctx, board); err != nil {
		return err
	}
	took := time.Since(begin)
	row := report.add(fmt.Sprintf("board of %d: memory of a player", players), (used()-before)/float64(players), "B")
	if players >= 10_000 {
		row.under(120)
	}
	report.add(fmt.Sprintf("board of %d: players read at a start", players), float64(players)/took.Seconds(), "/s")
	const asked = 10_000
	begin = time.Now()
	for range asked {
		if _, err := index.Place(ctx, board, firstSeeded+rookery.UIN(rand.IntN(players))); err != nil {
			return err
		}
	}
	report.add(fmt.Sprintf("board of %d: rank of a player, in the process", players), float64(time.Since(begin).Microseconds())/asked, "us").under(1000)
	return nil
}

// startsToReady returns the median of a few starts, in milliseconds.
func startsToReady(ctx context.Context, binary, folder string) (float64, error) {
	var took []float64
	for range rankStarts {
		p, err := startServe(ctx, binary, folder)
		if err != nil {
			return 0, err
		}
		took = append(took, float64(p.took.Microseconds())/1000)
		if err := p.stop(); err != nil {
			return 0, err
		}
	}
	return median(took), nil
}

// boardIsRead asks until the platform has its board in memory.
func boardIsRead(ctx context.Context, side *side) (err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for ctx.Err() == nil {
		if _, err = side.door.ask(side.process.addr, side.logins[0]); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// seedBoard gives each seeded account a score of six digits on the board of all time, and 200 friends.
func seedBoard(ctx context.Context, file string, app rookery.AppID, players int) (err error) {
	query := url.Values{"mode": {"rw"}, "_pragma": {"journal_mode(OFF)", "synchronous(OFF)", "cache_size(-524288)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: file, RawQuery: query.Encode()}).String())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(), flush(file)) }()
	db.SetMaxOpenConns(1)
	// The key of a number of three groups of two digits (platform.Decimal), none of which is 00.
	_, err = db.ExecContext(ctx, `INSERT INTO board_scores (appid, week, uin, score, reached_ms)
		SELECT ?1, 0, uin, CAST(CAST(x'338003' AS TEXT) || char(2 + abs(random() % 99), 2 + abs(random() % 99), 2 + abs(random() % 99)) AS BLOB), uin
		FROM accounts WHERE uin >= ?2 ORDER BY uin`, int64(app), firstSeeded)
	if err != nil {
		return fmt.Errorf("seeding a board: %w", err)
	}
	_, err = db.ExecContext(ctx, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
		INSERT INTO friendships (uin, friend, remark, since_ms)
		SELECT uin, ?2 + (uin - ?2 + i) % ?3, '', 0 FROM accounts, n WHERE uin >= ?2 AND uin < ?2 + 200 ORDER BY 1, 2`,
		min(rankedFriends, players-1), firstSeeded, players)
	if err != nil {
		return fmt.Errorf("seeding friends: %w", err)
	}
	return nil
}

// rankedCallers configures a game for the Game Center and returns seeded accounts, with a token each.
func rankedCallers(ctx context.Context, p *platform, g *game, players, callers int) ([]player, error) {
	secret, err := os.ReadFile(p.tokenFile)
	if err != nil {
		return nil, err
	}
	bearer := "Bearer " + strings.TrimSpace(string(secret))
	var ignored struct{}
	grant := map[string]any{"grant": []string{rookery.GameCenterPermission}}
	if err := p.ask(ctx, bearer, http.MethodPatch, "/admin/v1/apps/"+g.AppID.String(), grant, &ignored); err != nil {
		return nil, err
	}
	all := make([]player, min(callers, players))
	for i := range all {
		all[i].game, all[i].uin = g, strconv.Itoa(firstSeeded+i)
		in := map[string]any{"appid": g.AppID, "uin": all[i].uin, "kind": "access"}
		if err := p.ask(ctx, bearer, http.MethodPost, "/admin/v1/tokens", in, &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// rankRequest returns a signed call of the Game Center's door.
func rankRequest(p *player, more url.Values) []byte {
	more.Set("oauth_consumer_key", p.game.AppID.String())
	more.Set("openid", p.OpenID)
	more.Set("access_token", p.Token)
	query := more.Encode()
	params, err := sign.Query(nil).AddForm(query)
	if err != nil {
		panic(err) // our own query, always valid
	}
	return fmt.Appendf(nil, "GET %s?%s&sign=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", rankDoor.path, query, sign.GameCenter(params, p.game.AppKey))
}
