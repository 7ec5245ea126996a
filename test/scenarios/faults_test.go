package scenarios

import (
	"net/http"
	"testing"
	"time"

	"github.com/rookeryhq/rookery/test/rookery"
)

// faultScenarios need a failing part, or a proxy. Fault points make the parts fail at their boundary.
var faultScenarios = []scenario{
	{"accesstoken/1", "the check panics while it reads the grant", checkPanics},
	{"accesstoken/18", "the record of an app that another process registered cannot be read", appUnreadable},
	{"accesstoken/19", "the keyring cannot be read", answers(100016, access(19), keyringUnreadable)},
	{"accesstoken/36", "the openkey's session cannot be read", openkeyUnreadable},
	{"accesstoken/37", "the openkey's session cannot be extended", openkeyUnrenewable},
	{"qq/-11", "a sensitive API is called from a public address, named by a trusted proxy, that is not on the app's list", answers(-11, "", outerAddress)},
}

// checkPanics: a defect in the code of the check.
func checkPanics(t *testing.T, _ *rookery.Platform) {
	p := rookery.Start(t)
	p.MayPanic()
	pl := newPlayer(t, p)
	off := p.AddFault(t, rookery.Fault{Point: "store.read:grants", AppID: pl.app.AppID, Panic: true})
	expect(t, p, pl.verifyLogin(), 100016, access(1))
	off()
	expect(t, p, pl.verifyLogin(), 0, "")
}

// appUnreadable: an app that another platform on the same store registered is read when the first call names it.
func appUnreadable(t *testing.T, _ *rookery.Platform) {
	p := rookery.Start(t)
	c := newBusCase(t, p, p.NewAccount(t))
	p.Exec(t, "CREATE TABLE kept AS SELECT * FROM apps WHERE appid = ?", c.app)
	p.Exec(t, "DELETE FROM apps WHERE appid = ?", c.app)
	p.Stop(t)
	c.p = rookery.StartIn(t, p.Data)
	c.expect(17) // no such app
	c.p.Exec(t, "INSERT INTO apps SELECT * FROM kept")
	off := c.p.AddFault(t, rookery.Fault{Point: "store.read:apps", AppID: c.app})
	c.expect(18)
	off()
	c.expect(0)
}

func keyringUnreadable(t *testing.T, _ *rookery.Platform) situation {
	p := rookery.Start(t)
	pl := newPlayer(t, p)
	off := p.AddFault(t, rookery.Fault{Point: "keyring.read"})
	return situation{on: p, call: pl.verifyLogin(), cure: func() rookery.Call {
		off()
		return pl.verifyLogin()
	}}
}

func openkeyUnreadable(t *testing.T, p *rookery.Platform) {
	c := newBusCase(t, p, p.NewAccount(t))
	c.call.Body = openkey(c.app, c.openid, c.key)
	off := p.AddFault(t, rookery.Fault{Point: "store.read:openkeys", AppID: c.app})
	c.expect(36)
	off()
	c.expect(0)
}

// openkeyUnrenewable: a check extends a session when that gains a minute or more.
func openkeyUnrenewable(t *testing.T, _ *rookery.Platform) {
	p := rookery.Start(t)
	c := newBusCase(t, p, p.NewAccount(t))
	c.call.Body = openkey(c.app, c.openid, c.key)
	off := p.AddFault(t, rookery.Fault{Point: "store.write:openkeys", AppID: c.app})
	c.expect(0) // nothing to renew yet
	p.Advance(t, time.Hour)
	c.expect(37)
	off()
	c.expect(0)
	p.Advance(t, 90*time.Minute) // after the first end: the session was renewed
	c.expect(0)
}

// outerAddress: a caller from outside, as named by the trusted proxy.
func outerAddress(t *testing.T, _ *rookery.Platform) situation {
	p := rookery.Serve(t, "--http-trusted-proxies", "127.0.0.1")
	pl := newPlayer(t, p)
	p.SetApp(t, pl.app, rookery.Settings{"allow_sensitive": []string{"203.0.113.0/24"}})
	call := payment(t, pl)
	from := func(addresses string) rookery.Call {
		c := call
		c.Header = http.Header{"X-Forwarded-For": {addresses}}
		return c
	}
	expect(t, p, call, -10, "") // the proxy itself is on no list, and has a private address
	return situation{on: p, call: from("203.0.113.9, 198.51.100.7"), cure: func() rookery.Call { return from("198.51.100.7, 203.0.113.9") }}
}
