package server

import (
	"context"
	"time"
)

// markEvery is how often the data's mark is raised. What is put back by hand from a copy that is newer than the last mark passes for the data
// that goes on.
const markEvery = 10 * time.Minute

// openIncarnation ends all that the keys have sealed, once, if the data is older than they are: otherwise what has ended since would be valid again, and
// somebody's session would be that of the next person who gets the same account number. A demo world's keys are public, and stay.
func (s *Server) openIncarnation(ctx context.Context) error {
	if s.dev != nil {
		return nil
	}
	is, err := s.store.Mark(ctx)
	if err != nil {
		return err
	}
	if seen := s.keyring.Mark(); is.Number < seen.Number {
		if err := s.keyring.Renew(s.clock.Now()); err != nil { // first, so that a start which is cut short does it again
			return err
		}
		if err := s.store.UseKeys(ctx, s.keyring.Fingerprint()); err != nil {
			return err
		}
		first, operators, err := s.store.Renew(ctx, seen)
		if err != nil {
			return err
		}
		s.options.Log.Warn("the data was restored, or is older than the keyring: every token, session and code has ended; operators need new tokens, and new accounts get numbers that nobody had",
			"operators", operators, "first_uin", first.String())
	}
	return s.mark(ctx)
}

// mark raises the data's mark and notes it next to the keys.
func (s *Server) mark(ctx context.Context) error {
	m, err := s.store.Advance(ctx)
	if err != nil {
		return err
	}
	return s.keyring.Note(m)
}

// markUntil marks the data until ctx ends, and once more then.
func (s *Server) markUntil(ctx context.Context) {
	if s.dev != nil {
		return
	}
	for running := true; running; {
		running = s.clock.Wait(ctx, markEvery) == nil
		if err := s.mark(context.WithoutCancel(ctx)); err != nil {
			s.options.Log.Warn("the data could not be marked", "error", err.Error())
		}
	}
}
