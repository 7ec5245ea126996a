package scenarios

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rookeryhq/rookery/test/rookery"
)

// achievementScenarios are those of reports.
var achievementScenarios = []scenario{
	{"gamecenter/-4012", "the score is not above the stored one, which has not expired", notGreater},
	{"gamecenter/-4019", "the achievements cannot be read", gameAnswers(-4019, "", achievementsUnreadable)},
	{"gamecenter/-4022", "the report has an item that the platform computes itself", answers(-4022, "item 2 (type 5): the platform computes the best score of all time itself", reported(`{"type":5,"data":"9"}`))},
	{"gamecenter/-4037", "an item's expires has passed", answers(-4037, "item 2 (type 3): expires 1735660799 has passed already", reported(`{"type":3,"data":"9","expires":"1735660799"}`))},
}

const reportPath = "/v2/acvm/report"

// companions are those of every report.
const companions = `{"type":12,"data":"1","bcover":1},{"type":26,"data":"3","bcover":1},{"type":27,"data":"3","bcover":1},{"type":28,"data":"900001","bcover":1}`

var inGameCenter = rookery.Settings{"grant": []string{"gamecenter"}}

func newReporter(t *testing.T, p *rookery.Platform) player {
	t.Helper()
	pl := newPlayer(t, p)
	p.SetApp(t, pl.app, inGameCenter)
	return pl
}

// report is a report of items in JSON.
func (pl player) report(items string) rookery.Call {
	return pl.reportWith(`"achievements":[` + items + `]`)
}

func (pl player) reportWith(members string) rookery.Call {
	return rookery.NewCall(pl.app, reportPath, fmt.Sprintf(`{"openid":"%s","token":"%s",%s}`, pl.openid, pl.token, members))
}

// sound can be reported again and again.
const sound = companions + `,{"type":3,"data":"12800","bcover":1,"expires":"0"}`

// reported is a report whose second item is the given one; without it, it is sound.
func reported(item string) func(*testing.T, *rookery.Platform) situation {
	return func(t *testing.T, p *rookery.Platform) situation {
		pl := newReporter(t, p)
		first, rest, _ := strings.Cut(companions, "},")
		return situation{on: p, call: pl.report(first + "}," + item + "," + rest), cure: func() rookery.Call { return pl.report(sound) }}
	}
}

func achievementsUnreadable(t *testing.T, pl *gamePlayer) gameSituation {
	return cured(pl.get(), pl.on.AddFault(t, rookery.Fault{Point: "store.read:achievements", AppID: pl.app.AppID}))
}

// notGreater reports a score that is not above the stored one, first while that holds and then when it has expired.
func notGreater(t *testing.T, _ *rookery.Platform) {
	p := rookery.Start(t)
	pl := newReporter(t, p)
	once := func(score string, ret int, msg string) {
		t.Helper()
		if answer := p.Call(t, pl.report(companions+","+score)); answer.Ret != ret || !strings.HasPrefix(answer.Msg, msg) {
			t.Fatalf("%s: got %s, want %d", score, answer.Body, ret)
		}
	}
	once(fmt.Sprintf(`{"type":3,"data":"12800.5","expires":"%d"}`, time.Now().Add(time.Hour).Unix()), 0, "")
	once(`{"type":3,"data":"12800.50"}`, -4012, "item 5 (type 3): its value is not greater than the stored one, which has not expired")
	once(`{"type":3,"data":"12800.49","bcover":2}`, -4012, "")
	once(`{"type":3,"data":"12800.51","expires":`+fmt.Sprint(time.Now().Add(time.Hour).Unix())+`}`, 0, "")
	once(`{"type":3,"data":"9999"}`, -4012, "")
	p.Advance(t, time.Hour)
	once(`{"type":3,"data":"9999"}`, 0, "")
}

