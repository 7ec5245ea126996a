package qqgroups

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
)

// model is what a group must be after a sequence of calls.
type model struct {
	owner     uint64
	roles     map[uint64]uint32 // 1 owner, 2 administrator, 3 member
	capacity  int
	disbanded bool
}

func (m *model) role(uin uint64) uint32 {
	if role := m.roles[uin]; role != 0 {
		return role
	}
	return 4
}

// The calls of the model return the result that the service must give.

func (m *model) join(uin uint64) int32 {
	switch {
	case m.disbanded:
		return 221012
	case m.role(uin) < 4:
		return 0
	case len(m.roles) == m.capacity:
		return -182006
	}
	m.roles[uin] = 3
	return 0
}

func (m *model) leave(uin uint64) int32 {
	switch {
	case m.disbanded:
		return 221012
	case m.role(uin) == 1:
		return 203
	}
	delete(m.roles, uin)
	return 0
}

func (m *model) kick(by, uin uint64) int32 {
	switch {
	case m.disbanded:
		return 221012
	case m.role(by) > 2 || m.role(uin) <= m.role(by):
		return 221005
	}
	delete(m.roles, uin)
	return 0
}

func (m *model) transfer(owner, to uint64) int32 {
	switch {
	case m.disbanded:
		return 221012
	case m.role(owner) != 1:
		return 221005
	case m.role(to) == 1 || m.role(to) == 4:
		return 203
	}
	m.roles[owner], m.roles[to], m.owner = 3, 1, to
	return 0
}

func (m *model) disband(owner uint64) int32 {
	if m.owner != owner {
		return 221005
	}
	m.disbanded, m.roles = true, nil
	return 0
}

func (m *model) String() string {
	var all []string
	for _, uin := range slices.Sorted(maps.Keys(m.roles)) {
		all = append(all, fmt.Sprintf("%d=%d", uin, m.roles[uin]))
	}
	return strings.Join(all, " ")
}

// TestGroupsAreAsTheirModel makes random calls about two groups one after the other: each result, and each relation after it, is
// the model's.
func TestGroupsAreAsTheirModel(t *testing.T) {
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	f := newFixture(t)
	groups := map[uint64]*model{}
	for range 2 {
		gc := f.group(func(g *platform.Group) { g.Capacity = 5 })
		groups[gc] = &model{owner: owner, roles: map[uint64]uint32{owner: 1, admin: 2, member: 3}, capacity: 5}
	}
	numbers := slices.Sorted(maps.Keys(groups))
	anybody := func() uint64 { return owner + random.Uint64N(8) }
	for step := range 2000 {
		gc, a, b := numbers[random.IntN(2)], anybody(), anybody()
		m := groups[gc]
		var (
			what      string
			got, want int32
		)
		switch n := random.IntN(100); {
		case n < 40:
			what, want, got = "join", m.join(a), result(f, JoinGroup, &wire.JoinGroupRequest{Gc: gc, Uin: a})
		case n < 65:
			what, want, got = "leave", m.leave(a), result(f, LeaveGroup, &wire.LeaveGroupRequest{Gc: gc, Uin: a})
		case n < 80:
			what, want, got = "kick", m.kick(a, b), result(f, KickMember, &wire.KickMemberRequest{Gc: gc, By: a, Uin: b})
		case n < 99 || step < 1500:
			what, want, got = "transfer", m.transfer(a, b), result(f, TransferGroup, &wire.TransferGroupRequest{Gc: gc, Owner: a, To: b})
		default:
			what, want, got = "disband", m.disband(a), result(f, DisbandGroup, &wire.DisbandGroupRequest{Gc: gc, Owner: a})
		}
		if got != want {
			t.Fatalf("seed %d, step %d: %s of %d by %d and %d: result %d, want %d", seed, step, what, gc, a, b, got, want)
		}
		if m.disbanded {
			f.want(221012, result(f, Relation, &wire.RelationRequest{Gc: gc, Uin: a}))
			continue
		}
		rsp, err := ask(f, Relation, &wire.RelationRequest{Gc: gc, Uin: a})
		must(t, err)
		if rsp.Relation != m.role(a) {
			t.Fatalf("seed %d, step %d: after %s %d is %d in %d, want %d", seed, step, what, a, rsp.Relation, gc, m.role(a))
		}
	}
	for gc, m := range groups {
		if got := f.roles(gc); got != m.String() {
			t.Errorf("seed %d: the members of %d are %s, want %s", seed, gc, got, m)
		}
	}
}

// TestJoinsAreExactAtTheCapacity: of 64 who join at once as many succeed as there is room for.
func TestJoinsAreExactAtTheCapacity(t *testing.T) {
	f := newFixture(t)
	for range 5 {
		gc := f.group(func(g *platform.Group) { g.Capacity = 43 })
		var joined, refused atomic.Int32
		together(64, func(n int) {
			switch got := result(f, JoinGroup, &wire.JoinGroupRequest{Gc: gc, Uin: 20001 + uint64(n)}); got {
			case 0:
				joined.Add(1)
			case -182006:
				refused.Add(1)
			default:
				t.Errorf("result %d", got)
			}
		})
		if joined.Load() != 40 || refused.Load() != 24 {
			t.Errorf("%d joined, %d were refused; want 40 and 24", joined.Load(), refused.Load())
		}
		f.consistent(gc)
	}
}

