// Package store names what the platform keeps, at the level of the domain. store/sqlite implements it; store/storetest is
// the suite that every engine must pass.
//
// Every write is one atomic step: it is durable when the call returns nil, and nothing of it remains when the call
// returns an error. Times are epoch milliseconds of the platform's clock. Appids and account numbers have at most 63 bits.
// An edit function runs inside its write: it must be quick and must not call the store. The errors that a caller may branch
// on are platform's; any other means that the storage failed.
package store

import (
	"context"

	"github.com/rookeryhq/rookery/internal/platform"
)

// Store is everything the platform keeps.
type Store interface {
	Apps
	Accounts
	OpenIDs
	Grants
	Logins
	Openkeys
	Friendships
	Policies

	// OnChange adds a function that hears of every Change, in the order of the commits, after its commit and before the
	// write returns. It must be added before the first write, and it must be quick.
	OnChange(func(Change))
	// Ping fails when the storage cannot be read.
	Ping(ctx context.Context) error
	// Close waits for writes under way and releases the storage.
	Close() error
}

// Apps keeps the registered apps.
type Apps interface {
	// CreateApp fails with ErrExists when the appid or the gameid is taken.
	CreateApp(ctx context.Context, app *platform.App, nowMS int64) error
	// UpdateApp replaces an app by what edit makes of it; its appid stays. An error of edit is returned as it is and
	// nothing changes; ErrNotFound, or ErrExists when the new gameid is taken.
	UpdateApp(ctx context.Context, id platform.AppID, nowMS int64, edit func(*platform.App) error) (*platform.App, error)
	// App returns one app or ErrNotFound.
	App(ctx context.Context, id platform.AppID) (*platform.App, error)
	// Apps returns all apps in the order of their appids.
	Apps(ctx context.Context) ([]*platform.App, error)
}

// Accounts keeps the accounts.
type Accounts interface {
	// CreateAccount stores an account. When its UIN is 0 it gets the number above the highest, at least next, or ErrFull
	// when that would be above platform.LastUIN; ErrExists when a given one is taken.
	CreateAccount(ctx context.Context, account *platform.Account, next platform.UIN) error
	// UpdateAccount replaces an account by what edit makes of it and so changes the standing of all its openids,
	// reclaimed ones too; its number and time of creation stay. An error of edit is returned as it is and nothing
	// changes; ErrNotFound.
	UpdateAccount(ctx context.Context, uin platform.UIN, edit func(*platform.Account) error) (*platform.Account, error)
	// Account returns one account or ErrNotFound.
	Account(ctx context.Context, uin platform.UIN) (*platform.Account, error)
	// Accounts returns at most limit accounts above after, by number.
	Accounts(ctx context.Context, after platform.UIN, limit int) ([]*platform.Account, error)
	// HighestUIN returns the highest number that an account has, 0 when there is none.
	HighestUIN(ctx context.Context) (platform.UIN, error)
}

