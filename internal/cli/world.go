package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/rookeryhq/rookery/internal/identity"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// world is the demo world of `rookery dev`, in the form that --json prints: two games, eight accounts with friendships,
// and for each account at each game one sound token of every kind.
type world struct {
	HTTP           string         `json:"http"`
	OIDB           string         `json:"oidb"` // host:port of the bus
	AdminTokenFile string         `json:"admin_token_file"`
	Apps           []worldApp     `json:"apps"`
	Accounts       []worldAccount `json:"accounts"`
}

type worldApp struct {
	AppID        platform.AppID    `json:"appid"`
	Name         string            `json:"name"`
	AppKey       string            `json:"appkey"`
	MSDKKey      string            `json:"msdkkey"`
	GameID       platform.GameID   `json:"gameid"`
	SigKeys      map[string]string `json:"sigkeys"` // by source
	ClientSigKey string            `json:"client_sigkey"`
}

type worldAccount struct {
	UIN      platform.UIN `json:"uin"`
	Nickname string       `json:"nickname"`
	Password string       `json:"password"`

	// By appid.
	OpenIDs      map[platform.AppID]platform.OpenID `json:"openids"`
	AccessTokens map[platform.AppID]string          `json:"access_tokens"`
	PayTokens    map[platform.AppID]string          `json:"pay_tokens"`
	Openkeys     map[platform.AppID]string          `json:"openkeys"`

	// By gameid.
	MSDKOpenIDs map[platform.GameID]platform.MSDKOpenID `json:"msdk_openids"`
	MSDKTokens  map[platform.GameID]string              `json:"msdk_tokens"`
}

// worldPassword is every demo account's password. It is public, as the whole world is; hashing it once, not eight times,
// is what lets the platform be ready in a moment.
const worldPassword = "rookery-demo"

// worldAPIs are what the games may call: beside what every app may, all about friends.
var worldAPIs = slices.Concat(platform.DefaultAPIs, []string{platform.RelationPermission, "qqstrange_profile"})

var worldApps = []platform.App{
	{
		AppID: 100700001, Name: "Magpie Arena", GameID: 11, Online: true, APIs: worldAPIs,
		AppKey: "demoappkey100700001magpiearena00", MSDKKey: "demomsdkkey100700001magpiearena0",
		SigKeys:      map[string]string{"0": "0123456789abcdef0123456789abcdef", "1": "fedcba9876543210fedcba9876543210"},
		RedirectURIs: worldRedirects,
		ClientSigKey: "democlientsigkey11magpiearena000",
	}, {
		AppID: 100700002, Name: "Heron Harbour", GameID: 12, Online: true, APIs: worldAPIs,
		AppKey: "demoappkey100700002heronharbour0", MSDKKey: "demomsdkkey100700002heronharbour",
		SigKeys:      map[string]string{"0": "00112233445566778899aabbccddeeff", "1": "ffeeddccbbaa99887766554433221100"},
		RedirectURIs: worldRedirects,
		ClientSigKey: "democlientsigkey12heronharbour00",
	},
}

// worldRedirects let a program on the same machine have people signed in, whatever its port.
var worldRedirects = []string{"http://127.0.0.1/callback", "http://localhost/callback"}

var worldNames = []string{"Ann", "Ben", "Chen", "Dora", "Emil", "Fang", "Gül", "小鸦"}

// worldVIP is what some of them have of QQ's memberships.
var worldVIP = map[string]platform.VIP{
	"Ann":  {QQLevel: 32, Member: platform.Membership{Level: 5, Year: true}, Yellow: platform.Membership{Level: 4, Year: true, Luxury: true}},
	"Ben":  {QQLevel: 21, Member: platform.Membership{Level: 3}, Super: platform.Membership{Level: 2}, Blue: platform.Membership{Level: 6, Luxury: true}},
	"Chen": {QQLevel: 8, Green: platform.Membership{Level: 1}, WiFi: platform.Membership{Level: 1}},
	"小鸦":   {QQLevel: 1},
}

