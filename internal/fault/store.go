package fault

import (
	"context"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// Store returns a store whose calls pass the set's points before they reach st. A call counts for the table that it is
// about: codes and refresh tokens for logins, reminders for bindings, and Standing for grants, which count as a table although
// SQLite stores them with their openids.
func (s *Set) Store(st store.Store) store.Store { return &faultyStore{st, s} }

type faultyStore struct {
	store.Store
	points *Set
}

func (s *faultyStore) CreateApp(ctx context.Context, app *platform.App, nowMS int64) error {
	if err := s.points.fail(ctx, "store.write:apps", subject{app: app.AppID}); err != nil {
		return err
	}
	return s.Store.CreateApp(ctx, app, nowMS)
}

func (s *faultyStore) UpdateApp(ctx context.Context, id platform.AppID, nowMS int64, edit func(*platform.App) error) (none *platform.App, err error) {
	if err := s.points.fail(ctx, "store.write:apps", subject{app: id}); err != nil {
		return none, err
	}
	return s.Store.UpdateApp(ctx, id, nowMS, edit)
}

func (s *faultyStore) App(ctx context.Context, id platform.AppID) (none *platform.App, err error) {
	if err := s.points.fail(ctx, "store.read:apps", subject{app: id}); err != nil {
		return none, err
	}
	return s.Store.App(ctx, id)
}

func (s *faultyStore) Apps(ctx context.Context) (none []*platform.App, err error) {
	if err := s.points.fail(ctx, "store.read:apps", subject{}); err != nil {
		return none, err
	}
	return s.Store.Apps(ctx)
}

func (s *faultyStore) CreateAccount(ctx context.Context, account *platform.Account, next platform.UIN) error {
	if err := s.points.fail(ctx, "store.write:accounts", subject{}); err != nil {
		return err
	}
	return s.Store.CreateAccount(ctx, account, next)
}

func (s *faultyStore) UpdateAccount(ctx context.Context, uin platform.UIN, edit func(*platform.Account) error) (none *platform.Account, err error) {
	if err := s.points.fail(ctx, "store.write:accounts", subject{}); err != nil {
		return none, err
	}
	return s.Store.UpdateAccount(ctx, uin, edit)
}

func (s *faultyStore) FreezeAccount(ctx context.Context, uin platform.UIN, nowMS int64, edit func(*platform.Account) error) (none *platform.Account, err error) {
	if err := s.points.fail(ctx, "store.write:accounts", subject{}); err != nil {
		return none, err
	}
	return s.Store.FreezeAccount(ctx, uin, nowMS, edit)
}

func (s *faultyStore) Account(ctx context.Context, uin platform.UIN) (none *platform.Account, err error) {
	if err := s.points.fail(ctx, "store.read:accounts", subject{}); err != nil {
		return none, err
	}
	return s.Store.Account(ctx, uin)
}

func (s *faultyStore) Accounts(ctx context.Context, after platform.UIN, limit int) (none []*platform.Account, err error) {
	if err := s.points.fail(ctx, "store.read:accounts", subject{}); err != nil {
		return none, err
	}
	return s.Store.Accounts(ctx, after, limit)
}

func (s *faultyStore) EnsureOpenID(ctx context.Context, app platform.AppID, uin platform.UIN, candidate platform.OpenID, nowMS int64) (none platform.OpenID, err error) {
	if err := s.points.fail(ctx, "store.write:openids", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.EnsureOpenID(ctx, app, uin, candidate, nowMS)
}

func (s *faultyStore) EnsureOpenIDs(ctx context.Context, app platform.AppID, uins []platform.UIN, candidates []platform.OpenID, nowMS int64) ([]platform.OpenID, error) {
	if err := s.points.fail(ctx, "store.write:openids", subject{app: app}); err != nil {
		return nil, err
	}
	return s.Store.EnsureOpenIDs(ctx, app, uins, candidates, nowMS)
}

func (s *faultyStore) OpenID(ctx context.Context, app platform.AppID, openid platform.OpenID) (none platform.OpenIDBinding, err error) {
	if err := s.points.fail(ctx, "store.read:openids", subject{app: app, openid: openid}); err != nil {
		return none, err
	}
	return s.Store.OpenID(ctx, app, openid)
}

func (s *faultyStore) OpenIDsOf(ctx context.Context, uin platform.UIN) (none []platform.OpenIDBinding, err error) {
	if err := s.points.fail(ctx, "store.read:openids", subject{}); err != nil {
		return none, err
	}
	return s.Store.OpenIDsOf(ctx, uin)
}

func (s *faultyStore) ReclaimOpenID(ctx context.Context, app platform.AppID, uin platform.UIN, nowMS int64) (none platform.OpenID, err error) {
	if err := s.points.fail(ctx, "store.write:openids", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.ReclaimOpenID(ctx, app, uin, nowMS)
}

func (s *faultyStore) EnsurePlayer(ctx context.Context, player platform.Player, nowMS int64) (p platform.Player, created bool, err error) {
	if err := s.points.fail(ctx, "store.write:players", subject{app: player.AppID, openid: player.OpenID}); err != nil {
		return p, false, err
	}
	return s.Store.EnsurePlayer(ctx, player, nowMS)
}

func (s *faultyStore) Player(ctx context.Context, app platform.AppID, id platform.MSDKOpenID) (none platform.Player, err error) {
	if err := s.points.fail(ctx, "store.read:players", subject{app: app, msdk: id}); err != nil {
		return none, err
	}
	return s.Store.Player(ctx, app, id)
}

func (s *faultyStore) Standing(ctx context.Context, app platform.AppID, openid platform.OpenID) (none platform.Standing, err error) {
	if err := s.points.fail(ctx, "store.read:grants", subject{app: app, openid: openid}); err != nil {
		return none, err
	}
	return s.Store.Standing(ctx, app, openid)
}

func (s *faultyStore) CountGrants(ctx context.Context) (int, error) {
	if err := s.points.fail(ctx, "store.read:grants", subject{}); err != nil {
		return 0, err
	}
	return s.Store.CountGrants(ctx)
}

func (s *faultyStore) ReadStandings(ctx context.Context, each func(platform.AppID, platform.OpenID, platform.Standing) bool) error {
	if err := s.points.fail(ctx, "store.read:grants", subject{}); err != nil {
		return err
	}
	return s.Store.ReadStandings(ctx, each)
}

func (s *faultyStore) Authorize(ctx context.Context, app platform.AppID, openid platform.OpenID, scopes []string, pay bool, nowMS int64) (none platform.Grant, err error) {
	if err := s.points.fail(ctx, "store.write:grants", subject{app: app, openid: openid}); err != nil {
		return none, err
	}
	return s.Store.Authorize(ctx, app, openid, scopes, pay, nowMS)
}

func (s *faultyStore) CreateLogin(ctx context.Context, login platform.Login) error {
	if err := s.points.fail(ctx, "store.write:logins", subject{app: login.AppID, openid: login.OpenID}); err != nil {
		return err
	}
	return s.Store.CreateLogin(ctx, login)
}

func (s *faultyStore) ExchangeCode(ctx context.Context, app platform.AppID, code platform.Ticket, openkey *platform.Openkey, endsMS, nowMS int64, check func(*platform.Login) error) (none platform.Login, err error) {
	if err := s.failTicket(ctx, app, openkey); err != nil {
		return none, err
	}
	return s.Store.ExchangeCode(ctx, app, code, openkey, endsMS, nowMS, check)
}

func (s *faultyStore) UseRefresh(ctx context.Context, app platform.AppID, refresh platform.Ticket, openkey *platform.Openkey, againMS, nowMS int64) (none platform.Login, err error) {
	if err := s.failTicket(ctx, app, openkey); err != nil {
		return none, err
	}
	return s.Store.UseRefresh(ctx, app, refresh, openkey, againMS, nowMS)
}

// failTicket checks the points of both tables that using a ticket writes.
func (s *faultyStore) failTicket(ctx context.Context, app platform.AppID, openkey *platform.Openkey) error {
	if err := s.points.fail(ctx, "store.write:logins", subject{app: app}); err != nil || openkey == nil {
		return err
	}
	return s.points.fail(ctx, "store.write:openkeys", subject{app: app})
}

func (s *faultyStore) Login(ctx context.Context, app platform.AppID, id int64) (none platform.Login, err error) {
	if err := s.points.fail(ctx, "store.read:logins", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.Login(ctx, app, id)
}

func (s *faultyStore) EndLogin(ctx context.Context, app platform.AppID, openid platform.OpenID, tokenEpoch uint32, by platform.EndedBy, nowMS int64) error {
	if err := s.points.fail(ctx, "store.write:grants", subject{app: app, openid: openid}); err != nil {
		return err
	}
	return s.Store.EndLogin(ctx, app, openid, tokenEpoch, by, nowMS)
}

func (s *faultyStore) RaisePayEpoch(ctx context.Context, app platform.AppID, openid platform.OpenID, nowMS int64) (none platform.Grant, err error) {
	if err := s.points.fail(ctx, "store.write:grants", subject{app: app, openid: openid}); err != nil {
		return none, err
	}
	return s.Store.RaisePayEpoch(ctx, app, openid, nowMS)
}

func (s *faultyStore) EndGrant(ctx context.Context, app platform.AppID, openid platform.OpenID, by platform.EndedBy, nowMS int64) error {
	if err := s.points.fail(ctx, "store.write:grants", subject{app: app, openid: openid}); err != nil {
		return err
	}
	return s.Store.EndGrant(ctx, app, openid, by, nowMS)
}

func (s *faultyStore) Grant(ctx context.Context, app platform.AppID, openid platform.OpenID) (none platform.Grant, err error) {
	if err := s.points.fail(ctx, "store.read:grants", subject{app: app, openid: openid}); err != nil {
		return none, err
	}
	return s.Store.Grant(ctx, app, openid)
}

func (s *faultyStore) LiveGrants(ctx context.Context, uin platform.UIN) (none []platform.LiveGrant, err error) {
	if err := s.points.fail(ctx, "store.read:grants", subject{}); err != nil {
		return none, err
	}
	return s.Store.LiveGrants(ctx, uin)
}

func (s *faultyStore) CreateOpenkey(ctx context.Context, key platform.Openkey) error {
	if err := s.points.fail(ctx, "store.write:openkeys", subject{app: key.AppID, openid: key.OpenID}); err != nil {
		return err
	}
	return s.Store.CreateOpenkey(ctx, key)
}

func (s *faultyStore) Openkey(ctx context.Context, app platform.AppID, session uint64) (none platform.Openkey, err error) {
	if err := s.points.fail(ctx, "store.read:openkeys", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.Openkey(ctx, app, session)
}

func (s *faultyStore) RenewOpenkey(ctx context.Context, app platform.AppID, session uint64, nowMS, expiresMS int64) error {
	if err := s.points.fail(ctx, "store.write:openkeys", subject{app: app}); err != nil {
		return err
	}
	return s.Store.RenewOpenkey(ctx, app, session, nowMS, expiresMS)
}

func (s *faultyStore) Befriend(ctx context.Context, a, b platform.UIN, most int, nowMS int64) error {
	if err := s.points.fail(ctx, "store.write:friendships", subject{}); err != nil {
		return err
	}
	return s.Store.Befriend(ctx, a, b, most, nowMS)
}

func (s *faultyStore) Friends(ctx context.Context, uin platform.UIN) (none []platform.Friendship, err error) {
	if err := s.points.fail(ctx, "store.read:friendships", subject{}); err != nil {
		return none, err
	}
	return s.Store.Friends(ctx, uin)
}

func (s *faultyStore) SetRemark(ctx context.Context, uin, friend platform.UIN, remark string) error {
	if err := s.points.fail(ctx, "store.write:friendships", subject{}); err != nil {
		return err
	}
	return s.Store.SetRemark(ctx, uin, friend, remark)
}

func (s *faultyStore) Unfriend(ctx context.Context, a, b platform.UIN) error {
	if err := s.points.fail(ctx, "store.write:friendships", subject{}); err != nil {
		return err
	}
	return s.Store.Unfriend(ctx, a, b)
}

func (s *faultyStore) AreFriends(ctx context.Context, a, b platform.UIN) (none bool, err error) {
	if err := s.points.fail(ctx, "store.read:friendships", subject{}); err != nil {
		return none, err
	}
	return s.Store.AreFriends(ctx, a, b)
}

func (s *faultyStore) AppFriends(ctx context.Context, app platform.AppID, uin, after platform.UIN, limit int) (none []platform.AppUser, err error) {
	if err := s.points.fail(ctx, "store.read:friendships", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.AppFriends(ctx, app, uin, after, limit)
}

func (s *faultyStore) UnregisteredFriends(ctx context.Context, app platform.AppID, uin platform.UIN, limit int) (none []platform.AppUser, err error) {
	if err := s.points.fail(ctx, "store.read:friendships", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.UnregisteredFriends(ctx, app, uin, limit)
}

func (s *faultyStore) AppUsers(ctx context.Context, app platform.AppID, openids []platform.OpenID) (none []platform.AppUser, err error) {
	if err := s.points.fail(ctx, "store.read:openids", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.AppUsers(ctx, app, openids)
}

func (s *faultyStore) HighestUIN(ctx context.Context) (none platform.UIN, err error) {
	if err := s.points.fail(ctx, "store.read:accounts", subject{}); err != nil {
		return none, err
	}
	return s.Store.HighestUIN(ctx)
}

func (s *faultyStore) OpenIDAnywhere(ctx context.Context, openid platform.OpenID) (none platform.OpenIDBinding, err error) {
	if err := s.points.fail(ctx, "store.read:openids", subject{openid: openid}); err != nil {
		return none, err
	}
	return s.Store.OpenIDAnywhere(ctx, openid)
}

func (s *faultyStore) OIDBPolicy(ctx context.Context) (version int64, record []byte, err error) {
	if err := s.points.fail(ctx, "store.read:oidb_policy", subject{}); err != nil {
		return 0, nil, err
	}
	return s.Store.OIDBPolicy(ctx)
}

func (s *faultyStore) StoreOIDBPolicy(ctx context.Context, version int64, record []byte, nowMS int64) error {
	if err := s.points.fail(ctx, "store.write:oidb_policy", subject{}); err != nil {
		return err
	}
	return s.Store.StoreOIDBPolicy(ctx, version, record, nowMS)
}

func (s *faultyStore) Report(ctx context.Context, events []platform.Event) error {
	if err := s.points.fail(ctx, "store.write:outbox", subject{}); err != nil {
		return err
	}
	return s.Store.Report(ctx, events)
}

func (s *faultyStore) Undelivered(ctx context.Context, lane platform.Lane, limit int) ([]platform.Event, error) {
	if err := s.points.fail(ctx, "store.read:outbox", subject{}); err != nil {
		return nil, err
	}
	return s.Store.Undelivered(ctx, lane, limit)
}

func (s *faultyStore) Delivered(ctx context.Context, lane platform.Lane, last int64) error {
	if err := s.points.fail(ctx, "store.write:outbox", subject{}); err != nil {
		return err
	}
	return s.Store.Delivered(ctx, lane, last)
}

func (s *faultyStore) CountUndelivered(ctx context.Context, lane platform.Lane) (n int, oldestMS int64, err error) {
	if err := s.points.fail(ctx, "store.read:outbox", subject{}); err != nil {
		return 0, 0, err
	}
	return s.Store.CountUndelivered(ctx, lane)
}

func (s *faultyStore) BeginBinding(ctx context.Context, b platform.Binding) error {
	if err := s.points.fail(ctx, "store.write:bindings", subject{app: b.AppID}); err != nil {
		return err
	}
	return s.Store.BeginBinding(ctx, b)
}

func (s *faultyStore) FinishBinding(ctx context.Context, b platform.Binding, events []platform.Event) error {
	if err := s.points.fail(ctx, "store.write:bindings", subject{app: b.AppID}); err != nil {
		return err
	}
	return s.Store.FinishBinding(ctx, b, events)
}

func (s *faultyStore) ReleaseBinding(ctx context.Context, b platform.Binding, events []platform.Event) error {
	if err := s.points.fail(ctx, "store.write:bindings", subject{app: b.AppID}); err != nil {
		return err
	}
	return s.Store.ReleaseBinding(ctx, b, events)
}

func (s *faultyStore) EndBinding(ctx context.Context, b platform.Binding) error {
	if err := s.points.fail(ctx, "store.write:bindings", subject{app: b.AppID}); err != nil {
		return err
	}
	return s.Store.EndBinding(ctx, b)
}

func (s *faultyStore) Binding(ctx context.Context, guild platform.Guild) (none platform.Binding, err error) {
	if err := s.points.fail(ctx, "store.read:bindings", subject{app: guild.AppID}); err != nil {
		return none, err
	}
	return s.Store.Binding(ctx, guild)
}

func (s *faultyStore) BindingOfGroup(ctx context.Context, app platform.AppID, gc platform.GC) (none platform.Binding, err error) {
	if err := s.points.fail(ctx, "store.read:bindings", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.BindingOfGroup(ctx, app, gc)
}

func (s *faultyStore) BindingOfOpenID(ctx context.Context, app platform.AppID, group platform.OpenID) (none platform.Binding, err error) {
	if err := s.points.fail(ctx, "store.read:bindings", subject{app: app}); err != nil {
		return none, err
	}
	return s.Store.BindingOfOpenID(ctx, app, group)
}

func (s *faultyStore) Bindings(ctx context.Context, after platform.Guild, limit int) ([]platform.Binding, error) {
	if err := s.points.fail(ctx, "store.read:bindings", subject{app: after.AppID}); err != nil {
		return nil, err
	}
	return s.Store.Bindings(ctx, after, limit)
}

func (s *faultyStore) BindingsUnderWay(ctx context.Context, after platform.Binding, limit int) ([]platform.Binding, error) {
	if err := s.points.fail(ctx, "store.read:bindings", subject{}); err != nil {
		return nil, err
	}
	return s.Store.BindingsUnderWay(ctx, after, limit)
}

func (s *faultyStore) BindingsUnderWayWith(ctx context.Context, guild platform.Guild, gc platform.GC) ([]platform.Binding, error) {
	if err := s.points.fail(ctx, "store.read:bindings", subject{app: guild.AppID}); err != nil {
		return nil, err
	}
	return s.Store.BindingsUnderWayWith(ctx, guild, gc)
}

func (s *faultyStore) TakeReminder(ctx context.Context, app platform.AppID, uin platform.UIN, day int64) error {
	if err := s.points.fail(ctx, "store.write:bindings", subject{app: app}); err != nil {
		return err
	}
	return s.Store.TakeReminder(ctx, app, uin, day)
}

func (s *faultyStore) ReturnReminder(ctx context.Context, app platform.AppID, uin platform.UIN, day int64) error {
	if err := s.points.fail(ctx, "store.write:bindings", subject{app: app}); err != nil {
		return err
	}
	return s.Store.ReturnReminder(ctx, app, uin, day)
}

func (s *faultyStore) EndSession(ctx context.Context, uin platform.UIN, secret [16]byte, endsMS, nowMS int64) error {
	if err := s.points.fail(ctx, "store.write:sessions", subject{}); err != nil {
		return err
	}
	return s.Store.EndSession(ctx, uin, secret, endsMS, nowMS)
}

func (s *faultyStore) SessionEnded(ctx context.Context, uin platform.UIN, secret [16]byte) (bool, error) {
	if err := s.points.fail(ctx, "store.read:sessions", subject{}); err != nil {
		return false, err
	}
	return s.Store.SessionEnded(ctx, uin, secret)
}
