package rookery

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// Fault is a fault point with its conditions, as the admin API takes it.
type Fault struct {
	ID        int     `json:"id,omitempty"`
	Point     string  `json:"point"`
	AppID     string  `json:"appid,omitempty"`
	OpenID    string  `json:"openid,omitempty"`
	Interface string  `json:"interface,omitempty"`
	Times     int     `json:"times,omitempty"`
	Rate      float64 `json:"rate,omitempty"`
	Panic     bool    `json:"panic,omitempty"`
	Hits      int     `json:"hits,omitempty"`
}

// AddFault switches a fault on and returns the function that switches it off.
func (p *Platform) AddFault(t testing.TB, f Fault) (off func()) {
	t.Helper()
	p.Admin(t, http.MethodPost, "/dev/v1/faults", f, &f)
	return func() {
		t.Helper()
		p.Admin(t, http.MethodDelete, fmt.Sprint("/dev/v1/faults/", f.ID), nil, nil)
	}
}

// SetClock sets the platform's clock.
func (p *Platform) SetClock(t testing.TB, to time.Time) {
	t.Helper()
	p.Admin(t, http.MethodPost, "/dev/v1/clock", map[string]time.Time{"set": to}, nil)
}

// Advance moves the platform's clock on.
func (p *Platform) Advance(t testing.TB, d time.Duration) {
	t.Helper()
	p.Admin(t, http.MethodPost, "/dev/v1/clock", map[string]string{"advance": d.String()}, nil)
}

// SetGuild makes a guild, or changes all of it.
func (p *Platform) SetGuild(t testing.TB, g Guild) {
	t.Helper()
	p.Admin(t, http.MethodPost, "/dev/v1/guilds", g, nil)
}
