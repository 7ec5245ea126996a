package groups

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/qqgroups"
	"github.com/rookeryhq/rookery/retcode"
)

// A binding is made in steps over two systems (docs/adr/0021): the guild, and the group if there is one already, are reserved
// in the store; the group platform creates the group and notes the guild; the store puts the binding into force and reports
// the event. What did not come to its end is undone: at once when a step fails, by Run when the process ended in between.

// newBinding returns a binding to begin, whose group, if it is not given, is to be created.
func (s *Service) newBinding(guild platform.Guild, guildName string, gc platform.GC, who *caller) platform.Binding {
	b := platform.Binding{Guild: guild, GuildName: guildName, GC: gc, UIN: who.uin, SinceMS: s.Clock.NowMS(), Request: rand.Text()}
	rand.Read(b.OpenID[:])
	return b
}

// bind makes a binding and returns it with its group.
func (s *Service) bind(ctx context.Context, b platform.Binding) (platform.Binding, error) {
	done, err := s.take(ctx, b)
	if err != nil {
		return b, err
	}
	defer done()
	if err := s.begin(ctx, b); err != nil {
		return b, err
	}
	steps, cancel := context.WithTimeout(ctx, remaining(ctx)-undoing)
	defer cancel()
	made, err := s.make(steps, b)
	if err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoing)
		defer cancel()
		if made.GC == 0 && final(err) { // no group was created, so there is nothing else to undo
			s.end(ctx, b, nil)
		} else {
			s.settle(ctx, b)
		}
	}
	return made, err
}

// undoing is the part of a call's time that is kept for undoing what it did, if a step fails. Run does the rest.
const undoing = 500 * time.Millisecond

// begin reserves a binding's keys. Their turn is held, so what is under way with one of them was left behind, and is settled
// first.
func (s *Service) begin(ctx context.Context, b platform.Binding) error {
	err := s.Store.BeginBinding(ctx, b)
	if errors.Is(err, platform.ErrUnderWay) {
		left, unreadable := s.Store.BindingsUnderWayWith(ctx, b.Guild, b.GC)
		if unreadable != nil {
			return retcode.GroupBindingReadFailed.WithCause(unreadable)
		}
		for _, old := range left {
			if err := s.settle(ctx, old); err != nil {
				return err
			}
		}
		err = s.Store.BeginBinding(ctx, b)
	}
	switch {
	case errors.Is(err, platform.ErrGuildBound):
		return alreadyBound(b.Guild)
	case errors.Is(err, platform.ErrGroupBound):
		return boundElsewhere(b.GC)
	case err != nil:
		return retcode.GroupBindingWriteFailed.WithCause(err)
	}
	return nil
}

func alreadyBound(guild platform.Guild) error {
	return retcode.GroupGuildAlreadyBound.Errorf("a group serves %s already", named(guild))
}

func boundElsewhere(gc platform.GC) error {
	return retcode.GroupBoundToOtherGuild.Errorf("group %s serves another guild of the game", gc)
}

// make takes the steps of a binding that was begun.
func (s *Service) make(ctx context.Context, b platform.Binding) (platform.Binding, error) {
	if b.GC == 0 {
		made, err := at(ctx, s, creating, qqgroups.CreateGroup, creation(b))
		if err != nil {
			return b, err
		}
		b.GC = platform.GC(made.Gc)
	}
	noted, err := at(ctx, s, binding, qqgroups.BindGroup, &wire.BindGroupRequest{
		Gc: uint64(b.GC), Appid: uint64(b.AppID), Zone: b.Zone, Guild: b.ID, Owner: uint64(b.UIN),
	})
	switch {
	case err != nil:
		return b, err
	case noted.Gc == 0 || noted.Gc != uint64(b.GC):
		return b, retcode.GroupBindAnswerInvalid.Errorf("the group platform answers group %d for group %s", noted.Gc, b.GC)
	}
	switch err := s.Store.FinishBinding(ctx, b, s.event(platform.EventGuildBound, b)); {
	case errors.Is(err, platform.ErrGroupBound): // a new group cannot serve a guild
		return b, retcode.GroupBindAnswerInvalid.Errorf("the group platform answers group %s, which serves another guild", b.GC).WithCause(err)
	case err != nil:
		return b, unwritten(err)
	}
	return b, nil
}

// creation is the request for a binding's group. Repeated, it gives the same group.
func creation(b platform.Binding) *wire.CreateGroupRequest {
	return &wire.CreateGroupRequest{Appid: uint64(b.AppID), Owner: uint64(b.UIN), Name: b.GuildName, Request: b.Request}
}

func (s *Service) event(is platform.EventType, b platform.Binding) []platform.Event {
	return []platform.Event{{Type: is, TimeMS: s.Clock.NowMS(), Guild: b.Guild, GuildName: b.GuildName, GC: b.GC, UIN: b.UIN}}
}

// unwritten has a code of its own for an event that could not be written with its binding.
func unwritten(err error) error {
	if errors.Is(err, platform.ErrEvents) {
		return retcode.GroupEventReportFailed.WithCause(err)
	}
	return retcode.GroupBindingWriteFailed.WithCause(err)
}

// release ends a binding in force, in the name of an account. The group platform may take note of it later.
func (s *Service) release(ctx context.Context, b platform.Binding, by platform.UIN) error {
	done, err := s.take(ctx, b)
	if err != nil {
		return err
	}
	defer done()
	event := s.event(platform.EventGuildUnbound, b)
	event[0].UIN = by
	switch err := s.Store.ReleaseBinding(ctx, b, event); {
	case errors.Is(err, platform.ErrNotFound): // somebody else was quicker
		return retcode.GroupGuildNotBound.Errorf("no group serves %s", named(b.Guild))
	case err != nil:
		return unwritten(err)
	}
	s.settle(ctx, b)
	return nil
}

