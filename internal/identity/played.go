package identity

import (
	"context"
	"time"

	"github.com/rookeryhq/rookery/internal/cache"
	"github.com/rookeryhq/rookery/internal/platform"
)

// Whoever logs in to a game again within a moment costs no further write.
const (
	notedFor  = time.Minute
	notesKept = 1 << 14
)

// played remembers when it was last noted that a person plays a game.
type played = cache.Associative[appUser, int64]

type appUser struct {
	app platform.AppID
	uin platform.UIN
}

// notePlayed notes that a person who logs in to a game plays it. No login fails because that could not be noted.
func (s *Service) notePlayed(ctx context.Context, app platform.AppID, uin platform.UIN) {
	key, now := appUser{app, uin}, s.clock.NowMS()
	set := s.played.SetOf(key)
	if noted := set.Get(key); noted != nil && now >= *noted && now < *noted+notedFor.Milliseconds() {
		return
	}
	drops := set.Drops()
	if err := s.store.NotePlayed(ctx, app, uin, now); err != nil {
		s.Log.Warn("a login could not be noted among the recent games", "appid", app.String(), "error", err.Error())
		return
	}
	set.Put(key, now, drops)
}
