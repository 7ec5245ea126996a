package ranking

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

const (
	readAtOnce  = 1000      // scores, for which writers wait
	settledKept = 2_000_000 // players on the boards of past weeks that are in memory
)

// Index knows the places of boards' players. It holds boards in memory, which it reads from the store when they are first asked for, and which
// then follow the store's changes. It is derived: the scores in the store decide. A question waits for a board that is not known yet, and is never
// answered from a part of one (docs/adr/0024); the answer is as old as what the store has reported (store.Store.Lag). It is safe for
// concurrent use.
type Index struct {
	store   store.Achievements
	ended   context.Context
	end     context.CancelFunc
	reading sync.WaitGroup

	mu     sync.Mutex
	boards map[platform.Board]*board
	asked  uint64 // how often boards were asked for
}

// board is one in memory. Its scores only rise, so a score that was read and one that was reported meanwhile can come in any order.
type board struct {
	ready chan struct{} // closed when it has been read, or could not be
	err   error         // why it could not be read; set before ready is closed
	asked atomic.Uint64 // Index.asked when it was last asked for

	mu      sync.RWMutex
	tree    *tree
	players map[platform.UIN]mark // as in the tree
}

func newBoard() *board {
	return &board{ready: make(chan struct{}), tree: newTree(), players: make(map[platform.UIN]mark)}
}

// Place is a player's place on a board. Ranks begin at 1, and no two players share one: between equal scores the one that was
// reached earlier is ahead, and at the same time that of the lower account number.
type Place struct {
	Rank int
	platform.BoardScore
}

// NewIndex returns an index of the store's boards. It must be made before the first write.
func NewIndex(st store.Store) *Index {
	m := &Index{store: st, boards: make(map[platform.Board]*board)}
	m.ended, m.end = context.WithCancel(context.Background())
	st.OnChange(func(c store.Change) {
		if c, ok := c.(store.ScoreChange); ok {
			m.changed(c)
		}
	})
	return m
}

// Close ends the reading of boards.
func (m *Index) Close() {
	m.end()
	m.reading.Wait()
}

// Forget empties the index, as a restart does.
func (m *Index) Forget() { m.Drop(func(platform.Board) bool { return true }) }

// Drop gives up boards. They are read anew when they are asked for.
func (m *Index) Drop(which func(platform.Board) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.boards {
		if which(name) {
			delete(m.boards, name)
		}
	}
}

// Read has a board read, and returns when it has been.
func (m *Index) Read(ctx context.Context, name platform.Board) error {
	_, err := m.board(ctx, name)
	return err
}

// board returns a board when it has been read. A caller that leaves does not end the reading.
func (m *Index) board(ctx context.Context, name platform.Board) (*board, error) {
	b := m.open(name)
	select {
	case <-b.ready:
		return b, b.err
	default:
	}
	ctx = oidb.Wait(ctx)
	select {
	case <-b.ready:
		return b, b.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// open returns a board, which may still be read.
func (m *Index) open(name platform.Board) *board {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.boards[name]
	if b == nil {
		b = newBoard()
		m.boards[name] = b // before it is read, so that no change is missed
		m.reading.Go(func() {
			defer close(b.ready)
			if b.err = m.read(b, name); b.err != nil {
				m.dropFailed(name, b)
			}
		})
	}
	m.asked++
	b.asked.Store(m.asked)
	return b
}

func (m *Index) dropFailed(name platform.Board, b *board) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.boards[name] == b {
		delete(m.boards, name)
	}
}

// read reads a board. A panic is an error of the calls that wait, as it would be if each of them read.
func (m *Index) read(b *board, name platform.Board) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ranking: reading a board: %v", p)
		}
	}()
	for after := platform.UIN(0); ; {
		scores, err := m.store.BoardScores(m.ended, name, after, readAtOnce)
		if err != nil {
			return err
		}
		b.raise(scores...)
		if len(scores) < readAtOnce {
			return nil
		}
		after = scores[len(scores)-1].UIN
	}
}

// DropSettled gives up the boards of past weeks that nobody has asked for the longest, until those that stay have at most settledKept
// players, or are one.
func (m *Index) DropSettled(thisWeek int64) { m.dropSettled(thisWeek, settledKept) }

func (m *Index) dropSettled(thisWeek int64, most int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var settled []platform.Board
	for name := range m.boards {
		if name.Week != 0 && name.Week < thisWeek {
			settled = append(settled, name)
		}
	}
	slices.SortFunc(settled, func(x, y platform.Board) int {
		return int(m.boards[y].asked.Load()) - int(m.boards[x].asked.Load())
	})
	players := 0
	for i, name := range settled {
		if players += m.boards[name].size(); players > most && i > 0 {
			delete(m.boards, name)
		}
	}
}