// settle undoes at the group platform what was done for a binding under way, and removes it: a group that was created for it is
// disbanded, unless somebody has bound it to another guild since; one that there was serves the guild no more. What fails is
// logged, and Run repeats it.
func (s *Service) settle(ctx context.Context, b platform.Binding) error {
	err := s.undo(ctx, b)
	if final(err) {
		err = nil
	}
	return s.end(ctx, b, err)
}

// end removes a binding under way, unless undoing it has failed.
func (s *Service) end(ctx context.Context, b platform.Binding, err error) error {
	if err == nil {
		if err = s.Store.EndBinding(ctx, b); err != nil {
			err = retcode.GroupBindingWriteFailed.WithCause(err)
		}
	}
	if err != nil {
		s.Log.Warn("a binding under way is still to be undone", "appid", b.AppID.String(), "zone", b.Zone, "guild", b.ID, "gc", b.GC.String(),
			slog.Any("error", err))
	}
	return err
}

func (s *Service) undo(ctx context.Context, b platform.Binding) error {
	gc := uint64(b.GC)
	if gc == 0 {
		made, err := at(ctx, s, creating, qqgroups.CreateGroup, creation(b)) // it may have been made without our learning its number
		if err != nil {
			return err
		}
		gc = made.Gc
	}
	_, err := at(ctx, s, binding, qqgroups.UnbindGroup, &wire.UnbindGroupRequest{Gc: gc, Appid: uint64(b.AppID), Zone: b.Zone, Guild: b.ID})
	if b.GC != 0 || err != nil && !final(err) {
		return err
	}
	_, err = at(ctx, s, binding, qqgroups.DisbandGroup, &wire.DisbandGroupRequest{Gc: gc, Owner: uint64(b.UIN), Request: b.Request})
	return err
}

// leftPage is the number of bindings under way that are read together. Each belongs to a call that runs, failed or was cut off.
const leftPage = 100

// settleEvery is how often Run looks for what is left behind.
const settleEvery = 5 * time.Second

// Run undoes what earlier processes, and calls that could not undo it themselves, left under way. It ends with its context.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for {
		s.settleLeft(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// settleLeft settles each binding under way whose call is not running. Those that cannot be undone are not in the way of others.
func (s *Service) settleLeft(ctx context.Context) {
	var last platform.Binding
	for {
		page, err := s.Store.BindingsUnderWay(ctx, last, leftPage)
		for i := 0; i < len(page) && err == nil; i++ {
			err = s.settleGuild(ctx, page[i].Guild)
		}
		switch {
		case err != nil:
			if ctx.Err() == nil {
				s.Log.Warn("the bindings under way cannot be read", slog.Any("error", err))
			}
			return
		case len(page) < leftPage:
			return
		}
		last = page[len(page)-1]
	}
}

// settleGuild settles what is under way with a guild once it has the turn: until then a call may have finished the binding that
// was there, and another one released it or begun the next.
func (s *Service) settleGuild(ctx context.Context, guild platform.Guild) error {
	done, err := s.turn(ctx, guild)
	if err != nil {
		return err
	}
	defer done()
	left, err := s.Store.BindingsUnderWayWith(ctx, guild, 0)
	for _, b := range left {
		if err := s.settleInTurn(ctx, b); err != nil {
			return err
		}
	}
	return err
}

// settleInTurn settles a binding of a guild whose turn is held, in the turn of its group.
func (s *Service) settleInTurn(ctx context.Context, b platform.Binding) error {
	done, err := s.takeGroup(ctx, b)
	if err != nil {
		return err
	}
	defer done()
	s.settle(ctx, b)
	return nil
}

// take waits until no other call takes steps with a binding's guild or group, and keeps them to itself until done is called.
// The guild always comes first, so that two calls do not wait for each other.
func (s *Service) take(ctx context.Context, b platform.Binding) (done func(), err error) {
	guild, err := s.turn(ctx, b.Guild)
	if err != nil {
		return nil, err
	}
	group, err := s.takeGroup(ctx, b)
	if err != nil {
		guild()
		return nil, err
	}
	return func() { group(); guild() }, nil
}

// takeGroup takes the turn of a binding's group, if it has one yet.
func (s *Service) takeGroup(ctx context.Context, b platform.Binding) (done func(), err error) {
	if b.GC == 0 {
		return func() {}, nil
	}
	return s.turn(ctx, groupKey{b.AppID, b.GC})
}

// turn waits for the turn of a guild or a group: first in this process, then among all that share the store.
func (s *Service) turn(ctx context.Context, key any) (done func(), err error) {
	here, err := s.turns.take(ctx, key)
	if err != nil {
		return nil, err
	}
	everywhere, err := s.Store.Turn(ctx, fmt.Sprintf("%#v", key))
	if err != nil {
		here()
		return nil, retcode.GroupBindingWriteFailed.WithCause(err)
	}
	return func() { everywhere(); here() }, nil
}

// turns makes callers with the same key wait for each other. The zero value is ready.
type turns struct {
	mu   sync.Mutex
	held map[any]chan struct{} // closed when the turn ends
}

func (t *turns) take(ctx context.Context, key any) (done func(), err error) {
	for {
		t.mu.Lock()
		other, taken := t.held[key]
		if !taken {
			if t.held == nil {
				t.held = make(map[any]chan struct{})
			}
			mine := make(chan struct{})
			t.held[key] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				defer t.mu.Unlock()
				delete(t.held, key)
				close(mine)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, retcode.GroupBindingWriteFailed.WithCause(ctx.Err())
		}
	}
}
