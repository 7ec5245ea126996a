package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestCrashWhileFriendshipsChange kills the platform while friendships are made and ended from both sides: none is left
// with one side, and each that a single writer changed is as that writer's last answer said, or as the change under way
// would have made it.
func TestCrashWhileFriendshipsChange(t *testing.T) {
	t.Parallel()
	const writers, rounds = 8, 3
	data := t.TempDir()
	p := rookery.StartIn(t, data)
	uins := make([]string, writers+1) // everybody becomes a friend of the first, now and then
	for i := range uins {
		uins[i] = p.NewAccount(t)
	}
	change := func(a, b string, befriend bool, want ...int) error {
		method, path, body := http.MethodDelete, "/admin/v1/accounts/"+a+"/friends/"+b, ""
		if befriend {
			method, path, body = http.MethodPost, "/admin/v1/accounts/"+a+"/friends", `{"friend":"`+b+`"}`
		}
		status, answer, err := p.AdminRaw(method, path, []byte(body))
		if err != nil {
			return err // the platform is gone
		}
		for _, w := range want {
			if status == w {
				return nil
			}
		}
		t.Errorf("%s %s: status %d, %s", method, path, status, answer)
		return fmt.Errorf("status %d", status)
	}
	var friends [writers]bool // according to each writer's last answer
	for range rounds {
		var (
			underWay [writers]bool // a change without an answer
			changes  atomic.Int64
			kill     sync.Once
			group    sync.WaitGroup
		)
		for i := range friends {
			group.Go(func() {
				for {
					want := http.StatusCreated
					if friends[i] {
						want = http.StatusOK
					}
					own, one := [2]string{uins[0], uins[i+1]}, [2]string{uins[1], uins[2]}
					if changes.Load()%2 == 0 {
						own[0], own[1] = own[1], own[0]
						one[0], one[1] = one[1], one[0]
					}
					if change(own[0], own[1], !friends[i], want) != nil {
						underWay[i] = true
						return
					}
					friends[i] = !friends[i]
					// Everybody changes the second pair, so it may have been ended already.
					if change(one[0], one[1], i%2 == 0, http.StatusCreated, http.StatusOK, http.StatusNotFound) != nil {
						return
					}
					if changes.Add(1) >= 40 {
						kill.Do(func() { p.Signal(t, syscall.SIGKILL) })
					}
				}
			})
		}
		group.Wait()
		p.WaitFor(t, -1)
		p = rookery.StartIn(t, data)

		sides := make(map[[2]string]bool)
		for _, uin := range uins {
			status, answer, err := p.AdminRaw(http.MethodGet, "/admin/v1/accounts/"+uin+"/friends", nil)
			var list []struct{ UIN, Friend string }
			if err != nil || status != http.StatusOK || json.Unmarshal(answer, &list) != nil {
				t.Fatalf("friends of %s: status %d, %s, %v", uin, status, answer, err)
			}
			for _, f := range list {
				sides[[2]string{f.UIN, f.Friend}] = true
			}
		}
		for side := range sides {
			if !sides[[2]string{side[1], side[0]}] {
				t.Errorf("%s has %s for a friend, who has not", side[0], side[1])
			}
		}
		for i, told := range friends {
			is := sides[[2]string{uins[0], uins[i+1]}]
			if is != told && !underWay[i] {
				t.Errorf("the answer to writer %d was that its friendship is %v, but it is %v", i, told, is)
			}
			friends[i] = is
		}
	}
}
