package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/rookeryhq/rookery/internal/access"
)

// languages are the languages of the pages; the first is for people whose own is not among them.
var languages = []*words{english, chinese}

var matcher = func() language.Matcher {
	tags := make([]language.Tag, len(languages))
	for i, t := range languages {
		tags[i] = language.MustParse(t.Lang)
	}
	return language.NewMatcher(tags)
}()

const (
	languageCookie = "language"
	languageKept   = 365 * 24 * time.Hour
)

// wordsFor returns the texts in the language that the person chose, or otherwise in the one that the browser asks for.
func wordsFor(c *access.Call) *words {
	if t := languageNamed(c.Cookie(languageCookie)); t != nil {
		return t
	}
	_, i := language.MatchStrings(matcher, c.Request.Header.Get("Accept-Language"))
	return languages[i]
}

// languageNamed returns the texts in a language; nil if there are none.
func languageNamed(lang string) *words {
	i := slices.IndexFunc(languages, func(t *words) bool { return t.Lang == lang })
	if i < 0 {
		return nil
	}
	return languages[i]
}

// setLanguage makes the browser remember the language that the person chose, and goes back to the page.
func setLanguage(c *access.Call) (any, error) {
	values := form(c)
	t := languageNamed(values.Get("language"))
	if t == nil {
		return nil, errNoAction
	}
	c.SetCookie(languageCookie, t.Lang, languageKept, http.SameSiteLaxMode)
	return redirect{ownPage(values.Get("back"))}, nil
}

// ownPage returns an address if it is a page of this site, otherwise the front page.
func ownPage(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "" || u.Host != "" || !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.Contains(address, `\`) {
		return frontPath
	}
	return address // as it came: written anew, /%2fevil.example/<a blank> would be of another site
}
