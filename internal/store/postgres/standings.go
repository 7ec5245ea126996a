package postgres

import (
	"context"
	"database/sql"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
	"github.com/rookeryhq/rookery/internal/store/tables"
)

// standingColumns are read by scanStanding, of an openid o and its account a.
const (
	standingColumns = "o.uin, o.state, a.state, a.class, a.password_epoch, o.token_epoch, o.pay_epoch, o.ended_epoch, o.ended_by, o.scopes"
	standings       = " FROM openids o JOIN accounts a ON a.uin = o.uin WHERE o.appid = ? AND o.openid = ?"
)

func scanStanding(r tables.Row, before ...any) (s platform.Standing, err error) {
	var scopes string
	err = r.Scan(append(before, &s.UIN, &s.OpenIDState, &s.AccountState, &s.AccountClass, &s.PasswordEpoch,
		&s.TokenEpoch, &s.PayEpoch, &s.EndedEpoch, &s.EndedBy, &scopes)...)
	s.Scopes = platform.ScopesOf(scopes)
	return s, err
}

// Standing implements store.Grants. A gateway that has not heard of changes for a while may be reading from a server that is the primary no
// more.
func (s *Store) Standing(ctx context.Context, app platform.AppID, openid platform.OpenID) (standing platform.Standing, err error) {
	const statement = "SELECT " + standingColumns + standings
	args := []any{int64(app), openid[:]}
	if span := s.BeginRead(ctx, "SELECT FROM openids"); span != nil {
		defer func() { tables.EndSpan(span, err) }()
	}
	if s.Lag() <= store.MostLag {
		standing, err = scanStanding(tables.First(s.query(ctx, statement, args...)))
	} else {
		var found error
		err = s.confirmed(ctx, func(c tables.Conn) error {
			if standing, found = scanStanding(c.QueryRow(statement, args...)); errors.Is(found, sql.ErrNoRows) {
				return nil
			}
			return found
		})
		if err == nil {
			err = found
		}
	}
	if errors.Is(err, sql.ErrNoRows) {
		return platform.Standing{}, platform.ErrNotFound
	}
	return standing, err
}

// CountGrants implements store.Grants.
func (s *Store) CountGrants(ctx context.Context) (count int, err error) {
	err = s.pool.QueryRow(ctx, "SELECT count(*) FROM openids WHERE "+tables.Granted).Scan(&count)
	return count, err
}

// Standings are read ahead in pages, each a short read, by a few goroutines that each read a part of the openids of each app.
const (
	aheadReaders = 4
	aheadPage    = 5000
)

// ReadStandings implements store.Grants.
func (s *Store) ReadStandings(ctx context.Context, each func(platform.AppID, platform.OpenID, platform.Standing) bool) error {
	apps, err := s.Apps(ctx)
	if err != nil {
		return err
	}
	readers, ctx := errgroup.WithContext(ctx)
	for part := range aheadReaders {
		readers.Go(func() error {
			for _, app := range apps {
				if err := s.readPart(ctx, app.AppID, part, each); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := readers.Wait(); !errors.Is(err, errEnough) {
		return err
	}
	return nil
}

// errEnough ends the readers once one of them is told to.
var errEnough = errors.New("postgres: enough standings were read")

// readPart passes on the standings of the live grants of an app whose openids are in a part of their range.
func (s *Store) readPart(ctx context.Context, app platform.AppID, part int, each func(platform.AppID, platform.OpenID, platform.Standing) bool) error {
	after, last := []byte{byte(part * 256 / aheadReaders)}, platform.OpenID{byte((part+1)*256/aheadReaders - 1)}
	for i := 1; i < len(last); i++ {
		last[i] = 0xff
	}
	for {
		n := 0
		rows, err := s.query(ctx, "SELECT o.openid, "+standingColumns+` FROM openids o JOIN accounts a ON a.uin = o.uin
			WHERE o.appid = ? AND o.openid > ? AND o.openid <= ? AND o.`+tables.Live+" ORDER BY o.openid LIMIT ?", int64(app), after, last[:], aheadPage)
		if err != nil {
			return err
		}
		for ; rows.Next(); n++ {
			var raw []byte
			standing, err := scanStanding(rows, &raw)
			var openid platform.OpenID
			if err == nil {
				openid, err = tables.OpenIDFrom(raw)
			}
			if err == nil && !each(app, openid, standing) {
				err = errEnough
			}
			if err != nil {
				return errors.Join(err, rows.Close())
			}
			after = openid[:]
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil || n < aheadPage {
			return err
		}
	}
}
