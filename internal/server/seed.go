package server

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/roster"
	"github.com/rookeryhq/rookery/internal/seed"
)

// makeSeeded puts the world of a file into the platform, in place of the demo world. Existing parts stay as they are. An error names
// the file and the line.
func (s *Server) makeSeeded(ctx context.Context, file *seed.World) (*World, error) {
	w := s.newWorld(len(file.Accounts))
	for i, given := range file.Apps {
		app, err := s.makeSeededApp(ctx, given.App, w.IDIP)
		if err != nil {
			return nil, file.Errorf(fmt.Sprintf("/apps/%d", i), "app %s: %w", given.AppID, err)
		}
		w.Apps = append(w.Apps, worldApp(app))
	}
	byUIN := make(map[platform.UIN]int, len(file.Accounts))
	hashes := make(map[string]string)
	var parts []func() error
	for i := range file.Accounts {
		a := &file.Accounts[i]
		byUIN[a.UIN] = i
		hash := a.PasswordHash
		if a.Password != "" {
			if hashes[a.Password] == "" { // once for all accounts that have it, so that the platform is ready soon
				var err error
				if hashes[a.Password], err = s.identity.Passwords.Hash(a.Password); err != nil {
					return nil, file.Errorf(fmt.Sprintf("/accounts/%d", i), "account %s: %w", a.UIN, err)
				}
			}
			hash = hashes[a.Password]
		}
		w.Accounts[i] = newWorldAccount(a.UIN, a.Profile.Nickname, a.Password)
		parts = append(parts, func() error { return s.createAccount(ctx, a.UIN, a.Profile, a.State, a.Class, hash) })
	}
	for password, hash := range hashes {
		s.dev.passwords[hash] = password
	}
	if err := sideBySide(parts); err != nil {
		return nil, err
	}
	parts = nil
	for i, f := range file.Friendships {
		parts = append(parts, func() error {
			if err := s.makeFriends(ctx, f); err != nil {
				return file.Errorf(fmt.Sprintf("/friendships/%d", i), "%w", err)
			}
			return nil
		})
	}
	tokens := make(map[platform.UIN][]func() error)
	for i, t := range file.Tokens {
		tokens[t.UIN] = append(tokens[t.UIN], func() error {
			if err := s.makeTokens(ctx, t, &w.Accounts[byUIN[t.UIN]]); err != nil {
				return file.Errorf(fmt.Sprintf("/tokens/%d", i), "account %s at app %s: %w", t.UIN, t.AppID, err)
			}
			return nil
		})
	}
	for _, one := range tokens {
		parts = append(parts, func() error {
			for _, part := range one {
				if err := part(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return w, sideBySide(parts)
}

// makeSeededApp registers an app unless it exists. One without a game's server gets the platform's own guilds.
func (s *Server) makeSeededApp(ctx context.Context, app platform.App, idip string) (*platform.App, error) {
	if existing := s.apps.ByID(app.AppID); existing != nil && app.AppID != 0 {
		if !isRoster(existing.IDIP) {
			return existing, nil
		}
		return s.apps.Update(ctx, app.AppID, func(app *platform.App) error { app.IDIP = idip; return nil })
	}
	if app.IDIP == "" {
		app.IDIP = idip
	}
	return s.apps.Create(ctx, app)
}

// isRoster reports whether an app's guilds are those of a rookery dev, whatever its port was.
func isRoster(idip string) bool { return strings.HasSuffix(idip, roster.Path) }

func (s *Server) makeFriends(ctx context.Context, f seed.Friendship) error {
	a, b := f.Between[0], f.Between[1]
	if err := s.friends.Befriend(ctx, a, b); err != nil {
		return err
	}
	for _, pair := range [][2]platform.UIN{{a, b}, {b, a}} {
		if remark, given := f.Remarks[pair[0]]; given {
			if err := s.friends.SetRemark(ctx, pair[0], pair[1], remark); err != nil {
				return err
			}
		}
	}
	return nil
}

// makeTokens gives an account its names at an app, and a token of every kind.
func (s *Server) makeTokens(ctx context.Context, t seed.Token, a *WorldAccount) error {
	if t.OpenID != (platform.OpenID{}) {
		openid, err := s.store.EnsureOpenID(ctx, t.AppID, t.UIN, t.OpenID, s.clock.NowMS())
		if err != nil {
			return err
		}
		if openid == t.OpenID && t.MSDKOpenID != 0 {
			player := platform.Player{AppID: t.AppID, Channel: platform.ChannelQQ, OpenID: openid, MSDKOpenID: t.MSDKOpenID}
			if _, _, err := s.store.EnsurePlayer(ctx, player, s.clock.NowMS()); err != nil {
				return err
			}
		}
	}
	return s.issueAll(ctx, s.apps.ByID(t.AppID), a)
}

// exportWorld returns the platform's apps, accounts, friendships and tokens in the form of a seed. It leaves out what ends by itself, such
// as a former appkey, and openids that were reclaimed.
func (s *Server) exportWorld(ctx context.Context) (*seed.World, error) {
	w := &seed.World{Version: seed.Version}
	for _, app := range s.apps.List() {
		given := *app
		given.FormerAppKey = platform.FormerKey{}
		if isRoster(given.IDIP) {
			given.IDIP = ""
		}
		w.Apps = append(w.Apps, seed.App{App: given})
	}
	accounts, err := s.store.Accounts(ctx, 0, seed.MaxAccounts+1)
	if err != nil {
		return nil, err
	}
	if len(accounts) > seed.MaxAccounts {
		return nil, platform.Invalidf("accounts", "a world has at most %d accounts, and the platform has more", seed.MaxAccounts)
	}
	friendships := make(map[[2]platform.UIN]map[platform.UIN]string)
	for _, account := range accounts {
		a := seed.Account{UIN: account.UIN, State: account.State, Class: account.Class, Profile: account.Profile}
		if a.Password = s.dev.passwords[account.PasswordHash]; a.Password == "" {
			a.PasswordHash = account.PasswordHash
		}
		w.Accounts = append(w.Accounts, a)
		friends, err := s.store.Friends(ctx, account.UIN)
		if err != nil {
			return nil, err
		}
		for _, f := range friends {
			pair := [2]platform.UIN{min(f.UIN, f.Friend), max(f.UIN, f.Friend)}
			if friendships[pair] == nil {
				friendships[pair] = make(map[platform.UIN]string)
			}
			if f.Remark != "" {
				friendships[pair][f.UIN] = f.Remark
			}
		}
		tokens, err := s.exportTokens(ctx, account)
		if err != nil {
			return nil, err
		}
		w.Tokens = append(w.Tokens, tokens...)
	}
	for _, pair := range slices.SortedFunc(maps.Keys(friendships), func(a, b [2]platform.UIN) int { return slices.Compare(a[:], b[:]) }) {
		f := seed.Friendship{Between: pair}
		if remarks := friendships[pair]; len(remarks) > 0 {
			f.Remarks = remarks
		}
		w.Friendships = append(w.Friendships, f)
	}
	return w, nil
}

func (s *Server) exportTokens(ctx context.Context, account *platform.Account) (tokens []seed.Token, err error) {
	if account.State == platform.AccountFrozen || account.State == platform.AccountClosed {
		return nil, nil // it has no token that is valid
	}
	grants, err := s.store.LiveGrants(ctx, account.UIN)
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		t := seed.Token{AppID: g.AppID, UIN: account.UIN, OpenID: g.OpenID}
		users, err := s.store.AppUsers(ctx, g.AppID, []platform.OpenID{g.OpenID})
		if err != nil {
			return nil, err
		}
		for _, user := range users {
			t.MSDKOpenID = user.MSDKOpenID
		}
		tokens = append(tokens, t)
	}
	slices.SortFunc(tokens, func(a, b seed.Token) int { return cmp.Compare(a.AppID, b.AppID) })
	return tokens, nil
}
