package tables

import (
	"context"
	"fmt"
	"math"

	"github.com/go-json-experiment/json" // a list has thousands of profiles, which this reads twice as fast

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// Befriend implements store.Friendships.
func (s *Store) Befriend(ctx context.Context, a, b platform.UIN, most int, nowMS int64) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.lock(of(friendsOf, a), of(friendsOf, b)); err != nil {
			return err
		}
		if rows, err := t.Exec("INSERT INTO friendships (uin, friend, remark, since_ms) VALUES (?1, ?2, '', ?3), (?2, ?1, '', ?3) ON CONFLICT DO NOTHING",
			int64(a), int64(b), nowMS); rows == 0 || err != nil {
			return err
		}
		var friends int
		err := t.QueryRow("SELECT max(n) FROM (SELECT count(*) AS n FROM friendships WHERE uin = ? UNION ALL SELECT count(*) FROM friendships WHERE uin = ?) numbers", int64(a), int64(b)).
			Scan(&friends)
		if err == nil && friends > most {
			return platform.ErrFull // which undoes the inserts
		}
		t.changed(store.FriendshipChange{UIN: a}, store.FriendshipChange{UIN: b})
		return err
	})
}

// SetRemark implements store.Friendships.
func (s *Store) SetRemark(ctx context.Context, uin, friend platform.UIN, remark string) error {
	return s.write(ctx, func(t *tx) error {
		t.changed(store.FriendshipChange{UIN: uin})
		return t.affect("UPDATE friendships SET remark = ? WHERE uin = ? AND friend = ?", remark, int64(uin), int64(friend))
	})
}

// Unfriend implements store.Friendships.
func (s *Store) Unfriend(ctx context.Context, a, b platform.UIN) error {
	return s.write(ctx, func(t *tx) error {
		t.changed(store.FriendshipChange{UIN: a}, store.FriendshipChange{UIN: b})
		return t.affect("DELETE FROM friendships WHERE uin = ?1 AND friend = ?2 OR uin = ?2 AND friend = ?1", int64(a), int64(b))
	})
}

// AreFriends implements store.Friendships.
func (s *Store) AreFriends(ctx context.Context, a, b platform.UIN) (are bool, err error) {
	err = s.queryRow(ctx, "SELECT EXISTS (SELECT 1 FROM friendships WHERE uin = ? AND friend = ?)", int64(a), int64(b)).Scan(&are)
	return are, err
}

// Friends implements store.Friendships.
func (s *Store) Friends(ctx context.Context, uin platform.UIN) ([]platform.Friendship, error) {
	rows, err := s.query(ctx, "SELECT uin, friend, remark, since_ms FROM friendships WHERE uin = ? ORDER BY friend", int64(uin))
	return Collect(rows, err, func(r Row) (f platform.Friendship, err error) {
		err = r.Scan(&f.UIN, &f.Friend, &f.Remark, &f.SinceMS)
		return f, err
	})
}

// inUse joins an openid o with its account and player, and leaves out openids not in use.
var inUse = `
	JOIN accounts a ON a.uin = o.uin AND a.` + notClosed + ` AND o.token_epoch > o.ended_epoch
	LEFT JOIN players p ON p.appid = o.appid AND p.` + onQQ + ` AND p.openid = o.openid`

// AppFriends implements store.Friendships.
func (s *Store) AppFriends(ctx context.Context, app platform.AppID, uin, after platform.UIN, limit int) ([]platform.AppUser, error) {
	rows, err := s.query(ctx, `
		SELECT o.uin, o.openid, coalesce(p.msdk_openid, 0), f.remark, a.profile
		FROM friendships f
		JOIN openids o ON o.appid = ? AND o.uin = f.friend AND o.`+active+inUse+`
		WHERE f.uin = ? AND f.friend > ? ORDER BY f.friend LIMIT ?`, int64(app), int64(uin), int64(min(after, math.MaxInt64)), limit)
	return Collect(rows, err, scanAppUser)
}

// AppUsers implements store.OpenIDs.
func (s *Store) AppUsers(ctx context.Context, app platform.AppID, openids []platform.OpenID) ([]platform.AppUser, error) {
	list, err := json.Marshal(openids)
	if err != nil {
		return nil, err
	}
	rows, err := s.query(ctx, `
		SELECT o.uin, o.openid, coalesce(p.msdk_openid, 0), '', a.profile
		FROM openids o`+inUse+`
		WHERE o.appid = ? AND o.openid IN (SELECT unhex(value) FROM json_each(?) list) AND o.`+active, int64(app), string(list))
	return Collect(rows, err, scanAppUser)
}

// UnregisteredFriends implements store.Friendships.
func (s *Store) UnregisteredFriends(ctx context.Context, app platform.AppID, uin platform.UIN, limit int) ([]platform.AppUser, error) {
	rows, err := s.query(ctx, `
		SELECT f.friend, o.openid, 0, f.remark, a.profile
		FROM friendships f
		JOIN accounts a ON a.uin = f.friend AND a.`+notClosed+`
		LEFT JOIN openids o ON o.appid = ? AND o.uin = f.friend AND o.`+active+`
		WHERE f.uin = ? AND (o.token_epoch IS NULL OR o.token_epoch <= o.ended_epoch) ORDER BY f.friend LIMIT ?`, int64(app), int64(uin), limit)
	return Collect(rows, err, scanAppUser)
}

func scanAppUser(r Row) (u platform.AppUser, err error) {
	var (
		raw     []byte
		player  int64
		profile []byte
	)
	if err := r.Scan(&u.UIN, &raw, &player, &u.Remark, &profile); err != nil {
		return u, sentinel(err)
	}
	if err := json.Unmarshal(profile, &u.Profile); err != nil {
		return u, fmt.Errorf("tables: profile of %s: %w", u.UIN, err)
	}
	u.MSDKOpenID = platform.MSDKOpenID(player)
	if raw != nil {
		u.OpenID, err = OpenIDFrom(raw)
	}
	return u, err
}