// TestConcurrentCalls: 64 accounts join and leave, hand the group on and remove each other, all at once. Each knows whether
// it is a member unless somebody removed it, and the group is one group at the end.
func TestConcurrentCalls(t *testing.T) {
	f := newFixture(t)
	gc := f.group(func(g *platform.Group) { g.Capacity = 40 })
	var member [64]bool
	together(len(member), func(n int) {
		uin := 20001 + uint64(n)
		for range 30 {
			switch rand.IntN(3) {
			case 0:
				switch got := result(f, JoinGroup, &wire.JoinGroupRequest{Gc: gc, Uin: uin}); got {
				case 0:
					member[n] = true
				case -182006:
					if member[n] {
						t.Errorf("%d is a member and is refused", uin)
					}
				default:
					t.Errorf("result %d", got)
				}
			case 1:
				if got := result(f, LeaveGroup, &wire.LeaveGroupRequest{Gc: gc, Uin: uin}); got != 0 {
					t.Errorf("result %d", got)
				}
				member[n] = false
			case 2:
				rsp, err := ask(f, Relation, &wire.RelationRequest{Gc: gc, Uin: uin})
				if err != nil || (rsp.Relation == 3) != member[n] {
					t.Errorf("%d is %v, %v; want a member %v", uin, rsp, err, member[n])
				}
			}
		}
	})
	want := []uint64{owner, admin, 10003}
	for n, is := range member {
		if is {
			want = append(want, 20001+uint64(n))
		}
	}
	if diff := cmp.Diff(want, f.consistent(gc)); diff != "" {
		t.Errorf("the members are (-want +got)\n%s", diff)
	}

	// Now the owner's place goes round, and whoever has it removes others.
	owners := []uint64{owner, admin, 10003}
	together(64, func(int) {
		for range 20 {
			a, b := owners[rand.IntN(3)], owners[rand.IntN(3)]
			switch got := result(f, TransferGroup, &wire.TransferGroupRequest{Gc: gc, Owner: a, To: b}); got {
			case 0, 203, 221005:
			default:
				t.Errorf("result %d", got)
			}
			uin := 20001 + rand.Uint64N(64)
			for _, got := range []int32{
				result(f, KickMember, &wire.KickMemberRequest{Gc: gc, By: a, Uin: uin}),
				result(f, JoinGroup, &wire.JoinGroupRequest{Gc: gc, Uin: uin}),
			} {
				if got != 0 && got != 221005 && got != -182006 {
					t.Errorf("result %d", got)
				}
			}
		}
	})
	f.consistent(gc)
}

// TestOwnershipIsExactUnderTransfers: whoever gives groups to one account at once, it owns ten at most.
func TestOwnershipIsExactUnderTransfers(t *testing.T) {
	f := newFixture(t)
	var given atomic.Int32
	var groups [32]uint64
	for n := range groups {
		groups[n] = f.group(asItIs)
	}
	together(len(groups), func(n int) {
		switch got := result(f, TransferGroup, &wire.TransferGroupRequest{Gc: groups[n], Owner: owner, To: member}); got {
		case 0:
			given.Add(1)
		case 221010:
		default:
			t.Errorf("result %d", got)
		}
	})
	owned, err := f.db.GroupsOf(t.Context(), member, true, 0, 100)
	if err != nil || given.Load() != 10 || len(owned) != 10 {
		t.Errorf("%d were given, %d are owned, %v", given.Load(), len(owned), err)
	}
}

// together calls do from n goroutines that start at the same time.
func together(n int, do func(n int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	group.Wait()
}

// consistent returns the members of a group. It fails unless they are as many as the group says, fit into it, and one of them, its
// owner, has the owner's role.
func (f *fixture) consistent(gc uint64) (uins []uint64) {
	f.t.Helper()
	g, err := f.Group(f.t.Context(), platform.GC(gc))
	must(f.t, err)
	members, err := f.Members(f.t.Context(), platform.GC(gc), 0, 1000)
	must(f.t, err)
	owners := 0
	for _, m := range members {
		if m.Role == platform.GroupOwner {
			owners++
			if m.UIN != g.Owner {
				f.t.Errorf("%s has the owner's role, %s owns the group", m.UIN, g.Owner)
			}
		}
		uins = append(uins, uint64(m.UIN))
	}
	if len(members) != g.Members || g.Members > g.Capacity || owners != 1 {
		f.t.Errorf("the group says %d of %d members, there are %d, owners %d", g.Members, g.Capacity, len(members), owners)
	}
	return uins
}
