// Package operators knows who may use the admin API and in which role, and keeps the log of what they did.
package operators

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/store"
)

// First is the name of the holder of the admin token file. This operator is always an owner and is not stored: to end the token,
// replace the file.
const First = "admin"

// most bounds how many operators there may be.
const most = 200

// Service is the operators. It is safe for concurrent use.
type Service struct {
	store store.Store
	clock *platform.Clock
	kept  time.Duration

	mu  sync.RWMutex
	all []platform.Operator // by name, with First
}

// New returns a service with only the holder of the token. The audit log keeps entries for that long. Load reads the other operators.
func New(st store.Store, clock *platform.Clock, token string, kept time.Duration) *Service {
	s := &Service{store: st, clock: clock, kept: kept, all: []platform.Operator{{Name: First, Role: platform.RoleOwner, TokenHash: hash(token)}}}
	st.OnChange(func(c store.Change) {
		if c, ok := c.(store.OperatorChange); ok {
			s.put(c)
		}
	})
	return s
}

// Load reads the operators. It must be called before the first change.
func (s *Service) Load(ctx context.Context) error {
	stored, err := s.store.Operators(ctx)
	for _, o := range stored {
		s.put(store.OperatorChange{Operator: o})
	}
	return err
}

func (s *Service) put(c store.OperatorChange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, known := slices.BinarySearchFunc(s.all, c.Operator.Name, func(o platform.Operator, name string) int { return cmp.Compare(o.Name, name) })
	switch {
	case c.Removed && known:
		s.all = slices.Delete(s.all, i, i+1)
	case c.Removed:
	case known:
		s.all[i] = c.Operator
	default:
		s.all = slices.Insert(s.all, i, c.Operator)
	}
}

// hash of a token, which is random: no salt and no slow hash are needed.
func hash(token string) [32]byte { return sha256.Sum256([]byte(token)) }

// ByToken returns the holder of a token. How long it takes says nothing about the tokens.
func (s *Service) ByToken(token string) (found platform.Operator, ok bool) {
	given := hash(token)
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := range s.all {
		if subtle.ConstantTimeCompare(given[:], s.all[i].TokenHash[:]) == 1 {
			found, ok = s.all[i], true
		}
	}
	return found, ok
}

// All returns the operators by name.
func (s *Service) All() []platform.Operator {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.all)
}

// NewToken returns a token, 64 hex digits.
func NewToken() string {
	var random [32]byte
	rand.Read(random[:])
	return hex.EncodeToString(random[:])
}

// Add adds an operator and returns the token, which is not shown again. Errors: platform.ErrInvalid, ErrExists, ErrFull.
func (s *Service) Add(ctx context.Context, name string, role platform.OperatorRole) (o platform.Operator, token string, err error) {
	if err := platform.CheckOperatorName(name); err != nil {
		return o, "", err
	}
	if name == First {
		return o, "", platform.ErrExists.Errorf("%s is the holder of the admin token file", First)
	}
	token = NewToken()
	now := s.clock.NowMS()
	o = platform.Operator{Name: name, Role: role, TokenHash: hash(token), CreatedMS: now, TokenMS: now}
	err = s.store.CreateOperator(ctx, o, most)
	switch {
	case errors.Is(err, platform.ErrExists):
		err = platform.ErrExists.Errorf("there is an operator %s already", name)
	case errors.Is(err, platform.ErrFull):
		err = platform.ErrFull.Errorf("there may be %d operators: remove one first", most)
	}
	return o, token, err
}

// Update gives an operator another role unless that is nil, and with renew another token, which it returns: the old one ends at once.
// Errors: platform.ErrInvalid, ErrNotFound.
func (s *Service) Update(ctx context.Context, name string, role *platform.OperatorRole, renew bool) (o platform.Operator, token string, err error) {
	if err := changeable(name); err != nil {
		return o, "", err
	}
	if renew {
		token = NewToken()
	}
	o, err = s.store.UpdateOperator(ctx, name, func(o *platform.Operator) error {
		if role != nil {
			o.Role = *role
		}
		if renew {
			o.TokenHash, o.TokenMS = hash(token), s.clock.NowMS()
		}
		return nil
	})
	return o, token, unknown(err, name)
}

// Remove ends an operator, and the token, at once. Errors: platform.ErrInvalid, ErrNotFound.
func (s *Service) Remove(ctx context.Context, name string) error {
	if err := changeable(name); err != nil {
		return err
	}
	return unknown(s.store.RemoveOperator(ctx, name), name)
}

func changeable(name string) error {
	if name == First {
		return platform.Invalidf("name", "%s is the holder of the admin token file and stays an owner: to end the token, replace the file and restart", First)
	}
	return nil
}

func unknown(err error, name string) error {
	if errors.Is(err, platform.ErrNotFound) {
		return platform.ErrNotFound.Errorf("there is no operator %.40q", name)
	}
	return err
}

// Record stores the audit entry of the context's call if no write has: for what is changed, or shown, outside the store.
func (s *Service) Record(ctx context.Context) error {
	if !platform.AuditOf(ctx).Pending() {
		return nil
	}
	return s.store.RecordAudit(ctx)
}

// Entries returns at most limit entries of the audit log, newest first.
func (s *Service) Entries(ctx context.Context, f platform.AuditFilter, limit int) ([]platform.AuditEntry, error) {
	return s.store.AuditEntries(ctx, f, limit)
}

// sweepEvery is how often old entries are removed, and sweptAtOnce how many in one write.
const (
	sweepEvery  = time.Hour
	sweptAtOnce = 500
)

// Run removes the entries that are no longer kept, again and again until ctx ends.
func (s *Service) Run(ctx context.Context, log *slog.Logger) {
	for {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			log.Error("old entries of the audit log could not be removed", "error", err.Error())
		}
		if s.clock.Wait(ctx, sweepEvery) != nil {
			return
		}
	}
}

func (s *Service) sweep(ctx context.Context) error {
	for {
		removed, err := s.store.SweepAudit(ctx, s.clock.NowMS()-s.kept.Milliseconds(), sweptAtOnce)
		if err != nil || removed < sweptAtOnce {
			return err
		}
	}
}
