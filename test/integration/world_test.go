package integration

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rookeryhq/rookery/test/rookery"
)

// TestTheDemoWorldIsTheSameEverywhere: what a document prints of one start is true of every other.
func TestTheDemoWorldIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	where := cmpopts.IgnoreFields(rookery.World{}, "URL", "AdminURL", "OIDB", "AdminTokenFile", "IDIP")
	p, other := rookery.Start(t), rookery.Start(t)
	if diff := cmp.Diff(p.World, other.World, where); diff != "" {
		t.Errorf("two worlds differ:\n%s", diff)
	}
	works := func(p *rookery.Platform) {
		t.Helper()
		for _, account := range p.Accounts {
			if answer := p.Call(t, verifyLogin(p, account)); answer.Ret != 0 {
				t.Errorf("account %s: %s", account.UIN, answer.Body)
			}
		}
	}
	works(p)
	app, ann, ben := p.Apps[0], p.Accounts[0], p.Accounts[1]
	if token, id := ann.MSDKTokens[app.GameID], ann.MSDKOpenIDs[app.GameID]; !strings.HasPrefix(token, "AQAAAAHs902gfbSbhT6d9QLpiXvKZV8u") || id != "12084467501019169122" {
		t.Errorf("Ann's MSDK token is %s and her openid %s", token, id)
	}

	p.Stop(t)
	again := rookery.StartIn(t, p.Data)
	if diff := cmp.Diff(p.World, again.World, where, cmpopts.IgnoreFields(rookery.Account{}, "Openkeys")); diff != "" {
		t.Errorf("a restarted world differs:\n%s", diff)
	}
	if ann.Openkeys[app.AppID] == again.Accounts[0].Openkeys[app.AppID] {
		t.Error("a restarted world gives out an openkey whose session may be over")
	}
	works(again)

	// What has ended meanwhile is made anew.
	again.Admin(t, "POST", "/admin/v1/accounts/"+ann.UIN+"/password", map[string]string{"password": "another-password"}, nil)
	again.Admin(t, "POST", "/admin/v1/accounts/"+ben.UIN+"/reclaim", map[string]string{"appid": app.AppID}, nil)
	again.Stop(t)
	third := rookery.StartIn(t, p.Data)
	works(third)
	if third.Accounts[0].MSDKTokens[app.GameID] == ann.MSDKTokens[app.GameID] || third.Accounts[1].OpenIDs[app.AppID] == ben.OpenIDs[app.AppID] {
		t.Error("a token or an openid that has ended is given out again")
	}
}

// TestServeRefusesADemoWorldsKeys: everybody can make tokens with them.
func TestServeRefusesADemoWorldsKeys(t *testing.T) {
	t.Parallel()
	data := used(t)
	status, stdout, stderr := rookery.Run(t, "serve", "--http-listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data", data)
	if status != 1 || stdout != "" || !strings.Contains(stderr, "keyring.json holds the keys of rookery dev, which everybody knows") {
		t.Errorf("status %d, %q, %q", status, stdout, stderr)
	}
}
