package access

import (
	"net/http"
	"time"
)

// cookieName returns the name under which a browser keeps a cookie. It accepts a name with __Host- only from this very host over
// HTTPS.
func (c *Call) cookieName(name string) string {
	if c.Secure() {
		return "__Host-" + name
	}
	return name
}

// Cookie returns the value of a cookie that SetCookie set; "" if the caller did not send it.
func (c *Call) Cookie(name string) string {
	cookie, err := c.Request.Cookie(c.cookieName(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// SetCookie gives the browser a cookie for this host alone that no script reads; a negative age deletes it.
func (c *Call) SetCookie(name, value string, age time.Duration, site http.SameSite) {
	cookie := http.Cookie{
		Name: c.cookieName(name), Value: value, Path: "/", MaxAge: int(age.Seconds()),
		HttpOnly: true, Secure: c.Secure(), SameSite: site,
	}
	if c.Answer.Header == nil {
		c.Answer.Header = make(http.Header)
	}
	c.Answer.Header.Add("Set-Cookie", cookie.String())
}
