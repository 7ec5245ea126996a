package sqlite

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rookeryhq/rookery/internal/platform"
)

// TestAFileOfBeforeKeepsItsGrants: of the version in which they had a table of their own.
func TestAFileOfBeforeKeepsItsGrants(t *testing.T) {
	ctx := t.Context()
	s := mustOpen(t, fileOfVersion(t, 13,
		`INSERT INTO accounts (uin, profile, state, class, password_hash, password_epoch, created_ms) VALUES (10001, '{}', 1, 2, '', 3, 4)`,
		`INSERT INTO openids (appid, openid, uin, state, changed_ms) VALUES
			(7, x'00000000000000000000000000000001', 10001, 1, 500), -- reclaimed
			(7, x'00000000000000000000000000000002', 10001, 0, 501),
			(8, x'00000000000000000000000000000002', 10001, 0, 502), -- its grant has ended
			(9, x'00000000000000000000000000000002', 10001, 0, 503)  -- without a grant`,
		`INSERT INTO grants (appid, openid, scopes, token_epoch, pay_epoch, ended_epoch, ended_by, changed_ms, since_ms) VALUES
			(7, x'00000000000000000000000000000001', '', 1, 0, 0, 0, 900, 500),
			(7, x'00000000000000000000000000000002', 'get_user_info get_vip_info', 6, 5, 4, 1, 800, 700),
			(8, x'00000000000000000000000000000002', 'login', 3, 2, 3, 2, 600, 550)`))
	defer mustClose(t, s)

	first, second := platform.OpenID{15: 1}, platform.OpenID{15: 2}
	reclaimed := platform.Grant{AppID: 7, OpenID: first, TokenEpoch: 1}
	live := platform.Grant{AppID: 7, OpenID: second, Scopes: []string{"get_user_info", "get_vip_info"}, TokenEpoch: 6, PayEpoch: 5, EndedEpoch: 4, EndedBy: platform.EndedByUser}
	ended := platform.Grant{AppID: 8, OpenID: second, Scopes: []string{"login"}, TokenEpoch: 3, PayEpoch: 2, EndedEpoch: 3, EndedBy: platform.EndedByOperator}
	same := func(name string, got, want any, err error) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("%s: error %v, -want +got:\n%s", name, err, diff)
		}
	}
	for _, want := range []platform.Grant{reclaimed, live, ended} {
		got, err := s.Grant(ctx, want.AppID, want.OpenID)
		same("grant", got, want, err)
	}
	if _, err := s.Grant(ctx, 9, second); !errors.Is(err, platform.ErrNotFound) {
		t.Errorf("without a grant: got %v, want %v", err, platform.ErrNotFound)
	}
	count, err := s.CountGrants(ctx)
	same("number of grants", count, 3, err)
	grants, err := s.LiveGrants(ctx, 10001)
	same("live grants", grants, []platform.LiveGrant{{Grant: live, SinceMS: 700}}, err)
	openids, err := s.OpenIDsOf(ctx, 10001)
	same("openids", openids, []platform.OpenIDBinding{
		{AppID: 7, OpenID: first, UIN: 10001, State: platform.OpenIDReclaimed}, // first, although its grant changed last
		{AppID: 7, OpenID: second, UIN: 10001},
		{AppID: 8, OpenID: second, UIN: 10001},
		{AppID: 9, OpenID: second, UIN: 10001},
	}, err)
	standing, err := s.Standing(ctx, 9, second)
	same("standing", standing, platform.Standing{UIN: 10001, AccountState: 1, AccountClass: 2, PasswordEpoch: 3}, err)

	// An account still has one active openid at each app, and a first login begins its grant.
	err = s.writer.write(ctx, func(t *tx) error {
		_, err := t.Exec("INSERT INTO openids (appid, openid, uin, state, changed_ms) VALUES (9, x'03', 10001, 0, 1)")
		return err
	})
	if !errors.Is(err, platform.ErrExists) {
		t.Errorf("a second active openid: got %v, want %v", err, platform.ErrExists)
	}
	begun, err := s.Authorize(ctx, 9, second, nil, true, 1000)
	same("authorized", begun, platform.Grant{AppID: 9, OpenID: second, TokenEpoch: 1, PayEpoch: 1}, err)
}
