package pages

import (
	"time"

	"github.com/rookeryhq/rookery/internal/access"
	"github.com/rookeryhq/rookery/internal/platform"
)

// Demo is the demo world of rookery dev, as its pages show it. All of it is public.
type Demo struct {
	Address  string // base URL of the platform
	Password string // of every account
	Accounts []DemoAccount
	Apps     []platform.App // as they are published: a key that was changed since is not public
	// Requests returns requests for a shell, with times of now.
	Requests func(now time.Time) []DemoRequest
}

// DemoAccount is an account that anybody may use.
type DemoAccount struct {
	UIN      platform.UIN
	Nickname string
}

// DemoRequest is a request to paste into a shell.
type DemoRequest struct{ About, Command string }

// frontPage is the data of the template front.html.
type frontPage struct {
	SignedIn *platform.Account // nil if nobody is
	Codes    bool
	Docs     bool
	Demo     *frontDemo // nil without a demo world
}

type frontDemo struct {
	Address, Password string
	SignIn            *demoSignIn
	Games             []frontGame
	Requests          []DemoRequest
}

// frontGame is a game with the address at which people sign in to it.
type frontGame struct {
	platform.App
	SignIn string
}

// showFront shows what is on the platform; under rookery dev also what its demo world has.
func (d *door) showFront(c *access.Call) (any, error) {
	session, err := d.session(c)
	if err != nil {
		return nil, err
	}
	t, data := wordsFor(c), frontPage{Codes: d.Codes, Docs: d.dev}
	if session != nil {
		data.SignedIn = session.Account
	}
	if demo := d.Demo(); demo != nil {
		shown := &frontDemo{Address: demo.Address, Password: demo.Password, SignIn: d.demoSignIn(c, accountPath), Requests: demo.Requests(c.Start)}
		for i := range shown.Requests {
			shown.Requests[i].About = t.request(shown.Requests[i].About)
		}
		for _, app := range demo.Apps {
			shown.Games = append(shown.Games, frontGame{app, DemoSignIn(demo.Address, app.AppID)})
		}
		data.Demo = shown
	}
	return page{name: "front", title: t.Front, data: data, script: data.Demo != nil}, nil
}
