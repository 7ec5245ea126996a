package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/internal/platform"
)

const (
	crashFile    = "ROOKERY_TEST_CRASH_FILE" // makes the test binary the child to be killed
	crashCallers = 32
)

// crashGroup is the group that all callers join and hand on.
const crashGroup = platform.FirstGC

func crashOpenID(caller int) platform.OpenID { return platform.OpenID{15: byte(caller)} }

// writeUntilKilled prints a line for each write that returned.
func writeUntilKilled(file string) {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	s, err := Open(ctx, file)
	check(err)
	var wg sync.WaitGroup
	for caller := range crashCallers {
		wg.Go(func() {
			for n := 0; ; n++ {
				a := platform.Account{Profile: platform.Profile{Nickname: fmt.Sprintf("%d-%d-%d", os.Getpid(), caller, n)}}
				check(s.CreateAccount(ctx, &a, platform.FirstUIN))
				_, err := fmt.Printf("account %d %s\n", a.UIN, a.Profile.Nickname)
				check(err)
				g, err := s.Authorize(ctx, 1, crashOpenID(caller), []string{"login"}, true, int64(n))
				check(err)
				_, err = fmt.Printf("epoch %d %d\n", caller, g.TokenEpoch)
				check(err)
				check(s.JoinGroup(ctx, crashGroup, platform.GroupMembership{UIN: a.UIN}, 1, func(*platform.Group) error { return nil }))
				_, err = fmt.Printf("member %d\n", a.UIN)
				check(err)
				number, err := platform.ParseDecimal(fmt.Sprint(a.UIN))
				check(err)
				_, err = s.ReportAchievements(ctx, platform.AchievementReport{
					AppID: 1, UIN: platform.UIN(caller + 1), Day: 4, NowMS: int64(n),
					Items: []platform.Achievement{{Type: 3, Data: number.String(), Number: number}, {Type: 4, Data: number.String(), Number: number}},
				})
				check(err)
				_, err = fmt.Printf("score %d %d\n", caller, a.UIN)
				check(err)
				if n%4 == 0 {
					check(s.TransferGroup(ctx, crashGroup, a.UIN, 1, func(*platform.Group, platform.GroupRole) error { return nil }))
				}
			}
		})
	}
	wg.Wait()
}

