package tables

import (
	"context"
	"encoding/json"
	"fmt"
	"math"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

const (
	accountColumns = "uin, profile, state, class, password_hash, password_epoch, created_ms, signed_out_ms"
	accountByUIN   = "SELECT " + accountColumns + " FROM accounts WHERE uin = ?"
)

// CreateAccount implements store.Accounts.
func (s *Store) CreateAccount(ctx context.Context, account *platform.Account, next platform.UIN) error {
	if account.UIN > math.MaxInt64 {
		return fmt.Errorf("tables: account number %s has more than 63 bits", account.UIN)
	}
	profile, err := json.Marshal(account.Profile)
	if err != nil {
		return err
	}
	uin, err := returning(ctx, s.write, func(t *tx) (int64, error) {
		uin := int64(account.UIN)
		if err := t.lock(of(accountNumbers, 0)); err != nil {
			return 0, err
		}
		if uin == 0 {
			if err := t.QueryRow("SELECT max(uin) FROM (SELECT max(uin) AS uin FROM accounts UNION ALL SELECT ? UNION ALL SELECT first_uin - 1 FROM incarnation) numbers", int64(next)-1).Scan(&uin); err != nil {
				return 0, err
			}
			if uin >= int64(platform.LastUIN) {
				return 0, platform.ErrFull
			}
			uin++
		}
		err := t.Later("INSERT INTO accounts ("+accountColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			uin, string(profile), int64(account.State), int64(account.Class), account.PasswordHash, int64(account.PasswordEpoch), account.CreatedMS,
			account.SignedOutMS)
		t.creates(uin)
		return uin, err
	})
	if err != nil {
		return err
	}
	account.UIN = platform.UIN(uin)
	return nil
}

// UpdateAccount implements store.Accounts.
func (s *Store) UpdateAccount(ctx context.Context, uin platform.UIN, edit func(*platform.Account) error) (*platform.Account, error) {
	return returning(ctx, s.write, func(t *tx) (*platform.Account, error) { return t.updateAccount(uin, edit) })
}

func (t *tx) updateAccount(uin platform.UIN, edit func(*platform.Account) error) (*platform.Account, error) {
	if err := t.lock(of(anAccount, uin)); err != nil {
		return nil, err
	}
	account, err := scanAccount(t.QueryRow(accountByUIN, int64(uin)))
	if err != nil {
		return nil, missing(err, platform.NoAccount, uin)
	}
	before := *account
	if err := edit(account); err != nil {
		return nil, err
	}
	account.UIN, account.CreatedMS = before.UIN, before.CreatedMS
	profile, err := json.Marshal(account.Profile)
	if err != nil {
		return nil, err
	}
	if err := t.Later("UPDATE accounts SET profile = ?, state = ?, class = ?, password_hash = ?, password_epoch = ?, signed_out_ms = ? WHERE uin = ?",
		string(profile), int64(account.State), int64(account.Class), account.PasswordHash, int64(account.PasswordEpoch), account.SignedOutMS,
		int64(uin)); err != nil {
		return nil, err
	}
	if *account != before {
		t.changed(store.AccountChange{UIN: uin})
	}
	if account.State == before.State && account.Class == before.Class && account.PasswordEpoch == before.PasswordEpoch {
		return account, nil
	}
	rows, err := t.Query(openIDsOf, int64(uin))
	bindings, err := Collect(rows, err, scanBinding)
	for _, b := range bindings {
		t.changed(store.StandingChange{AppID: b.AppID, OpenID: b.OpenID})
	}
	return account, err
}

// FreezeAccount implements store.Accounts. An account that was frozen by an earlier version, which ended nothing, is frozen once more.
func (s *Store) FreezeAccount(ctx context.Context, uin platform.UIN, nowMS int64, edit func(*platform.Account) error) (*platform.Account, error) {
	return returning(ctx, s.write, func(t *tx) (*platform.Account, error) {
		account, err := t.updateAccount(uin, func(a *platform.Account) error {
			err := edit(a)
			a.State, a.SignedOutMS = platform.AccountFrozen, max(a.SignedOutMS, nowMS)
			return err
		})
		if err != nil {
			return nil, err
		}
		err = t.Later("UPDATE openids SET ended_epoch = token_epoch, ended_by = ?, changed_ms = ? WHERE uin = ? AND "+Live,
			int64(platform.EndedByOperator), nowMS, int64(uin))
		return account, err
	})
}

// Account implements store.Accounts.
func (s *Store) Account(ctx context.Context, uin platform.UIN) (*platform.Account, error) {
	account, err := scanAccount(s.queryRow(ctx, accountByUIN, int64(uin)))
	return account, missing(err, platform.NoAccount, uin)
}

// Accounts implements store.Accounts.
func (s *Store) Accounts(ctx context.Context, after platform.UIN, limit int) ([]*platform.Account, error) {
	rows, err := s.query(ctx, "SELECT "+accountColumns+" FROM accounts WHERE uin > ? ORDER BY uin LIMIT ?", int64(after), limit)
	return Collect(rows, err, scanAccount)
}

// HighestUIN implements store.Accounts.
func (s *Store) HighestUIN(ctx context.Context) (platform.UIN, error) {
	var highest int64
	err := s.queryRow(ctx, "SELECT coalesce(max(uin), 0) FROM accounts").Scan(&highest)
	return platform.UIN(highest), err
}

func scanAccount(r Row) (*platform.Account, error) {
	var (
		a       platform.Account
		profile string
	)
	if err := r.Scan(&a.UIN, &profile, &a.State, &a.Class, &a.PasswordHash, &a.PasswordEpoch, &a.CreatedMS, &a.SignedOutMS); err != nil {
		return nil, sentinel(err)
	}
	if err := json.Unmarshal([]byte(profile), &a.Profile); err != nil {
		return nil, fmt.Errorf("tables: profile of %s: %w", a.UIN, err)
	}
	return &a, nil
}
