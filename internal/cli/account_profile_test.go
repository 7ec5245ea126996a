package cli

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/internal/platform"
)

func TestMembershipText(t *testing.T) {
	day := func(text string) int64 {
		d, err := time.ParseInLocation(time.DateOnly, text, time.Local)
		if err != nil {
			t.Fatal(err)
		}
		return d.UnixMilli()
	}
	for text, want := range map[string]platform.Membership{
		"yellow=4": {Level: 4},
		"yellow=0": {},
		"yellow=4,luxury,until=2027-01-31,year,since=2026-01-31": {Level: 4, Year: true, Luxury: true, StartMS: day("2026-01-31"), EndMS: day("2027-01-31")},
	} {
		if name, got, err := parseMembership(text); err != nil || name != "yellow" || got != want {
			t.Errorf("%s: got %s %+v, %v", text, name, got, err)
		}
	}
	for _, text := range []string{"", "yellow", "yellow=", "yellow=x", "yellow=-1", "gold=1", "yellow=1,", "yellow=1,Year", "yellow=1,until=31.1.2027", "yellow=1,year=1"} {
		if _, got, err := parseMembership(text); err == nil {
			t.Errorf("%q is taken as %+v", text, got)
		}
	}
}

func TestAccountUpdate(t *testing.T) {
	startPlatform(t)
	run(t, "correct horse\n", "account", "create", "--uin", "20001", "--nickname", "Ida", "--city", "Oslo", "--vip", "green=2,until=2099-01-01")
	out := run(t, "", "account", "update", "20001", "--nickname", "Idun", "--qq-level", "7", "--real-named", "--vip", "member=3,year", "--vip", "green=0")
	wantAll(t, out, "Idun", "Oslo", "QQ level        7", "VIP member      level 3, by the year", "registered")
	got := decode[accountJSON](t, run(t, "", "account", "update", "20001", "--qq-level", "0", "--city", "", "--real-named=false", "--json"))
	want := map[string]any{
		"nickname": "Idun", "gender": 0.0, "picture_url": "", "country": "", "province": "", "city": "", "language": "",
		"vip": map[string]any{"member": map[string]any{"level": 3.0, "year": true}},
	}
	if diff := cmp.Diff(want, got.Profile); diff != "" {
		t.Errorf("profile: (-want +got)\n%s", diff)
	}
	checkRefusals(t, []refusal{
		{"nothing to change", "", []string{"account", "update", "20001"}, ExitUsage, "nothing to change"},
		{"unknown membership", "", []string{"account", "update", "20001", "--vip", "gold=1"}, ExitUsage, "unknown membership"},
		{"level too high", "", []string{"account", "update", "20001", "--vip", "blue=101"}, ExitFailure, "blue: level 101"},
		{"wrong gender", "", []string{"account", "update", "20001", "--gender", "9"}, ExitFailure, "gender 9"},
		{"unknown account", "", []string{"account", "update", "99999", "--nickname", "x"}, ExitFailure, "rookery: there is no account 99999"},
		{"unknown membership at creation", "password\n", []string{"account", "create", "--vip", "gold=1"}, ExitUsage, "unknown membership"},
	})
}

func TestAccountFriends(t *testing.T) {
	startPlatform(t)
	wantAll(t, run(t, "", "account", "friends", "add", "10001", "10008"), "Accounts 10001 and 10008 are now friends.")
	wantAll(t, run(t, "", "account", "friends", "remark", "10001", "10008", "little crow"), `calls 10008 "little crow"`)
	wantAll(t, run(t, "", "account", "friends", "list", "10001"), "FRIEND", "10002", "10005", "10008", "little crow")
	of8 := decode[[]map[string]any](t, run(t, "", "account", "friends", "list", "10008", "--json"))
	if len(of8) != 1 || of8[0]["friend"] != "10001" || of8[0]["remark"] != "" {
		t.Errorf("friends of 10008: %v", of8)
	}
	wantAll(t, run(t, "", "account", "friends", "remove", "10008", "10001"), "no longer friends")
	if of8 = decode[[]map[string]any](t, run(t, "", "account", "friends", "list", "10008", "--json")); len(of8) != 0 {
		t.Errorf("friends of 10008 afterwards: %v", of8)
	}
	checkRefusals(t, []refusal{
		{"oneself", "", []string{"account", "friends", "add", "10001", "10001"}, ExitFailure, "cannot be its own friend"},
		{"nobody", "", []string{"account", "friends", "add", "10001", "99999"}, ExitFailure, "rookery: there is no account 99999"},
		{"no friend", "", []string{"account", "friends", "remove", "10001", "10008"}, ExitFailure, "rookery: accounts 10001 and 10008 are not friends"},
		{"remark of no friend", "", []string{"account", "friends", "remark", "10001", "10008", "x"}, ExitFailure, "are not friends"},
		{"wrong uin", "", []string{"account", "friends", "add", "10001", "Ben"}, ExitUsage, `uin "Ben"`},
		{"friends of nobody", "", []string{"account", "friends", "list", "99999"}, ExitFailure, "there is no account 99999"},
	})
}