// TestCrash kills a writing process again and again and looks for every acknowledged write. It proves that a dead process
// loses nothing; that a dead machine does not rests on synchronous=FULL, see TestConnections.
func TestCrash(t *testing.T) {
	rounds := 24
	if testing.Short() {
		rounds = 4
	}
	ctx, file := t.Context(), tempFile(t)
	s := mustOpen(t, file)
	for caller := range crashCallers {
		uin := platform.UIN(caller + 1)
		mustCreate(t, s, uin)
		if _, err := s.EnsureOpenID(ctx, 1, uin, crashOpenID(caller), 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.CreateGroup(ctx, platform.Group{Owner: 1, Capacity: 1 << 40}, "", platform.GroupLimits{}); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)

	var members []platform.UIN
	nicknames := map[platform.UIN]string{}
	epochs := map[int]uint32{}
	scores := map[int]platform.UIN{} // which rise with the numbers of accounts
	for round := range rounds {
		for _, line := range killed(t, file, round%4 == 0) {
			var (
				uin      platform.UIN
				nickname string
				caller   int
				epoch    uint32
			)
			if n, _ := fmt.Sscanf(line, "account %d %s", &uin, &nickname); n == 2 {
				if nicknames[uin] != "" {
					t.Errorf("account %d was created twice", uin)
				}
				nicknames[uin] = nickname
			} else if n, _ := fmt.Sscanf(line, "epoch %d %d", &caller, &epoch); n == 2 {
				if epoch <= epochs[caller] {
					t.Errorf("epoch %d of caller %d came after %d", epoch, caller, epochs[caller])
				}
				epochs[caller] = epoch
			} else if n, _ := fmt.Sscanf(line, "score %d %d", &caller, &uin); n == 2 {
				scores[caller] = uin
			} else if n, _ := fmt.Sscanf(line, "member %d", &uin); n == 1 {
				members = append(members, uin)
			} else {
				t.Fatalf("the child said %q", line)
			}
		}

		s := mustOpen(t, file)
		var integrity string
		if err := s.readers.QueryRowContext(ctx, "PRAGMA integrity_check").Scan(&integrity); err != nil || integrity != "ok" {
			t.Fatalf("round %d: integrity check: %s, %v", round, integrity, err)
		}
		stored := map[platform.UIN]string{}
		all, err := s.Accounts(ctx, platform.FirstUIN-1, 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range all {
			if a.UIN != platform.FirstUIN+platform.UIN(i) {
				t.Fatalf("round %d: there is a gap below account %d", round, a.UIN)
			}
			stored[a.UIN] = a.Profile.Nickname
		}
		for uin, nickname := range nicknames {
			if stored[uin] != nickname {
				t.Errorf("round %d: account %d: got %q, acknowledged %q", round, uin, stored[uin], nickname)
			}
		}
		for caller, epoch := range epochs {
			g, err := s.Grant(ctx, 1, crashOpenID(caller))
			if err != nil || g.TokenEpoch < epoch || g.PayEpoch != g.TokenEpoch {
				t.Errorf("round %d: caller %d: got %+v, %v, acknowledged epoch %d", round, caller, g, err, epoch)
			}
		}
		wantScores(t, s, scores)
		wantWholeGroup(t, s, members)
		mustClose(t, s)
		if t.Failed() {
			return
		}
	}
	if len(nicknames) == 0 || len(epochs) == 0 || len(members) == 0 || len(scores) == 0 {
		t.Error("no write was acknowledged in any round")
	}
	t.Logf("%d rounds, %d accounts acknowledged", rounds, len(nicknames))
}

// wantScores fails unless every caller has at least the score that was acknowledged, whole reports, and the same on both boards.
func wantScores(t *testing.T, s *Store, scores map[int]platform.UIN) {
	t.Helper()
	for caller, score := range scores {
		uin := platform.UIN(caller + 1)
		list, err := s.Achievements(t.Context(), 1, uin, 0)
		if err != nil || len(list) != 2 || list[0].Data != list[1].Data {
			t.Errorf("caller %d: got %+v, %v, which no report has left", caller, list, err)
			continue
		}
		acknowledged, err := platform.ParseDecimal(fmt.Sprint(score))
		if err != nil || list[0].Number.Compare(acknowledged) < 0 {
			t.Errorf("caller %d: got %s, acknowledged %d", caller, list[0].Data, score)
		}
		tally, err := s.Tally(t.Context(), 1, uin, 4)
		if err != nil || tally.Best != list[0].Number || tally.WeekBest != list[0].Number {
			t.Errorf("caller %d: the boards have %+v, %v, its score is %s", caller, tally, err, list[0].Data)
		}
	}
}

// wantWholeGroup fails unless the group has those members, counts all that it has, and has one owner.
func wantWholeGroup(t *testing.T, s *Store, members []platform.UIN) {
	t.Helper()
	g, err := s.Group(t.Context(), crashGroup)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := s.GroupMembers(t.Context(), crashGroup, 0, 1_000_000)
	if err != nil || len(stored) != g.Members {
		t.Errorf("the group counts %d members and has %d, %v", g.Members, len(stored), err)
	}
	is, owners := map[platform.UIN]bool{}, 0
	for _, m := range stored {
		is[m.UIN] = true
		if m.Role == platform.GroupOwner {
			owners++
			if m.UIN != g.Owner {
				t.Errorf("account %d has the owner's role, %d owns the group", m.UIN, g.Owner)
			}
		}
	}
	if owners != 1 {
		t.Errorf("the group has %d owners", owners)
	}
	for _, uin := range members {
		if !is[uin] {
			t.Errorf("account %d, an acknowledged member, is lost", uin)
		}
	}
}

// killed runs a child, kills it at a random moment and returns the lines that it printed. The moment comes after a random
// number of lines or, if early, at a time after its start, so that opening and recovery are hit too.
func killed(t *testing.T, file string, early bool) (lines []string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), crashFile+"="+file)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	enough := 1 + rand.N(400)
	if early {
		enough = 0
		time.AfterFunc(rand.N(150*time.Millisecond), func() { child.Process.Kill() })
	}
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			break // this line was cut off
		}
		if lines = append(lines, strings.TrimSuffix(line, "\n")); len(lines) == enough {
			child.Process.Kill()
		}
	}
	if child.Wait(); child.ProcessState.ExitCode() != -1 {
		t.Fatalf("the child was not killed: %v", child.ProcessState)
	}
	return lines
}
