package identity

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/token"
)

// player returns the MSDK openid of an openid and makes one if it has none.
func (s *Service) player(ctx context.Context, app platform.AppID, openid platform.OpenID) (id platform.MSDKOpenID, created bool, err error) {
	for range 3 { // a taken candidate is extremely unlikely
		var p platform.Player
		p, created, err = s.store.EnsurePlayer(ctx, platform.Player{
			AppID: app, Channel: platform.ChannelQQ, OpenID: openid, MSDKOpenID: newMSDKOpenID(),
		}, s.clock.NowMS())
		if !errors.Is(err, platform.ErrExists) {
			return p.MSDKOpenID, created, err
		}
	}
	return 0, false, err
}

func newMSDKOpenID() platform.MSDKOpenID {
	var random [8]byte
	rand.Read(random[:])
	return MSDKOpenID(binary.BigEndian.Uint64(random[:]))
}

// MSDKOpenID makes an MSDK openid from a random number: it has 20 digits, the length that games know.
func MSDKOpenID(random uint64) platform.MSDKOpenID {
	const lowest, span = 10_000_000_000_000_000_000, 8_000_000_000_000_000_000
	return platform.MSDKOpenID(lowest + random%span)
}

// PlayerLogin is what a game's client gets for a QQ access token.
type PlayerLogin struct {
	MSDKOpenID platform.MSDKOpenID
	Token      string
	ExpiresMS  int64
	First      bool // the player is new to the game
	Profile    platform.Profile
}

// LogInPlayer makes an MSDK token from a login that 0x711 has just confirmed. It ends with the login's access token.
func (s *Service) LogInPlayer(ctx context.Context, app platform.AppID, login *wire.CheckResponse, pc bool) (*PlayerLogin, error) {
	shown, err := s.profiles.Get(ctx, login.UIN)
	if err != nil {
		return nil, err
	}
	id, created, err := s.player(ctx, app, login.OpenID)
	if err != nil {
		return nil, err
	}
	text := s.keyring.Seal(&token.Token{
		Kind:          token.MSDK,
		PC:            pc,
		AppID:         app,
		OpenID:        login.OpenID,
		MSDKOpenID:    id,
		IssuedMS:      s.clock.NowMS(),
		ExpiresMS:     login.ExpiresMS,
		PasswordEpoch: login.PasswordEpoch,
		TokenEpoch:    login.TokenEpoch,
	})
	s.notePlayed(ctx, app, login.UIN)
	return &PlayerLogin{MSDKOpenID: id, Token: text, ExpiresMS: login.ExpiresMS, First: created, Profile: *shown}, nil
}
