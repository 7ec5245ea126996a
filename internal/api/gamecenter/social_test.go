package gamecenter

import (
	"slices"
	"testing"

	"github.com/rookeryhq/rookery/internal/oidb/wire"
	"github.com/rookeryhq/rookery/internal/platform"
	"github.com/rookeryhq/rookery/internal/sign"
	"github.com/rookeryhq/rookery/retcode"
)

// readSocial reads what a call of a command takes.
func readSocial(t testing.TB, name, form string) (*request, error) {
	t.Helper()
	for _, cmd := range socials {
		if cmd.name == name {
			query, err := sign.Query(nil).AddForm(form)
			if err != nil {
				t.Skip(err)
			}
			in := &request{command: cmd, query: query, app: &platform.App{AppID: 7}, uin: platform.FirstUIN, way: bySid}
			return in, cmd.read(in)
		}
	}
	t.Fatalf("there is no command %s", name)
	return nil, nil
}

// TestValuesOutOfRange: what is out of a parameter's range is refused, and its ends are not.
func TestValuesOutOfRange(t *testing.T) {
	const openid = "AAAABBBBCCCCDDDD0000111122223333"
	twenty := "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20"
	for _, test := range []struct {
		cmd, form string
		want      retcode.Code
	}{
		{"gc_feed_list", "", 0},
		{"gc_feed_list", "friends=1&before=9223372036854775807&limit=50", 0},
		{"gc_feed_list", "friends=2", retcode.GameCenterParameterInvalid},
		{"gc_feed_list", "limit=51", retcode.GameCenterParameterInvalid},
		{"gc_feed_list", "limit=0", retcode.GameCenterParameterInvalid},
		{"gc_feed_list", "before=0", retcode.GameCenterParameterInvalid},
		{"gc_feed_list", "before=9223372036854775808", retcode.GameCenterParameterInvalid},
		{"gc_feed_pull", "feeds=" + twenty, 0},
		{"gc_feed_pull", "feeds=" + twenty + ",21", retcode.GameCenterParameterInvalid},
		{"gc_feed_pull", "feeds=1,", retcode.GameCenterParameterInvalid},
		{"gc_feed_pull", "feeds=1 ,2", retcode.GameCenterParameterInvalid},
		{"gc_feed_pull", "feeds=-1", retcode.GameCenterParameterInvalid},
		{"gc_feed_delete", "feed=1", 0},
		{"gc_feed_delete", "feed=x", retcode.GameCenterParameterInvalid},
		{"gc_recent", "limit=20", 0},
		{"gc_recent", "limit=21", retcode.GameCenterParameterInvalid},
		{"gc_reddot", "entries=feeds&seen=1", 0},
		{"gc_reddot", "entries=feeds&seen=0", retcode.GameCenterParameterInvalid},
		{"gc_challenge_begin", "opponent=" + openid + "&start=0&end=9223372036854775&request=r", 0},
		{"gc_challenge_begin", "opponent=" + openid + "&start=0&end=9223372036854776&request=r", retcode.GameCenterParameterInvalid},
		{"gc_challenge_begin", "opponent=" + openid + "&start=-1&end=1&request=r", retcode.GameCenterParameterInvalid},
		{"gc_challenge_begin", "opponent=" + openid[1:] + "&start=0&end=1&request=r", retcode.GameCenterParameterInvalid},
		{"gc_challenge_report", "challenge=1&data=7", 0},
		{"gc_challenge_report", "challenge=1&done=1", 0},
		{"gc_challenge_report", "challenge=1", retcode.GameCenterRequiredFieldMissing},
		{"gc_challenge_report", "challenge=1&done=0", retcode.GameCenterRequiredFieldMissing},
		{"gc_challenge_report", "challenge=1&done=yes", retcode.GameCenterParameterInvalid},
		{"gc_challenge_list", "limit=50&before=1", 0},
		{"gc_challenge_list", "limit=51", retcode.GameCenterParameterInvalid},
		{"gc_profile", "", 0},
		{"gc_profile", "friend=" + openid, 0},
		{"gc_profile", "friend=me", retcode.GameCenterParameterInvalid},
	} {
		t.Run(test.cmd+"?"+test.form, func(t *testing.T) {
			_, err := readSocial(t, test.cmd, test.form)
			if got, _ := retcode.From(err); got != test.want || (err == nil) != (test.want == 0) {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

// TestWhoReportsTheBeginning: a caller with an access token is the game, and one with a ticket a page.
func TestWhoReportsTheBeginning(t *testing.T) {
	for w, member := range map[way]bool{byToken: false, bySkey: true, bySid: true} {
		in, _ := readSocial(t, "gc_challenge_begin", "opponent=AAAABBBBCCCCDDDD0000111122223333&start=5&end=6&request=r")
		in.way = w
		if err := in.read(in); err != nil {
			t.Fatal(err)
		}
		if req := in.input.(*wire.BeginChallengeRequest); req.Member != member || req.StartMs != 5000 || req.EndMs != 6000 {
			t.Errorf("%s: got %v", w, req)
		}
	}
}

func TestAGameCannotAskForOtherGames(t *testing.T) {
	for _, cmd := range socials {
		if has := slices.Contains(cmd.ways, byToken); has == (cmd.name == "gc_recent") {
			t.Errorf("%s takes an access token: %t", cmd.name, has)
		}
	}
}

// FuzzSocial: whatever the parameters are, they are read or refused with a number that the command has.
func FuzzSocial(f *testing.F) {
	for i := range socials {
		f.Add(i, "title=%3Cb%3E&text=x&url=http://a.example/&feeds=1,2&feed=3&entries=feeds,rank&seen=1&limit=5&before=9&friends=0")
		f.Add(i, "opponent=AAAABBBBCCCCDDDD0000111122223333&start=1&end=2&request=r&challenge=1&data=-12.5&done=1&friend=AAAABBBBCCCCDDDD0000111122223333")
		f.Add(i, "limit=99999999999999999999&before=-1&feeds=,,,,&end=9223372036854775807&friend=%00")
	}
	f.Fuzz(func(t *testing.T, i int, form string) {
		cmd := socials[uint(i)%uint(len(socials))]
		in, err := readSocial(t, cmd.name, form)
		switch code, _ := retcode.From(err); {
		case err == nil && in.input == nil:
			t.Error("nothing was read")
		case err != nil && code != retcode.GameCenterParameterInvalid && code != cmd.missingCode():
			t.Errorf("got %v", err)
		}
	})
}
