package tables

import (
	"context"
	"crypto/rand"
	"crypto/sha256"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

const readMark = `SELECT mark, (SELECT max(uin) FROM (SELECT 0 AS uin UNION ALL SELECT first_uin - 1 FROM incarnation UNION ALL SELECT max(uin) FROM accounts) numbers)
	FROM incarnation`

func scanMark(r Row) (m platform.Mark, err error) { return m, r.Scan(&m.Number, &m.LastUIN) }

// Mark implements store.Incarnation.
func (s *Store) Mark(ctx context.Context) (platform.Mark, error) {
	return scanMark(s.queryRow(ctx, readMark))
}

// Advance implements store.Incarnation.
func (s *Store) Advance(ctx context.Context) (platform.Mark, error) {
	return returning(ctx, s.write, func(t *tx) (m platform.Mark, err error) {
		if err := t.Later("UPDATE incarnation SET mark = mark + 1"); err != nil {
			return m, err
		}
		return scanMark(t.QueryRow(readMark))
	})
}

// Renew implements store.Incarnation.
func (s *Store) Renew(ctx context.Context, seen platform.Mark) (first platform.UIN, operators int, err error) {
	err = s.write(ctx, func(t *tx) error {
		if err := t.QueryRow("SELECT max(uin) FROM (SELECT first_uin AS uin FROM incarnation UNION ALL SELECT ? UNION ALL SELECT max(uin) FROM accounts) numbers", int64(seen.LastUIN)).Scan(&first); err != nil {
			return err
		}
		first = (first/store.UINsSkipped+2)*store.UINsSkipped + 1
		if err := t.Later("UPDATE incarnation SET mark = ?, first_uin = ?", seen.Number, int64(first)); err != nil {
			return err
		}
		none := make([]byte, sha256.Size)
		_, _ = rand.Read(none) // the hash of no token
		n, err := t.Exec("UPDATE operators SET token_hash = ?", none)
		operators = int(n)
		return err
	})
	return first, operators, err
}