// OpenIDs keeps which openid, and which MSDK openid, names which account.
type OpenIDs interface {
	// EnsureOpenID returns the account's active openid at the app; if there is none, candidate becomes it, or
	// ErrExists when candidate was issued before.
	EnsureOpenID(ctx context.Context, app platform.AppID, uin platform.UIN, candidate platform.OpenID, nowMS int64) (platform.OpenID, error)
	// EnsureOpenIDs is EnsureOpenID for several accounts, with a candidate each: all of them or none.
	EnsureOpenIDs(ctx context.Context, app platform.AppID, uins []platform.UIN, candidates []platform.OpenID, nowMS int64) ([]platform.OpenID, error)
	// OpenID tells what an openid names, reclaimed ones too, or ErrNotFound.
	OpenID(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.OpenIDBinding, error)
	// OpenIDAnywhere tells what an openid names at whatever registered app it was issued for, reclaimed ones too, or
	// ErrNotFound.
	OpenIDAnywhere(ctx context.Context, openid platform.OpenID) (platform.OpenIDBinding, error)
	// OpenIDsOf returns all openids of an account, reclaimed ones too, by appid.
	OpenIDsOf(ctx context.Context, uin platform.UIN) ([]platform.OpenIDBinding, error)
	// ReclaimOpenID takes the account's active openid at the app back and returns it, or ErrNotFound.
	ReclaimOpenID(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) (platform.OpenID, error)
	// AppUsers returns those of the openids, in any order, that are in use at the app: not reclaimed, the grant live, the
	// account not closed.
	AppUsers(ctx context.Context, app platform.AppID, openids []platform.OpenID) ([]platform.AppUser, error)
	// EnsurePlayer returns the player that an openid is on a channel; if there is none, candidate becomes its MSDK openid.
	// created tells which; ErrExists when another player has the candidate.
	EnsurePlayer(ctx context.Context, player platform.Player, nowMS int64) (p platform.Player, created bool, err error)
	// Player returns one player of an app by MSDK openid, or ErrNotFound.
	Player(ctx context.Context, app platform.AppID, id platform.MSDKOpenID) (platform.Player, error)
}

// Grants keeps what accounts allowed apps.
type Grants interface {
	// Standing reads all that a token check needs, or ErrNotFound when the openid was never issued at the app.
	Standing(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.Standing, error)
	// ReadStandings calls each with the standings of all live grants, from several goroutines at once and until it returns
	// false. Parts of a standing may be of different moments since the call: it counts only if it has not changed since.
	ReadStandings(ctx context.Context, each func(platform.AppID, platform.OpenID, platform.Standing) bool) error
	// Authorize makes the grant live with these scopes, words without spaces, and raises its token epoch, so that older
	// access tokens are superseded; with pay also its pay epoch. ErrNotFound when the openid was never issued or is reclaimed.
	Authorize(ctx context.Context, app platform.AppID, openid platform.OpenID, scopes []string, pay bool, nowMS int64) (platform.Grant, error)
	// RaisePayEpoch supersedes older pay tokens of a live grant; ErrNotFound when there is none.
	RaisePayEpoch(ctx context.Context, app platform.AppID, openid platform.OpenID, nowMS int64) (platform.Grant, error)
	// EndGrant ends every token of the grant issued so far; ErrNotFound when it is not live.
	EndGrant(ctx context.Context, app platform.AppID, openid platform.OpenID, by platform.EndedBy, nowMS int64) error
	// Grant returns one grant, live or not, or ErrNotFound.
	Grant(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.Grant, error)
	// LiveGrants returns the live grants of an account's active openids, the newest first. A grant that is authorized
	// again while it is live is as old as before.
	LiveGrants(ctx context.Context, uin platform.UIN) ([]platform.LiveGrant, error)
}

// LoginsKept is by how much the ID of a login may be below a new one's before it is removed: 100 days, longer than a login
// goes on, so that a ticket that is used twice is known as such. LoginIDBits of an ID are below its milliseconds.
const (
	LoginIDBits = 20
	LoginsKept  = 100 * 24 * 3600 * 1000 << LoginIDBits
)

