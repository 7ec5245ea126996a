package platform

import (
	"context"
	"sync/atomic"
)

// Audit is an operator's call on its way to what it changes. The first write with its context stores the entry, in the same step: a
// change is never without its entry, nor an entry without its change.
type Audit struct {
	Entry AuditEntry // Object is completed with the number or the name of what the write creates

	stored atomic.Bool
}

type auditKey struct{}

// WithAudit returns a context for the writes of an operator's call.
func WithAudit(ctx context.Context, a *Audit) context.Context {
	return context.WithValue(ctx, auditKey{}, a)
}

// AuditOf returns the call of an operator that a context belongs to; nil for other contexts.
func AuditOf(ctx context.Context) *Audit {
	a, _ := ctx.Value(auditKey{}).(*Audit)
	return a
}

// Pending reports whether the entry has not been stored.
func (a *Audit) Pending() bool { return a != nil && !a.stored.Load() }

// Stored notes that the entry has been stored. Only an engine of the store calls it.
func (a *Audit) Stored() { a.stored.Store(true) }

// AuditEntry says what an operator did.
type AuditEntry struct {
	ID        int64  `json:"id" doc:"the entry's number; a later entry has a higher one"`
	AtMS      int64  `json:"at_ms" doc:"when"`
	By        string `json:"by" doc:"the operator's name"`
	From      string `json:"from" doc:"the address from which the call came"`
	Action    string `json:"action" doc:"the interface that was called, by method and path"`
	Object    string `json:"object" doc:"what it was about, such as apps/100700001"`
	Given     string `json:"given,omitzero" doc:"the members of the call's body, as JSON without secrets; cut off after 2,048 bytes"`
	RequestID string `json:"request_id" doc:"the call's id, which is in the log too"`
}

// AuditFilter chooses entries of the audit log. What is zero does not matter.
type AuditFilter struct {
	SinceMS int64  // entries from then on
	By      string // of this operator
	Object  string // about this object, or a part of it: apps/1 includes apps/1/scenes/gift
	Before  int64  // entries whose ID is below it
}