// worldFriends are pairs of indexes into worldNames: a circle of five and a pair; the last account has no friends.
var worldFriends = [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 0}, {5, 6}}

// makeWorld puts the demo world into a platform. What is there already stays as it is; tokens are always new.
func (s *server) makeWorld(ctx context.Context) (*world, error) {
	w := &world{HTTP: s.url(), OIDB: s.busListener.Addr().String(), AdminTokenFile: s.adminTokenFile, Accounts: make([]worldAccount, len(worldNames))}
	for _, demo := range worldApps {
		app := s.identity.Apps.ByID(demo.AppID)
		if app == nil {
			var err error
			if app, err = s.identity.Apps.Create(ctx, demo); err != nil {
				return nil, fmt.Errorf("demo world: %w", err)
			}
		}
		w.Apps = append(w.Apps, worldApp{app.AppID, app.Name, app.AppKey, app.MSDKKey, app.GameID, app.SigKeys, app.ClientSigKey})
	}
	hash, err := identity.HashPassword(worldPassword)
	if err != nil {
		return nil, err
	}
	// All at once: the store's writer then puts the writes of all accounts into few commits.
	var (
		group sync.WaitGroup
		errs  = make([]error, len(worldNames))
	)
	for i, name := range worldNames {
		group.Go(func() { w.Accounts[i], errs[i] = s.makeAccount(ctx, platform.FirstUIN+platform.UIN(i), name, hash) })
	}
	group.Wait()
	for _, pair := range worldFriends {
		group.Go(func() {
			if err := s.friends.Befriend(ctx, w.Accounts[pair[0]].UIN, w.Accounts[pair[1]].UIN); err != nil {
				errs[pair[0]] = errors.Join(errs[pair[0]], err)
			}
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("demo world: %w", err)
	}
	return w, nil
}

func (s *server) makeAccount(ctx context.Context, uin platform.UIN, name, passwordHash string) (worldAccount, error) {
	a := worldAccount{
		UIN: uin, Nickname: name, Password: worldPassword,
		OpenIDs:      make(map[platform.AppID]platform.OpenID),
		AccessTokens: make(map[platform.AppID]string),
		PayTokens:    make(map[platform.AppID]string),
		Openkeys:     make(map[platform.AppID]string),
		MSDKOpenIDs:  make(map[platform.GameID]platform.MSDKOpenID),
		MSDKTokens:   make(map[platform.GameID]string),
	}
	err := s.store.CreateAccount(ctx, &platform.Account{
		UIN: uin, Profile: platform.Profile{Nickname: name, VIP: worldVIP[name]}, PasswordHash: passwordHash, PasswordEpoch: 1, CreatedMS: s.clock.NowMS(),
	}, platform.FirstUIN)
	if err != nil && !errors.Is(err, store.ErrExists) {
		return a, err
	}
	for _, demo := range worldApps {
		app := s.identity.Apps.ByID(demo.AppID)
		// The access token comes first: the others hang on the login that it stands for.
		for _, kind := range []identity.Kind{identity.AccessToken, identity.PayToken, identity.Openkey, identity.MSDKToken} {
			if kind == identity.MSDKToken && app.GameID == 0 {
				continue
			}
			issued, err := s.identity.Issue(ctx, identity.IssueRequest{AppID: app.AppID, UIN: uin, Kind: kind})
			if errors.Is(err, identity.ErrInvalid) {
				break // an account that a restarted world finds frozen or closed gets no tokens
			}
			if err != nil {
				return a, err
			}
			a.OpenIDs[app.AppID] = issued.OpenID
			switch kind {
			case identity.AccessToken:
				a.AccessTokens[app.AppID] = issued.Token
			case identity.PayToken:
				a.PayTokens[app.AppID] = issued.Token
			case identity.Openkey:
				a.Openkeys[app.AppID] = issued.Token
			case identity.MSDKToken:
				a.MSDKOpenIDs[app.GameID], a.MSDKTokens[app.GameID] = issued.MSDKOpenID, issued.Token
			}
		}
	}
	return a, nil
}
