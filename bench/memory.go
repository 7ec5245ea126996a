//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rookeryhq/rookery/internal/apps"
	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/oidb/wire"
	rookery "github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/profile"
	"github.com/rookeryhq/rookery/internal/store/sqlite"
	"github.com/rookeryhq/rookery/internal/token"
)

// measureMemory measures the memory of a platform that has checked a token of each of very many grants, so that everything
// it caches about them is in memory.
func measureMemory(ctx context.Context, s settings, folder string, report *report) error {
	// The platform itself makes the file, the apps and the keyring.
	games, err := makeGames(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	game := &games[0]
	data := filepath.Join(folder, "data")
	begin := time.Now()
	progress("seeding %d accounts, openids, players and grants", s.grants)
	if err := seed(ctx, filepath.Join(data, "rookery.db"), game.AppID, s.grants); err != nil {
		return err
	}
	progress("... in %.1f s; sealing a token for each", time.Since(begin).Seconds())
	begin = time.Now()
	tokens, err := sealTokens(ctx, data, game.AppID)
	if err != nil {
		return err
	}
	if len(tokens) != s.grants {
		return fmt.Errorf("%d tokens for %d grants", len(tokens), s.grants)
	}
	progress("... in %.1f s; checking each", time.Since(begin).Seconds())

	p, err := startServe(ctx, s.binary, folder)
	if err != nil {
		return err
	}
	checked, m, err := checkAll(ctx, p, game, tokens)
	if err := errors.Join(err, p.stop()); err != nil {
		return err
	}
	if checked.faults > 0 || checked.answers != len(tokens) {
		return fmt.Errorf("%d of %d tokens were checked and %d refused, such as %q", checked.answers, len(tokens), checked.faults, checked.fault)
	}
	with := fmt.Sprintf("%d grants: ", s.grants)
	resident := report.add(with+"resident memory, each token checked", m.resident, "MB")
	if s.grants >= 1_000_000 {
		resident.under(400)
	}
	report.add(with+"proportional memory (PSS)", m.proportional, "MB")
	report.add(with+"resident memory at its peak", m.peak, "MB")
	report.add(with+"first check of a token (reads the store)", checked.perSecond(), "/s")
	report.add(with+"start to ready", float64(p.took.Microseconds())/1000, "ms")
	return ctx.Err()
}

// login is a player and a token of the player.
type login struct {
	msdkOpenID rookery.MSDKOpenID
	token      string
}

// openIdentity opens the store and the keyring of a platform that is not running, as the platform would.
func openIdentity(ctx context.Context, data string) (service *identity.Service, release func() error, err error) {
	st, err := sqlite.Open(ctx, filepath.Join(data, "rookery.db"))
	if err != nil {
		return nil, nil, err
	}
	clock := new(rookery.Clock)
	keyring, err := token.OpenKeyring(filepath.Join(data, "keyring.json"), clock.Now())
	if err != nil {
		return nil, nil, errors.Join(err, st.Close())
	}
	return identity.New(st, clock, keyring, apps.New(st, clock), profile.New(st, clock, ""), 0), st.Close, nil
}

// sealTokens makes an MSDK token for every seeded player, as the platform would, with its store and its keyring. A million
// logins over HTTP would take longer than everything else.
func sealTokens(ctx context.Context, data string, app rookery.AppID) (logins []login, err error) {
	service, release, err := openIdentity(ctx, data)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, release()) }()
	seeded, err := readSeeded(ctx, filepath.Join(data, "rookery.db"), app)
	if err != nil {
		return nil, err
	}
	logins = make([]login, len(seeded))
	var (
		group sync.WaitGroup
		errs  = make([]error, runtime.GOMAXPROCS(0))
		next  atomic.Int64
	)
	for worker := range errs {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(seeded) {
					return
				}
				confirmed := wire.CheckResponse{
					UIN: seeded[i].uin, OpenID: seeded[i].openid, PasswordEpoch: 1, TokenEpoch: 1,
					ExpiresMS: time.Now().Add(token.AccessLifetime).UnixMilli(),
				}
				made, err := service.LogInPlayer(ctx, app, &confirmed, false)
				if err != nil {
					errs[worker] = err
					return
				}
				logins[i] = login{made.MSDKOpenID, made.Token}
			}
		})
	}
	group.Wait()
	return logins, errors.Join(append(errs, ctx.Err())...)
}

// checkAll checks every token once and then reads the platform's memory.
func checkAll(ctx context.Context, p *platform, g *game, logins []login) (*outcome, memory, error) {
	var (
		next   atomic.Int64
		signer = newSigner(g)
		tenth  = max(len(logins)/10, 1)
	)
	l := &load{addr: p.addr, limit: 5 * time.Minute, sound: retOK, requests: func(int) requests {
		return func() []byte {
			i := int(next.Add(1)) - 1
			if i >= len(logins) {
				return nil
			}
			if i > 0 && i%tenth == 0 {
				progress("... %d%%", 100*i/len(logins))
			}
			return signer.login(logins[i].msdkOpenID.String(), logins[i].token)
		}
	}}
	checked, err := l.run(ctx)
	if err != nil {
		return checked, memory{}, err
	}
	m, err := p.memory()
	return checked, m, err
}
