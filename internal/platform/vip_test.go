package platform

import (
	"strings"
	"testing"
)

func TestMembershipsEndOnTime(t *testing.T) {
	const now = 1_700_000_000_000
	before := VIP{
		QQLevel: 3, Member: Membership{Level: 1}, Blue: Membership{Level: 2, Year: true, StartMS: 5, EndMS: now + 1}, Red: Membership{Level: 3, Luxury: true, EndMS: now},
	}
	after := before
	after.Red = Membership{}
	if got := before.At(now); got != after {
		t.Errorf("got %+v, want %+v", got, after)
	}
	if !before.Red.Has() {
		t.Error("the membership was taken from the original")
	}
}

func TestEveryMembershipHasItsNameAndFlag(t *testing.T) {
	var v VIP
	seen := make(map[uint32]bool)
	for i, kind := range Memberships {
		*kind.Of(&v) = Membership{Level: i + 1}
		if seen[kind.Flag] || kind.Flag == FlagQQLevel || kind.Flag == FlagNewXinyue {
			t.Errorf("flag %#x of %s is taken", kind.Flag, kind.Name)
		}
		seen[kind.Flag] = true
	}
	for i, kind := range Memberships {
		if m := v.Named(kind.Name); m == nil || m.Level != i+1 {
			t.Errorf("%s is %+v", kind.Name, m)
		}
	}
	if v.Named("gold") != nil || v.Named("") != nil {
		t.Error("unknown names have memberships")
	}
}

func TestProfilesThatCannotBe(t *testing.T) {
	for name, test := range map[string]struct {
		profile Profile
		want    string // "" for none
	}{
		"empty":                            {Profile{}, ""},
		"everything":                       {Profile{Nickname: "n", Gender: 2, VIP: VIP{QQLevel: 1000, Pink: Membership{Level: 100, Year: true, Luxury: true, StartMS: 1, EndMS: 2}}}, ""},
		"no level":                         {Profile{VIP: VIP{Pink: Membership{Year: true}}}, "pink: a membership without a level"},
		"level too high":                   {Profile{VIP: VIP{Blue: Membership{Level: 101}}}, "blue: level 101"},
		"level too low":                    {Profile{VIP: VIP{Blue: Membership{Level: -1}}}, "blue: level -1"},
		"QQ level too high":                {Profile{VIP: VIP{QQLevel: 1001}}, "qq_level 1001"},
		"an end before the start":          {Profile{VIP: VIP{Red: Membership{Level: 1, StartMS: 2, EndMS: 1}}}, "red: it ends before"},
		"a start below zero":               {Profile{VIP: VIP{Red: Membership{Level: 1, StartMS: -2}}}, "red: it ends before"},
		"an end that is not given":         {Profile{VIP: VIP{Red: Membership{Level: 1, StartMS: 2}}}, ""},
		"a nickname too long":              {Profile{Nickname: strings.Repeat("x", 101)}, "nickname has 101 bytes, more than 100"},
		"a nickname with a NUL":            {Profile{Nickname: "a\x00"}, "nickname has a control character at byte 2"},
		"a city that is not UTF-8":         {Profile{City: "a\xff"}, "city is not UTF-8"},
		"a picture that is not an address": {Profile{PictureURL: "ann.png"}, `picture_url "ann.png" is not an absolute`},
		"a picture of another scheme":      {Profile{PictureURL: "javascript://x/"}, "is not an absolute http(s) address"},
		"a picture address too long":       {Profile{PictureURL: strings.Repeat("x", 513)}, "picture_url has 513 bytes"},
	} {
		err := test.profile.Validate()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}