// TestReportsOfAchievements shows the shapes of reports at both MSDK doors, and what the operator sees.
func TestReportsOfAchievements(t *testing.T) {
	p := rookery.Start(t)
	pl := newReporter(t, p)
	ann := v3LogIn(t, p, pl.app, p.NewAccount(t))
	list, err := json.Marshal("[" + sound + "]")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		members string
		ret     int
		msg     string
	}{
		"an array":                   {`"achievements":[` + sound + `]`, 0, "success"},
		"a string that has the same": {`"achievements":` + string(list), 0, "success"},
		"expires as a number":        {`"achievements":[` + companions + `,{"type":4,"data":"1","bcover":1,"expires":0}]`, 0, "success"},
		"nothing":                    {`"x":0`, -4033, `body member "achievements" is missing or empty`},
		"an empty string":            {`"achievements":""`, -4033, ""},
		"a string without JSON":      {`"achievements":"[{"`, -4028, ""},
		"an object":                  {`"achievements":{"list":[]}`, -4034, ""},
		"an empty list":              {`"achievements":[]`, -4034, ""},
		"an item without data":       {`"achievements":[` + companions + `,{"type":3}]`, -4035, "item 5 has no data, or an empty one"},
		"data that is a number":      {`"achievements":[` + companions + `,{"type":3,"data":1}]`, -4022, "item 5: data is not a string"},
		"no companion":               {`"achievements":[{"type":3,"data":"1"}]`, -4006, "there is no item of type 12, which every report of the app must have"},
	} {
		t.Run(name, func(t *testing.T) { expect(t, p, pl.reportWith(test.members), test.ret, test.msg) })
	}

	batch := func(items string) rookery.V3Call {
		return ann.with("/profile/qqscore_batch", ann.token, `"param":[`+items+`]`)
	}
	if answer := expectV3(t, p, batch(sound), 0, "success", 0); answer.Fields(t)["type"] != 0.0 {
		t.Errorf("type of a batch: %s", answer.Body)
	}
	expectV3(t, p, batch(companions+`,{"type":3,"data":"12800"}`), -10000, "-4012,item 5 (type 3): its value is not greater", 5)
	expectV3(t, p, batch(`{"type":3,"data":"12800"}`), -10000, "-4006,there is no item of type 12", 5)
	expectV3(t, p, ann.with("/profile/qqscore_batch", ann.token, `"x":0`), -10000, "-4033,", 5)
	alone := func(members string) rookery.V3Call { return ann.with("/profile/qqscore", ann.token, members) }
	if answer := expectV3(t, p, alone(`"type":1,"data":"30","bcover":1,"expires":"0"`), 0, "success", 0); answer.Fields(t)["type"] != 1.0 {
		t.Errorf("type of a level: %s", answer.Body)
	}
	expectV3(t, p, alone(`"type":4,"data":"30","bcover":1`), -10000, "-4022,", 5)
	expectV3(t, p, alone(`"type":3,"data":"12800"`), -10000, "-4012,item 1 (type 3)", 5)
	expectV3(t, p, alone(`"data":"12800"`), -10000, "-4035,", 5)
	expectV3(t, p, alone(`"type":3,"data":"1","bcover":1,"expires":"tomorrow"`), -10000, "-4037,", 5)

	// Each was sent twice. The other player reached the same score earlier.
	want := map[string]string{"1": "30", "3": "12800", "5": "12800", "9": "2", "10": "2", "11": "12800", "12": "1", "15": "12800", "16": "2", "26": "3", "27": "3", "28": "900001"}
	status, out, errOut := rookery.Run(t, "achievement", "list", "--app", pl.app.AppID, "--uin", ann.uin, "--json", "--server", p.URL, "--token-file", p.AdminTokenFile)
	var listed struct {
		Achievements []struct {
			Type int
			Data string
		}
	}
	if err := json.Unmarshal([]byte(out), &listed); err != nil || status != 0 {
		t.Fatalf("status %d, %s%s", status, out, errOut)
	}
	got := map[string]string{}
	for _, one := range listed.Achievements {
		got[fmt.Sprint(one.Type)] = one.Data
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("listed (-want +got)\n%s", diff)
	}
	if status, out, _ := rookery.Run(t, "achievement", "show", "3", "--app", pl.app.AppID, "--uin", ann.uin, "--server", p.URL, "--token-file", p.AdminTokenFile); status != 0 || !strings.Contains(out, "12800") || !strings.Contains(out, "never") {
		t.Errorf("show: status %d, %s", status, out)
	}
	if status, _, errOut := rookery.Run(t, "achievement", "show", "4", "--app", pl.app.AppID, "--uin", ann.uin, "--server", p.URL, "--token-file", p.AdminTokenFile); status != 1 || !strings.Contains(errOut, "no value of type 4") {
		t.Errorf("show nothing: status %d, %s", status, errOut)
	}
}
