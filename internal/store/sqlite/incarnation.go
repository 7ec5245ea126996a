package sqlite

import (
	"context"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

const readMark = "SELECT mark, max(first_uin - 1, (SELECT ifnull(max(uin), 0) FROM accounts)) FROM incarnation"

func scanMark(r row) (m platform.Mark, err error) { return m, r.Scan(&m.Number, &m.LastUIN) }

// Mark implements store.Incarnation.
func (s *Store) Mark(ctx context.Context) (platform.Mark, error) {
	return scanMark(s.queryRow(ctx, readMark))
}

// Advance implements store.Incarnation.
func (s *Store) Advance(ctx context.Context) (platform.Mark, error) {
	return returning(ctx, s.writer, func(t *tx) (m platform.Mark, err error) {
		if _, err := t.exec("UPDATE incarnation SET mark = mark + 1"); err != nil {
			return m, err
		}
		return scanMark(t.queryRow(readMark))
	})
}

// Renew implements store.Incarnation.
func (s *Store) Renew(ctx context.Context, seen platform.Mark) (first platform.UIN, operators int, err error) {
	err = s.writer.write(ctx, func(t *tx) error {
		if err := t.queryRow("SELECT max(first_uin, ?, (SELECT ifnull(max(uin), 0) FROM accounts)) FROM incarnation", int64(seen.LastUIN)).Scan(&first); err != nil {
			return err
		}
		first = (first/store.UINsSkipped+2)*store.UINsSkipped + 1
		if _, err := t.exec("UPDATE incarnation SET mark = ?, first_uin = ?", seen.Number, int64(first)); err != nil {
			return err
		}
		n, err := t.exec("UPDATE operators SET token_hash = randomblob(length(token_hash))")
		operators = int(n)
		return err
	})
	return first, operators, err
}
