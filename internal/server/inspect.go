package server

import (
	"sync"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/api/pages"
	"github.com/rookeryhq/rookery/internal/fault"
	"github.com/rookeryhq/rookery/internal/oidb"
	"github.com/rookeryhq/rookery/internal/roster"
)

// devParts are the parts that only `rookery dev` has.
type devParts struct {
	faults    fault.Set
	forced    access.ForcedAnswers
	inspector *access.Inspector
	roster    *roster.Roster
	welcome   *pages.Demo       // nil before the world is made, and without the demo world
	passwords map[string]string // of the world, by their hashes

	resetOnce sync.Once
	resetting chan struct{} // closed when the platform is to end for a reset
	closed    chan struct{} // closed when the doors' listener is
}

func newDevParts() *devParts {
	return &devParts{inspector: access.NewInspector(), resetting: make(chan struct{}), closed: make(chan struct{})}
}

// inspectCall shows a call of the bus to the inspector.
func (s *Server) inspectCall(o oidb.Observed) {
	r := access.Record{
		Time: s.clock.Now().Add(-o.Took).UTC(), RequestID: o.RequestID, TraceID: o.TraceID, Method: "OIDB", Interface: o.Command.String(),
		Peer: o.Peer.String(), DurationUS: o.Took.Microseconds(),
	}
	if o.AppID != 0 {
		r.AppID = o.AppID.String()
	}
	if o.UIN != 0 {
		r.User = o.UIN.String()
	}
	if o.Err != nil {
		r.Answered(o.Code)
		r.Refused(o.Stage, o.Code, o.Err)
	}
	s.dev.inspector.Add(r)
}
