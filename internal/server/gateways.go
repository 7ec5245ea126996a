package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

// joinEvery is how often a gateway says that it is there, and looks whether it still has the keys of all.
const joinEvery = 2 * time.Second

// join names this process among the gateways that share the storage, which all seal with the same keys.
func (s *Server) join(ctx context.Context) error {
	keys := s.keyring.Fingerprint()
	shared, err := s.store.Join(ctx, s.gateway(), keys)
	if err != nil || shared == keys {
		return err
	}
	if s.keyringIsNew { // it is of no use to anybody
		err = os.Remove(s.keyringFile())
	}
	return errors.Join(fmt.Errorf("%s is not the keyring of the gateways that share the database: put a copy of theirs there. If no copy is left, empty the table keys: every token then ends, and people get other unionids",
		s.keyringFile()), err)
}

// gateway says what this process is.
func (s *Server) gateway() platform.Gateway {
	return platform.Gateway{Address: s.address(), Version: s.options.Version, StartedMS: s.started.UnixMilli(), LagMS: s.store.Lag().Milliseconds()}
}

// joinUntil says that this process is there until ctx ends. When another gateway has made a new key, it waits for a copy of that keyring, and is not
// ready meanwhile.
func (s *Server) joinUntil(ctx context.Context) {
	tick := time.NewTicker(joinEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		shared, err := s.store.Join(ctx, s.gateway(), s.keyring.Fingerprint())
		if err != nil {
			continue // as readiness says
		}
		if shared != s.keyring.Fingerprint() {
			if err := s.keyring.Reload(); err != nil {
				s.options.Log.Error("the keyring cannot be read again", "error", err.Error())
			}
		}
		differ := shared != s.keyring.Fingerprint()
		if s.keysDiffer.Swap(differ) != differ && differ {
			s.options.Log.Error("another gateway has made a new key: put a copy of its keyring here", "file", s.keyringFile())
		}
	}
}