// changed follows a change of the store. A board that is not in memory needs none: it is read later, with the change.
func (m *Index) changed(c store.ScoreChange) {
	m.mu.Lock()
	b := m.boards[platform.Board{AppID: c.AppID, Week: c.Week}]
	m.mu.Unlock()
	if b != nil {
		b.raise(platform.BoardScore{UIN: c.UIN, Score: c.Score, ReachedMS: c.ReachedMS})
	}
}

// Players returns the number of places in memory, on all boards together.
func (m *Index) Players() (players int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.boards {
		players += b.size()
	}
	return players
}

func (b *board) size() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.tree.size
}

// raise takes scores that are above the players' known ones.
func (b *board) raise(scores ...platform.BoardScore) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range scores {
		score := &scores[i]
		old, known := b.player(score.UIN)
		if known && score.Score.Compare(b.score(&old)) <= 0 {
			continue
		}
		if known {
			b.tree.remove(old)
			delete(b.tree.rests, score.UIN)
		}
		x, rest := newItem(score.Score.Key(), score.ReachedMS, score.UIN)
		if rest != "" {
			b.tree.rests[score.UIN] = rest
		}
		b.tree.insert(x)
		b.players[score.UIN] = x.mark
	}
}

// player returns an account's item. b.mu must be held.
func (b *board) player(uin platform.UIN) (item, bool) {
	m, ok := b.players[uin]
	return item{m, uin}, ok
}

// score returns the score of an item. b.mu must be held.
func (b *board) score(x *item) platform.Decimal {
	var key [2 * headBytes]byte // nearly all fit
	d, err := platform.DecimalOfKey(b.tree.appendKey(key[:0], x))
	if err != nil {
		panic("ranking: " + err.Error()) // the key was a number's
	}
	return d
}

// place returns the place of an item with so many before it. b.mu must be held.
func (b *board) place(x *item, before int) Place {
	return Place{before + 1, platform.BoardScore{UIN: x.uin, Score: b.score(x), ReachedMS: x.reachedMS()}}
}

// places returns at most limit places after so many. b.mu must be held.
func (b *board) places(before, limit int) []Place {
	items := b.tree.page(nil, before, limit)
	places := make([]Place, len(items))
	for i := range items {
		places[i] = b.place(&items[i], before+i)
	}
	return places
}

// Place returns a player's place. ErrNotFound: the player has no score on the board.
func (m *Index) Place(ctx context.Context, name platform.Board, uin platform.UIN) (Place, error) {
	b, err := m.board(ctx, name)
	if err != nil {
		return Place{}, err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	x, ok := b.player(uin)
	if !ok {
		return Place{}, platform.ErrNotFound
	}
	return b.place(&x, b.tree.rank(x)), nil
}

// Page returns at most limit places from a rank on, and the number of players on the board.
func (m *Index) Page(ctx context.Context, name platform.Board, from, limit int) ([]Place, int, error) {
	b, err := m.board(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.places(from-1, limit), b.tree.size, nil
}

// Around returns at most limit places with a player's in their middle, as far as there are so many before it, and the number of players on
// the board. ErrNotFound: the player has no score on the board.
func (m *Index) Around(ctx context.Context, name platform.Board, uin platform.UIN, limit int) ([]Place, int, error) {
	b, err := m.board(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	x, ok := b.player(uin)
	if !ok {
		return nil, b.tree.size, platform.ErrNotFound
	}
	return b.places(max(0, b.tree.rank(x)-limit/2), limit), b.tree.size, nil
}

// Among ranks those of the accounts that have a score on the board among each other. It returns at most limit places from a rank on, the place
// of the first account if it has one, and how many have one.
func (m *Index) Among(ctx context.Context, name platform.Board, uins []platform.UIN, from, limit int) (places []Place, first *Place, players int, err error) {
	b, err := m.board(ctx, name)
	if err != nil {
		return nil, nil, 0, err
	}
	places, first, players = b.among(uins, from, limit)
	return places, first, players, nil
}

// among is Index.Among for a board.
func (b *board) among(uins []platform.UIN, from, limit int) (places []Place, first *Place, players int) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	items := make([]item, 0, 256) // on the stack; more are not
	for _, uin := range uins {
		if x, ok := b.player(uin); ok {
			items = append(items, x)
		}
	}
	if x, ok := b.player(uins[0]); ok {
		before := 0
		for i := range items {
			if b.tree.compare(&items[i], &x) < 0 {
				before++
			}
		}
		place := b.place(&x, before)
		first = &place
	}
	best := b.tree.best(items, min(from-1+limit, len(items)))
	for i := from - 1; i < len(best); i++ {
		places = append(places, b.place(&best[i], i))
	}
	return places, first, len(items)
}
