// Package store defines what the platform stores, at the level of the domain. store/sqlite implements it; store/storetest
// is the suite that every engine must pass.
//
// Every write is one atomic step: it is durable when the call returns nil, and nothing of it remains when the call returns
// an error. Of a write under way when the process ends, or of one that the disk failed right before, all is there at the next start or
// nothing. Times are epoch milliseconds of the platform's clock. Appids and account numbers have at most 63 bits. An edit
// function runs inside its write: it must be quick and must not call the store. The errors that a caller may branch on are
// platform's; any other means that the storage failed.
package store

import (
	"context"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// MostLag is the longest Lag at which what a process has in memory counts: what was revoked has to fail everywhere within a second.
const MostLag = 750 * time.Millisecond

// Store is everything that the platform stores.
type Store interface {
	Apps
	Accounts
	OpenIDs
	Grants
	Logins
	Openkeys
	Friendships
	Messages
	Achievements
	Bindings
	Scenes
	GameCommands
	Policies
	Outbox
	Sessions
	Operators
	AuditLog
	Incarnation
	QQGroups
	Feeds
	RedDots
	Challenges
	Attempts
	Nonces
	Gateways

	// OnChange adds a function that receives every Change, in the order of the commits, after its commit and before the
	// write returns. It must be added before the first write, and it must be quick.
	OnChange(func(Change))
	// Lag returns for how long this process may not have heard of changes that others made; 0 if no other process makes any.
	Lag() time.Duration
	// Lead runs work, which is to be done by one of the processes that share the storage, while this one is it, until ctx ends. The
	// context of work ends when another process may take its place.
	Lead(ctx context.Context, work func(context.Context))
	// Turn waits until no other process that shares the storage has the turn with the key, and keeps it until done is called, or for
	// half a minute. Callers in this process do not wait for each other. Errors: ctx's, or the storage's.
	Turn(ctx context.Context, key string) (done func(), err error)
	// Ping stores something and reads it back. It fails when the storage cannot be written or read.
	Ping(ctx context.Context) error
	// Close waits for writes under way and releases the storage.
	Close() error
}

// UINsSkipped is how many account numbers a new incarnation leaves out at least. So many accounts may have been made between a backup and its
// restore without a number being given out twice.
const UINsSkipped = 1_000_000

// Incarnation tells data that goes on from data that was put back.
type Incarnation interface {
	// Mark returns the data's mark.
	Mark(ctx context.Context) (platform.Mark, error)
	// Advance raises the mark's number and returns the mark.
	Advance(ctx context.Context) (platform.Mark, error)
	// Renew begins a new incarnation of data that is older than a mark which was seen: the mark's number becomes that one's, account numbers are
	// given out from first on, above all that may have been, and no operator's token is good any more. It returns how many operators
	// there are.
	Renew(ctx context.Context, seen platform.Mark) (first platform.UIN, operators int, err error)
}

// Apps stores the registered apps.
type Apps interface {
	// CreateApp stores an app. ErrExists: the appid or the gameid is taken.
	CreateApp(ctx context.Context, app *platform.App, nowMS int64) error
	// UpdateApp applies edit to an app; its appid stays. An error of edit is returned unchanged and nothing changes.
	// ErrNotFound: the app does not exist. ErrExists: the new gameid is taken.
	UpdateApp(ctx context.Context, id platform.AppID, nowMS int64, edit func(*platform.App) error) (*platform.App, error)
	// App returns one app or ErrNotFound.
	App(ctx context.Context, id platform.AppID) (*platform.App, error)
	// Apps returns all apps in the order of their appids.
	Apps(ctx context.Context) ([]*platform.App, error)
}

// Accounts stores the accounts.
type Accounts interface {
	// CreateAccount stores an account. If its UIN is 0 it gets the number above the highest, at least next. ErrFull: that
	// would be above platform.LastUIN. ErrExists: a given number is taken.
	CreateAccount(ctx context.Context, account *platform.Account, next platform.UIN) error
	// UpdateAccount applies edit to an account and so changes the standing of all its openids, including reclaimed ones;
	// its number and time of creation stay. An error of edit is returned unchanged and nothing changes; ErrNotFound.
	UpdateAccount(ctx context.Context, uin platform.UIN, edit func(*platform.Account) error) (*platform.Account, error)
	// FreezeAccount freezes an account and ends what it has: its sessions, its pending codes, and every token of its grants. edit is
	// applied as by UpdateAccount, before; it may refuse. ErrNotFound.
	FreezeAccount(ctx context.Context, uin platform.UIN, nowMS int64, edit func(*platform.Account) error) (*platform.Account, error)
	// Account returns one account or ErrNotFound.
	Account(ctx context.Context, uin platform.UIN) (*platform.Account, error)
	// Accounts returns at most limit accounts above after, by number.
	Accounts(ctx context.Context, after platform.UIN, limit int) ([]*platform.Account, error)
	// HighestUIN returns the highest account number, 0 without accounts.
	HighestUIN(ctx context.Context) (platform.UIN, error)
}

// OpenIDs stores which openid, and which MSDK openid, names which account.
type OpenIDs interface {
	// EnsureOpenID returns the account's active openid at the app; if it has none, candidate becomes it. ErrExists:
	// candidate was issued before.
	EnsureOpenID(ctx context.Context, app platform.AppID, uin platform.UIN, candidate platform.OpenID, nowMS int64) (platform.OpenID, error)
	// EnsureOpenIDs is EnsureOpenID for several accounts, with a candidate each: all of them or none.
	EnsureOpenIDs(ctx context.Context, app platform.AppID, uins []platform.UIN, candidates []platform.OpenID, nowMS int64) ([]platform.OpenID, error)
	// OpenID returns what an openid names, even if it was reclaimed, or ErrNotFound.
	OpenID(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.OpenIDBinding, error)
	// OpenIDAnywhere returns what an openid names at any registered app for which it was issued, even if it was reclaimed,
	// or ErrNotFound.
	OpenIDAnywhere(ctx context.Context, openid platform.OpenID) (platform.OpenIDBinding, error)
	// OpenIDsOf returns all openids of an account, including reclaimed ones, by appid.
	OpenIDsOf(ctx context.Context, uin platform.UIN) ([]platform.OpenIDBinding, error)
	// ReclaimOpenID takes back the account's active openid at the app and returns it, or ErrNotFound.
	ReclaimOpenID(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) (platform.OpenID, error)
	// AppUsers returns those of the openids, in any order, that are in use at the app: not reclaimed, with a live grant,
	// and the account not closed.
	AppUsers(ctx context.Context, app platform.AppID, openids []platform.OpenID) ([]platform.AppUser, error)
	// EnsurePlayer returns the player that an openid is on a channel; without a player, candidate becomes its MSDK openid, and
	// created is true. ErrExists: another player has the candidate.
	EnsurePlayer(ctx context.Context, player platform.Player, nowMS int64) (p platform.Player, created bool, err error)
	// Player returns one player of an app by MSDK openid, or ErrNotFound.
	Player(ctx context.Context, app platform.AppID, id platform.MSDKOpenID) (platform.Player, error)
}

// Grants stores accounts' authorizations of apps.
type Grants interface {
	// Standing returns everything that a token check needs. ErrNotFound: the openid was never issued at the app.
	Standing(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.Standing, error)
	// CountGrants returns the number of grants, live or not.
	CountGrants(ctx context.Context) (int, error)
	// ReadStandings calls each with the standings of all live grants, from several goroutines at once and until it returns
	// false. Parts of a standing may have been read at different moments after the call: a standing counts only if it has
	// not changed since.
	ReadStandings(ctx context.Context, each func(platform.AppID, platform.OpenID, platform.Standing) bool) error
	// Authorize makes the grant live with these scopes, words without spaces, and increments its token epoch, so that older
	// access tokens are superseded; with pay also its pay epoch. ErrNotFound: the openid was never issued or is reclaimed.
	Authorize(ctx context.Context, app platform.AppID, openid platform.OpenID, scopes []string, pay bool, nowMS int64) (platform.Grant, error)
	// RaisePayEpoch supersedes older pay tokens of a live grant. ErrNotFound: the grant is not live.
	RaisePayEpoch(ctx context.Context, app platform.AppID, openid platform.OpenID, nowMS int64) (platform.Grant, error)
	// EndGrant ends every token of the grant issued so far. ErrNotFound: the grant is not live.
	EndGrant(ctx context.Context, app platform.AppID, openid platform.OpenID, by platform.EndedBy, nowMS int64) error
	// Grant returns one grant, live or not, or ErrNotFound.
	Grant(ctx context.Context, app platform.AppID, openid platform.OpenID) (platform.Grant, error)
	// LiveGrants returns the live grants of an account's active openids, newest first. Authorizing a live grant again does
	// not change its age.
	LiveGrants(ctx context.Context, uin platform.UIN) ([]platform.LiveGrant, error)
}

// LoginsKept is the difference to a new login's ID from which a login is removed: 100 days, longer than any login lasts, so
// that a ticket that is used twice is recognized. LoginIDBits is the number of an ID's bits below its milliseconds.
const (
	LoginIDBits = 20
	LoginsKept  = 100 * 24 * 3600 * 1000 << LoginIDBits
)

// Logins stores the logins of OAuth, each with the one ticket, code or refresh token, that is valid. A login may continue
// while its openid is active and its account is neither frozen nor closed and has the same password.
type Logins interface {
	// CreateLogin stores a login whose code has not been exchanged. ErrExists: its ID is taken. It also removes a few
	// logins whose IDs are more than LoginsKept lower, so that they do not accumulate.
	CreateLogin(ctx context.Context, login platform.Login) error
	// ExchangeCode uses up a code: it authorizes the app as Authorize does, with the login's scopes, and makes the first
	// refresh token valid until endsMS. It returns the login as it is then. ErrNotFound: the code does not exist or has
	// expired, the person has ended more than the login's TokenEpoch since, or the login may not continue. ErrSpent, with
	// the login: the code was used before. Before anything changes, check is called with the login; its error is returned
	// unchanged. An openkey that is not nil is stored too, as by CreateOpenkey, with the login's openid, and it is noted that the
	// account plays the app.
	ExchangeCode(ctx context.Context, app platform.AppID, code platform.Ticket, openkey *platform.Openkey, endsMS, nowMS int64, check func(*platform.Login) error) (platform.Login, error)
	// UseRefresh uses up a refresh token and makes the next one valid. ErrNotFound: the token does not exist, or the login
	// has ended, was superseded or may not continue. ErrSpent, with the login: the token was used before. If that was less than
	// againMS ago, and the next token has not been used, it is the same use again: the login is returned as that left it.
	// An openkey is stored as by ExchangeCode.
	UseRefresh(ctx context.Context, app platform.AppID, refresh platform.Ticket, openkey *platform.Openkey, againMS, nowMS int64) (platform.Login, error)
	// Login returns an app's login, whatever its state, or ErrNotFound.
	Login(ctx context.Context, app platform.AppID, id int64) (platform.Login, error)
	// EndLogin ends every token of the grant issued up to a login, by its token epoch; those of a newer login stay.
	// ErrNotFound: they have all ended, or no login has had that epoch yet.
	EndLogin(ctx context.Context, app platform.AppID, openid platform.OpenID, tokenEpoch uint32, by platform.EndedBy, nowMS int64) error
}

// OpenkeyKeptMS is how long, at least, an expired session is still known as expired: 30 days.
const OpenkeyKeptMS = 30 * 24 * 3600 * 1000

// Openkeys stores the OpenAPI sessions.
type Openkeys interface {
	// CreateOpenkey stores a session. ErrExists: its number is taken. It also removes a few sessions that expired more than
	// OpenkeyKeptMS before the new one will, so that they do not accumulate.
	CreateOpenkey(ctx context.Context, key platform.Openkey) error
	// Openkey returns one session, expired or not, or ErrNotFound.
	Openkey(ctx context.Context, app platform.AppID, session uint64) (platform.Openkey, error)
	// RenewOpenkey moves the end of a session, never backwards. A session has expired once nowMS reaches its end.
	// ErrNotFound: it does not exist or has expired.
	RenewOpenkey(ctx context.Context, app platform.AppID, session uint64, nowMS, expiresMS int64) error
}

// Friendships stores who is whose friend.
type Friendships interface {
	// Befriend makes two accounts friends of each other; repeating it changes nothing. ErrFull: one of them already has
	// most friends.
	Befriend(ctx context.Context, a, b platform.UIN, most int, nowMS int64) error
	// SetRemark sets an account's remark about a friend. ErrNotFound: they are not friends.
	SetRemark(ctx context.Context, uin, friend platform.UIN, remark string) error
	// Unfriend ends a friendship on both sides. ErrNotFound: they are not friends.
	Unfriend(ctx context.Context, a, b platform.UIN) error
	// AreFriends reports whether two accounts are friends.
	AreFriends(ctx context.Context, a, b platform.UIN) (bool, error)
	// Friends returns an account's friends by number.
	Friends(ctx context.Context, uin platform.UIN) ([]platform.Friendship, error)
	// AppFriends returns at most limit of an account's friends above a number who use the app, by number. AppUsers defines
	// who uses an app.
	AppFriends(ctx context.Context, app platform.AppID, uin, after platform.UIN, limit int) ([]platform.AppUser, error)
	// UnregisteredFriends returns at most limit of an account's friends who do not use the app, by number. A friend without
	// an active openid there has a zero OpenID. Closed accounts are left out.
	UnregisteredFriends(ctx context.Context, app platform.AppID, uin platform.UIN, limit int) ([]platform.AppUser, error)
}

// Messages stores the inboxes, and how many messages were sent.
type Messages interface {
	// StoreMessage puts a message into its receiver's inbox and returns it with its ID, which is higher than all others in
	// that inbox. Without a quota it counts nowhere; with one it is counted, or nothing changes: ErrSenderQuota,
	// ErrReceiverQuota or ErrPairQuota, the first that holds. If the same app and sender stored a message with the same
	// Request at most platform.RequestKeptMS ago, that message is returned and again is true.
	StoreMessage(ctx context.Context, m platform.Message, quota *platform.MessageQuota) (stored platform.Message, again bool, err error)
	// MessageOfRequest returns the message that an app's sender stored with a request since that time, or ErrNotFound.
	MessageOfRequest(ctx context.Context, app platform.AppID, from platform.UIN, request string, sinceMS int64) (platform.Message, error)
	// MessagesAfter returns at most limit of an account's messages above an ID that were sent since that time, oldest first;
	// of one app, or of all for 0.
	MessagesAfter(ctx context.Context, uin platform.UIN, app platform.AppID, after, sinceMS int64, limit int) ([]platform.Message, error)
	// MessagesBefore returns at most limit of an account's messages below an ID that were sent since that time, newest first.
	MessagesBefore(ctx context.Context, uin platform.UIN, before, sinceMS int64, limit int) ([]platform.Message, error)
	// ReadMessages marks an account's messages up to an ID as read.
	ReadMessages(ctx context.Context, uin platform.UIN, upTo, nowMS int64) error
	// SweepMessages removes at most limit messages sent before that time, and at most limit counts of days before that day.
	// It returns how many it removed.
	SweepMessages(ctx context.Context, beforeMS, beforeDay int64, limit int) (int64, error)
}

// Bindings stores which group serves which guild: a guild has at most one group, and a group serves at most one guild of a
// game. A binding comes into force in two steps, between which the group platform does its part, and goes out of force in
// two: whatever is under way when a process ends is found at the next start. Only FinishBinding and ReleaseBinding change
// what is in force; the events that they report are stored with the change, or ErrEvents and nothing changes.
type Bindings interface {
	// BeginBinding reserves the guild of a binding, and its group unless GC is 0. ErrGuildBound, ErrGroupBound: it is in
	// another binding; ErrUnderWay: in one that has been begun or released.
	BeginBinding(ctx context.Context, b platform.Binding) error
	// FinishBinding puts a binding that was begun into force, with its group. ErrNotFound: it was ended since. ErrGroupBound:
	// another guild of the game has the group.
	FinishBinding(ctx context.Context, b platform.Binding, events []platform.Event) error
	// ReleaseBinding puts a binding out of force, so that it is under way again. ErrNotFound: it is not in force, even if
	// another request has bound the group to the guild since.
	ReleaseBinding(ctx context.Context, b platform.Binding, events []platform.Event) error
	// EndBinding removes a binding that is under way, if it still is.
	EndBinding(ctx context.Context, b platform.Binding) error
	// Binding returns the binding in force of a guild, or ErrNotFound.
	Binding(ctx context.Context, guild platform.Guild) (platform.Binding, error)
	// BindingOfGroup returns the binding in force of a group at an app, or ErrNotFound.
	BindingOfGroup(ctx context.Context, app platform.AppID, gc platform.GC) (platform.Binding, error)
	// BindingOfOpenID returns the binding in force of the group with that openid at an app, or ErrNotFound.
	BindingOfOpenID(ctx context.Context, app platform.AppID, group platform.OpenID) (platform.Binding, error)
	// Bindings returns at most limit bindings in force of an app after a guild, by zone and guild.
	Bindings(ctx context.Context, after platform.Guild, limit int) ([]platform.Binding, error)
	// BindingsUnderWay returns at most limit bindings of all apps that are under way, oldest first: those after a binding,
	// of which the time and the guild count. The zero binding is before all.
	BindingsUnderWay(ctx context.Context, after platform.Binding, limit int) ([]platform.Binding, error)
	// BindingsUnderWayWith returns the bindings under way that have a guild or, unless gc is 0, a group of the guild's app:
	// two at most.
	BindingsUnderWayWith(ctx context.Context, guild platform.Guild, gc platform.GC) ([]platform.Binding, error)
	// TakeReminder notes that an account is reminded on a day, given by its number. ErrSpent: it was already.
	TakeReminder(ctx context.Context, app platform.AppID, uin platform.UIN, day int64) error
	// ReturnReminder undoes TakeReminder.
	ReturnReminder(ctx context.Context, app platform.AppID, uin platform.UIN, day int64) error
}

// Achievements stores what games report of their players, the best scores of each week and of all time, and who played which
// game when.
type Achievements interface {
	// ReportAchievements stores all items of a report, or nothing. ErrNotGreater: the item with the index failed is not to
	// overwrite, and its Number is not above that of the player's value of the type, which has not expired. An item of
	// AchievementScore is also a round of its day, and the player's score on the boards of its week and of all time if it is
	// above the one there.
	ReportAchievements(ctx context.Context, r platform.AchievementReport) (failed int, err error)
	// Achievements returns a player's values that have not expired, by type.
	Achievements(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) ([]platform.Achievement, error)
	// Tally returns what was derived from a player's scores, as of a day.
	Tally(ctx context.Context, app platform.AppID, uin platform.UIN, day int64) (platform.Tally, error)
	// Boards returns all boards with a score, by appid and week.
	Boards(ctx context.Context) ([]platform.Board, error)
	// BoardScores returns at most limit scores of a board of accounts above a number, by number.
	BoardScores(ctx context.Context, board platform.Board, after platform.UIN, limit int) ([]platform.BoardScore, error)
	// BoardScoresOf returns the scores on a board of those of the accounts that have one, in any order.
	BoardScoresOf(ctx context.Context, board platform.Board, uins []platform.UIN) ([]platform.BoardScore, error)
	// SweepBoards removes at most limit scores of weeks before that one, and returns how many it removed. The boards of all
	// time stay.
	SweepBoards(ctx context.Context, beforeWeek int64, limit int) (int64, error)
	// NotePlayed notes that an account plays a game; a report and the exchange of a login's code do so too.
	NotePlayed(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) error
	// RecentGames returns at most limit games that an account played, the last one first.
	RecentGames(ctx context.Context, uin platform.UIN, limit int) ([]platform.RecentGame, error)
}

// Scenes stores the scenes of Ark messages.
type Scenes interface {
	// EditScene applies edit to a scene, or to one with only a name if it is new, and stores it; its name stays. An error
	// of edit is returned unchanged and nothing changes. ErrFull: it would be new, and the app has most already.
	EditScene(ctx context.Context, key platform.SceneKey, most int, edit func(*platform.Scene) error) (*platform.Scene, error)
	// RemoveScene removes a scene, or ErrNotFound.
	RemoveScene(ctx context.Context, key platform.SceneKey) error
	// Scenes returns all scenes, by appid, mini program and name.
	Scenes(ctx context.Context) ([]*platform.Scene, error)
}

// GameCommands stores what the operator decided about the commands of the Game Center's door.
type GameCommands interface {
	// EditGameCommand applies edit to what was decided about a command, or to a zero value, and stores it; its
	// name stays. An error of edit is returned unchanged and nothing changes.
	EditGameCommand(ctx context.Context, name string, edit func(*platform.GameCommand) error) (platform.GameCommand, error)
	// GameCommands returns what was decided about any command, by name.
	GameCommands(ctx context.Context) ([]platform.GameCommand, error)
}

// Policies stores the policy of the bus, with all its versions for the operator to look up.
type Policies interface {
	// OIDBPolicy returns the newest version and its number; 0 and nil if none was ever stored.
	OIDBPolicy(ctx context.Context) (version int64, record []byte, err error)
	// StoreOIDBPolicy stores a version. ErrExists: the number is taken.
	StoreOIDBPolicy(ctx context.Context, version int64, record []byte, nowMS int64) error
}

// Outbox stores the events that writes report, until every lane has delivered them. A write that reports events stores them in
// its own transaction: if they cannot be stored, it fails with ErrEvents and nothing of it remains.
type Outbox interface {
	// GuardEvents sets a function that each event passes before it is stored, within the write; its error fails the write
	// with ErrEvents. It must be set before the first write.
	GuardEvents(func(context.Context, *platform.Event) error)
	// Report stores events that no other write reports.
	Report(ctx context.Context, events []platform.Event) error
	// Undelivered returns at most limit events that the lane has not delivered, oldest first.
	Undelivered(ctx context.Context, lane platform.Lane, limit int) ([]platform.Event, error)
	// Delivered says that the lane has delivered the events up to last, and removes those that every lane has delivered.
	Delivered(ctx context.Context, lane platform.Lane, last int64) error
	// CountUndelivered returns the number of events that the lane has not delivered, and the time of the oldest, 0 without one.
	CountUndelivered(ctx context.Context, lane platform.Lane) (n int, oldestMS int64, err error)
}

// GroupsCreatedMS is the time in which GroupLimits.Created counts: an hour.
const GroupsCreatedMS = 3600 * 1000

// QQGroups stores the group platform: its groups, their members and messages, and which guilds they serve. The function may of
// a write decides inside the write, by the group as it is then, without its administrators; its error is returned unchanged
// and nothing changes. ErrNotFound: there is no such group.
type QQGroups interface {
	// CreateGroup stores a group, whose owner is its first member, and returns it with its number, the one above the
	// highest. If the owner made a group with the same request before, it returns that group; the empty request is new each
	// time, and what it makes does not count towards most.Created. ErrFull: the owner owns most.Owned groups. ErrTooOften: the owner has made most.Created groups within
	// GroupsCreatedMS.
	CreateGroup(ctx context.Context, g platform.Group, request string, most platform.GroupLimits) (platform.Group, error)
	// Group returns one group with its administrators, or ErrNotFound.
	Group(ctx context.Context, gc platform.GC) (platform.Group, error)
	// Groups returns at most limit groups above a number, by number.
	Groups(ctx context.Context, after platform.GC, limit int) ([]platform.Group, error)
	// GroupsOf returns at most limit groups above a number, by number, that an account is in, or that it owns. Disbanded
	// groups are left out.
	GroupsOf(ctx context.Context, uin platform.UIN, owned bool, after platform.GC, limit int) ([]platform.Group, error)
	// UpdateGroup applies edit to a group with its administrators; its number, members and time of creation stay, and
	// whether it is disbanded. An error of edit is returned unchanged and nothing changes. ErrNotFound: there is no such
	// group, or its new owner or administrator is not an ordinary member.
	UpdateGroup(ctx context.Context, gc platform.GC, edit func(*platform.Group) error) (platform.Group, error)
	// DisbandGroup ends a group for ever, with its memberships. Its messages and guilds stay. With a request, it undoes what
	// its owner made by that request. ErrNotFound: the group was made otherwise. ErrExists: it serves a guild.
	DisbandGroup(ctx context.Context, gc platform.GC, request string, may func(*platform.Group) error) error
	// TransferGroup makes another member the owner, and the owner a member. may gets the other's role. ErrFull: the other
	// owns as many groups as one account may; 0 is no limit.
	TransferGroup(ctx context.Context, gc platform.GC, to platform.UIN, owned int, may func(*platform.Group, platform.GroupRole) error) error

	// JoinGroup makes an account a member; a member stays as it is. ErrFull: the group has no room, or the account is in
	// as many groups as one account may be.
	JoinGroup(ctx context.Context, gc platform.GC, m platform.GroupMembership, joined int, may func(*platform.Group) error) error
	// LeaveGroup ends a membership, by itself or by another account. may gets the roles of both; it must not let the owner
	// go, nor an account that is not a member.
	LeaveGroup(ctx context.Context, gc platform.GC, uin, by platform.UIN, may func(g *platform.Group, of, by platform.GroupRole) error) error
	// GroupRole returns what an account is in a group, and whether the group is disbanded.
	GroupRole(ctx context.Context, gc platform.GC, uin platform.UIN) (role platform.GroupRole, disbanded bool, err error)
	// GroupMembers returns at most limit members of a group above a number, by number.
	GroupMembers(ctx context.Context, gc platform.GC, after platform.UIN, limit int) ([]platform.GroupMembership, error)

	// SendGroupMessage stores a message and returns its ID; if the sender sent one with the same request that is still
	// stored, it returns that one's. Of a group only the newest messages are kept, as many as kept says, and none sent
	// before sinceMS. may gets the sender's role.
	SendGroupMessage(ctx context.Context, gc platform.GC, m platform.GroupMessage, request string, kept int, sinceMS int64, may func(*platform.Group, platform.GroupRole) error) (uint64, error)
	// GroupMessages returns at most limit messages of a group sent since then, newest first; only those with IDs below
	// before unless that is 0.
	GroupMessages(ctx context.Context, gc platform.GC, before uint64, sinceMS int64, limit int) ([]platform.GroupMessage, error)

	// NoteGuild notes that a group serves a guild; repeating it changes nothing. ErrExists: it serves another one of that
	// app.
	NoteGuild(ctx context.Context, gc platform.GC, guild platform.Guild, may func(*platform.Group) error) error
	// ForgetGuild notes that a group does not serve a guild; one that it does not serve changes nothing.
	ForgetGuild(ctx context.Context, gc platform.GC, guild platform.Guild, may func(*platform.Group) error) error
	// GroupGuilds returns the guilds that a group serves, by appid.
	GroupGuilds(ctx context.Context, gc platform.GC) ([]platform.Guild, error)
}

// Sessions stores which sessions on the platform's own pages were ended before their time.
type Sessions interface {
	// EndSession ends an account's session; endsMS is when it would end by itself. Ending it again changes nothing. It also
	// removes a few whose time is over, so that they do not accumulate.
	EndSession(ctx context.Context, uin platform.UIN, secret [16]byte, endsMS, nowMS int64) error
	// SessionEnded reports whether an account's session was ended, as long as it would not have ended by itself.
	SessionEnded(ctx context.Context, uin platform.UIN, secret [16]byte) (bool, error)
}

// Operators stores who may use the admin API.
type Operators interface {
	// CreateOperator stores an operator. ErrExists: the name is taken. ErrFull: there are most operators.
	CreateOperator(ctx context.Context, o platform.Operator, most int) error
	// UpdateOperator applies edit to an operator; its name and time of creation stay. An error of edit is returned unchanged
	// and nothing changes. ErrNotFound.
	UpdateOperator(ctx context.Context, name string, edit func(*platform.Operator) error) (platform.Operator, error)
	// RemoveOperator removes an operator, or ErrNotFound.
	RemoveOperator(ctx context.Context, name string) error
	// Operators returns all operators by name.
	Operators(ctx context.Context) ([]platform.Operator, error)
}

// AuditLog stores what operators did. Every write stores the entry of its context (platform.WithAudit), unless an earlier write has.
type AuditLog interface {
	// RecordAudit stores the context's entry if no write has, for a call that changes something outside the store.
	RecordAudit(ctx context.Context) error
	// AuditEntries returns at most limit entries, newest first.
	AuditEntries(ctx context.Context, f platform.AuditFilter, limit int) ([]platform.AuditEntry, error)
	// SweepAudit removes at most limit entries of before that time and returns how many it removed.
	SweepAudit(ctx context.Context, beforeMS int64, limit int) (int64, error)
}

// Feeds stores what players tell their friends.
type Feeds interface {
	// PostFeed stores a feed and returns it with its ID, which is above all others. If its author posted one with the same
	// request at the app that is still kept, or was deleted, that one is returned and nothing changes. Of an author's feeds at
	// an app only the newest are kept, as many as most says, and of those that were deleted as many requests.
	PostFeed(ctx context.Context, f platform.Feed, most int) (platform.Feed, error)
	// Feeds returns at most limit feeds of these authors at an app below an ID that were posted since that time, newest first.
	Feeds(ctx context.Context, app platform.AppID, authors []platform.UIN, before, sinceMS int64, limit int) ([]platform.Feed, error)
	// FeedsByID returns those of an app's feeds that have these IDs and were posted since that time, newest first.
	FeedsByID(ctx context.Context, app platform.AppID, ids []int64, sinceMS int64) ([]platform.Feed, error)
	// DeleteFeed deletes an author's feed, or ErrNotFound.
	DeleteFeed(ctx context.Context, app platform.AppID, author platform.UIN, id int64) error
	// SweepFeeds removes at most limit feeds posted before that time and returns how many it removed.
	SweepFeeds(ctx context.Context, beforeMS int64, limit int) (int64, error)
}

// RedDots stores until when players have seen the entries of the Game Center.
type RedDots interface {
	// SeenEntries returns until when a player at an app has seen each entry; one that it has never seen is left out.
	SeenEntries(ctx context.Context, app platform.AppID, uin platform.UIN) (map[string]int64, error)
	// SeeEntries notes that a player has seen entries until a time. One that it has seen until later stays.
	SeeEntries(ctx context.Context, app platform.AppID, uin platform.UIN, entries []string, seenMS int64) error
}

// Challenges stores the challenges, and the records of their players, in which each challenge counts once.
type Challenges interface {
	// BeginChallenge stores a challenge and returns it with its ID, which is above all others. If its challenger began one
	// with the same request at the app that is still kept, the report of its beginning is noted, unless its side has reported
	// it before, and that challenge is returned. ErrFull: the challenger has begun most challenges that are under way, or the
	// opponent is in as many that others began.
	BeginChallenge(ctx context.Context, c platform.Challenge, most int) (platform.Challenge, error)
	// EditChallenge applies edit to a challenge's scores, and counts its result if edit sets SettledMS. An error of edit is
	// returned unchanged and nothing changes. ErrNotFound; ErrSpent: the challenge is settled.
	EditChallenge(ctx context.Context, app platform.AppID, id int64, edit func(*platform.Challenge) error) (platform.Challenge, error)
	// SettleChallenges counts the results of at most limit challenges whose end is not after that time, earliest first, and
	// returns how many those were.
	SettleChallenges(ctx context.Context, nowMS int64, limit int) (int, error)
	// ChallengesOf returns at most limit of a player's challenges at an app below an ID that were not over before that time,
	// newest first.
	ChallengesOf(ctx context.Context, app platform.AppID, uin platform.UIN, before, sinceMS int64, limit int) ([]platform.Challenge, error)
	// ChallengeRecord returns how a player has done at an app until that time, including challenges that are not settled yet.
	ChallengeRecord(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) (platform.ChallengeRecord, error)
	// ChallengeNews returns when, until that time, a challenge of a player at an app was last over, or begun by another; 0 for
	// never.
	ChallengeNews(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) (int64, error)
	// SweepChallenges removes at most limit challenges settled before that time and returns how many it removed. The records
	// stay.
	SweepChallenges(ctx context.Context, beforeMS int64, limit int) (int64, error)
}

// Attempts counts attempts for all processes that share the storage. A process that has it to itself counts on its own, and no attempt is one
// too many here.
type Attempts interface {
	// TakeAttempt counts an attempt of key, unless the rate is used up; then it returns how long to wait for the next.
	TakeAttempt(ctx context.Context, key string, rate platform.Rate, now time.Time) (wait time.Duration, err error)
	// GiveBackAttempt undoes the count of an attempt of key.
	GiveBackAttempt(ctx context.Context, key string, rate platform.Rate) error
	// ClearAttempts forgets the attempts of key.
	ClearAttempts(ctx context.Context, key string) error
}

// Nonces remembers the nonces of apps' calls for all processes that share the storage. A process that has it to itself remembers them on
// its own, and each is new here.
type Nonces interface {
	// TakeNonce remembers a nonce. ErrSpent: it was taken since that time.
	TakeNonce(ctx context.Context, app platform.AppID, nonce []byte, nowMS, sinceMS int64) error
}

// Gateways are the processes that share the storage.
type Gateways interface {
	// Join says that this process is there, which is heard for ten seconds, and returns the fingerprint of the keys that all are to have: those of
	// the first to join, or of the last call of UseKeys.
	Join(ctx context.Context, g platform.Gateway, keys string) (shared string, err error)
	// UseKeys sets that fingerprint.
	UseKeys(ctx context.Context, keys string) error
	// Gateways returns the processes that are there, by address.
	Gateways(ctx context.Context) ([]platform.Gateway, error)
}