// Logins keeps the logins of OAuth with the one ticket of each, code or refresh token, that is good. A login may go on while
// its openid is active and its account neither frozen nor closed nor given another password.
type Logins interface {
	// CreateLogin stores a login whose code is to be exchanged; ErrExists when its ID is taken. It also removes a few
	// logins whose IDs are more than LoginsKept below, so that they do not pile up.
	CreateLogin(ctx context.Context, login platform.Login) error
	// ExchangeCode uses a code up: it authorizes the app as Authorize does, with the login's scopes, and lets the first
	// refresh token be good until endsMS. The login comes back as it is then. ErrNotFound when there is no such code, it
	// has lapsed, the person ended more than the login's TokenEpoch since, or the login may not go on; ErrSpent, with the
	// login, when it was used before. Before anything changes check sees the login, and an error of it is returned as it
	// is. An openkey that is not nil is stored with it, as by CreateOpenkey, once it has the login's openid.
	ExchangeCode(ctx context.Context, app platform.AppID, code platform.Ticket, openkey *platform.Openkey, endsMS, nowMS int64, check func(*platform.Login) error) (platform.Login, error)
	// UseRefresh uses a refresh token up and lets the next one be good. ErrNotFound when there is none, the login has
	// ended, was superseded or may not go on; ErrSpent, with the login, when it was used before. An openkey is stored with it
	// as by ExchangeCode.
	UseRefresh(ctx context.Context, app platform.AppID, refresh platform.Ticket, openkey *platform.Openkey, nowMS int64) (platform.Login, error)
	// Login returns an app's login, whatever became of it, or ErrNotFound.
	Login(ctx context.Context, app platform.AppID, id int64) (platform.Login, error)
	// EndLogin ends every token of the grant issued up to a login, by its token epoch; those of a newer login stay. ErrNotFound
	// when they have all ended, or when no login had that epoch yet.
	EndLogin(ctx context.Context, app platform.AppID, openid platform.OpenID, tokenEpoch uint32, by platform.EndedBy, nowMS int64) error
}

// OpenkeyKeptMS is how long, at least, a lapsed session is still known as lapsed: 30 days.
const OpenkeyKeptMS = 30 * 24 * 3600 * 1000

// Openkeys keeps the OpenAPI sessions.
type Openkeys interface {
	// CreateOpenkey stores a session; ErrExists when its number is taken. It also removes a few sessions that lapsed
	// more than OpenkeyKeptMS before the new one will, so that they do not pile up.
	CreateOpenkey(ctx context.Context, key platform.Openkey) error
	// Openkey returns one session, lapsed or not, or ErrNotFound.
	Openkey(ctx context.Context, app platform.AppID, session uint64) (platform.Openkey, error)
	// RenewOpenkey moves the end of a session, never backwards. A session has lapsed once nowMS reaches its end;
	// ErrNotFound when it has.
	RenewOpenkey(ctx context.Context, app platform.AppID, session uint64, nowMS, expiresMS int64) error
}

// Friendships keeps who is whose friend.
type Friendships interface {
	// Befriend makes two accounts friends of each other; repeating it changes nothing. ErrFull when one of them has most
	// friends already.
	Befriend(ctx context.Context, a, b platform.UIN, most int, nowMS int64) error
	// SetRemark sets what an account calls a friend; ErrNotFound when they are not friends.
	SetRemark(ctx context.Context, uin, friend platform.UIN, remark string) error
	// Unfriend ends a friendship on both sides; ErrNotFound when there is none.
	Unfriend(ctx context.Context, a, b platform.UIN) error
	// AreFriends reports whether two accounts are friends.
	AreFriends(ctx context.Context, a, b platform.UIN) (bool, error)
	// Friends returns an account's friends by number.
	Friends(ctx context.Context, uin platform.UIN) ([]platform.Friendship, error)
	// AppFriends returns at most limit of those of an account's friends above a number, by number, who use the app: AppUsers
	// says when somebody does.
	AppFriends(ctx context.Context, app platform.AppID, uin, after platform.UIN, limit int) ([]platform.AppUser, error)
	// UnregisteredFriends returns at most limit of an account's friends who do not use the app, by number. One without an active
	// openid there has a zero OpenID. Closed accounts are left out.
	UnregisteredFriends(ctx context.Context, app platform.AppID, uin platform.UIN, limit int) ([]platform.AppUser, error)
}

// Policies keeps the policy of the bus, every version of it for the operator to look up.
type Policies interface {
	// OIDBPolicy returns the newest version and its number; 0 and nil when none was ever stored.
	OIDBPolicy(ctx context.Context) (version int64, record []byte, err error)
	// StoreOIDBPolicy stores a version; ErrExists when there is one of that number.
	StoreOIDBPolicy(ctx context.Context, version int64, record []byte, nowMS int64) error
}
