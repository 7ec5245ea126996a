package ranking

import (
	"context"

	"github.com/rookeryhq/rookery/internal/platform"
)

// Index knows the places of boards' players. It is derived from the scores in the store, which decide: an index that does not know
// a board yet waits for it, and never answers with an outdated or an incomplete one (docs/adr/0024).
type Index interface {
	// Place returns a player's place. ErrNotFound: the player has no score on the board.
	Place(ctx context.Context, board platform.Board, uin platform.UIN) (Place, error)
	// Page returns at most limit places from a rank on, and the number of players on the board.
	Page(ctx context.Context, board platform.Board, from, limit int) (places []Place, players int, err error)
	// Around returns at most limit places with a player's in their middle, as far as there are so many before it, and the number
	// of players on the board. ErrNotFound: the player has no score on the board.
	Around(ctx context.Context, board platform.Board, uin platform.UIN, limit int) (places []Place, players int, err error)
	// Among ranks those of the accounts that have a score on the board among each other. It returns at most limit places from a rank
	// on, the place of the first account if it has one, and how many have one.
	Among(ctx context.Context, board platform.Board, uins []platform.UIN, from, limit int) (places []Place, first *Place, players int, err error)
}

// Place is a player's place on a board. Ranks begin at 1, and no two players share one: between equal scores the one that was
// reached earlier is ahead, and at the same time that of the lower account number.
type Place struct {
	Rank int
	platform.BoardScore
}
